"""The work list against what it is drawn from: checking it, and writing it anew.

Truth is the open slot of an open step; a ``WorkItem`` mirrors it, a HUMAN task of viewflow
waits for it, and somebody holds its post today.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.timezone import localdate
from viewflow.workflow import STATUS
from viewflow.workflow.models import Task

from roles.models import holders_of
from workflow import access
from workflow.enums import GONE, OWN_WORK, Outcome, RunKind, RunState, SlotState
from workflow.models import FAR_FUTURE, Decision, Run, Slot, StepRun, WorkItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from roles.models import Capacity

BATCH: Final = 500
NO_HOLDER: Final = "slot-without-holder"
LEAVING: Final = (Outcome.RECUSED, Outcome.REASSIGNED)
OPEN_TASKS: Final = (STATUS.NEW, STATUS.ASSIGNED, STATUS.STARTED)
SPAN: Final = 5_000
"""So many keys of slots a batch covers: a part of a second, so that no verb waits long."""

STEP, RUN, CASE, RULE = (
    "step_run",
    "step_run__run",
    "step_run__run__project",
    "step_run__run__rule",
)
NOTHING: Final = Value("")
WRITTEN: Final[dict[str, Any]] = {
    "slot_id": "pk",
    "post_id": "post_id",
    "project_id": f"{RUN}__project_id",
    "revision_id": f"{RUN}__revision_id",
    "step_run_id": f"{STEP}_id",
    "kind": f"{STEP}__kind",
    "number": Case(
        When(**{f"{CASE}__isnull": False}, then=Coalesce(f"{CASE}__number", NOTHING)),
        When(
            **{f"{RULE}__isnull": False},
            then=Concat(f"{RULE}__code", Value("-"), Cast(f"{RULE}__version", CharField())),
        ),
        default=NOTHING,
    ),
    "title": Coalesce(f"{CASE}__title", f"{RUN}__revision__title", NOTHING),
    "section_name": Coalesce(f"{CASE}__section__name", NOTHING),
    "standard_days": f"{STEP}__standard_days",
    "opened_at": "opened_at",
    "due_at": f"{STEP}__due_at",
    "due_sort": Coalesce(f"{STEP}__due_at", Value(FAR_FUTURE)),
    "is_paused": Case(When(**{f"{STEP}__paused_since": None}, then=False), default=True),
}
"""Column -> what ``engine.work_item`` says of a slot; a test holds the two together."""

UPSERT: Final = (
    "INSERT INTO workflow_workitem ({columns}) {{rows}} ON CONFLICT (slot_id) DO UPDATE SET {fresh}"
).format(
    columns=", ".join(WRITTEN),
    fresh=", ".join(f"{name} = excluded.{name}" for name in WRITTEN if name != "slot_id"),
)


@dataclass(frozen=True)
class Fault:
    """One row that contradicts another."""

    rule: str
    row: int
    sentence: str


def open_slots() -> QuerySet[Slot]:
    """Who is asked and has not answered."""
    return Slot.objects.filter(state=SlotState.OPEN, step_run__closed_at=None)


def human_tasks() -> QuerySet[Any]:
    """Tasks that the engine waits for a person to do."""
    tasks: QuerySet[Any] = Task.objects.filter(flow_task_type="HUMAN", status__in=OPEN_TASKS)
    return tasks


def faults(at: datetime) -> Iterator[Fault]:
    """Every contradiction, rule by rule, each rule by row number."""
    for rule, (sentence, rows) in _rules().items():
        # Read at once: a cursor would be planned for its first rows, of which there are none.
        for row in rows.order_by("pk").values_list("pk", flat=True):
            yield Fault(rule, row, sentence % row)
    yield from _without_holder(at)


def _rules() -> dict[str, tuple[str, QuerySet[Any]]]:
    asked = open_slots().filter(step_run=OuterRef("pk"))
    task = human_tasks().filter(
        pk=OuterRef("task_id"), process=OuterRef("step_run__run__process_id")
    )
    same_task = Slot.objects.filter(pk__in=_shared_tasks())
    approval = Run.objects.filter(
        project=OuterRef("project"), kind=RunKind.APPROVAL, state=RunState.OPEN
    )
    waits = Q(kind=RunKind.CYCLE) & Exists(approval)
    step = StepRun.objects.filter(run=OuterRef("pk"), closed_at=None)
    return {
        "slot-in-closed-step": (
            "終わった段階に、未処理の席 #%s が残っています。",
            Slot.objects.filter(state=SlotState.OPEN).exclude(step_run__closed_at=None),
        ),
        "step-without-slot": (
            "進行中の段階 #%s に、未処理の席がありません。",
            StepRun.objects.filter(closed_at=None).exclude(Exists(asked)),
        ),
        "run-without-step": (
            "進行中の手続 #%s に、進行中の段階がありません。",
            Run.objects.filter(state=RunState.OPEN).exclude(Exists(step)).exclude(waits),
        ),
        "slot-without-item": (
            "未処理の席 #%s が、一覧にありません。",
            open_slots().filter(work_item=None),
        ),
        "item-without-slot": (
            "一覧の行 #%s に、未処理の席がありません。",
            WorkItem.objects.exclude(_is_asked()),
        ),
        "item-differs": (
            "一覧の行 #%s が、席の内容と違います。",
            WorkItem.objects.exclude(Exists(WorkItem.objects.filter(_agrees(), pk=OuterRef("pk")))),
        ),
        "slot-without-task": (
            "未処理の席 #%s に、エンジンのタスクがありません。",
            open_slots().exclude(Exists(task)),
        ),
        "left-without-record": (
            "離れた席 #%s に、辞退又は付替えの記録がありません。",
            Slot.objects.filter(state__in=GONE).exclude(
                Exists(Decision.objects.filter(slot=OuterRef("pk"), outcome__in=LEAVING))
            ),
        ),
        "slots-share-task": ("席 #%s のタスクを、別の席も指しています。", same_task),
        "task-without-slot": (
            "エンジンのタスク #%s に、未処理の席がありません。",
            human_tasks().exclude(Exists(open_slots().filter(task_id=OuterRef("pk")))),
        ),
    }


def _shared_tasks() -> QuerySet[Any, Any]:
    """Slots after the first one that name the same task."""
    earlier = open_slots().filter(task_id=OuterRef("task_id"), pk__lt=OuterRef("pk"))
    return open_slots().filter(Exists(earlier)).values("pk")


def _is_asked() -> Exists:
    """The slot of an item is open. Row by row: a list of a million keys fits no memory."""
    return Exists(open_slots().filter(pk=OuterRef("slot")))


def _agrees() -> Q:
    """The item says what its slot and step say."""
    step = "slot__step_run__"
    due = Q(due_at=F(f"{step}due_at")) | Q(due_at=None, **{f"{step}due_at": None})
    paused = Q(is_paused=True, **{f"{step}paused_since__isnull": False}) | Q(
        is_paused=False, **{f"{step}paused_since__isnull": True}
    )
    project = Q(project=F(f"{step}project")) | Q(project=None, **{f"{step}project": None})
    return (
        Q(post=F("slot__post"), step_run=F("slot__step_run"), kind=F(f"{step}kind"))
        & Q(opened_at=F("slot__opened_at"), due_sort=Coalesce(F("due_at"), FAR_FUTURE))
        & due
        & paused
        & project
    )


def _without_holder(at: datetime) -> Iterator[Fault]:
    """Open slots that nobody may answer today: by conflict, or as a deputy where none may act."""
    asked = open_slots().order_by("pk")
    posts = set(asked.order_by().values_list("post", flat=True).distinct())
    held = holders_of(posts, localdate(at))
    runs = asked.order_by().exclude(step_run__kind__in=OWN_WORK).values("step_run__run")
    conflicts = access.conflicted_by_run(runs, localdate(at))
    for slot in asked.select_related("step_run").iterator(BATCH):
        if not _able(slot, held[slot.post_id], conflicts) and not _stood_in(slot, localdate(at)):
            yield Fault(NO_HOLDER, slot.pk, f"未処理の席 #{slot.pk} に、担当者がいません。")


def _stood_in(slot: Slot, on: date) -> bool:
    """Whether somebody decides by the order of 代決."""
    return bool(access.standing_at([slot], on).get(slot.pk))


def _able(
    slot: Slot, held: Iterable[Capacity], conflicts: Mapping[int, frozenset[int]]
) -> frozenset[int]:
    step = slot.step_run
    excluded = frozenset() if step.kind in OWN_WORK else conflicts.get(step.run_id, frozenset())
    return frozenset(each.person.pk for each in held if step.admits(each.basis)) - excluded


def count_open() -> int:
    """How many slots wait."""
    return open_slots().aggregate(n=Count("pk"))["n"] or 0


def rebuild() -> tuple[int, int]:
    """Write the list anew in batches; returns rows written and rows taken away.

    Each batch is one statement over the slots that it writes. A slot that a verb holds at the
    moment is left out: that verb writes its own row. Readers see the old row or the new one, and
    wait for nobody.
    """
    last = Slot.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    written = sum(_rewrite(first) for first in range(0, last + 1, SPAN))
    return written, _sweep()


def _rewrite(first: int) -> int:
    """The rows of the open slots among so many keys; the database copies them."""
    slots = open_slots().filter(pk__gte=first, pk__lt=first + SPAN)
    rows = slots.order_by("pk").values_list(*WRITTEN.values())
    with transaction.atomic():
        sql, parameters = rows.select_for_update(
            of=("self",), skip_locked=True
        ).query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(UPSERT.format(rows=sql), parameters)
            return int(cursor.rowcount)


def _sweep() -> int:
    """Rows of slots that are answered; a slot never opens again."""
    taken = 0
    stale = WorkItem.objects.exclude(_is_asked()).order_by("pk")
    while batch := list(stale.values_list("pk", flat=True)[:BATCH]):
        taken += WorkItem.objects.filter(pk__in=batch).delete()[0]
    return taken
