"""10,000 rows that are due on one day: how long a sweep takes, and that two of them tell once.

A real case is lived once and then copied in the database; a third of the copies is late with a
post above to be told, a third is due today, a third tomorrow.

python -m tests.bench_sweep                                  SQLite, in a scratch directory
python -m tests.servers --durable python -m tests.bench_sweep    PostgreSQL: there two at once
"""

from __future__ import annotations

import copy
import json
import multiprocessing
import os
import sys
import time
from datetime import timedelta
from itertools import cycle, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tests import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models.base import ModelState  # noqa: E402

from notifications.delivery import sweep  # noqa: E402
from notifications.delivery.expansion import expand  # noqa: E402
from notifications.enums import DeliveryState, Event  # noqa: E402
from notifications.models import DeliveredFact, Delivery, OutboxMessage  # noqa: E402
from notifications.outbox import worker_name  # noqa: E402
from notifications.reminders import remind  # noqa: E402
from tests.fixtures_city import load_office  # noqa: E402
from tests.make import AT, a_project, the_slot  # noqa: E402
from workflow.enums import DeadlineAction, WhoRule  # noqa: E402
from workflow.models import FAR_FUTURE, Run, WorkItem  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from multiprocessing.synchronize import Barrier

    from django.db import models

    from roles.models import Post

ROWS: Final = 10_000
MOST_SECONDS: Final = 60.0
CHUNK: Final = 2_000
WORKERS: Final = 2
TODAY: Final = AT + timedelta(days=2)
DUE: Final = [AT.replace(hour=17, minute=15) + timedelta(days=n) for n in (1, 2, 3)]

M = TypeVar("M", bound="models.Model")


def copies(row: M, fields: Iterable[dict[str, Any]]) -> list[M]:
    """New rows like this one, but for what each differs in."""
    made = []
    for each in fields:
        new = copy.copy(row)
        new._state = ModelState()  # what it is related to is not that of the others
        new.pk = None
        for name, value in each.items():
            setattr(new, name, value)
        made.append(new)
    return type(row)._default_manager.bulk_create(made, batch_size=CHUNK)


def fill(rows: int = ROWS, posts: Sequence[Post] = ()) -> None:
    """One lived case, and as many copies of it as there are to be rows; they ask ``posts``."""
    case = a_project()
    slot = the_slot(case)
    step, item = slot.step_run, WorkItem.objects.get(slot=slot)
    step.snapshot |= {
        "at_deadline": DeadlineAction.ESCALATE,
        "escalate_to": WhoRule.DEPARTMENT_HEAD,
    }
    step.save()
    run, revision = step.run, step.revision
    assert revision is not None
    count = rows - 1
    asked = list(posts) or [item.post]
    due = [DUE[n % len(DUE)] for n in range(count)]
    cases = copies(case, ({"number": f"Z{n}", "revision": None} for n in range(count)))
    texts = copies(revision, ({"project": each} for each in cases))
    runs = copies(
        run,
        (
            {"process": None, "step": None, "project": each, "revision": text}
            for each, text in zip(cases, texts, strict=True)
        ),
    )
    whose = [{"project": each.project, "revision": each.revision} for each in runs]
    steps = copies(
        step,
        (
            {"run": each, "due_at": until, **of}
            for each, until, of in zip(runs, due, whose, strict=True)
        ),
    )
    for each, opened in zip(runs, steps, strict=True):
        each.step = opened
    Run.objects.bulk_update(runs, ["step"], batch_size=CHUNK)
    slots = copies(
        slot,
        (
            {"step_run": each, "task_id": None, "post": post}
            for each, post in zip(steps, cycle(asked), strict=False)
        ),
    )
    WorkItem.objects.bulk_create(
        (
            WorkItem(
                slot=place,
                post=place.post,
                step_run=place.step_run,
                kind=item.kind,
                number=f"Z{n}",
                title=item.title,
                section_name=item.section_name,
                standard_days=item.standard_days,
                opened_at=item.opened_at,
                due_at=place.step_run.due_at,
                due_sort=place.step_run.due_at or FAR_FUTURE,
                **of,
            )
            for n, (place, of) in enumerate(zip(slots, whose, strict=True))
        ),
        batch_size=CHUNK,
    )


def told() -> list[tuple[str, int | None]]:
    """What was written, as often as it was."""
    rows = OutboxMessage.objects.filter(event__in=OF_DEADLINES)
    return sorted(rows.values_list("fact", "post"))


OF_DEADLINES: Final = (Event.DUE_SOON, Event.DUE_TODAY, Event.OVERDUE, Event.DELAY_TOLD)


def forget() -> None:
    """As if no sweep had come by."""
    for model in (DeliveredFact, Delivery, OutboxMessage):
        model._default_manager.all().delete()


def timed(act: Callable[[], object]) -> tuple[float, Any]:
    """Seconds, and what came back."""
    began = time.perf_counter()
    result = act()
    return round(time.perf_counter() - began, 1), result


def expand_all() -> int:
    """Messages become mails; none is sent."""
    count = 0
    while found := expand(TODAY):
        count += found
    return count


def reminded(barrier: Barrier) -> tuple[float, int]:
    """One of several sweeps that look for what is due at the same moment."""
    barrier.wait()
    return timed(lambda: remind(at=TODAY))


def sent(barrier: Barrier) -> tuple[float, int]:
    """One of several sweeps that send at the same moment."""
    barrier.wait()
    return timed(lambda: sweep(at=TODAY, worker=worker_name()).sent)


def _work(name: str, barrier: Barrier, results: Any) -> None:
    results.put({"remind": reminded, "send": sent}[name](barrier))


def at_once(name: str) -> list[tuple[float, int]]:
    """Processes of their own, each with its connection."""
    spawn = multiprocessing.get_context("spawn")
    barrier, results = spawn.Barrier(WORKERS), spawn.Queue()
    processes = [
        spawn.Process(target=_work, args=(name, barrier, results)) for _ in repeat(None, WORKERS)
    ]
    for process in processes:
        process.start()
    found = [results.get() for _ in processes]
    for process in processes:
        process.join()
    return found


def main() -> int:
    """Print the figures; 1 when a bar is missed."""
    Path(environment.scratch, "var").mkdir(exist_ok=True)
    call_command("migrate", verbosity=0)
    load_office()
    fill()
    forget()
    first, _count = timed(lambda: remind(at=TODAY))
    alone = told()
    again, new = timed(lambda: remind(at=TODAY))
    expanding, _count = timed(expand_all)
    result: dict[str, Any] = {
        "database": connection.vendor,
        "due_rows": WorkItem.objects.count(),
        "messages": len(alone),
        "most_seconds": MOST_SECONDS,
        "remind_seconds": first,
        "again_seconds": again,
        "again_new": new,
        "expand_seconds": expanding,
        "mails": Delivery.objects.count(),
    }
    is_well = first <= MOST_SECONDS and new == 0 and told() == alone
    if connection.vendor == "postgresql":
        forget()
        result["two_reminding"] = sorted(at_once("remind"))
        result["two_tell_the_same"] = told() == alone
        result["two_sending"] = sorted(at_once("send"))
        mails = Delivery.objects.filter(state=DeliveryState.SENT).count()
        result["sent_once"] = mails == sum(count for _seconds, count in result["two_sending"])
        is_well &= result["two_tell_the_same"] and result["sent_once"]
        is_well &= max(seconds for seconds, _new in result["two_reminding"]) <= MOST_SECONDS
    print(json.dumps(result, ensure_ascii=False))
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
