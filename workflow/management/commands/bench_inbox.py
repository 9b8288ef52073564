"""Fill the work list, and time it beside the least that shows the same rows."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from workflow.management.bench.filling import fill
from workflow.management.bench.sides import Meters, beside_the_city
from workflow.management.bench.timing import in_turns
from workflow.management.made_up import open_office
from workflow.models import WorkItem

ROUNDS: Final = 40
FEWEST_USERS: Final = 10
MOST_TIMES: Final = {"rows_query": 3.0, "page": 2.0}
"""How often the bare side's time one of ours may take."""
BARE: Final = {"query": "bare_query", "rows_query": "bare_query", "page": "bare_page"}
"""Side -> the least that it is told beside."""
MOST_QUERIES: Final = 8
READING: Final = ("SELECT", "(SELECT", "WITH")
NAMES: Final = {
    "query": "一覧の問合せ（どの画面にもある件数等を含む）",
    "rows_query": "そのうち一覧の行の問合せ",
    "bare_query": "索引による SELECT だけ",
    "stock_query": "viewflow の inbox と queue",
    "page": "承認・確認の画面",
    "bare_page": "同じ行を並べただけの画面",
}


class Command(BaseCommand):
    """Writes into the database that it is pointed to. Exit 1 with the bar that is missed.

    On SQLite times are reported; there the counts alone are bars.
    """

    help = (
        "承認・確認の一覧を架空の案件で満たし、速さを、索引だけの問合せや素の画面と並べて測ります。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--open", type=int, default=10_000, help="未処理の件数")
        parser.add_argument("--users", type=int, default=500, help="職員の数")
        parser.add_argument("--rounds", type=int, default=ROUNDS, help="測る回数")
        parser.add_argument("--json", action="store_true", help="最後の行に結果をJSONで出力する")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["users"] < FEWEST_USERS:
            raise CommandError(f"--users は {FEWEST_USERS} 以上にしてください。")
        open_office()
        at = timezone.now()
        reader = fill(at=at, wanted=options["open"], users=options["users"])
        with beside_the_city():
            found = measure(Meters(reader, at), options["rounds"])
        self._report(found)
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        if bars := missed(found):
            raise CommandError("、".join(bars))

    def _report(self, found: dict[str, Any]) -> None:
        self.stdout.write(
            f"未処理 {found['open']}件（うち本人 {found['mine']}件、{found['posts']}職）、"
            f"問合せ {found['queries']}回、書込み {found['writes']}回"
        )
        for name, label in NAMES.items():
            each = found["ms"][name]
            self.stdout.write(
                f"  {label}: 中央値 {each['p50']} ms、95% {each['p95']} ms、CPU {each['cpu']} ms"
            )
        for name, times in found["times"].items():
            most = f"（{MOST_TIMES[name]}倍まで）" if name in MOST_TIMES else ""
            self.stdout.write(f"  {NAMES[name]}: {times}倍{most}")


def measure(meters: Meters, rounds: int) -> dict[str, Any]:
    """Every side in turns, and what one page asks of the database."""
    took = in_turns(meters.sides(), rounds)
    asked = meters.asked_by(meters.sides()["page"])
    return {
        "database": connection.vendor,
        "open": meters.reader.open,
        "mine": WorkItem.objects.filter(post__in=meters.reader.posts).count(),
        "posts": len(meters.reader.posts),
        "rounds": rounds,
        "ms": {name: asdict(each) for name, each in took.items()},
        "times": {side: round(took[side].p50 / took[bare].p50, 2) for side, bare in BARE.items()},
        "queries": len(asked),
        "writes": sum(not sql.startswith(READING) for sql in asked),
    }


def missed(found: dict[str, Any]) -> list[str]:
    """The bars that do not hold, in words."""
    over = [
        f"{NAMES[name]}が {found['times'][name]}倍（{most}倍まで）"
        for name, most in MOST_TIMES.items()
        if found["times"][name] > most and found["database"] == "postgresql"
    ]
    if found["queries"] > MOST_QUERIES:
        over.append(f"問合せが {found['queries']}回（{MOST_QUERIES}回まで）")
    if found["writes"]:
        over.append(f"表示だけで書込みが {found['writes']}回")
    return over
