"""Keep a list, and apply it: all of it in one transaction, one verb an appointment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects.forms.files import digest_of, tidy_name
from records import ledger
from roles import actions
from roles.enums import AppointmentKind
from roles.models import PersonnelFile, User
from workflow.actions.personnel.planning import ENDED, NEW, Plan, plan_of
from workflow.actions.personnel.reading import Line, lines_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.files.uploadedfile import UploadedFile

PERSONNEL_FILE: Final = "PERSONNEL_FILE"


class AlreadyApplied(Exception):
    """The list was applied before."""


class PlanChanged(Exception):
    """What the list would do is not what was shown, or has errors."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__(_("確認した後に、組織が変わりました。もう一度確かめてください。"))


def keep_file(content: UploadedFile[Any], *, by: User, at: datetime) -> PersonnelFile:
    """Read a list and keep its lines until somebody confirms; raises ``Unreadable``."""
    lines = lines_of(content)
    return PersonnelFile.objects.create(
        name=tidy_name(content.name or ""),
        sha256=digest_of(content),
        lines=[each.to_json() for each in lines],
        uploaded_by=by,
        uploaded_at=at,
    )


def kept_lines(file: PersonnelFile) -> list[Line]:
    """The lines as they were read."""
    return [Line(**each) for each in file.lines]


@transaction.atomic
def apply_file(*, file: PersonnelFile, digest: str, by: User, at: datetime) -> Plan:
    """Do what was shown. ``digest``: of the plan that the person confirmed."""
    kept = PersonnelFile.objects.select_for_update().get(pk=file.pk)
    if kept.applied_at is not None:
        raise AlreadyApplied(_("このファイルは、すでに反映されています。"))
    plan = plan_of(kept_lines(kept), today=localdate(at))
    if plan.errors or not plan.changes or plan.digest != digest:
        raise PlanChanged(plan)
    for each in plan.newcomers:
        User.objects.create_user(
            employee_number=each.number,
            family_name=each.family_name,
            given_name=each.given_name,
            kana=each.kana,
            email=each.email,
            must_change_password=True,
        )
    _end(plan, by=by, at=at, reason=_("異動の一覧（%s）による") % kept.name)
    _begin(plan, by=by, at=at)
    kept.applied_at = at
    kept.ledger_entry = ledger.append(
        kind=PERSONNEL_FILE,
        payload={
            "file": kept.pk,
            "sha256": kept.sha256,
            "changes": len(plan.changes),
            "newcomers": len(plan.newcomers),
            "by": by.pk,
        },
        texts={"name": kept.name},
        at=at,
    )
    kept.save(update_fields=["applied_at", "ledger_entry"])
    return plan


def _end(plan: Plan, *, by: User, at: datetime, reason: str) -> None:
    for move in plan.moves:
        if move.what != ENDED or move.row is None:
            continue
        if move.row.starts_on >= move.day:
            actions.revoke_appointment(appointment=move.row, by=by, at=at)
        else:
            actions.end_appointment(
                appointment=move.row, ends_on=move.day, by=by, at=at, reason=reason
            )


def _begin(plan: Plan, *, by: User, at: datetime) -> None:
    numbers = {each.number for each in plan.moves}
    people = {
        each.employee_number: each for each in User.objects.filter(employee_number__in=numbers)
    }
    for move in plan.moves:
        if move.what == NEW:
            actions.appoint(
                post=move.post,
                person=people[move.number],
                kind=AppointmentKind(move.kind),
                starts_on=move.day,
                by=by,
                at=at,
            )
