"""Typed readers of the environment. A value that cannot be read stops the start with a sentence."""

import os
from pathlib import Path
from typing import Any, Final

import environ
from django.core.exceptions import ImproperlyConfigured

YES: Final = frozenset({"1", "true", "yes", "on"})
ENGINES: Final = frozenset({"django.db.backends.postgresql", "django.db.backends.sqlite3"})
NO: Final = frozenset({"0", "false", "no", "off", ""})


def load_file(path: Path) -> None:
    """Take what is not set yet from a `.env` file, where there is one."""
    if path.is_file():
        environ.Env.read_env(str(path))


def text(name: str, default: str | None = None) -> str:
    """Read a string; without a default it must be there and not empty."""
    value = os.environ.get(name, "").strip() or default
    if value is None:
        raise ImproperlyConfigured(missing(name))
    return value


def missing(name: str) -> str:
    """What is said where production has no value; README lists them all."""
    return (
        f"The environment variable {name} must be set; README.md says what for. "
        f"環境変数 {name} を設定してください（README.md に一覧があります）。"
    )


def secret(name: str, default: str | None = None) -> str:
    """Read a string, or the content of the file that NAME_FILE names."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return text(name, default)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {problem}") from problem


def flag(name: str, *, default: bool = False) -> bool:
    """Read 1/0, true/false, yes/no, on/off."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in YES | NO:
        return value.strip().lower() in YES
    raise ImproperlyConfigured(f"The environment variable {name} must be 1 or 0, not {value!r}.")


def whole(name: str, default: int) -> int:
    """Read a whole number that is not negative."""
    value = text(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(
            f"The environment variable {name} must be a number, not {value!r}."
        )
    return int(value)


def items(name: str, default: tuple[str, ...] | None = ()) -> list[str]:
    """Read a list separated by commas; with ``None`` as default it must not be empty."""
    value = os.environ.get(name)
    if value is None and default is not None:
        return list(default)
    found = [item.strip() for item in (value or "").split(",") if item.strip()]
    if not found and default is None:
        raise ImproperlyConfigured(missing(name))
    return found


def database(name: str, default: str | None) -> dict[str, Any]:
    """Read a database address such as postgres://user:password@host/name."""
    config: dict[str, Any] = dict(environ.Env.db_url_config(secret(name, default)))
    if config.get("ENGINE") not in ENGINES:
        raise ImproperlyConfigured(f"{name} names no database that is known: postgres:, sqlite:.")
    return config


def email(name: str, default: str | None) -> dict[str, Any]:
    """Read a mail server's address such as smtp+tls://user:password@host:587."""
    return dict(environ.Env.email_url_config(secret(name, default)))
