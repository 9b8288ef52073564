"""Open tasks by the hundred thousand: one INSERT for each table, over rows that the database makes.

People and seats are appointed by the real verb, before the ledger. Cases are not lived: each is a
row of every table that the work list, its check and viewflow's own lists read, as the engine would
have written it at a parallel step that asks four seats. ``check_inbox`` finds nothing amiss.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC
from string import Template
from typing import TYPE_CHECKING, Final

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils.timezone import localdate
from viewflow.workflow.models import Process, Task

from bpr_projects.models import Participant, Project, Revision
from roles.actions import record
from roles.enums import Role
from roles.models import Appointment, Post, Section, User
from workflow.enums import SlotState, Station, StepKind
from workflow.management.bench.rows import INSERT, INTO
from workflow.models import Run, Slot, StepRun, WorkItem
from workflow.routing import PlanStep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import Model

OWN_STATION: Final = "workflow/flows.ProjectFlow.act"
"""The node at which our tasks wait; another side may want its own."""

SEATS: Final = (
    Role.SECTION_HEAD,
    Role.DEPARTMENT_HEAD,
    Role.PT_MEMBER,
    Role.HQ_MEMBER,
    Role.PT_CHAIR,
)
"""What the measured person holds."""
ITEMS: Final = 40
"""How much of all that is open waits for the measured person."""
ASKED: Final = 4
"""Seats that a step asks: so many slots has a case."""
CODE: Final = "LOAD-"
NUMBER: Final = 100_000
"""Case numbers begin after it."""
MARK: Final = "load"
"""Hash of a revision that nobody may decide on: no form names it."""
PERMISSION: Final = "load_seat"
"""By a permission for each seat stock viewflow finds what is open to everybody who has it."""

FIXED: Final = {
    "code": CODE,
    "number": str(NUMBER),
    "mark": MARK,
    "permission": PERMISSION,
    "post": "CAST(post AS varchar(20))",
    "items": str(ITEMS),
    "seats": str(len(SEATS)),
    "asked": str(ASKED),
}
MAY_LOOK: Final = ("view_process", "view_workflowprocess")

MOMENTS: Final = {
    "postgresql": "TIMESTAMPTZ '$now+00' + ($minutes) * INTERVAL '1 minute'",
    "sqlite": "datetime('$now', ($minutes) || ' minutes')",
}
OPENED: Final = "-14400 - i % 1440"
DUE: Final = "i * 37 % 57600 - 14400"
"""Ten days late to thirty days ahead."""
MOVED: Final = "-(i % 500000)"

SHEET: Final = {
    "title": "窓口の書類をなくす",
    "problem": "転入の手続で同じ住所を何度も書いていただいている。" * 4,
    "reform": "聞き取りで申請書を作り、署名だけをいただく。" * 4,
}
PLAN: Final = [
    asdict(PlanStep(kind, station, title, (), "第1条", 3))
    for kind, station, title in (
        (StepKind.CONFIRMATION, Station.LINE, "所属長 確認"),
        (StepKind.CONCURRENCE, Station.HEADQUARTERS, "合議"),
        (StepKind.DECISION, Station.HEADQUARTERS, "本部長 決裁"),
    )
]


@dataclass(frozen=True)
class Reader:
    """The measured person, and how much is open in all."""

    person: User
    posts: tuple[int, ...]
    open: int


def fill(*, at: datetime, wanted: int, users: int, station: str = OWN_STATION) -> Reader:
    """Open as many tasks as are wanted, in addition to those that are open already.

    ``station``: the node of viewflow at which the tasks wait.
    """
    with transaction.atomic():
        person = _hire(users, at)
    posts = Post.objects.filter(appointments__person=person)
    already = Slot.objects.filter(state=SlotState.OPEN).count()
    runs = max(wanted - already, 0) // ASKED
    if runs:
        with transaction.atomic(), _unhurried():
            _write(_words(runs, users, at, station))
    _gather_statistics()
    return Reader(
        person=person,
        posts=tuple(posts.order_by("order").values_list("pk", flat=True)),
        open=already + runs * ASKED,
    )


def _hire(users: int, at: datetime) -> User:
    """So many people with a seat each, the first of whom holds five; who proposes has one more."""
    section = Section.objects.select_related("department").order_by("pk")[0]
    roles = [*SEATS, *[Role.STAFF] * (users - 1)]
    missing = range(Post.objects.filter(code__startswith=CODE).count(), len(roles))
    first = localdate(at).replace(day=1)
    for n in missing:
        post = Post.objects.create(
            code=f"{CODE}{n}",
            role=roles[n],
            title=str(roles[n].label),
            section=section if roles[n] == Role.SECTION_HEAD else None,
            department=section.department if roles[n] == Role.DEPARTMENT_HEAD else None,
            order=n,
            starts_on=first,
        )
        person = _person(max(n - len(SEATS) + 1, 0))
        record(Appointment(post=post, person=person, starts_on=first), by=None, at=at)
    person = _person(0)
    _permit(person)
    return person


def _person(number: int) -> User:
    code = f"L{number:06}"
    found = User.objects.filter(employee_number=code).first()
    return found or User.objects.create_user(
        employee_number=code, family_name="計測", given_name=f"{number}号", toured_at=None
    )


def _permit(person: User) -> None:
    """What stock viewflow asks of Django's own permissions."""
    kind = ContentType.objects.get_for_model(WorkItem)
    for post in Post.objects.filter(appointments__person=person):
        seat, _made = Permission.objects.get_or_create(
            content_type=kind, codename=f"{PERMISSION}_{post.pk}", defaults={"name": "load"}
        )
        person.user_permissions.add(seat)
    person.user_permissions.add(*Permission.objects.filter(codename__in=MAY_LOOK))


