"""議論 over HTTP at the same moment: one remark a click, one answer a request."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from bpr_projects import joining
from bpr_projects.models import Comment, Participant
from notifications.models import OutboxMessage
from tests.concurrency.test_http import TOLD, TRY_AGAIN, send_at_once
from tests.make import AT, a_project, holder
from workflow.enums import StepKind

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CROWD = 6


def test_one_click_sent_many_times_is_one_remark(real_office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    form = {
        "text": "窓口は足りますか。",
        "kind": "QUESTION",
        "level": "PARTIES",
        "mentions": holder("SECRETARIAT").name,
    }

    responses = send_at_once([("PT-FUKUSHI", f"/p/{case.number}/discussion/", form)] * CROWD)

    statuses = Counter(response.status_code for response in responses)
    assert set(statuses) <= {302, TRY_AGAIN}
    assert statuses[302] >= 1
    said = Comment.objects.get()
    assert OutboxMessage.objects.filter(comment=said).count() == 3


def test_a_request_to_join_has_one_answer(real_office: City) -> None:
    case = a_project(route="RT1", to=StepKind.OBSERVE)
    asked = joining.ask_to_join(
        project=case,
        section=real_office.section("ZEIMU"),
        reason="税の申告も同じ窓口です。",
        by=holder("LEADER-ZEIMU"),
        at=AT,
    )
    address = f"/p/{case.number}/join/{asked.pk}/answer/"
    yes, no = {"verdict": "YES"}, {"verdict": "NO", "reply": "来年度に声をかけます。"}

    responses = send_at_once(
        [("LEADER-SHIMIN", address, yes), ("SECRETARIAT", address, no)] * (CROWD // 2)
    )

    asked.refresh_from_db()
    statuses = Counter(response.status_code for response in responses)
    assert set(statuses) <= {302, *TOLD, TRY_AGAIN}
    assert statuses[302] >= 1
    joined = Participant.objects.filter(project=case, section__code="ZEIMU")
    assert joined.exists() == asked.is_accepted
