"""What a load balancer and a watchman ask: is it alive, and does work flow?"""

import logging
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from notifications.delivery.trouble import trouble_at

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
    """Ask the broker once; hanging is as good as refusing."""
    address = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://", 1)
    broker = Redis.from_url(
        address,
        socket_timeout=BROKER_PATIENCE,
        socket_connect_timeout=BROKER_PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        return bool(broker.ping())
    except RedisError:
        return False
    finally:
        broker.close()


@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the database does: a balancer may send people here."""
    well = database_answers()
    return JsonResponse({"status": "ok" if well else "down"}, status=200 if well else 503)


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Say what flows. Late mails and a missing broker are degraded, not down: every page works.

    Dead mails are a number for whoever watches; they change neither.
    """
    if not database_answers():
        return JsonResponse({"status": "down", "database": False}, status=503)
    trouble = trouble_at(timezone.now())
    parts = {
        "database": True,
        "mails": trouble.late_since is None,
        "broker": broker_answers(),
    }
    warnings = {"dead_mails": trouble.dead}
    return JsonResponse(
        {"status": "ok" if all(parts.values()) else "degraded", **parts, **warnings}
    )
