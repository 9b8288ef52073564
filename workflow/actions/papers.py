"""紙決裁の後登録: a decision on paper is registered, then confirmed by another, or ends in nothing.

Its words stand in the texts of the ledger, the row and the chain hold codes, days and hashes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects.enums import RevisionKind
from records import ledger
from workflow import access
from workflow.actions import answers
from workflow.actions.acts import Act
from workflow.actions.completeness import LONGEST, problems_of
from workflow.actions.refusals import AlreadyDone, NotAllowed, Refusal, Unanswered
from workflow.enums import Outcome, PaperState, SendBackTarget, StepKind
from workflow.models import PaperDecision
from workflow.outcomes import RULES, Answer, answers_on_paper
from workflow.signals import paper_closed, paper_recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from bpr_projects.forms import CheckedFile
    from roles.models import Capacity, User
    from workflow.models import Decision, Slot

RECORDED: Final = "PAPER_RECORDED"
REFUSED: Final = "PAPER_REFUSED"
LAPSED: Final = "PAPER_LAPSED"

OLDEST: Final = timedelta(days=366)
"""A paper of another year is nothing to be registered afterwards: the matter is decided anew."""

LONGEST_REASON: Final = 400


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A decision on paper as somebody types it in, with its scan. What is missing is ``None``."""

    outcome: Outcome
    answer: Answer = field(default_factory=Answer)
    decided_by: User | None
    decided_on: date | None
    reason: str
    scan: CheckedFile


# --- registering -------------------------------------------------------------------------------


def check(*, slot: Slot, paper: Paper, revision_hash: str, by: User, at: datetime) -> Capacity:
    """In which seat the person registers it. Raises the refusal that fits.

    Order as with every answer: somebody was first, not you, not this text, not complete.
    """
    before = answers.standing(slot)
    answers.still_open(slot, paper.outcome, before)
    permit = access.may_record_paper(by, slot, at)
    if permit.capacity is None:
        raise NotAllowed(permit.reason)
    answers.same_text(slot, revision_hash)
    about = slot.step_run.revision
    assert about is not None  # noqa: S101 -- a case's 決裁 decides a revision
    if paper.outcome not in answers_on_paper(
        StepKind(slot.step_run.kind), RevisionKind(about.kind)
    ):
        raise NotAllowed(_("紙の決裁としては「%s」を登録できません。") % paper.outcome.label)
    problems = dict(_problems(slot, paper, before, by, at))
    if problems:
        raise Unanswered(problems)
    return permit.capacity


def _problems(
    slot: Slot, paper: Paper, before: Decision | None, by: User, at: datetime
) -> Iterator[tuple[str, str]]:
    reason = paper.reason.strip()
    if not reason:
        yield "reason", _("紙で決裁した理由を入力してください。")
    if len(reason) > LONGEST_REASON or "\0" in reason:
        yield "reason", _("%s字以内で、制御文字を含めずに入力してください。") % LONGEST_REASON
    on = paper.decided_on
    day_problem = _day_problem(slot, on, before, at)
    if day_problem or on is None:
        yield "decided_on", day_problem
        yield from _person_problems(slot, paper, by, None)
        return
    yield from _person_problems(slot, paper, by, on)
    if paper.decided_by is not None:
        permit = access.may_have_decided(paper.decided_by, slot, on)
        yield from problems_of(slot, paper.outcome, paper.answer, permit, on)


def _day_problem(slot: Slot, on: date | None, before: Decision | None, at: datetime) -> str:
    """The paper is of a day between the opening of the step and today, and the last word."""
    opened_on, today = localdate(slot.opened_at), localdate(at)
    if on is None:
        return _("紙で決裁した日を入力してください。")
    if on > today:
        return _("紙で決裁した日が、きょうより後になっています。")
    if on < opened_on:
        day = _("%(month)s月%(day)s日") % {"month": opened_on.month, "day": opened_on.day}
        return _("この段階が始まった日（%s）より前の日になっています。") % day
    if on < today - OLDEST:
        return _("1年より前の紙の決裁は登録できません。改めて決裁を受けてください。")
    if before is not None and localdate(before.decided_at) > on:
        return _("紙の決裁の日より後に、%s") % access.said_by(before)
    return ""


