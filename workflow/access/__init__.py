"""Who may act, now, and why not: the one predicate behind every button, verb and refusal.

A verb asks inside its lock; a page asks before it draws a button. The same answer carries the
reason that a person reads (「なぜ押せない?」).
"""

from workflow.access.answering import (
    holders,
    may_answer,
    not_yours,
    permit_to_answer,
)
from workflow.access.conflicts import (
    approved_in,
    approving,
    barred_in,
    conflicted,
    conflicted_by_run,
    is_conflicted,
)
from workflow.access.correcting import (
    RULES_ARE_REPLACED,
    correctable,
    may_correct,
    permit_to_correct,
    standing_for,
)
from workflow.access.handing import may_reassign, permit_to_reassign
from workflow.access.holding import unheld
from workflow.access.meeting import (
    may_check,
    may_report,
    permit_to_check,
    permit_to_report,
    standing_report,
)
from workflow.access.nudging import (
    NUDGE_DAYS,
    is_secretariat,
    last_nudge,
    may_nudge,
    nudged_lately,
    permit_by_clock,
    waits_for,
)
from workflow.access.permits import NO_POST, Permit, clock, no, said_by, yes
from workflow.access.rules import (
    may_write_rules,
    permit_to_write_rules,
    readable,
    reads_drafts,
)
from workflow.access.standing import (
    Standing,
    away_from,
    is_decision,
    standing_at,
)
from workflow.access.verbs import (
    CLOSABLE,
    COPYABLE,
    HALT_DAYS,
    VERBS,
    halting,
    holds,
    last_act,
    may,
    open_question,
    open_slots,
    permit_to_abandon,
    permit_to_close_region,
    permit_to_copy,
    permit_to_pull_back,
    permit_to_restrict,
    permit_to_withdraw,
    pullable,
)

__all__ = [
    "CLOSABLE",
    "COPYABLE",
    "HALT_DAYS",
    "NO_POST",
    "NUDGE_DAYS",
    "RULES_ARE_REPLACED",
    "VERBS",
    "Permit",
    "Standing",
    "approved_in",
    "approving",
    "away_from",
    "barred_in",
    "clock",
    "conflicted",
    "conflicted_by_run",
    "correctable",
    "halting",
    "holders",
    "holds",
    "is_conflicted",
    "is_decision",
    "is_secretariat",
    "last_act",
    "last_nudge",
    "may",
    "may_answer",
    "may_check",
    "may_correct",
    "may_nudge",
    "may_reassign",
    "may_report",
    "may_write_rules",
    "no",
    "not_yours",
    "nudged_lately",
    "open_question",
    "open_slots",
    "permit_by_clock",
    "permit_to_abandon",
    "permit_to_answer",
    "permit_to_check",
    "permit_to_close_region",
    "permit_to_copy",
    "permit_to_correct",
    "permit_to_pull_back",
    "permit_to_reassign",
    "permit_to_report",
    "permit_to_restrict",
    "permit_to_withdraw",
    "permit_to_write_rules",
    "pullable",
    "readable",
    "reads_drafts",
    "said_by",
    "standing_at",
    "standing_for",
    "standing_report",
    "unheld",
    "waits_for",
    "yes",
]
