"""Whose posts have ended, with an account that is still open: every page says why it is empty."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.urls import reverse

from bpr_projects import discussion
from bpr_projects.access import voice_in
from bpr_projects.enums import CommentKind, CommentLevel
from bpr_projects.models import Attachment, Project
from notifications.enums import DeliveryState, Reason
from notifications.models import Delivery
from roles.enums import Role
from tests.make import (
    AT,
    PASSWORD,
    TODAY,
    a_draft,
    a_post,
    a_project,
    a_suspension,
    a_user,
    an_appointment,
    say,
)
from tests.notifications.mails import send
from tests.proof import state_of
from tests.workflow.pages import client_of, text_of
from workflow.access import NO_POST
from workflow.enums import Outcome, StepKind
from workflow.views.drafting import proposing_capacities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from roles.models import User
    from tests.fixtures_city import City

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


DRAFT, RUNNING, ASKED = "まだ書いている工夫", "試している工夫", "確認した工夫"


@pytest.fixture
def leader(office: City) -> User:
    """Of 市民課; with a draft, a running case and one that is being decided."""
    a_draft(title=DRAFT)
    a_project(route="RT1", to=StepKind.OBSERVE, title=RUNNING)
    a_project(title=ASKED)
    return office.holder("LEADER-SHIMIN")


def leave(person: User) -> User:
    """From today on without a post; another begins only next year, so the account stays open."""
    person.appointments.update(ends_on=TODAY)
    an_appointment(post=a_post(Role.STAFF), person=person, starts_on=date(2027, 4, 1))
    return person


WITHOUT_A_CASE = [
    "/me/notifications/",
    "/help/",
    "/glossary/",
    "/accounts/password/",
    "/accounts/logout/",
]

LISTS = [
    "/",
    "/inbox/?tab=todo",
    "/inbox/?tab=deputy",
    "/inbox/?tab=reading",
    "/inbox/?tab=upcoming",
    "/inbox/?tab=done",
    "/proposals/",
    f"/proposals/?q={ASKED}",
    "/running/",
    "/mailbox/",
    "/announcements/",
    "/notices/?show=all",
]


@pytest.mark.parametrize("address", LISTS)
def test_lists_of_a_leaver_are_empty_and_say_why(leader: User, address: str) -> None:
    client = client_of(leader)
    send(AT)
    leave(leader)

    response = client.get(address)

    page = text_of(response).replace(f'value="{ASKED}"', "")
    assert response.status_code == 200
    assert page.count(str(NO_POST)) == 1
    assert [title for title in (DRAFT, RUNNING, ASKED) if title in page] == []


def test_what_a_leaver_said_is_not_listed_any_more(office: City) -> None:
    case = a_project(title=ASKED)
    head = office.holder("HEAD-SHIMIN")
    say(case, Outcome.APPROVED)
    client = client_of(head)
    assert ASKED in text_of(client.get("/inbox/?tab=done"))

    leave(head)

    assert ASKED not in text_of(client.get("/inbox/?tab=done"))


@pytest.mark.parametrize("name", ["project", "project-edit", "project-confirm", "project-files"])
def test_cases_of_a_leaver_are_closed_and_say_why(leader: User, name: str) -> None:
    client = client_of(leave(leader))

    for case in Project.objects.all():
        response = client.get(reverse(name, args=[case.reference]))

        assert response.status_code == 403
        assert text_of(response).count(str(NO_POST)) == 1


def post_all(client: Client, draft: Project) -> list[int]:
    """Everything that a draft's author could send."""
    sheet: dict[str, Any] = {"draft_version": draft.draft_version, "title": "あとから"}
    edit = reverse("project-edit", args=[draft.reference])
    sendings = [
        (edit, sheet),
        (edit, {**sheet, "action": "autosave"}),
        (reverse("project-confirm", args=[draft.reference]), sheet),
        (reverse("attachment-add", args=[draft.reference]), sheet),
        (reverse("project-new"), sheet),
    ]
    return [client.post(address, data).status_code for address, data in sendings]


