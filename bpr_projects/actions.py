"""Verbs of a case that need no decision: drafts, freezing a text, adoption, cycles, figures.

Callers hold the transaction (``workflow.engine`` or a view's ``atomic``); who may is asked by
``workflow.access`` before.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, remove_perm

from bpr_projects import calendar, sheet
from bpr_projects.enums import CycleResult, Phase, RevisionKind, Stage
from bpr_projects.models import (
    Area,
    Bounds,
    Cycle,
    CycleEntry,
    Kpi,
    Measurement,
    NumberSeries,
    Observation,
    Project,
    Revision,
    StageError,
    content_hash,
)
from bpr_projects.sheet.reuse import carried
from bpr_projects.signals import partners_named
from roles.enums import Role
from roles.models import Section, User

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bpr_projects.enums import ObservationKind
    from roles.models import Post


class DraftConflict(Exception):
    """The draft was saved from somewhere else since this form was opened."""

    def __init__(self, project: Project) -> None:
        self.project = project
        super().__init__(
            _("この下書きは %(when)s に別の画面で保存されています（第%(version)s回の保存）。")
            % {
                "when": localtime(project.updated_at).strftime("%H:%M"),
                "version": project.draft_version,
            }
        )


class SheetIncomplete(Exception):
    """The sheet cannot be submitted; ``problems`` maps field names to sentences."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("、".join(problems.values()))


def start_draft(*, by: User, post: Post, at: datetime, **answers: Any) -> Project:
    """A new working copy. The section is the leader's own; others name the 所管課 on the sheet."""
    section = post.section if post.section and post.role == Role.DX_LEADER else None
    values = {"section": section.code} if section else {}
    project = Project.objects.create(
        section=section,
        proposer=by,
        proposer_post=post,
        created_at=at,
        updated_at=at,
        sheet=values,
    )
    return save_draft(project=project, version=1, answers=answers, by=by, at=at)


@transaction.atomic
def save_draft(
    *, project: Project, version: int, answers: Mapping[str, Any], by: User, at: datetime
) -> Project:
    """Write answers into the working copy. Equal answers change nothing, not even the version.

    Of a case that was submitted once, nobody else sees them before they are submitted again.
    Raises ``DraftConflict`` when ``version`` is not the one stored.
    """
    project = Project.objects.select_for_update().get(pk=project.pk)
    changed = {**project.sheet, **answers}
    if changed == project.sheet:
        return project
    if project.draft_version != version:
        raise DraftConflict(project)
    if project.stage not in (Stage.DRAFT, Stage.RETURNED):
        raise StageError(project, Stage.DRAFT)
    before = project.sheet
    project.sheet = changed
    project.save(update_fields=["sheet"])
    project.mark_changed(at=at)
    if project.number is None:
        _name_after(project, changed)
        project.save(update_fields=NAMES)
    named = _share(project, before.get("partners") or [], changed.get("partners") or [])
    if named:
        partners_named.send(sender=Project, project=project, people=named, by=by, at=at)
    if by.pk != project.proposer_id:
        assign_perm("wrote_draft", by, project)
    return project


def _name_after(project: Project, text: Mapping[str, Any]) -> None:
    """Title, 所管課 and area of a text become those of its case: lists and rights go by them."""
    project.title = text.get("title") or ""
    if project.section is None or project.section.code != text.get("section"):
        sections = Section.objects.select_related("department")
        project.section = sections.filter(code=text.get("section")).first()
    if project.area is None or project.area.code != text.get("area"):
        project.area = Area.objects.filter(code=text.get("area")).first()


NAMES: Final = ("title", "section", "area")
"""What a text calls its case."""


def _share(project: Project, before: list[str], after: list[str]) -> list[User]:
    """Co-proposers named on the sheet may edit the draft; who is taken off it no longer may.

    Who wrote stays in conflict: ``wrote_draft`` goes to whoever saves, and to the co-proposers of
    every frozen text, and is never taken back. Returns who may edit now and might not before.
    """
    named = []
    changed = set(before) ^ set(after)
    for person in User.objects.filter(employee_number__in=changed):
        if person.pk == project.proposer_id:
            continue
        if person.employee_number in after and person.is_active:
            assign_perm("edit_draft", person, project)
            named.append(person)
        else:
            remove_perm("edit_draft", person, project)
    return named


