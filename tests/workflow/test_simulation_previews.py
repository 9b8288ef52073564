"""What the simulation expects of a preview: what differs is explained by an act, or a failure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bpr_projects.models import Project
from roles.models import Post
from tests.make import (
    AT,
    ROUTES,
    a_delegation,
    a_draft,
    a_project,
    a_user,
    an_absence,
    an_appointment,
    holder,
    resubmit,
    say,
    submit,
    walk,
)
from workflow import engine
from workflow.enums import Outcome, SendBackTarget, StepKind
from workflow.management.simulation import Failure, Tally
from workflow.management.simulation.agreement import Promise, promise_of
from workflow.models import Reading, StepRun

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = pytest.mark.once


def promised(tally: Tally, route: str = "RT2") -> tuple[Project, Promise]:
    """A draft of that route that was submitted, and what its preview had said."""
    draft = a_draft(**ROUTES[route])
    promise = promise_of(draft, draft.proposer, tally, AT)
    assert promise is not None
    return submit(draft), promise


def test_a_case_that_goes_as_previewed_is_counted(office: City) -> None:
    tally = Tally()
    project, promise = promised(tally)
    for kind in (StepKind.DECISION, StepKind.OBSERVE):
        promise.compare(project, AT)
        walk(project, to=kind)
    promise.compare(project, AT)

    assert tally.previews == {
        "submissions": 1,
        "steps": 6,
        "names": 6,
        "readings": 2,
        "decided as previewed": 1,
        "carried over": 0,
    }


def test_what_is_read_after_somebody_stood_in_was_told_to_nobody(office: City) -> None:
    """The 室長 is away and reads afterwards; the 本部長, who decided, owes no 後閲 any more."""
    an_absence(person=holder("HEAD-DIGITAL"))
    tally = Tally()
    project, promise = promised(tally, "RT1")
    walk(project, to=StepKind.STANDING_DECISION)
    say(project, Outcome.ESCALATED, by=holder("DEPT-SOMUBU"), urgent_reason="急ぐため")
    say(project, Outcome.ADOPTED)

    promise.compare(project, AT)

    owed = Reading.objects.filter(kind=StepKind.POST_READING)
    assert list(owed.values_list("post__code", "is_after_acting")) == [("HEAD-DIGITAL", True)]
    assert (tally.previews["readings"], tally.previews["decided as previewed"]) == (2, 1)


@pytest.mark.parametrize("has_deputy", [False, True])
def test_who_was_told_to_decide_and_did_not_reads_after_all(
    office: City, *, has_deputy: bool
) -> None:
    """The 室長 sits in the PT too, which reads what it does not review."""
    chief, seat = holder("HEAD-DIGITAL"), Post.objects.get(code="PT-FUKUSHI")
    seat.appointments.update(ends_on=AT.date())
    an_appointment(person=chief, post=seat)
    if has_deputy:
        a_delegation(post=Post.objects.get(code="HEAD-DIGITAL"), deputy=a_user())
    tally = Tally()
    project, promise = escalated(tally)
    say(project, Outcome.ADOPTED)

    promise.compare(project, AT)

    assert Reading.objects.filter(project=project, post=seat, kind=StepKind.CIRCULATION).exists()
    assert tally.previews["readings"] == 2


def test_who_stepped_aside_at_the_review_does_not_decide_either(office: City) -> None:
    """The 室長 sits in the PT too, and has no part in the case any more."""
    chief, seat = holder("HEAD-DIGITAL"), Post.objects.get(code="PT-FUKUSHI")
    seat.appointments.update(ends_on=AT.date())
    an_appointment(person=chief, post=seat)
    tally = Tally()
    project, promise = promised(tally, "RT5")
    walk(project, to=StepKind.REVIEW)
    promise.compare(project, AT)
    say(project, Outcome.RECUSED, by=chief, comment="親族が関わるため。")
    walk(project, to=StepKind.DECISION)

    promise.compare(project, AT)

    assert tally.previews["people changed"] == 1


def test_a_successor_decides_where_the_previewed_holder_could_not(office: City) -> None:
    """The 室長 stands in for the proposer: 決裁 was previewed, until the seat changed hands."""
    seat, chief = office.post("HEAD-DIGITAL"), holder("HEAD-DIGITAL")
    a_delegation(post=office.post("LEADER-SHIMIN"), deputy=chief)
    an_appointment(person=chief, post=office.post("STAFF-SHIMIN"))
    tally = Tally()
    project, promise = promised(tally, "RT1")
    assert StepKind.STANDING_DECISION not in {step.kind for step, _found in promise.steps}
    walk(project, to=StepKind.RECEPTION)
    promise.compare(project, AT)
    seat.appointments.update(ends_on=AT.date())
    an_appointment(person=a_user(), post=seat)
    walk(project, to=StepKind.STANDING_DECISION)

    promise.compare(project, AT)

    assert tally.previews["people changed"] == 1


def test_another_reader_than_previewed_is_a_failure(office: City) -> None:
    project, promise = promised(Tally(), "RT1")
    walk(project, to=StepKind.OBSERVE)
    owed = Reading.objects.filter(project=project, post__code="PT-FUKUSHI")
    assert owed.update(post=Post.objects.get(code="HEAD-ZEIMU")) == 1
    with pytest.raises(Failure, match="CIRCULATION is owed by"):
        promise.compare(project, AT)


def test_a_step_that_was_not_previewed_is_a_failure(office: City) -> None:
    project, promise = promised(Tally())
    promise.steps = promise.steps[1:]

    with pytest.raises(Failure, match="所属長 確認 was not previewed"):
        promise.compare(project, AT)


def test_another_seat_than_previewed_is_a_failure(office: City) -> None:
    project, promise = promised(Tally())
    (step, found), *others = promise.steps
    other = office.post("HEAD-ZEIMU")
    promise.steps = ((step, replace(found, posts=(other,))), *others)

    with pytest.raises(Failure, match=r"所属長 確認 differs in \['市民課長', '税務課長'\]"):
        promise.compare(project, AT)


def test_a_previewed_step_that_is_passed_without_a_row_is_a_failure(office: City) -> None:
    project, promise = promised(Tally())
    promise.steps = (promise.steps[1], *promise.steps)

    with pytest.raises(Failure, match="事務局 受付 was previewed, passed"):
        promise.compare(project, AT)


def test_other_people_than_at_the_preview_explain_another_seat(office: City) -> None:
    tally = Tally()
    project, promise = promised(tally)
    (step, found), *others = promise.steps
    promise.steps = ((step, replace(found, posts=(office.post("HEAD-ZEIMU"),))), *others)
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=a_user())

    promise.compare(project, AT)

    assert tally.previews["people changed"] == 1


def test_a_review_that_is_asked_anew_is_explained_by_what_sent_it_back(office: City) -> None:
    """The new text changes nothing, so the review stands; who decides wants it done again."""
    project = a_project(route="RT2", to=StepKind.DECISION)
    say(project, Outcome.SENT_BACK, target=SendBackTarget.PROPOSER)
    tally = Tally()
    promise = promise_of(Project.objects.get(pk=project.pk), project.proposer, tally, AT)
    assert promise is not None
    project = resubmit(project)
    walk(project, to=StepKind.DECISION)
    promise.compare(project, AT)
    say(project, Outcome.SENT_BACK, target=SendBackTarget.PROJECT_TEAM)

    promise.compare(project, AT)

    assert tally.previews["carried over"] > 1
    assert tally.previews[f"explained by {Outcome.SENT_BACK}"] == 1


def escalated(tally: Tally) -> tuple[Project, Promise]:
    """専決 was handed up to the 本部長, whom the preview did not name."""
    project, promise = promised(tally, "RT1")
    walk(project, to=StepKind.STANDING_DECISION)
    promise.compare(project, AT)
    say(project, Outcome.ESCALATED)
    return project, promise


def test_a_step_that_was_put_in_is_explained_by_the_act_that_did_so(office: City) -> None:
    tally = Tally()
    project, promise = escalated(tally)

    promise.compare(project, AT)

    assert tally.previews[f"explained by {Outcome.ESCALATED}"] == 1


@pytest.mark.parametrize(
    "changed", [{"closed_at": AT + timedelta(minutes=1)}, {"kind": StepKind.APPROVAL}]
)
def test_an_act_at_another_step_explains_nothing(office: City, changed: dict[str, Any]) -> None:
    project, promise = escalated(Tally())
    StepRun.objects.filter(kind=StepKind.STANDING_DECISION).update(**changed)

    with pytest.raises(Failure, match="but no ESCALATED or RECUSED or REASSIGNED at the step"):
        promise.compare(project, AT)


def pulled_back(tally: Tally) -> tuple[Project, Promise]:
    project, promise = promised(tally)
    say(project, Outcome.APPROVED)
    promise.compare(project, AT)
    engine.pull_back(project=project, by=holder("HEAD-SHIMIN"), at=AT)
    return project, promise


def test_a_seat_that_is_asked_again_is_explained_by_its_own_act_taken_back(office: City) -> None:
    tally = Tally()
    project, promise = pulled_back(tally)

    promise.compare(project, AT)

    assert tally.previews[f"explained by {Outcome.PULLED_BACK}"] == 1


def test_another_act_taken_back_explains_nothing(office: City) -> None:
    project, promise = pulled_back(Tally())
    first = StepRun.objects.filter(project=project, kind=StepKind.CONFIRMATION).earliest("pk")
    StepRun.objects.filter(pk=first.pk).update(kind=StepKind.APPROVAL)

    with pytest.raises(Failure, match="but no PULLED_BACK of its own act"):
        promise.compare(project, AT)
