"""The sample city's cases: told by the real verbs, as the files say, once."""

from __future__ import annotations

import io
import json
from datetime import date, datetime, time, timedelta
from typing import Final

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import localtime

from bpr_projects import calendar, sheet
from bpr_projects.enums import CommentKind, CommentLevel, Stage
from bpr_projects.models import Attachment, Comment, Measurement, Observation, Project
from bpr_projects.rollout import rollout_of
from roles.enums import Basis
from roles.models import Absence
from tests.fixtures_city import CITIES, STORY_AT
from tests.make import JST
from workflow.enums import Outcome, RunKind, SlotState, StepKind
from workflow.management.demo.loading import Loaded
from workflow.management.demo.script import dated, read
from workflow.management.demo.telling import Calendar
from workflow.management.hours import OPEN_MINUTES, later
from workflow.management.simulation import violations
from workflow.models import ConditionReport, Decision, Reading, Run, Slot, StepRun, WorkItem

pytestmark = pytest.mark.once

IDEAS: Final = json.loads((CITIES / "sample_ideas.json").read_text(encoding="utf-8"))["ideas"]
NUMBERED: Final = [idea for idea in IDEAS if idea["code"].startswith("R8-")]

STANDS: Final = {
    "R8-001": (Stage.RUNNING, "RT4"),
    "R8-002": (Stage.RUNNING, "RT2"),
    "R8-003": (Stage.IN_REVIEW, "RT4"),
    "R8-004": (Stage.STOPPED, "RT4"),
    "R8-005": (Stage.DELIBERATION, "RT3"),
    "R8-006": (Stage.ROLLED_OUT, "RT1"),
    "R8-007": (Stage.RUNNING, "RT4"),
    "R8-008": (Stage.RETURNED, "RT4"),
    "R8-009": (Stage.RUNNING, "RT4"),
    "R8-010": (Stage.IN_REVIEW, "RT3"),
    "R8-011": (Stage.RECEPTION, "RT3"),
    "R8-012": (Stage.RUNNING, "RT4"),
    "R8-013": (Stage.RUNNING, "RT2"),
    "R8-014": (Stage.DRAFT, "RT1"),
    "R8-015": (Stage.RUNNING, "RT3"),
    "R8-016": (Stage.ROLLED_OUT, "RT5"),
}


@pytest.mark.parametrize("code", STANDS)
def test_every_case_stands_where_its_story_ends(demo: Loaded, code: str) -> None:
    project = Project.objects.get(number=code)
    run = Run.objects.get(project=project, kind=RunKind.PROJECT)
    assert run.route is not None
    assert (project.stage, run.route.code) == STANDS[code]


@pytest.mark.parametrize("idea", NUMBERED, ids=lambda idea: str(idea["code"]))
def test_every_case_is_the_idea_of_its_number(demo: Loaded, idea: dict[str, object]) -> None:
    project = Project.objects.select_related("section", "area").get(number=idea["code"])
    assert project.section is not None
    assert project.area is not None
    assert project.title == idea["title"]
    assert project.area.code == idea["area"]
    assert idea["section"] == project.section.name
    effect = sheet.effect_of(project.sheet, yen_per_hour=2500)
    assert (effect.hours, effect.yen) == (idea["hours"], idea["yen"])


def test_everything_holds_that_always_holds(demo: Loaded) -> None:
    assert demo == Loaded(filled=True, people=71, cases=17)
    assert list(violations(STORY_AT)) == []


def test_what_the_demo_has_to_show_is_there(demo: Loaded) -> None:
    said = set(Decision.objects.values_list("outcome", flat=True))
    assert said >= {
        Outcome.SENT_BACK,
        Outcome.HELD,
        Outcome.OBJECTED,
        Outcome.SETTLED,
        Outcome.UNSETTLED,
        Outcome.RECUSED,
        Outcome.PULLED_BACK,
        Outcome.ADOPTED_WITH_CONDITIONS,
        Outcome.SKIPPED,
    }
    assert Project.objects.get(number="R8-001").cycles.count() == 2
    assert Measurement.objects.filter(kpi__project__number="R8-001").count() >= 5
    assert Observation.objects.filter(project__number="R8-001").exists()
    assert Reading.objects.filter(read_at=None).exists()
    assert Project.objects.filter(number=None, stage=Stage.DRAFT).count() == 1


@pytest.mark.parametrize(("code", "done", "left"), [("R8-003", 4, 2), ("R8-010", 3, 3)])
def test_reviews_have_part_of_the_scores(demo: Loaded, code: str, done: int, left: int) -> None:
    step = StepRun.objects.get(project__number=code, closed_at=None)
    assert step.kind == StepKind.REVIEW
    assert step.slots.exclude(state=SlotState.OPEN).count() == done
    assert step.slots.filter(state=SlotState.OPEN).count() == left


def test_the_stopped_pilot_left_a_lesson(demo: Loaded) -> None:
    run = Run.objects.get(project__number="R8-004", kind=RunKind.APPROVAL)
    assert run.route is not None
    assert run.revision is not None
    assert run.route.code == "RT8"
    assert "紙そのものをなくす" in run.revision.sheet["lesson"]


@pytest.mark.parametrize(("code", "in_use"), [("R8-006", 12), ("R8-016", 20)])
def test_what_was_rolled_out_says_which_sections_use_it(
    demo: Loaded, code: str, in_use: int
) -> None:
    shown = rollout_of(Project.objects.get(number=code), STORY_AT.date())
    assert (shown.in_use, shown.total) == (in_use, 25)
    assert all(line.at is not None for line in shown.lines)


