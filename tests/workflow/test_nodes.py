"""What our nodes add to viewflow's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from viewflow.workflow import STATUS
from viewflow.workflow.context import Context
from viewflow.workflow.models import Task

from tests.make import a_project, the_slot

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = pytest.mark.django_db


def test_a_task_that_failed_keeps_the_name_of_the_error_and_no_text_of_the_case(
    office: City,
) -> None:
    case = a_project(title="書かない窓口の試行")
    task = Task.objects.get(pk=the_slot(case).task_id)
    activation = task.flow_task.activation_class(task)

    with Context(propagate_exception=False), activation.exception_guard():
        text = case.sheet["problem"]
        raise ValueError(f"{case.title}に書かれた文:\n{text}: {case.proposer.name}")

    task.refresh_from_db()
    assert task.status == STATUS.ERROR
    assert task.data == {"_exception": {"title": "ValueError", "traceback": "", "locals": {}}}
