"""A fact and whom it concerns (``OutboxMessage``); one mail to one person (``Delivery``).

Every addressee of every fact ends as sent, shown, superseded, or with a reason. Beside them: how
people want to be told, and what the whole staff is told.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bpr_projects.models import Comment, JoinRequest, Project
from notifications.enums import (
    DeliveryState,
    MessageState,
    Urgency,
    Way,
    act_choices,
    delivery_state_choices,
    event_choices,
    message_state_choices,
    reason_choices,
    urgency_choices,
    way_choices,
    why_choices,
)
from records.models import AnchorDay, LedgerCheck
from roles.enums import basis_choices
from roles.models import Absence, Post, Section, User
from workflow.models import (
    ConditionReport,
    Decision,
    Disposal,
    PaperDecision,
    Reading,
    Run,
    Slot,
)

if TYPE_CHECKING:
    from datetime import datetime

LATE: Final = timedelta(minutes=10)
"""A sweep comes every 30 seconds, or every minute by cron: what waits so long is stuck."""


class Announcement(models.Model):
    """全庁周知: what headquarters or the 事務局 tells the staff (計画 2-5, 2-6(1)).

    One person writes it, a second one releases it. ``sections`` and ``roles``: whom it is for;
    empty means everybody. Who has read it: ``DeliveredFact.read_at`` of its facts.
    """

    title = models.CharField(_("件名"), max_length=60)
    text = models.TextField(_("本文"), max_length=4000)
    sections = models.ManyToManyField(Section, blank=True, related_name="+")
    roles = models.JSONField(_("役割"), default=list, blank=True)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(_("作成日時"))
    released_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    released_at = models.DateTimeField(_("公開日時"), null=True, blank=True)
    dropped_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    dropped_at = models.DateTimeField(_("取りやめ日時"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("全庁周知")
        verbose_name_plural = _("全庁周知")
        constraints = [
            models.CheckConstraint(
                condition=Q(released_at=None) | Q(dropped_at=None), name="released_or_dropped"
            ),
            models.CheckConstraint(
                condition=Q(released_by=None) | ~Q(released_by=models.F("written_by")),
                name="a_second_person_releases",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_waiting(self) -> bool:
        """Written, neither released nor dropped."""
        return self.released_at is None and self.dropped_at is None


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    """Queries over facts and their addressees."""

    def ready(self, at: datetime) -> Self:
        """Waiting to be expanded to persons, and not held back any more."""
        return self.filter(state=MessageState.PENDING).filter(
            Q(hold_until=None) | Q(hold_until__lte=at)
        )

    def late(self, at: datetime) -> Self:
        """Ready for long: no sweep runs."""
        return self.ready(at - LATE).filter(created_at__lte=at - LATE)

    def of_open_work(self) -> Self:
        """About steps that wait for an answer, and readings that nobody has read yet."""
        return self.filter(
            Q(slot__work_item__isnull=False)
            | Q(reading__isnull=False, reading__read_at__isnull=True)
        )


class OutboxMessage(models.Model):
    """One fact for one addressee, written in the fact's transaction.

    It names ids only: words are made at send time from the rows as they are then. An addressee
    is a post (whoever holds it at send time) or a named person, never both.
    """

    event = models.CharField(_("種別"), max_length=24, choices=event_choices)
    fact = models.CharField(_("事実"), max_length=60, help_text="e.g. turn:12, decision:9")
    post = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    why = models.CharField(_("届く理由"), max_length=10, choices=why_choices)
    actor = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", help_text="is not told"
    )
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="+")
    run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="+")
    slot = models.ForeignKey(Slot, models.PROTECT, null=True, blank=True, related_name="+")
    decision = models.ForeignKey(Decision, models.PROTECT, null=True, blank=True, related_name="+")
    reading = models.ForeignKey(Reading, models.PROTECT, null=True, blank=True, related_name="+")
    comment = models.ForeignKey(Comment, models.PROTECT, null=True, blank=True, related_name="+")
    join_request = models.ForeignKey(
        JoinRequest, models.PROTECT, null=True, blank=True, related_name="+"
    )
    report = models.ForeignKey(
        ConditionReport, models.PROTECT, null=True, blank=True, related_name="+"
    )
    absence = models.ForeignKey(Absence, models.PROTECT, null=True, blank=True, related_name="+")
    paper = models.ForeignKey(
        PaperDecision, models.PROTECT, null=True, blank=True, related_name="+"
    )
    ledger_check = models.ForeignKey(
        LedgerCheck, models.PROTECT, null=True, blank=True, related_name="+"
    )
    anchor_day = models.ForeignKey(
        AnchorDay, models.PROTECT, null=True, blank=True, related_name="+"
    )
    disposal = models.ForeignKey(Disposal, models.PROTECT, null=True, blank=True, related_name="+")
    announcement = models.ForeignKey(
        Announcement, models.PROTECT, null=True, blank=True, related_name="messages"
    )
    bundle = models.UUIDField(null=True, blank=True, help_text="of acts that are told in one mail")
    urgency = models.CharField(max_length=8, choices=urgency_choices, default=Urgency.NOW)
    hold_until = models.DateTimeField(null=True, blank=True)
    is_told_later = models.BooleanField(default=False, help_text="発表日時, not to be hurried")
    state = models.CharField(
        _("状態"), max_length=10, choices=message_state_choices, default=MessageState.PENDING
    )
    reason = models.CharField(_("理由"), max_length=16, choices=reason_choices, blank=True)
    created_at = models.DateTimeField(_("発生日時"))
    settled_at = models.DateTimeField(null=True, blank=True)

    objects: OutboxMessageQuerySet = OutboxMessageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["pk"]
        verbose_name = _("通知の事実")
        verbose_name_plural = _("通知の事実")
        constraints = [
            models.CheckConstraint(
                condition=Q(post__isnull=False) ^ Q(person__isnull=False),
                name="addressee_is_post_or_person",
            ),
            models.UniqueConstraint(
                fields=["fact", "post"],
                condition=Q(post__isnull=False),
                name="one_message_a_fact_and_post",
            ),
            models.UniqueConstraint(
                fields=["fact", "person"],
                condition=Q(person__isnull=False),
                name="one_message_a_fact_and_person",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="PENDING"), name="message_pending"),
            models.Index(
                fields=["bundle"], condition=Q(bundle__isnull=False), name="message_bundle"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fact} {self.event}"

    def is_held(self, at: datetime) -> bool:
        """It waits for its hour, not for a successor."""
        held = self.hold_until is not None and self.hold_until > at
        return held and self.state == MessageState.PENDING and not self.reason

    @property
    def is_request(self) -> bool:
        """It asks for a step or a reading: a vacant post's successor is told."""
        return self.slot_id is not None or self.reading_id is not None


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Queries over mails."""

    def due(self, at: datetime, now: datetime) -> Self:
        """Waiting for their hour, or left behind by a sweeper whose lease ran out.

        ``at`` is the caller's clock for due times, ``now`` the database's for leases.
        """
        return self.filter(
            Q(state=DeliveryState.QUEUED, due_at__lte=at)
            | Q(state=DeliveryState.SENDING, lease_until__lt=now)
        ).order_by("due_at", "pk")

    def late(self, at: datetime) -> Self:
        """Due for long: no sweep runs, or the mail server takes nothing."""
        return self.filter(
            Q(state=DeliveryState.QUEUED, due_at__lte=at - LATE)
            | Q(state=DeliveryState.SENDING, lease_until__lte=at - LATE)
        )

    def leased_to(self, worker: str) -> Self:
        return self.filter(state=DeliveryState.SENDING, lease_by=worker)

    def dead(self) -> Self:
        """Given up on."""
        return self.filter(state=DeliveryState.DEAD).order_by("pk")

    def resendable(self) -> Self:
        """Dead, and with words that can be made anew: those of a secret are erased."""
        return self.dead().filter(is_secret=False)

    def for_rows(self) -> Self:
        """With what a row of the list of mails shows."""
        return self.select_related("person", "project").defer("text", "html")


class Delivery(models.Model):
    """One mail to one person. A digest is one delivery that joins many facts.

    They are of one ``bundle``, or what a person wants gathered (``way``) until a morning.
    ``project``: the one case that it is about; none of a digest about several. What a person reads
    on the screen alone goes the same way up to the door and ends as shown.

    What was sent is kept as it was sent; a secret (``is_secret``) is erased once it is settled
    and never shown.
    """

    person = models.ForeignKey(User, models.PROTECT, related_name="deliveries")
    event = models.CharField(_("種別"), max_length=24, choices=event_choices)
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="+")
    messages = models.ManyToManyField(
        OutboxMessage, through="DeliveredFact", related_name="deliveries"
    )
    is_secret = models.BooleanField(default=False)
    way = models.CharField(_("届け方"), max_length=8, choices=way_choices, default=Way.NOW)
    state = models.CharField(
        _("状態"), max_length=10, choices=delivery_state_choices, default=DeliveryState.QUEUED
    )
    reason = models.CharField(_("理由"), max_length=16, choices=reason_choices, blank=True)
    error = models.CharField(_("サーバーの応答"), max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(_("試行回数"), default=0)
    losses = models.PositiveSmallIntegerField(
        default=0, help_text="how often a sweeper died with it"
    )
    due_at = models.DateTimeField(_("送信予定"))
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_by = models.CharField(max_length=80, blank=True)
    message_id = models.CharField("Message-ID", max_length=120, unique=True)
    address = models.CharField(_("宛先"), max_length=254, blank=True)
    subject = models.CharField(_("件名"), max_length=200, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    created_at = models.DateTimeField(_("作成日時"))
    sent_at = models.DateTimeField(_("送信日時"), null=True, blank=True)

    told: list[DeliveredFact]
    """Its facts with what their words need, of a mail that was loaded to be sent."""

    objects: DeliveryQuerySet = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("メール")
        verbose_name_plural = _("メール")
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state__in=["QUEUED", "SENDING"]),
                name="delivery_due",
            ),
            models.Index(fields=["person", "-id"], name="delivery_by_person"),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="SENDING") | Q(lease_until__isnull=False),
                name="sending_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["QUEUED", "SENDING", "SENT", "SHOWN"]) | ~Q(reason=""),
                name="unsent_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="SENT") | Q(sent_at__isnull=False), name="sent_has_its_moment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.event} {self.state}"

    def waits(self, at: datetime) -> bool:
        """It goes out later: a digest, a quiet hour, a pause before the next try."""
        return self.state == DeliveryState.QUEUED and self.due_at > at

    @property
    def is_open(self) -> bool:
        """Nothing of it may have left the house: facts can be added."""
        return self.state == DeliveryState.QUEUED and not self.attempts and not self.losses


class DeliveredFact(models.Model):
    """Which facts a mail tells, and in which capacity the person gets it."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="facts")
    message = models.ForeignKey(OutboxMessage, models.PROTECT, related_name="told")
    fact = models.CharField(max_length=60)
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    basis = models.CharField(max_length=8, choices=basis_choices, blank=True)
    rings = models.BooleanField(default=True, help_text="stands behind the bell")
    read_at = models.DateTimeField(null=True, blank=True, help_text="on the screen")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["fact", "person"], name="a_fact_is_told_once_a_person")
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="fact_by_person"),
            models.Index(
                fields=["person", "-id"], condition=Q(rings=True, read_at=None), name="fact_unread"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fact}: {self.person_id}"


