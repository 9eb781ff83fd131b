"""Cells as GeoJSON and CSV: every identity, what was assumed, added columns; read again, and refused where wrong."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ew4all.cells import ASSUMABLE, TECHNOLOGIES, Cells
from ew4all.errors import InputError, WriteError
from ew4all.readers.sites import read_cells
from ew4all.writers.cells import cell_table, write_cells_csv, write_cells_geojson

if TYPE_CHECKING:
    from pathlib import Path


def some_cells() -> Cells:
    return Cells.of(
        [27.48, 27.48, 28.1234567],
        [-29.31, -29.31, -29.5],
        ["4g", "2g", "3g"],
        id=["651-1-7-256", "651-1-7-9", "c"],
        site_id=["Mast 1", "Mast 1", "Mast 2"],
        operator=["Vodacom", "Éconet", ""],
        azimuth_deg=[120.0, np.nan, 0.0],
        tai=["651-1-7", "LAI 651-1-7", ""],
        emergency_area=["E1", "", ""],
        height_m=[33.0, np.nan, np.nan],
    )


def read_geojson(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


def test_every_identity_and_what_was_assumed_is_a_property(tmp_path: Path) -> None:
    path = tmp_path / "cells.geojson"
    write_cells_geojson(path, some_cells())
    document = read_geojson(path)
    assert document["type"] == "FeatureCollection"
    assert "crs" not in document
    first, second, third = document["features"]
    assert first["id"] == first["properties"]["id"] == "651-1-7-256"
    assert first["geometry"] == {"type": "Point", "coordinates": [27.48, -29.31]}
    assert third["geometry"]["coordinates"] == [28.123457, -29.5]
    assert first["properties"] == {
        "id": "651-1-7-256",
        "site_id": "Mast 1",
        "technology": "4g",
        "operator": "Vodacom",
        "frequency_mhz": 800.0,
        "bandwidth_mhz": 10.0,
        "power_dbm": 46.0,
        "gain_dbi": 17.0,
        "feeder_loss_db": 2.0,
        "height_m": 33.0,
        "beamwidth_deg": 65.0,
        "downtilt_deg": 0.0,
        "azimuth_deg": 120.0,
        "tai": "651-1-7",
        "emergency_area": "E1",
        "assumed": "frequency_mhz bandwidth_mhz power_dbm gain_dbi feeder_loss_db beamwidth_deg downtilt_deg",
    }
    assert second["properties"]["azimuth_deg"] is None
    assert second["properties"]["operator"] == "Éconet"
    assert third["properties"]["azimuth_deg"] == 0.0
    assert third["properties"]["assumed"].split() == list(ASSUMABLE)


def test_a_command_adds_its_columns(tmp_path: Path) -> None:
    extra: dict[str, Any] = {
        "share_inside": np.array([0.25, np.nan, 1.0], np.float32),
        "addressed": [True, False, True],
        "cause": ["power", "", "wind"],
        "order": np.arange(3, dtype=np.int32),
        "seen": np.array([1.5, None, "x"], dtype=object),
    }
    path = tmp_path / "cells.geojson"
    write_cells_geojson(path, some_cells(), extra, notice="made up")
    document = read_geojson(path)
    assert document["notice"] == "made up"
    added = [[f["properties"][name] for name in extra] for f in document["features"]]
    assert added == [
        [0.25, True, "power", 0, 1.5],
        [None, False, "", 1, None],
        [1.0, True, "wind", 2, "x"],
    ]
    write_cells_csv(tmp_path / "cells.csv", some_cells(), extra, notice="made up")
    with (tmp_path / "cells.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["share_inside"] for row in rows] == ["0.25", "", "1.0"]
    assert {row["notice"] for row in rows} == {"made up"}
    assert rows[0]["lon_deg"] == "27.48"


@pytest.mark.parametrize("suffix", ["csv", "geojson"])
def test_what_was_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    cells = some_cells()
    path = tmp_path / f"cells.{suffix}"
    (write_cells_csv if suffix == "csv" else write_cells_geojson)(path, cells)
    again = read_cells(path).cells
    assert again.assumed_counts() == {}
    for name in ("id", "site", "site_id", "technology", "operator", "tai", "emergency_area"):
        assert getattr(again, name).tolist() == getattr(cells, name).tolist(), name
    for name in (*ASSUMABLE, "azimuth_deg", "lat_deg"):
        assert np.array_equal(getattr(again, name), getattr(cells, name), equal_nan=True), name
    assert again.lon_deg == pytest.approx(cells.lon_deg, abs=1e-6)


def test_no_cell_is_an_empty_collection(tmp_path: Path) -> None:
    none = some_cells().take(np.zeros(3, np.bool_))
    write_cells_geojson(tmp_path / "cells.geojson", none, {"cause": np.zeros(0, np.str_)})
    assert read_geojson(tmp_path / "cells.geojson")["features"] == []
    write_cells_csv(tmp_path / "cells.csv", none)
    assert (tmp_path / "cells.csv").read_text().count("\n") == 1


def test_columns_hold_plain_values() -> None:
    for name, values in cell_table(some_cells(), {"x": np.array([1, 2, 3], np.int16)}).items():
        assert {type(v) for v in values} <= {str, float, int, type(None)}, name
    assert [t for t in cell_table(some_cells())["technology"] if t not in TECHNOLOGIES] == []


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"tai": ["a", "b", "c"]}, "have a column 'tai' already"),
        ({"x": [1.0, 2.0]}, r"'x' has shape \(2,\), but there are 3 cells"),
        ({"x": 1.0}, "there are 3 cells"),
        ({"x": [1.0, np.inf, 2.0]}, "infinite"),
    ],
)
def test_added_columns_that_do_not_fit(extra: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        cell_table(some_cells(), extra)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    for write in (write_cells_csv, write_cells_geojson):
        with pytest.raises(WriteError):
            write(tmp_path / "absent" / "cells", some_cells())
