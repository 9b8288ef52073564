"""Fields for text, numbers and days as municipal officers type them; values are JSON.

Full-width digits, thousands commas and Japanese era dates are read; control and bidi characters
are refused, because no reader could see them.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects import calendar
from roles.models import User

if TYPE_CHECKING:
    from collections.abc import Collection

    from django_stubs_ext import StrOrPromise

BIDI: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
UNSEEN: Final = re.compile(rf"[\x00-\x1f\x7f-\x9f\u2028\u2029{BIDI}]")
"""What a single line may not hold: C0 and C1 controls, line breaks, bidi controls."""
UNSEEN_IN_TEXT: Final = re.compile(rf"[\x00-\x08\x0e-\x1f\x7f-\x9f{BIDI}]")
"""The same for longer texts, where tabs and line breaks are wanted."""
LINE_BREAKS: Final = re.compile(r"\r\n|[\r\x0b\x0c\u2028\u2029]")
WHOLE: Final = re.compile(r"[+-]?\d{1,15}")
DECIMAL: Final = re.compile(r"[+-]?\d{1,15}(\.\d{1,2})?")
DAYS: Final = (date(2000, 1, 1), calendar.LAST_DAY)
FIRST_OF_REIWA: Final = 2019


class _Typed(forms.CharField):
    """What people type. Nothing is cut off: a text that is too long is refused with its length."""

    default_error_messages = {
        "max_length": gettext_lazy(
            "%(limit_value)s字以内で入力してください（いま%(show_value)s字）。"
        )
    }


class LineField(_Typed):
    """One line of text; ``is_counted``: the page says how long it is and may be."""

    is_counted = False

    def to_python(self, value: Any) -> str:
        raw = str(value or "").strip()
        if UNSEEN.search(raw):
            raise ValidationError(_("改行や、目に見えない制御文字は使えません。"), code="unseen")
        return str(super().to_python(unicodedata.normalize("NFC", raw)))


class TextField(_Typed):
    """Several lines; line breaks are kept as one character each."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        if UNSEEN_IN_TEXT.search(str(value or "")):
            raise ValidationError(_("目に見えない制御文字は使えません。"), code="unseen")
        return str(super().to_python(unicodedata.normalize("NFC", str(value or ""))))

    def clean(self, value: Any) -> str:
        return LINE_BREAKS.sub("\n", super().clean(value))


class _Figure(_Typed):
    """A number between two bounds; empty is None."""

    pattern = WHOLE
    hint: StrOrPromise = gettext_lazy("数字で入力してください（例：1,200）。")

    def __init__(self, *, least: int = 0, most: int, unit: StrOrPromise = "", **kwargs: Any):
        super().__init__(max_length=40, **kwargs)
        self.least, self.most, self.unit = least, most, unit
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "class": "num"}

    def to_python(self, value: Any) -> Any:
        plain = unicodedata.normalize("NFKC", str(value or "")).strip()
        plain = plain.replace("−", "-").replace(",", "").replace(" ", "")
        if self.unit:
            plain = plain.removesuffix(unicodedata.normalize("NFKC", str(self.unit)))
        if not plain:
            return None
        if not self.pattern.fullmatch(plain):
            raise ValidationError(self.hint, code="figure")
        number = float(plain)
        if not self.least <= number <= self.most:
            sentence = _("%(least)s以上%(most)s以下で入力してください。")
            raise ValidationError(
                sentence % {"least": f"{self.least:,}", "most": f"{self.most:,}"}, code="range"
            )
        return int(number) if number.is_integer() else number

    def run_validators(self, value: Any) -> None:
        """Bounds are checked while reading."""

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else f"{value:,}"


class CountField(_Figure):
    """A whole number."""

    hint = gettext_lazy("整数で入力してください（例：1,200）。")


class NumberField(_Figure):
    """A number with at most two digits behind the point."""

    pattern = DECIMAL
    hint = gettext_lazy("数字で入力してください。小数は2けたまでです（例：12.5）。")


