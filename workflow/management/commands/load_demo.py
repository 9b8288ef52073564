"""Fill an empty database with the sample city, its plan, its routes and its cases."""

from __future__ import annotations

import os
from typing import Any, Final, NamedTuple

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from records.management.moments import moment
from workflow.management import demo


class Size(NamedTuple):
    """How much there is to see."""

    people: int
    cases: int


CITY: Final = Size(people=300, cases=200)
SIZES: Final = {"small": 0, "city": CITY.cases}


class Command(BaseCommand):
    """Safe to repeat: a database that holds anybody is left as it is."""

    help = "空のデータベースに、見本の市（組織・職員・経路）と案件を作ります。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--size",
            type=_size,
            default="small",
            help="small（見本の案件だけ）、city（職員300人・案件200件）、又は案件の件数",
        )
        parser.add_argument("--seed", type=int, default=1, help="同じ値なら同じ案件になります")
        parser.add_argument("--at", type=moment, help="この時点の姿にする（省略時は現在）")

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = demo.load(
            password=os.environ.get("DEMO_PASSWORD"),
            at=options["at"] or timezone.now(),
            seed=options["seed"],
            people=CITY.people if options["size"] else 0,
            cases=options["size"],
        )
        if not loaded.filled:
            self.stdout.write(
                f"登録済みのデータ（職員 {loaded.people}人、案件 {loaded.cases}件）があるため、"
                "何も変更しませんでした。"
            )
            return
        self.stdout.write(f"見本の市を作りました: 職員 {loaded.people}人、案件 {loaded.cases}件。")


def _size(text: str) -> int:
    if text in SIZES:
        return SIZES[text]
    if not (text.isascii() and text.isdecimal() and int(text) <= CITY.cases):
        raise CommandError(f"small、city、又は{CITY.cases}までの件数を指定してください: {text}")
    return int(text)
