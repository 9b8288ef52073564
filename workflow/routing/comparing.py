"""Two versions of a route beside each other, and what each field of one is called.

``HEAD`` and ``STEP`` are the tables: field -> label and words. The page of a version, the
comparison, the inbox and the mail to whoever decides read the same words.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects.calendar import wareki
from bpr_projects.enums import RevisionKind
from workflow.enums import (
    READING_KINDS,
    DeadlineAction,
    DeputyPolicy,
    Mode,
    RunKind,
    StepKind,
    WhoRule,
)
from workflow.routing.checking import may_send_back, targets_in
from workflow.routing.terms import Names, sentence_of, who_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from django_stubs_ext import StrOrPromise

    from workflow.routing.texts import RouteText, StepText

NOTHING: Final = "－"


@dataclass(frozen=True)
class Field:
    """A field of a version: what it is called and what it says there."""

    name: str
    label: str
    words: str


@dataclass(frozen=True)
class Change:
    """A field that says something else in the later version."""

    name: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Pair:
    """A step before and after; one of them is missing where it came or went."""

    before: StepText | None
    after: StepText | None
    changes: tuple[Change, ...] = ()

    @property
    def step(self) -> StepText:
        """The step, as it is now or as it was."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 -- a pair has at least one
        return found

    @property
    def mark(self) -> str:
        """ins, del or mod; empty where nothing changed."""
        if self.before is None:
            return "ins"
        if self.after is None:
            return "del"
        return "mod" if self.changes else ""


@dataclass(frozen=True)
class Comparison:
    """All that differs between two versions."""

    head: tuple[Change, ...]
    pairs: tuple[Pair, ...]

    @property
    def is_same(self) -> bool:
        """Whether both say the same."""
        return not self.head and not any(pair.mark for pair in self.pairs)

    def sentences(self) -> Iterator[str]:
        """The differences, one line each, for who has no room for a table."""
        for change in self.head:
            yield _("%(label)s：%(before)s → %(after)s") % vars(change)
        for pair in self.pairs:
            if pair.mark == "ins":
                yield _("段階「%s」が加わる") % pair.step.title
            elif pair.mark == "del":
                yield _("段階「%s」がなくなる") % pair.step.title
            for change in pair.changes:
                words = {"title": pair.step.title, **vars(change)}
                yield _("「%(title)s」の%(label)s：%(before)s → %(after)s") % words


# --- the words of each field ------------------------------------------------------------------


def mode_words(step: StepText) -> str:
    """全員, だれか1人, 4人以上; the smallest number with which a body may be closed."""
    if step.kind in READING_KINDS:
        return NOTHING
    if step.mode == Mode.QUORUM:
        return _("%s人以上") % step.quorum
    if step.mode == Mode.ONE:
        return str(Mode.ONE.label)
    if step.quorum > 1:
        return _("全員（%s人以上で締切可）") % step.quorum
    return str(Mode.ALL.label)


def deadline_words(step: StepText) -> str:
    """What happens when the standard days are over; nothing ever passes by time."""
    if step.at_deadline == DeadlineAction.ESCALATE and step.escalate_to in WhoRule.values:
        return _("%sに知らせる") % WhoRule(step.escalate_to).label
    return str(DeadlineAction(step.at_deadline).label)


def _deputy_words(step: StepText) -> str:
    return str(DeputyPolicy(step.deputy).label)


def _return_words(text: RouteText, step: StepText) -> str:
    if not may_send_back(step.kind):
        return NOTHING
    return "・".join(str(target.label) for target in targets_in(text, step)) or NOTHING


def _fallback_words(step: StepText, names: Names) -> str:
    heads = [_("%sの所属長") % name for name in names.said(WhoRule.HEADS_OF, step.fallback)]
    return " → ".join(heads) or NOTHING


def _kind_words(step: StepText) -> str:
    return str(StepKind(step.kind).label) if step.kind in StepKind.values else step.kind


