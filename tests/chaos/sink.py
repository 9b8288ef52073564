"""A mail server with bad days, behind a real socket."""

from __future__ import annotations

import asyncio
import random
import socket
from collections import Counter
from contextlib import contextmanager
from email import message_from_bytes
from typing import TYPE_CHECKING, Final

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiosmtpd.smtp import SMTP, Envelope, Session

REFUSED: Final = 0.1
DROPPED: Final = 0.03
SLOW: Final = 0.02
PAUSE: Final = 1.0
"""Parts of all mails, and for how many seconds a slow answer lets one wait."""


class Sink:
    """Remembers the Message-ID of everything it accepted, and of what it never said so."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.dropped: set[str] = set()
        self.chance = random.Random(7)  # noqa: S311 -- not a secret

    async def handle_DATA(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Refuse some for now, answer some late; of a few take the mail, once, and hang up."""
        if self.chance.random() < SLOW:
            await asyncio.sleep(PAUSE)
        if self.chance.random() < REFUSED:
            return "451 come back later"
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        name = str(message_from_bytes(raw)["Message-ID"])
        self.accepted[name] += 1
        drops = self.chance.random() < DROPPED and name not in self.dropped
        if drops and server.transport is not None:
            self.dropped.add(name)
            server.transport.close()
        return "250 accepted"


@contextmanager
def mail_server() -> Iterator[tuple[Sink, str]]:
    """The mail server and its address."""
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield handler, f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
