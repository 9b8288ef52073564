"""The one statement of the inbox: its parts, and how they are put together for a person.

Every part has the width of ``COLUMNS``; ``nulls`` fills it up.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.utils.timezone import localdate
from psycopg.types.datetime import TimestamptzLoader

from bpr_projects.access import AUTHORING
from roles.enums import Basis
from workflow.access.conflicts import INTERESTED
from workflow.enums import DECIDING_KINDS, GONE, OWN_WORK, StepKind
from workflow.inbox.sieve import DUES, PUT_OFF, SEEN, conditions_of, end_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from workflow.inbox.desk import Desk, Listing

CAP: Final = 100
"""Counts stop here: a badge says 99+."""

UNREAD: Final = "unread"
"""Tag of the notices that the bell counts."""

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
    COALESCE(p.proposer_id, -1) {persons} OR COALESCE(p.proposer_post_id, -1) {seats}
    OR COALESCE(w.project_id, -1) IN (
        SELECT g.content_object_id FROM bpr_projects_projectuserobjectpermission g
        JOIN auth_permission a ON a.id = g.permission_id AND a.codename IN ({authoring})
        WHERE g.user_id {persons})
    OR COALESCE(v.created_by_id, -1) {persons}
    OR w.step_run_id IN (
        SELECT c.id FROM workflow_route_authors x
        JOIN workflow_run q ON q.rule_id = x.route_id AND q.state = 'OPEN'
        JOIN workflow_steprun c ON c.run_id = q.id AND c.closed_at IS NULL
        WHERE x.user_id {persons})
    OR w.step_run_id IN (
        SELECT c.id FROM workflow_decision d
        JOIN workflow_steprun c ON c.run_id = d.run_id AND c.closed_at IS NULL
        WHERE d.decided_by_id {persons} AND d.outcome IN ({interested}))))"""
"""The rule of ``access.conflicts`` for one reader: nobody decides on what they proposed, or where
they stepped aside.

``persons``: among the reader and those whose seats the reader deputises. ``seats``: among what
makes the reader the author's deputy, or the holder of the proposing seat. What is asked beside
``w``, its case ``p`` and its text ``v`` begins at the reader, and is read once however long the
list is.
"""

DEPUTY: Final = {
    "sqlite": "json_extract(b.snapshot, '$.deputy')",
    "postgresql": "b.snapshot ->> 'deputy'",
}
"""How a database reads who may stand in from the snapshot of a step."""

ALWAYS: Final = "1 = 1"
DECIDING_WORDS: Final = ", ".join(f"'{kind.value}'" for kind in sorted(DECIDING_KINDS))
ADMITTED: Final = """(w.kind NOT IN ({deciding}) AND NOT EXISTS (SELECT 1 FROM workflow_steprun b
    WHERE b.id = w.step_run_id AND {deputy} = 'NEVER'))"""
"""The rule of ``DeputyPolicy.admits`` for a post that the reader deputises."""

STOOD_IN: Final = "w.slot_id {slots}"
"""Decisions in which the reader stands in: ``access.standing`` has found which."""

PERSONS: Final = """IN (SELECT {me} UNION SELECT h.person_id FROM roles_appointment h
    WHERE h.post_id {deputised} AND h.revoked_at IS NULL AND h.starts_on <= '{on}'
    AND (h.ends_on IS NULL OR h.ends_on > '{on}'))"""

EACH_SEAT: Final = """SELECT mine.* FROM (VALUES {seats}) AS seat (post_id)
    CROSS JOIN LATERAL ({pick}) AS mine"""
ONE_SEAT: Final = "SELECT * FROM ({pick})"
"""What the seats give, on PostgreSQL; SQLite knows no LATERAL and is asked seat by seat."""

CLAIM: Final = """LEFT JOIN workflow_claim c ON c.slot_id = w.slot_id AND EXISTS (
        SELECT 1 FROM roles_appointment k WHERE k.post_id = w.post_id
        AND k.person_id = c.person_id AND k.revoked_at IS NULL AND k.starts_on <= '{on}'
        AND (k.ends_on IS NULL OR k.ends_on > '{on}'))"""
"""Who sees to it, as long as that person holds the seat."""

ABOUT: Final = """LEFT JOIN bpr_projects_project p ON p.id = w.project_id
    LEFT JOIN bpr_projects_revision v ON v.id = w.revision_id"""
"""The case of a row and the text that is decided."""

SNOOZE: Final = """LEFT JOIN workflow_snooze z
        ON z.slot_id = w.slot_id AND z.person_id = %(me)s"""
PROPOSER: Final = "LEFT JOIN roles_user u ON u.id = p.proposer_id"

