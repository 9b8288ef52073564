"""Live whole lives of made-up cases through the engine, then check what must be true."""

from __future__ import annotations

import json
import time
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.test.utils import override_settings

from bpr_projects.models import Project
from workflow.management.made_up import open_office
from workflow.management.simulation import Failure, Tally, World, violations

DAILY: Final = (("outbox_sweep", {"mails_only": True}),)
"""Commands of the apps above that do each morning what beat and cron would have done."""

CHECKS: Final = ("check_outbox",)
"""Commands of the apps above that compare what they hold with the facts."""

NO_MAIL: Final = "django.core.mail.backends.dummy.EmailBackend"


if TYPE_CHECKING:
    from datetime import datetime


class Command(BaseCommand):
    """Writes into the database that it is pointed to. Exit 1 with the first bad case.

    No mail leaves the machine: each is written, rendered and thrown away; or, for whoever wants
    something to send, left waiting (``--leave-mail``).
    """

    help = "架空の案件を最初から最後まで動かし、守られるべきことを検査します。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, default=100, help="案件の数")
        parser.add_argument("--seed", type=int, default=1, help="乱数の種")
        parser.add_argument("--leave-mail", action="store_true", help="通知を送らずに残す")
        parser.add_argument("--json", action="store_true", help="最後の行に結果をJSONで出力する")

    def handle(self, *args: Any, **options: Any) -> None:
        open_office()
        self._leave_mail = bool(options["leave_mail"])
        with override_settings(EMAIL_BACKEND=NO_MAIL):
            self._live(options)

    def _live(self, options: dict[str, Any]) -> None:
        tally = Tally()
        world = World(seed=options["seed"], tally=tally, daily=self._each_morning)
        began = time.perf_counter()
        checking = 0.0

        def check() -> None:
            nonlocal checking
            start = time.perf_counter()
            self._check(world)
            checking += time.perf_counter() - start

        try:
            world.run(options["cases"], check=check)
            seconds = time.perf_counter() - began - checking
            check()
        except Failure as failure:
            raise CommandError(f"異常があります: {failure}") from failure
        self._report(options, tally, seconds)

    def _check(self, world: World) -> None:
        for sentence in violations(world.now):
            raise Failure("invariant", sentence)
        self._each_morning(world.now)  # nothing of this morning is late
        for name in () if self._leave_mail else CHECKS:
            call_command(name, at=world.now, stdout=self.stdout)

    def _each_morning(self, at: datetime) -> None:
        for name, options in () if self._leave_mail else DAILY:
            call_command(name, at=at, stdout=StringIO(), **options)

    def _report(self, options: dict[str, Any], tally: Tally, seconds: float) -> None:
        result = {
            "database": connection.vendor,
            "cases": options["cases"],
            "seed": options["seed"],
            "seconds": round(seconds, 1),
            "cases_per_second": round(options["cases"] / seconds, 2),
            "transitions": tally.transitions,
            "transitions_per_second": round(tally.transitions / seconds, 1),
            "acts": {str(name): count for name, count in sorted(tally.acts.items())},
            "expected_refusals": dict(sorted(tally.refusals.items())),
            "personnel": dict(sorted(tally.changes.items())),
            "endings": dict(sorted(tally.endings.items())),
            "sections": Project.objects.values("section").distinct().count(),
            "previews": dict(sorted(tally.previews.items())),
            "waited_for_a_vacant_post": tally.vacant,
            "violations": 0,
        }
        self.stdout.write(
            f"{result['cases']}件、{result['transitions']}回の手続を {result['seconds']}秒で"
            f"行いました（{result['cases_per_second']}件/秒、"
            f"{result['transitions_per_second']}回/秒）。異常 0件"
        )
        for title in ("acts", "expected_refusals", "personnel", "endings", "previews"):
            self.stdout.write(f"  {title}: {result[title]}")
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
