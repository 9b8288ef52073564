"""Who is told of a fact: exact lists of posts and persons, from the rows of the fact.

A post is told when whoever sits on it has something to do or to read; a person is told because of
what this person did. The one who acted is left out when posts become persons.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db.models import F
from django.utils.timezone import localdate

from bpr_projects.access import partners_of
from notifications.enums import DeliveryState, Why
from notifications.models import DeliveredFact
from roles.enums import Role
from roles.models import Absence, Appointment, Post, StandIn
from workflow.enums import ASIDE, RunKind, SlotState, StepKind
from workflow.models import Decision, Reading, Slot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from bpr_projects.models import Comment, JoinRequest, Project
    from notifications.models import Announcement
    from records.models import AnchorDay, LedgerCheck
    from roles.models import User
    from roles.models.organization import PostQuerySet
    from workflow.models import (
        Claim,
        ConditionReport,
        Disposal,
        Nudge,
        PaperDecision,
        Run,
        StepRun,
        WorkItem,
    )


@dataclass(frozen=True)
class Addressee:
    """A post or a named person, and why. ``slot_id``: the work that the fact asks for."""

    why: Why
    post_id: int | None = None
    person_id: int | None = None
    slot_id: int | None = None


@dataclass(frozen=True)
class Delay:
    """A step whose days are over, the posts that its rule names for that, and who is asked."""

    step: StepRun
    told: Sequence[Post]
    asked: Collection[int]


def holders_of_work(item: WorkItem) -> list[Addressee]:
    """The post that is asked."""
    return [Addressee(Why.HOLDER, post_id=item.post_id, slot_id=item.slot_id)]


def holders_asked_again(nudge: Nudge) -> list[Addressee]:
    """The post that lets somebody wait."""
    return [Addressee(Why.HOLDER, post_id=nudge.slot.post_id, slot_id=nudge.slot_id)]


def who_was_named(claim: Claim) -> list[Addressee]:
    """The colleague of a shared seat who now sees to the work."""
    return [Addressee(Why.HOLDER, person_id=claim.person_id, slot_id=claim.slot_id)]


def relieved(decision: Decision) -> list[Addressee]:
    """The post whose work was given to another one."""
    post = decision.slot.post_id if decision.slot is not None else decision.post_id
    return [Addressee(Why.HOLDER, post_id=post)]


def keepers_of_slot(slot: Slot) -> list[Addressee]:
    """The 事務局, as long as the slot waits."""
    return [replace(each, slot_id=slot.pk) for each in keepers()]


def keepers_of_work(item: WorkItem) -> list[Addressee]:
    """The 事務局, as long as the work waits."""
    return [replace(each, slot_id=item.pk) for each in keepers()]


def told_of_delay(delay: Delay) -> list[Addressee]:
    """Whom the rule names, but not who is asked already."""
    above = [post for post in delay.told if post.pk not in delay.asked]
    return [Addressee(Why.ABOVE, post_id=post.pk) for post in above]


def readers(reading: Reading) -> list[Addressee]:
    """The post that is to read."""
    return [Addressee(Why.READER, post_id=reading.post_id)]


def proposers(decision: Decision) -> list[Addressee]:
    """Who asked for the decision: of the proposal or, later, of a change, stop or roll-out."""
    project, run = decision.project, decision.run
    if project is None or run.kind == RunKind.APPROVAL:
        return asking_side(run)
    return proposing_side(project)


def asking_side(run: Run) -> list[Addressee]:
    """The seat that asked (a successor has to go on), and who submitted it."""
    asked = Decision.objects.asking(run)
    seat = [Addressee(Why.HOLDER, post_id=asked.post_id)] if asked else []
    return [*seat, Addressee(Why.ASKER, person_id=run.started_by_id)]


def proposing_side(project: Project) -> list[Addressee]:
    """The proposing post (a successor has to go on), and everybody who wrote the proposal."""
    return [
        Addressee(Why.PROPOSER, post_id=project.proposer_post_id),
        *(Addressee(Why.PROPOSER, person_id=pk) for pk in sorted(partners_of(project))),
    ]


def proposers_and_actors(decision: Decision) -> list[Addressee]:
    """The end of a matter: who asked, who proposed the case, and everybody who acted in any round.

    Not who acted for a post that gets the result as 供覧 or 後閲 by the same act: one mail of it.
    """
    shown = Reading.objects.filter(run=decision.run_id, opened_at=decision.decided_at)
    posts = frozenset(shown.values_list("post", flat=True))
    sides = proposers(decision)
    if decision.project is not None and decision.run.kind == RunKind.APPROVAL:
        sides += proposing_side(decision.project)
    return [*sides, *_people(decision.run_id, without=posts)]


def proposers_and_actors_of_round(decision: Decision) -> list[Addressee]:
    """差戻し: who asked, and who acted in that round, but not who is asked again now.

    A text that came back is work of the asking side. An earlier station that is asked again reads
    the reason in the mail that says it is its turn.
    """
    opened = Slot.objects.filter(
        step_run__run=decision.run_id, step_run__closed_at=None, state=SlotState.OPEN
    )
    came_back = opened.filter(step_run__kind=StepKind.REVISION)
    to_correct = came_back.values_list("pk", flat=True).first()
    side = [replace(each, slot_id=to_correct) for each in proposers(decision)]
    asked = frozenset(opened.values_list("post", flat=True))
    return [*side, *_people(decision.run_id, decision.round, without=asked)]


def everybody_involved(decision: Decision) -> list[Addressee]:
    """取下げ, 廃案: the proposing side, who acted, and who was asked and told so."""
    return [*proposers_and_actors(decision), *told_in_vain(decision)]


def told_in_vain(decision: Decision) -> list[Addressee]:
    """Who had already been mailed about the work that this act closed unanswered."""
    told = (
        DeliveredFact.objects.filter(
            message__run=decision.run_id,
            message__slot__step_run__closed_at=decision.decided_at,
            message__slot__state="CANCELED",
            delivery__state__in=[DeliveryState.SENT, DeliveryState.SENDING],
        )
        .order_by("person")
        .values_list("person", flat=True)
        .distinct()
    )
    return [Addressee(Why.TOLD, person_id=pk) for pk in told]


def _people(
    run_id: int, in_round: int | None = None, *, without: frozenset[int]
) -> list[Addressee]:
    """Persons who said something on a run, but not those who did so for one of these posts.

    省略 is the rule's doing, and who may read a case is no part in it.
    """
    said = Decision.objects.filter(run=run_id).exclude(outcome__in=ASIDE)
    if in_round is not None:
        said = said.filter(round=in_round)
    acts = set(said.order_by().values_list("decided_by", "post"))
    left_out = {person for person, post in acts if post in without}
    people = {person for person, _post in acts} - left_out
    return [Addressee(Why.ACTED, person_id=pk) for pk in sorted(people)]


# --- the discussion, and who joins -----------------------------------------------------------


def called(comment: Comment) -> list[Addressee]:
    """Persons whom the remark names."""
    people = comment.mentions.order_by("pk").values_list("pk", flat=True)
    return [Addressee(Why.CALLED, person_id=pk) for pk in people]


def those_who_answer(comment: Comment) -> list[Addressee]:
    """The proposing side, and who leads the 所管課 of a running case when another proposed it."""
    return answering_side(comment.project)


def answering_side(project: Project) -> list[Addressee]:
    """As ``access`` says who answers for a case; the 所属長 reads on the page."""
    leaders = Post.objects.filter(role=Role.DX_LEADER, section=project.section_id)
    others = leaders.exclude(pk=project.proposer_post_id).order_by("pk")
    leading = [Addressee(Why.HOLDER, post_id=pk) for pk in others.values_list("pk", flat=True)]
    return [*proposing_side(project), *leading]


def those_named(people: Iterable[User]) -> list[Addressee]:
    """Who was named as a co-proposer."""
    return [Addressee(Why.PARTNER, person_id=person.pk) for person in people]


def who_asked(comment: Comment) -> list[Addressee]:
    """The author of the question that this comment answers."""
    if comment.parent is None:
        return []
    return [Addressee(Why.ASKER, person_id=comment.parent.written_by_id)]


def those_who_admit(request: JoinRequest) -> list[Addressee]:
    """Who may say yes or no to a section: the answering side, and the 事務局."""
    return [*answering_side(request.project), *keepers()]


def who_wants_to_join(request: JoinRequest) -> list[Addressee]:
    """Who asked, and who leads the section."""
    return [
        Addressee(Why.ASKER, person_id=request.asked_by_id),
        *_leading(request.section_id),
    ]


def keepers(_report: ConditionReport | None = None) -> list[Addressee]:
    """The 事務局."""
    posts = Post.objects.filter(role=Role.SECRETARIAT).order_by("pk").values_list("pk", flat=True)
    return [Addressee(Why.KEEPER, post_id=pk) for pk in posts]


def keepers_of_paper(paper: PaperDecision) -> list[Addressee]:
    """The 事務局, as long as the step waits; who registered it has acted."""
    return [replace(each, slot_id=paper.slot_id) for each in keepers()]


def who_decided_on_paper(paper: PaperDecision) -> list[Addressee]:
    """In whose name it was registered."""
    return [Addressee(Why.DECIDER, person_id=paper.decided_by_id)]


def those_about_paper(paper: PaperDecision) -> list[Addressee]:
    """Who registered it, and in whose name."""
    recorder = Addressee(Why.ASKER, person_id=paper.recorded_by_id)
    return [recorder, *who_decided_on_paper(paper)]


def who_audits(check: LedgerCheck) -> list[Addressee]:
    """監査, every month; the 事務局 too when something is wrong."""
    return _auditors() if check.is_sound else [*_auditors(), *keepers()]


def _auditors() -> list[Addressee]:
    posts = Post.objects.filter(role=Role.AUDITOR).order_by("pk").values_list("pk", flat=True)
    return [Addressee(Why.AUDITOR, post_id=pk) for pk in posts]


def who_approves_disposal(_disposal: Disposal) -> list[Addressee]:
    """監査, without whom nothing is blanked."""
    return _auditors()


def who_asked_for_disposal(disposal: Disposal) -> list[Addressee]:
    """The person of the 事務局 who asked."""
    return [Addressee(Why.ASKER, person_id=disposal.asked_by_id)]


def those_announced_to(announcement: Announcement) -> list[Addressee]:
    """Every post of the audience; whoever holds one is told once."""
    sections = list(announcement.sections.values_list("pk", flat=True))
    posts = audience(sections, announcement.roles, localdate(announcement.released_at))
    return [Addressee(Why.STAFF, post_id=pk) for pk in posts.values_list("pk", flat=True)]


def audience(sections: Collection[int], roles: Collection[str], on: date) -> PostQuerySet:
    """Posts of that day in these sections and of these roles; empty means all of them.

    Those of sections first: whoever holds several is told, and counted, as one of a section.
    """
    place = (F(name).asc(nulls_last=True) for name in ("section", "department"))
    posts = Post.objects.in_force(on).order_by(*place, "pk")
    if sections:
        posts = posts.filter(section__in=sections)
    return posts.filter(role__in=roles) if roles else posts


def keepers_of_announcement(_announcement: Announcement) -> list[Addressee]:
    """The 事務局; who wrote it is left out as the actor."""
    return keepers()


def who_mends(_day: AnchorDay) -> list[Addressee]:
    """The 事務局."""
    return keepers()


def who_meets(report: ConditionReport) -> list[Addressee]:
    """Who reported, and who leads the section that has to meet the condition."""
    return [
        Addressee(Why.ASKER, person_id=report.reported_by_id),
        *_leading(report.condition.owner_id),
    ]


def _leading(section_id: int) -> list[Addressee]:
    roles = (Role.DX_LEADER, Role.SECTION_HEAD)
    posts = Post.objects.filter(role__in=roles, section=section_id).order_by("pk")
    return [Addressee(Why.SECTION, post_id=pk) for pk in posts.values_list("pk", flat=True)]


def absentee_and_registrar(absence: Absence) -> list[Addressee]:
    """Both: whose absence another registered or ended, and who did so."""
    return [
        Addressee(Why.ABSENT, person_id=absence.person_id),
        Addressee(Why.REGISTRAR, person_id=absence.recorded_by_id),
    ]


def those_who_stood_in(absence: Absence) -> list[Addressee]:
    """The absentee, who registered it, and the deputies named for it: it is over."""
    deputies = absence.delegations.order_by("deputy").values_list("deputy", flat=True).distinct()
    both = {each.person_id: each for each in reversed(absentee_and_registrar(absence))}
    named = [Addressee(Why.STANDS_IN, person_id=pk) for pk in deputies if pk not in both]
    return [*both.values(), *named]


def those_who_stand_in(absence: Absence) -> list[Addressee]:
    """The deputies named for the absence, and at each seat of the order of 代決 its first."""
    deputies = absence.delegations.order_by("deputy").values_list("deputy", flat=True).distinct()
    first_day = absence.starts_on
    held = Appointment.objects.in_force(first_day).filter(person=absence.person)
    attended = Appointment.objects.attending(first_day).values("post")
    order = StandIn.objects.filter(post__in=held.values("post"), stand_in_post__in=attended)
    firsts: dict[int, int] = {}
    for post, stand_in in order.order_by("post", "order").values_list("post", "stand_in_post"):
        firsts.setdefault(post, stand_in)
    return [
        *(Addressee(Why.STANDS_IN, person_id=pk) for pk in deputies),
        *(Addressee(Why.STANDS_IN, post_id=pk) for pk in sorted(set(firsts.values()))),
    ]
