"""確認しておきたい点: what a decider should look at, found in the sheet and in what was said."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects.enums import BudgetMeasure
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from django_stubs_ext import StrOrPromise

    from workflow.models import Decision, StepRun

WEAK: Final = Decimal(3)
"""A principle below this mean is named."""

_WEAK: Final = gettext_lazy("基本理念「%(name)s」の評価が %(mean)s です")

FLAGS: Final[tuple[tuple[str, StrOrPromise], ...]] = (
    ("has_my_number", gettext_lazy("特定個人情報（マイナンバー）を取り扱います")),
    ("uses_cloud", gettext_lazy("クラウドサービスを使います")),
    ("uses_ai", gettext_lazy("生成AI・AIを使います")),
    ("crosses_networks", gettext_lazy("ネットワーク系統をまたぐデータのやり取りがあります")),
    ("collects_money", gettext_lazy("公金の収納・支払の方法が変わります")),
    ("affects_citizens", gettext_lazy("市民の手続や負担が変わります")),
)

BUDGET: Final[dict[str, StrOrPromise]] = {
    BudgetMeasure.SUPPLEMENTARY: gettext_lazy(
        "補正予算が必要です（採択は支出の許可ではありません）"
    ),
    BudgetMeasure.DIVERSION: gettext_lazy("予算の流用が必要です（採択は支出の許可ではありません）"),
}

ICONS: Final = {"bad": "circle-alert", "warn": "triangle-alert"}


class Point(NamedTuple):
    """One thing to look at."""

    tone: str
    text: str

    @property
    def icon(self) -> str:
        """The picture of its weight."""
        return ICONS.get(self.tone, "info")


def points_of(
    sheet: Mapping[str, Any],
    said: Sequence[Decision],
    scores: Iterable[tuple[str, Decimal]],
    step: StepRun,
) -> Iterator[Point]:
    """Points in order of weight: objections first, then the process, the scores, the sheet."""
    yield from _objections(said)
    yield from _process(said, step)
    for name, mean in scores:
        if mean < WEAK:
            yield Point("warn", str(_WEAK) % {"name": name, "mean": mean})
    yield from _sheet(sheet)


def _objections(said: Sequence[Decision]) -> Iterator[Point]:
    if any(each.outcome == Outcome.SETTLED for each in said):
        return
    for each in said:
        if (
            each.outcome == Outcome.OBJECTED
            and each.step_run
            and each.step_run.kind == StepKind.CONCURRENCE
        ):
            yield Point("bad", _("%sが不同意です。決裁では回答が必要です") % each.post.title)


def _process(said: Sequence[Decision], step: StepRun) -> Iterator[Point]:
    if step.round > 1:
        yield Point("warn", _("差戻し等を経た、%s回目の提出です") % step.round)
    if step.note:
        yield Point("warn", step.note)
    recused = sum(each.outcome == Outcome.RECUSED for each in said)
    if recused:
        yield Point("", _("辞退した方が%s人います") % recused)
    if any(each.outcome == Outcome.CLOSED for each in said):
        yield Point("", _("全員の採点がそろう前に、審査が締め切られました"))


def _sheet(sheet: Mapping[str, Any]) -> Iterator[Point]:
    budget = BUDGET.get(str(sheet.get("budget_measure")))
    if budget and sheet.get("cost"):
        yield Point("warn", str(budget))
    for name, sentence in FLAGS:
        if sheet.get(name):
            yield Point("", str(sentence))
