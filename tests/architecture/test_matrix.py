"""Role × address × method, generated from the URLconf: an address without a row fails."""

from __future__ import annotations

from datetime import date
from functools import partial
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any, Final

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from bpr_projects import discussion, joining
from bpr_projects.enums import CommentKind, CommentLevel
from bpr_projects.models import Attachment
from notifications import announcing
from notifications.enums import Event
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from records.actions import sweep
from roles.models import PersonnelFile, Section, User
from tests.architecture.matrix import ACTORS, MATRIX
from tests.make import (
    AT,
    a_delegation,
    a_draft,
    a_project,
    a_suspension,
    a_user,
    an_absence,
    holder,
    the_slot,
)
from tests.notifications.mails import send
from tests.replay import Recorder, starts
from tests.workflow.pages import client_of
from tests.workflow.papers import keepers, register
from workflow.actions.exporting import export_ledger
from workflow.actions.route_versions import start_draft
from workflow.enums import StepKind
from workflow.models import Condition, Decision, Reading, Route, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpr_projects.models import Project
    from tests.fixtures_city import City

POSTS: Final = {
    "leader": "LEADER-SHIMIN",
    "head": "HEAD-SHIMIN",
    "department": "DEPT-SHIMINBU",
    "secretariat": "SECRETARIAT",
    "pt_member": "PT-FUKUSHI",
    "pt_chair": "PT-CHAIR",
    "hq_member": "HQ-KYOIKU",
    "hq_chair": "HQ-CHAIR",
    "auditor": "AUDITOR",
    "administrator": "SYSTEM-ADMIN",
    "stranger": "LEADER-ZEIMU",
}
"""Actor -> the post whose holder acts; ``anonymous`` holds none."""

STAFF: Final = "100502"
"""Somebody of another section without any further post."""

RUNNING: Final = {
    "board",
    "phase-record",
    "observation-add",
    "measurement-add",
    "rollout",
    "project-join",
    "join-answer",
    "condition-report",
    "condition-check",
}
"""Addresses of a case that runs; all others are asked for the case on its way."""


ON_PAPER: Final = {"paper", "paper-confirm", "paper-refuse", "paper-scan"}
"""Addresses of a case whose 専決 on paper waits for its confirmation."""

IN_FORCE: Final = {"route-copy"}
"""Addresses that are asked for the rule in force; those of one version, for a draft of it."""

LATER: Final = date(2026, 7, 1)


