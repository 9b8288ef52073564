"""How the work runs today and afterwards, step by step, as the sheet tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django_stubs_ext import StrOrPromise

FLAGS: Final[dict[str, StrOrPromise]] = {
    "PAPER": gettext_lazy("紙"),
    "SEAL": gettext_lazy("押印"),
    "RETYPE": gettext_lazy("再入力"),
}
"""What makes a step worth removing (R24)."""

LONG_WORDS: Final = 7
"""A step with more letters than this gets more room."""


@dataclass(frozen=True)
class WorkStep:
    """One step of the work. ``is_new``: the work of today has no step of that name."""

    what: str
    who: str
    minutes: int | None
    flags: tuple[str, ...]
    is_new: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether its words need more room than its neighbours'."""
        return len(self.what) > LONG_WORDS


@dataclass(frozen=True)
class WorkFlow:
    """The steps of one way of working, in order."""

    key: str
    title: str
    steps: tuple[WorkStep, ...]

    @property
    def minutes(self) -> int:
        """What the steps take together, as far as it was written down."""
        return sum(step.minutes or 0 for step in self.steps)

    @property
    def total(self) -> str:
        """7工程・45分"""
        words = _("%s工程") % len(self.steps)
        return _("%(steps)s・%(minutes)s分") % {"steps": words, "minutes": self.minutes}


def flows_of(answers: Mapping[str, Any]) -> tuple[WorkFlow, ...]:
    """いま and これから; a way of working that nobody wrote down is left out."""
    now = _steps(answers.get("as_is") or ())
    known = {step.what for step in now}
    later = _steps(answers.get("to_be") or (), known=known if now else None)
    found = (WorkFlow("asis", _("いま"), now), WorkFlow("tobe", _("これから"), later))
    return tuple(flow for flow in found if flow.steps)


def _steps(
    rows: Iterable[Mapping[str, Any]], known: set[str] | None = None
) -> tuple[WorkStep, ...]:
    return tuple(
        WorkStep(
            what=str(row["what"]),
            who=str(row.get("who") or ""),
            minutes=_minutes(row.get("minutes")),
            flags=tuple(str(FLAGS[flag]) for flag in row.get("flags") or () if flag in FLAGS),
            is_new=known is not None and row["what"] not in known,
        )
        for row in rows
        if row.get("what")
    )


def _minutes(value: Any) -> int | None:
    return round(float(value)) if isinstance(value, (int, float)) else None
