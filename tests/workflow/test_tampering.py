"""What an administrator of the database changes past the verbs is found and named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from django.urls import reverse

from records import ledger
from records.models import LedgerEntry
from tests.make import AT, a_project, say
from tests.records.tampering import protections_off, run
from tests.workflow.pages import client_of
from tests.workflow.papers import confirm, register
from workflow.actions.route_data import (
    LATER_ROUTE_COLUMNS,
    LATER_STEP_COLUMNS,
    ROUTE_COLUMNS,
    STEP_COLUMNS,
    rows_hash,
)
from workflow.enums import Outcome, StepKind
from workflow.models import Decision, Route, RouteStep

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = pytest.mark.django_db(transaction=True)

ROUTE_TABLES = (Route, RouteStep)

TAMPERINGS = [
    "UPDATE workflow_decision SET outcome = 'ADOPTED_WITH_CONDITIONS' WHERE outcome = 'ADOPTED'",
    "UPDATE workflow_decision SET decided_by_id = decided_by_id + 1 WHERE outcome = 'ADOPTED'",
    "UPDATE workflow_decision SET basis = 'OWN' WHERE outcome = 'ADOPTED'",
    "UPDATE workflow_decision SET clause = 'x' WHERE outcome = 'ADOPTED'",
    "UPDATE workflow_decision SET authority = '{}' WHERE outcome = 'ADOPTED'",
    "UPDATE workflow_decision SET post_id = post_id + 1 WHERE outcome = 'ADOPTED'",
    "UPDATE workflow_decision SET round = 2 WHERE outcome = 'ADOPTED'",
    "DELETE FROM workflow_decision WHERE outcome = 'ADOPTED'",
]


@pytest.mark.parametrize("statement", TAMPERINGS)
def test_a_changed_decision_is_found_and_named(real_office: City, statement: str) -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    decision = say(case, Outcome.ADOPTED)
    seq = decision.entry_id
    assert ledger.verify().ok

    with protections_off():
        run(statement)

    found = ledger.verify()
    assert (found.ok, found.first_bad_seq) == (False, seq)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE workflow_condition SET text = '何もしなくてよい。'",
        "UPDATE workflow_condition SET due_on = '2027-03-31'",
        "UPDATE workflow_condition SET owner_id = owner_id + 1",
        "DELETE FROM workflow_condition",
    ],
)
def test_a_changed_condition_is_found_and_named(real_office: City, statement: str) -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    conditions = (("3か月後に効果を報告する。", "SHIMIN", "2026-09-30"),)
    decision = say(case, Outcome.ADOPTED_WITH_CONDITIONS, conditions=conditions)
    assert ledger.verify().ok

    with protections_off():
        run(statement)

    found = ledger.verify()
    assert (found.ok, found.first_bad_seq) == (False, decision.entry_id)


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE workflow_route SET condition = '{}' WHERE code = 'RT5'""",
        "UPDATE workflow_route SET effective_to = '2027-04-01' WHERE code = 'RT3'",
        "UPDATE workflow_routestep SET quorum = 1 WHERE quorum > 1",
        """UPDATE workflow_routestep SET condition = '{"uses_ai": true}' WHERE kind = 'DECISION'""",
        "DELETE FROM workflow_routestep WHERE kind = 'CONCURRENCE'",
    ],
)
def test_a_changed_route_is_found_and_named(real_office: City, statement: str) -> None:
    loaded = LedgerEntry.objects.get(kind="ROUTES")
    assert ledger.verify().ok

    run(statement)

    found = ledger.verify()
    assert (found.ok, found.first_bad_seq) == (False, loaded.seq)


def test_every_column_of_a_route_is_vouched_for() -> None:
    columns = [[field.attname for field in model._meta.concrete_fields] for model in ROUTE_TABLES]

    assert columns == [
        [*ROUTE_COLUMNS, *LATER_ROUTE_COLUMNS[1:]],
        [*STEP_COLUMNS, *LATER_STEP_COLUMNS[1:]],
    ]


