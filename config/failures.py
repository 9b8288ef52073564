"""When a request fails: unreadable, the database away, our mistake, or it leads to no page."""

import logging
import sys
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse

from roles.views import server_error, typed_texts

RETRY_AFTER = 60  # seconds
ASKS_BY_ITSELF: Final = "X-Asks-By-Itself"
"""Header of an element that asks without a person: a job's progress, fresh counts."""

POST_ONLY: Final = frozenset(
    {
        "absence-end",
        "announcement-drop",
        "announcement-read",
        "announcement-release",
        "answer",
        "attachment-add",
        "attachment-remove",
        "comment-settle",
        "condition-check",
        "condition-report",
        "deputy-revoke",
        "fact-discard",
        "fact-send-now",
        "join-answer",
        "ledger-export",
        "mail-discard",
        "mail-discard-dead",
        "mail-resend",
        "mail-resend-dead",
        "mail-send-now",
        "measurement-add",
        "notice-open",
        "notice-read",
        "notices-read",
        "nudge",
        "observation-add",
        "org-password",
        "paper-confirm",
        "paper-refuse",
        "phase-record",
        "reading-read",
        "release",
        "route-answer",
        "route-copy",
        "route-discard",
        "route-nudge",
        "route-propose",
        "route-propose-again",
        "route-step-place",
        "sieve-drop",
        "stations-nudge",
        "tour-end",
        "unsnooze",
    }
)
"""Addresses that take a form and show no page: nobody is ever led there."""
logger = logging.getLogger(__name__)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer 503 and a way on when the database refused or was too slow; else 500 and a number."""
    if isinstance(sys.exc_info()[1], InterfaceError | OperationalError):
        logger.error("the database did not answer in time", extra={"status_code": 503})
        page = render_to_string("503.html")
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})
    return server_error(request)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: neither the form nor even the name of the host may be there to be shown."""
    return HttpResponseBadRequest(render_to_string("400.html"))


def explained(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Give the two answers that would be blank a page that leads on.

    They are a form whose session ended meanwhile, and an address that was opened by itself.
    """
    if request.method == "POST" and _asks_for_login(response):
        _give_back(request, response)
    elif ASKS_BY_ITSELF in request.headers and _asks_for_login(response):
        _stay_out(response)
    elif response.status_code == 405 and not response.content:
        context = {"case_url": case_of(request)}
        response.content = render_to_string("405.html", context, request=request)
    return response


def _stay_out(response: HttpResponse) -> None:
    """Nobody asked: the page stays as it is, with all that is being typed in it."""
    response.status_code = 204
    del response.headers["Location"]


def _asks_for_login(response: HttpResponse) -> bool:
    if response.status_code != 302:
        return False
    address = urlsplit(response.headers["Location"])
    return address.path == reverse("account_login") and REDIRECT_FIELD_NAME in parse_qs(
        address.query
    )


def _give_back(request: HttpRequest, response: HttpResponse) -> None:
    """After the login comes the page with the form; what was typed is shown to be copied."""
    back = urlencode({REDIRECT_FIELD_NAME: page_before(request)}, safe="/")
    login_url = f"{reverse('account_login')}?{back}"
    if not request.POST:  # nothing was sent, so nothing can be lost
        response.headers["Location"] = login_url
        return
    context = {"typed": typed_texts(request), "login_url": login_url}
    response.status_code = 403
    response.content = render_to_string("session_ended.html", context, request=request)
    del response.headers["Location"]


def page_before(request: HttpRequest) -> str:
    """The page that a form came from, if it can be opened; else its case; else マイワーク."""
    before = urlsplit(request.headers.get("Referer", ""))
    if before.netloc == request.get_host() and _is_page(before.path):
        return f"{before.path}?{before.query}" if before.query else before.path
    return case_of(request) or reverse("home")


def _is_page(path: str) -> bool:
    try:
        return resolve(path).url_name not in POST_ONLY
    except Resolver404:
        return False


def case_of(request: HttpRequest) -> str:
    """The page of the case that an address belongs to; empty for all others."""
    found = request.resolver_match
    return reverse("project", args=[found.kwargs["ref"]]) if found and "ref" in found.kwargs else ""
