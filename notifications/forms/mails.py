"""What the secretariat types about a mail."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from bpr_projects.forms import LineField


class ResendForm(forms.Form):
    """Why a mail is sent again; kept with the mail."""

    reason = LineField(
        label=_("再送の理由"),
        help_text=_("例：メールアドレスを直したため"),
        max_length=200,
        error_messages={"required": _("再送の理由を入力してください。")},
    )


class ResendDeadForm(ResendForm):
    """Why all dead mails are sent again, and that it is meant."""

    confirmed = forms.BooleanField(
        label=_("送信できなかったメールをすべて再送します"),
        error_messages={
            "required": _("すべて再送してよいことを確認し、チェックを入れてください。")
        },
    )
