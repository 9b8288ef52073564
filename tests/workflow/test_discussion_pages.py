"""The pages of 議論 and of 参加の申出: what they show, to whom, and what comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.urls import reverse

from bpr_projects import discussion, joining
from bpr_projects.enums import CommentKind, CommentLevel
from bpr_projects.models import Comment, JoinRequest, Participant
from tests.make import AT, a_draft, a_project, a_user, an_appointment, holder
from tests.workflow.pages import TYPED, client_of, messages_of, text_of
from workflow.enums import StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

PARTIES, REVIEW, EVERYONE = CommentLevel.PARTIES, CommentLevel.REVIEW, CommentLevel.EVERYONE
LATER = AT + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def case(office: City) -> Project:
    return a_project(to=StepKind.REVIEW)


@pytest.fixture
def running(office: City) -> Project:
    return a_project(route="RT1", to=StepKind.OBSERVE)


def url(case: Project, name: str = "project-discussion", *more: object) -> str:
    return reverse(name, args=[case.reference, *more])


def said(case: Project, by: str = "LEADER-SHIMIN", **more: Any) -> Comment:
    values: dict[str, Any] = {
        "kind": CommentKind.REMARK,
        "level": PARTIES,
        "text": "窓口の人数は足りますか。",
        "at": AT,
    }
    return discussion.write(project=case, by=holder(by), **{**values, **more})


def form(**more: str) -> dict[str, str]:
    return {"text": TYPED, "kind": "REMARK", "level": "PARTIES", **more}


def page_of(who: str | Client, case: Project, query: str = "") -> str:
    client = client_of(who) if isinstance(who, str) else who
    response = client.get(url(case) + query)
    assert response.status_code == 200
    return text_of(response)


# --- reading ---------------------------------------------------------------------------------


def test_everybody_reads_what_is_for_them_and_nothing_else(case: Project) -> None:
    said(case, text="関係者だけの話です。")
    said(case, "PT-CHAIR", level=REVIEW, text="審査する側の話です。")

    proposer, team = page_of("LEADER-SHIMIN", case), page_of("PT-FUKUSHI", case)

    assert "関係者だけの話です。" in proposer
    assert "審査する側の話です。" not in proposer
    assert 'value="REVIEW"' not in proposer
    assert "関係者だけの話です。" in team
    assert "審査する側の話です。" in team
    assert client_of("LEADER-ZEIMU").get(url(case)).status_code == 404


def test_an_auditor_reads_and_is_told_why_there_is_no_form(case: Project) -> None:
    said(case, "PT-CHAIR", level=REVIEW, text="審査する側の話です。")

    page = page_of("AUDITOR", case)

    assert "審査する側の話です。" in page
    assert "読むことだけができます" in page
    assert '<textarea name="text"' not in page


def test_a_draft_says_when_the_discussion_begins(office: City) -> None:
    draft = a_draft()

    page = page_of("LEADER-SHIMIN", draft)

    assert "議論は、提出のあとに始められます" in page
    assert '<textarea name="text"' not in page
    assert client_of("LEADER-SHIMIN").post(url(draft), form()).status_code == 403


def test_open_questions_come_first_and_are_counted(case: Project) -> None:
    said(case, "PT-FUKUSHI", kind=CommentKind.QUESTION, text="費用はいくらですか。")
    said(case, text="動線図を添付しました。")

    page = page_of("LEADER-SHIMIN", case)

    assert page.index("費用はいくらですか。") < page.index("動線図を添付しました。")
    assert "回答を待っている質問" in page
    assert "未回答の質問" in page


def test_what_was_taken_back_is_not_in_the_page(case: Project) -> None:
    remark = said(case, text="言い過ぎました。")
    discussion.take_back(comment=remark, by=remark.written_by, at=AT)

    page = page_of("SECRETARIAT", case)

    assert "言い過ぎました。" not in page
    assert "（取り消されました）" in page


def test_pages_of_threads_lose_and_repeat_nothing(case: Project) -> None:
    for n in range(23):
        said(case, text=f"意見その{n:02}。", at=AT + timedelta(seconds=n))
    for n in range(21):
        said(case, "PT-FUKUSHI", kind=CommentKind.QUESTION, text=f"質問その{n:02}。", at=AT)
    client, query, seen = client_of("SECRETARIAT"), "", []
    while True:
        response = client.get(url(case) + query)
        threads = response.context["threads"]
        seen += [each.first.comment.text for each in threads.rows]
        if not threads.after:
            break
        query = f"?after={threads.after}"

    assert seen == [f"質問その{n:02}。" for n in reversed(range(21))] + [
        f"意見その{n:02}。" for n in reversed(range(23))
    ]


def test_a_link_to_a_remark_opens_the_page_that_holds_it(case: Project) -> None:
    old = said(case, text="いちばん古い意見。")
    answer = discussion.answer(thread=old, text="その返信。", by=holder("HEAD-SHIMIN"), at=AT)
    question = said(case, "PT-FUKUSHI", kind=CommentKind.QUESTION, text="古い質問。")
    for n in range(45):
        said(case, text=f"意見その{n:02}。", at=AT + timedelta(seconds=n))
    client = client_of("PT-FUKUSHI")

    for remark in (old, answer):
        page = client.get(f"{url(case)}?thread={remark.pk}")
        assert f'id="c{remark.pk}"' in text_of(page)
        assert len(page.context["threads"].rows) == 2
        assert not page.context["is_first"]
    assert client.get(f"{url(case)}?thread={question.pk}").context["is_first"]

    settled = client.post(f"{url(case)}{question.pk}/settle/")
    assert settled["Location"] == f"{url(case)}?thread={question.pk}#c{question.pk}"
    assert f'id="c{question.pk}"' in text_of(client.get(settled["Location"]))
    assert not client.get(settled["Location"]).context["is_first"]


def test_a_link_to_a_remark_tells_nobody_of_others(case: Project) -> None:
    hidden = said(case, "PT-CHAIR", level=REVIEW, text="内々の意見。")
    for n in range(25):
        said(case, text=f"意見その{n:02}。", at=AT + timedelta(seconds=n))

    page = client_of("LEADER-SHIMIN").get(f"{url(case)}?thread={hidden.pk}")

    assert page.context["is_first"]
    assert "内々の意見。" not in text_of(page)


@pytest.mark.parametrize("thread", ["", "x", "0", "9" * 30, "-1", "１"])  # noqa: RUF001
def test_a_link_to_no_remark_opens_the_first_page(case: Project, thread: str) -> None:
    response = client_of("SECRETARIAT").get(url(case), {"thread": thread})

    assert (response.status_code, response.context["is_first"]) == (200, True)


@pytest.mark.parametrize("query", ["?after=9-1", "?after=x", "?after=0-" + "9" * 30, "?after=0-1"])
def test_a_cursor_that_means_nothing_is_no_failure(case: Project, query: str) -> None:
    assert client_of("SECRETARIAT").get(url(case) + query).status_code == 200


@pytest.mark.slow
def test_query_count_is_fixed_and_the_page_stays_light(
    case: Project, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of("LEADER-SHIMIN")
    said(case)
    client.get(url(case))
    with django_assert_max_num_queries(12) as before:
        client.get(url(case))
    for n in range(60):
        thread = said(case, text=f"意見その{n}。", mentions=[holder("SECRETARIAT")])
        said(case, "PT-FUKUSHI", kind=CommentKind.QUESTION, text=f"質問{n}。")
        said(case, "PT-CHAIR", level=REVIEW, text=f"内々{n}。")
        discussion.answer(thread=thread, text="はい。", by=holder("HEAD-SHIMIN"), at=AT)
    with django_assert_max_num_queries(12) as after:
        response = client.get(url(case))

    assert len(after) == len(before)
    assert len(response.content) < 200_000


# --- writing ---------------------------------------------------------------------------------


def test_a_remark_is_written_and_its_people_are_called(case: Project) -> None:
    told = holder("SECRETARIAT")
    response = client_of("LEADER-SHIMIN").post(
        url(case),
        form(text=f"@{told.name} ご確認ください。", mentions=holder("PT-FUKUSHI").name),
        follow=True,
    )

    remark = Comment.objects.get()
    assert set(remark.mentions.all()) == {told, holder("PT-FUKUSHI")}
    assert "メールで知らせます" in messages_of(response)[0]
    assert f"<mark>@{told.name}</mark>" in text_of(response)


def test_a_second_click_writes_nothing_again(case: Project) -> None:
    client = client_of("LEADER-SHIMIN")
    for _click in range(2):
        assert client.post(url(case), form()).status_code == 302

    assert Comment.objects.count() == 1


def test_an_answer_settles_the_question(case: Project) -> None:
    question = said(case, "PT-FUKUSHI", kind=CommentKind.QUESTION)

    client_of("LEADER-SHIMIN").post(url(case), {"text": "足ります。", "parent": question.pk})

    page = page_of("PT-FUKUSHI", case)
    assert "回答済みの質問" in page
    assert "足ります。" in page
    assert "回答を待っている質問" not in page


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"text": ""}, "コメントを入力してください。"),
        ({"text": "あ" * 2001}, "2000"),
        ({"text": f"{TYPED}\x00"}, "制御文字"),
        ({"text": f"{TYPED}\u202e"}, "制御文字"),
        ({"level": "REVIEW"}, "REVIEW"),
        ({"kind": "ADVICE"}, "ADVICE"),
        ({"mentions": "山田 太郎"}, "「山田 太郎」という職員は見つかりません"),
        ({"text": f"{TYPED} @謎の人 いかがですか。"}, "「謎の人」という職員は見つかりません"),
        ({"mentions": "田中 彩"}, "この案件の「関係者」のコメントを読めない"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_keeps_the_text(
    case: Project, sent: dict[str, str], sentence: str
) -> None:
    response = client_of("LEADER-SHIMIN").post(url(case), form(**sent))

    page = text_of(response)
    assert response.status_code == 422
    assert sentence in page
    assert sent.get("text", TYPED).replace("\x00", "")[:10] in page
    assert not Comment.objects.exists()


def test_people_of_the_same_name_are_told_apart_by_where_they_work(
    office: City, case: Project
) -> None:
    twin = a_user(name=holder("HEAD-SHIMIN").name)
    an_appointment(post=office.post("STAFF-ZAISEI"), person=twin)
    client, name = client_of("LEADER-SHIMIN"), holder("HEAD-SHIMIN").name

    refused = client.post(url(case), form(mentions=name))
    taken = client.post(url(case), form(mentions=f"{name}（{office.section('SHIMIN').name}）"))

    assert "2人います" in text_of(refused)
    assert taken.status_code == 302
    assert [*Comment.objects.get().mentions.all()] == [holder("HEAD-SHIMIN")]


def test_a_hundred_unknown_names_are_not_all_told(case: Project) -> None:
    text = "".join(f"@謎{n}の人 " for n in range(100))

    page = text_of(client_of("LEADER-SHIMIN").post(url(case), form(text=text)))

    assert page.count("という職員は見つかりません") <= 10


def test_mail_addresses_call_nobody(case: Project) -> None:
    text = "info@city.kazuno.lg.jp へお願いします。 @home も。"

    assert client_of("LEADER-SHIMIN").post(url(case), form(text=text)).status_code == 302


HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "一行目\r\nBcc: all@example.jp\r\n\r\n三行目",
    "שלום עולם 🏢👩\u200d💻 𠮷野家",
    "{{ project }}{% url 'x' %}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(case: Project, text: str) -> None:
    client = client_of("LEADER-SHIMIN")
    response = client.post(url(case), form(text=text), follow=True)

    assert response.status_code == 200
    assert b"<script>alert" not in response.content
    assert b"<img src=x" not in response.content
    assert Comment.objects.get().text == text.replace("\r\n", "\n")
    assert text.splitlines()[0] in text_of(response)


REFUSED = ["あ" * 10_000, "NUL\x00のある文章です。", "右から\u202e左へ読ませる文章です。"]


@pytest.mark.parametrize("text", [*HOSTILE, *REFUSED])
def test_no_field_fails_on_hostile_text(office: City, running: Project, text: str) -> None:
    asked = joining.ask_to_join(
        project=running,
        section=office.section("KIKAKU"),
        reason="総合計画に関わります。",
        by=holder("LEADER-KIKAKU"),
        at=AT,
    )
    thread = said(running)
    zeimu = office.section("ZEIMU").pk
    sent: list[tuple[str, str, dict[str, Any]]] = [
        ("LEADER-SHIMIN", url(running), {"text": text, "parent": thread.pk}),
        ("LEADER-SHIMIN", url(running), form(mentions=text)),
        ("LEADER-SHIMIN", url(running), form(kind=text, level=text)),
        ("LEADER-ZEIMU", url(running, "project-join"), {"section": zeimu, "reason": text}),
        ("LEADER-ZEIMU", url(running, "project-join"), {"section": text, "reason": TYPED}),
        (
            "LEADER-SHIMIN",
            url(running, "join-answer", asked.pk),
            {"verdict": "NO", "reply": text},
        ),
    ]

    statuses = {client_of(who).post(address, data).status_code for who, address, data in sent}
    shown = client_of("LEADER-SHIMIN").get(url(running)).content
    joins = client_of("LEADER-SHIMIN").get(url(running, "project-join")).content

    assert statuses <= {302, 422}
    assert b"<script>alert" not in shown + joins
    assert b"<img src=x" not in shown + joins
    if text in REFUSED:
        assert Comment.objects.count() == 1
        assert JoinRequest.objects.get().is_accepted is None


def test_a_level_that_is_not_one_s_own_is_refused_with_the_text(running: Project) -> None:
    thread = said(running)
    stranger = client_of("LEADER-ZEIMU")

    assert stranger.post(url(running), {"text": TYPED, "parent": thread.pk}).status_code == 404
    auditor = client_of("AUDITOR").post(url(running), form())
    assert auditor.status_code == 403
    assert TYPED in text_of(auditor)


def test_typed_text_outlives_the_session(case: Project) -> None:
    client = client_of("LEADER-SHIMIN")
    client.logout()

    response = client.post(url(case), form())

    assert TYPED in text_of(response)


# --- settling and taking back ----------------------------------------------------------------


def test_only_who_may_settles(case: Project) -> None:
    question = said(case, "PT-FUKUSHI", kind=CommentKind.QUESTION)
    settle = url(case, "comment-settle", question.pk)

    assert client_of("LEADER-SHIMIN").post(settle).status_code == 403
    assert client_of("LEADER-ZEIMU").post(settle).status_code == 404
    assert client_of("PT-FUKUSHI").post(settle).status_code == 302
    second = client_of("SECRETARIAT").post(settle)
    assert second.status_code == 409
    assert holder("PT-FUKUSHI").name in text_of(second)


def test_one_s_own_remark_is_taken_back_after_a_question(case: Project) -> None:
    remark = said(case)
    address = url(case, "comment-take-back", remark.pk)
    client = client_of("LEADER-SHIMIN")

    assert remark.text in text_of(client.get(address))
    remark.refresh_from_db()
    assert remark.taken_back_at is None
    assert client_of("SECRETARIAT").post(address).status_code == 403
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 302
    remark.refresh_from_db()
    assert remark.taken_back_at == LATER


def test_foreign_remarks_have_no_address(case: Project, running: Project) -> None:
    remark = said(running)
    hidden = said(case, "PT-CHAIR", level=REVIEW)
    client = client_of("LEADER-SHIMIN")

    for name in ("comment-settle", "comment-take-back"):
        assert client.post(url(case, name, remark.pk)).status_code == 404
        assert client.post(url(case, name, hidden.pk)).status_code == 404
    for parent in (str(remark.pk), str(hidden.pk), "x", "9" * 30):
        assert client.post(url(case), {"text": TYPED, "parent": parent}).status_code == 404


# --- joining ---------------------------------------------------------------------------------


def test_a_section_asks_and_is_accepted(office: City, running: Project) -> None:
    client = client_of("LEADER-ZEIMU")
    assert "参加を申し出る" in page_of(client, running)
    sent = {"section": office.section("ZEIMU").pk, "reason": TYPED}
    for _click in range(2):
        assert client.post(url(running, "project-join"), sent).status_code == 302
    asked = JoinRequest.objects.get()
    assert "1件の申出が、返事を待っています" in page_of("LEADER-SHIMIN", running)

    answer = client_of("LEADER-SHIMIN").post(
        url(running, "join-answer", asked.pk), {"verdict": "YES"}, follow=True
    )

    assert "参加しています" in text_of(answer)
    assert Participant.objects.filter(section__code="ZEIMU", reason="JOINED").exists()


def test_a_no_needs_its_reason_and_is_said_to_who_comes_later(
    office: City, running: Project
) -> None:
    asked = joining.ask_to_join(
        project=running,
        section=office.section("ZEIMU"),
        reason="税の申告も同じ窓口です。",
        by=holder("LEADER-ZEIMU"),
        at=AT,
    )
    address = url(running, "join-answer", asked.pk)
    client = client_of("LEADER-SHIMIN")

    bare = client.post(address, {"verdict": "NO"})
    assert (bare.status_code, "断る理由を入力してください。" in text_of(bare)) == (422, True)
    assert client.post(address, {"verdict": "NO", "reply": "来年度に。"}).status_code == 302

    late = client_of("SECRETARIAT").post(address, {"verdict": "YES", "reply": TYPED})
    assert late.status_code == 409
    assert "断っています" in text_of(late)
    assert TYPED in text_of(late)
    again = client_of("HEAD-ZEIMU").post(url(running, "project-join"), {"reason": TYPED})
    assert (again.status_code, "断っています" in text_of(again)) == (403, True)
    assert TYPED in text_of(again)


def test_reasons_are_for_parties_and_for_who_asked(office: City, running: Project) -> None:
    joining.ask_to_join(
        project=running,
        section=office.section("ZEIMU"),
        reason="税の申告も同じ窓口です。",
        by=holder("LEADER-ZEIMU"),
        at=AT,
    )
    address = url(running, "project-join")

    shown = {
        who: "税の申告も同じ窓口です。" in text_of(client_of(who).get(address))
        for who in ("LEADER-SHIMIN", "SECRETARIAT", "HEAD-ZEIMU", "LEADER-KIKAKU")
    }

    assert shown == {
        "LEADER-SHIMIN": True,
        "SECRETARIAT": True,
        "HEAD-ZEIMU": True,
        "LEADER-KIKAKU": False,
    }
    assert client_of("LEADER-KIKAKU").post(url(running, "join-answer", 1)).status_code == 404


def test_the_page_of_requests_asks_a_fixed_number_of_questions(
    office: City, running: Project, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of("SECRETARIAT")
    client.get(url(running, "project-join"))
    counts = []
    for code in ("ZEIMU", "KIKAKU", "ZAISEI"):
        joining.ask_to_join(
            project=running,
            section=office.section(code),
            reason="関わります。",
            by=holder(f"LEADER-{code}"),
            at=AT,
        )
        with django_assert_max_num_queries(12) as asked:
            client.get(url(running, "project-join"))
        counts.append(len(asked))

    assert len(set(counts)) == 1