SOUGHT_IN: Final = {"held": CLAIM, "q": PROPOSER}
"""Field of the sieve -> what its condition looks into, beside the work and its case."""

PICK: Final = """SELECT w.*, p.stage, p.proposer_id, z.until FROM workflow_workitem w
    {about} {snooze} {sought}
    WHERE w.post_id = {post} AND {after} AND {sieve} AND NOT {conflict} AND {admitted}
    ORDER BY w.due_sort, w.slot_id LIMIT {limit}"""
"""The first rows of a seat: found, and no more said of them than the list has."""

AFTER_ROW: Final = "(w.due_sort, w.slot_id) > (%(after)s, %(after_slot)s)"
"""From where a page goes on. The first page does not ask it: its plan is the same for anybody."""

ROWS: Final = """SELECT 'item' AS tag, w.slot_id, w.post_id, w.project_id, w.kind, w.number,
        w.title, w.section_name, st.title AS step_title, w.standard_days, w.opened_at, w.due_at,
        w.due_sort, w.is_paused, {seen} IS NOT NULL AS is_seen, w.stage, u.family_name AS proposer,
        (SELECT COUNT(*) FROM workflow_slot x
            WHERE x.step_run_id = w.step_run_id AND x.state NOT IN ({gone})) AS asked,
        (SELECT COUNT(*) FROM workflow_slot x
            WHERE x.step_run_id = w.step_run_id AND x.state NOT IN ('OPEN', {gone})) AS answered,
        r.kind AS run_kind, {next_kind} AS next_kind, {next_title} AS next_title,
        (SELECT y.asked_at FROM workflow_nudge y
            WHERE y.slot_id = w.slot_id ORDER BY y.id DESC LIMIT 1) AS nudged_at,
        (SELECT a.family_name FROM workflow_nudge y JOIN roles_user a ON a.id = y.asked_by_id
            WHERE y.slot_id = w.slot_id ORDER BY y.id DESC LIMIT 1) AS nudged_by,
        c.person_id AS claimed_by, claimer.family_name AS claimer,
        CAST(w.until AS varchar(10)) AS put_off
    FROM (SELECT * FROM ({picked}) AS found ORDER BY due_sort, slot_id LIMIT {limit}) AS w
    JOIN workflow_steprun st ON st.id = w.step_run_id
    JOIN workflow_run r ON r.id = st.run_id
    LEFT JOIN roles_user u ON u.id = w.proposer_id
    {claim}
    LEFT JOIN roles_user claimer ON claimer.id = c.person_id"""

COUNTED: Final = """SELECT w.post_id, CASE WHEN {conflict} THEN 1 ELSE 0 END AS hidden,
    CASE WHEN {put_off} THEN 1 ELSE 0 END AS later,
    CASE WHEN w.due_sort < %(late)s AND NOT w.is_paused THEN 1 ELSE 0 END AS late,
    CASE WHEN w.due_sort < %(today)s AND NOT w.is_paused THEN 1 ELSE 0 END AS today,
    CASE WHEN w.due_sort < %(week)s AND NOT w.is_paused THEN 1 ELSE 0 END AS week
    FROM workflow_workitem w {about} {snooze}
    WHERE w.post_id = {post} AND {admitted}
    ORDER BY w.due_sort, w.slot_id LIMIT {limit}"""
"""The rows of a seat that are counted."""

COUNTS: Final = """SELECT 'count', COUNT(*), post_id, SUM(hidden), NULL, NULL, NULL, NULL, NULL,
    SUM(CASE WHEN hidden = 0 THEN late ELSE 0 END), NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    SUM(CASE WHEN hidden + later = 0 THEN week ELSE 0 END),
    SUM(CASE WHEN hidden = 0 THEN later ELSE 0 END), NULL, NULL, NULL, NULL, NULL,
    SUM(CASE WHEN hidden + later = 0 THEN today ELSE 0 END), NULL, NULL
    FROM ({picked}) AS waiting GROUP BY post_id"""
"""A seat's work: all, hidden for conflict, late, due this week, put off, due today."""

READINGS: Final = """SELECT 'readings', COUNT(*), {nulls} FROM (
    SELECT 1 AS one FROM workflow_reading WHERE read_at IS NULL AND post_id {posts}
    LIMIT {cap}) AS unread"""

CLOSURES: Final = """SELECT 'closure', NULL, NULL, NULL, NULL, CAST(day AS varchar(10)), {nulls}
    FROM bpr_projects_closure"""

PRINCIPLES: Final = """SELECT 'principle', "order", NULL, NULL, NULL, code, name, {nulls}
    FROM bpr_projects_principle"""


