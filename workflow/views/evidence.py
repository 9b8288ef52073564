"""The evidence of one decision: which text, which rule, which authority, where in the chain.

Whoever reads the decision on the page of its case reads its evidence, as a page and as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bpr_projects.enums import RevisionKind
from records import ledger
from roles.enums import AppointmentKind
from workflow import access, sheet
from workflow.enums import DeputyPolicy, Mode, Outcome, StepKind, WhoRule
from workflow.models import Decision, StepRun
from workflow.outcomes import FINAL
from workflow.views.case_frame import frame_of
from workflow.views.checking import CHECKED_WITH, checks_of, covering_of, registered
from workflow.views.comparing import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

    from bpr_projects.models import Revision
    from records.models import LedgerEntry, LedgerText
    from workflow.models import OnPaper, PaperDecision, Route
    from workflow.sheet import Line
    from workflow.views.case_frame import Frame
    from workflow.views.checking import Check

READ_WITH: Final = (
    "decided_by",
    "post__section",
    "on_behalf_of",
    "revision",
    "run__route",
    "step_run__route",
    "run__revision",
    "entry",
    "supersedes",
    "superseded_by",
    "carries__post",
    "carries__decided_by",
    "paper__recorded_by",
    "paper__entry",
)
"""What a page shows of a decision, read with it."""


@dataclass(frozen=True)
class Evidence:
    """Everything that a decision rests on, for one reader.

    ``is_hidden``: a score that this reader may not know yet; what its row says is left out.
    ``successor``: the row that took this one back or decided it anew.
    """

    decision: Decision
    line: Line
    texts: list[LedgerText]
    source: LedgerEntry | None
    covering: ledger.Covering | None
    anchors_are_readable: bool
    is_hidden: bool
    successor: Decision | None
    may_correct: bool
    route: Route | None
    paper: PaperDecision | None = None

    @property
    def entry(self) -> LedgerEntry:
        """The decision's row of the ledger."""
        return self.decision.entry

    @property
    def is_final(self) -> bool:
        """決裁, which only a 訂正 replaces."""
        return self.decision.outcome in FINAL

    @property
    def is_correction(self) -> bool:
        """訂正: what it stands in place of was a 決裁 as well, and no 保留."""
        before = self.decision.supersedes
        return before is not None and before.outcome in FINAL

    @property
    def why_this_route(self) -> str:
        """Kept of the present round only."""
        run = self.decision.run
        return run.route_reason if self.route and self.decision.round == run.round else ""

    @property
    def rule(self) -> list[tuple[StrOrPromise, str]]:
        """What the step asked, in words."""
        step = self.decision.step_run
        if step is None:
            return []
        asks = step.snapshot.get("asks", ())
        whom = "、".join(dict.fromkeys(_whom(ask) for ask in asks))
        reasons = "、".join(dict.fromkeys(ask["why"] for ask in asks if ask.get("why")))
        rows: list[tuple[StrOrPromise, str]] = [
            (gettext_lazy("段階"), f"{step.title}（{StepKind(step.kind).label}）"),
            (gettext_lazy("担当の定め"), whom),
            (gettext_lazy("この段階がある理由"), reasons),
            (gettext_lazy("成立の条件"), _how_many(step.mode, step.quorum)),
            (gettext_lazy("代理"), str(DeputyPolicy(step.deputy).label)),
        ]
        return [(label, words) for label, words in rows if words]

    @property
    def since(self) -> date | None:
        """From which day what gave the power held, as it stood then."""
        return _day(self.decision.snapshot.get("starts_on"))

    @property
    def until(self) -> date | None:
        """The first day on which it held no more, if one was set."""
        return _day(self.decision.snapshot.get("ends_on"))

    @property
    def carries(self) -> str:
        """本務の任用, 兼務の任用, 代理: what gave the power."""
        kind = str(self.decision.snapshot.get("kind", ""))
        if kind in AppointmentKind:
            return _("%(kind)sの任用") % {"kind": AppointmentKind(kind).label}
        return _("代理の指名")


def _day(spelled: object) -> date | None:
    """None also where somebody wrote something else past the verbs: the checks say so."""
    try:
        return date.fromisoformat(spelled) if isinstance(spelled, str) else None
    except ValueError:
        return None


def _whom(ask: dict[str, Any]) -> str:
    """A rule of the table in words; a rule of its own (実行リーダー) has none there."""
    if ask["who"] not in WhoRule:
        return ""
    codes = "・".join(ask.get("argument") or ())
    words = str(WhoRule(ask["who"]).label)
    return f"{words}（{codes}）" if codes else words


def _how_many(mode: str, quorum: int) -> str:
    if mode == Mode.QUORUM:
        return _("定足数 %s人") % quorum
    return str(Mode(mode).label)


@login_required
@require_safe
def decision(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """The evidence as a page."""
    frame, evidence = _found(request, ref, pk)
    revision = evidence.decision.revision
    context = {
        **frame.context("project-history"),
        "evidence": evidence,
        "text_url": text_url(frame, revision) if revision else "",
    }
    return render(request, "workflow/decision_evidence.html", context)


@login_required
@require_safe
def decision_json(request: HttpRequest, ref: str, pk: int) -> JsonResponse:
    """The same for a machine, or for a file beside the case."""
    frame, evidence = _found(request, ref, pk, (*READ_WITH, *CHECKED_WITH))
    told = as_json(frame, evidence, checks_of(evidence.decision))
    answer = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 2})
    name = f"decision-{frame.project.reference}-{pk}.json"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _found(
    request: HttpRequest, ref: str, pk: int, joined: Iterable[str] = READ_WITH
) -> tuple[Frame, Evidence]:
    frame = frame_of(request, ref, timezone.now())
    found = Decision.objects.filter(project=frame.project, pk=pk).select_related(*joined)
    said = found.first()
    if said is None:
        raise Http404
    return frame, _evidence(frame, said)


