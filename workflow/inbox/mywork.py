"""マイワーク: my turn, the others' turn, drafts, what runs around me, what moves in the city."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from bpr_projects.enums import Stage
from roles.enums import Basis
from workflow.charts import ball_lines
from workflow.enums import StepKind
from workflow.inbox.around import FEW, cases_around
from workflow.inbox.desk import PAGE, Listing
from workflow.inbox.places import IN_PLACE
from workflow.inbox.sieve import Sieve
from workflow.inbox.stands import chosen_post, stands_of
from workflow.inbox.week import week_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from workflow.inbox.desk import Desk, Item
    from workflow.inbox.rows import CaseRow
    from workflow.inbox.stands import Stand
    from workflow.inbox.week import Week

SHOWN: Final = 10

VERBS: Final[dict[StepKind, tuple[StrOrPromise, StrOrPromise]]] = {
    StepKind.CONFIRMATION: (_("確認する"), _("提案の内容を確認する")),
    StepKind.RECEPTION: (_("受け付ける"), _("形式を確かめて受け付ける")),
    StepKind.REVIEW: (_("採点する"), _("審査シートに採点する")),
    StepKind.REFERRAL: (_("上申する"), _("意見を付して上申する")),
    StepKind.APPROVAL: (_("承認する"), _("部長として承認する")),
    StepKind.CONCURRENCE: (_("同意を判断する"), _("合議に答える")),
    StepKind.MEDIATION: (_("協議を記録する"), _("不同意の協議を調整する")),
    StepKind.DELIBERATION: (_("同意を判断する"), _("持ち回りの審議に答える")),
    StepKind.STANDING_DECISION: (_("決裁する"), _("専決で決裁する")),
    StepKind.DECISION: (_("決裁する"), _("採否を決裁する")),
    StepKind.REVISION: (_("修正する"), _("差戻しの指摘に対応する")),
    StepKind.OBSERVE: (_("記録する"), _("「観察」を記録する")),
    StepKind.ORIENT: (_("記録する"), _("「方向づけ」を記録する")),
    StepKind.DECIDE: (_("記録する"), _("「意思決定」を記録する")),
    StepKind.ACT: (_("記録する"), _("「行動」を記録する")),
}
"""Kind -> the word on the button, and what is to be done as the row says it."""

MOVES: Final[dict[str, StrOrPromise]] = {
    Stage.RUNNING: _("が採択され、実行が始まりました"),
    Stage.NOT_ADOPTED: _("は不採択となりました"),
    Stage.COMPLETED: _("が完了しました"),
    Stage.STOPPED: _("が中止になりました"),
    Stage.ROLLED_OUT: _("の横展開が決まりました"),
}
"""Stage -> the end of the sentence about the city's cases."""


@dataclass(frozen=True)
class Move:
    """Something that happened to a case lately."""

    case: CaseRow
    what: StrOrPromise


@dataclass(frozen=True)
class MyWork:
    """All that the page draws. ``count``: what waits for the chosen seat, or for all of them."""

    items: list[Item]
    has_more: bool
    waiting: list[CaseRow]
    drafts: list[CaseRow]
    running: list[CaseRow]
    running_where: str
    moves: list[Move]
    week: Week
    stands: list[Stand]
    stand: Stand | None
    count: int


def my_work(desk: Desk, wanted: str = "") -> MyWork:
    """Four queries, whatever there is. ``wanted``: the seat that the address names."""
    post = chosen_post(desk, wanted)
    load = desk.read(Listing(bases=(Basis.OWN, *IN_PLACE), limit=PAGE, sieve=Sieve(post=post)))
    stands = stands_of(desk, post)
    stand = next((each for each in stands if each.is_chosen), None)
    sections = _sections(desk)
    found = cases_around(desk, post, set(sections))
    waiting = _waiting(desk, [row for row in found["mine"] if row.stage != Stage.DRAFT])
    return MyWork(
        items=load.items[:SHOWN],
        has_more=load.has_more or len(load.items) > SHOWN,
        waiting=waiting,
        drafts=[row for row in found["mine"] if row.stage == Stage.DRAFT],
        running=found["running"],
        running_where="・".join(sections.values()),
        moves=_moves(found["moves"], found["laps"]),
        week=week_of(desk.at, load.closures, load.items, waiting),
        stands=stands,
        stand=stand,
        count=stand.count if stand else load.counts.mine,
    )


def _sections(desk: Desk) -> dict[int, str]:
    """My own sections; none for those who look after the whole city."""
    own = [desk.capacities[pk].post.section for pk in desk.posts(Basis.OWN)]
    return {section.pk: section.name for section in own if section is not None}


def _waiting(desk: Desk, mine: list[CaseRow]) -> list[CaseRow]:
    """My cases that somebody else holds, the longest waiting first."""
    balls = ball_lines(mine, desk.at, desk.load.closures)
    own = set(desk.capacities)
    held = [
        replace(row, ball=balls[row.pk], may_ask=True)
        for row in mine
        if row.pk in balls and not own & {seat.post_id for seat in balls[row.pk].seats}
    ]
    return sorted(held, key=lambda row: (-row.ball.day_n if row.ball else 0, row.pk))


def _moves(decided: list[CaseRow], laps: list[CaseRow]) -> list[Move]:
    """The newest first, each case once."""
    moves = [Move(row, MOVES[row.stage]) for row in decided]
    moves += [Move(row, __("が第%sサイクルに入りました") % row.cycle) for row in laps]
    newest: dict[int, Move] = {}
    for move in sorted(moves, key=lambda each: each.case.updated_at, reverse=True):
        newest.setdefault(move.case.pk, move)
    return list(newest.values())[:FEW]
