"""What a reader may do with a case now, and why not: the right side of its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roles.enums import Basis
from workflow import access, sheet
from workflow.actions.completeness import targets_of
from workflow.charts import ball_of
from workflow.enums import (
    ASIDE,
    CYCLE_KINDS,
    DECIDING_KINDS,
    OWN_WORK,
    DeputyPolicy,
    Outcome,
    RunKind,
    SlotState,
    StepKind,
)
from workflow.forms import AnswerForm, Question
from workflow.models import PaperDecision
from workflow.outcomes import RULES
from workflow.views import offers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django_stubs_ext import StrOrPromise

    from roles.models import Capacity, User
    from workflow.access import Permit
    from workflow.charts import Ball
    from workflow.models import Slot
    from workflow.sheet import Dossier, Owed, Step


@dataclass(frozen=True)
class Came:
    """How the reader came: by which button of the work list, and where to go on afterwards."""

    chosen: str = ""
    back_to: str = ""


UNDECIDED: Final = Came()


@dataclass(frozen=True)
class Part:
    """A slot that the reader's post holds: a form, a link to another page, or why neither."""

    slot: Slot
    permit: Permit
    heading: str
    form: AnswerForm | None = None
    url: str = ""
    link: str = ""
    question: tuple[tuple[str, str], ...] = ()
    objections: tuple[sheet.Line, ...] = ()
    since: sheet.Since | None = None
    is_revisable: bool = False


@dataclass(frozen=True)
class Desk:
    """Everything on the right side."""

    parts: tuple[Part, ...]
    balls: tuple[Ball, ...]
    reasons: tuple[str, ...]
    verbs: tuple[offers.Verb, ...]
    readings: tuple[Owed, ...]
    stand_ins: tuple[sheet.StandingIn, ...] = ()
    papers: tuple[PaperDecision, ...] = ()

    @property
    def move(self) -> offers.Verb | None:
        """担当の付替え, where the reader may do it."""
        label = RULES[Outcome.REASSIGNED].button
        return next((each for each in self.verbs if each.permit and each.label == label), None)

    @property
    def to_see(self) -> list[Slot]:
        """Open slots that the reader may answer and has not opened before."""
        return [
            part.slot
            for part in self.parts
            if part.permit
            and part.slot.state == SlotState.OPEN
            and not getattr(part.slot, "is_seen", False)
        ]


HEADINGS: Final[dict[StepKind, StrOrPromise]] = {
    StepKind.CONFIRMATION: gettext_lazy("%sとしての確認"),
    StepKind.RECEPTION: gettext_lazy("%sとしての受付"),
    StepKind.REVIEW: gettext_lazy("%sとしての採点"),
    StepKind.REFERRAL: gettext_lazy("%sとしての上申"),
    StepKind.APPROVAL: gettext_lazy("%sとしての承認"),
    StepKind.CONCURRENCE: gettext_lazy("%sとしての合議"),
    StepKind.MEDIATION: gettext_lazy("%sとしての調整"),
    StepKind.DELIBERATION: gettext_lazy("%sとしての審議"),
    StepKind.STANDING_DECISION: gettext_lazy("%sとしての専決"),
    StepKind.DECISION: gettext_lazy("%sとしての判断"),
}


def desk_of(
    dossier: Dossier,
    reader: User,
    capacities: list[Capacity],
    *,
    is_fresh: bool,
    bound: Mapping[int, AnswerForm] | None = None,
    came: Came = UNDECIDED,
) -> Desk:
    """``is_fresh``: the last authentication is young enough for a 決裁. ``bound``: sent forms."""
    mine = {each.post.pk: each for each in capacities}
    parts = []
    for step in dossier.open_steps:
        for slot in _held(step, mine, _stood_in(dossier, step, reader)):
            permit = _permit(dossier, step, slot, reader, capacities)
            part = part_of(dossier, slot, permit, is_fresh=is_fresh, came=came)
            sent = (bound or {}).get(slot.pk)
            parts.append(part if sent is None else _with(part, sent))
    balls = balls_of(dossier)
    asks = None if _is_turn_of(parts) else offers.nudge(dossier, reader, capacities, balls)
    return Desk(
        parts=tuple(parts),
        balls=tuple(balls),
        reasons=tuple(_reasons(dossier, reader, mine)),
        verbs=(*([asks] if asks else []), *offers.verbs_of(dossier, reader, capacities)),
        readings=tuple(dossier.belongings.readings),
        stand_ins=tuple(sheet.stand_ins_of(_unheld(dossier), dossier.at)),
        papers=tuple(_papers(dossier, reader, capacities)),
    )


