"""Forms in which the 事務局 writes a version of a route: the version itself, and one step."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects.forms import CountField, DayField, LineField, TextField
from workflow.enums import (
    STATION_OF,
    DeadlineAction,
    DeputyPolicy,
    Mode,
    SendBackTarget,
    WhoRule,
)
from workflow.routing.terms import FACT_WORDS, JOINED, TAKES_ARGUMENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django_stubs_ext import StrOrPromise

    from workflow.models import Route, RouteStep
    from workflow.routing import Finding, Names

ADD_ROW: Final = "add_row"
"""Name of the button that asks for one more row of a condition; it saves nothing."""
MOST_ROWS: Final = 12
LONGEST_TEXT: Final = 80
LARGEST: Final = 10**12
NOBODY: Final = ("", gettext_lazy("選んでください"))

COMPARISONS: Final[dict[str, tuple[StrOrPromise, str, bool | None]]] = {
    "yes": (gettext_lazy("はい"), "==", True),
    "no": (gettext_lazy("いいえ"), "==", False),
    "ge": (gettext_lazy("以上"), ">=", None),
    "gt": (gettext_lazy("より大きい"), ">", None),
    "le": (gettext_lazy("以下"), "<=", None),
    "lt": (gettext_lazy("より小さい"), "<", None),
    "eq": (gettext_lazy("と等しい"), "==", None),
}
"""What a row compares by: the word, the operator, and the value where the word says it already."""


class AtomRow(NamedTuple):
    """One comparison as typed."""

    fact: str = ""
    comparison: str = ""
    value: str = ""
    text: str = ""


class TypedCondition(NamedTuple):
    """Rows and how they are put together, as typed."""

    join: str = "all"
    rows: tuple[AtomRow, ...] = ()


def typed(condition: Mapping[str, Any]) -> TypedCondition | None:
    """A condition as rows; None for one that rows cannot say (it was not written here)."""
    join = next((name for name in JOINED if name in condition), "all")
    parts = condition.get(join, [condition] if condition else [])
    if any("fact" not in part for part in parts):
        return None
    return TypedCondition(join, tuple(_row(part) for part in parts))


def _row(atom: Mapping[str, Any]) -> AtomRow:
    value = atom["value"]
    code = next(
        code
        for code, (_word, operator, fixed) in COMPARISONS.items()
        if operator == atom["op"] and (fixed is value if isinstance(value, bool) else fixed is None)
    )
    shown = "" if isinstance(value, bool) else f"{value:,}"
    return AtomRow(atom["fact"], code, shown, atom.get("text") or "")


class ConditionRows(forms.Widget):
    """Rows of fact, comparison, value and words; the page draws them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> TypedCondition:
        count = data.get(f"{name}-rows", "")
        is_count = count.isascii() and count.isdecimal() and len(count) < 4
        rows = min(int(count), MOST_ROWS) if is_count else 0
        read = (
            AtomRow(*(data.get(f"{name}-{n}-{part}", "").strip() for part in AtomRow._fields))
            for n in range(rows)
        )
        return TypedCondition(data.get(f"{name}-join", ""), tuple(read))


