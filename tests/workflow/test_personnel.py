"""異動の取込み: a list is read, its effect shown, and confirmed as a whole."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from records import ledger
from records.models import LedgerEntry
from roles.enums import AppointmentKind
from roles.models import Appointment, PersonnelFile, Post, User, capacities_of
from tests.make import AT
from tests.workflow.pages import client_of, messages_of, text_of
from workflow.actions.personnel import COLUMNS, Line, lines_of, plan_of
from workflow.actions.personnel.reading import MOST_LINES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from tests.fixtures_city import City

pytestmark = pytest.mark.once

DAY = date(2027, 4, 1)
HEADS = list(COLUMNS)
ISHIKAWA, SATO, ASAISHI = "100106", "100105", "100206"
"""市民課長, 税務課長, DX推進リーダー of 市民課."""


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def clerk(office: City) -> Client:
    return client_of("SECRETARIAT")


def row(
    number: str, name: str, post: str, *, kind: str = "", day: str = "R9.4.1", **more: str
) -> list[str]:
    return [number, name, more.get("kana", ""), more.get("email", ""), post, kind, day]


SWAP = [
    row(ISHIKAWA, "石川 真由美", "税務課長"),
    row(SATO, "佐藤 千秋", "市民課長"),
]


def csv_of(rows: Sequence[Sequence[str]], *, encoding: str = "utf-8-sig") -> SimpleUploadedFile:
    text = "\r\n".join(",".join(each) for each in [HEADS, *rows])
    return SimpleUploadedFile("異動.csv", text.encode(encoding))


def xlsx_of(rows: Sequence[Sequence[Any]], *, heads: Sequence[str] = HEADS) -> SimpleUploadedFile:
    book = Workbook()
    for each in [heads, *rows]:
        book.active.append(list(each))
    content = io.BytesIO()
    book.save(content)
    return SimpleUploadedFile("異動.xlsx", content.getvalue())


def send(clerk: Client, file: SimpleUploadedFile) -> Any:
    return clerk.post("/org/import/", {"file": file}, follow=True)


def confirm(clerk: Client, page: Any) -> Any:
    kept = page.context["kept"]
    digest = page.context["plan"].digest
    return clerk.post(f"/org/import/{kept.pk}/", {"digest": digest}, follow=True)


def errors_of(*rows: list[str]) -> list[tuple[int, str]]:
    """What is wrong with lines, by their number in the file."""
    lines = lines_of(csv_of(rows))
    return plan_of(lines, today=AT.date()).errors


# --- reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp932"])
def test_a_csv_is_read_in_the_usual_encodings(encoding: str) -> None:
    assert lines_of(csv_of(SWAP, encoding=encoding)) == [
        Line(2, ISHIKAWA, "石川 真由美", post="税務課長", day="R9.4.1"),
        Line(3, SATO, "佐藤 千秋", post="市民課長", day="R9.4.1"),
    ]


def test_a_sheet_is_read_with_numbers_and_days_as_people_see_them() -> None:
    rows: list[list[Any]] = [
        [100106, "石川　真由美", None, None, "税務課長", None, DAY],
        [None] * 7,
    ]

    [line] = lines_of(xlsx_of(rows))

    assert line == Line(2, ISHIKAWA, "石川 真由美", post="税務課長", day="2027-04-01")


def test_the_order_of_the_columns_does_not_matter() -> None:
    file = xlsx_of(
        [[DAY, "税務課長", "石川 真由美", ISHIKAWA]], heads=["発令日", "職", "氏名", "職員番号"]
    )

    assert lines_of(file)[0].number == ISHIKAWA


def test_a_formula_is_its_value_and_is_never_run() -> None:
    [line] = lines_of(xlsx_of([[ISHIKAWA, "石川 真由美", "", "", "=1+1", "", "R9.4.1"]]))

    assert line.post == ""


def bomb() -> SimpleUploadedFile:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<x/>")
        package.writestr("xl/workbook.xml", b"\0" * 80_000_000)
    return SimpleUploadedFile("異動.xlsx", content.getvalue())


def with_macro() -> SimpleUploadedFile:
    file = xlsx_of(SWAP)
    content = io.BytesIO(file.read())
    with zipfile.ZipFile(content, "a") as package:
        package.writestr("xl/vbaProject.bin", b"x")
    return SimpleUploadedFile("異動.xlsx", content.getvalue())


def many() -> SimpleUploadedFile:
    return csv_of([SWAP[0]] * (MOST_LINES + 1))


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        (lambda: SimpleUploadedFile("異動.csv", b""), "ファイルが空です"),
        (lambda: SimpleUploadedFile("異動.xlsm", b"PK\x03\x04"), "Excel（xlsx、マクロなし）か"),
        (lambda: SimpleUploadedFile("異動.xlsx", b"PK\x03\x04broken"), "ファイルの中身が"),
        (lambda: SimpleUploadedFile("異動.csv", b"a\x00b"), "ファイルの中身が"),
        (
            lambda: SimpleUploadedFile("異動.csv", "氏名\n佐藤".encode()),
            "「職員番号」「職」「発令日」の列がありません",
        ),
        (lambda: csv_of([]), "職員の行がありません"),
        (lambda: SimpleUploadedFile("異動.csv", b"x" * 5_300_000), "5MBまで"),
        (bomb, "大きさが異常"),
        (with_macro, "マクロ"),
        (many, "10,000行まで"),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(
    clerk: Client, file: Any, complaint: str
) -> None:
    response = send(clerk, file())

    assert response.status_code == 422
    assert complaint in text_of(response)
    assert not PersonnelFile.objects.exists()


# --- planning --------------------------------------------------------------------------------


def test_errors_are_told_with_their_lines(office: City) -> None:
    assert errors_of(
        row("", "だれか", "市民課長"),
        row("999 999", "だれか", "市民課長"),
        row(ISHIKAWA, "石川 まゆみ", "税務課長"),
        row(SATO, "佐藤 千秋", "宇宙課長"),
        row(ASAISHI, "浅石 桃子", "STAFF-ZEIMU", day="きのう"),
        row("300001", "新人一郎", "STAFF-ZEIMU"),
        row("300002", "新人 二郎", "STAFF-ZEIMU"),
        row("100201", "工藤 沙織", "STAFF-ZEIMU", kind="代理"),
        row("100202", "戸舘 涼太", ""),
        row("100203", "黒澤 拓也", "STAFF-ZEIMU", day="R8.4.1"),
    ) == [
        (2, "職員番号がありません。"),
        (3, "職員番号「999 999」が正しくありません。"),
        (4, "職員番号 100106 は 石川 真由美 さんです（行には「石川 まゆみ」）。"),
        (5, "「宇宙課長」という職は、令和9年4月1日 にありません。"),
        (6, "発令日「きのう」を読み取れません。"),
        (7, "新しい職員の氏名は、姓と名の間を空けて書いてください（「新人一郎」）。"),
        (8, "新しい職員のメールアドレス「」が正しくありません。"),
        (9, "区分は 本務、兼務、事務取扱、心得 のどれかです。"),
        (10, "職がありません。離れる方は「退職」と書いてください。"),
        (11, "発令日 令和8年4月1日 が過ぎています。今日以降の日にしてください。"),
    ]


def test_lines_that_contradict_each_other_are_errors(office: City) -> None:
    both = errors_of(row(ISHIKAWA, "石川 真由美", "退職"), row(ISHIKAWA, "石川 真由美", "税務課長"))
    days = errors_of(
        row(ISHIKAWA, "石川 真由美", "市民課長"),
        row(ISHIKAWA, "石川 真由美", "STAFF-ZEIMU", day="R9.5.1"),
    )
    twice = errors_of(*[row(ISHIKAWA, "石川 真由美", "市民課長")] * 2)

    assert both == [(3, "「退職」と、ほかの職の行が両方あります。")]
    assert days == [(3, "同じ職員の発令日が2つあります。")]
    assert twice == [(3, "同じ職員と職の行が2つあります。")]


def test_who_stays_on_a_seat_has_to_be_in_the_list_too(office: City) -> None:
    assert errors_of(SWAP[0]) == [
        (
            2,
            (
                "「税務課長」には 佐藤 千秋 さんが就いています。"
                "佐藤 千秋 さんの異動も同じファイルに入れてください。"
            ),
        )
    ]
    assert errors_of(*SWAP) == []


def test_a_seat_of_one_is_given_to_one_line(office: City) -> None:
    found = errors_of(
        row(SATO, "佐藤 千秋", "退職"),
        row(ISHIKAWA, "石川 真由美", "税務課長"),
        row("100107", "関 光弘", "税務課長"),
    )

    assert found == [(4, "「税務課長」に就く行が2つあります（3行目）。")]


def test_a_plan_costs_the_same_however_long_the_list_is(
    office: City, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for lines in (SWAP[:1], SWAP * 50):
        with django_assert_num_queries(3):
            plan_of(lines_of(csv_of(lines)), today=AT.date())


# --- applying --------------------------------------------------------------------------------


def test_what_was_shown_is_done_in_one_go(clerk: Client) -> None:
    shown = send(clerk, xlsx_of(SWAP))
    assert shown.context["plan"].counts == {
        "new": 2,
        "ended": 2,
        "unchanged": 0,
        "moved": 2,
        "newcomers": 0,
    }
    before = LedgerEntry.objects.count()

    response = confirm(clerk, shown)

    kept = PersonnelFile.objects.get()
    assert messages_of(response) == ["異動.xlsx を反映しました（変更 4件）。"]
    ishikawa = User.objects.get(employee_number=ISHIKAWA)
    assert [each.post.title for each in capacities_of(ishikawa, date(2027, 3, 31))] == ["市民課長"]
    assert [each.post.title for each in capacities_of(ishikawa, DAY)] == ["税務課長"]
    entries = LedgerEntry.objects.filter(seq__gt=before).order_by("seq")
    assert [each.kind for each in entries] == ["APPOINTMENT"] * 4 + ["PERSONNEL_FILE"]
    assert entries[4].payload["sha256"] == kept.sha256
    assert (kept.applied_at, kept.ledger_entry_id) == (AT, entries[4].seq)
    assert "異動.xlsx（変更 4件、SHA-256" in text_of(response)
    assert ledger.verify().ok


def test_a_list_is_applied_once(clerk: Client) -> None:
    shown = send(clerk, csv_of(SWAP))
    confirm(clerk, shown)
    entries = LedgerEntry.objects.count()

    again = confirm(clerk, shown)

    assert messages_of(again) == ["このファイルは、すでに反映されています。"]
    assert "反映済みです" in text_of(again)
    assert LedgerEntry.objects.count() == entries


def test_the_same_list_again_changes_nothing(clerk: Client) -> None:
    confirm(clerk, send(clerk, csv_of(SWAP)))

    with time_machine.travel(AT.replace(year=2027, month=4), tick=False):
        lines = lines_of(csv_of([[*each[:6], "R9.4.11"] for each in SWAP]))
        again = plan_of(lines, today=date(2027, 4, 11))

    assert (again.errors, again.changes, again.counts["unchanged"]) == ([], [], 2)


def test_what_has_changed_since_is_shown_again_and_nothing_is_done(clerk: Client) -> None:
    shown = send(clerk, csv_of(SWAP))
    Appointment.objects.filter(post__code="HEAD-ZEIMU").update(ends_on=date(2027, 1, 1))
    entries = LedgerEntry.objects.count()

    response = confirm(clerk, shown)

    assert response.status_code == 409
    assert "確認した後に、組織が変わりました。" in text_of(response)
    assert (LedgerEntry.objects.count(), PersonnelFile.objects.get().applied_at) == (entries, None)


def test_a_list_with_an_error_cannot_be_confirmed(clerk: Client) -> None:
    shown = send(clerk, csv_of([*SWAP, row("100107", "関 光弘", "宇宙課長")]))
    before = Appointment.objects.count()

    response = confirm(clerk, shown)

    assert "4行目：「宇宙課長」という職は、令和9年4月1日 にありません。" in text_of(shown)
    assert "変更を反映する" not in text_of(shown)
    assert response.status_code == 409
    assert Appointment.objects.count() == before


def test_newcomers_are_made_without_a_password_and_leavers_hold_nothing(clerk: Client) -> None:
    rows = [
        row(ISHIKAWA, "石川 真由美", "退職"),
        row(
            "300001",
            "新任 未来",
            "市民課長",
            kind="心得",
            kana="しんにん みらい",
            email="m@kazuno.example",
        ),
    ]

    confirm(clerk, send(clerk, csv_of(rows)))

    new = User.objects.get(employee_number="300001")
    assert (new.name, new.kana, new.email) == ("新任 未来", "しんにん みらい", "m@kazuno.example")
    assert not new.has_usable_password()
    assert new.must_change_password
    [capacity] = capacities_of(new, DAY)
    assert capacity.appointment is not None
    assert (capacity.post.title, capacity.appointment.kind) == (
        "市民課長",
        AppointmentKind.PROVISIONAL,
    )
    assert capacities_of(User.objects.get(employee_number=ISHIKAWA), DAY) == []


def test_several_posts_of_one_person_are_several_lines(clerk: Client) -> None:
    leader = User.objects.get(employee_number=ASAISHI)
    rows = [
        row(ASAISHI, leader.name, "STAFF-ZEIMU"),
        row(ASAISHI, leader.name, "LEADER-SHIMIN", kind="兼務"),
    ]

    shown = send(clerk, csv_of(rows))
    confirm(clerk, shown)

    assert shown.context["plan"].counts["unchanged"] == 1
    assert [each.post.code for each in capacities_of(leader, DAY)] == [
        "LEADER-SHIMIN",
        "STAFF-ZEIMU",
    ]


# --- what is written out -----------------------------------------------------------------------


def test_the_template_has_the_columns_and_every_post_as_plain_text(clerk: Client) -> None:
    Post.objects.filter(code="HEAD-SHIMIN").update(title="=cmd|' /C calc'!A0")

    response = clerk.get("/org/import/template.xlsx")

    book = load_workbook(io.BytesIO(response.content))
    assert [cell.value for cell in book["異動"][1]] == HEADS
    cells = {each[0].value: each[0].data_type for each in book["職の一覧"].iter_rows()}
    assert cells["=cmd|' /C calc'!A0"] == "s"
    assert response.headers["Content-Disposition"] == 'attachment; filename="transfer-list.xlsx"'
