"""Template tags for figures: yen, sizes, how sure an effect is. A builtin library, as ``ui``."""

from typing import Final

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from bpr_projects.enums import Evidence
from bpr_projects.sheet import in_thousands, plain
from bpr_projects.templatetags.ui import Look, chip

register = template.Library()

BYTES_OF_UNIT: Final = 1024

EVIDENCE_LOOKS: Final[dict[str, tuple[Look, StrOrPromise]]] = {
    Evidence.MEASURED: (Look("ok", "gauge"), gettext_lazy("実測")),
    Evidence.ESTIMATED: (Look("warn", "info"), gettext_lazy("推計")),
}


@register.filter
def yen(amount: float | None) -> str:
    """4,180,000円; a dash for an amount nobody has given."""
    return "－" if amount is None else f"{amount:,.0f}円"


@register.filter
def thousand_yen(amount: float | None) -> str:
    """An amount of yen in thousands, as budgets are written: 4,180千円."""
    return "－" if amount is None else f"{thousands(amount)}千円"


@register.filter
def thousands(amount: float | None) -> str:
    """The same without its unit: 4,180 or 1,417.5; every page writes 千円 by this one."""
    if amount is None:
        return "－"
    return f"{plain(in_thousands(amount)):,}"


@register.filter
def grouped(number: float | None) -> str:
    """1,104, 3.5 or 0.04: as many decimals as are typed, at most two; a dash for nothing."""
    if number is None:
        return "－"
    text = f"{number:,.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@register.filter
def filesize(size: int) -> str:
    """820B, 12KB, 1.4MB."""
    if size < BYTES_OF_UNIT:
        return f"{size}B"
    if size < BYTES_OF_UNIT**2:
        return f"{size / BYTES_OF_UNIT:.0f}KB"
    return f"{size / BYTES_OF_UNIT**2:.1f}MB"


@register.simple_tag
def evidence_chip(kind: str) -> SafeString:
    """実測 or 推計, beside what is claimed; nothing while it is not said."""
    if kind not in EVIDENCE_LOOKS:
        return SafeString("")
    look, word = EVIDENCE_LOOKS[kind]
    return chip(look.tone, str(word), look.icon)


@register.filter
def evidence_word(kind: str) -> str:
    """The same on paper: 実測 or 推計."""
    return str(EVIDENCE_LOOKS[kind][1]) if kind in EVIDENCE_LOOKS else ""
