"""The proposal sheet as one table of fields: form, page, print, comparison and export read it.

``fields`` is the table, ``values`` judges answers, ``effect`` calculates, ``lists`` names codes,
``words`` shows answers to people. Values are JSON (``Project.sheet``, ``Revision.sheet``).
"""

from bpr_projects.sheet.effect import Effect, change, effect_of, in_thousands, plain
from bpr_projects.sheet.fields import BY_NAME, FIELDS, PARTS
from bpr_projects.sheet.kinds import MOST_YEN, Field, Kind, Lookup, Materiality
from bpr_projects.sheet.lists import PERSON, Lists, unoffered
from bpr_projects.sheet.questions import ASKED, ASKED_FIELDS
from bpr_projects.sheet.values import (
    CHECKS,
    Difference,
    asks_for,
    cell_name,
    contradictions,
    differences,
    fits,
    is_empty,
    malformed,
    missing,
    unfinished,
)
from bpr_projects.sheet.words import SHOWN, Table, shown, table_of

__all__ = [
    "ASKED",
    "ASKED_FIELDS",
    "BY_NAME",
    "CHECKS",
    "FIELDS",
    "MOST_YEN",
    "PARTS",
    "PERSON",
    "SHOWN",
    "Difference",
    "Effect",
    "Field",
    "Kind",
    "Lists",
    "Lookup",
    "Materiality",
    "Table",
    "asks_for",
    "cell_name",
    "change",
    "contradictions",
    "differences",
    "effect_of",
    "fits",
    "in_thousands",
    "is_empty",
    "malformed",
    "missing",
    "plain",
    "shown",
    "table_of",
    "unfinished",
    "unoffered",
]
