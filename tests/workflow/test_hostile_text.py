"""Hostile text in every field of every form: refused, or shown as text; never a failure.

SQLite keeps a NUL that PostgreSQL refuses with an error: here no statement may carry one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import time_machine
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django_filters import FilterSet

from bpr_projects.admin import ClosureForm, UnitPriceForm
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
    SheetForm,
)
from bpr_projects.forms.discussion import SayForm
from bpr_projects.forms.rollout import RolloutForm
from bpr_projects.models import Comment, Kpi, Project
from notifications.catalogue import default_way, may_choose
from notifications.forms import (
    AnnouncementForm,
    ByHandForm,
    DiscardDeadForm,
    ResendDeadForm,
    SearchForm,
    UptoForm,
    WishesForm,
    field_of,
)
from roles.models import Section
from tests.architecture.test_matrix import addresses, browser_of
from tests.make import (
    AT,
    SCORES,
    YES,
    a_draft,
    a_project,
    holder,
    record_phase,
    say,
    the_slot,
    withdraw,
)
from tests.replay import starts
from tests.workflow.papers import keepers, register
from tests.workflow.test_autosave import HOSTILE
from workflow import engine
from workflow.enums import Outcome, SendBackTarget, StepKind
from workflow.forms import (
    AbsenceForm,
    AgainForm,
    AnswerForm,
    ApproveDisposalForm,
    AskDisposalForm,
    AtOnceForm,
    ClaimForm,
    ConditionRow,
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
    WithConditions,
)
from workflow.forms.rules import RuleForm
from workflow.models import Decision
from workflow.outcomes import ON_PAPER, RULES, STATIONS
from workflow.routing import Names
from workflow.views.correcting import QuestionForm
from workflow.views.correction import CorrectionForm
from workflow.views.drafting import lists_for
from workflow.views.listing import ProjectFilter
from workflow.views.organization.forms import (
    AppointForm,
    EndForm,
    PlainForm,
    ReorganizeForm,
    RestoreForm,
    SuspendForm,
)
from workflow.views.organization.importing import FileForm

pytestmark = [pytest.mark.once, pytest.mark.slow]

NUL: Final = "あ\x00い"
World = dict[str, str]
Sent = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a form is sent, by whom, with which fields.

    ``kept`` goes along with every text; with ``whole`` the form is taken as it is.
    """

    actor: str
    address: str
    names: tuple[str, ...]
    whole: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)
    method: str = "post"


def names_of(form: forms.BaseForm) -> tuple[str, ...]:
    """The names of a form's fields as a browser sends them."""
    return tuple(form.fields)


# --- where each form is ------------------------------------------------------------------------

CARRIED: Final = ("draft_version", "page", "sent", "resumes", "touched", "post")


def sheet_places(_world: World) -> Iterator[Place]:
    draft = a_draft()
    names = names_of(SheetForm(lists=lists_for(draft, AT), own_section="SHIMIN"))
    address = f"/p/{draft.reference}/edit/"
    version = {"draft_version": draft.draft_version}
    yield Place("leader", address, names, kept={**version, "action": "autosave"})
    yield Place("leader", address, names, kept={**version, "action": "save"})
    yield Place("leader", address, CARRIED, kept={"action": "save"}, whole=version)
    yield Place("leader", "/proposals/new/", names, kept={"action": "autosave"})
    yield Place("leader", "/proposals/new/", ("page", "sent", "resumes", "action"))


RECORDS: Final[dict[Phase, dict[str, str]]] = {
    Phase.OBSERVE: {"findings": "混む。"},
    Phase.ORIENT: {"causes": "枠がない。", "options-0-plan": "予約制", "options-1-plan": "増員"},
    Phase.DECIDE: {
        "choice": "予約制",
        "reason": "早い。",
        "actor": "浅石",
        "until": "2026-09-30",
        "cost": "0",
    },
    Phase.ACT: {"done": "始めた。", "effect": "半分になった。", "result": "CONTINUE"},
}


