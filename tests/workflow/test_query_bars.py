"""What choosing a route and moving a case cost: so many queries, whatever the number of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from roles.actions import record
from roles.enums import Role
from roles.models import Post, Section, Succession, holders_of, read_all_once
from tests.make import (
    AT,
    ROUTES,
    SCORES,
    TODAY,
    a_draft,
    a_holder,
    a_post,
    a_project,
    a_user,
    an_absence,
    an_appointment,
    holder,
    record_phase,
    say,
    the_slot,
)
from tests.workflow.pages import client_of
from workflow import engine
from workflow.enums import Outcome, StepKind
from workflow.models import Slot
from workflow.outcomes import Answer
from workflow.views.route_preview import foreseen

if TYPE_CHECKING:
    from collections.abc import Callable

    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CHOOSE, SUBMIT, SCORE, NEXT, INBOX, PAGE = 12, 38, 28, 65, 8, 12
WORK_LIST: Final = 2
"""So many statements of a verb keep the work list."""
BEFORE: Final = StepKind.CONCURRENCE
"""The step before the one that asks all of 本部."""
CROWD: Final = 20
"""So many that one INSERT still takes their mails on SQLite (999 parameters)."""
RICHEST = ROUTES["RT4"] | ROUTES["RT3"] | {"sections": ["FUKUSHI", "ZEIMU"], "collects_money": True}


def cost(act: Callable[[], object]) -> int:
    """Statements of the act itself: savepoints are the test's, which runs in a transaction."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return sum("SAVEPOINT" not in each["sql"] for each in queries)


def on_the_work_list(act: Callable[[], object]) -> list[str]:
    """What an act does with the rows of the work list."""
    with CaptureQueriesContext(connection) as queries:
        act()
    said = [each["sql"].lstrip().split(None, 1) for each in queries]
    return [verb for verb, rest in said if 'workflow_workitem"' in rest]


def a_crowd() -> None:
    """Many more members of 本部 and PT, and people beside the line."""
    for _number in range(CROWD):
        a_holder(Role.HQ_MEMBER)
        an_appointment(person=a_user())


def submitting(draft: Project) -> Callable[[], object]:
    """The verb alone, with all that a request knows before it."""
    version, by = draft.draft_version, draft.proposer
    return lambda: engine.submit(project=draft, draft_version=version, by=by, at=AT)


def answering(slot: Slot, outcome: Outcome) -> Callable[[], object]:
    """The verb alone, with all that a request knows before it."""
    project, revision = slot.step_run.project, slot.step_run.revision
    assert project is not None
    assert revision is not None
    by = holders_of([slot.post_id], TODAY)[slot.post_id][0].person
    return lambda: engine.decide(
        project=project,
        slot_id=slot.pk,
        revision_hash=revision.content_hash,
        outcome=outcome,
        answer=Answer(comment="確かめました。", scores=SCORES if outcome == "SCORED" else {}),
        by=by,
        at=AT,
    )


def test_choosing_a_route_and_naming_its_holders(office: City) -> None:
    draft = a_draft(**RICHEST)

    def look() -> None:
        with read_all_once(TODAY):
            foreseen(draft, draft.sheet, draft.proposer, TODAY)

    look()  # what a process reads once
    few = cost(look)
    a_crowd()

    assert cost(look) == few
    assert few <= CHOOSE


def test_choosing_it_again_after_a_return(office: City) -> None:
    case = a_project(route="RT3", to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK)

    def look() -> None:
        with read_all_once(TODAY):
            foreseen(case, case.sheet, case.proposer, TODAY)

    assert cost(look) <= CHOOSE


@pytest.mark.parametrize("answers", [{}, RICHEST], ids=["plainest", "richest"])
def test_submitting(office: City, answers: dict[str, Any]) -> None:
    cost(submitting(a_draft(**answers)))  # the first of a year begins its series of numbers
    few = cost(submitting(a_draft(**answers)))
    crowded = a_draft(**answers)
    a_crowd()

    assert cost(submitting(crowded)) == few
    assert few <= SUBMIT


def test_scoring(office: City) -> None:
    case = a_project(route="RT2", to=StepKind.REVIEW)

    assert cost(answering(the_slot(case), Outcome.SCORED)) <= SCORE


def test_closing_a_step_and_opening_the_next(office: City) -> None:
    few = cost(answering(the_slot(a_project(route="RT3", to=BEFORE)), Outcome.AGREED))
    case = a_project(route="RT3", to=BEFORE)
    a_crowd()

    assert cost(answering(the_slot(case), Outcome.AGREED)) == few
    assert few <= NEXT
    step = the_slot(case).step_run
    assert step.kind == StepKind.DELIBERATION
    assert step.slots.count() > CROWD


def test_opening_a_review_ties_every_member_to_a_task_of_its_own(office: City) -> None:
    case = a_project(route="RT2", to=StepKind.RECEPTION)

    assert cost(answering(the_slot(case), Outcome.RECEIVED)) <= NEXT

    tasks = Slot.objects.filter(step_run=the_slot(case).step_run).values_list("task_id", flat=True)
    assert None not in tasks
    assert len(set(tasks)) == len(tasks) > 1


def test_the_work_list_costs_a_verb_two_statements_for_few_and_many(office: City) -> None:
    opening = on_the_work_list(submitting(a_draft()))
    few = on_the_work_list(answering(the_slot(a_project(route="RT3", to=BEFORE)), Outcome.AGREED))
    case = a_project(route="RT3", to=BEFORE)
    a_crowd()
    many = on_the_work_list(answering(the_slot(case), Outcome.AGREED))
    decided = a_project(to=StepKind.DECISION)
    sent_back = on_the_work_list(lambda: say(decided, Outcome.SENT_BACK))

    assert opening == ["INSERT"]
    assert few == many == ["DELETE", "INSERT"]
    assert len(sent_back) <= WORK_LIST


