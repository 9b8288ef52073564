"""The rules change while cases are on their way: written, sent back, withdrawn, decided."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.timezone import localdate

from roles.enums import Role
from roles.models import holders_of, people_who
from workflow import access, engine
from workflow.actions import route_versions
from workflow.actions.refusals import NotAllowed, Unanswered, Unroutable
from workflow.enums import Mode, Outcome, RouteState, RunState, SlotState, StepKind
from workflow.models import Route, Run, Slot
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from datetime import date, datetime

    from roles.models import User
    from workflow.management.simulation.tally import Tally

CODES: Final = ("RT1", "RT2", "RT3", "RT4", "RT5")
CHANCE: Final = 0.03
"""How often something happens to the rules, of the acts on cases."""
AWAY: Final = 0.15
"""How often a version is sent back, and how often it is withdrawn."""


class Rulebook:
    """One version at a time, with dice of its own: cases live the same with and without it."""

    def __init__(self, seed: int, tally: Tally) -> None:
        self.random = Random(f"{seed} rules")  # noqa: S311 -- a simulation
        self.tally = tally

    def live(self, at: datetime) -> None:
        """Perhaps one step of a version on its way."""
        if self.random.random() >= CHANCE:
            return
        run = _on_its_way()
        if run is None:
            self._propose(at)
        elif self.random.random() < AWAY:
            self._withdraw(run, at)
        else:
            self._answer(run, at)

    def finish(self, at: datetime) -> None:
        """The last version does not wait for ever."""
        run = _on_its_way()
        if run is not None:
            self._withdraw(run, at)

    def _secretary(self, on: date) -> User:
        return self.random.choice(people_who(Role.SECRETARIAT, on))

    def _propose(self, at: datetime) -> None:
        """Nobody free to approve it, or a day that another version took: it stays a draft."""
        by = self._secretary(localdate(at))
        draft = self._draft(self.random.choice(CODES), by, at)
        self.tally.attempt(
            "propose rule",
            lambda: engine.propose_route(
                route=draft, draft_version=draft.draft_version, by=by, at=at
            ),
            Unroutable,
            engine.Unclean,
        )

    @transaction.atomic
    def _draft(self, code: str, by: User, at: datetime) -> Route:
        """Another pace of a step, sometimes K of N; it begins in some days, after all others."""
        versions = Route.objects.filter(code=code).order_by("version")
        draft = versions.filter(state=RouteState.DRAFT).first()
        last = versions.filter(state=RouteState.ACTIVE).latest("effective_from")
        begins = max(localdate(at), last.effective_from) + timedelta(days=self.random.randint(1, 9))
        if draft is None:
            draft = route_versions.start_draft(of=last, by=by, effective_from=begins)
        draft = route_versions.write(draft, draft.draft_version, by)
        kept = {name: getattr(draft, name) for name in route_versions.HEAD}
        head: dict[str, Any] = {"effective_from": begins, "purpose": "日数を改める。"}
        route_versions.save_head(draft, {**kept, **head})
        rows = list(draft.steps.order_by("order"))
        row = self.random.choice(rows)
        draft.steps.filter(pk=row.pk).update(standard_days=self.random.randint(1, 9))
        if self.random.random() < 0.5:
            body = draft.steps.filter(kind=StepKind.REVIEW)
            body.update(mode=self.random.choice((Mode.ALL, Mode.QUORUM)), quorum=2)
        return draft

    def _answer(self, run: Run, at: datetime) -> None:
        """By the first who may; nobody, and it waits."""
        slot = Slot.objects.select_related(
            "post", "step_run__revision", "step_run__run__rule", "step_run__run__revision"
        ).get(step_run__run=run, state=SlotState.OPEN)
        held = holders_of([slot.post_id], localdate(at))[slot.post_id]
        by = next((each.person for each in held if access.may_answer(each.person, slot, at)), None)
        if by is None:
            self.tally.vacant += 1
        elif slot.step_run.kind == StepKind.REVISION:
            self._propose_again(run, slot, by, at)
        else:
            self._say(slot, by, at)

    def _propose_again(self, run: Run, slot: Slot, by: User, at: datetime) -> None:
        assert run.rule is not None  # noqa: S101 -- asked for by rule
        draft = self._draft(run.rule.code, by, at)
        self.tally.attempt(
            "propose rule again",
            lambda: engine.propose_route_again(
                route=draft,
                slot_id=slot.pk,
                draft_version=draft.draft_version,
                comment="指摘のとおり直した。",
                by=by,
                at=at,
            ),
            Unroutable,
            engine.Unclean,
        )

    def _say(self, slot: Slot, by: User, at: datetime) -> None:
        """承認 or 採択; 差戻し by the dice, and where the first day has passed."""
        yes = {StepKind.APPROVAL: Outcome.APPROVED, StepKind.DECISION: Outcome.ADOPTED}
        wanted = yes[StepKind(slot.step_run.kind)]
        outcome = Outcome.SENT_BACK if self.random.random() < AWAY else wanted
        if self._decide(slot, outcome, by, at):
            self._decide(slot, Outcome.SENT_BACK, by, at)

    def _decide(self, slot: Slot, outcome: Outcome, by: User, at: datetime) -> bool:
        """Whether it was refused."""
        revision = slot.step_run.revision
        refusal = self.tally.attempt(
            f"rule {outcome.lower().replace('_', ' ')}",
            lambda: engine.decide(
                project=None,
                slot_id=slot.pk,
                revision_hash=revision.content_hash if revision else "",
                outcome=outcome,
                answer=Answer(comment="確かめた。"),
                by=by,
                at=at,
            ),
            Unanswered,
            Unroutable,
            NotAllowed,
        )
        return refusal is not None

    def _withdraw(self, run: Run, at: datetime) -> None:
        assert run.rule is not None  # noqa: S101 -- asked for by rule
        rule, by = run.rule, self._secretary(localdate(at))
        self.tally.act(
            "withdraw rule",
            lambda: engine.withdraw_route(
                route=rule, answer=Answer(comment="考え直す。", confirmed=True), by=by, at=at
            ),
        )


def _on_its_way() -> Run | None:
    runs = Run.objects.filter(rule__isnull=False, state=RunState.OPEN).select_related("rule")
    return runs.first()
