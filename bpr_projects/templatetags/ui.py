"""Template tags of the user interface: icons, states, dates, charts, fields.

A builtin library (settings), so no template loads it. Nothing here reads the clock: pages pass
``now``. What a state looks like stands in ``STAGE_LOOKS``, never in a template.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final, NamedTuple, Protocol, cast

from django import template
from django.conf import settings
from django.forms import BoundField, Textarea
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bpr_projects import calendar, charts
from bpr_projects.enums import RolloutState, Stage

register = template.Library()

BADGE_CAP: Final = 99


class Look(NamedTuple):
    """How a state is shown: always color, icon and word together."""

    tone: str
    icon: str


STAGE_LOOKS: Final[dict[str, Look]] = {
    Stage.DRAFT: Look("", "pencil"),
    Stage.WITH_HEAD: Look("info", "user-check"),
    Stage.RECEPTION: Look("info", "inbox"),
    Stage.IN_REVIEW: Look("info", "list-checks"),
    Stage.REFERRAL: Look("info", "send"),
    Stage.DELIBERATION: Look("info", "gavel"),
    Stage.RETURNED: Look("warn", "undo-2"),
    Stage.RUNNING: Look("solid", "repeat"),
    Stage.NOT_ADOPTED: Look("bad", "x"),
    Stage.WITHDRAWN: Look("", "corner-up-left"),
    Stage.ABANDONED: Look("", "archive"),
    Stage.COMPLETED: Look("ok", "check-check"),
    Stage.STOPPED: Look("", "circle-x"),
    Stage.ROLLED_OUT: Look("ok", "git-branch"),
}

ROLLOUT_LOOKS: Final[dict[str, Look]] = {
    RolloutState.IN_USE: Look("ok", "check"),
    RolloutState.PREPARING: Look("info", "hourglass"),
    RolloutState.PLANNED: Look("", "calendar"),
    RolloutState.NOT_CONCERNED: Look("", "circle-minus"),
}

BANNER_ICONS: Final = {
    "ok": "circle-check",
    "success": "circle-check",
    "warn": "triangle-alert",
    "warning": "triangle-alert",
    "bad": "circle-alert",
    "error": "circle-alert",
}
BANNER_TONES: Final = {"success": "ok", "warning": "warn", "error": "bad"}


class Site(NamedTuple):
    """Whose system this is; known without any request, so error pages can say it too."""

    name: str
    city: str
    contact: str


@register.simple_tag
def site() -> Site:
    """Name of the system, the city and whom to ask: ``{% site as site %}``."""
    return Site(settings.SITE_NAME, settings.CITY_NAME, settings.SECRETARIAT_CONTACT)


# --- Icons and states ------------------------------------------------------------------------


@register.simple_tag
@cache
def icon(name: str, size: str = "") -> SafeString:
    """An icon of the sprite; decoration only, so a word must stand beside it. Spelled once."""
    frame = '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#i-{}"></use></svg>'
    return format_html(frame, f"icon {size}".rstrip(), static("ui/icons.svg"), name)


@register.simple_tag
def chip(tone: str, label: str, icon_name: str = "") -> SafeString:
    """A state in color, form and word."""
    picture = icon(icon_name) if icon_name else ""
    return format_html('<span class="chip" data-tone="{}">{}{}</span>', tone, picture, label)


@register.simple_tag
def stage_chip(stage: str) -> SafeString:
    """Where a case stands."""
    look = STAGE_LOOKS[stage]
    return chip(look.tone, str(Stage(stage).label), look.icon)


@register.simple_tag
def rollout_chip(state: str) -> SafeString:
    """How far a section is with the reform of another one."""
    look = ROLLOUT_LOOKS[state]
    return chip(look.tone, str(RolloutState(state).label), look.icon)


@register.simple_tag(takes_context=True)
def due(context: template.Context, due_at: datetime | None, now: datetime) -> SafeString:
    """A deadline in the words one would say: 1営業日超過, 今日まで, 11/27（金）, 期限なし."""
    if due_at is None:
        return format_html('<span class="due">{}</span>', _("期限なし"))
    tone, picture, words = _due_words(due_at, now, _closures(context))
    moment_of_due = timezone.localtime(due_at).isoformat(timespec="minutes")
    hidden = format_html('<span class="vh">{}</span>', _("期限 "))
    shown = format_html('<time datetime="{}">{}</time>', moment_of_due, words)
    frame = '<span class="due" data-tone="{}">{}{}{}</span>'
    return format_html(frame, tone, icon(picture), hidden, shown)


def _closures(context: template.Context) -> frozenset[date]:
    """The city's own closures, as the frame of a page knows them."""
    return cast("frozenset[date]", context.get("closures", calendar.NO_CLOSURES))


