"""Facts about the ledger, as past-tense signals. Only ``notifications`` receives them."""

from __future__ import annotations

from django.dispatch import Signal

anchor_failed = Signal()
"""day: AnchorDay, at: datetime. Told once a day, however often it fails."""

ledger_checked = Signal()
"""check: LedgerCheck, at: datetime. The whole ledger was verified."""
