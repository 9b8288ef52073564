"""What the codes of a sheet stand for: areas, sections, tools, plans above, articles, people."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from django.db.models import BooleanField, Case, CharField, F, IntegerField, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.translation import gettext_lazy

from bpr_projects.models import (
    Area,
    Attachment,
    DesignArticle,
    Principle,
    Tool,
    UpperPlanItem,
)
from bpr_projects.models.unchecked import marked
from bpr_projects.sheet.fields import FIELDS
from bpr_projects.sheet.kinds import Kind, Lookup
from bpr_projects.sheet.values import Problem, fits, is_empty
from roles.models import Section, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from typing import Any

    from django.db.models import QuerySet

    from bpr_projects.models import Project
    from bpr_projects.sheet.kinds import Field

PERSON: Final = "person"
UNOFFERED: Final = gettext_lazy(
    "%(label)sの「%(names)s」は、いまは選べません。選び直してください。"
)
FILE: Final = "file"
TEXT: Final = CharField()


PLAN_ITEM: Final = marked("plan", Value("　"), "name")
"""「第7次鹿角市総合計画　経営戦略3」."""

ARTICLE: Final = Concat(Value("第"), Cast("number", TEXT), Value("条　"), "name", output_field=TEXT)
"""「第1条　利用者のニーズから出発する」: the plan's own words."""

OF_PRINCIPLE: Final = Case(
    When(principle=None, then=Value("対応する基本理念：要確認")),
    default=Concat(Value("基本理念："), marked("principle__name"), output_field=TEXT),
)
"""Under which 基本理念 the city reads an article."""


class Entry(NamedTuple):
    """One code with its name; ``note`` explains it; ``is_offered``: may be chosen that day."""

    code: str
    name: str
    note: str = ""
    is_offered: bool = True


class File(NamedTuple):
    """A file of a draft."""

    key: UUID
    name: str
    extension: str
    size: int


@dataclass(frozen=True)
class Lists:
    """All lists of a day, the names of the people that a sheet mentions, and its files."""

    entries: dict[str, dict[str, Entry]] = field(default_factory=dict)
    files: tuple[File, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[tuple[str, Entry]]) -> Lists:
        """Lists that are at hand already, as (list, entry)."""
        entries: dict[str, dict[str, Entry]] = {}
        for kind, entry in rows:
            entries.setdefault(kind, {})[entry.code] = entry
        return cls(entries)

    @classmethod
    def read(
        cls, on: date, *, people: Iterable[str] = (), files_of: Project | None = None
    ) -> Lists:
        """Everything in one query. ``people``: employee numbers."""
        first, *others = _arms(on, list(people), files_of)
        rows = sorted(first.union(*others, all=True), key=lambda row: (row[4], row[1]))
        named = cls.of(
            (kind, Entry(code, name, note, bool(is_offered)))
            for kind, code, name, note, _order, is_offered in rows
        )
        files = [
            File(UUID(code), name, note, size)
            for kind, code, name, note, size, _offered in rows
            if kind == FILE
        ]
        return replace(named, files=tuple(sorted(files, key=lambda each: each.name)))

    def name(self, lookup: str, code: object) -> str:
        """The name of a code; a code that nobody knows is shown as it is."""
        entry = self.entries.get(lookup, {}).get(str(code))
        return entry.name if entry else str(code)

    def offered(self, lookup: str) -> list[Entry]:
        """What may be chosen, in order."""
        return [each for each in self.entries.get(lookup, {}).values() if each.is_offered]

    def is_offered(self, lookup: str, code: object) -> bool:
        """Whether a code may be chosen that day."""
        entry = self.entries.get(lookup, {}).get(str(code))
        return entry is not None and entry.is_offered

    def has_heir(self, section: object) -> bool:
        """Whether another section took over what this one left open."""
        entry = self.entries.get(Lookup.SECTION, {}).get(str(section))
        return entry is not None and bool(entry.note)

    def person(self, number: str) -> str:
        """「成田 花子（000123）」."""
        entry = self.entries.get(PERSON, {}).get(number)
        return f"{entry.name}（{number}）" if entry else number


