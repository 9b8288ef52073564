"""Our own nodes: a human task without a view, a split over many, a gate that asks the run.

Callbacks of flows get no clock and no actor, and they need none: the verbs have written who is
asked next before the engine moves. A gate reads where the run stands; nothing else.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from viewflow import this
from viewflow.workflow import STATUS, Activation, FlowRuntimeError, Token, flow
from viewflow.workflow.base import Edge, Node
from viewflow.workflow.nodes import JoinActivation, View, ViewActivation
from viewflow.workflow.nodes.start import StartHandleActivation

from workflow.enums import SlotState
from workflow.models import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class StationActivation(ViewActivation):
    """A task that a post holds until somebody acts; then ``owner`` says who it was."""

    @Activation.status.transition(source=STATUS.NEW, target=STATUS.ASSIGNED)
    def assign(self, user: Any) -> None:
        """Remember who acts; saved once, with the completion."""
        self.task.owner = user

    @Activation.status.transition(
        source=[STATUS.NEW, STATUS.ASSIGNED, STATUS.STARTED], target=STATUS.CANCELED
    )
    def cancel(self) -> None:
        """Nobody is asked any more."""
        super().cancel.original()

    def prepare_revived_task(self, task: Any) -> None:
        """Revive is never offered; if called by hand it may not open the task to everybody."""
        raise FlowRuntimeError("tasks are not revived: use reopen")


class Station(View):
    """A human task without view and URLs: ``workflow.engine`` is the only door to it."""

    activation_class = StationActivation
    _owner_permission_obj = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(None, **kwargs)

    def can_execute(self, user: Any, task: Any) -> bool:
        """Rights are asked of ``workflow.access``; viewflow's own screens are not mounted."""
        return False

    def can_assign(self, user: Any, task: Any) -> bool:
        """See ``can_execute``."""
        return False


class BeginActivation(StartHandleActivation):
    """The start of a process whose row the verb has just written: nobody else can know it."""

    @Activation.status.super()
    def execute(self) -> None:
        """Neither saved again nor locked."""
        self.complete()
        self.activate_next()


class Begin(flow.StartHandle):
    """Where a process begins; its callback writes the process and ties it to its run."""

    activation_class = BeginActivation


class PassingActivation(Activation):
    """A node at which nobody waits: its row is written once, done."""

    @classmethod
    def create(
        cls, flow_task: Any, prev_activation: Any, token: Any, data: Any = None, seed: Any = None
    ) -> Any:
        """What the node decides, ``create_next`` does."""
        task = _row(flow_task, prev_activation.process, token, status=STATUS.DONE)
        task.finished = task.created
        task.save()
        task.previous.add(prev_activation.task)
        return cls(task)


def _row(node: Any, process: Any, token: Any, **fields: Any) -> Any:
    return node.flow_class.task_class(
        process=process,
        flow_task=node,
        flow_task_type=node.task_type,
        token=token,
        data={},
        **fields,
    )


class SplitEachActivation(PassingActivation):
    """Splits into one task a seed, and a straight branch to the Join."""

    @Activation.status.super()
    def create_next(self) -> Iterator[Activation]:
        """Two statements, however many are asked. A region that would ask nobody is refused.

        The Join's row waits from the opening; its activation is made when the first task arrives.
        """
        tokens = Token.split_token_source(self.task.token, self.task.pk)
        asked, joins = [], []
        for node, seeds in self.flow_task.each:
            if seeds is None:
                join = _row(node, self.process, self.task.token, status=STATUS.STARTED)
                join.started = join.created
                joins.append(join)
                continue
            found = [_row(node, self.process, next(tokens), seed=seed) for seed in seeds(self)]
            if not found:
                raise FlowRuntimeError(f"{self.flow_task.name} would ask nobody")
            asked += found
        self._write([*asked, *joins])
        for task in asked:
            yield task.flow_task.activation_class(task)

    def _write(self, tasks: list[Any]) -> None:
        task_class = self.flow_class.task_class
        task_class._default_manager.bulk_create(tasks)  # noqa: SLF001 -- documented by Django
        led_to = task_class.previous.through
        led_to._default_manager.bulk_create(  # noqa: SLF001 -- as above
            led_to(from_task=task, to_task=self.task) for task in tasks
        )


