"""The one form by which a holder answers a step, built from the tables of ``outcomes``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects.enums import RevisionKind
from bpr_projects.forms import LineField, TextField
from workflow.enums import DECIDING_KINDS, Outcome, SendBackTarget, StepKind
from workflow.forms.cards import OutcomeCard, Rating
from workflow.forms.moments import iso_day, iso_minute
from workflow.outcomes import MEASURES, PASSING, RULES, Answer, Rule, answers_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workflow.routing import Receiver


LONG: Final = 4000
SHORT: Final = 200
MOST_CONDITIONS: Final = 20
MARKS: Final = frozenset("12345")

ADD_CONDITION: Final = "add_condition"
"""Name of the button that asks for one more row of conditions; it never decides."""


@dataclass(frozen=True)
class Question:
    """What is asked of a holder: everything that the form must know about a slot.

    ``claims``: what the proposal says of each principle, by code.
    """

    kind: StepKind
    revision_hash: str
    targets: tuple[SendBackTarget, ...] = (SendBackTarget.PROPOSER,)
    principles: tuple[tuple[str, str, str], ...] = ()
    claims: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    needs_reply: bool = False
    needs_urgent_reason: bool = False
    needs_password: bool = False
    text: RevisionKind = RevisionKind.PROJECT

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The answers of the station, in the order of the buttons."""
        return answers_at(self.kind, self.text)

    @property
    def is_deciding(self) -> bool:
        """Whether the answer is a 決裁, which nobody takes back."""
        return self.kind in DECIDING_KINDS

    def asks(self, name: str) -> bool:
        """Whether any answer of the station needs this (``needs_until`` …)."""
        return any(getattr(RULES[outcome], name) for outcome in self.outcomes)

    def codes(self, name: str) -> str:
        """The answers that need it, as the page's script reads them."""
        return ",".join(outcome for outcome in self.outcomes if getattr(RULES[outcome], name))


class ConditionRow(NamedTuple):
    """One row of conditions as typed."""

    text: str = ""
    section: str = ""
    due: str = ""


class Scores(forms.Widget):
    """Radio buttons 5..1 for each principle and measure; the page draws them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        prefix = f"{name}_"
        return {key.removeprefix(prefix): data[key] for key in data if key.startswith(prefix)}


class Conditions(forms.Widget):
    """Rows of text, section and day; the page draws them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[ConditionRow]:
        count = data.get(f"{name}-rows", "")
        is_count = count.isascii() and count.isdecimal() and len(count) < 10
        rows = min(int(count), MOST_CONDITIONS) if is_count else 0
        return [
            ConditionRow(
                *(data.get(f"{name}-{index}-{part}", "").strip() for part in ConditionRow._fields)
            )
            for index in range(rows)
        ]


class ScoresField(forms.Field):
    """Codes with points; what is no number from 1 to 5 is left out and asked for again."""

    widget = Scores

    def to_python(self, value: Any) -> dict[str, int]:
        return {code: int(points) for code, points in (value or {}).items() if points in MARKS}


class ConditionsField(forms.Field):
    """The rows in which anything was typed, days as ISO text."""

    widget = Conditions

    def to_python(self, value: Any) -> tuple[ConditionRow, ...]:
        line = LineField(required=False)
        rows = [row._replace(text=line.clean(row.text)) for row in value or [] if any(row)]
        if any(len(row.text) > SHORT for row in rows):
            raise ValidationError(_("条件は%s字以内で入力してください。") % SHORT)
        return tuple(row._replace(due=iso_day(row.due)) for row in rows)


class WithConditions(forms.BaseForm):
    """A form with rows of conditions, which a button adds one by one."""

    def condition_rows(self) -> list[ConditionRow]:
        """The rows typed so far, one more when its button was pressed, at least one."""
        rows = list(self["conditions"].value() or [])
        if ADD_CONDITION in self.data or not rows:
            rows.append(ConditionRow())
        return rows[:MOST_CONDITIONS]

    def leave_unchecked(self) -> None:
        """One more row was asked for: keep what was typed and complain about nothing."""
        self._errors = ErrorDict()
        self.cleaned_data: dict[str, Any] = {}


