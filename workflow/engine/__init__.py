"""The one door to every state change of a case.

Each verb locks the process row, reads everything again inside the lock, asks ``access`` and the
verbs of ``actions``, lets viewflow move the tokens, keeps the work items in step and records what
was said, last of all the ledger. All of it commits or nothing does.

Lock order: process row of an approval, then of a cycle; draft row, then number series; the ledger
head last. Raises ``actions.refusals.Refusal``; after any of them nothing has changed.
"""

from workflow.engine.answering import close_region, decide, record_phase
from workflow.engine.arranging import claim, release, snooze, unsnooze
from workflow.engine.asking import nudge
from workflow.engine.correcting import correct
from workflow.engine.disposing import approve_disposal, ask_for_disposal, texts_to_blank
from workflow.engine.handing import reassign, receivers
from workflow.engine.meeting import check_condition, report_condition
from workflow.engine.papering import confirm_paper, record_paper, refuse_paper
from workflow.engine.proposing import resubmit, submit
from workflow.engine.reading import mark_read, mark_seen, resume_due
from workflow.engine.restricting import restrict, unrestrict
from workflow.engine.rules import (
    Unclean,
    propose_route,
    propose_route_again,
    pull_back_route,
    withdraw_route,
)
from workflow.engine.settling import work_item
from workflow.engine.turning import abandon, halt, pull_back, withdraw

__all__ = [
    "Unclean",
    "abandon",
    "approve_disposal",
    "ask_for_disposal",
    "check_condition",
    "claim",
    "close_region",
    "confirm_paper",
    "correct",
    "decide",
    "halt",
    "mark_read",
    "mark_seen",
    "nudge",
    "propose_route",
    "propose_route_again",
    "pull_back",
    "pull_back_route",
    "reassign",
    "receivers",
    "record_paper",
    "record_phase",
    "refuse_paper",
    "release",
    "report_condition",
    "restrict",
    "resubmit",
    "resume_due",
    "snooze",
    "submit",
    "texts_to_blank",
    "unrestrict",
    "unsnooze",
    "withdraw",
    "withdraw_route",
    "work_item",
]