class SplitEach(flow.Split):
    """A parallel gateway over as many tasks as there are seeds."""

    activation_class = SplitEachActivation

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.each: list[tuple[Any, Callable[[Any], Any] | None]] = []

    def For(self, node: Any, seeds: Any) -> SplitEach:  # noqa: N802 -- viewflow's fluent style
        """One task of ``node`` for each seed."""
        self.each.append((node, seeds))
        return self

    def Next(self, node: Any, case: Any = None) -> SplitEach:  # noqa: N802 -- its signature
        """A straight branch, so that the Join exists from the opening."""
        self.each.append((node, None))
        return self

    def _outgoing(self) -> Iterator[Edge]:
        for node, seeds in self.each:
            yield Edge(src=self, dst=node, edge_class="cond_true" if seeds else "default")

    def _resolve(self, instance: Any) -> None:
        Node._resolve(self, instance)  # noqa: SLF001 -- Split._resolve unpacks its own rows
        self.each = [
            (this.resolve(instance, node), this.resolve(instance, seeds))
            for node, seeds in self.each
        ]

    @property
    def _branches(self) -> list[tuple[Any, None, None, Any]]:
        return [(node, None, None, seeds) for node, seeds in self.each]


class RegionActivation(JoinActivation):
    """Asks the step that a task came from, not tokens and tasks, whether it waits for somebody."""

    arrived: Any = None

    @classmethod
    def create(
        cls, flow_task: Any, prev_activation: Any, token: Any, data: Any = None, seed: Any = None
    ) -> Any:
        """Arrive at the one row that the split has written."""
        waiting = prev_activation.process.task_set.filter(flow_task=flow_task)
        task = waiting.get(status=STATUS.STARTED)
        task.previous.add(prev_activation.task)
        activation = cls(task)
        activation.arrived = prev_activation.task
        return activation

    def is_done(self) -> bool:
        """Pure, as viewflow's own, which looks through tasks where nobody arrives."""
        if self.arrived is None:
            done: bool = super().is_done()
            return done
        asked = Slot.objects.filter(
            step_run__slots=self.arrived.seed_object_id, state=SlotState.OPEN
        )
        return not asked.exists()


class Region(flow.Join):
    """The end of a ``SplitEach``."""

    activation_class = RegionActivation


class GateActivation(PassingActivation):
    """Follows the branch whose key the selector names."""

    @Activation.status.super()
    def create_next(self) -> Iterator[Activation]:
        """Ask once where the run stands: the one branch, on the same token."""
        key = self.flow_task.selector(self)
        node = self.flow_task.branches.get(key)
        if node is None:
            raise FlowRuntimeError(f"{self.flow_task.name} has no way to {key!r}")
        yield node._create(self, self.task.token)  # noqa: SLF001


class Gate(flow.Switch):
    """A gateway with named ways: one query instead of one a case."""

    activation_class = GateActivation

    def __init__(self, selector: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.selector = selector
        self.branches: dict[str, Any] = {}

    def Way(self, key: str, node: Any) -> Gate:  # noqa: N802 -- viewflow's fluent style
        """Where the run goes when the selector answers ``key``."""
        self.branches = {**self.branches, str(key): node}
        return self

    def bpmn_attrs(self) -> dict[str, str]:
        """No default branch: an unknown answer is an error."""
        return {}

    def _outgoing(self) -> Iterator[Edge]:
        for node in self.branches.values():
            yield Edge(src=self, dst=node, edge_class="cond_true")

    def _resolve(self, instance: Any) -> None:
        Node._resolve(self, instance)  # noqa: SLF001 -- Switch._resolve unpacks its own rows
        self.selector = this.resolve(instance, self.selector)
        self.branches = {key: this.resolve(instance, node) for key, node in self.branches.items()}


def scrub(sender: object, process: object, task: Any, **kwargs: object) -> None:
    """viewflow stores the locals of a failing frame: keep the name of the error, nothing else.

    The name is that of the exception in the air; what viewflow wrote about it may quote a case.
    """
    if "_exception" not in (task.data or {}):
        return
    error = sys.exc_info()[0]
    title = error.__name__ if error else ""
    task.data["_exception"] = {"title": title, "traceback": "", "locals": {}}
    task.save(update_fields=["data"])
