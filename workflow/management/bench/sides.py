"""What is measured: the list's statement and page, and the least that shows the same rows."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.management.base import CommandError
from django.db import connection
from django.http import HttpResponse
from django.template import engines
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import include, path, reverse
from psycopg.types.datetime import TimestamptzLoader
from viewflow.workflow.models import Task

from roles.models import User
from workflow.flows import ProjectFlow
from workflow.inbox.desk import PAGE, Desk, Listing
from workflow.inbox.statement import ask, list_alone, statement
from workflow.models import WorkItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from django.http import HttpRequest
    from django.urls import URLPattern, URLResolver

    from workflow.management.bench.filling import Reader

BARE_PATH: Final = "/bare/"
DJANGOS_OWN: Final = "django.contrib.auth.backends.ModelBackend"

BARE: Final = """SELECT slot_id, post_id, project_id, kind, number, title, section_name,
    standard_days, opened_at, due_at, due_sort, is_paused FROM workflow_workitem
    WHERE post_id IN ({posts}) ORDER BY due_sort, slot_id LIMIT {limit}"""

BARE_PAGE: Final = """<!doctype html><html lang="ja"><title>承認・確認</title>
<h1>承認・確認</h1><p>{{ request.user.name }}</p>
<table>{% for item in items %}<tr><td>{{ item.step_run.title }}</td><td>{{ item.due_at }}</td>
<td><a href="?item={{ item.slot_id }}">{{ item.title }}</a></td><td>{{ item.number }}</td>
<td>{{ item.section_name }}</td><td>{{ item.opened_at }}</td></tr>
{% endfor %}</table></html>"""


@cache
def _bare_template() -> Any:
    return engines["django"].from_string(BARE_PAGE)


@login_required
def bare(request: HttpRequest) -> HttpResponse:
    """What a beginner writes in an hour: the rows of a person's seats, first due first."""
    mine = WorkItem.objects.filter(post__appointments__person=request.user.pk)
    items = mine.select_related("step_run").order_by("due_sort", "slot")[:PAGE]
    return HttpResponse(_bare_template().render({"items": items}, request))


class Meters:
    """The sides that show the same work to the same person."""

    def __init__(self, reader: Reader, at: datetime, flow: Any = ProjectFlow) -> None:
        self.reader, self.flow = reader, flow
        self.desk = Desk(reader.person, at)
        self.client = Client()
        self.client.force_login(reader.person, settings.AUTHENTICATION_BACKENDS[0])
        self.inbox = reverse("inbox")
        self.whole = statement(self.desk, Listing())
        self.rows = list_alone(self.desk, Listing())
        posts = ", ".join(map(str, reader.posts))
        self.bare_sql = BARE.format(posts=posts, limit=PAGE)

    def sides(self) -> dict[str, Callable[[], object]]:
        """Ours beside the least that does the same. ``stock_query``: what viewflow asks for."""
        return {
            "query": self.query,
            "rows_query": self.rows_query,
            "bare_query": self.bare_query,
            "stock_query": self.stock_query,
            "page": lambda: self.page(self.inbox),
            "bare_page": lambda: self.page(BARE_PATH),
        }

    def query(self) -> list[Any]:
        """The statement of the inbox: its rows, and what the frame of every page shows."""
        return ask(*self.whole)

    def rows_query(self) -> list[Any]:
        """Its rows alone, which is what the bare SELECT gives."""
        return ask(*self.rows)

    def bare_query(self) -> list[Any]:
        """The first page alone, by the driver without Django."""
        driver: Any = connection.connection
        cursor = driver.cursor()
        if connection.vendor == "postgresql":
            cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        rows: list[Any] = cursor.execute(self.bare_sql).fetchall()
        cursor.close()
        return rows

    def stock_query(self) -> list[Any]:
        """viewflow's own two lists for a person: what has the name on it, and what may be taken."""
        person = User.objects.get(pk=self.reader.person.pk)  # with nothing remembered
        with override_settings(AUTHENTICATION_BACKENDS=[DJANGOS_OWN]):
            lists = [ask([self.flow], person) for ask in (Task.objects.inbox, Task.objects.queue)]
            return [list(each.order_by("-created")[:PAGE]) for each in lists]

    def page(self, url: str) -> bytes:
        """A page through all of the middlewares."""
        response = self.client.get(url)
        if response.status_code != HTTPStatus.OK:
            raise CommandError(f"{url}: {response.status_code}")
        return response.content

    def asked_by(self, side: Callable[[], object]) -> list[str]:
        """The statements of one answer."""
        with CaptureQueriesContext(connection) as queries:
            side()
        return [each["sql"] for each in queries]


@contextmanager
def beside_the_city(*others: URLPattern | URLResolver) -> Iterator[None]:
    """The system's own addresses, the bare page, and what else is to be measured."""
    city = path("", include(settings.ROOT_URLCONF))
    urls = (city, path(BARE_PATH.lstrip("/"), bare), *others)
    with override_settings(
        ROOT_URLCONF=urls, ALLOWED_HOSTS=["testserver"], SECURE_SSL_REDIRECT=False
    ):
        yield
