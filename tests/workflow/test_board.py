"""The OODA board: who sees what, recording phases, notes and figures."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.urls import reverse

from bpr_projects import actions as cases
from bpr_projects.enums import CycleResult, ObservationKind, Phase, Stage
from bpr_projects.models import Bounds, CycleEntry, Kpi, Measurement, Observation
from tests.make import (
    AT,
    JST,
    PHASES,
    SHEET,
    a_cycle,
    a_project,
    holder,
    record_phase,
    say,
    the_slot,
    walk,
)
from workflow import engine
from workflow.enums import Outcome, StepKind
from workflow.models import Run
from workflow.views.figures import Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

FULL_WIDTH = "\uff13\uff18\uff0e\uff15"
"""38.5 as an input method types it."""
NOW = datetime(2026, 5, 20, 10, 0, tzinfo=JST)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def running(office: City) -> Project:
    return a_project(to=StepKind.OBSERVE, route="RT1")


def url(project: Project, name: str = "board", *more: object) -> str:
    return reverse(name, args=[project.reference, *more])


def as_holder(client: Client, code: str = "LEADER-SHIMIN") -> Client:
    client.force_login(holder(code))
    return client


def rows(*options: tuple[str, str, str, str]) -> dict[str, str]:
    """方向づけ as its form sends it."""
    names = ("plan", "merit", "worry", "cost")
    cells = {
        f"options-{index}-{name}": text
        for index, option in enumerate(options)
        for name, text in zip(names, option, strict=True)
    }
    return {"causes": "予約がない", **cells}


def record(client: Client, project: Project, **content: str) -> object:
    slot = the_slot(project)
    return client.post(url(project, "phase-record", slot.pk), content)


# --- the page --------------------------------------------------------------------------------


def test_leader_gets_the_form_of_the_open_phase(client: Client, running: Project) -> None:
    page = as_holder(client).get(url(running)).content.decode()

    assert "観察を記録する" in page
    assert "記録して「方向づけ」へ進む" in page
    assert 'name="findings"' in page


def test_conclusion_of_the_phase_before_stands_on_top(client: Client, running: Project) -> None:
    record_phase(running, findings="待ち時間は月曜の朝に集中している。")

    page = as_holder(client).get(url(running)).content.decode()

    assert "観察（5/11）の結論" in page
    assert "待ち時間は月曜の朝に集中している。" in page


def test_options_of_orient_become_the_choices_of_decide(client: Client, running: Project) -> None:
    record_phase(running)
    record_phase(running, options=["予約制にする", "職員を増やす"])

    page = as_holder(client).get(url(running)).content.decode()

    assert 'value="予約制にする"' in page
    assert 'value="職員を増やす"' in page
    assert "枠を超えるときは、本部の決裁へ回ります。" in page


def test_others_of_the_city_see_who_holds_it_but_no_form(client: Client, running: Project) -> None:
    page = as_holder(client, "LEADER-ZEIMU").get(url(running)).content.decode()

    assert "いまの担当は" in page
    assert 'name="findings"' not in page
    assert 'name="text"' not in page


def test_secretariat_may_note_and_measure(client: Client, running: Project) -> None:
    page = as_holder(client, "SECRETARIAT").get(url(running)).content.decode()

    assert 'name="text"' in page
    assert 'name="measured_on"' in page
    assert 'name="findings"' not in page


@pytest.mark.parametrize("to", [StepKind.CONFIRMATION, StepKind.RECEPTION])
def test_a_case_that_does_not_run_has_no_board(client: Client, office: City, to: StepKind) -> None:
    project = a_project(to=to, route="RT1")

    assert as_holder(client).get(url(project)).status_code == 404


def test_unknown_and_unseen_are_404(client: Client, running: Project) -> None:
    running.is_confidential = True
    running.save(update_fields=["is_confidential"])
    stranger = as_holder(client, "LEADER-ZEIMU")

    assert stranger.get(url(running)).status_code == 404
    assert stranger.get("/p/R8-999/ooda/").status_code == 404
    assert stranger.post(url(running, "observation-add"), {"text": "x"}).status_code == 404


def test_past_laps_figures_and_rings(client: Client, running: Project) -> None:
    a_cycle(running, next_aim="予約の枠を広げる")
    kpi = running.kpis.get()
    for day, value in ((12, 40), (18, 33)):
        cases.measure(
            kpi=kpi,
            measured_on=date(2026, 5, day),
            value=Decimal(value),
            note="",
            by=running.proposer,
            at=AT,
        )

    page = as_holder(client).get(url(running)).content.decode()

    assert "第1サイクル" in page
    assert "続ける" in page
    assert "予約の枠を広げる" in page
    assert "平均手続時間 42 → 33分" in page
    assert "目標までの 53%" in page


def test_bounds_tell_how_much_is_left(client: Client, office: City) -> None:
    project = a_project(to=StepKind.OBSERVE, route="RT3")
    record_phase(project)
    record_phase(project)
    record_phase(project, cost=150_000)
    record_phase(project)
    record_phase(project)
    record_phase(project)
    record_phase(project, cost=50_000)

    page = as_holder(client).get(url(project)).content.decode()

    assert "480,000円" in page
    assert "上限 680,000円" in page
    assert "あと315日" in page


def test_silence_of_two_weeks_is_said(client: Client, running: Project) -> None:
    with time_machine.travel(NOW + timedelta(days=14), tick=False):
        page = as_holder(client).get(url(running)).content.decode()

    assert "14日のあいだ、観察の記録がありません" in page


def test_query_count_is_fixed(
    client: Client,
    running: Project,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    as_holder(client)
    client.get(url(running))  # content types are read once a process
    with django_assert_max_num_queries(12) as before:
        client.get(url(running))
    a_cycle(running)
    a_cycle(running)
    record_phase(running)
    for n in range(3):
        cases.observe(
            project=running,
            kind=ObservationKind.NOTICE,
            text=f"気づき{n}",
            by=holder("SECRETARIAT"),
            at=AT,
        )
        cases.measure(
            kpi=running.kpis.get(),
            measured_on=date(2026, 5, 12 + n),
            value=Decimal(40 - n),
            note="",
            by=holder("SECRETARIAT"),
            at=AT,
        )
    with django_assert_max_num_queries(12) as after:
        response = client.get(url(running))

    assert len(after) == len(before)
    assert len(response.content) < 150_000


# --- recording -------------------------------------------------------------------------------


def test_a_whole_lap_by_the_forms(client: Client, running: Project) -> None:
    as_holder(client)
    record(client, running, findings="月曜の朝に集中")
    record(client, running, **rows(("予約制", "早い", "", "0"), ("増員", "", "高い", "")))
    record(client, running, choice="予約制", reason="早い", actor="浅石", until="R8.9.30", cost="")
    response = client.post(
        url(running, "phase-record", the_slot(running).pk),
        {"done": "始めた", "effect": "半分に", "result": "CONTINUE", "next_aim": "もっと"},
        follow=True,
    )

    entries = {each.phase: each.content for each in CycleEntry.objects.order_by("pk")}
    assert entries[Phase.ORIENT]["options"] == [
        {"plan": "予約制", "merit": "早い", "cost": 0},
        {"plan": "増員", "worry": "高い"},
    ]
    assert entries[Phase.DECIDE]["until"] == "2026-09-30"
    assert "cost" not in entries[Phase.DECIDE]
    assert "記録しました。次は、第2サイクルの「観察」です。" in response.content.decode()


def test_what_is_missing_is_said_beside_the_field(client: Client, running: Project) -> None:
    record_phase(running)
    response = as_holder(client).post(
        url(running, "phase-record", the_slot(running).pk), rows(("予約制", "", "", ""))
    )

    assert response.status_code == 422
    page = response.content.decode()
    assert "選択肢を2つ以上入力してください。" in page
    assert 'id="id_options-1-plan_error"' in page
    assert "予約がない" in page
    assert CycleEntry.objects.count() == 1


def test_beyond_the_bounds_goes_to_headquarters(client: Client, running: Project) -> None:
    record_phase(running)
    record_phase(running)
    content = {**PHASES[Phase.DECIDE], "cost": "1,000,000"}

    response = as_holder(client).post(
        url(running, "phase-record", the_slot(running).pk), content, follow=True
    )

    page = response.content.decode()
    assert "記録しました。本部の決裁へ回りました。" in page
    assert "本部の決裁を待っています" in page
    assert "いま 市民課長" in page
    assert Run.objects.filter(project=running, kind="APPROVAL").count() == 1
    assert Bounds.objects.get(project=running).cost_limit == 0


def test_second_recording_is_refused_with_the_words_kept(client: Client, running: Project) -> None:
    slot = the_slot(running)
    record_phase(running)

    response = as_holder(client).post(
        url(running, "phase-record", slot.pk), {"findings": "もう一つの長い気づきの文章です。"}
    )

    assert response.status_code == 409
    assert "もう一つの長い気づきの文章です。" in response.content.decode()
    assert CycleEntry.objects.count() == 1


def test_only_the_seat_of_the_case_records(client: Client, running: Project) -> None:
    response = as_holder(client, "LEADER-ZEIMU").post(
        url(running, "phase-record", the_slot(running).pk), {"findings": "他課からの記録"}
    )

    assert response.status_code == 403
    assert CycleEntry.objects.count() == 0


def test_slot_of_another_case_is_404(client: Client, running: Project) -> None:
    other = a_project(to=StepKind.OBSERVE, route="RT1", title="もう一つの案")
    waiting = a_project(to=StepKind.CONFIRMATION, route="RT1", title="三つ目の案")
    as_holder(client)

    for slot in (the_slot(other).pk, the_slot(waiting).pk, 0):
        response = client.post(url(running, "phase-record", slot), {"findings": "x"})
        assert response.status_code == 404


def test_stop_ends_on_a_page_that_says_so(client: Client, running: Project) -> None:
    a_cycle(running, result=CycleResult.STOP, lesson="時期が早かった。")
    walk(running)
    running.refresh_from_db()
    assert running.stage == Stage.STOPPED

    page = as_holder(client).get(url(running)).content.decode()

    assert "実行は終わりました" in page
    assert 'name="text"' not in page


def decided(project: Project, **content: Any) -> None:
    record_phase(project, at=NOW)
    record_phase(project, at=NOW)
    record_phase(project, at=NOW, **content)


@pytest.mark.parametrize(
    ("code", "days", "may"),
    [
        ("HEAD-SHIMIN", 0, True),
        ("HEAD-SHIMIN", 2, True),
        ("HEAD-SHIMIN", 5, False),
        ("LEADER-SHIMIN", 0, False),
        ("HEAD-ZEIMU", 0, False),
    ],
)
def test_the_head_is_led_to_stopping(
    client: Client,
    running: Project,
    code: str,
    days: int,
    may: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    decided(running)

    with time_machine.travel(NOW + timedelta(days=days), tick=False):
        page = as_holder(client, code).get(url(running)).content.decode()

    assert (url(running, "halt") in page) is may


def test_what_headquarters_allowed_is_not_stopped(client: Client, running: Project) -> None:
    decided(running, cost=1_000_000)
    walk(running, at=NOW)

    page = as_holder(client, "HEAD-SHIMIN").get(url(running)).content.decode()

    assert the_slot(running).step_run.kind == StepKind.ACT
    assert url(running, "halt") not in page


# --- notes and figures -----------------------------------------------------------------------


def test_staff_of_the_section_note_what_they_see(client: Client, running: Project) -> None:
    client.force_login(holder("HEAD-SHIMIN"))
    response = client.post(
        url(running, "observation-add"), {"kind": "VOICE", "text": "字が小さい"}, follow=True
    )

    note = Observation.objects.get()
    assert (note.kind, note.text, note.recorded_by) == (
        ObservationKind.VOICE,
        "字が小さい",
        holder("HEAD-SHIMIN"),
    )
    assert "字が小さい" in response.content.decode()


def test_other_sections_do_not_note(client: Client, running: Project) -> None:
    as_holder(client, "LEADER-ZEIMU")

    for name in ("observation-add", "measurement-add"):
        response = client.post(url(running, name), {"kind": "VOICE", "text": "x"})
        assert response.status_code == 403
        assert "所管課の職員と事務局" in response.content.decode()
    assert Observation.objects.count() == Measurement.objects.count() == 0


def test_an_empty_note_comes_back(client: Client, running: Project) -> None:
    response = as_holder(client).post(url(running, "observation-add"), {"kind": "VOICE"})

    assert response.status_code == 422
    page = response.content.decode()
    notes = page[page.index('id="notes"') :]
    assert 'id="note_text_error"' in notes
    assert 'role="alert" tabindex="-1" data-error-summary' in notes
    assert page.count("data-error-summary") == 1
    assert f'action="{url(running, "observation-add")}#notes"' in notes


def test_older_notes_are_behind_a_link(client: Client, running: Project) -> None:
    for n in range(9):
        cases.observe(
            project=running,
            kind=ObservationKind.NOTICE,
            text=f"{n}番目",
            by=running.proposer,
            at=AT,
        )

    few = as_holder(client).get(url(running)).content.decode()
    every = client.get(url(running) + "?notes=all").content.decode()

    assert "前の観察も見る" in few
    assert "0番目" not in few
    assert "0番目" in every
    assert "前の観察も見る" not in every


def measured(project: Project, **changes: str) -> dict[str, str]:
    kpi = project.kpis.get().pk
    return {"kpi": str(kpi), "measured_on": "R8.5.19", "value": FULL_WIDTH, "note": "", **changes}


def test_a_value_is_measured(client: Client, running: Project) -> None:
    response = as_holder(client).post(url(running, "measurement-add"), measured(running))

    row = Measurement.objects.get()
    assert response["Location"].endswith(f"#kpi-{row.kpi_id}")
    assert (row.measured_on, row.value) == (date(2026, 5, 19), Decimal("38.5"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"measured_on": "R8.5.21"}, "今日までの日付"),
        ({"measured_on": ""}, "必須"),
        ({"value": "約40"}, "数字で入力してください"),
    ],
)
def test_a_wrong_value_is_refused(
    client: Client, running: Project, changes: dict[str, str], sentence: str
) -> None:
    response = as_holder(client).post(url(running, "measurement-add"), measured(running, **changes))

    assert response.status_code == 422
    page = response.content.decode()
    pk = running.kpis.get().pk
    card = page[page.index(f'id="figure-{pk}"') : page.index('id="notes"')]
    assert sentence in card
    assert 'role="alert" tabindex="-1" data-error-summary' in card
    assert page.count("data-error-summary") == 1
    assert f'action="{url(running, "measurement-add")}#figure-{pk}"' in page
    assert Measurement.objects.count() == 0


@pytest.mark.parametrize("kpi", ["", "0", "x", "9" * 30])
def test_an_indicator_of_nowhere_is_404(client: Client, running: Project, kpi: str) -> None:
    response = as_holder(client).post(url(running, "measurement-add"), measured(running, kpi=kpi))

    assert response.status_code == 404


@pytest.mark.parametrize("code", ["LEADER-SHIMIN", "HEAD-SHIMIN", "SECRETARIAT", "HQ-CHAIR"])
@pytest.mark.parametrize("is_waiting", [False, True])
def test_reading_the_board_costs_little_and_writes_nothing(
    client: Client,
    running: Project,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    code: str,
    is_waiting: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    if is_waiting:
        record_phase(running)
        record_phase(running)
        record_phase(running, cost=1_000_000)
    as_holder(client, code)
    client.get(url(running))  # content types are read once a process
    with django_assert_max_num_queries(12) as queries:
        client.get(url(running))

    assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


# --- options compared, laps read again, steps asked again -----------------------------------------


def test_a_row_is_added_without_a_script_and_records_nothing(
    client: Client, running: Project
) -> None:
    record_phase(running)
    sent = {**rows(("予約制", "早い", "", "約5万"), ("増員", "", "", "")), "action": "add-option"}

    response = as_holder(client).post(url(running, "phase-record", the_slot(running).pk), sent)

    page = response.content.decode()
    assert (response.status_code, CycleEntry.objects.count()) == (200, 1)
    assert 'name="options-2-plan"' in page
    assert 'value="約5万"' in page
    assert "data-error-summary" not in page


def test_enter_in_a_row_takes_no_row_off_without_a_script(client: Client, running: Project) -> None:
    record_phase(running)
    page = as_holder(client).get(url(running)).content.decode()
    form = page[page.index(f'action="{url(running, "phase-record", the_slot(running).pk)}"') :]
    default = re.findall(r"<button[^>]*type=\"submit\"[^>]*>", form)[0]
    pressed = re.findall(r'name="action" value="([\w-]+)"', default)[0]
    typed = rows(("予約制", "早い", "", "0"), ("増員", "", "", ""), ("委託", "", "", ""))

    response = client.post(
        url(running, "phase-record", the_slot(running).pk), {**typed, "action": pressed}
    )

    again = response.content.decode()
    assert all(each in default for each in ('tabindex="-1"', 'aria-hidden="true"', 'class="vh"'))
    assert (response.status_code, CycleEntry.objects.count()) == (200, 1)
    assert [f'value="{plan}"' in again for plan in ("予約制", "増員", "委託")] == [True] * 3


def test_options_stand_side_by_side_where_they_are_chosen(client: Client, running: Project) -> None:
    record_phase(running)
    options = [
        {"plan": "予約制", "merit": "費用がかからない", "cost": 0},
        {"plan": "増員", "worry": "人が足りない", "cost": 1_200_000},
    ]
    record_phase(running, options=options)

    page = as_holder(client).get(url(running)).content.decode()
    other = as_holder(client, "HEAD-SHIMIN").get(url(running)).content.decode()

    assert re.findall(r'<input type="radio" name="choice" value="(\w+)"', page) == [
        "予約制",
        "増員",
    ]
    for shown in (page, other):
        assert "費用がかからない" in shown
        assert "人が足りない" in shown
        assert "1,200,000円" in shown
    assert 'type="radio" name="choice"' not in other


def test_the_chosen_option_is_told_of_later(client: Client, running: Project) -> None:
    a_cycle(running, lesson="予約は月曜に偏る。")

    page = as_holder(client, "LEADER-ZEIMU").get(url(running)).content.decode()

    record = page[page.index("記録と結論を読む") : page.index('id="notes"')]
    for text in ("待ち時間が月曜の朝に集中している。", "費用がかからない。", "予約は月曜に偏る。"):
        assert text in record
    assert record.count("選んだ案</span>") == 1


def test_why_a_decision_is_taken_again_stands_on_the_board(
    client: Client, running: Project
) -> None:
    decided(running)
    engine.halt(project=running, reason="議会への説明が先です。", by=holder("HEAD-SHIMIN"), at=NOW)

    page = as_holder(client).get(url(running)).content.decode()

    assert "所属長が止めた意思決定を、決め直します。" in page
    assert "理由：議会への説明が先です。" in page
    record_phase(running, at=NOW)
    assert "決め直します" not in client.get(url(running)).content.decode()


def test_bounds_adopted_for_less_are_told_on_the_board(client: Client, running: Project) -> None:
    decided(running, cost=1_000_000)
    case_is_corrected(running, cost=500_000)

    page = as_holder(client).get(url(running)).content.decode()

    assert the_slot(running).step_run.kind == StepKind.DECIDE
    assert "採択された枠に収まりません" in page
    assert "理由：" not in page


def case_is_corrected(project: Project, **corrections: int) -> None:
    """The head sends the change back, the leader asks for less, headquarters adopts."""
    say(project, Outcome.SENT_BACK, at=NOW)
    project.refresh_from_db()
    engine.resubmit(
        project=project,
        slot_id=the_slot(project).pk,
        draft_version=project.draft_version,
        comment="減らしました。",
        by=project.proposer,
        at=NOW,
        corrections=corrections,
    )
    walk(project, at=NOW)


def test_a_form_for_a_step_that_is_gone_is_not_drawn(client: Client, running: Project) -> None:
    record_phase(running)
    slot = the_slot(running)
    record_phase(running)

    response = as_holder(client).post(
        url(running, "phase-record", slot.pk), rows(("早い", "", "", ""))
    )

    assert response.status_code == 409
    assert "早い" in response.content.decode()


# --- several indicators, their way ----------------------------------------------------------------

KPIS = [
    {
        **SHEET["kpis"][0],
        "target_on": "2029-03-31",
        "steps": [{"year": 2026, "value": 38}, {"year": 2027, "value": 30}],
    },
    {**SHEET["kpis"][0], "name": "満足度", "unit": "%", "baseline": 60, "target": 80},
]


@pytest.fixture
def measured_twice(office: City) -> Project:
    return a_project(to=StepKind.OBSERVE, route="RT1", kpis=KPIS)


def test_every_indicator_has_a_form_of_its_own(client: Client, measured_twice: Project) -> None:
    page = as_holder(client).get(url(measured_twice)).content.decode()

    ids = re.findall(r' id="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    for kpi in measured_twice.kpis.all():
        assert f'id="figure{kpi.pk}_value"' in page


def test_what_is_wrong_stands_at_the_indicator_it_was_typed_for(
    client: Client, measured_twice: Project
) -> None:
    first, second = measured_twice.kpis.all()

    response = as_holder(client).post(
        url(measured_twice, "measurement-add"),
        {"kpi": second.pk, "measured_on": "R8.5.19", "value": "約40", "note": "発券機"},
    )

    page = response.content.decode()
    forms = page[page.index(f'id="figure-{first.pk}"') : page.index('id="notes"')]
    before, after = forms.split(f'id="figure-{second.pk}"')
    assert response.status_code == 422
    assert ("約40" in before, "約40" in after) == (False, True)
    assert page.count("data-error-summary") == 1


def test_the_line_follows_the_yearly_steps(running: Project) -> None:
    kpi = Kpi(baseline=Decimal(42), target=Decimal(20), target_on=date(2029, 3, 31))
    steps = [{"year": 2026, "value": 38}, {"year": 2027, "value": 30}]

    way = Way.of(kpi, date(2026, 5, 11), steps)

    days = [(2026, 4), (2027, 3), (2027, 9), (2028, 3), (2029, 3), (2029, 4)]
    assert [way.aimed(date(year, month, 1)) for year, month in days] == [
        42.0,
        38.0,
        34.0,
        30.0,
        20.0,
        None,
    ]
    assert way.labelled() == (("令和8年度", 38.0), ("令和9年度", 30.0), ("令和10年度", 20.0))


def test_without_steps_the_way_is_straight() -> None:
    kpi = Kpi(baseline=Decimal(42), target=Decimal(30), target_on=date(2027, 3, 31))

    way = Way.of(kpi, date(2026, 4, 11), [])

    assert [way.aimed(date(2026, month, 1)) for month in (4, 9)] == [41.0, 36.0]
    assert way.labelled() == ()


def test_the_path_is_told_in_words(client: Client, measured_twice: Project) -> None:
    kpi = measured_twice.kpis.get(order=1)
    cases.measure(
        kpi=kpi,
        measured_on=date(2026, 5, 18),
        value=Decimal(40),
        note="",
        by=measured_twice.proposer,
        at=AT,
    )

    page = as_holder(client).get(url(measured_twice)).content.decode()

    assert "令和8年度 38分" in page
    assert "令和10年度 25分" in page
    assert "この月の目標 41.6分" in page
