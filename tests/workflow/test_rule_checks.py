"""What is wrong with a version of a route, and that the sample of cases misses nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpr_projects.enums import RevisionKind
from workflow.enums import STATION_OF, RunKind, StepKind, WhoRule
from workflow.routing import FACTS, OPERATORS, RouteText, StepText, facts_of, findings_of, matches
from workflow.routing.cells import MOST, cells, count_of, prepared
from workflow.routing.checking import CHECKS, WHO_FITS, Check
from workflow.routing.findings import Ground
from workflow.routing.seats import ROLE_OF
from workflow.routing.terms import FACT_WORDS, OPERATOR_WORDS, Names, sentence_of

pytestmark = pytest.mark.once

TODAY = date(2026, 5, 11)
LATER = date(2026, 7, 1)
GROUND = Ground(
    today=TODAY,
    names=Names(
        sections={"ZAISEI": "財政課", "SOMU": "総務課"},
        posts={"CFO": "会計管理者"},
        parts=("福祉", "産業"),
    ),
    seats={"PT_MEMBERS": 6, "HQ_MEMBERS": 7, "PT_ON_DUTY": 2},
    begun=(date(2026, 4, 1),),
)
COST = {"fact": "cost", "op": ">=", "value": 500_000, "text": "費用が50万円以上"}
CLOUD = {"fact": "uses_cloud", "op": "==", "value": True, "text": "クラウドを使う"}


def a_step(order: int, kind: str, who: str, **fields: Any) -> StepText:
    return StepText(
        order=order,
        kind=kind,
        title=fields.pop("title", StepKind(kind).label),
        who=who,
        standard_days=fields.pop("standard_days", 3),
        clause=fields.pop("clause", "規程第3条"),
        **fields,
    )


HEAD = a_step(1, "CONFIRMATION", "SECTION_HEAD")
RECEPTION = a_step(2, "RECEPTION", "SECRETARIAT")
REVIEW = a_step(3, "REVIEW", "PT_MEMBERS", quorum=4)
REFERRAL = a_step(4, "REFERRAL", "PT_CHAIR")
FINANCE = a_step(5, "CONCURRENCE", "HEADS_OF", who_argument=("ZAISEI",), may_skip=True)
DECISION = a_step(6, "DECISION", "HQ_CHAIR", deputy="NEVER")
READING = a_step(7, "CIRCULATION", "PT_MEMBERS")
STEPS = (HEAD, RECEPTION, REVIEW, REFERRAL, FINANCE, DECISION, READING)


def a_rule(*steps: StepText, **fields: Any) -> RouteText:
    """A version without any finding, numbered anew."""
    chosen = steps or STEPS
    return RouteText(
        **{
            "code": "RT2",
            "version": 2,
            "name": "標準",
            "kind": RunKind.PROJECT,
            "priority": 40,
            "clause": "規程第2条",
            "effective_from": LATER,
            "purpose": "期限を縮める。",
            **fields,
        },
        steps=tuple(replace(step, order=order) for order, step in enumerate(chosen, start=1)),
    )


def found(text: RouteText, ground: Ground = GROUND) -> list[tuple[str, int | None, str]]:
    return [(each.field, each.step, each.sentence) for each in findings_of(text, ground)]


def a_rule_of_rules(*steps: StepText) -> RouteText:
    return a_rule(*steps, code="RT9", kind=RunKind.APPROVAL, revision_kinds=(RevisionKind.ROUTE,))


def test_a_version_that_stands_has_no_finding() -> None:
    assert found(a_rule()) == []


def test_every_check_is_in_the_table() -> None:
    assert set(CHECKS) == set(Check)


def test_every_fact_and_operator_has_its_words() -> None:
    assert set(FACT_WORDS) == set(FACTS)
    assert set(OPERATOR_WORDS) == set(OPERATORS)


def test_every_rule_of_who_finds_its_seats() -> None:
    assert set(ROLE_OF) == set(WhoRule) - {WhoRule.NAMED_POST}
    assert set(WHO_FITS) <= set(STATION_OF)


BROKEN: list[tuple[Check, RouteText, list[tuple[str, int | None, str]]]] = [
    (Check.WORDS, a_rule(name=" "), [("name", None, "名称を入力してください。")]),
    (Check.WORDS, a_rule(purpose=""), [("purpose", None, "改める理由を入力してください。")]),
    (
        Check.WORDS,
        a_rule(replace(HEAD, clause=""), *STEPS[1:]),
        [("clause", 1, "根拠条項を入力してください。")],
    ),
    (
        Check.DAY,
        a_rule(effective_from=TODAY),
        [("effective_from", None, "施行日は、明日以降の日にしてください。")],
    ),
    (
        Check.STEPS,
        a_rule(*STEPS[:5], replace(FINANCE, kind="MEDIATION", who="SECRETARIAT"), DECISION),
        [("kind", 6, "経路に置けない種類の段階です。")],
    ),
    (
        Check.DECISION,
        a_rule(*STEPS[:5]),
        [("steps", None, "決裁又は専決の段階を、1つだけ置いてください（いま0）。")],
    ),
    (
        Check.DECISION,
        a_rule(*STEPS[:6], DECISION),
        [
            ("steps", None, "決裁又は専決の段階を、1つだけ置いてください（いま2）。"),
        ],
    ),
    (
        Check.DECISION,
        a_rule(*STEPS[:4], DECISION, FINANCE),
        [("kind", 6, "決裁又は専決より後に置けるのは、後閲と供覧だけです。")],
    ),
    (
        Check.DECISION,
        a_rule(*STEPS[:4], READING, DECISION),
        [("kind", 5, "後閲と供覧は、決裁又は専決より後に置いてください。")],
    ),
    (
        Check.DECISION,
        a_rule(*STEPS[:5], replace(DECISION, condition=COST)),
        [("condition", 6, "決裁又は専決の段階に、条件は付けられません。")],
    ),
    (
        Check.ORDER,
        a_rule(HEAD, REVIEW, RECEPTION, REFERRAL, DECISION),
        [("kind", 3, "「受付」は、「PT審査」より前に置いてください。")],
    ),
    (
        Check.ORDER,
        a_rule(HEAD, DECISION),
        [("steps", None, "所属長の確認の次に、事務局の受付の段階を置いてください。")],
    ),
    (
        Check.ORDER,
        a_rule(HEAD, RECEPTION, REFERRAL, DECISION),
        [("steps", None, "PT長の上申の前に、PT審査の段階を置いてください。")],
    ),
    (
        Check.ORDER,
        a_rule(replace(HEAD, condition=COST), *STEPS[1:]),
        [("condition", 1, "条件を付けられるのは、本部審議の段階だけです。")],
    ),
    (
        Check.CONDITIONS,
        a_rule(*STEPS[:4], replace(FINANCE, condition={**COST, "fact": "weather"}), DECISION),
        [("condition", 5, "「weather」という事実はありません。")],
    ),
    (
        Check.CONDITIONS,
        a_rule(*STEPS[:4], replace(FINANCE, condition={**CLOUD, "op": ">"}), DECISION),
        [("condition", 5, "「クラウドサービスを使う」は、はい・いいえで比べてください。")],
    ),
    (
        Check.CONDITIONS,
        a_rule(*STEPS[:4], replace(FINANCE, condition={**COST, "text": " "}), DECISION),
        [("condition", 5, "「費用（初年度）」に、画面に出す言葉を入力してください。")],
    ),
    (
        Check.WHO,
        a_rule(*STEPS[:5], replace(DECISION, who="PT_CHAIR")),
        [("who", 6, "「決裁」の担当にできるのは、本部長です。")],
    ),
    (
        Check.WHO,
        a_rule(*STEPS[:4], replace(FINANCE, who_argument=("NAI",)), DECISION),
        [("who_argument", 5, "「NAI」は、施行日にはありません。")],
    ),
    (
        Check.WHO,
        a_rule(*STEPS[:4], replace(FINANCE, who="NAMED_POST", who_argument=()), DECISION),
        [("who_argument", 5, "「指定した職」の相手を、1つ以上選んでください。")],
    ),
    (
        Check.QUORUM,
        a_rule(HEAD, RECEPTION, replace(REVIEW, mode="QUORUM", quorum=7), *STEPS[3:]),
        [("quorum", 3, "7人以上とありますが、担当は6席です。")],
    ),
    (
        Check.QUORUM,
        a_rule(
            HEAD, RECEPTION, replace(REVIEW, who="PT_PARTS", who_argument=("福祉",)), *STEPS[3:]
        ),
        [("quorum", 3, "4人以上とありますが、担当は1席です。")],
    ),
    (
        Check.QUORUM,
        a_rule(HEAD, RECEPTION, replace(REVIEW, mode="ONE", quorum=2), *STEPS[3:]),
        [("quorum", 3, "「だれか1人」のときは、人数を1にしてください。")],
    ),
    (
        Check.DAYS,
        a_rule(replace(HEAD, standard_days=0), *STEPS[1:]),
        [("standard_days", 1, "標準日数は1日以上にしてください。")],
    ),
    (
        Check.DEADLINE,
        a_rule(replace(HEAD, at_deadline="ESCALATE"), *STEPS[1:]),
        [("escalate_to", 1, "知らせる相手の職を選んでください。")],
    ),
    (
        Check.DEADLINE,
        a_rule(replace(HEAD, at_deadline="ESCALATE", escalate_to="SECTION_HEAD"), *STEPS[1:]),
        [("escalate_to", 1, "期限に知らせる相手は、担当とは別の職にしてください。")],
    ),
    (
        Check.RETURN,
        a_rule(replace(HEAD, may_return_to=()), *STEPS[1:]),
        [("may_return_to", 1, "差戻し先には、少なくとも「提案者」を選んでください。")],
    ),
    (
        Check.FALLBACK,
        a_rule(HEAD, replace(RECEPTION, fallback=("SOMU", "NAI")), *STEPS[2:]),
        [("fallback", 2, "代わりの課「NAI」は、施行日にはありません。")],
    ),
    (
        Check.FLOW,
        a_rule_of_rules(replace(DECISION, deputy="URGENT")),
        [("deputy", 1, "経路の改正の決裁は、代決できません。")],
    ),
    (
        Check.CHOICE,
        a_rule(condition=COST),
        [
            (
                "condition",
                None,
                "どの経路にも当てはまらない「提案」が生じます（例：費用（初年度） 0円）。",
            )
        ],
    ),
]


@pytest.mark.parametrize(
    ("check", "text", "expected"),
    BROKEN,
    ids=[f"{check}-{n}" for n, (check, _text, _expected) in enumerate(BROKEN)],
)
def test_a_broken_version_is_told_where(
    check: Check, text: RouteText, expected: list[tuple[str, int | None, str]]
) -> None:
    ground = GROUND
    if RevisionKind.ROUTE in text.revision_kinds:
        others = (RevisionKind.CHANGE, RevisionKind.STOP, RevisionKind.COMPLETION)
        kinds = (*others, RevisionKind.ROLLOUT)
        rest = a_rule(code="RT6", kind=RunKind.APPROVAL, revision_kinds=kinds, priority=60)
        ground = replace(GROUND, others=(rest,))

    assert found(text, ground) == expected


def test_every_check_has_a_version_that_it_refuses() -> None:
    assert {check for check, _text, _expected in BROKEN} == set(Check)


def test_a_version_begins_after_every_decided_one() -> None:
    ground = replace(GROUND, begun=(date(2026, 4, 1), date(2026, 8, 1)))

    assert found(a_rule(), ground) == [
        ("effective_from", None, "施行日は、この経路のほかの版が始まる日より後にしてください。")
    ]


def test_a_route_behind_one_that_takes_everything_is_never_chosen() -> None:
    first = a_rule(code="RT1", priority=10)

    assert found(a_rule(condition=COST), replace(GROUND, others=(first,))) == [
        ("priority", None, "優先順位が先の経路にすべて取られ、この経路になる「提案」がありません。")
    ]


TIED = (
    "同じ優先順位の経路と重なる「提案」があります"
    "（例：クラウドサービスを使う、費用（初年度） 500,000円）。"
)


def test_a_gap_that_opens_on_a_later_day_is_told_today() -> None:
    rest = a_rule(code="RT1", priority=90)
    ground = replace(GROUND, others=(rest,), later=((replace(rest, condition=CLOUD),),))

    assert found(a_rule(condition=COST), ground) == [
        (
            "condition",
            None,
            "どの経路にも当てはまらない「提案」が生じます（例：費用（初年度） 0円）。",
        )
    ]


def test_two_routes_of_one_priority_that_take_the_same_case_are_refused() -> None:
    alike = a_rule(code="RT3", condition=CLOUD)
    rest = a_rule(code="RT1", priority=90)
    text = a_rule(condition=COST)

    assert found(text, replace(GROUND, others=(alike, rest))) == [
        (
            "priority",
            None,
            TIED,
        )
    ]


def test_two_routes_of_one_priority_that_never_meet_are_fine() -> None:
    below = a_rule(code="RT3", condition={**COST, "op": "<"})

    assert found(a_rule(condition=COST), replace(GROUND, others=(below,))) == []


def test_a_route_that_this_one_leaves_nothing_for_is_named() -> None:
    rest = a_rule(code="RT1", name="課内", priority=90)

    assert found(a_rule(), replace(GROUND, others=(rest,))) == [
        (
            "priority",
            None,
            "優先順位が先の経路にすべて取られ、RT1 課内になる「提案」がありません。",
        )
    ]


def test_a_question_without_a_route_is_named() -> None:
    text = a_rule_of_rules(a_step(1, "APPROVAL", "SECRETARIAT_HEAD"), DECISION)

    assert [field for field, _step, _sentence in found(text)] == ["condition"] * 4


# --- the sample ------------------------------------------------------------------------------

NUMBERS = [name for name, fact in FACT_WORDS.items() if fact.is_number]
YES_NO = [name for name in FACTS if name not in NUMBERS]
ATOMS = st.one_of(
    st.builds(
        lambda fact, op, value: {"fact": fact, "op": op, "value": value, "text": "x"},
        st.sampled_from(NUMBERS),
        st.sampled_from(sorted(OPERATORS)),
        st.integers(-2, 12),
    ),
    st.builds(
        lambda fact, value: {"fact": fact, "op": "==", "value": value, "text": "x"},
        st.sampled_from(YES_NO[:4]),
        st.booleans(),
    ),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)
CASES = st.fixed_dictionaries(
    {
        **{name: st.integers(FACT_WORDS[name].least, 14) for name in NUMBERS},
        **{name: st.booleans() for name in YES_NO},
    }
)


@settings(max_examples=300, deadline=None)
@given(conditions=st.lists(CONDITIONS, min_size=1, max_size=4), facts=CASES)
def test_no_case_turns_out_as_none_of_the_sample_does(
    conditions: list[dict[str, Any]], facts: dict[str, Any]
) -> None:
    def turns_out(case: Any) -> tuple[bool, ...]:
        return tuple(matches(condition, case).holds for condition in conditions)

    sampled = list(cells(conditions))

    assert len(sampled) == count_of(conditions) <= MOST
    assert turns_out(facts) in {turns_out(case) for case in sampled}
    assert all(
        set(case) == set(FACTS)
        and all(int(case[name]) >= FACT_WORDS[name].least for name in NUMBERS)
        for case in sampled
    )


@settings(max_examples=200, deadline=None)
@given(condition=CONDITIONS, facts=CASES)
def test_a_prepared_condition_says_what_the_condition_says(
    condition: dict[str, Any], facts: dict[str, Any]
) -> None:
    assert prepared(condition)(facts) == matches(condition, facts).holds


def test_plain_cases_come_first() -> None:
    assert next(cells([COST, CLOUD])) == facts_of({})


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ({}, ""),
        (COST, "費用が50万円以上"),
        ({"any": [COST, CLOUD]}, "費用が50万円以上、又はクラウドを使う"),
        ({"all": [COST, CLOUD]}, "費用が50万円以上、かつクラウドを使う"),
        ({"not": CLOUD}, "「クラウドを使う」でない"),
        ({**COST, "text": ""}, "費用（初年度）が500,000円以上"),
        ({**CLOUD, "value": False, "text": ""}, "「クラウドサービスを使う」でない"),
    ],
)
def test_a_condition_is_read_as_a_sentence(condition: dict[str, Any], sentence: str) -> None:
    assert sentence_of(condition) == sentence