def test_routes_that_were_changed_lawfully_are_vouched_for_by_the_newest_entry(
    real_office: City,
) -> None:
    Route.objects.filter(code="RT5").update(clause="改正後の規程")
    with transaction.atomic():
        ledger.append(kind="ROUTES", payload={"rows": rows_hash()}, at=AT)
    assert ledger.verify().ok

    Route.objects.filter(code="RT5").update(clause="別の規程")

    newest = LedgerEntry.objects.filter(kind="ROUTES").latest("seq")
    assert ledger.verify().first_bad_seq == newest.seq


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE bpr_projects_revision SET sheet = '{"title": "別の案"}'""",
        "UPDATE bpr_projects_revision SET kind = 'STOP'",
    ],
)
def test_a_changed_text_is_found_at_its_first_decision(real_office: City, statement: str) -> None:
    case = a_project()
    first = Decision.objects.get(project=case)
    say(case, Outcome.APPROVED)

    with protections_off():
        run(statement)

    found = ledger.verify()
    assert (found.ok, found.first_bad_seq) == (False, first.entry_id)


def test_a_decision_that_nobody_took_is_found(real_office: City) -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    decision = say(case, Outcome.ADOPTED)
    columns = [
        field.column
        for field in Decision._meta.concrete_fields
        if field.column not in (None, "id", "entry_id", "slot_id", "outcome")
    ]
    copied = ", ".join(str(column) for column in columns)

    with protections_off():
        run(
            f"INSERT INTO workflow_decision (entry_id, outcome, {copied}) "  # noqa: S608
            f"SELECT 1, 'AGREED', {copied} "
            f"FROM workflow_decision WHERE id = {decision.pk}"
        )

    found = ledger.verify()
    assert (found.ok, found.first_bad_seq) == (False, 1)


OF_ONE_DECISION = {
    "UPDATE workflow_decision SET clause = 'x' WHERE entry_id = {seq}": {"rows", "authority"},
    "UPDATE workflow_decision SET total = 99 WHERE entry_id = {seq}": {"rows"},
    "UPDATE workflow_decision SET entry_id = 1 WHERE entry_id = {seq}": {"rows", "authority"},
    "UPDATE workflow_steprun SET title = '別の段階' WHERE id = {step}": {"rows"},
    "UPDATE bpr_projects_revision SET kind = 'STOP'": {"rows"},
    "DELETE FROM workflow_condition": {"rows"},
    "UPDATE records_ledgertext SET text = '別の意見' WHERE entry_id = {seq}": {"texts"},
    "DELETE FROM records_ledgertext WHERE entry_id = {seq}": {"texts"},
    "UPDATE records_ledgerentry SET kind = 'READING' WHERE seq = {seq}": {"row"},
    "UPDATE records_ledgerentry SET hash = 'another' WHERE seq = {seq} - 1": {"links"},
    "UPDATE records_ledgerentry SET prev_hash = hash WHERE seq = {seq} + 1": {"links"},
    "DELETE FROM records_ledgerentry WHERE seq = {seq} - 1": {"links"},
    "DELETE FROM records_ledgerentry WHERE seq > {seq}": {"links"},
    "DELETE FROM records_ledgerentry WHERE seq = {source}": {"authority"},
    "UPDATE records_ledgerentry SET payload = '{{}}' WHERE kind = 'APPOINTMENT'": {"authority"},
    "UPDATE records_ledgerentry SET payload = '[]' WHERE kind = 'APPOINTMENT'": {"authority"},
    "UPDATE records_ledgerentry SET payload = 'null' WHERE kind = 'APPOINTMENT'": {"authority"},
    "UPDATE records_ledgerentry SET payload = '[]' WHERE seq = {seq}": {"row", "texts", "rows"},
    "UPDATE records_ledgerentry SET payload = 'null' WHERE seq = {seq}": {"row", "texts", "rows"},
    "UPDATE workflow_routestep SET title = '別の段階'": {"authority"},
    "UPDATE workflow_slot SET post_id = post_id + 1": {"authority"},
}
"""What is changed past the verbs -> which checks of the decision's page say so."""


@pytest.mark.parametrize("statement", OF_ONE_DECISION)
def test_the_page_of_a_decision_says_what_was_changed(real_office: City, statement: str) -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    decision = say(case, Outcome.ADOPTED_WITH_CONDITIONS)
    a_project()
    facts = {
        "seq": decision.entry_id,
        "step": decision.step_run_id,
        "source": decision.authority["ledger_entry"],
    }
    url = reverse("decision-checks", args=[case.reference, decision.pk])
    browser = client_of("AUDITOR")

    def unsound() -> set[str]:
        return {each.name for each in browser.get(url).context["checks"] if not each.is_sound}

    before = unsound()
    with protections_off():
        run(statement.format(**facts))

    assert (before, unsound()) == (set(), OF_ONE_DECISION[statement])


def test_the_page_of_a_decision_says_that_its_paper_is_gone(real_office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    said = confirm(register(case))
    url = reverse("decision-checks", args=[case.reference, said.pk])
    browser = client_of("AUDITOR")

    def unsound() -> dict[str, str]:
        checks = browser.get(url).context["checks"]
        return {each.name: str(each.why) for each in checks if not each.is_sound}

    before = unsound()
    with protections_off():
        run("DELETE FROM workflow_paperdecision")

    assert (before, unsound()) == ({}, {"scan": "登録の記録がありません"})
    assert (
        browser.get(reverse("decision-evidence", args=[case.reference, said.pk])).status_code == 200
    )
