"""The one statement of the inbox: its parts, and how they are put together for a person.

Every part has the width of ``COLUMNS``; ``nulls`` fills it up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.utils.timezone import localdate

from bpr_projects.access import AUTHORING
from roles.enums import Basis
from workflow.access.conflicts import INTERESTED
from workflow.enums import DECIDING_KINDS, GONE, OWN_WORK, StepKind
from workflow.inbox.sieve import DUES, PUT_OFF, conditions_of, end_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from workflow.inbox.desk import Desk, Listing

CAP: Final = 100
"""Counts stop here: a badge says 99+."""

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
    "claimed_by",
    "claimer",
    "put_off",
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

CLAIM: Final = """LEFT JOIN workflow_claim c ON c.slot_id = w.slot_id AND EXISTS (
        SELECT 1 FROM roles_appointment k WHERE k.post_id = w.post_id
        AND k.person_id = c.person_id AND k.revoked_at IS NULL AND k.starts_on <= '{on}'
        AND (k.ends_on IS NULL OR k.ends_on > '{on}'))"""
"""Who sees to it, as long as that person holds the seat."""

ROWS: Final = """SELECT * FROM (
    SELECT 'item' AS tag, w.slot_id, w.post_id, w.project_id, w.kind, w.number, w.title,
        w.section_name, st.title AS step_title, w.standard_days, w.opened_at, w.due_at, w.due_sort,
        w.is_paused, s.id IS NOT NULL AS is_seen, p.stage, u.family_name AS proposer,
        (SELECT COUNT(*) FROM workflow_slot x
            WHERE x.step_run_id = w.step_run_id AND x.state NOT IN ({gone})) AS asked,
        (SELECT COUNT(*) FROM workflow_slot x
            WHERE x.step_run_id = w.step_run_id AND x.state NOT IN ('OPEN', {gone})) AS answered,
        r.kind AS run_kind, {next_kind} AS next_kind, {next_title} AS next_title,
        n.asked_at AS nudged_at, asker.family_name AS nudged_by,
        c.person_id AS claimed_by, claimer.family_name AS claimer,
        CAST(z.until AS varchar(10)) AS put_off
    FROM workflow_workitem w
    JOIN workflow_steprun st ON st.id = w.step_run_id
    JOIN workflow_run r ON r.id = st.run_id
    LEFT JOIN bpr_projects_project p ON p.id = w.project_id
    LEFT JOIN roles_user u ON u.id = p.proposer_id
    LEFT JOIN workflow_seen s ON s.slot_id = w.slot_id AND s.person_id = %s
    LEFT JOIN workflow_snooze z ON z.slot_id = w.slot_id AND z.person_id = %s
    {claim}
    LEFT JOIN roles_user claimer ON claimer.id = c.person_id
    LEFT JOIN workflow_nudge n ON n.id = (
        SELECT MAX(y.id) FROM workflow_nudge y WHERE y.slot_id = w.slot_id)
    LEFT JOIN roles_user asker ON asker.id = n.asked_by_id
    WHERE w.post_id = %s AND (w.due_sort, w.slot_id) > (%s, %s) AND {sieve}
        AND NOT {conflict} AND {admitted}
    ORDER BY w.due_sort, w.slot_id LIMIT {limit}) AS post_{post}"""

COUNTS: Final = """SELECT 'count', COUNT(*), {post}, SUM(hidden), NULL, NULL, NULL, NULL, NULL,
    SUM(CASE WHEN hidden = 0 THEN late ELSE 0 END), NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    SUM(CASE WHEN hidden + later = 0 THEN week ELSE 0 END),
    SUM(CASE WHEN hidden = 0 THEN later ELSE 0 END), NULL, NULL, NULL, NULL, NULL,
    SUM(CASE WHEN hidden + later = 0 THEN today ELSE 0 END), NULL, NULL
    FROM (SELECT CASE WHEN {conflict} THEN 1 ELSE 0 END AS hidden,
        CASE WHEN {put_off} THEN 1 ELSE 0 END AS later,
        CASE WHEN w.due_sort < %s AND NOT w.is_paused THEN 1 ELSE 0 END AS late,
        CASE WHEN w.due_sort < %s AND NOT w.is_paused THEN 1 ELSE 0 END AS today,
        CASE WHEN w.due_sort < %s AND NOT w.is_paused THEN 1 ELSE 0 END AS week
        FROM workflow_workitem w LEFT JOIN bpr_projects_project p ON p.id = w.project_id
        LEFT JOIN workflow_snooze z ON z.slot_id = w.slot_id AND z.person_id = %s
        WHERE w.post_id = %s AND {admitted}
        ORDER BY w.due_sort, w.slot_id LIMIT {cap}) AS waiting_{post}"""
"""A post's work: all, hidden for conflict, late, due this week, put later, due today."""

READINGS: Final = """SELECT 'readings', COUNT(*), {nulls} FROM (
    SELECT 1 AS one FROM workflow_reading WHERE read_at IS NULL AND post_id IN ({posts})
    LIMIT {cap}) AS unread"""

