"""A version of a route from its draft to the day it holds: through the one door, by two others."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction

from bpr_projects.enums import RevisionKind
from bpr_projects.models import Project, Revision
from records import ledger
from records.models import LedgerEntry
from roles.models import Appointment, Post
from tests.make import AT, a_delegation, a_project, holder, the_run, walk
from tests.make import say as say_in
from tests.proof import assert_sound, state_of
from tests.workflow.rules import (
    CHAIR,
    HEAD,
    LATER,
    a_draft,
    change,
    decided,
    in_force,
    open_slot,
    propose,
    say,
)
from workflow import engine
from workflow.actions import route_versions
from workflow.actions.refusals import (
    AlreadyDone,
    NotAllowed,
    Refusal,
    Unanswered,
    Unroutable,
)
from workflow.enums import Outcome, RouteState, RunState, SlotState, StepKind
from workflow.management.worklist import faults, rebuild
from workflow.models import Route, RouteStep, Run, Slot, StepRun, WorkItem
from workflow.outcomes import Answer
from workflow.routing import findings_of

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = pytest.mark.django_db


def rules_of(code: str = "RT2") -> list[tuple[int, str, date, date | None]]:
    """What holds when."""
    rows = Route.objects.filter(code=code).order_by("version")
    return list(rows.values_list("version", "state", "effective_from", "effective_to"))


FIRST = date(2026, 4, 1)


# --- the shipped rules, and drafts ------------------------------------------------------------


def test_the_shipped_routes_stand_up_to_every_check(office: City) -> None:
    day = date(2026, 3, 31)
    found = {}
    for route in Route.objects.all():
        text = route_versions.text_of(route)
        ground = route_versions.ground_of(text, day)
        found[route.code] = [each.field for each in findings_of(text, ground)]

    assert found == {code: ["purpose", "effective_from"] for code in found}
    assert sorted(found) == ["RT1", "RT2", "RT3", "RT4", "RT5", "RT6", "RT8", "RT9"]


def test_a_draft_is_a_copy_that_no_case_takes(office: City) -> None:
    draft = a_draft()

    assert route_versions.text_of(draft).steps == route_versions.text_of(in_force("RT2")).steps
    assert rules_of() == [
        (1, RouteState.ACTIVE, FIRST, None),
        (2, RouteState.DRAFT, LATER, None),
    ]
    assert list(draft.authors.all()) == [holder("SECRETARIAT")]
    assert the_run(a_project(route="RT2", at=AT + timedelta(days=60))).route == in_force("RT2")
    assert ledger.verify().ok


def test_of_each_code_one_draft_is_written_at_a_time(office: City) -> None:
    draft = a_draft()

    with pytest.raises(route_versions.DraftExists) as exists, transaction.atomic():
        route_versions.start_draft(of=draft, by=holder("SECRETARIAT"), effective_from=LATER)

    assert exists.value.draft == draft
    assert Route.objects.filter(code="RT2").count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        Route.objects.create(
            code="RT2", version=9, name="x", priority=1, clause="x", effective_from=LATER
        )


def test_who_saves_on_an_older_save_is_refused(office: City) -> None:
    draft = a_draft()
    stale = draft.draft_version

    with transaction.atomic():
        route_versions.write(draft, stale, holder("SECRETARIAT"))
    with pytest.raises(Refusal) as refusal, transaction.atomic():
        route_versions.write(draft, stale, holder("SECRETARIAT"))

    assert refusal.value.message == (
        "この案は、別の画面で保存されています。いまの内容を確かめてください。"
    )


def test_steps_are_moved_and_taken_out_without_gaps(office: City) -> None:
    draft = a_draft()

    route_versions.move_step(draft, 5, -1)
    route_versions.move_step(draft, 1, -1)
    route_versions.remove_step(draft, 3)

    assert list(draft.steps.order_by("order").values_list("order", "kind")) == [
        (1, "CONFIRMATION"),
        (2, "RECEPTION"),
        (3, "APPROVAL"),
        (4, "REFERRAL"),
        (5, "DECISION"),
        (6, "CIRCULATION"),
    ]


def test_a_draft_that_was_never_proposed_leaves_no_trace(office: City) -> None:
    draft = a_draft()
    steps = RouteStep.objects.count()

    route_versions.discard(draft)

    assert rules_of() == [(1, RouteState.ACTIVE, FIRST, None)]
    assert RouteStep.objects.count() == steps - 7


# --- proposing --------------------------------------------------------------------------------


def test_only_a_clean_draft_is_proposed(office: City) -> None:
    draft = a_draft()
    change(draft, "プロジェクトチーム 審査", quorum=7)
    before = state_of()

    with pytest.raises(engine.Unclean) as unclean:
        propose(draft)

    assert [(each.field, each.step) for each in unclean.value.findings] == [("quorum", 3)]
    assert unclean.value.message == "直すところが1か所あるため、提出できません。"
    assert state_of() == before
    assert rules_of()[1][1] == RouteState.DRAFT


def test_only_the_secretariat_proposes(office: City) -> None:
    draft = a_draft()
    before = state_of()

    with pytest.raises(NotAllowed):
        propose(draft, by="LEADER-SHIMIN")

    assert state_of() == before


def test_a_proposed_version_is_frozen_and_stands_on_the_work_list(office: City) -> None:
    draft = a_draft()

    run = propose(draft)

    revision = Revision.objects.get(kind=RevisionKind.ROUTE)
    assert (run.revision, revision.project, revision.title) == (
        revision,
        None,
        "経路 RT2 標準（第2版）",
    )
    assert revision.sheet["steps"][2]["title"] == "プロジェクトチーム 審査"
    item = WorkItem.objects.get(project=None)
    assert (item.post.code, item.number, item.title) == (HEAD, "RT2-2", "経路 RT2 標準（第2版）")
    with pytest.raises(Refusal), transaction.atomic():
        route_versions.write(draft, Route.objects.get(pk=draft.pk).draft_version, run.started_by)
    assert list(faults(AT)) == []
    assert_sound()


def test_the_work_list_is_written_anew_with_it(office: City) -> None:
    propose(a_draft())
    before = list(WorkItem.objects.order_by("pk").values())
    WorkItem.objects.all().delete()

    rebuild()

    assert list(WorkItem.objects.order_by("pk").values()) == before


# --- deciding ---------------------------------------------------------------------------------


def test_an_adopted_version_holds_from_its_day_and_ends_the_former_one(office: City) -> None:
    route = decided()

    assert rules_of() == [
        (1, RouteState.ACTIVE, FIRST, LATER),
        (2, RouteState.ACTIVE, LATER, None),
    ]
    run = Run.objects.get(rule=route)
    assert (run.state, run.project, run.route) == (RunState.ADOPTED, None, in_force("RT9"))
    said = run.decisions.filter(project=None).order_by("pk")
    assert list(said.values_list("outcome", "post__code")) == [
        (Outcome.SUBMITTED, "SECRETARIAT"),
        (Outcome.APPROVED, HEAD),
        (Outcome.ADOPTED, CHAIR),
    ]
    assert_sound()


def test_what_changes_the_rules_is_a_row_of_the_ledger(office: City) -> None:
    route = decided()

    newest = LedgerEntry.objects.filter(kind="ROUTES").latest("seq")
    assert newest.payload["version"] == route.pk
    assert ledger.verify().ok
    RouteStep.objects.filter(route=route, order=3).update(at_deadline="NOTHING")
    assert ledger.verify().first_bad_seq == newest.seq


def test_a_draft_beside_the_rules_changes_nothing_that_is_vouched_for(office: City) -> None:
    decided()
    a_draft("RT3")

    assert ledger.verify().ok


def test_running_cases_keep_theirs_and_later_ones_take_the_new_version(office: City) -> None:
    running = a_project(route="RT2")
    new = decided()

    later = a_project(route="RT2", at=AT.replace(month=7, day=1))
    walk(running, at=AT.replace(month=7, day=2))

    assert Run.objects.get(project=running, kind="PROJECT").route == in_force("RT2")
    assert the_run(later).route == new


def test_not_adopted_ends_the_version_and_nothing_else(office: City) -> None:
    run = propose(a_draft())
    say(run, Outcome.APPROVED)

    say(run, Outcome.NOT_ADOPTED, confirmed=True)

    assert rules_of() == [
        (1, RouteState.ACTIVE, FIRST, None),
        (2, RouteState.REFUSED, LATER, None),
    ]
    again = route_versions.start_draft(
        of=in_force("RT2"), by=holder("SECRETARIAT"), effective_from=LATER
    )
    assert again.version == 3
    assert_sound()


def test_a_rule_is_not_adopted_with_conditions(office: City) -> None:
    run = propose(a_draft())
    say(run, Outcome.APPROVED)
    before = state_of()

    with pytest.raises(NotAllowed) as refusal:
        say(
            run,
            Outcome.ADOPTED_WITH_CONDITIONS,
            conditions=(("予算の成立", "ZAISEI", "2026-12-01"),),
        )

    assert refusal.value.message == "この段階では「条件付き採択」は選べません。"
    assert state_of() == before


def test_a_version_whose_day_has_passed_is_not_adopted(office: City) -> None:
    run = propose(a_draft())
    say(run, Outcome.APPROVED)
    before = state_of()

    with pytest.raises(Unanswered) as refusal:
        say(run, Outcome.ADOPTED, at=AT.replace(month=7, day=1))

    assert refusal.value.problems == {
        "outcome": "施行日（2026-07-01）が過ぎています。差し戻して、施行日を改めてください。"
    }
    assert state_of() == before
    assert rules_of()[1][1] == RouteState.PROPOSED


def test_two_versions_that_stand_alone_and_not_together_are_not_both_adopted(
    office: City,
) -> None:
    data = {"fact": "has_personal_data", "op": "==", "value": True, "text": "個人情報"}
    free = {"fact": "cost", "op": "<=", "value": 0, "text": "費用がかからない"}
    narrower = propose(a_draft("RT2", condition=data, begins=date(2026, 8, 1)))
    rest = propose(a_draft("RT1", condition=free))
    for run in (narrower, rest):
        say(run, Outcome.APPROVED)
    say(narrower, Outcome.ADOPTED)
    before = state_of()

    with pytest.raises(Unanswered) as refusal:
        say(rest, Outcome.ADOPTED)

    [sentence] = refusal.value.problems.values()
    assert sentence.startswith(
        "提出の後に状況が変わりました。差し戻してください：どの経路にも当てはまらない「提案」が"
    )
    assert state_of() == before


def test_rows_that_were_changed_past_the_engine_are_not_adopted(office: City) -> None:
    draft = a_draft()
    run = propose(draft)
    say(run, Outcome.APPROVED)
    RouteStep.objects.filter(route=draft, order=3).update(standard_days=99)
    before = state_of()

    with pytest.raises(Refusal) as refusal:
        say(run, Outcome.ADOPTED)

    assert refusal.value.message == (
        "提出された版と、登録されている内容が違います。事務局に連絡してください。"
    )
    assert state_of() == before


# --- who may not ------------------------------------------------------------------------------


def test_who_wrote_it_does_not_approve_it(office: City) -> None:
    draft = a_draft()
    draft.authors.add(holder(HEAD))

    run = propose(draft)

    slot = open_slot(run)
    assert (slot.post.code, slot.step_run.note) == (
        "HEAD-SOMU",
        "本来の担当が提案に関わっているため、別の職が担当します。",
    )
    say(run, Outcome.APPROVED)
    assert_sound()


def test_a_deputy_of_an_author_does_not_decide_either(office: City) -> None:
    deputy = holder("HEAD-SOMU")
    draft = a_draft()
    author = holder(HEAD)
    a_delegation(post=Post.objects.get(code=HEAD), deputy=deputy)
    draft.authors.add(author)

    run = propose(draft)

    assert open_slot(run).post.code == "HEAD-KIKAKU"


def test_an_author_who_comes_to_the_seat_later_may_not_answer(office: City) -> None:
    draft = a_draft()
    run = propose(draft)
    draft.authors.add(holder(HEAD))
    before = state_of()

    with pytest.raises(NotAllowed) as refusal:
        say(run, Outcome.APPROVED, by=holder(HEAD))

    assert refusal.value.message == ("この改正案を書いた方又はその代理の方のため、判断できません。")
    assert state_of() == before
    assert [fault.rule for fault in faults(AT)] == ["slot-without-holder"]


# --- back, and away ---------------------------------------------------------------------------


def test_a_version_that_came_back_is_corrected_and_proposed_again(office: City) -> None:
    draft = a_draft()
    run = propose(draft)
    say(run, Outcome.SENT_BACK)
    draft.refresh_from_db()
    assert draft.state == RouteState.DRAFT
    slot = open_slot(run)
    assert (slot.post.code, slot.step_run.kind) == ("SECRETARIAT", StepKind.REVISION)
    with pytest.raises(Refusal) as twice:
        propose(draft)
    assert twice.value.message == ("差戻しに応じて直した案は、「再提出する」から出してください。")

    change(draft, "プロジェクトチーム 審査", standard_days=6)
    engine.propose_route_again(
        route=draft,
        slot_id=slot.pk,
        draft_version=draft.draft_version,
        comment="日数を改めました。",
        by=holder("SECRETARIAT"),
        at=AT,
    )

    run.refresh_from_db()
    assert (run.round, run.revision and run.revision.number) == (2, 2)
    assert open_slot(run).post.code == HEAD
    say(run, Outcome.APPROVED)
    say(run, Outcome.ADOPTED)
    new = Route.objects.get(pk=draft.pk)
    assert (new.state, new.steps.get(order=3).standard_days) == (RouteState.ACTIVE, 6)
    assert_sound()


def test_a_withdrawn_version_is_a_draft_again_and_may_be_proposed_anew(office: City) -> None:
    draft = a_draft()
    first = propose(draft)

    engine.withdraw_route(
        route=draft,
        answer=Answer(comment="別の案と合わせます。", confirmed=True),
        by=holder("SECRETARIAT"),
        at=AT,
    )

    first.refresh_from_db()
    draft.refresh_from_db()
    assert (first.state, draft.state) == (RunState.WITHDRAWN, RouteState.DRAFT)
    assert not WorkItem.objects.filter(project=None).exists()
    with pytest.raises(AlreadyDone):
        engine.withdraw_route(
            route=draft,
            answer=Answer(comment="もう一度", confirmed=True),
            by=holder("SECRETARIAT"),
            at=AT,
        )
    second = propose(draft)
    assert second.revision == first.revision
    assert_sound()


def test_a_draft_that_was_proposed_once_stays_on_record(office: City) -> None:
    draft = a_draft()
    engine_run = propose(draft)
    engine.withdraw_route(
        route=draft,
        answer=Answer(comment="やめます。", confirmed=True),
        by=holder("SECRETARIAT"),
        at=AT,
    )
    draft.refresh_from_db()

    with pytest.raises(Refusal) as refusal:
        route_versions.discard(draft)

    assert refusal.value.message == "一度提出された案は、記録として残るため消せません。"
    assert Run.objects.filter(pk=engine_run.pk).exists()


def test_held_and_resumed_as_any_decision(office: City) -> None:
    run = propose(a_draft())
    say(run, Outcome.APPROVED)

    say(run, Outcome.HELD, until="2026-05-20")
    assert WorkItem.objects.get(project=None).is_paused
    assert engine.resume_due(at=AT.replace(day=20)) == 1

    say(run, Outcome.ADOPTED, at=AT.replace(day=20))
    assert rules_of()[1][1] == RouteState.ACTIVE


# --- what the new columns mean ----------------------------------------------------------------


def a_version(code: str, *changes: tuple[str, dict[str, Any]]) -> Route:
    """A decided version with other steps, in force from LATER."""
    draft = a_draft(code)
    for title, values in changes:
        change(draft, title, **values)
    run = propose(draft)
    say(run, Outcome.APPROVED)
    say(run, Outcome.ADOPTED)
    return Route.objects.get(pk=draft.pk)


AFTER = AT.replace(month=7, day=6)


def test_a_named_post_is_asked(office: City) -> None:
    a_version("RT2", ("部長 承認", {"who": "NAMED_POST", "who_argument": ["DEPT-KAIKEI"]}))

    case = a_project(route="RT2", to=StepKind.APPROVAL, at=AFTER)

    posts = Slot.objects.filter(step_run__project=case, state=SlotState.OPEN)
    assert list(posts.values_list("post__code", flat=True)) == ["DEPT-KAIKEI"]


def test_the_named_parts_of_the_team_review(office: City) -> None:
    a_version(
        "RT2",
        (
            "プロジェクトチーム 審査",
            {"who": "PT_PARTS", "who_argument": ["福祉", "産業"], "quorum": 2},
        ),
    )

    case = a_project(route="RT2", to=StepKind.REVIEW, at=AFTER)

    posts = Slot.objects.filter(step_run__project=case, state=SlotState.OPEN)
    assert list(posts.order_by("pk").values_list("post__part", flat=True)) == ["福祉", "産業"]


def test_k_of_n_answers_let_the_case_go_on(office: City) -> None:
    a_version("RT2", ("プロジェクトチーム 審査", {"mode": "QUORUM", "quorum": 2}))
    case = a_project(route="RT2", to=StepKind.REVIEW, at=AFTER)

    say_in(case, Outcome.SCORED, post="PT-FUKUSHI", at=AFTER)
    say_in(case, Outcome.SCORED, post="PT-SANGYO", at=AFTER)

    step = StepRun.objects.get(project=case, kind=StepKind.REVIEW)
    assert step.closed_at == AFTER
    assert (
        list(step.slots.order_by("state").values_list("state", flat=True))
        == [SlotState.CANCELED] * 4 + [SlotState.DONE] * 2
    )
    assert the_run(case).step.kind == StepKind.REFERRAL  # type: ignore[union-attr]
    assert_sound()


def test_more_than_there_are_on_the_day_halts_the_case_and_says_so(office: City) -> None:
    a_version("RT2", ("プロジェクトチーム 審査", {"mode": "QUORUM", "quorum": 6}))
    case = a_project(route="RT2", to=StepKind.RECEPTION, at=AFTER)
    Appointment.objects.filter(post__code="PT-FUKUSHI").update(ends_on=AFTER.date())
    Post.objects.filter(code="PT-FUKUSHI").update(ends_on=AFTER.date())
    before = state_of()

    with pytest.raises(Unroutable) as refusal:
        say_in(case, Outcome.RECEIVED, at=AFTER)

    assert refusal.value.message == (
        "「プロジェクトチーム 審査」を担当できる方が足りない（必要6人・可能5人）ため、"
        "進められません。事務局に連絡してください。"
    )
    assert state_of() == before


def test_a_step_sends_back_only_where_its_rule_lets_it(office: City) -> None:
    a_version("RT2", ("本部長 決裁", {"may_return_to": ["PROPOSER"]}))
    case = a_project(route="RT2", to=StepKind.DECISION, at=AFTER)
    before = state_of()

    with pytest.raises(Unanswered) as refusal:
        say_in(case, Outcome.SENT_BACK, target="PROJECT_TEAM", at=AFTER)

    assert refusal.value.problems == {"target": "差戻し先を選んでください。"}
    assert state_of() == before
    say_in(case, Outcome.SENT_BACK, target="PROPOSER", at=AFTER)
    assert Project.objects.get(pk=case.pk).stage == "RETURNED"


def test_what_happens_at_the_deadline_is_in_the_snapshot(office: City) -> None:
    a_version(
        "RT2",
        ("プロジェクトチーム 審査", {"at_deadline": "ESCALATE", "escalate_to": "PT_CHAIR"}),
    )
    case = a_project(route="RT2", to=StepKind.REVIEW, at=AFTER)

    step = StepRun.objects.get(project=case, kind=StepKind.REVIEW)

    assert (step.snapshot["at_deadline"], step.snapshot["escalate_to"]) == ("ESCALATE", "PT_CHAIR")
    assert step.at_deadline == "ESCALATE"


def test_a_case_of_the_limit_takes_the_route_that_is_decided_for_its_day(office: City) -> None:
    atoms = [
        {**atom, "value": 1_000_000, "text": "費用が100万円以上"}
        if atom["fact"] == "cost"
        else atom
        for atom in in_force("RT3").condition["any"]
    ]
    decided("RT3", condition={"any": atoms})

    before, after = a_project(route="RT3"), a_project(route="RT3", at=AFTER)

    assert [the_run(case).route for case in (before, after)] == [in_force("RT3"), in_force("RT2")]
