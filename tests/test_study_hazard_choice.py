"""Which features of a hazard layer, and which band of a hazard raster, are meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from made_country import AREA, PEOPLE, SHAPE, SWATH, TRANSFORM, count, people_in, raster

import ew4all
from ew4all.errors import ColumnError, InputError, OptionError

if TYPE_CHECKING:
    from pathlib import Path

LAYER = gpd.GeoDataFrame(
    {"class": ["high", "low", "none"], "level": [3.0, 1.0, np.nan]},
    geometry=[SWATH, AREA, None],
    crs=4326,
)


@pytest.fixture
def levels(tmp_path: Path) -> str:
    path = tmp_path / "levels.tif"
    size: dict[str, Any] = {"height": SHAPE[0], "width": SHAPE[1], "count": 2}
    at: dict[str, Any] = {"crs": "EPSG:4326", "transform": TRANSFORM, "dtype": "float32"}
    half = np.arange(SHAPE[1]) < SHAPE[1] // 2
    with rasterio.open(path, "w", driver="GTiff", **size, **at) as file:
        file.write(np.full(SHAPE, 9.0, np.float32), 1)
        file.write(np.broadcast_to(np.where(half, 9.0, 0.0), SHAPE).astype(np.float32), 2)
        file.set_band_description(2, "depth")
    return str(path)


@pytest.mark.parametrize(
    "where", [{"class": "high"}, {"level": 3}, {"LEVEL": "3"}, {"class": "high", "level": "3.0"}]
)
def test_chosen_features_alone_are_the_hazard(where: dict[str, Any]) -> None:
    found = count(hazard=LAYER, hazard_where=where)
    assert found.people.at_risk == pytest.approx(people_in(SWATH), rel=1e-9)
    assert any("1 of its 2 shapes are taken, those with" in note for note in found.notes)


def test_what_is_not_there_is_told_with_what_is() -> None:
    with pytest.raises(OptionError, match=r"no shape has 'High' in column 'class'.*: high, low$"):
        count(hazard=LAYER, hazard_where={"class": "High"})
    with pytest.raises(
        OptionError, match=r"no shape has '1' in column 'level' where class = high.*: 3$"
    ):
        count(hazard=LAYER, hazard_where={"class": "high", "level": "1"})
    with pytest.raises(ColumnError, match="no column 'kind'; its columns are: class, level"):
        count(hazard=LAYER, hazard_where={"kind": "flood"})
    with pytest.raises(ColumnError, match="its columns are: none"):
        count(hazard=[SWATH], hazard_where={"kind": "flood"})


def test_a_band_is_chosen(levels: str) -> None:
    whole = float(PEOPLE.sum(dtype=float))
    west = float(PEOPLE[:, : SHAPE[1] // 2].sum(dtype=float))
    for band, people in ((None, whole), (1, whole), (2, west)):
        found = count(hazard=levels, hazard_min=5.0, hazard_band=band)
        assert found.people.at_risk == pytest.approx(people, rel=1e-9)
        assert any(f"has 2 bands; band {band or 1} is used" in note for note in found.notes)


@pytest.mark.parametrize("band", [0, -1, 3])
def test_a_band_that_is_not_there_is_refused(levels: str, band: int) -> None:
    with pytest.raises(InputError, match=rf"no band {band}; it has 2: 2 \(depth\)"):
        count(hazard=levels, hazard_min=5.0, hazard_band=band)
    with pytest.raises(InputError, match=rf"no band {band}; an array holds 1"):
        count(hazard=raster(PEOPLE), hazard_min=5.0, hazard_band=band)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"hazard": LAYER, "hazard_band": 1}, "the hazard is no raster; leave hazard_band out"),
        ({"hazard_band": 1}, "the hazard is no raster"),
        ({"hazard_where": {"a": "b"}}, "the hazard is no polygon layer"),
        (
            {"hazard": raster(PEOPLE), "hazard_min": 1.0, "hazard_where": {"a": "b"}},
            "no polygon layer; leave hazard_where out",
        ),
        ({"hazard": LAYER, "hazard_where": "class=high"}, "hazard_where is a mapping"),
        ({"hazard": raster(PEOPLE), "hazard_min": 1.0, "hazard_band": "2"}, "number of a band"),
        ({"hazard": raster(PEOPLE), "hazard_min": 1.0, "hazard_band": True}, "number of a band"),
    ],
)
def test_choices_that_do_not_fit_are_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(OptionError, match=told):
        count(**given)


def test_the_choice_is_recorded(tmp_path: Path) -> None:
    ew4all.reach(
        raster(PEOPLE),
        population_unit="count",
        hazard=LAYER,
        hazard_where={"class": "high"},
        out=tmp_path / "out",
    )
    kept = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert '"hazard_where": {"class": "high"}' in json.dumps(kept)