def phase_places(_world: World) -> Iterator[Place]:
    case = a_project(route="RT1", to=StepKind.OBSERVE)
    for phase, whole in RECORDS.items():
        names = names_of(PhaseForm(whole, phase=phase, options=["予約制", "増員"]))
        yield Place("leader", f"/p/{case.number}/ooda/{the_slot(case).pk}/record/", names, whole)
        if phase != Phase.ACT:
            record_phase(case)


def question_places(_world: World) -> Iterator[Place]:
    case = a_project(route="RT1", to=StepKind.OBSERVE)
    for decided in ({}, {}, {"cost": 50_000}):
        record_phase(case, content=decided)
    say(case, Outcome.SENT_BACK)
    names = names_of(QuestionForm(kind=RevisionKind.CHANGE))
    whole = {"what": "本庁舎でも", "reason": "早い", "cost": "60,000", "ends_on": "2027-04-30"}
    address = f"/p/{case.number}/steps/{the_slot(case).pk}/correct/"
    yield Place("leader", address, names, {**whole, "comment": "直しました。"})


DECIDERS: Final = {
    StepKind.CONFIRMATION: "head",
    StepKind.RECEPTION: "secretariat",
    StepKind.REVIEW: "pt_member",
    StepKind.REFERRAL: "pt_chair",
    StepKind.APPROVAL: "department",
    StepKind.DECISION: "hq_chair",
}
CONDITION: Final = ("予算の成立", "ZAISEI", "2027-03-31")
NEEDED: Final[dict[Outcome, dict[str, str]]] = {
    Outcome.SCORED: {f"scores_{code}": "4" for code in SCORES},
    Outcome.ADOPTED_WITH_CONDITIONS: {
        "conditions-rows": "1",
        **{
            f"conditions-0-{part}": text
            for part, text in zip(ConditionRow._fields, CONDITION, strict=True)
        },
    },
    Outcome.HELD: {"until": "2026-05-20"},
    Outcome.NOT_ADOPTED: {"confirmed": "on"},
    Outcome.SENT_BACK: {"target": SendBackTarget.PROPOSER.value},
}


def answer_places(_world: World) -> Iterator[Place]:
    for kind, actor in DECIDERS.items():
        case = a_project(to=kind)
        slot = the_slot(case, "PT-FUKUSHI" if kind == StepKind.REVIEW else "")
        revision = slot.step_run.revision
        assert revision is not None
        address = f"/p/{case.number}/steps/{slot.pk}/answer/"
        for outcome in STATIONS[kind] if kind == StepKind.DECISION else (YES[kind],):
            whole = {"comment": "確かめました。", **NEEDED.get(outcome, {})}
            kept = {"outcome": outcome, "revision_hash": revision.content_hash}
            yield Place(actor, address, answer_names(kind), whole, kept)


def at_once_places(_world: World) -> Iterator[Place]:
    """まとめて承認 of one case that its head has opened."""
    slot = the_slot(a_project())
    engine.mark_seen(slot=slot, by=holder(slot.post.code), at=AT)
    revision = slot.step_run.revision
    assert revision is not None
    known = f"{slot.pk}-revision_hash"
    whole = {"slot": str(slot.pk), "comment": "", known: revision.content_hash}
    yield Place("head", "/inbox/approve/", (*names_of(AtOnceForm()), "slot", known), whole)


def arranging_places(_world: World) -> Iterator[Place]:
    """あとで and 担当 of an open item, and a name for conditions."""
    slot = the_slot(a_project(to=StepKind.RECEPTION))
    secretary = holder("SECRETARIAT")
    later, claim = f"/inbox/{slot.pk}/later/", f"/inbox/{slot.pk}/claim/"
    yield Place("secretariat", later, (*names_of(SnoozeForm()), "here"), {"until": "2026-05-12"})
    claiming = (*names_of(ClaimForm(people=[])), "here")
    yield Place("secretariat", claim, claiming, {"person": str(secretary.pk)})
    here = {"here": "inbox?tab=todo&due=week"}
    yield Place(
        "secretariat", "/inbox/sieves/", (*names_of(SieveForm()), "here"), {"name": "急ぎ", **here}
    )


