"""What the phases of a cycle recorded: as the next phase takes it up, and as it is read later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects import calendar
from bpr_projects.enums import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrOrPromise

    from bpr_projects.models import CycleEntry


@dataclass(frozen=True)
class Carry:
    """What the step before concluded; the next one starts from it."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Option:
    """An option of 方向づけ, as it is compared. Records of the first year hold its name alone."""

    number: int
    plan: str
    merit: str = ""
    worry: str = ""
    cost: int | None = None
    is_chosen: bool = False


@dataclass(frozen=True)
class PhaseRecord:
    """What was recorded in a phase, by whom and when."""

    entry: CycleEntry
    lines: tuple[tuple[str, str], ...]
    options: tuple[Option, ...]


def options_of(entries: Mapping[str, CycleEntry]) -> tuple[Option, ...]:
    """The options that 方向づけ left for 意思決定; which one it took."""
    oriented, decided = entries.get(Phase.ORIENT), entries.get(Phase.DECIDE)
    if oriented is None:
        return ()
    chosen = decided.content.get("choice") if decided else None
    rows = [row_of(each) for each in oriented.content.get("options") or []]
    return tuple(
        Option(
            number=number,
            plan=row["plan"],
            merit=row.get("merit", ""),
            worry=row.get("worry", ""),
            cost=row.get("cost"),
            is_chosen=row["plan"] == chosen,
        )
        for number, row in enumerate(rows, start=1)
    )


def row_of(option: Any) -> dict[str, Any]:
    return option if isinstance(option, dict) else {"plan": str(option)}


def carry_of(entry: CycleEntry) -> Carry:
    content = entry.content
    lines = [
        (str(label), _words(name, content[name]))
        for name, label in CARRIED[entry.phase]
        if content.get(name)
    ]
    return Carry(
        title=_("%(phase)s（%(when)s）の結論")
        % {
            "phase": entry.get_phase_display(),
            "when": f"{localdate(entry.recorded_at).month}/{localdate(entry.recorded_at).day}",
        },
        lines=tuple(lines),
    )


def _words(name: str, value: Any) -> str:
    if name == "until":
        return calendar.wareki(date.fromisoformat(value))
    return f"{value:,}円" if name == "cost" else str(value)


CARRIED: Final[dict[str, tuple[tuple[str, StrOrPromise], ...]]] = {
    Phase.OBSERVE: (("findings", ""),),
    Phase.ORIENT: (("causes", ""),),
    Phase.DECIDE: (
        ("choice", gettext_lazy("選んだ案")),
        ("actor", gettext_lazy("行動する人")),
        ("until", gettext_lazy("期日")),
    ),
    Phase.ACT: (
        ("effect", gettext_lazy("結果")),
        ("lesson", gettext_lazy("学んだこと")),
        ("next_aim", gettext_lazy("次のねらい")),
    ),
}
"""What of a phase's record the next phase starts from."""


RECORDED: Final[dict[str, tuple[tuple[str, StrOrPromise], ...]]] = {
    Phase.OBSERVE: (("findings", gettext_lazy("観察したこと")),),
    Phase.ORIENT: (("causes", gettext_lazy("原因・状況の見立て")),),
    Phase.DECIDE: (
        ("choice", gettext_lazy("選んだ案")),
        ("reason", gettext_lazy("決めた理由")),
        ("actor", gettext_lazy("行動する人")),
        ("until", gettext_lazy("いつまでに")),
        ("cost", gettext_lazy("費用")),
    ),
    Phase.ACT: (
        ("done", gettext_lazy("実施した内容")),
        ("effect", gettext_lazy("結果")),
        ("lesson", gettext_lazy("学んだこと")),
        ("next_aim", gettext_lazy("次のねらい")),
    ),
}
"""All that a phase's record says, with its labels."""


def record_of(entries: Mapping[str, CycleEntry], phase: Phase) -> PhaseRecord:
    entry = entries[phase]
    return PhaseRecord(
        entry=entry,
        lines=tuple(
            (str(label), _words(name, entry.content[name]))
            for name, label in RECORDED[phase]
            if entry.content.get(name)
        ),
        options=options_of(entries) if phase == Phase.ORIENT else (),
    )
