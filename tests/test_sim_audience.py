"""Hourly tables and habits: what they add up to, what replaces them, what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.assumptions import TABLE
from ew4all.errors import AssumptionError
from ew4all.sim.audience import Audience
from ew4all.sim.audience_tables import BEHAVIOUR, GROUP_FACTORS, HOURLY
from ew4all.sim.group_ages import ages_of, factors_of
from ew4all.sim.parameters import CONFIDENCES


@pytest.fixture(scope="module")
def usual() -> Audience:
    return Audience.usual()


@pytest.mark.parametrize(
    ("name", "hours_a_day", "tolerance"),
    [
        ("asleep", 8.74, 0.05),
        ("at_work", 3.46, 0.05),
        ("outdoors", 0.076 * 24, 0.05),
        ("driving", 0.06 * 24, 0.12),
        ("radio", 18.7 / 7, 0.05),
        ("tv", 3.5, 0.05),
    ],
)
def test_a_table_adds_up_to_the_time_a_day_that_its_source_gives(
    usual: Audience, name: str, hours_a_day: float, tolerance: float
) -> None:
    quarters = [usual.at(name, hour / 4) for hour in range(96)]
    assert np.mean(quarters) * 24 == pytest.approx(hours_a_day, abs=tolerance)


def test_every_default_has_a_source_and_every_table_a_day() -> None:
    for table in HOURLY:
        assert len(table.by_hour) == 24
        assert table.source
        assert table.confidence in CONFIDENCES
        assert table.spread > 1
    assert len({row.name for row in BEHAVIOUR}) == len(BEHAVIOUR)
    assert all(row.source for row in BEHAVIOUR)


def test_phones_are_fitted_within_what_the_static_waterfall_finds_plausible(
    usual: Audience,
) -> None:
    """It has one value for the world; this one is fitted to two countries (validation/), and scenarios set their own."""
    table = {row.name: row for row in TABLE}
    for ours, theirs in (
        ("phone_owned", "has_phone"), ("phone_on_awake", "device_on"), ("capable_4g", "device_capable"),
    ):  # fmt: skip
        assert table[theirs].value <= usual.values[ours] <= table[theirs].high
    assert table["not_opted_out"].value <= 1 - usual.values["opted_out"] <= 1.0


def test_between_hours_shares_run_straight_and_over_midnight(usual: Audience) -> None:
    late, early = usual.at("asleep", 23.0), usual.at("asleep", 0.0)
    assert usual.at("asleep", 23.5) == pytest.approx((late + early) / 2)
    assert usual.at("asleep", 24.0) == usual.at("asleep", 0.0)
    assert usual.at("asleep", -1.0) == usual.at("asleep", 23.0)


def test_most_people_awake_are_indoors_and_listeners_are_awake(usual: Audience) -> None:
    for hour in np.arange(0, 24, 0.25):
        assert 0.7 < usual.indoors_when_awake(hour) < 0.95
        for name in ("radio", "tv", "at_work", "driving"):
            assert usual.at(name, hour) <= usual.among_awake(name, hour) <= 1.0
    assert usual.among_awake("radio", 12.0) == pytest.approx(
        usual.at("radio", 12.0) / (1 - usual.at("asleep", 12.0))
    )


def test_nobody_listens_where_everybody_sleeps() -> None:
    quiet = {table.name: [0.0] * 24 for table in HOURLY}
    asleep = Audience.usual(hourly={**quiet, "asleep": [1.0] * 24})
    assert asleep.among_awake("radio", 3.0) == 0.0


@pytest.mark.parametrize(
    ("group", "ages"),
    [
        ("75+", (75, math.inf)),
        ("women_75_plus", (75, math.inf)),
        ("18-34", (18, 35)),
        ("f_80_84", (80, 85)),
        ("65 to 74", (65, 75)),
        ("all", None),
        ("men", None),
        ("born 1950", None),
        ("34-18", None),
    ],
)
def test_ages_are_read_from_names(group: str, ages: tuple[float, float] | None) -> None:
    assert ages_of(group) == ages


def test_the_old_have_fewer_phones_that_can(usual: Audience) -> None:
    groups = ("all", "75+", "80-84", "60+")
    owned = usual.of_groups("phone_owned", groups)
    assert owned == pytest.approx([0.97, 0.97 * 0.92, 0.97 * 0.92, 0.97])
    reach = owned[:, None] * usual.capable(groups)
    # 73 of 90 % in the Netherlands
    assert reach[1] / reach[0] == pytest.approx(0.81, abs=0.005)
    assert factors_of("70-79", GROUP_FACTORS) == {}


def test_a_scenario_replaces_values_hours_and_factors() -> None:
    given = Audience.usual(
        {"phone_owned": 0.5}, {"tv": [0.01] * 24}, {"all": {"phone_owned": 4.0}, "75+": {}}
    )
    # never more than everybody; a group that is named follows no age
    assert given.of_groups("phone_owned", ("all", "75+", "80-84")).tolist() == [1.0, 0.5, 0.46]
    assert given.at("tv", 20.5) == pytest.approx(0.01)


def test_odds_move_a_table_and_nothing_else_among_those_awake(usual: Audience) -> None:
    more = Audience.usual({"radio_odds": 2.0, "asleep_odds": 0.5})
    for hour in (3.0, 8.0, 21.0):
        asleep, less = usual.at("asleep", hour), more.at("asleep", hour)
        assert less / (1 - less) == pytest.approx(0.5 * asleep / (1 - asleep))
        radio, twice = usual.among_awake("radio", hour), more.among_awake("radio", hour)
        assert twice / (1 - twice) == pytest.approx(2 * radio / (1 - radio))
        assert more.among_awake("tv", hour) == pytest.approx(usual.among_awake("tv", hour))
    for name, table in Audience.usual({"radio_odds": 1.0}).hourly.items():
        assert np.array_equal(table, usual.hourly[name])


@given(
    odds=st.dictionaries(
        st.sampled_from([f"{table.name}_odds" for table in HOURLY]), st.floats(0.0, 1e6)
    )
)
def test_no_odds_make_more_people_than_there_are(odds: dict[str, float]) -> None:
    tables = Audience.usual(odds).hourly
    assert all(np.all((table >= 0) & (table <= 1)) for table in tables.values())
    assert np.all(tables["asleep"] + tables["outdoors"] + tables["driving"] <= 1 + 1e-9)
    assert all(np.all(tables["asleep"] + tables[name] <= 1 + 1e-9) for name in ("radio", "tv"))


def test_languages_add_up_without_counting_anybody_twice(usual: Audience) -> None:
    assert usual.understanding(["en"]) == usual.values["language_known"]
    spoken = Audience.usual(languages={"en": 0.6, "st": 0.9})
    assert spoken.understanding(["en"]) == pytest.approx(0.6)
    assert spoken.understanding(["en-GB", "st"]) == pytest.approx(1 - 0.4 * 0.1)
    assert spoken.understanding(["fr"]) == 0.0
    assert spoken.understanding([]) == 0.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"values": {"phone_own": 0.9}}, "did you mean phone_owned"),
        ({"values": {"phone_owned": 1.2}}, "must lie in 0..1"),
        ({"values": {"phone_owned": math.nan}}, "must lie in 0..1"),
        ({"hourly": {"radios": [0.1] * 24}}, "did you mean radio"),
        ({"hourly": {"radio": [0.1] * 23}}, "needs 24 shares of 0..1"),
        ({"hourly": {"radio": [1.1] * 24}}, "needs 24 shares of 0..1"),
        ({"hourly": {"radio": [math.nan] * 24}}, "needs 24 shares of 0..1"),
        ({"hourly": {"radio": [0.4] * 24}}, "at 0 h more people are asleep or at radio"),
        ({"hourly": {"driving": [0.9] * 24}}, "at 0 h 1.74 of the people"),
        ({"groups": {"75+": {"phones": 1.0}}}, "group '75\\+': a factor of 1.0 on 'phones'"),
        ({"groups": {"75+": {"phone_owned": -1.0}}}, "factors are 0 or more"),
        ({"languages": {"en": 1.5}}, "a share lies in 0..1"),
    ],
)
def test_what_is_not_possible_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(AssumptionError, match=message):
        Audience.usual(**options)  # type: ignore[arg-type]


def test_a_value_that_does_not_exist_is_named(usual: Audience) -> None:
    with pytest.raises(AssumptionError, match="did you mean phone_owned"):
        usual.of_groups("phone_owed", ("all",))
    with pytest.raises(AssumptionError, match="no hourly table 'television'; there are asleep"):
        usual.at("television", 20.0)