@pytest.mark.parametrize("seat", ["DEPT-SOMUBU", "SECRETARIAT", "HQ-CHAIR", "LEADER-SHIMIN"])
def test_every_tab_of_the_inbox(office: City, seat: str) -> None:
    """DEPT-SOMUBU stands in for a head who is away, at two decisions."""
    with time_machine.travel(AT, tick=False):
        for _number in range(2):
            a_project(route="RT1", to=StepKind.STANDING_DECISION)
        an_absence(person=holder("HEAD-DIGITAL"))
        browser = client_of(seat)
        for tab in ("todo", "deputy", "reading", "upcoming", "done"):
            url = f"{reverse('inbox')}?tab={tab}"
            browser.get(url)

            assert cost(lambda url=url: browser.get(url)) <= INBOX  # type: ignore[misc]


def test_the_preview_of_whoever_stands_in(office: City) -> None:
    with time_machine.travel(AT, tick=False):
        case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
        an_absence(person=holder("HEAD-DIGITAL"))
        browser = client_of("DEPT-SOMUBU")
        url = f"{reverse('inbox')}?tab=deputy&item={the_slot(case).pk}"
        page = browser.get(url)

        assert cost(lambda: browser.get(url)) <= INBOX
    assert page.context["preview"].buttons


def test_the_page_of_a_running_case_for_who_may_stop_it(office: City) -> None:
    with time_machine.travel(AT, tick=False):
        case = a_project(route="RT1", to=StepKind.OBSERVE)
        for _phase in ("observe", "orient", "decide"):
            record_phase(case)
        browser, url = client_of("HEAD-SHIMIN"), reverse("project", args=[case.reference])
        page = browser.get(url)

        assert cost(lambda: browser.get(url)) <= PAGE
    assert reverse("halt", args=[case.reference]) in page.content.decode()


def test_the_page_that_moves_a_place_to_one_of_few_or_many(office: City) -> None:
    with time_machine.travel(AT, tick=False):
        case = a_project(route="RT3", to=StepKind.DELIBERATION)
        browser = client_of("SECRETARIAT")
        url = reverse("reassign", args=[case.reference, the_slot(case).pk])
        browser.get(url)
        few = cost(lambda: browser.get(url))
        a_crowd()

        assert cost(lambda: browser.get(url)) == few
        assert few <= PAGE
        assert len(browser.get(url).context["form"].receivers) >= CROWD


@pytest.mark.parametrize(
    "kind",
    [
        StepKind.CONFIRMATION,
        StepKind.RECEPTION,
        StepKind.REVIEW,
        StepKind.REFERRAL,
        StepKind.CONCURRENCE,
        StepKind.DELIBERATION,
        StepKind.DECISION,
    ],
)
def test_moving_a_place_that_was_moved_before(office: City, kind: StepKind) -> None:
    """After a reform, when some seats are those of sections that are no more."""
    with time_machine.travel(AT, tick=False):
        case = a_project(to=kind, **RICHEST, route="RT3")
        browser = client_of("SECRETARIAT")

        def move() -> int:
            url = reverse("reassign", args=[case.reference, the_slot(case).pk])
            page = browser.get(url)
            asked = cost(lambda: browser.get(url))
            if receivers := page.context["form"].receivers:
                browser.post(url, {"post": receivers[0].post.pk, "comment": "病気のため"})
            return asked

        a_closed_head("HEAD-SHIMIN")
        once = move()

        assert [move(), move()] == [once, once]
        assert once <= PAGE


def a_closed_head(heir: str) -> None:
    """A 所属長 of a section that is no more, whose work this seat has."""
    to = Post.objects.get(code=heir)
    closed = a_post(Role.SECTION_HEAD, ends_on=TODAY)
    with transaction.atomic():
        record(Succession(post=closed, heir=to, starts_on=TODAY), by=holder(heir), at=AT)


def test_the_rehearsal_of_a_transfer_for_one_case_or_three(office: City) -> None:
    with time_machine.travel(AT, tick=False):
        browser, url = client_of("SECRETARIAT"), reverse("org-rehearsal")

        def more(heir: str) -> int:
            a_project()
            a_project(route="RT1", to=StepKind.STANDING_DECISION)
            a_closed_head(heir)
            browser.get(url)
            return cost(lambda: browser.get(url))

        once = more("HEAD-SHIMIN")

        assert [more("HEAD-KYODO"), more("HEAD-ZEIMU")] == [once, once]
        assert once <= PAGE


def test_a_dry_run_while_a_head_is_away_and_a_section_is_closed(office: City) -> None:
    """Who would decide in place of the head, and what followed the section, no case asks for."""
    with time_machine.travel(AT, tick=False):
        browser, url = client_of("SECRETARIAT"), reverse("route-replay", args=["RT1", 1])
        an_absence(person=holder("HEAD-DIGITAL"))
        a_closed_head("HEAD-SHIMIN")
        former, heir = (Section.objects.get(code=code) for code in ("ZEIMU", "ZAISEI"))

        def more() -> int:
            former.ends_on = former.succeeded_by = None
            former.save()
            a_project(route="RT1")
            a_project(route="RT1", post="LEADER-ZEIMU")
            former.ends_on, former.succeeded_by = TODAY, heir
            former.save()
            browser.get(url)
            return cost(lambda: browser.get(url))

        once = more()

        assert [more(), more()] == [once, once]
        assert once <= PAGE
