"""A browser's requests as somebody, at the moment of the sample city."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Final

from allauth.account.internal.flows import login as allauth_login
from django.test import Client
from django.utils import timezone

from tests.make import holder
from workflow.enums import Outcome
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpResponse

    from bpr_projects.models import Project
    from roles.models import User
    from workflow.models import Slot

TYPED: Final = "窓口の混雑がさらに減る書き方に直してください。"
"""What somebody typed and wants back after a refusal."""


def client_of(who: User | str, *, is_fresh: bool = True) -> Client:
    """A logged-in browser of a person or of a post's holder; ``is_fresh``: just logged in."""
    person = holder(who, timezone.now()) if isinstance(who, str) else who
    client = Client()
    client.force_login(person)
    if is_fresh:
        session = client.session
        session[allauth_login.AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "password", "at": timezone.now().timestamp()}
        ]
        session[allauth_login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(person.pk)
        session.save()
    return client


def answer_url(slot: Slot) -> str:
    """Where the answer of a slot is sent."""
    project = slot.step_run.project
    assert project is not None
    return f"/p/{project.reference}/steps/{slot.pk}/answer/"


def sent(slot: Slot, outcome: str, **more: Any) -> dict[str, Any]:
    """A form as the page would send it."""
    revision = slot.step_run.revision
    return {
        "outcome": outcome,
        "comment": "確かめました。問題ありません。",
        "revision_hash": revision.content_hash if revision else "",
        **more,
    }


def text_of(response: HttpResponse | Any) -> str:
    """The page with entities as people read them."""
    return html.unescape(response.content.decode())


def messages_of(response: Any) -> Sequence[str]:
    """Status messages on the page that a redirect led to."""
    return [str(message) for message in response.context["messages"]]


def said(project: Project) -> list[str]:
    """What was said on a case, oldest first."""
    return list(
        Decision.objects.filter(project=project)
        .exclude(outcome=Outcome.SKIPPED)
        .order_by("pk")
        .values_list("outcome", flat=True)
    )
