"""Fill an empty database with the organization and people of a city."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from roles.actions import CityFileError, load_city


class Command(BaseCommand):
    """Safe to repeat: a database that holds anybody is left as it is."""

    help = "都市ファイル（cities/*.toml）の組織と職員を、空のデータベースに読み込みます。"

    def add_arguments(self, parser: CommandParser) -> None:
        default = Path(settings.BASE_DIR) / "cities" / f"{settings.CITY}.toml"
        parser.add_argument("path", nargs="?", type=Path, default=default)
        parser.add_argument(
            "--password-env",
            metavar="NAME",
            help="全員の仮パスワードを入れた環境変数の名前（省略時は誰もログインできません）",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_city(
                options["path"],
                password=_password(options["password_env"]),
                at=timezone.now(),
                provisional=True,
            )
        except (OSError, ValueError, KeyError, CityFileError) as error:
            raise CommandError(f"{options['path']} を読み込めません: {error}") from error
        self.stdout.write(
            "組織と職員を読み込みました。" if loaded else "登録済みのため、何も変更しませんでした。"
        )


def _password(name: str | None) -> str | None:
    if name is None:
        return None
    if not (password := os.environ.get(name)):
        raise CommandError(f"環境変数 {name} がありません。")
    return password
