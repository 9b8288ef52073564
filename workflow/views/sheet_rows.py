"""A sheet as people read it: the print image, the comparison of two texts, the conflict page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from bpr_projects import calendar, sheet
from bpr_projects.enums import BudgetMeasure
from bpr_projects.models import Area
from bpr_projects.sheet import PARTS, Kind
from roles.models import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bpr_projects.models import Project
    from roles.models import Post

EMPTY: tuple[object, ...] = (None, "", [], False)


@dataclass(frozen=True)
class Masters:
    """What codes of a sheet stand for: 取組事項 and 課, read once a page."""

    areas: tuple[Area, ...]
    sections: tuple[Section, ...]

    @classmethod
    def in_force(cls, on: date) -> Masters:
        """Everything that may be chosen on a day. Two queries."""
        living = Section.objects.filter(starts_on__lte=on).exclude(ends_on__lte=on)
        return cls(tuple(Area.objects.all()), tuple(living.order_by("order", "code")))

    @classmethod
    def known_to(cls, project: Project, posts: Iterable[Post]) -> Masters:
        """What a page knows anyway: the case's own area, the sections that have seats. No query."""
        areas = (project.area,) if project.area else ()
        sections = {post.section.code: post.section for post in posts if post.section}
        return cls(areas, tuple(sections.values()))

    def area(self, code: str) -> str:
        return next((each.name for each in self.areas if each.code == code), code)

    def section(self, code: str) -> str:
        return next((each.name for each in self.sections if each.code == code), code)


@dataclass(frozen=True)
class Row:
    """One answer: ``is_long`` text keeps its line breaks."""

    name: str
    label: str
    text: str
    is_long: bool


@dataclass(frozen=True)
class ChangedRow:
    """One answer in two texts."""

    name: str
    label: str
    before: str
    after: str


def rows_by_part(answers: Mapping[str, Any], masters: Masters) -> list[tuple[str, str, list[Row]]]:
    """(code, title, rows) of every part of the sheet; its yes/no answers are one row. No query."""
    return [(code, str(title), _rows(code, answers, masters)) for code, title in PARTS.items()]


def _rows(part: str, answers: Mapping[str, Any], masters: Masters) -> list[Row]:
    fields = [field for field in sheet.FIELDS if field.part == part]
    flags = [field for field in fields if field.kind == Kind.FLAG]
    rows = [_row(field, answers, masters) for field in fields if field.kind != Kind.FLAG]
    if flags:
        said = "、".join(str(field.label) for field in flags if answers.get(field.name))
        rows.append(Row(f"{part}-flags", _("あてはまること"), said or _("なし"), is_long=False))
    return rows


def changed_rows(
    before: Mapping[str, Any], after: Mapping[str, Any], masters: Masters
) -> list[ChangedRow]:
    """Answers that differ; empty in two spellings (None, "") is no difference."""
    return [
        ChangedRow(
            each.field.name,
            str(each.field.label),
            shown(each.field, each.before, masters),
            shown(each.field, each.after, masters),
        )
        for each in sheet.differences(before, after)
        if not (_is_empty(each.before) and _is_empty(each.after))
    ]


def shown(field: sheet.Field, value: Any, masters: Masters) -> str:
    """An answer in words; a dash for none."""
    if field.kind == Kind.FLAG:
        return _("はい") if value else _("いいえ")
    if _is_empty(value):
        return "－"
    if field.kind == Kind.DAY:
        return calendar.wareki(date.fromisoformat(value))
    if field.kind in (Kind.COUNT, Kind.YEN, Kind.DECIMAL):
        return f"{value:,}{field.unit}"
    return _chosen(field.kind, value, masters)


def _chosen(kind: Kind, value: Any, masters: Masters) -> str:
    """A code by its name; text as it is."""
    match kind:
        case Kind.AREA:
            return masters.area(str(value))
        case Kind.SECTION:
            return masters.section(str(value))
        case Kind.SECTIONS:
            return "、".join(masters.section(code) for code in value)
        case Kind.BUDGET:
            return str(BudgetMeasure(value).label)
        case _:
            return str(value)


def _is_empty(value: Any) -> bool:
    return any(value is each or (value == each and not isinstance(value, int)) for each in EMPTY)


def _row(field: sheet.Field, answers: Mapping[str, Any], masters: Masters) -> Row:
    text = shown(field, answers.get(field.name), masters)
    return Row(field.name, str(field.label), text, field.kind == Kind.TEXT)
