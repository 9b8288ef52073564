"""What the staff is told, and who of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bpr_projects.forms import LineField, TextField
from roles.enums import role_choices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from roles.models import Section


class AnnouncementLine(LineField):
    """A title whose length the page says."""

    is_counted = True


class AnnouncementForm(forms.Form):
    """全庁周知: what is said, and to whom; neither sections nor roles means everybody."""

    use_required_attribute = False
    title = AnnouncementLine(
        label=_("件名"),
        max_length=60,
        error_messages={"required": _("件名を入力してください。")},
    )
    text = TextField(
        label=_("本文"),
        max_length=4000,
        help_text=_(
            "メールの本文にもなります。個人情報や、対象外の方に知られて困ることは書かないでください。"
        ),
        widget=forms.Textarea(attrs={"rows": 12}),
        error_messages={"required": _("本文を入力してください。")},
    )
    sections = forms.MultipleChoiceField(
        label=_("対象の課等"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("選ばないときは、すべての課等と、課等に属さない職が対象です。"),
    )
    roles = forms.MultipleChoiceField(
        label=_("対象の役割"),
        required=False,
        choices=role_choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "選ばないときは、すべての役割が対象です。課等も選ぶと、その課等の中のその役割に限ります。"
        ),
    )

    def __init__(self, *args: Any, sections: Iterable[Section], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {str(section.pk): section for section in sections}
        self.fields["sections"].choices = [  # type: ignore[attr-defined]
            (key, section.name) for key, section in self.offered.items()
        ]

    @property
    def chosen(self) -> list[Section]:
        """The sections that were chosen, in the order of the city."""
        wanted = self.cleaned_data["sections"]
        return [section for key, section in self.offered.items() if key in wanted]
