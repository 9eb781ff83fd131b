"""What stands on the terminal: rounded honestly, 80 columns wide, readable without colour."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import pytest
import shapely
from made_results import PEOPLE, UNKNOWN_COVERAGE, ZONES, made_reach, part
from rich.console import Console

from ew4all.assumptions import TABLE
from ew4all.report.progress import Bar
from ew4all.report.rounding import people_text, share_text
from ew4all.report.table import MOST_ZONES, STEPS, assumptions_table, rendered
from ew4all.results import Bounds, Reach, ZoneCount


def printed(result: Reach, width: int = 80, **options: object) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, markup=False, highlight=False, emoji=False)
    console.print(rendered(result, **options))  # type: ignore[arg-type]
    return out.getvalue()


def line(text: str, start: str) -> str:
    lines = (" ".join(row.split()) for row in text.splitlines())
    return next(row for row in lines if row.startswith(start))


@pytest.mark.parametrize(
    ("people", "text"),
    [
        (0.0, "0"),
        (1e-9, "<1"),
        (0.99, "<1"),
        (1.0, "1"),
        (98.4, "98"),
        (99.9, "100"),
        (345.6, "346"),
        (999.6, "1,000"),
        (54_614.2, "54,600"),
        (1_234_567.0, "1,230,000"),
        (8.1e9, "8,100,000,000"),
        (math.nan, "?"),
        (-1.0, "?"),
    ],
)
def test_people_have_three_digits(people: float, text: str) -> None:
    assert people_text(people) == text


@pytest.mark.parametrize(
    ("part_", "whole", "text"),
    [
        (1.0, 3.0, "33 %"),
        (0.0, 3.0, "0 %"),
        (3.0, 3.0, "100 %"),
        (1.0, 1e6, "<1 %"),
        (999_999.0, 1e6, ">99 %"),
        (1.0, 0.0, "-"),
        (0.0, 0.0, "-"),
        (1.0, math.nan, "-"),
    ],
)
def test_shares_never_claim_nothing_or_everything(part_: float, whole: float, text: str) -> None:
    assert share_text(part_, whole) == text


def test_headline_numbers() -> None:
    text = printed(made_reach())
    assert text.splitlines()[0].strip() == "A hurricane"
    assert line(text, "In the population data") == "In the population data 10,000"
    assert line(text, "At risk") == "At risk: in the hazard 6,000 60 % of all"
    without = replace(made_reach(), inputs=())
    assert line(printed(without), "At risk") == "At risk: all in the area 6,000 60 % of all"
    assert line(text, "In the warning area") == "In the warning area 4,000 40 % of all"
    assert line(text, "at risk, but") == "at risk, but outside it 2,500 42 % of those at risk"
    assert line(text, "NOT covered by any") == "NOT covered by any 800 20 % of the area"
    assert (
        line(text, "expected to notice") == "expected to notice the warning 1,600 40 % of the area"
    )


def test_technologies_and_operators() -> None:
    text = printed(made_reach())
    assert line(text, "covered in the area") == "covered in the area share 2G 4G any"
    assert line(text, "All operators") == "All operators 3,000 2,000 3,200"
    assert line(text, "Alpha") == "Alpha 60 % 3,000 - 3,000"
    assert line(text, "Beta") == "Beta - - 2,000 2,000"
    assert "3G" not in text


def test_waterfall_has_a_bar_and_numbers_in_each_row() -> None:
    text = printed(made_reach())
    assert line(text, "covered by a signal 3,200 800").endswith("80 %")
    assert line(text, "they notice it").startswith("they notice it 1,600 1,600 █████████ ")
    assert "has_phone 0.95" in text
    plain = printed(made_reach(), ascii_only=True)
    assert line(plain, "they notice it").startswith("they notice it 1,600 1,600 ######### ")


def test_every_step_of_the_contract_has_words() -> None:
    assert list(STEPS) == ["in_area", "covered", *(row.name for row in TABLE)]


def test_zones_most_uncovered_first_and_the_rest_together() -> None:
    zones = tuple(
        ZoneCount(f"{k:02d}", f"Zone {k}", part(k / 1000.0), shapely.box(0, 0, 1, 1))
        for k in range(1, MOST_ZONES + 6)
    )
    outside = ZoneCount("outside", "outside all zones", part(0.1), None)
    text = printed(made_reach(zones=(*zones, outside)))
    shown = [li.split()[1] for li in text.splitlines() if li.strip().startswith("Zone ")]
    assert shown == [str(k) for k in range(MOST_ZONES + 5, 5, -1)]
    # 1 + 2 + 3 + 4 + 5 thousandths of 4,000 people in the area and 800 not covered
    assert line(text, "5 other zones") == "5 other zones 90 60 48 12 (20 %)"
    assert line(text, "outside all zones") == "outside all zones 600 400 320 80 (20 %)"


def test_empty_rest_of_the_world_is_not_listed() -> None:
    nobody = ZoneCount("outside", "outside all zones", part(0.0), None)
    assert "outside all zones" not in printed(made_reach(zones=(*ZONES[:2], nobody)))


def test_unknown_coverage_is_said() -> None:
    zones = tuple(replace(z, people=UNKNOWN_COVERAGE) for z in ZONES)
    text = printed(made_reach(people=UNKNOWN_COVERAGE, zones=zones))
    assert "who has a signal is unknown" in text
    assert "NOT covered" not in text
    assert "notice" not in text


def test_bounds_and_groups_and_notes() -> None:
    result = replace(
        made_reach(),
        bounds={"any": Bounds(1_000.0, 3_900.0)},
        groups={"children": part(0.25), "others": part(0.75)},
    )
    text = printed(result)
    assert "any: between 1,000 and 3,900 are covered" in " ".join(text.split())
    assert line(text, "children") == "children 1,500 1,000 800 200 (20 %)"
    assert "- a ring was mended" in text


def test_notice_comes_first_and_in_capitals() -> None:
    assert printed(made_reach(), notice="demo data").splitlines()[0].strip() == "DEMO DATA"


@pytest.mark.parametrize("width", [80, 120])
def test_lines_fit(width: int) -> None:
    long = ZoneCount(
        "x", "A name of a zone that does not fit into one line of a table", PEOPLE, None
    )
    huge = replace(
        PEOPLE, total=8e9, at_risk=7.9e9, in_area=7.8e9, covered={"any": 7e9}, uncovered=0.8e9
    )
    result = replace(
        made_reach(zones=(long, replace(long, people=huge, id="y")), notes=("very " * 60,)),
        people=replace(PEOPLE, covered=dict.fromkeys(("2g", "3g", "4g", "5g", "any"), 3e6)),
    )
    text = printed(result, width)
    assert max(map(len, text.splitlines())) <= width
    assert "\u2026" not in text  # nothing is cut away


def test_names_are_not_markup() -> None:
    zone = replace(ZONES[0], name="[bold]x[/bold] :smile:")
    out = io.StringIO()
    Console(file=out, width=80).print(rendered(made_reach(zones=(zone,))))
    assert "[bold]x[/bold] :smile:" in out.getvalue()


def test_no_colour_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    Console(file=out, width=80, force_terminal=True).print(rendered(made_reach()))
    assert "\x1b[3" not in out.getvalue().replace("\x1b[3m", "")  # italics are no colour


def test_assumptions_fit_and_name_their_sources() -> None:
    out = io.StringIO()
    Console(file=out, width=80).print(assumptions_table(TABLE))
    text = " ".join(out.getvalue().split())
    assert all(row.name in text and " ".join(row.source.split()) in text for row in TABLE)
    assert max(map(len, out.getvalue().splitlines())) <= 80


def bar(patience_s: float) -> str:
    out = io.StringIO()
    with Bar(Console(file=out, force_terminal=True, width=80), patience_s) as progress:
        for done in range(1, 4):
            progress(done, 3)
    return out.getvalue()


def test_quick_work_shows_no_bar_and_long_work_does() -> None:
    assert bar(60.0) == ""
    assert "Counting people" in bar(0.0)
