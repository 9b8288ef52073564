"""Kill web, worker and broker while mails go out: none is lost, few are sent twice.

For minutes on either database (`make chaos`); briefly on PostgreSQL alone since 2026-11-30, because
`make test` took a minute longer for the database of the demo.

Runs on a database of its own, through the real processes: the sample city and `simulate` make the
facts, somebody goes on writing remarks in the web, and a Celery worker sends to a mail server that
is slow, refuses one in ten and hangs up after one in thirty. A third of the people want everything
gathered in the morning, a third what may be on the screen alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import psycopg
import pytest
from celery import Celery
from django.conf import settings
from django.db import connection, connections
from django.db.models import Count, F
from django.utils.timezone import now
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from bpr_projects.enums import Stage
from bpr_projects.models import Comment, Project
from config.supervisor import Broker
from notifications.catalogue import NOTICES, ways_of
from notifications.enums import DeliveryState, Event, MessageState, Way
from notifications.models import DeliveredFact, Delivery, OutboxMessage, Preference
from roles.enums import Role
from roles.models import User
from tests.chaos.people import Clerk
from tests.chaos.sink import free_port, mail_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_django import DjangoDbBlocker

CALM: Final = 120.0
"""Seconds that everything has to come to an end."""
CHAOS: Final = "chaos"
"""Alias of the database that burns: what runs here is committed by many processes."""
PASSWORD: Final = "kazuno-chaos-2026"


class Fire(NamedTuple):
    """How long it burns, how often what dies (seconds), and the cases beside the sample city."""

    lasts: float
    worker_dies_every: float
    broker_dies_every: float
    web_dies_every: float
    cases: int


BRIEF = Fire(lasts=12, worker_dies_every=4, broker_dies_every=5, web_dies_every=6, cases=0)
LONG = Fire(lasts=60, worker_dies_every=3, broker_dies_every=8, web_dies_every=10, cases=40)


@dataclass
class Doomed:
    """A process of the system that is killed again and again, with all of its children."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    every: float
    kills: int = 0
    process: subprocess.Popen[bytes] = field(init=False)
    dies_at: float = field(init=False)

    def start(self) -> None:
        """From now on its time runs."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.dies_at = time.monotonic() + self.every

    def die(self) -> None:
        """At once, whatever it was just doing."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def live_on(self) -> None:
        """Killed and started anew when its time is over."""
        if time.monotonic() > self.dies_at:
            self.die()
            self.kills += 1
            self.start()


