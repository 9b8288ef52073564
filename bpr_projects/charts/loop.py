"""The OODA loop as a ring: large on a case's page, 36 px in lists."""

from math import cos, pi, sin
from typing import Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bpr_projects.charts.svg import element, joined, picture
from bpr_projects.enums import Phase

PHASES: Final = tuple(Phase)


def _around(cx: float, cy: float, radius: float, degrees: float) -> tuple[float, float]:
    """The point at clock angle ``degrees`` (0 is noon)."""
    angle = (degrees - 90) * pi / 180
    return round(cx + radius * cos(angle), 2), round(cy + radius * sin(angle), 2)


def _arc(center: float, radius: float, start: float, end: float) -> str:
    x0, y0 = _around(center, center, radius, start)
    x1, y1 = _around(center, center, radius, end)
    return f"M{x0} {y0}A{radius} {radius} 0 {int(end - start > 180)} 1 {x1} {y1}"


def _state(index: int, current: int, *, is_closed: bool) -> str:
    if is_closed or index < current:
        return "done"
    return "now" if index == current else "todo"


def mini_ring(phase: str, *, is_closed: bool = False, size: str = "") -> SafeString:
    """The loop in 36 px: which of the four steps a cycle is at."""
    current = PHASES.index(Phase(phase))
    arcs = joined(
        element(
            "path",
            f"miniring__arc ring-{_state(i, current, is_closed=is_closed)}",
            d=_arc(18, 14, i * 90 + 7, (i + 1) * 90 - 7),
        )
        for i in range(len(PHASES))
    )
    return picture(f"miniring {size}".rstrip(), 36, 36, arcs)


def _ring_step(index: int, state: str) -> SafeString:
    """An arc with its arrow head and the round node of a step."""
    c, r = 170, 124
    start, end = index * 90 + 5, (index + 1) * 90 - 13
    tip = _around(c, c, r, end + 9)
    outer, inner = _around(c, c, r + 15, end - 0.5), _around(c, c, r - 15, end - 0.5)
    head = f"M{outer[0]} {outer[1]}L{tip[0]} {tip[1]}L{inner[0]} {inner[1]}Z"
    x, y = _around(c, c, r, index * 90 + 41)
    mark = (
        element("path", "ooda__tick", d=f"M{x - 7:.2f} {y}l5 5.5 9-10.5")
        if state == "done"
        else element("text", f"ooda__letter letter-{state}", PHASES[index][0], x=x, y=y + 6)
    )
    return joined(
        (
            element("path", f"ooda__arc ring-{state}", d=_arc(c, r, start, end)),
            element("path", f"ooda__head head-{state}", d=head),
            element("circle", f"ooda__node node-{state}", cx=x, cy=y, r=19),
            mark,
        )
    )


def ooda_ring(phase: str, cycle: int, day: int) -> SafeString:
    """The loop of a case: the current step thick, done steps ticked, past cycles as inner rings."""
    step = Phase(phase)
    current = PHASES.index(step)
    past = (
        element("circle", "ooda__past", cx=170, cy=170, r=92 - number * 9)
        for number in range(min(cycle - 1, 8))
    )
    steps = (_ring_step(i, _state(i, current, is_closed=False)) for i in range(len(PHASES)))
    number = _("第%(cycle)sサイクル") % {"cycle": cycle}
    days = _("%(day)s日目") % {"day": day}
    words = (
        element("text", "ooda__c1", number, x=170, y=144),
        element("text", "ooda__c2", str(step.label), x=170, y=174),
        element("text", "ooda__c3", f"{step.value.capitalize()}・{days}", x=170, y=200),
    )
    label = _("OODAループ %(number)s。現在は「%(step)s」の%(days)sです。") % {
        "number": number,
        "step": step.label,
        "days": days,
    }
    return picture("ooda", 340, 340, joined((*past, *steps, *words)), label)