def _words(runs: int, users: int, at: datetime, station: str) -> dict[str, str]:
    """What the parts of the statements mean in this office."""
    begun = Revision.objects.filter(content_hash=MARK).count()
    proposing = Post.objects.filter(role=Role.DX_LEADER).order_by("pk")[0]
    seat = Appointment.objects.effective(localdate(at)).filter(post=proposing).order_by("pk")[0]
    text = {name: json.dumps(each, ensure_ascii=False) for name, each in _texts().items()}
    now = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    moment = Template(MOMENTS[connection.vendor])
    moments = {
        name: moment.substitute(now=now, minutes=minutes)
        for name, minutes in (("opened", OPENED), ("due", DUE), ("moved", MOVED))
    }
    return {
        **FIXED,
        "runs": str(runs),
        "stride": str(runs + 1 if begun else runs // ITEMS),
        "others": str(users - 1),
        "cases": str(begun),
        "section": str(proposing.section_id),
        "proposer": str(seat.person_id),
        "proposing": str(proposing.pk),
        "flow": station.rpartition(".")[0],
        "station": station,
        **{name: str(_last(model)) for name, model in KEYS.items()},
        **text,
        **moments,
    }


def _texts() -> dict[str, object]:
    return {"sheet": SHEET, "plan": PLAN, "snapshot": PLAN[1]}


KEYS: Final[dict[str, type[Model]]] = {
    "process": Process,
    "project": Project,
    "revision": Revision,
    "run": Run,
    "step": StepRun,
    "task": Task,
    "slot": Slot,
    "participant": Participant,
}


def _last(model: type[Model]) -> int:
    rows = model._default_manager.order_by("-pk")  # noqa: SLF001 -- documented by Django
    return rows.values_list("pk", flat=True).first() or 0


def _write(words: dict[str, str]) -> None:
    """Every table once; then keys go on after the last one."""
    with connection.cursor() as cursor:
        for model, (rows, source, columns) in INTO.items():
            statement = INSERT.format(
                rows=rows,
                table=model._meta.db_table,  # noqa: SLF001 -- documented by Django
                names=", ".join(f'"{name}"' for name in columns),
                values=", ".join(columns.values()),
                source=source,
            )
            cursor.execute(Template(statement).substitute(words))
        for sql in connection.ops.sequence_reset_sql(no_style(), list(KEYS.values())):
            cursor.execute(sql)


@contextmanager
def _unhurried() -> Iterator[None]:
    """A million rows take longer than a page may; keys are right by construction."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL enable_nestloop = off")  # it takes n for a few rows
            cursor.execute("SHOW is_superuser")
            if cursor.fetchone() == ("on",):
                cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
            cursor.execute("SET LOCAL enable_nestloop = DEFAULT")


def _gather_statistics() -> None:
    """As autovacuum does after a while."""
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        return
    how = "ANALYZE" if connection.in_atomic_block else "VACUUM ANALYZE"
    models: tuple[type[Model], ...] = (*INTO, Post, Appointment, User)
    tables = ", ".join(model._meta.db_table for model in models)  # noqa: SLF001 -- documented
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"{how} {tables}")
        cursor.execute("RESET statement_timeout")