def closure_places(_world: World) -> Iterator[Place]:
    """A closing day, on the screens of the administration."""
    whole = {"day": "2026-08-14", "reason": "夏季の閉庁日"}
    yield Place("secretariat", "/admin/bpr_projects/closure/add/", tuple(whole), whole)


def answer_names(kind: StepKind) -> tuple[str, ...]:
    """Scores and conditions are several fields each."""
    names = set(AnswerForm(Question(kind, "", targets=tuple(SendBackTarget))).fields)
    parts = {f"conditions-0-{part}" for part in ConditionRow._fields} | {"conditions-rows"}
    scores = {f"scores_{code}" for code in SCORES}
    found = names | (parts if "conditions" in names else set())
    return tuple(sorted(found | (scores if "scores" in names else set())))


def disposal_places(_world: World) -> Iterator[Place]:
    case = a_project()
    withdraw(case)
    address, secretariat = f"/p/{case.number}/disposal/", holder("SECRETARIAT")
    yield Place("secretariat", address, names_of(AskDisposalForm()), {"reason": "期間の満了。"})
    engine.ask_for_disposal(project=case, reason="期間の満了。", by=secretariat, at=AT)
    yield Place("auditor", address, names_of(ApproveDisposalForm()), {"confirmed": "on"})


def paper_places(_world: World) -> Iterator[Place]:
    """The chair's 決裁 on paper; its scan is a file, which is asked for beside what was typed."""
    case = a_project(to=StepKind.DECISION)
    revision = the_slot(case).step_run.revision
    assert revision is not None
    made = PaperForm(people=(), outcomes=tuple(ON_PAPER), targets=(), needs_reply=True)
    names = {*names_of(made), "conditions-rows"} - {"scan", "conditions", "revision_hash"}
    names |= {f"conditions-0-{part}" for part in ConditionRow._fields}
    chosen = {
        "decided_by": str(holder("HQ-CHAIR").pk),
        "decided_on": "2026-05-11",
        "outcome": "ADOPTED",
    }
    address = f"/p/{case.number}/steps/{the_slot(case).pk}/paper/"
    kept = {"revision_hash": revision.content_hash}
    yield Place("secretariat", address, tuple(sorted(names)), kept=kept)
    yield Place("secretariat", address, ("comment", "reason", "reply"), kept={**chosen, **kept})


def waiting_paper_places(_world: World) -> Iterator[Place]:
    """One that waits for the secretariat's confirmation."""
    waiting = register(a_project(to=StepKind.DECISION), by=keepers(AT)[1], at=AT)
    address = f"/p/{waiting.project.number}/papers/{waiting.key}/"
    confirming = names_of(ConfirmPaperForm(is_fresh=True))
    yield Place("secretariat", f"{address}confirm/", confirming, {"confirmed": "on"})
    yield Place(
        "secretariat", f"{address}refuse/", names_of(RefusePaperForm()), {"reason": "誤り。"}
    )


def correction_places(_world: World) -> Iterator[Place]:
    case = a_project(route="RT3", to=StepKind.OBSERVE)
    final = Decision.objects.get(project=case, outcome=Outcome.ADOPTED)
    names = names_of(CorrectionForm(final=final, is_fresh=True))
    whole = {"comment": "進めること。", "correction": "文言の誤り。"}
    yield Place("hq_chair", f"/p/{case.number}/decisions/{final.pk}/correct/", names, whole)


def reason_places(world: World) -> Iterator[Place]:
    names = names_of(ReasonForm(rule=RULES[Outcome.ABANDONED]))
    whole = {"comment": "事情が変わったため。", "confirmed": "on"}
    yield Place("leader", world["withdraw"], names, whole)
    yield Place("secretariat", world["abandon"], names, whole)


