"""What a change, stop, roll-out or completion asks beside the questions of the sheet."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from bpr_projects.sheet.kinds import Field, Kind, Materiality

ASKED: Final = "asked"
"""The part that they make up, beside those of the sheet."""

ASKED_FIELDS: Final[tuple[Field, ...]] = tuple(
    Field(name, ASKED, Kind.TEXT, label, required=False, materiality=materiality)
    for name, label, materiality in (
        ("what", _("求める内容"), Materiality.CONTENT),
        ("reason", _("理由"), Materiality.WORK),
        ("beyond", _("自由枠を超える点"), Materiality.CONTENT),
        ("effect", _("得られた結果"), Materiality.EFFECT),
        ("lesson", _("学んだこと"), Materiality.WORDING),
    )
)
"""In the order shown. Cost and deadline are questions of the sheet."""
