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
from viewflow.workflow.nodes import Join, JoinActivation, SplitActivation, View, ViewActivation

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


class SplitEachActivation(SplitActivation):
    """Splits into one task a seed, and a straight branch to each node without seeds."""

    @Activation.status.super()
    def activate(self) -> None:
        """Collect (node, seed); a region that would ask nobody is refused."""
        for node, seeds in self.flow_task.each:
            found = list(seeds(self)) if seeds else [None]
            if not found:
                raise FlowRuntimeError(f"{self.flow_task.name} would ask nobody")
            self.next_tasks += [(node, seed) for seed in found]

    @Activation.status.super()
    def create_next(self) -> Iterator[Activation]:
        """Tasks first, the Join last; each with its own token under the split's."""
        tokens = Token.split_token_source(self.task.token, self.task.pk)
        asked = [row for row in self.next_tasks if not isinstance(row[0], Join)]
        yield from self._create_all([(node, seed, next(tokens)) for node, seed in asked])
        for node, seed in self.next_tasks:
            if isinstance(node, Join):
                yield node._create(prev_activation=self, token=next(tokens), seed=seed)  # noqa: SLF001

    def _create_all(self, rows: list[tuple[Any, Any, Any]]) -> Iterator[Activation]:
        """``Activation.create`` for many tasks: two statements, however many are asked."""
        task_class = self.flow_class.task_class
        tasks = [
            task_class(
                process=self.process,
                flow_task=node,
                flow_task_type=node.task_type,
                token=token,
                data={},
                seed=seed,
            )
            for node, seed, token in rows
        ]
        task_class._default_manager.bulk_create(tasks)  # noqa: SLF001 -- documented by Django
        led_to = task_class.previous.through
        led_to._default_manager.bulk_create(  # noqa: SLF001 -- as above
            led_to(from_task=task, to_task=self.task) for task in tasks
        )
        for (node, _seed, _token), task in zip(rows, tasks, strict=True):
            yield node.activation_class(task)


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
    """Looks through tokens and tasks only when the step a task came from waits for nobody."""

    arrived: Any = None

    @classmethod
    def create(cls, flow_task: Any, prev_activation: Any, *args: Any, **kwargs: Any) -> Any:
        """Remember who came; both stand in one process, which was read already."""
        activation = super().create(flow_task, prev_activation, *args, **kwargs)
        activation.task.process = prev_activation.process
        activation.arrived = prev_activation.task
        return activation

    def is_done(self) -> bool:
        """Pure, as viewflow's own."""
        slot_id = self.arrived.seed_object_id if self.arrived is not None else None
        if slot_id is not None:
            asked = Slot.objects.filter(step_run__slots=slot_id, state=SlotState.OPEN)
            if asked.exists():
                return False
        done: bool = super().is_done()
        return done


class Region(flow.Join):
    """The end of a ``SplitEach``."""

    activation_class = RegionActivation


class GateActivation(Activation):
    """Follows the branch whose key the selector names."""

    next_node: Any = None

    @Activation.status.super()
    def activate(self) -> None:
        """Ask once where the run stands."""
        key = self.flow_task.selector(self)
        self.next_node = self.flow_task.branches.get(key)
        if self.next_node is None:
            raise FlowRuntimeError(f"{self.flow_task.name} has no way to {key!r}")

    @Activation.status.super()
    def create_next(self) -> Iterator[Activation]:
        """The one branch, on the same token."""
        yield self.next_node._create(self, self.task.token)  # noqa: SLF001


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
