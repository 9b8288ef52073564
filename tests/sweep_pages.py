"""Every page and every refusal of the sample city, as each role, on four screens, before axe.

python -m tests.sweep_pages [route …]        needs the system's Chromium; some minutes

Each address is asked for with GET and with an empty form, as in the role × address matrix, for
each case of the city. A page is looked at when it has a part (an element and its classes) that no
page of that address and status had before. Of every page the queries are counted.
"""

from __future__ import annotations

import os
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from tests.screenshots import DEMO, city

os.environ |= DEMO

import logging

import django

django.setup()

# E402 below: what follows is models, and those can be imported only now.
from django.db import connection, transaction  # noqa: E402
from django.urls import get_resolver, reverse  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

from bpr_projects.models import Comment, JoinRequest, Project  # noqa: E402
from notifications.models import DeliveredFact, Delivery  # noqa: E402
from roles.models import User  # noqa: E402
from tests.architecture.matrix import ACTORS  # noqa: E402
from tests.architecture.test_matrix import browser_of, routes  # noqa: E402
from tests.browser import (  # noqa: E402
    CHROMIUM_ARGUMENTS,
    axe_violations,
    chromium_path,
    scrolls_sideways,
)
from tests.journeys.test_every_page import SCREENS  # noqa: E402
from workflow.models import Condition, Decision, Reading, Slot  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client
    from playwright.sync_api import Page, Route

MOST_QUERIES: Final = 12
NOTE_OF_SEEN: Final = 2
"""What a holder's first look costs beside: whether it counts, and the one write of a GET."""

PART: Final = re.compile(r"<([a-z0-9]+)(?:[^>]*? class=\"([^\"]*)\")?")


def requests(only: set[str]) -> Iterator[tuple[str, str, str]]:
    """Route, method and address: once, or for each case where the address names one."""
    cases = list(Project.objects.order_by("pk"))
    for route in routes():
        if only and route not in only:
            continue
        for url in dict.fromkeys(address(route, case) for case in cases):
            if url is not None:
                yield route, "GET", url
                yield route, "POST", url


def address(route: str, case: Project) -> str | None:
    """The address of a route for a case; None where the case has nothing of that kind."""
    [(_pattern, names)] = get_resolver().reverse_dict.getlist(route)[0][0]
    slot = Slot.objects.filter(step_run__project=case, step_run__closed_at=None).first()
    known = {
        "ref": case.reference,
        "slot": slot and slot.pk,
        "pk": row_of(route, case),
        "key": case.attachments.values_list("key", flat=True).first(),
        "name": "leader",
        "code": "RT3",
        "version": 2,
        "order": 3,
        "event": "YOUR_TURN",
    }
    wanted = {name: known[name] for name in names}
    return None if None in wanted.values() else reverse(route, kwargs=wanted)


def row_of(route: str, case: Project) -> int | None:
    """The newest row that the address of a route names."""
    rows: dict[str, Any] = {
        "comment": Comment.objects.filter(project=case),
        "join": JoinRequest.objects.filter(project=case),
        "condition": Condition.objects.filter(project=case),
        "reading": Reading.objects.filter(project=case),
        "decision": Decision.objects.filter(project=case),
        "notice": DeliveredFact.objects.filter(message__project=case),
        "org": User.objects.filter(is_active=True),
    }
    found = rows.get(route.partition("-")[0], Delivery.objects.all())
    newest = found.order_by("-pk").first()
    return None if newest is None else int(newest.pk)


def parts_of(body: str) -> frozenset[tuple[str, str]]:
    """The elements that a page is built of, however often it repeats them."""
    return frozenset(PART.findall(body))


@dataclass(frozen=True)
class Answer:
    """What one request got: as whom, and how many queries it cost."""

    actor: str
    route: str
    request: str
    status: int
    body: str
    queries: int

    @property
    def is_page(self) -> bool:
        """Whole, not a piece for htmx, a file or a way on."""
        return "<html" in self.body

    def problems(self) -> Iterator[str]:
        """What is wrong with it before anybody looks."""
        if self.status == HTTPStatus.BAD_REQUEST or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            yield "answered so"
        if self.request.startswith("GET") and self.is_page and self.queries > MOST_QUERIES:
            yield f"{self.queries} queries"


def answers(only: set[str]) -> Iterator[Answer]:
    """Everything that was asked for, as each role."""
    for actor in ACTORS:
        browser = browser_of(actor)
        for route, method, url in requests(only):
            status, body, queries = ask(browser, method, url)
            yield Answer(actor, route, f"{method} {url}", status, body, queries)


def ask(browser: Client, method: str, url: str) -> tuple[int, str, int]:
    """One answer and how much it asked the database; whatever the request did is undone."""
    cookies = dict(browser.cookies)
    asked: list[str] = []

    def count(execute: Callable[..., object], sql: str, *rest: object) -> object:
        asked.extend([sql] * (not sql.startswith(("SAVEPOINT", "RELEASE"))))
        return execute(sql, *rest)

    with transaction.atomic(), connection.execute_wrapper(count):
        response = browser.generic(method, url)
        body = b"".join(response) if response.streaming else response.content
        transaction.set_rollback(True)
    browser.cookies.clear()
    for name, morsel in cookies.items():
        browser.cookies[name] = morsel.value
    noted = any("workflow_seen" in sql and sql.startswith("INSERT") for sql in asked)
    queries = len(asked) - NOTE_OF_SEEN * noted
    return int(response.status_code), body.decode(errors="replace"), queries


def main(arguments: list[str]) -> int:
    """Print everything that is wrong, and how many pages were looked at."""
    logging.disable(logging.ERROR)
    seen: dict[tuple[str, int], set[tuple[str, str]]] = defaultdict(set)
    looked = problems = 0
    with city() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS, env={**os.environ}
        )
        page = browser.new_context(locale="ja-JP", timezone_id="Asia/Tokyo").new_page()
        for answer in answers(set(arguments)):
            wrong = list(answer.problems())
            new = parts_of(answer.body) - seen[answer.route, answer.status]
            if answer.is_page and new:
                seen[answer.route, answer.status] |= new
                wrong += look_at(page, base, answer.body)
                looked += 1
            problems += len(wrong)
            for each in wrong:
                print(f"{answer.actor}: {answer.request} ({answer.status}): {each}", flush=True)
        browser.close()
    print(f"{looked} pages on four screens, {problems} problems")
    return 1 if problems or not looked else 0


def look_at(page: Page, base: str, body: str) -> list[str]:
    """What axe finds and what is too wide, on each screen."""

    def show(route: Route) -> None:
        route.fulfill(body=body, content_type="text/html; charset=utf-8")

    page.route(f"{base}/a-page", show)
    page.goto(f"{base}/a-page")
    found = []
    for screen, size in SCREENS.items():
        page.set_viewport_size(size)
        wrong = axe_violations(page) + ["scrolls sideways"] * scrolls_sideways(page)
        found += [f"on the {screen}: {each}" for each in wrong]
    page.unroute(f"{base}/a-page")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
