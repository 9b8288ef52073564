"""The date seal of somebody who really acted."""

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bpr_projects.charts.svg import element, joined, picture


def stamp(surname: str, stamped_on: str, line1: str = "", word: str = "") -> SafeString:
    """A date seal in vermilion: ``word`` is the act (承認), ``line1`` the post, read aloud only."""
    done = word or _("承認")
    size = 13 if len(surname) <= 2 else 10.5 if len(surname) == 3 else 8.5
    body = joined(
        (
            element("circle", "stamp__ring", cx=30, cy=30, r=27.5),
            element("path", "stamp__rule", d="M4 23.5h52M4 37.5h52"),
            element("text", "stamp__s", done, x=30, y=19),
            element("text", "stamp__d", stamped_on, x=30, y=34.4),
            element("text", "stamp__n", surname, x=30, y=49.5, font_size=size),
        )
    )
    return picture("stamp", 60, 60, body, f"{line1}{surname}　{stamped_on} {done}")
