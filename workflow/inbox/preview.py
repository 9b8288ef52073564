"""One open task beside the list: enough to judge whether to open the case, in two queries.

The decision itself is taken on the case's page; here nothing can be decided by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db.models import BooleanField, Exists, OuterRef, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, TruncDate
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.enums import RevisionKind
from bpr_projects.prices import annotated_rate, rate_columns
from bpr_projects.sheet import effect_of
from records.models import LedgerText
from workflow import access, engine
from workflow.charts import next_title
from workflow.enums import ASIDE, BY_RULE, CYCLE_KINDS, OWN_WORK, Outcome, SlotState, StepKind
from workflow.inbox.arranged import arranged_of, arrangement
from workflow.inbox.links import case_url, work_url
from workflow.inbox.statement import ABOUT, conflict_of
from workflow.inbox.watch import points_of
from workflow.models import Decision, Seen, Slot
from workflow.outcomes import RULES, STATIONS, Tone
from workflow.sheet.review import hidden_regions
from workflow.sheet.words import question_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bpr_projects.models import Project
    from bpr_projects.prices import Rate
    from bpr_projects.sheet import Effect
    from workflow.inbox.arranged import Arranged
    from workflow.inbox.desk import Desk
    from workflow.inbox.watch import Point

OPINIONS: Final = (
    Outcome.REFERRED,
    Outcome.REFERRED_CONDITIONALLY,
    Outcome.REFERRED_AGAINST,
)
CONCURRING: Final = (StepKind.CONCURRENCE, StepKind.DELIBERATION)
BUTTONS: Final = 3
KEYS: Final = {Tone.OK: "a", Tone.COND: "c", Tone.BACK: "r"}
"""Tone of the first button of its kind -> the key that clicks it."""


@dataclass(frozen=True)
class Button:
    """A link to the decision panel with the choice already made."""

    label: str
    outcome: str
    look: str
    key: str = ""


@dataclass(frozen=True)
class Stop:
    """A station of the route so far."""

    title: str
    word: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True)
class Score:
    """The mean of the PT for one principle."""

    name: str
    mean: Decimal


@dataclass(frozen=True)
class Preview:
    """What the pane shows; ``closed`` says that the slot is no longer mine to answer."""

    slot: Slot
    project: Project
    sheet: Mapping[str, Any]
    effect: Effect
    rate: Rate
    decisions: tuple[Decision, ...]
    scores: tuple[Score, ...]
    total: int | None
    opinion: Decision | None
    concurring: tuple[Decision, ...]
    points: tuple[Point, ...]
    stops: tuple[Stop, ...]
    buttons: tuple[Button, ...]
    day_n: int
    why_not: str
    arranged: Arranged

    @property
    def voiced(self) -> list[Decision]:
        """合議 answers that say something: objections first, then opinions."""
        said = [each for each in self.concurring if each.outcome != Outcome.AGREED]
        return sorted(said, key=lambda each: each.outcome != Outcome.OBJECTED)

    @property
    def agreed(self) -> list[Decision]:
        """合議 answers that simply agree."""
        return [each for each in self.concurring if each.outcome == Outcome.AGREED]

    @property
    def is_open(self) -> bool:
        """Whether the slot still waits."""
        return self.slot.state == SlotState.OPEN

    @property
    def case_url(self) -> str:
        """The case's page."""
        return case_url(self.project.reference)

    @property
    def talk_url(self) -> str:
        """Where it is discussed."""
        return case_url(self.project.reference, "discussion/")

    @property
    def work_url(self) -> str:
        """Where it is answered."""
        return work_url(self.project.reference, StepKind(self.slot.step_run.kind))

    @property
    def has_more_buttons(self) -> bool:
        """Whether the panel of the case offers more answers than the pane."""
        return len(STATIONS[StepKind(self.slot.step_run.kind)]) > len(self.buttons) > 0

    @property
    def questions(self) -> list[tuple[str, str]]:
        """What headquarters is asked about a running case."""
        return question_words(self.sheet)

    @property
    def is_sheet(self) -> bool:
        """The text is a proposal sheet, not a question about a running case."""
        revision = self.slot.step_run.revision
        return revision is None or revision.kind == RevisionKind.PROJECT


