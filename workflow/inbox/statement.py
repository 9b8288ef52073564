"""The parts of the one statement of the inbox. ``desk`` fills in whom it asks for.

Every part has the width of ``COLUMNS``; ``nulls`` fills it up.
"""

from __future__ import annotations

from typing import Final

from bpr_projects.access import AUTHORING
from workflow.access.conflicts import INTERESTED
from workflow.enums import DECIDING_KINDS, GONE, OWN_WORK, StepKind

COLUMNS: Final = (
    "tag",
    "slot_id",
    "post_id",
    "project_id",
    "kind",
    "number",
    "title",
    "section_name",
    "step_title",
    "standard_days",
    "opened_at",
    "due_at",
    "due_sort",
    "is_paused",
    "is_seen",
    "stage",
    "proposer",
    "asked",
    "answered",
    "run_kind",
    "next_kind",
    "next_title",
    "nudged_at",
    "nudged_by",
)

AFTER: Final = f"""(CASE WHEN w.kind = '{StepKind.REVISION.value}' AND w.project_id IS NULL
    THEN 0 ELSE r.position + 1 END)"""
"""Where the next step stands in the plan, which begins again after the correction of a rule."""

NEXT: Final = {
    "sqlite": f"json_extract(r.plan, '$[' || {AFTER} || '].{{}}')",
    "postgresql": f"r.plan -> {AFTER} ->> '{{}}'",
}
"""How a database picks a field of the plan's next step."""

OWN_KINDS: Final = ", ".join(f"'{kind.value}'" for kind in sorted(OWN_WORK))
INTERESTED_WORDS: Final = ", ".join(f"'{outcome.value}'" for outcome in INTERESTED)
GONE_STATES: Final = ", ".join(f"'{state.value}'" for state in sorted(GONE))
AUTHORING_WORDS: Final = ", ".join(f"'{codename}'" for codename in AUTHORING)

CONFLICT: Final = """(w.kind NOT IN ({own_kinds}) AND (
    COALESCE(p.proposer_id, -1) IN ({persons}) OR COALESCE(p.proposer_post_id, -1) IN ({seats})
    OR COALESCE(w.project_id, -1) IN (
        SELECT g.content_object_id FROM bpr_projects_projectuserobjectpermission g
        JOIN auth_permission a ON a.id = g.permission_id AND a.codename IN ({authoring})
        WHERE g.user_id IN ({persons}))
    OR COALESCE(w.revision_id, 0) IN (
        SELECT v.id FROM bpr_projects_revision v WHERE v.created_by_id IN ({persons}))
    OR w.step_run_id IN (
        SELECT c.id FROM workflow_route_authors x
        JOIN workflow_run q ON q.rule_id = x.route_id AND q.state = 'OPEN'
        JOIN workflow_steprun c ON c.run_id = q.id AND c.closed_at IS NULL
        WHERE x.user_id IN ({persons}))
    OR w.step_run_id IN (
        SELECT c.id FROM workflow_decision d
        JOIN workflow_steprun c ON c.run_id = d.run_id AND c.closed_at IS NULL
        WHERE d.decided_by_id IN ({persons}) AND d.outcome IN ({interested}))))"""
"""The rule of ``access.conflicts`` for one reader: nobody decides on what they proposed, or where
they stepped aside.

``persons``: the reader and those whose seats the reader deputises. ``seats``: what makes the
reader the author's deputy, or the holder of the proposing seat. What is asked beside ``w`` and
``p`` begins at the reader, and is read once however long the list is.
"""

DEPUTY: Final = {
    "sqlite": "json_extract(b.snapshot, '$.deputy')",
    "postgresql": "b.snapshot ->> 'deputy'",
}
"""How a database reads who may stand in from the snapshot of a step."""

ANY_STEP: Final = "1 = 1"
DECIDING_WORDS: Final = ", ".join(f"'{kind.value}'" for kind in sorted(DECIDING_KINDS))
ADMITTED: Final = """(w.kind NOT IN ({deciding}) AND NOT EXISTS (SELECT 1 FROM workflow_steprun b
    WHERE b.id = w.step_run_id AND {deputy} = 'NEVER'))"""
