"""`ew4all coverage` from cells to a folder: what it writes, whom it counts, what it refuses."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import CRS
from raster_files import write_tif
from rio_cogeo.cogeo import cog_validate

import ew4all
from ew4all.cells import Cells
from ew4all.coverage.network import Network
from ew4all.errors import (
    EmptyLayerError,
    EmptySelectionError,
    NoIntersectionError,
    OptionError,
    SwappedAxesError,
    UnknownTechnologyError,
)
from ew4all.grid import Block, Grid
from ew4all.network_intake import OpenedNetwork, open_network
from ew4all.network_maps import ServiceSummary, blocks_of
from ew4all.readers.zones import read_zones
from ew4all.report.network_map import _colours_apart, level_classes
from ew4all.report.network_outputs import _slugs, write_coverage

if TYPE_CHECKING:
    from pathlib import Path

CELL = 0.002
TRANSFORM = Affine(CELL, 0.0, 28.0, 0.0, -CELL, -29.0)


def three_cells(**more: Any) -> Cells:
    return Cells.of(
        [28.05, 28.05, 28.2], [-29.06, -29.06, -29.12], ["4g", "2g", "4g"], azimuth_deg=[40.0, np.nan, np.nan],
        operator=["A", "A", "B"], id=["one", "two", "three"], **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inputs")


@pytest.fixture(scope="module")
def population(folder: Path) -> Path:
    people = np.random.default_rng(1).exponential(6.0, (90, 130)).astype(np.float32)
    people[:, :20] = 0.0
    people[50:60, 60:70] = 80.0
    return write_tif(folder / "people.tif", people, TRANSFORM, unit="people")


@pytest.fixture(scope="module")
def zones(folder: Path) -> Path:
    halves = [shapely.box(28.0, -29.18, 28.1, -29.0), shapely.box(28.1, -29.18, 28.26, -29.0)]
    features = [
        {"type": "Feature", "properties": {"id": f"z{k}", "name": n}, "geometry": json.loads(shapely.to_geojson(g))}
        for k, (n, g) in enumerate(zip(("West", "East"), halves, strict=True))
    ]  # fmt: skip
    path = folder / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@dataclass
class Written:
    folder: Path
    opened: OpenedNetwork
    summary: ServiceSummary


def run(
    folder: Path, population: Path, workers: int = 2, zones: Path | None = None, **more: Any
) -> Written:
    opened = open_network(
        three_cells(),
        str(population),
        zones=None if zones is None else read_zones(str(zones)),
        **more,
    )
    summary = write_coverage(
        folder, opened, str(population), settings={"sites": "three"}, zones=None if zones is None else str(zones),
        account=({"fate": "used", "reason": "", "rows": 3, "where": "lines 2 to 4"},), title="Test", workers=workers,
    )  # fmt: skip
    return Written(folder, opened, summary)


@pytest.fixture(scope="module")
def written(folder: Path, population: Path, zones: Path) -> Written:
    # Within 6 km, so that some pixels are considered by no cell.
    return run(folder / "out", population, zones=zones, assume={"reach_km": 6.0})


def test_rasters_hold_what_the_network_says_in_stated_units(written: Written) -> None:
    network = written.opened.network
    for technology in ("2g", "4g"):
        signal = network.signal(network.grid.whole, technology)
        shares = [network.service_of(signal, technology, indoor=i) for i in (False, True)]
        need = network.radio.decodes_dbm(technology)
        expected = {
            "level": (signal.level_dbm[0], "dBm", 1 / 32, -999.0),
            "margin": (signal.level_dbm[0] - need, "dB", 1 / 32, -999.0),
            "server": (signal.cell[0], "row of cells.csv, from 0", 0.0, -1),
            "service": (shares[0], "probability", 1 / 2048, -1.0),
            "service_indoor": (shares[1], "probability", 1 / 2048, -1.0),
        }
        for name, (values, unit, tolerance, nodata) in expected.items():
            stem, _, rest = name.partition("_")
            path = written.folder / f"{stem}_{technology}{'_' + rest if rest else ''}.tif"
            with rasterio.open(path) as file:
                assert file.units == (unit,)
                assert file.nodata == nodata
                assert file.tags()["EW4ALL_PROVENANCE"] == "modelled"
                assert file.transform == network.grid.transform
                held = file.read(1)
            known = (
                np.isfinite(values) & (signal.cell[0] >= 0)
                if "service" not in name
                else np.isfinite(values)
            )
            assert np.abs(held[known] - values[known]).max() <= tolerance
            assert (held[~known] == nodata).all()
            assert (~known).any() == ("service" not in name)
            assert cog_validate(str(path))[0]


def test_the_server_is_looked_up_in_the_table_of_cells(written: Written) -> None:
    with (written.folder / "cells.csv").open(encoding="utf-8") as file:
        cells = {int(row["index"]): row for row in csv.DictReader(file)}
    with rasterio.open(written.folder / "server_4g.tif") as file:
        servers = file.read(1)
    used = set(np.unique(servers[servers >= 0]).tolist())
    assert {cells[k]["id"] for k in used} == {"one", "three"}
    assert {cells[k]["technology"] for k in used} == {"4g"}
    assert float(cells[0]["reference_eirp_dbm"]) == pytest.approx(
        float(written.opened.network.eirp_dbm[0]), abs=1e-3
    )
    assert cells[2]["azimuth_deg"] == ""


def test_its_rasters_are_coverage_for_reach_as_they_are(written: Written, population: Path) -> None:
    with rasterio.open(population) as file:
        people = file.read(1).astype(float)
    with rasterio.open(written.folder / "service_4g.tif") as file:
        share = file.read(1)
    result = ew4all.reach(str(population), coverage={"4g": str(written.folder / "service_4g.tif")})
    assert result.people.covered["4g"] == pytest.approx((people * share).sum(), rel=1e-6)
    assert written.summary.whole.served["outdoors"]["4g"] == pytest.approx(
        result.people.covered["4g"]
    )
    entry = next(i for i in result.inputs if i.role == "coverage 4g")
    assert entry.provenance == "modelled"
    with rasterio.open(written.folder / "level_4g.tif") as file:
        level = file.read(1)
    by_level = ew4all.reach(
        str(population),
        coverage={"4g": str(written.folder / "level_4g.tif")},
        coverage_min={"4g": -105.0},
    )
    assert by_level.people.covered["4g"] == pytest.approx(people[level >= -105.0].sum(), rel=1e-6)


def test_cells_and_zones_are_shapes_with_the_numbers_of_the_tables(written: Written) -> None:
    points = gpd.read_file(written.folder / "cells.geojson", engine="pyogrio").set_index("id")
    with (written.folder / "cells.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(points.index) == [row["id"] for row in rows]
    for (_, point), row in zip(points.iterrows(), rows, strict=True):
        assert point.geometry.x == pytest.approx(float(row["lon_deg"]), abs=1e-6)
        assert point["reference_eirp_dbm"] == float(row["reference_eirp_dbm"])
    zones = gpd.read_file(written.folder / "zones.gpkg", layer="zones", engine="pyogrio")
    with (written.folder / "served.csv").open(encoding="utf-8") as file:
        whole, *rows = csv.DictReader(file)
    assert list(zones["id"]) == [row["id"] for row in rows]
    for name in set(whole) - {"id", "name"}:
        assert zones[name].to_list() == pytest.approx([float(row[name]) for row in rows])
    assert [shape is not None for shape in zones.geometry] == [
        row["id"] != "outside" for row in rows
    ]


def test_zones_add_up_and_the_mix_lies_between(written: Written) -> None:
    summary = written.summary
    assert [z.name for z in summary.zones[:2]] == ["West", "East"]
    for situation in ("outdoors", "indoors", "usual"):
        for technology in ("2g", "4g", "any"):
            whole = summary.whole.served[situation][technology]
            assert sum(z.served[situation][technology] for z in summary.zones) == pytest.approx(
                whole
            )
            assert 0.0 < whole <= summary.whole.people
    out, inside, usual = (summary.whole.served[s]["4g"] for s in ("outdoors", "indoors", "usual"))
    assert usual == pytest.approx(0.25 * out + 0.75 * inside)
    assert summary.whole.served["outdoors"]["any"] >= out
    with (written.folder / "served.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [r["name"] for r in rows[:3]] == ["all", "West", "East"]
    assert float(rows[0]["4g_usual"]) == usual


def test_record_and_document(written: Written) -> None:
    record = json.loads((written.folder / "run.json").read_text())
    assert record["command"] == "coverage"
    assert record["outputs"] == sorted(p.name for p in written.folder.iterdir())
    assert record["assumptions"]["decode_4g_dbm"] == -122.0
    assert {i["role"] for i in record["inputs"]} == {"population", "zones"}
    document = json.loads((written.folder / "coverage.json").read_text())
    assert document == json.loads(json.dumps(written.summary.to_dict()))
    assert document["schema"] == "ew4all/coverage/1"
    assert document["account"][0]["rows"] == 3
    assert document["technologies"][1] == {
        "technology": "4g", "cells": 2, "sites": 2, "operators": 2, "served_from_dbm": -119.0,
    }  # fmt: skip
    assert any("no terrain was given" in n for n in document["notes"])
    assert any("assumed by surroundings" in n for n in document["notes"])
    assert (
        written.folder / "account.csv"
    ).read_text() == "fate,reason,rows,where\nused,,3,lines 2 to 4\n"
    for picture in ("map_4g_level.png", "map_2g_server.png"):
        assert (written.folder / picture).read_bytes()[16:24] == (1620).to_bytes(4, "big") + (
            1200
        ).to_bytes(4, "big")


def test_the_same_bytes_for_any_number_of_workers(
    tmp_path: Path, population: Path, zones: Path
) -> None:
    def digests(folder: Path, workers: int) -> dict[str, str]:
        run(folder, population, workers=workers, zones=zones)
        return {
            p.name: hashlib.sha256(p.read_bytes()).hexdigest()
            for p in folder.iterdir()
            if p.suffix != ".png"
        }

    assert digests(tmp_path / "one", 1) == digests(tmp_path / "three", 3)


def test_some_blocks_and_dead_cells_only(population: Path) -> None:
    network = open_network(three_cells(), str(population)).network
    block = Block(0, 40, 0, 50)
    alive = np.array([False, True, True])
    seen: list[tuple[int, int]] = []
    ((where, maps),) = blocks_of(
        network,
        alive=alive,
        blocks=[block],
        progress=lambda done, total: seen.append((done, total)),
    )
    assert where == block
    assert set(np.unique(maps.technologies["4g"].server).tolist()) == {2}
    assert seen == [(1, 1)]


def test_coarse_cells_of_people_are_divided(tmp_path: Path) -> None:
    coarse = write_tif(
        tmp_path / "coarse.tif",
        np.full((4, 5), 900.0, np.float32),
        Affine(0.05, 0, 28.0, 0, -0.05, -29.0),
    )
    opened = open_network(three_cells(), str(coarse), population_unit="count", resolution_m=500.0)
    assert opened.factor == 10
    assert opened.grid.shape == (40, 50)
    assert any("divides it into 10 x 10 pixels" in n for n in opened.notes)
    assert any("about 5 km wide, so that towns inside it are not seen" in n for n in opened.notes)
    fine = open_network(three_cells(), str(coarse), population_unit="count")
    assert fine.factor == 20
    with pytest.raises(OptionError, match="width of a pixel is a number of metres above 0"):
        open_network(three_cells(), str(coarse), population_unit="count", resolution_m=-5.0)


def test_the_map_shows_what_cells_reach_or_the_zones(tmp_path: Path, zones: Path) -> None:
    wide = write_tif(
        tmp_path / "wide.tif",
        np.ones((2000, 2000), np.float32),
        Affine(CELL, 0.0, 27.0, 0.0, -CELL, -28.0),
    )
    opened = open_network(
        three_cells(), str(wide), population_unit="count", assume={"reach_km": 5.0}
    )
    assert opened.is_part
    west, south, east, north = opened.grid.bounds
    assert 27.98 < west < 28.05
    assert 28.2 < east < 28.27
    assert -29.18 < south < north < -29.0
    shown = open_network(
        three_cells(),
        str(wide),
        population_unit="count",
        zones=read_zones(str(zones)),
        assume={"reach_km": 5.0},
    )
    assert shown.grid.bounds == pytest.approx((28.0, -29.18, 28.26, -29.0))
    summary = write_coverage(
        tmp_path / "out", shown, str(wide), settings={}, zones=str(zones), population_unit="count"
    )
    assert summary.whole.people == pytest.approx(130 * 90)
    assert [z.name for z in summary.zones] == ["West", "East"]


def test_heights_and_land_cover_from_files(tmp_path: Path, population: Path) -> None:
    hills = np.full((80, 60), 1500.0, np.float32)
    hills[:, 30] = 1900.0
    dem = write_tif(tmp_path / "dem.tif", hills, Affine(0.004, 0.0, 27.95, 0.0, -0.004, -28.9))
    cover = write_tif(tmp_path / "cover.tif", np.full((90, 130), 50, np.uint8), TRANSFORM)
    plain = open_network(three_cells(height_m=30.0, frequency_mhz=800.0), str(population))
    rough = open_network(
        three_cells(height_m=30.0, frequency_mhz=800.0),
        str(population),
        dem=str(dem),
        landcover=str(cover),
    )
    assert {s.role for s in rough.sources} == {"population", "terrain", "land cover"}
    assert any("says nothing about" in n and "% of the map" in n for n in rough.notes)
    assert any("1 of 3 cells on the map stand where" in n for n in rough.notes)
    assert any("legend of ESA WorldCover" in n for n in rough.notes)
    levels = [o.network.signal(o.grid.whole, "2g").level_dbm[0] for o in (plain, rough)]
    both = np.isfinite(levels[0]) & np.isfinite(levels[1])
    assert (levels[1][both] <= levels[0][both] + 1e-6).all()
    assert (levels[0] - levels[1])[both].max() > 15.0
    with pytest.raises(OptionError, match="classes of land cover were given without"):
        open_network(three_cells(), str(population), landcover_class={"50": "built"})
    far = write_tif(tmp_path / "far.tif", hills, Affine(0.004, 0.0, -61.0, 0.0, -0.004, 12.0))
    with pytest.raises(NoIntersectionError, match="does not meet the map"):
        open_network(three_cells(), str(population), dem=str(far))


def test_surroundings_choose_what_the_list_does_not_give(population: Path) -> None:
    town = Cells.of([28.13, 28.02], [-29.11, -29.17], "4g")
    cells = open_network(town, str(population)).network.cells
    assert cells.height_m.tolist() == [25.0, 40.0]
    assert cells.frequency_mhz.tolist() == [1800.0, 800.0]
    given = open_network(
        three_cells(), str(population), assume_cells={"height_m": 12.0}
    ).network.cells
    assert (given.height_m == 12.0).all()


def test_what_is_refused(population: Path, zones: Path, tmp_path: Path) -> None:
    cells = three_cells()
    with pytest.raises(EmptyLayerError, match="holds no usable cell"):
        open_network(cells.take(np.zeros(3, np.bool_)), str(population))
    with pytest.raises(UnknownTechnologyError, match="'6g'"):
        open_network(cells, str(population), technology=("6g",))
    with pytest.raises(EmptyLayerError, match="no cell is of 5g; the list holds 2g, 4g"):
        open_network(cells, str(population), technology=("5g",))
    away = Cells.of([10.0], [50.0], "4g")
    with pytest.raises(
        NoIntersectionError, match=r"no cell reaches the population: cells span longitude 10\.000"
    ):
        open_network(away, str(population))
    with pytest.raises(
        EmptySelectionError, match=r"nearest site, site 1, stands [\d,]+ km from its middle"
    ):
        open_network(away, str(population), zones=read_zones(str(zones)))
    with pytest.raises(SwappedAxesError, match="with latitude and longitude exchanged they would"):
        open_network(Cells.of([-29.06], [28.05], "4g"), str(population))
    elsewhere = tmp_path / "elsewhere.geojson"
    elsewhere.write_text(zones.read_text().replace("28.", "58."))
    with pytest.raises(NoIntersectionError, match="does not meet the population raster"):
        open_network(cells, str(population), zones=read_zones(str(elsewhere)))
    assert open_network(cells, str(population), technology=("2g",)).network.technologies() == (
        "2g",
    )


def test_a_map_across_the_antimeridian(tmp_path: Path) -> None:
    people = write_tif(
        tmp_path / "fiji.tif",
        np.ones((60, 100), np.float32),
        Affine(CELL, 0.0, 179.9, 0.0, -CELL, -17.0),
    )
    cells = Cells.of([-179.98], [-17.06], "4g")
    opened = open_network(cells, str(people), population_unit="count")
    summary = write_coverage(
        tmp_path / "out", opened, str(people), settings={}, population_unit="count"
    )
    assert summary.whole.served["outdoors"]["4g"] > 0.9 * summary.whole.people > 0.0


def test_classes_of_the_legend() -> None:
    limits, colours = level_classes(-119.0)
    assert limits == [-129.0, -119.0, -109.0, -99.0, -89.0, -79.0, -69.0, -59.0]
    assert len(colours) == len(limits) + 1 == len(set(colours))


def test_neighbours_differ_in_colour() -> None:
    network = Network.of(
        Cells.of(
            np.random.default_rng(1).uniform(28.0, 28.3, 60),
            np.random.default_rng(2).uniform(-29.2, -29.0, 60),
            "4g",
        ),
        Grid(TRANSFORM, 100, 150, CRS.from_epsg(4326)),
    )
    server = network.signal(network.grid.whole, "4g", keep=1).cell[0]
    colour = _colours_apart(server)[server]
    differ = server[:, 1:] != server[:, :-1]
    assert differ.any()
    assert (colour[:, 1:] != colour[:, :-1])[differ].all()


def test_who_camps_on_what_adds_up(written: Written) -> None:
    """A phone camps on 4g where it can, on 2g where only that is strong enough: together those whom any serves."""
    whole, network = written.summary.whole, written.opened.network
    assert sum(whole.camping.values()) == pytest.approx(whole.served["usual"]["any"], rel=2e-3)
    assert whole.camping["4g"] == pytest.approx(whole.served["usual"]["4g"], rel=2e-3)
    camping = network.camping(network.grid.whole)
    with rasterio.open(written.folder / "camping_2g.tif") as file:
        assert np.abs(file.read(1) - camping.probability[4:].sum(axis=0)).max() < 1e-3


def test_each_operator_by_itself(tmp_path: Path, population: Path) -> None:
    opened = open_network(three_cells(), str(population))
    summary = write_coverage(
        tmp_path / "out", opened, str(population), settings={}, by_operator=True
    )
    network = opened.network
    for technology, operator in (("4g", "A"), ("4g", "B"), ("2g", "A")):
        name = f"service_{technology}_{operator.lower()}.tif"
        with rasterio.open(tmp_path / "out" / name) as file:
            assert file.tags()["EW4ALL_OPERATOR"] == operator
            held = file.read(1)
        share = network.service_probability(network.grid.whole, technology, operator)
        assert np.abs(held - share).max() < 1e-3
    assert not (tmp_path / "out" / "service_2g_b.tif").exists()
    assert [o.name for o in summary.operators] == ["A", "B"]
    assert set(summary.operators[1].covered) == {"4g", "any"}
    assert summary.operators[1].covered["4g"] < summary.whole.served["outdoors"]["4g"]


def test_names_of_operators_in_names_of_files() -> None:
    assert _slugs(["Free Mobile", "free/mobile", "", "indoor", "Éco"]) == {
        "Free Mobile": "free-mobile",
        "free/mobile": "free-mobile-2",
        "": "operator",
        "indoor": "indoor-2",
        "Éco": "co",
    }
