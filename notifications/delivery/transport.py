"""One line to the mail server, used for many mails; the only place that talks SMTP.

Which server is a matter of settings (EMAIL_URL). Without one, the demo's backend accepts every
mail and sends it nowhere: the rows of ``Delivery`` are the mailbox that people look at.
"""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from email.utils import formataddr
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection  # noqa: TID251 -- the place

from notifications.delivery.letters import one_line
from notifications.enums import DeliveryState, Reason
from notifications.outbox import mail_host

if TYPE_CHECKING:
    from types import TracebackType

    from notifications.delivery.letters import Letter
    from notifications.models import Delivery

PERMANENT: Final = 500
"""Answers from here on are final: the same mail will be refused again."""

UNAUTHENTICATED: Final = frozenset({530, 534, 535, 538})
"""The server wants to know who we are: no mail of anybody would go through."""

TOO_LARGE: Final = 552
"""The one answer to MAIL FROM that is about the mail and not about its sender."""


@dataclass(frozen=True)
class Result:
    """How a mail fared at the server."""

    state: DeliveryState
    reason: str = ""
    error: str = ""
    is_of_the_line: bool = False


SENT: Final = Result(DeliveryState.SENT)


class Mail(EmailMultiAlternatives):
    """Parts are divided by a line that nobody can guess, and that therefore stands in no text.

    Python looks through every text for the line of its own making, which takes a third as long as
    all the rest of a mail.
    """

    def message(self, **wanted: Any) -> Any:
        message = super().message(**wanted)
        if message.is_multipart():
            message.set_boundary(token_hex(16))
        return message


def envelope(delivery: Delivery, letter: Letter) -> EmailMultiAlternatives:
    """The mail as it goes out. One thread a case; no auto-reply comes back."""
    person = delivery.person
    headers = {
        "Message-ID": delivery.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "List-Id": formataddr((settings.SITE_NAME, f"bpr.{mail_host()}")),
    }
    if delivery.project_id is not None:
        thread = f"<case-{delivery.project_id}@{mail_host()}>"
        headers |= {"In-Reply-To": thread, "References": thread}
    mail = Mail(
        subject=letter.subject,
        body=letter.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[formataddr((one_line(person.name, 80), person.email))],
        headers=headers,
    )
    if letter.html:
        mail.attach_alternative(letter.html, "text/html")
    return mail


class Line:
    """A connection that is opened when needed and opened again after any trouble."""

    def __init__(self) -> None:
        self._connection = get_connection()
        self._is_open = False
        self.error = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def is_ready(self) -> bool:
        """Whether the server can be reached; nothing has been claimed or tried before that."""
        if self._is_open:
            return True
        try:
            self._connection.open()
        except OSError as trouble:  # smtplib's own errors are kinds of OSError too
            self._close()
            self.error = described(trouble)
            return False
        self._is_open = True
        return True

    def send(self, delivery: Delivery, letter: Letter) -> Result:
        """Hand over one mail. After any trouble the line is given up and opened anew."""
        try:
            self._connection.send_messages([envelope(delivery, letter)])
        except (OSError, ValueError) as trouble:  # BadHeaderError and UnicodeError are ValueErrors
            self._close()
            return classified(trouble)
        return SENT

    def _close(self) -> None:
        self._is_open = False
        try:
            self._connection.close()
        except OSError:
            self._connection = get_connection()


def classified(trouble: Exception) -> Result:
    """Final or to be tried again: the server's code decides, silence is never final."""
    error = described(trouble)
    codes = _codes(trouble)
    if _is_of_the_line(trouble, codes):
        return Result(DeliveryState.QUEUED, Reason.LATER, error, is_of_the_line=True)
    if codes and min(codes) >= PERMANENT:
        return Result(DeliveryState.DEAD, Reason.REFUSED, error)
    if isinstance(trouble, (ValueError, smtplib.SMTPNotSupportedError)):
        return Result(DeliveryState.DEAD, Reason.MALFORMED, error)
    return Result(DeliveryState.QUEUED, Reason.LATER, error)


def _is_of_the_line(trouble: Exception, codes: list[int]) -> bool:
    """Whether the server refuses us, whatever the mail: no mail is to blame for that."""
    if UNAUTHENTICATED.intersection(codes):
        return True
    return isinstance(trouble, smtplib.SMTPSenderRefused) and TOO_LARGE not in codes


def _codes(trouble: Exception) -> list[int]:
    """What the server answered; nothing when it hung up or was silent."""
    if isinstance(trouble, smtplib.SMTPRecipientsRefused):
        return [code for code, _answer in trouble.recipients.values()]
    return [trouble.smtp_code] if isinstance(trouble, smtplib.SMTPResponseException) else []


def described(trouble: Exception) -> str:
    """The server's answer in one line, or the kind of trouble."""
    if isinstance(trouble, smtplib.SMTPRecipientsRefused):
        answers = [f"{code} {_text(answer)}" for code, answer in trouble.recipients.values()]
        return one_line("; ".join(answers), 200)
    if isinstance(trouble, smtplib.SMTPResponseException):
        return one_line(f"{trouble.smtp_code} {_text(trouble.smtp_error)}", 200)
    return one_line(f"{type(trouble).__name__} {trouble}", 200)


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
