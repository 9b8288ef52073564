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
    conflicted,
    conflicted_by_run,
    is_conflicted,
)
from workflow.access.correcting import may_correct, permit_to_correct, standing_final
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
    "VERBS",
    "Permit",
    "approved_in",
    "approving",
    "clock",
    "conflicted",
    "conflicted_by_run",
    "halting",
    "holders",
    "holds",
    "is_conflicted",
    "is_secretariat",
    "last_act",
    "last_nudge",
    "may",
    "may_answer",
    "may_check",
    "may_correct",
    "may_nudge",
    "may_report",
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
    "permit_to_report",
    "permit_to_restrict",
    "permit_to_withdraw",
    "pullable",
    "said_by",
    "standing_final",
    "standing_report",
    "waits_for",
    "yes",
]
