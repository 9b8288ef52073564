"""Role × level of a remark × channel: nothing that a person may not read shows anywhere.

Every address is a channel, and so are mails and the administration. A channel, level or role
without a row fails; on pages that show no remark, one that may not be read changes no byte.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
import time_machine
from django.contrib import admin
from django.urls import reverse

from bpr_projects import discussion
from bpr_projects.enums import CommentKind, CommentLevel
from bpr_projects.models import Comment, JoinRequest
from notifications.enums import DeliveryState, Event
from notifications.models import Delivery
from notifications.receivers import tell_what_was_said
from roles.models import User
from tests.architecture.matrix import ACTORS
from tests.architecture.test_matrix import POSTS, STAFF, addresses, browser_of, routes
from tests.make import AT, a_project, holder
from tests.notifications.mails import send
from tests.replay import starts
from tests.workflow.pages import client_of
from workflow.enums import StepKind
from workflow.models import ConditionReport, Decision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from bpr_projects.models import Project
    from tests.fixtures_city import City

PARTIES, REVIEW, EVERYONE = CommentLevel.PARTIES, CommentLevel.REVIEW, CommentLevel.EVERYONE

BODIES: Final = {
    "department",
    "secretariat",
    "pt_member",
    "pt_chair",
    "hq_member",
    "hq_chair",
    "auditor",
}
"""Who sits in 事務局, PT or 本部 (the 部長 does), and who audits them."""

PEOPLE: Final = [actor for actor in ACTORS if actor != "anonymous"]

READERS: Final[dict[CommentLevel, set[str]]] = {
    EVERYONE: set(PEOPLE),
    PARTIES: BODIES | {"leader", "head", "administrator"},
    REVIEW: BODIES,
}
"""Who reads a level of a running case; the administrator works in the 事務局's section."""

WORDS: Final = {level: f"{level.lower()}だけの言葉" for level in CommentLevel}

SHOWS_WORDS: Final = {"project-discussion", "comment-take-back"}
"""Addresses on which a remark's text stands: the tab, and one's own before it is taken back."""

SHOWS_COUNT: Final = {
    "project",
    "decide",
    "decision-evidence",
    "project-review",
    "project-history",
    "project-files",
    "project-compare",
    "project-flow",
}
"""Addresses with the tabs of a case: the badge counts open questions that one may read."""

SHOWS_NOTHING: Final = {
    "abandon",
    "absence-end",
    "announcement",
    "announcement-drop",
    "announcement-new",
    "announcement-read",
    "announcement-release",
    "announcements",
    "answer",
    "attachment",
    "attachment-add",
    "attachment-remove",
    "board",
    "claim",
    "bulk-approve",
    "close-region",
    "comment-settle",
    "condition-check",
    "condition-report",
    "decision-checks",
    "decision-correct",
    "decision-evidence-json",
    "deputy-revoke",
    "disposal",
    "fact-detail",
    "fact-discard",
    "fact-send-now",
    "glossary",
    "guide",
    "halt",
    "healthz",
    "help",
    "home",
    "inbox",
    "inbox-fresh",
    "join-answer",
    "kessai",
    "kessai-pdf",
    "ledger",
    "ledger-export",
    "ledger-export-file",
    "ledger-verifier",
    "mail-detail",
    "mail-discard",
    "mail-discard-dead",
    "mail-html",
    "mail-resend",
    "mail-resend-dead",
    "mail-send-now",
    "mailbox",
    "measurement-add",
    "notice-catalogue",
    "notice-open",
    "notice-preview",
    "notice-preview-html",
    "notice-read",
    "notices",
    "notices-read",
    "notification-settings",
    "nudge",
    "observation-add",
    "org",
    "org-appoint",
    "org-appointment-end",
    "org-changes",
    "org-deputies",
    "org-handover",
    "org-handover-pdf",
    "org-handover-xlsx",
    "org-import",
    "org-import-plan",
    "org-import-template",
    "org-password",
    "org-person",
    "org-rehearsal",
    "org-reorganize",
    "org-suspend",
    "org-suspension-end",
    "org-terms",
    "paper",
    "paper-confirm",
    "paper-refuse",
    "paper-scan",
    "phase-record",
    "plan",
    "project-conditions",
    "project-confirm",
    "project-copy",
    "project-edit",
    "project-join",
    "project-list",
    "project-new",
    "pull-back",
    "question-correct",
    "reading-read",
    "readyz",
    "reassign",
    "release",
    "restrict",
    "rollout",
    "route",
    "route-answer",
    "route-compare",
    "route-copy",
    "route-discard",
    "route-edit",
    "route-nudge",
    "route-propose",
    "route-propose-again",
    "route-pull-back",
    "route-replay",
    "route-step-add",
    "route-step-edit",
    "route-step-place",
    "route-withdraw",
    "routes",
    "running",
    "sieve-drop",
    "sieve-keep",
    "snooze",
    "standing-in",
    "stations",
    "stations-nudge",
    "tour-end",
    "unheld",
    "unrestrict",
    "unsnooze",
    "withdraw",
}
"""All the others, but for those of the login."""

MAILS: Final = {Event.MENTIONED, Event.QUESTIONED, Event.ANSWERED, Event.ADVISED}
"""Mails that a remark causes; none has its words."""

