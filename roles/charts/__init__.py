"""The organization as it is on a day: who sits where, what is vacant, what was changed."""

from roles.charts.board import Body, Branch, Chart, Holding, Seat, Unit, chart_of
from roles.charts.changes import Change, changes
from roles.charts.terms import Line, Term, column_of, terms_of
from roles.charts.vacancies import Vacancy, vacancies_of

__all__ = [
    "Body",
    "Branch",
    "Change",
    "Chart",
    "Holding",
    "Line",
    "Seat",
    "Term",
    "Unit",
    "Vacancy",
    "changes",
    "chart_of",
    "column_of",
    "terms_of",
    "vacancies_of",
]
