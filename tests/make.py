"""Typed makers with honest defaults: name only what matters to the test.

People and posts are written directly, without asking who may. Cases live through the engine's verbs
and need the sample city with its plan and routes (fixture ``office``).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from bpr_projects import actions as cases
from bpr_projects.enums import Phase
from bpr_projects.models import Project
from roles.actions import record
from roles.enums import AppointmentKind, Role, SuspensionKind
from roles.models import (
    Absence,
    Appointment,
    Delegation,
    Department,
    Post,
    Section,
    Suspension,
    User,
    holders_of,
)
from tests.replay import starts
from workflow import engine
from workflow.access import may_answer
from workflow.enums import Outcome, SlotState, StepKind
from workflow.models import Decision, Run, Slot, StepRun
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.models import Disposal

JST: Final = ZoneInfo("Asia/Tokyo")
AT: Final = datetime(2026, 5, 11, 9, 0, tzinfo=JST)
"""A Monday morning in the first year of the plan."""
TODAY: Final = AT.date()
SINCE: Final = date(2026, 4, 1)
PASSWORD: Final = "correct-horse-battery"

_numbers = count(1)


def a_user(*, name: str = "成田 花子", **fields: Any) -> User:
    """An active person without any post."""
    family_name, given_name = name.split()
    number = fields.pop("employee_number", f"9{next(_numbers):05}")
    return User.objects.create_user(
        employee_number=number,
        family_name=family_name,
        given_name=given_name,
        **{"password": PASSWORD, "email": f"{number}@kazuno.example", **fields},
    )


def a_department(*, name: str = "市民部", **fields: Any) -> Department:
    number = next(_numbers)
    return Department.objects.create(**{"code": f"D{number}", "name": name, **fields})


def a_section(*, name: str = "市民課", **fields: Any) -> Section:
    number = next(_numbers)
    return Section.objects.create(
        **{
            "code": f"S{number}",
            "name": name,
            "short_name": name[:2],
            "department": fields.get("department") or a_department(),
            "starts_on": SINCE,
            **fields,
        }
    )


def a_post(role: Role = Role.SECTION_HEAD, **fields: Any) -> Post:
    """A living post; of a section or department only when the test says which."""
    number = next(_numbers)
    return Post.objects.create(
        **{
            "code": f"P{number}",
            "role": role,
            "title": str(role.label),
            "starts_on": SINCE,
            **fields,
        }
    )


def an_appointment(
    *,
    post: Post | None = None,
    person: User | None = None,
    starts_on: date = SINCE,
    ends_on: date | None = None,
    kind: AppointmentKind = AppointmentKind.MAIN,
) -> Appointment:
    with transaction.atomic():
        return record(
            Appointment(
                post=post or a_post(),
                person=person or a_user(),
                kind=kind,
                starts_on=starts_on,
                ends_on=ends_on,
            ),
            by=None,
            at=AT,
        )


def a_holder(role: Role, **post_fields: Any) -> User:
    """A person with a new post of this role."""
    return an_appointment(post=a_post(role, **post_fields)).person


def a_delegation(
    *,
    post: Post,
    deputy: User,
    starts_on: date = SINCE,
    ends_on: date = date(2027, 4, 1),
    made_by: User | None = None,
) -> Delegation:
    """代理 by somebody who works here: whoever holds nothing yet gets a post."""
    if not deputy.appointments.exists():
        an_appointment(post=a_post(Role.STAFF), person=deputy)
    with transaction.atomic():
        return record(
            Delegation(
                post=post,
                deputy=deputy,
                starts_on=starts_on,
                ends_on=ends_on,
                reason="出張のため",
                made_by=made_by or a_user(),
            ),
            by=None,
            at=AT,
        )


def an_absence(
    *,
    person: User,
    starts_on: date = TODAY,
    days: int = 3,
    by: User | None = None,
) -> Absence:
    """不在 from today on."""
    with transaction.atomic():
        return record(
            Absence(
                person=person,
                starts_on=starts_on,
                ends_on=starts_on + timedelta(days=days),
                reason="出張",
                recorded_by=by or person,
                recorded_at=AT,
                basis="本人から電話で連絡" if by else "",
            ),
            by=by or person,
            at=AT,
        )


def a_suspension(
    *,
    person: User,
    starts_on: date = SINCE,
    ends_on: date | None = None,
    kind: SuspensionKind = SuspensionKind.PARENTAL,
) -> Suspension:
    with transaction.atomic():
        return record(
            Suspension(person=person, kind=kind, starts_on=starts_on, ends_on=ends_on),
            by=None,
            at=AT,
        )


# --- cases, through the real engine: they need the fixture ``office`` -------------------------

SHEET: Final[dict[str, Any]] = {
    "title": "書かない窓口",
    "area": "P2",
    "trigger": "HEARING",
    "users": "転入する世帯",
    "problem": "転入の手続で同じ住所を何度も書いていただいている。",
    "evidence": "令和7年度の発券機の記録と、窓口の職員への聞き取り。",
    "evidence_kind": "MEASURED",
    "simplify": ["MERGE"],
    "tool": "T-CARD",
    "reform": "聞き取りで申請書を作り、署名だけをいただく。",
    "as_is": [
        {"what": "申請書を書く", "who": "市民", "minutes": 20, "flags": ["PAPER", "SEAL"]},
        {"what": "内容を打ち込む", "who": "職員", "minutes": 22, "flags": ["RETYPE"]},
    ],
    "to_be": [{"what": "聞き取って作る", "who": "職員", "minutes": 25, "flags": []}],
    "sections": [],
    "volume": 2000,
    "minutes_before": 42,
    "minutes_after": 25,
    "reallocation": "CITIZENS",
    "cost": 0,
    "budget_measure": "NONE",
    "starts_on": "2026-07-01",
    "ends_on": "2027-03-31",
    "principles": {"N1": "書く負担をなくす。", "N6": "聞き取りなので、だれでも使える。"},
    "alternative": "窓口と電話での受付を続ける。",
    "safeguards": "氏名と住所のほかは読み取らない。",
    "kpis": [
        {
            "name": "平均手続時間",
            "unit": "分",
            "baseline": 42,
            "target": 25,
            "target_on": "2027-03-31",
            "source": "発券機の記録",
            "frequency": "MONTHLY",
            "steps": [],
        }
    ],
}
"""A complete sheet; alone it takes RT1."""

ROUTES: Final[dict[str, dict[str, Any]]] = {
    "RT1": {},
    "RT2": {"has_personal_data": True},
    "RT3": {"cost": 680_000, "budget_measure": "INITIAL"},
    "RT4": {"uses_cloud": True},
    "RT5": {"is_pilot": True, "pilot_months": 2, "is_reversible": True},
}
"""What has to be added to ``SHEET`` for each route."""

YES: Final[dict[StepKind, Outcome]] = {
    StepKind.CONFIRMATION: Outcome.APPROVED,
    StepKind.RECEPTION: Outcome.RECEIVED,
    StepKind.REVIEW: Outcome.SCORED,
    StepKind.REFERRAL: Outcome.REFERRED,
    StepKind.APPROVAL: Outcome.APPROVED,
    StepKind.CONCURRENCE: Outcome.AGREED,
    StepKind.MEDIATION: Outcome.SETTLED,
    StepKind.DELIBERATION: Outcome.AGREED,
    StepKind.STANDING_DECISION: Outcome.ADOPTED,
    StepKind.DECISION: Outcome.ADOPTED,
}
"""The answer with which a case goes on."""

SCORES: Final = {f"N{n}": 4 for n in range(1, 7)} | {"effect": 4, "feasibility": 3}

ANSWERS: Final[dict[Outcome, dict[str, Any]]] = {
    Outcome.SCORED: {"scores": SCORES},
    Outcome.ADOPTED_WITH_CONDITIONS: {
        "conditions": (("予算の成立を条件とする", "ZAISEI", "2027-03-31"),)
    },
    Outcome.NOT_ADOPTED: {"confirmed": True},
    Outcome.HELD: {"until": "2026-05-18"},
    Outcome.WITHDRAWN: {"confirmed": True},
    Outcome.ABANDONED: {"confirmed": True},
}
"""What an outcome needs beside a comment."""

PHASES: Final[dict[Phase, dict[str, Any]]] = {
    Phase.OBSERVE: {"findings": "待ち時間が月曜の朝に集中している。"},
    Phase.ORIENT: {"causes": "予約の枠がない。", "options": ["予約制", "増員"]},
    Phase.DECIDE: {
        "choice": "予約制",
        "reason": "費用がかからない。",
        "actor": "浅石 桃子",
        "until": "2026-09-30",
    },
    Phase.ACT: {
        "done": "予約を始めた。",
        "effect": "待ち時間が半分になった。",
        "result": "CONTINUE",
    },
}
"""A complete record of each phase, inside the bounds."""


def holder(code: str, at: datetime = AT) -> User:
    """Who holds the post with this code."""
    post = Post.objects.get(code=code)
    return holders_of([post.pk], localdate(at))[post.pk][0].person


def a_draft(*, post: str = "LEADER-SHIMIN", at: datetime = AT, **answers: Any) -> Project:
    """A complete draft of the holder of a post."""
    return cases.start_draft(
        by=holder(post, at), post=Post.objects.get(code=post), at=at, **{**SHEET, **answers}
    )


def submit(project: Project, *, at: datetime = AT) -> Project:
    """提出 by the proposer's seat."""
    by = holder(project.proposer_post.code, at)
    engine.submit(project=project, draft_version=project.draft_version, by=by, at=at)
    return Project.objects.get(pk=project.pk)


