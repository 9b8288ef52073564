"""What people type: the sheet, files, and the records of a running case. Input only, no verbs."""

from bpr_projects.forms.cycle import MeasurementForm, ObservationForm, PhaseForm
from bpr_projects.forms.discussion import (
    CommentForm,
    Directory,
    JoinForm,
    Named,
    ReplyForm,
    ReportForm,
    SayForm,
)
from bpr_projects.forms.fields import (
    CountField,
    DayField,
    LineField,
    NumberField,
    TextField,
)
from bpr_projects.forms.files import AttachmentForm, CheckedFile, ScanField
from bpr_projects.forms.rollout import RolloutForm
from bpr_projects.forms.sheet import SheetForm

__all__ = [
    "AttachmentForm",
    "CheckedFile",
    "CommentForm",
    "CountField",
    "DayField",
    "Directory",
    "JoinForm",
    "LineField",
    "MeasurementForm",
    "Named",
    "NumberField",
    "ObservationForm",
    "PhaseForm",
    "ReplyForm",
    "ReportForm",
    "RolloutForm",
    "SayForm",
    "ScanField",
    "SheetForm",
    "TextField",
]
