"""What beat calls: fetch and call. Safe to run twice at once, or never (cron: outbox_sweep)."""

from celery import shared_task
from django.utils import timezone

from workflow import engine


@shared_task(name="workflow.tasks.sweep_deadlines")
def sweep_deadlines(**kwargs: object) -> int:
    """End every 保留 whose day has come."""
    return engine.resume_due(at=timezone.now())
