"""Do by cron what beat and worker do: resume, remind, send, run. Safe beside them and itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from notifications import reminders
from notifications.delivery import sweep
from notifications.outbox import worker_name
from records import actions as background
from records.management.moments import moment
from workflow import engine

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Needs neither Redis nor Celery; once a minute is often enough."""

    help = "保留の再開、督促とお知らせのメール、裏の処理（PDFなど）を行います（cron用）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="last line: one JSON object")
        parser.add_argument("--at", type=moment, help="この時点として行う（既定は今）")
        parser.add_argument(
            "--mails-only", action="store_true", help="裏の処理（PDFなど）は行わない"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at = options["at"] or timezone.now()
        resumed = engine.resume_due(at=at)
        reminded = reminders.remind(at=at)
        report = sweep(at=at, worker=worker_name())
        runs = 0
        if not options["mails_only"]:
            background.watch(at=at)
            runs = background.sweep(worker=worker_name(), clock=timezone.now)
        result = {
            "resumed": resumed,
            "reminded": reminded,
            "expanded": report.expanded,
            "settled": report.settled,
            "unreachable": report.unreachable,
            "runs": runs,
        }
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        else:
            self.stdout.write(
                f"再開 {resumed}件、督促 {reminded}件、送信 {report.sent}件、"
                f"その他 {sum(report.settled.values()) - report.sent}件、裏の処理 {runs}件"
            )
        if report.unreachable:
            self.stderr.write(f"メールサーバーに送れません：{report.unreachable}")
            raise SystemExit(1)
