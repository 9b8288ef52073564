"""異動の日: sixty people move on one day over eighty open cases, and nothing has to run for it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from notifications.enums import DeliveryState
from notifications.models import Delivery
from records import ledger
from roles.actions import Formed, reorganize
from roles.enums import Role
from roles.models import Appointment, Post, Section, User, holders_of
from tests.make import AT, JST, a_project, holder, say
from tests.notifications.mails import assert_accounted, send
from tests.workflow.pages import client_of, text_of
from workflow.access.rehearsal import rehearse
from workflow.actions import personnel
from workflow.actions.personnel.applying import kept_lines
from workflow.enums import Outcome, StepKind
from workflow.management import worklist
from workflow.models import Decision

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = [pytest.mark.once, pytest.mark.slow]

DAY = date(2026, 6, 1)
THEN = datetime.combine(DAY, time(9, 0), JST)
OPEN = 80


def eighty_cases() -> list[Project]:
    """Of all sections; some confirmed by the old heads, some before the PT, some running."""
    leaders = list(
        Post.objects.of_role(Role.DX_LEADER).exclude(section__is_secretariat=True).order_by("pk")
    )
    steps = [*[StepKind.CONFIRMATION] * 7, StepKind.RECEPTION, StepKind.REVIEW, StepKind.OBSERVE]
    return [
        a_project(
            post=leaders[number % len(leaders)].code,
            to=steps[number % len(steps)],
            route="RT1" if steps[number % len(steps)] == StepKind.OBSERVE else "RT2",
            title=f"案件 {number}",
        )
        for number in range(OPEN)
    ]


def seats(role: Role) -> list[tuple[Post, User]]:
    """Posts of the day with who holds them before it."""
    found = []
    for post in Post.objects.in_force(DAY).of_role(role).order_by("order", "pk"):
        before = Post.objects.filter(pk=post.pk) | Post.objects.filter(heirs__heir=post)
        held = Appointment.objects.in_force(AT.date()).filter(post__in=before.values("pk"))
        found.append((post, held.select_related("person")[0].person))
    return found


def transfers() -> tuple[list[list[str]], list[User]]:
    """Heads and leaders go one section further, the PT leaves and six newcomers take its seats."""
    rows: list[list[str]] = []
    heads = [each for each in seats(Role.SECTION_HEAD) if each[0].code != "HEAD-KAIKEI"]
    for (_post, person), (to, _other) in zip(heads, heads[1:] + heads[:1], strict=True):
        rows.append(line(person.employee_number, person.name, to))
    leaders = seats(Role.DX_LEADER)
    for (_post, person), (to, _other) in zip(leaders, leaders[1:] + leaders[:1], strict=True):
        staff = Post.objects.in_force(DAY).get(section=to.section, role=Role.STAFF)
        rows.append(line(person.employee_number, person.name, staff))
        rows.append(line(person.employee_number, person.name, to, kind="兼務"))
    leaving = []
    chair = Post.objects.get(code="PT-CHAIR")
    for number, (post, person) in enumerate(seats(Role.PT_MEMBER)):
        leaving.append(person)
        rows.append([person.employee_number, person.name, "", "", "退職", "", DAY.isoformat()])
        name, mail = f"新任 員{number}", f"n{number}@kazuno.example"
        rows.append(line(f"40000{number}", name, post, mail=mail))
        if post.code == "PT-SOMU":
            rows.append(line(f"40000{number}", name, chair, kind="兼務", mail=mail))
    return rows, leaving


def line(number: str, name: str, post: Post, *, kind: str = "", mail: str = "") -> list[str]:
    return [number, name, "", mail, post.code, kind, DAY.isoformat()]


def move(rows: list[list[str]]) -> personnel.Plan:
    """By the file that the 事務局 sends in and confirms."""
    text = "\n".join(",".join(each) for each in [list(personnel.COLUMNS), *rows])
    clerk = holder("SECRETARIAT")
    file = SimpleUploadedFile("6月異動.csv", text.encode("utf-8-sig"))
    kept = personnel.keep_file(file, by=clerk, at=AT)
    plan = personnel.plan_of(kept_lines(kept), today=AT.date())
    assert plan.errors == []
    return personnel.apply_file(file=kept, digest=plan.digest, by=clerk, at=AT)


def past() -> list[Any]:
    """All that was said, with the names and titles of that time."""
    rows = Decision.objects.order_by("pk")
    return list(rows.values_list("pk", "decided_by__family_name", "post__title", "authority"))


def test_sixty_people_move_over_eighty_open_cases(office: City) -> None:
    with time_machine.travel(AT, tick=False):
        cases = eighty_cases()
        send(AT)
        section = Section.objects.select_related("department").get(code="SHIMIN")
        formed = Formed("市民生活課", "生活", "市民生活課長", section.department)
        reorganize(former=[section], formed=[formed], on=DAY, by=holder("SECRETARIAT"), at=AT)
        rows, leaving = transfers()
        done = move(rows)
    before = past()
    assert len({each[0] for each in rows}) >= 60
    assert (done.counts["newcomers"], len(leaving)) == (6, 6)
    rehearsal = rehearse(DAY, today=AT.date())
    assert (rehearsal.slots, rehearsal.findings) == (worklist.count_open(), [])
    assert rehearsal.slots >= OPEN

    if connection.vendor == "postgresql":  # rows of an open transaction have no statistics yet
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    with time_machine.travel(THEN, tick=False):
        assert list(worklist.faults(THEN)) == []
        for case in cases[:20]:
            if case.stage == "WITH_HEAD":
                say(case, Outcome.APPROVED, at=THEN)
        send(THEN)

        mails = Delivery.objects.filter(created_at__gte=THEN)
        assert mails.filter(state=DeliveryState.SENT).exists()
        to_leavers = mails.filter(person__in=leaving)
        assert not to_leavers.filter(
            state__in=[DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.SENDING]
        ).exists()
        assert_accounted()
        assert past()[: len(before)] == before
        assert {client_of(each).get("/").status_code for each in leaving} == {302}

        old = next(each for each in cases if each.section == section and each.stage != "WITH_HEAD")
        head = Post.objects.get(section__name="市民生活課", role=Role.SECTION_HEAD)
        now = holders_of([head.pk], DAY)[head.pk][0].person
        page = text_of(client_of(now).get(f"/p/{old.reference}/history/"))
        assert "市民課長" in page
        assert "石川 真由美" in page
        assert now.name != "石川 真由美"
    assert ledger.verify().ok
