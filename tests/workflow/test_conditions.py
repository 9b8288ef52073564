"""Conditions of an adoption: reported by their section, checked by the 事務局, overdue said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse

from tests.make import AT, JST, a_project, holder, say
from tests.workflow.pages import TYPED, client_of, text_of
from workflow import engine
from workflow.actions.refusals import AlreadyDone, NotAllowed, NotFound
from workflow.enums import Outcome, StepKind
from workflow.models import Condition, ConditionReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoAssertNumQueries

    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

LATER = AT + timedelta(days=1)
DUE = datetime(2026, 6, 30, 9, 0, tzinfo=JST)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def case(office: City) -> Project:
    made = a_project(to=StepKind.DECISION)
    conditions = (
        ("動線を図示する", "ZAISEI", DUE.date().isoformat()),
        ("研修を終える", "SHIMIN", "2026-09-30"),
    )
    say(made, Outcome.ADOPTED_WITH_CONDITIONS, conditions=conditions)
    made.refresh_from_db()
    return made


@pytest.fixture
def condition(case: Project) -> Condition:
    return Condition.objects.get(project=case, owner__code="ZAISEI")


def url(case: Project, name: str = "project-conditions", *more: object) -> str:
    return reverse(name, args=[case.reference, *more])


def report(
    case: Project, condition: Condition, by: str = "LEADER-ZAISEI", text: str = TYPED
) -> object:
    return engine.report_condition(
        condition_id=condition.pk, project=case, text=text, by=holder(by), at=AT
    )


def check(
    case: Project, condition: Condition, *, enough: bool, by: str = "SECRETARIAT", reply: str = ""
) -> object:
    return engine.check_condition(
        condition_id=condition.pk,
        project=case,
        is_enough=enough,
        reply=reply,
        by=holder(by),
        at=LATER,
    )


# --- verbs -----------------------------------------------------------------------------------


def test_a_condition_is_reported_sent_back_reported_again_and_met(
    case: Project, condition: Condition
) -> None:
    assert report(case, condition) == report(case, condition)
    with pytest.raises(AlreadyDone, match="事務局の確認を待っています"):
        report(case, condition, "HEAD-ZAISEI")
    asked = check(case, condition, enough=False, reply="図が読めません。")
    assert asked == check(case, condition, enough=False, reply="図が読めません。")
    with pytest.raises(AlreadyDone, match="再報告のお願い"):
        check(case, condition, enough=True)

    report(case, condition, text="図を大きくしました。")
    check(case, condition, enough=True)

    assert [*condition.reports.values_list("is_enough", flat=True)] == [False, True]
    with pytest.raises(AlreadyDone, match="5/12 09:00 に「確認済み」"):
        report(case, condition)


def test_only_its_section_reports_and_only_the_secretariat_checks(
    case: Project, condition: Condition
) -> None:
    with pytest.raises(NotAllowed, match=condition.owner.name):
        report(case, condition, "LEADER-SHIMIN")
    with pytest.raises(AlreadyDone, match="まだありません"):
        check(case, condition, enough=True)
    report(case, condition)
    with pytest.raises(NotAllowed, match="事務局です"):
        check(case, condition, enough=True, by="HEAD-ZAISEI")


def test_nobody_checks_their_own_report(office: City, case: Project, condition: Condition) -> None:
    keeper = holder("SECRETARIAT")
    Condition.objects.filter(pk=condition.pk).update(owner=office.post("SECRETARIAT").section)
    engine.report_condition(condition_id=condition.pk, project=case, text=TYPED, by=keeper, at=AT)

    with pytest.raises(NotAllowed, match="ご自身の報告"):
        check(case, condition, enough=True)


def test_a_condition_of_another_case_is_not_found(case: Project, condition: Condition) -> None:
    other = a_project()

    with pytest.raises(NotFound):
        report(other, condition)


# --- pages -----------------------------------------------------------------------------------


def test_the_page_gives_the_form_to_whose_turn_it_is(case: Project, condition: Condition) -> None:
    address = url(case)
    before = {
        who: 'name="text"' in text_of(client_of(who).get(address))
        for who in ("LEADER-ZAISEI", "LEADER-SHIMIN", "SECRETARIAT", "LEADER-ZEIMU")
    }
    for name, text in (("LEADER-ZAISEI", "1"), ("LEADER-SHIMIN", "2")):
        owned = Condition.objects.get(owner__code=name.removeprefix("LEADER-"))
        report(case, owned, name, text)
    after = {
        who: 'name="verdict"' in text_of(client_of(who).get(address))
        for who in ("LEADER-ZAISEI", "SECRETARIAT")
    }

    assert before == {
        "LEADER-ZAISEI": True,
        "LEADER-SHIMIN": True,
        "SECRETARIAT": False,
        "LEADER-ZEIMU": False,
    }
    assert after == {"LEADER-ZAISEI": False, "SECRETARIAT": True}


def test_a_report_goes_to_the_secretariat_and_back(case: Project, condition: Condition) -> None:
    leader, keeper = client_of("LEADER-ZAISEI"), client_of("SECRETARIAT")

    sent = leader.post(url(case, "condition-report", condition.pk), {"text": TYPED}, follow=True)
    assert "事務局の確認待ち" in text_of(sent)
    bare = keeper.post(url(case, "condition-check", condition.pk), {"verdict": "NO"})
    assert (bare.status_code, "何が足りないかを入力してください。" in text_of(bare)) == (422, True)
    done = keeper.post(
        url(case, "condition-check", condition.pk),
        {"verdict": "NO", "reply": "<b>図</b>が読めません。"},
        follow=True,
    )

    assert "再報告のお願い" in text_of(done)
    assert "&lt;b&gt;図" in done.content.decode()


@pytest.mark.parametrize("text", ["", "あ" * 1001, "NUL\x00を含む報告の文章です"])
def test_a_report_that_cannot_be_taken_comes_back(
    case: Project, condition: Condition, text: str
) -> None:
    response = client_of("LEADER-ZAISEI").post(
        url(case, "condition-report", condition.pk), {"text": text}
    )

    assert response.status_code == 422
    assert not ConditionReport.objects.exists()


def test_who_may_not_gets_the_text_back(case: Project, condition: Condition) -> None:
    response = client_of("LEADER-SHIMIN").post(
        url(case, "condition-report", condition.pk), {"text": TYPED}
    )

    assert response.status_code == 403
    assert TYPED in text_of(response)


def test_what_is_overdue_is_said(case: Project, condition: Condition) -> None:
    client = client_of("LEADER-SHIMIN")
    assert "期限を過ぎています" not in text_of(client.get(url(case)))

    with time_machine.travel(DUE + timedelta(days=1), tick=False):
        late = text_of(client_of("LEADER-SHIMIN").get(url(case)))
        report(case, condition)
        reported = text_of(client_of("LEADER-SHIMIN").get(url(case)))

    assert late.count("期限を過ぎています") == 1
    assert "期限を過ぎています" not in reported


def test_the_page_asks_a_fixed_number_of_questions(
    case: Project, condition: Condition, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of("SECRETARIAT")
    report(case, condition)
    client.get(url(case))
    with django_assert_max_num_queries(12) as before:
        client.get(url(case))
    report(case, Condition.objects.get(owner__code="SHIMIN"), "LEADER-SHIMIN")
    check(case, condition, enough=False, reply="足りません。")
    report(case, condition, text="直しました。")
    with django_assert_max_num_queries(12) as after:
        client.get(url(case))

    assert len(after) == len(before)
