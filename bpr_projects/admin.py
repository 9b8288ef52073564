"""The plan's lists. The 事務局 edits them; the system administrator only looks.

Sheets, scores and decisions name these rows by their codes. So a code is never changed, and a row
that can be named by one is never deleted here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects.calendar import (
    LAST_DAY,
    WEEKDAYS,
    closed_for,
    is_business_day,
    plain_day,
)
from bpr_projects.models import (
    Area,
    Closure,
    DesignArticle,
    GlossaryTerm,
    NationalTrend,
    PlanFigure,
    Principle,
    Tool,
    UnitPrice,
    UpperPlanItem,
)
from roles.permissions import Perm

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest

M = TypeVar("M", bound=models.Model)


class ListAdmin(admin.ModelAdmin[M]):
    """A list of the plan: looked at by the administrator too, edited by the 事務局 alone."""

    actions = None
    show_full_result_count = False
    fixed: ClassVar[tuple[str, ...]] = ()
    """Fields that name a row for ever."""
    is_closed: ClassVar[bool] = False
    """Nothing is added: the number of rows is part of the plan."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self._may_edit(request) or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may_edit(request) and not self.is_closed

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self._may_edit(request)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def _may_edit(self, request: HttpRequest) -> bool:
        return request.user.has_perm(Perm.MANAGE_PLAN)

    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> tuple[str, ...]:
        return self.fixed if obj is not None else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new row stands last."""
        initial = super().get_changeform_initial_data(request)
        if "order" in self.list_display:
            last = self.get_queryset(request).aggregate(last=Max("order"))["last"]
            initial.setdefault("order", str((last or 0) + 1))
        return initial


class HarmlessAdmin(ListAdmin[M]):
    """Rows that nothing names: deleted without a trace."""

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self._may_edit(request)


@admin.register(Area)
class AreaAdmin(ListAdmin[Area]):
    """取組事項."""

    list_display = ["order", "code", "name", "is_priority"]
    list_display_links = ["name"]
    fixed = ("code",)


@admin.register(Principle)
class PrincipleAdmin(ListAdmin[Principle]):
    """基本理念: the scores of every review stand under their codes."""

    list_display = ["order", "code", "name", "question", "is_unchecked"]
    list_display_links = ["name"]
    fixed = ("code",)
    is_closed = True


@admin.register(DesignArticle)
class DesignArticleAdmin(ListAdmin[DesignArticle]):
    """サービス設計12箇条."""

    list_display = ["number", "name", "principle", "is_unchecked"]
    list_display_links = ["name"]
    list_filter = ["is_unchecked", "principle"]
    list_select_related = ["principle"]
    fixed = ("number",)
    is_closed = True


@admin.register(UpperPlanItem)
class UpperPlanItemAdmin(ListAdmin[UpperPlanItem]):
    """上位計画・目標の項目."""

    list_display = ["order", "plan", "name", "is_unchecked"]
    list_display_links = ["name"]
    list_filter = ["is_unchecked", "plan"]
    fixed = ("code",)


@admin.register(Tool)
class ToolAdmin(ListAdmin[Tool]):
    """ツール台帳."""

    list_display = ["order", "name", "purpose", "is_unchecked"]
    list_display_links = ["name"]
    list_filter = ["is_unchecked"]
    fixed = ("code",)


@admin.register(NationalTrend)
class NationalTrendAdmin(HarmlessAdmin[NationalTrend]):
    """国の動向."""

    list_display = ["month", "title", "source", "url"]
    list_display_links = ["title"]
    list_filter = ["areas"]
    filter_horizontal = ["areas"]


@admin.register(PlanFigure)
class PlanFigureAdmin(ListAdmin[PlanFigure]):
    """計画の図: what the plan shows and does not say."""

    list_display = ["place", "title", "is_unchecked"]
    list_display_links = ["title"]
    fixed = ("place",)
    is_closed = True


@admin.register(GlossaryTerm)
class GlossaryTermAdmin(HarmlessAdmin[GlossaryTerm]):
    """用語集."""

    list_display = ["order", "heading", "word", "source", "is_unchecked"]
    list_display_links = ["word"]
    list_filter = ["is_unchecked", "source"]
    search_fields = ["word", "meaning"]


class UnitPriceForm(forms.ModelForm[UnitPrice]):
    """A price begins on a day to come: neither a new row nor a moved one changes the past."""

    def clean_starts_on(self) -> date:
        day: date = self.cleaned_data["starts_on"]
        if day <= localdate():
            raise forms.ValidationError(_("明日以降の日を入れてください。"))
        return day


@admin.register(UnitPrice)
class UnitPriceAdmin(ListAdmin[UnitPrice]):
    """時間単価: effects were computed with the prices of the past, whose basis alone changes."""

    form = UnitPriceForm
    list_display = ["starts_on", "yen_per_hour", "basis", "is_unchecked"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: UnitPrice | None = None
    ) -> tuple[str, ...]:
        is_past = obj is not None and obj.starts_on <= localdate()
        return ("starts_on", "yen_per_hour") if is_past else ()


class ClosureForm(forms.ModelForm[Closure]):
    """A day to come on which the city hall would be open otherwise: the past stays as counted."""

    class Meta:
        help_texts = {
            "day": _(
                "土日・祝日・年末年始（12/29〜1/3）は登録しなくても休みとして数えます。"
                "この日を除いて数えるのは、登録したあとに始まる手続と、再開する保留からです。"
                "登録しても、取り消しても、すでにお知らせした期限は動きません。"
            )
        }

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if "day" not in self.changed_data:
            return day
        if day < localdate():
            raise forms.ValidationError(
                _("過ぎた日は登録できません。これまでの日数の数え方が変わるためです。")
            )
        if day > LAST_DAY:
            raise forms.ValidationError(_("2100年までの日を入れてください。"))
        if not is_business_day(day):
            sentence = _("%(day)sは%(reason)sのため、もともと休みです。登録は要りません。")
            reason = closed_for(day) or _("%s曜日") % WEEKDAYS[day.weekday()]
            raise forms.ValidationError(sentence % {"day": plain_day(day), "reason": reason})
        there = Closure.objects.filter(day=day).exclude(pk=self.instance.pk).first()
        if there is not None:
            sentence = _("%(day)sは、すでに閉庁日です（理由：%(reason)s）。")
            raise forms.ValidationError(sentence % {"day": plain_day(day), "reason": there.reason})
        return day


@admin.register(Closure)
class ClosureAdmin(HarmlessAdmin[Closure]):
    """閉庁日: of one that has been, the reason alone is still put right."""

    form = ClosureForm
    list_display = ["day", "reason"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Closure | None = None
    ) -> tuple[str, ...]:
        return ("day",) if obj is not None and obj.day < localdate() else ()

    def has_delete_permission(self, request: HttpRequest, obj: Closure | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.day >= localdate()
        )
