"""What every tab of a case shares: its head, its tabs, and the dossier they were drawn from.

A view of a tab asks ``frame_of`` for the case and hands ``frame.context(tab)`` to its page, which
extends ``workflow/case_page.html``. A light frame costs four queries beside login and menu, one
with the words of decisions five; two and one are left for what the tab itself shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils.timezone import localdate

from bpr_projects.access import ties_from, visible_to, voice_of
from roles.models import capacities_of
from workflow import sheet
from workflow.views.desk import balls_of
from workflow.views.lookup import person_of, project_or_404

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from bpr_projects.access import Ties, Voice
    from bpr_projects.models import Project, ProjectQuerySet
    from roles.models import Capacity, User
    from workflow.models import Run
    from workflow.sheet import Dossier


@dataclass(frozen=True)
class Frame:
    """A case as one reader meets it, whatever the tab."""

    dossier: Dossier
    reader: User
    capacities: list[Capacity]

    @property
    def project(self) -> Project:
        """The case."""
        return self.dossier.project

    @cached_property
    def posts(self) -> set[int]:
        """The reader's posts of the day."""
        return {each.post.pk for each in self.capacities}

    @cached_property
    def ties(self) -> Ties:
        """What ties posts, sections and persons to the case."""
        return ties_from(self.project, self.dossier.belongings.tie_rows)

    @cached_property
    def voice(self) -> Voice:
        """What the reader may read and say in the case's discussion."""
        return voice_of(self.reader, self.capacities, self.ties, localdate(self.dossier.at))

    @property
    def run(self) -> Run | None:
        """The run whose 決裁欄 stands in the head."""
        return self.dossier.shown_run

    @property
    def answers(self) -> dict[str, Any]:
        """The frozen text, or the working copy of a draft."""
        frozen = self.project.revision
        found: dict[str, Any] = frozen.sheet if frozen else self.project.sheet
        return found

    def context(self, tab: str) -> dict[str, Any]:
        """What ``case_head.html`` and ``case_tabs.html`` need. ``tab``: a URL name."""
        names = self.dossier.belongings.sections
        run = self.run
        return {
            "now": self.dossier.at,
            "project": self.project,
            "tab": tab,
            "counts": {
                "files": len(self.dossier.belongings.files),
                "discussion": self.voice.open_questions,
            },
            "balls": balls_of(self.dossier),
            "milestones": sheet.milestones_of(self.dossier),
            "columns": sheet.columns_of(self.dossier, run) if run else (),
            "approval": self.dossier.approval,
            "run": run,
            "related": [names.get(code, code) for code in self.answers.get("sections") or []],
        }


def label_of(case: Project) -> str:
    """17 for R8-017: what stands in a circle of a chart."""
    return (case.number or "").rpartition("-")[2].lstrip("0")


def frame_of(
    request: HttpRequest,
    ref: str,
    at: datetime,
    *,
    with_texts: bool = False,
    is_whole: bool = True,
) -> Frame:
    """The case of an address for the reader, or 404. See ``sheet.dossier_of``."""
    among = visible_to(person_of(request), at)
    case = project_or_404(request, ref, at, among)
    return frame_for(request, case, at, among=among, with_texts=with_texts, is_whole=is_whole)


def frame_for(
    request: HttpRequest,
    case: Project,
    at: datetime,
    *,
    among: ProjectQuerySet | None = None,
    with_texts: bool = True,
    is_whole: bool = True,
) -> Frame:
    """The frame of a case that was found before, ``among`` those that the reader may read."""
    reader = person_of(request)
    capacities = capacities_of(reader, localdate(at))
    dossier = sheet.dossier_of(
        case,
        at,
        reader=reader,
        posts={each.post.pk for each in capacities},
        among=among,
        with_texts=with_texts,
        is_whole=is_whole,
    )
    return Frame(dossier, reader, capacities)