"""The rule of ``DeputyPolicy.admits`` for a post that the reader deputises."""

STOOD_IN: Final = "w.slot_id IN ({slots})"
"""Decisions in which the reader stands in: ``access.standing`` has found which."""

PERSONS: Final = """SELECT {me} UNION SELECT h.person_id FROM roles_appointment h
    WHERE h.post_id IN ({deputised}) AND h.revoked_at IS NULL AND h.starts_on <= '{on}'
    AND (h.ends_on IS NULL OR h.ends_on > '{on}')"""

ROWS: Final = """SELECT * FROM (
    SELECT 'item' AS tag, w.slot_id, w.post_id, w.project_id, w.kind, w.number, w.title,
        w.section_name, st.title AS step_title, w.standard_days, w.opened_at, w.due_at, w.due_sort,
        w.is_paused, s.id IS NOT NULL AS is_seen, p.stage, u.family_name AS proposer,
        (SELECT COUNT(*) FROM workflow_slot x
            WHERE x.step_run_id = w.step_run_id AND x.state NOT IN ({gone})) AS asked,
        (SELECT COUNT(*) FROM workflow_slot x
            WHERE x.step_run_id = w.step_run_id AND x.state NOT IN ('OPEN', {gone})) AS answered,
        r.kind AS run_kind, {next_kind} AS next_kind, {next_title} AS next_title,
        n.asked_at AS nudged_at, asker.family_name AS nudged_by
    FROM workflow_workitem w
    JOIN workflow_steprun st ON st.id = w.step_run_id
    JOIN workflow_run r ON r.id = st.run_id
    LEFT JOIN bpr_projects_project p ON p.id = w.project_id
    LEFT JOIN roles_user u ON u.id = p.proposer_id
    LEFT JOIN workflow_seen s ON s.slot_id = w.slot_id AND s.person_id = %s
    LEFT JOIN workflow_nudge n ON n.id = (
        SELECT MAX(y.id) FROM workflow_nudge y WHERE y.slot_id = w.slot_id)
    LEFT JOIN roles_user asker ON asker.id = n.asked_by_id
    WHERE w.post_id = %s AND (w.due_sort, w.slot_id) > (%s, %s) AND {window}
        AND NOT {conflict} AND {admitted}
    ORDER BY w.due_sort, w.slot_id LIMIT {limit}) AS post_{post}"""

COUNTS: Final = """SELECT 'count', COUNT(*), {post}, SUM(hidden), NULL, NULL, NULL, NULL, NULL,
    SUM(late), NULL, NULL, NULL, NULL, NULL, NULL, NULL, SUM(week), NULL, NULL, NULL, NULL,
    NULL, NULL
    FROM (SELECT CASE WHEN {conflict} THEN 1 ELSE 0 END AS hidden,
        CASE WHEN w.due_sort < %s AND NOT w.is_paused THEN 1 ELSE 0 END AS late,
        CASE WHEN w.due_sort < %s AND NOT w.is_paused THEN 1 ELSE 0 END AS week
        FROM workflow_workitem w LEFT JOIN bpr_projects_project p ON p.id = w.project_id
        WHERE w.post_id = %s AND {admitted}
        ORDER BY w.due_sort, w.slot_id LIMIT {cap}) AS waiting_{post}"""

READINGS: Final = """SELECT 'readings', COUNT(*), {nulls} FROM (
    SELECT 1 AS one FROM workflow_reading WHERE read_at IS NULL AND post_id IN ({posts})
    LIMIT {cap}) AS unread"""

CLOSURES: Final = """SELECT 'closure', NULL, NULL, NULL, NULL, CAST(day AS varchar(10)), {nulls}
    FROM bpr_projects_closure"""

PRINCIPLES: Final = """SELECT 'principle', "order", NULL, NULL, NULL, code, name, {nulls}
    FROM bpr_projects_principle"""


def nulls(already: int) -> str:
    """What fills a branch up to the width of the statement."""
    return ", ".join(["NULL"] * (len(COLUMNS) - already))
