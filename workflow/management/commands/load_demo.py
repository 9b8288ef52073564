"""Fill an empty database with the sample city, its plan, its routes and its cases."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from workflow.management import demo


class Command(BaseCommand):
    """Safe to repeat: a database that holds anybody is left as it is."""

    help = "空のデータベースに、見本の市（組織・職員・経路）と案件を作ります。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=["small"], default="small", help="案件の量")
        parser.add_argument("--seed", type=int, default=1, help="同じ値なら同じ案件になります")
        parser.add_argument("--at", type=_moment, help="この時点の姿にする（省略時は現在）")

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = demo.load(
            password=os.environ.get("DEMO_PASSWORD"),
            at=options["at"] or timezone.now(),
            seed=options["seed"],
        )
        if not loaded.filled:
            self.stdout.write(
                f"登録済みのデータ（職員 {loaded.people}人、案件 {loaded.cases}件）があるため、"
                "何も変更しませんでした。"
            )
            return
        self.stdout.write(f"見本の市を作りました: 職員 {loaded.people}人、案件 {loaded.cases}件。")


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"日時として読めません: {text}") from error
    return found if found.tzinfo else timezone.make_aware(found)
