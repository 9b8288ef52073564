"""Kill workers and brokers while mails go out: none is lost, few are sent twice.

Runs on a database of its own, through the real processes: the sample city and `simulate` make the
facts, a Celery worker sends to a mail server that refuses one in ten and hangs up after one in
thirty. A third of the people want everything gathered in the morning, a third what may be on the
screen alone.
"""

import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from celery import Celery
from django.conf import settings
from django.db import connection
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from config.supervisor import Broker
from notifications.catalogue import NOTICES, ways_of
from notifications.enums import Way

pytestmark = pytest.mark.postgres_only

CALM = 120.0  # seconds that everything has to come to an end


class Fire(NamedTuple):
    """How long it burns, how often what dies (seconds), and the cases beside the sample city."""

    lasts: float
    worker_dies_every: float
    broker_dies_every: float
    cases: int


BRIEF = Fire(lasts=12, worker_dies_every=4, broker_dies_every=5, cases=0)
LONG = Fire(lasts=40, worker_dies_every=3, broker_dies_every=8, cases=40)


class Sink:
    """A mail server with bad days; remembers the Message-ID of everything it accepted."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.dropped: set[str] = set()
        self.chance = random.Random(7)  # noqa: S311 -- not a secret

    async def handle_DATA(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Refuse one in ten for now; of one in thirty take the mail, once, and never say so."""
        if self.chance.random() < 0.1:
            return "451 come back later"
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        name = str(message_from_bytes(raw)["Message-ID"])
        self.accepted[name] += 1
        drops = self.chance.random() < 0.03 and name not in self.dropped
        if drops and server.transport is not None:
            self.dropped.add(name)
            server.transport.close()
        return "250 accepted"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, str]]:
    """The mail server and its address."""
    handler = Sink()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
def database() -> Iterator[str]:
    """A database of its own: what runs here is committed by many processes."""
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS chaos WITH (FORCE)")
        admin.execute("CREATE DATABASE chaos")
        yield server.replace("/postgres?", "/chaos?")
        admin.execute("DROP DATABASE chaos WITH (FORCE)")


def manage(environment: dict[str, str], *words: str) -> None:
    """Run a management command that must succeed."""
    command = [sys.executable, "manage.py", *words]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True)


def let_people_choose(database: psycopg.Connection) -> None:
    """By turns: as it comes, gathered in the morning, on the screen where one may choose that."""
    rows = database.execute("SELECT id FROM roles_user ORDER BY id").fetchall()
    chosen = [
        (person, event, way)
        for n, (person,) in enumerate(rows)
        for event in NOTICES
        if (way := (Way.NOW, Way.MORNING, Way.SCREEN)[n % 3]) in ways_of(event)
    ]
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO notifications_preference (person_id, event, way) VALUES (%s, %s, %s)",
            chosen,
        )


def let_mornings_pass(database: psycopg.Connection) -> None:
    """What was to be told is a week old: every digest of it is due as soon as it is made."""
    database.execute(
        "UPDATE notifications_outboxmessage SET hold_until = NULL,"
        " created_at = created_at - interval '7 days'"
        " WHERE state = 'PENDING' AND event <> 'REMINDED'"  # check_outbox knows a nudge by its hour
    )


def start_worker(environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """A worker whose pool dies with it, so that a kill is a kill."""
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "solo"]
    with log.open("ab") as output:
        return subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stdout=output, stderr=output
        )


def ask_for_a_sweep(app: Celery) -> None:
    """What beat does; a broker that is away is beat's trouble, not ours."""
    try:
        app.send_task("notifications.tasks.sweep_outbox", expires=5, retry=False)
    except (KombuError, RedisError, OSError):
        time.sleep(0.2)


def let_time_pass(database: psycopg.Connection) -> int:
    """End every lease, pause between attempts and hold; answer how many mails are still open."""
    database.execute(
        "UPDATE notifications_outboxmessage SET hold_until = NULL WHERE state = 'PENDING'"
    )
    database.execute(
        "UPDATE notifications_delivery SET lease_until = now() - interval '1 second'"
        " WHERE state = 'SENDING'"
    )
    database.execute(
        "UPDATE notifications_delivery SET due_at = now() - interval '1 second'"
        " WHERE state = 'QUEUED'"
    )
    row = database.execute(
        "SELECT (SELECT count(*) FROM notifications_delivery"
        "         WHERE state IN ('QUEUED', 'SENDING'))"
        "     + (SELECT count(*) FROM notifications_outboxmessage WHERE state = 'PENDING')"
    ).fetchone()
    assert row is not None
    return int(row[0])


