"""After a 差戻し: whose answer on an earlier text still stands, and who is asked again, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects.models import Attachment
from bpr_projects.sheet import ASKED_FIELDS, FIELDS, Materiality, is_empty
from roles.models import Appointment
from workflow.enums import ASIDE, DECIDING_KINDS, Mode, Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date

    from django.db.models import QuerySet

    from roles.models import Post
    from workflow.models import Run
    from workflow.routing.plans import Case, PlanStep
    from workflow.routing.resolution import Resolution

CARRYABLE: Final = frozenset(
    {
        StepKind.CONFIRMATION,
        StepKind.RECEPTION,
        StepKind.REVIEW,
        StepKind.REFERRAL,
        StepKind.APPROVAL,
        StepKind.CONCURRENCE,
        StepKind.DELIBERATION,
    }
)
"""Steps whose answers may outlive a new text. 専決 and 決裁 are asked of every text."""

STANDING: Final = frozenset(
    {
        Outcome.APPROVED,
        Outcome.RECEIVED,
        Outcome.SCORED,
        Outcome.REFERRED,
        Outcome.REFERRED_CONDITIONALLY,
        Outcome.AGREED,
        Outcome.AGREED_WITH_OPINION,
    }
)
"""Answers that a later text may rest upon. Who was against it is asked again."""

_LINE: Final = frozenset({StepKind.CONFIRMATION})
_TEAM: Final = frozenset({StepKind.REVIEW, StepKind.REFERRAL})
_ABOVE: Final = frozenset({StepKind.APPROVAL, StepKind.DELIBERATION})
_OTHERS: Final = frozenset({StepKind.CONCURRENCE})

ASKED_AGAIN: Final[dict[Materiality, frozenset[StepKind]]] = {
    Materiality.WORDING: frozenset(),
    Materiality.WORK: _LINE,
    Materiality.EFFECT: _LINE | _TEAM | {StepKind.DELIBERATION},
    Materiality.SCHEDULE: _LINE | _ABOVE,
    Materiality.COST: _LINE | _TEAM | _ABOVE | _OTHERS,
    Materiality.DATA: _LINE | _TEAM | _ABOVE | _OTHERS,
    Materiality.CONTENT: _LINE | _TEAM | _ABOVE | _OTHERS,
    Materiality.SCOPE: CARRYABLE,
}
"""What was changed -> the kinds of steps whose answers no longer stand."""

BODIES: Final = frozenset({StepKind.REVIEW, StepKind.DELIBERATION})
"""A body has answered when its quorum has: who did not answer then is not asked now."""

NAMED: Final = 3
"""How many changed questions a sentence names."""

QUESTIONS: Final = {field.name: field for field in (*ASKED_FIELDS, *FIELDS)}
"""All that a text that is decided may answer."""


@dataclass(frozen=True)
class Change:
    """One question that reads differently now; attached files count as one."""

    label: str
    materiality: Materiality


@dataclass(frozen=True)
class Earlier:
    """The last answer of a seat at a kind of step, on an earlier text.

    ``persons``: who answered, and whose power it was. ``is_seated``: that person still holds it.
    """

    decision: Decision
    changes: tuple[Change, ...]
    persons: frozenset[int]
    is_seated: bool

    @property
    def words(self) -> str:
        """第1版（5/11）の承認を引き継ぎ（変更は「根拠」のみ）"""
        said = self.decision
        day = localdate(said.decided_at)
        facts = {
            "version": said.revision.number if said.revision else 1,
            "day": f"{day.month}/{day.day}",
            "outcome": said.get_outcome_display(),
            "changes": _("変更は%sのみ") % named(self.changes)
            if self.changes
            else _("文面の変更なし"),
        }
        return _("第%(version)s版（%(day)s）の%(outcome)sを引き継ぎ（%(changes)s）") % facts


@dataclass(frozen=True)
class Carried:
    """A seat that is not asked again, because its answer on an earlier text stands."""

    post: Post
    earlier: Earlier

    @property
    def words(self) -> str:
        """Whose answer it is, and why it stands."""
        by = self.earlier.decision.decided_by.name
        return f"{self.post.title}　{by}：{self.earlier.words}"


def named(changes: Sequence[Change]) -> str:
    """「根拠」「年間の件数」ほか2項目"""
    words = "".join(f"「{change.label}」" for change in changes[:NAMED])
    left = len(changes) - NAMED
    return words + _("ほか%s項目") % left if left > 0 else words


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Which questions read differently; what no table knows counts as the whole scope."""
    for name in dict.fromkeys([*QUESTIONS, *before, *after]):
        old, new = before.get(name), after.get(name)
        if old == new or (_says_nothing(old) and _says_nothing(new)):
            continue
        field = QUESTIONS.get(name)
        known = field.materiality if field else None
        yield Change(str(field.label) if field else name, known or Materiality.SCOPE)


def _says_nothing(value: Any) -> bool:
    return value is False or is_empty(value)


@dataclass(frozen=True)
class Answers:
    """``earlier``: by kind of step and post. ``asked``: kinds that were answered in this round."""

    earlier: dict[tuple[str, int], Earlier]
    asked: frozenset[str]


