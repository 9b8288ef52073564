"""One decision computed anew: its row of the ledger, what that row speaks of, and its authority.

The page of the evidence draws the answer in by itself; without JavaScript a link leads to it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from records import ledger
from records.enums import Flaw
from workflow.actions.acts import expected_of
from workflow.actions.rederiving import JOINED, flaw_in
from workflow.models import PaperDecision
from workflow.views.lookup import decision_or_404

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

    from workflow.models import Decision

CHECKED_WITH: Final = (*JOINED, "paper")
"""What a decision is read with, so that its checks cost few queries."""


@dataclass(frozen=True)
class Check:
    """One thing that was computed anew."""

    name: str
    title: StrOrPromise
    is_sound: bool
    why: StrOrPromise = ""


@login_required
@require_safe
def decision_checks(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """Every check of a decision, computed at this moment."""
    said = decision_or_404(request, ref, pk, timezone.now(), CHECKED_WITH)
    checks = checks_of(said)
    context = {
        "project": said.project,
        "said": said,
        "checks": checks,
        "is_sound": all(check.is_sound for check in checks),
    }
    return render(request, "workflow/decision_checks.html", context)


def checks_of(said: Decision) -> tuple[Check, ...]:
    """Whether the row, what it speaks of and the authority agree with the ledger now."""
    covering, is_readable = covering_of(said.entry_id)
    asked = ledger.around(said.entry_id) | (covering.seqs if covering else set())
    kept = ledger.entries_at(asked)
    expected = expected_of([said])[said.entry_id]
    standing, flaw = ledger.standing_of(said.entry_id, kept, expected), flaw_in(said)
    is_held = is_readable and (covering is None or covering.is_held_by(kept))
    return (
        Check("row", gettext_lazy("台帳の行は、計算し直した照合番号と一致"), standing.row),
        Check("links", gettext_lazy("前後の行とつながっている"), standing.links),
        Check("texts", gettext_lazy("意見などの本文は、台帳の照合番号と一致"), standing.texts),
        Check(
            "rows",
            gettext_lazy("判断の記録・対象の版・段階の定めは、台帳の行と一致"),
            standing.rows,
        ),
        Check(
            "authority",
            gettext_lazy("判断した人の権限は、その時点までの台帳から導ける"),
            flaw is None,
            flaw.label if isinstance(flaw, Flaw) else "",
        ),
        Check("anchors", gettext_lazy("システムの外に保管した控えと一致"), is_held),
        *_scan_checks(said),
    )


def covering_of(seq: int) -> tuple[ledger.Covering | None, bool]:
    """The anchors over an entry, and whether their file could be read; without one, none yet."""
    try:
        return ledger.covering(settings.ANCHOR_FILE, seq), True
    except FileNotFoundError:
        return None, True
    except (OSError, ledger.UnreadableAnchor):
        return None, False


def registered(said: Decision) -> PaperDecision | None:
    """The paper to which a decision appeals; what the rules did with it names the same."""
    told = said.on_paper
    if told is None:
        return None
    confirmed: PaperDecision | None = getattr(said, "paper", None)
    if confirmed is not None and confirmed.key == told.key:
        return confirmed
    return PaperDecision.objects.for_pages().filter(key=told.key).first()


def _scan_checks(said: Decision) -> tuple[Check, ...]:
    """Whether the stored file still is the one whose hash stands in the chain."""
    told = said.on_paper
    if told is None:
        return ()
    paper = registered(said)
    title = gettext_lazy("紙の決裁のスキャンは、台帳の照合番号と一致")
    if paper is None:
        return (Check("scan", title, is_sound=False, why=gettext_lazy("登録の記録がありません")),)
    try:
        with paper.scan.open("rb") as stored:
            found = hashlib.file_digest(stored, "sha256").hexdigest()
    except OSError:
        return (Check("scan", title, is_sound=False, why=gettext_lazy("ファイルを読めません")),)
    return (Check("scan", title, is_sound=found == told.scan),)