def returned_places(_world: World) -> Iterator[Place]:
    """修正した点, which no form class asks for."""
    case = a_project()
    say(case, Outcome.SENT_BACK)
    case = Project.objects.get(pk=case.pk)
    kept = {"draft_version": case.draft_version, "slot": the_slot(case).pk}
    names = ("comment", *kept)
    yield Place("leader", f"/p/{case.number}/confirm/", names, {"comment": "直した"}, kept)


def join_places(world: World) -> Iterator[Place]:
    section = Section.objects.get(code="ZEIMU").pk
    whole = {"section": section, "reason": "税の証明に関わります。"}
    yield Place("stranger", world["project-join"], names_of(JoinForm(sections=())), whole)


def rollout_places(world: World) -> Iterator[Place]:
    section = Section.objects.get(code="ZEIMU").pk
    names = names_of(RolloutForm(sections=(), today=AT.date()))
    whole = {"sections": section, "state": "PLANNED", "since": "令和8年12月1日"}
    yield Place("leader", world["rollout"], names, whole)


def measurement_places(world: World) -> Iterator[Place]:
    names = ("kpi", *names_of(MeasurementForm()))
    whole = {"measured_on": "2026-05-11", "value": "31"}
    kept = {"kpi": Kpi.objects.latest("pk").pk}
    yield Place("leader", world["measurement-add"], names, whole, kept)


def talk_places(world: World) -> Iterator[Place]:
    names = names_of(CommentForm())
    whole = {"kind": "REMARK", "level": "PARTIES", "text": "はい。"}
    yield Place("leader", world["project-discussion"], names, whole)


def reply_places(world: World) -> Iterator[Place]:
    names = ("parent", *names_of(SayForm()))
    kept = {"parent": Comment.objects.latest("pk").pk}
    yield Place("leader", world["project-discussion"], names, {"text": "はい。"}, kept)


def wishes_places(world: World) -> Iterator[Place]:
    ways = {event: default_way(event) for event in may_choose([])}
    names = (*names_of(WishesForm(ways=ways, quiet=None)), "action")
    whole = {field_of(event): way.value for event, way in ways.items()}
    yield Place("leader", world["notification-settings"], names, whole)


def filter_places(world: World) -> Iterator[Place]:
    names = (*ProjectFilter.base_filters, "page")
    yield Place("leader", world["project-list"], names, method="get")
    yield Place("leader", world["running"], names, method="get")


def announcement_places(_world: World) -> Iterator[Place]:
    """Looked at first, then saved; the author of the world's waiting one is somebody else."""
    names = (*names_of(AnnouncementForm(sections=())), "action")
    whole = {"title": "訓練", "text": "行います。", "roles": "SECTION_HEAD"}
    yield Place("secretariat", "/announcements/new/", names, whole)
    yield Place("secretariat", "/announcements/new/", names, whole, {"action": "save"})
    yield Place("secretariat", "/announcements/", ("before",), method="get")


def file_places(_world: World) -> Iterator[Place]:
    draft = a_draft()
    names = (*names_of(AttachmentForm(existing=[])), *CARRIED, "title")
    yield Place("leader", f"/p/{draft.reference}/attachments/", names)


def one(actor: str, route: str, form: forms.BaseForm, **whole: Any) -> Callable[[World], Any]:
    """The place of a form that has one."""
    return lambda world: [Place(actor, world[route], names_of(form), whole)]


def by_hand_places(world: World) -> Iterator[Place]:
    """Everything that is done to a mail, or to a fact, with a reason."""
    for name in ("mail-resend", "mail-discard", "mail-send-now", "fact-discard", "fact-send-now"):
        whole = {"reason": "直しました。"}
        yield Place("secretariat", world[name], names_of(ByHandForm()), whole)


def search_places(world: World) -> Iterator[Place]:
    """The list of mails, of facts, and one's own mails."""
    names = (*names_of(SearchForm()), "state", "before")
    yield Place("secretariat", world["mailbox"], names, method="get")
    yield Place("secretariat", world["mailbox"], names, kept={"state": "held"}, method="get")
    yield Place("head", world["mailbox"], names, method="get")


