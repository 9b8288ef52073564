"""What people do at a browser: log in, follow a mail, answer a step, read who holds a case."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.utils.timezone import now

from tests.make import PASSWORD, holder
from tests.notifications.mails import send
from workflow.access import holders
from workflow.enums import Outcome, SlotState, StepKind
from workflow.models import Slot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import EmailMessage

    from playwright.sync_api import Locator, Page

    from bpr_projects.models import Project
    from roles.models import User
    from tests.notifications.conftest import Sink


class Counter:
    """One browser that people use after one another, and the mails that went out."""

    def __init__(self, page: Page, url: str, sink: Sink) -> None:
        self.page, self.url, self.sink = page, url, sink

    # --- people ----------------------------------------------------------------------------

    def log_in(self, person: User, path: str = "/") -> None:
        """Open a page, be asked who one is, and arrive at that page."""
        self.page.context.clear_cookies()
        self.page.goto(self.url + path)
        self.page.fill("#id_login", person.employee_number)
        self.page.fill("#id_password", PASSWORD)
        self.page.click("form button[type=submit]")
        self.page.wait_for_url(self.url + path)

    def log_in_from_mail(self, person: User, subject: str) -> EmailMessage:
        """Sweep, find the mail, follow its link."""
        mail = self.mail_to(person, subject)
        found = re.search(rf"{re.escape(self.url)}(\S+)", body_of(mail))
        assert found, body_of(mail)
        self.log_in(person, found[1])
        return mail

    # --- mails -----------------------------------------------------------------------------

    def subjects(self, person: User) -> list[str]:
        """Subjects of everything that this person was sent, oldest first."""
        send(now())
        return [subject_of(mail) for mail in self.sink.accepted if person.email in mail["To"]]

    def mail_to(self, person: User, subject: str) -> EmailMessage:
        """The mail with exactly this subject."""
        subjects = self.subjects(person)
        assert subject in subjects, subjects
        return next(
            mail
            for mail in self.sink.accepted
            if person.email in mail["To"] and subject_of(mail) == subject
        )

    # --- what stands on the page -----------------------------------------------------------

    def main(self) -> str:
        """The text of the page, white space as one blank."""
        return " ".join(self.page.locator("main").inner_text().split())

    def sees(self, *words: str) -> None:
        """Every one of these stands on the page."""
        text = self.main()
        for each in words:
            assert each in text, f"{each!r} is not on {self.page.url}: {text[:1500]}"

    def ball(self) -> str:
        """Who holds the case, since when, until when, what comes next: as the page says it."""
        return " ".join(self.page.locator(".phead .ball").first.inner_text().split())

    # --- acts ------------------------------------------------------------------------------

    def fill(self, values: Mapping[str, Any]) -> None:
        """Type into the fields of a form by their names."""
        for name, value in values.items():
            field = self.page.locator(f"[name={name}]")
            kind = str(field.first.evaluate("field => field.type"))
            if kind in {"radio", "checkbox"}:
                for each in value if isinstance(value, list) else [value]:
                    self.page.check(
                        f"[name={name}]" + (f"[value='{each}']" if each != "on" else "")
                    )
            elif kind.startswith("select"):
                field.select_option(str(value))
            else:
                field.fill(str(value))

    def press(self, words: str) -> None:
        """Press the button or follow the link with these words."""
        button = self.page.locator("main").get_by_role("button", name=words, exact=True)
        link = self.page.locator("main").get_by_role("link", name=words, exact=True)
        button.or_(link).first.click()

    def form_of(self, project: Project) -> Locator:
        """The form by which a step of the case is answered."""
        return self.page.locator(f"form[action^='/p/{project.reference}/steps/']").first

    def answer(self, project: Project, outcome: Outcome, **said: Any) -> None:
        """Choose, fill in, confirm."""
        form = self.form_of(project)
        form.locator(f"input[name=outcome][value={outcome}]").check()
        self.fill(said)
        form.locator("[data-submit-label]").click()
        self.page.wait_for_load_state()
        self.sees(f"を「{outcome.label}」として記録しました。")


def subject_of(mail: EmailMessage) -> str:
    """The subject as a mail program shows it: without the blank of a folded header."""
    return str(mail["Subject"]).strip()


def body_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def asked(project: Project, kind: StepKind) -> list[tuple[Slot, User]]:
    """Who is asked at the open step, one person for each slot."""
    slots = Slot.objects.filter(
        step_run__project=project, step_run__kind=kind, state=SlotState.OPEN
    ).select_related("post", "step_run__run", "step_run__project", "step_run__revision")
    return [(slot, holders(slot, now())[0].person) for slot in slots.order_by("pk")]


def leader() -> User:
    """The DX推進リーダー of 市民課."""
    return holder("LEADER-SHIMIN")


def typed(content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What is recorded at a phase as the fields of its form; an option is a row."""
    for name, value in content.items():
        if name == "options":
            for number, option in enumerate(value):
                yield f"options-{number}-plan", option
        else:
            yield name, value
