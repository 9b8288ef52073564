"""When a mail goes out: hours, quiet hours, and what is gathered into one digest for a morning."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bpr_projects.calendar import JST, add_business_days, is_business_day
from notifications.catalogue import NOTICES, ways_of
from notifications.delivery.expansion import expand
from notifications.delivery.ways import Wishes, after_quiet, first_morning_of_a_week, morning
from notifications.enums import DeliveryState, Event, MessageState, Reason, Way
from notifications.models import DeliveredFact, Delivery, OutboxMessage, Preference, QuietHours
from notifications.reminders import remind
from roles.models import Appointment
from tests.make import AT, a_project, a_user, an_appointment, holder, say, the_slot, withdraw
from tests.notifications.mails import assert_accounted, forget_mails, names, send, the_mail, told
from workflow import engine
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from pytest_django import Settings

    from roles.models import User
    from tests.fixtures_city import City
    from tests.notifications.conftest import Sink

pytestmark = pytest.mark.once

PREFIX = "【業務改革ナビ】"
NOBODY = Wishes({}, {}, frozenset())
OPENS = time(8, 30)

# --- the hours, without a database -----------------------------------------------------------

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2031, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 -- the zone comes beside
DAYS = st.dates(date(2026, 1, 1), date(2032, 1, 31))
CLOSURES = st.frozensets(DAYS, max_size=12)
HOURS = st.times().map(lambda hour: hour.replace(second=0, microsecond=0))


@st.composite
def quiet_hours(draw: st.DrawFn) -> QuietHours:
    starts_at, ends_at = draw(HOURS), draw(HOURS)
    assume(starts_at != ends_at)
    return QuietHours(starts_at=starts_at, ends_at=ends_at, also_days_off=draw(st.booleans()))


def local(moment: datetime) -> datetime:
    return moment.astimezone(JST)


@given(MOMENTS, CLOSURES)
def test_a_morning_is_the_first_half_past_eight_of_a_business_day(
    since: datetime, closures: frozenset[date]
) -> None:
    hour = Wishes({}, {}, closures).hour(Way.MORNING, since)

    assert hour >= since
    assert local(hour).time() == OPENS
    assert is_business_day(local(hour).date(), closures)
    assert morning(hour, closures) == hour
    days = (local(hour).date() - local(since).date()).days
    earlier = [local(since).date() + timedelta(days=n) for n in range(days)]
    assert [
        day
        for day in earlier
        if is_business_day(day, closures) and datetime.combine(day, OPENS, JST) >= since
    ] == []


@given(MOMENTS, CLOSURES)
def test_a_week_begins_with_its_first_business_day(
    since: datetime, closures: frozenset[date]
) -> None:
    hour = Wishes({}, {}, closures).hour(Way.WEEKLY, since)

    day = local(hour).date()
    monday = day - timedelta(days=day.weekday())
    assert hour >= since
    assert local(hour).time() == OPENS
    assert add_business_days(monday - timedelta(days=1), 1, closures) == day
    assert first_morning_of_a_week(hour, closures) == hour


@given(MOMENTS)
def test_what_is_told_at_once_waits_for_no_hour(since: datetime) -> None:
    assert NOBODY.hour(Way.NOW, since) == NOBODY.hour(Way.SCREEN, since) == since


@given(quiet_hours(), MOMENTS, CLOSURES)
def test_nobody_is_woken(quiet: QuietHours, moment: datetime, closures: frozenset[date]) -> None:
    wishes = Wishes({}, {1: quiet}, closures)

    awake = wishes.awake(1, moment)

    hour, day = local(awake).time(), local(awake).date()
    within = quiet.starts_at <= hour < quiet.ends_at
    around_midnight = hour >= quiet.starts_at or hour < quiet.ends_at
    assert not (within if quiet.starts_at < quiet.ends_at else around_midnight)
    assert not (quiet.also_days_off and not is_business_day(day, closures))
    assert awake >= moment
    assert wishes.awake(1, awake) == awake
    assert wishes.awake(2, moment) == moment


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-05-11 08:30", "2026-05-11 08:30"),
        ("2026-05-11 08:31", "2026-05-12 08:30"),
        ("2026-05-15 09:00", "2026-05-18 08:30"),  # Friday: the weekend lies between
        ("2026-05-01 17:00", "2026-05-07 08:30"),  # the holidays of May
        ("2026-12-28 09:00", "2027-01-04 08:30"),  # the year's end
        ("2026-05-19 12:00", "2026-05-21 08:30"),  # the city hall is closed on the 20th
    ],
)
def test_mornings_of_the_calendar(since: str, expected: str) -> None:
    closed = frozenset({date(2026, 5, 20)})
    assert morning(_jst(since), closed) == _jst(expected)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-05-11 08:30", "2026-05-11 08:30"),
        ("2026-05-11 08:31", "2026-05-18 08:30"),
        ("2026-05-01 17:00", "2026-05-07 08:30"),  # a week that begins on Thursday
        ("2026-12-28 09:00", "2027-01-04 08:30"),
        ("2026-09-18 12:00", "2026-09-24 08:30"),  # three holidays after a weekend
    ],
)
def test_first_mornings_of_weeks_of_the_calendar(since: str, expected: str) -> None:
    assert first_morning_of_a_week(_jst(since), frozenset()) == _jst(expected)


@pytest.mark.parametrize(
    ("starts", "ends", "moment", "expected"),
    [
        (22, 7, "2026-05-11 21:59", "2026-05-11 21:59"),
        (22, 7, "2026-05-11 22:00", "2026-05-12 07:00"),
        (22, 7, "2026-05-12 06:59", "2026-05-12 07:00"),
        (22, 7, "2026-05-15 23:00", "2026-05-18 07:00"),
        (22, 7, "2026-05-16 12:00", "2026-05-18 07:00"),
        (12, 13, "2026-05-11 12:30", "2026-05-11 13:00"),
        (12, 13, "2026-12-30 09:00", "2027-01-04 00:00"),
        (18, 0, "2026-05-11 19:00", "2026-05-12 00:00"),
    ],
)
def test_quiet_hours_of_the_calendar(starts: int, ends: int, moment: str, expected: str) -> None:
    quiet = QuietHours(starts_at=time(starts), ends_at=time(ends), also_days_off=True)
    assert after_quiet(quiet, _jst(moment), frozenset()) == _jst(expected)


@given(st.sampled_from(list(NOTICES)), st.none() | st.sampled_from(list(Way)))
def test_a_choice_holds_where_the_catalogue_lets_one_choose(event: Event, chosen: Way) -> None:
    wishes = Wishes({(1, event): chosen} if chosen else {}, {}, frozenset())

    way = wishes.way(1, event)

    assert way == (chosen if chosen in ways_of(event) else Way.NOW)


def _jst(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=JST)


# --- what is gathered ------------------------------------------------------------------------

TOMORROW = AT.replace(day=12, hour=8, minute=30)
DAY_AFTER = AT.replace(day=13, hour=8, minute=30)


def wants(person: User, way: Way, *events: Event) -> None:
    Preference.objects.bulk_create(
        Preference(person=person, event=event, way=way) for event in events
    )


def digests(person: User) -> list[Delivery]:
    """Of whatever state, oldest first."""
    return list(Delivery.objects.filter(person=person, event=Event.SUMMARY).order_by("pk"))


def facts_in(mail: Delivery) -> list[str]:
    return [fact.message.event for fact in mail.facts.select_related("message").order_by("pk")]


@pytest.fixture
def chief(office: City) -> User:
    """Who confirms the cases of 市民課, and wants to read of it in the morning."""
    person = office.holder("HEAD-SHIMIN")
    wants(person, Way.MORNING, Event.YOUR_TURN, Event.SENT_BACK)
    return person


def test_facts_of_different_kinds_are_one_mail_of_the_morning(office: City, chief: User) -> None:
    first, second = a_project(title="案1"), a_project(title="案2", to=StepKind.RECEPTION)
    forget_mails()
    say(second, Outcome.SENT_BACK)
    send(AT)
    later = a_project(title="案3", at=AT + timedelta(hours=2))
    send(AT + timedelta(hours=3))

    assert chief.name not in told()
    [mail] = digests(chief)
    assert (mail.due_at, mail.way, mail.project) == (TOMORROW, Way.MORNING, None)
    assert sorted(facts_in(mail)) == [Event.SENT_BACK, Event.YOUR_TURN, Event.YOUR_TURN]
    assert send(TOMORROW - timedelta(seconds=1)).sent == 0
    assert send(TOMORROW).sent == 1
    mail.refresh_from_db()
    assert mail.subject == f"{PREFIX}今朝のまとめ：所属長確認のお願い：2件、差戻し：1件"
    assert all(f"/p/{case.reference}/decide/" in mail.text for case in (first, later))
    assert f"/p/{second.reference}/\n" in mail.text
    assert "▼ お知らせの一覧を開く" in mail.text
    assert_accounted()


def test_what_comes_after_the_sweep_goes_into_the_next_digest(
    office: City, chief: User, sink: Sink
) -> None:
    a_project(at=AT)
    send(TOMORROW)
    a_project(at=TOMORROW)  # not after 8:30: still of this morning
    send(TOMORROW)
    a_project(at=TOMORROW + timedelta(seconds=1))
    send(TOMORROW + timedelta(minutes=5))

    mails = digests(chief)
    assert [(mail.due_at, mail.state) for mail in mails] == [
        (TOMORROW, DeliveryState.SENT),
        (TOMORROW, DeliveryState.SENT),
        (DAY_AFTER, DeliveryState.QUEUED),
    ]
    assert len(set(sink.ids())) == len(sink.ids()) == 2
    send(DAY_AFTER)
    assert sorted(sink.ids()) == sorted(mail.message_id for mail in mails)
    assert_accounted()


def test_a_digest_that_was_tried_gets_no_more_facts(office: City, chief: User, sink: Sink) -> None:
    sink.faults[chief.email] = ["451 later"]
    a_project(at=AT)
    send(TOMORROW)
    a_project(at=TOMORROW)
    send(TOMORROW)

    assert [(mail.state, mail.facts.count()) for mail in digests(chief)] == [
        (DeliveryState.QUEUED, 1),
        (DeliveryState.SENT, 1),
    ]
    send(TOMORROW + timedelta(minutes=1))
    assert sorted(sink.ids()) == sorted(mail.message_id for mail in digests(chief))
    assert_accounted()


def test_what_is_over_drops_out_and_the_rest_is_sent(office: City, chief: User) -> None:
    cases = [a_project(title=f"案{n}") for n in (1, 2)]
    send(AT)
    say(cases[0], Outcome.APPROVED)
    send(TOMORROW)

    [mail] = digests(chief)
    assert (mail.state, mail.facts.count()) == (DeliveryState.SENT, 1)
    assert mail.subject.startswith(f"{PREFIX}所属長確認のお願い：")
    assert ("案1" in mail.text, "案2" in mail.text) == (False, True)
    left = DeliveredFact.objects.get(message__slot=the_slot(cases[0], "HEAD-SHIMIN"), person=chief)
    assert (left.delivery.event, left.delivery.state, left.delivery.reason) == (
        Event.YOUR_TURN,
        DeliveryState.SUPERSEDED,
        Reason.WORK_CLOSED,
    )
    assert_accounted()


def test_a_digest_of_which_nothing_is_left_is_not_sent(office: City, chief: User) -> None:
    cases = [a_project(), a_project()]
    send(AT)
    for case in cases:
        withdraw(case, at=AT + timedelta(hours=1))
    send(TOMORROW)

    asked = DeliveredFact.objects.filter(message__event=Event.YOUR_TURN, person=chief)
    assert sorted(asked.values_list("delivery__state", "delivery__reason")) == [
        (DeliveryState.SUPERSEDED, Reason.WORK_CLOSED)
    ] * len(cases)
    assert chief.name not in told()
    assert_accounted()


def test_who_takes_the_seat_before_the_morning_is_told_instead(office: City, chief: User) -> None:
    for _case in range(2):
        a_project()
    send(AT)
    post = office.post("HEAD-SHIMIN")
    Appointment.objects.filter(post=post).update(revoked_at=AT)
    successor = a_user(name="後任 花子")
    wants(successor, Way.MORNING, Event.YOUR_TURN)
    an_appointment(post=post, person=successor)

    send(TOMORROW)
    send(TOMORROW + timedelta(seconds=30))

    assert told() == ["後任 花子"]
    assert [mail.facts.count() for mail in digests(successor)] == [2]
    left = DeliveredFact.objects.filter(person=chief)
    assert set(left.values_list("delivery__state", "delivery__reason")) == {
        (DeliveryState.SKIPPED, Reason.NOT_HOLDER)
    }
    assert_accounted()


def test_a_result_that_is_told_weekly_waits_for_monday(office: City, chief: User) -> None:
    case = a_project(to=StepKind.DECISION)
    wants(case.proposer, Way.WEEKLY, Event.ADOPTED)
    forget_mails()

    say(case, Outcome.ADOPTED, at=AT + timedelta(hours=1))
    send(AT + timedelta(hours=1))

    [mail] = digests(case.proposer)
    assert mail.due_at == AT.replace(day=18, hour=8, minute=30)
    send(mail.due_at)
    mail.refresh_from_db()
    assert mail.state == DeliveryState.SENT
    assert mail.subject == f"{PREFIX}採択されました：R8-001 書かない窓口"
    assert_accounted()


def test_what_is_read_on_the_screen_alone_is_never_mailed(office: City, sink: Sink) -> None:
    case = a_project(to=StepKind.DECISION)
    wants(case.proposer, Way.SCREEN, Event.ADOPTED)
    forget_mails()
    sink.accepted.clear()

    say(case, Outcome.ADOPTED)
    send(AT)

    mail = the_mail(Event.ADOPTED, case.proposer)
    assert (mail.state, mail.address, mail.sent_at) == (DeliveryState.SHOWN, "", None)
    assert "採択" in mail.subject
    assert mail.message_id not in sink.ids()
    assert_accounted()


def test_quiet_hours_move_a_mail_and_a_digest(office: City, chief: User) -> None:
    QuietHours.objects.create(person=chief, starts_at=time(8), ends_at=time(10))
    QuietHours.objects.create(
        person=office.holder("LEADER-SHIMIN"), starts_at=time(8), ends_at=time(10)
    )
    case = a_project(to=StepKind.RECEPTION)
    forget_mails(AT)
    say(case, Outcome.SENT_BACK)
    a_project()
    send(AT)

    assert the_mail(Event.SENT_BACK, case.proposer).due_at == AT.replace(hour=10)
    assert [mail.due_at for mail in digests(chief)] == [TOMORROW.replace(hour=10, minute=0)]
    send(AT.replace(hour=10))
    assert case.proposer.name in told(Event.SENT_BACK)
    send(TOMORROW.replace(hour=10, minute=0))
    assert_accounted()


def test_reminders_join_the_digest_of_their_morning(
    office: City, chief: User, settings: Settings
) -> None:
    settings.MAIL_DIGEST = True
    case = a_project()
    send(TOMORROW)
    due = the_slot(case).step_run.due_at
    assert due is not None
    a_project(at=due - timedelta(hours=24))
    send(due - timedelta(hours=24))
    midnight = due.astimezone(JST).replace(hour=0, minute=5)

    remind(at=midnight)
    send(midnight)
    send(midnight.replace(hour=8, minute=30))

    mail = digests(chief)[-1]
    assert (mail.state, mail.due_at) == (DeliveryState.SENT, midnight.replace(hour=8, minute=30))
    assert sorted(facts_in(mail)) == [Event.DUE_SOON, Event.DUE_TODAY, Event.YOUR_TURN]
    assert mail.subject == (
        f"{PREFIX}今朝のまとめ：所属長確認のお願い：1件、"
        "所属長確認のお願い（本日期限）：1件、所属長確認のお願い（期限間近）：1件"
    )
    assert_accounted()


def test_a_reminder_that_comes_too_late_for_its_morning_goes_out_on_its_day(
    office: City, chief: User, settings: Settings
) -> None:
    settings.MAIL_DIGEST = True
    case = a_project()
    send(TOMORROW)
    due = the_slot(case).step_run.due_at
    assert due is not None
    noon = due.astimezone(JST).replace(hour=12, minute=0)

    remind(at=noon)
    send(noon)

    told_today = DeliveredFact.objects.get(message__event=Event.DUE_TODAY, person=chief)
    assert (told_today.delivery.state, told_today.delivery.sent_at) == (DeliveryState.SENT, noon)
    assert "期限は本日です" in told_today.delivery.subject
    assert_accounted()


def test_an_act_that_was_taken_back_is_not_told_in_the_morning(office: City, chief: User) -> None:
    case = a_project(to=StepKind.RECEPTION)
    forget_mails()
    say(case, Outcome.SENT_BACK)
    send(AT)
    assert facts_in(digests(chief)[-1]) == [Event.SENT_BACK]

    engine.pull_back(project=case, by=holder("SECRETARIAT"), at=AT + timedelta(minutes=30))
    send(TOMORROW)

    left = DeliveredFact.objects.get(message__event=Event.SENT_BACK, person=chief)
    assert (left.delivery.state, left.delivery.reason) == (
        DeliveryState.SUPERSEDED,
        Reason.PULLED_BACK,
    )
    assert chief.name not in told(Event.SENT_BACK)
    assert_accounted()


def test_by_default_results_are_gathered_and_requests_are_not(
    office: City, settings: Settings
) -> None:
    settings.MAIL_DIGEST = True
    case = a_project(to=StepKind.DECISION)
    forget_mails(AT)
    say(case, Outcome.ADOPTED)

    send(AT)

    assert told() == told(Event.YOUR_TURN) == names(case.proposer)
    send(TOMORROW)
    assert told(Event.SUMMARY).count(case.proposer.name) == 1
    assert set(Delivery.objects.filter(way=Way.MORNING).values_list("event", flat=True)) == {
        Event.SUMMARY
    }
    waiting = OutboxMessage.objects.filter(state=MessageState.PENDING)
    assert list(waiting) == []
    assert_accounted()


def test_a_mail_whose_facts_another_sweep_told_is_forgotten(office: City, chief: User) -> None:
    case = a_project()
    expand(AT)
    [mail] = digests(chief)
    Delivery.objects.filter(pk=mail.pk).update(attempts=1)
    fact = mail.facts.get()
    OutboxMessage.objects.filter(slot=the_slot(case)).update(state=MessageState.PENDING)
    fact.fact = "told by another sweep"
    fact.save()
    DeliveredFact.objects.create(
        delivery=mail, message=fact.message, fact=fact.message.fact, person=chief
    )

    expand(AT)

    assert [each.pk for each in digests(chief)] == [mail.pk]
    assert names(chief) == [mail.person.name]
