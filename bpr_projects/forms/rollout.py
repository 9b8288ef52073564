"""Form of 横展開: which sections, how far, since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bpr_projects.enums import RolloutState
from bpr_projects.forms.fields import DayField

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from roles.models import Section


class RolloutForm(forms.Form):
    """Some sections that have come equally far."""

    use_required_attribute = False
    sections = forms.MultipleChoiceField(
        label=_("課等"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("課等を1つ以上選んでください。")},
    )
    state = forms.ChoiceField(
        label=_("状況"), choices=RolloutState.choices, widget=forms.RadioSelect
    )
    since = DayField(label=_("いつから"), help_text=_("予定のときは、始める見込みの日。"))

    def __init__(self, *args: Any, sections: Iterable[Section], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["sections"].choices = [  # type: ignore[attr-defined]
            (str(each.pk), each.name) for each in sections
        ]

    def clean(self) -> None:
        """What is used was begun."""
        state, since = self.cleaned_data.get("state"), self.cleaned_data.get("since")
        if state == RolloutState.IN_USE and since and since > self.today.isoformat():
            self.add_error("since", gettext("実施中のときは、今日までの日付を入れてください。"))
