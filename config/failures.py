"""When a request fails: the database is away for a while, or we made a mistake."""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from roles.views import server_error

RETRY_AFTER = 60  # seconds
logger = logging.getLogger(__name__)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer 503 and a way on when the database refused or was too slow; else 500 and a number."""
    if isinstance(sys.exc_info()[1], InterfaceError | OperationalError):
        logger.error("the database did not answer in time", extra={"status_code": 503})
        page = render_to_string("503.html")
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})
    return server_error(request)
