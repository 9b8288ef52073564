"""The history of a case says how far each decision was told."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bpr_projects import discussion
from bpr_projects.enums import CommentKind, CommentLevel
from notifications.delivery.expansion import expand
from notifications.enums import DeliveryState, MessageState, Reason
from notifications.models import Delivery, OutboxMessage
from tests.make import AT, a_project, holder, say
from tests.notifications.mails import of_mails, send
from tests.workflow.pages import client_of, text_of
from workflow.enums import Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

TOLD = re.compile(r"お知らせ：(?:<a href=\"([^\"]*)\">)?([^<]+)<")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def refused(office: City) -> Project:
    """A case that was not adopted: many are told."""
    case = a_project(to=StepKind.DECISION)
    send()
    say(case, Outcome.NOT_ADOPTED)
    return case


def said(case: Project, post: str) -> list[tuple[str, str]]:
    """Link and words of each line of the history that tells of mails."""
    return TOLD.findall(text_of(client_of(post).get(f"/p/{case.number}/history/")))


def of_the_last(case: Project) -> list[Delivery]:
    """The mails about the decision that was made last."""
    last = Decision.objects.filter(project=case).latest("pk")
    return list(Delivery.objects.filter(messages__decision=last).distinct().order_by("pk"))


def test_each_state_is_counted_and_the_secretariat_is_led_to_the_mails(refused: Project) -> None:
    pending = OutboxMessage.objects.filter(state=MessageState.PENDING, decision__isnull=False)
    waiting = pending.count()
    assert said(refused, "SECRETARIAT")[0] == (
        f"/mailbox/?q={refused.number}",
        f"{waiting}件待機中",
    )
    assert said(refused, "LEADER-SHIMIN")[0] == ("", f"{waiting}件待機中")

    expand(AT)
    mails = of_the_last(refused)
    for mail, state in zip(
        mails, [DeliveryState.SENT, DeliveryState.SHOWN, DeliveryState.DEAD], strict=False
    ):
        Delivery.objects.filter(pk=mail.pk).update(
            state=state, sent_at=AT, reason=Reason.REFUSED if state == DeliveryState.DEAD else ""
        )

    left = len(mails) - 3
    waits = f"・{left}通送信待ち" if left else ""
    assert said(refused, "LEADER-SHIMIN")[0] == (
        "",
        f"1通送信済み・1件を画面でお知らせ{waits}・1通送信できません",
    )


def test_what_is_being_sent_waits_and_what_was_left_out_is_not_said(refused: Project) -> None:
    expand(AT)
    mails = of_the_last(refused)
    Delivery.objects.filter(pk=mails[0].pk).update(
        state=DeliveryState.SENDING, lease_until=AT + timedelta(minutes=5)
    )
    Delivery.objects.filter(pk__in=[mail.pk for mail in mails[1:]]).update(
        state=DeliveryState.SKIPPED, reason=Reason.DISCARDED
    )

    assert said(refused, "LEADER-SHIMIN")[0] == ("", "1通送信待ち")


def test_a_decision_of_which_nobody_is_told_has_no_line(office: City) -> None:
    case = a_project()  # submitted: the head is asked, which is no news of a decision
    send()

    assert said(case, "LEADER-SHIMIN") == said(case, "SECRETARIAT") == []


def test_what_reviewers_say_among_themselves_is_not_counted(refused: Project) -> None:
    send()
    before = said(refused, "LEADER-SHIMIN")

    discussion.write(
        project=refused,
        kind=CommentKind.REMARK,
        level=CommentLevel.REVIEW,
        text="内々の話",
        mentions=[holder("PT-FUKUSHI")],
        by=holder("PT-CHAIR"),
        at=AT,
    )
    send()

    assert said(refused, "LEADER-SHIMIN") == before


@pytest.mark.parametrize("post", ["LEADER-SHIMIN", "SECRETARIAT"])
def test_all_decisions_of_a_page_are_looked_up_in_one_query(office: City, post: str) -> None:
    short, long = a_project(), a_project(to=StepKind.DECISION)
    say(long, Outcome.NOT_ADOPTED)
    send()
    browser = client_of(post)
    browser.get("/")
    asked = []
    for case in (short, long):
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"/p/{case.number}/history/")
        asked.append(of_mails(queries))

    assert [len(each) for each in asked] == [1, 1]
