from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core.management import call_command

from records import ledger
from roles.actions import CityFileError, load_city
from roles.enums import AppointmentKind, Role
from roles.models import Appointment, Department, Post, Section, StandIn, User, holders_of
from tests.fixtures_city import CITY_FILE, City
from tests.make import AT, PASSWORD, TODAY, a_user

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

ORGANIZATION = {
    "総務部": ["総務課", "政策企画課", "デジタル戦略・広報室", "財政課", "税務課"],
    "市民部": ["市民課", "市民共動課", "生活環境課"],
    "健康福祉部": ["福祉総務課", "あんしん長寿課", "すこやか子育て課", "いきいき健康課"],
    "産業部": ["農業振興課", "農地林務課", "産業活力課"],
    "建設部": ["都市整備課", "上下水道課"],
    "会計管理者": ["会計課"],
    "教育委員会事務局": ["総務学事課", "生涯学習課", "スポーツ振興課"],
    "議会": ["議会事務局"],
    "行政委員会": ["選挙管理委員会・監査委員事務局", "農業委員会事務局"],
    "支所": ["支所(十和田・尾去沢・八幡平)"],
}

MINIMAL = """
[city]
since = 2026-04-01
mail_domain = "kazuno.example"
[[departments]]
code = "A"
name = "総務部"
sections = [{ code = "B", name = "総務課", short = "総務", head = "総務課長", phone = "1" }]
"""


def test_the_organization_is_the_sample_city(city: City) -> None:
    departments = Department.objects.prefetch_related("sections")

    assert {d.name: [s.name for s in d.sections.all()] for d in departments} == ORGANIZATION
    assert [d.name for d in departments if d.is_independent] == [
        "教育委員会事務局",
        "議会",
        "行政委員会",
    ]
    assert [s.name for s in Section.objects.filter(is_secretariat=True)] == ["デジタル戦略・広報室"]


def test_every_post_has_its_holder(city: City) -> None:
    posts = {post.pk: post for post in Post.objects.exclude(role=Role.STAFF)}
    holders = holders_of(posts, TODAY)

    counts = {code: len(row) for pk, row in holders.items() if (code := posts[pk].code)}
    assert counts.pop("SECRETARIAT") == 3
    assert set(counts.values()) == {1}
    assert {role: sum(post.role == role for post in posts.values()) for role in Role} == {
        Role.STAFF: 0,
        Role.DX_LEADER: 25,
        Role.SECTION_HEAD: 25,
        Role.DEPARTMENT_HEAD: 7,
        Role.PT_MEMBER: 6,
        Role.PT_CHAIR: 1,
        Role.HQ_MEMBER: 6,
        Role.HQ_CHAIR: 1,
        Role.SECRETARIAT: 1,
        Role.AUDITOR: 1,
        Role.SYSTEM_ADMIN: 1,
    }


def test_people_hold_their_posts_as_in_a_real_city(city: City) -> None:
    assert city.holder("PT-CHAIR") == city.holder("PT-SOMU")
    assert city.holder("HQ-KYOIKU") == city.holder("DEPT-KYOIKU")
    assert city.holder("HEAD-KAIKEI") == city.holder("DEPT-KAIKEI")
    assert city.post("HEAD-SHIMIN").title == "市民課長"
    assert city.section("SHIMIN") == city.post("LEADER-SHIMIN").section
    kinds = {row.post.code: row.kind for row in Appointment.objects.select_related("post")}
    assert kinds["HEAD-KAIKEI"] == AppointmentKind.CARETAKER
    assert kinds["HEAD-NOI"] == AppointmentKind.PROVISIONAL
    assert kinds["LEADER-SHIMIN"] == AppointmentKind.CONCURRENT
    assert kinds["HEAD-SHIMIN"] == AppointmentKind.MAIN


def test_there_are_people_without_any_post(city: City) -> None:
    without = User.objects.exclude(pk__in=Appointment.objects.values("person"))

    assert [person.name for person in without] == ["駒ヶ嶺 優子"]
    assert User.objects.count() == 71
    assert city.holder("HQ-CHAIR").check_password(PASSWORD)


def test_the_order_of_standing_in_is_data(city: City) -> None:
    order = StandIn.objects.filter(post__code="HQ-CHAIR").select_related("stand_in_post")

    assert [row.stand_in_post.title for row in order] == ["総務部長", "市民部長"]


def test_every_appointment_is_in_the_ledger(city: City) -> None:
    found = ledger.verify()

    assert (found.ok, found.count) == (True, Appointment.objects.count() + 1)


def test_a_city_is_loaded_once_and_rows_win(city: City) -> None:
    Section.objects.filter(code="SHIMIN").update(name="市民窓口課")

    assert not load_city(CITY_FILE, password=None, at=AT)

    assert city.section("SHIMIN").name == "市民窓口課"
    assert (User.objects.count(), Section.objects.count()) == (71, 25)


def test_a_database_with_one_person_is_left_alone() -> None:
    a_user()

    assert not load_city(CITY_FILE, password=None, at=AT)

    assert Section.objects.count() == 0


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ('posts = []\n[stand_ins]\nX = ["HEAD-B"]\n[people]\n', "no such post: X"),
        (
            (
                'posts = [{ code = "X", role = "AUDITOR", title = "X", section = "Z" }]\n'
                "[stand_ins]\n[people]\n"
            ),
            "no such section: Z",
        ),
        (
            'posts = [{ code = "HEAD-B", role = "AUDITOR", title = "X" }]\n[stand_ins]\n[people]\n',
            "post defined twice: HEAD-B",
        ),
    ],
)
def test_a_file_that_contradicts_itself_loads_nothing(
    tmp_path: Path, rest: str, message: str
) -> None:
    path = tmp_path / "city.toml"
    posts, _, tables = rest.partition("\n")
    path.write_text(f"{posts}\n{MINIMAL}\n{tables}", encoding="utf-8")

    with pytest.raises(CityFileError, match=message):
        load_city(path, password=None, at=AT)

    assert Department.objects.count() == 0


# --- commands ----------------------------------------------------------------------------------


def test_the_accounts_are_listed_by_role(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    with time_machine.travel(AT):
        call_command("demo_accounts")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "【DX推進リーダー】"
    assert lines[1] == "  100201  工藤 沙織  総務課 DX推進リーダー"
    assert lines[-2:] == ["【システム管理者】", "  100405  米田 学  システム管理者"]
    assert len(lines) == 10 + 76