OWN_SECTION: Final = "section"
"""The question for the 所管課: what a section left open is submitted by its heir."""


def unoffered(answers: Mapping[str, Any], lists: Lists) -> Iterator[Problem]:
    """Codes that were chosen once and may not be any more: an abolished 課, who has left."""
    for spec in FIELDS:
        value = answers.get(spec.name)
        lookup = PERSON if spec.kind == Kind.PEOPLE else spec.lookup
        if lookup is None or is_empty(value) or not fits(spec, value):
            continue
        gone = [each for each in _codes(spec, value) if not lists.is_offered(lookup, each)]
        if spec.name == OWN_SECTION and all(map(lists.has_heir, gone)):
            continue
        if gone:
            name = lists.person if lookup == PERSON else partial(lists.name, lookup)
            names = "、".join(name(each) for each in gone)
            yield spec.name, UNOFFERED % {"label": spec.label, "names": names}


def _codes(spec: Field, value: Any) -> list[Any]:
    """The codes of an answer that stand for rows of a list."""
    fixed = spec.choices.values if spec.choices is not None else ()
    chosen = value if isinstance(value, (list, dict)) else [value]
    return [each for each in chosen if each not in fixed]


def _arms(
    on: date, people: list[str], files_of: Project | None
) -> Iterable[QuerySet[Any, tuple[Any, ...]]]:
    """One SELECT for each list: kind, code, name, note, order, offered."""
    yield _arm(Lookup.AREA, Area.objects.all())
    in_force = Q(starts_on__lte=on) & (Q(ends_on__isnull=True) | Q(ends_on__gt=on))
    living = Case(When(in_force, then=True), default=False, output_field=BooleanField())
    heir = Coalesce(F("succeeded_by__name"), Value(""))
    yield _arm(Lookup.SECTION, Section.objects.all(), offered=living, note=heir)
    yield _arm(Lookup.TOOL, Tool.objects.all(), name=marked("name"), note=F("purpose"))
    yield _arm(Lookup.UPPER_PLAN, UpperPlanItem.objects.all(), name=PLAN_ITEM)
    number = F("number")
    articles = DesignArticle.objects.all()
    yield _arm(Lookup.ARTICLE, articles, name=ARTICLE, code=number, order=number, note=OF_PRINCIPLE)
    yield _arm(Lookup.PRINCIPLE, Principle.objects.all(), note=marked("question"))
    if files_of is not None:
        files = Attachment.objects.filter(project=files_of, removed_at=None)
        key, size, extension = F("key"), F("size"), F("extension")
        yield _arm(FILE, files, code=key, order=size, note=extension)
    if people:
        full_name = Concat("family_name", Value(" "), "given_name")
        named = User.objects.filter(employee_number__in=people)
        number = F("employee_number")
        yield _arm(
            PERSON, named, name=full_name, code=number, order=Value(0), offered=F("is_active")
        )


def _arm(kind: str, rows: QuerySet[Any], **parts: Any) -> QuerySet[Any, tuple[Any, ...]]:
    given = {
        "code": F("code"),
        "name": F("name"),
        "note": Value(""),
        "order": F("order"),
        "offered": Value(True),  # noqa: FBT003 -- a column
        **parts,
    }
    arm: QuerySet[Any, tuple[Any, ...]] = (
        rows.order_by()
        .annotate(
            _kind=Cast(Value(str(kind)), TEXT),
            _code=Cast(given["code"], TEXT),
            _name=Cast(given["name"], TEXT),
            _note=Cast(given["note"], TEXT),
            _order=Cast(given["order"], IntegerField()),
            _offered=Cast(given["offered"], BooleanField()),
        )
        .values_list("_kind", "_code", "_name", "_note", "_order", "_offered")
    )
    return arm
