"""What the 事務局 types of a decision on paper, and what the second person says to it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects.forms import DayField, ScanField, TextField
from workflow.actions.papers import LONGEST_REASON, Paper
from workflow.enums import Outcome, SendBackTarget
from workflow.forms.answers import LONG, ConditionsField, WithConditions
from workflow.forms.cards import OutcomeCard
from workflow.outcomes import RULES, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roles.models import User


class PaperForm(WithConditions, forms.Form):
    """The paper as it stands: who, when, what and why; and its scan."""

    use_required_attribute = False

    decided_by = forms.ChoiceField(
        label=gettext_lazy("紙で決裁した人"),
        help_text=gettext_lazy("この段階が始まってから、その職にあった方です。"),
        error_messages={
            "required": gettext_lazy("紙で決裁した人を選んでください。"),
            "invalid_choice": gettext_lazy("紙で決裁した人を、一覧から選んでください。"),
        },
    )
    decided_on = DayField(
        label=gettext_lazy("紙で決裁した日"),
        help_text=gettext_lazy("紙に書かれた決裁の日です。権限は、この日について確かめます。"),
        error_messages={"required": gettext_lazy("紙で決裁した日を入力してください。")},
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("判断"),
        error_messages={
            "required": gettext_lazy("判断を選んでください。"),
            "invalid_choice": gettext_lazy("判断を、一覧から選んでください。"),
        },
    )
    conditions = ConditionsField(label=gettext_lazy("条件"), required=False)
    target = forms.ChoiceField(label=gettext_lazy("差戻し先"), required=False)
    reply = TextField(
        label=gettext_lazy("不同意への回答"),
        required=False,
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    comment = TextField(
        label=gettext_lazy("紙に書かれた理由・意見"),
        required=False,
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reason = TextField(
        label=gettext_lazy("紙で決裁した理由"),
        max_length=LONGEST_REASON,
        help_text=gettext_lazy("例：出張中に急ぎの決裁を受けたため。記録に残ります。"),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("紙で決裁した理由を入力してください。")},
    )
    scan = ScanField(
        label=gettext_lazy("スキャン"),
        help_text=gettext_lazy(
            "署名又は押印のある紙の全ページ。PDF、JPEG、PNG、20MBまで。"
            "入力を直したときは、ファイルをもう一度選んでください。"
        ),
        error_messages={"required": gettext_lazy("紙の決裁のスキャンを選んでください。")},
    )
    revision_hash = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        people: Sequence[User],
        outcomes: Sequence[Outcome],
        targets: Sequence[SendBackTarget],
        needs_reply: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(each.pk): each for each in people}
        self.outcomes = outcomes
        names = [("", _("選んでください"))]
        names += [(key, each.name) for key, each in self.people.items()]
        self._offer("decided_by", names)
        self._offer("outcome", [(each.value, each.label) for each in outcomes])
        self._offer("target", [(each.value, each.label) for each in targets])
        if Outcome.ADOPTED_WITH_CONDITIONS not in outcomes:
            del self.fields["conditions"]
        if len(targets) < 2:
            del self.fields["target"]
        if not needs_reply:
            del self.fields["reply"]

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        chooser = self.fields[name]
        assert isinstance(chooser, forms.ChoiceField)  # noqa: S101 -- declared above
        chooser.choices = choices

    def cards(self) -> list[OutcomeCard]:
        """The answers as radio cards."""
        value = self["outcome"].value()
        return [
            OutcomeCard(each, str(each.label), RULES[each], value == each.value)
            for each in self.outcomes
        ]

    def paper(self) -> Paper:
        """What was filled in, as the engine takes it."""
        said = self.cleaned_data
        outcome = Outcome(said["outcome"])
        return Paper(
            outcome=outcome,
            answer=Answer(
                comment=said["comment"],
                target=SendBackTarget(said.get("target") or SendBackTarget.PROPOSER),
                conditions=tuple(map(tuple, said.get("conditions", ()))),
                reply=said.get("reply", ""),
                confirmed=RULES[outcome].needs_confirmation,
            ),
            decided_by=self.people[said["decided_by"]],
            decided_on=date.fromisoformat(said["decided_on"]),
            reason=said["reason"],
            scan=said["scan"],
        )

    def add_problems(self, problems: Mapping[str, str]) -> None:
        """What the engine misses, beside the field where it is missing."""
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, sentence)


class ConfirmPaperForm(forms.Form):
    """That the scan says what was registered; the password, where the last one is old."""

    use_required_attribute = False

    confirmed = forms.BooleanField(
        label=gettext_lazy("スキャンを開き、登録の内容と同じであることを確かめました"),
        error_messages={"required": gettext_lazy("確認の欄に印を付けてください。")},
    )
    password = forms.CharField(
        label=gettext_lazy("パスワード"),
        required=False,
        strip=False,
        help_text=gettext_lazy("ログインから30分を過ぎたため、確認の前に本人を確かめます。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, is_fresh: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_fresh:
            del self.fields["password"]


class RefusePaperForm(forms.Form):
    """Why a registered paper is not confirmed."""

    use_required_attribute = False

    reason = TextField(
        label=gettext_lazy("理由"),
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("理由を入力してください。")},
    )
