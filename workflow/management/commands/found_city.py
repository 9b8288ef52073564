"""Found a city in an empty database: organization and people, the plan's content, the routes."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from bpr_projects.plan import load_plan
from roles.actions import CityFileError, load_city
from roles.models import Department, User
from workflow.actions.route_data import load_routes

CITIES: Final = Path(settings.BASE_DIR) / "cities"

Loader: TypeAlias = Callable[[Path], bool]
"""Fills empty tables from a file; False when there are rows already."""


class Command(BaseCommand):
    """All or nothing, and safe to repeat: rows that are there win over the files."""

    help = "空のデータベースに、組織・職員、計画の内容（単価を含む）、決裁の経路を読み込みます。"

    def add_arguments(self, parser: CommandParser) -> None:
        city = CITIES / f"{settings.CITY}.toml"
        parser.add_argument("--city", type=Path, default=city, help="組織と職員のファイル")
        parser.add_argument("--plan", type=Path, default=CITIES / "plan.toml", help="計画の内容")
        parser.add_argument("--routes", type=Path, default=CITIES / "routes.toml", help="経路")
        parser.add_argument(
            "--password-env",
            metavar="NAME",
            help="全員の仮パスワードを入れた環境変数の名前（省略時は誰もログインできません）",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        people = partial(
            load_city, password=_password(options["password_env"]), at=at, provisional=True
        )
        if User.objects.exists() and not Department.objects.exists():
            raise CommandError(
                "組織がないのに職員だけが登録されています（createsuperuser などで作られたもの）。"
                "空のデータベースで実行してください。何も変更していません。"
            )
        with transaction.atomic():
            said = [
                _load("組織と職員", people, options["city"]),
                _load("計画の内容", load_plan, options["plan"]),
                _load("決裁の経路", partial(load_routes, at=at), options["routes"]),
            ]
        self.stdout.write("\n".join(said))


def _load(name: str, load: Loader, path: Path) -> str:
    """What became of one file, in a sentence."""
    try:
        loaded = load(path)
    except (OSError, ValueError, KeyError, CityFileError) as error:
        raise CommandError(f"{path} を読み込めません: {error}。何も変更していません。") from error
    return (
        f"{name}を読み込みました。" if loaded else f"{name}は登録済みのため、変更しませんでした。"
    )


def _password(name: str | None) -> str | None:
    if name is None:
        return None
    if not (password := os.environ.get(name)):
        raise CommandError(f"環境変数 {name} がありません。")
    return password