class ConditionField(forms.Field):
    """A condition as the rules keep it. Rows that were left empty do not count."""

    widget = ConditionRows

    def to_python(self, value: Any) -> dict[str, Any]:
        sent = value if isinstance(value, TypedCondition) else TypedCondition()
        rows = [(n, row) for n, row in enumerate(sent.rows, start=1) if any(row)]
        problems: list[str] = []
        atoms = [_atom(n, row, problems) for n, row in rows]
        join = sent.join if sent.join in JOINED else "all"
        if problems:
            raise ValidationError(problems)
        if not atoms:
            return {}
        return atoms[0] if len(atoms) == 1 else {join: atoms}

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Nobody asks; a draft is saved as it was sent."""
        return True


def _atom(n: int, row: AtomRow, problems: list[str]) -> dict[str, Any]:
    """One comparison; what is wrong with it is said with the number of its row."""
    fact = FACT_WORDS.get(row.fact)
    if fact is None or row.comparison not in COMPARISONS:
        problems.append(_("条件%s：事実と比べ方を選んでください。") % n)
        return {}
    _word, operator, value = COMPARISONS[row.comparison]
    fixed: int | bool | None = value
    if fact.is_number == (fixed is not None):
        sentence = (
            _("条件%(n)s：「%(fact)s」は、数で比べてください。")
            if fact.is_number
            else _("条件%(n)s：「%(fact)s」は、「はい」か「いいえ」で比べてください。")
        )
        problems.append(sentence % {"n": n, "fact": fact.label})
        return {}
    if fixed is None:
        try:
            fixed = CountField(most=LARGEST, unit=fact.unit).clean(row.value)
        except ValidationError as error:
            problems += [_("条件%(n)s：%(why)s") % {"n": n, "why": why} for why in error.messages]
            return {}
    try:
        text = LineField(max_length=LONGEST_TEXT).clean(row.text)
    except ValidationError:
        sentence = _("条件%(n)s：画面に出す言葉を、%(most)s字以内で入力してください。")
        problems.append(sentence % {"n": n, "most": LONGEST_TEXT})
        return {}
    return {"fact": row.fact, "op": operator, "value": fixed, "text": text}


class RuleForm(forms.Form):
    """A form with a condition and the number of the save on which it was opened."""

    use_required_attribute = False

    draft_version = forms.IntegerField(widget=forms.HiddenInput)
    condition = ConditionField(label=gettext_lazy("条件"), required=False)

    def __init__(self, *args: Any, kept: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = kept
        self.is_flat = typed(kept) is not None
        if not self.is_flat:
            del self.fields["condition"]

    @property
    def wants_row(self) -> bool:
        """Whether only one more row was asked for."""
        return ADD_ROW in self.data

    def leave_unchecked(self) -> None:
        """One more row was asked for: keep what was typed and complain about nothing."""
        self._errors = ErrorDict()
        self.cleaned_data: dict[str, Any] = {}

    @property
    def typed_condition(self) -> TypedCondition:
        """What the rows show: as sent, else as stored; one empty row more where it is wanted."""
        sent = self["condition"].value() if self.is_bound else typed(self.kept)
        shown = sent if isinstance(sent, TypedCondition) else TypedCondition()
        if (self.is_bound and self.wants_row) or not shown.rows:
            shown = shown._replace(rows=(*shown.rows, AtomRow())[:MOST_ROWS])
        return shown

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The facts to choose from."""
        return [(name, str(fact.label)) for name, fact in FACT_WORDS.items()]

    @property
    def comparisons(self) -> list[tuple[str, str]]:
        """The comparisons to choose from."""
        return [(code, str(word)) for code, (word, _operator, _value) in COMPARISONS.items()]

    def _condition(self) -> Mapping[str, Any]:
        return self.cleaned_data["condition"] if self.is_flat else self.kept

    def show(self, findings: Iterable[Finding]) -> None:
        """What the checks say about what is stored, beside the fields of a form not sent yet."""
        self.leave_unchecked()
        for finding in findings:
            name = self.place_of(finding)
            self.add_error(name if name in self.fields else None, finding.sentence)

    def place_of(self, finding: Finding) -> str:
        """The field that a finding is about."""
        return finding.field


