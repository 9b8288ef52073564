"""Compare the work list with the open slots, the engine's tasks and today's holders."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from workflow.management import worklist


class Command(BaseCommand):
    """Exit 0 when every open task is where its holder looks for it; 1 otherwise."""

    help = "承認・確認の一覧を、席・エンジン・担当者と照合します。違いがあれば最初の行を示します。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="最後の行に結果をJSONで出力する")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(worklist.faults(timezone.now()))
        waiting = worklist.count_open()
        if not found:
            self.stdout.write(f"一覧は正常です: 未処理 {waiting}件")
        if options["json"]:
            report = {
                "ok": not found,
                "open": waiting,
                "faults": len(found),
                "rules": Counter(each.rule for each in found),
                "first": asdict(found[0]) if found else None,
            }
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        if found:
            raise CommandError(f"{found[0].sentence}（{found[0].rule}、全{len(found)}件）")