PRICE: Final = {"starts_on": "2028-04-01", "yen_per_hour": "2600", "basis": "改定"}
PLACES: Final[dict[type, Callable[[World], Any]]] = {
    SheetForm: sheet_places,
    PhaseForm: phase_places,
    QuestionForm: question_places,
    AnswerForm: answer_places,
    ReasonForm: reason_places,
    AtOnceForm: at_once_places,
    SnoozeForm: arranging_places,
    ClaimForm: arranging_places,
    SieveForm: arranging_places,
    ClosureForm: closure_places,
    AttachmentForm: file_places,
    ProjectFilter: filter_places,
    MeasurementForm: measurement_places,
    CommentForm: talk_places,
    SayForm: reply_places,
    JoinForm: join_places,
    RolloutForm: rollout_places,
    ObservationForm: one(
        "leader", "observation-add", ObservationForm(), kind="VOICE", text="早くなった。"
    ),
    ReplyForm: one("secretariat", "join-answer", ReplyForm(yes="", no="", why=""), verdict="YES"),
    ReportForm: one("leader", "condition-report", ReportForm(), text="済みました。"),
    AnnouncementForm: announcement_places,
    ByHandForm: by_hand_places,
    ResendDeadForm: one(
        "secretariat", "mail-resend-dead", ResendDeadForm(), reason="直した。", confirmed="on"
    ),
    DiscardDeadForm: one(
        "secretariat", "mail-discard-dead", DiscardDeadForm(), reason="不要。", confirmed="on"
    ),
    SearchForm: search_places,
    UptoForm: one("leader", "notices-read", UptoForm(), upto="1"),
    WishesForm: wishes_places,
    PersonForm: lambda world: [
        Place("secretariat", world["standing-in"], ("person",), method="get")
    ],
    AbsenceForm: one(
        "head",
        "standing-in",
        AbsenceForm(seats=(), people=[]),
        starts_on="2026-08-03",
        last_day="2026-08-04",
        reason="研修",
    ),
    ReassignForm: one("secretariat", "reassign", ReassignForm(receivers=())),
    AskDisposalForm: disposal_places,
    ApproveDisposalForm: disposal_places,
    PaperForm: paper_places,
    ConfirmPaperForm: waiting_paper_places,
    RefusePaperForm: waiting_paper_places,
    CorrectionForm: correction_places,
    HeadForm: one("secretariat", "route-edit", HeadForm(kept={})),
    StepForm: one("secretariat", "route-step-edit", StepForm(kept={}, names=Names({}, {}))),
    AgainForm: one("secretariat", "route-propose-again", AgainForm()),
    AppointForm: one("secretariat", "org-appoint", AppointForm(on=AT.date())),
    EndForm: one("secretariat", "org-appointment-end", EndForm(), ends_on="令和9年3月31日"),
    SuspendForm: one("secretariat", "org-suspend", SuspendForm()),
    RestoreForm: one("secretariat", "org-suspension-end", RestoreForm()),
    ReorganizeForm: one("secretariat", "org-reorganize", ReorganizeForm(today=AT.date())),
    FileForm: one("secretariat", "org-import", FileForm()),
    UnitPriceForm: lambda _world: [
        Place("secretariat", "/admin/bpr_projects/unitprice/add/", tuple(PRICE), PRICE)
    ],
}
"""Form -> where it is. A form without a row fails."""
FORMLESS: Final[dict[str, Callable[[World], Any]]] = {
    "resubmission": returned_places,
    "login": lambda world: [Place("anonymous", world["account_login"], ("login", "password"))],
}
"""What is typed where no form class reads it."""


def families(base: type) -> Iterator[type]:
    """All that inherits from a class, of our own packages."""
    each: type
    for each in base.__subclasses__():
        if each.__module__.split(".")[0] in {"bpr_projects", "workflow", "notifications", "roles"}:
            yield each
        yield from families(each)