class Intervention(models.Model):
    """What somebody of the secretariat did to a mail, or a fact not yet one, by hand, and why."""

    delivery = models.ForeignKey(
        Delivery, models.PROTECT, null=True, blank=True, related_name="interventions"
    )
    message = models.ForeignKey(
        OutboxMessage, models.PROTECT, null=True, blank=True, related_name="interventions"
    )
    act = models.CharField(max_length=10, choices=act_choices)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(_("理由"), max_length=200)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(delivery__isnull=False) ^ Q(message__isnull=False),
                name="intervention_on_mail_or_fact",
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.delivery_id or self.message_id}"


class Preference(models.Model):
    """How a person wants to be told of a kind of fact; without a row as the catalogue says."""

    person = models.ForeignKey(User, models.PROTECT, related_name="preferences")
    event = models.CharField(_("種別"), max_length=24, choices=event_choices)
    way = models.CharField(_("届け方"), max_length=8, choices=way_choices)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["person", "event"], name="one_way_a_person_and_event")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.event} {self.way}"


class QuietHours(models.Model):
    """When a person wants no mail: what is due then waits for the end. The city's local time.

    ``starts_at`` later than ``ends_at`` spans midnight; ``also_days_off``: the days on which the
    city hall is closed are quiet from midnight to midnight.
    """

    person = models.OneToOneField(User, models.PROTECT, related_name="quiet_hours")
    starts_at = models.TimeField(_("この時刻から"))
    ends_at = models.TimeField(_("この時刻まで"))
    also_days_off = models.BooleanField(_("閉庁日は終日"), default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(starts_at=models.F("ends_at")), name="quiet_hours_end"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.starts_at:%H:%M}-{self.ends_at:%H:%M}"
