"""What a refused form gives back: every word that a person typed, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django import forms
from django.conf import settings
from django.test import RequestFactory

from bpr_projects.enums import Phase, RevisionKind
from bpr_projects.forms import (
    AttachmentForm,
    CommentForm,
    JoinForm,
    MeasurementForm,
    ObservationForm,
    PhaseForm,
    ReplyForm,
    ReportForm,
    RolloutForm,
    SayForm,
    SheetForm,
)
from bpr_projects.sheet import Lists
from notifications.enums import Event, Way
from notifications.forms import (
    AnnouncementForm,
    ByHandForm,
    DiscardDeadForm,
    ResendDeadForm,
    SearchForm,
    UptoForm,
    WishesForm,
)
from roles.views import CARRIED, CHOSEN, typed_texts
from tests.make import TODAY
from tests.workflow.pages import TYPED
from workflow.enums import Outcome, SendBackTarget, StepKind
from workflow.forms import (
    AbsenceForm,
    AgainForm,
    AnswerForm,
    ApproveDisposalForm,
    AskDisposalForm,
    AtOnceForm,
    ClaimForm,
    ConfirmPaperForm,
    HeadForm,
    PaperForm,
    PersonForm,
    Question,
    ReasonForm,
    ReassignForm,
    RefusePaperForm,
    SieveForm,
    SnoozeForm,
    StepForm,
)
from workflow.forms.rules import RuleForm
from workflow.models import Decision
from workflow.outcomes import ON_PAPER, RULES, STATIONS
from workflow.routing import Names
from workflow.views.correcting import QuestionForm
from workflow.views.correction import CorrectionForm
from workflow.views.organization.forms import (
    AppointForm,
    EndForm,
    PlainForm,
    ReorganizeForm,
    RestoreForm,
    SuspendForm,
)
from workflow.views.organization.importing import FileForm

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.once

TEMPLATES = Path(settings.BASE_DIR) / "templates"
OURS = ("bpr_projects.", "workflow.", "notifications.", "roles.", "records.")
CARRIES = re.compile(r'<(?:input type="hidden"|button)[^>]* name="([a-z_-]+)"')


def everything_asked_at(kind: StepKind) -> Question:
    return Question(
        kind,
        "",
        targets=tuple(SendBackTarget),
        needs_reply=True,
        needs_urgent_reason=True,
        needs_password=True,
    )


def every_form() -> Iterator[forms.Form]:
    """Each form of a case in its widest shape."""
    yield from (PhaseForm(phase=phase) for phase in Phase)
    yield from (QuestionForm(kind=kind) for kind in RevisionKind)
    yield from (AnswerForm(everything_asked_at(kind)) for kind in STATIONS)
    yield from (ObservationForm(), MeasurementForm(), ReasonForm(rule=RULES[Outcome.ABANDONED]))
    yield from (CommentForm(), JoinForm(sections=()), ReportForm())
    yield ReplyForm(yes="", no="", why="")
    yield from (ByHandForm(), ResendDeadForm(), DiscardDeadForm(), SearchForm())
    yield RolloutForm(sections=(), today=TODAY)
    yield from (AnnouncementForm(sections=()), UptoForm())
    yield WishesForm(ways={Event.ADOPTED: Way.NOW}, quiet=None)
    yield SheetForm(lists=Lists())
    yield from (AppointForm(on=TODAY), EndForm(), SuspendForm(), RestoreForm())
    yield ReorganizeForm(today=TODAY)
    yield from (PersonForm(people=[]), AbsenceForm(seats=[], people=[], is_other=True))
    yield from (ReassignForm(receivers=[]), AskDisposalForm(), ApproveDisposalForm())
    yield AtOnceForm()
    yield from (SnoozeForm(), ClaimForm(people=[]), SieveForm())
    yield CorrectionForm(final=Decision(outcome=Outcome.ADOPTED), is_fresh=False)
    yield PaperForm(
        people=[], outcomes=sorted(ON_PAPER), targets=list(SendBackTarget), needs_reply=True
    )
    yield from (ConfirmPaperForm(is_fresh=False), RefusePaperForm())
    yield from (HeadForm(kept={}), StepForm(kept={}, names=Names({}, {})), AgainForm())


def test_the_tables_know_what_nobody_types() -> None:
    fields = [
        (name.rsplit("-", 1)[-1], field)  # of a cell in rows, its column
        for form in every_form()
        for name, field in form.fields.items()
    ]
    hidden = {name for name, field in fields if field.widget.is_hidden}
    chosen = {name for name, field in fields if isinstance(field, forms.ChoiceField)}
    pages = [page.read_text(encoding="utf-8") for page in TEMPLATES.rglob("*.html")]
    carried = {name for page in pages for name in CARRIES.findall(page)}

    assert hidden | carried | {"csrfmiddlewaretoken", "next"} == CARRIED
    assert chosen == CHOSEN


OF_DJANGO = {forms.CharField, forms.DateField, forms.RegexField, forms.EmailField, forms.URLField}
"""Fields that take any character that a database takes."""


def test_text_is_typed_into_fields_that_refuse_what_cannot_be_seen() -> None:
    bare = {
        (type(form).__name__, name)
        for form in every_form()
        for name, field in form.fields.items()
        if type(field) in OF_DJANGO and not field.widget.is_hidden
    }

    compared = {(f"{name}Form", "password") for name in ("Answer", "Correction", "ConfirmPaper")}
    assert bare == compared  # never stored or shown


def test_every_form_is_among_them() -> None:
    made = {type(form) for form in every_form()}
    known = {form for form in _subclasses(forms.Form) if form.__module__.startswith(OURS)}

    files_and_common_parts = {AttachmentForm, FileForm, SayForm, PlainForm, RuleForm}
    assert known - made == files_and_common_parts


def _subclasses(form: type[forms.BaseForm]) -> Iterator[type[forms.BaseForm]]:
    for each in form.__subclasses__():
        yield each
        yield from _subclasses(each)


def test_only_what_was_typed_comes_back() -> None:
    carried = dict.fromkeys(CARRIED | CHOSEN, "ADOPTED_WITH_CONDITIONS")
    request = RequestFactory().post(
        "/", {**carried, "password": TYPED, "comment": TYPED, "volume": "1,200"}
    )

    assert typed_texts(request) == [TYPED]


def test_short_words_come_back_and_figures_do_not() -> None:
    request = RequestFactory().post(
        "/", {"reason": "早い", "actor": "浅石", "volume": "1,200", "is_pilot": "on", "note": "-"}
    )

    assert typed_texts(request) == ["早い", "浅石"]
