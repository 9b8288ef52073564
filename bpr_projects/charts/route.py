"""The way of a case as a picture: its stations from top to bottom, returns as loops beside them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from bpr_projects.charts.svg import element, joined, picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.utils.safestring import SafeString

LEFT: Final = 8
WIDE: Final = 372
PAD: Final = 14
LINE: Final = 19
GAP: Final = 30
LANE: Final = 84
LETTERS: Final = 18
"""So many full letters of a title fit into a line of a box …"""
SEAT_LETTERS: Final = 25
"""… and so many of a seat."""
HALF: Final = 0x2000
"""Letters before this code are half as wide."""

MARKS: Final = {"done": "✓", "now": "●", "skipped": "－"}
"""What stands before a seat, so that no state is told by colour alone."""


@dataclass(frozen=True)
class RouteStop:
    """A station. ``state``: done, now, coming, skipped or off; ``word`` says it.

    ``seats``: (who, state) of all who are asked, in one box. ``is_aside``: it holds nobody up.
    """

    title: str
    state: str
    word: str
    seats: tuple[tuple[str, str], ...] = ()
    is_aside: bool = False


@dataclass(frozen=True)
class RouteLoop:
    """A return from one stop to an earlier one, by their places in the row."""

    source: int
    target: int
    label: str


@dataclass(frozen=True)
class _Box:
    stop: RouteStop
    y: int
    title: tuple[str, ...]
    seats: tuple[tuple[str, str], ...]

    @property
    def height(self) -> int:
        return 2 * PAD + LINE * (len(self.title) + len(self.seats)) - 4

    @property
    def bottom(self) -> int:
        return self.y + self.height


def route_picture(stops: Sequence[RouteStop], loops: Sequence[RouteLoop], label: str) -> SafeString:
    """The picture. What it shows must stand beside it in words, too: ``label`` only names it."""
    boxes = list(_boxes(stops))
    lanes = sorted(loops, key=lambda loop: loop.source - loop.target)
    parts = [*_ways(boxes), *_loops(boxes, lanes)]
    for box in boxes:
        parts += _drawn(box)
    width = LEFT * 2 + WIDE + (LANE * len(lanes) + 16 if lanes else 0)
    height = boxes[-1].bottom + LEFT if boxes else LEFT
    return picture("routemap", width, height, joined(parts), label)


def _boxes(stops: Sequence[RouteStop]) -> Iterator[_Box]:
    y = LEFT
    for stop in stops:
        seats = tuple((cut(name, SEAT_LETTERS), state) for name, state in stop.seats)
        box = _Box(stop, y, wrapped(stop.title, LETTERS), seats)
        yield box
        y = box.bottom + GAP


def _drawn(box: _Box) -> Iterator[SafeString]:
    state = f"stop-{box.stop.state}" + (" stop-aside" if box.stop.is_aside else "")
    frame = f"routemap__box {state}"
    yield element("rect", frame, x=LEFT, y=box.y, width=WIDE, height=box.height, rx=8)
    right, y = LEFT + WIDE - PAD, box.y + PAD + 11
    yield element("text", f"routemap__word word-{box.stop.state}", box.stop.word, x=right, y=y)
    for line in box.title:
        yield element("text", f"routemap__title text-{box.stop.state}", line, x=LEFT + PAD, y=y)
        y += LINE
    for name, seat_state in box.seats:
        yield element("text", "routemap__mark", MARKS.get(seat_state, "○"), x=LEFT + PAD, y=y)
        yield element("text", "routemap__seat", name, x=LEFT + PAD + 18, y=y)
        y += LINE


def _ways(boxes: Sequence[_Box]) -> Iterator[SafeString]:
    """The line from each box to the next; dashed where nobody went yet."""
    x = LEFT + WIDE // 2
    for above, below in pairwise(boxes):
        is_gone = below.stop.state in ("done", "now", "skipped") and not below.stop.is_aside
        kind = "way-gone" if is_gone else "way-open"
        path = f"M{x} {above.bottom}V{below.y - 7}"
        yield element("path", f"routemap__way {kind}", d=path)
        tip = f"M{x - 5} {below.y - 8}L{x} {below.y}L{x + 5} {below.y - 8}Z"
        yield element("path", f"routemap__tip tip-{kind[4:]}", d=tip)


def _loops(boxes: Sequence[_Box], loops: Sequence[RouteLoop]) -> Iterator[SafeString]:
    """Each return in a lane of its own, short ones inside, so that none lies upon another."""
    edge = LEFT + WIDE
    for lane, loop in enumerate(loops):
        source, target = boxes[loop.source], boxes[loop.target]
        x = edge + 22 + LANE * lane
        start = source.y + source.height // 2 + _shift(loops, lane, "source")
        end = target.y + target.height // 2 + _shift(loops, lane, "target")
        path = (
            f"M{edge} {start}H{x - 8}Q{x} {start} {x} {start - 8}"
            f"V{end + 8}Q{x} {end} {x - 8} {end}H{edge + 9}"
        )
        yield element("path", "routemap__loop", d=path)
        tip = f"M{edge + 10} {end - 5}L{edge + 1} {end}L{edge + 10} {end + 5}Z"
        yield element("path", "routemap__looptip", d=tip)
        y = (start + end) // 2
        for line in wrapped(loop.label, 6):
            yield element("text", "routemap__looplab", line, x=x + 6, y=y)
            y += 16


def _shift(loops: Sequence[RouteLoop], lane: int, side: str) -> int:
    """Several loops at one box leave and arrive beside each other."""
    place = getattr(loops[lane], side)
    sharing = [n for n, each in enumerate(loops) if getattr(each, side) == place]
    others = [n for n, each in enumerate(loops) if _other(each, side) == place]
    order = sharing.index(lane)
    outgoing = 6 if others and side == "source" else -6 if others else 0
    return round((order - (len(sharing) - 1) / 2) * 9) + outgoing


def _other(loop: RouteLoop, side: str) -> int:
    return loop.target if side == "source" else loop.source


def width_of(text: str) -> float:
    """Full letters that a text is wide."""
    return sum(0.55 if ord(letter) < HALF else 1 for letter in text)


def wrapped(text: str, letters: int) -> tuple[str, ...]:
    """Japanese in lines of so many letters, never more than two; no line begins with a mark."""
    lines = [""]
    for letter in text:
        is_mark = letter in "、。）」』】・ー"
        if width_of(lines[-1] + letter) > letters and not is_mark:
            lines.append("")
        lines[-1] += letter
    if len(lines) > 2:
        return lines[0], cut("".join(lines[1:]), letters)
    return tuple(lines)


def cut(text: str, letters: int) -> str:
    """A text in one line, with … where it was too long."""
    if width_of(text) <= letters:
        return text
    while text and width_of(text) > letters - 1:
        text = text[:-1]
    return f"{text}…"
