"""A mail as a new Django project sends it: one Celery task, one connection, one row settled.

Runs in a worker process of its own: celery -A tests.stock.mails worker
"""

from __future__ import annotations

import os

from tests import environment as _environment  # noqa: F401 -- sets the environment first

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from celery import Celery, shared_task  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.mail import EmailMultiAlternatives  # noqa: E402
from django.template.loader import render_to_string  # noqa: E402
from django.utils import timezone  # noqa: E402

from notifications.enums import DeliveryState  # noqa: E402
from notifications.models import Delivery  # noqa: E402

app = Celery("stock", broker=os.environ["REDIS_URL"])
app.conf.task_ignore_result = True


@shared_task(name="tests.stock.mails.send_one")
def send_one(pk: int) -> None:
    """Fetch, render the same templates with less in them, send, settle; nothing is asked again."""
    mail = Delivery.objects.select_related("person", "project__section").get(pk=pk)
    project = mail.project
    subject = "所属長確認のお願い"
    context = {
        "subject": subject,
        "recipient_name": mail.person.name,
        "heading": "次の件について、あなたの番になりました。",
        "case_title": project.title if project else "",
        "case_number": project.number if project else "",
        "case_section": project.section.name if project and project.section else "",
        "body": "内容を確認し、承認又は差戻しをお願いします。",
        "lines": [("いまの段階", "所属長確認"), ("このあと", "事務局 受付")],
        "url": settings.BASE_URL,
        "reason": "あなたが職にあるためです。",
    }
    text = render_to_string("notifications/email/notice.txt", context)
    html = render_to_string("notifications/email/notice.html", context)
    message = EmailMultiAlternatives(subject, text, to=[mail.person.email])
    message.attach_alternative(html, "text/html")
    message.send()
    Delivery.objects.filter(pk=pk).update(
        state=DeliveryState.SENT, sent_at=timezone.now(), text=text, html=html
    )