CLOSURES: Final = """SELECT 'closure', NULL, NULL, NULL, NULL, CAST(day AS varchar(10)), {nulls}
    FROM bpr_projects_closure"""

PRINCIPLES: Final = """SELECT 'principle', "order", NULL, NULL, NULL, code, name, {nulls}
    FROM bpr_projects_principle"""


CHOICES: Final = """SELECT 'area', "order", NULL, NULL, NULL, code, name, {nulls}
    FROM bpr_projects_area
    UNION ALL SELECT 'section', "order", NULL, NULL, NULL, code, name, {nulls} FROM roles_section
    UNION ALL SELECT 'saved', id, NULL, NULL, NULL, name, query, {nulls}
    FROM workflow_savedsieve WHERE person_id = %s"""
"""What the form of しぼり込み offers, and what the person saved of it."""


def nulls(already: int) -> str:
    """What fills a branch up to the width of the statement."""
    return ", ".join(["NULL"] * (len(COLUMNS) - already))


def statement(desk: Desk, listing: Listing | None) -> tuple[str, list[Any]]:
    """The UNION ALL and its parameters."""
    me, now, ends = desk.user.pk, *_clock(desk)
    conflict = conflict_of(desk)
    branches: list[str] = []
    parameters: list[Any] = []
    if listing is not None:
        sieve, values = conditions_of(listing.sieve, desk)
        after = [connection.ops.adapt_datetimefield_value(listing.after[0]), listing.after[1]]
        for post, admitted in _asked(desk, listing):
            rows = _Rows(desk, listing, sieve, conflict, admitted)
            branches.append(rows.of(post, len(branches)))
            parameters += [me, me, post, *after, *values]
    for post in desk.capacities:
        admitted = _admitted(desk, post)
        branches.append(
            COUNTS.format(post=post, conflict=conflict, admitted=admitted, put_off=PUT_OFF, cap=CAP)
        )
        parameters += [localdate(desk.at).isoformat(), now, *ends, me, post]
    if desk.capacities:
        posts = ", ".join(map(str, desk.capacities))
        branches.append(READINGS.format(posts=posts, cap=CAP, nulls=nulls(2)))
    branches += [CLOSURES.format(nulls=nulls(6)), PRINCIPLES.format(nulls=nulls(7))]
    if listing is not None and listing.with_choices:
        branches.append(CHOICES.format(nulls=nulls(7)))
        parameters.append(me)
    return " UNION ALL ".join(branches), parameters


def _clock(desk: Desk) -> tuple[Any, list[Any]]:
    """The moment, and the moments before which work is late, due today and due this week."""
    adapt = connection.ops.adapt_datetimefield_value
    return adapt(desk.at), [adapt(end_of(due, desk.at)) for due in DUES]


def _asked(desk: Desk, listing: Listing) -> list[tuple[int, str]]:
    """The posts whose rows are wanted, and which of them: all of the bases, or the chosen one."""
    asked = [
        (post, _admitted(desk, post))
        for post, each in desk.capacities.items()
        if each.basis in listing.bases
    ]
    if Basis.ACTING in listing.bases:
        asked += [
            (post, STOOD_IN.format(slots=_listed(slots))) for post, slots in desk.stood_in.items()
        ]
    return [each for each in asked if listing.sieve.post in (None, each[0])]


def conflict_of(desk: Desk) -> str:
    """The condition on ``w`` and its case ``p`` that this person may not answer for conflict."""
    deputised = desk.posts(Basis.DEPUTY)
    single = [pk for pk in desk.posts(Basis.OWN) if not desk.capacities[pk].post.is_shared]
    return CONFLICT.format(
        own_kinds=OWN_KINDS,
        interested=INTERESTED_WORDS,
        authoring=AUTHORING_WORDS,
        persons=_persons(desk.user.pk, deputised, localdate(desk.at)),
        seats=_listed([*single, *deputised]),
    )


def _persons(me: int, deputised: list[int], on: date) -> str:
    if not deputised:
        return str(me)
    return PERSONS.format(me=me, deputised=_listed(deputised), on=on.isoformat())


def _listed(keys: Iterable[int]) -> str:
    return ", ".join(map(str, keys)) or "0"


def _admitted(desk: Desk, post: int) -> str:
    """The condition on ``w`` that its step lets this person answer for the post."""
    if desk.capacities[post].basis == Basis.OWN:
        return ANY_STEP
    return ADMITTED.format(deputy=DEPUTY[connection.vendor], deciding=DECIDING_WORDS)


@dataclass(frozen=True)
class _Rows:
    """The branch of the statement that lists the work of one post."""

    desk: Desk
    listing: Listing
    sieve: str
    conflict: str
    admitted: str

    def of(self, post: int, branch: int) -> str:
        pick = NEXT[connection.vendor]
        return ROWS.format(
            post=f"{post}_{branch}",
            conflict=self.conflict,
            admitted=self.admitted,
            sieve=self.sieve,
            limit=self.listing.limit + 1,
            gone=GONE_STATES,
            claim=CLAIM.format(on=localdate(self.desk.at).isoformat()),
            next_kind=pick.format("kind"),
            next_title=pick.format("title"),
        )
