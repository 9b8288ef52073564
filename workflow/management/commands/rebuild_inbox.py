"""Write the work list anew from the open slots; people may go on working meanwhile."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from workflow.management import worklist


class Command(BaseCommand):
    """Safe at any time and as often as one likes."""

    help = "承認・確認の一覧を、席の記録から作り直します。作業中の画面は止まりません。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="最後の行に結果をJSONで出力する")

    def handle(self, *args: Any, **options: Any) -> None:
        written, taken = worklist.rebuild()
        self.stdout.write(f"一覧を作り直しました: {written}件（取り除いた行 {taken}件）")
        if options["json"]:
            self.stdout.write(json.dumps({"written": written, "removed": taken}))
