"""The table of assumptions: plausible rows, and no silent guess about an override."""

from __future__ import annotations

import math

import pytest

from ew4all.assumptions import DEVICE_STEPS, TABLE, markdown, resolve
from ew4all.errors import AssumptionError


def test_rows_are_the_device_steps_in_the_order_of_the_waterfall() -> None:
    assert DEVICE_STEPS == (
        "network_broadcasts",
        "has_phone",
        "device_capable",
        "device_on",
        "not_opted_out",
        "received",
        "noticed",
    )
    assert tuple(row.name for row in TABLE) == DEVICE_STEPS


@pytest.mark.parametrize("row", TABLE, ids=DEVICE_STEPS)
def test_every_row_is_a_fraction_with_a_range_and_a_source(row) -> None:
    assert 0.0 <= row.low <= row.value <= row.high <= 1.0
    assert row.unit == "fraction"
    assert row.confidence in {"derived", "judgement"}
    assert min(map(len, (row.meaning, row.source, row.range_source))) > 10


def test_defaults_are_those_of_the_published_chain() -> None:
    """0.95 x 0.96 x 0.97 x 0.98 x 0.99 = 0.86 before reception and notice."""
    values = resolve({})
    chain = math.prod(values[name] for name in DEVICE_STEPS[:5])
    assert chain == pytest.approx(0.95 * 0.96 * 0.97 * 0.98 * 0.99)
    assert round(chain, 2) == 0.86
    assert round(math.prod(values.values()), 2) == 0.79


def test_reception_is_what_the_measurement_leaves_of_it() -> None:
    """FCC 2021: 8.4 % missed on 4G, of which broadcast and notice explain a part."""
    values = resolve({})
    left = (1 - 0.084) / (values["network_broadcasts"] * values["noticed"])
    assert values["received"] == pytest.approx(left, abs=0.01)


def test_low_end_of_reception_is_the_building_mix() -> None:
    low = next(row.low for row in TABLE if row.name == "received")
    assert low == pytest.approx(0.7 * 0.6885 + 0.3 * 0.2026, abs=0.005)


def test_override_replaces_one_value_only() -> None:
    assert resolve({"device_capable": 0.62}) == {**resolve({}), "device_capable": 0.62}
    assert list(resolve({"noticed": 0, "has_phone": 1})) == list(DEVICE_STEPS)


def test_unknown_name_lists_the_names_and_the_nearest() -> None:
    with pytest.raises(AssumptionError, match=r"did you mean device_capable\?.*not_opted_out"):
        resolve({"device_capabel": 0.5})
    with pytest.raises(AssumptionError, match=r"'zzz'; the names are network_broadcasts, "):
        resolve({"zzz": 0.5})


@pytest.mark.parametrize("value", [-0.01, 1.01, math.nan, math.inf, -math.inf, "much", None, 62])
def test_value_out_of_range_is_refused(value) -> None:
    with pytest.raises(AssumptionError, match="device_on is a fraction of people, 0 to 1"):
        resolve({"device_on": value})


def test_percent_is_recognised() -> None:
    with pytest.raises(AssumptionError, match=r"for 62 % write 0.62"):
        resolve({"device_on": 62})


def test_markdown_holds_every_row_in_as_many_columns_as_the_heading() -> None:
    lines = markdown().splitlines()
    assert len(lines) == 2 + len(TABLE)
    assert {line.count("|") for line in lines} == {8}
    assert all(f"`{row.name}` | {row.value:g} |" in markdown() for row in TABLE)
