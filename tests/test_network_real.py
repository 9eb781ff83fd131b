"""Real lists of sites to maps: Lesotho by district, Paris, Grenada over its hills."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from affine import Affine

from ew4all.cells import Cells
from ew4all.errors import NoIntersectionError
from ew4all.network_intake import open_network
from ew4all.readers.sites import read_cells
from ew4all.readers.zones import read_zones
from ew4all.report.network_outputs import write_coverage

if TYPE_CHECKING:
    from pathlib import Path

DENSITY = "data/population/africa_worldpop_2020_density_20km.tif"
GRENADA = "data/population/grd_worldpop_100m_bbox.tif"


def test_lesotho_by_district(shared_data: Path, tmp_path: Path) -> None:
    """All of its cells, old ones too: 2g and 3g serve most people, 4g (132 cells) stands in the lowlands."""
    districts = str(shared_data / "data/admin/lso_adm1_cod.json")
    found = read_cells(str(shared_data / "data/towers/lso_opencellid.csv"), max_age_years=None)
    population = str(shared_data / DENSITY)
    zones = read_zones(districts)
    opened = open_network(
        found.cells, population, population_unit="per_km2", zones=zones, resolution_m=500.0
    )
    assert any("so that towns inside it are not seen" in note for note in opened.notes)
    summary = write_coverage(
        tmp_path / "out", opened, population, settings={}, zones=districts, population_unit="per_km2"
    )  # fmt: skip
    assert len(summary.zones) == 10
    assert summary.whole.people == pytest.approx(1.27e6, rel=0.05)
    assert sum(z.people for z in summary.zones) == pytest.approx(summary.whole.people, rel=1e-6)
    by_name = {z.name: z.served["outdoors"] for z in summary.zones}
    shares = {z.name: z.served["outdoors"]["any"] / z.people for z in summary.zones}
    assert shares["Maseru"] > 0.9
    assert shares["Berea"] > 0.9
    assert shares["Quthing"] < 0.5
    assert by_name["Qacha's Nek"]["4g"] == 0.0
    out = summary.whole.served["outdoors"]
    assert out["4g"] < out["2g"] <= out["any"] < summary.whole.people
    with rasterio.open(tmp_path / "out" / "level_2g.tif") as file:
        level = file.read(1)
    assert level[level > -900.0].min() > -135.0


def test_a_terrain_of_another_country(shared_data: Path) -> None:
    found = read_cells(str(shared_data / "data/towers/lso_opencellid.csv"))
    zones = read_zones(str(shared_data / "data/admin/lso_adm1_cod.json"))
    with pytest.raises(NoIntersectionError, match=r"grd_srtm_30m_bbox\.tif does not meet the map"):
        open_network(
            found.cells, str(shared_data / DENSITY), population_unit="per_km2", zones=zones,
            dem=str(shared_data / "data/dem/grd_srtm_30m_bbox.tif"),
        )  # fmt: skip


def test_paris_operator_sites(shared_data: Path, tmp_path: Path) -> None:
    """Four operators in a town: 4g almost everywhere outdoors, fewer inside; no population raster is at hand."""
    found = read_cells(str(shared_data / "data/towers/fra_paris_operator_sites.csv"))
    people = np.full((60, 90), 40.0, np.float32)
    path = tmp_path / "people.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=60, width=90, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine(0.0014, 0.0, 2.28, 0.0, -0.0009, 48.89),
    ) as file:  # fmt: skip
        file.write(people, 1)
    opened = open_network(found.cells, str(path), population_unit="count", technology=("4g",))
    network = opened.network
    assert {"ORANGE", "SFR"} <= {name.upper() for name in network.operators()} or len(
        network.operators()
    ) >= 3
    signal = network.signal(network.grid.whole, "4g")
    assert np.median(signal.level_dbm[0]) > -95.0
    assert (signal.cell >= 0).all()
    outdoors, indoors = (
        network.service_of(signal, "4g", indoor=indoor).mean() for indoor in (False, True)
    )
    assert outdoors > 0.97
    assert 0.5 < indoors < 0.9
    one = network.operators()[0]
    mine = network.service_probability(network.grid.whole, "4g", one)
    assert mine.mean() <= outdoors


@pytest.mark.parametrize("dem", ["grd_srtm_30m_bbox.tif", "grd_dem_90m_wide.tif"])
def test_hills_of_grenada(shared_data: Path, dem: str) -> None:
    """Made-up masts where people live (there is no list of sites): the ridge in the middle shades some of them."""
    population = str(shared_data / GRENADA)
    with rasterio.open(population) as file:
        people, transform = file.read(1).astype(float), file.transform
    rng = np.random.default_rng(3)
    chosen = rng.choice(people.size, 8, replace=False, p=(people / people.sum()).ravel())
    row, col = np.divmod(chosen, people.shape[1])
    lon, lat = transform.c + transform.a * (col + 0.5), transform.f + transform.e * (row + 0.5)
    cells = Cells.of(lon, lat, "4g", frequency_mhz=800.0, height_m=30.0)
    flat = open_network(cells, population, population_unit="count")
    hilly = open_network(
        cells, population, population_unit="count", dem=str(shared_data / "data/dem" / dem)
    )
    assert any("says nothing about" in note for note in hilly.notes)
    if "wide" in dem:
        assert any(
            "(the lowest -32767) are taken as cells without data" in note for note in hilly.notes
        )
    served = []
    for opened in (flat, hilly):
        share = opened.network.service_probability(opened.grid.whole, "4g", indoor=True)
        window = opened.window
        here = people[window.row0 : window.row1, window.col0 : window.col1]
        served.append(float((share * here).sum() / here.sum()))
    assert 0.05 < served[0] - served[1] < 0.6