def preview_of(desk: Desk, slot_id: int) -> Preview | None:
    """The pane of a slot of one of the person's posts; None for anybody else's."""
    slot = _slot(desk, slot_id)
    if slot is None or slot.step_run.project is None:
        return None
    step = slot.step_run
    said = tuple(_decisions(slot, desk.capacities))
    scores, total = _scores(said, desk.load.principles)
    sheet = step.revision.sheet if step.revision else slot.step_run.project.sheet
    rate = annotated_rate(slot)
    why_not = _why_not(desk, slot, said)
    return Preview(
        slot=slot,
        project=slot.step_run.project,
        sheet=sheet,
        effect=effect_of(sheet, yen_per_hour=rate.yen),
        rate=rate,
        decisions=said,
        scores=scores,
        total=total,
        opinion=next((each for each in reversed(said) if each.outcome in OPINIONS), None),
        concurring=tuple(
            each for each in said if each.step_run and each.step_run.kind in CONCURRING
        ),
        points=tuple(points_of(sheet, said, [(each.name, each.mean) for each in scores], step)),
        stops=tuple(_stops(slot, said, desk)),
        buttons=() if why_not or slot.state != SlotState.OPEN else tuple(_buttons(step.kind)),
        day_n=calendar.day_number(
            localdate(step.opened_at), localdate(step.paused_since or desk.at), desk.load.closures
        ),
        why_not=why_not,
        arranged=arranged_of(desk, slot),
    )


def see(desk: Desk, preview: Preview) -> None:
    """Remember that a present holder opened it: from now on 引戻し is refused."""
    if preview.is_open and not preview.why_not and not preview.slot.is_seen:  # type: ignore[attr-defined]
        engine.mark_seen(slot=preview.slot, by=desk.user, at=desk.at)


CONFLICTED: Final = """EXISTS (SELECT 1 FROM workflow_workitem w {about}
    WHERE w.slot_id = workflow_slot.id AND {conflict})"""
"""An open item that the list leaves out, by the same condition."""


def _slot(desk: Desk, slot_id: int) -> Slot | None:
    written_on = TruncDate("step_run__revision__created_at")
    return (
        Slot.objects.filter(pk=slot_id, post__in={*desk.capacities, *desk.stood_in})
        .select_related(
            "post",
            "claim__person",
            "step_run__run__route",
            "step_run__run__cycle",
            "step_run__revision",
            "step_run__project__section",
            "step_run__project__area",
            "step_run__project__proposer",
            "step_run__project__proposer_post",
        )
        .annotate(
            is_seen=Exists(Seen.objects.filter(slot=OuterRef("pk"), person=desk.user)),
            is_conflicted=RawSQL(  # noqa: S611 -- keys and days of ours, no words of a person
                CONFLICTED.format(about=ABOUT, conflict=conflict_of(desk)), [], BooleanField()
            ),
            has_recused=Exists(
                Decision.objects.filter(
                    run=OuterRef("step_run__run"), decided_by=desk.user, outcome=Outcome.RECUSED
                )
            ),
            priced_on=Coalesce(written_on, Value(localdate(desk.at))),
            **access.last_nudge(),
            **arrangement(desk),
        )
        .annotate(**rate_columns(OuterRef("priced_on")))
        .first()
    )


def _decisions(slot: Slot, mine: Iterable[int]) -> Iterable[Decision]:
    """What was said on this run in its present round, oldest first, with the comments.

    An answer on an earlier text that stands (引継ぎ) is one of them.

    While a region hides its scores from the holder of ``mine``, those of an earlier one do not
    stand in for them: the scores of a run are those of its last region.
    """
    comment = LedgerText.objects.filter(entry=OuterRef("entry"), name="comment", blanked_at=None)
    run = slot.step_run.run
    return (
        Decision.objects.effective()
        .filter(run=run, round=run.round)
        .exclude(outcome__in=ASIDE - {Outcome.CARRIED_OVER} | {Outcome.PULLED_BACK})
        .exclude(
            outcome__in=(Outcome.SCORED, Outcome.CARRIED_OVER),
            step_run__kind=StepKind.REVIEW,
            run__in=hidden_regions(mine).values("run"),
        )
        .select_related("decided_by", "post", "step_run", "carries__decided_by", "carries__post")
        .annotate(comment=Subquery(comment.values("text")[:1]))
        .order_by("pk")
    )


