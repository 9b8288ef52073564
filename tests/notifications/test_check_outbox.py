"""check_outbox finds each addressee that nothing accounts for, by name."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from notifications.enums import DeliveryState, Event, MessageState, Reason
from notifications.management import accounting
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from tests.make import AT, a_project, say, the_slot
from tests.notifications.mails import send
from workflow import engine
from workflow.enums import Outcome, StepKind
from workflow.models import Reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.fixtures_city import City

SOON = AT + timedelta(minutes=50)
LATE = AT + timedelta(minutes=70)


def rules(at: datetime = AT) -> list[str]:
    return [each.rule for each in accounting.faults(at)]


def test_a_city_at_work_is_accounted_for(office: City, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in (StepKind.CONFIRMATION, StepKind.REVIEW, StepKind.DECISION):
        a_project(to=kind)
    a_project(to=StepKind.OBSERVE)
    say(a_project(), Outcome.SENT_BACK)
    say(a_project(to=StepKind.DECISION), Outcome.HELD, until="2026-06-01")
    send()

    call_command("check_outbox", at=LATE, json=True)

    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report == {
        "ok": True,
        "messages": OutboxMessage.objects.count(),
        "mails": Delivery.objects.count(),
        "faults": 0,
        "rules": {},
        "first": None,
    }
    assert report["mails"] > 20


def test_what_is_said_to_nobody_is_named(office: City, capsys: pytest.CaptureFixture[str]) -> None:
    a_project()
    message = OutboxMessage.objects.get()
    slot = message.slot_id
    message.delete()

    with pytest.raises(CommandError, match=f"席 #{slot} のお願いが.*全1件"):
        call_command("check_outbox", at=AT, json=True)

    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["ok"], report["faults"], report["rules"]) == (False, 1, {"turn-untold": 1})
    assert report["first"] == {
        "rule": "turn-untold",
        "row": slot,
        "sentence": f"未処理になった席 #{slot} のお願いが、通知の台帳にありません。",
    }


def _forget(event: Event) -> Callable[[], None]:
    def broken() -> None:
        DeliveredFact.objects.filter(message__event=event).delete()
        Delivery.objects.filter(facts=None).delete()
        OutboxMessage.objects.filter(event=event).delete()

    return broken


def _tell_only_those_who_acted() -> None:
    OutboxMessage.objects.filter(event=Event.SENT_BACK).update(slot=None)


def _give_up() -> None:
    OutboxMessage.objects.filter(event=Event.SENT_BACK).update(
        state=MessageState.SKIPPED, reason=Reason.NOBODY
    )


def _take_the_reason() -> None:
    OutboxMessage.objects.update(state=MessageState.SKIPPED, reason="")


def _lose_the_mail() -> None:
    Delivery.objects.all().delete()


def _lose_what_it_says() -> None:
    DeliveredFact.objects.all().delete()
    OutboxMessage.objects.update(state=MessageState.SKIPPED, reason=Reason.NOBODY)


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (_forget(Event.YOUR_TURN), "turn-untold"),
        (_forget(Event.SENT_BACK), "decision-untold"),
        (_tell_only_those_who_acted, "correction-untold"),
        (_give_up, "request-given-up"),
        (_take_the_reason, "message-without-reason"),
        (_lose_the_mail, "message-without-mail"),
        (_lose_what_it_says, "mail-without-fact"),
    ],
)
def test_each_damage_is_found(office: City, damage: Callable[[], None], found: str) -> None:
    say(a_project(), Outcome.SENT_BACK)
    send()
    assert rules(LATE) == []

    damage()

    assert found in rules(LATE)


def test_a_reading_that_nobody_hears_of(office: City) -> None:
    a_project(to=StepKind.OBSERVE)
    send()
    reading = Reading.objects.earliest("pk")
    DeliveredFact.objects.filter(message__reading=reading).delete()
    OutboxMessage.objects.filter(reading=reading).delete()

    assert next(accounting.faults(AT)).row == reading.pk


def test_a_polite_request_that_nobody_hears_of(office: City) -> None:
    case, late = a_project(), AT + timedelta(days=3)
    asked = engine.nudge(slot_id=the_slot(case).pk, project=case, by=case.proposer, at=late)
    send(late)
    assert rules(late) == []

    _forget(Event.REMINDED)()

    assert [(each.rule, each.row) for each in accounting.faults(late)] == [
        ("nudge-untold", asked.pk)
    ]


def test_a_day_without_a_sweep_is_seen_after_an_hour(office: City) -> None:
    a_project()
    assert rules(SOON) == []
    assert rules(LATE) == ["message-late"]


def test_a_mail_that_nobody_takes_is_seen_after_an_hour(office: City) -> None:
    a_project()
    send()
    Delivery.objects.update(state=DeliveryState.QUEUED)
    assert rules(SOON) == []
    assert rules(LATE) == ["mail-late"]

    Delivery.objects.update(state=DeliveryState.SENDING, lease_until=AT)
    assert rules(SOON) == []
    assert rules(LATE) == ["mail-late"]


def test_a_vacant_post_is_accounted_for_until_the_next_look(office: City) -> None:
    a_project()
    OutboxMessage.objects.update(reason=Reason.VACANT, hold_until=AT + timedelta(hours=1))

    assert rules(LATE) == []
    assert rules(LATE + timedelta(hours=1)) == ["message-late"]


def test_the_sweep_can_be_told_the_hour_and_leaves_the_rest(office: City) -> None:
    a_project()
    out = StringIO()
    call_command("outbox_sweep", at=AT, mails_only=True, json=True, stdout=out)

    report = json.loads(out.getvalue().splitlines()[-1])
    assert (report["settled"], report["runs"]) == ({"SENT": 1}, 0)
    assert Delivery.objects.get().sent_at == AT
