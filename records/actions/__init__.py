"""Long work that is queued and done, and the watch over the ledger."""

from records.actions.runs import (
    LEASE,
    MAX_ATTEMPTS,
    Clock,
    LeaseLost,
    NoRunner,
    Progress,
    Runner,
    claim,
    enqueue,
    fail,
    finish,
    heartbeat,
    register_runner,
    sweep,
)
from records.actions.watching import CHECK, ask_for_check, check_month, watch

__all__ = [
    "CHECK",
    "LEASE",
    "MAX_ATTEMPTS",
    "Clock",
    "LeaseLost",
    "NoRunner",
    "Progress",
    "Runner",
    "ask_for_check",
    "check_month",
    "claim",
    "enqueue",
    "fail",
    "finish",
    "heartbeat",
    "register_runner",
    "sweep",
    "watch",
]
