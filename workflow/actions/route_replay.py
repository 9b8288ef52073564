"""The dry run of a rule change: reads the last cases and the city once, writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bpr_projects.access import visible_to
from bpr_projects.models import Project
from roles.models import Section, read_all_once
from workflow import routing
from workflow.access import conflicted_by_run
from workflow.enums import RunKind
from workflow.models import Run

if TYPE_CHECKING:
    from datetime import date, datetime

    from roles.models import User
    from workflow.models import Route

MOST: Final = 500
"""More cases than this are not tried at once."""


def replay_last(
    route: Route,
    *,
    count: int,
    on: date,
    at: datetime,
    reader: User | None = None,
) -> routing.Replay:
    """The last submitted cases, newest first, under today's rules and with this version among them.

    ``reader``: only cases that this person may see. Always the same queries, and for the same rows
    the same answer.
    """
    cases = Project.objects.all() if reader is None else visible_to(reader, at)
    submitted = (
        Run.objects.filter(kind=RunKind.PROJECT, project__in=cases, revision__isnull=False)
        .select_related("project__section__department", "project__proposer_post", "revision")
        .defer("plan", "project__sheet")
        .order_by("-started_at", "-pk")[:count]
    )
    runs = list(submitted)
    sections = _sections()
    conflicts = conflicted_by_run([run.pk for run in runs], on)
    rules, draft = routing.in_force_beside(route, on, RunKind.PROJECT)
    tried = [_case(run, sections, conflicts.get(run.pk, frozenset())) for run in runs]
    with read_all_once(on):
        return routing.replay(tried, rules, draft, on)


def _sections() -> dict[str, Section]:
    """By code; each knows what followed it without asking again."""
    found = {each.pk: each for each in Section.objects.select_related("department")}
    for each in found.values():
        each.succeeded_by = found.get(each.succeeded_by_id or 0)
    return {each.code: each for each in found.values()}


def _case(
    run: Run, sections: dict[str, Section], excluded: frozenset[int]
) -> tuple[Project, routing.Case]:
    assert run.project is not None and run.revision is not None  # noqa: S101, PT018 -- filtered
    text = run.revision.sheet
    project = run.project
    project.section = sections.get(text.get("section") or "", project.section)
    return project, routing.case_of(project, text, excluded=excluded)