def test_one_case_alone_waits_too_long_and_everybody_knows_why(demo: Loaded) -> None:
    late = WorkItem.objects.filter(due_at__lt=STORY_AT, is_paused=False)
    assert list(late.values_list("number", "post__code")) == [("R8-009", "HEAD-SHIMIN")]
    assert late.filter(due_at__gt=STORY_AT - timedelta(days=7)).exists()


def test_people_talk_about_cases_and_report_what_was_asked(demo: Loaded) -> None:
    said = Comment.objects.filter(parent=None)
    assert set(said.values_list("kind", flat=True)) == set(CommentKind)
    assert set(said.values_list("level", flat=True)) == set(CommentLevel)
    asked = said.filter(kind=CommentKind.QUESTION, settled_at=None)
    assert list(asked.values_list("project__number", flat=True)) == ["R8-003"]
    reports = ConditionReport.objects.values_list("condition__project__number", "is_enough")
    assert list(reports) == [("R8-001", True), ("R8-001", True)]


def test_what_is_corrected_lies_at_the_proposer(demo: Loaded) -> None:
    returned = Run.objects.get(project__number="R8-008", kind=RunKind.PROJECT)
    assert returned.step is not None
    assert returned.step.kind == StepKind.REVISION
    last = Decision.objects.filter(run=returned, outcome=Outcome.SENT_BACK).latest("pk")
    assert last.post.code == "PT-CHAIR"


def test_things_happen_in_working_time_and_never_after_now(demo: Loaded) -> None:
    for moment in Decision.objects.values_list("decided_at", flat=True):
        local = localtime(moment)
        assert calendar.is_business_day(local.date())
        assert (8, 30) <= (local.hour, local.minute) <= (17, 15)
        assert local < STORY_AT


def test_files_are_real_and_belong_to_the_versions_that_were_decided(demo: Loaded) -> None:
    files = list(Attachment.objects.all())
    assert {each.extension for each in files} == {"csv", "txt", "png", "pdf"}
    for each in files:
        with each.file.open() as content:
            assert len(content.read()) == each.size
    assert Project.objects.get(number="R8-001").revisions.get().attachments.count() == 2


def test_the_deputy_mayor_has_a_decision_to_make(demo: Loaded) -> None:
    asked = WorkItem.objects.filter(post__code="HQ-CHAIR", due_at__gt=STORY_AT)

    assert list(asked.values_list("number", "kind")) == [("R8-005", StepKind.DECISION)]


def test_somebody_deputises_today(demo: Loaded) -> None:
    slot = Slot.objects.get(step_run__project__number="R8-009", state=SlotState.OPEN)
    named = slot.post.delegations.in_force(STORY_AT.date()).get()
    away = Absence.objects.in_force(STORY_AT.date()).get()
    assert (named.absence, away.person) == (away, named.made_by)


def test_a_standing_decision_was_taken_while_the_head_was_away(demo: Loaded) -> None:
    decision = Decision.objects.get(
        project__number="R8-006", step_run__kind=StepKind.STANDING_DECISION
    )
    assert decision.basis == Basis.ACTING
    assert decision.on_behalf_of is not None
    assert (decision.decided_by.name, decision.on_behalf_of.name) == ("児玉 雅彦", "安保 智彦")
    read = Reading.objects.get(project__number="R8-006", is_after_acting=True)
    assert read.read_by == decision.on_behalf_of


def test_a_second_load_changes_nothing_and_says_so(demo: Loaded) -> None:
    before = Decision.objects.count()
    out = io.StringIO()
    call_command("load_demo", stdout=out)
    assert "何も変更しませんでした" in out.getvalue()
    assert Decision.objects.count() == before


def test_a_moment_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="日時として読めません"):
        call_command("load_demo", "--at", "きのう")


# --- the files and the clock of the story, without a database ---------------------------------


def test_a_short_year_is_told_faster() -> None:
    days = Calendar(today=date(2026, 5, 29), first=date(2026, 4, 3), span=150, closures=frozenset())
    assert days.day(150) >= date(2026, 4, 3)
    assert days.day(75) < days.day(10) <= days.day(0) == date(2026, 5, 29)
    assert days.day(-2) == date(2026, 6, 2)


def test_a_short_year_is_told_in_the_same_order() -> None:
    short = Calendar(
        today=date(2026, 4, 20), first=date(2026, 4, 3), span=150, closures=frozenset()
    )
    told = [short.moment(back, at) for back in (150, 149, 20, 5, 1) for at in (time(9), time(16))]
    assert told == sorted(set(told))
    assert date(2026, 4, 3) <= told[0].date()
    assert told[-1].date() <= date(2026, 4, 20)
    assert short.paced(150) == short.room == 11


def test_words_that_begin_with_a_plus_are_days() -> None:
    friday = date(2026, 11, 20)
    assert dated("+1", friday, frozenset()) == "2026-11-24"
    assert dated("+x", friday, frozenset()) == "+x"
    assert dated(5, friday, frozenset()) == 5


def test_every_line_of_the_story_is_understood() -> None:
    story = read(CITIES / "sample_ideas.json", CITIES / "sample_story.toml")
    assert [each.code for each in story.scripts] == [idea["code"] for idea in IDEAS]
    assert all(each.events for each in story.scripts)


def test_later_stays_in_working_time() -> None:
    friday_evening = datetime(2026, 11, 20, 17, 0, tzinfo=JST)
    closed = frozenset[date]()
    assert later(friday_evening, 30, closed) == datetime(2026, 11, 24, 8, 45, tzinfo=JST)
    saturday = datetime(2026, 11, 21, 12, 0, tzinfo=JST)
    assert later(saturday, 60, closed) == datetime(2026, 11, 24, 9, 30, tzinfo=JST)
    early = datetime(2026, 11, 24, 6, 0, tzinfo=JST)
    assert later(early, OPEN_MINUTES, closed) == datetime(2026, 11, 25, 8, 30, tzinfo=JST)
