"""決裁 asks for the password again when the last authentication of the session is old."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import ratelimit
from django.conf import settings
from django.utils.translation import gettext as _

from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest


def recently_authenticated(request: HttpRequest, at: datetime) -> bool:
    """Whether this session's password, key or single sign-on is younger than 30 minutes."""
    records = get_authentication_records(request, person_of(request))
    newest = max((float(each["at"]) for each in records), default=0.0)
    longest = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
    return at.timestamp() - newest < longest.total_seconds()


def refusal_of_password(request: HttpRequest, password: str) -> str:
    """Check the password once more; why it will not do, or "" and the session is fresh again."""
    person = person_of(request)
    if not person.has_usable_password():
        return _("ログインから時間がたっています。一度ログアウトし、ログインし直してください。")
    if not password:
        return _("パスワードを入力してください。")
    if not ratelimit.consume(request, action="reauthenticate", user=person):
        return _("続けて間違えたため、少しの間使えません。1分ほど待ってからお試しください。")
    if not person.check_password(password):
        return _("パスワードが違います。")
    reauthenticate_by_password(request)
    return ""
