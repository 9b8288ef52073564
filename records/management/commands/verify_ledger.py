"""Check the whole ledger; fail naming the first bad row."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from records.ledger import UnreadableAnchor, Verification, verify, write_anchor


class Command(BaseCommand):
    """Exit 0 when every row, text and anchor agrees; 1 otherwise."""

    help = "台帳の全行を検証します。改変・欠落があれば最初の行を示して終了コード1で終わります。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor", type=Path, help="外部に保管した控え（JSON Lines）と照合する"
        )
        parser.add_argument("--write-anchor", type=Path, help="検証後、現在の先頭を控えに書き足す")
        parser.add_argument(
            "--hashes-only",
            action="store_true",
            help="つながり・本文・控えだけを検証し、もとの行と権限は確かめない",
        )
        parser.add_argument("--json", action="store_true", help="最後の行に結果をJSONで出力する")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = verify(options["anchor"], hashes_only=options["hashes_only"])
        except (OSError, UnreadableAnchor) as error:
            raise CommandError(f"控えを読めません: {error}") from error
        if found.ok and options["write_anchor"]:
            anchor = write_anchor(options["write_anchor"], at=timezone.now())
            self.stdout.write(f"控えに書き足しました: {anchor.as_line()}")
        self._report(found, as_json=options["json"])
        if not found.ok:
            raise CommandError(_sentence(found))

    def _report(self, found: Verification, *, as_json: bool) -> None:
        if found.ok:
            self.stdout.write(_sentence(found))
        if as_json:
            self.stdout.write(json.dumps(asdict(found), ensure_ascii=False))


def _sentence(found: Verification) -> str:
    if found.reason is None:
        count = (
            f"{found.count}行、権限を確かめた判断 {found.derived}件、"
            f"廃棄済の本文 {found.disposed}件"
        )
        return f"台帳は正常です: {count}、先頭 {found.head_hash}"
    return f"台帳 #{found.first_bad_seq} に異常があります: {found.reason.label}（{found.reason}）"
