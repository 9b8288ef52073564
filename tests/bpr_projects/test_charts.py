"""Charts are well-formed, named for people who cannot see them, and escape what people typed."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpr_projects import charts
from bpr_projects.enums import Phase

pytestmark = pytest.mark.once

NASTY = '"><script>alert(1)</script>&'
NUMBERS = st.none() | st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)


def parsed(svg: str) -> ET.Element:
    """The picture as XML; raises when it is not well-formed."""
    return ET.fromstring(svg)  # noqa: S314 -- our own text


def words(svg: str) -> list[str]:
    return [element.text or "" for element in parsed(svg).iter("text")]


def coordinates(svg: str) -> list[float]:
    return [
        float(element.attrib[name])
        for element in parsed(svg).iter()
        for name in ("x", "y", "cx", "cy")
        if name in element.attrib
    ]


def a_series(**changes: object) -> charts.KpiSeries:
    values: dict[str, object] = {
        "title": "読取率",
        "unit": "%",
        "labels": ["4月", "5月", "6月"],
        "actual": [12, 20, None],
        "target": [10, 20, 30],
        "description": "4月12%から5月20%へ。",
    }
    return charts.KpiSeries(**(values | changes))  # type: ignore[arg-type]


def every_picture(text: str) -> list[str]:
    point = charts.MatrixPoint(label=text, ease=7, effect=8)
    series = a_series(
        title=text, unit=text, labels=[text] * 3, description=text, key=text, cycles=[(0, 2, text)]
    )
    return [
        charts.stamp(text, text, text, text),
        charts.matrix([point]),
        charts.kpi_line(series),
        charts.bar(1, 2, text),
        charts.spark([1, 2], text),
        charts.mini_ring("ACT", size=text),
        charts.ooda_ring("ACT", 2, 3),
    ]


def test_what_people_typed_never_becomes_markup() -> None:
    for svg in every_picture(NASTY):
        assert "<script" not in svg
        parsed(svg)


def test_no_picture_carries_a_style_or_a_handler() -> None:
    for svg in every_picture("窓口"):
        assert not re.search(r"\s(style|on\w+)=", svg)


def test_a_picture_has_a_name_or_is_decoration() -> None:
    for svg in every_picture("窓口"):
        root = parsed(svg)
        is_named = root.get("role") == "img" and (
            root.get("aria-label") or root.get("aria-labelledby")
        )

        assert is_named or root.get("aria-hidden") == "true"


def test_a_seal_says_what_was_done_by_whom_and_when() -> None:
    svg = charts.stamp("工藤", "8.11.24", "本部長", "条件付")

    assert words(svg) == ["条件付", "8.11.24", "工藤"]
    assert parsed(svg).get("aria-label") == "本部長工藤　8.11.24 条件付"


def test_a_seal_is_an_approval_unless_it_says_otherwise() -> None:
    assert words(charts.stamp("工藤", "8.11.24")) == ["承認", "8.11.24", "工藤"]


@pytest.mark.parametrize(
    ("surname", "size"), [("林", "13"), ("長谷川", "10.5"), ("勅使河原", "8.5")]
)
def test_a_long_surname_still_fits_the_seal(surname: str, size: str) -> None:
    name = list(parsed(charts.stamp(surname, "8.11.24")).iter("text"))[-1]

    assert name.get("font-size") == size


def test_the_loop_shows_where_the_cycle_is() -> None:
    svg = charts.ooda_ring(Phase.DECIDE, 3, 4)

    assert parsed(svg).get("aria-label") == (
        "OODAループ 第3サイクル。現在は「意思決定」の4日目です。"
    )
    assert svg.count("ring-done") == 2
    assert svg.count("ring-now") == 1
    assert svg.count("ooda__past") == 2


def test_a_closed_cycle_is_a_full_ring() -> None:
    assert charts.mini_ring("OBSERVE").count("ring-done") == 0
    assert charts.mini_ring("OBSERVE", is_closed=True).count("ring-done") == 4


def test_many_past_cycles_stay_inside_the_loop() -> None:
    rings = list(parsed(charts.ooda_ring("ACT", 40, 1)).iter("circle"))

    assert min(float(ring.attrib["r"]) for ring in rings) > 0


@pytest.mark.parametrize(
    ("value", "maximum", "width"), [(5, 10, "50.0"), (20, 10, "100"), (-1, 10, "0"), (1, 0, "100")]
)
def test_a_bar_stays_within_its_frame(value: float, maximum: float, width: str) -> None:
    shown = list(parsed(charts.bar(value, maximum)))[1].attrib["width"]

    assert float(shown) == float(width)


def test_a_bar_marks_its_target() -> None:
    assert "bar__mark" in charts.bar(5, 10, "ok", 0)
    assert "bar__mark" not in charts.bar(5, 10)


def test_one_value_makes_no_line() -> None:
    assert charts.spark([3]) == ""
    assert 'class="spark"' in charts.spark([3, 3])


def test_an_indicator_shows_its_last_figure_and_its_target() -> None:
    svg = charts.kpi_line(a_series(cycles=[(0, 2, "第1サイクル")]))

    assert {"第1サイクル", "20%", "目標 30%", "4月", "%"} <= set(words(svg))
    assert parsed(svg).find("desc") is not None


def test_an_indicator_nobody_has_measured_yet_shows_the_target_alone() -> None:
    svg = charts.kpi_line(a_series(actual=[None] * 3))

    assert "chart__actual" not in svg
    assert "目標 30%" in words(svg)


def test_an_indicator_without_any_figure_is_an_empty_frame() -> None:
    svg = charts.kpi_line(a_series(labels=[], actual=[], target=[]))

    assert "chart__grid" in svg


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=12))
def test_every_figure_lies_inside_the_frame(pairs: list[tuple[float | None, float | None]]) -> None:
    series = a_series(
        labels=[str(i) for i in range(len(pairs))],
        actual=[actual for actual, _target in pairs],
        target=[target for _actual, target in pairs],
    )

    svg = charts.kpi_line(series)

    assert all(-200 <= value <= 800 for value in coordinates(svg))


def test_cases_outside_the_scale_stay_in_the_matrix() -> None:
    svg = charts.matrix([charts.MatrixPoint(label="9", ease=99, effect=-5, is_highlighted=True)])

    dot = next(parsed(svg).iter("circle"))

    assert (dot.attrib["cx"], dot.attrib["cy"]) == ("312.0", "286.0")
    assert "p-hot" in svg


# --- the way of a case -----------------------------------------------------------------------

STATES = st.sampled_from(["done", "now", "coming", "skipped", "off", "bad"])
SEATS = st.lists(st.tuples(st.text("財政課長ab（）、ー", max_size=60), STATES), max_size=6)
STOPS = st.builds(
    charts.RouteStop,
    title=st.text("所属長の確認ab、ー", max_size=60),
    state=STATES,
    word=st.just("これから"),
    seats=SEATS.map(tuple),
)


def a_way(*titles: str) -> list[charts.RouteStop]:
    return [charts.RouteStop(title, "done", "済み", (("市民課長", "done"),)) for title in titles]


@given(st.lists(STOPS, min_size=1, max_size=12))
def test_every_title_and_seat_of_a_way_fits_its_box(stops: list[charts.RouteStop]) -> None:
    svg = parsed(charts.route_picture(stops, [], "流れ"))

    boxes = [box for box in svg.iter("rect") if "routemap__box" in box.attrib["class"]]
    bottom = max(float(box.attrib["y"]) + float(box.attrib["height"]) for box in boxes)
    assert float(svg.attrib["viewBox"].split()[3]) > bottom
    for text in svg.iter("text"):
        size = 15 if "routemap__title" in text.attrib["class"] else 13
        wide = size * sum(0.55 if ord(letter) < 0x2000 else 1 for letter in text.text or "")
        assert float(text.attrib["x"]) + (0 if "word" in text.attrib["class"] else wide) <= 400
        assert any(
            float(box.attrib["y"])
            < float(text.attrib["y"])
            < float(box.attrib["y"]) + float(box.attrib["height"])
            for box in boxes
        )


def test_each_return_has_a_lane_of_its_own_and_points_upwards() -> None:
    loops = [
        charts.RouteLoop(3, 0, "差戻し2回"),
        charts.RouteLoop(2, 0, "差戻し5/11"),
        charts.RouteLoop(3, 1, "差戻し6/1"),
    ]

    svg = parsed(charts.route_picture(a_way("起案", "確認", "受付", "決裁"), loops, "流れ"))

    paths = [p.attrib["d"] for p in svg.iter("path") if p.attrib["class"] == "routemap__loop"]
    lanes = [re.findall(r"Q(\d+) ", path)[0] for path in paths]
    assert len(set(lanes)) == 3
    for path in paths:
        start, end = re.findall(r"^M\d+ (\d+).*V\d+Q\d+ (\d+)", path)[0]
        assert int(end) < int(start)
    assert {"差戻し2回", "差戻し5/11", "差戻し6/1"} <= set(
        words(charts.route_picture(a_way("起案", "確認", "受付", "決裁"), loops, "流れ"))
    )


def test_titles_of_a_way_are_escaped() -> None:
    svg = charts.route_picture(a_way(NASTY), [charts.RouteLoop(0, 0, NASTY)], NASTY)

    assert "<script>" not in svg
    assert parsed(svg).attrib["aria-label"] == NASTY
