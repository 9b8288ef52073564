"""マイワーク: my turn, the others' turn, drafts, what runs around me, what moves in the city."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from bpr_projects import calendar
from bpr_projects.enums import ADOPTED, UNDERWAY, Stage
from bpr_projects.models import Cycle, Project
from roles.enums import Basis
from workflow.charts import ball_lines
from workflow.enums import RunKind, RunState, StepKind
from workflow.inbox.desk import Listing, moment
from workflow.inbox.rows import CaseRow
from workflow.models import Run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django_stubs_ext import StrOrPromise

    from workflow.inbox.desk import Desk, Item

SHOWN: Final = 10
FEW: Final = 5
OFFICE_DAYS: Final = 5

VERBS: Final[dict[StepKind, tuple[StrOrPromise, StrOrPromise]]] = {
    StepKind.CONFIRMATION: (_("確認する"), _("提案の内容を確認する")),
    StepKind.RECEPTION: (_("受け付ける"), _("形式を確かめて受け付ける")),
    StepKind.REVIEW: (_("採点する"), _("審査シートに採点する")),
    StepKind.REFERRAL: (_("上申する"), _("意見を付して上申する")),
    StepKind.APPROVAL: (_("承認する"), _("部長として承認する")),
    StepKind.CONCURRENCE: (_("同意を判断する"), _("合議に答える")),
    StepKind.MEDIATION: (_("協議を記録する"), _("不同意の協議を調整する")),
    StepKind.DELIBERATION: (_("同意を判断する"), _("持ち回りの審議に答える")),
    StepKind.STANDING_DECISION: (_("決裁する"), _("専決で決裁する")),
    StepKind.DECISION: (_("決裁する"), _("採否を決裁する")),
    StepKind.REVISION: (_("修正する"), _("差戻しの指摘に対応する")),
    StepKind.OBSERVE: (_("記録する"), _("「観察」を記録する")),
    StepKind.ORIENT: (_("記録する"), _("「方向づけ」を記録する")),
    StepKind.DECIDE: (_("記録する"), _("「意思決定」を記録する")),
    StepKind.ACT: (_("記録する"), _("「行動」を記録する")),
}
"""Kind -> the word on the button, and what is to be done as the row says it."""

MOVES: Final[dict[str, StrOrPromise]] = {
    Stage.RUNNING: _("が採択され、実行が始まりました"),
    Stage.COMPLETED: _("が完了しました"),
    Stage.STOPPED: _("が中止になりました"),
    Stage.ROLLED_OUT: _("の横展開が決まりました"),
}
"""Stage -> the end of the sentence about the city's cases."""


@dataclass(frozen=True)
class Day:
    """An office day with what falls due on it."""

    day: date
    mark: str
    is_today: bool
    items: tuple[Item, ...]


@dataclass(frozen=True)
class MyWork:
    """All that the page draws."""

    items: list[Item]
    waiting: list[CaseRow]
    drafts: list[CaseRow]
    running: list[CaseRow]
    running_where: str
    moves: list[CaseRow]
    days: list[Day]


def my_work(desk: Desk) -> MyWork:
    """Four queries, whatever there is."""
    load = desk.read(Listing(bases=(Basis.OWN, Basis.DEPUTY), limit=SHOWN))
    section_ids, where = _sections(desk)
    found = _cases(desk, section_ids)
    mine = [row for row in found["mine"] if row.stage != Stage.DRAFT]
    return MyWork(
        items=load.items,
        waiting=_waiting(desk, mine),
        drafts=[row for row in found["mine"] if row.stage == Stage.DRAFT],
        running=found["running"],
        running_where=where,
        moves=found["moves"],
        days=list(_days(desk, load.items)),
    )


def _sections(desk: Desk) -> tuple[set[int], str]:
    """My own sections; the whole city for those who have none."""
    own = [desk.capacities[pk].post.section for pk in desk.posts(Basis.OWN)]
    sections = {section.pk: section.name for section in own if section is not None}
    return set(sections), "・".join(sections.values())


def _cases(desk: Desk, section_ids: set[int]) -> dict[str, list[CaseRow]]:
    """Three short lists by one statement; each stops at its limit."""
    asked = Run.objects.filter(project=OuterRef("pk"), kind=RunKind.APPROVAL, state=RunState.OPEN)
    mine = Project.objects.filter(
        Q(proposer=desk.user) | Q(proposer_post__in=desk.posts(Basis.OWN))
    ).filter(Q(stage__in=[Stage.DRAFT, *UNDERWAY]) | Q(Exists(asked), stage=Stage.RUNNING))
    public = Project.objects.filter(is_confidential=False)
    running = public.filter(stage=Stage.RUNNING)
    if section_ids:
        running = running.filter(section__in=section_ids)
    parts = {
        "mine": _columns(mine, "mine")[: 2 * SHOWN],
        "running": _columns(running, "running")[:FEW],
        "moves": _columns(public.filter(stage__in=ADOPTED), "moves")[:FEW],
    }
    rows: dict[str, list[CaseRow]] = {name: [] for name in parts}
    for name, *values in _together(parts.values()):
        rows[name].append(_row(values))
    return rows


def _columns(cases: QuerySet[Project], part: str) -> QuerySet[Any]:
    cycle = Cycle.objects.filter(project=OuterRef("pk"), ended_at=None).order_by()
    return (
        cases.annotate(
            part=Value(part),
            phase=cycle.values("phase")[:1],
            cycle=cycle.values("number")[:1],
            section_label=F("section__name"),
        )
        .order_by("-updated_at", "-pk")
        .values_list(
            "part",
            "pk",
            "proposer_id",
            "number",
            "title",
            "stage",
            "section_label",
            "updated_at",
            "phase",
            "cycle",
        )
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


def _row(values: list[Any]) -> CaseRow:
    pk, proposer_id, number, title, stage, section_name, updated_at, phase, cycle = values
    return CaseRow(
        pk=pk,
        proposer_id=proposer_id,
        number=number or "",
        title=title,
        stage=stage,
        section_name=section_name or "",
        updated_at=moment(updated_at),
        phase=phase or "",
        cycle=cycle or 0,
    )


def _waiting(desk: Desk, mine: list[CaseRow]) -> list[CaseRow]:
    """My cases that somebody else holds, the longest waiting first."""
    balls = ball_lines(mine, desk.at, desk.load.closures)
    own = set(desk.capacities)
    held = [
        replace(row, ball=balls[row.pk], may_ask=True)
        for row in mine
        if row.pk in balls and not own & {seat.post_id for seat in balls[row.pk].seats}
    ]
    return sorted(held, key=lambda row: (-row.ball.day_n if row.ball else 0, row.pk))


def _days(desk: Desk, items: list[Item]) -> Iterable[Day]:
    """The next office days, today included, with what falls due on them."""
    closures = desk.load.closures
    today = localdate(desk.at)
    day = calendar.add_business_days(today - timedelta(days=1), 1, closures)
    for _n in range(OFFICE_DAYS):
        yield Day(
            day=day,
            mark=calendar.weekday_mark(day).strip("（）"),
            is_today=day == today,
            items=tuple(item for item in items if item.due_at and localdate(item.due_at) == day),
        )
        day = calendar.add_business_days(day, 1, closures)
