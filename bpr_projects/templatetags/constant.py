"""A block that says the same on every page: drawn once a process, then kept as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.translation import get_language

if TYPE_CHECKING:
    from django.template.base import NodeList, Parser, Token
    from django.template.context import Context
    from django.utils.safestring import SafeString

register = template.Library()


class ConstantNode(template.Node):
    """Its text by language. What is inside sees nothing of the page, and says nothing of it."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self.texts: dict[str | None, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        language = get_language()
        if language not in self.texts:
            self.texts[language] = self.nodelist.render(context.new())
        return self.texts[language]


@register.tag
def constant(parser: Parser, _token: Token) -> ConstantNode:
    """``{% constant %}…{% endconstant %}``: icons, words and addresses that never differ."""
    nodelist = parser.parse(("endconstant",))
    parser.delete_first_token()
    return ConstantNode(nodelist)