CHOICES: Final = """SELECT 'area', "order", NULL, NULL, NULL, code, name, {nulls}
    FROM bpr_projects_area
    UNION ALL SELECT 'section', "order", NULL, NULL, NULL, code, name, {nulls} FROM roles_section"""
"""What the form of しぼり込み offers."""

SAVED: Final = """SELECT 'saved', id, NULL, NULL, NULL, name, query, {nulls}
    FROM workflow_savedsieve WHERE person_id = %(me)s"""
"""What the person saved of it."""

ELSEWHERE: Final = """SELECT '{tag}', COUNT(*), {nulls} FROM ({rows}) AS found"""
COUNTED_ELSEWHERE: Final[dict[str, Callable[[Desk], tuple[str, Sequence[Any]]]]] = {}
"""Tag -> the rows that an app above counts for the frame of a page, and their parameters (%s).

So its badge costs no query of its own. The app limits them to ``CAP``.
"""


def nulls(already: int) -> str:
    """What fills a branch up to the width of the statement."""
    return ", ".join(["NULL"] * (len(COLUMNS) - already))


def statement(desk: Desk, listing: Listing | None) -> tuple[str, dict[str, Any]]:
    """The UNION ALL and its parameters; its text is the same for people with the same capacities.

    Seats come in three ways: own, deputised, and stood in for. What no seat needs is not asked.
    """
    asking = _Asking(desk)
    branches: list[str] = []
    if listing is not None:
        picked = asking.picked(listing)
        branches += [asking.rows(picked, listing.limit + 1)] if picked else []
    if counted := asking.counted():
        branches.append(COUNTS.format(picked=counted))
        posts = asking.among("posts", desk.capacities)
        branches.append(READINGS.format(posts=posts, cap=CAP, nulls=nulls(2)))
    if not desk.has_left:
        branches += [asking.elsewhere(tag, *rows(desk)) for tag, rows in COUNTED_ELSEWHERE.items()]
    branches += [CLOSURES.format(nulls=nulls(6)), PRINCIPLES.format(nulls=nulls(7))]
    if listing is not None and listing.with_saved:
        branches.append(SAVED.format(nulls=nulls(7)))
    if listing is not None and listing.with_choices:
        branches.append(CHOICES.format(nulls=nulls(7)))
    return " UNION ALL ".join(branches), asking.parameters


def list_alone(desk: Desk, listing: Listing) -> tuple[str, dict[str, Any]]:
    """The rows without what the frame of a page shows: what a bare SELECT is held against."""
    asking = _Asking(desk)
    return asking.rows(asking.picked(listing), listing.limit + 1), asking.parameters


def ask(sql: str, parameters: dict[str, Any]) -> list[Any]:
    """The rows of a statement.

    PostgreSQL is told to keep one plan for it, in the same round trip: left to itself it plans so
    long a statement anew at every page, because a plan for the very values looks cheaper. Moments
    are read by the driver's own loader; Django's is written in Python.
    """
    with connection.cursor() as cursor, _planned_once():
        if connection.vendor == "postgresql":
            cursor.cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


@contextmanager
def _planned_once() -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    driver: Any = connection.connection
    with driver.pipeline():
        driver.execute("SET plan_cache_mode = force_generic_plan")
        yield
        driver.execute("RESET plan_cache_mode")


