"""What every request carries: a number for incidents, rules for browsers, the idle clock."""

import uuid
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import BadRequest
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from config.failures import ASKS_BY_ITSELF, explained
from config.logs import incident
from roles.models import read_once

GetResponse = Callable[[HttpRequest], HttpResponse]

SAFE: Final = frozenset({"GET", "HEAD"})

NO_DEVICES: Final = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "geolocation", "microphone", "payment", "usb", "interest-cohort")
)

WITH_A_PROVISIONAL_PASSWORD: Final = frozenset(
    {"account_change_password", "account_reauthenticate", "account_logout", "healthz", "readyz"}
)


class IncidentNumber:
    """Give each request a short number: on the page of a failure, in the log, in the answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Number the request while it runs."""
        number = uuid.uuid4().hex[:10].upper()
        request.META["INCIDENT_NUMBER"] = number
        token = incident.set(number)
        try:
            response = self.get_response(request)
        finally:
            incident.reset(token)
        response.headers["X-Incident-Number"] = number
        return response


class BrowserRules:
    """Forbid devices, and keep pages that somebody logged in for out of every cache."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the headers unless the view has set its own."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", NO_DEVICES)
        if "Cookie" in response.get("Vary", "") or response.cookies:
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response


class IdleClock:
    """End a session nobody used for IDLE_TIMEOUT; a signed cookie carries the time, not a row."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.signer = TimestampSigner(salt="config.idle")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Log out who was away too long; wind the clock when a person acts."""
        if request.user.is_authenticated and self._is_idle(request):
            logout(request)
        response = explained(request, self.get_response(request))
        if request.user.is_authenticated and self._is_an_act(request):
            self._wind(request, response)
        return response

    def _is_idle(self, request: HttpRequest) -> bool:
        seal = request.COOKIES.get(settings.IDLE_COOKIE_NAME)
        if seal is None:  # the first request of a session; the browser drops both cookies together
            return False
        try:
            owner = self.signer.unsign(seal)
            if owner != str(request.user.pk):  # left over from the one who was here before
                return False
            self.signer.unsign(seal, max_age=settings.IDLE_TIMEOUT)
        except BadSignature:
            return True
        return False

    def _is_an_act(self, request: HttpRequest) -> bool:
        """Tell a person's request from a page that asks by itself (htmx polling)."""
        return ASKS_BY_ITSELF not in request.headers

    def _wind(self, request: HttpRequest, response: HttpResponse) -> None:
        response.set_cookie(
            settings.IDLE_COOKIE_NAME,
            self.signer.sign(str(request.user.pk)),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


class ReadableLists:
    """Refuse a NUL in the address of Django's own lists: they would ask PostgreSQL with it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 400; the lists of people's pages read their questions through forms."""
        asked = unquote(request.META.get("QUERY_STRING", ""))
        if "\0" in asked and request.path.startswith(reverse("admin:index")):
            raise BadRequest
        return self.get_response(request)


class PostsReadOnce:
    """Ask for the posts of a person once while a page is drawn; verbs read them every time."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Remember them for the methods that change nothing."""
        if request.method not in SAFE:
            return self.get_response(request)
        with read_once():
            return self.get_response(request)


class ProvisionalPassword:
    """Let whoever still has a password from the 事務局 do nothing but choose an own one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; what matters is which view was found."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Lead to the form, wherever the person wanted to go."""
        found = request.resolver_match
        if not getattr(request.user, "must_change_password", False):
            return None
        if found is not None and found.url_name in WITH_A_PROVISIONAL_PASSWORD:
            return None
        return redirect("account_change_password")
