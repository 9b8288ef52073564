"""What a refused or failed request is answered with. The failure's page needs no database."""

import logging
import sys
from typing import Final

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseForbidden,
    HttpResponseNotFound,
    HttpResponseServerError,
)
from django.shortcuts import render
from django.template.loader import render_to_string

log = logging.getLogger(__name__)

CARRIED: Final = frozenset(
    {
        "action",
        "add_condition",
        "add_row",
        "after",
        "before",
        "condition-rows",
        "conditions-rows",
        "csrfmiddlewaretoken",
        "digest",
        "draft_version",
        "here",
        "item",
        "kpi",
        "next",
        "of",
        "page",
        "parent",
        "person",
        "place",
        "post",
        "resumes",
        "return_to",
        "revision_hash",
        "revoke",
        "sent",
        "show",
        "shown",
        "slot",
        "state",
        "station",
        "touched",
        "upto",
    }
)
"""Fields that a page sends along; nobody sees them."""
CHOSEN: Final = frozenset(
    {
        "area",
        "articles",
        "at_deadline",
        "budget_measure",
        "budget_request",
        "change",
        "decided_by",
        "department",
        "deputy",
        "digital_rules",
        "escalate_to",
        "evidence_kind",
        "fallback_1",
        "fallback_2",
        "fallback_3",
        "flags",
        "former",
        "frequency",
        "kind",
        "level",
        "may_return_to",
        "mode",
        "outcome",
        "parts",
        "person",
        "post",
        "posts",
        "reallocation",
        "result",
        "roles",
        "section",
        "sections",
        "simplify",
        "state",
        "target",
        "tool",
        "trigger",
        "upper_plans",
        "verdict",
        "way",
        "who",
    }
)
"""Fields in which people choose a word and the form sends its code."""
NOT_TYPED: Final = CARRIED | CHOSEN
SECRET_WORDS: Final = ("password", "secret", "code", "token")
TICKED: Final = "on"
"""What a form sends for a box that is ticked."""


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the reason the refusal carries, and whom to ask."""
    return render(request, "403.html", {"reason": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Http404) -> HttpResponse:
    """404. The exception's text is for developers and is not shown."""
    return HttpResponseNotFound(render_to_string("404.html", request=request))


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with the number under which the failure stands in the log."""
    number = incident_number(request)
    log.error("incident %s: %s %s", number, request.method, request.path, exc_info=sys.exc_info())
    return HttpResponseServerError(render_to_string("500.html", {"incident": number}))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form sent too late, or from another login: the text typed comes back to be copied."""
    log.warning("csrf refused: %s %s", request.path, reason)
    page = render_to_string("403_csrf.html", {"typed": typed_texts(request)}, request=request)
    return HttpResponseForbidden(page)


def incident_number(request: HttpRequest) -> str:
    """The number ``config.middleware.IncidentNumber`` gave to the request."""
    return str(request.META.get("INCIDENT_NUMBER", ""))


def typed_texts(request: HttpRequest) -> list[str]:
    """Every text that a person typed into a refused form; no figures, nothing secret."""
    return [
        text
        for name, texts in request.POST.lists()
        if NOT_TYPED.isdisjoint({name, name.rsplit("-", 1)[-1]})
        and not any(word in name.lower() for word in SECRET_WORDS)
        for text in texts
        if isinstance(text, str) and text != TICKED and any(map(str.isalpha, text))
    ]
