"""The guides of docs/ja, readable inside the system without any other site.

They are written in a small part of Markdown, so that a host of repositories shows them as well:
headings, paragraphs, lists, numbered steps, tables, pictures of ``static/guides``, links from one
guide to another, bold words and names of commands. ``html_of`` knows nothing else; a test holds
the guides to it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from roles.enums import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER: Final = Path(settings.BASE_DIR) / "docs" / "ja"
FIRST: Final = "README"
"""はじめに: what everybody reads first."""

GUIDE_OF: Final[dict[Role, str]] = {
    Role.STAFF: FIRST,
    Role.DX_LEADER: "leader",
    Role.SECTION_HEAD: "head",
    Role.DEPARTMENT_HEAD: "head",
    Role.PT_MEMBER: "team",
    Role.PT_CHAIR: "team",
    Role.HQ_MEMBER: "headquarters",
    Role.HQ_CHAIR: "headquarters",
    Role.SECRETARIAT: "secretariat",
    Role.AUDITOR: "auditor",
    Role.SYSTEM_ADMIN: "administrator",
}
"""Which guide is for whom, in the order of the list."""

GUIDE_OF_PAGE: Final[dict[str, str]] = {
    "project-new": "leader",
    "project-edit": "leader",
    "project-confirm": "leader",
    "board": "leader",
    "rollout": "leader",
    "project-review": "team",
    "ledger": "auditor",
    "decision-evidence": "auditor",
    "decision-checks": "auditor",
    "mailbox": "secretariat",
    "mail-detail": "secretariat",
    "fact-detail": "secretariat",
}
"""Which guide explains a page, by the name of its address; the others are explained at first."""

HEADING: Final = re.compile(r"(#{1,3}) (.+)")
STEP: Final = re.compile(r"\d+\. (.+)")
PICTURE: Final = re.compile(r"!\[([^\]]+)\]\(\.\./\.\./static/([\w./-]+)\)")
INLINE: Final = re.compile(
    r"\*\*(?P<bold>[^*]+)\*\*|`(?P<code>[^`]+)`|\[(?P<words>[^\]]+)\]\((?P<target>[^)]+)\)"
)


class Guide(NamedTuple):
    """A page of the help."""

    name: str
    title: str
    body: SafeString

    @property
    def url(self) -> str:
        return reverse("help") if self.name == FIRST else reverse("guide", args=[self.name])


def url_for(page: str) -> str:
    """Where the page is explained whose address has this name."""
    name = GUIDE_OF_PAGE.get(page)
    return reverse("guide", args=[name]) if name else reverse("help")


def names() -> list[str]:
    """Every guide, in the order in which the help lists them."""
    return list(dict.fromkeys(GUIDE_OF.values()))


@cache
def guide(name: str) -> Guide:
    """A guide as a page; read once by each process."""
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    title, _newline, rest = text.removeprefix("# ").partition("\n")
    return Guide(name, title.strip(), html_of(rest))


def guides_of(roles: Iterable[str]) -> list[str]:
    """The guides of somebody with these roles."""
    wanted = {GUIDE_OF[Role(role)] for role in roles}
    return [name for name in names() if name in wanted]


def html_of(text: str) -> SafeString:
    """The body of a guide."""
    blocks = (block.strip("\n").split("\n") for block in re.split(r"\n{2,}", text.strip()))
    return format_html_join("\n", "{}", ((_block(lines),) for lines in blocks))


def _block(lines: list[str]) -> SafeString:
    first = lines[0]
    if found := HEADING.fullmatch(first):
        level = len(found[1])
        return format_html("<h{}>{}</h{}>", level, _inline(found[2]), level)
    if found := PICTURE.fullmatch(first):
        source = static(found[2])
        return format_html(
            '<p class="shot"><img src="{}" alt="{}" loading="lazy"></p>', source, found[1]
        )
    if first.startswith("- "):
        return _list("ul", [line.removeprefix("- ") for line in lines])
    if STEP.fullmatch(first):
        return _list("ol", [STEP.sub(r"\1", line) for line in lines])
    if first.startswith("|"):
        return _table([_cells(line) for line in lines])
    if first.startswith("> "):
        return format_html(
            '<p class="note">{}</p>', _inline(" ".join(line.removeprefix("> ") for line in lines))
        )
    return format_html("<p>{}</p>", _inline("".join(lines)))


def _list(tag: str, items: list[str]) -> SafeString:
    inside = format_html_join("", "<li>{}</li>", ((_inline(item),) for item in items))
    return format_html("<{0}>{1}</{0}>", tag, inside)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _table(rows: list[list[str]]) -> SafeString:
    head, body = rows[0], rows[2:]
    cells = format_html_join("", '<th scope="col">{}</th>', ((_inline(each),) for each in head))
    lines = format_html_join(
        "",
        '<tr><th scope="row">{}</th>{}</tr>',
        (
            (_inline(row[0]), format_html_join("", "<td>{}</td>", ((_inline(c),) for c in row[1:])))
            for row in body
        ),
    )
    return format_html(
        '<div class="scroll" tabindex="0" role="group" aria-label="{}"><table class="tbl">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
        head[0],
        cells,
        lines,
    )


def _inline(text: str) -> SafeString:
    """Bold words, names and links inside a line."""
    shown, end = "", 0
    for found in INLINE.finditer(text):
        shown += escape(text[end : found.start()])
        if found["bold"]:
            shown += format_html("<b>{}</b>", found["bold"])
        elif found["code"]:
            shown += format_html("<code>{}</code>", found["code"])
        else:
            shown += format_html('<a href="{}">{}</a>', _target(found["target"]), found["words"])
        end = found.end()
    return mark_safe(shown + escape(text[end:]))  # noqa: S308 -- every part was escaped


def _target(target: str) -> str:
    """The page of another guide."""
    name = target.removesuffix(".md")
    return reverse("help") if name == FIRST else reverse("guide", args=[name])
