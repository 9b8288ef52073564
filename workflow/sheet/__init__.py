"""A case as it is shown: its steps and words read at once, drawn as 決裁欄, route and history."""

from workflow.sheet.belongings import Belongings, Owed, belongings_of
from workflow.sheet.columns import Column, columns_of
from workflow.sheet.dossier import Dossier, Step, dossier_of, question_of, rows_of, texts_of
from workflow.sheet.lines import (
    Line,
    Milestone,
    Planned,
    coming_of,
    hidden_steps,
    line_of,
    lines_of,
    milestones_of,
    who_of,
)
from workflow.sheet.review import Review, hidden_regions, may_see, review_of
from workflow.sheet.words import question_words

__all__ = [
    "Belongings",
    "Column",
    "Dossier",
    "Line",
    "Milestone",
    "Owed",
    "Planned",
    "Review",
    "Step",
    "belongings_of",
    "columns_of",
    "coming_of",
    "dossier_of",
    "hidden_regions",
    "hidden_steps",
    "line_of",
    "lines_of",
    "may_see",
    "milestones_of",
    "question_of",
    "question_words",
    "review_of",
    "rows_of",
    "texts_of",
    "who_of",
]
