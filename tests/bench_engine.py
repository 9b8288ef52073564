"""Two holders of one parallel step at once, ours beside stock viewflow; tokens of 50 pull-backs.

PostgreSQL only (SQLite has no row locks):
python -m tests.servers --durable python -m tests.bench_engine
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tests import environment as _environment  # noqa: F401 -- sets the environment first

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.conf import settings

settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.stock"]
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import Max  # noqa: E402
from django.db.models.functions import Length  # noqa: E402
from viewflow.workflow.models import Task  # noqa: E402

from bpr_projects import actions as cases  # noqa: E402
from bpr_projects.models import Project  # noqa: E402
from roles.models import Post, User, holders_of  # noqa: E402
from tests.make import AT, ROUTES, SHEET  # noqa: E402
from tests.stock.flows import StockFlow  # noqa: E402
from workflow import engine  # noqa: E402
from workflow.enums import Outcome, StepKind  # noqa: E402
from workflow.models import Run, Slot  # noqa: E402
from workflow.outcomes import Answer  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from multiprocessing.connection import Connection
    from multiprocessing.synchronize import Barrier

PAIRS: Final = 40
PULL_BACKS: Final = 50
LONGEST_TOKEN: Final = 20
MOST_MILLISECONDS: Final = 60
TIMES_FASTER: Final = 10
SCORES: Final = {f"N{n}": 4 for n in range(1, 7)} | {"effect": 4, "feasibility": 4}


def holder(post: Post, at: datetime = AT) -> User:
    """Who acts for a post."""
    return holders_of([post.pk], at.date())[post.pk][0].person


def submitted(**more: Any) -> Project:
    """A case on its way, waiting for the head of its section."""
    post = Post.objects.select_related("section").get(code="LEADER-SHIMIN")
    by = holder(post)
    project = cases.start_draft(by=by, post=post, at=AT, **SHEET, **more)
    engine.submit(project=project, draft_version=project.draft_version, by=by, at=AT)
    return Project.objects.get(pk=project.pk)


def open_slots(project: Project) -> list[Slot]:
    """What the case waits for."""
    waiting = Slot.objects.filter(step_run__project=project, state="OPEN")
    return list(waiting.select_related("post", "step_run__revision").order_by("pk"))


def say(
    slot: Slot,
    project: Project,
    outcome: Outcome,
    scores: dict[str, int],
    by: User | None = None,
) -> None:
    """Answer as the holder of the slot's post."""
    revision = slot.step_run.revision
    assert revision is not None
    engine.decide(
        project=project,
        slot_id=slot.pk,
        revision_hash=revision.content_hash,
        outcome=outcome,
        answer=Answer(comment="確認した。", scores=scores),
        by=by or holder(slot.post),
        at=AT,
    )


def in_review() -> Project:
    """A case that six reviewers are asked about."""
    project = submitted(**ROUTES["RT2"])
    for outcome in (Outcome.APPROVED, Outcome.RECEIVED):
        say(open_slots(project)[0], project, outcome, {})
    return project


def score(project_id: int, slot_id: int, by_id: int) -> float:
    """Milliseconds in which a reviewer scores, at the engine's door."""
    project, by = Project.objects.get(pk=project_id), User.objects.get(pk=by_id)
    slot = Slot.objects.select_related("post", "step_run__revision").get(pk=slot_id)
    together.wait()
    began = time.perf_counter()
    say(slot, project, Outcome.SCORED, SCORES, by)
    return (time.perf_counter() - began) * 1000


def complete(task_id: int, process_id: int, by_id: int) -> float:
    """The same with viewflow's own lock and activation: find, assign, start, execute."""
    by = User.objects.get(pk=by_id)
    together.wait()
    began = time.perf_counter()
    with StockFlow.lock(process_id), transaction.atomic():
        task = Task.objects.get(pk=task_id)
        activation = task.flow_task.activation_class(task)
        activation.assign(by)
        activation.start(None)
        activation.execute()
    return (time.perf_counter() - began) * 1000


VERBS: Final = {"ours": score, "stock": complete}