class DayField(_Typed):
    """A day in any usual spelling; the value is an ISO date or None."""

    def __init__(self, **kwargs: Any):
        super().__init__(max_length=40, **kwargs)
        self.widget.attrs |= {"autocomplete": "off", "placeholder": _("例：令和8年12月1日")}

    def to_python(self, value: Any) -> Any:
        text = re.sub(r"[（(].[）)]$", "", str(value or "").strip())
        if not text:
            return None
        day = calendar.parse_date(text)
        if day is None or not DAYS[0] <= day <= DAYS[1]:
            raise ValidationError(
                _(
                    "日付を読み取れません。「令和8年12月1日」「R8.12.1」「2026/12/1」のように入力してください。"
                ),
                code="day",
            )
        return day.isoformat()

    def prepare_value(self, value: Any) -> Any:
        """An ISO date is shown as people write it; what somebody typed stays as it is.

        A browser's own calendar understands the ISO date alone.
        """
        day = value if isinstance(value, date) else _iso(value)
        if day and getattr(self.widget, "input_type", "") == "date":
            return day.isoformat()
        return f"{calendar.era_year_label(day)}{day.month}月{day.day}日" if day else value


class PeopleField(_Typed):
    """Employee numbers of people who work here, with any mark between them.

    ``known``: numbers that are known to be right, so that nobody has to be asked for them.
    """

    def __init__(self, *, most: int, known: Collection[str] = (), **kwargs: Any):
        super().__init__(max_length=most * 24, **kwargs)
        self.most, self.known = most, known
        self.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        plain = unicodedata.normalize("NFKC", str(value or ""))
        numbers = list(dict.fromkeys(filter(None, re.split(r"[\s、,;/]+", plain))))
        if len(numbers) > self.most:
            raise ValidationError(_("%s人までです。") % self.most, code="most")
        if not numbers or UNSEEN_IN_TEXT.search(plain):
            return self._none(plain)
        unknown = self._unknown([each for each in numbers if each not in self.known])
        if unknown:
            raise ValidationError(
                _("職員番号 %s の職員が見つかりません。") % "、".join(unknown), code="unknown"
            )
        return numbers

    def _unknown(self, numbers: list[str]) -> list[str]:
        if not numbers:
            return []
        people = User.objects.filter(employee_number__in=numbers, is_active=True)
        found = set(people.values_list("employee_number", flat=True))
        return [each for each in numbers if each not in found]

    def _none(self, plain: str) -> list[str]:
        if plain.strip():
            raise ValidationError(_("目に見えない制御文字は使えません。"), code="unseen")
        return []

    def run_validators(self, value: Any) -> None:
        """Everything is checked while reading."""

    def prepare_value(self, value: Any) -> Any:
        return "、".join(value) if isinstance(value, list) else value


class PathField(_Typed):
    """Values by fiscal year, typed as 「R8=38、R9=30」."""

    item = re.compile(r"(?:R|令和)?(\d{1,4})(?:年度?)?[=: ]([+-]?\d{1,12}(?:\.\d{1,2})?)")

    def __init__(self, *, most: int, least: int, largest: int, **kwargs: Any):
        super().__init__(max_length=200, **kwargs)
        self.most, self.least, self.largest = most, least, largest
        self.widget.attrs |= {"autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        plain = unicodedata.normalize("NFKC", str(value or "")).replace("−", "-").upper()
        items = [each.strip() for each in re.split(r"[、;\n]|,(?!\d{3})", plain) if each.strip()]
        if len(items) > self.most:
            raise ValidationError(_("%s年度までです。") % self.most, code="most")
        steps = [self._step(each) for each in items]
        if sorted({each["year"] for each in steps}) != [each["year"] for each in steps]:
            raise ValidationError(_("年度の早い順に、1つずつ入力してください。"), code="order")
        return steps

    def _step(self, text: str) -> dict[str, Any]:
        found = self.item.fullmatch(re.sub(r"\s*([=:])\s*", r"\1", text.replace(",", "")))
        year = int(found[1]) if found else 0
        year += FIRST_OF_REIWA - 1 if year < 100 else 0
        number = float(found[2]) if found else 0.0
        if not found or not DAYS[0].year <= year <= DAYS[1].year:
            raise ValidationError(_("「R8=38、R9=30」のように入力してください。"), code="path")
        if year < FIRST_OF_REIWA:
            raise ValidationError(_("令和元年度（R1）より前の年度は入力できません。"), code="year")
        if not self.least <= number <= self.largest:
            raise ValidationError(_("値が大きすぎます。"), code="range")
        return {"year": year, "value": int(number) if number.is_integer() else number}

    def run_validators(self, value: Any) -> None:
        """Everything is checked while reading."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "、".join(
            f"R{each['year'] - FIRST_OF_REIWA + 1}={each['value']:,}" for each in value
        )


def _iso(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None
