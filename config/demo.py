"""Prepare the demo's database and print its accounts, in one process: a start stays short."""

import ctypes.util
import shutil
import sys
from pathlib import Path
from typing import Final

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection

from config.bootstrap import say
from config.supervisor import PASSWORD_FILE

NO_PANGO: Final = (
    "pango（文字組みのライブラリ）がないため、決裁票は「PDF未作成」になります（印刷用ページは使えます）。"
    "必要なら apt install libpango-1.0-0 libpangoft2-1.0-0"
)


def prepare() -> None:
    """Bring the tables up to date and fill an empty database with the sample city."""
    half_done = settings.VAR_DIR / "demo-is-loading"
    if half_done.exists():
        say("前回の準備が途中で止まっていたので、はじめからやり直します。")
        forget()
        half_done.unlink(missing_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    if not get_user_model().objects.exists():
        say("見本の市と案件を作っています（1分ほど）…")
        half_done.touch()
        settings.ANCHOR_FILE.unlink(missing_ok=True)  # it vouches for a ledger that is gone
        call_command("load_demo")
        half_done.unlink()
    if ctypes.util.find_library("pango-1.0") is None:
        say(NO_PANGO)
    call_command("demo_accounts")


def forget() -> str:
    """Remove the demo's own data and say what was removed; a database server is left alone."""
    if connection.vendor != "sqlite":
        return (
            "DATABASE_URL のデータベースはそのままです。何も消していません。作り直すには、"
            "空のデータベースを DATABASE_URL に指定して `make demo` を実行してください。\n"
            "Nothing was deleted: the database of DATABASE_URL is left alone. "
            "Name an empty one, then: make demo"
        )
    connection.close()
    database = Path(settings.DATABASES["default"]["NAME"])
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    others = (settings.VAR_DIR / "demo-is-loading", settings.ANCHOR_FILE)
    for file in (*settings.VAR_DIR.glob("beat-schedule*"), *others):
        file.unlink(missing_ok=True)
    return f"見本のデータ（{database} と添付ファイル）を消しました。`make demo` で作り直します。"


def main(arguments: list[str]) -> int:
    """Prepare, or with `reset` forget."""
    django.setup()
    if arguments == ["reset"]:
        say(forget())
        if connection.vendor == "sqlite":  # no account has the old password any more
            (settings.VAR_DIR / PASSWORD_FILE).unlink(missing_ok=True)
    else:
        prepare()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
