"""Addresses of cases for rows: tens a page, so put together instead of reversed one by one.

``tests/workflow/test_inbox.py`` holds them equal to the URLconf.
"""

from __future__ import annotations

from django.urls import get_script_prefix

from workflow.enums import CYCLE_KINDS, StepKind


def case_url(reference: str, tail: str = "") -> str:
    """A page of a case."""
    return f"{get_script_prefix()}p/{reference}/{tail}"


def rule_url(number: str) -> str:
    """The page of a version of a route, from what work lists call it (``Route.number``)."""
    code, _dash, version = number.rpartition("-")
    return f"{get_script_prefix()}routes/{code}/{version}/"


def work_url(reference: str, kind: StepKind) -> str:
    """Where a task of this kind is done: the sheet, the OODA board or the decision panel."""
    if kind == StepKind.REVISION:
        return case_url(reference, "edit/")
    return case_url(reference, "ooda/" if kind in CYCLE_KINDS else "decide/")
