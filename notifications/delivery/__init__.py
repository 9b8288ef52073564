"""From facts to mails: expand posts to persons, claim, check again, render, send, settle.

``sweep`` is safe in any number at once. What was accepted by the mail server is settled one by
one; a copy can only arise when a process dies, or a line drops, between acceptance and settling,
and it then carries the same Message-ID.
"""

from notifications.delivery.sweeping import Report, sweep

__all__ = ["Report", "sweep"]