def test_every_form_has_its_row() -> None:
    found = set(families(forms.BaseForm)) | set(families(FilterSet))
    assert found - {WithConditions, RuleForm, PlainForm} == set(PLACES)  # what several share


# --- what is sent ------------------------------------------------------------------------------


def refuse_nul(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 -- Django's
    """What psycopg does."""
    rows = (params or []) if many else [params or []]
    for row in rows:
        for value in row.values() if isinstance(row, Mapping) else row:
            if isinstance(value, str) and "\x00" in value:
                raise ValueError(f"a statement carries NUL: {sql[:200]}")
    return execute(sql, params, many, context)


@pytest.fixture
def world(office: Any) -> Iterator[World]:
    with time_machine.travel(AT, tick=False):
        yield starts.start("world", addresses)


def answer_of(place: Place, typed: Sent) -> tuple[int, str]:
    """Status and page of what is answered, after every redirection; what it did is undone."""
    with transaction.atomic():
        client = browser_of(place.actor)
        send = client.post if place.method == "post" else client.get
        with connection.execute_wrapper(refuse_nul):
            response = send(place.address, typed, follow=True)
        transaction.set_rollback(True)
    is_page = response["Content-Type"].startswith("text/html")  # of JSON the script writes text
    return response.status_code, response.content.decode() if is_page else ""


def sendings(place: Place, texts: Sequence[str], alone: Iterable[str]) -> Iterator[Sent]:
    """Each text everywhere, and NUL in one field alone of what the form would take."""
    yield from ({**dict.fromkeys(place.names, text), **place.kept} for text in texts)
    if place.whole:
        taken = {**place.kept, **place.whole}
        yield from ({**taken, name: NUL} for name in alone)


TAKEN: Final = {200, 409}
"""409: of a mail that needs no second sending."""
ANSWERED: Final = {200, 404, 409, 422}
"""404: a row that is named by no number."""
EVERYTHING: Final = [*PLACES.items(), *FORMLESS.items()]


@pytest.mark.parametrize(
    ("form", "places"), EVERYTHING, ids=lambda each: getattr(each, "__name__", str(each))
)
def test_hostile_text_is_refused_or_shown_as_text(
    world: World, form: object, places: Callable[[World], Any]
) -> None:
    sent: set[tuple[str, ...]] = set()
    taken: set[tuple[str, ...]] = set()
    for place in places(world):
        # The fields of a shape get everything once; then only what else this place takes.
        texts = HOSTILE[:1] if place.names in sent else HOSTILE
        alone = {*place.names} & {*place.whole} if place.names in taken else {*place.names}
        sent.add(place.names)
        if place.whole:
            taken.add(place.names)
            assert answer_of(place, {**place.kept, **place.whole})[0] in TAKEN, place
        for typed in sendings(place, texts, sorted(alone)):
            status, page = answer_of(place, typed)
            where = (place.address, typed)
            assert status in ANSWERED, where
            assert "<script>alert(1)" not in page, where
            assert "<img src=x" not in page, where


def test_no_cell_of_the_sheet_keeps_a_nul(world: World) -> None:
    lists = lists_for(a_draft(), AT)
    names = names_of(SheetForm(lists=lists))
    form = SheetForm(dict.fromkeys(names, NUL), lists=lists)
    form.is_valid()

    assert "\\x00" not in repr(form.over({}))
    assert {name for name in names if name in form.errors} == {
        name for name in names if not isinstance(form.fields[name], forms.BooleanField)
    }


def test_the_name_of_a_file_is_text(world: World) -> None:
    draft = a_draft()
    client = browser_of("leader")
    for text in HOSTILE:
        file = SimpleUploadedFile("x.pdf", b"%PDF-1.4\n%%EOF")
        file.name = f"{text[:200]}.pdf"
        with connection.execute_wrapper(refuse_nul), transaction.atomic():
            address = f"/p/{draft.reference}/attachments/"
            page = client.post(address, {"file": file}, follow=True)
            transaction.set_rollback(True)

        assert page.status_code in {200, 422}
        assert "<script>alert(1)" not in page.content.decode()
