"""What the pages of a draft share: the form, what was typed, who may, what a return asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import actions as cases
from bpr_projects import drafts, sheet
from bpr_projects.access import visible_to
from bpr_projects.drafts import Sender
from bpr_projects.enums import Stage
from bpr_projects.forms import SheetForm
from bpr_projects.forms.sheet import data_of
from bpr_projects.models import Project
from bpr_projects.prices import rate_columns
from bpr_projects.sheet import Lists
from records.models import LedgerText
from roles.enums import Role, Scope
from roles.grants import GRANTS
from roles.models import capacities_of
from roles.permissions import Perm
from workflow import access
from workflow.enums import Outcome, SlotState, StepKind
from workflow.models import Decision
from workflow.views.lookup import person_of, project_or_404

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.http import HttpRequest

    from roles.models import Capacity, Post, Section, User

EDITABLE = (Stage.DRAFT, Stage.RETURNED)


def proposing_capacities(user: User, at: datetime) -> list[Capacity]:
    """In which capacities this person may propose today; for no section that is gone."""
    return [
        each
        for each in capacities_of(user, localdate(at))
        if not each.is_inherited and Perm.PROPOSE_PROJECT in GRANTS[Role(each.post.role)]
    ]


def own_section_of(post: Post) -> Section | None:
    """The section that a seat always proposes for; None where the 所管課 is named on the sheet."""
    scope = GRANTS[Role(post.role)].get(Perm.PROPOSE_PROJECT)
    if scope != Scope.OWN_SECTION or post.section is None or post.section.is_secretariat:
        return None
    return post.section


def form_for(
    post: Post,
    lists: Lists,
    *,
    data: Any = None,
    answers: Mapping[str, Any] | None = None,
    more: str = "",
) -> SheetForm:
    """The sheet's form: unbound with the stored answers, or bound to what was typed."""
    own = own_section_of(post)
    return SheetForm(
        data,
        lists=lists,
        answers=answers,
        own_section=own.code if own else "",
        more=more,
    )


def lists_for(project: Project | None, at: datetime, *, with_files: bool = False) -> Lists:
    """What may be chosen that day, whom the sheet names, and the draft's files. One query."""
    people = project.sheet.get("partners") if project else []
    files_of = project if with_files else None
    return Lists.read(localdate(at), people=people or [], files_of=files_of)


def checked_form(project: Project, lists: Lists) -> SheetForm:
    """The stored draft as if it had just been typed, with everything that 提出 would refuse."""
    form = form_for(project.proposer_post, lists, data=data_of(project.sheet))
    form.full_clean()
    form.add_problems(problems_of(project.sheet, lists))
    return form


def problems_of(answers: Mapping[str, Any], lists: Lists) -> dict[str, str]:
    """Field -> what is missing or contradictory; empty when the sheet may be submitted today."""
    try:
        cases.check_sheet(answers, localdate(), lists)
    except cases.SheetIncomplete as refusal:
        return refusal.problems
    return {}


def save_typed(project: Project, form: SheetForm, request: HttpRequest, at: datetime) -> Project:
    """Write what can be read into the draft. Raises ``DraftConflict`` and ``PermissionDenied``.

    Answers that the person gave up on the conflict page (``keep-<field>`` = theirs) stay as stored.
    """
    sender = sender_of(request)
    with transaction.atomic():
        locked = Project.objects.select_for_update().get(pk=project.pk)
        permit = access.may(sender.person, "edit", locked, at)
        if not permit:
            raise PermissionDenied(permit.reason)
        kept = {
            name: value
            for name, value in form.over(locked.sheet).items()
            if request.POST.get(f"keep-{name}") != "theirs"
        }
        version = drafts.version_for(sender, locked, version_of(request))
        saved = cases.save_draft(
            project=locked, version=version, answers=kept, by=sender.person, at=at
        )
        drafts.remember(sender, saved)
    return saved


def version_of(request: HttpRequest) -> int:
    """Which stored version the form was opened on; 0, which is never one, when it does not say."""
    text = request.POST.get("draft_version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


# --- pages that save by themselves -----------------------------------------------------------

PAGE: Final = re.compile(r"[0-9a-f]{32}")
MOST_RESUMED: Final = 5


def sender_of(request: HttpRequest) -> Sender:
    """Who sends, and from which opened form; names that are none are left out."""
    resumed = request.POST.get("resumes", "").split()[:MOST_RESUMED]
    return Sender(
        person=person_of(request),
        page=page_of(request),
        sent=page_of(request, "sent"),
        resumes=tuple(dict.fromkeys(filter(PAGE.fullmatch, resumed))),
    )


def page_of(request: HttpRequest, name: str = "page") -> str:
    """How an opened form calls itself (``page``), or one sending of it (``sent``)."""
    text = request.POST.get(name, "")
    return text if PAGE.fullmatch(text) else ""


def priced_or_404(request: HttpRequest, ref: str, at: datetime) -> Project:
    """The case with the unit price of the day (``annotated_rate``), in one query."""
    among = visible_to(person_of(request), at).select_related("proposer_post")
    priced = among.annotate(**rate_columns(localdate(at)))
    return project_or_404(request, ref, at, priced)


# --- 差戻し and 引戻し: the same form, another verb at the end --------------------------------


@dataclass(frozen=True)
class Returned:
    """Why the text is back with its author, and the slot that waits for it."""

    slot_id: int
    who: str
    reason: str
    when: datetime
    is_pulled_back: bool


def returned_of(project: Project) -> Returned | None:
    """The open 修正 slot of a case with the act that led to it. One query."""
    comment = LedgerText.objects.filter(entry=OuterRef("entry"), name="comment")
    last = (
        Decision.objects.filter(
            project=project,
            outcome__in=(Outcome.SENT_BACK, Outcome.PULLED_BACK),
            run__step__kind=StepKind.REVISION,
            run__step__slots__state=SlotState.OPEN,
        )
        .order_by("-pk")
        .values_list(
            "run__step__slots",
            "post__title",
            "decided_by__family_name",
            "decided_by__given_name",
            Subquery(comment.values("text")[:1]),
            "decided_at",
            "outcome",
        )
        .first()
    )
    if last is None:
        return None
    slot, title, family_name, given_name, reason, when, outcome = last
    return Returned(
        slot_id=slot,
        who=f"{title}　{family_name} {given_name}",
        reason=reason or "",
        when=when,
        is_pulled_back=outcome == Outcome.PULLED_BACK,
    )


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
