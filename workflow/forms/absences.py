"""The form of 不在登録. Days are typed as first and last day; what may be, the verb says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from bpr_projects.forms import DayField, LineField
from roles.actions import deputy_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from roles.models import Post, User

DATE: Final = {"required": _("日付を入力してください。")}
Choices = list[tuple[str, Any]]


class PersonForm(forms.Form):
    """Whose absence is to be registered."""

    use_required_attribute = False

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"] = forms.ChoiceField(
            label=_("職員"), choices=[("", _("選んでください")), *people]
        )


class AbsenceForm(forms.Form):
    """From which day to which, why, and who deputises at which seat.

    ``is_other``: registered for somebody else, on a stated basis.
    """

    use_required_attribute = False
    starts_on = DayField(
        label=_("始まりの日"),
        error_messages=DATE,
    )
    last_day = DayField(
        label=_("終わりの日"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("この日まで不在です。早く戻ったときは、いつでも終えられます。"),
        error_messages=DATE,
    )
    reason = LineField(
        label=_("不在の理由"),
        max_length=100,
        help_text=_("例：県外研修、休暇、病気。ご本人と登録した方のほかには表示しません。"),
        error_messages={
            "required": _("不在の理由を入力してください（例：出張、休暇、病気）。"),
            "max_length": _("%(limit_value)s字以内で入力してください（いま%(show_value)s字）。"),
        },
    )
    basis = LineField(
        label=_("本人に代わって登録する根拠"),
        max_length=200,
        help_text=_("例：11/28 8:20 本人から電話で連絡。ご本人にもメールでお知らせします。"),
        error_messages={
            "required": _(
                "本人に代わって登録する根拠を入力してください（例：本人から電話で連絡）。"
            ),
            "max_length": _("%(limit_value)s字以内で入力してください（いま%(show_value)s字）。"),
        },
    )

    def __init__(
        self,
        *args: Any,
        seats: Sequence[Post],
        people: Choices,
        is_other: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.seats = seats
        if not is_other:
            del self.fields["basis"]
        for post in seats:
            self.fields[deputy_field(post.pk)] = forms.ChoiceField(
                label=_("「%s」の代理") % post.title,
                choices=[("", _("置かない")), *people],
                required=False,
                error_messages={"invalid_choice": _("代理は、職員の一覧から選んでください。")},
            )

    @property
    def deputy_fields(self) -> list[forms.BoundField]:
        """One for each seat at which a deputy may act."""
        return [self[deputy_field(post.pk)] for post in self.seats]

    def deputies(self, people: Iterable[User]) -> dict[Post, User]:
        """Seat -> who is to act there."""
        by_key = {str(each.pk): each for each in people}
        named = {post: self.cleaned_data[deputy_field(post.pk)] for post in self.seats}
        return {post: by_key[key] for post, key in named.items() if key in by_key}

    @property
    def days(self) -> tuple[date, date]:
        """The first day and the last one."""
        said = self.cleaned_data
        return date.fromisoformat(said["starts_on"]), date.fromisoformat(said["last_day"])

    @property
    def ends_on(self) -> date:
        """The first day after the absence, as rows say it."""
        return self.days[1] + timedelta(days=1)

    def refuse(self, problems: dict[str, str]) -> None:
        """Put each sentence beside its field."""
        for name, sentence in problems.items():
            field = "last_day" if name == "ends_on" else name
            self.add_error(field if field in self.fields else None, sentence)
