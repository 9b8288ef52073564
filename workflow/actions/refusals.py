"""Refusals of the engine. Each carries facts in Japanese, an HTTP status and maybe a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from workflow.access import said_by

if TYPE_CHECKING:
    from bpr_projects.models import Revision
    from workflow.models import Decision


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
    """The organisation lacks a post that the route needs; the 事務局 has to register it."""

    def __init__(self, gap: Exception) -> None:
        super().__init__(
            _(
                "「%s」を担当する職が登録されていないため、進められません。事務局に連絡してください。"
            )
            % gap
        )
