"""The way of a mail: into the outbox, out by a sweep, many facts in one digest.

Each beside the least that does it (one INSERT by the driver; one open connection: smtplib with the
same bytes, Django's mail backend with the same words, smtplib with the same words made for each
mail) and beside one Celery task a mail, in turns and on the same rows. The mail server is a process
of its own behind a real socket and keeps nothing.

python -m tests.bench_outbox                                  SQLite: reported
python -m tests.servers --durable python -m tests.bench_outbox    PostgreSQL: there the bars hold
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import smtplib
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from socket import socket
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from tests import environment

with closing(socket()) as probe:
    probe.bind(("127.0.0.1", 0))
    PORT: Final = probe.getsockname()[1]
FOLDER: Final = Path(environment.scratch, "valkey")
os.environ |= {
    "EMAIL_URL": f"smtp://127.0.0.1:{PORT}",
    "REDIS_URL": f"redis+socket://{FOLDER / 'valkey.sock'}",
}
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # noqa: E402
from django.conf import settings  # noqa: E402

django.setup()

from django.core.mail import get_connection  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from config.supervisor import Broker  # noqa: E402
from notifications import outbox  # noqa: E402
from notifications.delivery import sweep  # noqa: E402
from notifications.delivery.checking import Situation, load  # noqa: E402
from notifications.delivery.digests import letter_for  # noqa: E402
from notifications.delivery.expansion import expand  # noqa: E402
from notifications.delivery.letters import Letter  # noqa: E402
from notifications.delivery.sweeping import BATCH  # noqa: E402
from notifications.delivery.transport import envelope  # noqa: E402
from notifications.enums import DeliveryState, Event, Way, Why  # noqa: E402
from notifications.models import DeliveredFact, Delivery, OutboxMessage, Preference  # noqa: E402
from notifications.outbox import Fact, worker_name  # noqa: E402
from notifications.receivers import tell_whose_turn_it_is  # noqa: E402
from notifications.recipients import Addressee  # noqa: E402
from roles.models import Post, User  # noqa: E402
from tests.bench_sweep import fill  # noqa: E402
from tests.fixtures_city import load_office  # noqa: E402
from tests.make import AT, a_post, a_user, an_appointment  # noqa: E402
from workflow.models import WorkItem  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.core.mail import EmailMultiAlternatives

RECIPIENTS: Final = 200
MAILS: Final = 500
DIGESTS: Final = 200
FACTS: Final = 5
"""Of each digest."""
ROUNDS: Final = 3
SEATS: Final[list[Post]] = []
"""One of each reader."""
MOST_QUERIES: Final = 3
MOST_TIMES_BARE: Final = 2.0
AND_MILLISECONDS: Final = 15.0
LEAST_OF_UNGUARDED: Final = 0.5
"""Of ready-made mails no bar is set: most of a mail's time goes into its words."""
TIMES_A_TASK_EACH: Final = 2.5
MOST_SECONDS_OF_DIGESTS: Final = 5.0
LONGEST: Final = 300.0
"""Seconds that one Celery task a mail may take."""


def forget() -> None:
    """As if nothing had ever been told."""
    for model in (DeliveredFact, Delivery, OutboxMessage, Preference):
        model._default_manager.all().delete()


