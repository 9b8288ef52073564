"""What people type at a step, and when they write a rule. Input only, no verbs."""

from workflow.forms.answers import (
    ADD_CONDITION,
    AnswerForm,
    ApproveDisposalForm,
    AskDisposalForm,
    ConditionRow,
    Question,
    ReasonForm,
    ReassignForm,
    ReceiverCard,
)
from workflow.forms.rules import ADD_ROW, AgainForm, HeadForm, StepForm

__all__ = [
    "ADD_CONDITION",
    "ADD_ROW",
    "AgainForm",
    "AnswerForm",
    "ApproveDisposalForm",
    "AskDisposalForm",
    "ConditionRow",
    "HeadForm",
    "Question",
    "ReasonForm",
    "ReassignForm",
    "ReceiverCard",
    "StepForm",
]