def _evidence(frame: Frame, said: Decision) -> Evidence:
    entry = said.snapshot.get("ledger_entry")
    appealed = entry if isinstance(entry, int) else 0
    kept = ledger.entries_at({said.entry_id, appealed})
    texts = kept[said.entry_id].texts
    hidden = sheet.hidden_steps(frame.dossier, frame.posts)
    is_hidden = said.outcome == Outcome.SCORED and said.step_run_id in hidden
    covering, is_readable = covering_of(said.entry_id)
    successor: Decision | None = getattr(said, "superseded_by", None)
    return Evidence(
        decision=said,
        line=sheet.line_of(
            said,
            {text.name: text.shown for text in texts},
            tuple(frame.dossier.belongings.conditions.get(said.pk, ())),
            is_superseded=successor is not None,
            is_hidden=is_hidden,
        ),
        texts=texts,
        source=kept[appealed].entry if appealed in kept else None,
        covering=covering,
        anchors_are_readable=is_readable,
        is_hidden=is_hidden,
        successor=successor,
        may_correct=successor is None
        and bool(access.correctable(frame.reader, [said], frame.capacities, frame.dossier.at)),
        route=_route_of(said),
        paper=registered(said),
    )


def _route_of(said: Decision) -> Route | None:
    """By which the step was asked; of what answers no step, which came of it in its round."""
    if said.step_run is not None:
        return said.step_run.route or said.run.route
    steps = StepRun.objects.filter(run=said.run_id, round=said.round).select_related("route")
    first = steps.order_by("pk").first()
    return first.route if first else None


def as_json(frame: Frame, evidence: Evidence, checks: Sequence[Check]) -> dict[str, Any]:
    """The evidence as plain data: codes beside words, hashes as the ledger has them."""
    said, entry = evidence.decision, evidence.entry
    return {
        "case": {"number": frame.project.number, "title": frame.project.title},
        "decision": {
            "id": said.pk,
            "outcome": said.outcome,
            "words": evidence.line.what,
            "decided_at": said.decided_at.astimezone(UTC).isoformat(),
            "decided_by": {"id": said.decided_by_id, "name": said.decided_by.name},
            "post": {"id": said.post_id, "title": said.post.title},
            "on_behalf_of": said.on_behalf_of.name if said.on_behalf_of else None,
            "basis": said.basis,
            "is_superseded": evidence.line.is_superseded,
            "supersedes": said.supersedes_id,
            "superseded_by": evidence.successor.pk if evidence.successor else None,
        },
        "revision": _revision(frame, said),
        "rule": {
            "route": str(evidence.route) if evidence.route else None,
            "effective_from": evidence.route.effective_from if evidence.route else None,
            "clause": said.clause or None,
            "why_this_route": evidence.why_this_route or None,
            "step": {str(label): words for label, words in evidence.rule},
        },
        "authority": {
            "snapshot": said.authority,
            "entry": _entry(evidence.source) if evidence.source else None,
        },
        "paper": _paper(evidence.paper, said, said.on_paper)
        if evidence.paper and said.on_paper
        else None,
        "entry": _entry(entry) if not evidence.is_hidden else None,
        "texts": [
            {
                "name": text.name,
                "sha256": text.sha256,
                "text": None if evidence.is_hidden else text.shown,
                "blanked_at": text.blanked_at,
            }
            for text in evidence.texts
        ],
        "checks": [
            {"name": each.name, "is_sound": each.is_sound, "why": str(each.why)} for each in checks
        ],
        "anchors": _anchors(evidence.covering, checks),
    }


def _paper(paper: PaperDecision, said: Decision, told: OnPaper) -> dict[str, Any]:
    confirmed_at = paper.settled_at or said.decided_at
    return {
        "decided_on": paper.decided_on,
        "scan": {"name": paper.scan_name, "size": paper.scan_size, "sha256": paper.scan_sha256},
        "recorded_by": {"id": paper.recorded_by_id, "name": paper.recorded_by.name},
        "recorded_at": paper.recorded_at.astimezone(UTC).isoformat(),
        "confirmed_by": {
            "id": told.confirmed_by,
            "name": told.confirmer,
        },
        "confirmed_at": confirmed_at.astimezone(UTC).isoformat(),
        "entry": _entry(paper.entry),
    }


def _revision(frame: Frame, said: Decision) -> dict[str, Any] | None:
    if said.revision is None:
        return None
    return {
        "number": said.revision.number,
        "kind": said.revision.kind,
        "hash": said.revision.content_hash,
        "url": settings.BASE_URL + text_url(frame, said.revision),
    }


def text_url(frame: Frame, revision: Revision) -> str:
    """Where the text stands that was decided: on the page, or beside the one that followed."""
    ref, kind = frame.project.reference, RevisionKind(revision.kind)
    if revision.pk == frame.project.revision_id or kind not in PREFIX:
        return reverse("project", args=[ref])
    query = f"?to={PREFIX[kind]}{revision.number}&all=1"
    return reverse("project-compare", args=[ref]) + query


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "prev_hash": entry.prev_hash,
        "hash": entry.hash,
        "recorded_at": entry.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": entry.kind,
        "payload": entry.payload,
    }


def _anchors(covering: ledger.Covering | None, checks: Sequence[Check]) -> dict[str, Any] | None:
    if covering is None:
        return None
    return {
        "count": covering.count,
        "is_held": all(each.is_sound for each in checks if each.name == "anchors"),
        "first": {"seq": covering.first.seq, "at": covering.first.at},
        "last": {"seq": covering.last.seq, "at": covering.last.at},
    }
