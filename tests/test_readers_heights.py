"""Heights for a map: windows, no data, other projections, the antimeridian, and rasters that are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS

from ew4all.errors import InputError, NoIntersectionError, ReadError
from ew4all.grid import Grid
from ew4all.readers import heights as module
from ew4all.readers.heights import read_heights

if TYPE_CHECKING:
    from pathlib import Path

CELL = 0.01
MAP = Grid(Affine(0.001, 0.0, 28.0, 0.0, -0.001, -29.0), 200, 300, CRS.from_epsg(4326))


def dem(
    path: Path,
    west: float,
    north: float,
    values: np.ndarray,
    crs: str = "EPSG:4326",
    **more: object,
) -> str:
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype=values.dtype,
        crs=crs, transform=more.pop("transform", Affine(CELL, 0.0, west, 0.0, -CELL, north)), **more,
    ) as file:  # fmt: skip
        file.write(values, 1)
    return str(path)


def at(terrain: object, lon: float, lat: float) -> float:
    return float(terrain.at(np.array([lon]), np.array([lat]))[0])  # type: ignore[attr-defined]


def test_only_the_window_of_the_map_and_its_margin_is_read(tmp_path: Path) -> None:
    values = np.add.outer(np.arange(400) * 2, np.arange(500)).astype(np.int16)
    path = dem(tmp_path / "dem.tif", 26.0, -27.0, values)
    terrain, notes = read_heights(path, MAP, 10_000.0)
    assert notes == ()
    assert terrain.heights.shape[0] < 60
    # Row and column of 28.155, -29.105 in the file: 210 and 215.
    assert at(terrain, 28.155, -29.105) == 2 * 210 + 215
    assert terrain.missing_share(MAP, MAP.whole) == 0.0


def test_what_is_no_data_is_unknown(tmp_path: Path) -> None:
    values = np.full((100, 100), 50, np.int16)
    values[:, 50:] = -32768
    path = dem(tmp_path / "dem.tif", 27.65, -28.6, values, nodata=-32768)
    terrain, _ = read_heights(path, MAP, 5_000.0)
    assert at(terrain, 28.1, -29.1) == 50.0
    assert np.isnan(at(terrain, 28.2, -29.1))
    assert terrain.missing_share(MAP, MAP.whole) == pytest.approx(0.5, abs=0.02)


def test_metres_of_another_projection(tmp_path: Path) -> None:
    values = np.full((300, 300), 1234.5, np.float32)
    path = dem(
        tmp_path / "dem.tif",
        0,
        0,
        values,
        "EPSG:32735",
        transform=Affine(300.0, 0.0, 5.7e5, 0.0, -300.0, 6.83e6),
    )
    terrain, _ = read_heights(path, MAP, 5_000.0)
    assert at(terrain, 28.1, -29.1) == 1234.5


def test_a_map_across_the_antimeridian(tmp_path: Path) -> None:
    """A raster of the whole world is read at both of its ends, one that runs on beyond 180 as it is."""
    fiji = Grid(Affine(0.01, 0.0, 179.5, 0.0, -0.01, -17.0), 50, 100, CRS.from_epsg(4326))
    columns = np.arange(3600)
    world = np.broadcast_to((columns % 1000).astype(np.int16), (200, 3600))
    path = dem(
        tmp_path / "world.tif", 0, 0, np.ascontiguousarray(world),
        transform=Affine(0.1, 0.0, -180.0, 0.0, -0.1, -8.0),
    )  # fmt: skip
    terrain, _ = read_heights(path, fiji, 5_000.0)
    assert at(terrain, 179.65, -17.2) == 3596 % 1000
    assert at(terrain, -179.65, -17.2) == 3
    assert at(terrain, 180.35, -17.2) == 3
    assert terrain.missing_share(fiji, fiji.whole) == 0.0
    values = np.full((30, 30), 7.0, np.float32)
    path = dem(tmp_path / "west.tif", -180.0, -17.0, values)
    terrain, _ = read_heights(path, fiji, 1_000.0)
    assert np.isnan(at(terrain, 179.9, -17.1))
    assert at(terrain, 180.1, -17.1) == 7.0


def test_too_many_cells_are_averaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CELLS", 500)
    monkeypatch.setattr(module, "_STRIP_CELLS", 300)
    values = np.add.outer(np.arange(101) * 2, np.arange(97)).astype(np.float32)
    values[40:45, 40:45] = np.nan
    path = dem(tmp_path / "dem.tif", 27.65, -28.6, values)
    terrain, notes = read_heights(path, MAP, 5_000.0)
    assert "averaged over" in notes[0]
    assert terrain.heights.size <= 520
    # Twice the row and once the column, as floats of places: a plane keeps its heights when averaged.
    assert at(terrain, 28.2, -29.1) == pytest.approx(2 * 49.5 + 54.5, abs=6.0)


@pytest.mark.parametrize("west", [-120.0, 35.0])
def test_a_raster_that_lies_elsewhere(tmp_path: Path, west: float) -> None:
    path = dem(tmp_path / "dem.tif", west, -29.0, np.zeros((20, 20), np.int16))
    with pytest.raises(
        NoIntersectionError, match=r"does not meet the map; it spans x .* the map x 28"
    ):
        read_heights(path, MAP, 1_000.0)


def test_a_raster_without_a_height_there(tmp_path: Path) -> None:
    path = dem(tmp_path / "dem.tif", 27.5, -28.5, np.full((200, 200), -1, np.int16), nodata=-1)
    with pytest.raises(NoIntersectionError, match="holds no height where the map lies"):
        read_heights(path, MAP, 1_000.0)


def test_values_that_are_no_metres(tmp_path: Path) -> None:
    path = dem(tmp_path / "dem.tif", 27.5, -28.5, np.full((200, 200), 32767, np.int16))
    with pytest.raises(InputError, match="holds heights up to 32767, which are no metres"):
        read_heights(path, MAP, 1_000.0)


def test_marks_that_are_not_declared_and_the_floor_of_the_sea(tmp_path: Path) -> None:
    values = np.full((200, 200), 12, np.int16)
    values[:, 60:66] = -32767
    values[:, 70] = -2300
    path = dem(tmp_path / "dem.tif", 27.5, -28.5, values, nodata=-32768)
    terrain, notes = read_heights(path, MAP, 5_000.0)
    assert np.isnan(at(terrain, 28.125, -29.1))
    assert at(terrain, 28.205, -29.1) == 0.0
    assert at(terrain, 28.025, -29.1) == 12.0
    assert "below -12,000 m (the lowest -32767) are taken as cells without data" in notes[0]
    assert "taken as sea, at a height of 0" in notes[1]


def test_no_file() -> None:
    with pytest.raises(ReadError, match="terrain raster"):
        read_heights("/nowhere/dem.tif", MAP, 1_000.0)
