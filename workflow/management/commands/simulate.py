"""Live whole lives of made-up cases through the engine, then check what must be true."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from bpr_projects.actions import load_plan
from bpr_projects.models import Project
from roles.actions import load_city
from roles.models import User
from workflow.actions.route_data import load_routes
from workflow.management.hours import OPENING, moment
from workflow.management.simulation import Failure, Tally, World, violations
from workflow.management.simulation.world import FIRST

CHECKS = ("check_outbox",)
"""Commands of the apps above that compare what they hold with the facts."""


class Command(BaseCommand):
    """Writes into the database that it is pointed to. Exit 1 with the first bad case."""

    help = "架空の案件を最初から最後まで動かし、守られるべきことを検査します。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, default=100, help="案件の数")
        parser.add_argument("--seed", type=int, default=1, help="乱数の種")
        parser.add_argument("--json", action="store_true", help="最後の行に結果をJSONで出力する")
        parser.add_argument("--yes", action="store_true", help="空でない本番でも実行する")

    def handle(self, *args: Any, **options: Any) -> None:
        self._prepare(sure=options["yes"])
        tally = Tally()
        world = World(seed=options["seed"], tally=tally)
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

    def _prepare(self, *, sure: bool) -> None:
        if settings.PRODUCTION and Project.objects.exists() and not sure:
            raise CommandError(
                "案件のある本番のデータベースです。実行するには --yes を付けてください。"
            )
        if User.objects.exists():
            return
        cities = Path(settings.BASE_DIR) / "cities"
        at = moment(FIRST, OPENING)
        with transaction.atomic():
            load_city(cities / f"{settings.CITY}.toml", password=None, at=at)
            load_plan(cities / "plan.toml")
            load_routes(cities / "routes.toml", at=at)

    def _check(self, world: World) -> None:
        for sentence in violations(world.now):
            raise Failure("invariant", sentence)
        for name in set(CHECKS) & set(get_commands()):
            call_command(name, stdout=self.stdout)

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
            "waited_for_a_vacant_post": tally.vacant,
            "violations": 0,
        }
        self.stdout.write(
            f"{result['cases']}件、{result['transitions']}回の手続を {result['seconds']}秒で"
            f"行いました（{result['cases_per_second']}件/秒、"
            f"{result['transitions_per_second']}回/秒）。異常 0件"
        )
        for title in ("acts", "expected_refusals", "personnel", "endings"):
            self.stdout.write(f"  {title}: {result[title]}")
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
