"""引戻し, 取下げ, 廃案, 締切 and readings over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine

from bpr_projects.enums import Stage
from bpr_projects.models import Project
from tests.make import AT, a_project, holder, say
from tests.workflow.pages import TYPED, client_of, messages_of, said, text_of
from workflow.enums import Outcome, StepKind
from workflow.models import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]


@pytest.fixture(autouse=True)
def _at_work() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


# --- 引戻し, 取下げ, 廃案, 締切 -----------------------------------------------------------------


def test_pulling_back_asks_first_and_then_gives_the_turn_back() -> None:
    project = a_project()
    client = client_of("LEADER-SHIMIN")
    address = f"/p/{project.number}/pull-back/"

    asked = client.get(address)
    assert "自分の番に戻します。" in text_of(asked)
    assert said(project) == ["SUBMITTED"]

    done = client.post(address, follow=True)
    assert said(project) == ["SUBMITTED", "PULLED_BACK"]
    assert messages_of(done) == ["「書かない窓口」を「引戻し」として記録しました。"]


def test_what_the_next_holder_has_seen_is_not_pulled_back() -> None:
    project = a_project()
    client_of("HEAD-SHIMIN").get(f"/p/{project.number}/")

    client = client_of("LEADER-SHIMIN")
    page = text_of(client.get(f"/p/{project.number}/"))
    response = client.post(f"/p/{project.number}/pull-back/")

    reason = f"{holder('HEAD-SHIMIN').name}さんが 5/11 09:05 に開いたため、引き戻せません。"
    assert reason in page
    assert response.status_code == 403
    assert reason in text_of(response)
    assert said(project) == ["SUBMITTED"]


def test_whoever_lost_to_the_next_holder_sees_who_decided() -> None:
    project = a_project()
    say(project, Outcome.APPROVED)

    response = client_of("LEADER-SHIMIN").post(f"/p/{project.number}/pull-back/")

    page = text_of(response)
    assert response.status_code == 403
    assert f"市民課長　{holder('HEAD-SHIMIN').name}" in page
    assert "令和8年5月11日（月）09:00" in page


def test_withdrawing_needs_a_reason_and_a_mark() -> None:
    project = a_project()
    client = client_of("LEADER-SHIMIN")
    address = f"/p/{project.number}/withdraw/"

    refused = client.post(address, {"comment": TYPED})
    assert refused.status_code == 422
    assert TYPED in text_of(refused)
    assert said(project) == ["SUBMITTED"]

    assert client.post(address, {"comment": TYPED, "confirmed": "on"}).status_code == 302
    project.refresh_from_db()
    assert project.stage == Stage.WITHDRAWN


def test_withdrawing_twice_is_one_withdrawal() -> None:
    project = a_project()
    client = client_of("LEADER-SHIMIN")
    form = {"comment": TYPED, "confirmed": "on"}
    client.post(f"/p/{project.number}/withdraw/", form, follow=True)

    response = client.post(f"/p/{project.number}/withdraw/", form, follow=True)

    assert response.redirect_chain == [(f"/p/{project.number}/", 302)]
    assert messages_of(response) == ["すでに記録済みです。二重には記録されていません。"]
    assert said(project) == ["SUBMITTED", "WITHDRAWN"]


@pytest.mark.parametrize(
    "act", ["withdraw", "abandon", "restrict", "unrestrict", "close-region", "pull-back"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_not_is_told_why(act: str, method: str) -> None:
    project = a_project()
    client = client_of("HEAD-SHIMIN")

    response = getattr(client, method)(
        f"/p/{project.number}/{act}/", {"comment": TYPED, "confirmed": "on"}
    )

    assert response.status_code == 403
    assert "この操作はできません" in text_of(response)
    assert said(project) == ["SUBMITTED"]


def test_the_secretariat_abandons_a_dead_case() -> None:
    project = a_project()

    response = client_of("SECRETARIAT").post(
        f"/p/{project.number}/abandon/", {"comment": "本部長の了承済み", "confirmed": "on"}
    )

    project.refresh_from_db()
    assert response.status_code == 302
    assert project.stage == Stage.ABANDONED


def test_a_region_closes_early_with_a_reason_once_there_are_enough_scores() -> None:
    project = a_project(to=StepKind.REVIEW)
    client = client_of("PT-CHAIR")
    address = f"/p/{project.number}/close-region/"

    early = client.post(address, {"comment": TYPED})
    assert early.status_code == 403
    assert "定足数の4人に満たないため" in text_of(early)

    for _turn in range(4):
        say(project, Outcome.SCORED)
    assert client.post(address, {"comment": " "}).status_code == 422
    assert client.post(address, {"comment": TYPED}).status_code == 302
    assert said(project)[-1] == "CLOSED"


# --- 後閲・供覧 ------------------------------------------------------------------------------


def test_a_reading_is_marked_by_its_holder_only() -> None:
    project = a_project(route="RT1", to=StepKind.OBSERVE)
    reading = Reading.objects.filter(project=project, post__code="HQ-CHAIR").get()
    chair = client_of("HQ-CHAIR")

    assert "後閲のお願い" in text_of(chair.get(f"/p/{project.number}/"))
    assert client_of("SECRETARIAT").post(f"/readings/{reading.pk}/read/").status_code == 403
    reading.refresh_from_db()
    assert reading.read_at is None

    response = chair.post(f"/readings/{reading.pk}/read/")
    reading.refresh_from_db()
    assert response["Location"] == f"/p/{project.number}/"
    assert reading.read_by == holder("HQ-CHAIR")
    assert "後閲のお願い" not in text_of(chair.get(f"/p/{project.number}/"))


def test_a_reading_from_the_work_list_leads_back_to_it() -> None:
    project = a_project(route="RT1", to=StepKind.OBSERVE)
    reading = Reading.objects.filter(project=project, post__code="HQ-CHAIR").get()

    response = client_of("HQ-CHAIR").post(f"/readings/{reading.pk}/read/", {"return_to": "inbox"})

    assert response["Location"] == "/inbox/?tab=reading"


def test_a_reading_of_a_case_that_one_may_not_see_is_not_found() -> None:
    project = a_project(route="RT1", to=StepKind.OBSERVE)
    Project.objects.filter(pk=project.pk).update(is_confidential=True)
    reading = Reading.objects.filter(project=project).first()
    assert reading is not None

    assert client_of("LEADER-ZEIMU").post(f"/readings/{reading.pk}/read/").status_code == 404
    assert client_of("HQ-CHAIR").post("/readings/999999/read/").status_code == 404
