"""The Celery application; everything it obeys is in settings (CELERY_*)."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("bpr_navi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def leave_what_was_loaded(**_later: Any) -> None:
    """What was loaded stays: the collector need not go through all of it again and again."""
    gc.freeze()
