"""紙決裁の後登録: who may register a decision on paper and confirm it, who may have made it."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.timezone import get_current_timezone, localdate
from django.utils.translation import gettext as _

from roles.enums import Basis
from roles.grants import permits
from roles.models import Appointment, User, capacities_of, heirs_of
from roles.permissions import Perm
from workflow.access.answering import may_answer
from workflow.access.conflicts import conflicted
from workflow.access.permits import Permit, clock, no, yes
from workflow.enums import PaperState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from roles.models import Capacity
    from workflow.models import PaperDecision, Slot


def may_record_paper(user: User, slot: Slot, at: datetime) -> Permit:
    """Somebody of the 事務局 in the own right, with no part in the proposal."""
    permit = permit_to_keep_papers(capacities_of(user, localdate(at)))
    if permit and user.pk in conflicted(slot.step_run.run, localdate(at)):
        return no(_("この案件の提案に関わっているため、紙の決裁を扱えません。"))
    return permit


def permit_to_keep_papers(capacities: Iterable[Capacity]) -> Permit:
    """The seat of the 事務局 that a person holds; nobody registers or confirms as a deputy."""
    for each in capacities:
        if each.basis == Basis.OWN and permits([each], Perm.RECORD_PAPER):
            return yes(each)
    return no(_("紙の決裁を登録し、確認するのは、事務局の職にある方です。"))


def may_confirm_paper(user: User, paper: PaperDecision, at: datetime) -> Permit:
    """Another person of the 事務局 than who registered it, and not who decided."""
    permit = may_record_paper(user, paper.slot, at)
    if permit and user.pk == paper.recorded_by_id:
        return no(_("登録した方は、ご自身で確認できません。事務局のほかの方が確認します。"))
    if permit and user.pk == paper.decided_by_id:
        return no(_("決裁した方は、ご自身の紙の決裁を確認できません。"))
    return permit


def may_refuse_paper(user: User, paper: PaperDecision, at: datetime) -> Permit:
    """Whoever may confirm it; and who registered it may take it back."""
    if user.pk == paper.recorded_by_id:
        return permit_to_keep_papers(capacities_of(user, localdate(at)))
    return may_confirm_paper(user, paper, at)


def may_have_decided(person: User, slot: Slot, on: date) -> Permit:
    """Whether the person might have answered the slot that day, as the holder of its post."""
    if not person.is_active:
        return no(_("%s さんの登録は無効です（退職等）。") % person.name)
    noon = datetime.combine(on, time(12), get_current_timezone())
    permit = may_answer(person, slot, noon)
    if permit.capacity is not None and permit.capacity.basis != Basis.OWN:
        return no(_("紙の決裁として登録できるのは、職にある方ご本人の決裁だけです。"))
    return permit


def holders_since(slot: Slot, until: date) -> list[User]:
    """Who held the post of the slot on some day since it was opened, by name.

    Of a closed post also who holds its heir.
    """
    since = localdate(slot.opened_at)
    held = Appointment.objects.filter(post=slot.post_id, starts_on__lte=until)
    heirs = Appointment.objects.effective(until).filter(post__in=heirs_of([slot.post_id], until))
    people = User.objects.filter(
        Q(pk__in=held.exclude(ends_on__lte=since).values("person"))
        | Q(pk__in=heirs.values("person"))
    )
    return sorted(people, key=lambda person: (person.name, person.pk))


def may_see_paper(user: User, paper: PaperDecision, at: datetime) -> bool:
    """The rule of ``sees_paper``, for a person of today."""
    return sees_paper(user, paper, capacities_of(user, localdate(at)))


def sees_paper(user: User, paper: PaperDecision, capacities: Collection[Capacity]) -> bool:
    """A confirmed one is read with its decision; before, by the 事務局, 監査 and who decides."""
    if paper.state == PaperState.CONFIRMED or user.pk == paper.decided_by_id:
        return True
    holds_seat = any(each.post.pk == paper.slot.post_id for each in capacities)
    return holds_seat or permits(capacities, Perm.VIEW_LEDGER)


def standing_paper(paper: PaperDecision) -> str:
    """How a registered paper stands: who registered it, or who did what to it and when."""
    facts = {"name": paper.recorded_by.name, "when": clock(paper.recorded_at)}
    if paper.settled_by is not None and paper.settled_at is not None:
        facts = {"name": paper.settled_by.name, "when": clock(paper.settled_at)}
    took_back = paper.settled_by_id == paper.recorded_by_id
    sentences = {
        PaperState.WAITING: _(
            "%(name)sさんが %(when)s に紙の決裁を登録し、事務局のほかの方の確認を待っています。"
        ),
        PaperState.CONFIRMED: _("この紙の決裁は、%(name)sさんが %(when)s に確認しました。"),
        PaperState.REFUSED: (
            _("この紙の決裁の登録は、%(name)sさんが %(when)s に取り下げました。")
            if took_back
            else _("この紙の決裁は、%(name)sさんが %(when)s に、確認しないで終えました。")
        ),
        PaperState.LAPSED: _(
            "この紙の決裁は、%(name)sさんが %(when)s に行った手続により、確認の前に終わりました。"
        ),
    }
    return sentences[PaperState(paper.state)] % facts
