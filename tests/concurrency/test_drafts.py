"""One empty sheet, sent by its own script and by a button at the same moment; one click on 複製."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from bpr_projects.models import OpenedForm, Project
from tests.concurrency.at_once import at_once, several
from tests.make import a_project, holder
from tests.workflow.pages import client_of
from workflow.enums import StepKind

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def windows_of(browser: Client, count: int) -> list[Client]:
    """The same session in several requests."""
    found = []
    for _window in range(count):
        window = Client()
        window.cookies = browser.cookies
        found.append(window)
    return found


def send(url: str, forms: list[dict[str, Any]]) -> list[Any]:
    windows = windows_of(client_of("LEADER-SHIMIN"), len(forms))
    responses, refusals = at_once(
        [partial(window.post, url, form) for window, form in zip(windows, forms, strict=True)]
    )
    assert refusals == []
    return responses


@pytest.mark.parametrize("turn", several(*range(3)))
def test_the_script_and_the_button_begin_one_draft(real_office: City, turn: int) -> None:
    form = {"title": "書かない窓口", "page": uuid4().hex, "draft_version": "1"}

    responses = send(
        reverse("project-new"),
        [{**form, "action": "autosave"}, {**form, "title": "書かない窓口へ", "action": "save"}] * 2,
    )

    draft = Project.objects.get()
    assert draft.title in ("書かない窓口", "書かない窓口へ")
    assert [response.status_code for response in responses] == [200, 302, 200, 302]
    assert OpenedForm.objects.get().project == draft


@pytest.mark.parametrize("crowd", several(4, 2))
def test_forms_of_one_person_begin_a_draft_each(real_office: City, crowd: int) -> None:
    forms = [
        {"title": "別の提案", "page": uuid4().hex, "draft_version": "1", "action": "autosave"}
        for _form in range(crowd)
    ]

    responses = send(reverse("project-new"), forms)

    assert [response.status_code for response in responses] == [200] * crowd
    assert Project.objects.filter(proposer=holder("LEADER-SHIMIN")).count() == crowd


def test_one_click_makes_one_copy(real_office: City) -> None:
    case = a_project(to=StepKind.OBSERVE)

    responses = send(f"/p/{case.number}/copy/", [{}] * 4)

    copy = Project.objects.get(copied_from=case)
    assert {response["Location"] for response in responses} == {
        reverse("project-edit", args=[copy.reference])
    }
