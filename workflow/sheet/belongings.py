"""What belongs to a case besides its steps, and the words its page needs: one query for all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Expression,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.translation import gettext_lazy

from bpr_projects.access import AUTHORING, tie_parts
from bpr_projects.models import (
    Area,
    Attachment,
    Closure,
    DesignArticle,
    Principle,
    ProjectUserObjectPermission,
    Tool,
    UnitPrice,
    UpperPlanItem,
)
from bpr_projects.models.unchecked import MARK, marked
from bpr_projects.prices import Rate
from bpr_projects.sheet import Lists
from bpr_projects.sheet.lists import ARTICLE, PERSON, PLAN_ITEM, Entry
from roles.models import Section, User
from workflow.models import Condition, ConditionReport, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from bpr_projects.models import Project, ProjectQuerySet

NO_TEXT: Final = Value("", CharField())
NO_NUMBER: Final = Value(0, IntegerField())
NO_MOMENT: Final = Value(None, DateTimeField())

Column: TypeAlias = str | Expression
"""The name of a field, or what stands in its place."""

Row: TypeAlias = tuple[str, int, str, str, str, datetime | None]
"""Kind, number, three texts, moment: the columns that every part of the union fills."""


@dataclass(frozen=True)
class File:
    """An attachment of the text that is shown."""

    key: str
    name: str
    extension: str
    size: int
    uploaded_at: datetime | None


Look: TypeAlias = "tuple[str, StrOrPromise, str]"
"""Tone, words and icon of a chip."""


@dataclass(frozen=True)
class ConditionLine:
    """A condition of an adoption: what, by whom, until when, and what became of it.

    ``state``: of the last report: sent, more (not enough) or met; empty while there is none.
    """

    text: str
    owner: str
    due_on: date
    pk: int = 0
    state: str = ""

    def look(self, today: date) -> Look:
        """Tone, words and icon of its chip."""
        is_overdue = self.due_on < today and self.state in ("", "more")
        return LATE_LOOK if is_overdue else LOOKS[self.state]


LOOKS: Final[dict[str, Look]] = {
    "met": ("ok", gettext_lazy("確認済み"), "check"),
    "sent": ("info", gettext_lazy("事務局の確認待ち"), "clock"),
    "more": ("warn", gettext_lazy("再報告のお願い"), "undo-2"),
    "": ("", gettext_lazy("未報告"), "circle-dot"),
}
"""State of a condition -> tone, words and icon."""

LATE_LOOK: Final[Look] = ("bad", gettext_lazy("期限を過ぎています"), "triangle-alert")


@dataclass(frozen=True)
class Owed:
    """A 後閲 or 供覧 that one of the reader's posts has not read yet."""

    pk: int
    kind: str
    why: str
    post: str
    opened_at: datetime | None


@dataclass(frozen=True)
class PrincipleRow:
    """A 基本理念 by which the PT scores."""

    code: str
    name: str
    question: str


@dataclass(frozen=True)
class Kin:
    """A case that this one was copied from, or that was copied from it."""

    pk: int
    title: str
    number: str
    stage: str
    is_origin: bool

    @property
    def reference(self) -> str:
        """What addresses call it."""
        return self.number or f"draft-{self.pk}"


@dataclass
class Belongings:
    """Files, conditions by decision, owed readings, authors; names of sections and principles.

    ``wrote``: the authors with those who are no longer among them.
    """

    authors: frozenset[int]
    wrote: frozenset[int]
    files: list[File] = field(default_factory=list)
    conditions: dict[int, list[ConditionLine]] = field(default_factory=lambda: defaultdict(list))
    readings: list[Owed] = field(default_factory=list)
    principles: list[PrincipleRow] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)
    closures: frozenset[date] = frozenset()
    prices: list[Rate] = field(default_factory=list)
    kin: list[Kin] = field(default_factory=list)
    entries: list[tuple[str, Entry]] = field(default_factory=list)
    tie_rows: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def lists(self) -> Lists:
        """What the codes of the case's sheet stand for."""
        sections = [("section", Entry(code, name)) for code, name in self.sections.items()]
        principles = [("principle", Entry(*row)) for row in map(_principle, self.principles)]
        return Lists.of([*self.entries, *sections, *principles])


def _principle(row: PrincipleRow) -> tuple[str, str, str]:
    return row.code, row.name, row.question


def belongings_of(
    project: Project, posts: Iterable[int], kin: ProjectQuerySet | None = None
) -> Belongings:
    """Read all of it. ``posts``: the reader's posts, whose unread readings are wanted.

    ``kin``: the cases among which copies of this one and its origin are looked for.
    """
    parts = _parts(project, posts)
    if kin is not None:
        near = kin.filter(Q(pk=project.copied_from_id) | Q(copied_from=project))
        number = Coalesce("number", NO_TEXT, output_field=CharField())
        parts.append(_part(near, "kin", "pk", "title", number, "stage"))
    first, *others = parts
    proposer = frozenset({project.proposer_id})
    found = Belongings(authors=proposer, wrote=proposer)
    for row in sorted(first.union(*others, all=True), key=lambda row: (row[0], row[1])):
        kind = row[0]
        if kind == "kin":
            found.kin.append(Kin(row[1], *row[2:5], is_origin=row[1] == project.copied_from_id))
        elif kind.startswith(TIE):
            found.tie_rows.append((kind.removeprefix(TIE), *map(_number, row[1:4]), row[4]))
        elif kind == "price":
            since = date.fromisoformat(row[2][:10])
            found.prices.append(Rate(row[1], since, is_unchecked=row[2].endswith(MARK)))
        else:
            _add(found, row)
    return found


