"""参加の申出 (plan 2-6(2)): a section asks to take part in a case, and gets an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext as _

from bpr_projects.discussion import NotAllowed, NotNow, Room, moment
from bpr_projects.enums import UNDERWAY, ParticipantReason, Stage
from bpr_projects.models import JoinRequest, Participant
from bpr_projects.signals import join_answered, join_asked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bpr_projects.access import Ties, Voice
    from bpr_projects.models import Project
    from roles.models import Section, User

JOINABLE: Final = UNDERWAY | {Stage.RUNNING, Stage.ROLLED_OUT}
"""Stages in which another section can still do something."""


def requests_of(project: Project) -> list[JoinRequest]:
    """All that were made, newest first, with who asked and who answered."""
    rows = project.join_requests.select_related("section", "asked_by", "answered_by")
    return list(rows.order_by("-pk"))


def sections_to_ask(voice: Voice, ties: Ties, made: Iterable[JoinRequest]) -> frozenset[int]:
    """Sections for which the person may ask now."""
    if ties.project.stage not in JOINABLE:
        return frozenset()
    return voice.leads - ties.sections - ties.represented - {each.section_id for each in made}


def why_not(section: Section, ties: Ties, made: Iterable[JoinRequest]) -> str:
    """Why a section that the person leads may not ask (again); empty when it may."""
    if ties.project.stage not in JOINABLE:
        return _("「%s」の案件には、参加を申し出られません。") % ties.project.get_stage_display()
    before = next((each for each in made if each.section_id == section.pk), None)
    if before is not None:
        return said_of(before)
    if section.pk in ties.sections | ties.represented:
        return _("%s は、すでにこの案件に関わっています。") % section.name
    return ""


def said_of(request: JoinRequest) -> str:
    """「10/5 09:00 に戸舘 修さんが断っています」: what became of a request."""
    facts = {
        "section": request.section.name,
        "name": (request.answered_by or request.asked_by).name,
        "when": moment(request.answered_at or request.asked_at),
    }
    if request.is_accepted is None:
        return _("%(section)s の参加は、%(when)s に %(name)sさんが申し出ています。") % facts
    if request.is_accepted:
        return _("%(section)s の参加は、%(when)s に %(name)sさんが受け入れています。") % facts
    sentence = _("%(section)s の参加は、%(when)s に %(name)sさんが断っています。") % facts
    return sentence + (_("（返事：%s）") % request.reply if request.reply else "")


@transaction.atomic
def ask_to_join(
    *, project: Project, section: Section, reason: str, by: User, at: datetime
) -> JoinRequest:
    """参加の申出 by the leader or head of a section. The same person's second click is the same."""
    room = Room(project, by, at)
    room.demand()
    if section.pk not in room.voice.leads:
        raise NotAllowed(
            _("%s の参加を申し出られるのは、その課の所属長とDX推進リーダーです。") % section.name
        )
    made = requests_of(room.project)
    for before in made:
        same = (section.pk, by.pk, reason)
        if (before.section_id, before.asked_by_id, before.reason) == same:
            return before
    if reason_not := why_not(section, room.ties, made):
        raise NotNow(reason_not)
    request = JoinRequest.objects.create(
        project=room.project, section=section, reason=reason, asked_by=by, asked_at=at
    )
    join_asked.send(sender=ask_to_join, request=request, at=at)
    return request


@transaction.atomic
def answer_join(
    *, request: JoinRequest, is_accepted: bool, reply: str, by: User, at: datetime
) -> JoinRequest:
    """Yes makes the section a participant; both answers carry their reply."""
    room = Room(request.project, by, at)
    room.demand()
    found = next(each for each in requests_of(room.project) if each.pk == request.pk)
    if not may_answer(room.voice):
        raise NotAllowed(_("参加の申出に答えられるのは、提案した側と事務局です。"))
    if found.is_accepted is not None:
        if (found.answered_by_id, found.is_accepted, found.reply) == (by.pk, is_accepted, reply):
            return found
        raise NotNow(said_of(found))
    found.is_accepted, found.reply = is_accepted, reply
    found.answered_by, found.answered_at = by, at
    found.save(update_fields=["is_accepted", "reply", "answered_by", "answered_at"])
    if is_accepted:
        Participant.objects.get_or_create(
            project=room.project,
            section=found.section,
            defaults={"reason": ParticipantReason.JOINED, "since": at},
        )
    join_answered.send(sender=answer_join, request=found, at=at)
    return found


def may_answer(voice: Voice) -> bool:
    """The proposing side and the 事務局."""
    return voice.is_proposing or voice.advises
