"""全庁周知: one writes, a second one releases, the audience is told once, and who read it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import access, announcing, charts
from notifications.charts import Readership
from notifications.enums import DeliveryState, Event, MessageState, Reason, Way
from notifications.management import accounting
from notifications.models import (
    Announcement,
    DeliveredFact,
    Delivery,
    OutboxMessage,
    Preference,
)
from roles.enums import Role
from roles.models import Appointment, Post, Section
from tests.make import (
    AT,
    TODAY,
    a_delegation,
    a_holder,
    a_post,
    a_section,
    a_user,
    an_appointment,
    holder,
)
from tests.notifications.announced import TEXT, TITLE, announce, read, release, told_of, write
from tests.notifications.mails import assert_accounted, names, send, the_mail, told
from tests.workflow.papers import keepers

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django import Settings

    from roles.models import User
    from tests.fixtures_city import City

MORNING = (AT + timedelta(days=1)).replace(hour=8, minute=30)
WEEK = timedelta(days=7)


def holders(**posts: object) -> set[str]:
    """Names of who holds posts in their own right."""
    held = Appointment.objects.effective(TODAY).filter(
        **{f"post__{k}": v for k, v in posts.items()}
    )
    return {each.person.name for each in held.select_related("person")}


def names_of(*codes: str) -> set[str]:
    return {holder(code).name for code in codes}


def messages(event: Event) -> int:
    return OutboxMessage.objects.filter(event=event).count()


# --- who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SECRETARIAT])
def test_nobody_but_the_secretariat_writes_releases_or_drops(office: City, role: Role) -> None:
    waiting, person = write(), a_holder(role)
    verbs: list[Callable[[], object]] = [
        partial(write, title="別件", by=person),
        partial(release, waiting, by=person),
        partial(announcing.drop, announcement=waiting, by=person, at=AT),
    ]

    for verb in verbs:
        with pytest.raises(PermissionDenied, match="全庁周知を作成し、公開するのは、事務局です。"):
            verb()

    assert [each.is_waiting for each in Announcement.objects.all()] == [True]
    assert messages(Event.ANNOUNCED) == 0


def test_the_author_does_not_release(office: City) -> None:
    first, *others = keepers(AT)
    waiting = write(by=first)

    with pytest.raises(announcing.Refused) as refusal:
        release(waiting, by=first)

    named = "、".join(f"{each.name}さん" for each in others)
    assert refusal.value.message == (
        f"作成した方は、ご自身で公開できません。公開できるのは、{named}です。"
    )
    waiting.refresh_from_db()
    assert waiting.is_waiting
    assert messages(Event.ANNOUNCED) == 0


def test_an_author_alone_in_the_secretariat_is_told_so(office: City) -> None:
    first, *others = keepers(AT)
    waiting = write(by=first)
    Appointment.objects.filter(person__in=others).update(ends_on=TODAY)

    with pytest.raises(announcing.Refused, match="公開できる方が、事務局にほかにいません。"):
        release(waiting, by=first)


# --- writing -----------------------------------------------------------------------------------


def test_the_others_of_the_secretariat_are_asked_at_once(office: City) -> None:
    first, *others = keepers(AT)
    waiting = write(by=first)

    send()

    assert sorted(told()) == sorted(names(*others))
    mail = the_mail(Event.ANNOUNCEMENT_WAITING)
    assert mail.subject == f"【業務改革ナビ】全庁周知の公開の確認をお願いします：{TITLE}"
    assert f"{first.name}さんが作成しました。" in mail.text
    assert f"{settings.BASE_URL}/announcements/{waiting.pk}/" in mail.text
    assert TEXT not in mail.text
    assert_accounted()


@pytest.mark.parametrize("ending", ["release", "drop"])
def test_what_waits_no_more_asks_nobody(office: City, ending: str) -> None:
    waiting = write()
    getattr(announcing, ending)(announcement=waiting, by=keepers(AT)[1], at=AT)

    send()

    assert told(Event.ANNOUNCEMENT_WAITING) == []
    asked = Delivery.objects.filter(event=Event.ANNOUNCEMENT_WAITING)
    assert set(asked.values_list("state", "reason")) == {
        (DeliveryState.SUPERSEDED, Reason.WORK_CLOSED)
    }
    assert_accounted()


def test_one_of_an_author_waits_at_a_time(office: City) -> None:
    waiting = write()

    with pytest.raises(announcing.Refused) as refusal:
        write(title="別件")

    assert refusal.value.message == (
        f"あなたが5/11 09:00に作成した「{TITLE}」が、公開を待っています。"
        "次の全庁周知は、その公開又は取りやめのあとに作成できます。"
    )
    assert list(Announcement.objects.all()) == [waiting]
    assert write(title="別件", by=keepers(AT)[1]).is_waiting

    announcing.drop(announcement=waiting, by=waiting.written_by, at=AT)
    assert write(title="その次").is_waiting


def test_a_second_click_writes_nothing(office: City) -> None:
    assert write(at=AT + timedelta(seconds=1)) == write(at=AT + timedelta(seconds=2))

    assert Announcement.objects.count() == 1
    assert messages(Event.ANNOUNCEMENT_WAITING) == 1


# --- releasing, dropping -----------------------------------------------------------------------


def test_who_comes_second_learns_who_released_and_when(office: City) -> None:
    first, second, third = keepers(AT)[:3]
    one = release(write(by=first), by=second)
    said = f"「{TITLE}」は、5/11 09:00 に{second.name}さんが公開しました。"

    verbs: list[Callable[[], object]] = [
        partial(release, one, by=third, at=AT + WEEK),
        partial(announcing.drop, announcement=one, by=first, at=AT + WEEK),
    ]

    for verb in verbs:
        with pytest.raises(announcing.Refused) as refusal:
            verb()
        assert refusal.value.message == said

    assert release(one, by=second, at=AT + WEEK).released_at == AT
    assert messages(Event.ANNOUNCED) == Post.objects.in_force(TODAY).count()


def test_what_was_dropped_is_not_released(office: City) -> None:
    first, second = keepers(AT)[:2]
    one = announcing.drop(announcement=write(by=first), by=first, at=AT)

    with pytest.raises(announcing.Refused) as refusal:
        release(one, by=second)

    assert refusal.value.message == (
        f"「{TITLE}」は、5/11 09:00 に{first.name}さんが取りやめました。"
    )
    assert messages(Event.ANNOUNCED) == 0
    assert announcing.drop(announcement=one, by=first, at=AT + WEEK).dropped_at == AT


def test_three_in_seven_days_and_the_next_a_week_after_the_first(office: City) -> None:
    for day in range(3):
        announce(f"{day}件目", at=AT + timedelta(days=day))
    fourth = write(title="4件目", at=AT + timedelta(days=3))

    with pytest.raises(announcing.Refused) as refusal:
        release(fourth, at=AT + WEEK - timedelta(minutes=1))

    assert refusal.value.message == (
        "全庁周知の公開は、7日間に3件までです。次に公開できるのは、5/18 09:00 からです。"
    )
    fourth.refresh_from_db()
    assert fourth.is_waiting
    assert release(fourth, at=AT + WEEK).released_at == AT + WEEK


def test_what_reaches_nobody_is_not_released(office: City) -> None:
    empty = a_section(name="準備室")
    waiting = write(sections=[empty.code])

    with pytest.raises(announcing.Refused, match="職に就いている方が、いまは1人もいません。"):
        release(waiting)

    waiting.refresh_from_db()
    assert waiting.is_waiting


# --- whom it tells -----------------------------------------------------------------------------


@pytest.fixture
def _digests(settings: Settings) -> None:
    """As in a city: what may wait comes in the morning."""
    settings.MAIL_DIGEST = True


@pytest.mark.usefixtures("_digests")
def test_everybody_with_a_post_is_told_once_but_who_released(office: City) -> None:
    one = announce()
    count = access.announced_to(one, AT)

    send()

    everybody = holders()
    assert count == len(everybody)
    assert told_of(one) == everybody - {keepers(AT)[1].name}
    assert DeliveredFact.objects.filter(fact=f"announcement:{one.pk}").count() == count - 1
    assert told() == []
    send(MORNING)
    assert set(told()) == told_of(one)
    assert_accounted()


def test_an_audience_is_of_sections_of_roles_or_of_both(office: City) -> None:
    sections = announce("課", sections=["SHIMIN", "ZEIMU"])
    roles = announce("役割", roles=[Role.SECTION_HEAD])
    both = announce("両方", sections=["SHIMIN"], roles=[Role.SECTION_HEAD, Role.DX_LEADER])

    send()

    assert told_of(sections) == holders(section__code__in=["SHIMIN", "ZEIMU"])
    assert told_of(roles) == holders(role=Role.SECTION_HEAD)
    assert told_of(both) == names_of("HEAD-SHIMIN", "LEADER-SHIMIN")
    assert [charts.audience_of(each) for each in (sections, roles, both)] == [
        "税務課・市民課",
        "所属長",
        "市民課の所属長・DX推進リーダー",
    ]
    assert charts.audience_words([], []) == "全職員"


@pytest.mark.postgres_only  # SQLite takes fewer values at once
def test_two_hundred_posts_cost_one_insert(office: City) -> None:
    section = a_section()
    for _n in range(200):
        a_post(Role.STAFF, section=section)
    an_appointment(post=Post.objects.filter(section=section).earliest("pk"))
    waiting = write(sections=[section.code])

    with CaptureQueriesContext(connection) as asked:
        release(waiting)

    inserts = [each for each in asked if each["sql"].startswith("INSERT")]
    assert messages(Event.ANNOUNCED) == 200
    assert len(inserts) == 1
    assert len(asked) <= 20


def change_hands(code: str) -> tuple[User, User]:
    """Today: who leaves a post, and who comes."""
    post, leaver = Post.objects.get(code=code), holder(code)
    Appointment.objects.filter(post=post).update(ends_on=TODAY)
    return leaver, an_appointment(post=post, person=a_user(name="後任 次郎")).person


def test_a_successor_of_before_the_sweep_is_told_and_the_leaver_is_not(office: City) -> None:
    one = announce(sections=["SHIMIN"], roles=[Role.SECTION_HEAD])
    _leaver, successor = change_hands("HEAD-SHIMIN")

    send()

    assert told_of(one) == {successor.name}


@pytest.mark.usefixtures("_digests")
def test_a_successor_of_before_the_morning_is_told_instead(office: City) -> None:
    one = announce(sections=["SHIMIN"], roles=[Role.SECTION_HEAD])
    send()
    leaver, successor = change_hands("HEAD-SHIMIN")

    send(MORNING)
    send(MORNING + timedelta(days=1))

    assert told(Event.ANNOUNCED) + told(Event.SUMMARY) == [successor.name]
    left_out = Delivery.objects.get(person=leaver)
    assert (left_out.state, left_out.reason) == (DeliveryState.SKIPPED, Reason.NOT_HOLDER)
    assert [list(access.told_to(each)) for each in (leaver, successor)] == [[], [one]]
    assert charts.by_section(one) == [Readership("市民課", 1, 0)]


def test_a_deputy_is_told_in_place_of_the_holder_too(office: City) -> None:
    deputy = a_user(name="代理 太郎")
    a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=deputy)
    one = announce(sections=["SHIMIN"], roles=[Role.SECTION_HEAD])

    send()

    assert told_of(one) == {holder("HEAD-SHIMIN").name, deputy.name}
    assert access.announced_to(one, AT) == 2


# --- the mail ----------------------------------------------------------------------------------


def test_the_mail_has_title_and_text_and_markup_stays_text(office: City) -> None:
    head = holder("HEAD-SHIMIN")
    Preference.objects.create(person=head, event=Event.ANNOUNCED, way=Way.NOW)
    one = announce(
        "<b>訓練</b>のお知らせ",
        text="1行目 <script>alert(1)</script>\n2行目 & 続き",
        sections=["SHIMIN"],
        roles=[Role.SECTION_HEAD],
    )

    send()

    mail = the_mail(Event.ANNOUNCED, head)
    assert mail.subject == "【業務改革ナビ】全庁周知：<b>訓練</b>のお知らせ"
    assert "■ <b>訓練</b>のお知らせ" in mail.text
    assert "1行目 <script>alert(1)</script>\n2行目 & 続き" in mail.text
    assert f"{settings.BASE_URL}/announcements/{one.pk}/" in mail.text
    assert "&lt;b&gt;訓練&lt;/b&gt;のお知らせ" in mail.html
    assert "1行目 &lt;script&gt;alert(1)&lt;/script&gt;<br>2行目 &amp; 続き" in mail.html
    assert "<script" not in mail.html
    assert "<b>訓練" not in mail.html


@pytest.mark.usefixtures("_digests")
def test_who_is_told_nothing_else_that_morning_gets_it_whole(office: City) -> None:
    announce(sections=["SHIMIN"], roles=[Role.SECTION_HEAD])
    send()

    send(MORNING)

    head = holder("HEAD-SHIMIN")
    assert told() == [head.name]
    mail = Delivery.objects.get(person=head)
    assert mail.subject == f"【業務改革ナビ】全庁周知：{TITLE}"
    assert TEXT in mail.text
    assert (
        f"あなたが「{Post.objects.get(code='HEAD-SHIMIN').title}」の職にあるためです。" in mail.text
    )


def test_who_reads_on_the_screen_alone_gets_no_mail_and_counts(office: City) -> None:
    head = holder("HEAD-SHIMIN")
    Preference.objects.create(person=head, event=Event.ANNOUNCED, way=Way.SCREEN)
    one = announce(sections=["SHIMIN"], roles=[Role.SECTION_HEAD])

    send()

    assert told(Event.ANNOUNCED) == []
    assert Delivery.objects.get(person=head).state == DeliveryState.SHOWN
    assert charts.by_section(one) == [Readership("市民課", 1, 0)]


# --- who has read it ---------------------------------------------------------------------------


def test_the_first_reading_counts_and_nobody_else_s(office: City) -> None:
    one = announce(sections=["SHIMIN"])
    send()
    head, stranger = holder("HEAD-SHIMIN"), holder("LEADER-ZEIMU")

    read(one, head, stranger)
    read(one, head, at=AT + timedelta(hours=1))

    marked = DeliveredFact.objects.exclude(read_at=None)
    assert [(each.person, each.read_at) for each in marked] == [(head, AT)]


def test_readings_are_counted_by_section_and_each_person_once(office: City) -> None:
    roles = [Role.SECTION_HEAD, Role.DEPARTMENT_HEAD, Role.HQ_CHAIR]
    one = announce("幹部へ", roles=roles)
    other = announce("別件", roles=roles)
    send()
    read(one, *(holder(code) for code in ("HEAD-SHIMIN", "HQ-CHAIR", "DEPT-SHIMINBU")))

    lines = charts.by_section(one)
    people = holders(role__in=roles)
    by_name = {line.name: (line.told, line.read) for line in lines}
    heads = [name for name in Section.objects.values_list("name", flat=True) if name in by_name]
    assert charts.together(lines) == Readership("", len(people), 3)
    assert charts.readerships([one, other]) == {
        one.pk: Readership("", len(people), 3),
        other.pk: Readership("", len(people), 0),
    }
    assert [line.name for line in lines][: len(heads)] == heads
    assert by_name["市民課"] == (1, 1)
    assert by_name["税務課"] == (1, 0)
    assert by_name["市民部"] == (1, 1)
    assert by_name["推進体制"] == (1, 1)
    assert lines[-1].name == "推進体制"


def test_somebody_with_two_posts_counts_once(office: City) -> None:
    head = holder("HEAD-SHIMIN")
    an_appointment(post=Post.objects.get(code="PT-CHAIR"), person=head)
    an_appointment(post=Post.objects.get(code="DEPT-SHIMINBU"), person=head)
    roles = [Role.PT_CHAIR, Role.DEPARTMENT_HEAD, Role.SECTION_HEAD]
    one = announce(roles=roles)

    send()

    found = {line.name: line.told for line in charts.by_section(one)}
    assert sum(found.values()) == len(told_of(one)) == len(holders(role__in=roles))
    assert found["市民課"] == 1
    assert found["市民部"] == len(office.holders("DEPT-SHIMINBU")) - 1


@pytest.mark.parametrize(
    ("told_count", "read_count", "percent"), [(0, 0, 0), (3, 1, 33), (3, 2, 66), (200, 199, 99)]
)
def test_all_have_read_it_only_when_nobody_is_left(
    told_count: int, read_count: int, percent: int
) -> None:
    assert Readership("", told_count, read_count).percent == percent
    assert Readership("", 7, 7).percent == 100


# --- accounted for -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "rule"),
    [
        (Event.ANNOUNCED, "announcement-untold"),
        (Event.ANNOUNCEMENT_WAITING, "announcement-waiting-untold"),
    ],
)
def test_an_announcement_that_nobody_hears_of_is_found(
    office: City, event: Event, rule: str
) -> None:
    one = announce(sections=["SHIMIN"])
    send()
    assert list(accounting.faults(AT)) == []

    DeliveredFact.objects.filter(message__event=event).delete()
    Delivery.objects.filter(facts=None).delete()
    OutboxMessage.objects.filter(event=event).delete()

    assert [(each.rule, each.row) for each in accounting.faults(AT)] == [(rule, one.pk)]


def test_an_author_alone_leaves_no_message_open(office: City) -> None:
    first, *others = keepers(AT)
    Appointment.objects.filter(person__in=others).update(ends_on=TODAY)
    write(by=first)

    send()

    assert list(OutboxMessage.objects.values_list("state", "reason")) == [
        (MessageState.SKIPPED, Reason.ACTOR)
    ]
    assert_accounted()
