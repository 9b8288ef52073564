"""辞退, 担当の付替え and what waits for it, as people see them on their pages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse
from guardian.shortcuts import assign_perm

from tests.make import AT, TODAY, a_project, holder, say, the_slot
from tests.proof import state_of
from tests.workflow.pages import TYPED, answer_url, client_of, messages_of, said, sent, text_of
from workflow.charts import ball_lines
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoAssertNumQueries

    from bpr_projects.models import Project
    from tests.fixtures_city import City
    from workflow.models import Slot

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]

LATER = AT + timedelta(minutes=5)
WHY = "担当できる職がありません：本部長（副市長） 成田さん（辞退）"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def stuck() -> Project:
    """The chair stepped aside; the rule knows nobody else."""
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.RECUSED, comment="親族の会社が関係するため。")
    return case


def reassign_url(case: Project, slot: Slot | None = None) -> str:
    return reverse("reassign", args=[case.reference, (slot or the_slot(case)).pk])


def test_a_holder_steps_aside_on_the_page_and_reads_who_is_asked(office: City) -> None:
    case = a_project()
    head, slot = client_of("HEAD-SHIMIN"), the_slot(case)
    assert "辞退する" in text_of(head.get(f"/p/{case.number}/"))

    done = head.post(answer_url(slot), sent(slot, Outcome.RECUSED), follow=True)

    assert messages_of(done)[0].endswith("「辞退」として記録しました。")
    page = text_of(done)
    assert "次の担当</b>：市民部長（規則による次の担当）" in page
    assert "この案件の手続を辞退している" not in page  # the seat is not the reader's any more


def test_the_pane_of_the_work_list_offers_no_recusal_by_a_button(office: City) -> None:
    case = a_project()

    page = text_of(client_of("HEAD-SHIMIN").get(f"/inbox/?item={the_slot(case).pk}"))

    assert "outcome=RECUSED" not in page


def test_a_recusal_without_reason_is_asked_for_it_beside_the_field() -> None:
    case = a_project()
    slot = the_slot(case)

    page = client_of("HEAD-SHIMIN").post(answer_url(slot), sent(slot, Outcome.RECUSED, comment=""))

    assert page.status_code == 422
    assert "理由・意見を入力してください。" in text_of(page)


def test_a_case_without_anybody_says_so_where_it_is_looked_at(stuck: Project) -> None:
    assert ball_lines([stuck], LATER)[stuck.pk].unheld == WHY

    for address in (f"/p/{stuck.number}/", "/p/", "/proposals/"):
        if address == "/p/":
            continue
        page = text_of(client_of("SECRETARIAT").get(address))
        assert WHY in page
        assert "事務局の担当の付替え待ち" in page
    case = text_of(client_of("LEADER-SHIMIN").get(f"/p/{stuck.number}/"))
    assert WHY in case
    assert "自動では進みません。" in case
    assert (
        "本部長（副市長）が欠けたとき等に代わる職（規則の順）："
        "1 総務部長（児玉 雅彦さん）、2 市民部長（阿部 美和子さん）。"
        "この段階は代理では判断できないため、事務局が担当を付け替えるか、後任が決まるまで待ちます。"
    ) in case


def test_who_stepped_aside_reads_that_on_the_page(stuck: Project) -> None:
    page = text_of(client_of("HQ-CHAIR").get(f"/p/{stuck.number}/"))

    assert "この案件の手続を辞退しているため、判断できません。" in page


def test_the_secretariat_finds_it_at_home_in_the_work_list_and_on_its_list(
    stuck: Project,
) -> None:
    clerk = client_of("SECRETARIAT")

    assert "担当できる職がない手続が 1件 あります。" in text_of(clerk.get("/"))
    assert "担当なし 1" in text_of(clerk.get("/inbox/"))
    page = text_of(clerk.get("/unheld/"))
    assert "本部長（副市長） 成田さん（辞退）" in page
    assert reassign_url(stuck) in page
    assert "担当できる職がない" not in text_of(client_of("PT-CHAIR").get("/"))


def test_nothing_waits_where_everybody_may_answer() -> None:
    a_project()
    clerk = client_of("SECRETARIAT")

    assert "付替えを待つ手続はありません" in text_of(clerk.get("/unheld/"))
    assert "担当できる職がない手続" not in text_of(clerk.get("/"))


def test_only_the_secretariat_has_the_list() -> None:
    page = client_of("PT-CHAIR").get("/unheld/")

    assert page.status_code == 403
    assert "担当できる職がない手続の一覧は、事務局が見ます。" in text_of(page)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_has_a_fixed_number_of_queries(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(count):
        case = a_project(to=StepKind.DECISION)
        assign_perm("edit_draft", holder("HQ-CHAIR"), case)
    clerk = client_of("SECRETARIAT")
    clerk.get("/unheld/")

    with django_assert_num_queries(LIST_QUERIES):
        page = clerk.get("/unheld/")

    assert len(page.context["rows"]) == count


LIST_QUERIES = 9


def test_a_place_is_moved_on_its_page(stuck: Project, office: City) -> None:
    clerk = client_of("SECRETARIAT")
    page = text_of(clerk.get(reassign_url(stuck)))
    assert "担当できる職がありません：本部長（副市長） 成田さん（辞退）" in page
    assert [card.title for card in clerk.get(reassign_url(stuck)).context["form"].cards()] == [
        "総務部長",
        "市民部長",
    ]

    done = clerk.post(
        reassign_url(stuck),
        {"post": office.post("DEPT-SOMUBU").pk, "comment": "本部長が辞退したため。"},
        follow=True,
    )

    assert messages_of(done) == [
        "「本部長 決裁」の担当を付け替えました。前の担当と新しい担当に、メールでもお知らせします。"
    ]
    assert said(stuck)[-1] == "REASSIGNED"
    assert the_slot(stuck).post.code == "DEPT-SOMUBU"
    page = text_of(done)
    assert "担当の付替え" in page
    assert "総務部長（前の担当：本部長（副市長））" in page
    assert "担当できる職がありません" not in page


@pytest.mark.parametrize(
    ("form", "problems"),
    [
        ({}, ["新しい担当を選んでください。", "理由を入力してください。"]),
        ({"post": "999999", "comment": TYPED}, ["新しい担当を、一覧から選んでください。"]),
        ({"post": "x", "comment": TYPED}, ["新しい担当を、一覧から選んでください。"]),
    ],
)
def test_what_is_missing_is_named_beside_its_field_and_nothing_typed_is_lost(
    stuck: Project, form: dict[str, str], problems: list[str]
) -> None:
    before = state_of()

    page = client_of("SECRETARIAT").post(reassign_url(stuck), form)

    assert page.status_code == 422
    text = text_of(page)
    assert [each for each in problems if each in text] == problems
    assert form.get("comment", "") in text
    assert state_of() == before


def test_who_was_first_is_told_to_the_second(stuck: Project, office: City) -> None:
    slot = the_slot(stuck)
    form = {"post": office.post("DEPT-SOMUBU").pk, "comment": TYPED}
    first, second, *_rest = office.holders("SECRETARIAT")
    client_of(first).post(reassign_url(stuck, slot), form)

    again = client_of(first).post(reassign_url(stuck, slot), form, follow=True)
    late = client_of(second).post(reassign_url(stuck, slot), form)

    assert messages_of(again) == ["すでに記録済みです。二重には記録されていません。"]
    assert late.status_code == 409
    assert f"{first.name}" in text_of(late)
    assert TYPED in text_of(late)
    assert said(stuck).count("REASSIGNED") == 1


def test_the_old_holder_who_answers_too_late_reads_who_moved_it(office: City) -> None:
    case = a_project()
    slot, head = the_slot(case), client_of("HEAD-SHIMIN")
    client_of("SECRETARIAT").post(
        reassign_url(case), {"post": office.post("DEPT-SHIMINBU").pk, "comment": "出張のため。"}
    )

    page = head.post(answer_url(slot), sent(slot, Outcome.APPROVED, comment=TYPED))

    assert page.status_code == 409
    assert "事務局" in text_of(page)
    assert "担当の付替え" in text_of(page)
    assert TYPED in text_of(page)


def test_where_no_seat_can_take_it_the_page_says_what_helps(stuck: Project) -> None:
    for code in ("DEPT-SOMUBU", "DEPT-SHIMINBU"):
        assign_perm("edit_draft", holder(code), stuck)

    page = text_of(client_of("SECRETARIAT").get(reassign_url(stuck)))

    assert "この段階を引き受けられる職が、いまはほかにありません" in page


def test_the_case_offers_the_move_to_the_secretariat_alone(stuck: Project) -> None:
    address = reassign_url(stuck)

    assert address in text_of(client_of("SECRETARIAT").get(f"/p/{stuck.number}/"))
    assert address not in text_of(client_of("PT-CHAIR").get(f"/p/{stuck.number}/"))


def test_a_place_of_another_case_has_no_page(stuck: Project) -> None:
    other = a_project(post="LEADER-ZEIMU", section="ZEIMU")

    page = client_of("SECRETARIAT").get(reassign_url(stuck, the_slot(other)))

    assert page.status_code == 404


def test_a_vacant_chair_is_told_with_who_stands_in(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    office.post("HQ-CHAIR").appointments.update(ends_on=TODAY)

    page = text_of(client_of("LEADER-SHIMIN").get(f"/p/{case.number}/"))

    assert "担当できる職がありません：本部長（副市長）（空席）" in page
    home = text_of(client_of("SECRETARIAT").get("/"))
    for shown in (page, home):
        assert "1 総務部長（児玉 雅彦さん）、2 市民部長（阿部 美和子さん）。" in shown
