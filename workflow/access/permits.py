"""A yes with the capacity, or a no with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roles.enums import Basis
from workflow.enums import ASIDE

if TYPE_CHECKING:
    from datetime import datetime

    from roles.models import Capacity
    from workflow.models import Decision


NO_POST: Final = gettext_lazy(
    "本日時点で在籍している職がないため、案件を見ることも書くこともできません。"
    "職の登録に誤りがあるときは、事務局へお問い合わせください。"
)
"""What a leaver reads whose account is still open."""


@dataclass(frozen=True)
class Permit:
    """Yes with the capacity in which, or no with the reason. Truthy when allowed."""

    allowed: bool
    reason: str = ""
    capacity: Capacity | None = None

    def __bool__(self) -> bool:
        return self.allowed


def no(reason: str) -> Permit:
    """A refusal with its reason."""
    return Permit(allowed=False, reason=reason)


def yes(capacity: Capacity | None = None) -> Permit:
    """An allowance, in a capacity where there is one."""
    return Permit(allowed=True, capacity=capacity)


def said_by(decision: Decision) -> str:
    """「財政課長 佐藤 誠さんが 11/16 10:42 に差し戻しました」, for refusals and banners."""
    paper = decision.on_paper
    sentence = (
        _(
            "%(post)s %(name)sさん%(acting)sが %(on)s に紙で「%(outcome)s」とし、"
            "%(when)s に登録が確認されました。"
        )
        if paper and decision.outcome not in ASIDE
        else _("%(post)s %(name)sさん%(acting)sが %(when)s に「%(outcome)s」としました。")
    )
    return sentence % {
        "on": f"{paper.on.month}/{paper.on.day}" if paper else "",
        "post": decision.post.title,
        "name": decision.decided_by.name,
        "acting": _acting(decision),
        "when": clock(decision.decided_at),
        "outcome": decision.get_outcome_display(),
    }


def _acting(decision: Decision) -> str:
    """（安保 智彦さんの代決）, where somebody acted in another's place."""
    if decision.basis not in (Basis.ACTING, Basis.DEPUTY):
        return ""
    basis = decision.get_basis_display()
    if decision.on_behalf_of is None:
        return f"（{basis}）"
    return _("（%(name)sさんの%(basis)s）") % {"name": decision.on_behalf_of.name, "basis": basis}


def clock(moment: datetime) -> str:
    """Local month, day and time, as refusals tell it."""
    local = localtime(moment)
    return f"{local.month}/{local.day} {local:%H:%M}"
