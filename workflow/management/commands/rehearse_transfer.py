"""Say what would be wrong on a day: open work without holder, double holders, vacancies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bpr_projects import calendar
from workflow.access.rehearsal import rehearse

if TYPE_CHECKING:
    from datetime import date


class Command(BaseCommand):
    """Exit 0 when the day can come; 1 with the first thing that would be wrong. Writes nothing."""

    help = "人事異動の日に起きることを、いま開いている手続で確かめます。何も変更しません。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--on", type=_day, required=True, help="予行する日（2027-04-01、R9.4.1）"
        )
        parser.add_argument("--json", action="store_true", help="最後の行に結果をJSONで出力する")

    def handle(self, *args: Any, **options: Any) -> None:
        on: date = options["on"]
        found = rehearse(on, today=timezone.localdate())
        day = calendar.plain_day(on)
        for _rule, title, findings in found.groups:
            if findings:
                self.stdout.write(f"【{title}】{len(findings)}件")
            for each in findings:
                self.stdout.write(f"  {each.text}")
        if found.ok:
            self.stdout.write(f"{day}に問題はありません: 開いている手続 {found.slots}件")
        if options["json"]:
            report = {
                "ok": found.ok,
                "on": on.isoformat(),
                "open": found.slots,
                "rules": found.counts,
                "findings": [
                    {"rule": each.rule.value, "text": each.text} for each in found.findings
                ],
            }
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        if not found.ok:
            first = found.findings[0]
            rest = f"{first.rule.value}、全{len(found.findings)}件"
            raise CommandError(f"{day}に問題があります: {first.text}（{rest}）")


def _day(text: str) -> date:
    day = calendar.parse_date(text)
    if day is None:
        raise CommandError(f"日付を読み取れません: {text}")
    return day
