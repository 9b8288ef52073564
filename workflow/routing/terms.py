"""The words of rules: conditions as sentences, and who a step means, for whoever reads a route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workflow.enums import WhoRule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Fact:
    """A fact that a condition may ask for. ``least``: the smallest number it can be."""

    label: StrOrPromise
    unit: StrOrPromise = ""
    is_number: bool = False
    least: int = 0


FACT_WORDS: Final[dict[str, Fact]] = {
    "cost": Fact(gettext_lazy("費用（初年度）"), gettext_lazy("円"), is_number=True),
    "section_count": Fact(
        gettext_lazy("かかわる課の数"), gettext_lazy("課"), is_number=True, least=1
    ),
    "pilot_months": Fact(gettext_lazy("実証の期間"), gettext_lazy("か月"), is_number=True),
    "is_pilot": Fact(gettext_lazy("実証実験である")),
    "is_reversible": Fact(gettext_lazy("元に戻せる")),
    "affects_citizens": Fact(gettext_lazy("市民に影響がある")),
    "collects_money": Fact(gettext_lazy("公金の収納・支払が変わる")),
    "has_personal_data": Fact(gettext_lazy("個人情報を取り扱う")),
    "has_my_number": Fact(gettext_lazy("特定個人情報を取り扱う")),
    "uses_cloud": Fact(gettext_lazy("クラウドサービスを使う")),
    "uses_ai": Fact(gettext_lazy("AIを使う")),
    "crosses_networks": Fact(gettext_lazy("ネットワーク系統をまたぐ")),
}
"""Every fact -> what people call it."""

OPERATOR_WORDS: Final[dict[str, StrOrPromise]] = {
    "==": gettext_lazy("と等しい"),
    ">": gettext_lazy("より大きい"),
    ">=": gettext_lazy("以上"),
    "<": gettext_lazy("より小さい"),
    "<=": gettext_lazy("以下"),
}
"""Every operator -> how it is said after the number."""

JOINED: Final[dict[str, StrOrPromise]] = {"any": gettext_lazy("又は"), "all": gettext_lazy("かつ")}
"""How the parts of a condition are put together."""


def atoms(condition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The comparisons of a condition, from the left."""
    for name in JOINED:
        for part in condition.get(name, ()):
            yield from atoms(part)
    if "not" in condition:
        yield from atoms(condition["not"])
    if "fact" in condition:
        yield condition


def sentence_of(condition: Mapping[str, Any]) -> str:
    """The condition in the words of the data; empty: every case."""
    for name, word in JOINED.items():
        if name in condition:
            parts = [sentence_of(part) for part in condition[name]]
            return f"、{word}".join(part for part in parts if part)
    if "not" in condition:
        return _("「%s」でない") % sentence_of(condition["not"])
    if "fact" not in condition:
        return ""
    return str(condition.get("text") or comparison_of(condition))


def comparison_of(condition: Mapping[str, Any]) -> str:
    """One comparison in words of its own: 費用（初年度）が500,000円以上."""
    fact = FACT_WORDS.get(condition["fact"])
    value, word = condition.get("value"), OPERATOR_WORDS.get(condition.get("op", ""), "？")
    if fact is None:
        return f"{condition['fact']}：{value}{word}"
    if fact.is_number:
        shown = f"{value:,}" if isinstance(value, int) else value
        return _("%(fact)sが%(value)s%(unit)s%(word)s") % {
            "fact": fact.label,
            "value": shown,
            "unit": fact.unit,
            "word": word,
        }
    return str(fact.label) if value else _("「%s」でない") % fact.label


@dataclass(frozen=True)
class Names:
    """What codes are called that day. ``seats``: how many seats each rule finds, where it can say.

    ``parts``: what the members of the PT are in charge of.
    """

    sections: Mapping[str, str]
    posts: Mapping[str, str]
    parts: tuple[str, ...] = ()
    seats: Mapping[str, int] | None = None

    def said(self, rule: str, codes: Collection[str]) -> list[str]:
        """The codes of an argument as people know them."""
        known = {WhoRule.HEADS_OF: self.sections, WhoRule.NAMED_POST: self.posts}.get(
            WhoRule(rule), {}
        )
        return [known.get(code, code) for code in codes]


TAKES_ARGUMENT: Final = frozenset({WhoRule.HEADS_OF, WhoRule.PT_PARTS, WhoRule.NAMED_POST})
"""Rules that say who only together with codes."""


def who_words(rule: str, codes: Collection[str], names: Names) -> str:
    """指定した課の所属長（財政課）."""
    if rule not in WhoRule.values:
        return rule
    label = str(WhoRule(rule).label)
    if rule not in TAKES_ARGUMENT:
        return label
    said = "、".join(names.said(rule, codes)) or _("指定なし")
    if rule == WhoRule.HEADS_OF:
        return _("%sの所属長") % said
    return _("PTの関係パート（%s）") % said if rule == WhoRule.PT_PARTS else said
