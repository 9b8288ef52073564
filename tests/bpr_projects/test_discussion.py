"""議論: who reads and writes which level, questions, mentions, taking back, joining."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils.timezone import localdate

from bpr_projects import discussion, joining
from bpr_projects.access import ties_of, visible_to, voice_in, voice_of
from bpr_projects.enums import CommentKind, CommentLevel
from bpr_projects.models import Comment, Participant, Project
from roles.models import User, capacities_of
from tests.make import AT, a_delegation, a_draft, a_project, a_user, holder, say, withdraw
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

PARTIES, REVIEW, EVERYONE = CommentLevel.PARTIES, CommentLevel.REVIEW, CommentLevel.EVERYONE
LATER = AT + timedelta(minutes=30)

ALL = {PARTIES, REVIEW, EVERYONE}
OUTSIDE = {EVERYONE}
PARTY = {PARTIES, EVERYONE}

IN_REVIEW: dict[str, tuple[set[CommentLevel], set[CommentLevel]]] = {
    "LEADER-SHIMIN": (PARTY, PARTY),
    "HEAD-SHIMIN": (PARTY, PARTY),
    "DEPT-SHIMINBU": (ALL, ALL),  # sits in the 本部 too
    "SECRETARIAT": (ALL, ALL),
    "PT-FUKUSHI": (ALL, ALL),
    "PT-CHAIR": (ALL, ALL),
    "HQ-KYOIKU": (ALL, ALL),
    "HQ-CHAIR": (ALL, ALL),
    "AUDITOR": (ALL, set()),
    "LEADER-ZEIMU": (set(), set()),
    "SYSTEM-ADMIN": (set(), set()),
}
"""A case of 市民課 that the PT scores: post -> what its holder reads, and writes."""

ADOPTED = IN_REVIEW | {"LEADER-ZEIMU": (OUTSIDE, OUTSIDE), "SYSTEM-ADMIN": (PARTY, PARTY)}
"""The same when it runs: shared with all staff. The administrator works in the 事務局's section."""


def levels(case: Project, who: str) -> tuple[set[CommentLevel], set[CommentLevel]]:
    voice = voice_in(case, holder(who), AT)
    return set(voice.reads), set(voice.writes)


def write(
    case: Project, by: str | User = "LEADER-SHIMIN", level: CommentLevel = PARTIES, **more: Any
) -> Comment:
    values: dict[str, Any] = {"kind": CommentKind.REMARK, "text": "どう進めますか。", "at": AT}
    person = by if isinstance(by, User) else holder(by)
    return discussion.write(project=case, level=level, by=person, **{**values, **more})


def ask(case: Project, by: str = "PT-FUKUSHI", **more: Any) -> Comment:
    return write(case, by, kind=CommentKind.QUESTION, **more)


def answer(thread: Comment, by: str = "LEADER-SHIMIN", **more: Any) -> Comment:
    values: dict[str, Any] = {"text": "予約制にします。", "at": LATER}
    return discussion.answer(thread=thread, by=holder(by), **{**values, **more})


@pytest.fixture
def case(office: City) -> Project:
    return a_project(to=StepKind.REVIEW)


# --- levels ----------------------------------------------------------------------------------


def test_who_reads_and_writes_which_level_of_a_case_in_review(case: Project) -> None:
    assert {post: levels(case, post) for post in IN_REVIEW} == IN_REVIEW


def test_who_reads_and_writes_which_level_of_an_adopted_case(office: City) -> None:
    running = a_project(route="RT1", to=StepKind.OBSERVE)

    assert {post: levels(running, post) for post in ADOPTED} == ADOPTED


def test_a_draft_has_no_discussion(office: City) -> None:
    draft = a_draft()

    assert not voice_in(draft, draft.proposer, AT)
    with pytest.raises(discussion.NotAllowed):
        write(draft)


def test_a_confidential_case_is_closed_to_the_city(office: City) -> None:
    running = a_project(route="RT1", to=StepKind.OBSERVE)
    running.is_confidential = True
    running.save()

    assert levels(running, "LEADER-ZEIMU") == (set(), set())
    assert levels(running, "LEADER-SHIMIN") == (PARTY, PARTY)


def test_whoever_proposed_does_not_read_what_the_team_says_of_it(office: City) -> None:
    own = a_project(post="PT-FUKUSHI", to=StepKind.RECEPTION, section="SHIMIN")

    assert levels(own, "PT-FUKUSHI")[0] == PARTY
    assert levels(own, "PT-SHIMIN")[0] in (set(), ALL)


def test_a_deputy_reads_as_the_post_that_is_deputised(office: City, case: Project) -> None:
    assert levels(case, "LEADER-ZEIMU")[0] == set()

    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=holder("LEADER-ZEIMU"))

    assert levels(case, "LEADER-ZEIMU")[0] == PARTY


def test_nobody_without_a_job_reads_anything(office: City) -> None:
    running = a_project(route="RT1", to=StepKind.OBSERVE)
    gone = a_user(is_active=False)

    assert not voice_in(running, gone, AT)