def said_in(runs: QuerySet[Run], on: date) -> list[Decision]:
    """What counts of what was said in a run, oldest first.

    With it comes who of them still holds the seat, and whether the case has other files now than
    the text that was answered; files change only while a text is written.
    """
    held = Appointment.objects.in_force(on).filter(
        post=OuterRef("post"), person=Coalesce(OuterRef("on_behalf_of"), OuterRef("decided_by"))
    )
    present = Attachment.objects.filter(project=OuterRef("project"), removed_at=None)
    answered = Attachment.objects.filter(revisions=OuterRef("revision"))
    return list(
        Decision.objects.effective()
        .filter(run__in=runs)
        .exclude(outcome__in=ASIDE)
        .select_related("run", "step_run", "revision", "decided_by")
        .annotate(
            is_seated=Exists(held),
            gained_files=Exists(present.exclude(revisions=OuterRef("revision"))),
            lost_files=Exists(answered.exclude(removed_at=None)),
        )
        .order_by("pk")
    )


def answers_before(said: Sequence[Decision], number: int, sheet: Mapping[str, Any]) -> Answers:
    """What was said on texts before round ``number``, as far as it may still stand on ``sheet``.

    A 差戻し to a station inside the round wants it judged anew: then nothing is carried any more.
    """
    now = [each for each in said if each.round == number and each.step_run is not None]
    asked = frozenset(each.step_run.kind for each in now if each.step_run is not None)
    if any(each.outcome == Outcome.SENT_BACK for each in now):
        return Answers({}, asked)
    last = {
        (each.step_run.kind, each.post_id): each
        for each in said
        if each.round < number and each.step_run is not None and each.step_run.kind in CARRYABLE
    }
    return Answers(_judged(last, sheet), asked)


def _judged(
    last: Mapping[tuple[str, int], Decision], sheet: Mapping[str, Any]
) -> dict[tuple[str, int], Earlier]:
    changes: dict[int | None, tuple[Change, ...]] = {}
    found = {}
    for key, said in last.items():
        if said.revision_id not in changes:
            changes[said.revision_id] = tuple(_changes_since(said, sheet))
        found[key] = Earlier(
            decision=said,
            changes=changes[said.revision_id],
            persons=frozenset({said.decided_by_id, said.on_behalf_of_id or said.decided_by_id}),
            is_seated=said.is_seated,  # type: ignore[attr-defined]  # annotated
        )
    return found


def _changes_since(said: Decision, sheet: Mapping[str, Any]) -> Iterator[Change]:
    if said.revision is None:
        return
    yield from changes_between(said.revision.sheet, sheet)
    if said.gained_files or said.lost_files:  # type: ignore[attr-defined]  # annotated
        yield Change(str(_("添付ファイル")), Materiality.CONTENT)


def carry(step: PlanStep, found: Resolution, case: Case) -> Resolution:
    """The seats of a step without those whose earlier answer stands; the rest with the reason."""
    if not case.earlier or not found.posts:
        return found
    if step.kind in DECIDING_KINDS:
        return replace(found, again=(str(_("決裁は、どの版についても改めて行うため")),))
    if step.kind not in CARRYABLE:
        return found
    carried: list[Carried] = []
    again: list[tuple[Post, str]] = []
    for post in found.posts:
        earlier = case.earlier.get((step.kind, post.pk))
        reason = _why_again(StepKind(step.kind), earlier, case)
        if earlier is not None and not reason:
            carried.append(Carried(post, earlier))
        else:
            again.append((post, reason))
    if carried and (step.kind in BODIES or step.mode != Mode.ALL):
        again = _of_a_body(step, case, carried, again)
    return replace(
        found,
        posts=tuple(post for post, _reason in again),
        carried=tuple(carried),
        again=tuple(dict.fromkeys(reason for _post, reason in again)),
    )


def _of_a_body(
    step: PlanStep, case: Case, carried: Collection[Carried], again: list[tuple[Post, str]]
) -> list[tuple[Post, str]]:
    """Of a body only those are asked whose own answer no longer stands, if that is a quorum."""
    lapsed = [each for each in again if (step.kind, each[0].pk) in case.earlier]
    answered = [
        (post, reason)
        for post, reason in lapsed
        if case.earlier[step.kind, post.pk].decision.outcome != Outcome.RECUSED
    ]
    return answered if len(carried) + len(answered) >= step.quorum else again


def _why_again(kind: StepKind, earlier: Earlier | None, case: Case) -> str:
    """Why a seat is asked on this text, or an empty string when its earlier answer stands."""
    if earlier is None:
        return str(_("前の版では回答を求めていないため"))
    if earlier.decision.outcome not in STANDING:
        return str(_("前の版で「%s」としたため") % earlier.decision.get_outcome_display())
    if not earlier.is_seated:
        return str(_("前の版に回答した方から担当が替わったため"))
    if earlier.persons & case.excluded:
        return str(_("前の版に回答した方が提案に関わっているため"))
    if kind == StepKind.REFERRAL and StepKind.REVIEW in case.asked:
        return str(_("プロジェクトチームの審査を改めて行うため"))
    material = [each for each in earlier.changes if kind in ASKED_AGAIN[each.materiality]]
    return str(_("%sが変わったため") % named(material)) if material else ""