def _parts(project: Project, posts: Iterable[int]) -> list[QuerySet[Any, Row]]:
    files = Attachment.objects.filter(project=project)
    if project.revision_id is None:
        files = files.filter(removed_at=None)
    else:
        files = files.filter(revisions=project.revision_id)
    authors = ProjectUserObjectPermission.objects.filter(
        content_object=project, permission__codename__in=AUTHORING
    )
    unread = Reading.objects.filter(project=project, read_at=None, post__in=list(posts))
    return [
        _part(files, "file", "size", "name", Cast("key", CharField()), "extension", "uploaded_at"),
        _conditions(project),
        _part(unread, "reading", "pk", "why", "post__title", "kind", "opened_at"),
        _part(authors, "author", "user_id", "permission__codename"),
        _partners(project),
        *_ties(project),
        *(each.all() for each in _of_the_city()),  # threads write SQL from their own copies
    ]


@cache
def _of_the_city() -> tuple[QuerySet[Any, Row], ...]:
    """What is asked alike for every case, put together once: the plan's lists, days, prices."""
    number = Cast("number", CharField())
    since = marked(Cast("starts_on", CharField()))
    return (
        _part(Principle.objects.all(), "principle", "order", "code", "name", marked("question")),
        _part(Section.objects.all(), "section", "order", "code", "name"),
        _part(Closure.objects.all(), "closure", NO_NUMBER, Cast("day", CharField())),
        _part(UnitPrice.objects.all(), "price", "yen_per_hour", since),
        _part(Area.objects.all(), "area", "order", "code", "name"),
        _part(Tool.objects.all(), "tool", "order", "code", marked("name"), "purpose"),
        _part(UpperPlanItem.objects.all(), "upper_plan", "order", "code", PLAN_ITEM),
        _part(DesignArticle.objects.all(), "article", "number", number, ARTICLE),
    )


def _conditions(project: Project) -> QuerySet[Any, Row]:
    state = Case(
        When(is_enough=None, then=Value("sent")),
        When(is_enough=True, then=Value("met")),
        default=Value("more"),
    )
    reports = ConditionReport.objects.filter(condition=OuterRef("pk")).order_by("-pk")
    last = Subquery(reports.annotate(state=state).values("state")[:1])
    words = Concat(
        Cast("due_on", CharField()),
        Value("|"),
        Cast("pk", CharField()),
        Value("|"),
        Coalesce(last, NO_TEXT),
        output_field=CharField(),
    )
    rows = Condition.objects.filter(project=project)
    return _part(rows, "condition", "decision_id", "text", "owner__name", words)


TIE: Final = "tie "
"""Kinds of rows that say who is tied to the case begin so."""


def _ties(project: Project) -> list[QuerySet[Any, Row]]:
    return [
        _part(
            rows,
            f"{TIE}{kind}",
            Coalesce(number, NO_NUMBER, output_field=IntegerField()),
            Cast(second, CharField()),
            Cast(third, CharField()),
            word,
        )
        for rows, kind, number, second, third, word in tie_parts(project)
    ]


def _number(column: Any) -> int | None:
    return int(column) if column else None


def _partners(project: Project) -> QuerySet[Any, Row]:
    """The people whom the sheet names."""
    answers = project.revision.sheet if project.revision else project.sheet
    partners = User.objects.filter(employee_number__in=answers.get("partners") or [])
    full_name = Concat("family_name", Value(" "), "given_name", output_field=CharField())
    return _part(partners, PERSON, NO_NUMBER, "employee_number", full_name)


def _part(
    rows: QuerySet[Any],
    kind: str,
    number: Column,
    first: Column = NO_TEXT,
    second: Column = NO_TEXT,
    third: Column = NO_TEXT,
    moment: Column = NO_MOMENT,
) -> QuerySet[Any, Row]:
    """Rows of one kind, as the union takes them."""
    columns = (Value(kind, CharField()), number, first, second, third, moment)
    return rows.order_by().values_list(*columns)


def _add(found: Belongings, row: Row) -> None:
    kind, number, first, second, third, moment = row
    match kind:
        case "file":
            found.files.append(File(second, first, third, number, moment))
        case "condition":
            day, pk, state = third.split("|")
            line = ConditionLine(first, second, date.fromisoformat(day[:10]), int(pk), state)
            found.conditions[number].append(line)
        case "reading":
            found.readings.append(Owed(number, third, first, second, moment))
        case "author":
            found.wrote |= {number}
            found.authors |= {number} if first == "edit_draft" else set()
        case "principle":
            found.principles.append(PrincipleRow(first, second, third))
        case "section":
            found.sections[first] = second
        case "area" | "tool" | "upper_plan" | "article" | "person":
            found.entries.append((kind, Entry(first, second, third)))
        case _:
            found.closures |= {date.fromisoformat(first[:10])}