def _due_words(due_at: datetime, now: datetime, closures: frozenset[date]) -> tuple[str, str, str]:
    """Tone, icon and words of a deadline. A delay is counted in business days."""
    day, today = timezone.localdate(due_at), timezone.localdate(now)
    left = (day - today).days
    if due_at < now or left < 0:
        late = calendar.days_late(day, today, closures)
        words = calendar.days_late_label(late) if late else _("期限を過ぎました")
        return "bad", "triangle-alert", words
    if left == 0:
        return "warn", "clock", _("今日まで")
    if left == 1:
        return "warn", "clock", _("明日まで")
    return "", "calendar", calendar.short_date(day, today)


@register.simple_tag(takes_context=True)
def reckoned(
    context: template.Context,
    opened_at: datetime,
    standard: int,
    due_at: datetime,
    now: datetime,
    held: int = 0,
) -> str:
    """How the deadline of a step came about: 標準5営業日 = 12/1（火）まで."""
    reckoning = calendar.reckon(
        _day(opened_at), standard, _day(due_at), _closures(context), held=held
    )
    return reckoning.words(_day(now))


@register.simple_tag
def badge(count: int, *, is_quiet: bool = False) -> SafeString:
    """A count in a pill, 99+ at most; nothing for 0."""
    if not count:
        return SafeString("")
    cls = "badge badge--quiet" if is_quiet else "badge"
    frame = '<span class="{}">{}<span class="vh">{}</span></span>'
    return format_html(frame, cls, capped(count), _("件"))


@register.filter
def capped(count: int) -> str:
    """99+ instead of 128."""
    return f"{BADGE_CAP}+" if count > BADGE_CAP else str(count)


@register.simple_tag
def avatar(surname: str, number: int = 0, size: str = "") -> SafeString:
    """A person's first character in a disc; ``number`` (the user's id) chooses the color."""
    cls = f"avatar {size}".rstrip()
    frame = '<span class="{}" data-c="{}" aria-hidden="true">{}</span>'
    return format_html(frame, cls, (number or 0) % 4 + 1, surname[:1])


@register.filter
def banner_icon(tone: str) -> str:
    """The icon of a banner's tone or of a message's level."""
    return BANNER_ICONS.get(tone, "info")


@register.filter
def banner_tone(level: str) -> str:
    """The tone of a message's level: success is ok."""
    return BANNER_TONES.get(level, level)


# --- Navigation ------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def nav_link(
    context: template.Context,
    url_name: str,
    label: str,
    icon_name: str,
    count: int | None = None,
    also: str = "",
) -> SafeString:
    """A link of the main menu, current also below the path ``also``; nothing for a missing page.

    A link with a ``count`` carries the name under which its badge is renewed.
    """
    url = _address(url_name)
    if not url:
        return SafeString("")
    current = _current(getattr(context.get("request"), "path", ""), url, also)
    return format_html(
        '<a href="{}"{}>{}<span>{}</span>{}</a>',
        url,
        format_html(' aria-current="{}"', current) if current else "",
        icon(icon_name),
        label,
        _counted(url_name, count),
    )


def _counted(url_name: str, count: int | None) -> SafeString:
    """The badge of a link, in a place that is there also while nothing waits."""
    if count is None:
        return SafeString("")
    shown = badge(count, is_quiet=url_name == "home")
    return format_html('<span data-badge="{}">{}</span>', url_name, shown)