together: Barrier
"""Both workers stand here before they begin."""


def work(calls: Connection, barrier: Barrier) -> None:
    """A worker of a web server: one process with a connection that stays open."""
    global together  # noqa: PLW0603 -- of this process alone
    together = barrier
    while (call := calls.recv()) is not None:
        name, arguments = call
        calls.send(VERBS[name](*arguments))


@contextmanager
def workers() -> Iterator[list[Connection]]:
    """Two of them, ended afterwards."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    pipes = [spawn.Pipe() for _worker in range(2)]
    started = [spawn.Process(target=work, args=(theirs, barrier)) for _mine, theirs in pipes]
    for process in started:
        process.start()
    yield [mine for mine, _theirs in pipes]
    for mine, _theirs in pipes:
        mine.send(None)
    for process in started:
        process.join()


def at_once(doing: list[Connection], name: str, calls: list[tuple[int, int, int]]) -> list[float]:
    """Milliseconds of two equal verbs that begin at the same moment."""
    for worker, arguments in zip(doing, calls, strict=True):
        worker.send((name, arguments))
    return [worker.recv() for worker in doing]


def stock_tasks() -> tuple[int, list[int]]:
    """A stock process with its six open tasks."""
    process = StockFlow.submit.run()
    tasks = Task.objects.filter(process=process.pk, flow_task_type="HUMAN").order_by("pk")
    return process.pk, list(tasks.values_list("pk", flat=True))


def pairs() -> dict[str, dict[str, float]]:
    """Both engines in turn, two pairs a process, so that neither pair closes the step."""
    people = list(User.objects.order_by("pk")[:2])
    took: dict[str, list[float]] = {"ours": [], "stock": []}
    with workers() as doing:
        for round_number in range(PAIRS // 2 + 1):
            project = in_review()
            slots = open_slots(project)
            process, tasks = stock_tasks()
            for first in (0, 2):
                mine = [(project.pk, each.pk, holder(each.post).pk) for each in slots[first:][:2]]
                pair = zip(tasks[first : first + 2], people, strict=True)
                ours = at_once(doing, "ours", mine)
                stock = at_once(doing, "stock", [(task, process, by.pk) for task, by in pair])
                if round_number:  # the first round opens connections and prepares statements
                    took["ours"] += ours
                    took["stock"] += stock
    return {name: figures(values) for name, values in took.items()}


def figures(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    cuts = statistics.quantiles(values, n=20)
    return {"p50_ms": round(statistics.median(values), 1), "p95_ms": round(cuts[18], 1)}


def pull_backs() -> int:
    """The longest token after a case was approved and pulled back many times."""
    project = submitted(**ROUTES["RT2"])
    for _round in range(PULL_BACKS):
        slot = open_slots(project)[0]
        assert slot.step_run.kind == StepKind.CONFIRMATION
        say(slot, project, Outcome.APPROVED, {})
        engine.pull_back(project=project, by=holder(slot.post), at=AT)
    process = Run.objects.get(project=project).process_id
    tasks = Task.objects.filter(process=process).annotate(length=Length("token"))
    longest: int = tasks.aggregate(longest=Max("length"))["longest"]
    return longest


def main() -> int:
    """Measure on the database of DATABASE_URL; 1 when a bar is missed."""
    call_command("migrate", verbosity=0)
    call_command("load_demo", "--at", "2026-04-03T08:30")
    measured = pairs()
    token = pull_backs()
    ratio = round(measured["stock"]["p95_ms"] / measured["ours"]["p95_ms"], 1)
    result = {
        "database": connection.vendor,
        "pairs": PAIRS,
        **measured,
        "p95_times_faster": ratio,
        "longest_token_after_pull_backs": token,
        "pull_backs": PULL_BACKS,
    }
    print(json.dumps(result, ensure_ascii=False))
    quick = measured["ours"]["p95_ms"] <= MOST_MILLISECONDS or ratio >= TIMES_FASTER
    return 0 if quick and token <= LONGEST_TOKEN else 1


if __name__ == "__main__":
    sys.exit(main())
