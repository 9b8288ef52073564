"""訂正: the same post decides the words and conditions of a 決裁 anew; the result stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bpr_projects.enums import RevisionKind, Stage
from bpr_projects.models import Project
from tests.make import (
    AT,
    a_cycle,
    a_delegation,
    a_project,
    a_user,
    holder,
    record_phase,
    say,
    walk,
)
from tests.proof import assert_sound, refused
from tests.workflow.pages import client_of, text_of
from tests.workflow.rules import decided as rule_decided
from workflow import access, engine, sheet
from workflow.actions.cycles import ASKS
from workflow.actions.refusals import AlreadyDone, NotAllowed, NotFound, Unanswered
from workflow.enums import Outcome, RunKind, StepKind
from workflow.models import Condition, Decision, StepRun
from workflow.outcomes import FINAL, Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures_city import City

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]

LATER: Final = AT + timedelta(days=3)
BUDGET: Final = ("予算の成立を条件とする", "ZAISEI", "2027-03-31")
TRAINING: Final = ("開始の前に研修を行う", "SHIMIN", "2026-12-01")


@pytest.fixture(autouse=True)
def _at_work() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


def decided(outcome: Outcome = Outcome.ADOPTED_WITH_CONDITIONS) -> Project:
    project = a_project(to=StepKind.DECISION)
    say(project, outcome, comment="趣旨に賛同する。")
    return Project.objects.get(pk=project.pk)


def final_of(project: Project) -> Decision:
    said = Decision.objects.effective().filter(project=project, outcome__in=FINAL)
    return said.select_related("post", "step_run", "slot", "entry", "supersedes").latest("pk")


def correct(project: Project, *, shown: int = 0, **said: Any) -> Decision:
    answer = {"comment": "趣旨に賛同する。", "correction": "期限の誤記のため。", **said}
    return engine.correct(
        project=project,
        decision_id=shown or final_of(project).pk,
        answer=Answer(**answer),
        by=said.pop("by", None) or holder("HQ-CHAIR", LATER),
        at=LATER,
    )


def test_conditions_are_decided_anew_and_both_decisions_stand_in_the_history() -> None:
    project = decided()
    before = final_of(project)

    after = correct(project, conditions=(TRAINING,))

    assert (after.outcome, after.supersedes, after.slot) == (before.outcome, before, before.slot)
    assert (after.post, after.basis, after.decided_at) == (before.post, before.basis, LATER)
    assert final_of(project) == after
    assert {text.name: text.text for text in after.entry.texts.all()} == {
        "comment": "趣旨に賛同する。",
        "correction": "期限の誤記のため。",
        "condition_1": TRAINING[0],
    }
    project.refresh_from_db()
    assert project.stage == Stage.RUNNING
    lines = sheet.lines_of(sheet.dossier_of(project, LATER), [before, after], set())
    assert [(line.what, line.is_superseded) for line in lines] == [
        ("条件付き採択（訂正）", False),
        ("条件付き採択", True),
    ]
    assert_sound()


@pytest.mark.parametrize(
    ("outcome", "conditions", "corrected"),
    [
        (Outcome.ADOPTED, (TRAINING,), Outcome.ADOPTED_WITH_CONDITIONS),
        (Outcome.ADOPTED_WITH_CONDITIONS, (), Outcome.ADOPTED),
        (Outcome.NOT_ADOPTED, (TRAINING,), Outcome.NOT_ADOPTED),
    ],
)
def test_adopted_stays_adopted_and_refused_stays_refused(
    outcome: Outcome, conditions: tuple[Any, ...], corrected: Outcome
) -> None:
    project = decided(outcome)
    stage = project.stage

    after = correct(project, conditions=conditions, comment="言葉を改める。")

    assert after.outcome == corrected
    project.refresh_from_db()
    assert project.stage == stage
    assert_sound()


def test_the_reply_to_an_objection_goes_with_the_decision() -> None:
    project = a_project(route="RT3", to=StepKind.CONCURRENCE)
    say(project, Outcome.OBJECTED, comment="人手が足りない。")
    walk(project, to=StepKind.MEDIATION)
    say(project, Outcome.UNSETTLED)
    walk(project, to=StepKind.DECISION)
    say(project, Outcome.ADOPTED, comment="趣旨に賛同する。", reply="人を1人増やす。")

    after = correct(project, conditions=(TRAINING,))

    assert after.entry.texts.get(name="reply").text == "人を1人増やす。"


def test_what_was_reported_about_a_condition_that_stays_goes_with_it() -> None:
    project = decided()
    [condition] = Condition.objects.filter(project=project)
    report = engine.report_condition(
        condition_id=condition.pk,
        project=project,
        text="予算が成立した。",
        by=holder("HEAD-ZAISEI", LATER),
        at=LATER,
    )

    after = correct(project, conditions=(BUDGET, TRAINING))

    report.refresh_from_db()
    assert report.condition in after.conditions.all()
    assert report.condition.text == BUDGET[0]


def test_a_correction_is_corrected_again_and_the_stamp_is_the_first_ones(office: City) -> None:
    project = decided()
    correct(project, conditions=(TRAINING,))
    correct(project, conditions=(TRAINING, BUDGET))

    dossier = sheet.dossier_of(project, LATER)
    run = dossier.run_of(RunKind.PROJECT)
    assert run is not None
    column = sheet.columns_of(dossier, run)[0]
    assert column.stamp is not None
    assert (column.stamp.at, column.note) == (AT, "訂正 5/14")


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        ({"correction": " "}, {"correction": "訂正の理由を入力してください。"}),
        (
            {"conditions": (BUDGET,)},
            {"comment": "文言も条件も、いまの決裁と同じです。訂正するところを書き直してください。"},
        ),
        (
            {"conditions": (("研修", "SHIMIN", "2026-05-01"),)},
            {"conditions": "条件ごとに、内容・担当課・期限（明日から10年以内）を入れてください。"},
        ),
        (
            {"correction": "x" * 4001, "conditions": (TRAINING,)},
            {"correction": "4000字以内で、制御文字を含めずに入力してください。"},
        ),
    ],
)
def test_an_incomplete_correction_is_refused(
    said: dict[str, Any], problems: dict[str, str]
) -> None:
    project = decided()

    with refused(project, Unanswered) as refusal:
        correct(project, **said)

    assert refusal.value.problems == problems


def test_only_the_post_that_decided_corrects_and_nobody_in_its_place(office: City) -> None:
    project = decided()
    deputy = a_user()
    a_delegation(post=office.post("HQ-CHAIR"), deputy=deputy)
    for person in (deputy, office.holder("SECRETARIAT"), project.proposer):
        with refused(project, NotAllowed) as refusal:
            engine.correct(
                project=project,
                decision_id=final_of(project).pk,
                answer=Answer(correction="誤記", comment="別の言葉"),
                by=person,
                at=LATER,
            )
        assert (
            refusal.value.message
            == "訂正できるのは、決裁をした 本部長（副市長） の職にある方です。"
        )


def test_what_is_not_decided_is_not_corrected() -> None:
    project = a_project(to=StepKind.DECISION)

    with refused(project, NotAllowed) as refusal:
        correct(project, shown=Decision.objects.filter(project=project).earliest("pk").pk)

    assert refusal.value.message == "決裁ではないため、訂正するものがありません。"


def test_the_decision_of_a_rule_is_not_corrected_and_its_page_says_so(office: City) -> None:
    route = rule_decided(at=AT)
    final = Decision.objects.get(run__rule=route, outcome__in=FINAL)
    chair = holder("HQ-CHAIR", LATER)
    sentence = "規則の決裁は訂正できません。文言を改めるときは、次の版を起こして決裁を受けます。"

    permit = access.may_correct(chair, final, LATER)

    assert (bool(permit), permit.reason) == (False, sentence)
    assert sentence in text_of(client_of("HQ-CHAIR").get("/routes/RT2/2/"))
    assert sentence not in text_of(client_of("HQ-CHAIR").get("/routes/RT2/1/"))


def test_a_second_click_corrects_nothing_again() -> None:
    project = decided()
    shown = final_of(project).pk
    correct(project, shown=shown, conditions=(TRAINING,))

    with refused(project, AlreadyDone):
        correct(project, shown=shown, conditions=(BUDGET, TRAINING))


# --- the page ---------------------------------------------------------------------------------


def address_of(project: Project) -> str:
    return f"/p/{project.reference}/decisions/{final_of(project).pk}/correct/"


def sent(**more: str) -> dict[str, str]:
    return {
        "comment": "趣旨に賛同する。",
        "correction": "期限の誤記のため。",
        "conditions-rows": "1",
        "conditions-0-text": TRAINING[0],
        "conditions-0-section": TRAINING[1],
        "conditions-0-due": TRAINING[2],
        **more,
    }


def test_the_page_shows_the_decision_as_it_stands_and_records_the_correction() -> None:
    project = decided()
    address = address_of(project)
    client = client_of("HQ-CHAIR")

    page = text_of(client.get(address))
    case = text_of(client.get(f"/p/{project.reference}/"))
    response = client.post(address, sent(), follow=True)

    assert BUDGET[0] in page
    assert "趣旨に賛同する。" in page
    assert address in case
    assert "決裁を訂正しました。" in text_of(response)
    assert [each.text for each in final_of(project).conditions.all()] == [TRAINING[0]]


def test_nothing_typed_is_lost_and_a_row_is_added_without_deciding() -> None:
    project = decided()
    address = address_of(project)
    client = client_of("HQ-CHAIR")
    before = final_of(project)

    wrong = client.post(address, sent(correction=""))
    longer = client.post(address, sent(add_condition="1"))

    assert wrong.status_code == 422
    assert "訂正の理由を入力してください。" in text_of(wrong)
    assert TRAINING[0] in text_of(wrong)
    assert 'name="conditions-1-text"' in text_of(longer)
    assert final_of(project) == before


def test_an_old_login_is_asked_for_the_password() -> None:
    project = decided()
    address = address_of(project)
    client = client_of("HQ-CHAIR", is_fresh=False)

    response = client.post(address, sent(password="wrong"))

    assert response.status_code == 422
    assert "パスワードが違います。" in text_of(response)
    assert TRAINING[0] in text_of(response)


def test_the_page_asks_the_same_for_one_condition_and_for_three() -> None:
    project, client, asked = decided(), client_of("HQ-CHAIR"), []
    for conditions in ((TRAINING,), (BUDGET, TRAINING, ("記録を残す", "ZEIMU", "2027-03-31"))):
        correct(project, conditions=conditions)
        address = address_of(project)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address)
        asked.append((len(page.context["line"].conditions), len(queries)))

    assert [conditions for conditions, _queries in asked] == [1, 3]
    assert asked[0][1] == asked[1][1] <= 12


def test_the_second_click_of_the_page_is_good_news() -> None:
    project = decided()
    address = address_of(project)
    client = client_of("HQ-CHAIR")
    form = sent()
    client.post(address, form)

    again = client.post(address, form, follow=True)

    assert "二重には記録されていません。" in text_of(again)
    assert (
        Decision.objects.filter(project=project, outcome=Outcome.ADOPTED_WITH_CONDITIONS).count()
        == 2
    )


# --- 変更, 中止, 横展開, 完了 -------------------------------------------------------------------


def asked_of_headquarters(kind: RevisionKind, *, route: str = "RT1") -> Project:
    """A running case whose question about it was adopted with a condition."""
    project = a_project(route=route, to=StepKind.OBSERVE)
    if kind == RevisionKind.CHANGE:
        for content in ({}, {}, {"cost": 50_000}):
            record_phase(project, content=content)
    else:
        result = next(each for each, asks in ASKS.items() if asks == kind)
        a_cycle(project, result=result, lesson="紙の控えは要らない。")
    walk(project, to=StepKind.DECISION)
    say(project, Outcome.ADOPTED_WITH_CONDITIONS, comment="趣旨に賛同する。")
    return Project.objects.get(pk=project.pk)


QUESTIONS: Final = (
    RevisionKind.CHANGE,
    RevisionKind.STOP,
    RevisionKind.ROLLOUT,
    RevisionKind.COMPLETION,
)


@pytest.mark.parametrize("kind", QUESTIONS)
def test_the_decision_of_a_question_is_corrected_and_all_else_stays(kind: RevisionKind) -> None:
    project = asked_of_headquarters(kind)
    before = final_of(project)
    stage, ended, steps = project.stage, project.ended_at, StepRun.objects.count()

    after = correct(project, conditions=(TRAINING,))

    assert (after.run, after.revision, after.supersedes) == (before.run, before.revision, before)
    assert after.revision is not None
    assert (after.outcome, after.revision.kind) == (Outcome.ADOPTED_WITH_CONDITIONS, kind)
    assert [each.text for each in after.conditions.all()] == [TRAINING[0]]
    project.refresh_from_db()
    assert (project.stage, project.ended_at, StepRun.objects.count()) == (stage, ended, steps)
    assert_sound()


def test_it_is_the_decision_that_is_corrected_not_the_newest_one(office: City) -> None:
    project = asked_of_headquarters(RevisionKind.COMPLETION)
    of_proposal = Decision.objects.get(
        project=project, run__kind=RunKind.PROJECT, outcome__in=FINAL
    )
    deciding = office.holder(of_proposal.post.code)
    completion = final_of(project)

    after = engine.correct(
        project=project,
        decision_id=of_proposal.pk,
        answer=Answer(comment="言葉を改める。", correction="誤記のため。"),
        by=deciding,
        at=LATER,
    )

    assert of_proposal.post != completion.post
    assert (after.run, after.post) == (of_proposal.run, of_proposal.post)
    assert not Decision.objects.filter(supersedes=completion).exists()
    with refused(project, NotAllowed):
        engine.correct(
            project=project,
            decision_id=after.pk,
            answer=Answer(comment="別の言葉", correction="誤記のため。"),
            by=holder("HQ-CHAIR", LATER),
            at=LATER,
        )


def test_a_history_asks_no_more_where_more_may_be_corrected() -> None:
    client = client_of("HQ-CHAIR")
    offered, asked = [], []
    for route in ("RT1", "RT2"):  # decided by standing rule, and by headquarters
        project = asked_of_headquarters(RevisionKind.COMPLETION, route=route)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"/p/{project.reference}/history/")
        offered.append(len(page.context["correctable"]))
        asked.append(len(queries))

    assert offered == [1, 2]
    assert asked[0] == asked[1] <= 12


def test_each_decision_leads_to_its_own_correction() -> None:
    project = asked_of_headquarters(RevisionKind.COMPLETION)
    before = final_of(project)
    address, history = address_of(project), f"/p/{project.reference}/history/"
    evidence = f"/p/{project.reference}/decisions/%s/"
    client = client_of("HQ-CHAIR")

    offered = text_of(client.get(history)), text_of(client.get(evidence % before.pk))
    done = client.post(address, sent(), follow=True)
    after = final_of(project)
    then = text_of(client.get(history))

    assert all(f'href="{address}"' in page for page in offered)
    assert "決裁を訂正しました。" in text_of(done)
    assert f'href="{address}"' not in then
    assert f'href="{address_of(project)}"' in then
    old, new = (text_of(client.get(evidence % each.pk)) for each in (before, after))
    assert f'href="{evidence % after.pk}"' in old
    assert f'href="{evidence % before.pk}"' in new
    assert "決裁を訂正する" not in old
    assert "決裁を訂正する" in new
    for other in ("LEADER-SHIMIN", "SECRETARIAT", "HEAD-SHIMIN"):
        assert "決裁を訂正する" not in text_of(client_of(other).get(history))


def test_what_was_corrected_before_says_who_decided_anew() -> None:
    project = decided()
    address = address_of(project)
    correct(project, conditions=(TRAINING,))

    page = client_of("HQ-CHAIR").get(address)

    assert page.status_code == 409
    assert "条件付き採択" in text_of(page)


def test_the_decision_of_another_case_is_not_found() -> None:
    project, other = decided(), decided()
    address = f"/p/{project.reference}/decisions/{final_of(other).pk}/correct/"

    assert client_of("HQ-CHAIR").get(address).status_code == 404
    with refused(project, NotFound):
        correct(project, shown=final_of(other).pk)
