"""What every request carries."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.signing import TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config.failures import ASKS_BY_ITSELF
from config.logs import incident
from config.middleware import BrowserRules, IdleClock, IncidentNumber
from roles.models import User
from tests.make import AT, a_user

pytestmark = pytest.mark.once

GetResponse = Callable[[HttpRequest], HttpResponse]


def answer(request: HttpRequest) -> HttpResponse:
    """A view that says under which number it runs."""
    return HttpResponse(incident.get())


def test_each_request_has_a_number_of_its_own(rf: RequestFactory) -> None:
    numbered = IncidentNumber(answer)
    request = rf.get("/", headers={"incident-number": "forged"})

    response = numbered(request)

    number = response.headers["X-Incident-Number"]
    assert re.fullmatch(r"[0-9A-F]{10}", number)
    assert response.content.decode() == number == request.META["INCIDENT_NUMBER"]
    assert incident.get() == ""
    assert numbered(rf.get("/")).headers["X-Incident-Number"] != number


def test_no_device_is_allowed(rf: RequestFactory) -> None:
    response = BrowserRules(answer)(rf.get("/"))

    assert "camera=()" in response.headers["Permissions-Policy"]
    assert "Cache-Control" not in response.headers


def test_a_page_that_depends_on_who_asks_is_kept_nowhere(rf: RequestFactory) -> None:
    def personal(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Vary": "Accept-Language, Cookie"})

    response = BrowserRules(personal)(rf.get("/"))

    assert response.headers["Cache-Control"] == "no-store, private"


@pytest.fixture
def user(db: None) -> User:
    return a_user()


@pytest.fixture
def clock_of(client: Client, user: User, rf: RequestFactory) -> Callable[..., HttpRequest]:
    """Let a logged-in person's request pass the idle clock, with a cookie from a moment."""

    def pass_through(
        *,
        cookies: dict[str, str],
        headers: dict[str, str] | None = None,
        method: str = "GET",
    ) -> HttpRequest:
        client.force_login(user)
        request = rf.generic(method, "/", headers=headers or {})
        request.user, request.session = user, client.session
        request.COOKIES.update(cookies)
        request.META["answer"] = IdleClock(answer)(request)
        return request

    return pass_through


def seal(owner: object) -> dict[str, str]:
    """The idle cookie of a person, sealed now."""
    return {settings.IDLE_COOKIE_NAME: TimestampSigner(salt="config.idle").sign(str(owner))}


def was_wound(request: HttpRequest) -> bool:
    return settings.IDLE_COOKIE_NAME in request.META["answer"].cookies


def test_a_person_who_was_away_too_long_is_logged_out(
    clock_of: Callable[..., HttpRequest], user: User
) -> None:
    with time_machine.travel(AT):
        cookies = seal(user.pk)

    with time_machine.travel(AT + timedelta(minutes=31)):
        request = clock_of(cookies=cookies)

    assert isinstance(request.user, AnonymousUser)
    assert not was_wound(request)


def test_a_person_who_works_stays(clock_of: Callable[..., HttpRequest], user: User) -> None:
    with time_machine.travel(AT):
        cookies = seal(user.pk)

    with time_machine.travel(AT + timedelta(minutes=29)):
        request = clock_of(cookies=cookies, method="POST", headers={"HX-Request": "true"})

    assert request.user == user
    assert was_wound(request)
    morsel = request.META["answer"].cookies[settings.IDLE_COOKIE_NAME]
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"


def test_a_page_that_asks_by_itself_does_not_wind_the_clock(
    clock_of: Callable[..., HttpRequest], user: User
) -> None:
    headers = {"HX-Request": "true", "X-Asks-By-Itself": "1"}
    request = clock_of(cookies=seal(user.pk), headers=headers)

    assert request.user == user
    assert not was_wound(request)


def test_a_part_of_a_page_that_a_person_opens_winds_the_clock(
    clock_of: Callable[..., HttpRequest], user: User
) -> None:
    assert was_wound(clock_of(cookies=seal(user.pk), headers={"HX-Request": "true"}))


def test_whatever_asks_by_itself_says_so() -> None:
    asking = re.compile(r"<[^>]*hx-trigger=\"[^\"]*(?:every|fresh)[^>]*>")
    pages = (settings.BASE_DIR / "templates").rglob("*.html")
    found = [tag for page in pages for tag in asking.findall(page.read_text(encoding="utf-8"))]

    assert found
    assert all(ASKS_BY_ITSELF in tag for tag in found)


def test_a_forged_seal_logs_out(clock_of: Callable[..., HttpRequest], user: User) -> None:
    request = clock_of(cookies={settings.IDLE_COOKIE_NAME: f"{user.pk}:now:forged"})

    assert isinstance(request.user, AnonymousUser)


def test_the_seal_of_the_one_before_harms_nobody(
    clock_of: Callable[..., HttpRequest], user: User
) -> None:
    with time_machine.travel(AT):
        cookies = seal(user.pk + 1)

    with time_machine.travel(AT + timedelta(hours=3)):
        request = clock_of(cookies=cookies)

    assert request.user == user
    assert was_wound(request)


def test_nobody_has_no_clock(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()

    response = IdleClock(answer)(request)

    assert settings.IDLE_COOKIE_NAME not in response.cookies


def test_a_form_that_came_after_half_an_hour_is_given_back(client: Client, user: User) -> None:
    with time_machine.travel(AT):
        client.force_login(user)
        client.get("/accounts/password/")

    with time_machine.travel(AT + timedelta(minutes=31)):
        response = client.post("/readings/1/read/", {"comment": "三十分かけて書いた理由です。"})

    assert response.status_code == 403
    assert "readonly>三十分かけて書いた理由です。</textarea>" in response.content.decode()


def test_a_provisional_password_leads_to_the_form_and_nowhere_else(
    client: Client, db: None
) -> None:
    client.force_login(a_user(must_change_password=True))

    response = client.get("/admin/")

    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/password/")
    assert client.get("/healthz").status_code == 200


def test_the_administration_has_no_login_form_of_its_own(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/")

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")


def test_an_own_password_leads_anywhere(client: Client, user: User) -> None:
    client.force_login(user)

    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
