"""A real mail server that misbehaves on demand."""

from __future__ import annotations

import asyncio
import time
import warnings
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from socket import socket
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage

    from pytest_django import Settings


@dataclass
class Sink:
    """Keeps what it accepts. ``faults``: address -> answers to give before it accepts.

    An answer is an SMTP reply, or ``drop`` (accept, then hang up without saying so).
    ``sender_faults`` are answers to MAIL FROM; ``slow`` are seconds before each greeting.
    """

    port: int = 0
    accepted: list[EmailMessage] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    sender_faults: list[str] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)
    connections: int = 0
    question: Callable[[], object] | None = None
    """Asked at each mail; what it found is in ``answers``."""
    answers: list[object] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 -- aiosmtpd's name and signature
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802 -- as above
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.sender_faults:
            return self.sender_faults.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 -- as above
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        waiting = self.faults.get(address, [])
        if waiting and waiting[0] != "drop":
            return waiting.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.accepted.append(mail)
        if self.question is not None:
            self.answers.append(await asyncio.to_thread(self._ask))
        waiting = self.faults.get(envelope.rcpt_tos[0], [])
        if waiting:
            waiting.pop(0)
            server.transport.abort()
            await asyncio.sleep(0)
        return "250 OK"

    def _ask(self) -> object:
        assert self.question is not None
        try:
            return self.question()
        finally:
            connection.close()  # the one of this thread

    def ids(self) -> list[str]:
        return [mail["Message-ID"] for mail in self.accepted]


class Doorkeeper(Controller):
    """Lets people in as slowly as the sink says."""

    def factory(self) -> Any:
        time.sleep(self.handler.slow.pop(0) if self.handler.slow else 0)
        return super().factory()  # type: ignore[no-untyped-call]


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    """The mail server of the settings, on a free port."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        sink = Sink(port=probe.getsockname()[1])
    controller = Doorkeeper(sink, hostname="127.0.0.1", port=sink.port)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = sink.port
    settings.EMAIL_TIMEOUT = 5
    yield sink
    controller.stop()
