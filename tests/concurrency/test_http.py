"""The same over HTTP: one effect, no failure, and a page that tells the loser."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest
from django.utils.timezone import localdate

from bpr_projects.enums import Stage
from bpr_projects.models import Cycle, Project
from tests.concurrency.at_once import CROWDS, at_once, several
from tests.make import SCORES, a_draft, a_project, the_slot, walk
from tests.proof import assert_sound
from tests.workflow.pages import answer_url, client_of, messages_of, sent
from workflow.enums import Outcome, SlotState, StepKind
from workflow.models import Decision, Slot, StepRun

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from roles.models import User
    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TOLD = {403, 409}
"""A page with the reason, who did what and when."""
TRY_AGAIN = 503
"""The lock did not come free in three seconds: a page that says so, with ``Retry-After``."""

REPEATED = "すでに記録済みです。二重には記録されていません。"
"""What somebody reads who sent one act twice."""

Post: TypeAlias = "tuple[User | str, str, dict[str, Any]]"
"""Post of whoever sends it, address, form."""


def send_at_once(posts: Sequence[Post]) -> list[Any]:
    """Send all forms together, each from its own browser; the responses in their order."""
    browsers = [(client_of(who), url, form) for who, url, form in posts]
    acts: list[Callable[[], Any]] = [
        partial(browser.post, url, form) for browser, url, form in browsers
    ]
    responses, refusals = at_once(acts)
    assert refusals == []
    return responses


def told_to(response: Any) -> list[str]:
    """The messages on the page to which a redirect leads."""
    if response.status_code != 302:
        return []
    return list(messages_of(response.client.get(response["Location"])))


def assert_one_winner(responses: list[Any], crowd: int) -> None:
    statuses = Counter(response.status_code for response in responses)
    assert statuses[302] == 1
    assert set(statuses) <= TOLD | {302, TRY_AGAIN}
    assert statuses.total() == crowd
    for response in responses:
        if response.status_code == TRY_AGAIN:
            assert response["Retry-After"] == "3"


@pytest.mark.parametrize("crowd", CROWDS)
def test_a_draft_is_submitted_once(real_office: City, crowd: int) -> None:
    draft = a_draft(has_personal_data=True)
    url = f"/p/{draft.reference}/confirm/"

    responses = send_at_once(
        [("LEADER-SHIMIN", url, {"draft_version": draft.draft_version})] * crowd
    )

    assert {response.status_code for response in responses} <= TOLD | {302, 404, TRY_AGAIN}
    assert Project.objects.get().stage == Stage.WITH_HEAD
    assert Decision.objects.filter(outcome=Outcome.SUBMITTED).count() == 1
    assert_sound()


@pytest.mark.parametrize("crowd", CROWDS)
@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (StepKind.CONFIRMATION, Outcome.SENT_BACK),
        (StepKind.REFERRAL, Outcome.REFERRED),
        (StepKind.DECISION, Outcome.ADOPTED),
    ],
)
def test_a_step_is_answered_once(
    real_office: City, kind: StepKind, outcome: Outcome, crowd: int
) -> None:
    case = a_project(to=kind)
    slot = the_slot(case)
    form = sent(slot, outcome, target="PROPOSER")

    responses = send_at_once([(slot.post.code, answer_url(slot), form)] * crowd)

    statuses = Counter(response.status_code for response in responses)
    assert set(statuses) <= {302, TRY_AGAIN}
    told = [message for each in responses for message in told_to(each)]
    assert told.count(REPEATED) == statuses[302] - 1
    assert len([message for message in told if f"「{outcome.label}」として記録" in message]) == 1
    assert Decision.objects.filter(slot=slot).count() == 1
    assert Cycle.objects.count() == (outcome == Outcome.ADOPTED)
    assert_sound()


IN_A_WEEK: Final = str(localdate() + timedelta(days=7))
AGAIN: Final = [
    ("PT-SOMU", StepKind.REVIEW, "SCORED", {f"scores_{key}": str(n) for key, n in SCORES.items()}),
    ("PT-CHAIR", StepKind.REFERRAL, "HELD", {"until": IN_A_WEEK}),
]
"""Answers that leave the step open: an equal repeat is no second effect."""


@pytest.mark.parametrize("crowd", CROWDS)
@pytest.mark.parametrize(("who", "kind", "outcome", "more"), AGAIN)
def test_an_equal_score_or_hold_is_one_effect(
    real_office: City, who: str, kind: StepKind, outcome: str, more: dict[str, str], crowd: int
) -> None:
    case = a_project(to=kind)
    slot = the_slot(case, who)
    form = sent(slot, outcome, **more)

    responses = send_at_once([(who, answer_url(slot), form)] * crowd)

    assert {response.status_code for response in responses} <= {302, 409, TRY_AGAIN}
    assert Decision.objects.filter(slot=slot).count() == 1
    assert_sound()


@pytest.mark.parametrize("crowd", CROWDS)
def test_who_says_something_else_at_once_is_told_what_was_said(
    real_office: City, crowd: int
) -> None:
    case = a_project(to=StepKind.REFERRAL)
    slot = the_slot(case)
    outcomes = [Outcome.REFERRED, Outcome.SENT_BACK]

    responses = send_at_once(
        [
            (slot.post.code, answer_url(slot), sent(slot, outcomes[turn % 2], target="PROPOSER"))
            for turn in range(crowd)
        ]
    )

    said = Decision.objects.get(slot=slot)
    lost = [each.content.decode() for each in responses if each.status_code == 409]
    assert {response.status_code for response in responses} <= {302, 409, TRY_AGAIN}
    assert all(f"{said.decided_by.name}</b>　{said.get_outcome_display()}" in page for page in lost)
    assert_sound()


SECTIONS = ["FUKUSHI", "ZEIMU", "SOMU", "KIKAKU", "KYODO", "KANKYO", "CHOJU"]


def test_eight_sections_agree_at_once_and_join_once(real_office: City) -> None:
    case = a_project(route="RT3", to=StepKind.CONCURRENCE, sections=SECTIONS)
    slots = list(
        Slot.objects.filter(step_run__project=case, state=SlotState.OPEN).select_related(
            "post", "step_run__project", "step_run__revision"
        )
    )

    responses = send_at_once(
        [(slot.post.code, answer_url(slot), sent(slot, "AGREED")) for slot in slots]
    )

    assert {response.status_code for response in responses} <= {302, TRY_AGAIN}
    walk(case, to=StepKind.DELIBERATION)
    assert Decision.objects.filter(outcome=Outcome.AGREED).count() == 8
    assert StepRun.objects.filter(project=case, kind=StepKind.DELIBERATION).count() == 1
    assert_sound()


@pytest.mark.parametrize("crowd", CROWDS)
def test_an_act_is_pulled_back_once(real_office: City, crowd: int) -> None:
    case = a_project(to=StepKind.RECEPTION)

    responses = send_at_once([("HEAD-SHIMIN", f"/p/{case.reference}/pull-back/", {})] * crowd)

    assert {response.status_code for response in responses} <= TOLD | {302, TRY_AGAIN}
    assert Decision.objects.filter(project=case, outcome=Outcome.PULLED_BACK).count() == 1
    assert StepRun.objects.filter(project=case, closed_at=None).count() == 1
    assert_sound()


@pytest.mark.parametrize("turn", several(*range(3)))
def test_either_the_pull_back_or_the_next_holder_wins(real_office: City, turn: int) -> None:
    case = a_project(to=StepKind.RECEPTION)
    slot = the_slot(case)

    responses = send_at_once(
        [
            ("HEAD-SHIMIN", f"/p/{case.reference}/pull-back/", {}),
            ("SECRETARIAT", answer_url(slot), sent(slot, "RECEIVED")),
        ]
    )

    assert_one_winner(responses, 2)
    outcomes = set(Decision.objects.filter(project=case).values_list("outcome", flat=True))
    assert len(outcomes & {Outcome.PULLED_BACK, Outcome.RECEIVED}) == 1
    assert_sound()


@pytest.mark.parametrize("turn", several(*range(3)))
def test_either_the_withdrawal_or_the_adoption_wins(real_office: City, turn: int) -> None:
    case = a_project(to=StepKind.DECISION)
    slot = the_slot(case)
    reason = {"comment": "別の案と一緒にします。", "confirmed": "on"}

    responses = send_at_once(
        [
            ("LEADER-SHIMIN", f"/p/{case.reference}/withdraw/", reason),
            ("HQ-CHAIR", answer_url(slot), sent(slot, "ADOPTED")),
        ]
    )

    case.refresh_from_db()
    assert_one_winner(responses, 2)
    assert (case.stage, Cycle.objects.count()) in [(Stage.WITHDRAWN, 0), (Stage.RUNNING, 1)]
    assert_sound()


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (StepKind.CONFIRMATION, Outcome.APPROVED),
        (StepKind.REFERRAL, Outcome.SENT_BACK),
        (StepKind.DECISION, Outcome.ADOPTED),
    ],
)
def test_a_step_is_not_found_under_another_case(
    real_office: City, kind: StepKind, outcome: Outcome
) -> None:
    mine, other = a_project(to=kind), a_project()
    slot = the_slot(mine)
    foreign = answer_url(slot).replace(str(mine.number), str(other.number))
    right = answer_url(slot)

    responses = send_at_once(
        [(slot.post.code, url, sent(slot, outcome)) for url in (foreign, right) * 5]
    )

    statuses = Counter(response.status_code for response in responses)
    assert statuses[404] == 5
    assert statuses[302] + statuses[TRY_AGAIN] == 5
    assert [word for each in responses for word in told_to(each)].count(REPEATED) == (
        statuses[302] - 1
    )
    assert Decision.objects.filter(slot=slot).count() == 1
    assert Decision.objects.filter(project=other).count() == 1
    assert_sound()
