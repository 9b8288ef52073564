"""What the pages of a draft share: the form, what was typed, who may, what a return asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import actions as cases
from bpr_projects import sheet
from bpr_projects.enums import Stage
from bpr_projects.forms import SheetForm
from bpr_projects.forms.sheet import data_of
from bpr_projects.models import Project
from roles.enums import Role, Scope
from roles.grants import GRANTS
from roles.models import capacities_of
from roles.permissions import Perm
from workflow import access
from workflow.enums import Outcome, SlotState, StepKind
from workflow.models import Decision, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.http import HttpRequest

    from roles.models import Capacity, Post, Section, User
    from workflow.access import Permit
    from workflow.views.sheet_rows import Masters

EDITABLE = (Stage.DRAFT, Stage.RETURNED)


def proposing_capacities(user: User, at: datetime) -> list[Capacity]:
    """In which capacities this person may propose today."""
    return [
        each
        for each in capacities_of(user, localdate(at))
        if Perm.PROPOSE_PROJECT in GRANTS[Role(each.post.role)]
    ]


def own_section_of(post: Post) -> Section | None:
    """The section that a seat always proposes for; None where the 所管課 is named on the sheet."""
    scope = GRANTS[Role(post.role)].get(Perm.PROPOSE_PROJECT)
    if scope != Scope.OWN_SECTION or post.section is None or post.section.is_secretariat:
        return None
    return post.section


def form_for(
    post: Post, masters: Masters, *, data: Any = None, answers: Mapping[str, Any] | None = None
) -> SheetForm:
    """The sheet's form: unbound with the stored answers, or bound to what was typed."""
    own = own_section_of(post)
    return SheetForm(
        data,
        initial=dict(answers or {}),
        areas=masters.areas,
        sections=masters.sections,
        own_section=own.code if own else "",
    )


def checked_form(project: Project, masters: Masters) -> SheetForm:
    """The stored draft as if it had just been typed, with everything that 提出 would refuse."""
    form = form_for(project.proposer_post, masters, data=data_of(project.sheet))
    form.full_clean()
    form.add_problems(problems_of(project.sheet))
    return form


def problems_of(answers: Mapping[str, Any]) -> dict[str, str]:
    """Field -> what is missing or contradictory; empty when the sheet may be submitted."""
    try:
        cases.check_sheet(answers)
    except cases.SheetIncomplete as refusal:
        return refusal.problems
    return {}


def save_typed(project: Project, form: SheetForm, request: HttpRequest, at: datetime) -> Project:
    """Write a valid form into the draft. Raises ``DraftConflict`` and ``PermissionDenied``.

    Answers that the person gave up on the conflict page (``keep-<field>`` = theirs) stay as stored.
    """
    kept = {
        name: value
        for name, value in form.cleaned_data.items()
        if request.POST.get(f"keep-{name}") != "theirs"
    }
    user: Any = request.user
    with transaction.atomic():
        locked = Project.objects.select_for_update().get(pk=project.pk)
        permit = access.may(user, "edit", locked, at)
        if not permit:
            raise PermissionDenied(permit.reason)
        return cases.save_draft(
            project=locked, version=version_of(request), answers=kept, by=user, at=at
        )


def version_of(request: HttpRequest) -> int:
    """Which stored version the form was opened on; 0, which is never one, when it does not say."""
    text = request.POST.get("draft_version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


# --- 差戻し and 引戻し: the same form, another verb at the end --------------------------------


@dataclass(frozen=True)
class Returned:
    """Why the text is back with its author, and the step that waits for it."""

    slot: Slot
    who: str
    outcome: str
    reason: str
    when: datetime
    is_pulled_back: bool


def returned_of(project: Project) -> Returned | None:
    """The open 修正 step of a case with the act that led to it. Two queries, or one for none."""
    slot = (
        Slot.objects.filter(
            step_run__project=project, step_run__kind=StepKind.REVISION, state=SlotState.OPEN
        )
        .select_related("post", "step_run__project", "step_run__run")
        .first()
    )
    if slot is None:
        return None
    last = (
        Decision.objects.filter(
            run=slot.step_run.run, outcome__in=(Outcome.SENT_BACK, Outcome.PULLED_BACK)
        )
        .select_related("decided_by", "post")
        .prefetch_related("entry__texts")
        .order_by("-pk")[0]
    )
    texts = [each.text for each in last.entry.texts.all() if each.name == "comment"]
    return Returned(
        slot=slot,
        who=f"{last.post.title}　{last.decided_by.name}",
        outcome=str(last.get_outcome_display()),
        reason=(texts[0] if texts else "") or "",
        when=last.decided_at,
        is_pulled_back=last.outcome == Outcome.PULLED_BACK,
    )


def may_submit(user: User, project: Project, returned: Returned | None, at: datetime) -> Permit:
    """提出 of a new case, or 再提出 of a returned one."""
    if returned is not None:
        return access.may_answer(user, returned.slot, at)
    return access.may(user, "submit", project, at)


# --- how far the sheet is --------------------------------------------------------------------


@dataclass(frozen=True)
class PartProgress:
    """One line of the list of parts."""

    code: str
    title: str
    is_done: bool
    note: str


def progress_of(answers: Mapping[str, Any]) -> list[PartProgress]:
    """How far each part of the sheet is answered."""
    left = {field.name for field in sheet.missing(answers)}
    found = []
    for code, title in sheet.PARTS.items():
        names = [each.name for each in sheet.FIELDS if each.part == code]
        needed = [each.name for each in sheet.FIELDS if each.part == code and each.required]
        missing = sum(name in left for name in names)
        note = _("入力済み") if not missing else _("あと%s項目") % missing
        if missing and missing == len(needed):
            note = _("未入力")
        if not needed:
            note = _("あてはまるものに印")
        found.append(PartProgress(code, str(title), bool(needed) and not missing, note))
    return found


def count_of(answers: Mapping[str, Any]) -> tuple[int, int]:
    """(answered, all) required fields."""
    every = sum(field.required for field in sheet.FIELDS)
    return every - len(sheet.missing(answers)), every