def a_project(
    *,
    to: StepKind = StepKind.CONFIRMATION,
    route: str = "RT2",
    post: str = "LEADER-SHIMIN",
    at: datetime = AT,
    **answers: Any,
) -> Project:
    """A submitted case of that route, standing at the first step of a kind (OBSERVE: running)."""

    case = (route, post, at, repr(answers), settings.MAIL_HOLD)

    def live() -> tuple[int, str | None]:
        project = submit(a_draft(post=post, at=at, **{**ROUTES[route], **answers}), at=at)
        return project.pk, _open_kind(project.pk)

    pk, kind = starts.start(("submitted", *case), live)
    _go_on(pk, kind, to=to, at=at)
    return Project.objects.get(pk=pk)


def walk(project: Project, *, to: StepKind | None = None, at: datetime = AT) -> None:
    """Answer every step in the case's favour until one of the kind is open, or all is decided."""
    _go_on(project.pk, _open_kind(project.pk), to=to, at=at)


def _go_on(pk: int, kind: str | None, *, to: StepKind | None, at: datetime) -> None:
    """Each answer is a start of its own: two ways share what they have in common."""

    def live(outcome: Outcome) -> str | None:
        say(Project.objects.get(pk=pk), outcome, at=at)
        return _open_kind(pk)

    for _turn in range(80):
        if kind is None or kind == to or kind not in YES:
            return
        outcome = YES[StepKind(kind)]
        said = ("said", pk, outcome, at, settings.MAIL_HOLD)
        kind = starts.start(said, partial(live, outcome))
    raise AssertionError(f"the case never came to {to}")


