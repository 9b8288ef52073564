"""What must never be lost: the ledger chain, its texts and checks, and background runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from records.enums import RunState, flaws, run_states

if TYPE_CHECKING:
    from datetime import datetime

GENESIS = "0" * 64
"""The hash before the first entry."""


class PermanentRow(Exception):
    """This row stays: it is never deleted and, in the ledger, never changed."""

    def __init__(self, model: type[models.Model], act: str) -> None:
        self.model = model
        self.act = act
        super().__init__(f"{model.__name__}: {act} is refused, the row is permanent.")


M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class PermanentQuerySet(models.QuerySet[M_co]):
    """Rows that may change but never disappear."""

    def delete(self) -> NoReturn:
        raise PermanentRow(self.model, "delete")


class AppendOnlyQuerySet(PermanentQuerySet[M_co]):
    """Rows that are written once. ``bulk_update`` ends in ``update`` and is refused too."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise PermanentRow(self.model, "update")


class Permanent(models.Model):
    """A row that nobody deletes: an end date closes it, history still points at it."""

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise PermanentRow(type(self), "delete")


class AppendOnly(Permanent):
    """A row that is written once and read for ever."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise PermanentRow(type(self), "update")
        super().save(*args, **{**kwargs, "force_insert": True})


class LedgerEntry(AppendOnly):
    """One link of the chain. The payload holds ids and hashes only, never a person's words.

    Each entry points at its predecessor and the head at the last one, so foreign keys alone keep
    a single row from being taken out; triggers refuse every UPDATE (migration 0002).
    """

    seq = models.BigIntegerField(_("通番"), primary_key=True)
    previous = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="+", verbose_name=_("前の行")
    )
    kind = models.CharField(_("種別"), max_length=40, db_index=True)
    payload = models.JSONField(_("内容"))
    prev_hash = models.CharField(_("前のハッシュ値"), max_length=64)
    hash = models.CharField(_("ハッシュ値"), max_length=64, unique=True)
    recorded_at = models.DateTimeField(_("記録日時"))

    objects: AppendOnlyQuerySet[LedgerEntry] = AppendOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["seq"]
        verbose_name = _("台帳の行")
        verbose_name_plural = _("台帳")
        constraints = [
            models.CheckConstraint(condition=Q(seq__gte=1), name="ledger_starts_at_one"),
            models.CheckConstraint(
                condition=Q(seq=1, previous=None)
                | Q(seq__gt=1, previous__isnull=False, previous=models.F("seq") - 1),
                name="ledger_entry_follows_its_predecessor",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.seq} {self.kind}"


class LedgerHead(Permanent):
    """The one row that appending locks, last in the business transaction."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    last = models.OneToOneField(LedgerEntry, models.PROTECT, null=True, related_name="+")
    hash = models.CharField(max_length=64, default=GENESIS)

    objects: PermanentQuerySet[LedgerHead] = PermanentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("台帳の先頭")
        verbose_name_plural = _("台帳の先頭")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_has_one_head")]

    def __str__(self) -> str:
        return f"#{self.last_id or 0}"

    @property
    def seq(self) -> int:
        """Number of the last entry, which is also the count of all entries."""
        return self.last_id or 0


