"""The catalogue as people read it: what stands in a subject where a case will fill it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from notifications.catalogue.notices import NOTICES

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from notifications.enums import Event

BLANKS: Final[dict[str, StrOrPromise]] = {
    "ask": _("「お願いの内容」"),
    "case": _("「案件番号・件名」"),
    "until": _("「期限」"),
    "count": _("「件数」"),
    "day": _("「月日」"),
    "late": _("「超過した日数」"),
    "name": _("「お願いした方」"),
    "section": _("「課の名称」"),
    "found": _("「結果」"),
    "announcement": _("「周知の件名」"),
    "absentee": _("「不在の方」"),
    "period": _("「期間」"),
}
"""Name in a subject or a heading -> what is said there."""


def subject_in_words(event: Event) -> str:
    """「お願いの内容」：「案件番号・件名」「期限」."""
    return str(NOTICES[event].subject) % BLANKS


def heading_in_words(event: Event) -> str:
    """The first sentence of the mail."""
    return str(NOTICES[event].heading) % BLANKS