def _person_problems(
    slot: Slot, paper: Paper, by: User, on: date | None
) -> Iterator[tuple[str, str]]:
    person = paper.decided_by
    if person is None:
        yield "decided_by", _("紙で決裁した方を選んでください。")
    elif person.pk == by.pk:
        yield "decided_by", _("ご自身の決裁は、登録できません。この画面の決裁の欄で決裁できます。")
    elif on is not None:
        permit = access.may_have_decided(person, slot, on)
        if not permit:
            day = _("%(month)s月%(day)s日") % {"month": on.month, "day": on.day}
            facts = {"name": person.name, "day": day, "why": permit.reason}
            yield "decided_by", _("%(name)sさんは、%(day)sに決裁できません。%(why)s") % facts


def is_repeat(waiting: PaperDecision, paper: Paper, by: User) -> bool:
    """The same click again: the same person, paper and scan."""
    return (
        waiting.recorded_by_id == by.pk
        and waiting.scan_sha256 == paper.scan.sha256
        and waiting.outcome == paper.outcome
        and waiting.decided_by == paper.decided_by
        and waiting.decided_on == paper.decided_on
        and waiting.target == _target(paper)
        and waiting.conditions == _conditions(paper)
        and texts_of(waiting) == _texts(paper)
    )


def _target(paper: Paper) -> str:
    return paper.answer.target if paper.outcome == Outcome.SENT_BACK else ""


def _conditions(paper: Paper) -> list[list[str]]:
    return [[section, due] for _text, section, due in paper.answer.conditions]


def record(*, slot: Slot, paper: Paper, seat: Capacity, at: datetime) -> PaperDecision:
    """Write what ``check`` let pass, and tell the others of the 事務局 and whose decision it is."""
    about, person, on = slot.step_run.revision, paper.decided_by, paper.decided_on
    assert about is not None and person is not None and on is not None  # noqa: S101, PT018 -- checked
    row = PaperDecision(
        project=about.project,
        revision=about,
        slot=slot,
        outcome=paper.outcome,
        target=_target(paper),
        conditions=_conditions(paper),
        decided_by=person,
        decided_on=on,
        scan=paper.scan.content,
        scan_name=paper.scan.name,
        scan_size=paper.scan.size,
        scan_sha256=paper.scan.sha256,
        recorded_by=seat.person,
        recorded_as=seat.post,
        recorded_at=at,
    )
    row.entry = ledger.append(kind=RECORDED, payload=payload_of(row), texts=_texts(paper), at=at)
    row.save()
    paper_recorded.send(sender=PaperDecision, paper=row, at=at)
    return row


def payload_of(paper: PaperDecision) -> dict[str, ledger.JSONValue]:
    """What the chain fixes of a registered paper."""
    return {
        "paper": str(paper.key),
        "project": paper.project_id,
        "run": paper.slot.step_run.run_id,
        "slot": paper.slot_id,
        "post": paper.slot.post_id,
        "revision_hash": paper.revision.content_hash,
        "outcome": str(paper.outcome),
        "target": str(paper.target),
        "conditions": paper.conditions,
        "decided_by": paper.decided_by_id,
        "on": paper.decided_on.isoformat(),
        "scan": paper.scan_sha256,
        "by": paper.recorded_by_id,
        "as": paper.recorded_as_id,
    }


def _texts(paper: Paper) -> dict[str, str]:
    texts = {
        "why_on_paper": paper.reason.strip(),
        "comment": paper.answer.comment,
        "reply": paper.answer.reply,
        **{f"condition_{n}": each[0] for n, each in enumerate(paper.answer.conditions, 1)},
    }
    return {name: text for name, text in texts.items() if text}


# --- confirming and refusing -------------------------------------------------------------------


def texts_of(paper: PaperDecision) -> dict[str, str]:
    """The words of a registered paper, by name."""
    return {each.name: each.text for each in paper.entry.texts.all()}


def answer_of(paper: PaperDecision, texts: dict[str, str]) -> Answer:
    """What stands on the paper, as the engine takes it from anybody who answers."""
    return Answer(
        comment=texts.get("comment", ""),
        target=SendBackTarget(paper.target) if paper.target else SendBackTarget.PROPOSER,
        conditions=tuple(
            (texts.get(f"condition_{n}", ""), section, due)
            for n, (section, due) in enumerate(paper.conditions, 1)
        ),
        reply=texts.get("reply", ""),
        confirmed=RULES[Outcome(paper.outcome)].needs_confirmation,
    )


