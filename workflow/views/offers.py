"""What can be done to a case outside its steps: the buttons of 「ほかの操作」, with reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects.enums import UNDERWAY
from roles.enums import Role
from roles.grants import permits
from roles.permissions import Perm
from workflow import access, sheet
from workflow.enums import (
    DECIDING_KINDS,
    OWN_WORK,
    Outcome,
    RunKind,
    SlotState,
    StepKind,
)
from workflow.outcomes import FINAL, RULES

if TYPE_CHECKING:
    from roles.models import Capacity, User
    from workflow.access import Permit
    from workflow.charts import Ball
    from workflow.sheet import Dossier


@dataclass(frozen=True)
class Verb:
    """What can be done outside the steps; shown with its reason when it may not be."""

    label: str
    url: str
    icon: str
    permit: Permit
    is_post: bool = False


def verbs_of(dossier: Dossier, reader: User, capacities: list[Capacity]) -> list[Verb]:
    """All that the reader may do, or is told why not, in the order of the buttons."""
    found = [
        _pull_back(dossier, reader, capacities),
        _withdraw(dossier, reader, capacities),
        _close_region(dossier, reader, capacities),
        _reassign(dossier, reader, capacities),
        _register_paper(dossier, reader, capacities),
        _abandon(dossier, reader, capacities),
        _restrict(dossier, reader, capacities),
        _halt(dossier, capacities),
        _correct(dossier, reader, capacities),
        _copy(dossier, reader, capacities),
    ]
    return [verb for verb in found if verb is not None]


def _verb(dossier: Dossier, outcome: Outcome, name: str, icon: str, permit: Permit) -> Verb:
    url = reverse(name, args=[dossier.project.reference])
    return Verb(str(RULES[outcome].button), url, icon, permit)


def nudge(
    dossier: Dossier, reader: User, capacities: list[Capacity], balls: list[Ball]
) -> Verb | None:
    """お願いする for whoever waits; the first ball is the one that holds the case."""
    if not balls or not access.waits_for(reader, dossier.project, capacities):
        return None
    url = reverse("nudge", args=[dossier.project.reference])
    return Verb(_("確認をお願いする"), url, "bell", balls[0].nudge, is_post=True)


def _pull_back(dossier: Dossier, reader: User, capacities: list[Capacity]) -> Verb | None:
    step = next((step for step in dossier.open_steps if step.run.run.kind != RunKind.CYCLE), None)
    last = sheet.opening_act(step.run, step.slots, dossier.decisions) if step else None
    if step is None or last is None or last.decided_by_id != reader.pk:
        return None
    permit = access.permit_to_pull_back(reader, last, sheet.opened_first(step.slots), capacities)
    return _verb(dossier, Outcome.PULLED_BACK, "pull-back", "undo-2", permit)


def _withdraw(dossier: Dossier, reader: User, capacities: list[Capacity]) -> Verb | None:
    project = dossier.project
    is_asked = dossier.approval is not None
    permit = access.permit_to_withdraw(project, capacities, asked=is_asked)
    is_author = reader.pk in dossier.belongings.authors
    if not permit and not (is_author and project.stage in UNDERWAY):
        return None
    return _verb(dossier, Outcome.WITHDRAWN, "withdraw", "x", permit)


def _register_paper(dossier: Dossier, reader: User, capacities: list[Capacity]) -> Verb | None:
    """紙の決裁を登録する, at an open 決裁 step; a waiting one stands above the panels."""
    permit = access.permit_to_keep_papers(capacities)
    step = next((each for each in dossier.open_steps if each.run.kind in DECIDING_KINDS), None)
    if step is None or not step.waiting or not permit:
        return None
    if reader.pk in dossier.people.excluded(step.run):
        permit = access.no(_("この案件の提案に関わっているため、紙の決裁を扱えません。"))
    url = reverse("paper", args=[dossier.project.reference, step.waiting[0].pk])
    return Verb(_("紙の決裁を登録する"), url, "scroll-text", permit)


def _close_region(dossier: Dossier, reader: User, capacities: list[Capacity]) -> Verb | None:
    step = next((each for each in dossier.open_steps if each.run.kind in access.CLOSABLE), None)
    if step is None:
        return None
    permit = access.permit_to_close_region(capacities, StepKind(step.run.kind))
    if not permit or reader.pk in dossier.people.excluded(step.run):
        return None
    done = sum(slot.state == SlotState.DONE for slot in step.slots)
    if done < step.run.quorum:
        permit = access.no(
            _("回答が%(done)s人分です。定足数の%(quorum)s人がそろうと締め切れます。")
            % {"done": done, "quorum": step.run.quorum}
        )
    return _verb(dossier, Outcome.CLOSED, "close-region", "list-checks", permit)


def _reassign(dossier: Dossier, reader: User, capacities: list[Capacity]) -> Verb | None:
    """担当の付替え for the 事務局: of the seat that nobody may answer for, or the first."""
    waiting = [
        (dossier.people.seat(slot).is_held, slot.pk, step)
        for step in dossier.open_steps
        if step.run.kind not in OWN_WORK
        for slot in step.waiting
    ]
    if not waiting:
        return None
    _held, slot_id, step = min(waiting, key=lambda row: row[:2])
    recused = dossier.people.recused.get(step.run.run_id, frozenset())
    is_author = reader.pk in dossier.people.excluded(step.run) - recused
    permit = access.permit_to_reassign(capacities, is_author=is_author)
    if not permits(capacities, Perm.REASSIGN_WORK):
        return None
    url = reverse("reassign", args=[dossier.project.reference, slot_id])
    return Verb(str(RULES[Outcome.REASSIGNED].button), url, "repeat", permit)


def _halt(dossier: Dossier, capacities: list[Capacity]) -> Verb | None:
    """Only the 所属長 is asked about, and only while 行動 is open."""
    section = dossier.project.section_id
    heads = any(
        each.post.role == Role.SECTION_HEAD and each.post.section_id == section
        for each in capacities
    )
    if not heads or not any(each.run.kind == StepKind.ACT for each in dossier.open_steps):
        return None
    decided = access.halting(dossier.project)
    on, closures = localdate(dossier.at), dossier.belongings.closures
    permit = access.permit_to_halt(dossier.project, capacities, decided, on, closures)
    return _verb(dossier, Outcome.HALTED, "halt", "pause", permit)


def _abandon(dossier: Dossier, reader: User, capacities: list[Capacity]) -> Verb | None:
    is_author = reader.pk in dossier.belongings.wrote
    permit = access.permit_to_abandon(dossier.project, capacities, is_author=is_author)
    if not permit:
        return None
    return _verb(dossier, Outcome.ABANDONED, "abandon", "archive", permit)


def _correct(dossier: Dossier, reader: User, capacities: list[Capacity]) -> Verb | None:
    """訂正 of the proposal's 決裁 by the post that decided; nobody else is told about it.

    Other 決裁 of the case are corrected from their rows in the history.
    """
    said = [each for each in dossier.decisions if each.outcome in FINAL]
    standing = [
        each
        for each in said
        if each.pk not in dossier.superseded and each.run.kind == RunKind.PROJECT
    ]
    if not standing or reader.pk in dossier.belongings.wrote:
        return None
    permit = access.permit_to_correct(standing[-1], capacities)
    if not permit:
        return None
    url = reverse("decision-correct", args=[dossier.project.reference, standing[-1].pk])
    return Verb(_("決裁を訂正する"), url, "pencil", permit)


def _restrict(dossier: Dossier, reader: User, capacities: list[Capacity]) -> Verb | None:
    """関係者限りにする, or lift it: whichever changes something."""
    project = dossier.project
    is_author = reader.pk in dossier.belongings.wrote
    wanted = not project.is_confidential
    permit = access.permit_to_restrict(project, capacities, is_author=is_author, wanted=wanted)
    if not permit:
        return None
    if wanted:
        return _verb(dossier, Outcome.RESTRICTED, "restrict", "lock", permit)
    return _verb(dossier, Outcome.UNRESTRICTED, "unrestrict", "eye", permit)


def _copy(dossier: Dossier, reader: User, capacities: list[Capacity]) -> Verb | None:
    """再提案 of what ended, 横展開 of what was adopted; offered to those who write proposals."""
    project = dossier.project
    permit = access.permit_to_copy(project, capacities)
    writes = reader.pk in dossier.belongings.authors or permits(capacities, Perm.PROPOSE_PROJECT)
    if not permit and not (writes and project.stage in access.COPYABLE):
        return None
    url = reverse("project-copy", args=[project.reference])
    return Verb(_("複製して提案する"), url, "copy", permit)