def test_the_rule_of_one_case_agrees_with_the_rule_of_lists(office: City) -> None:
    cases = [
        a_project(),
        a_project(to=StepKind.REVIEW),
        a_project(route="RT3", to=StepKind.CONCURRENCE),
        a_project(route="RT1", to=StepKind.OBSERVE),
        a_project(post="SECRETARIAT", section="SHIMIN"),
    ]
    secret = a_project(route="RT1", to=StepKind.OBSERVE)
    Project.objects.filter(pk=secret.pk).update(is_confidential=True)
    ended = a_project()
    withdraw(ended)
    joined = a_project(to=StepKind.RECEPTION)
    zeimu = office.section("ZEIMU")
    Participant.objects.create(project=joined, section=zeimu, reason="JOINED", since=AT)
    pks = [each.pk for each in (*cases, secret, ended, joined)]
    ties = {pk: ties_of(Project.objects.get(pk=pk)) for pk in pks}

    on = localdate(AT)
    office.holder("LEADER-SHIMIN").appointments.update(ends_on=on)
    for person in User.objects.all():
        capacities = capacities_of(person, on)
        listed = set(visible_to(person, AT).filter(pk__in=pks).values_list("pk", flat=True))
        assert {pk for pk in pks if voice_of(person, capacities, ties[pk], on)} == listed, person


# --- writing ---------------------------------------------------------------------------------


def test_a_remark_is_written_as_the_post_that_speaks(case: Project) -> None:
    said = write(case)

    assert said.post is not None
    assert (said.post.code, said.written_at, said.level) == ("LEADER-SHIMIN", AT, PARTIES)


def test_nobody_writes_a_level_that_is_not_theirs(case: Project) -> None:
    with pytest.raises(discussion.NotAllowed, match="事務局・PT・本部の方だけ"):
        write(case, level=REVIEW)
    with pytest.raises(discussion.NotAllowed, match="読むことだけ"):
        write(case, "AUDITOR", EVERYONE)
    with pytest.raises(discussion.NotAllowed, match="閲覧できません"):
        write(case, "LEADER-ZEIMU", EVERYONE)
    assert not Comment.objects.exists()


def test_only_the_secretariat_advises(case: Project) -> None:
    with pytest.raises(discussion.NotAllowed, match="事務局です"):
        write(case, kind=CommentKind.ADVICE)

    advice = write(case, "SECRETARIAT", kind=CommentKind.ADVICE)

    assert advice.post is not None
    assert advice.post.code == "SECRETARIAT"


def test_a_question_is_not_asked_behind_the_proposer_s_back(case: Project) -> None:
    with pytest.raises(discussion.Unclear) as refusal:
        ask(case, level=REVIEW)

    assert set(refusal.value.problems) == {"level"}


def test_the_same_click_is_one_remark(case: Project) -> None:
    first, second = write(case), write(case, at=AT + timedelta(seconds=20))
    later = write(case, at=AT + timedelta(minutes=2))

    assert first == second
    assert later != first
    assert answer(first) == answer(first)
    assert Comment.objects.count() == 3


# --- questions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asks", "own_side", "other_side"),
    [
        ("PT-FUKUSHI", "PT-CHAIR", "HEAD-SHIMIN"),
        ("LEADER-SHIMIN", "HEAD-SHIMIN", "PT-CHAIR"),
        ("HEAD-SHIMIN", "LEADER-SHIMIN", "SECRETARIAT"),
    ],
    ids=["of-the-proposers", "of-the-team", "of-the-secretariat"],
)
def test_an_answer_of_the_other_side_settles_a_question(
    case: Project, asks: str, own_side: str, other_side: str
) -> None:
    question = ask(case, asks)
    for who in (asks, own_side):
        answer(question, who)
        question.refresh_from_db()
        assert discussion.is_open(question)

    answer(question, other_side)

    question.refresh_from_db()
    assert question.settled_by == holder(other_side)
    assert question.settled_at == LATER


@pytest.mark.parametrize("who", ["PT-FUKUSHI", "SECRETARIAT"])
def test_who_asked_and_the_secretariat_settle_a_question(case: Project, who: str) -> None:
    question = ask(case)

    for _click in range(2):
        discussion.settle(question=question, by=holder(who), at=LATER)

    question.refresh_from_db()
    assert question.settled_by == holder(who)


def test_others_do_not_settle_a_question_and_nobody_settles_it_again(case: Project) -> None:
    question = ask(case)
    with pytest.raises(discussion.NotAllowed, match=holder("PT-FUKUSHI").name):
        discussion.settle(question=question, by=holder("PT-CHAIR"), at=LATER)
    discussion.settle(question=question, by=holder("PT-FUKUSHI"), at=LATER)

    with pytest.raises(discussion.NotNow, match="5/11 09:30 に回答済み"):
        discussion.settle(question=question, by=holder("SECRETARIAT"), at=LATER)


