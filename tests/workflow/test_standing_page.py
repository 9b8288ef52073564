"""/me/deputy/: 不在登録, deputies, and in whose place one acts; refusals beside the field."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications.enums import Event
from notifications.models import Delivery
from records.models import LedgerEntry
from roles.actions import deputy_field
from roles.models import Absence, Delegation, Post, User
from tests.make import AT, TODAY, a_delegation, a_project, a_user, an_absence, holder
from tests.notifications.mails import send, the_mail
from tests.workflow.pages import client_of
from workflow.enums import StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]

LAST = TODAY + timedelta(days=4)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


def url(person: User | None = None) -> str:
    return reverse("standing-in") + (f"?person={person.pk}" if person else "")


def sent(**more: Any) -> dict[str, Any]:
    return {
        "starts_on": TODAY.isoformat(),
        "last_day": LAST.isoformat(),
        "reason": "宿泊を伴う研修",
        **more,
    }


def deputy_of(code: str) -> str:
    return deputy_field(Post.objects.get(code=code).pk)


def text(response: Any) -> str:
    return str(response.content.decode())


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return dict(response.context["form"].errors)


def test_one_registers_an_absence_and_a_deputy() -> None:
    case = a_project()
    head, deputy = holder("HEAD-SHIMIN"), holder("HEAD-KYODO")

    response = client_of(head).post(url(), sent(**{deputy_of("HEAD-SHIMIN"): deputy.pk}))

    assert (response.status_code, response["Location"]) == (302, url())
    absence = Absence.objects.get()
    assert (absence.person, absence.starts_on, absence.last_day) == (head, TODAY, LAST)
    shown = text(client_of(head).get(url()))
    assert "市民課長の代理：関 光弘" in shown
    assert "宿泊を伴う研修" in shown
    inbox = text(client_of(deputy).get(f"{reverse('inbox')}?tab=deputy"))
    assert case.title in inbox
    assert "市民課長の代理（5/15まで）" in inbox
    theirs = text(client_of(deputy).get(url()))
    assert "代理（5/15（金）まで）" in theirs
    assert "宿泊を伴う研修" not in theirs


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost() -> None:
    head = holder("HEAD-SHIMIN")
    field = deputy_of("HEAD-SHIMIN")
    away = holder("HEAD-KYODO")
    an_absence(person=away)
    before = LedgerEntry.objects.count()

    response = client_of(head).post(url(), sent(last_day="2026-05-10", **{field: away.pk}))
    assert errors(response) == {"last_day": ["終わりの日は、始まりの日以後の日にしてください。"]}
    assert "宿泊を伴う研修" in text(response)
    response = client_of(head).post(url(), sent(**{field: away.pk}))
    assert errors(response) == {
        field: ["関 光弘さんは、5/11から5/13まで不在のため、代理になれません。"]
    }
    assert f'value="{away.pk}" selected' in text(response)
    response = client_of(head).post(url(), sent(reason="一" * 101, **{field: "x"}))
    assert errors(response) == {
        "reason": ["100字以内で入力してください（いま101字）。"],
        field: ["代理は、職員の一覧から選んでください。"],
    }

    assert (Absence.objects.count(), Delegation.objects.count()) == (1, 0)
    assert LedgerEntry.objects.count() == before


@pytest.mark.parametrize("days", ["9999-12-31", "0001-01-01", "明日", "2026-02-30", ""])
def test_any_day_that_is_typed_is_answered(days: str) -> None:
    response = client_of("HEAD-SHIMIN").post(url(), sent(last_day=days))

    assert list(errors(response)) == ["last_day"]
    assert Absence.objects.count() == 0


def test_nobody_is_offered_to_themselves_and_no_deputy_for_decisions() -> None:
    chair = client_of("HQ-CHAIR").get(url())
    head = client_of("HEAD-SHIMIN").get(url())

    assert chair.context["form"].deputy_fields == []
    (field,) = head.context["form"].deputy_fields
    offered = {str(key) for _group, rows in field.field.choices[1:] for key, _label in rows}
    assert str(holder("HEAD-SHIMIN").pk) not in offered
    assert str(holder("HEAD-KYODO").pk) in offered


def test_for_somebody_ill_the_secretariat_registers_and_both_are_told() -> None:
    ill, secretary = holder("HEAD-DIGITAL"), holder("SECRETARIAT")
    client = client_of(secretary)

    missing = client.post(url(ill), sent())
    assert list(errors(missing)) == ["basis"]
    response = client.post(url(ill), sent(reason="病気", basis="8:20 本人から電話で連絡"))
    send()

    assert response.status_code == 302
    absence = Absence.objects.get()
    assert (absence.person, absence.recorded_by) == (ill, secretary)
    for person in (ill, secretary):
        mail = the_mail(Event.ABSENCE_REGISTERED, person)
        assert mail.subject.endswith("安保 智彦さんの不在が登録されました（5/11から5/15まで）")
        assert "登録の根拠：8:20 本人から電話で連絡" in mail.text
        assert "理由：病気" in mail.text
    asked = the_mail(Event.STANDS_IN, holder("DEPT-SOMUBU"))
    assert "・デジタル戦略・広報室長の代決（規則の順序）" in asked.text
    assert "病気" not in asked.text


def test_the_own_absence_is_told_to_those_who_act_meanwhile_alone() -> None:
    head, deputy = holder("HEAD-SHIMIN"), holder("HEAD-KYODO")
    client_of(head).post(url(), sent(**{deputy_of("HEAD-SHIMIN"): deputy.pk}))

    send()

    mail = the_mail(Event.STANDS_IN, deputy)
    assert "・市民課長の代理" in mail.text
    assert "届いた理由：不在の間、代理又は代決をお願いするためです。" in mail.text
    assert not Delivery.objects.filter(event=Event.ABSENCE_REGISTERED).exists()


def test_who_comes_back_ends_it_and_the_deputy_is_told() -> None:
    head, deputy = holder("HEAD-SHIMIN"), holder("HEAD-KYODO")
    client = client_of(head)
    client.post(url(), sent(**{deputy_of("HEAD-SHIMIN"): deputy.pk}))

    response = client.post(reverse("absence-end", args=[Absence.objects.get().pk]))
    send()

    assert response.status_code == 302
    assert not Absence.objects.in_force(TODAY).exists()
    assert not Delegation.objects.in_force(TODAY).exists()
    assert "登録されている不在はありません。" in text(client.get(url()))
    assert the_mail(Event.ABSENCE_ENDED, deputy).subject.endswith(
        "石川 真由美さんの不在が終わりました（5/11から5/15までの登録）"
    )


def test_a_deputy_is_taken_back_by_the_holder_alone() -> None:
    row = a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=a_user(name="代理 次郎"))
    address = reverse("deputy-revoke", args=[row.pk])

    assert client_of("HEAD-KYODO").post(address).status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None
    assert client_of("HEAD-SHIMIN").post(address).status_code == 302
    row.refresh_from_db()
    assert row.revoked_at is not None


@pytest.mark.parametrize("code", ["LEADER-ZEIMU", "HEAD-ZEIMU", "HQ-CHAIR"])
def test_nobody_registers_for_a_stranger(code: str) -> None:
    person = holder("HEAD-SHIMIN")

    assert client_of(code).get(url(person)).status_code == 404
    assert client_of(code).post(url(person), sent(basis="聞いた")).status_code == 404
    assert Absence.objects.count() == 0


def test_the_page_says_who_stands_in_for_whom() -> None:
    chair = text(client_of("HQ-CHAIR").get(url()))
    first = text(client_of("DEPT-SOMUBU").get(url()))

    assert "総務部長　児玉 雅彦" in chair
    assert "市民部長　阿部 美和子" in chair
    assert "本部長（副市長）（第1順位）" in first
    assert "デジタル戦略・広報室長（第1順位）" in first
    assert "いま、代わりを務める職はありません。" in first
    an_absence(person=holder("HEAD-DIGITAL"))
    assert "代決（5/13（水）まで）" in text(client_of("DEPT-SOMUBU").get(url()))


def test_the_strip_of_the_page_says_that_one_is_away() -> None:
    head = holder("HEAD-SHIMIN")
    assert "不在中" not in text(client_of(head).get(reverse("home")))

    an_absence(person=head)

    shown = text(client_of(head).get(reverse("home")))
    assert "不在中（5/13まで）" in shown
    assert f'href="{url()}"' in shown


@pytest.mark.parametrize("who", ["HEAD-SHIMIN", "SECRETARIAT", "DEPT-SOMUBU", "STAFF-KYODO"])
def test_the_page_costs_the_same_for_one_and_for_three(who: str) -> None:
    """DEPT-SOMUBU stands in for a head who is away, at a decision."""
    counts = []
    a_project(route="RT1", to=StepKind.STANDING_DECISION)
    an_absence(person=holder("HEAD-DIGITAL"))
    for number, code in enumerate(("LEADER-SHIMIN", "STAFF-SHIMIN", "PT-SHIMIN")):
        a_project(post="LEADER-SHIMIN", to=StepKind.CONFIRMATION, title=f"案件{number}")
        an_absence(person=holder(code), days=number + 1)
        a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=a_user())
        client = client_of(who)
        client.get(url())
        with CaptureQueriesContext(connection) as asked:
            response = client.get(url())
        assert response.status_code == 200
        counts.append(len(asked))
    assert counts == [counts[0]] * 3
    assert counts[0] <= 12
