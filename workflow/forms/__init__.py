"""What people type at a step, and when they write a rule. Input only, no verbs."""

from workflow.forms.absences import AbsenceForm, PersonForm
from workflow.forms.answers import (
    ADD_CONDITION,
    LONG,
    AnswerForm,
    ApproveDisposalForm,
    AskDisposalForm,
    ConditionRow,
    ConditionsField,
    Question,
    ReasonForm,
    ReassignForm,
    ReceiverCard,
    WithConditions,
)
from workflow.forms.arranging import ClaimForm, SieveForm, SnoozeForm
from workflow.forms.at_once import AtOnceForm
from workflow.forms.papers import ConfirmPaperForm, PaperForm, RefusePaperForm
from workflow.forms.rules import ADD_ROW, AgainForm, HeadForm, StepForm

__all__ = [
    "ADD_CONDITION",
    "ADD_ROW",
    "LONG",
    "AbsenceForm",
    "AgainForm",
    "AnswerForm",
    "ApproveDisposalForm",
    "AskDisposalForm",
    "AtOnceForm",
    "ClaimForm",
    "ConditionRow",
    "ConditionsField",
    "ConfirmPaperForm",
    "HeadForm",
    "PaperForm",
    "PersonForm",
    "Question",
    "ReasonForm",
    "ReassignForm",
    "ReceiverCard",
    "RefusePaperForm",
    "SieveForm",
    "SnoozeForm",
    "StepForm",
    "WithConditions",
]
