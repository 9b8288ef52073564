"""The route as lines: what was said, what is planned, and by whom; and the six stages on top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects import calendar
from bpr_projects.enums import RevisionKind, Stage
from roles.enums import Basis
from workflow.enums import (
    ASIDE,
    OWN_WORK,
    READING_KINDS,
    Outcome,
    RunKind,
    RunState,
    SendBackTarget,
    StepKind,
    WhoRule,
)
from workflow.outcomes import RULES, Tone
from workflow.routing import PlanStep
from workflow.sheet.papers import day_of, paper_of
from workflow.sheet.review import may_see

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from django_stubs_ext import StrOrPromise

    from workflow.models import Decision, OnPaper, Run
    from workflow.sheet.belongings import ConditionLine
    from workflow.sheet.dossier import Dossier, Step

TEXT_NAMES: Final[dict[str, StrOrPromise]] = {
    "comment": "",
    "reply": gettext_lazy("不同意への回答"),
    "urgent_reason": gettext_lazy("代決・代理の理由"),
    "why_on_paper": gettext_lazy("紙で決裁した理由"),
    "following": gettext_lazy("次の担当"),
    "correction": gettext_lazy("訂正の理由"),
}
"""Words of a decision in the order they are shown, with their heading."""

ICONS: Final[dict[Tone, str]] = {
    Tone.OK: "check",
    Tone.COND: "check",
    Tone.BACK: "undo-2",
    Tone.BAD: "x",
    Tone.INFO: "info",
}


@dataclass(frozen=True)
class Line:
    """One thing that somebody said or did.

    ``is_outdated``: an answer on an earlier text, whose seat was asked again about a later one.
    """

    decision: Decision
    who: str
    what: str
    state: str
    icon: str
    texts: tuple[tuple[str, str], ...]
    conditions: tuple[ConditionLine, ...]
    is_superseded: bool
    is_outdated: bool = False

    @property
    def paper(self) -> OnPaper | None:
        """That it was decided on paper, by whom it was registered and confirmed."""
        return paper_of(self.decision)

    @property
    def revision_words(self) -> str:
        """提案第1版: on which text; nothing where there is none."""
        text = self.decision.revision
        if text is None:
            return ""
        kind = RevisionKind(text.kind).label
        return _("%(kind)s第%(number)s版") % {"kind": kind, "number": text.number}

    @property
    def at(self) -> datetime:
        """When it was said."""
        return self.decision.decided_at


@dataclass(frozen=True)
class Planned:
    """A step that is still to come. ``until``: when it will be done if all keep their days."""

    title: str
    who: str
    why: str
    days: int
    is_reading: bool
    until: date | None = None


def lines_of(dossier: Dossier, decisions: Iterable[Decision], mine: set[int]) -> list[Line]:
    """The history, newest first. What the reader may not know yet is left out of it."""
    hidden = hidden_steps(dossier, mine)
    gone = dossier.superseded
    return [
        line_of(
            each,
            dossier.texts.get(each.pk, {}),
            tuple(dossier.belongings.conditions.get(each.pk, ())),
            is_superseded=each.pk in gone,
            is_hidden=each.step_run_id in hidden,
            is_outdated=is_outdated(dossier, each),
        )
        for each in sorted(decisions, key=lambda each: -each.pk)
    ]


def is_outdated(dossier: Dossier, said: Decision) -> bool:
    """Whether the same seat was asked at the same kind of step about a later text."""
    step = dossier.by_key.get(said.step_run_id or 0)
    if step is None or said.slot_id is None or said.outcome in ASIDE or step.kind in OWN_WORK:
        return False
    return said.round < dossier.asked_anew.get((said.run_id, step.kind, said.post_id), 0)


def hidden_steps(dossier: Dossier, mine: set[int]) -> set[int]:
    """Open regions whose scores this reader may not see yet."""
    return {
        step.run.pk
        for step in dossier.steps
        if step.run.kind == StepKind.REVIEW and not may_see(step, mine)
    }


def line_of(
    said: Decision,
    texts: dict[str, str],
    conditions: tuple[ConditionLine, ...],
    *,
    is_superseded: bool,
    is_hidden: bool = False,
    is_outdated: bool = False,
) -> Line:
    """One row of the history in words."""
    rule = RULES[Outcome(said.outcome)]
    if is_hidden and said.outcome == Outcome.SCORED:
        texts = {}
    return Line(
        decision=said,
        who=who_of(said.carries or said),
        what=_("%s（訂正）") % _what(said, is_hidden=is_hidden)
        if texts.get("correction")
        else _what(said, is_hidden=is_hidden),
        state={Tone.BACK: "back", Tone.BAD: "back"}.get(rule.tone, "done"),
        icon=ICONS[rule.tone],
        texts=tuple(
            (str(head), texts[name]) for name, head in TEXT_NAMES.items() if texts.get(name)
        ),
        conditions=conditions,
        is_superseded=is_superseded,
        is_outdated=is_outdated and not is_superseded,
    )


def who_of(said: Decision) -> str:
    """市民課長　戸舘 修; （代決）, （専決）, （代理） where the authority was not one's own.

    Where the post is closed, with the one that acts for it: （引継ぎ先：窓口課長）.
    """
    name = f"{said.post.title}　{said.decided_by.name}"
    notes = "、".join(note for note in (_basis_of(said), _heir_of(said)) if note)
    return f"{name}（{notes}）" if notes else name


def _basis_of(said: Decision) -> str:
    if said.basis == Basis.OWN:
        return ""
    if said.on_behalf_of is None:
        return str(said.get_basis_display())
    words = {"person": said.on_behalf_of.name, "basis": said.get_basis_display()}
    return _("%(person)sさんの%(basis)s") % words


def _heir_of(said: Decision) -> str:
    told = said.snapshot.get("through")
    return _("引継ぎ先：%s") % told if told else ""


def _what(said: Decision, *, is_hidden: bool) -> str:
    words = _outcome(said, is_hidden=is_hidden)
    paper = paper_of(said)
    return f"{words}　{paper.words}" if paper else words


def _outcome(said: Decision, *, is_hidden: bool) -> str:
    words = str(Outcome(said.outcome).label)  # by itself: get_…_display spells every choice anew
    if said.carries is not None:
        return _("%(words)s（前の版の%(answer)s）") % {
            "words": words,
            "answer": Outcome(said.carries.outcome).label,
        }
    if said.outcome == Outcome.SENT_BACK and said.target:
        return f"{words}（→ {SendBackTarget(said.target).label}）"
    if said.outcome == Outcome.SCORED and said.total is not None and not is_hidden:
        return _("%(words)s（%(total)s点）") % {"words": words, "total": said.total}
    if said.outcome == Outcome.HELD and said.until:
        return _("%(words)s（%(month)s/%(day)sまで）") % {
            "words": words,
            "month": said.until.month,
            "day": said.until.day,
        }
    return words


def coming_of(dossier: Dossier, run: Run) -> list[Planned]:
    """The steps of an open run that were not opened yet."""
    if run.state != RunState.OPEN:
        return []
    opened = next((step for step in dossier.steps_of(run) if step.is_open), None)
    again = opened is not None and opened.run.kind == StepKind.REVISION
    plan = [PlanStep.from_json(step) for step in run.plan[0 if again else run.position + 1 :]]
    day = None if again else _done_by(dossier, opened)
    found = []
    for step in plan:
        is_reading = step.kind in READING_KINDS
        if day is not None and not is_reading:
            day = calendar.add_business_days(day, step.standard_days, dossier.belongings.closures)
        found.append(
            Planned(
                title=step.title,
                who=_who(dossier, step),
                why=step.why,
                days=step.standard_days,
                is_reading=is_reading,
                until=None if is_reading else day,
            )
        )
    return found


def _done_by(dossier: Dossier, opened: Step | None) -> date | None:
    """The day on which the open step is through: its deadline, or today when that is past.

    While it is 保留 its days do not run: the deadline moves by them when the 保留 ends.
    """
    if opened is None:
        return None
    today, step = localdate(dossier.at), opened.run
    if step.due_at is None:
        return today
    closures = dossier.belongings.closures
    due_on = calendar.add_business_days(localdate(step.due_at), step.days_stood(closures), closures)
    return max(due_on, today)


def _who(dossier: Dossier, step: PlanStep) -> str:
    names = dossier.belongings.sections
    shown: list[str] = []
    for ask in step.asks:
        if ask.who == WhoRule.HEADS_OF:
            heads = (_("%sの所属長") % names.get(code, code) for code in ask.argument)
            shown += heads
        else:
            shown.append(str(WhoRule(ask.who).label))
    return "、".join(dict.fromkeys(shown))


@dataclass(frozen=True)
class Milestone:
    """One of the six stages of the plan, with the day it was reached."""

    title: str
    detail: str
    state: str
    note: str = ""
    day: date | None = None


MILESTONES: Final[tuple[tuple[StrOrPromise, StrOrPromise], ...]] = (
    (gettext_lazy("提案"), ""),
    (gettext_lazy("受付"), ""),
    (gettext_lazy("PT審査"), ""),
    (gettext_lazy("本部審議"), ""),
    (gettext_lazy("実行"), gettext_lazy("（OODA）")),
    (gettext_lazy("評価"), gettext_lazy("・横展開")),
)
"""The stages with what a narrow screen leaves out."""

PT_REVIEW: Final = 2
"""The milestone that routes without a PT leave out."""

NOW_AT: Final[dict[Stage, int]] = {
    Stage.DRAFT: 0,
    Stage.WITH_HEAD: 0,
    Stage.RETURNED: 0,
    Stage.RECEPTION: 1,
    Stage.IN_REVIEW: 2,
    Stage.REFERRAL: 2,
    Stage.DELIBERATION: 3,
    Stage.RUNNING: 4,
    Stage.STOPPED: 4,
    Stage.COMPLETED: 5,
    Stage.ROLLED_OUT: 5,
}
"""Stage -> the milestone that it stands at; a case that ended without adoption stands nowhere."""

REACHED_BY: Final = (
    (Outcome.SUBMITTED, Outcome.RESUBMITTED),
    (Outcome.RECEIVED,),
    (Outcome.REFERRED, Outcome.REFERRED_CONDITIONALLY, Outcome.REFERRED_AGAINST),
    (Outcome.ADOPTED, Outcome.ADOPTED_WITH_CONDITIONS, Outcome.NOT_ADOPTED),
)
"""Milestone -> the answers whose day it shows once it lies behind."""


def milestones_of(dossier: Dossier) -> list[Milestone]:
    """The stepper of the header. A stage that the route does not have says so."""
    stage = Stage(dossier.project.stage)
    days = _days(dossier)
    run = dossier.run_of(RunKind.PROJECT)
    kinds = {step["kind"] for step in run.plan} if run else set()
    now = NOW_AT.get(stage)
    reached = now if now is not None else max(days, default=-1) + 1
    found = []
    for index, (title, detail) in enumerate(MILESTONES):
        is_left_out = index == PT_REVIEW and bool(kinds) and StepKind.REVIEW not in kinds
        found.append(
            Milestone(
                title=str(title),
                detail=str(detail),
                state="now" if index == now else "done" if index < reached else "",
                note=_("省略") if is_left_out else "",
                day=days.get(index) if index < reached else None,
            )
        )
    return found


def _days(dossier: Dossier) -> dict[int, date]:
    gone = dossier.superseded
    return {
        index: day_of(said)
        for said in dossier.decisions
        for index, outcomes in enumerate(REACHED_BY)
        if said.outcome in outcomes and said.pk not in gone and said.run.kind == RunKind.PROJECT
    }
