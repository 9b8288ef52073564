"""決裁欄: one column for each step of the executed route, with the stamps of who really acted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roles.enums import Basis
from workflow.enums import READING_KINDS, Outcome, RunState, SlotState, StepKind
from workflow.outcomes import FINAL, RULES
from workflow.sheet.papers import paper_of, stamped_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django_stubs_ext import StrOrPromise

    from workflow.models import Decision, Run, Slot
    from workflow.sheet.dossier import Dossier, Step

HEADINGS: Final[dict[StepKind, StrOrPromise]] = {
    StepKind.CONFIRMATION: gettext_lazy("所属長"),
    StepKind.RECEPTION: gettext_lazy("事務局"),
    StepKind.REVIEW: gettext_lazy("PT審査"),
    StepKind.REFERRAL: gettext_lazy("PT長"),
    StepKind.APPROVAL: gettext_lazy("部長"),
    StepKind.CONCURRENCE: gettext_lazy("合議"),
    StepKind.MEDIATION: gettext_lazy("協議"),
    StepKind.DELIBERATION: gettext_lazy("本部員"),
    StepKind.STANDING_DECISION: gettext_lazy("室長（専決）"),
    StepKind.DECISION: gettext_lazy("本部長"),
}
"""Kind of step -> heading of its column."""

BODIES: Final = frozenset({StepKind.REVIEW, StepKind.DELIBERATION})
"""Steps of a body: one column says how many members answered."""

WORDS: Final = {Basis.ACTING: "代決", Basis.STANDING: "専決", Basis.DEPUTY: "代理"}
"""Acting for somebody stands on the stamp itself."""


@dataclass(frozen=True)
class Stamp:
    """The seal of a person who acted. ``decision``: where its evidence is found.

    ``in_place_of``: whose power it was (代決, 代理).
    """

    surname: str
    at: datetime
    word: str
    decision: int
    in_place_of: str = ""


@dataclass(frozen=True)
class Column:
    """A column: a stamp, or why there is none yet. With a stamp, ``note`` is its text's version."""

    heading: str
    stamp: Stamp | None = None
    note: str = ""
    is_now: bool = False


def columns_of(dossier: Dossier, run: Run) -> list[Column]:
    """The columns of a run, the deciding seat first and 起案 last, as they stand on paper."""
    columns = [_drafted(dossier, run)]
    for position, step in enumerate(run.plan):
        kind = StepKind(step["kind"])
        if kind not in READING_KINDS:
            columns += _columns_at(dossier, run, position, kind)
    return columns[::-1]


def _drafted(dossier: Dossier, run: Run) -> Column:
    sent = (Outcome.SUBMITTED, Outcome.RESUBMITTED)
    said = [
        each
        for each in dossier.decisions
        if each.run_id == run.pk and each.outcome in sent and each.pk not in dossier.superseded
    ]
    heading = _("起案")
    if any(step.run.kind == StepKind.REVISION for step in _open(dossier, run)):
        return Column(heading, note=_("修正中"), is_now=True)
    return Column(heading, _stamp(said[-1], "起案")) if said else Column(heading)


def _open(dossier: Dossier, run: Run) -> list[Step]:
    return [step for step in dossier.steps_of(run) if step.is_open]


def _columns_at(dossier: Dossier, run: Run, position: int, kind: StepKind) -> Iterator[Column]:
    heading = str(HEADINGS[kind])
    attempts = [
        step
        for step in dossier.steps_of(run)
        if step.run.round == run.round and step.run.position == position and step.run.kind == kind
    ]
    is_past = position < run.position or run.state != RunState.OPEN
    if not attempts or not (is_past or attempts[-1].is_open):
        yield Column(heading, note=_("省略") if is_past and not attempts else "")
    elif kind in BODIES:
        yield _body(dossier, attempts[-1], heading)
    else:
        asked = attempts[-1].asked
        for slot in asked:
            yield _seat(dossier, slot, heading, len(asked))


def _body(dossier: Dossier, step: Step, heading: str) -> Column:
    done = sum(slot.state == SlotState.DONE for slot in step.slots)
    return Column(
        heading,
        note=_("%(done)s/%(all)s人") % {"done": done, "all": len(step.asked)},
        is_now=step.is_open,
    )


def _seat(dossier: Dossier, slot: Slot, heading: str, seats: int) -> Column:
    title = (
        short_title(slot) if seats > 1 or slot.step_run.kind == StepKind.CONCURRENCE else heading
    )
    said = dossier.answer_of(slot)
    if said is not None and said.outcome != Outcome.HELD:
        corrected = _corrected(dossier, said)
        if corrected is not None:
            day = localdate(said.decided_at)
            note = _("訂正 %(month)s/%(day)s") % {"month": day.month, "day": day.day}
            return Column(title, _stamp(corrected, _word(corrected, slot)), note=note)
        is_carried = dossier.carried_to(slot) is not None and said.revision is not None
        note = _("第%s版") % said.revision.number if is_carried and said.revision else ""
        note = note or (_("紙で決裁") if paper_of(said) else "")
        return Column(title, _stamp(said, _word(said, slot)), note=note)
    if slot.state == SlotState.OPEN:
        note = _("保留中") if slot.step_run.paused_since else _("判断待ち")
        if not dossier.people.seat(slot).is_held:
            note = _("担当なし")
        return Column(title, note=note, is_now=True)
    return Column(title, note=_("－"))


def _corrected(dossier: Dossier, said: Decision) -> Decision | None:
    """The first decision that this one corrects: its stamp stands, with the day of the 訂正."""
    by_key = {each.pk: each for each in dossier.decisions}
    first = said
    while (before := by_key.get(first.supersedes_id or 0)) is not None and before.outcome in FINAL:
        first = before
    return None if first is said else first


def short_title(slot: Slot) -> str:
    """財政課長 as 財政課: a narrow column names the section."""
    return slot.post.section.short_name if slot.post.section else slot.post.title


def _word(said: Decision, slot: Slot) -> str:
    if said.basis in WORDS:
        return WORDS[Basis(said.basis)]
    if slot.step_run.kind == StepKind.CONFIRMATION and said.outcome == Outcome.APPROVED:
        return "確認"
    return RULES[Outcome(said.outcome)].stamp


def _stamp(said: Decision, word: str) -> Stamp:
    principal = said.on_behalf_of
    in_place_of = (
        _("%(name)sさんの%(basis)s")
        % {"name": principal.family_name, "basis": said.get_basis_display()}
        if principal
        else ""
    )
    return Stamp(said.decided_by.family_name, stamped_at(said), word, said.pk, in_place_of)
