"""Forms of あとで, 担当 and of a saved sieve. What may be, the verbs say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bpr_projects.forms import DayField, LineField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roles.models import User


class SnoozeForm(forms.Form):
    """Until when an item is left out of the list."""

    use_required_attribute = False
    until = DayField(
        label=_("いつまで"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("この日の朝、一覧に戻ります。期限は延びません。"),
        error_messages={"required": _("日付を入力してください。")},
    )


class ClaimForm(forms.Form):
    """Who sees to an item of a shared seat. ``shown``: who was named on the page."""

    use_required_attribute = False
    shown = forms.IntegerField(required=False, widget=forms.HiddenInput)
    person = forms.TypedChoiceField(
        label=_("担当する方"),
        coerce=int,
        error_messages={
            "required": _("担当する方を選んでください。"),
            "invalid_choice": _("同じ席で判断できる方から選んでください。"),
        },
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            ("", _("選んでください")),
            *((each.pk, each.name) for each in people),
        ]


class SieveForm(forms.Form):
    """A name for the conditions of the list."""

    use_required_attribute = False
    name = LineField(
        label=_("名前"),
        max_length=20,
        error_messages={
            "required": _("条件に付ける名前を入力してください。"),
            "max_length": _("%(limit_value)s字以内で入力してください（いま%(show_value)s字）。"),
        },
    )