@transaction.atomic
def copy_case(*, project: Project, by: User, post: Post, at: datetime) -> Project:
    """再提案 or 横展開: a new draft with the frozen text of a case; files stay with the case."""
    text = project.revision.sheet if project.revision else project.sheet
    answers = carried(text, localdate(at), is_own=post.pk == project.proposer_post_id)
    copy = start_draft(by=by, post=post, at=at, **answers)
    copy.copied_from = project
    copy.save(update_fields=["copied_from"])
    return copy


def check_sheet(answers: Mapping[str, Any], on: date, lists: sheet.Lists | None = None) -> None:
    """Raise ``SheetIncomplete`` unless the sheet may be submitted that day.

    ``lists``: what may be chosen that day, where it was read before.
    """
    if lists is None:
        lists = sheet.Lists.read(on, people=answers.get("partners") or [])
    problems = {name: str(sentence) for name, sentence in sheet.unoffered(answers, lists)}
    problems |= {field.name: str(sheet.asks_for(field)) for field in sheet.missing(answers)}
    problems |= {name: str(sentence) for name, sentence in sheet.unfinished(answers)}
    problems |= {name: str(sentence) for name, sentence in sheet.malformed(answers)}
    if not problems:
        problems = {name: str(sentence) for name, sentence in sheet.contradictions(answers, on)}
    if problems:
        raise SheetIncomplete(problems)


def freeze(
    *,
    project: Project,
    by: User,
    at: datetime,
    kind: RevisionKind = RevisionKind.PROJECT,
    answers: Mapping[str, Any] | None = None,
) -> Revision:
    """The text as it stands now becomes a revision; an unchanged text returns the last one.

    A proposal gets its number with its first.
    """
    text = dict(project.sheet if answers is None else answers)
    files = list(project.attachments.filter(removed_at=None))
    digest = content_hash(kind, text, [(each.name, each.sha256, each.size) for each in files])
    earlier = project.revisions.filter(kind=kind).order_by("-number")
    last = earlier.first() if project.revision_id else None
    if last is not None and last.content_hash == digest:
        return last
    if kind == RevisionKind.PROJECT:
        _take_number(project, at)
        _name_after(project, text)
    revision = Revision.objects.create(
        project=project,
        kind=kind,
        number=last.number + 1 if last else 1,
        title=project.title,
        sheet=text,
        content_hash=digest,
        created_by=by,
        created_at=at,
    )
    revision.attachments.add(*files)
    if kind == RevisionKind.PROJECT:
        project.revision = revision
        project.save(update_fields=["number", "submitted_at", "revision", *NAMES])
        for person in User.objects.filter(employee_number__in=text.get("partners") or []):
            assign_perm("wrote_draft", person, project)
    return revision


def _take_number(project: Project, at: datetime) -> None:
    """Give the case its number (R8-001) at the first submit. Gaps only by a rolled-back submit."""
    if project.number:
        return
    year = calendar.fiscal_year(localdate(at))
    series, _created = NumberSeries.objects.select_for_update().get_or_create(fiscal_year=year)
    series.last += 1
    series.save(update_fields=["last"])
    project.number = f"R{year - 2018}-{series.last:03d}"
    project.submitted_at = at


def adopt(*, project: Project, revision: Revision, at: datetime) -> Cycle:
    """採択 takes effect: bounds, KPI and the first cycle; the case runs."""
    text = revision.sheet
    bounds = Bounds.objects.create(
        project=project,
        revision=revision,
        ends_on=date.fromisoformat(text["ends_on"]),
        cost_limit=int(text.get("cost") or 0),
        budget_measure=text.get("budget_measure") or "NONE",
    )
    bounds.sections.set(Section.objects.filter(code__in=text.get("sections") or []))
    Kpi.objects.bulk_create(
        _indicator(project, row, order) for order, row in enumerate(text["kpis"], start=1)
    )
    project.move_to(Stage.RUNNING, at=at)
    project.decided_at = at
    project.save(update_fields=["decided_at"])
    return start_cycle(project=project, aim=text["title"], at=at)


def _indicator(project: Project, row: Mapping[str, Any], order: int) -> Kpi:
    """A row of the sheet as an indicator that is measured; its yearly path stays in the text."""
    return Kpi(
        project=project,
        name=row["name"],
        unit=row["unit"],
        baseline=Decimal(str(row["baseline"])),
        target=Decimal(str(row["target"])),
        target_on=date.fromisoformat(row["target_on"]),
        source=row.get("source") or "",
        order=order,
    )


