"""Pages of refusals and failures: what they say, what they keep, what they never show."""

import logging

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory

from roles import views

pytestmark = pytest.mark.once


def a_request(**posted: str) -> HttpRequest:
    request = RequestFactory().post("/p/R8-017/decide", posted)
    request.META["INCIDENT_NUMBER"] = "3F9A21BC07"
    return request


def page_of(response: object) -> str:
    return bytes(getattr(response, "content", b"")).decode()


def test_a_refusal_says_why_and_whom_to_ask() -> None:
    request = a_request()

    response = views.permission_denied(request, PermissionDenied("市民課の案件です。"))

    assert response.status_code == 403
    assert "市民課の案件です。" in page_of(response)
    assert "内線312" in page_of(response)


def test_a_missing_page_does_not_show_the_developers_words() -> None:
    response = views.not_found(a_request(), Http404("No Project matches the given query."))

    assert response.status_code == 404
    assert "No Project" not in page_of(response)


def test_a_failure_shows_the_number_that_stands_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, logger="roles.views"):
        response = views.server_error(a_request())

    assert response.status_code == 500
    assert "3F9A21BC07" in page_of(response)
    assert [record.getMessage() for record in caplog.records] == [
        "incident 3F9A21BC07: POST /p/R8-017/decide"
    ]


def test_a_form_sent_too_late_gives_the_text_back_but_no_secret() -> None:
    request = a_request(
        comment="繁忙期の前に研修を終えることを条件とする。",
        outcome="ADOPTED",
        password="a-very-long-password",
        csrfmiddlewaretoken="x" * 64,
    )

    response = views.csrf_failure(request, "token missing")

    assert response.status_code == 403
    assert "繁忙期の前に研修を終えることを条件とする。" in page_of(response)
    assert "a-very-long-password" not in page_of(response)
    assert "x" * 64 not in page_of(response)


def test_a_conflict_says_who_was_first_and_keeps_the_text() -> None:
    facts = {
        "acts": [("PT長 奈良 智之", "上申しました", None)],
        "typed": ["効果が高い。"],
        "back_url": "/p/R8-017/",
    }

    page = render_to_string("409.html", facts)

    assert "PT長 奈良 智之" in page
    assert "readonly>効果が高い。</textarea>" in page
    assert 'href="/p/R8-017/"' in page


@pytest.mark.parametrize("name", ["429.html", "503.html"])
def test_a_busy_system_asks_to_wait(name: str) -> None:
    assert "内線312" in render_to_string(name)