def burn(fire: Fire, app: Celery, broker: Broker, environment: dict[str, str], log: Path) -> int:
    """Kill the worker and the broker again and again; answer how often."""
    worker = start_worker(environment, log)
    kills, began = 0, time.monotonic()
    next_worker, next_broker = began + fire.worker_dies_every, began + fire.broker_dies_every
    while time.monotonic() < began + fire.lasts:
        ask_for_a_sweep(app)
        if time.monotonic() > next_worker:
            worker.kill()
            worker.wait()
            worker = start_worker(environment, log)
            next_worker, kills = time.monotonic() + fire.worker_dies_every, kills + 1
        if time.monotonic() > next_broker:
            broker.server.terminate()
            broker.revive()
            next_broker, kills = time.monotonic() + fire.broker_dies_every, kills + 1
        time.sleep(0.5)
    worker.kill()
    worker.wait()
    return kills


@pytest.mark.parametrize(
    "fire",
    [
        pytest.param(BRIEF, marks=pytest.mark.slow, id="briefly"),
        pytest.param(LONG, marks=pytest.mark.chaos, id="for-minutes"),
    ],
)
def test_no_mail_is_lost_and_few_are_sent_twice(
    fire: Fire, sink: tuple[Sink, str], database: str, tmp_path: Path
) -> None:
    assert connection.vendor == "postgresql"
    server, mail_url = sink
    broker = Broker(tmp_path / "valkey")
    broker.start()
    environment = os.environ | {
        "DATABASE_URL": database,
        "EMAIL_URL": mail_url,
        "REDIS_URL": broker.url,
        "DEMO": "1",  # a production takes no made-up cases
    }
    app = Celery(broker=broker.url)
    app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "load_demo", "--size", "small")
    if fire.cases:
        cases = ("--cases", str(fire.cases))
        manage(environment, "simulate", *cases, "--seed", "7", "--leave-mail")
    with psycopg.connect(database, autocommit=True) as rows:
        let_people_choose(rows)
        let_mornings_pass(rows)

    kills = burn(fire, app, broker, environment, tmp_path / "worker.log")
    deadline = time.monotonic() + CALM
    with psycopg.connect(database, autocommit=True) as rows:
        while let_time_pass(rows) and time.monotonic() < deadline:
            manage(environment, "outbox_sweep")
        still_open = let_time_pass(rows)
        states = Counter(
            row[0] for row in rows.execute("SELECT state FROM notifications_delivery").fetchall()
        )
        losses: dict[str, int] = dict(
            rows.execute(
                "SELECT message_id, losses FROM notifications_delivery WHERE state = 'SENT'"
            ).fetchall()
        )
        digests, most = rows.execute(
            "SELECT count(*), max(facts) FROM (SELECT count(*) AS facts"
            " FROM notifications_deliveredfact JOIN notifications_delivery d ON d.id = delivery_id"
            " WHERE d.state = 'SENT' AND d.way = 'MORNING' GROUP BY d.id) AS gathered"
        ).fetchall()[0]
        shown = rows.execute(
            "SELECT message_id FROM notifications_delivery WHERE state = 'SHOWN'"
        ).fetchall()
    manage(environment, "check_outbox")
    with closing(app):
        broker.stop()

    copies = {name: times for name, times in server.accepted.items() if times > 1}
    print(f"\n{kills} kills, {dict(states)}, {len(losses)} sent, {len(copies)} twice")
    print(f"{digests} digests of up to {most} facts, {len(shown)} on the screen alone")
    assert still_open == 0
    assert states["DEAD"] == 0
    assert losses.keys() - server.accepted.keys() == set()
    # a worker that died with a mail, or a server that hung up, each make one copy at most
    faults = {name: died + (name in server.dropped) for name, died in losses.items()}
    assert {n: times for n, times in copies.items() if times > 1 + faults[n]} == {}
    if fire is LONG:  # of the few mails of a brief one, each kill is some per cent
        assert len(copies) <= len(losses) * 0.05
    assert digests > 0
    assert most > 1
    assert shown
    assert {name for (name,) in shown} & server.accepted.keys() == set()