class LedgerText(Permanent):
    """Words of an entry, kept beside the chain so that an approved 廃棄 can blank them."""

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="texts")
    name = models.CharField(_("項目"), max_length=40)
    text = models.TextField(_("本文"), blank=True)
    sha256 = models.CharField(_("ハッシュ値"), max_length=64)
    blanked_at = models.DateTimeField(_("廃棄日時"), null=True, blank=True)

    objects: PermanentQuerySet[LedgerText] = PermanentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["entry", "name"]
        verbose_name = _("台帳の本文")
        verbose_name_plural = _("台帳の本文")
        constraints = [
            models.UniqueConstraint(fields=["entry", "name"], name="ledger_text_once_an_entry"),
            models.CheckConstraint(
                condition=Q(blanked_at=None) | Q(text=""), name="ledger_blanked_text_is_empty"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.entry_id} {self.name}"

    @property
    def shown(self) -> str:
        """The words, or the statement that they were lawfully disposed of."""
        return str(_("廃棄済")) if self.blanked_at else self.text


class AnchorDay(models.Model):
    """That the head of a local day was written outside the database, or why it was not yet."""

    day = models.DateField(_("日"), unique=True)
    tried_at = models.DateTimeField(_("最後に試みた日時"), null=True, blank=True)
    written_at = models.DateTimeField(_("書き出した日時"), null=True, blank=True)
    seq = models.BigIntegerField(_("通番"), default=0)
    hash = models.CharField(_("ハッシュ値"), max_length=64, blank=True)
    error = models.CharField(_("失敗の種類"), max_length=120, blank=True)

    class Meta:
        ordering = ["-day"]
        verbose_name = _("控えの書出し")
        verbose_name_plural = _("控えの書出し")

    def __str__(self) -> str:
        return f"{self.day} #{self.seq}"


class LedgerCheck(models.Model):
    """What the monthly verification of the whole ledger found."""

    month = models.DateField(_("月（初日）"), unique=True)
    checked_at = models.DateTimeField(_("検証日時"))
    is_sound = models.BooleanField(_("正常"))
    count = models.BigIntegerField(_("行数"))
    derived = models.BigIntegerField(_("権限を確かめた判断"))
    disposed = models.BigIntegerField(_("廃棄済の本文"))
    head_hash = models.CharField(_("先頭のハッシュ値"), max_length=64)
    first_bad_seq = models.BigIntegerField(_("最初の異常"), null=True, blank=True)
    reason = models.CharField(_("異常の種類"), max_length=24, choices=flaws, blank=True)
    has_anchors = models.BooleanField(_("控えと照合"))

    class Meta:
        ordering = ["-month"]
        verbose_name = _("台帳の検証")
        verbose_name_plural = _("台帳の検証")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_sound=True, first_bad_seq=None, reason="")
                | (Q(is_sound=False, first_bad_seq__isnull=False) & ~Q(reason="")),
                name="an_unsound_ledger_has_its_row_and_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} #{self.count}"


class BackgroundRunQuerySet(models.QuerySet["BackgroundRun"]):
    """Queries over runs; each is answered by the index on (state, due_at)."""

    def open(self) -> Self:
        return self.filter(state__in=[RunState.QUEUED, RunState.RUNNING])

    def due(self, at: datetime) -> Self:
        """Waiting for their hour, or left behind by a worker whose lease ran out."""
        return self.filter(
            Q(state=RunState.QUEUED, due_at__lte=at) | Q(state=RunState.RUNNING, lease_until__lt=at)
        ).order_by("due_at", "pk")

    def leased_to(self, worker: str) -> Self:
        return self.filter(state=RunState.RUNNING, lease_by=worker)


class BackgroundRun(models.Model):
    """Long work (PDF, export, import), written in the caller's transaction, done by a worker."""

    kind = models.CharField(_("種別"), max_length=40)
    subject = models.CharField(_("対象"), max_length=80)
    owner_id = models.BigIntegerField(_("依頼者"))
    state = models.CharField(_("状態"), max_length=10, choices=run_states, default=RunState.QUEUED)
    progress = models.PositiveSmallIntegerField(
        _("進み"), default=0, validators=[MaxValueValidator(100)]
    )
    result_path = models.CharField(_("結果"), max_length=255, blank=True)
    error = models.CharField(_("失敗の種類"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("依頼日時"))
    due_at = models.DateTimeField(_("実行予定"))
    lease_until = models.DateTimeField(_("占有期限"), null=True, blank=True)
    lease_by = models.CharField(_("占有者"), max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(_("試行回数"), default=0)
    finished_at = models.DateTimeField(_("終了日時"), null=True, blank=True)

    objects: BackgroundRunQuerySet = BackgroundRunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("裏の処理")
        verbose_name_plural = _("裏の処理")
        indexes = [models.Index(fields=["state", "due_at"], name="background_run_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(state__in=["QUEUED", "RUNNING"]),
                name="one_open_run_a_subject",
            ),
            models.CheckConstraint(
                condition=Q(progress__lte=100), name="background_run_progress_is_a_percentage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in {RunState.QUEUED, RunState.RUNNING}
