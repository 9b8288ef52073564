"""The broker stopped, and the broker hung: people notice nothing and every mail goes out later."""

from __future__ import annotations

import signal
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from celery import current_app
from django.test import Client
from django.utils.timezone import localdate, now
from redis import Redis
from redis.exceptions import RedisError

from bpr_projects.forms.sheet import data_of
from bpr_projects.models import Kpi, Project
from config.supervisor import Broker
from notifications.enums import DeliveryState, MessageState
from notifications.models import Delivery, OutboxMessage
from tests import make
from tests.journeys.counter import asked, leader, typed
from tests.make import PASSWORD
from tests.notifications.mails import assert_accounted, send
from workflow.enums import CYCLE_KINDS, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import Popen

    from roles.models import User
    from tests.fixtures_city import City
    from tests.notifications.conftest import Sink

pytestmark = [pytest.mark.slow, pytest.mark.once]

SLOWEST: Final = 3.0  # seconds that no request may take
QUEUE: Final = Path("/proc/thread-self/schedstat")


def waited_for_a_processor() -> float:
    """Seconds in which this thread could have run, had the machine not been busy with others."""
    return int(QUEUE.read_text().split()[1]) / 1e9 if QUEUE.exists() else 0.0


class Stopwatch:
    """A browser's requests without a browser, each with its time."""

    def __init__(self) -> None:
        self.client = Client()
        self.times: dict[str, float] = {}

    def log_in(self, person: User) -> None:
        self.client = Client()
        page = {"login": person.employee_number, "password": PASSWORD}
        self._timed("login", lambda: self.client.post("/accounts/login/", page), 302)

    def get(self, path: str) -> Any:
        return self._timed(f"GET {path}", lambda: self.client.get(path), 200)

    def post(self, path: str, **data: Any) -> Any:
        return self._timed(f"POST {path}", lambda: self.client.post(path, data), 302)

    def _timed(self, name: str, ask: Any, expected: int) -> Any:
        began, queued = time.monotonic(), waited_for_a_processor()
        answer = ask()
        took = time.monotonic() - began - (waited_for_a_processor() - queued)
        self.times[name] = max(took, self.times.get(name, 0.0))
        assert answer.status_code == expected, (
            f"{name}: {answer.status_code} {answer.content[:500]}"
        )
        return answer


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A real Valkey that the system's Celery application believes in."""
    broker = Broker(tmp_path / "valkey")
    broker.start()
    before = current_app.conf.broker_url
    current_app.conf.update(broker_url=broker.url)
    yield broker
    current_app.conf.update(broker_url=before)
    process(broker).kill()
    broker.stop()


def process(broker: Broker) -> Popen[bytes]:
    """The server's process."""
    found: Popen[bytes] = broker.server._process
    return found


def is_reachable(broker: Broker) -> bool:
    """Whether the broker answers within a second."""
    line = Redis(unix_socket_path=str(broker.socket_path), socket_timeout=1)
    try:
        return bool(line.ping())
    except RedisError:
        return False
    finally:
        line.close()


@pytest.mark.parametrize("trouble", ["stopped", "hung"])
def test_work_goes_on_and_no_mail_is_lost(
    trouble: str, broker: Broker, real_office: City, sink: Sink
) -> None:
    assert is_reachable(broker)
    Client().get("/accounts/login/")  # the first request of a process loads its modules
    if trouble == "stopped":
        broker.stop()
    else:
        process(broker).send_signal(signal.SIGSTOP)
    assert not is_reachable(broker)

    watch = Stopwatch()
    live_through_a_case(watch)
    assert sink.accepted == []
    facts = OutboxMessage.objects.count()
    assert facts > 15

    if trouble == "stopped":
        broker.start()
    else:
        process(broker).send_signal(signal.SIGCONT)
    assert is_reachable(broker)
    send(now())
    assert_accounted()
    assert not OutboxMessage.objects.filter(state=MessageState.PENDING).exists()
    ids = Counter(str(mail["Message-ID"]) for mail in sink.accepted)
    sent = Delivery.objects.filter(state=DeliveryState.SENT)
    assert set(ids) == set(sent.values_list("message_id", flat=True))
    assert set(ids.values()) == {1}
    slowest = max(watch.times, key=watch.times.__getitem__)
    took = f"{len(watch.times)} requests, slowest {watch.times[slowest]:.2f} s ({slowest})"
    print(f"\n{trouble}: {took}, {facts} facts, {len(ids)} mails")
    assert watch.times[slowest] < SLOWEST


def days_from_now(days: int) -> str:
    """The system under test has processes of its own, so its clock is the real one."""
    return (localdate() + timedelta(days=days)).isoformat()


def live_through_a_case(watch: Stopwatch) -> None:
    """Log in, propose, decide at every station, run a lap: points 3 to 7."""
    watch.log_in(leader())
    watch.get("/")
    sheet = {**make.SHEET, **make.ROUTES["RT3"], "ends_on": days_from_now(300)}
    typed = {name: value for name, value in data_of(sheet).items() if value != []}
    watch.post("/proposals/new/", action="confirm", **typed)
    case = Project.objects.get()
    watch.get(f"/p/{case.reference}/confirm/")
    watch.post(f"/p/{case.reference}/confirm/", draft_version=case.draft_version)
    case = Project.objects.get()
    for kind, outcome in make.YES.items():
        while waiting := asked(case, kind):
            slot, person = waiting[0]
            watch.log_in(person)
            watch.get("/inbox/")
            watch.get(f"/p/{case.reference}/decide/")
            watch.post(f"/p/{case.reference}/steps/{slot.pk}/answer/", **_answer(slot, outcome))
    run_a_lap(watch, case)


def _answer(slot: Any, outcome: str) -> dict[str, Any]:
    said = {"outcome": outcome, "comment": "確かめました。"}
    said["revision_hash"] = slot.step_run.revision.content_hash
    if slot.step_run.kind == StepKind.REVIEW:
        said |= {f"scores_{code}": "4" for code in make.SCORES}
    return said


def run_a_lap(watch: Stopwatch, case: Project) -> None:
    watch.log_in(leader())
    for kind in (StepKind.OBSERVE, StepKind.ORIENT, StepKind.DECIDE, StepKind.ACT):
        assert kind in CYCLE_KINDS
        [(slot, _person)] = asked(case, kind)
        watch.get(f"/p/{case.reference}/ooda/")
        content = dict(typed(make.PHASES[kind]))  # type: ignore[index]
        if "until" in content:
            content["until"] = days_from_now(60)
        watch.post(f"/p/{case.reference}/ooda/{slot.pk}/record/", **content)
    kpi = Kpi.objects.get()
    watch.post(
        f"/p/{case.reference}/measurements/", kpi=kpi.pk, measured_on="令和8年5月1日", value="38.5"
    )
    watch.post(f"/p/{case.reference}/observations/", kind="VOICE", text="待ち時間が短くなった。")
    for path in (
        "/running/",
        "/proposals/",
        f"/p/{case.reference}/",
        f"/p/{case.reference}/kessai/",
    ):
        watch.get(path)
