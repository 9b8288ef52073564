"""How long the server works on each tab of a large case, beside a bare Django page of its rows.

python -m tests.bench_pages                                  SQLite, in a scratch directory
python -m tests.servers --durable python -m tests.bench_pages
"""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from tests import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.conf import settings

settings.ROOT_URLCONF = "tests.stock.pages"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from tests.fixtures_city import load_office  # noqa: E402
from tests.make import a_project, resubmit, say, walk  # noqa: E402
from tests.stock.pages import BARE  # noqa: E402
from tests.workflow.pages import client_of  # noqa: E402
from tests.workflow.test_case_size import a_large_case  # noqa: E402
from workflow.enums import Outcome, StepKind  # noqa: E402
from workflow.management.bench.timing import in_turns  # noqa: E402
from workflow.models import Decision  # noqa: E402

if TYPE_CHECKING:
    from django.test import Client

    from bpr_projects.models import Project

ROUNDS: Final = 40
MOST_TIMES: Final = 3
MOST_TIMES_OF_HISTORY: Final = 2
EVENTS: Final = 50
READER: Final = "HQ-CHAIR"


def a_case_of_many_events() -> Project:
    """Sent back and submitted again until its history is a page long."""
    project = a_project(to=StepKind.REFERRAL, route="RT2")
    while Decision.objects.filter(project=project).count() < EVENTS:
        say(project, Outcome.SENT_BACK)
        project = resubmit(project, problem=f"{project.draft_version}回目の文です。")
        walk(project, to=StepKind.REFERRAL)
    return project


def page(client: Client, path: str) -> None:
    """One answer."""
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)


def figures(client: Client, number: str, tab: str) -> dict[str, Any]:
    """Milliseconds of processor time of both sides."""
    paths = {"ms": f"/p/{number}/{tab}", "bare": f"/bare/{number}/?tab={quote(tab)}"}
    found = in_turns({name: partial(page, client, path) for name, path in paths.items()}, ROUNDS)
    ms, bare = found["ms"].cpu, found["bare"].cpu
    return {"ms": round(ms, 1), "bare": round(bare, 1), "times": round(ms / bare, 2)}


def main() -> int:
    """Print the figures; fails where a tab costs too many times its bare page."""
    Path(environment.scratch, "var").mkdir(exist_ok=True)
    call_command("migrate", verbosity=0)
    load_office()
    project = a_large_case()
    client = client_of(READER)
    found = {tab or "overview": figures(client, str(project.number), tab) for tab in BARE}
    history = figures(client, str(a_case_of_many_events().number), "history/")
    bars = {"most": MOST_TIMES, "most_of_history": MOST_TIMES_OF_HISTORY}
    told = {"database": connection.vendor, **bars, "tabs": found, "history": history}
    print(json.dumps(told, indent=1))
    is_quick = all(each["times"] <= MOST_TIMES for each in found.values())
    return 0 if is_quick and history["times"] <= MOST_TIMES_OF_HISTORY else 1


if __name__ == "__main__":
    sys.exit(main())