class _Asking:
    """The parts of the statement for a desk, and the parameters that they name."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.vendor = desk, connection.vendor
        self._adapt = connection.ops.adapt_datetimefield_value
        self.on = localdate(desk.at).isoformat()
        self.parameters: dict[str, Any] = {
            "me": desk.user.pk,
            "on": self.on,
            "now": self._adapt(desk.at),
            **{due: self._adapt(end_of(due, desk.at)) for due in DUES},
        }
        self.conflict = self._conflict()

    def among(self, name: str, keys: Iterable[int]) -> str:
        """The condition that a column is one of these."""
        return f"IN ({', '.join(self._named(name, keys)) or '0'})"

    def elsewhere(self, tag: str, rows: str, values: Sequence[Any]) -> str:
        """What another app counts."""
        named = rows % tuple(self._named(tag, values))
        return ELSEWHERE.format(tag=tag, rows=named, nulls=nulls(2))

    def _named(self, name: str, keys: Iterable[Any]) -> list[str]:
        """A parameter for each key: what is asked of so many keys is planned once."""
        named = {f"{name}_{n}": key for n, key in enumerate(keys)}
        self.parameters |= named
        return [f"%({each})s" for each in named]

    def picked(self, listing: Listing) -> str:
        """The rows that a page wants, of all seats of its bases or of the chosen one."""
        if listing.after is not None:
            due_sort, slot = listing.after
            self.parameters |= {"after": self._adapt(due_sort), "after_slot": slot}
        sieve, values = conditions_of(listing.sieve, self.desk)
        self.parameters |= values
        sought = [each for field, each in SOUGHT_IN.items() if getattr(listing.sieve, field)]
        fill = {
            "sieve": sieve,
            "after": ALWAYS if listing.after is None else AFTER_ROW,
            "sought": " ".join(sought).format(on=self.on),
            "limit": listing.limit + 1,
        }
        return self._of_seats("pick", self._seats(listing), PICK, fill)

    def rows(self, picked: str, limit: int) -> str:
        """What the list says of the picked rows."""
        pick = NEXT[self.vendor]
        return ROWS.format(
            picked=picked,
            limit=limit,
            gone=GONE_STATES,
            seen=SEEN,
            claim=CLAIM.format(on=self.on),
            next_kind=pick.format("kind"),
            next_title=pick.format("title"),
        )

    def counted(self) -> str:
        """The rows that the badges count, of every seat that is held or deputised."""
        seats = {basis: self.desk.posts(basis) for basis in (Basis.OWN, Basis.DEPUTY)}
        return self._of_seats("count", seats, COUNTED, {"put_off": PUT_OFF, "limit": CAP})

    def _seats(self, listing: Listing) -> dict[Basis, list[int]]:
        """Basis -> the posts whose rows are wanted."""
        asked = {basis: self.desk.posts(basis) for basis in (Basis.OWN, Basis.DEPUTY)}
        asked[Basis.ACTING] = list(self.desk.stood_in)
        return {
            basis: [post for post in posts if listing.sieve.post in (None, post)]
            for basis, posts in asked.items()
            if basis in listing.bases
        }

    def _of_seats(
        self, part: str, seats: dict[Basis, list[int]], pick: str, fill: dict[str, Any]
    ) -> str:
        found: list[str] = []
        for basis, posts in seats.items():
            named = self._named(f"{part}_{basis.lower()}", posts)
            fill = {
                **fill,
                "about": ABOUT,
                "snooze": SNOOZE,
                "conflict": self.conflict,
                "admitted": self._admitted(basis),
            }
            if named and self.vendor == "postgresql":
                values = ", ".join(f"({each}::bigint)" for each in named)
                pick_one = pick.format(post="seat.post_id", **fill)
                found.append(EACH_SEAT.format(seats=values, pick=pick_one))
            else:
                found += [ONE_SEAT.format(pick=pick.format(post=each, **fill)) for each in named]
        return " UNION ALL ".join(found)

    def _admitted(self, basis: Basis) -> str:
        """The condition on ``w`` that its step lets this person answer for such a seat."""
        if basis == Basis.OWN:
            return ALWAYS
        if basis == Basis.DEPUTY:
            return ADMITTED.format(deputy=DEPUTY[self.vendor], deciding=DECIDING_WORDS)
        slots = [slot for slots in self.desk.stood_in.values() for slot in slots]
        return STOOD_IN.format(slots=self.among("slots", slots))

    def _conflict(self) -> str:
        deputised, single = self.desk.posts(Basis.DEPUTY), _single(self.desk)
        persons = self.among("persons", [self.desk.user.pk])
        if deputised:
            among = self.among("deputised", deputised)
            persons = PERSONS.format(me=self.desk.user.pk, deputised=among, on=self.on)
        return _conflict(persons, self.among("seats", [*single, *deputised]))


def conflict_of(desk: Desk) -> str:
    """The condition on ``w``, ``p`` and ``v`` that this person may not answer for conflict."""
    deputised = desk.posts(Basis.DEPUTY)
    persons = _listed([desk.user.pk])
    if deputised:
        on = localdate(desk.at).isoformat()
        persons = PERSONS.format(me=desk.user.pk, deputised=_listed(deputised), on=on)
    return _conflict(persons, _listed([*_single(desk), *deputised]))


def _conflict(persons: str, seats: str) -> str:
    return CONFLICT.format(
        own_kinds=OWN_KINDS,
        interested=INTERESTED_WORDS,
        authoring=AUTHORING_WORDS,
        persons=persons,
        seats=seats,
    )


def _single(desk: Desk) -> list[int]:
    """Own seats of one person."""
    return [pk for pk in desk.posts(Basis.OWN) if not desk.capacities[pk].post.is_shared]


def _listed(keys: Iterable[int]) -> str:
    return f"IN ({', '.join(map(str, keys)) or '0'})"
