"""Who may read which case: every reason, and a stranger beside each."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from guardian.shortcuts import assign_perm

from bpr_projects.access import authors_of, visible_to
from bpr_projects.enums import Stage
from bpr_projects.models import Project
from roles.models import Post, User
from tests.make import (
    AT,
    TODAY,
    a_delegation,
    a_draft,
    a_project,
    a_suspension,
    a_user,
    an_appointment,
    say,
    withdraw,
)
from workflow.access import NO_POST, may
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = pytest.mark.django_db

TITLES = {
    "draft": "下書きの案",
    "line": "確認中の案",
    "review": "審査中の案",
    "running": "実行中の案",
    "secret": "内密の案",
    "ended": "終わった案",
}


@pytest.fixture
def cases(office: City) -> dict[str, Project]:
    """One case of 市民課 in each state that makes a difference."""
    made = {
        "line": a_project(title=TITLES["line"]),
        "review": a_project(title=TITLES["review"], to=StepKind.REVIEW),
        "running": a_project(title=TITLES["running"], route="RT1", to=StepKind.OBSERVE),
        "secret": a_project(title=TITLES["secret"], route="RT1", to=StepKind.OBSERVE),
        "ended": a_project(title=TITLES["ended"]),
        "draft": a_draft(title=TITLES["draft"]),  # after the starts, which then are shared
    }
    withdraw(made["ended"])
    Project.objects.filter(pk=made["secret"].pk).update(is_confidential=True)
    return made


def seen_by(user: User) -> set[str]:
    names = {title: name for name, title in TITLES.items()}
    return {names[title] for title in visible_to(user, AT).values_list("title", flat=True)}


EVERYTHING = {"draft", "line", "review", "running", "secret", "ended"}
SUBMITTED = EVERYTHING - {"draft"}

READERS = {
    "LEADER-SHIMIN": EVERYTHING,
    "HEAD-SHIMIN": SUBMITTED,
    "DEPT-SHIMINBU": SUBMITTED,
    "SECRETARIAT": SUBMITTED,
    "PT-CHAIR": SUBMITTED,
    "HQ-CHAIR": SUBMITTED,
    "HQ-KYOIKU": SUBMITTED,
    "AUDITOR": SUBMITTED,
    # asked for a score, and to read what was decided by 専決
    "PT-FUKUSHI": {"review", "running", "secret"},
    # strangers: what is adopted is shared, unless it is confidential
    "LEADER-ZEIMU": {"running"},
    "HEAD-ZEIMU": {"running"},
    "STAFF-ZEIMU": {"running"},
    "SYSTEM-ADMIN": {"running"},
}


def test_who_reads_what(office: City, cases: dict[str, Project]) -> None:
    assert {post: seen_by(office.holder(post)) for post in READERS} == READERS


def test_a_case_is_seen_once_however_many_the_reasons(
    office: City, cases: dict[str, Project]
) -> None:
    leader = office.holder("LEADER-SHIMIN")
    assign_perm("bpr_projects.read_project", leader, cases["review"])

    assert visible_to(leader, AT).count() == len(EVERYTHING)


def test_a_person_without_any_post_sees_nothing(cases: dict[str, Project]) -> None:
    assert seen_by(a_user()) == set()


def test_a_leaver_sees_nothing_from_that_day_on(office: City, cases: dict[str, Project]) -> None:
    leader = office.holder("LEADER-SHIMIN")
    assign_perm("bpr_projects.read_project", leader, cases["review"])
    leader.appointments.update(ends_on=TODAY)

    assert list(visible_to(leader, AT)) == []
    assert visible_to(leader, AT - timedelta(days=1)).count() == len(EVERYTHING)


def test_a_leaver_who_is_still_named_deputy_sees_nothing(
    office: City, cases: dict[str, Project]
) -> None:
    leader = office.holder("LEADER-ZEIMU")
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=leader)
    assert seen_by(leader) == SUBMITTED

    leader.appointments.update(ends_on=TODAY)

    assert seen_by(leader) == set()


def test_a_leaver_writes_no_draft(office: City, cases: dict[str, Project]) -> None:
    leader, partner = office.holder("LEADER-SHIMIN"), office.holder("STAFF-ZEIMU")
    assign_perm("bpr_projects.edit_draft", partner, cases["draft"])
    assert [may(who, "edit", cases["draft"], AT).allowed for who in (leader, partner)] == [True] * 2
    for who in (leader, partner):
        who.appointments.update(ends_on=TODAY)

    permits = [may(who, "edit", cases["draft"], AT) for who in (leader, partner)]

    assert [permit.allowed for permit in permits] == [False, False]
    assert {permit.reason for permit in permits} == {str(NO_POST)}


def test_who_is_on_leave_goes_on_reading_and_writing_the_own(
    office: City, cases: dict[str, Project]
) -> None:
    leader = office.holder("LEADER-SHIMIN")
    a_suspension(person=leader)

    assert seen_by(leader) == EVERYTHING
    assert may(leader, "edit", cases["draft"], AT)


def test_an_inactive_person_sees_nothing(office: City, cases: dict[str, Project]) -> None:
    leader = office.holder("LEADER-SHIMIN")
    assign_perm("bpr_projects.read_project", leader, cases["review"])
    leader.is_active = False
    leader.save()

    assert seen_by(leader) == set()


def test_who_is_on_leave_keeps_only_what_is_the_own(
    office: City, cases: dict[str, Project]
) -> None:
    head = office.holder("HEAD-SHIMIN")
    a_suspension(person=head)

    assert seen_by(head) == {"running"}


@pytest.mark.parametrize(
    ("permission", "name"), [("read_project", "review"), ("edit_draft", "draft")]
)
def test_an_explicit_grant_opens_one_case(
    office: City, cases: dict[str, Project], permission: str, name: str
) -> None:
    stranger = office.holder("STAFF-ZEIMU")

    assign_perm(f"bpr_projects.{permission}", stranger, cases[name])

    assert seen_by(stranger) == {"running", name}


def test_a_right_over_all_rows_opens_no_case(office: City, cases: dict[str, Project]) -> None:
    stranger = office.holder("STAFF-ZEIMU")

    assign_perm("bpr_projects.read_project", stranger)

    assert seen_by(stranger) == {"running"}


def test_a_grant_to_read_does_not_open_a_draft(office: City, cases: dict[str, Project]) -> None:
    stranger = office.holder("STAFF-ZEIMU")

    assign_perm("bpr_projects.read_project", stranger, cases["draft"])

    assert seen_by(stranger) == {"running"}


def test_a_related_section_reads_the_case(office: City) -> None:
    a_project(route="RT3", title=TITLES["line"], sections=["ZEIMU"])

    assert seen_by(office.holder("STAFF-ZEIMU")) == {"line"}
    assert seen_by(office.holder("STAFF-FUKUSHI")) == set()


def test_who_was_asked_still_reads_when_the_case_went_on(office: City) -> None:
    case = a_project(route="RT3", title=TITLES["line"], to=StepKind.CONCURRENCE)
    head = office.holder("HEAD-ZAISEI")
    assert seen_by(head) == {"line"}

    say(case, Outcome.AGREED)

    assert seen_by(head) == {"line"}


def test_a_deputy_reads_as_the_post_does_on_those_days(
    office: City, cases: dict[str, Project]
) -> None:
    deputy = a_delegation(
        post=Post.objects.get(code="HEAD-SHIMIN"),
        deputy=a_user(),
        starts_on=TODAY,
        ends_on=TODAY + timedelta(days=1),
    ).deputy

    tomorrow = visible_to(deputy, AT + timedelta(days=1))

    assert seen_by(deputy) == SUBMITTED
    assert [case.stage for case in tomorrow] == [Stage.RUNNING]


def test_a_mover_reads_with_the_new_post(office: City, cases: dict[str, Project]) -> None:
    head = office.holder("HEAD-SHIMIN")
    head.appointments.update(ends_on=date(2026, 5, 11))
    an_appointment(post=office.post("STAFF-ZEIMU"), person=head, starts_on=date(2026, 5, 11))

    assert seen_by(head) == {"running"}


def test_authors_are_the_proposer_and_who_may_edit(office: City) -> None:
    draft = a_draft()
    other, reader = office.holder("LEADER-ZEIMU"), office.holder("LEADER-SOMU")
    assign_perm("bpr_projects.edit_draft", other, draft)
    assign_perm("bpr_projects.read_project", reader, draft)

    assert authors_of(draft) == {draft.proposer.pk, other.pk}