def act_of(paper: PaperDecision, slot: Slot, by: User, at: datetime) -> Act:
    """The act of who decided on paper, confirmed by another person; or why it may not count."""
    permit = access.may_confirm_paper(by, paper, at)
    if permit.capacity is None:
        raise NotAllowed(permit.reason)
    fixed = payload_of(paper)
    if fixed != {name: paper.entry.payload.get(name) for name in fixed}:
        raise Refusal(_("登録された紙の決裁と、台帳の行が違います。監査に連絡してください。"))
    decider = access.may_have_decided(paper.decided_by, slot, paper.decided_on)
    if decider.capacity is None:
        raise NotAllowed(decider.reason)
    snapshot = {
        "id": str(paper.key),
        "on": paper.decided_on.isoformat(),
        "scan": paper.scan_sha256,
        "recorded_by": paper.recorded_by_id,
        "recorded_as": paper.recorded_as_id,
        "recorder": paper.recorded_by.name,
        "confirmed_by": by.pk,
        "confirmed_as": permit.capacity.post.pk,
        "confirmer": by.name,
    }
    return Act(by, at, decider.capacity, paper=snapshot)


def must_wait(paper: PaperDecision) -> None:
    """Raise what became of it unless it waits."""
    if paper.state != PaperState.WAITING:
        raise AlreadyDone(paper.decision, "" if paper.decision else access.standing_paper(paper))


def settle(paper: PaperDecision, decision: Decision, act: Act) -> None:
    """It counts: the decision stands in its place."""
    paper.state, paper.decision = PaperState.CONFIRMED, decision
    paper.settled_by, paper.settled_at = act.by, act.at
    paper.save()


def refuse(paper: PaperDecision, reason: str, by: User, at: datetime) -> None:
    """It does not count, and the ledger says why."""
    if not reason.strip():
        raise Unanswered({"reason": _("理由を入力してください。")})
    if len(reason) > LONGEST or "\0" in reason:
        words = _("%s字以内で、制御文字を含めずに入力してください。") % LONGEST
        raise Unanswered({"reason": words})
    paper.state, paper.settled_by, paper.settled_at = PaperState.REFUSED, by, at
    paper.closing = ledger.append(
        kind=REFUSED, payload=_closing_of(paper), texts={"reason": reason.strip()}, at=at
    )
    paper.save()
    paper_closed.send(sender=PaperDecision, paper=paper, by=by, at=at)


def lapse(act: Act) -> None:
    """Papers that wait for a place that the act answered or closed come to nothing."""
    if not act.overtaken:
        return
    for paper in PaperDecision.objects.waiting(act.overtaken).for_pages():
        if act.paper is not None and act.paper["id"] == str(paper.key):
            continue
        paper.state, paper.settled_by, paper.settled_at = PaperState.LAPSED, act.by, act.at
        paper.save()
        act.rules.append(ledger.Draft(kind=LAPSED, payload=_closing_of(paper)))
        paper_closed.send(sender=PaperDecision, paper=paper, by=act.by, at=act.at)


def _closing_of(paper: PaperDecision) -> dict[str, ledger.JSONValue]:
    return {"paper": str(paper.key), "project": paper.project_id, "by": paper.settled_by_id}


# --- evidence ----------------------------------------------------------------------------------


def recompute(entries: Sequence[ledger.Link]) -> dict[int, dict[str, Any]]:
    """What the payloads of registered papers should say, from their rows."""
    rows = PaperDecision.objects.filter(entry__in=[entry.seq for entry in entries])
    return {
        row.entry_id: dict(payload_of(row))
        for row in rows.select_related("slot__step_run", "revision")
    }


def recompute_closing(entries: Sequence[ledger.Link]) -> dict[int, dict[str, Any]]:
    """The same of papers that were refused or came too late: the row says so as well."""
    states = {REFUSED: PaperState.REFUSED, LAPSED: PaperState.LAPSED}
    asked = {key: entry for entry in entries if (key := _key_in(entry))}
    return {
        asked[str(row.key)].seq: dict(_closing_of(row))
        for row in PaperDecision.objects.filter(key__in=asked)
        if row.state == states[asked[str(row.key)].kind]
    }


def _key_in(entry: ledger.Link) -> str:
    """The key that an entry names; nothing where somebody wrote something else there."""
    try:
        return str(UUID(str(entry.payload.get("paper"))))
    except ValueError:
        return ""


def strays() -> list[int]:
    """Entries of another kind to which a paper appeals that nobody registered."""
    foreign = PaperDecision.objects.exclude(entry__kind=RECORDED)
    return list(foreign.values_list("entry", flat=True).order_by("entry"))
