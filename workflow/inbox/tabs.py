"""The other tabs of 承認・確認: to be read, coming up, done. Each one query or three."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import F, Q
from django.urls import get_script_prefix

from bpr_projects.models import Project
from roles.enums import Role, Scope
from roles.grants import GRANTS
from roles.permissions import Perm
from workflow import access
from workflow.charts import Ball, lines_of, open_slots
from workflow.enums import BY_RULE, Outcome
from workflow.inbox.desk import PAGE
from workflow.inbox.links import case_url, rule_url
from workflow.inbox.rows import CaseRow
from workflow.models import Decision, Reading
from workflow.outcomes import RULES, Tone

if TYPE_CHECKING:
    from roles.models import Capacity
    from workflow.inbox.desk import Desk

COMING: Final = 50
TONES: Final = {
    Tone.OK: "ok",
    Tone.COND: "cond",
    Tone.BACK: "warn",
    Tone.BAD: "bad",
    Tone.INFO: "info",
}
"""Tone of an answer -> tone of its chip."""


def readings(desk: Desk) -> list[tuple[Reading, str, str]]:
    """後閲 and 供覧 that a post of mine owes, oldest first; with both addresses."""
    owed = (
        Reading.objects.filter(post__in=desk.capacities, read_at=None)
        .select_related("project__section", "post", "revision")
        .defer("project__sheet", "revision__sheet")
        .order_by("opened_at", "pk")[:COMING]
    )
    return [
        (each, case_url(each.project.reference), f"{get_script_prefix()}readings/{each.pk}/read/")
        for each in owed
    ]


def coming(desk: Desk) -> list[CaseRow]:
    """Cases underway within my sight that somebody else holds now, the longest waiting first."""
    newest = Project.objects.underway().filter(_sight(desk)).order_by("-updated_at", "-pk")
    slots = list(
        open_slots(newest.values("pk")[:COMING])
        .select_related("step_run__run", "step_run__project__section", "post")
        .defer(None)
        .defer("step_run__project__sheet")
    )
    cases = {slot.step_run.project_id: slot.step_run.project for slot in slots}
    balls = lines_of(slots, desk.at, desk.load.closures)
    mine = set(desk.capacities)
    rows = [
        _row(desk, case, balls[case.pk])
        for case in cases.values()
        if case is not None and not mine & {seat.post_id for seat in balls[case.pk].seats}
    ]
    return sorted(rows, key=lambda row: (-row.ball.day_n if row.ball else 0, row.pk))


def _row(desk: Desk, case: Project, ball: Ball) -> CaseRow:
    return CaseRow(
        pk=case.pk,
        proposer_id=case.proposer_id,
        number=case.number or "",
        title=case.title,
        stage=case.stage,
        section_name=case.section.name if case.section else "",
        updated_at=case.updated_at,
        ball=ball,
        may_ask=bool(access.waits_for(desk.user, case, desk.capacities.values())),
    )


def _sight(desk: Desk) -> Q:
    """The cases of my sections, or all where a post reads all: part of ``visible_to``."""
    sight = Q(proposer=desk.user)
    for each in desk.capacities.values():
        scope = GRANTS[Role(each.post.role)].get(Perm.VIEW_PROJECT)
        if scope == Scope.ALL:
            return Q()
        if scope == Scope.OWN_SECTION:
            sight |= _of_section(each)
    return sight


def _of_section(capacity: Capacity) -> Q:
    post = capacity.post
    if post.section_id is not None:
        return Q(section=post.section_id)
    return Q(section__department=post.department_id) if post.department_id else Q(pk=None)


def done(desk: Desk, before: int | None) -> tuple[list[tuple[Decision, str, str]], int | None]:
    """What I said, newest first, and where the next page begins."""
    said = (
        Decision.objects.filter(decided_by=desk.user)
        .exclude(outcome__in=BY_RULE)
        .select_related("project__section", "post", "step_run", "run__rule")
        .defer("project__sheet", "scores", "authority", "run__plan")
        .annotate(later=F("superseded_by__outcome"))
        .order_by("-pk")
    )
    if before is not None:
        said = said.filter(pk__lt=before)
    rows = list(said[: PAGE + 1])
    shown = [(each, _case_of(each), TONES[RULES[Outcome(each.outcome)].tone]) for each in rows]
    return shown[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None


def _case_of(decision: Decision) -> str:
    if decision.project is not None:
        return case_url(decision.project.reference)
    return rule_url(decision.run.rule.number) if decision.run.rule else ""
