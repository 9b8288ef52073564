"""The proposal sheet (要件整理) as one table of questions in six parts.

Twenty answers are required before 提出; everything else helps whoever has more to say.
``materiality`` says who is asked again when an answer changes after a 差戻し.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from bpr_projects.sheet.fields.care import CARE, GOAL
from bpr_projects.sheet.fields.reform import PROBLEM, REFORM
from bpr_projects.sheet.fields.worth import EFFECT, PLAN

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from bpr_projects.sheet.kinds import Field

__all__ = ["BY_NAME", "FIELDS", "PARTS"]

PARTS: Final[dict[str, StrOrPromise]] = {
    "problem": _("課題"),
    "reform": _("改革の内容"),
    "effect": _("効果の試算"),
    "plan": _("進め方・費用"),
    "care": _("基本理念の確認"),
    "goal": _("めざす数値・提出先"),
}

FIELDS: Final[tuple[Field, ...]] = (*PROBLEM, *REFORM, *EFFECT, *PLAN, *CARE, *GOAL)

BY_NAME: Final = {field.name: field for field in FIELDS}
