"""引継書: what somebody leaves to a successor, as far as the reader may see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Max, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from bpr_projects import calendar
from bpr_projects.access import visible_to
from bpr_projects.enums import UNDERWAY, Stage
from bpr_projects.models import Kpi
from roles.enums import Role
from roles.models import Appointment, Delegation, Succession
from workflow.models import Condition, Reading, WorkItem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from django_stubs_ext import StrOrPromise

    from roles.models import Post, User

LIVING: Final = UNDERWAY | {Stage.DRAFT, Stage.RETURNED, Stage.RUNNING}
LEADING: Final = (Role.SECTION_HEAD, Role.DX_LEADER)
"""Whose posts owe what their section owes."""


@dataclass(frozen=True)
class Part:
    """One table of the paper. ``links``: where the first cell of each row leads, or nowhere."""

    title: StrOrPromise
    heads: tuple[StrOrPromise, ...]
    rows: Sequence[tuple[str, ...]]
    links: Sequence[str] = ()

    @property
    def linked(self) -> list[tuple[tuple[str, ...], str]]:
        """Rows with their references."""
        links = self.links or [""] * len(self.rows)
        return list(zip(self.rows, links, strict=True))


@dataclass(frozen=True)
class Handover:
    """The whole paper."""

    person: User
    at: datetime
    parts: list[Part]


def handover_of(person: User, reader: User, at: datetime) -> Handover:
    """A fixed number of queries. ``reader``: drafts and confidential cases stay unseen."""
    on = localdate(at)
    held = _held(person, on)
    posts = [each.pk for each in held]
    sections = [each.section_id for each in held if each.role in LEADING and each.section_id]
    return Handover(
        person,
        at,
        [
            _posts(person, on),
            _work(posts, reader, at),
            _cases(person, posts, sections, reader, at),
            _conditions(sections, reader, at),
            _kpis(sections, reader, at),
            _readings(posts, reader, at),
            _delegations(person, posts, on),
        ],
    )


def _held(person: User, on: date) -> list[Post]:
    """Posts of the day, on leave too, and the closed ones for which they act."""
    rows = Appointment.objects.in_force(on).filter(person=person).select_related("post")
    own = [each.post for each in rows.order_by("pk")]
    closed = Succession.objects.in_force(on).filter(heir__in=own).select_related("post")
    return own + [each.post for each in closed]


def _posts(person: User, on: date) -> Part:
    rows = Appointment.objects.standing().filter(person=person)
    lasting = rows.filter(Q(ends_on=None) | Q(ends_on__gt=on)).select_related("post")
    return Part(
        _("役割"),
        (_("職"), _("区分"), _("期間")),
        [
            (each.post.title, each.get_kind_display(), days(each.starts_on, each.ends_on))
            for each in lasting.order_by("post__order", "starts_on", "pk")
        ],
    )


def _work(posts: list[int], reader: User, at: datetime) -> Part:
    seen = visible_to(reader, at).values("pk")
    items = (
        WorkItem.objects.filter(post__in=posts, project__in=seen)
        .select_related("post", "step_run", "project")
        .order_by("due_sort", "slot")
    )
    return Part(
        _("開いている仕事"),
        (_("案件"), _("件名"), _("段階"), _("職"), _("期限")),
        [
            (
                each.project.reference if each.project else "",
                each.title,
                each.step_run.title,
                each.post.title,
                day(each.due_at and localdate(each.due_at)),
            )
            for each in items
        ],
        [each.project.reference if each.project else "" for each in items],
    )


def _cases(person: User, posts: list[int], sections: list[int], reader: User, at: datetime) -> Part:
    mine = Q(proposer=person) | Q(proposer_post__in=posts)
    led = Q(section__in=sections, stage=Stage.RUNNING)
    cases = (
        visible_to(reader, at)
        .filter(mine | led, stage__in=LIVING)
        .select_related("section", "proposer")
        .order_by("number", "pk")
        .distinct()
    )
    return Part(
        _("担当している案件"),
        (_("案件"), _("件名"), _("状況"), _("所管課"), _("提案者")),
        [
            (
                each.reference,
                each.title,
                each.get_stage_display(),
                each.section.name if each.section else "",
                each.proposer.name,
            )
            for each in cases
        ],
        [each.reference for each in cases],
    )


def _conditions(sections: list[int], reader: User, at: datetime) -> Part:
    rows = (
        Condition.objects.filter(
            owner__in=sections, project__in=visible_to(reader, at).values("pk")
        )
        .exclude(reports__is_enough=True)
        .select_related("project", "owner")
        .order_by("due_on", "pk")
    )
    return Part(
        _("果たすべき採択の条件"),
        (_("案件"), _("条件"), _("担当"), _("期限")),
        [(each.project.reference, each.text, each.owner.name, day(each.due_on)) for each in rows],
        [each.project.reference for each in rows],
    )


def _kpis(sections: list[int], reader: User, at: datetime) -> Part:
    cases = visible_to(reader, at).filter(section__in=sections, stage=Stage.RUNNING)
    rows = (
        Kpi.objects.filter(project__in=cases.values("pk"))
        .annotate(last=Max("measurements__measured_on"))
        .select_related("project")
        .order_by("target_on", "project__number", "order", "pk")
    )
    return Part(
        _("測る指標（KPI）"),
        (_("案件"), _("指標"), _("目標"), _("目標の期日"), _("最後に測った日")),
        [
            (
                each.project.reference,
                each.name,
                f"{each.target.normalize():,f}{each.unit}",
                day(each.target_on),
                day(each.last) or str(_("まだ測っていません")),
            )
            for each in rows
        ],
        [each.project.reference for each in rows],
    )


def _readings(posts: list[int], reader: User, at: datetime) -> Part:
    seen = visible_to(reader, at).values("pk")
    rows = (
        Reading.objects.filter(post__in=posts, read_at=None, project__in=seen)
        .select_related("project", "post")
        .order_by("opened_at", "pk")
    )
    return Part(
        _("読むべき後閲・供覧"),
        (_("案件"), _("件名"), _("種類"), _("職")),
        [
            (each.project.reference, each.project.title, each.get_kind_display(), each.post.title)
            for each in rows
        ],
        [each.project.reference for each in rows],
    )


def _delegations(person: User, posts: list[int], on: date) -> Part:
    rows = (
        Delegation.objects.filter(Q(deputy=person) | Q(post__in=posts))
        .filter(revoked_at=None, ends_on__gt=on)
        .select_related("post", "deputy")
        .order_by("starts_on", "pk")
    )
    return Part(
        _("代理"),
        (_("職"), _("代理者"), _("期間")),
        [(each.post.title, each.deputy.name, days(each.starts_on, each.ends_on)) for each in rows],
    )


def day(value: date | None) -> str:
    """令和9年3月31日, or nothing."""
    return calendar.plain_day(value) if value else ""


def days(starts_on: date, ends_on: date | None) -> str:
    """From the first day to the last one in force."""
    if ends_on is None:
        return f"{day(starts_on)}から"
    return f"{day(starts_on)}〜{day(date_before(ends_on))}"


def date_before(value: date) -> date:
    """The day before."""
    return value.fromordinal(value.toordinal() - 1)
