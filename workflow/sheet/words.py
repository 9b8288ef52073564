"""The text of a question about a running case (change, stop, completion, roll-out) in words."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects import calendar
from bpr_projects.sheet import ASKED_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrOrPromise

QUESTION_LABELS: Final[dict[str, StrOrPromise]] = {
    **{field.name: field.label for field in ASKED_FIELDS},
    "cost": gettext_lazy("費用"),
    "ends_on": gettext_lazy("期限"),
}
"""What such a text holds, in the order shown."""


def question_words(question: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The text as (label, words); what was not asked is left out."""
    return [
        (str(label), _words(name, question[name]))
        for name, label in QUESTION_LABELS.items()
        if question.get(name)
    ]


def _words(name: str, value: Any) -> str:
    if name == "cost":
        return _("%s円") % f"{int(value):,}"
    if name == "ends_on":
        return calendar.wareki(date.fromisoformat(value))
    if isinstance(value, list):
        return "\n".join(str(each) for each in value)
    return str(value)
