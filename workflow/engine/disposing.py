"""廃棄 of the words of an ended case: the 事務局 asks, 監査 approves; who, when and what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects.models import Project
from records import ledger
from records.models import LedgerText
from roles.grants import permits
from roles.models import capacities_of
from roles.permissions import Perm
from workflow.actions.disposals import APPROVED, ASKED
from workflow.actions.refusals import NotAllowed, NotFound, Unanswered
from workflow.engine.locking import refusing
from workflow.models import Disposal, PaperDecision, Run
from workflow.signals import disposal_approved, disposal_asked

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from roles.models import User


def ask_for_disposal(*, project: Project, reason: str, by: User, at: datetime) -> Disposal:
    """Ask that the words of the case's decisions be blanked. One request waits at a time."""
    with refusing(), transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        _must(by, Perm.ASK_DISPOSAL, at, _("本文の廃棄を求められるのは、事務局です。"))
        if project.ended_at is None or Run.objects.filter(project=project, ended_at=None).exists():
            raise NotAllowed(_("終了していない案件の本文は、廃棄できません。"))
        if not reason.strip():
            raise Unanswered({"reason": _("理由（保存期間の満了など）を入力してください。")})
        waiting = Disposal.objects.filter(project=project, approved_at=None).first()
        if waiting is not None:
            return waiting
        asked = Disposal.objects.create(
            project=project, reason=reason.strip(), asked_by=by, asked_at=at
        )
        ledger.append(
            kind=ASKED,
            payload={"disposal": asked.pk, "project": project.pk, "by": by.pk},
            texts={"reason": asked.reason},
            at=at,
        )
        disposal_asked.send(sender=Disposal, disposal=asked, at=at)
        return asked


def approve_disposal(*, disposal_id: int, by: User, at: datetime) -> Disposal:
    """Blank the words for good, as another person than who asked; hashes and facts stay."""
    with refusing(), transaction.atomic():
        waiting = (
            Disposal.objects.select_for_update(of=("self",), no_key=True)
            .filter(pk=disposal_id)
            .first()
        )
        if waiting is None:
            raise NotFound
        _must(by, Perm.APPROVE_DISPOSAL, at, _("本文の廃棄を承認できるのは、監査です。"))
        if waiting.asked_by_id == by.pk:
            raise NotAllowed(_("廃棄を求めた方は、ご自身で承認できません。"))
        if waiting.approved_at is not None:
            return waiting
        return _blank(waiting, by, at)


def _blank(waiting: Disposal, by: User, at: datetime) -> Disposal:
    payload: dict[str, ledger.JSONValue] = {
        "disposal": waiting.pk,
        "project": waiting.project_id,
        "asked_by": waiting.asked_by_id,
        "by": by.pk,
    }
    approval = ledger.append(kind=APPROVED, payload=payload, at=at)
    texts = texts_to_blank(waiting.project_id).select_related("entry")
    names: dict[int, list[str]] = {}
    entries = {}
    for text in texts.order_by("entry", "name"):
        names.setdefault(text.entry_id, []).append(text.name)
        entries[text.entry_id] = text.entry
    for seq, found in names.items():
        ground: dict[str, ledger.JSONValue] = {"approval": approval.seq}
        ledger.dispose_of_texts(entry=entries[seq], names=found, ground=ground, at=at)
    waiting.approved_by, waiting.approved_at, waiting.entry = by, at, approval
    waiting.texts = sum(map(len, names.values()))
    waiting.save()
    disposal_approved.send(sender=Disposal, disposal=waiting, at=at)
    return waiting


def texts_to_blank(project_id: int) -> QuerySet[LedgerText]:
    """The words of a case's decisions and registered papers that still stand."""
    about = Q(entry__decision__project=project_id) | Q(entry__paper__project=project_id)
    refused = PaperDecision.objects.filter(project=project_id).values("closing")
    return LedgerText.objects.filter(about | Q(entry__in=refused), blanked_at=None)


def _must(by: User, perm: Perm, at: datetime, refusal: str) -> None:
    if not permits(capacities_of(by, localdate(at)), perm):
        raise NotAllowed(refusal)
