"""Lists that the plan and the city fix: areas, principles, unit prices, closing days, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from datetime import date


class Area(models.Model):
    """取組事項 of the plan (3-1 P1..P7, 3-2 E1..E3)."""

    code = models.CharField(_("符号"), max_length=4, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    is_priority = models.BooleanField(_("優先取組事項"))
    order = models.PositiveSmallIntegerField(_("並び順"))

    class Meta:
        ordering = ["order"]
        verbose_name = _("取組事項")
        verbose_name_plural = _("取組事項")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Principle(models.Model):
    """基本理念 of the plan (2-5(1)..(6)); the rows by which the PT scores.

    The plan has the name and the subtitle; the question is the city's, and may be 要確認.
    """

    code = models.CharField(_("符号"), max_length=4, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    subtitle = models.CharField(_("副題"), max_length=60, blank=True)
    question = models.CharField(_("問い"), max_length=200)
    order = models.PositiveSmallIntegerField(_("並び順"))
    is_unchecked = models.BooleanField(_("要確認（問い）"), default=False)

    class Meta:
        ordering = ["order"]
        verbose_name = _("基本理念")
        verbose_name_plural = _("基本理念")

    def __str__(self) -> str:
        return self.name


class DesignArticle(models.Model):
    """サービス設計12箇条 (plan 1-4(2)), and the 基本理念 under which the city reads each.

    The article is the plan's; its 基本理念 is not, and may be 要確認.
    """

    number = models.PositiveSmallIntegerField(_("条"), unique=True)
    name = models.CharField(_("条文"), max_length=60)
    principle = models.ForeignKey(
        Principle,
        models.PROTECT,
        related_name="articles",
        null=True,
        blank=True,
        verbose_name=_("基本理念"),
    )
    is_unchecked = models.BooleanField(_("要確認（基本理念）"), default=False)

    class Meta:
        ordering = ["number"]
        verbose_name = _("サービス設計12箇条")
        verbose_name_plural = _("サービス設計12箇条")

    def __str__(self) -> str:
        return f"第{self.number}条 {self.name}"


class UpperPlanItem(models.Model):
    """What a reform may serve: an item of a plan above this one (1-3), a goal of this one (2-2)."""

    code = models.CharField(_("符号"), max_length=12, unique=True)
    plan = models.CharField(_("計画"), max_length=60)
    name = models.CharField(_("項目"), max_length=80)
    source = models.CharField(_("出典"), max_length=60, blank=True)
    order = models.PositiveSmallIntegerField(_("並び順"))
    is_unchecked = models.BooleanField(_("要確認"), default=False)

    class Meta:
        ordering = ["order"]
        verbose_name = _("上位計画・目標の項目")
        verbose_name_plural = _("上位計画・目標の項目")

    def __str__(self) -> str:
        return f"{self.plan}　{self.name}"


class NationalTrend(models.Model):
    """国の動向 (plan 1-4(1)): what happened in which month. The day is the first of the month."""

    month = models.DateField(_("年月"))
    title = models.CharField(_("できごと"), max_length=120)
    source = models.CharField(_("出典"), max_length=60, blank=True)
    url = models.URLField(_("URL"), blank=True)
    areas = models.ManyToManyField(
        Area, related_name="trends", blank=True, verbose_name=_("関係する取組事項")
    )

    class Meta:
        ordering = ["month", "pk"]
        verbose_name = _("国の動向")
        verbose_name_plural = _("国の動向")

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.title}"


class PlanFigure(models.Model):
    """A figure of the plan (2-2, 2-4, 2-6, 2-7) and what it shows, which the text does not say."""

    place = models.CharField(_("計画の箇所"), max_length=8, unique=True)
    title = models.CharField(_("図の名前"), max_length=60)
    text = models.TextField(_("図の内容"), max_length=2000, blank=True)
    is_unchecked = models.BooleanField(_("要確認"), default=False)

    class Meta:
        ordering = ["place"]
        verbose_name = _("計画の図")
        verbose_name_plural = _("計画の図")

    def __str__(self) -> str:
        return f"{self.place} {self.title}"


class GlossaryTerm(models.Model):
    """用語集: the plan's (4) and the words of 決裁, shown where they are used."""

    word = models.CharField(_("用語"), max_length=40, unique=True)
    heading = models.CharField(_("索引"), max_length=2)
    meaning = models.TextField(_("解説"), max_length=600)
    source = models.CharField(_("出典"), max_length=60)
    order = models.PositiveSmallIntegerField(_("並び順"))
    is_unchecked = models.BooleanField(_("要確認"), default=False)

    class Meta:
        ordering = ["order"]
        verbose_name = _("用語")
        verbose_name_plural = _("用語集")

    def __str__(self) -> str:
        return self.word


class Tool(models.Model):
    """ツール台帳 (plan 3-1(3)): what the city hall has already, asked for before buying anew."""

    code = models.CharField(_("符号"), max_length=12, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    purpose = models.CharField(_("できること"), max_length=120)
    order = models.PositiveSmallIntegerField(_("並び順"))
    is_unchecked = models.BooleanField(_("要確認"), default=False)

    class Meta:
        ordering = ["order"]
        verbose_name = _("ツール")
        verbose_name_plural = _("ツール台帳")

    def __str__(self) -> str:
        return self.name


class UnitPrice(models.Model):
    """Yen that one staff hour stands for, from a date on (editable assumption)."""

    starts_on = models.DateField(_("適用開始日"), unique=True)
    yen_per_hour = models.PositiveIntegerField(_("1時間あたり（円）"))
    basis = models.CharField(_("根拠"), max_length=100)
    is_unchecked = models.BooleanField(_("要確認"), default=False)

    class Meta:
        ordering = ["-starts_on"]
        verbose_name = _("時間単価")
        verbose_name_plural = _("時間単価")

    def __str__(self) -> str:
        return f"{self.starts_on:%Y-%m-%d} {self.yen_per_hour}"


class Closure(models.Model):
    """A day on which city hall is closed beyond weekends, holidays and 12/29-1/3."""

    day = models.DateField(_("日"), unique=True)
    reason = models.CharField(_("理由"), max_length=60)

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