@pytest.fixture
def address(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Of a database of its own, as DATABASE_URL; the ORM knows it as ``CHAOS``."""
    own = {**connections["default"].settings_dict}
    with _made(own, tmp_path) as found, django_db_blocker.unblock():
        connections.databases[CHAOS] = own
        yield found
        connections[CHAOS].close()
        del connections[CHAOS], connections.databases[CHAOS]


@contextmanager
def _made(own: dict[str, Any], folder: Path) -> Iterator[str]:
    if connection.vendor == "sqlite":
        own["NAME"] = folder / "chaos.sqlite3"
        yield f"sqlite:///{own['NAME']}"
        return
    server, own["NAME"] = os.environ["DATABASE_URL"], CHAOS
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS chaos WITH (FORCE)")
        admin.execute("CREATE DATABASE chaos")
        yield server.replace("/postgres?", "/chaos?")
        admin.execute("DROP DATABASE chaos WITH (FORCE)")


def manage(environment: dict[str, str], *words: str) -> None:
    """Run a management command that must succeed."""
    command = [sys.executable, "manage.py", *words]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True)


def let_people_choose() -> None:
    """By turns: as it comes, gathered in the morning, on the screen where one may choose that."""
    people = User.objects.using(CHAOS).order_by("pk")
    Preference.objects.using(CHAOS).bulk_create(
        Preference(person=person, event=event, way=way)
        for n, person in enumerate(people)
        for event in NOTICES
        if (way := (Way.NOW, Way.MORNING, Way.SCREEN)[n % 3]) in ways_of(event)
    )


def let_mornings_pass() -> None:
    """What was to be told is a week old: every digest of it is due as soon as it is made."""
    waiting = OutboxMessage.objects.using(CHAOS).filter(state=MessageState.PENDING)
    waiting.exclude(event=Event.REMINDED).update(  # check_outbox knows a nudge by its hour
        hold_until=None, created_at=F("created_at") - timedelta(days=7)
    )


def let_time_pass() -> int:
    """End every lease, pause between attempts and hold; answer how many mails are still open."""
    facts, mails, past = (
        OutboxMessage.objects.using(CHAOS).filter(state=MessageState.PENDING),
        Delivery.objects.using(CHAOS),
        now() - timedelta(seconds=1),
    )
    facts.update(hold_until=None)
    mails.filter(state=DeliveryState.SENDING).update(lease_until=past)
    mails.filter(state=DeliveryState.QUEUED).update(due_at=past)
    is_open = (DeliveryState.QUEUED, DeliveryState.SENDING)
    return facts.count() + mails.filter(state__in=is_open).count()


def a_clerk(base: str) -> Clerk:
    """Of the 事務局, who asks the PT about a running case."""
    people = User.objects.using(CHAOS).order_by("pk")
    clerk = people.filter(appointments__post__role=Role.SECRETARIAT)[0]
    asked = list(people.filter(appointments__post__role=Role.PT_MEMBER).distinct()[:3])
    case = Project.objects.using(CHAOS).filter(stage=Stage.RUNNING).earliest("pk")
    return Clerk(base, clerk, PASSWORD, case, asked)


def ask_for_a_sweep(app: Celery) -> None:
    """What beat does; a broker that is away is beat's trouble, not ours."""
    try:
        app.send_task("notifications.tasks.sweep_outbox", expires=5, retry=False)
    except (KombuError, RedisError, OSError):
        time.sleep(0.2)


def until(is_so: Callable[[], bool]) -> None:
    """Wait for it as long as everything may take to come to an end."""
    ends = time.monotonic() + CALM
    while not is_so() and time.monotonic() < ends:
        time.sleep(0.1)


def burn(
    fire: Fire, app: Celery, broker: Broker, environment: dict[str, str], folder: Path
) -> tuple[dict[str, int], Clerk]:
    """Kill web, worker and broker again and again; how often, and who wrote meanwhile."""
    port = free_port()
    # A worker's pool dies with it, so that a kill is a kill.
    worker = ["celery", "-A", "config", "worker", "--pool", "solo"]
    web = ["gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    doomed = {
        "web": Doomed(web, environment, folder / "web.log", fire.web_dies_every),
        "worker": Doomed(worker, environment, folder / "worker.log", fire.worker_dies_every),
    }
    clerk = a_clerk(f"http://127.0.0.1:{port}")
    clerk.start()
    for each in doomed.values():
        each.start()
    until(lambda: bool(clerk.taken))
    brokers, began = 0, time.monotonic()
    while time.monotonic() < began + fire.lasts:
        ask_for_a_sweep(app)
        for each in doomed.values():
            each.live_on()
        if time.monotonic() > began + (brokers + 1) * fire.broker_dies_every:
            broker.server.terminate()
            broker.revive()
            brokers += 1
        time.sleep(0.5)
    clerk.is_over.set()
    clerk.join()
    for each in doomed.values():
        each.die()
    return {"broker": brokers, **{name: each.kills for name, each in doomed.items()}}, clerk


@pytest.mark.parametrize(
    "fire",
    [
        pytest.param(BRIEF, marks=[pytest.mark.slow, pytest.mark.postgres_only], id="briefly"),
        pytest.param(LONG, marks=pytest.mark.chaos, id="for-minutes"),
    ],
)
def test_no_mail_is_lost_and_few_are_sent_twice(fire: Fire, address: str, tmp_path: Path) -> None:
    broker = Broker(tmp_path / "valkey")
    broker.start()
    app = Celery(broker=broker.url)
    app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with mail_server() as (server, mail_url), closing(app):
        environment = os.environ | {
            "DATABASE_URL": address,
            "EMAIL_URL": mail_url,
            "REDIS_URL": broker.url,
            "DEMO": "1",  # a production takes no made-up cases
            "DEMO_PASSWORD": PASSWORD,
        }
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "load_demo", "--size", "small")
        if fire.cases:
            cases = ("--cases", str(fire.cases))
            manage(environment, "simulate", *cases, "--seed", "7", "--leave-mail")
        let_people_choose()
        let_mornings_pass()

        kills, clerk = burn(fire, app, broker, environment, tmp_path)
        deadline = time.monotonic() + CALM
        while let_time_pass() and time.monotonic() < deadline:
            manage(environment, "outbox_sweep")
        manage(environment, "check_outbox")
        broker.stop()

    mails = Delivery.objects.using(CHAOS)
    states = Counter(mails.values_list("state", flat=True))
    losses = dict(mails.filter(state=DeliveryState.SENT).values_list("message_id", "losses"))
    gathered = mails.filter(state=DeliveryState.SENT, way=Way.MORNING).annotate(n=Count("facts"))
    digests = list(gathered.values_list("n", flat=True))
    shown = set(mails.filter(state=DeliveryState.SHOWN).values_list("message_id", flat=True))
    copies = {name: times for name, times in server.accepted.items() if times > 1}
    print(f"\n{connection.vendor}: killed {kills}, {dict(states)}, {len(copies)} twice,")
    print(
        f"{OutboxMessage.objects.using(CHAOS).count()} facts, {len(clerk.taken)} written meanwhile,"
    )
    print(f"{len(digests)} digests of up to {max(digests)} facts; the web said {clerk.answers}")
    assert let_time_pass() == 0
    assert states[DeliveryState.DEAD] == 0
    assert losses.keys() - server.accepted.keys() == set()
    # a worker that died with a mail, or a server that hung up, each make one copy at most
    faults = {name: died + (name in server.dropped) for name, died in losses.items()}
    assert {n: times for n, times in copies.items() if times > 1 + faults[n]} == {}
    if fire is LONG:  # of the few mails of a brief one, each kill is some per cent
        assert len(copies) <= len(losses) * 0.05
    assert max(digests) > 1
    assert shown
    assert shown & server.accepted.keys() == set()
    assert clerk.taken
    assert set(clerk.answers) <= {HTTPStatus.FOUND, HTTPStatus.SERVICE_UNAVAILABLE}
    assert written(clerk) == set(clerk.taken)


def written(clerk: Clerk) -> set[str]:
    """What was acknowledged, is there, and has been told to everybody whom it names."""
    remarks = Comment.objects.using(CHAOS).filter(text__in=clerk.taken)
    told = DeliveredFact.objects.using(CHAOS).filter(
        message__comment__in=remarks.values("pk"),
        delivery__state__in=(DeliveryState.SENT, DeliveryState.SHOWN),
    )
    people = told.values("message__comment__text").annotate(n=Count("person", distinct=True))
    named = clerk.called.count("@")
    return {row["message__comment__text"] for row in people if row["n"] == named}