def test_a_leaver_writes_and_proposes_nothing(leader: User) -> None:
    draft = Project.objects.get(title=DRAFT)
    client = client_of(leave(leader))
    before = state_of(), draft.sheet

    assert post_all(client, draft) == [403] * 5

    draft.refresh_from_db()
    assert (state_of(), draft.sheet) == before
    assert proposing_capacities(leader, AT) == []


def test_a_file_of_a_leaver_is_not_fetched_any_more(leader: User) -> None:
    draft = Project.objects.get(title=DRAFT)
    file = Attachment.objects.create(
        project=draft,
        file=ContentFile(b"x", name="a.txt"),
        name="a.txt",
        extension="txt",
        size=1,
        sha256="0" * 64,
        uploaded_by=leader,
        uploaded_at=AT,
    )
    client = client_of(leave(leader))

    response = client.get(reverse("attachment", args=[draft.reference, file.key]))

    assert response.status_code == 404
    assert text_of(response).count(str(NO_POST)) == 1


def test_a_leaver_gets_no_mail_and_is_not_called(leader: User) -> None:
    case = Project.objects.get(title=ASKED)
    say(case, Outcome.SENT_BACK)
    leave(leader)

    send(AT)

    mails = Delivery.objects.filter(person=leader, event="SENT_BACK")
    assert set(mails.values_list("state", "reason")) <= {
        (DeliveryState.SKIPPED, Reason.NOT_HOLDER),
        (DeliveryState.SKIPPED, Reason.NOT_ENTITLED),
    }
    assert not voice_in(case, leader, AT)
    with pytest.raises(discussion.NotAllowed):
        discussion.write(
            project=case,
            kind=CommentKind.REMARK,
            level=CommentLevel.EVERYONE,
            text="まだいます。",
            by=leader,
            at=AT,
        )
    assert not case.comments.exists()


@pytest.mark.parametrize(
    "address", ["/help/", "/glossary/", "/accounts/password/", "/accounts/logout/"]
)
def test_pages_without_a_case_still_open(leader: User, address: str) -> None:
    assert client_of(leave(leader)).get(address).status_code == 200


def test_who_is_on_leave_still_finds_the_own(leader: User) -> None:
    a_suspension(person=leader)
    client = client_of(leader)

    pages = [text_of(client.get(address)) for address in ("/", "/proposals/")]

    assert [(DRAFT in page, str(NO_POST) in page) for page in pages] == [(True, False)] * 2


# --- the last post has ended ---------------------------------------------------------------------


def test_the_session_of_whoever_has_left_ends_with_the_next_request(leader: User) -> None:
    client = client_of(leader)
    assert client.get("/").status_code == 200
    leader.appointments.update(ends_on=TODAY)

    before = state_of()
    answers = [client.get("/"), client.get("/help/"), client.post("/proposals/new/")]

    assert [each.status_code for each in answers] == [302] * 3
    assert {each.headers["Location"].partition("?")[0] for each in answers} == {"/accounts/login/"}
    assert state_of() == before


def test_what_was_typed_comes_back_when_the_last_post_has_ended(leader: User) -> None:
    client = client_of(leader)
    draft = Project.objects.get(title=DRAFT)
    leader.appointments.update(ends_on=TODAY)

    response = client.post(
        reverse("project-edit", args=[draft.reference]), {"title": "途中まで書いた題名"}
    )

    assert response.status_code == 403
    assert "途中まで書いた題名" in text_of(response)


def test_who_has_left_does_not_log_in_again(client: Client, leader: User) -> None:
    leader.appointments.update(ends_on=TODAY)

    response = client.post(
        "/accounts/login/", {"login": leader.employee_number, "password": PASSWORD}
    )

    assert response.headers["Location"] == "/accounts/inactive/"
    assert client.get("/").status_code == 302


def test_who_never_had_a_post_and_who_comes_next_year_may_log_in(office: City) -> None:
    comer = a_user(name="新任 未来")
    an_appointment(post=a_post(Role.STAFF), person=comer, starts_on=date(2027, 4, 1))

    pages = [client_of(each).get("/") for each in (a_user(), comer)]

    assert [page.status_code for page in pages] == [200, 200]
