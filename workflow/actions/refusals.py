"""Refusals of the engine. Each carries facts in Japanese, an HTTP status and maybe a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from workflow.access import said_by
from workflow.routing import NoHolder

if TYPE_CHECKING:
    from bpr_projects.models import Revision
    from workflow.models import Decision
    from workflow.routing import NoRoute


class Refusal(Exception):
    """A verb that did nothing, and why."""

    status = 409

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class NotAllowed(Refusal):
    """Not you."""

    status = 403


class NotFound(Refusal):
    """No such case, step or slot together: a foreign id in the address."""

    status = 404

    def __init__(self) -> None:
        super().__init__(_("お探しの手続は見つかりません。"))


class AlreadyDone(Refusal):
    """Not now: somebody acted first. ``decision`` says who, what and when."""

    def __init__(self, decision: Decision | None, message: str = "") -> None:
        self.decision = decision
        super().__init__(
            message or (said_by(decision) if decision else _("この手続は、すでに終わっています。"))
        )


class StaleText(Refusal):
    """The form shows another revision than the one that would be decided."""

    def __init__(self, shown: Revision | None, current: Revision) -> None:
        self.shown, self.current = shown, current
        super().__init__(
            _("表示していた版のあとに、%(current)sが提出されています。内容を確かめてください。")
            % {"current": current}
        )


class Unanswered(Refusal):
    """Something that the answer needs is missing or wrong; shown beside the field."""

    status = 422

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems.values()))


class Busy(Refusal):
    """The case is being worked on right now; nothing was done, try again."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("ほかの処理が同じ案件を更新しています。数秒おいて、もう一度お試しください。")
        )


class Unroutable(Refusal):
    """No route fits, or a step of it finds too few who may answer; the 事務局 has to see to it."""

    def __init__(self, gap: NoHolder | NoRoute) -> None:
        fact = _no_holder(gap) if isinstance(gap, NoHolder) else _no_route(gap)
        super().__init__(_("%sため、進められません。事務局に連絡してください。") % fact)


def _no_route(gap: NoRoute) -> str:
    return _("「%s」を決裁まで進める経路が登録されていない") % gap


def _no_holder(gap: NoHolder) -> str:
    if not gap.able and not gap.left_out:
        return _("「%s」を担当する職が登録されていない") % gap.title
    why = "、".join(f"{seat}：{reason}" for seat, reason in gap.left_out)
    facts = {
        "step": gap.title,
        "needed": gap.needed,
        "able": gap.able,
        "why": _("、%s") % why if why else "",
    }
    if not gap.able:
        return _("「%(step)s」を担当できる方がいない（必要%(needed)s人・可能0人%(why)s）") % facts
    sentence = _("「%(step)s」を担当できる方が足りない（必要%(needed)s人・可能%(able)s人%(why)s）")
    return sentence % facts
