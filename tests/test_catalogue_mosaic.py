"""Tiles as one raster: the same cells as the tiles, at their places."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from open_data_server import Answer, open_data_server
from raster_files import write_tif

import ew4all
from ew4all.catalogue.entries import entry
from ew4all.catalogue.mosaic import write_mosaic
from ew4all.catalogue.shelf import RECORD, get
from ew4all.catalogue.templates import wanted
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(3)
NORTH = RNG.random((10, 10)).astype(np.float32)
SOUTH = RNG.random((10, 10)).astype(np.float32)


def tile(
    path: Path, values: Any, west: float, north: float, cell: float = 0.1, **more: Any
) -> Path:
    return write_tif(path, values, Affine(cell, 0, west, 0, -cell, north), **more)


def read(path: Path) -> Any:
    with rasterio.open(path) as file:
        return file.read(1), file.transform, file.nodata


def test_cells_are_those_of_the_tiles(tmp_path: Path) -> None:
    # Corners with the digits that files carry.
    a = tile(tmp_path / "a.tif", NORTH, -61.00000001, 13.0)
    b = tile(tmp_path / "b.tif", SOUTH, -62.0, 12.00000002)
    assert write_mosaic(tmp_path / "both.vrt", [a, b]) is None
    values, transform, nodata = read(tmp_path / "both.vrt")
    assert values.shape == (20, 20)
    assert (values[:10, 10:] == NORTH).all()
    assert (values[10:, :10] == SOUTH).all()
    assert (values[:10, :10] == 0.0).all(), "where the sea has no tile its height is 0"
    assert nodata is None
    assert (transform.c, transform.f) == (-62.0, 13.0)


def test_no_data_stays_so(tmp_path: Path) -> None:
    holes = NORTH.copy()
    holes[0, 0] = np.nan
    a = tile(tmp_path / "a.tif", holes, 10.0, 13.0, nodata=np.nan)
    b = tile(tmp_path / "b.tif", SOUTH, 12.0, 13.0, nodata=np.nan)
    assert write_mosaic(tmp_path / "both.vrt", [a, b]) is None
    values, _, nodata = read(tmp_path / "both.vrt")
    assert np.isnan(nodata)
    assert np.isnan(values[0, 0])
    assert np.isnan(values[:, 10:20]).all()
    assert (values[:, 20:] == SOUTH).all()
    people = ew4all.reach(tmp_path / "both.vrt", population_unit="count").people.total
    assert people == pytest.approx(
        float(np.nansum(holes, dtype=np.float64) + SOUTH.sum(dtype=np.float64)), rel=1e-6
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"cell": 0.2}, "other cells"),
        ({"west": 11.03}, "not on one lattice"),
        ({"values": SOUTH.astype(np.float64)}, "other cells"),
        ({"crs": "EPSG:32620"}, "other cells"),
    ],
)
def test_tiles_that_do_not_fit_are_told(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    a = tile(tmp_path / "a.tif", NORTH, 10.0, 13.0)
    given = {"values": SOUTH, "west": 11.0, "north": 13.0} | more
    b = tile(tmp_path / "b.tif", **given)
    assert said in (write_mosaic(tmp_path / "both.vrt", [a, b]) or "")
    assert not (tmp_path / "both.vrt").exists()


def test_get_makes_one_raster_of_several_tiles(tmp_path: Path) -> None:
    asked = {"bbox": "-61.9,11.5,-61.1,12.5"}
    wants = wanted(entry("copernicus-dem-30"), asked)
    north = tile(tmp_path / "n.tif", NORTH, -62.0, 13.0).read_bytes()
    south = tile(tmp_path / "s.tif", SOUTH, -62.0, 12.0).read_bytes()
    out = tmp_path / "out"
    with open_data_server() as shop:
        for want, body in zip(wants, (north, south), strict=True):
            shop.give(want.urls[0], Answer(body))
        *tiles, whole = get("copernicus-dem-30", asked, folder=out, mirror=shop.url)
        assert [t.state for t in tiles] == ["fetched", "fetched"]
        assert whole.state == "made"
        assert whole.path == out / "copernicus-dem-30_-61.9_11.5_-61.1_12.5.vrt"
        assert (read(whole.path)[0] == np.vstack([NORTH, SOUTH])).all()
        record = json.loads((out / RECORD).read_text("utf-8"))["files"][whole.path.name]
        assert list(record["of"]) == [w.file for w in wants]
        assert (
            get("copernicus-dem-30", asked, folder=out, mirror=shop.url)[-1].sha256 == whole.sha256
        )
        shop.give(wants[1].urls[0], Answer(b"", 404))
        (alone, sea) = get("copernicus-dem-30", asked, folder=tmp_path / "coast", mirror=shop.url)
        assert (alone.state, sea.state) == ("fetched", "sea")
        (out / RECORD).unlink()
        with pytest.raises(OptionError, match="was not fetched by ew4all"):
            get("copernicus-dem-30", asked, folder=out, mirror=shop.url)
