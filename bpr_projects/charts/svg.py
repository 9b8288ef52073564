"""The pieces every chart is made of: escaped SVG elements with their paint.

Colors come from the style sheet by class; the same colors stand as presentation attributes (weaker
than any CSS rule), because WeasyPrint does not apply the document's CSS to inline SVG.
"""

from collections.abc import Iterable
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

FONT: Final = "'BIZ UDPGothic','Noto Sans JP','Noto Sans CJK JP',sans-serif"

_STROKE: Final = {"fill": "none", "stroke-width": "2"}
_WORD: Final = {"text-anchor": "middle", "font-size": "13"}
PAINT: Final[dict[str, dict[str, str]]] = {
    "bar__bg": {"fill": "#e4e8ed"},
    "bar__fg": {"fill": "#0055ad"},
    "bar__mark": {"fill": "#000"},
    "chart__grid": {"stroke": "#ccc"},
    "chart__target": {**_STROKE, "stroke": "#666", "stroke-dasharray": "6 5"},
    "chart__area": {"fill": "#0055ad", "fill-opacity": ".08"},
    "chart__actual": {"fill": "none", "stroke": "#0055ad", "stroke-width": "3"},
    "chart__dot": {"fill": "#fff", "stroke": "#0055ad", "stroke-width": "2.5"},
    "chart__tip": {"fill": "#0055ad"},
    "chart__tipt": {**_WORD, "fill": "#fff"},
    "chart__band": {"fill": "#f0f9ff"},
    "chart__bandlab": {"font-size": "12"},
    "chart__x": _WORD,
    "chart__y": {"text-anchor": "end", "font-size": "13"},
    "chart__unit": {"text-anchor": "end", "font-size": "13"},
    "chart__lab": {"font-size": "13"},
    "ooda__past": {**_STROKE, "stroke": "#c0e4ff", "stroke-dasharray": "2 4"},
    "ring-done": {"fill": "none", "stroke": "#97d3ff"},
    "ring-now": {"fill": "none", "stroke": "#0055ad"},
    "ring-todo": {"fill": "none", "stroke": "#d5dae1"},
    "ooda__arc": {"stroke-width": "20"},
    "miniring__arc": {"stroke-width": "6"},
    "head-done": {"fill": "#97d3ff"},
    "head-now": {"fill": "#0055ad"},
    "head-todo": {"fill": "#d5dae1"},
    "node-done": {"fill": "#0877d7"},
    "node-now": {"fill": "#00234b"},
    "node-todo": {"fill": "#fff", "stroke": "#767d86", "stroke-width": "2"},
    "ooda__tick": {"fill": "none", "stroke": "#fff", "stroke-width": "3"},
    "ooda__letter": {"text-anchor": "middle", "font-size": "17", "font-weight": "700"},
    "letter-now": {"fill": "#fff"},
    "ooda__c1": {"text-anchor": "middle", "font-size": "14"},
    "ooda__c2": {"text-anchor": "middle", "font-size": "25", "font-weight": "700"},
    "ooda__c3": {"text-anchor": "middle", "font-size": "14"},
    "matrix__bg": {"fill": "#f8f9fb", "stroke": "#c3cad3"},
    "matrix__best": {"fill": "#e6f5ec"},
    "matrix__ax": {"stroke": "#c3cad3", "stroke-dasharray": "3 4"},
    "matrix__q": {"font-size": "13", "font-weight": "700"},
    "matrix__yl": _WORD,
    "matrix__t": {"text-anchor": "middle", "font-size": "12", "font-weight": "700"},
    "p-hot": {"fill": "#0055ad"},
    "p-cold": {"fill": "#b9c2cc"},
    "t-hot": {"fill": "#fff"},
    "routemap__box": {"stroke-width": "1.5"},
    "stop-done": {"fill": "#e6f5ec", "stroke": "#197a4b"},
    "stop-now": {"fill": "#f0f9ff", "stroke": "#0055ad", "stroke-width": "3"},
    "stop-coming": {"fill": "#fff", "stroke": "#767d86"},
    "stop-skipped": {"fill": "#f8f9fb", "stroke": "#767d86", "stroke-dasharray": "5 4"},
    "stop-off": {"fill": "#f8f9fb", "stroke": "#c3cad3"},
    "stop-bad": {"fill": "#fdeeee", "stroke": "#c00"},
    "stop-aside": {"stroke-dasharray": "2 4"},
    "routemap__title": {"font-size": "15", "font-weight": "700", "fill": "#1a1a1a"},
    "text-skipped": {"fill": "#5c636b"},
    "text-off": {"fill": "#5c636b"},
    "routemap__word": {"text-anchor": "end", "font-size": "13", "fill": "#4d4d4d"},
    "word-now": {"font-weight": "700", "fill": "#0055ad"},
    "word-done": {"fill": "#115a36"},
    "word-bad": {"font-weight": "700", "fill": "#a90000"},
    "routemap__seat": {"font-size": "13", "fill": "#1a1a1a"},
    "routemap__mark": {"font-size": "12", "fill": "#4d4d4d"},
    "routemap__way": {"fill": "none", "stroke-width": "2"},
    "way-gone": {"stroke": "#197a4b"},
    "way-open": {"stroke": "#767d86", "stroke-dasharray": "4 4"},
    "tip-gone": {"fill": "#197a4b"},
    "tip-open": {"fill": "#767d86"},
    "routemap__loop": {"fill": "none", "stroke": "#c74700", "stroke-width": "2"},
    "routemap__looptip": {"fill": "#c74700"},
    "routemap__looplab": {"font-size": "13", "fill": "#8b3200"},
    "spark__line": {**_STROKE, "stroke": "#0055ad"},
    "spark__dot": {"fill": "#0055ad"},
    "stamp__ring": {**_STROKE, "stroke": "#c8102e"},
    "stamp__rule": {"fill": "none", "stroke": "#c8102e", "stroke-width": "1.4"},
    "stamp__s": {"text-anchor": "middle", "font-size": "10", "fill": "#c8102e"},
    "stamp__d": {"text-anchor": "middle", "font-size": "10.5", "fill": "#c8102e"},
    "stamp__n": {"text-anchor": "middle", "font-weight": "700", "fill": "#c8102e"},
}
"""Class -> how it looks where the style sheet does not reach."""


def element(tag: str, cls: str, body: str = "", **attributes: str | float) -> SafeString:
    """One SVG element of a class, painted by ``PAINT``; every value is escaped."""
    painted: dict[str, str | float] = {}
    for name in cls.split():
        painted.update(PAINT.get(name, {}))
    painted.update({name.replace("_", "-"): value for name, value in attributes.items()})
    pairs = format_html_join("", ' {}="{}"', painted.items())
    return format_html('<{} class="{}"{}>{}</{}>', tag, cls, pairs, body, tag)


def joined(parts: Iterable[str]) -> SafeString:
    """Elements one after another; text that is not an element is escaped."""
    return format_html_join("", "{}", ((part,) for part in parts))


def picture(cls: str, width: int, height: int, body: str, label: str = "") -> SafeString:
    """The <svg> itself: an image with a name, or decoration beside words that say the same."""
    meaning = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else format_html('aria-hidden="{}"', "true")
    )
    frame = '<svg class="{}" viewBox="0 0 {} {}" font-family="{}" focusable="false" {}>{}</svg>'
    return format_html(frame, cls, width, height, FONT, meaning, body)


def path_through(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)
