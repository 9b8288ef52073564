"""Which route a case takes: total, without gap or overlap; what was previewed is what happens."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from guardian.shortcuts import assign_perm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bpr_projects.enums import RevisionKind
from bpr_projects.models import Project
from records import ledger
from roles.models import Post
from tests.fixtures_city import CITIES
from tests.make import (
    AT,
    ROUTES,
    SHEET,
    TODAY,
    a_delegation,
    a_draft,
    a_project,
    a_suspension,
    an_appointment,
    say,
    submit,
    the_run,
    the_step,
    walk,
)
from tests.proof import refused
from workflow import engine
from workflow.access import unheld
from workflow.actions.refusals import Unroutable
from workflow.actions.route_data import load_routes, rows_hash
from workflow.enums import READING_KINDS, Outcome, RouteState, StepKind, WhoRule
from workflow.models import Decision, Reading, Route, RouteStep, Slot, StepRun
from workflow.routing import (
    FACTS,
    Case,
    NoRoute,
    PlanStep,
    case_of,
    choose_route,
    facts_of,
    matches,
    mediation,
    plan_of,
    settle,
)
from workflow.views.route_preview import foreseen, preview_of

if TYPE_CHECKING:
    from tests.fixtures_city import City
    from workflow.models import Run
    from workflow.routing import Preview
    from workflow.views.route_preview import RoutePreview

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FLAGS = [name for name in FACTS if name not in ("cost", "section_count", "pilot_months")]


def a_case(project: Project, **answers: Any) -> Case:
    return case_of(project, {**SHEET, "section": "SHIMIN", **answers})


# --- the rule of the design, written a second time ------------------------------------------


def expected_route(facts: dict[str, Any]) -> str:
    """product rule: RT4 > RT5 > RT3 > RT2 > RT1."""
    if any(facts[n] for n in ("uses_cloud", "uses_ai", "has_my_number", "crosses_networks")):
        return "RT4"
    pilot = facts["is_pilot"] and facts["pilot_months"] <= 3 and facts["cost"] <= 100_000
    if pilot and facts["is_reversible"] and not facts["affects_citizens"]:
        return "RT5"
    if facts["cost"] >= 500_000 or facts["section_count"] >= 2:
        return "RT3"
    if facts["cost"] > 0 or facts["has_personal_data"]:
        return "RT2"
    return "RT1"


def expected_steps(facts: dict[str, Any], related: list[str]) -> list[str]:
    """The kinds of steps of a case of 市民課, in order."""
    route = expected_route(facts)
    head = ["CONFIRMATION", "RECEPTION"]
    if route == "RT1":
        return [*head, "STANDING_DECISION", "CIRCULATION", "POST_READING"]
    if route == "RT5":
        return [*head, "REVIEW", "STANDING_DECISION", "POST_READING"]
    team = [*head, "REVIEW", "REFERRAL", "APPROVAL"]
    if route == "RT2":
        return [*team, "DECISION", "CIRCULATION"]
    concurrence = facts["cost"] > 0 or bool(related) or facts["collects_money"] or route == "RT4"
    asked = ["CONCURRENCE"] if concurrence else []
    return [*team, *asked, "DELIBERATION", "DECISION", "CIRCULATION"]


SHEETS = st.fixed_dictionaries(
    {
        "cost": st.sampled_from(
            [0, 1, 99_999, 100_000, 100_001, 499_999, 500_000, 500_001, 9_000_000]
        ),
        "sections": st.lists(
            st.sampled_from(["SHIMIN", "FUKUSHI", "ZEIMU", "ZAISEI"]), unique=True, max_size=3
        ),
        "pilot_months": st.sampled_from([None, 0, 1, 3, 4, 12]),
        **{name: st.booleans() for name in FLAGS},
    }
)
ONCE_A_MODULE = [HealthCheck.function_scoped_fixture]


@settings(max_examples=80, deadline=None, suppress_health_check=ONCE_A_MODULE)
@given(answers=SHEETS)
def test_every_case_takes_the_one_route_of_the_rule(office: City, answers: dict[str, Any]) -> None:
    case = _blank(answers)

    choice = choose_route(case, TODAY)
    plan = plan_of(choice, case)

    assert choice.route.code == expected_route(case.facts)
    assert [step.kind for step in plan] == expected_steps(case.facts, list(case.related))
    assert choice.reason


def _blank(answers: dict[str, Any]) -> Case:
    """A case that was never saved: the rule needs no row of its own."""
    return a_case(Project(pk=7, proposer_id=0), **answers)


RICH: list[dict[str, Any]] = [
    *ROUTES.values(),
    ROUTES["RT3"] | {"sections": ["FUKUSHI", "ZAISEI"], "collects_money": True},
    ROUTES["RT4"] | ROUTES["RT3"] | {"has_personal_data": True, "sections": ["ZEIMU"]},
]


DEPUTIES = ["HEAD-DIGITAL", "HEAD-SHIMIN", "PT-SHIMIN", "HQ-FUKUSHIBU", "DEPT-SHIMINBU"]
"""Whose holders stand in for the proposing leader now and then: conflicts all along the route."""


@pytest.mark.parametrize("answers", RICH)
def test_what_was_previewed_is_what_happens(office: City, answers: dict[str, Any]) -> None:
    assert_as_previewed(answers)


@pytest.mark.parametrize("deputy", DEPUTIES)
@pytest.mark.parametrize("route", ["RT1", "RT3", "RT5"])
def test_what_was_previewed_knows_the_deputies_of_the_proposer(
    office: City, route: str, deputy: str
) -> None:
    a_delegation(post=office.post("LEADER-SHIMIN"), deputy=office.holder(deputy))

    assert_as_previewed(ROUTES[route])


def test_what_was_previewed_knows_who_submits(office: City) -> None:
    draft = a_draft(post="SECRETARIAT", section="ZEIMU", **ROUTES["RT1"])
    colleague = office.holders("SECRETARIAT")[1]
    an_appointment(post=office.post("HEAD-ZEIMU"), person=colleague)

    shown = foreseen(draft, draft.sheet, colleague, TODAY)
    engine.submit(project=draft, draft_version=draft.draft_version, by=colleague, at=AT)

    assert_executed(shown, the_run(draft))


def test_a_resubmission_is_previewed_on_the_versions_it_started_with(office: City) -> None:
    case = a_project(route="RT2")
    say(case, Outcome.SENT_BACK)
    a_second_version("RT2", since=date(2026, 5, 12))
    leader = office.holder("LEADER-SHIMIN")

    shown = foreseen(case, case.sheet, leader, date(2026, 5, 13))

    assert shown.choice.route == the_run(case).route


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=ONCE_A_MODULE)
@given(answers=SHEETS, deputies=st.sets(st.sampled_from(DEPUTIES), max_size=2))
def test_what_was_previewed_is_what_happens_to_any_case(
    office: City, answers: dict[str, Any], deputies: set[str]
) -> None:
    answers["has_personal_data"] |= answers["has_my_number"]
    answers["budget_measure"] = "INITIAL" if answers["cost"] else "NONE"
    if answers["is_pilot"]:
        answers["pilot_months"] = answers["pilot_months"] or 2

    with transaction.atomic():
        for code in sorted(deputies):
            a_delegation(post=office.post("LEADER-SHIMIN"), deputy=office.holder(code))
        assert_as_previewed(answers)
        transaction.set_rollback(True)


def assert_as_previewed(answers: dict[str, Any]) -> None:
    draft = a_draft(**answers)
    shown = foreseen(draft, draft.sheet, draft.proposer, TODAY)

    assert_executed(shown, the_run(submit(draft)))


def assert_executed(shown: Preview, run: Run) -> None:
    """The case goes the way that was shown, step by step and seat by seat."""
    assert run.project is not None
    walk(run.project)

    assert run.route == shown.choice.route
    executed = [
        (step.kind, sorted(step.slots.values_list("post__code", flat=True)))
        for step in StepRun.objects.filter(run=run).order_by("pk")
    ]
    read = [
        (kind, Reading.objects.filter(run=run, kind=kind).count()) for kind in sorted(READING_KINDS)
    ]
    assert executed == [
        (step.kind, sorted(post.code for post in resolution.posts))
        for step, resolution in shown.steps
        if step.kind not in READING_KINDS and resolution.posts
    ]
    owed = {step.kind: len(resolution.posts) for step, resolution in shown.steps}
    assert read == [(kind, owed.get(kind, 0)) for kind in sorted(READING_KINDS)]


# --- facts ----------------------------------------------------------------------------------


def test_missing_answers_count_as_no_and_zero() -> None:
    assert facts_of({}) == {"cost": 0, "section_count": 1, "pilot_months": 0} | dict.fromkeys(
        FLAGS, False
    )


def test_the_own_section_is_not_a_related_one() -> None:
    assert facts_of({"section": "SHIMIN", "sections": ["SHIMIN"]})["section_count"] == 1
    assert facts_of({"section": "SHIMIN", "sections": ["SHIMIN", "ZEIMU"]})["section_count"] == 2


# --- the grammar of conditions --------------------------------------------------------------

FACTS_NOW = facts_of({"cost": 500_000, "uses_ai": True})
COST = {"fact": "cost", "op": ">=", "value": 500_000, "text": "費用が50万円以上"}
AI = {"fact": "uses_ai", "op": "==", "value": True, "text": "AIを使う"}
CLOUD = {"fact": "uses_cloud", "op": "==", "value": True, "text": "クラウドを使う"}


@pytest.mark.parametrize(
    ("condition", "holds", "reasons"),
    [
        ({}, True, ()),
        (COST, True, ("費用が50万円以上",)),
        (CLOUD, False, ()),
        ({"any": [CLOUD, AI]}, True, ("AIを使う",)),
        ({"any": [CLOUD]}, False, ()),
        ({"any": []}, False, ()),
        ({"all": [COST, AI]}, True, ("費用が50万円以上", "AIを使う")),
        ({"all": [COST, CLOUD]}, False, ("費用が50万円以上",)),
        ({"all": []}, True, ()),
        ({"not": CLOUD}, True, ()),
        ({"not": {"any": [CLOUD, AI]}}, False, ()),
        ({"fact": "cost", "op": "<", "value": 500_000}, False, ()),
        ({"fact": "cost", "op": "<=", "value": 500_000}, True, ()),
        ({"fact": "cost", "op": ">", "value": 500_000}, False, ()),
    ],
)
def test_a_condition_says_whether_and_why(
    condition: dict[str, Any], reasons: tuple[str, ...], *, holds: bool
) -> None:
    match = matches(condition, FACTS_NOW)

    assert (match.holds, match.reasons) == (holds, reasons)


@pytest.mark.parametrize(
    "condition",
    [
        {"fact": "weather", "op": "==", "value": 1},
        {"fact": "cost", "op": "!=", "value": 1},
        {"fact": "cost", "op": "__class__", "value": 1},
        {"cost": 1},
        {"any": [{"fact": "weather", "op": "==", "value": 1}]},
    ],
)
def test_a_condition_with_an_unknown_word_is_an_error(condition: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        matches(condition, FACTS_NOW)


# --- shipped data ---------------------------------------------------------------------------


def test_the_shipped_routes_are_there_once(office: City) -> None:
    assert not load_routes(CITIES / "routes.toml", at=AT)
    assert list(Route.objects.values_list("code", "priority")) == [
        ("RT4", 10),
        ("RT5", 20),
        ("RT3", 30),
        ("RT2", 40),
        ("RT1", 50),
        ("RT6", 60),
        ("RT8", 80),
        ("RT9", 90),
    ]


def test_an_older_city_gets_the_codes_that_it_never_had(office: City) -> None:
    RouteStep.objects.filter(route__code="RT9").delete()
    Route.objects.filter(code="RT9").delete()
    Route.objects.filter(code="RT1").update(name="改めた名称")
    with transaction.atomic():
        ledger.append(kind="ROUTES", payload={"rows": rows_hash()}, at=AT)

    assert load_routes(CITIES / "routes.toml", at=AT)

    assert Route.objects.get(code="RT9").steps.count() == 2
    assert Route.objects.get(code="RT1").name == "改めた名称"
    assert Route.objects.count() == 8
    assert ledger.verify().ok


def test_every_shipped_condition_is_understood(office: City) -> None:
    conditions = [
        *Route.objects.values_list("condition", flat=True),
        *RouteStep.objects.values_list("condition", flat=True),
    ]

    assert {type(matches(each, facts_of({})).holds) for each in conditions} == {bool}


def test_a_step_keeps_its_spelling_in_the_snapshot(office: City) -> None:
    case = a_project(route="RT4", sections=["FUKUSHI"])

    plan = [PlanStep.from_json(each) for each in the_run(case).plan]

    spelled = [json.loads(json.dumps(step.to_json())) for step in plan]
    assert spelled == the_run(case).plan
    concurrence = next(step for step in plan if step.kind == StepKind.CONCURRENCE)
    assert [(ask.who, ask.argument) for ask in concurrence.asks] == [
        (WhoRule.RELATED_HEADS, ()),
        (WhoRule.HEADS_OF, ("DIGITAL",)),
        (WhoRule.HEADS_OF, ("SOMU",)),
    ]


def test_the_preview_of_a_decision_that_no_deputy_takes_names_no_deputy(office: City) -> None:
    a_delegation(post=office.post("HQ-CHAIR"), deputy=office.holder("LEADER-ZEIMU"))
    a_suspension(person=office.holder("HQ-CHAIR"), starts_on=TODAY)
    draft = a_draft(**ROUTES["RT2"])

    shown = preview_of(draft, draft.sheet, draft.proposer, AT, frozenset())

    assert shown is not None
    assert [step.who for step in shown.steps if step.title == "本部長 決裁"] == [
        "本部長（副市長）（いまは空席）"
    ]


TRIGGERS = ["uses_cloud", "uses_ai", "has_my_number", "crosses_networks"]


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_security_and_legal_are_asked_whatever_makes_it_a_matter_of_security(
    office: City, trigger: str
) -> None:
    case = _blank({trigger: True})

    plan = plan_of(choose_route(case, TODAY), case)

    (concurrence,) = [step for step in plan if step.kind == StepKind.CONCURRENCE]
    _step, found = settle(concurrence, case, TODAY)
    assert [post.code for post in found.posts] == ["HEAD-DIGITAL", "HEAD-SOMU"]
    assert [(ask.argument, bool(ask.why), ask.may_skip) for ask in concurrence.asks] == [
        (("DIGITAL",), True, False),
        (("SOMU",), True, False),
    ]


def test_what_was_decided_is_circulated_as_decided(office: City) -> None:
    """Only RT1 and RT5 end with 専決."""
    routes = Route.objects.exclude(code__in=["RT1", "RT5"])
    words = RouteStep.objects.filter(route__in=routes, kind=StepKind.CIRCULATION)

    assert set(words.values_list("title", flat=True)) == {"決裁後の供覧（プロジェクトチーム）"}
    assert not RouteStep.objects.filter(route__in=routes, title__contains="専決").exists()


def skipped_in(route: RoutePreview | None) -> dict[str, tuple[str, ...]]:
    assert route is not None
    return {step.title: step.skipped for step in route.steps if step.skipped}


def test_the_preview_says_what_of_a_step_is_left_out(office: City) -> None:
    Post.objects.filter(code__in=["HEAD-ZAISEI", "DEPT-SHIMINBU"]).update(ends_on=TODAY)
    draft = a_draft(**ROUTES["RT3"], sections=["FUKUSHI"])

    shown = preview_of(draft, draft.sheet, draft.proposer, AT, frozenset())

    assert skipped_in(shown) == {
        "部長 承認": ("職が置かれていないため省略",),
        "合議": ("財政課：職が置かれていないため省略",),
    }
    assert_as_previewed({**ROUTES["RT3"], "sections": ["FUKUSHI"]})


def test_the_preview_says_at_which_step_the_case_would_halt(office: City) -> None:
    Post.objects.filter(code="HEAD-DIGITAL").update(ends_on=TODAY)
    draft = a_draft(**ROUTES["RT4"])

    shown = preview_of(draft, draft.sheet, draft.proposer, AT, frozenset())

    assert shown is not None
    assert (shown.name, shown.steps, shown.problem) == ("情報セキュリティ", (), "")
    assert shown.gap == (
        "「合議（デジタル戦略・広報室）」を担当する職が登録されていないため、進められません。"
        "事務局に連絡してください。"
    )


# --- versions -------------------------------------------------------------------------------


def a_second_version(code: str, *, since: date) -> Route:
    """The same route with its first step alone and the decision, in force from a day on."""
    old = Route.objects.get(code=code)
    Route.objects.filter(pk=old.pk).update(effective_to=since)
    new = Route.objects.create(
        code=code,
        version=2,
        name=old.name,
        priority=old.priority,
        condition=old.condition,
        clause="改正後の規程",
        effective_from=since,
        state=RouteState.ACTIVE,
    )
    for row in old.steps.filter(kind__in=["CONFIRMATION", "DECISION"]):
        row.pk, row.route, row.clause = None, new, new.clause
        row.save()
    return new


def test_a_case_stays_on_the_version_it_started_with(office: City) -> None:
    case = a_project(route="RT2")
    a_second_version("RT2", since=date(2026, 5, 12))

    walk(case)

    steps = StepRun.objects.filter(project=case, run__kind="PROJECT").order_by("pk")
    assert [step.kind for step in steps] == [
        "CONFIRMATION",
        "RECEPTION",
        "REVIEW",
        "REFERRAL",
        "APPROVAL",
        "DECISION",
    ]


@pytest.mark.parametrize(
    ("day", "version"), [(date(2026, 5, 11), 1), (date(2026, 5, 12), 2), (date(2030, 1, 1), 2)]
)
def test_the_version_in_force_on_the_day_is_taken(office: City, day: date, version: int) -> None:
    a_second_version("RT2", since=date(2026, 5, 12))

    choice = choose_route(_blank(ROUTES["RT2"]), day)

    assert choice.route.version == version


@pytest.mark.parametrize(
    "changes",
    [
        {"state": RouteState.DRAFT},
        {"effective_from": date(2026, 5, 12)},
        {"effective_to": date(2026, 5, 11)},
    ],
)
def test_routes_that_are_not_in_force_take_no_case(office: City, changes: dict[str, Any]) -> None:
    Route.objects.update(**changes)

    with pytest.raises(NoRoute):
        choose_route(_blank({}), TODAY)


def test_a_case_without_route_is_refused_and_stays_a_draft(office: City) -> None:
    draft = a_draft()
    Route.objects.update(state=RouteState.DRAFT)

    with refused(draft, Unroutable) as refusal:
        submit(draft)
    assert refusal.value.message == (
        "「提案」を決裁まで進める経路が登録されていないため、進められません。"
        "事務局に連絡してください。"
    )


def test_a_question_takes_only_the_routes_of_its_kind(office: City) -> None:
    project = a_draft()
    kinds = {
        kind: choose_route(case_of(project, project.sheet, kind=kind), TODAY).route.code
        for kind in (
            RevisionKind.CHANGE,
            RevisionKind.STOP,
            RevisionKind.COMPLETION,
            RevisionKind.ROLLOUT,
        )
    }

    assert kinds == {"CHANGE": "RT6", "STOP": "RT8", "COMPLETION": "RT8", "ROLLOUT": "RT8"}


# --- missing posts --------------------------------------------------------------------------


def test_a_step_whose_post_does_not_exist_stops_the_case_with_a_sentence(office: City) -> None:
    case = a_project(to=StepKind.REFERRAL)
    Post.objects.filter(code="DEPT-SHIMINBU").update(ends_on=TODAY)
    RouteStep.objects.update(may_skip=False)
    Post.objects.filter(code="HQ-CHAIR").update(ends_on=TODAY)

    with refused(case, Unroutable) as refusal:
        say(case, Outcome.REFERRED)

    assert refusal.value.message == (
        "「本部長 決裁」を担当する職が登録されていないため、進められません。"
        "事務局に連絡してください。"
    )


def test_a_chair_who_proposed_together_never_waves_the_decision_through(office: City) -> None:
    draft = a_draft(**ROUTES["RT2"])
    assign_perm("bpr_projects.edit_draft", office.holder("HQ-CHAIR"), draft)

    case = submit(draft)
    walk(case, to=StepKind.DECISION)

    assert [slot.post.code for slot in unheld(AT)] == ["HQ-CHAIR"]
    step = the_step(case)
    assert step is not None
    assert step.note == "担当できる職がないため、事務局の担当の付替えを待ちます。"
    an_appointment(post=office.post("HQ-CHAIR"))
    assert unheld(AT) == []
    say(case, Outcome.ADOPTED)
    assert not Decision.objects.filter(project=case, outcome=Outcome.SKIPPED).exists()


def test_a_body_that_is_smaller_than_its_quorum_is_not_asked(office: City) -> None:
    case = a_project(route="RT3", to=StepKind.CONCURRENCE)
    Post.objects.filter(role="HQ_MEMBER").exclude(
        code__in=["HQ-SOMUBU", "HQ-KYOIKU", "HQ-SHIMINBU"]
    ).update(ends_on=TODAY)

    with refused(case, Unroutable) as refusal:
        say(case, Outcome.AGREED)
    assert refusal.value.message == (
        "「本部会議（持ち回り）」を担当できる方が足りない（必要4人・可能3人）ため、"
        "進められません。事務局に連絡してください。"
    )


def test_a_body_that_is_too_small_by_conflicts_waits_for_another_member(office: City) -> None:
    draft = a_draft(**ROUTES["RT3"])
    Post.objects.filter(role="HQ_MEMBER").exclude(
        code__in=["HQ-SOMUBU", "HQ-KYOIKU", "HQ-SHIMINBU", "HQ-FUKUSHIBU"]
    ).update(ends_on=TODAY)
    assign_perm("bpr_projects.edit_draft", office.holder("HQ-FUKUSHIBU"), draft)
    case = submit(draft)
    walk(case, to=StepKind.DELIBERATION)

    slots = Slot.objects.filter(step_run=the_step(case)).order_by("post__order", "pk")
    assert len(slots) == 4
    assert [slot.post.code for slot in unheld(AT)] == ["HQ-FUKUSHIBU"]


def test_a_mediation_that_nobody_may_arrange_passes(office: City) -> None:
    project = a_draft()
    arrangers = {*office.holders("SECRETARIAT"), office.holder("HEAD-SOMU")}
    case = case_of(project, project.sheet, excluded=frozenset(person.pk for person in arrangers))
    after = plan_of(choose_route(case, TODAY), case)[0]

    _step, found = settle(mediation("", after, fallback=("SOMU",)), case, TODAY)

    assert (found.posts, found.left_out) == ((), (("事務局", "提案に関わっているため"),))
