"""What stands in each table of an office under load, as the database is asked to make it.

Words with a dollar are filled in by ``filling``; ``i`` is the case, ``k`` the seat that is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from viewflow.workflow import STATUS
from viewflow.workflow.models import Process, Task
from viewflow.workflow.status import PROCESS

from bpr_projects.enums import ParticipantReason, RevisionKind, Stage
from bpr_projects.models import Participant, Project, Revision
from workflow.enums import Mode, RunKind, RunState, SlotState, Station, StepKind
from workflow.models import Run, Slot, StepRun, WorkItem

if TYPE_CHECKING:
    from django.db.models import Model

RUNS: Final = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $runs)"
PLACES: Final = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $runs),
    k(k) AS (SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3),
    seats(post, person, n) AS (SELECT p.id, a.person_id, p."order"
        FROM roles_post p JOIN roles_appointment a ON a.post_id = p.id
        WHERE p.code LIKE '$code%'),
    place(i, k, post, person, named) AS (
        SELECT n.i, k.k, seats.post, seats.person, (n.i / $stride + k.k) % 2 = 0
        FROM n CROSS JOIN k JOIN seats ON seats.n = CASE
            WHEN k.k = 0 AND n.i % $stride = 0 AND n.i <= $stride * $items
            THEN n.i / $stride % $seats
            ELSE $seats + (n.i * $asked + k.k) % $others END)"""
"""Who is asked in which case: the measured person in forty that lie far apart."""

PLACE_ID: Final = "(i - 1) * $asked + k + 1"

INSERT: Final = "{rows} INSERT INTO {table} ({names}) SELECT {values} FROM {source}"
OPENED: Final = """workflow_slot s JOIN workflow_steprun t ON t.id = s.step_run_id
    JOIN bpr_projects_project p ON p.id = t.project_id
    JOIN roles_section c ON c.id = p.section_id WHERE s.id > $slot"""

INTO: Final[dict[type[Model], tuple[str, str, dict[str, str]]]] = {
    Process: (
        RUNS,
        "n",
        {
            "id": "$process + i",
            "flow_class": "'$flow'",
            "status": f"'{PROCESS.NEW}'",
            "created": "$opened",
            "data": "'{}'",
        },
    ),
    Project: (
        RUNS,
        "n",
        {
            "id": "$project + i",
            "number": "'R8-' || CAST($number + $cases + i AS varchar(8))",
            "title": "'窓口の書類をなくす ' || CAST($cases + i AS varchar(8))",
            "stage": f"'{Stage.DELIBERATION}'",
            "section_id": "$section",
            "proposer_id": "$proposer",
            "proposer_post_id": "$proposing",
            "sheet": "'$sheet'",
            "draft_version": "1",
            "revision_id": "$revision + i",
            "is_confidential": "FALSE",
            "created_at": "$opened",
            "updated_at": "$moved",
            "submitted_at": "$opened",
        },
    ),
    Revision: (
        RUNS,
        "n",
        {
            "id": "$revision + i",
            "project_id": "$project + i",
            "kind": f"'{RevisionKind.PROJECT}'",
            "number": "1",
            "title": "'窓口の書類をなくす ' || CAST($cases + i AS varchar(8))",
            "sheet": "'$sheet'",
            "content_hash": "'$mark'",
            "created_by_id": "$proposer",
            "created_at": "$opened",
        },
    ),
    Run: (
        RUNS,
        "n",
        {
            "id": "$run + i",
            "process_id": "$process + i",
            "kind": f"'{RunKind.PROJECT}'",
            "state": f"'{RunState.OPEN}'",
            "project_id": "$project + i",
            "revision_id": "$revision + i",
            "route_reason": "''",
            "plan": "'$plan'",
            "position": "1",
            "round": "1",
            "step_id": "$step + i",
            "started_by_id": "$proposer",
            "started_at": "$opened",
        },
    ),
    StepRun: (
        RUNS,
        "n",
        {
            "id": "$step + i",
            "run_id": "$run + i",
            "project_id": "$project + i",
            "revision_id": "$revision + i",
            "kind": f"'{StepKind.CONCURRENCE}'",
            "station": f"'{Station.HEADQUARTERS}'",
            "title": "'合議'",
            "position": "1",
            "round": "1",
            "attempt": "1",
            "snapshot": "'$snapshot'",
            "mode": f"'{Mode.ALL}'",
            "quorum": "1",
            "standard_days": "3",
            "held_days": "0",
            "opened_at": "$opened",
            "due_at": "$due",
            "outcome": "''",
            "note": "''",
        },
    ),
    Task: (
        PLACES,
        "place",
        {
            "id": f"$task + {PLACE_ID}",
            "flow_task": "'$station'",
            "flow_task_type": "'HUMAN'",
            "status": f"CASE WHEN named THEN '{STATUS.ASSIGNED}' ELSE '{STATUS.NEW}' END",
            "created": "$opened",
            "token": "'start'",
            "owner_id": "CASE WHEN named THEN person END",
            "owner_permission": "CASE WHEN NOT named THEN 'workflow.${permission}_' || $post END",
            "process_id": "$process + i",
            "data": "'{}'",
        },
    ),
    Slot: (
        PLACES,
        "place",
        {
            "id": f"$slot + {PLACE_ID}",
            "step_run_id": "$step + i",
            "post_id": "post",
            "state": f"'{SlotState.OPEN}'",
            "opened_at": "$opened",
            "task_id": f"$task + {PLACE_ID}",
        },
    ),
    Participant: (
        PLACES,
        "place",
        {
            "id": f"$participant + {PLACE_ID}",
            "project_id": "$project + i",
            "post_id": "post",
            "revision_id": "$revision + i",
            "reason": f"'{ParticipantReason.STEP}'",
            "since": "$opened",
        },
    ),
    WorkItem: (
        "",
        OPENED,
        {
            "slot_id": "s.id",
            "post_id": "s.post_id",
            "project_id": "p.id",
            "revision_id": "t.revision_id",
            "step_run_id": "t.id",
            "kind": "t.kind",
            "number": "p.number",
            "title": "p.title",
            "section_name": "c.name",
            "standard_days": "t.standard_days",
            "opened_at": "s.opened_at",
            "due_at": "t.due_at",
            "due_sort": "t.due_at",
            "is_paused": "FALSE",
        },
    ),
}
"""Model -> the rows that the database makes, and what stands in each column of its table."""