def _open_kind(pk: int) -> str | None:
    """Of the open step of a case."""
    steps = StepRun.objects.filter(project=pk, closed_at=None).order_by("-pk")
    return steps.values_list("kind", flat=True).first()


def the_run(project: Project) -> Run:
    """The run that waits for somebody, else the last one."""
    runs = Run.objects.filter(project=project).select_related("step", "route", "revision")
    return runs.filter(step__closed_at=None, step__isnull=False).first() or runs.latest("pk")


def the_step(project: Project) -> StepRun | None:
    """The open step of a case."""
    return StepRun.objects.filter(project=project, closed_at=None).order_by("-pk").first()


def the_slot(project: Project, post: str = "") -> Slot:
    """The open slot of a case, or the slot of that post in the last step that asked it."""
    slots = Slot.objects.filter(step_run__project=project).select_related(
        "post", "step_run__run", "step_run__project", "step_run__revision"
    )
    if post:
        return slots.filter(post__code=post).latest("pk")
    return slots.filter(state=SlotState.OPEN, step_run__closed_at=None).earliest("pk")


def say(
    project: Project,
    outcome: Outcome,
    *,
    post: str = "",
    by: User | None = None,
    at: datetime = AT,
    slot: Slot | None = None,
    **answer: Any,
) -> Decision:
    """Answer the open step, or the slot of a post, as the first person who may."""
    slot = slot or the_slot(project, post)
    revision = slot.step_run.revision
    held = holders_of([slot.post_id], localdate(at))[slot.post_id]
    who = by or next(each.person for each in held if may_answer(each.person, slot, at))
    return engine.decide(
        project=project,
        slot_id=slot.pk,
        revision_hash=revision.content_hash if revision else "",
        outcome=outcome,
        answer=Answer(**{"comment": "確かめました。", **ANSWERS.get(outcome, {}), **answer}),
        by=who,
        at=at,
    )


def resubmit(project: Project, *, at: datetime = AT, **answers: Any) -> Project:
    """再提出 by the proposer's seat, with a changed text when answers are given."""
    by = holder(project.proposer_post.code, at)
    project = Project.objects.get(pk=project.pk)
    if answers:
        project = cases.save_draft(
            project=project, version=project.draft_version, answers=answers, by=by, at=at
        )
    engine.resubmit(
        project=project,
        slot_id=the_slot(project).pk,
        draft_version=project.draft_version,
        comment="ご指摘のとおり直しました。",
        by=by,
        at=at,
    )
    return Project.objects.get(pk=project.pk)


def record_phase(
    project: Project,
    *,
    content: Mapping[str, Any] | None = None,
    at: datetime = AT,
    **more: Any,
) -> Phase:
    """Record the open phase of the OODA cycle; returns which one it was."""
    slot = the_slot(project)
    phase = Phase(slot.step_run.kind)
    engine.record_phase(
        project=project,
        slot_id=slot.pk,
        content={**PHASES[phase], **(content or {}), **more},
        by=holder(slot.post.code, at),
        at=at,
    )
    return phase


def a_cycle(project: Project, *, at: datetime = AT, **result: Any) -> None:
    """One lap of the OODA loop from its open phase to its end."""
    while record_phase(project, at=at, **(result if _acts(project) else {})) != Phase.ACT:
        pass


def _acts(project: Project) -> bool:
    return the_slot(project).step_run.kind == StepKind.ACT


def dispose(project: Project, *, at: datetime = AT) -> Disposal:
    """廃棄 of the words of an ended case: asked for by the 事務局, approved by 監査."""
    asked = engine.ask_for_disposal(
        project=project, reason="保存期間の満了", by=holder("SECRETARIAT", at), at=at
    )
    return engine.approve_disposal(disposal_id=asked.pk, by=holder("AUDITOR", at), at=at)


def withdraw(project: Project, *, by: User | None = None, at: datetime = AT) -> Run:
    """取下げ by the proposer."""
    return engine.withdraw(
        project=project,
        answer=Answer(comment="別の案と一緒にします。", confirmed=True),
        by=by or project.proposer,
        at=at,
    )
