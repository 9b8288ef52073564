"""Versions of routes as people write them: drafts, the frozen text, and the day they hold.

Callers hold the transaction; who may is asked by ``workflow.access`` before. What is decided goes
through ``workflow.engine``.
"""

from __future__ import annotations

from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from django.db.models import CharField, Value
from django.utils.translation import gettext as _

from bpr_projects.enums import RevisionKind
from bpr_projects.models import Revision, content_hash
from records import ledger
from roles.models import Post, Section
from workflow.actions.refusals import NotAllowed, NotFound, Refusal, Unanswered
from workflow.actions.route_data import LEDGER_KIND, rules_payload
from workflow.enums import STATION_OF, RouteState, StepKind, WhoRule
from workflow.models import Route, RouteStep
from workflow.routing import Ground, Names, RouteText, findings_of
from workflow.routing.plans import from_day, holds_on
from workflow.routing.seats import ON_DUTY, ROLE_OF
from workflow.routing.texts import LISTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from roles.models import User
    from workflow.actions.acts import Act
    from workflow.models import Run

OPEN: Final = (RouteState.DRAFT, RouteState.PROPOSED)
COPIED: Final = ("name", "kind", "revision_kinds", "priority", "condition", "clause")
HEAD: Final = ("name", "clause", "purpose", "effective_from", "priority", "condition")
"""What people may change of a version; its code, kind and number stay."""


class DraftExists(Refusal):
    """Of each code one draft is written at a time; says who writes the one that is there."""

    def __init__(self, draft: Route) -> None:
        self.draft = draft
        writing = draft.authors.through.objects.filter(route=draft).select_related("user")
        words = {
            "draft": draft,
            "state": draft.get_state_display(),
            "names": "、".join(each.user.name for each in writing.order_by("pk")),
        }
        sentence = _("%(draft)sが、すでに「%(state)s」としてあります（書いた方：%(names)s）。")
        super().__init__(sentence % words)


def text_of(route: Route) -> RouteText:
    """The version with its steps, as text."""
    return RouteText.of(route, route.steps.order_by("order"))


def start_draft(*, of: Route, by: User, effective_from: date) -> Route:
    """A new version with the text of an earlier one; raises ``DraftExists``."""
    versions = Route.objects.filter(code=of.code).order_by("version")
    versions.select_for_update()[0]  # one copy at a time: what another one made is read below
    if waiting := versions.filter(state__in=OPEN).first():
        raise DraftExists(waiting)
    draft = Route.objects.create(
        code=of.code,
        version=versions.reverse()[0].version + 1,
        effective_from=effective_from,
        copied_from=of,
        **{name: getattr(of, name) for name in COPIED},
    )
    rows = list(of.steps.order_by("order"))
    for order, row in enumerate(rows, start=1):
        row.pk, row.route, row.order = None, draft, order
    RouteStep.objects.bulk_create(rows)
    draft.authors.add(by)
    return draft


def write(route: Route, version: int, by: User) -> Route:
    """The draft, locked to be changed by this person; a ``Refusal`` when it was saved since."""
    locked = Route.objects.select_for_update().filter(pk=route.pk).first()
    if locked is None:
        raise NotFound
    if locked.state != RouteState.DRAFT:
        raise Refusal(_("「%s」の版は、書き換えられません。") % locked.get_state_display())
    if locked.draft_version != version:
        raise Refusal(_("この案は、別の画面で保存されています。いまの内容を確かめてください。"))
    locked.draft_version += 1
    locked.save(update_fields=["draft_version"])
    locked.authors.add(by)
    return locked


def save_head(route: Route, values: Mapping[str, Any]) -> None:
    """The version itself."""
    for name in HEAD:
        setattr(route, name, values[name])
    route.save(update_fields=HEAD)


def save_step(route: Route, order: int | None, values: Mapping[str, Any]) -> RouteStep:
    """A step of the draft; without an order a new one, before the readings that follow a 決裁."""
    row = route.steps.get(order=order) if order else RouteStep(route=route)
    for name, value in values.items():
        setattr(row, name, list(value) if name in LISTS else value)
    row.station = STATION_OF[StepKind(row.kind)]
    if order is None:
        row.order = route.steps.count() + 1
    row.save()
    return row


def remove_step(route: Route, order: int) -> None:
    """Take a step out; those after it move up."""
    route.steps.filter(order=order).delete()
    _renumber(route, list(route.steps.order_by("order")))


def move_step(route: Route, order: int, by: int) -> None:
    """One place up (-1) or down (1); at the end nothing happens."""
    rows = list(route.steps.order_by("order"))
    place = next((index for index, row in enumerate(rows) if row.order == order), None)
    if place is None or not 0 <= place + by < len(rows):
        return
    rows[place], rows[place + by] = rows[place + by], rows[place]
    _renumber(route, rows)


def _renumber(route: Route, rows: list[RouteStep]) -> None:
    """Two passes: no order is there twice at any moment."""
    for first in (len(rows) + 1000, 1):
        for order, row in enumerate(rows, start=first):
            row.order = order
        RouteStep.objects.bulk_update(rows, ["order"])


def discard(route: Route) -> None:
    """A draft that was never proposed leaves no trace."""
    if route.revision_id is not None:
        raise Refusal(_("一度提出された案は、記録として残るため消せません。"))
    route.steps.all().delete()
    route.delete()


# --- what a version stands on -----------------------------------------------------------------