def timed(act: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


# --- into the outbox ---------------------------------------------------------------------------


def posting() -> dict[str, Any]:
    """One fact for many, inside the request; the same rows once more by the driver alone."""
    people = [a_user().pk for _ in range(RECIPIENTS)]
    addressees = [Addressee(Why.ACTED, person_id=pk) for pk in people]
    fact = Fact(event=Event.HELD, key="decision:1", addressees=addressees)
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        outbox.post([fact], at=AT)
    said = [each["sql"] for each in queries if not each["sql"].startswith(("BEGIN", "COMMIT"))]
    columns, rows = _rows()
    ours, bare = [], []
    for _round in range(ROUNDS * 7):
        forget()
        with transaction.atomic():
            ours.append(1000 * timed(lambda: outbox.post([fact], at=AT)))
        forget()
        with transaction.atomic():
            bare.append(1000 * timed(lambda: _insert(columns, rows)))
    forget()
    return {
        "recipients": RECIPIENTS,
        "queries": len(said),
        "ms": round(median(ours), 1),
        "bare_ms": round(median(bare), 1),
        "times_bare": round(median(ours) / median(bare), 2),
    }


def _rows() -> tuple[list[str], list[tuple[Any, ...]]]:
    """What stands in the table, as the driver takes it."""
    table = OutboxMessage._meta.db_table
    fields = [each for each in OutboxMessage._meta.concrete_fields if not each.primary_key]
    names = [str(each.column) for each in fields]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY id")  # noqa: S608 -- ours
        return names, list(cursor.fetchall())


def _insert(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """One statement."""
    table = OutboxMessage._meta.db_table
    one = f"({', '.join(['?'] * len(names))})"
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES {', '.join([one] * len(rows))}"  # noqa: S608
    values = [value for row in rows for value in row]
    assert connection.connection is not None
    if connection.vendor == "postgresql":
        sql = sql.replace("?", "%s")
    connection.connection.execute(sql, values)


# --- out by a sweep ----------------------------------------------------------------------------


def make_due() -> float:
    """Every work item asks anew; seconds until that is mails for persons."""
    forget()
    items = list(WorkItem.objects.select_related("step_run").order_by("pk"))
    tell_whose_turn_it_is(None, signal=None, work_items=items, at=AT)
    return timed(_expand_all)


def _expand_all() -> None:
    while expand(AT):
        pass


def swept() -> float:
    """Mails a second, by one sweep."""
    make_due()
    seconds = timed(lambda: sweep(at=AT, worker=worker_name()))
    return _rate(seconds)


def _rate(seconds: float) -> float:
    sent = Delivery.objects.filter(state=DeliveryState.SENT).count()
    assert sent == MAILS, sent
    return sent / seconds


def ready_made() -> list[tuple[str, str, bytes]]:
    """The mails that a sweep sent: from, to, and every byte."""
    made = []
    for mail in Delivery.objects.select_related("person").order_by("pk"):
        message = envelope(mail, Letter(mail.subject, mail.text, mail.html))
        text = _wire(message)
        made.append((settings.DEFAULT_FROM_EMAIL, mail.person.email, text))
    return made


def _wire(mail: EmailMultiAlternatives) -> bytes:
    """As it goes over the line."""
    return mail.message().as_bytes().replace(b"\n", b"\r\n")


def bare(mails: list[tuple[str, str, bytes]]) -> float:
    """Mails a second, by smtplib alone."""

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", PORT) as line:
            for sender, to, text in mails:
                line.sendmail(sender, [to], text)

    return len(mails) / timed(send)


def looped() -> float:
    """Mails a second, by Django's mail connection, with words that are ready."""
    mails = Delivery.objects.select_related("person").order_by("pk")
    messages = [envelope(mail, Letter(mail.subject, mail.text, mail.html)) for mail in mails]

    def send() -> None:
        with get_connection() as line:
            line.send_messages(messages)

    return len(messages) / timed(send)


def unguarded() -> float:
    """Mails a second, by smtplib and the same words, without a claim, a check or a settled row."""
    make_due()
    keys = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", PORT) as line:
            for mail, letter in _words(keys):
                text = _wire(envelope(mail, letter))
                line.sendmail(settings.DEFAULT_FROM_EMAIL, [mail.person.email], text)

    return len(keys) / timed(send)


def a_task_each() -> float:
    """Mails a second, by a worker that waits for them; from the first ``delay`` to the last row."""
    from tests.stock.mails import send_one  # noqa: PLC0415 -- it needs the broker's address

    make_due()
    keys = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))

    def send() -> None:
        for pk in keys:
            send_one.delay(pk)
        _until(lambda: not Delivery.objects.exclude(state=DeliveryState.SENT).exists())

    return _rate(timed(send))


def _until(is_done: Callable[[], bool]) -> None:
    ends = time.monotonic() + LONGEST
    while not is_done():
        assert time.monotonic() < ends, "the worker does not come to an end"
        time.sleep(0.02)


@contextmanager
def worker() -> Iterator[None]:
    """A Celery worker as a new project has it, but one process as a sweep is; warm."""
    from tests.stock.mails import send_one  # noqa: PLC0415 -- it needs the broker's address

    broker = Broker(FOLDER)
    broker.start()
    command = [sys.executable, "-m", "celery", "-A", "tests.stock.mails", "worker"]
    with Path(environment.scratch, "worker.log").open("wb") as log:
        process = subprocess.Popen([*command, "--pool", "solo"], stdout=log, stderr=log)
    try:
        make_due()
        first = Delivery.objects.earliest("pk")
        send_one.delay(first.pk)
        _until(lambda: Delivery.objects.filter(state=DeliveryState.SENT).exists())
        yield
    finally:
        process.terminate()
        process.wait()
        broker.stop()