STEP: Final[dict[str, tuple[StrOrPromise, Callable[[RouteText, StepText, Names], str]]]] = {
    "kind": (gettext_lazy("種類"), lambda _text, step, _names: _kind_words(step)),
    "title": (gettext_lazy("名称"), lambda _text, step, _names: step.title),
    "who": (
        gettext_lazy("担当"),
        lambda _text, step, names: who_words(step.who, step.who_argument, names),
    ),
    "condition": (
        gettext_lazy("置く条件"),
        lambda _text, step, _names: sentence_of(step.condition) or _("いつも"),
    ),
    "mode": (gettext_lazy("人数"), lambda _text, step, _names: mode_words(step)),
    "standard_days": (
        gettext_lazy("標準日数"),
        lambda _text, step, _names: _("%s営業日") % step.standard_days,
    ),
    "deputy": (gettext_lazy("代決・代理"), lambda _text, step, _names: _deputy_words(step)),
    "fallback": (
        gettext_lazy("提案者だったときの代わり"),
        lambda _text, step, names: _fallback_words(step, names),
    ),
    "may_skip": (
        gettext_lazy("省略"),
        lambda _text, step, _names: _("職がないとき等は省略") if step.may_skip else _("しない"),
    ),
    "at_deadline": (
        gettext_lazy("期限を過ぎたとき"),
        lambda _text, step, _names: deadline_words(step),
    ),
    "may_return_to": (
        gettext_lazy("差戻し先"),
        lambda text, step, _names: _return_words(text, step),
    ),
    "clause": (gettext_lazy("根拠条項"), lambda _text, step, _names: step.clause),
}
"""Field of a step -> its label and what it says."""


def takes_words(text: RouteText) -> str:
    """Which cases or questions take the route."""
    said = sentence_of(text.condition)
    if text.kind == RunKind.PROJECT:
        return said or _("ほかの経路に当てはまらない提案")
    kinds = "・".join(str(RevisionKind(kind).label) for kind in text.revision_kinds)
    return "、".join(part for part in (kinds, said) if part)


HEAD: Final[dict[str, tuple[StrOrPromise, Callable[[RouteText], str]]]] = {
    "name": (gettext_lazy("名称"), lambda text: text.name),
    "condition": (gettext_lazy("当てはまる案件"), takes_words),
    "priority": (gettext_lazy("優先順位"), lambda text: str(text.priority)),
    "clause": (gettext_lazy("根拠条項"), lambda text: text.clause),
    "effective_from": (gettext_lazy("施行日"), lambda text: wareki(text.effective_from)),
}
"""Field of a version -> its label and what it says."""


def fields_of(text: RouteText, step: StepText, names: Names) -> list[Field]:
    """The fields of a step with their words."""
    return [
        Field(name, str(label), words(text, step, names)) for name, (label, words) in STEP.items()
    ]


# --- the comparison ---------------------------------------------------------------------------


def compare(before: RouteText, after: RouteText, names: Names) -> Comparison:
    """Field by field, and step by step: steps that ask the same people the same thing are one."""
    head = [
        Change(name, str(label), words(before), words(after))
        for name, (label, words) in HEAD.items()
        if words(before) != words(after)
    ]
    return Comparison(
        tuple(head),
        tuple(_pair(before, after, old, new, names) for old, new in _aligned(before, after)),
    )


def _pair(
    before: RouteText,
    after: RouteText,
    old: StepText | None,
    new: StepText | None,
    names: Names,
) -> Pair:
    if old is None or new is None:
        return Pair(old, new)
    was, now = fields_of(before, old, names), fields_of(after, new, names)
    changes = [
        Change(earlier.name, earlier.label, earlier.words, later.words)
        for earlier, later in zip(was, now, strict=True)
        if earlier.words != later.words
    ]
    return Pair(old, new, tuple(changes))


def _aligned(
    before: RouteText, after: RouteText
) -> Iterator[tuple[StepText | None, StepText | None]]:
    """Steps beside each other in reading order."""
    matcher = SequenceMatcher(None, _keys(before.steps), _keys(after.steps), autojunk=False)
    for tag, first, last, begin, end in matcher.get_opcodes():
        old, new = before.steps[first:last], after.steps[begin:end]
        if tag == "equal":
            yield from zip(old, new, strict=True)
        else:
            yield from ((step, None) for step in old)
            yield from ((None, step) for step in new)


def _keys(steps: Iterable[StepText]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(step.kind, step.who, step.who_argument) for step in steps]
