"""Compare the outbox and its mails with what the engine wrote."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from notifications.management import accounting
from notifications.models import Delivery, OutboxMessage
from records.management.moments import moment

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Exit 0 when every addressee of every fact is accounted for; 1 otherwise."""

    help = "通知の台帳を、決定・席・メールと照合します。抜けがあれば最初の行を示します。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", type=moment, help="この時点で照合する（既定は今）")
        parser.add_argument("--json", action="store_true", help="最後の行に結果をJSONで出力する")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(accounting.faults(options["at"] or timezone.now()))
        told, mails = OutboxMessage.objects.count(), Delivery.objects.count()
        if not found:
            self.stdout.write(f"通知は正常です: 宛先 {told}件、メール {mails}通")
        if options["json"]:
            report = {
                "ok": not found,
                "messages": told,
                "mails": mails,
                "faults": len(found),
                "rules": Counter(each.rule for each in found),
                "first": asdict(found[0]) if found else None,
            }
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        if found:
            raise CommandError(f"{found[0].sentence}（{found[0].rule}、全{len(found)}件）")
