"""Eras, fiscal years and business days as the city hall counts them."""

from datetime import UTC, date, datetime, timedelta

import jpholiday
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpr_projects import calendar

pytestmark = pytest.mark.once

DAYS = st.dates(date(1990, 1, 1), date(2049, 12, 31))
OLD_DAYS = st.dates(date(1868, 10, 23), date(2049, 12, 31))
NEW_YEAR_PARTY = frozenset({date(2026, 11, 24)})


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 11, 25), "令和8年11月25日（水）"),
        (date(2019, 5, 1), "令和元年5月1日（水）"),
        (date(2019, 4, 30), "平成31年4月30日（火）"),
        (date(1989, 1, 8), "平成元年1月8日（日）"),
        (date(1989, 1, 7), "昭和64年1月7日（土）"),
        (date(1926, 12, 25), "昭和元年12月25日（土）"),
        (date(1868, 10, 22), "西暦1868年10月22日（木）"),
    ],
)
def test_a_day_is_written_in_its_era(day: date, text: str) -> None:
    assert calendar.wareki(day) == text


def test_a_list_shows_the_year_only_when_it_is_another_one() -> None:
    today = date(2026, 11, 25)

    assert calendar.short_date(date(2026, 12, 4), today) == "12/4（金）"
    assert calendar.short_date(date(2027, 1, 8), today) == "令和9年1/8（金）"
    assert calendar.short_date(date(2025, 12, 26), today) == "令和7年12/26（金）"


def test_a_seal_carries_the_year_of_the_era() -> None:
    assert calendar.stamp_date(date(2026, 11, 18)) == "8.11.18"


@pytest.mark.parametrize(
    "text",
    [
        "令和8年12月1日",
        "令和８年１２月１日",
        "R8.12.1",
        "r8.12.1",
        "Ｒ８．１２．１",  # noqa: RUF001 -- full width, as an IME leaves it
        "2026/12/1",
        "2026-12-01",
        "2026年12月1日",
        " 2026.12.1 ",
        "㋿8年12月1日",
    ],
)
def test_a_date_is_read_in_every_form_people_type(text: str) -> None:
    assert calendar.parse_date(text) == date(2026, 12, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "あした",
        "令和8年13月1日",
        "2026/2/29",
        "8.12.1",
        "平成32年4月1日",
        "令和元年4月30日",
        "26/12/1",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert calendar.parse_date(text) is None


def test_the_first_year_of_an_era_is_read() -> None:
    assert calendar.parse_date("令和元年5月1日") == date(2019, 5, 1)
    assert calendar.parse_date("R1.5.1") == date(2019, 5, 1)


@given(OLD_DAYS)
def test_a_written_date_is_read_back(day: date) -> None:
    assert calendar.parse_date(calendar.wareki(day).partition("（")[0]) == day


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2026, 4, 1), 2026), (date(2027, 3, 31), 2026), (date(2026, 3, 31), 2025)],
)
def test_a_fiscal_year_runs_from_april_to_march(day: date, year: int) -> None:
    assert calendar.fiscal_year(day) == year


def test_a_fiscal_year_is_called_by_its_era() -> None:
    assert calendar.fiscal_year_label(2026) == "令和8年度"
    assert calendar.fiscal_year_label(2019) == "令和元年度"
    assert calendar.fiscal_year_label(2018) == "平成30年度"


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 11, 21),  # Saturday
        date(2026, 11, 22),  # Sunday
        date(2026, 11, 23),  # 勤労感謝の日
        date(2026, 9, 22),  # 国民の休日 between two holidays
        date(2026, 12, 29),
        date(2027, 1, 3),
    ],
)
def test_the_city_hall_is_closed(day: date) -> None:
    assert not calendar.is_business_day(day)


def test_a_closure_of_the_city_is_no_business_day() -> None:
    assert calendar.is_business_day(date(2026, 11, 24))
    assert not calendar.is_business_day(date(2026, 11, 24), NEW_YEAR_PARTY)


