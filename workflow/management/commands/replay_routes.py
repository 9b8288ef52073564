"""Try a version of a route on the cases that were submitted last; nothing is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localdate, now

from workflow.actions import route_replay
from workflow.models import Route

if TYPE_CHECKING:
    from workflow.routing import Replay


class Command(BaseCommand):
    """``--version`` names a version as the pages do: RT3-2. Exit 1 for one that does not exist."""

    help = "経路の版（案も）を最近の案件に当てはめ、違いを示します。何も書き込みません。"

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """``--version`` is ours here, not the number of Django's release."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--version", required=True, help="版（例：RT3-2）", dest="of")
        parser.add_argument("--cases", type=int, default=100, help="案件の数")
        parser.add_argument("--json", action="store_true", help="最後の行に結果をJSONで出力する")

    def handle(self, *args: Any, **options: Any) -> None:
        route = self._route(options["of"])
        count = options["cases"]
        if not 1 <= count <= route_replay.MOST:
            raise CommandError(f"案件の数は、1から{route_replay.MOST}までです。")
        at = now()
        found = route_replay.replay_last(route, count=count, on=localdate(at), at=at)
        self._report(route, found)
        if options["json"]:
            self.stdout.write(json.dumps(_result(route, found), ensure_ascii=False))

    def _route(self, number: str) -> Route:
        code, _dash, version = number.rpartition("-")
        is_number = version.isascii() and version.isdecimal() and len(version) < 5
        route = Route.objects.filter(code=code, version=int(version)).first() if is_number else None
        if route is None:
            raise CommandError(f"経路の版「{number}」はありません（例：RT3-2）。")
        return route

    def _report(self, route: Route, found: Replay) -> None:
        self.stdout.write(
            f"{route}: {found.count}件のうち {len(found.different)}件に違いがあります"
            f"（経路が変わる {found.moved}件、進められなくなる {found.halted}件）。"
        )
        for each in found.different:
            self.stdout.write(f"  {each.project.number}: {' / '.join(each.differences)}")


def _result(route: Route, found: Replay) -> dict[str, Any]:
    return {
        "version": route.number,
        "cases": found.count,
        "different": len(found.different),
        "moved": found.moved,
        "halted": found.halted,
        "differences": [
            {
                "case": each.project.number,
                "before": each.before.code,
                "after": each.after.code,
                "words": list(each.differences),
            }
            for each in found.different
        ],
    }
