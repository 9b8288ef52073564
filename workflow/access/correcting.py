"""May this person correct a 決裁? Its post may, by a new decision in place of the standing one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roles.enums import Basis
from roles.models import capacities_of
from workflow.access.conflicts import conflicted, conflicted_by_run
from workflow.access.permits import Permit, no, yes
from workflow.models import Decision
from workflow.outcomes import FINAL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from roles.models import Capacity, User

RULES_ARE_REPLACED: Final = gettext_lazy(
    "規則の決裁は訂正できません。文言を改めるときは、次の版を起こして決裁を受けます。"
)
"""Why the words of a rule's 決裁 stay: the rule itself is its text, and has versions."""


def may_correct(user: User, decision: Decision, at: datetime) -> Permit:
    """The rule of 訂正, asked by verbs and pages alike, about any 決裁 of a case."""
    permit = permit_to_correct(decision, capacities_of(user, localdate(at)))
    if permit and user.pk in conflicted(decision.run, localdate(at)):
        return no(_("この案件の提案に関わっているため、訂正できません。"))
    return permit


def permit_to_correct(decision: Decision, capacities: Collection[Capacity]) -> Permit:
    """The post that decided, in its holder's own right: nobody stands in for a 訂正."""
    if decision.outcome not in FINAL:
        return no(_("決裁ではないため、訂正するものがありません。"))
    if decision.project_id is None:
        return no(str(RULES_ARE_REPLACED))
    for each in capacities:
        if each.post.pk == decision.post_id and each.basis == Basis.OWN:
            return yes(each)
    return no(_("訂正できるのは、決裁をした %s の職にある方です。") % decision.post.title)


def correctable(
    user: User,
    decisions: Iterable[Decision],
    capacities: Collection[Capacity],
    at: datetime,
) -> frozenset[int]:
    """Which of the decisions that stand this person may correct, in one query at most."""
    found = [each for each in decisions if permit_to_correct(each, capacities)]
    if not found:
        return frozenset()
    barred = conflicted_by_run({each.run_id for each in found}, localdate(at))
    return frozenset(each.pk for each in found if user.pk not in barred.get(each.run_id, ()))


def standing_for(decision: Decision) -> Decision:
    """What counts now of a decision: the last that was put in its place, or itself."""
    last = decision
    while (after := _successor(last)) is not None:
        last = after
    return last


def _successor(decision: Decision) -> Decision | None:
    after = Decision.objects.filter(supersedes=decision)
    return after.select_related("post", "decided_by", "on_behalf_of").first()
