"""A case as it is shown: its steps and words read at once, drawn as 決裁欄, route and history."""

from workflow.sheet.belongings import Belongings, Owed, belongings_of
from workflow.sheet.columns import Column, columns_of
from workflow.sheet.dossier import (
    NEWEST,
    Dossier,
    Step,
    dossier_of,
    first_look,
    opened_first,
    opening_act,
    question_of,
    rows_of,
    texts_of,
)
from workflow.sheet.effects import EffectRow, effect_rows
from workflow.sheet.lines import (
    Line,
    Milestone,
    Planned,
    coming_of,
    hidden_steps,
    is_outdated,
    line_of,
    lines_of,
    milestones_of,
    who_of,
)
from workflow.sheet.papers import day_of, paper_of
from workflow.sheet.picture import Way, ways_of
from workflow.sheet.process import WorkFlow, flows_of
from workflow.sheet.review import (
    Review,
    hidden_regions,
    may_see,
    read_region,
    review_of,
    reviews,
    weighs,
)
from workflow.sheet.since import Since, since_of
from workflow.sheet.standing import StandingIn, stand_ins_of
from workflow.sheet.versions import compared
from workflow.sheet.words import question_words

__all__ = [
    "NEWEST",
    "Belongings",
    "Column",
    "Dossier",
    "EffectRow",
    "Line",
    "Milestone",
    "Owed",
    "Planned",
    "Review",
    "Since",
    "StandingIn",
    "Step",
    "Way",
    "WorkFlow",
    "belongings_of",
    "columns_of",
    "coming_of",
    "compared",
    "day_of",
    "dossier_of",
    "effect_rows",
    "first_look",
    "flows_of",
    "hidden_regions",
    "hidden_steps",
    "is_outdated",
    "line_of",
    "lines_of",
    "may_see",
    "milestones_of",
    "opened_first",
    "opening_act",
    "paper_of",
    "question_of",
    "question_words",
    "read_region",
    "review_of",
    "reviews",
    "rows_of",
    "since_of",
    "stand_ins_of",
    "texts_of",
    "ways_of",
    "weighs",
    "who_of",
]
