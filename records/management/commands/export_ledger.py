"""Write the ledger to a file, for whoever verifies it without this system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from records import ledger


class Command(BaseCommand):
    """The last line of the file is the entry that records the export itself."""

    help = "台帳を1行1件のJSONで書き出します。書き出したことも台帳に記録します。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help="書き出すファイル（あるファイルには書きません）"
        )
        parser.add_argument(
            "--with-words", action="store_true", help="意見などの本文も含める（個人名を含み得ます）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with_words = options["with_words"]
        try:
            with options["file"].open("x", encoding="utf-8") as file:
                with transaction.atomic():
                    entry = ledger.append(
                        kind=ledger.LEDGER_EXPORT,
                        payload={"by": None, "with_words": with_words},
                        at=timezone.now(),
                    )
                for line in ledger.lines_of(entry.seq, with_words=with_words):
                    file.write(f"{line}\n")
        except OSError as error:
            raise CommandError(f"書き出せません: {error}") from error
        self.stdout.write(f"{entry.seq}行を書き出しました。先頭の照合番号 {entry.hash}")
