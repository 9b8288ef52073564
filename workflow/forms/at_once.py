"""What is typed to several cases at once."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from bpr_projects.forms import TextField
from workflow.forms.answers import LONG
from workflow.outcomes import Answer


class AtOnceForm(forms.Form):
    """The same words for each case, or none: a plain yes needs no reason."""

    use_required_attribute = False

    comment = TextField(
        label=gettext_lazy("意見（選んだ案件のすべてに、同じ文を記録します）"),
        required=False,
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def answer(self) -> Answer:
        """The words as the engine takes them."""
        return Answer(comment=self.cleaned_data["comment"])
