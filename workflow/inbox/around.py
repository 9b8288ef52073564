"""The cases of マイワーク by one statement: mine, those at work, what moved in the city."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import CharField, DecimalField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from bpr_projects.access import granted, visible_to
from bpr_projects.enums import ADOPTED, UNDERWAY, Stage
from bpr_projects.models import Cycle, Kpi, Measurement, Project
from roles.enums import Basis
from workflow.enums import RunKind, RunState
from workflow.inbox.desk import moment
from workflow.inbox.rows import CaseRow, Figure
from workflow.models import Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflow.inbox.desk import Desk

PARTS: Final = ("mine", "running", "moves", "laps")
MINE: Final = 20
WORKING_TITLE: Final = Coalesce(KT("sheet__title"), Value(""), output_field=CharField())
NO_NUMBER: Final = Cast(Value(None), DecimalField(max_digits=14, decimal_places=2))
"""Parts of a union agree on the types of their columns, also where one has nothing."""
FEW: Final = 5
DECIDED: Final = ADOPTED | {Stage.NOT_ADOPTED}

COLUMNS: Final = (
    "part",
    "pk",
    "proposer_id",
    "number",
    "shown_title",
    "stage",
    "section_label",
    "moved_at",
    "phase",
    "cycle",
    "kpi_name",
    "kpi_unit",
    "kpi_baseline",
    "kpi_latest",
)


def cases_around(desk: Desk, post: int | None, sections: set[int]) -> dict[str, list[CaseRow]]:
    """Lists by name; each part stops at its limit, and none shows more than the reader may see.

    ``post``: the seat that was chosen, or nothing for all.
    """
    rows: dict[str, list[CaseRow]] = {name: [] for name in PARTS}
    if desk.has_left:
        return rows
    visible = visible_to(desk.user, desk.at)
    running = visible.filter(stage=Stage.RUNNING)
    if sections:
        running = running.filter(section__in=sections)
    newest = ("-updated_at", "-pk")
    parts = {
        "mine": _columns(_mine(desk, post), "mine").order_by(*newest)[:MINE],
        "running": _columns(running, "running").order_by(*newest)[:FEW],
        "moves": _columns(visible.filter(stage__in=DECIDED), "moves").order_by(*newest)[:FEW],
        "laps": _laps(visible),
    }
    for name, *values in _together(parts.values()):
        rows[name].append(_row(dict(zip(COLUMNS[1:], values, strict=True))))
    return rows


def _mine(desk: Desk, post: int | None) -> QuerySet[Project]:
    """What I proposed or my seat did, while somebody has to do something about it.

    Of these the title is that of the working copy: whoever corrects a text knows it by that.
    """
    asked = Run.objects.filter(project=OuterRef("pk"), kind=RunKind.APPROVAL, state=RunState.OPEN)
    owned = Q(proposer_post__in=desk.posts(Basis.OWN))
    if post is None:
        shared = granted(desk.user, "edit_draft")
        owned |= Q(proposer=desk.user) | Q(pk__in=shared, stage=Stage.DRAFT)
    else:
        owned = Q(proposer_post=post)
    waits = Q(stage__in=[Stage.DRAFT, *UNDERWAY]) | Q(Exists(asked), stage=Stage.RUNNING)
    return Project.objects.filter(owned & waits)


def _columns(cases: QuerySet[Project], part: str) -> QuerySet[Any, tuple[Any, ...]]:
    cycle = Cycle.objects.filter(project=OuterRef("pk"), ended_at=None).order_by()
    kpi = Kpi.objects.filter(project=OuterRef("pk")).order_by("order", "pk")
    first = Kpi.objects.filter(project=OuterRef(OuterRef("pk"))).order_by("order", "pk")
    measured = Measurement.objects.filter(kpi=first.values("pk")[:1]).order_by(
        "-measured_on", "-pk"
    )
    return cases.annotate(
        part=Value(part),
        shown_title=WORKING_TITLE if part == "mine" else F("title"),
        phase=cycle.values("phase")[:1],
        cycle=cycle.values("number")[:1],
        section_label=F("section__name"),
        moved_at=F("updated_at")
        if part == "mine"
        else Coalesce("ended_at", "decided_at", "updated_at"),
        kpi_name=kpi.values("name")[:1],
        kpi_unit=kpi.values("unit")[:1],
        kpi_baseline=kpi.values("baseline")[:1],
        kpi_latest=measured.values("value")[:1],
    ).values_list(*COLUMNS)


def _laps(visible: QuerySet[Project]) -> QuerySet[Any, tuple[Any, ...]]:
    """Cycles after the first that began lately."""
    nothing = Value("")
    return (
        Cycle.objects.filter(number__gt=1, project__in=visible, project__stage=Stage.RUNNING)
        .order_by("-pk")
        .values_list(
            Value("laps"),
            "project__pk",
            "project__proposer_id",
            "project__number",
            "project__title",
            "project__stage",
            "project__section__name",
            "started_at",
            "phase",
            "number",
            nothing,
            nothing,
            NO_NUMBER,
            NO_NUMBER,
        )[:FEW]
    )


def _together(parts: Iterable[QuerySet[Any]]) -> list[tuple[Any, ...]]:
    """One round trip: SQLite allows a limit in a part only inside a subselect."""
    compiled = [part.query.sql_with_params() for part in parts]
    sql = " UNION ALL ".join(
        f"SELECT * FROM ({text}) AS part_{n}"  # noqa: S608 -- compiled by the ORM
        for n, (text, _values) in enumerate(compiled)
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for _text, values in compiled for value in values])
        return list(cursor.fetchall())


def _row(found: dict[str, Any]) -> CaseRow:
    moved_at = moment(found["moved_at"])
    assert moved_at is not None  # noqa: S101 -- updated_at is never empty
    return CaseRow(
        pk=found["pk"],
        proposer_id=found["proposer_id"],
        number=found["number"] or "",
        title=found["shown_title"],
        stage=found["stage"],
        section_name=found["section_label"] or "",
        updated_at=moved_at,
        phase=found["phase"] or "",
        cycle=found["cycle"] or 0,
        figure=_figure(found),
    )


def _figure(found: dict[str, Any]) -> Figure | None:
    if found["kpi_latest"] is None or not found["kpi_name"]:
        return None
    first, last = float(found["kpi_baseline"]), float(found["kpi_latest"])
    return Figure(found["kpi_name"], found["kpi_unit"], first, last)
