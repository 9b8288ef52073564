"""A case as large as cases get: every tab stays within its queries and its size."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bpr_projects.enums import CommentKind, CommentLevel
from bpr_projects.models import Attachment, Comment
from tests.make import AT, a_project, holder, resubmit, say, walk
from tests.workflow.pages import client_of
from workflow.enums import Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpr_projects.models import Project

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]

MOST_QUERIES = 12
BESIDE = 4
"""Session, person, posts, badges: what every page asks."""
MOST_BYTES = 200_000
TABS = ["", "review/", "discussion/", "history/", "files/", "versions/?from=1&to=10&all=1", "flow/"]
LONG = "窓口で同じことを何度も書いていただいているため、時間がかかっている。" * 25


@pytest.fixture(autouse=True)
def _at_work() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


def a_large_case() -> Project:
    """10 revisions, more than 60 decisions, 200 comments, 30 files."""
    project = a_project(to=StepKind.REFERRAL, route="RT2")
    for number in range(9):
        say(project, Outcome.SENT_BACK, comment=f"{number}回目の指摘です。")
        _attach(project, 3 if number else 6)
        project = resubmit(project, problem=f"{LONG}{number}", evidence=f"{LONG}{number}")
        walk(project, to=StepKind.REFERRAL if number < 5 else StepKind.CONFIRMATION)
    _comment(project, 200)
    assert project.revisions.count() == 10
    assert Decision.objects.filter(project=project).count() > 60
    assert project.attachments.count() == 30
    return project


def _attach(project: Project, count: int) -> None:
    Attachment.objects.bulk_create(
        Attachment(
            project=project,
            file="attachments/none",
            name=f"資料{number}.pdf",
            extension="pdf",
            size=1000,
            sha256="0" * 64,
            uploaded_by=project.proposer,
            uploaded_at=AT,
        )
        for number in range(count)
    )


def _comment(project: Project, count: int) -> None:
    secretariat = holder("SECRETARIAT")
    Comment.objects.bulk_create(
        Comment(
            project=project,
            kind=CommentKind.QUESTION if number % 10 == 0 else CommentKind.REMARK,
            level=CommentLevel.PARTIES,
            text="根拠をもう少し詳しく教えてください。" * 5,
            written_by=secretariat,
            written_at=AT,
        )
        for number in range(count)
    )


@pytest.mark.slow
def test_every_tab_of_a_large_case_stays_small() -> None:
    large, small = a_large_case(), a_project()
    for who in ("HQ-CHAIR", "LEADER-SHIMIN", "SECRETARIAT"):
        client = client_of(who)
        client.get(f"/p/{large.number}/")
        for tab in TABS:
            with CaptureQueriesContext(connection) as queries:
                response = client.get(f"/p/{large.number}/{tab}")
            assert response.status_code == 200
            assert len(queries) <= MOST_QUERIES, (who, tab, len(queries))
            assert len(response.content) <= MOST_BYTES, (who, tab, len(response.content))
            with CaptureQueriesContext(connection) as fewer:
                client.get(f"/p/{small.number}/{tab}")
            assert len(fewer) <= len(queries), (who, tab)


def test_the_history_costs_seven_queries_beside_login_and_menu() -> None:
    case = a_project(to=StepKind.DECISION, route="RT2")
    client = client_of("HQ-CHAIR")
    client.get(f"/p/{case.number}/history/")

    with CaptureQueriesContext(connection) as queries:
        response = client.get(f"/p/{case.number}/history/")

    assert response.content.count(b"route__i") == Decision.objects.filter(project=case).count()
    assert len(queries) <= BESIDE + 7
