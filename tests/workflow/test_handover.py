"""引継書: what somebody leaves to a successor."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from bpr_projects.models import Project
from records.actions import sweep
from records.enums import RunState
from records.models import BackgroundRun
from roles.models import Post, Section, User
from tests.make import (
    AT,
    a_delegation,
    a_draft,
    a_project,
    a_suspension,
    a_user,
    holder,
)
from tests.workflow.pages import client_of, text_of
from workflow.enums import StepKind
from workflow.models import Condition, Decision
from workflow.sheet.handover import handover_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoAssertNumQueries

    from tests.fixtures_city import City

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def rows_of(person: User, reader: User) -> dict[str, list[str]]:
    """Title of a table -> first two cells of each row."""
    paper = handover_of(person, reader, AT)
    return {str(part.title): ["　".join(row[:2]) for row in part.rows] for part in paper.parts}


@pytest.fixture
def leader(office: City) -> User:
    """Of 市民課, with one of everything."""
    a_draft(title="書きかけの工夫")
    running = a_project(route="RT1", to=StepKind.OBSERVE, title="試している工夫")
    Condition.objects.create(
        decision=Decision.objects.filter(project=running).latest("pk"),
        project=running,
        text="動線を図示する",
        owner=Section.objects.get(code="SHIMIN"),
        due_on=date(2026, 9, 30),
    )
    a_delegation(post=Post.objects.get(code="LEADER-SHIMIN"), deputy=holder("LEADER-KYODO"))
    return office.holder("LEADER-SHIMIN")


def test_everything_that_is_left_stands_on_the_paper(leader: User) -> None:
    found = rows_of(leader, leader)

    case = Project.objects.get(title="試している工夫")
    reference, draft = case.reference, Project.objects.get(title="書きかけの工夫").reference
    found["担当している案件"].sort(reverse=True)
    assert found == {
        "役割": ["市民課 DX推進リーダー　兼務", "市民課 職員　本務"],
        "開いている仕事": [f"{reference}　試している工夫"],
        "担当している案件": [f"{draft}　書きかけの工夫", f"{reference}　試している工夫"],
        "果たすべき採択の条件": [f"{reference}　動線を図示する"],
        "測る指標（KPI）": [f"{reference}　{case.kpis.get().name}"],
        "読むべき後閲・供覧": [],
        "代理": [f"市民課 DX推進リーダー　{holder('LEADER-KYODO').name}"],
    }


def test_drafts_are_nobody_else_s(leader: User) -> None:
    cases = rows_of(leader, holder("SECRETARIAT"))["担当している案件"]

    assert [row.partition("　")[2] for row in cases] == ["試している工夫"]


def test_who_is_on_leave_leaves_the_same(leader: User) -> None:
    before = rows_of(leader, leader)
    a_suspension(person=leader)

    assert rows_of(leader, holder("SECRETARIAT"))["開いている仕事"] == before["開いている仕事"]


def test_it_costs_the_same_however_much_is_left(
    leader: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    reader = holder("SECRETARIAT")
    with CaptureQueriesContext(connection) as first:
        handover_of(leader, reader, AT)
    a_project(route="RT1", to=StepKind.OBSERVE)
    a_project(route="RT1", to=StepKind.OBSERVE)
    with django_assert_num_queries(len(first)):
        handover_of(leader, reader, AT)


def test_it_is_read_by_oneself_and_by_the_secretariat(leader: User) -> None:
    address = f"/org/people/{leader.pk}/handover/"

    answers = [
        client_of(who).get(address).status_code for who in (leader, "SECRETARIAT", "HEAD-SHIMIN")
    ]

    assert answers == [200, 200, 403]
    assert "引継書" in text_of(client_of(leader).get(address))


def test_the_spreadsheet_has_a_sheet_for_each_table_and_no_formula(leader: User) -> None:
    a_project(title="=HYPERLINK(1)")

    response = client_of(leader).get(f"/org/people/{leader.pk}/handover.xlsx")

    book = load_workbook(io.BytesIO(response.content))
    paper = handover_of(leader, leader, AT)
    assert book.sheetnames == [str(part.title).replace("/", "・") for part in paper.parts]
    titles = {row[1].value: row[1].data_type for row in book["担当している案件"].iter_rows()}
    assert titles["=HYPERLINK(1)"] == "s"


def test_the_pdf_is_made_by_a_worker_for_whoever_asked(leader: User) -> None:
    clerk = client_of("SECRETARIAT")
    address = f"/org/people/{leader.pk}/handover.pdf"
    assert "PDFを作る" in text_of(clerk.get(address))

    assert clerk.post(address).status_code == 302
    assert "PDFを作っています" in text_of(clerk.get(address))
    sweep(worker="test", clock=timezone.now)

    run = BackgroundRun.objects.get()
    assert (run.kind, run.state) == ("handover-pdf", RunState.DONE)
    assert "PDFを受け取る" in text_of(clerk.get(address))
    file = clerk.get(address, {"file": "1"})
    assert file.getvalue()[:5] == b"%PDF-"
    assert "PDFを受け取る" not in text_of(client_of(leader).get(address))


def test_a_paper_of_whoever_holds_nothing_says_so(office: City) -> None:
    person = a_user()

    found = rows_of(person, holder("SECRETARIAT"))

    assert {title: rows for title, rows in found.items() if rows} == {}
