"""Node names are a data format, and the arrows are the design's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from viewflow.workflow import lock
from viewflow.workflow.flow import Join
from viewflow.workflow.nodes import View

from workflow.flows import ApprovalFlow, CycleFlow, ProjectFlow
from workflow.nodes import Gate, SplitEach, Station

FLOWS: list[Any] = [ProjectFlow, ApprovalFlow, CycleFlow]
REGISTER = Path(settings.BASE_DIR) / "docs" / "released_nodes.txt"

ARROWS: dict[Any, dict[str, set[str]]] = {
    ProjectFlow: {
        "submit": {"first_gate"},
        "first_gate": {"line_split"},
        "line_split": {"line", "line_join"},
        "line": {"line_join"},
        "line_join": {"line_gate"},
        "line_gate": {
            "line_split",
            "reception",
            "review_split",
            "referral",
            "step_split",
            "revise",
        },
        "reception": {"reception_gate"},
        "reception_gate": {"review_split", "referral", "step_split", "revise"},
        "review_split": {"review", "review_join"},
        "review": {"review_join"},
        "review_join": {"review_gate"},
        "review_gate": {"referral", "step_split"},
        "referral": {"referral_gate"},
        "referral_gate": {"step_split", "review_split", "revise"},
        "step_split": {"act", "step_join"},
        "act": {"step_join"},
        "step_join": {"step_gate"},
        "step_gate": {
            "step_split",
            "review_split",
            "referral",
            "revise",
            "adopted",
            "not_adopted",
        },
        "revise": {"revise_gate"},
        "revise_gate": {"line_split", "reception", "review_split", "referral", "step_split"},
        "reopen": {"line_split", "reception", "referral", "step_split", "revise"},
        "adopted": set(),
        "not_adopted": set(),
    },
    ApprovalFlow: {
        "submit": {"first_gate"},
        "first_gate": {"step_split"},
        "step_split": {"act", "step_join"},
        "act": {"step_join"},
        "step_join": {"step_gate"},
        "step_gate": {"step_split", "revise", "adopted", "not_adopted"},
        "revise": {"step_gate"},
        "reopen": {"step_split", "revise"},
        "adopted": set(),
        "not_adopted": set(),
    },
    CycleFlow: {
        "begin": {"observe"},
        "observe": {"orient"},
        "orient": {"decide"},
        "decide": {"decide_gate"},
        "decide_gate": {"act", "headquarters"},
        "headquarters": {"answer_gate"},
        "answer_gate": {"act", "decide"},
        "act": {"finished"},
        "reopen": {"decide"},
        "finished": set(),
    },
}


def name_of(flow: Any) -> str:
    return str(flow.__name__)


def nodes_of(flow: Any) -> list[Any]:
    return list(flow.instance.nodes())


@pytest.mark.parametrize("flow", FLOWS, ids=name_of)
def test_the_arrows_are_those_of_the_design(flow: Any) -> None:
    arrows = {node.name: {edge.dst.name for edge in node._outgoing()} for node in nodes_of(flow)}

    assert arrows == ARROWS[flow]


def test_released_node_names_neither_vanish_nor_appear_unseen() -> None:
    lines = REGISTER.read_text(encoding="utf-8").splitlines()
    released = [line for line in lines if line and not line.startswith("#")]

    present = [f"workflow/flows.{flow.__name__}.{n.name}" for flow in FLOWS for n in nodes_of(flow)]

    assert sorted(released) == sorted(present)
    assert len(set(released)) == len(released)


@pytest.mark.parametrize("flow", FLOWS, ids=name_of)
def test_every_flow_waits_for_the_row_of_its_process(flow: Any) -> None:
    lock_impl = flow.lock_impl

    assert isinstance(lock_impl, lock.SelectForUpdateLock)
    assert (lock_impl.nowait, lock_impl.attempts) == (False, 1)


@pytest.mark.parametrize("flow", FLOWS, ids=name_of)
def test_people_are_asked_by_our_own_nodes_only(flow: Any) -> None:
    for node in nodes_of(flow):
        assert not isinstance(node, View) or type(node) is Station


@pytest.mark.parametrize("flow", FLOWS, ids=name_of)
def test_a_region_is_left_through_its_join(flow: Any) -> None:
    for node in nodes_of(flow):
        if not isinstance(node, SplitEach):
            continue
        tasks = {target for target, seeds in node.each if seeds}
        [join] = [target for target, seeds in node.each if not seeds]
        assert isinstance(join, Join)
        assert {edge.dst for task in tasks for edge in task._outgoing()} == {join}


@pytest.mark.parametrize("flow", FLOWS, ids=name_of)
def test_only_gates_and_splits_have_several_ways(flow: Any) -> None:
    for node in nodes_of(flow):
        if len(list(node._outgoing())) > 1:
            assert isinstance(node, Gate | SplitEach)


def test_flows_do_not_inherit_from_each_other() -> None:
    parents = [parent for flow in FLOWS for parent in flow.__mro__ if parent in FLOWS]

    assert parents == FLOWS