class HeadForm(RuleForm):
    """The version itself."""

    name = LineField(label=gettext_lazy("名称"), max_length=60)
    purpose = TextField(
        label=gettext_lazy("改める理由"),
        max_length=1000,
        help_text=gettext_lazy(
            "承認・決裁をする方が読みます。何を、なぜ改めるかを書いてください。"
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    effective_from = DayField(label=gettext_lazy("施行日"))
    priority = CountField(
        label=gettext_lazy("優先順位"),
        least=1,
        most=999,
        help_text=gettext_lazy("小さい順に当てはめ、最初に当てはまった経路になります。"),
    )
    clause = LineField(label=gettext_lazy("根拠条項"), max_length=120)

    field_order = ["name", "purpose", "effective_from", "priority", "condition", "clause"]

    @classmethod
    def of(cls, route: Route, data: Any = None) -> HeadForm:
        """The form of a draft, as stored or as sent."""
        names = ("name", "purpose", "effective_from", "priority", "clause", "draft_version")
        initial = {name: getattr(route, name) for name in names}
        return cls(data, initial=initial, kept=route.condition)

    def values(self) -> dict[str, Any]:
        """What was filled in, as the verb takes it."""
        said = self.cleaned_data
        return {
            "name": said["name"],
            "purpose": said["purpose"],
            "effective_from": date.fromisoformat(said["effective_from"]),
            "priority": said["priority"],
            "clause": said["clause"],
            "condition": self._condition(),
        }


class StepForm(RuleForm):
    """One step. Which of the lists of codes counts is said by ``who``."""

    kind = forms.ChoiceField(label=gettext_lazy("種類"))
    title = LineField(label=gettext_lazy("名称"), max_length=60)
    who = forms.ChoiceField(label=gettext_lazy("担当"))
    sections = forms.MultipleChoiceField(
        label=gettext_lazy("課等（担当が「指定した課の所属長」のとき）"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    posts = forms.MultipleChoiceField(
        label=gettext_lazy("職（担当が「指定した職」のとき）"),
        required=False,
        help_text=gettext_lazy("Ctrlキーを押しながら選ぶと、2つ以上選べます。"),
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    parts = forms.MultipleChoiceField(
        label=gettext_lazy("PTの担当（担当が「PTの関係パート」のとき）"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("何人の回答で進むか"),
        help_text=gettext_lazy(
            "「定足数」は、下の人数の回答がそろうと次へ進みます。"
            "「全員」では、下の人数がそろえば期限に締め切れます。"
        ),
    )
    quorum = CountField(label=gettext_lazy("人数"), least=0, most=99)
    standard_days = CountField(
        label=gettext_lazy("標準日数"), least=0, most=250, unit=gettext_lazy("営業日")
    )
    deputy = forms.ChoiceField(label=gettext_lazy("代決・代理"))
    may_skip = forms.BooleanField(
        label=gettext_lazy("職がない、又は全員が提案者のときは省略する"), required=False
    )
    at_deadline = forms.ChoiceField(label=gettext_lazy("期限を過ぎたとき"))
    escalate_to = forms.ChoiceField(label=gettext_lazy("知らせる相手"), required=False)
    may_return_to = forms.MultipleChoiceField(
        label=gettext_lazy("差戻し先"), required=False, widget=forms.CheckboxSelectMultiple
    )
    fallback_1 = forms.ChoiceField(
        label=gettext_lazy("担当が提案者だったときの代わり（1番目の課の所属長）"), required=False
    )
    fallback_2 = forms.ChoiceField(label=gettext_lazy("代わり（2番目）"), required=False)
    fallback_3 = forms.ChoiceField(label=gettext_lazy("代わり（3番目）"), required=False)
    clause = LineField(label=gettext_lazy("根拠条項"), max_length=120)

    FALLBACKS: Final = ("fallback_1", "fallback_2", "fallback_3")
    ASKED_BY: Final = {
        WhoRule.HEADS_OF: "sections",
        WhoRule.NAMED_POST: "posts",
        WhoRule.PT_PARTS: "parts",
    }

    def __init__(self, *args: Any, names: Names, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = [rule for rule in WhoRule if rule not in TAKES_ARGUMENT]
        sections = list(names.sections.items())
        offered: dict[str, Iterable[tuple[str, Any]]] = {
            "kind": [NOBODY, *((kind.value, kind.label) for kind in STATION_OF)],
            "who": [NOBODY, *((rule.value, rule.label) for rule in WhoRule)],
            "sections": sections,
            "posts": names.posts.items(),
            "parts": [(part, part) for part in dict.fromkeys(names.parts)],
            "mode": [(mode.value, mode.label) for mode in Mode],
            "deputy": [(each.value, each.label) for each in DeputyPolicy],
            "at_deadline": [(each.value, each.label) for each in DeadlineAction],
            "escalate_to": [NOBODY, *((rule.value, rule.label) for rule in rules)],
            "may_return_to": [(each.value, each.label) for each in SendBackTarget],
            **{name: [("", gettext_lazy("なし")), *sections] for name in self.FALLBACKS},
        }
        for name, choices in offered.items():
            self._offer(name, list(choices))

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        """Offer these, and what is stored although it is gone: the checks say so."""
        chooser = self.fields[name]
        assert isinstance(chooser, forms.ChoiceField)  # noqa: S101 -- declared above
        stored = self.initial.get(name) or ()
        known = {str(code) for code, _label in choices}
        gone = [each for each in ([stored] if isinstance(stored, str) else stored) if each]
        words = _("%s（いまはありません）")
        chooser.choices = [*choices, *((each, words % each) for each in gone if each not in known)]

    @classmethod
    def of(cls, route: Route, row: RouteStep | None, names: Names, data: Any = None) -> StepForm:
        """The form of a step, as stored or as sent; without a row, of a new one."""
        initial: dict[str, Any] = {
            "draft_version": route.draft_version,
            "clause": route.clause,
            "quorum": 1,
            "may_return_to": [each.value for each in SendBackTarget],
        }
        if row is not None:
            plain = [name for name in cls.base_fields if hasattr(row, name)]
            initial |= {name: getattr(row, name) for name in plain}
            asked = cls.ASKED_BY.get(WhoRule(row.who))
            initial |= {asked: row.who_argument} if asked else {}
            initial |= dict(zip(cls.FALLBACKS, row.fallback, strict=False))
        kept = row.condition if row is not None else {}
        return cls(data, initial=initial, kept=kept, names=names)

    def values(self) -> dict[str, Any]:
        """What was filled in, as the verb takes it."""
        said = self.cleaned_data
        asked = self.ASKED_BY.get(WhoRule(said["who"]))
        return {
            "kind": said["kind"],
            "title": said["title"],
            "who": said["who"],
            "who_argument": said[asked] if asked else [],
            "condition": self._condition(),
            "mode": said["mode"],
            "quorum": said["quorum"],
            "standard_days": said["standard_days"],
            "clause": said["clause"],
            "deputy": said["deputy"],
            "may_skip": said["may_skip"],
            "fallback": list(dict.fromkeys(said[name] for name in self.FALLBACKS if said[name])),
            "at_deadline": said["at_deadline"],
            "escalate_to": said["escalate_to"],
            "may_return_to": said["may_return_to"],
        }

    def place_of(self, finding: Finding) -> str:
        """A code is wrong beside the list that it was chosen from."""
        asked = self.ASKED_BY.get(self["who"].value(), "who")
        of_lists = {"who_argument": asked, "fallback": "fallback_1"}
        return of_lists.get(finding.field, finding.field)


class AgainForm(forms.Form):
    """再提出: what was done about the reason of the 差戻し."""

    use_required_attribute = False

    draft_version = forms.IntegerField(widget=forms.HiddenInput)
    comment = TextField(
        label=gettext_lazy("指摘への対応"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("指摘にどう対応したかを入力してください。")},
    )
