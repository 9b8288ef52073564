"""The only receivers of the workflow's facts: each becomes outbox rows in its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Unpack

from django.dispatch import receiver

from bpr_projects.enums import CommentKind
from bpr_projects.signals import (
    comment_taken_back,
    comment_written,
    join_answered,
    join_asked,
    partners_named,
)
from notifications import outbox
from notifications.catalogue import NOTICES, OF_READING, TURNS, event_of
from notifications.enums import Event, Reason
from notifications.outbox import Fact, Telling
from records.signals import anchor_failed, ledger_checked
from roles.signals import absence_ended, absence_registered
from workflow.enums import Outcome, StepKind
from workflow.outcomes import FINAL
from workflow.signals import (
    condition_checked,
    condition_reported,
    decision_recorded,
    disposal_approved,
    disposal_asked,
    handed_over,
    nudged,
    paper_closed,
    paper_recorded,
    reading_opened,
    work_closed,
    work_opened,
    work_unheld,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from bpr_projects.models import Comment, JoinRequest, Project
    from records.models import AnchorDay, LedgerCheck
    from roles.models import Absence, User
    from workflow.models import (
        Claim,
        ConditionReport,
        Decision,
        Disposal,
        Nudge,
        PaperDecision,
        Reading,
        Slot,
        WorkItem,
    )


@receiver(work_opened, dispatch_uid="notifications.work_opened")
def tell_whose_turn_it_is(
    sender: object,
    *,
    signal: object,
    work_items: Sequence[WorkItem],
    at: datetime,
    by: User | None = None,
    **how: Unpack[Telling],
) -> None:
    """Each post that is asked."""
    tell = NOTICES[Event.YOUR_TURN].recipients
    facts = [
        Fact(
            event=Event.YOUR_TURN,
            key=f"turn:{item.slot_id}",
            addressees=tell(item),
            project_id=item.project_id,
            run_id=item.step_run.run_id,
        )
        for item in work_items
        if StepKind(item.kind) in TURNS
    ]
    outbox.post(facts, at=at, actor=by, **how)


@receiver(work_closed, dispatch_uid="notifications.work_closed")
def take_back_what_was_not_sent(
    sender: object, *, slot_ids: Sequence[int], at: datetime, **_later: Any
) -> None:
    """Nobody is asked any more for what is done, pulled back or ended."""
    outbox.supersede(slot_ids, at=at)


@receiver(work_unheld, dispatch_uid="notifications.work_unheld")
def tell_who_keeps_cases_moving(
    sender: object,
    *,
    signal: object,
    slots: Sequence[Slot],
    by: User,
    at: datetime,
    **how: Unpack[Telling],
) -> None:
    """The 事務局, which moves the place to somebody who may answer."""
    facts = [outbox.unheld(slot) for slot in slots]
    outbox.post(facts, at=at, actor=by, **how)


@receiver(decision_recorded, dispatch_uid="notifications.decision_recorded")
def tell_what_was_decided(
    sender: object,
    *,
    signal: object,
    decision: Decision,
    by: User,
    at: datetime,
    **how: Unpack[Telling],
) -> None:
    """Whoever the catalogue names for this outcome; who decided on paper did not act here."""
    if decision.outcome == Outcome.PULLED_BACK and decision.supersedes_id is not None:
        outbox.supersede_decision(decision.supersedes_id, Reason.PULLED_BACK, at=at)
    kind = StepKind(decision.step_run.kind) if decision.step_run is not None else None
    event = event_of(Outcome(decision.outcome), kind)
    if decision.supersedes is not None and decision.supersedes.outcome in FINAL:
        if untold_until := outbox.untold_until(decision.supersedes.pk, at=at):
            # Nobody has heard of the result yet: at its hour it is told as it reads by now.
            outbox.supersede_decision(decision.supersedes.pk, Reason.CORRECTED, at=at)
            how["not_before"] = untold_until
        else:
            event = Event.CORRECTED
    if event is None:
        return
    fact = Fact(
        event=event,
        key=f"decision:{decision.pk}",
        addressees=NOTICES[event].recipients(decision),
        project_id=decision.project_id,
        run_id=decision.run_id,
        decision_id=decision.pk,
    )
    outbox.post([fact], at=at, actor=by, **how)


@receiver(reading_opened, dispatch_uid="notifications.reading_opened")
def tell_what_is_to_be_read(
    sender: object,
    *,
    signal: object,
    readings: Sequence[Reading],
    at: datetime,
    by: User | None = None,
    **how: Unpack[Telling],
) -> None:
    """Each post that owes a 後閲 or gets a 供覧."""
    facts = [
        Fact(
            event=(event := OF_READING[StepKind(reading.kind)]),
            key=f"reading:{reading.pk}",
            addressees=NOTICES[event].recipients(reading),
            project_id=reading.project_id,
            run_id=reading.run_id,
            reading_id=reading.pk,
        )
        for reading in readings
    ]
    outbox.post(facts, at=at, actor=by, **how)


@receiver(nudged, dispatch_uid="notifications.nudged")
def pass_on_a_polite_request(
    sender: object,
    *,
    nudge: Nudge,
    at: datetime,
    bundle: UUID | None = None,
    **_later: Any,
) -> None:
    """The holders of the slot; it dies with the work as every request does."""
    step = nudge.slot.step_run
    fact = Fact(
        event=Event.REMINDED,
        key=f"reminded:{nudge.pk}",
        addressees=NOTICES[Event.REMINDED].recipients(nudge),
        project_id=step.project_id,
        run_id=step.run_id,
    )
    outbox.post([fact], at=at, actor=nudge.asked_by, bundle=bundle)


@receiver(handed_over, dispatch_uid="notifications.handed_over")
def tell_the_colleague(
    sender: object, *, claim: Claim, by: User, at: datetime, **_later: Any
) -> None:
    """Who sees to the work from now on; it dies with the work as every request does."""
    step = claim.slot.step_run
    fact = Fact(
        event=Event.HANDED_OVER,
        key=f"handed_over:{claim.slot_id}:{claim.person_id}:{at:%y%m%d%H%M%S}",
        addressees=NOTICES[Event.HANDED_OVER].recipients(claim),
        project_id=step.project_id,
        run_id=step.run_id,
    )
    outbox.post([fact], at=at, actor=by)


OF_COMMENT: Final = {
    CommentKind.QUESTION: Event.QUESTIONED,
    CommentKind.ADVICE: Event.ADVISED,
}
"""Kind of a first remark -> the event that tells the proposing side."""


@receiver(comment_written, dispatch_uid="notifications.comment_written")
def tell_what_was_said(
    sender: object, *, comment: Comment, settles: Comment | None, at: datetime, **_later: Any
) -> None:
    """Who has to answer, who asked, and who was called; nobody twice for one remark."""
    event = OF_COMMENT.get(CommentKind(comment.kind))
    events = [event] if event else []
    if settles is not None:
        events.append(Event.ANSWERED)
    facts = [
        Fact(
            event=each,
            key=f"comment:{comment.pk}",
            addressees=NOTICES[each].recipients(comment),
            project_id=comment.project_id,
            comment_id=comment.pk,
        )
        for each in (*events, Event.MENTIONED)
    ]
    outbox.post(facts, at=at, actor=comment.written_by)


@receiver(comment_taken_back, dispatch_uid="notifications.comment_taken_back")
def take_back_what_was_not_told(
    sender: object, *, comment: Comment, at: datetime, **_later: Any
) -> None:
    """Nobody is called to a remark that is gone."""
    outbox.supersede_comment(comment.pk, at=at)


@receiver(partners_named, dispatch_uid="notifications.partners_named")
def tell_who_proposes_too(
    sender: object,
    *,
    project: Project,
    people: Sequence[User],
    by: User,
    at: datetime,
    **_later: Any,
) -> None:
    """Whoever was named; once a case, however often the name comes and goes."""
    fact = Fact(
        event=Event.PARTNERED,
        key=f"partner:{project.pk}",
        addressees=NOTICES[Event.PARTNERED].recipients(people),
        project_id=project.pk,
    )
    outbox.post([fact], at=at, actor=by)


@receiver(join_asked, dispatch_uid="notifications.join_asked")
def tell_who_wants_to_join(
    sender: object, *, request: JoinRequest, at: datetime, **_later: Any
) -> None:
    """Whoever may say yes or no."""
    _tell_of_joining(Event.JOIN_ASKED, request, request.asked_by, at)


@receiver(join_answered, dispatch_uid="notifications.join_answered")
def tell_what_was_answered(
    sender: object, *, request: JoinRequest, at: datetime, **_later: Any
) -> None:
    """The section that asked."""
    _tell_of_joining(Event.JOIN_ANSWERED, request, request.answered_by, at)


def _tell_of_joining(event: Event, request: JoinRequest, actor: User | None, at: datetime) -> None:
    fact = Fact(
        event=event,
        key=f"{event.lower()}:{request.pk}",
        addressees=NOTICES[event].recipients(request),
        project_id=request.project_id,
        join_request_id=request.pk,
    )
    outbox.post([fact], at=at, actor=actor)


@receiver(condition_reported, dispatch_uid="notifications.condition_reported")
def tell_who_checks(
    sender: object, *, report: ConditionReport, at: datetime, **_later: Any
) -> None:
    """The 事務局."""
    _tell_of_condition(Event.CONDITION_REPORTED, report, report.reported_by, at)


@receiver(ledger_checked, dispatch_uid="notifications.ledger_checked")
def tell_what_the_ledger_is_worth(
    sender: object, *, check: LedgerCheck, at: datetime, **_later: Any
) -> None:
    """監査, once a month; told in the transaction that keeps what was found."""
    fact = Fact(
        event=Event.LEDGER_CHECKED,
        key=f"ledger:{check.month:%Y-%m}",
        addressees=NOTICES[Event.LEDGER_CHECKED].recipients(check),
        ledger_check_id=check.pk,
    )
    outbox.post([fact], at=at)


@receiver(anchor_failed, dispatch_uid="notifications.anchor_failed")
def tell_that_no_anchor_was_written(
    sender: object, *, day: AnchorDay, at: datetime, **_later: Any
) -> None:
    """The 事務局, once a day."""
    fact = Fact(
        event=Event.ANCHOR_FAILED,
        key=f"anchor:{day.day:%Y-%m-%d}",
        addressees=NOTICES[Event.ANCHOR_FAILED].recipients(day),
        anchor_day_id=day.pk,
    )
    outbox.post([fact], at=at)


@receiver(condition_checked, dispatch_uid="notifications.condition_checked")
def tell_what_was_found(
    sender: object, *, report: ConditionReport, at: datetime, **_later: Any
) -> None:
    """The section that has to meet the condition."""
    _tell_of_condition(Event.CONDITION_CHECKED, report, report.checked_by, at)


@receiver(disposal_asked, dispatch_uid="notifications.disposal_asked")
def tell_who_approves(sender: object, *, disposal: Disposal, at: datetime, **_later: Any) -> None:
    """監査."""
    _tell_of_disposal(Event.DISPOSAL_ASKED, disposal, disposal.asked_by, at)


@receiver(disposal_approved, dispatch_uid="notifications.disposal_approved")
def tell_that_words_are_gone(
    sender: object, *, disposal: Disposal, at: datetime, **_later: Any
) -> None:
    """Who asked."""
    _tell_of_disposal(Event.DISPOSAL_APPROVED, disposal, disposal.approved_by, at)


def _tell_of_disposal(event: Event, disposal: Disposal, actor: User | None, at: datetime) -> None:
    fact = Fact(
        event=event,
        key=f"{event.lower()}:{disposal.pk}",
        addressees=NOTICES[event].recipients(disposal),
        project_id=disposal.project_id,
        disposal_id=disposal.pk,
    )
    outbox.post([fact], at=at, actor=actor)


def _tell_of_condition(
    event: Event, report: ConditionReport, actor: User | None, at: datetime
) -> None:
    fact = Fact(
        event=event,
        key=f"{event.lower()}:{report.pk}",
        addressees=NOTICES[event].recipients(report),
        project_id=report.condition.project_id,
        report_id=report.pk,
    )
    outbox.post([fact], at=at, actor=actor)


@receiver(paper_recorded, dispatch_uid="notifications.paper_recorded")
def tell_what_was_registered(
    sender: object, *, paper: PaperDecision, at: datetime, **_later: Any
) -> None:
    """The others of the 事務局, of whom one confirms it; and who decided."""
    facts = [_fact_of_paper(paper, each) for each in (Event.PAPER_WAITING, Event.PAPER_RECORDED)]
    outbox.post(facts, at=at, actor=paper.recorded_by)


@receiver(paper_closed, dispatch_uid="notifications.paper_closed")
def tell_what_came_to_nothing(
    sender: object, *, paper: PaperDecision, by: User, at: datetime, **_later: Any
) -> None:
    """Who registered it and who decided, but not whoever ended it."""
    outbox.supersede_paper(paper.pk, at=at)
    outbox.post([_fact_of_paper(paper, Event.PAPER_CLOSED)], at=at, actor=by)


def _fact_of_paper(paper: PaperDecision, event: Event) -> Fact:
    return Fact(
        event=event,
        key=f"{event.lower()}:{paper.pk}",
        addressees=NOTICES[event].recipients(paper),
        project_id=paper.project_id,
        run_id=paper.slot.step_run.run_id,
        paper_id=paper.pk,
    )


@receiver(absence_registered, dispatch_uid="notifications.absence_registered")
def tell_who_is_away(
    sender: object, *, absence: Absence, by: User, at: datetime, **_later: Any
) -> None:
    """Both, where another registered it; and whoever acts meanwhile."""
    events = [Event.STANDS_IN]
    if absence.is_by_another:
        events.append(Event.ABSENCE_REGISTERED)
    outbox.post([_fact_of(absence, event) for event in events], at=at)


@receiver(absence_ended, dispatch_uid="notifications.absence_ended")
def tell_who_is_back(
    sender: object, *, absence: Absence, by: User, at: datetime, **_later: Any
) -> None:
    """Both, and whoever was named for it; not a person who ends the own absence."""
    actor = by if by.pk == absence.person_id else None
    outbox.post([_fact_of(absence, Event.ABSENCE_ENDED)], at=at, actor=actor)


def _fact_of(absence: Absence, event: Event) -> Fact:
    return Fact(
        event=event,
        key=f"{event.lower()}:{absence.pk}",
        addressees=NOTICES[event].recipients(absence),
        absence_id=absence.pk,
    )