CHANGING: Final = re.compile(
    rb'(name="csrfmiddlewaretoken" value="|name="page" value="|X-CSRFToken": ")[A-Za-z0-9]+'
    rb'|nonce="[^"]+"'
)
"""What differs between two looks at the same page."""


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def person_of(actor: str) -> User:
    number = STAFF if actor == "staff" else holder(POSTS[actor]).employee_number
    found: User = User.objects.get(employee_number=number)
    return found


def say(case: Project, level: CommentLevel, **more: object) -> Comment:
    values: dict[str, object] = {"kind": CommentKind.REMARK, "text": WORDS[level], **more}
    return discussion.write(
        project=case,
        level=level,
        by=holder("SECRETARIAT"),
        at=AT,
        **values,  # type: ignore[arg-type]
    )


def test_every_channel_level_and_role_has_its_row() -> None:
    login = {name for name in routes() if name.startswith(("account_", "mfa_"))}

    assert set(routes()) - login == SHOWS_WORDS | SHOWS_COUNT | SHOWS_NOTHING
    assert set(READERS) == set(CommentLevel)
    assert set().union(*READERS.values()) == set(PEOPLE)


def test_everybody_reads_their_levels_of_a_running_case(office: City) -> None:
    running = a_project(route="RT1", to=StepKind.OBSERVE)
    for level in CommentLevel:
        say(running, level)
    url = reverse("project-discussion", args=[running.reference])

    pages = {actor: browser_of(actor).get(url).content.decode() for actor in PEOPLE}

    for level, readers in READERS.items():
        assert {actor for actor, page in pages.items() if WORDS[level] in page} == readers


def test_the_badge_counts_what_its_reader_may_read(office: City) -> None:
    running = a_project(route="RT1", to=StepKind.OBSERVE)
    for level in (PARTIES, EVERYONE):
        say(running, level, kind=CommentKind.QUESTION)
    url = reverse("project-files", args=[running.reference])

    counts = {actor: browser_of(actor).get(url).context["counts"]["discussion"] for actor in PEOPLE}

    assert counts == {actor: 1 + (actor in READERS[PARTIES]) for actor in PEOPLE}


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.parametrize("actor", ["leader", "stranger", "staff"])
def test_what_may_not_be_read_changes_no_page(office: City, actor: str) -> None:
    world = {**starts.start("world", addresses)}
    cases = [Comment.objects.get().project, a_project(route="RT1", to=StepKind.OBSERVE)]
    running = [cases[1].reference]
    submitted = Decision.objects.filter(project=cases[1]).earliest("pk")
    more = {"decision-evidence": [submitted.pk]}
    world |= {
        f"{name}, running": reverse(name, args=running + more.get(name, []))
        for name in sorted(SHOWS_COUNT | {"project-discussion", "kessai", "board"})
    }
    send()
    browser = browser_of(actor)
    for url in world.values():
        body_of(browser, url)  # what was opened is no longer new
    before = {route: body_of(browser, url) for route, url in world.items()}

    for case in cases:
        for level in (REVIEW, PARTIES):
            if actor not in READERS[level]:
                say(case, level, mentions=[holder("PT-CHAIR")])
        if actor not in READERS[PARTIES]:
            say(case, PARTIES, kind=CommentKind.QUESTION)
    send()

    after = {route: body_of(browser, url) for route, url in world.items()}
    assert [route for route in world if before[route] != after[route]] == []


def body_of(browser: Client, url: str) -> bytes:
    response = browser.get(url)
    body = b"".join(response) if response.streaming else response.content
    return CHANGING.sub(b"", body)


@pytest.mark.parametrize("level", CommentLevel)
def test_a_mail_goes_only_to_who_reads_the_level_and_has_no_words(
    office: City, level: CommentLevel
) -> None:
    running = a_project(route="RT1", to=StepKind.OBSERVE)
    said = say(running, level)
    people = {actor: person_of(actor) for actor in PEOPLE}
    said.mentions.set(people.values())  # however the call came about
    tell_what_was_said(None, comment=said, settles=None, at=AT)

    send()

    mails = Delivery.objects.filter(event__in=MAILS, state=DeliveryState.SENT)
    told = {mail.person_id for mail in mails}
    assert {actor for actor, person in people.items() if person.pk in told} == {
        actor for actor in READERS[level] if people[actor] != said.written_by
    }
    assert not any(WORDS[level] in mail.subject + mail.text + mail.html for mail in mails)


def test_an_author_in_the_secretariat_sees_no_mail_of_the_reviewers(office: City) -> None:
    case = a_project(post="SECRETARIAT", section="SHIMIN", to=StepKind.REVIEW)
    send()
    author = browser_of("secretariat")
    other = client_of(office.holders("SECRETARIAT")[1])
    before = body_of(author, reverse("mailbox"))

    discussion.write(
        project=case,
        kind=CommentKind.REMARK,
        level=REVIEW,
        text=WORDS[REVIEW],
        mentions=[holder("PT-FUKUSHI")],
        by=holder("PT-CHAIR"),
        at=AT,
    )
    send()

    mail = reverse("mail-detail", args=[Delivery.objects.latest("pk").pk])
    assert body_of(author, reverse("mailbox")) == before
    assert author.get(mail).status_code == 404
    assert other.get(mail).status_code == 200


def test_the_administration_shows_no_remark() -> None:
    for model in (Comment, JoinRequest, ConditionReport):
        assert not admin.site.is_registered(model)
