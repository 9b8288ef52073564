"""異動の取込み: read a list of transfers, say what it would change, change it at once."""

from workflow.actions.personnel.applying import (
    AlreadyApplied,
    PlanChanged,
    apply_file,
    keep_file,
)
from workflow.actions.personnel.planning import Move, Plan, plan_of
from workflow.actions.personnel.reading import COLUMNS, Line, Unreadable, lines_of

__all__ = [
    "COLUMNS",
    "AlreadyApplied",
    "Line",
    "Move",
    "Plan",
    "PlanChanged",
    "Unreadable",
    "apply_file",
    "keep_file",
    "lines_of",
    "plan_of",
]