def routes(resolver: URLResolver | None = None) -> Iterator[str]:
    """Names of everything that has an address, but for the administration's pages."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            assert entry.name, entry
            yield entry.name
        elif entry.app_name != "admin":
            yield from routes(entry)


def addresses() -> dict[str, str]:
    """Route -> address in the world of the matrix."""
    announced = _announced()
    on_its_way = a_project()
    running = a_project(route="RT1", to=StepKind.OBSERVE)
    send()
    file = Attachment.objects.create(
        project=on_its_way,
        file=ContentFile(b"%PDF-1.4", name="x"),
        name="見積.pdf",
        extension="pdf",
        size=8,
        sha256="0" * 64,
        uploaded_by=on_its_way.proposer,
        uploaded_at=AT,
    )
    reading = Reading.objects.get(project=running, kind=StepKind.POST_READING)
    told = DeliveredFact.objects.get(message__event=Event.ADOPTED, person=running.proposer)
    rows = {
        "reading-read": reading.pk,
        "notice-open": told.pk,
        "notice-read": told.pk,
        **announced,
        **_said(on_its_way, running),
        **_held(on_its_way),
    }
    start_draft(of=Route.objects.get(code="RT2"), by=holder("SECRETARIAT"), effective_from=LATER)
    paper = register(
        a_project(route="RT1", to=StepKind.STANDING_DECISION),
        by=holder("SECRETARIAT"),
        at=AT,
    )
    found = {}
    for route in routes():
        case = running if route in RUNNING else on_its_way
        case = paper.project if route in ON_PAPER else case
        pk = rows.get(route, _mail())
        found[route] = _reverse(
            route,
            {
                "ref": case.reference,
                "slot": the_slot(case).pk,
                "pk": pk,
                "key": paper.key if route in ON_PAPER else file.key,
                "name": "leader",
                "event": Event.YOUR_TURN.value,
                "code": "RT2",
                "version": 1 if route in IN_FORCE else 2,
                "order": 1,
            },
        )
    return found


def _announced() -> dict[str, int]:
    """Route -> an announcement to 市民課 that was released, or one that waits."""
    first, second = keepers(AT)[:2]
    announce = partial(announcing.write, text="全員で行います。", roles=[], by=second, at=AT)
    told = announce(title="訓練", sections=[Section.objects.get(code="SHIMIN")])
    announcing.release(announcement=told, by=first, at=AT)
    send()
    waiting = announce(title="点検", sections=[])
    released = ("announcement", "announcement-drop", "announcement-read")
    return {**dict.fromkeys(released, told.pk), "announcement-release": waiting.pk}


def _said(on_its_way: Project, running: Project) -> dict[str, int]:
    """Route -> the row that its address names: a question, a request to join, a condition."""
    leader = on_its_way.proposer
    question = discussion.write(
        project=on_its_way,
        kind=CommentKind.QUESTION,
        level=CommentLevel.PARTIES,
        text="窓口は足りますか。",
        by=leader,
        at=AT,
    )
    asked = joining.ask_to_join(
        project=running,
        section=Section.objects.get(code="KIKAKU"),
        reason="総合計画に関わります。",
        by=holder("LEADER-KIKAKU"),
        at=AT,
    )
    condition = Condition.objects.create(
        decision=Decision.objects.filter(project=running).latest("pk"),
        project=running,
        text="動線を図示する",
        owner=Section.objects.get(code="SHIMIN"),
        due_on=AT.date(),
    )
    absence = an_absence(person=leader)
    deputy = a_delegation(post=on_its_way.proposer_post, deputy=a_user(), made_by=leader)
    submitted = Decision.objects.filter(project=on_its_way).earliest("pk")
    return {
        "absence-end": absence.pk,
        "deputy-revoke": deputy.pk,
        "decision-evidence": submitted.pk,
        "decision-checks": submitted.pk,
        "decision-evidence-json": submitted.pk,
        "decision-correct": submitted.pk,
        "comment-settle": question.pk,
        "comment-take-back": question.pk,
        "join-answer": asked.pk,
        "condition-report": condition.pk,
        "condition-check": condition.pk,
        "ledger-export-file": _exported(),
        **dict.fromkeys(("fact-detail", "fact-discard", "fact-send-now"), _fact()),
    }


def _exported() -> int:
    """A copy of the ledger that the auditor took."""
    run = export_ledger(by=holder("AUDITOR"), at=AT)
    sweep(worker="world", clock=lambda: AT)
    return run.pk


def _held(on_its_way: Project) -> dict[str, int]:
    """Route of 組織・役割 -> the proposer, a term of office, a leave to come, a list sent in."""
    leader = on_its_way.proposer
    away = a_suspension(
        person=User.objects.get(employee_number="100501"), starts_on=date(2027, 1, 4)
    )
    kept = PersonnelFile.objects.create(
        name="異動.csv", sha256="0" * 64, lines=[], uploaded_by=leader, uploaded_at=AT
    )
    of_person = ("person", "suspend", "handover", "handover-xlsx", "handover-pdf", "password")
    return {
        **{f"org-{name}": leader.pk for name in of_person},
        "org-appointment-end": leader.appointments.earliest("pk").pk,
        "org-suspension-end": away.pk,
        "org-import-plan": kept.pk,
    }


def _fact() -> int:
    return OutboxMessage.objects.earliest("pk").pk


def _mail() -> int:
    return Delivery.objects.latest("pk").pk


def _reverse(route: str, known: dict[str, Any]) -> str:
    """The address with the arguments that the route takes."""
    [(_pattern, names)] = get_resolver().reverse_dict.getlist(route)[0][0]
    return reverse(route, kwargs={name: known[name] for name in names})


def browser_of(actor: str) -> Client:
    if actor == "anonymous":
        return Client()
    if actor == "staff":
        return client_of(User.objects.get(employee_number=STAFF))
    return client_of(POSTS[actor])


@pytest.fixture
def world(office: City) -> Iterator[dict[str, str]]:
    with time_machine.travel(AT, tick=False):
        yield starts.start("world", addresses)


def test_every_address_has_its_row() -> None:
    assert sorted(MATRIX) == sorted(set(routes()))


ON_BOTH: Final = {"leader", "secretariat", "hq_chair"}
"""Between them they open every page: enough to ask the second database, too."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "actor",
    [pytest.param(each, marks=[] if each in ON_BOTH else [pytest.mark.once]) for each in ACTORS],
)
def test_every_actor_gets_what_the_matrix_says(world: dict[str, str], actor: str) -> None:
    browser = browser_of(actor)

    got = {
        (route, method): status_of(browser, method, url)
        for route, url in world.items()
        for method in ("GET", "POST")
    }

    column = ACTORS.index(actor)
    assert got == {
        (route, method): row[column]
        for route, methods in MATRIX.items()
        for method, row in zip(("GET", "POST"), methods, strict=True)
    }


MAY_NOTE: Final = (Seen, Session)
"""What looking may write: that the holder has seen the item, and the browser's own session."""


def status_of(browser: Client, method: str, url: str) -> int:
    """What one request gets; whatever it did is undone. A GET changes nothing."""
    cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
    recorder = Recorder()
    with transaction.atomic(), connection.execute_wrapper(recorder):
        response = browser.generic(method, url)
        if response.streaming:
            b"".join(response)  # read to its end, a file is closed
        transaction.set_rollback(True)
    browser.cookies = SimpleCookie(cookies)
    if method == "GET":
        tables = tuple(f'"{model._meta.db_table}"' for model in MAY_NOTE)
        written = [sql for sql, *_rest in recorder.statements]
        assert [sql for sql in written if not any(table in sql[:80] for table in tables)] == [], url
    return int(response.status_code)


def test_no_stranger_s_draft_has_any_address(office: City) -> None:
    draft = a_draft()
    stranger = browser_of("staff")

    statuses = {
        stranger.get(f"/p/{draft.reference}/{page}").status_code
        for page in ("", "edit/", "confirm/", "history/", "kessai/", "ooda/", "decide/")
    }

    assert statuses == {404}
