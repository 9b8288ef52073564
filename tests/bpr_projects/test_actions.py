"""Drafts, frozen texts, numbers, bounds: what a case does without a decision."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bpr_projects import actions, drafts, prices
from bpr_projects.drafts import Sender
from bpr_projects.enums import CycleResult, ObservationKind, Phase, RevisionKind, Stage
from bpr_projects.models import (
    Area,
    Attachment,
    Cycle,
    NumberSeries,
    Project,
    Revision,
    UnitPrice,
)
from roles.models import Post
from tests.make import AT, JST, SHEET, TODAY, a_draft, holder

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = pytest.mark.django_db


def save(project: Project, version: int, **answers: Any) -> Project:
    return actions.save_draft(
        project=project, version=version, answers=answers, by=project.proposer, at=AT
    )


def adopted(**answers: Any) -> Project:
    """A case that was adopted, without the way there."""
    draft = a_draft(**answers)
    revision = actions.freeze(project=draft, by=draft.proposer, at=AT)
    draft.move_to(Stage.DELIBERATION, at=AT)
    actions.adopt(project=draft, revision=revision, at=AT)
    return draft


def an_attachment(
    project: Project, *, name: str = "見積.pdf", sha256: str = "a" * 64
) -> Attachment:
    return Attachment.objects.create(
        project=project,
        file="attachments/x",
        name=name,
        extension="pdf",
        size=3,
        sha256=sha256,
        uploaded_by=project.proposer,
        uploaded_at=AT,
    )


# --- 下書き ---------------------------------------------------------------------------------


def test_a_draft_belongs_to_the_section_of_its_leader(office: City) -> None:
    draft = a_draft()

    assert (draft.stage, draft.number, draft.reference) == (Stage.DRAFT, None, f"draft-{draft.pk}")
    assert (draft.section, draft.sheet["section"]) == (office.section("SHIMIN"), "SHIMIN")
    assert (draft.title, draft.area) == (SHEET["title"], Area.objects.get(code="P2"))
    assert draft.draft_version == 2


@pytest.mark.parametrize("post", ["SECRETARIAT", "PT-SHIMIN"])
def test_who_proposes_for_another_section_names_it_on_the_sheet(office: City, post: str) -> None:
    draft = actions.start_draft(by=holder(post), post=Post.objects.get(code=post), at=AT)

    assert (draft.section, draft.sheet) == (None, {})
    assert save(draft, 1, section="ZEIMU").section == office.section("ZEIMU")


def test_saving_changes_only_what_was_answered(office: City) -> None:
    draft = a_draft()

    saved = save(draft, draft.draft_version, title="新しい題", area="P1")

    assert saved.sheet == draft.sheet | {"title": "新しい題", "area": "P1"}
    assert (saved.title, saved.draft_version) == ("新しい題", draft.draft_version + 1)
    assert saved.area == Area.objects.get(code="P1")


def test_an_equal_save_changes_nothing_even_from_an_old_window(office: City) -> None:
    draft = a_draft()

    again = save(draft, 1, **SHEET)

    assert (again.draft_version, again.updated_at) == (draft.draft_version, draft.updated_at)


def test_a_save_from_an_old_window_is_refused_with_the_time(office: City) -> None:
    draft = a_draft()
    save(draft, draft.draft_version, title="あちらの窓")

    with pytest.raises(actions.DraftConflict) as conflict:
        save(draft, draft.draft_version, title="こちらの窓")

    assert str(conflict.value) == (
        "この下書きは 09:00 に別の画面で保存されています（第3回の保存）。"
    )
    assert Project.objects.get(pk=draft.pk).title == "あちらの窓"


def test_an_incomplete_sheet_is_told_all_at_once(office: City) -> None:
    whole = {**SHEET, "section": "SHIMIN"}

    begun = [{**SHEET["kpis"][0], "name": ""}]

    with pytest.raises(actions.SheetIncomplete) as lacking:
        actions.check_sheet({**whole, "title": "", "kpis": begun, "cost": 5}, TODAY)
    with pytest.raises(actions.SheetIncomplete) as contradicting:
        actions.check_sheet({**whole, "cost": 5, "ends_on": "2026-06-30"}, TODAY)

    assert lacking.value.problems == {
        "title": "提案名を入力してください。",
        "kpis-0-name": "指標の名前を入力してください。",
    }
    assert contradicting.value.problems == {
        "ends_on": "終える日は、始める日より後の日を入れてください。",
        "budget_measure": "費用がかかるときは、予算措置を選んでください。",
    }


def test_a_complete_sheet_passes(office: City) -> None:
    actions.check_sheet({**SHEET, "section": "SHIMIN"}, TODAY)


# --- 版 -------------------------------------------------------------------------------------


def test_a_text_is_frozen_once_and_unchanged_it_stays_the_same_revision(office: City) -> None:
    draft = a_draft()

    first = actions.freeze(project=draft, by=draft.proposer, at=AT)
    again = actions.freeze(project=draft, by=draft.proposer, at=AT)
    changed = save(draft, draft.draft_version, volume=1)
    second = actions.freeze(project=changed, by=draft.proposer, at=AT)

    assert (first, first.number, second.number) == (again, 1, 2)
    assert Project.objects.get(pk=draft.pk).revision == second
    assert Revision.objects.get(number=1).sheet["volume"] == SHEET["volume"]


def test_another_file_is_another_text(office: City) -> None:
    draft = a_draft()
    first = actions.freeze(project=draft, by=draft.proposer, at=AT)
    file = an_attachment(draft)

    second = actions.freeze(project=draft, by=draft.proposer, at=AT)
    drafts.detach(sender=Sender(draft.proposer), project=draft, attachment=file, at=AT)
    third = actions.freeze(project=draft, by=draft.proposer, at=AT)

    assert [first.number, second.number, third.number] == [1, 2, 3]
    assert (first.content_hash, list(second.attachments.all())) == (third.content_hash, [file])
    assert first.content_hash != second.content_hash


def test_texts_of_different_kinds_are_counted_apart(office: City) -> None:
    draft = a_draft()
    project = actions.freeze(project=draft, by=draft.proposer, at=AT)

    change = actions.freeze(
        project=draft, kind=RevisionKind.CHANGE, answers={"cost": 1}, by=draft.proposer, at=AT
    )

    assert (change.number, change.kind, change.sheet) == (1, RevisionKind.CHANGE, {"cost": 1})
    assert Project.objects.get(pk=draft.pk).revision == project


# --- 番号 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (datetime(2026, 4, 1, 0, 0, tzinfo=JST), "R8-001"),
        (datetime(2027, 3, 31, 23, 59, tzinfo=JST), "R8-001"),
        (datetime(2027, 4, 1, 0, 0, tzinfo=JST), "R9-001"),
        (datetime(2029, 5, 1, 0, 0, tzinfo=JST), "R11-001"),
    ],
)
def test_a_number_carries_the_fiscal_year(office: City, moment: datetime, number: str) -> None:
    draft = a_draft()

    actions.freeze(project=draft, by=draft.proposer, at=moment)

    assert (draft.number, draft.submitted_at, draft.reference) == (number, moment, number)


def test_numbers_follow_each_other_and_are_given_once(office: City) -> None:
    NumberSeries.objects.create(fiscal_year=2026, last=998)
    first, second, third = a_draft(), a_draft(), a_draft()

    for draft in (first, second, first, third):
        actions.freeze(project=draft, by=draft.proposer, at=AT)

    assert [first.number, second.number, third.number] == ["R8-999", "R8-1000", "R8-1001"]


# --- 自由枠 ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        ({}, []),
        ({"cost": 680_000, "until": "2027-03-31"}, []),
        ({"cost": 680_001}, ["費用の合計 680,001円が、自由枠の 680,000円を超えます。"]),
        ({"until": "2027-04-01"}, ["期日が自由枠の期限を超えます。"]),
        (
            {"cost": 700_000, "until": "2027-04-01"},
            [
                "費用の合計 700,000円が、自由枠の 680,000円を超えます。",
                "期日が自由枠の期限を超えます。",
            ],
        ),
    ],
)
def test_a_decision_is_inside_the_bounds_or_told_why_not(
    office: City, content: dict[str, Any], reasons: list[str]
) -> None:
    case = adopted(cost=680_000, budget_measure="INITIAL")

    assert actions.outside_bounds(case, case.cycles.get(), content, TODAY) == reasons


@pytest.mark.parametrize(
    ("content", "on", "reasons"),
    [
        ({}, date(2027, 3, 31), []),
        ({"until": "2027-03-31"}, date(2027, 4, 1), ["自由枠の期限が過ぎています。"]),
        ({"until": "2027-04-01"}, date(2027, 4, 1), ["期日が自由枠の期限を超えます。"]),
    ],
)
def test_after_their_last_day_the_bounds_hold_nothing(
    office: City, content: dict[str, Any], on: date, reasons: list[str]
) -> None:
    case = adopted()

    assert actions.outside_bounds(case, case.cycles.get(), content, on) == reasons


def test_a_change_sets_the_bounds_anew(office: City) -> None:
    case = adopted()
    change = actions.freeze(
        project=case,
        kind=RevisionKind.CHANGE,
        answers={"cost": 90_000, "ends_on": "2027-09-30"},
        by=case.proposer,
        at=AT,
    )

    actions.widen_bounds(project=case, revision=change)

    case.bounds.refresh_from_db()
    assert (case.bounds.cost_limit, case.bounds.ends_on, case.bounds.revision) == (
        90_000,
        date(2027, 9, 30),
        change,
    )


def test_the_money_of_earlier_cycles_counts_and_the_last_decision_of_each(office: City) -> None:
    case = adopted(cost=100_000, budget_measure="INITIAL")
    first = case.cycles.get()
    actions.move_cycle(first, Phase.DECIDE)
    for cost in (90_000, 60_000):  # the first was halted
        actions.record_phase(
            cycle=first,
            content={"cost": cost},
            opened_at=AT,
            by=case.proposer,
            at=AT,
            within_bounds=True,
        )
    actions.end_cycle(cycle=first, result=CycleResult.CONTINUE, at=AT)
    second = actions.start_cycle(project=case, aim="次", at=AT)

    assert actions.outside_bounds(case, second, {"cost": 40_000}, TODAY) == []
    assert actions.outside_bounds(case, second, {"cost": 40_001}, TODAY) == [
        "費用の合計 100,001円が、自由枠の 100,000円を超えます。"
    ]


# --- サイクル -------------------------------------------------------------------------------


def test_cycles_are_counted_and_one_is_open(office: City) -> None:
    case = adopted()
    first = case.cycles.get()

    actions.end_cycle(cycle=first, result=CycleResult.PIVOT, at=AT)
    second = actions.start_cycle(project=case, aim="長" * 300, at=AT)

    assert (first.number, first.result, first.ended_at) == (1, CycleResult.PIVOT, AT)
    assert (second.number, len(second.aim), second.phase) == (2, 200, Phase.OBSERVE)


def test_a_phase_that_is_worked_on_again_keeps_its_earlier_record(office: City) -> None:
    cycle = adopted().cycles.get()
    actions.move_cycle(cycle, Phase.DECIDE)

    for choice in ("予約制", "増員"):
        actions.record_phase(
            cycle=cycle,
            content={"choice": choice},
            opened_at=AT,
            by=cycle.project.proposer,
            at=AT,
            within_bounds=True,
        )

    assert [entry.content for entry in cycle.entries.all()] == [
        {"choice": "予約制"},
        {"choice": "増員"},
    ]


def test_notes_and_values_are_kept_with_who_and_when(office: City) -> None:
    case = adopted()
    leader = case.proposer

    note = actions.observe(
        project=case, kind=ObservationKind.VOICE, text="待たされた。", by=leader, at=AT
    )
    value = actions.measure(
        kpi=case.kpis.get(),
        measured_on=date(2026, 8, 1),
        value=Decimal("31.5"),
        note="",
        by=leader,
        at=AT,
    )

    assert (note.cycle, note.recorded_by) == (Cycle.objects.get(), leader)
    assert (value.recorded_by, value.kpi.achievement(value.value)) == (leader, 62)


def test_an_end_is_dated(office: City) -> None:
    case = adopted()

    actions.end_project(project=case, stage=Stage.COMPLETED, at=AT + timedelta(days=1))

    assert (case.stage, case.ended_at) == (Stage.COMPLETED, AT + timedelta(days=1))


def test_the_unit_price_is_that_of_the_day(office: City) -> None:
    UnitPrice.objects.all().delete()
    UnitPrice.objects.create(starts_on=date(2026, 4, 1), yen_per_hour=3000, basis="人件費")
    UnitPrice.objects.create(starts_on=date(2027, 4, 1), yen_per_hour=3200, basis="人件費")

    days = [date(2026, 3, 31), date(2026, 4, 1), date(2027, 3, 31), date(2027, 4, 1)]

    assert [prices.rate_on(day).yen for day in days] == [0, 3000, 3000, 3200]
