"""The words of a mail, made at the moment of sending from the rows as they are then."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects.calendar import days_late, days_late_label, short_date
from bpr_projects.enums import RevisionKind
from bpr_projects.sheet import effect_of
from notifications.catalogue import (
    NOTICES,
    Notice,
    Turn,
    place_of,
    turn_of,
    work_of,
)
from notifications.delivery.checking import moment_of
from notifications.delivery.manners import QUIET, QUOTES
from notifications.enums import Event, Why
from roles.actions.deputies import days_of
from roles.enums import Basis
from roles.models import Post, StandIn
from workflow.access import said_by, standing_paper
from workflow.enums import Outcome, SendBackTarget

if TYPE_CHECKING:
    from datetime import date

    from bpr_projects.models import Project
    from notifications.delivery.checking import Matters
    from notifications.models import DeliveredFact, Delivery, OutboxMessage
    from workflow.charts import Ball
    from workflow.models import Decision, StepRun

SUBJECT_LIMIT: Final = 150
QUOTE_LIMIT: Final = 1500
PREFERENCES: Final = "/me/notifications/"
"""Where a person says how to be told; every mail names it."""


@dataclass(frozen=True)
class Letter:
    """Subject and the two bodies."""

    subject: str
    text: str
    html: str


def letter_of(delivery: Delivery, fact: DeliveredFact, matters: Matters) -> Letter:
    """Words for the one fact that a mail tells."""
    if delivery.is_secret:
        return Letter(one_line(delivery.subject, SUBJECT_LIMIT), delivery.text, "")
    with translation.override(settings.LANGUAGE_CODE):
        return Words(delivery, fact, matters).letter()


def one_line(text: str, limit: int) -> str:
    """One line without control, format and bidi characters, cut with … where it is too long."""
    clean = re.sub(r"\s+", " ", text)
    if not clean.isprintable():  # most texts are, and are not looked through letter by letter
        clean = "".join(e for e in clean if unicodedata.category(e) not in {"Cc", "Cf", "Cs"})
    clean = clean.strip()
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


class Words:
    """Everything that a notice may mention about one fact for one person."""

    def __init__(self, delivery: Delivery, fact: DeliveredFact, matters: Matters) -> None:
        self.delivery, self.fact, self.matters = delivery, fact, matters
        self.message: OutboxMessage = fact.message
        self.event = Event(self.message.event)
        self.notice: Notice = NOTICES[self.event]
        self.decision: Decision | None = self.message.decision
        self.project: Project | None = self.message.project
        self.ball: Ball | None = matters.balls.get(self.message.project_id or 0)
        self.turn: Turn | None = turn_of(self.message)

    def letter(self) -> Letter:
        context = self._context()
        body = render_to_string(f"notifications/email/body/{self.notice.template}.txt", context)
        context["body"] = "\n".join(line.rstrip() for line in body.strip().splitlines())
        return Letter(
            subject=context["subject"],
            text=tidy(render_to_string("notifications/email/notice.txt", context)),
            html=honest(render_to_string("notifications/email/notice.html", context)),
        )

    def headline(self) -> str:
        """次の件が採択されました。"""
        return str(self.notice.heading) % {"found": self._found(), **self._absence()}

    @property
    def title(self) -> str:
        """What the case, the rule or the announcement is called, in one line."""
        if self.message.announcement is not None:
            return one_line(self.message.announcement.title, 60)
        run = self.message.run
        revised = run.revision.title if run and run.revision else ""
        return one_line(self.project.title if self.project else revised, 60)

    @property
    def number(self) -> str:
        """R8-001 of a case."""
        return str(self.project.number or _("下書き")) if self.project else ""

    @property
    def section(self) -> str:
        """Which section proposed a case."""
        project = self.project
        return one_line(project.section.name, 60) if project and project.section else ""

    @property
    def url(self) -> str:
        """Where the mail leads."""
        return settings.BASE_URL + place_of(self.message)

    def said(self) -> str:
        """Who decided what, when; nothing of what is no decision."""
        return one_line(said_by(self.decision), QUOTE_LIMIT) if self.decision else ""

    def _context(self) -> dict[str, Any]:
        run, work = self.message.run, work_of(self.message)
        return {
            "subject": self._subject(self.title),
            "recipient_name": one_line(self.delivery.person.name, 80),
            "heading": self.headline(),
            "case_title": self.title,
            "case_number": self.number,
            "case_section": self.section,
            "deadline": self.due(),
            "deadline_note": self._reckoned(work.step_run if work else None),
            "url": self.url,
            "url_label": self._button(),
            "reason": self.why(),
            "said": self.said(),
            "decision": self.decision,
            "target": self._target(),
            "is_mine": self.turn is not None,
            "conditions": list(self.decision.conditions.all()) if self.decision else [],
            "before": self.before(),
            "sentence": str(self.turn.sentence) if self.turn else "",
            "acting_for": self.acting_for(),
            "acting_as": Basis(self.fact.basis).label if self.fact.basis else "",
            "quote_label": _(QUOTES[Outcome(told.outcome)]) if (told := self._told()) else "",
            "quote": _comment(told) if told else "",
            "unheld": self.ball.unheld if self.ball else "",
            "following": _following(self.decision) if self.decision else "",
            "reading": self.message.reading,
            "step_title": step.title if (step := self._step()) else "",
            "late": self._late(),
            "reckoned": self._reckoned(self._step()),
            "is_today": self.event == Event.DUE_TODAY,
            "is_late": self.event == Event.OVERDUE,
            "asked_by": one_line(self.message.actor.name, 80) if self.message.actor else "",
            "standard": self.ball.standard if self.ball else 0,
            "day_n": self.ball.day_n if self.ball else 0,
            "comment": self.message.comment,
            "writer": self._writer(),
            "join": self.message.join_request,
            "report": self.message.report,
            "absence": self.message.absence,
            "paper": self.message.paper,
            "why_closed": self._why_closed(),
            "is_told_why": self.message.why in (Why.ABSENT, Why.REGISTRAR),
            "deputised": self._deputised(),
            **self._absence(),
            "check": self.message.ledger_check,
            "anchor_day": self.message.anchor_day,
            "disposal": self.message.disposal,
            "announcement": self.message.announcement,
            "preferences_url": settings.BASE_URL + PREFERENCES,
            "is_project": run is not None and run.revision is not None and self._kind() == "",
            "kind": self._kind(),
            "rule": run.rule if run is not None else None,
            "lines": list(self._lines()),
        }

    # --- the subject -------------------------------------------------------------------------

    def _subject(self, title: str) -> str:
        number = self.project.number if self.project else ""
        case = f"{number or ''} {title}{self._kind()}".strip()
        words = str(self.notice.subject) % {
            "ask": str(self.turn.ask) if self.turn else "",
            "case": case,
            "until": _("（%sまで）") % _month_day(due) if (due := self.due()) else "",
            "count": len(self.decision.conditions.all()) if self.decision else 0,
            "day": _month_day(self.decision.until) if self.decision and self.decision.until else "",
            "late": self._late(),
            "name": self.message.actor.name if self.message.actor else "",
            "section": self.message.join_request.section.name if self.message.join_request else "",
            "found": self._found(),
            "announcement": title,
            **self._absence(),
        }
        return one_line(f"【{settings.SITE_NAME}】{words}", SUBJECT_LIMIT)

    def _absence(self) -> dict[str, str]:
        """Who is away, and from when until when."""
        absence = self.message.absence
        if absence is None:
            return {"absentee": "", "period": ""}
        period = days_of(absence.starts_on, absence.last_day)
        return {"absentee": one_line(absence.person.name, 80), "period": period}

    def _found(self) -> str:
        """What the 事務局 said to the report of a condition, or the verification of the ledger."""
        if self.message.ledger_check is not None:
            return _("正常") if self.message.ledger_check.is_sound else _("異常があります")
        report = self.message.report
        return _("確認済み") if report is not None and report.is_enough else _("再報告のお願い")

    def _kind(self) -> str:
        """（変更） and the like for what is not the proposal itself."""
        revision = self.message.run.revision if self.message.run else None
        if revision is None or revision.kind == RevisionKind.PROJECT:
            return ""
        return f"（{revision.get_kind_display()}）"

    # --- the deadline ------------------------------------------------------------------------

    def due(self) -> datetime | None:
        """The deadline of what this person is to do; nothing for what is only told."""
        if (work := work_of(self.message)) is not None:
            return None if work.step_run.paused_since else work.step_run.due_at
        return self.message.reading.due_at if self.message.reading else None

    def _late(self) -> str:
        """（2営業日超過）; nothing of a deadline that is still to come."""
        step = self._step()
        due = step.due_at if step and self.event == Event.DELAY_TOLD else self.due()
        if due is None:
            return ""
        days = days_late(localdate(due), localdate(self.matters.at), self.matters.closures)
        return _("（%s）") % days_late_label(days) if days else ""

    def _reckoned(self, step: StepRun | None) -> str:
        """How the deadline of a step came about; nothing of what has none."""
        reckoning = step.reckoned(self.matters.closures) if step else None
        return reckoning.words(localdate(self.matters.at)) if reckoning else ""

    def _step(self) -> StepRun | None:
        """The step that the mail is about. A delay is told once, however many are asked in it."""
        if self.event == Event.DELAY_TOLD and self.message.run:
            return self.message.run.step
        return self.message.slot.step_run if self.message.slot else None

    # --- whom, why, where --------------------------------------------------------------------

    def _target(self) -> str:
        if self.decision is None or not self.decision.target:
            return ""
        return str(SendBackTarget(self.decision.target).label)

    def _button(self) -> str:
        return str(self.turn.button if self.turn else self.notice.button)

    def acting_for(self) -> str:
        """「市民課長 戸舘さん」 for who acts in another's place, nothing for everybody else."""
        if self.fact.basis not in (Basis.DEPUTY, Basis.ACTING) or self.message.post is None:
            return ""
        principal = self.matters.principal(self.message.post.pk)
        if principal is None:
            return _("%s（空席）") % self.message.post.title
        return _("%(post)s %(name)sさん") % {
            "post": self.message.post.title,
            "name": one_line(principal.name, 80),
        }

    def why(self) -> str:
        """Why this person is told."""
        if (acting_for := self.acting_for()) and self.fact.basis == Basis.ACTING:
            return _("規則により、%sに代わって代決する順序にあたるためです。") % acting_for
        if acting_for:
            return _("%sの代理に指名されているためです。") % acting_for
        post = self.message.post
        if self.message.why == Why.PROPOSER:
            return _("あなたが提案した案件のためです。")
        if post is not None and self.message.why != Why.STANDS_IN:
            return _("あなたが「%s」の職にあるためです。") % post.title
        return _("%sです。") % Why(self.message.why).label

    def _deputised(self) -> list[str]:
        """The seats at which this person acts while the absentee is away."""
        absence = self.message.absence
        if absence is None:
            return []
        if self.message.post is not None:
            order = StandIn.objects.filter(stand_in_post=self.message.post)
            held = absence.person.appointments.in_force(absence.starts_on).values("post")
            seats = Post.objects.filter(stand_ins__in=order, pk__in=held)
            return [_("%sの代決（規則の順序）") % post.title for post in seats.order_by("order")]
        named = absence.delegations.filter(deputy=self.delivery.person).select_related("post")
        return [_("%sの代理") % each.post.title for each in named]

    # --- what was said, what comes ------------------------------------------------------------

    def _writer(self) -> str:
        """市民課DX推進リーダー 浅石 桃子さん, of a remark; its words stay inside."""
        comment = self.message.comment
        if comment is None:
            return ""
        seat = f"{comment.post.title} " if comment.post else ""
        return one_line(
            _("%(seat)s%(name)sさん") % {"seat": seat, "name": comment.written_by.name}, 120
        )

    def _why_closed(self) -> str:
        """How a paper ended that was not confirmed, and why."""
        paper = self.message.paper
        if paper is None or paper.settled_by is None:
            return ""
        reason = paper.closing.texts.filter(name="reason").first() if paper.closing else None
        sentence = standing_paper(paper)
        return f"{sentence}\n{_('理由')}：{reason.shown}" if reason else sentence

    def _earlier(self) -> Decision | None:
        moment, run = moment_of(self.message), self.message.run_id
        if moment is None or run is None or self.event in QUIET:
            return None
        return self.matters.before.get((run, moment))

    def before(self) -> str:
        """Who did what, so that it is this person's turn."""
        earlier = self._earlier()
        return one_line(said_by(earlier), QUOTE_LIMIT) if earlier else ""

    def _told(self) -> Decision | None:
        """The decision whose words the mail carries: its own, or what sent the case back."""
        decision = self.decision or self._earlier()
        if decision is None or Outcome(decision.outcome) not in QUOTES:
            return None
        is_result = decision.outcome in (Outcome.ADOPTED, Outcome.ADOPTED_WITH_CONDITIONS)
        if (is_result and self.decision is None) or not _comment(decision):
            return None
        return decision

    def _lines(self) -> list[tuple[str, str]]:
        """Who holds it, since when, until when, what comes next; and the effect it promises."""
        lines = []
        revision = self.message.run.revision if self.message.run else None
        if revision is not None and self._kind() == "":
            hours = effect_of(revision.sheet, yen_per_hour=0).hours
            if hours > 0:
                lines.append((_("見込まれる効果"), _("年間 %s時間の削減") % f"{hours:,}"))
        if self.ball is not None:
            lines.append((_("いまの段階"), self.ball.title))
            lines.append((_("いまの担当"), self._holder(self.ball)))
            if self.ball.next_title:
                lines.append((_("このあと"), self.ball.next_title))
        elif self.project is not None:
            lines.append((_("いまの状態"), self.project.get_stage_display()))
        return lines

    def _holder(self, ball: Ball) -> str:
        """市民課長 戸舘さん（5/11（月）から5/14（木）まで）."""
        today = localdate(self.matters.at)
        days = {
            "holder": one_line(ball.holder, QUOTE_LIMIT),
            "since": short_date(localdate(ball.since), today),
            "until": "",
        }
        if ball.is_paused:
            until = ball.paused_until
            days["until"] = short_date(until, today) if until else _("解除")
            return _("%(holder)s（%(since)sから、保留中 %(until)sまで）") % days
        if ball.due_at is None:
            return _("%(holder)s（%(since)sから、期限なし）") % days
        days["until"] = short_date(localdate(ball.due_at), today)
        return _("%(holder)s（%(since)sから%(until)sまで）") % days


def _comment(decision: Decision) -> str:
    texts = {text.name: text.shown for text in decision.entry.texts.all()}
    comment = texts.get("comment", "").strip()
    return comment if len(comment) <= QUOTE_LIMIT else f"{comment[: QUOTE_LIMIT - 1]}…"


def _following(decision: Decision) -> str:
    """Whom the work was given to."""
    texts = {text.name: text.shown for text in decision.entry.texts.all()}
    return texts.get("following", "")


def _month_day(moment: datetime | date) -> str:
    """11/25, as a subject has room for."""
    day = localdate(moment) if isinstance(moment, datetime) else moment
    return f"{day.month}/{day.day}"


def honest(text: str) -> str:
    """Without characters that nobody sees and that turn or hide what stands beside them."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", text)


def tidy(text: str) -> str:
    """At most one empty line between paragraphs."""
    return re.sub(r"\n{3,}", "\n\n", honest(text)).strip() + "\n"