def test_business_days_jump_over_weekends_holidays_and_closures() -> None:
    friday = date(2026, 11, 20)

    assert calendar.add_business_days(friday, 1) == date(2026, 11, 24)
    assert calendar.add_business_days(friday, 1, NEW_YEAR_PARTY) == date(2026, 11, 25)
    assert calendar.add_business_days(date(2026, 12, 28), 1) == date(2027, 1, 4)
    assert calendar.add_business_days(date(2026, 11, 24), -1) == friday
    assert calendar.add_business_days(date(2026, 11, 22), 0) == date(2026, 11, 22)


def test_the_day_of_opening_is_the_first_day() -> None:
    friday, wednesday = date(2026, 11, 20), date(2026, 11, 25)

    assert calendar.day_number(friday, friday) == 1
    assert calendar.day_number(friday, wednesday) == 3
    assert calendar.day_number(date(2026, 11, 21), date(2026, 11, 22)) == 1
    assert calendar.business_days_between(wednesday, friday) == 0


def test_a_standard_of_days_ends_at_closing_time_in_japan() -> None:
    late_thursday = datetime(2026, 11, 19, 16, 30, tzinfo=UTC)  # Friday 01:30 in Japan

    due = calendar.due_at(late_thursday, 2)

    assert due.isoformat() == "2026-11-25T17:15:00+09:00"


@given(DAYS, st.integers(0, 60), st.frozensets(DAYS, max_size=5))
def test_adding_days_and_counting_them_agree(
    day: date, count: int, closures: frozenset[date]
) -> None:
    there = calendar.add_business_days(day, count, closures)

    after_opening = calendar.business_days_between(day + timedelta(days=1), there, closures)
    assert after_opening == count
    assert count == 0 or calendar.is_business_day(there, closures)


def moment(month: int, day: int, hour: int = 9, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=calendar.JST)


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (moment(5, 11, 10), moment(5, 13), 2),  # Monday to Wednesday
        (moment(5, 11, 10), moment(5, 11, 15), 0),
        (moment(5, 15, 17, 14), moment(5, 18), 1),  # Friday to Monday
        (moment(5, 15, 17, 15), moment(5, 18), 0),
        (moment(5, 11), moment(5, 13, 17, 15), 3),
        (moment(5, 11), moment(5, 16), 5),  # ends on a Saturday: all of the week stood still
        (moment(5, 16), moment(5, 19), 1),
        (moment(4, 28), moment(5, 7), 3),  # 4/28, 4/30, 5/1: the rest is Golden Week
    ],
)
def test_a_clock_stands_still_for_business_days(
    since: datetime, until: datetime, days: int
) -> None:
    assert calendar.days_stood(since, until) == days


def test_a_clock_stands_still_for_no_day_on_which_all_is_closed() -> None:
    assert calendar.days_stood(moment(11, 20), moment(11, 25), NEW_YEAR_PARTY) == 1


@pytest.mark.parametrize(
    ("today", "days"), [(date(2026, 11, 23), 0), (date(2026, 11, 24), 1), (date(2026, 11, 25), 2)]
)
def test_a_delay_counts_business_days(today: date, days: int) -> None:
    friday = date(2026, 11, 20)

    assert calendar.days_late(friday, today) == days
    assert calendar.days_late(today, friday) == 0


@pytest.mark.parametrize(
    ("opened_on", "standard", "due_on", "closures", "held", "words"),
    [
        (date(2026, 11, 24), 5, date(2026, 12, 1), [], 0, "標準5営業日 = 12/1（火）まで"),
        (
            date(2026, 11, 19),
            5,
            date(2026, 11, 27),
            [],
            0,
            "標準5営業日 = 11/27（金）まで（11/23（月・勤労感謝の日）を除く）",
        ),
        (
            date(2026, 12, 25),
            3,
            date(2027, 1, 5),
            [],
            0,
            "標準3営業日 = 令和9年1/5（火）まで（休日4日を除く）",
        ),
        (
            date(2026, 11, 24),
            5,
            date(2026, 12, 3),
            [],
            2,
            "標準5営業日 = 12/3（木）まで（保留2営業日を加算）",
        ),
        (
            date(2026, 11, 24),
            5,
            date(2026, 12, 2),
            [date(2026, 11, 25)],
            0,
            "標準5営業日 = 12/2（水）まで（11/25（水・閉庁日）を除く）",
        ),
        (
            date(2026, 11, 24),
            5,
            date(2026, 12, 1),
            [date(2026, 11, 25)],
            0,
            "標準5営業日 = 12/1（火）まで（後から加わった閉庁日1日を含む）",
        ),
        (
            date(2026, 11, 19),
            5,
            date(2026, 11, 27),
            [date(2026, 11, 27)],
            0,
            "標準5営業日 = 11/27（金）まで（休日1日を除く、後から加わった閉庁日1日を含む）",
        ),
        (
            date(2026, 11, 24),
            5,
            date(2026, 12, 2),
            [],
            0,
            "標準5営業日 = 12/2（水）まで（後から取り消された閉庁日1日を除く）",
        ),
    ],
)
def test_a_due_date_says_how_it_came_about(
    opened_on: date, standard: int, due_on: date, closures: list[date], held: int, words: str
) -> None:
    parts = calendar.reckon(opened_on, standard, due_on, frozenset(closures), held=held)

    assert parts.words(opened_on) == words


