"""Do the background runs that are due, with neither Redis nor a worker (cron)."""

from __future__ import annotations

import os
import socket
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from records import actions


class Command(BaseCommand):
    """Run until nothing is due."""

    help = "台帳の控えを書き出し、期限の来た裏の処理（PDF、検証など）を実行します。"

    def handle(self, *args: Any, **options: Any) -> None:
        worker = f"{socket.gethostname()}:{os.getpid()}"
        actions.watch(at=timezone.now())
        taken = actions.sweep(worker=worker, clock=timezone.now)
        self.stdout.write(f"{taken}件を実行しました。")
