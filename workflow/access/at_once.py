"""まとめて承認: which of several chosen seats somebody may answer together, and why not the others.

Pages ask about all of them in a fixed number of queries; the verb asks again about each inside
its lock.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from roles.enums import Basis
from workflow.access.answering import permit_to_answer
from workflow.access.conflicts import approving, conflicted_by_run
from workflow.access.permits import Permit, no, said_by
from workflow.enums import ASIDE, DeputyPolicy, Outcome, SlotState, StepKind
from workflow.models import Decision, Seen, Slot
from workflow.outcomes import AT_ONCE, ONE_BY_ONE, caveats_in

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from roles.models import Capacity, User

MOST_AT_ONCE: Final = 50
"""So many may be answered at once."""


@dataclass(frozen=True)
class Chosen:
    """A seat of the reader's posts that was chosen with others.

    ``answer``: what was said at it already, or what ended its turn.
    """

    slot: Slot
    permit: Permit
    answer: Decision | None = None

    def is_done_by(self, user: User) -> bool:
        """Whether this person has given the answer already that is given to all."""
        said = self.answer
        if said is None or said.slot_id != self.slot.pk or said.decided_by_id != user.pk:
            return False
        return said.outcome == AT_ONCE.get(StepKind(self.slot.step_run.kind))


def chosen_at_once(
    user: User, keys: Sequence[int], capacities: Mapping[int, Capacity], at: datetime
) -> list[Chosen]:
    """The chosen seats of the reader's posts, in their order; nobody learns of any other.

    ``capacities``: the reader's, by post. Most of a kind go together, the others one by one.
    """
    found = {slot.pk: slot for slot in _slots(user, keys, capacities)}
    slots = [found[key] for key in keys if key in found]
    runs = {slot.step_run.run_id for slot in slots}
    said = _said(runs)
    conflicts = conflicted_by_run(runs, localdate(at)) if runs else {}

    held = list(capacities.values())
    alone = [
        _judged(
            user,
            slot,
            held,
            conflicts.get(slot.step_run.run_id, frozenset()),
            said[slot.step_run.run_id],
        )
        for slot in slots
    ]
    kinds = Counter(each.slot.step_run.kind for each in alone if each.permit)
    together = kinds.most_common(1)[0][0] if kinds else ""
    return [_beside(each, together) for each in alone]


def _beside(each: Chosen, together: str) -> Chosen:
    """Beside cases of another kind of step, this one has to be answered by itself."""
    kind = StepKind(each.slot.step_run.kind)
    if not each.permit or kind == together:
        return each
    other = _("一度に判断できるのは、同じ段階の案件です（この案件は「%s」）。")
    return Chosen(each.slot, no(other % kind.label))


def _slots(user: User, keys: Sequence[int], posts: Collection[int]) -> list[Slot]:
    return list(
        Slot.objects.filter(pk__in=keys, post__in=posts)
        .select_related(
            "post",
            "step_run__run",
            "step_run__revision",
            "step_run__project__section",
            "step_run__project__proposer_post",
        )
        .defer("step_run__run__plan", "step_run__revision__sheet", "step_run__project__sheet")
        .annotate(is_seen=Exists(Seen.objects.filter(slot=OuterRef("pk"), person=user)))
    )


def _said(runs: Collection[int]) -> dict[int, list[Decision]]:
    """By run: all that was said and still counts, oldest first."""
    rows = Decision.objects.effective().filter(run__in=runs).order_by("pk")
    found: dict[int, list[Decision]] = defaultdict(list)
    for each in rows.select_related(
        "decided_by",
        "post",
        "on_behalf_of",
        "step_run",
        "carries__decided_by",
        "carries__post",
        "carries__on_behalf_of",
    ).defer("step_run__snapshot"):
        found[each.run_id].append(each)
    return found


def _judged(
    user: User,
    slot: Slot,
    capacities: list[Capacity],
    conflicted: frozenset[int],
    said: Sequence[Decision],
) -> Chosen:
    step = slot.step_run
    if slot.state != SlotState.OPEN:
        return _over(slot, said)
    mine = [each for each in said if each.decided_by_id == user.pk and each.outcome not in ASIDE]
    elsewhere = (
        each.post.title for each in mine if each.step_run_id == step.pk and each.slot_id != slot.pk
    )
    present = [each for each in said if each.round == step.run.round]
    permit = permit_to_answer(
        user,
        slot,
        capacities=capacities,
        conflicted=conflicted,
        answered_as=next(elsewhere, ""),
        approved=approving(present),
        has_recused=any(each.outcome == Outcome.RECUSED for each in mine),
    )
    is_seen = bool(slot.is_seen)  # type: ignore[attr-defined]  # annotated
    return Chosen(slot, permit_at_once(slot, permit, present, is_seen=is_seen))


def _over(slot: Slot, said: Sequence[Decision]) -> Chosen:
    """The turn is over: by an answer, or by what was done to the case."""
    at_slot = [each for each in said if each.slot_id == slot.pk]
    moves = [each for each in said if each.outcome not in ASIDE]
    last = next(reversed(at_slot or moves), None)
    ended = _("この番は終わっています。")
    return Chosen(slot, no(said_by(last) if last else ended), last)


def may_answer_at_once(user: User, slot: Slot, outcome: Outcome, permit: Permit) -> Permit:
    """May this answer be given to the slot together with others? ``permit``: to answer it."""
    step, run = slot.step_run, slot.step_run.run
    if AT_ONCE.get(StepKind(step.kind)) not in (None, outcome):
        return no(_("まとめて行えるのは「%s」だけです。") % AT_ONCE[StepKind(step.kind)].label)
    said = [each for each in _said([run.pk])[run.pk] if each.round == run.round]
    is_seen = Seen.objects.filter(slot=slot, person=user).exists()
    return permit_at_once(slot, permit, said, is_seen=is_seen)


def permit_at_once(
    slot: Slot, permit: Permit, said: Sequence[Decision], *, is_seen: bool
) -> Permit:
    """The rule on facts that were read before.

    ``permit``: to answer the slot by itself. ``said``: what counts of the present round.
    ``is_seen``: whether who asks has opened it.
    """
    step = slot.step_run
    if not permit:
        return permit
    if (alone := ONE_BY_ONE.get(StepKind(step.kind))) is not None:
        return no(str(alone))
    if step.project_id is None:
        return no(_("規則の改正は、1件ずつ判断します。"))
    if step.paused_since is not None:
        return no(_("保留中のため、個別に確認してください。"))
    if caveats := caveats_in(said):
        last = caveats[-1].carries or caveats[-1]
        return no(_("%s内容を読んで、個別に判断してください。") % said_by(last))
    if not is_seen:
        return no(_("まだ開いていません。内容を確認してから判断してください。"))
    is_deputy = permit.capacity is not None and permit.capacity.basis != Basis.OWN
    if is_deputy and step.deputy == DeputyPolicy.URGENT:
        return no(_("代理で行う理由を、案件ごとに書いてください。"))
    return permit
