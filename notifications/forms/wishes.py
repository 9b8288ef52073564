"""What people choose of how they are told."""

from __future__ import annotations

import unicodedata
from datetime import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications.actions import Quiet
from notifications.catalogue import NOTICES, default_way, ways_of
from notifications.enums import Event, Topic, Way

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrOrPromise

    from notifications.models import QuietHours


class UptoForm(forms.Form):
    """The newest notice that stood on the page when 「すべて既読にする」 was pressed."""

    upto = forms.IntegerField(
        min_value=0,
        max_value=2**63 - 1,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            _("どのお知らせまでを既読にするかが届きませんでした。もう一度押してください。"),
        ),
    )


class ClockField(forms.TimeField):
    """A time of day; full-width digits are read."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def to_python(self, value: Any) -> time | None:
        return super().to_python(unicodedata.normalize("NFKC", str(value or "")).strip())


CLOCK: Final = {"invalid": _("時刻は 19:00 のように入力してください。")}
EVENING, MORNING = time(19), time(7, 30)
"""Offered to whoever has no quiet hours yet."""


class Wish(NamedTuple):
    """A row of the settings: the choice, and why it is narrower than others."""

    field: forms.BoundField
    note: StrOrPromise


class WishesForm(forms.Form):
    """For each kind of fact a way of being told, and the hours without mails."""

    use_required_attribute = False
    is_quiet = forms.BooleanField(label=_("静かにする時間を使う"), required=False)
    starts_at = ClockField(label=_("この時刻から"), required=False, error_messages=CLOCK)
    ends_at = ClockField(label=_("この時刻まで"), required=False, error_messages=CLOCK)
    also_days_off = forms.BooleanField(label=_("閉庁日は終日"), required=False)

    def __init__(
        self,
        *args: Any,
        ways: Mapping[Event, Way],
        quiet: QuietHours | None,
        **kwargs: Any,
    ) -> None:
        """``ways``: what holds now, of each kind that may be chosen."""
        super().__init__(*args, **kwargs)
        self.initial = {
            "is_quiet": quiet is not None,
            "starts_at": quiet.starts_at if quiet else EVENING,
            "ends_at": quiet.ends_at if quiet else MORNING,
            "also_days_off": quiet.also_days_off if quiet else True,
        }
        self.events = list(ways)
        for event, way in ways.items():
            self.fields[field_of(event)] = forms.ChoiceField(
                label=event.label,
                choices=[(each.value, _named(event, each)) for each in ways_of(event)],
                initial=way.value,
                error_messages={
                    "required": _("届け方を選んでください。"),
                    "invalid_choice": _("届け方は、一覧から選んでください。"),
                },
            )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("is_quiet"):
            return said
        starts_at, ends_at = said.get("starts_at"), said.get("ends_at")
        for name in ("starts_at", "ends_at"):
            if said.get(name) is None and name not in self.errors:
                self.add_error(name, gettext("静かにする時間の時刻を入力してください。"))
        if starts_at is not None and starts_at == ends_at:
            self.add_error("ends_at", gettext("始まりと同じ時刻は指定できません。"))
        return said

    @property
    def topics(self) -> list[tuple[Topic, list[Wish]]]:
        """The rows, by what they are about."""
        found: dict[Topic, list[Wish]] = {topic: [] for topic in Topic}
        for event in self.events:
            found[NOTICES[event].topic].append(Wish(self[field_of(event)], why_narrow(event)))
        return [(topic, rows) for topic, rows in found.items() if rows]

    @property
    def ways(self) -> dict[Event, Way]:
        """What was chosen."""
        return {event: Way(self.cleaned_data[field_of(event)]) for event in self.events}

    @property
    def quiet(self) -> Quiet | None:
        """The hours without mails, if they are wanted."""
        said = self.cleaned_data
        if not said["is_quiet"]:
            return None
        return Quiet(said["starts_at"], said["ends_at"], said["also_days_off"])


def field_of(event: Event) -> str:
    """The name of the choice for a kind of fact."""
    return f"{event.value}-way"


def _named(event: Event, way: Way) -> str:
    is_default = way == default_way(event)
    return gettext("%s（初期設定）") % way.label if is_default else str(way.label)


def why_narrow(event: Event) -> StrOrPromise:
    """Why not every way may be chosen; nothing where every one may."""
    if Way.SCREEN not in ways_of(event):
        return _("見落とせないお知らせのため、メールは止められません。")
    if Way.WEEKLY not in ways_of(event):
        return _("その日のうちのお知らせのため、週に一度は選べません。")
    return ""