def start_cycle(*, project: Project, aim: str, at: datetime) -> Cycle:
    """The next lap. One cycle of a case is open at a time (constraint)."""
    last = project.cycles.order_by("-number").first()
    return Cycle.objects.create(
        project=project, number=last.number + 1 if last else 1, aim=aim[:200], started_at=at
    )


def record_phase(
    *,
    cycle: Cycle,
    content: Mapping[str, Any],
    opened_at: datetime,
    by: User,
    at: datetime,
    within_bounds: bool,
) -> CycleEntry:
    """Write what a phase found; the last row of a phase counts."""
    return CycleEntry.objects.create(
        cycle=cycle,
        phase=cycle.phase,
        content=dict(content),
        opened_at=opened_at,
        recorded_by=by,
        recorded_at=at,
        within_bounds=within_bounds,
    )


NEXT_PHASE = {Phase.OBSERVE: Phase.ORIENT, Phase.ORIENT: Phase.DECIDE, Phase.DECIDE: Phase.ACT}


def move_cycle(cycle: Cycle, phase: Phase) -> None:
    """Set the phase that is worked on."""
    cycle.phase = phase
    cycle.save(update_fields=["phase"])


def end_cycle(*, cycle: Cycle, result: CycleResult, at: datetime) -> None:
    """Close a lap with what the section wants next."""
    cycle.result = result
    cycle.ended_at = at
    cycle.save(update_fields=["result", "ended_at"])


def widen_bounds(*, project: Project, revision: Revision) -> None:
    """An adopted CHANGE sets the bounds anew."""
    bounds = project.bounds
    bounds.revision = revision
    bounds.ends_on = date.fromisoformat(revision.sheet["ends_on"])
    bounds.cost_limit = int(revision.sheet["cost"])
    bounds.save(update_fields=["revision", "ends_on", "cost_limit"])


def spent(project: Project, *, before: Cycle) -> int:
    """Yen that the earlier cycles decided to spend; a decision that was halted does not count."""
    costs: dict[int, int] = {}
    decided = CycleEntry.objects.filter(
        cycle__project=project, cycle__number__lt=before.number, phase=Phase.DECIDE
    )
    for entry in decided.order_by("pk"):
        costs[entry.cycle_id] = int(entry.content.get("cost") or 0)
    return sum(costs.values())


def total_cost(project: Project, cycle: Cycle, content: Mapping[str, Any]) -> int:
    """Yen that the case will have spent after a decision: the running total of the bounds."""
    return int(content.get("cost") or 0) + spent(project, before=cycle)


def outside_bounds(
    project: Project, cycle: Cycle, content: Mapping[str, Any], on: date
) -> list[str]:
    """Why a decision of the section goes beyond its bounds that day; empty when it stays inside."""
    bounds = project.bounds
    reasons = []
    cost = total_cost(project, cycle, content)
    if cost > bounds.cost_limit:
        reasons.append(
            _("費用の合計 %(cost)s円が、自由枠の %(limit)s円を超えます。")
            % {"cost": f"{cost:,}", "limit": f"{bounds.cost_limit:,}"}
        )
    until = content.get("until")
    if until and date.fromisoformat(until) > bounds.ends_on:
        reasons.append(_("期日が自由枠の期限を超えます。"))
    elif on > bounds.ends_on:
        reasons.append(_("自由枠の期限が過ぎています。"))
    return reasons


def end_project(*, project: Project, stage: Stage, at: datetime) -> None:
    """完了, 中止 or 横展開, as decided."""
    project.move_to(stage, at=at)
    project.ended_at = at
    project.save(update_fields=["ended_at"])


def observe(
    *, project: Project, kind: ObservationKind, text: str, by: User, at: datetime
) -> Observation:
    """A note from the field for the open cycle."""
    return Observation.objects.create(
        project=project,
        cycle=project.cycles.order_by("-number")[0],
        kind=kind,
        text=text,
        recorded_by=by,
        recorded_at=at,
    )


def measure(
    *, kpi: Kpi, measured_on: date, value: Decimal, note: str, by: User, at: datetime
) -> Measurement:
    """A measured value; the last row of a day counts."""
    return Measurement.objects.create(
        kpi=kpi,
        measured_on=measured_on,
        value=value,
        note=note,
        recorded_by=by,
        recorded_at=at,
    )