class AnswerForm(WithConditions, forms.Form):
    """One form for every station. Parts a station never needs are not in it."""

    use_required_attribute = False

    outcome = forms.ChoiceField(
        label=gettext_lazy("判断"),
        error_messages={"required": gettext_lazy("判断を選んでください。")},
    )
    scores = ScoresField(label=gettext_lazy("採点"), required=False)
    conditions = ConditionsField(label=gettext_lazy("条件"), required=False)
    target = forms.ChoiceField(label=gettext_lazy("差戻し先"), required=False)
    until = LineField(
        label=gettext_lazy("いつまで保留するか"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    tell_at = LineField(
        label=gettext_lazy("結果をお知らせする日時（発表日時）"),
        required=False,
        help_text=gettext_lazy(
            "この日時までは、結果のメールを送りません。空欄のときは、待ちません。"
        ),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    reply = TextField(
        label=gettext_lazy("不同意への回答"),
        required=False,
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    comment = TextField(
        label=gettext_lazy("理由・意見"),
        required=False,
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    urgent_reason = TextField(
        label=gettext_lazy("代決・代理で行う理由"),
        required=False,
        max_length=LONG,
        help_text=gettext_lazy("事前の指示の内容、又は急ぐ理由を書いてください。"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    confirmed = forms.BooleanField(label=RULES[Outcome.NOT_ADOPTED].confirmation, required=False)
    password = forms.CharField(
        label=gettext_lazy("パスワード"),
        required=False,
        strip=False,
        help_text=gettext_lazy("ログインから30分を過ぎたため、決裁の前に本人を確かめます。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    revision_hash = forms.CharField(required=False, widget=forms.HiddenInput)
    return_to = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, question: Question, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question = question
        self.fields["revision_hash"].initial = question.revision_hash
        self._offer("outcome", [(each.value, each.label) for each in question.outcomes])
        self._offer("target", [(each.value, each.label) for each in question.targets])
        for name in self._left_out():
            del self.fields[name]

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        chooser = self.fields[name]
        assert isinstance(chooser, forms.ChoiceField)  # noqa: S101 -- declared above
        chooser.choices = choices

    def _left_out(self) -> Iterator[str]:
        asked = self.question.asks
        needs = {
            "scores": asked("needs_scores"),
            "conditions": asked("needs_conditions"),
            "until": asked("needs_until"),
            "tell_at": asked("ends"),
            "confirmed": asked("needs_confirmation"),
            "target": len(self.question.targets) > 1,
            "reply": self.question.needs_reply,
            "urgent_reason": self.question.needs_urgent_reason,
            "password": self.question.needs_password,
        }
        return (name for name, is_needed in needs.items() if not is_needed)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "until" in cleaned:
            cleaned["until"] = iso_day(cleaned["until"])
        if cleaned.get("tell_at"):
            cleaned["tell_at"] = iso_minute(cleaned["tell_at"])
        chosen = self.chosen
        if chosen and cleaned.get("conditions") and not RULES[chosen].needs_conditions:
            sentence = _(
                "条件を付けるときは「条件付き採択」を選び、付けないときは条件を消してください。"
            )
            self.add_error("conditions", sentence)
        return cleaned

    @property
    def chosen(self) -> Outcome | None:
        """The valid answer that was chosen."""
        code = self.cleaned_data.get("outcome") if hasattr(self, "cleaned_data") else None
        return Outcome(code) if code else None

    def answer(self) -> Answer:
        """What was filled in, without the parts that the chosen answer does not have."""
        said = self.cleaned_data
        rule = RULES[Outcome(said["outcome"])]
        target = said.get("target") or SendBackTarget.PROPOSER
        return Answer(
            comment=said.get("comment", ""),
            target=SendBackTarget(target),
            until=said.get("until", "") if rule.needs_until else "",
            tell_at=said.get("tell_at", "") if rule.ends else "",
            scores=said.get("scores", {}) if rule.needs_scores else {},
            conditions=tuple(map(tuple, said.get("conditions", ())))
            if rule.needs_conditions
            else (),
            reply=said.get("reply", "") if rule.ends else "",
            urgent_reason=said.get("urgent_reason", ""),
            confirmed=said.get("confirmed", False),
        )

    def add_problems(self, problems: Mapping[str, str]) -> None:
        """What the engine misses, beside the field where it is missing."""
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, sentence)

    # --- what the page draws by itself ---

    def cards(self) -> list[OutcomeCard]:
        """The answers as radio cards."""
        value = self["outcome"].value()
        return [
            OutcomeCard(each, str(each.label), RULES[each], value == each.value)
            for each in self.question.outcomes
        ]

    def ratings(self) -> list[Rating]:
        """The rows of points: six principles, then effect and feasibility."""
        points = {code: str(each) for code, each in (self["scores"].value() or {}).items()}
        codes = {code for code, _title, _question in self.question.principles}
        wanted = [
            *self.question.principles,
            *((code, str(title), str(asked)) for code, (title, asked) in MEASURES.items()),
        ]
        is_wrong = self.is_bound and "scores" in self.errors
        return [
            Rating(
                f"scores_{code}",
                title,
                asked,
                points[code] if points.get(code) in MARKS else "",
                self.question.claims.get(code, ""),
                is_principle=code in codes,
                is_missing=is_wrong and not points.get(code),
            )
            for code, title, asked in wanted
        ]

    @property
    def passing(self) -> int:
        """From so many points on a case usually is referred."""
        return PASSING

    @property
    def typed_total(self) -> int | None:
        """The total of what is marked, as it will be recorded; None while a principle is open."""
        points = [each.points for each in self.ratings() if each.is_principle]
        if not points or not all(points):
            return None
        return round(sum(map(int, points)) * 100 / (5 * len(points)))

    @property
    def is_under(self) -> bool:
        """Whether the marked total is under the hint."""
        total = self.typed_total
        return total is not None and total < PASSING

    @property
    def comment_is_needed_for(self) -> str:
        """差戻し・保留・不採択: the answers that must be explained."""
        return "・".join(
            str(each.label) for each in self.question.outcomes if RULES[each].needs_comment
        )

    @property
    def comment_is_always_needed(self) -> bool:
        """Whether every answer of the station must be explained."""
        return all(RULES[each].needs_comment for each in self.question.outcomes)


class ReasonForm(forms.Form):
    """取下げ, 廃案, 締切: why, and that it is meant."""

    use_required_attribute = False

    comment = TextField(
        label=gettext_lazy("理由"),
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("理由を入力してください。")},
    )
    confirmed = forms.BooleanField(
        error_messages={"required": gettext_lazy("確認の欄に印を付けてください。")},
    )

    def __init__(self, *args: Any, rule: Rule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if rule.needs_confirmation:
            self.fields["confirmed"].label = rule.confirmation
        else:
            del self.fields["confirmed"]

    def answer(self) -> Answer:
        """The reason as the engine takes it."""
        said = self.cleaned_data
        return Answer(comment=said["comment"], confirmed=said.get("confirmed", False))


class ReceiverCard(NamedTuple):
    """A radio card: a seat that may take the place, and who answers for it."""

    value: str
    title: str
    people: str
    is_chosen: bool


class ReassignForm(forms.Form):
    """担当の付替え: to which seat, and why."""

    use_required_attribute = False

    post = forms.ChoiceField(
        label=gettext_lazy("新しい担当"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("新しい担当を選んでください。"),
            "invalid_choice": gettext_lazy("新しい担当を、一覧から選んでください。"),
        },
    )
    comment = TextField(
        label=gettext_lazy("理由"),
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("理由を入力してください。")},
    )

    def __init__(self, *args: Any, receivers: Sequence[Receiver], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.receivers = receivers
        chooser = self.fields["post"]
        assert isinstance(chooser, forms.ChoiceField)  # noqa: S101 -- declared above
        chooser.choices = [(str(each.post.pk), each.post.title) for each in receivers]

    def cards(self) -> list[ReceiverCard]:
        """The seats, the rule's own order first."""
        value = self["post"].value()
        return [
            ReceiverCard(
                str(each.post.pk),
                each.post.title,
                "、".join(_("%sさん") % capacity.person.name for capacity in each.people),
                value == str(each.post.pk),
            )
            for each in self.receivers
        ]


class AskDisposalForm(forms.Form):
    """Why the words of a case are to be blanked."""

    use_required_attribute = False

    reason = LineField(
        label=gettext_lazy("理由"),
        max_length=200,
        help_text=gettext_lazy("例：文書管理規程による保存期間（5年）の満了。"),
        error_messages={"required": gettext_lazy("理由を入力してください。")},
    )


class ApproveDisposalForm(forms.Form):
    """That it is meant: nothing brings the words back."""

    use_required_attribute = False

    confirmed = forms.BooleanField(
        label=gettext_lazy("この案件の意見などの文が消え、元に戻せないことを確認しました"),
        error_messages={"required": gettext_lazy("確認の欄に印を付けてください。")},
    )