def ground_of(text: RouteText, today: date) -> Ground:
    """What the version is checked against, at a fixed number of queries."""
    first = text.effective_from
    others = [each for each in from_day(first) if each[0].code != text.code]
    changes = sorted(
        {each.effective_from for each, _steps in others if each.effective_from > first}
    )
    on_day = [
        tuple(RouteText.of(*each) for each in others if holds_on(each[0], day))
        for day in (first, *changes)
    ]
    begun = Route.objects.filter(code=text.code, state=RouteState.ACTIVE)
    names, by_role = _called(text.effective_from)
    single = (WhoRule.PT_MEMBERS, WhoRule.HQ_MEMBERS)
    return Ground(
        today=today,
        names=names,
        seats={rule.value: by_role[ROLE_OF[rule]] for rule in single}
        | {WhoRule.PT_ON_DUTY.value: ON_DUTY},
        others=on_day[0],
        later=tuple(on_day[1:]),
        begun=tuple(begun.order_by("effective_from").values_list("effective_from", flat=True)),
    )


def names_on(on: date) -> Names:
    """What sections, posts and parts are called that day."""
    return _called(on)[0]


def _called(on: date) -> tuple[Names, Counter[str]]:
    """The names of a day, and how many posts have each role: one query."""
    none = Value("", CharField())
    posts = Post.objects.in_force(on).values_list(
        Value("post", CharField()), "order", "code", "title", "part", "role", "pk"
    )
    sections = Section.objects.in_force(on).values_list(
        Value("section", CharField()), "order", "code", "name", none, none, "pk"
    )
    rows = list(posts.order_by().union(sections.order_by(), all=True))
    seats = sorted((row for row in rows if row[0] == "post"), key=itemgetter(1, 6))
    units = sorted((row for row in rows if row[0] == "section"), key=itemgetter(1, 2))
    names = Names(
        sections={code: name for _kind, _order, code, name, *_rest in units},
        posts={code: title for _kind, _order, code, title, *_rest in seats},
        parts=tuple(row[4] for row in seats if row[4]),
    )
    return names, Counter(row[5] for row in seats)


# --- deciding ---------------------------------------------------------------------------------


def freeze(route: Route, by: User, at: datetime) -> Revision:
    """The text as it stands becomes a revision; an unchanged text returns the last one."""
    text = text_of(route).to_json()
    digest = content_hash(RevisionKind.ROUTE, text, [])
    last = route.revision
    if last is None or last.content_hash != digest:
        last = Revision.objects.create(
            kind=RevisionKind.ROUTE,
            number=last.number + 1 if last else 1,
            title=title_of(route),
            sheet=text,
            content_hash=digest,
            created_by=by,
            created_at=at,
        )
    route.revision, route.state = last, RouteState.PROPOSED
    route.save(update_fields=["revision", "state"])
    return last


def title_of(route: Route) -> str:
    """経路 RT2 標準 第2版の改正案, as work lists and mails call it."""
    words = {"code": route.code, "name": route.name[:40], "version": route.version}
    return _("経路 %(code)s %(name)s（第%(version)s版）") % words


def reopen(run: Run) -> None:
    """差戻し or 取下げ: the text can be written again."""
    Route.objects.filter(runs=run).update(state=RouteState.DRAFT)


def shut(run: Run) -> None:
    """引戻し of a 差戻し: what was proposed is decided on again, unless somebody wrote on."""
    route = Route.objects.select_for_update(of=("self",)).get(runs=run)
    if not _is_as_proposed(route, run):
        raise NotAllowed(_("差戻しの後に改正案が書き直されているため、引き戻せません。"))
    route.state = RouteState.PROPOSED
    route.save(update_fields=["state"])


def settle(run: Run, *, adopted: bool, act: Act) -> None:
    """What was decided holds: the version from its day on, and the former one until then."""
    route = Route.objects.select_for_update(of=("self",)).get(runs=run)
    if not adopted:
        route.state = RouteState.REFUSED
        route.save(update_fields=["state"])
        return
    _still_as_decided(route, run)
    if route.effective_from <= act.on:
        sentence = _("施行日（%s）が過ぎています。差し戻して、施行日を改めてください。")
        raise Unanswered({"outcome": sentence % route.effective_from.isoformat()})
    _still_clean(route, act.on)
    former = Route.objects.filter(code=route.code, state=RouteState.ACTIVE)
    for before in former.filter(effective_to=None):
        before.effective_to = route.effective_from
        before.save(update_fields=["effective_to"])
    route.state = RouteState.ACTIVE
    route.save(update_fields=["state"])
    payload = {"version": route.pk, "run": run.pk, **rules_payload()}
    act.rules.append(ledger.Draft(kind=LEDGER_KIND, payload=payload))


def _still_clean(route: Route, today: date) -> None:
    """Other rules, sections and posts may have changed since the version was proposed."""
    text = text_of(route)
    for finding in findings_of(text, ground_of(text, today)):
        sentence = _("提出の後に状況が変わりました。差し戻してください：%s")
        raise Unanswered({"outcome": sentence % finding.sentence})


def _still_as_decided(route: Route, run: Run) -> None:
    """The rows say what the revision says: nobody wrote past the engine."""
    if not _is_as_proposed(route, run):
        raise Refusal(_("提出された版と、登録されている内容が違います。事務局に連絡してください。"))


def _is_as_proposed(route: Route, run: Run) -> bool:
    digest = content_hash(RevisionKind.ROUTE, text_of(route).to_json(), [])
    return run.revision is not None and digest == run.revision.content_hash