def _papers(dossier: Dossier, reader: User, capacities: list[Capacity]) -> list[PaperDecision]:
    """Decisions on paper that wait for their confirmation, for whoever may see them."""
    open_slots = [
        slot.pk
        for step in dossier.open_steps
        if step.run.kind in DECIDING_KINDS
        for slot in step.waiting
    ]
    if not open_slots:
        return []
    found = PaperDecision.objects.waiting(open_slots).for_pages()
    return [each for each in found if access.sees_paper(reader, each, capacities)]


def _unheld(dossier: Dossier) -> list[Slot]:
    """Open seats that nobody may answer for today, beside the authors' own work."""
    return [
        slot
        for step in dossier.open_steps
        if step.run.kind not in OWN_WORK
        for slot in step.waiting
        if not dossier.people.seat(slot).is_held
    ]


def _with(part: Part, form: AnswerForm) -> Part:
    return Part(**{**part.__dict__, "form": form})


def _stood_in(dossier: Dossier, step: Step, reader: User) -> set[int]:
    """Slots at which the reader decides by the order of 代決."""
    return {slot.pk for slot in step.slots if reader.pk in dossier.people.standing.at(slot)}


def _held(step: Step, mine: Mapping[int, Capacity], stood_in: Collection[int] = ()) -> list[Slot]:
    """The reader's seats: unanswered ones, and own scores that may still be revised."""
    return [
        slot
        for slot in step.slots
        if (slot.post_id in mine or slot.pk in stood_in)
        and (
            slot.state == SlotState.OPEN
            or (step.run.kind == StepKind.REVIEW and slot.state == SlotState.DONE)
        )
    ]


def _permit(
    dossier: Dossier, step: Step, slot: Slot, reader: User, capacities: list[Capacity]
) -> Permit:
    elsewhere = next(
        (
            said.post.title
            for said in dossier.decisions
            if said.step_run_id == step.run.pk
            and said.decided_by_id == reader.pk
            and said.slot_id != slot.pk
            and said.outcome not in ASIDE
        ),
        "",
    )
    return access.permit_to_answer(
        reader,
        slot,
        capacities=capacities,
        conflicted=dossier.people.excluded(step.run),
        stand_ins=dossier.people.standing.at(slot),
        answered_as=elsewhere,
        approved=access.approving(dossier.said_in(step.run.run)),
        has_recused=reader.pk in dossier.people.recused.get(step.run.run_id, ()),
    )


def part_of(
    dossier: Dossier, slot: Slot, permit: Permit, *, is_fresh: bool, came: Came = UNDECIDED
) -> Part:
    """The panel of one slot."""
    kind = StepKind(slot.step_run.kind)
    project = dossier.project
    if kind == StepKind.REVISION and slot.step_run.run.kind == RunKind.APPROVAL:
        url = reverse("question-correct", args=[project.reference, slot.pk])
        return Part(slot, permit, _("修正と再提出"), url=url, link=_("直して再提出する"))
    if kind == StepKind.REVISION:
        url = reverse("project-edit", args=[project.reference])
        return Part(slot, permit, _("修正と再提出"), url=url, link=_("提案を直す"))
    if kind in CYCLE_KINDS:
        url = reverse("board", args=[project.reference])
        link = _("「%s」を記録する") % kind.label
        return Part(slot, permit, slot.step_run.title, url=url, link=link)
    return Part(
        slot,
        permit,
        heading=str(HEADINGS[kind]) % slot.post.title,
        form=form_of(dossier, slot, permit, is_fresh=is_fresh, came=came) if permit else None,
        question=_question(dossier, slot),
        objections=tuple(_objections(dossier, slot)) if kind in DECIDING_KINDS else (),
        since=sheet.since_of(dossier, slot) if permit and slot.state == SlotState.OPEN else None,
        is_revisable=slot.state == SlotState.DONE,
    )