def draining() -> dict[str, Any]:
    """All sides in turns."""
    expanding = make_due()
    first = swept()  # whatever is looked up once, is looked up now
    mails = ready_made()
    ours, least, loop, plain, tasks = [], [], [], [], []
    with worker():
        for _round in range(ROUNDS):
            ours.append(swept())
            least.append(bare(mails))
            loop.append(looped())
            plain.append(unguarded())
            tasks.append(a_task_each())
    return {
        "mails": len(mails),
        "bytes_a_mail": round(sum(len(text) for *_rest, text in mails) / len(mails)),
        "expand_s": round(expanding, 2),
        "first_mails_s": round(first),
        "mails_s": round(median(ours)),
        "bare_mails_s": round(median(least)),
        "loop_mails_s": round(median(loop)),
        "unguarded_mails_s": round(median(plain)),
        "task_each_mails_s": round(median(tasks)),
        "of_bare": round(median(ours) / median(least), 2),
        "of_loop": round(median(ours) / median(loop), 2),
        "of_unguarded": round(median(ours) / median(plain), 2),
        "times_a_task_each": round(median(ours) / median(tasks), 1),
    }


# --- digests -----------------------------------------------------------------------------------


def digests() -> dict[str, Any]:
    """Everybody has several facts gathered for one morning: how long the words take."""
    forget()
    people = User.objects.filter(appointments__post__in=SEATS)
    Preference.objects.bulk_create(
        Preference(person=person, event=Event.YOUR_TURN, way=Way.MORNING) for person in people
    )
    items = list(WorkItem.objects.select_related("step_run").order_by("pk"))
    facts = [
        Fact(
            event=Event.YOUR_TURN,
            key=f"turn:{item.pk}:{seat.pk}",
            addressees=[Addressee(Why.HOLDER, post_id=seat.pk, slot_id=item.pk)],
            project_id=item.project_id,
            run_id=item.step_run.run_id,
        )
        for n, seat in enumerate(SEATS)
        for item in items[n : n + FACTS]
    ]
    outbox.post(facts, at=AT)
    expanding = timed(_expand_all)
    keys = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    letters: list[Letter] = []
    rendering = timed(lambda: letters.extend(letter for _mail, letter in _words(keys)))
    assert len(letters) == len(SEATS)
    return {
        "digests": len(letters),
        "facts": DeliveredFact.objects.count(),
        "subject": letters[0].subject,
        "expand_s": round(expanding, 2),
        "render_s": round(rendering, 2),
    }


def _words(keys: list[int]) -> Iterator[tuple[Delivery, Letter]]:
    """As a sweep makes them, claim by claim."""
    for n in range(0, len(keys), BATCH):
        mails = load(keys[n : n + BATCH])
        situation = Situation.of(mails, AT)
        for mail in mails:
            facts = [fact for fact in mail.told if situation.ending(fact) is None]
            yield mail, letter_for(mail, facts, situation.matters)


# --- all of it ---------------------------------------------------------------------------------


@contextmanager
def mail_server() -> Iterator[None]:
    """The one that takes everything."""
    command = [sys.executable, "-m", "tests.stock.sink", str(PORT)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    try:
        yield
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def missed(found: dict[str, dict[str, Any]]) -> list[str]:
    """What is missed, in words."""
    post, drain, many = found["post"], found["drain"], found["digests"]
    most = MOST_TIMES_BARE * post["bare_ms"] + AND_MILLISECONDS
    over = {
        f"{post['queries']} queries": post["queries"] > MOST_QUERIES,
        f"post takes {post['ms']} ms, not {most}": post["ms"] > most,
        f"{drain['of_unguarded']} of the rate without guards": drain["of_unguarded"]
        < LEAST_OF_UNGUARDED,
        f"{drain['times_a_task_each']} times a task each": drain["times_a_task_each"]
        < TIMES_A_TASK_EACH,
        f"digests take {many['render_s']} s": many["render_s"] > MOST_SECONDS_OF_DIGESTS,
    }
    return [words for words, is_missed in over.items() if is_missed]


def profile() -> None:
    """Where the time of a sweep goes."""
    make_due()
    profiler = cProfile.Profile()
    profiler.runcall(sweep, at=AT, worker=worker_name())
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(70)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


def main() -> int:
    """Print the figures; 1 when a bar is missed on PostgreSQL."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", action="store_true", help="of the sweep alone")
    options = parser.parse_args()
    Path(environment.scratch, "var").mkdir(exist_ok=True)
    call_command("migrate", verbosity=0)
    load_office()
    SEATS.extend(a_post() for _ in range(DIGESTS))
    for seat in SEATS:
        an_appointment(post=seat)
    fill(MAILS, SEATS)
    with mail_server():
        if options.profile:
            profile()
            return 0
        found = {"post": posting(), "drain": draining(), "digests": digests()}
    over = missed(found)
    print(json.dumps({"database": connection.vendor, **found, "missed": over}, ensure_ascii=False))
    return 1 if over and connection.vendor == "postgresql" else 0


if __name__ == "__main__":
    sys.exit(main())