@cache
def _address(url_name: str) -> str:
    """Where a page of the menu is; empty where this installation has no such page."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def _current(path: str, url: str, also: str) -> str:
    """The value of aria-current: "page" for the page itself, "true" for what lies below it."""
    if not url or not path:
        return ""
    if path == url:
        return "page"
    is_below = (url != "/" and path.startswith(url)) or (also and path.startswith(also))
    return "true" if is_below else ""


# --- Dates -----------------------------------------------------------------------------------


def _day(value: date | datetime) -> date:
    """The Japanese day of a moment, or the day itself."""
    return timezone.localdate(value) if isinstance(value, datetime) else value


@register.filter
def wareki(value: date | datetime | None) -> str:
    """令和8年11月25日（水）; nothing for no date."""
    return calendar.wareki(_day(value)) if value else ""


@register.filter
def plain_day(value: date | datetime | None) -> str:
    """令和8年11月25日, for days of office, where the weekday says nothing."""
    return calendar.plain_day(_day(value)) if value else ""


@register.filter
def day_before(value: date | None) -> date | None:
    """The last day in force of what has no force from ``value`` on."""
    return value and value - timedelta(days=1)


class Lasting(Protocol):
    """A row that is in force from a day up to, but not on, another."""

    starts_on: date
    ends_on: date | None


@register.filter
def period(row: Lasting) -> str:
    """令和8年4月1日から, or to the last day in force."""
    first = calendar.plain_day(row.starts_on)
    last = day_before(row.ends_on)
    return _("%sから") % first if last is None else f"{first}〜{calendar.plain_day(last)}"


@register.filter
def short_date(value: date | datetime | None, now: datetime) -> str:
    """11/25（水）; another year carries its era: 令和9年1/8（金）."""
    return calendar.short_date(_day(value), _day(now)) if value else ""


@register.filter
def moment(value: datetime | None, now: datetime) -> str:
    """11/25（水）10:42, or 10:42 for today."""
    if not value:
        return ""
    clock = timezone.localtime(value).strftime("%H:%M")
    is_today = _day(value) == _day(now)
    return clock if is_today else f"{calendar.short_date(_day(value), _day(now))}{clock}"


@register.filter
def wareki_month(value: date) -> str:
    """令和7年6月."""
    return _("%(year)s%(month)s月") % {
        "year": calendar.era_year_label(value),
        "month": value.month,
    }


@register.filter
def wareki_moment(value: datetime | None) -> str:
    """令和8年11月25日（水）10:42."""
    return f"{wareki(value)}{timezone.localtime(value):%H:%M}" if value else ""


@register.filter
def stamp_date(value: date | datetime) -> str:
    """8.11.25."""
    return calendar.stamp_date(_day(value))


@register.filter
def fiscal_year_label(year: int) -> str:
    """令和8年度."""
    return calendar.fiscal_year_label(year)


# --- Charts and seals ------------------------------------------------------------------------


@register.simple_tag
def bar(
    value: float, maximum: float = 100, tone: str = "key", mark: float | None = None
) -> SafeString:
    """A bar beside its figure."""
    return charts.bar(float(value), float(maximum), tone, mark)


@register.simple_tag
def spark(values: Sequence[float], tone: str = "key") -> SafeString:
    """A 96 px line of the last values."""
    return charts.spark(values, tone)


@register.simple_tag
def mini_ring(phase: str, *, is_closed: bool = False, size: str = "") -> SafeString:
    """The OODA step of a cycle in 36 px (24 with size="sm")."""
    return charts.mini_ring(phase, is_closed=is_closed, size=size)


@register.simple_tag
def ooda_ring(phase: str, cycle: int, day: int) -> SafeString:
    """The OODA loop of a case."""
    return charts.ooda_ring(phase, cycle, day)


@register.simple_tag
def kpi_line(series: charts.KpiSeries) -> SafeString:
    """An indicator against its target."""
    return charts.kpi_line(series)


@register.simple_tag
def matrix(points: Sequence[charts.MatrixPoint]) -> SafeString:
    """Effect against ease."""
    return charts.matrix(points)


@register.simple_tag
def stamp(surname: str, stamped_on: str | date, line1: str = "", word: str = "") -> SafeString:
    """The date seal of somebody who acted: ``{% stamp "工藤" decided_at "本部長" "承認" %}``."""
    day = stamped_on if isinstance(stamped_on, str) else stamp_date(stamped_on)
    return charts.stamp(surname, day, line1, word)


# --- Form fields -----------------------------------------------------------------------------

INPUT_CLASSES: Final = {"checkbox": "check", "hidden": ""}


@register.simple_tag
def field_widget(field: BoundField) -> SafeString:
    """The widget with its class, its help, its error and its counter tied to it."""
    widget = field.field.widget
    described = [
        f"{field.auto_id}_{part}"
        for part, is_there in (
            ("helptext", field.help_text),
            ("error", field.errors),
            ("count", character_limit(field)),
        )
        if is_there
    ]
    own_class = widget.attrs.get("class", "")
    kind_class = INPUT_CLASSES.get(getattr(widget, "input_type", ""), "input")
    attributes: dict[str, str | bool] = {
        "class": f"{own_class} {kind_class}".strip(),
        "maxlength": False,  # a browser would cut a pasted text without a word
    }
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attributes)


@register.filter
def character_limit(field: BoundField) -> int:
    """The limit that a text counts towards; 0 for fields without a counter."""
    is_long = isinstance(field.field.widget, Textarea)
    is_counted = is_long or getattr(field.field, "is_counted", False)
    return (getattr(field.field, "max_length", None) or 0) if is_counted else 0


@register.filter
def field_kind(field: BoundField) -> str:
    """How the field is laid out: group (radio cards, several checks), check, hidden or plain."""
    if field.is_hidden:
        return "hidden"
    if field.use_fieldset:
        return "group"
    is_check = getattr(field.field.widget, "input_type", "") == "checkbox"
    return "check" if is_check else "plain"
