"""Lists that the plan and the city fix: areas, principles, unit prices, closing days, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from datetime import date


class Area(models.Model):
    """取組事項 of the plan (3-1 P1..P7, 3-2 E1..E3)."""

    code = models.CharField(max_length=4, unique=True)
    name = models.CharField(max_length=60)
    is_priority = models.BooleanField()
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]
        verbose_name = _("取組事項")
        verbose_name_plural = _("取組事項")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Principle(models.Model):
    """基本理念 of the plan (2-5(1)..(6)); the rows by which the PT scores."""

    code = models.CharField(max_length=4, unique=True)
    name = models.CharField(max_length=60)
    question = models.CharField(max_length=200)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]
        verbose_name = _("基本理念")
        verbose_name_plural = _("基本理念")

    def __str__(self) -> str:
        return self.name


class UnitPrice(models.Model):
    """Yen that one staff hour stands for, from a date on (editable assumption)."""

    starts_on = models.DateField(unique=True)
    yen_per_hour = models.PositiveIntegerField()
    basis = models.CharField(max_length=100)

    class Meta:
        ordering = ["-starts_on"]
        verbose_name = _("時間単価")
        verbose_name_plural = _("時間単価")

    def __str__(self) -> str:
        return f"{self.starts_on:%Y-%m-%d} {self.yen_per_hour}"


class Closure(models.Model):
    """A day on which city hall is closed beyond weekends, holidays and 12/29-1/3."""

    day = models.DateField(unique=True)
    reason = models.CharField(max_length=60)

    class Meta:
        ordering = ["day"]
        verbose_name = _("閉庁日")
        verbose_name_plural = _("閉庁日")

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.reason}"

    @classmethod
    def days(cls) -> frozenset[date]:
        """All of them, for business-day arithmetic."""
        return frozenset(cls.objects.values_list("day", flat=True))


class NumberSeries(models.Model):
    """Last case number given in a fiscal year; its row is locked while a number is taken."""

    fiscal_year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.fiscal_year}: {self.last}"