def _why_not(desk: Desk, slot: Slot, said: Iterable[Decision]) -> str:
    """Why this person may not answer although the post is theirs, as the case's page says it."""
    if slot.state != SlotState.OPEN:
        return ""
    is_conflicted = slot.is_conflicted  # type: ignore[attr-defined]  # annotated
    elsewhere = (
        each.post.title
        for each in said
        if each.step_run_id == slot.step_run_id
        and each.decided_by_id == desk.user.pk
        and each.slot_id != slot.pk
        and each.outcome not in BY_RULE
    )
    stands_in = desk.place_of(slot.pk) is not None
    permit = access.permit_to_answer(
        desk.user,
        slot,
        stand_ins=frozenset({desk.user.pk}) if stands_in else frozenset(),
        capacities=list(desk.capacities.values()),
        conflicted=frozenset({desk.user.pk}) if is_conflicted else frozenset(),
        answered_as=next(elsewhere, ""),
        approved=access.approving(said),
        has_recused=slot.has_recused,  # type: ignore[attr-defined]  # annotated
    )
    return permit.reason


def _scores(
    said: Iterable[Decision], principles: Mapping[str, str]
) -> tuple[tuple[Score, ...], int | None]:
    """Means of 5 by principle, and of 100 over all members."""
    scored = [(each.step_run_id or 0, each.carries or each) for each in said]
    scored = [(step, each) for step, each in scored if each.outcome == Outcome.SCORED]
    last = max((step for step, _each in scored), default=0)
    given = [each for step, each in scored if step == last and each.scores]
    rows = []
    for code, name in principles.items():
        points = [each.scores[code] for each in given if each.scores and code in each.scores]
        if points:
            mean = (Decimal(sum(points)) / len(points)).quantize(Decimal("0.1"))
            rows.append(Score(name, mean))
    totals = [each.total for each in given if each.total is not None]
    return tuple(rows), round(sum(totals) / len(totals)) if totals else None


def _stops(slot: Slot, said: Iterable[Decision], desk: Desk) -> Iterable[Stop]:
    """Stations that were passed, the present one, and what comes next."""
    by_step: dict[int | None, list[Decision]] = {}
    for each in said:
        by_step.setdefault(each.step_run_id, []).append(each)
    for step_id, decisions in by_step.items():
        if step_id != slot.step_run_id:
            yield _passed(decisions)
    yield Stop(_("あなた"), slot.step_run.title, "now")
    if slot.step_run.kind not in CYCLE_KINDS:
        yield Stop(next_title(slot.step_run), _("このあと"), "todo")


def _passed(decisions: list[Decision]) -> Stop:
    last = decisions[-1].carries or decisions[-1]
    if len(decisions) == 1 or last.step_run is None:
        title = _("%sさん") % last.decided_by.family_name if not last.step_run else last.post.title
        word = str(RULES[Outcome(decisions[-1].outcome)].stamp)
    else:
        title = last.step_run.title
        word = _("%s人") % len(decisions)
    state = "back" if any(each.outcome == Outcome.OBJECTED for each in decisions) else "done"
    return Stop(title, word, state, last.decided_at)


def _buttons(kind: str) -> Iterable[Button]:
    """The first three answers of the station; the panel of the case offers the rest."""
    if kind in OWN_WORK:
        return
    used: set[str] = set()
    offered = [each for each in STATIONS[StepKind(kind)] if each != Outcome.RECUSED]
    for outcome in offered[:BUTTONS]:
        rule = RULES[outcome]
        key = KEYS.get(rule.tone, "")
        look = "primary" if rule.tone == Tone.INFO else str(rule.tone)
        yield Button(str(rule.button), outcome, look, "" if key in used else key)
        used.add(key)
