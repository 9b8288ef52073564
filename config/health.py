"""What a load balancer and a watchman ask: is it alive, and does work flow?"""

import logging
from typing import Final

from celery.exceptions import OperationalError
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.celery import app as celery_app

BROKER_PATIENCE: Final = 1  # seconds
logger = logging.getLogger(__name__)


def database_answers() -> bool:
    """Ask the database the cheapest question."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("the database does not answer")
        return False
    return True


def broker_answers() -> bool:
    """Ask the broker for a connection; hanging is as good as refusing."""
    options = {"socket_timeout": BROKER_PATIENCE, "socket_connect_timeout": BROKER_PATIENCE}
    try:
        with celery_app.connection_for_write(
            connect_timeout=BROKER_PATIENCE, transport_options=options
        ) as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_PATIENCE)
    except (OperationalError, OSError):
        return False
    return True


@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the database does: a balancer may send people here."""
    well = database_answers()
    return JsonResponse({"status": "ok" if well else "down"}, status=200 if well else 503)
