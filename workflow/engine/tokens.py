"""What viewflow does for a verb: finish a task, add one, cancel, reopen, poke a Join."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from viewflow.workflow import STATUS, Token
from viewflow.workflow.models import Task

from workflow.engine.locking import FLOWS
from workflow.models import Slot

if TYPE_CHECKING:
    from roles.models import User
    from workflow.actions.acts import Act
    from workflow.models import Decision, Run


def _activation_of(task: Task, run: Run) -> Any:
    """The task with the run as the verb has just changed it: gates and splits ask that one."""
    task.process.run = run
    return task.flow_task.activation_class(task)


def execute(slot: Slot, by: User) -> None:
    """Let viewflow finish the slot's task and create what its gates say."""
    task = Task.objects.select_related("process").get(pk=slot.task_id)
    activation = _activation_of(task, slot.step_run.run)
    activation.assign(by)
    activation.start(None)
    activation.execute()


def go_on(slot: Slot, act: Act, *, finished: bool) -> None:
    """Follow what the verb did with a slot: its task is done, is somebody else's, or waits."""
    if finished:
        execute(slot, act.by)
    elif act.asked:
        hand_over(slot)


def hand_over(left: Slot) -> None:
    """Whoever is asked instead takes over the task of the place that was left.

    No token moves, so a region, its Join and a station without a split are all alike: the task
    waits for an answer, and only whom it asks has changed.
    """
    place = Slot.objects.get(replaces=left)
    asked = Task.objects.filter(pk=left.task_id, seed_object_id=left.pk)
    asked.update(seed_object_id=place.pk)


def cancel_tasks(run: Run) -> None:
    """Cancel every open task of a process, the Join included."""
    open_tasks = Task.objects.filter(process=run.process_id).exclude(
        status__in=[STATUS.DONE, STATUS.CANCELED, STATUS.REVIVED]
    )
    for task in open_tasks:
        task.flow_task.activation_class(task).cancel()


def reopen(run: Run, last: Decision) -> None:
    """Enter the fixed node ``reopen``; its token is the top one, so tokens never grow."""
    flow_class = FLOWS[run.kind]
    if last.slot_id is None:
        done = Task.objects.get(process=run.process_id, flow_task=flow_class.submit)
    else:
        done = Task.objects.get(pk=last.slot.task_id)  # type: ignore[union-attr]
    activation = _activation_of(done, run)
    entered = flow_class.reopen._create(activation, token=Token("start"))  # noqa: SLF001
    activation._activate_next({entered})  # noqa: SLF001


def poke_join(run: Run) -> None:
    """The region was closed by hand: its Join lets go of the tasks that are left."""
    join = Task.objects.get(process=run.process_id, flow_task_type="JOIN", status=STATUS.STARTED)
    activation = _activation_of(join, run)
    activation.complete()
    activation.activate_next()