def test_open_questions_are_counted_for_those_who_read_them(office: City) -> None:
    running = a_project(route="RT1", to=StepKind.OBSERVE)
    ask(running)
    settled = ask(running, text="いつからですか。")
    discussion.settle(question=settled, by=settled.written_by, at=AT)
    gone = ask(running, text="費用はいくらですか。")
    discussion.take_back(comment=gone, by=gone.written_by, at=AT)
    ask(running, "LEADER-ZEIMU", level=EVERYONE, text="税務課も使えますか。")

    counts = {
        who: voice_in(running, holder(who), AT).open_questions
        for who in ("LEADER-SHIMIN", "SECRETARIAT", "LEADER-ZEIMU")
    }

    assert counts == {"LEADER-SHIMIN": 2, "SECRETARIAT": 2, "LEADER-ZEIMU": 1}


def test_an_answer_has_the_level_of_its_thread_and_no_answers(case: Project) -> None:
    among_us = write(case, "PT-CHAIR", REVIEW)
    said = answer(among_us, "SECRETARIAT")

    assert (said.level, said.parent) == (REVIEW, among_us)
    with pytest.raises(discussion.NotAllowed):
        answer(among_us, "LEADER-SHIMIN")
    with pytest.raises(discussion.NotNow):
        answer(said, "SECRETARIAT")


# --- mentions, and taking back ---------------------------------------------------------------


def test_only_who_may_read_it_is_called(case: Project) -> None:
    called = [holder("SECRETARIAT"), holder("PT-FUKUSHI")]
    said = write(case, mentions=called)
    assert set(said.mentions.all()) == set(called)

    with pytest.raises(discussion.Unclear) as refusal:
        write(case, text="参考まで。", mentions=[holder("LEADER-ZEIMU"), holder("SECRETARIAT")])

    [sentence] = refusal.value.problems.values()
    assert set(refusal.value.problems) == {"mentions"}
    assert holder("LEADER-ZEIMU").name in sentence
    assert holder("SECRETARIAT").name not in sentence
    assert Comment.objects.count() == 1


def test_what_was_taken_back_stays_as_a_row(case: Project) -> None:
    said = write(case)
    with pytest.raises(discussion.NotAllowed, match="ご本人"):
        discussion.take_back(comment=said, by=holder("SECRETARIAT"), at=LATER)

    for minutes in (30, 40):
        discussion.take_back(comment=said, by=said.written_by, at=AT + timedelta(minutes=minutes))

    said.refresh_from_db()
    assert said.taken_back_at == LATER
    with pytest.raises(discussion.NotNow):
        answer(said, "SECRETARIAT")
    assert write(case, at=AT + timedelta(seconds=30)) != said


# --- joining ---------------------------------------------------------------------------------


@pytest.fixture
def running(office: City) -> Project:
    return a_project(route="RT1", to=StepKind.OBSERVE)


def join(case: Project, office: City, by: str = "LEADER-ZEIMU", section: str = "ZEIMU") -> Any:
    return joining.ask_to_join(
        project=case,
        section=office.section(section),
        reason="税の申告も同じ窓口です。",
        by=holder(by),
        at=AT,
    )


def respond(request: Any, by: str = "LEADER-SHIMIN", *, yes: bool = True, **more: Any) -> Any:
    return joining.answer_join(
        request=request,
        is_accepted=yes,
        reply="" if yes else "来年度に声をかけます。",
        by=holder(by),
        at=LATER,
        **more,
    )


def test_a_section_that_joined_reads_and_speaks_as_a_party(office: City, running: Project) -> None:
    asked = join(running, office)
    assert asked == join(running, office)
    assert levels(running, "STAFF-ZEIMU") == (OUTSIDE, OUTSIDE)

    respond(asked)
    respond(asked)

    assert levels(running, "STAFF-ZEIMU") == (PARTY, PARTY)
    assert Participant.objects.get(section__code="ZEIMU").reason == "JOINED"


def test_who_may_not_ask_or_answer_is_told_who_may(office: City, running: Project) -> None:
    with pytest.raises(discussion.NotAllowed, match="所属長とDX推進リーダー"):
        join(running, office, by="LEADER-KIKAKU")
    asked = join(running, office)
    with pytest.raises(discussion.NotAllowed, match="提案した側と事務局"):
        respond(asked, "LEADER-ZEIMU")


def test_a_request_is_answered_once_and_made_once(office: City, running: Project) -> None:
    asked = join(running, office)
    with pytest.raises(discussion.NotNow, match="申し出ています"):
        join(running, office, by="HEAD-ZEIMU")
    respond(asked, yes=False)

    with pytest.raises(discussion.NotNow, match="5/11 09:30 に 浅石 桃子さんが断っています"):
        respond(asked, "SECRETARIAT")
    with pytest.raises(discussion.NotNow, match="来年度に声をかけます"):
        join(running, office, by="HEAD-ZEIMU")


def test_a_section_of_the_case_does_not_ask_and_nobody_at_its_end(
    office: City, running: Project
) -> None:
    with pytest.raises(discussion.NotNow, match="すでにこの案件に関わっています"):
        join(running, office, by="LEADER-SHIMIN", section="SHIMIN")
    over = a_project(to=StepKind.DECISION)
    say(over, Outcome.NOT_ADOPTED)
    over.refresh_from_db()
    with pytest.raises(discussion.NotNow, match="不採択"):
        join(over, office, by="LEADER-SHIMIN", section="SHIMIN")
