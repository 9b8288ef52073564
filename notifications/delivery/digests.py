"""Many facts for one person in one letter: of acts given at once, or gathered for a morning."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.catalogue.lines import INBOX
from notifications.delivery.letters import (
    PREFERENCES,
    SUBJECT_LIMIT,
    Letter,
    Words,
    honest,
    letter_of,
    one_line,
    tidy,
)
from notifications.enums import Event, Way
from roles.enums import Basis

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django_stubs_ext import StrOrPromise

    from notifications.delivery.checking import Matters
    from notifications.models import DeliveredFact, Delivery

PLACES: Final[dict[Event, tuple[str, StrOrPromise]]] = {
    Event.SUMMARY: ("/notices/", gettext_lazy("お知らせの一覧を開く")),
    Event.YOUR_TURN: (INBOX, gettext_lazy("承認・確認を開く")),
    Event.REMINDED: (INBOX, gettext_lazy("承認・確認を開く")),
    Event.UNHELD: ("/unheld/", gettext_lazy("担当できる職がない手続の一覧を開く")),
    Event.POST_READING: (f"{INBOX}?tab=reading", gettext_lazy("後閲・供覧の一覧を開く")),
    Event.CIRCULATION: (f"{INBOX}?tab=reading", gettext_lazy("後閲・供覧の一覧を開く")),
}
"""Event -> the list in which all of it stands. What is in none leads to the cases alone."""

GATHERING: Final[dict[str, StrOrPromise]] = {
    Way.MORNING: gettext_lazy("今朝のまとめ：%s"),
    Way.WEEKLY: gettext_lazy("今週のまとめ：%s"),
}
"""Way -> the subject of what a person wants gathered."""

NEARNESS: Final[dict[Event, StrOrPromise]] = {
    Event.DUE_SOON: gettext_lazy("期限間近"),
    Event.DUE_TODAY: gettext_lazy("本日期限"),
    Event.OVERDUE: gettext_lazy("期限超過"),
}
"""Reminder -> how its line differs from that of the request itself."""


def letter_for(delivery: Delivery, facts: Sequence[DeliveredFact], matters: Matters) -> Letter:
    """Words for the facts that are still to be said: of one the letter as ever."""
    if len(facts) == 1:
        return letter_of(delivery, facts[0], matters)
    with translation.override(settings.LANGUAGE_CODE):
        return _digest(delivery, [Words(delivery, fact, matters) for fact in facts])


def _digest(delivery: Delivery, words: Sequence[Words]) -> Letter:
    path, label = PLACES.get(Event(delivery.event), ("", ""))
    asked = Counter(_asked(each) for each in words)
    counted = [_("%(ask)s：%(count)s件") % {"ask": ask, "count": n} for ask, n in asked.items()]
    subject = str(GATHERING.get(delivery.way, "%s")) % "、".join(counted)
    subject = one_line(f"【{settings.SITE_NAME}】{subject}", SUBJECT_LIMIT)
    is_gathered = delivery.way in GATHERING
    context = {
        "subject": subject,
        "recipient_name": one_line(delivery.person.name, 80),
        "heading": _("次の%s件を、まとめてお知らせします。") % len(words),
        "body": "" if is_gathered else "\n".join(_distinct(_sentences(words))),
        "items": [_item(each, is_gathered=is_gathered) for each in words],
        "url": settings.BASE_URL + path if path else "",
        "url_label": label,
        "reason": "".join(_distinct(each.why() for each in words)),
        "preferences_url": settings.BASE_URL + PREFERENCES,
    }
    return Letter(
        subject=subject,
        text=tidy(render_to_string("notifications/email/digest.txt", context)),
        html=honest(render_to_string("notifications/email/digest.html", context)),
    )


def _asked(words: Words) -> str:
    """受付のお願い; 受付のお願い（本日期限）; 供覧; 関さんから確認のお願い."""
    if words.event == Event.REMINDED and words.message.actor:
        return _("%sさんから確認のお願い") % words.message.actor.name
    ask = str(words.turn.ask if words.turn else words.event.label)
    return f"{ask}（{NEARNESS[words.event]}）" if words.event in NEARNESS else ask


def _sentences(words: Iterable[Words]) -> Iterable[str]:
    for each in words:
        yield str(each.turn.sentence if each.turn else each.notice.heading)
    for each in words:
        yield each.before()


def _distinct(texts: Iterable[str]) -> list[str]:
    """Each once, in their order, without empty ones."""
    return [text for text in dict.fromkeys(texts) if text]


def _item(words: Words, *, is_gathered: bool) -> dict[str, Any]:
    """A case in the list. What acts given at once tell of all of it, was said above."""
    acting_for = words.acting_for()
    return {
        "title": words.title or words.headline(),
        "number": words.number,
        "section": words.section,
        "ask": _asked(words),
        "deadline": words.due(),
        "said": words.said() or (words.before() if is_gathered else ""),
        "acting": _("%(who)sの%(basis)sとしてのお願いです。")
        % {"who": acting_for, "basis": Basis(words.fact.basis).label}
        if acting_for
        else "",
        "url": words.url,
    }
