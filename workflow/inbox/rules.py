"""A version of a route beside the list: why it is to change, and what would be different."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.timezone import localdate

from bpr_projects import calendar
from bpr_projects.enums import RevisionKind
from workflow import access, engine
from workflow.actions import route_versions
from workflow.enums import OWN_WORK, Outcome, SlotState, StepKind
from workflow.inbox.arranged import arranged_of, arrangement
from workflow.inbox.links import rule_url
from workflow.inbox.preview import KEYS, Button
from workflow.models import Route, Slot
from workflow.outcomes import RULES, Tone, answers_at
from workflow.routing import compare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.inbox.arranged import Arranged
    from workflow.inbox.desk import Desk

FEW: Final = 12
"""So many differences are told here; the comparison has all."""


@dataclass(frozen=True)
class RulePreview:
    """What the pane shows of a version that is to be decided."""

    slot: Slot
    rule: Route
    differences: tuple[str, ...]
    buttons: tuple[Button, ...]
    day_n: int
    why_not: str
    arranged: Arranged

    @property
    def is_open(self) -> bool:
        """Whether the slot still waits."""
        return self.slot.state == SlotState.OPEN

    @property
    def url(self) -> str:
        """The page of the version, where it is answered."""
        return rule_url(self.rule.number)

    @property
    def shown(self) -> tuple[str, ...]:
        """The first differences."""
        return self.differences[:FEW]

    @property
    def more(self) -> int:
        """How many more there are."""
        return max(len(self.differences) - FEW, 0)


def rule_preview_of(desk: Desk, slot_id: int) -> RulePreview | None:
    """The pane of a slot about a rule, of one of the person's posts; None for anybody else's."""
    slot = (
        Slot.objects.filter(pk=slot_id, post__in=desk.capacities, step_run__run__rule__isnull=False)
        .select_related(
            "post", "claim__person", "step_run__revision", "step_run__run__rule__copied_from"
        )
        .annotate(**arrangement(desk))
        .first()
    )
    if slot is None or slot.step_run.run.rule is None:
        return None
    rule, step = slot.step_run.run.rule, slot.step_run
    why_not = _why_not(desk, slot)
    return RulePreview(
        slot=slot,
        rule=rule,
        differences=tuple(_differences(rule)),
        buttons=() if why_not or slot.state != SlotState.OPEN else tuple(_buttons(step.kind)),
        day_n=calendar.day_number(
            localdate(step.opened_at), localdate(step.paused_since or desk.at), desk.load.closures
        ),
        why_not=why_not,
        arranged=arranged_of(desk, slot),
    )


def see_rule(desk: Desk, preview: RulePreview) -> None:
    """Remember that a present holder opened it."""
    if preview.is_open and not preview.why_not:
        engine.mark_seen(slot=preview.slot, by=desk.user, at=desk.at)


def _why_not(desk: Desk, slot: Slot) -> str:
    if slot.state != SlotState.OPEN:
        return ""
    return access.may_answer(desk.user, slot, desk.at).reason


def _differences(rule: Route) -> Iterator[str]:
    before = rule.copied_from
    if before is None:
        return
    names = route_versions.names_on(rule.effective_from)
    was, now = route_versions.text_of(before), route_versions.text_of(rule)
    yield from compare(was, now, names).sentences()


def _buttons(kind: str) -> Iterator[Button]:
    if kind in OWN_WORK:
        return
    for outcome in answers_at(StepKind(kind), RevisionKind.ROUTE):
        if outcome == Outcome.NOT_ADOPTED:
            continue
        rule = RULES[outcome]
        look = "primary" if rule.tone == Tone.INFO else str(rule.tone)
        yield Button(str(rule.button), outcome, look, KEYS.get(rule.tone, ""))
