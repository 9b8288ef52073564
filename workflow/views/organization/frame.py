"""What the pages of 組織・役割 share: the day that is looked at, the tabs, who may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects import calendar
from bpr_projects.forms.fields import DAYS
from roles.grants import permits
from roles.permissions import Perm
from workflow.access import NO_POST
from workflow.inbox import desk_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise


class Tab(NamedTuple):
    """A page under the one head."""

    name: str
    label: StrOrPromise
    icon: str
    is_for_keepers: bool = False


TABS: Final = (
    Tab("org", gettext_lazy("組織図"), "building-2"),
    Tab("org-terms", gettext_lazy("役割の期間"), "calendar"),
    Tab("org-deputies", gettext_lazy("代理・代決"), "users"),
    Tab("org-changes", gettext_lazy("変更の記録"), "history"),
    Tab("org-rehearsal", gettext_lazy("異動の予行"), "list-checks", is_for_keepers=True),
)


@dataclass(frozen=True)
class Frame:
    """The head of a page. ``wrong``: what was typed as the day and cannot be read."""

    now: datetime
    today: date
    on: date
    typed: str
    wrong: str
    may_edit: bool

    @property
    def is_today(self) -> bool:
        """Whether the page shows the organization of today."""
        return self.on == self.today

    @property
    def tabs(self) -> list[Tab]:
        """Those that this person may open."""
        return [each for each in TABS if self.may_edit or not each.is_for_keepers]

    @property
    def next_year(self) -> date:
        """The next 1 April."""
        return self.today.replace(year=calendar.fiscal_year(self.today) + 1, month=4, day=1)


def frame_of(request: HttpRequest) -> Frame:
    """Everybody who works here reads; ``?on=`` in any usual spelling."""
    if desk_of(request).has_left:
        raise PermissionDenied(NO_POST)
    at = now()
    today = localdate(at)
    typed = request.GET.get("on", "").strip()[:40]
    day = calendar.parse_date(typed) if typed else today
    wrong = ""
    if day is None or not DAYS[0] <= day <= DAYS[1]:
        wrong = _(
            "日付を読み取れません。「令和9年4月1日」「R9.4.1」「2027/4/1」のように入力してください。"
        )
    shown = today if wrong or day is None else day
    return Frame(at, today, shown, typed, wrong, may_edit(request))


def may_edit(request: HttpRequest) -> bool:
    """Whether this person looks after the organization."""
    return permits(desk_of(request).capacities.values(), Perm.MANAGE_ORGANIZATION)


def must_edit(request: HttpRequest) -> None:
    """Refuse everybody but the 事務局, with the reason."""
    if not may_edit(request):
        raise PermissionDenied(_("任命や組織の変更は、事務局が行います。"))
