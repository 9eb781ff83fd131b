"""The calculator's sheets: every row of the published vectors, and rows that no model holds for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from p1812_files import rows_of

from ew4all.coverage.calculator import SHEETS, Answer, recognise
from ew4all.errors import ColumnError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

P2108 = "p2108/{}ModelTestData.csv"
VECTORS = {
    # file, rows, pass mark of the note, rows without a value
    "hata_cost231": ("hata_cost231.csv", 58, 0.01, ()),
    "tr38901_rma_uma": ("tr38901_rma_uma.csv", 64, 0.01, ()),
    "tr38901_plos": ("tr38901_plos.csv", 12, 1e-6, ()),
    "p2109": ("p2109.csv", 64, 0.01, ()),
    "p2108_height_gain": (
        P2108.format("HeightGainTerminalCorrection"),
        23,
        0.06,
        (18, 19, 20, 21, 22),
    ),
    "p2108_statistical": (P2108.format("TerrestrialStatistical"), 12, 0.06, (7, 8, 9, 10, 11)),
    "battery_survival": ("battery_survival.csv", 8, 1e-5, ()),
    "reception_static": ("reception_static.csv", 13, 1e-4, ()),
    "reception_repeats": ("reception_repeats.csv", 20, 1e-4, ()),
    "siren_level": ("siren_level.csv", 18, 0.01, ()),
}


def computed(name: str, rows: list[dict[str, str]]) -> Answer:
    sheet = SHEETS[name]
    numbers: dict[str, NDArray[Any]] = {
        column: np.array([float(row[column] or "nan") for row in rows]) for column in sheet.numbers
    }
    words = {column: np.array([row[column].lower() for row in rows]) for column in sheet.words}
    return sheet.compute(numbers, words)


def test_every_sheet_has_its_vectors() -> None:
    assert set(VECTORS) == set(SHEETS)
    assert all(sheet.source for sheet in SHEETS.values())


@pytest.mark.parametrize("name", VECTORS)
def test_every_row_of_the_vectors(shared_data: Path, name: str) -> None:
    file, count, mark, without = VECTORS[name]
    rows = rows_of(shared_data / "data/radio" / file)
    assert len(rows) == count
    assert recognise(list(rows[0])).name == name
    answer = computed(name, rows)
    assert np.flatnonzero(np.isnan(answer.value)).tolist() == list(without)
    for number, row in enumerate(rows):
        if number in without:
            assert answer.note[number], row
        else:
            assert answer.value[number] == pytest.approx(
                float(row[SHEETS[name].expected]), abs=mark
            ), row


def test_an_expected_error_of_ntia_is_a_row_without_a_value(shared_data: Path) -> None:
    for name in ("p2108_height_gain", "p2108_statistical"):
        rows = rows_of(shared_data / "data/radio" / VECTORS[name][0])
        refused = [number for number, row in enumerate(rows) if int(row["rtn"]) != 0]
        assert refused == list(VECTORS[name][3])


def row(name: str, **changes: str) -> dict[str, str]:
    """Return a row that is well, but for what is changed."""
    fine = {
        "hata_cost231": "model=hata environment=urban city=small f_mhz=900 d_km=5 hb_m=30 hm_m=1.5",
        "tr38901_rma_uma": "scenario=rma los=1 f_ghz=0.8 d2d_m=2000 h_bs_m=35 h_ut_m=1.5 h_bldg_m=5 w_street_m=20",
        "tr38901_plos": "scenario=uma d2d_m=100 h_ut_m=1.5",
        "battery_survival": "t_h=4 median_battery_h=4 beta_battery=0.6 generator_share=0.15 median_fuel_h=48 beta_fuel=0.3",
        "reception_static": "place=indoor median_outdoor_rsrp_dbm=-100 threshold_dbm=-120 sigma_shadow_db=8 f_ghz=0.8 "
        "building_class=1",
        "reception_repeats": "mean_margin_db=0 sigma_location_db=8 sigma_time_db=3 n_broadcasts=5",
        "siren_level": "spl_at_30_48m_dbc=120 distance_m=100",
        "p2109": "f_ghz=28 p_percent=50 building_class_1_traditional_2_efficient=1 elevation_deg=0",
    }
    return {**dict(pair.split("=") for pair in fine[name].split()), **changes}


@pytest.mark.parametrize(
    ("name", "changes", "note"),
    [
        ("hata_cost231", {"d_km": "0.5"}, "distance outside the model's range"),
        ("hata_cost231", {"f_mhz": "2600", "hb_m": "20"}, "frequency outside the model's range, height of the base station outside the model's range"),
        ("hata_cost231", {"f_mhz": "-900"}, "frequency outside the model's range, a number is missing"),
        ("tr38901_rma_uma", {"los": "0.5"}, "los is 0 or 1"),
        ("tr38901_rma_uma", {"los": "0", "d2d_m": "6000"}, "distance outside the model's range"),
        ("tr38901_rma_uma", {"h_bldg_m": "60"}, "surroundings, angle or share of places outside the model's range"),
        ("tr38901_plos", {"d2d_m": "-1"}, "distance outside the model's range"),
        ("tr38901_plos", {"h_ut_m": "50"}, "height of the mobile outside the model's range"),
        ("battery_survival", {"t_h": "-1"}, "a time is at least 0"),
        ("battery_survival", {"generator_share": "15"}, "a share is 0 to 1"),
        ("battery_survival", {"beta_fuel": "-0.3"}, "medians and betas are at least 0"),
        ("reception_static", {"sigma_shadow_db": "-8"}, "a spread is at least 0"),
        ("reception_static", {"sigma_shadow_db": "0"}, "indoors the spread must be more than 0"),
        ("reception_static", {"f_ghz": ""}, "indoors needs f_ghz, 0.08 to 100"),
        ("reception_static", {"building_class": "3"}, "indoors needs building_class, 1 traditional or 2 efficient"),
        ("reception_repeats", {"sigma_time_db": "-3"}, "a spread is at least 0"),
        ("reception_repeats", {"n_broadcasts": "2.5"}, "the number of broadcasts is a whole number, at least 1"),
        ("siren_level", {"distance_m": "30"}, "nearer than 30.48 m, where the level is given"),
        ("p2109", {"p_percent": "100"}, "surroundings, angle or share of places outside the model's range"),
        ("p2109", {"building_class_1_traditional_2_efficient": "3"}, "surroundings, angle or share of places outside the model's range"),
    ],
)  # fmt: skip
def test_a_row_outside_gets_nan_and_why(name: str, changes: dict[str, str], note: str) -> None:
    answer = computed(name, [row(name), row(name, **changes)])
    assert np.isfinite(answer.value[0])
    assert answer.note[0] == ""
    assert np.isnan(answer.value[1])
    assert answer.note[1] == note


def test_a_stretched_row_keeps_its_value_and_says_so() -> None:
    answer = computed("hata_cost231", [row("hata_cost231", model="cost231", f_mhz="2100")])
    assert np.isfinite(answer.value[0])
    assert answer.note == ["stretched beyond the letter of the model"]
    answer = computed("tr38901_rma_uma", [row("tr38901_rma_uma", h_bldg_m="", w_street_m="")])
    assert answer.value[0] == pytest.approx(105.592, abs=0.001)
    assert answer.note == ["buildings of 5 m assumed, streets of 20 m assumed"]


def test_outdoors_needs_neither_band_nor_building() -> None:
    answer = computed(
        "reception_static", [row("reception_static", place="outdoor", f_ghz="", building_class="")]
    )
    assert answer.value[0] == pytest.approx(0.99379, abs=1e-5)
    assert answer.note == [""]


@pytest.mark.parametrize("name", SHEETS)
def test_order_and_further_columns_do_not_matter(name: str) -> None:
    header = ["remark", *reversed(SHEETS[name].columns), "origin"]
    assert recognise(header) is SHEETS[name]


@pytest.mark.parametrize("name", SHEETS)
def test_a_missing_column_is_named(name: str) -> None:
    for gone in SHEETS[name].columns:
        header = [column for column in SHEETS[name].columns if column != gone]
        if name == "tr38901_rma_uma" and set(header) == set(SHEETS["tr38901_plos"].columns):
            continue
        with pytest.raises(ColumnError, match=f"lacks the column {gone}|belongs to no table"):
            recognise(header)


def test_a_header_of_nothing_known_lists_what_is_known() -> None:
    with pytest.raises(ColumnError, match="belongs to no table") as refused:
        recognise(["lon", "lat", "people"])
    assert all(name in str(refused.value) for name in SHEETS)
    with pytest.raises(
        ColumnError, match="nearly that of hata_cost231, but lacks the column f_mhz; it has"
    ):
        recognise(["model", "environment", "city", "frequency", "d_km", "hb_m", "hm_m"])
