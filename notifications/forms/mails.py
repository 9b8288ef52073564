"""What the secretariat types about mails, and what is looked for among them."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from bpr_projects.forms import LineField


class ByHandForm(forms.Form):
    """Why somebody does something to a mail by hand; kept with the mail."""

    reason = LineField(
        label=_("操作の理由"),
        help_text=_("例：メールアドレスを直したため"),
        max_length=200,
        error_messages={"required": _("操作の理由を入力してください。")},
    )


class ResendDeadForm(ByHandForm):
    """Why all dead mails are sent again, and that it is meant."""

    confirmed = forms.BooleanField(
        label=_("送信できなかったメールをすべて再送します"),
        error_messages={
            "required": _("すべて再送してよいことを確認し、チェックを入れてください。")
        },
    )


class DiscardDeadForm(ByHandForm):
    """Why all dead mails are given up, and that it is meant."""

    confirmed = forms.BooleanField(
        label=_("送信できなかったメールを、すべて送らずに終えます（元に戻せません）"),
        error_messages={
            "required": _("すべて取りやめてよいことを確認し、チェックを入れてください。")
        },
    )


class SearchForm(forms.Form):
    """What a mail is looked for by."""

    q = LineField(
        label=_("ことば"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )

    def __init__(self, *args: object, hint: str = "", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # as Django's
        self.fields["q"].widget.attrs["placeholder"] = hint
