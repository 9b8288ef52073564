"""Items that stood in a list and are over: somebody answered, or the case went another way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from workflow import access
from workflow.enums import BY_RULE, SlotState
from workflow.inbox.links import case_url, rule_url
from workflow.models import Decision, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workflow.inbox.desk import Desk, Item


@dataclass(frozen=True)
class Gone:
    """A row in grey. ``words``: who did what, and when."""

    slot_id: int
    number: str
    title: str
    step_title: str
    words: str
    url: str
    is_gone: bool = True


def gone_of(desk: Desk, shown: Iterable[int]) -> dict[int, Gone]:
    """Those of the shown items of the person's posts that wait no more. Two queries, or none."""
    standing = {item.slot_id for item in desk.load.items}
    missing = [key for key in shown if key not in standing]
    if not missing:
        return {}
    slots = list(
        Slot.objects.filter(pk__in=missing, post__in={*desk.capacities, *desk.stood_in})
        .exclude(state=SlotState.OPEN)
        .select_related("step_run__run__rule", "step_run__project")
        .defer("step_run__project__sheet", "step_run__run__plan")
    )
    said = _acts_of(slots)
    return {
        slot.pk: _gone(slot, said.get((slot.step_run.run_id, slot.closed_at))) for slot in slots
    }


def _acts_of(slots: Iterable[Slot]) -> dict[tuple[int, object], Decision]:
    """What closed them: the first word of the act of that moment."""
    closed = [(slot.step_run.run_id, slot.closed_at) for slot in slots]
    if not closed:
        return {}
    found = (
        Decision.objects.filter(
            run__in={run for run, _at in closed}, decided_at__in={at for _run, at in closed}
        )
        .exclude(outcome__in=BY_RULE)
        .select_related("decided_by", "post", "on_behalf_of")
        .order_by("-pk")
    )
    return {(each.run_id, each.decided_at): each for each in found}


def _gone(slot: Slot, said: Decision | None) -> Gone:
    project, rule = slot.step_run.project, slot.step_run.run.rule
    if project is not None:
        number, title, url = project.number or "", project.title, case_url(project.reference)
    else:
        number, title = (rule.number, str(rule)) if rule else ("", "")
        url = rule_url(number)
    words = access.said_by(said) if said else _("この番は終わりました。")
    return Gone(slot.pk, number, title, slot.step_run.title, words, url)


def with_gone(
    items: Sequence[Item], shown: Sequence[int], gone: dict[int, Gone]
) -> list[Item | Gone]:
    """The rows with the grey ones where they stood before."""
    rows: list[Item | Gone] = list(items)
    for place, key in enumerate(shown):
        if key in gone:
            rows.insert(min(place, len(rows)), gone[key])
    return rows