def _question(dossier: Dossier, slot: Slot) -> tuple[tuple[str, str], ...]:
    if slot.step_run.run.kind != RunKind.APPROVAL:
        return ()
    step = next(step for step in dossier.steps if step.run.pk == slot.step_run_id)
    return tuple(sheet.question_words(sheet.question_of(step)))


def _objections(dossier: Dossier, slot: Slot) -> list[sheet.Line]:
    return sheet.lines_of(dossier, dossier.objections(slot.step_run.run), set())


def form_of(
    dossier: Dossier, slot: Slot, permit: Permit, *, is_fresh: bool, came: Came = UNDECIDED
) -> AnswerForm:
    """The form with what was chosen on the way here, or one's own score to be revised."""
    said = dossier.answer_of(slot) if slot.state == SlotState.DONE else None
    question = question_of(dossier, slot, permit, is_fresh=is_fresh)
    initial: dict[str, object] = {"return_to": came.back_to}
    if slot.step_run.kind == StepKind.REVIEW:
        initial["outcome"] = Outcome.SCORED.value
    if came.chosen in question.outcomes:
        initial["outcome"] = came.chosen
    if said is not None and said.outcome == Outcome.SCORED:
        initial |= {
            "scores": {code: str(points) for code, points in (said.scores or {}).items()},
            "comment": dossier.texts.get(said.pk, {}).get("comment", ""),
        }
    return AnswerForm(question, initial=initial, prefix=None, auto_id=f"a{slot.pk}_%s")


def question_of(dossier: Dossier, slot: Slot, permit: Permit, *, is_fresh: bool) -> Question:
    """What the form of a slot has to ask."""
    step = slot.step_run
    kind = StepKind(step.kind)
    belongings = dossier.belongings
    is_deputy = permit.capacity is not None and permit.capacity.basis != Basis.OWN
    return Question(
        kind=kind,
        revision_hash=step.revision.content_hash if step.revision else "",
        targets=targets_of(slot) if Outcome.SENT_BACK in _outcomes(kind) else (),
        principles=tuple((row.code, row.name, row.question) for row in belongings.principles),
        claims=_claims(dossier) if kind == StepKind.REVIEW else {},
        sections=belongings.sections,
        needs_reply=kind in DECIDING_KINDS and bool(dossier.objections(step.run)),
        needs_urgent_reason=is_deputy and step.deputy == DeputyPolicy.URGENT,
        needs_password=kind in DECIDING_KINDS and not is_fresh,
    )


def _claims(dossier: Dossier) -> dict[str, str]:
    frozen = dossier.project.revision
    return dict(frozen.sheet.get("principles") or {}) if frozen else {}


def _outcomes(kind: StepKind) -> tuple[Outcome, ...]:
    return Question(kind, "").outcomes


def balls_of(dossier: Dossier) -> list[Ball]:
    """Who holds the case, for each open step; an open question about it comes first."""
    steps = sorted(dossier.open_steps, key=lambda step: step.run.run.kind == RunKind.CYCLE)
    return [
        ball_of(
            step.slots,
            dossier.people,
            dossier.at,
            dossier.belongings.closures,
        )
        for step in steps
    ]


def _reasons(dossier: Dossier, reader: User, mine: Mapping[int, Capacity]) -> list[str]:
    """Why the reader cannot press anything at a step where no seat is the reader's."""
    return [
        _("この段階で判断するのは、表示している職の方です。あなたの操作は必要ありません。")
        for step in dossier.open_steps
        if not _held(step, mine, _stood_in(dossier, step, reader))
    ][:1]


def _is_turn_of(parts: list[Part]) -> bool:
    """Whether the reader may answer an open seat."""
    return any(part.permit and part.slot.state == SlotState.OPEN for part in parts)
