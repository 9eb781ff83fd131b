"""Cells as columns: what is known stays, what is not is filled from the table of defaults, and each cell keeps count of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all import cell_defaults
from ew4all.cell_defaults import BANDS, DEFAULTS, RANGES, bands_of, checked, default, default_values
from ew4all.cells import ASSUMABLE, ENVIRONMENTS, TECHNOLOGIES, Cells
from ew4all.errors import AssumptionError, InputError, UnknownTechnologyError

if TYPE_CHECKING:
    from collections.abc import Mapping

CODE = {name: code for code, name in enumerate(TECHNOLOGIES)}


def one(technology: str = "4g", **known: Any) -> Cells:
    return Cells.of([27.5], [-29.3], [technology], **known)


# Defaults, as radio.md 2.2 has them: rows by technology, columns as named.
REFERENCE: Mapping[str, Mapping[str, Any]] = {
    "2g": {"rural": 900, "urban": 1800, "power": 43, "gain": 15, "feeder": 2, "decode": -102},
    "3g": {"rural": 900, "urban": 2100, "power": 43, "gain": 17, "feeder": 2, "decode": -110},
    "4g": {"rural": 800, "urban": 1800, "power": 46, "gain": 17, "feeder": 2, "decode": -122},
    "5g": {"rural": 700, "urban": 3500, "power": 46, "gain": 17, "feeder": 0.5, "decode": -120},
}


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_defaults_are_those_of_the_reference(technology: str) -> None:
    wanted = REFERENCE[technology]
    rural = one(technology)
    assert rural.frequency_mhz.tolist() == [wanted["rural"]]
    assert rural.power_dbm.tolist() == [wanted["power"]]
    assert rural.gain_dbi.tolist() == [wanted["gain"]]
    assert rural.feeder_loss_db.tolist() == [wanted["feeder"]]
    assert rural.height_m.tolist() == [40.0]
    assert rural.in_environment("urban").frequency_mhz.tolist() == [wanted["urban"]]
    assert rural.in_environment("urban").height_m.tolist() == [25.0]
    assert rural.in_environment("suburban").height_m.tolist() == [30.0]
    assert default("decode_level_dbm", technology).value == wanted["decode"]


def test_5g_in_the_middle_band_has_more_power_and_gain() -> None:
    cell = one("5g", frequency_mhz=[3500.0])
    assert (cell.power_dbm[0], cell.gain_dbi[0], cell.feeder_loss_db[0]) == (53.0, 24.0, 0.0)
    assert cell.bandwidth_mhz[0] == 100.0
    # Reference: 53 dBm in 100 MHz.
    assert one("5g", environment="urban").power_dbm[0] == 53.0


def test_every_row_has_a_source_and_is_the_only_one_of_its_place() -> None:
    for row in DEFAULTS:
        assert row.source, row
        assert row.confidence in {"published", "practice", "judgement"}
        assert row.technology in {"", *TECHNOLOGIES}
        assert row.environment in {"", *ENVIRONMENTS}
        assert row.band in {"", *BANDS}
        assert default(row.name, row.technology, row.environment, row.band) is row
    for name, (low, high, unit) in RANGES.items():
        assert low < high
        assert unit
        values = [row.value for row in DEFAULTS if row.name == name]
        assert values
        assert all(low <= value <= high for value in values)
    assert set(RANGES) == set(ASSUMABLE)
    text = cell_defaults.markdown()
    assert text.count("\n") == len(DEFAULTS) + 2


@pytest.mark.parametrize("name", ASSUMABLE)
def test_values_by_code_are_the_rows(name: str) -> None:
    grid = np.array(
        [(t, e, b) for t in range(len(TECHNOLOGIES)) for e in range(3) for b in range(3)]
    )
    values = default_values(name, *grid.T)
    for (t, e, b), value in zip(grid.tolist(), values.tolist(), strict=True):
        assert value == default(name, TECHNOLOGIES[t], ENVIRONMENTS[e], BANDS[b]).value


def test_edges_of_bands() -> None:
    assert bands_of(np.array([700.0, 999.9, 1000.0, 2299.9, 2300.0, 28000.0])).tolist() == [
        0,
        0,
        1,
        1,
        2,
        2,
    ]


def test_what_is_known_stays_and_what_is_not_is_counted() -> None:
    cells = Cells.of(
        [1.0, 2.0, 3.0],
        [4.0, 5.0, 6.0],
        ["2g", "4g", "5g"],
        height_m=[12.0, np.nan, 14.0],
        azimuth_deg=[np.nan, 90.0, 10.0],
    )
    assert cells.height_m.tolist() == [12.0, 40.0, 14.0]
    assert cells.beamwidth_deg.tolist() == [360.0, 65.0, 65.0]
    assert cells.assumed_counts() == {name: 1 if name == "height_m" else 3 for name in ASSUMABLE}
    moved = cells.in_environment([2, 2, 2])
    assert moved.height_m.tolist() == [12.0, 25.0, 14.0]
    assert moved.assumed_counts() == cells.assumed_counts()
    everything: dict[str, Any] = {name: np.array([5.0]) for name in ASSUMABLE}
    assert one(**everything).assumed_counts() == {}


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans()), min_size=1, max_size=8)
)
def test_environment_is_the_same_early_or_late(draw: list[tuple[int, int, bool]]) -> None:
    kind, where, known = (np.array(v) for v in zip(*draw, strict=True))
    place = np.arange(kind.size, dtype=np.float64)
    height = np.where(known, 33.0, np.nan)
    early = Cells.of(place, place, kind, height_m=height, environment=where)
    late = Cells.of(place, place, kind, height_m=height).in_environment(where)
    for name in ASSUMABLE:
        assert np.array_equal(getattr(early, name), getattr(late, name)), name
        assert np.isfinite(getattr(early, name)).all()
    assert np.array_equal(early.assumed, late.assumed)


def test_assumptions_replace_defaults_only() -> None:
    cells = Cells.of([1.0, 2.0], [3.0, 4.0], ["4g", "4g"], height_m=[12.0, np.nan], assume={"height_m": 55})  # fmt: skip
    assert cells.height_m.tolist() == [12.0, 55.0]
    assert cells.in_environment("urban").height_m.tolist() == [12.0, 25.0]
    assert cells.in_environment("urban", {"height_m": 55.0}).height_m.tolist() == [12.0, 55.0]
    # Power follows the band that was assumed.
    assert one("5g", assume={"frequency_mhz": 3500.0}).power_dbm[0] == 53.0


@pytest.mark.parametrize(
    ("assume", "said"),
    [
        ({"heigth_m": 30.0}, "did you mean height_m"),
        ({"decode_level_dbm": -110.0}, "cells have no default called 'decode_level_dbm'"),
        ({"height_m": -3.0}, "1 to 500 metres above ground, but -3.0 was"),
        ({"height_m": math.nan}, "nan was to be assumed"),
        ({"power_dbm": 20_000.0}, "-20 to 70 dBm"),
        ({"power_dbm": "much"}, "'much' was to be assumed"),
        ({"frequency_mhz": None}, "None was to be assumed"),
    ],
)
def test_assumptions_that_cannot_be(assume: Any, said: str) -> None:
    with pytest.raises(AssumptionError, match=said):
        one(assume=assume)
    with pytest.raises(AssumptionError, match=said):
        one().in_environment("urban", assume)


def test_assumptions_become_numbers() -> None:
    assert checked({"height_m": 30, "gain_dbi": "17.5"}) == {"height_m": 30.0, "gain_dbi": 17.5}  # type: ignore[dict-item]
    assert checked(None) == {}


def test_cells_at_one_place_share_a_site_whatever_their_technology() -> None:
    cells = Cells.of([2.0, 1.0, 2.0, 1.0], [5.0, 5.0, 5.0, 6.0], ["4g", "2g", "3g", "4g"], operator=["A", "A", "B", "A"])  # fmt: skip
    assert cells.site.tolist() == [0, 1, 0, 2]
    sites = cells.sites
    assert len(sites) == 3
    assert sites.cells.tolist() == [2, 1, 1]
    assert sites.lon_deg.tolist() == [2.0, 1.0, 1.0]
    assert sites.lat_deg.tolist() == [5.0, 5.0, 6.0]
    assert sites.id.tolist() == ["site 1", "site 2", "site 3"]
    assert cells.id.tolist() == ["cell 1", "cell 2", "cell 3", "cell 4"]


def test_sites_keep_their_numbers_when_cells_are_taken() -> None:
    cells = Cells.of([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], "4g", site_id=["a", "b", "c"])
    some = cells.take([2, 0])
    assert some.id.tolist() == ["cell 3", "cell 1"]
    assert some.site.tolist() == [2, 0]
    assert some.sites.cells.tolist() == [1, 0, 1]
    assert np.isnan(some.sites.lon_deg[1])
    assert some.sites.id.tolist() == ["a", "", "c"]
    none = cells.take(np.zeros(3, np.bool_))
    assert (len(none), len(none.sites), none.assumed_counts()) == (0, 0, {})


def test_no_cells() -> None:
    none = Cells.of([], [], np.zeros(0, np.int8))
    assert (len(none), len(none.sites)) == (0, 0)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: one("6g"), UnknownTechnologyError, "'6g' is not one of 2g, 3g, 4g, 5g"),
        (lambda: Cells.of([1.0], [2.0], [4]), UnknownTechnologyError, "codes run from 0 to 3"),
        (lambda: Cells.of([1.0, 2.0], [2.0, 3.0], [-1, 2]), UnknownTechnologyError, "but one is -1"),
        (lambda: one(environment="forest"), InputError, "environment 'forest'"),
        (lambda: one(height=[3.0]), InputError, "no column 'height'"),
        (lambda: Cells.of([1.0, 2.0, 3.0], [2.0, 3.0], "4g"), InputError, "column lat_deg .* there are 3 cells"),
        (lambda: one(height_m=[1.0, 2.0]), InputError, r"column height_m .* has shape \(2,\)"),
        (lambda: default("colour"), InputError, "no default of 'colour'; the names are frequency_mhz"),
        (lambda: default("power_dbm", "6g"), InputError, "for 6g"),
    ],
)  # fmt: skip
def test_cells_that_cannot_be(make: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        make()


def test_columns_of_different_lengths_are_refused_however_they_came_about() -> None:
    cells = one()
    columns = {name: getattr(cells, name) for name in cells.__dataclass_fields__}
    with pytest.raises(InputError, match="column tai of the cells has shape"):
        Cells(**{**columns, "tai": np.array(["a", "b"])})
    assert CODE["4g"] == cells.technology[0]
