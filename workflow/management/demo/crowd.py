"""`load_demo --size city`: the other people of a city hall, and cases that any section proposes.

Cases are scripts like those of the story, told by the same verbs on the same clock. They begin
after the last case of the story, whose numbers stay.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, time
from itertools import product
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bpr_projects.sheet import BY_NAME
from roles import actions as offices
from roles.enums import Role
from roles.models import Post, Section, User, people_who
from workflow.enums import Outcome
from workflow.management.demo.script import Event, Line, Script
from workflow.management.simulation import sheets
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from random import Random

Idea: TypeAlias = dict[str, Any]

FIRST_NUMBER: Final = 200001
MAIL_DOMAIN: Final = "kazuno.example"
BEGIN: Final = range(2, 59)
"""Business days before the day of loading on which a case may begin; the story begins earlier."""
SMALL_SHARE: Final = 0.6
SMALL: Final = {
    "cost": 0,
    "budget_measure": "NONE",
    "sections": [],
    "is_pilot": False,
    "pilot_months": None,
    "collects_money": False,
    "has_personal_data": False,
    "has_my_number": False,
    "uses_cloud": False,
}
"""Most reforms cost nothing and concern one section."""
PRACTICE: Final = (19, 23, 26, 38)
"""So long after the first 提出 the phases of a cycle are recorded."""


@dataclass(frozen=True)
class Crowd:
    """The words of ``cities/sample_crowd.toml``."""

    family_names: list[tuple[str, str]]
    given_names: list[tuple[str, str]]
    ideas: list[Idea]


def read(path: Path) -> Crowd:
    """Read the file."""
    words = tomllib.loads(path.read_text(encoding="utf-8"))
    family_names, given_names = (
        [tuple(each.split()) for each in words[name]] for name in ("family_names", "given_names")
    )
    return Crowd(family_names, given_names, words["ideas"])


# --- people ----------------------------------------------------------------------------------


def hire(crowd: Crowd, total: int, at: datetime, random: Random) -> None:
    """People without a part in the reform, until there are so many; everybody has a section."""
    known = User.objects.order_by("pk")[0]
    missing = range(total - User.objects.count())
    names = random.sample(list(product(crowd.family_names, crowd.given_names)), len(missing))
    people = [
        User(
            employee_number=str(FIRST_NUMBER + number),
            family_name=family[0],
            given_name=given[0],
            kana=f"{family[1]} {given[1]}",
            email=f"{FIRST_NUMBER + number}@{MAIL_DOMAIN}",
            password=known.password,
        )
        for number, (family, given) in zip(missing, names, strict=True)
    ]
    User.objects.bulk_create(people)
    by = people_who(Role.SECRETARIAT, at.date())[0]
    seats = list(Post.objects.filter(role=Role.STAFF).order_by("order", "pk"))
    for number, person in enumerate(people):
        post = seats[number % len(seats)]
        offices.appoint(post=post, person=person, starts_on=post.starts_on, by=by, at=at)


# --- cases -----------------------------------------------------------------------------------


def scripts(crowd: Crowd, count: int, first: date, random: Random) -> Iterator[Script]:
    """Different ideas of different sections. ``first``: the day from which their sheets look."""
    sections = list(Section.objects.filter(is_secretariat=False).order_by("order", "pk"))
    pairs = random.sample(list(product(crowd.ideas, sections)), count)
    for number, (idea, section) in enumerate(pairs, 1):
        others = [each.code for each in sections if each != section]
        answers = sheets.sheet(number, section.code, others, first, random)
        if random.random() < SMALL_SHARE:
            answers |= SMALL
        kpi = dict(zip(("name", "unit", "baseline", "target"), idea["kpi"], strict=True))
        answers |= {name: idea[name] for name in ("area", "users", "problem", "reform")}
        answers["title"] = _title(idea, section)
        answers["kpis"] = [answers["kpis"][0] | kpi]
        events, lines = _life(section.code, kpi, random)
        yield Script(
            f"crowd {number}", section.code, answers, tuple(events), lines, is_hurried=True
        )


def _title(idea: Idea, section: Section) -> str:
    """With the section's short name when the full one leaves no room."""
    titles = [f"{idea['title']}（{name}）" for name in (section.name, section.short_name)]
    return titles[0] if len(titles[0]) <= (BY_NAME["title"].limit or 0) else titles[1]


def _life(section: str, kpi: dict[str, Any], random: Random) -> tuple[list[Event], list[Line]]:
    """Submitted, perhaps sent back once, walked to the end; some are withdrawn or not adopted."""
    begin = random.choice(BEGIN)
    hours = random.randint(3, 12)
    events = [_event(begin, random, "submit")]
    fate = random.random()
    if fate < 0.06:
        return [_event(begin, random, "draft")], []
    if fate < 0.1:
        reason = "別の取組にまとめて進めることになったため。"
        return [*events, _event(max(begin - 2, 1), random, "withdraw", comment=reason)], []
    lines = []
    events.append(_event(begin, random, "walk", hours=hours))
    if fate < 0.3:
        post = random.choice((f"HEAD-{section}", "SECRETARIAT"))
        lines.append(_line(post, Outcome.SENT_BACK, "件数の根拠を書き足してください。"))
        fixed = {"evidence": "昨年度の受付簿と、4月から9月までの実績。"}
        again = max(begin - 6, 1)
        events.append(_event(again, random, "resubmit", comment="追記した。", answers=fixed))
        events.append(_event(again, random, "walk", hours=hours))
    elif fate < 0.36:
        lines.append(_line("HQ-CHAIR", Outcome.NOT_ADOPTED, "費用に見合う効果が示されていない。"))
        return events, lines
    return [*events, *_practice(begin, kpi, random)], lines


def _practice(begin: int, kpi: dict[str, Any], random: Random) -> Iterator[Event]:
    """The first cycle, as far as the days reach."""
    halfway = (kpi["baseline"] + kpi["target"]) / 2
    result = random.choice(("CONTINUE", "CONTINUE", "COMPLETE", "SCALE", "STOP"))
    contents: tuple[dict[str, Any], ...] = (
        {"findings": "試行前の2週間を計り、手間の多い作業を書き出した。"},
        {
            "causes": "同じ内容を何度も書いている。",
            "options": ["様式をまとめる", "入力を自動にする"],
        },
        {
            "choice": "様式をまとめる",
            "reason": "費用をかけずに始められるため。",
            "actor": "担当係",
            "until": "+12",
            "cost": 0,
        },
        {
            "done": "様式をまとめて2週間使った。",
            "effect": "手間がおよそ半分になった。",
            "result": result,
            "lesson": "始める前に使う人の意見を聞くとよい。",
            "next_aim": "残る作業も減らす",
        },
    )
    for after, content in zip(PRACTICE, contents, strict=True):
        if begin - after < 1:
            return
        yield _event(begin - after, random, "record", content=content)
    yield _event(
        begin - PRACTICE[-1], random, "measure", value=round(halfway, 1), note="試行の結果"
    )
    yield _event(begin - PRACTICE[-1], random, "walk", hours=6)


def _event(day: int, random: Random, do: str, **more: Any) -> Event:
    return Event(day, time(random.randint(9, 16), random.randint(0, 59)), do, more)


def _line(post: str, outcome: Outcome, comment: str) -> Line:
    confirmed = outcome == Outcome.NOT_ADOPTED
    kind = "DECISION" if confirmed else ""
    return Line(post, outcome, Answer(comment=comment, confirmed=confirmed), kind)