SETS_OF_DAYS = st.frozensets(st.integers(0, 60), max_size=8)


@given(DAYS, st.integers(1, 30), SETS_OF_DAYS, SETS_OF_DAYS, st.integers(0, 40), st.integers(0, 40))
def test_the_parts_of_a_due_date_always_add_up(
    day: date, standard: int, then: frozenset[int], later: frozenset[int], after: int, long: int
) -> None:
    known, now = (frozenset(day + timedelta(days=n) for n in each) for each in (then, later))
    opened = datetime.combine(day, calendar.CLOSING_TIME, calendar.JST) - timedelta(hours=3)
    held = calendar.days_stood(
        opened + timedelta(days=after), opened + timedelta(days=after + long), known
    )
    due = calendar.due_at(calendar.due_at(opened, standard, known), held, known)

    as_told = calendar.reckon(day, standard, due.date(), known, held=held)
    parts = calendar.reckon(day, standard, due.date(), now, held=held)

    between = [day + timedelta(days=n + 1) for n in range((due.date() - day).days)]
    counted = parts.standard + parts.held - parts.added + parts.dropped
    assert (as_told.added, as_told.dropped) == (0, 0)
    assert calendar.add_business_days(day, standard + held, known) == as_told.due_on
    assert counted == calendar.business_days_between(day + timedelta(days=1), parts.due_on, now)
    assert counted + len(parts.closed) == sum(each.weekday() < 5 for each in between)
    assert 0 in (parts.added, parts.dropped)


@given(DAYS, st.integers(1, 60))
def test_going_forth_and_back_returns_to_a_business_day(day: date, count: int) -> None:
    start = calendar.add_business_days(day, 1)

    there = calendar.add_business_days(start, count)

    assert calendar.add_business_days(there, -count) == start


@given(
    st.lists(
        st.tuples(st.dates(date(2020, 1, 1), date(2029, 1, 1)), st.integers(0, 90)), max_size=9
    ),
    st.frozensets(DAYS, max_size=5),
)
def test_days_taken_are_counted_as_a_standard_is(
    openings: list[tuple[date, int]], closures: frozenset[date]
) -> None:
    spans = [(day, day + timedelta(days=lasted)) for day, lasted in openings]

    assert calendar.days_taken(spans, closures) == [
        calendar.business_days_between(start + timedelta(days=1), end, closures)
        for start, end in spans
    ]


@given(DAYS)
def test_a_public_holiday_is_never_a_business_day(day: date) -> None:
    assert not (calendar.is_business_day(day) and jpholiday.is_holiday(day))


@given(DAYS)
def test_a_fiscal_year_contains_its_day(day: date) -> None:
    year = calendar.fiscal_year(day)

    assert date(year, 4, 1) <= day <= date(year + 1, 3, 31)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2026, 11, 23), "勤労感謝の日"),
        (date(2026, 12, 30), "年末年始"),
        (date(2026, 11, 24), "閉庁日"),
        (date(2026, 11, 25), ""),
    ],
)
def test_a_closed_day_has_its_reason(day: date, reason: str) -> None:
    assert calendar.closed_for(day, NEW_YEAR_PARTY) == reason
