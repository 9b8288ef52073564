"""Files stay human: a module that outgrows its limit becomes a package of the same name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

ROOT = Path(settings.BASE_DIR)
APPS = ["config", "notifications", "workflow", "bpr_projects", "roles", "records"]
LIMIT = 450
"""Lines."""

VAGUE = {"utils", "helpers", "services", "constants", "common", "misc"}

MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for app in APPS
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_read_in_one_sitting(module: str) -> None:
    lines = (ROOT / module).read_text(encoding="utf-8").count("\n")

    assert lines <= LIMIT


def test_modules_have_names() -> None:
    assert [module for module in MODULES if Path(module).stem in VAGUE] == []


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_left_to_be_done_later(module: str) -> None:
    text = (ROOT / module).read_text(encoding="utf-8")

    assert re.findall(r"#.*\b(?:TODO|FIXME|XXX|HACK)\b", text) == []
