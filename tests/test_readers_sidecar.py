"""Prepared sums: the same bits as without them, and never those of another raster."""

from __future__ import annotations

import json
import math
import os
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import shapely
import shapely.affinity
from raster_files import change_unseen, transform_of, write_tif

from ew4all.coverage.exposure import whole_tile_sums
from ew4all.coverage.sources import ArraySource
from ew4all.errors import OptionError, ReadError, StaleSidecarError, WriteError
from ew4all.grid import Grid, crs_of
from ew4all.intake import open_study
from ew4all.readers import fingerprint
from ew4all.readers.sidecar import prepare
from ew4all.readers.sidecar_file import SCHEMA, SUFFIX
from ew4all.readers.stack import RasterStack

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.results import Reach

SIZE = 1100
TILED = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
WEST, NORTH, CELL = 10.0, 5.0, 0.01

USED = "sums of whole tiles were taken"
NOT_USED = "were not used"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """People and three layers: 0/1, shares, levels."""
    place = tmp_path / "data"
    place.mkdir()
    rng = np.random.default_rng(5)
    people = rng.exponential(3.0, (SIZE, SIZE)).astype(np.float32)
    people[rng.random(people.shape) < 0.2] = -9999.0
    write_tif(place / "people.tif", people, nodata=-9999.0, **TILED)
    write_tif(place / "2g.tif", (rng.random((SIZE, SIZE)) < 0.6).astype(np.uint8), **TILED)
    write_tif(place / "3g.tif", rng.random((SIZE, SIZE)).astype(np.float32), **TILED)
    write_tif(place / "4g.tif", rng.integers(-140, -60, (SIZE, SIZE)).astype(np.int16), **TILED)
    return place


def square(west: float, south: float, east: float, north: float) -> Any:
    return shapely.box(WEST + west, NORTH - SIZE * CELL + south, WEST + east, NORTH - 0.0 - north)


AREA = shapely.affinity.rotate(square(1.003, 1.1, 9.507, 1.7), 20.0)


def layers(place: Path, *names: str) -> dict[str, Path]:
    return {name: place / f"{name}.tif" for name in names or ("2g", "3g", "4g")}


def run(place: Path, *names: str, **options: Any) -> Reach:
    coverage = layers(place, *names)
    if "4g" in coverage:
        options.setdefault("coverage_min", {"4g": -110.0})
    return open_study(place / "people.tif", AREA, coverage=coverage, **options).reach()


def prepared(place: Path, *names: str, **options: Any) -> Path:
    coverage = layers(place, *names)
    if "4g" in coverage:
        options.setdefault("coverage_min", {"4g": -110.0})
    return prepare(place / "people.tif", coverage=coverage, **options)


def numbers(result: Reach) -> Any:
    """Every number of a result; the notes differ."""
    return {key: value for key, value in result.to_dict().items() if key != "notes"}


def said(result: Reach, words: str) -> bool:
    return any(words in note for note in result.notes)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Blocks that are decoded from now on."""
    seen: list[Any] = []
    read = RasterStack.read

    def counted(self: RasterStack, block: Any) -> Any:
        seen.append(block)
        return read(self, block)

    monkeypatch.setattr(RasterStack, "read", counted)
    return seen


def test_same_bits_and_only_cut_tiles_are_decoded(folder: Path, decoded: list[Any]) -> None:
    plain = run(folder)
    without = sum(math.prod(block.shape) for block in decoded)
    path = prepared(folder)
    assert path == folder / f"people.tif{SUFFIX}"
    decoded.clear()
    again = run(folder)
    assert numbers(again) == numbers(plain)
    assert said(again, USED)
    assert not said(plain, USED)
    assert 0 < sum(math.prod(block.shape) for block in decoded) < without


@pytest.mark.parametrize("names", [("4g", "2g"), ("3g",), ()])
def test_fewer_layers_in_another_order_have_the_same_bits(
    folder: Path, names: tuple[str, ...]
) -> None:
    options = {} if names else {"zones": [square(0.5, 0.5, 6.0, 6.0), square(6.0, 0.5, 10.0, 9.0)]}
    plain = run(folder, *names, **options)
    every = ("2g", "3g", "4g", *(f"{t}:{o}" for t in ("2g", "3g") for o in "AB"))
    for key in every[3:]:
        shutil.copy(folder / f"{key[:2]}.tif", folder / f"{key}.tif")
    prepared(folder, *every)
    again = run(folder, *names, **options)
    # A union of layers that the file does not hold on its own is decoded.
    assert said(again, NOT_USED if len(names) > 1 else USED)
    assert numbers(again) == numbers(plain)


def test_a_column_has_the_same_bits_beside_any_others() -> None:
    rng = np.random.default_rng(8)
    grid = Grid(transform_of(), 97, 131, crs_of("EPSG:4326", "grid"))
    people = rng.exponential(3.0, grid.shape).astype(np.float32)
    layer = rng.random(grid.shape) < 0.5
    alone = whole_tile_sums(ArraySource.of(grid, people, [layer]), grid.whole)
    for count in (0, 2, 5, 6, 8, 9, 17):
        sums = whole_tile_sums(ArraySource.of(grid, people, [layer] * count), grid.whole)
        assert sums[0] == alone[0]
        assert set(sums[1:]) <= {alone[1]}
    assert alone == pytest.approx([people.sum(dtype=float), people[layer].sum(dtype=float)])


def test_bytes_do_not_depend_on_workers(folder: Path) -> None:
    first = prepared(folder, workers=1).read_bytes()
    assert prepared(folder, workers=3).read_bytes() == first
    with np.load(folder / f"people.tif{SUFFIX}") as stored:
        assert stored["sums"].shape == (1, 5, 5, 5)
        header = json.loads(stored["header.json"])
    assert header["schema"] == SCHEMA
    assert [entry["path"] for entry in header["layers"]] == ["2g.tif", "3g.tif", "4g.tif"]


def test_sums_add_up_to_everybody(folder: Path) -> None:
    with np.load(prepared(folder)) as stored:
        people = stored["sums"][0, ..., 0].sum()
    assert people == pytest.approx(run(folder).people.total, rel=1e-12)


def test_operators_and_unions_are_prepared(folder: Path) -> None:
    for key in ("4g:A", "4g:B"):
        shutil.copy(folder / "2g.tif", folder / f"{key}.tif")
    write_tif(
        folder / "4g:B.tif",
        np.random.default_rng(1).integers(0, 2, (SIZE, SIZE)).astype(np.uint8),
        **TILED,
    )
    names = ("2g", "4g:A", "4g:B")
    coverage = {name: folder / f"{name}.tif" for name in names}
    plain = open_study(folder / "people.tif", AREA, coverage=coverage).reach()
    prepare(folder / "people.tif", coverage=coverage)
    again = open_study(folder / "people.tif", AREA, coverage=coverage).reach()
    assert said(again, USED)
    assert numbers(again) == numbers(plain)


def test_bounds_of_a_coarse_population_are_prepared(folder: Path) -> None:
    fine = np.random.default_rng(2).integers(0, 2, (1200, 1200)).astype(np.uint8)
    write_tif(folder / "5g.tif", fine, transform_of(cell=CELL / 6), **TILED)
    plain = run(folder, "5g")
    assert plain.bounds
    prepared(folder, "5g")
    again = run(folder, "5g")
    assert said(again, USED)
    assert numbers(again) == numbers(plain)
    assert again.bounds == plain.bounds


def test_groups(folder: Path) -> None:
    other = np.random.default_rng(3).exponential(1.0, (SIZE, SIZE)).astype(np.float32)
    write_tif(folder / "children.tif", other, **TILED)
    groups = {"adults": folder / "people.tif", "children": folder / "children.tif"}
    plain = open_study(groups, AREA, coverage=layers(folder, "2g")).reach()
    prepare(groups, coverage=layers(folder, "2g"))
    again = open_study(groups, AREA, coverage=layers(folder, "2g")).reach()
    assert said(again, USED)
    assert numbers(again) == numbers(plain)
    assert again.groups == plain.groups
    alone = run(folder, "2g")
    assert said(alone, USED)
    swapped = dict(reversed(groups.items()))
    assert not said(open_study(swapped, AREA).reach(), USED)


def rewrite(path: Path, change: Any) -> None:
    with rasterio.open(path, "r+") as file:
        band = file.read(1)
        change(band)
        file.write(band, 1)


def add_one_person(band: Any) -> None:
    band[500, 500] = max(band[500, 500], 0) + 1


@pytest.mark.parametrize("name", ["people", "2g"])
def test_a_raster_that_changed_stops_the_run(folder: Path, name: str) -> None:
    prepared(folder)
    rewrite(
        folder / f"{name}.tif",
        add_one_person
        if name == "people"
        else lambda band: np.subtract(1, band, out=band, casting="unsafe"),
    )
    with pytest.raises(StaleSidecarError, match=rf"{name}\.tif: its .* changed.*ew4all data prep"):
        run(folder)
    prepared(folder)
    assert said(run(folder), USED)


def test_another_nodata_value_stops_the_run(folder: Path) -> None:
    prepared(folder)
    facts = (folder / "people.tif").stat()
    with rasterio.open(folder / "people.tif", "r+") as file:
        file.nodata = -8888.0
    os.utime(folder / "people.tif", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    rewrite(folder / "people.tif", lambda band: np.maximum(band, 0, out=band))
    with pytest.raises(StaleSidecarError, match="no data"):
        run(folder)


def test_a_raster_that_changed_under_its_old_time_stops_the_run(folder: Path) -> None:
    prepared(folder)
    path = folder / "2g.tif"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    change_unseen(path, lambda: path.write_bytes(content))
    with pytest.raises(StaleSidecarError, match=r"2g\.tif: its content has changed"):
        run(folder)


def test_a_file_is_hashed_once_for_each_of_its_states(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    remember = fingerprint.remember

    def noted(kind: str, token: Any, *rest: Any) -> None:
        if kind == "sha256":
            hashed.extend(os.path.basename(state.path) for state in token)  # noqa: PTH119
        remember(kind, token, *rest)

    monkeypatch.setattr(fingerprint, "remember", noted)
    monkeypatch.setenv("EW4ALL_CACHE_DIR", str(folder / "cache"))
    prepared(folder)
    monkeypatch.setenv("EW4ALL_CACHE_DIR", str(folder / "cache of another machine"))
    hashed.clear()
    assert said(run(folder), USED)
    assert sorted(hashed) == ["2g.tif", "3g.tif", "4g.tif", "people.tif"]
    assert said(run(folder), USED)
    assert len(hashed) == 4


def test_a_raster_that_was_only_touched_is_the_same(folder: Path) -> None:
    prepared(folder)
    os.utime(folder / "people.tif", ns=(1, 1))
    os.utime(folder / "3g.tif", ns=(1, 1))
    assert said(run(folder), USED)


def test_overviews_and_statistics_make_no_other_raster(folder: Path) -> None:
    prepared(folder)
    (folder / "people.tif.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><Metadata><MDI key="STATISTICS_MAXIMUM">9</MDI>'
        "</Metadata></PAMRasterBand></PAMDataset>"
    )
    assert said(run(folder), USED)


def test_a_folder_may_be_moved_and_a_layer_copied(folder: Path, tmp_path: Path) -> None:
    prepared(folder)
    moved = folder.rename(tmp_path / "moved")
    assert said(run(moved), USED)
    (tmp_path / "other").mkdir()
    shutil.move(moved / "2g.tif", tmp_path / "other" / "copy.tif")
    coverage = {**layers(moved), "2g": tmp_path / "other" / "copy.tif"}
    result = open_study(
        moved / "people.tif", AREA, coverage=coverage, coverage_min={"4g": -110.0}
    ).reach()
    assert said(result, USED)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"coverage_min": {"4g": -100.0}}, "4g.tif is not among them as it is used here"),
        ({"population_unit": "per_km2"}, "by the unit count, not by per_km2"),
        ({"hazard_min": 1.0, "hazard": "2g.tif"}, "the hazard is a raster"),
    ],
)
def test_what_is_not_prepared_is_decoded(folder: Path, options: dict[str, Any], why: str) -> None:
    if "hazard" in options:
        options = {**options, "hazard": folder / options["hazard"]}
    plain = run(folder, **options)
    prepared(folder)
    again = run(folder, **options)
    assert said(again, why)
    assert said(again, NOT_USED)
    assert numbers(again) == numbers(plain)


def test_a_layer_in_memory_is_decoded(folder: Path) -> None:
    prepared(folder)
    with rasterio.open(folder / "2g.tif") as file:
        coverage = {"2g": (file.read(1), file.transform, file.crs)}
    result = open_study(folder / "people.tif", AREA, coverage=coverage).reach()
    assert said(result, NOT_USED)
    assert result.people == run(folder, "2g").people


def test_population_in_memory_has_no_prepared_sums(folder: Path) -> None:
    prepared(folder)
    with rasterio.open(folder / "people.tif") as file:
        source = (file.read(1, masked=True), file.transform, file.crs)
        assert not said(open_study(source, AREA).reach(), "tiles")
        assert not said(open_study(file, AREA).reach(), "tiles")
        with pytest.raises(OptionError, match="hand over a path"):
            prepare(source)
        with pytest.raises(OptionError, match="hand over a path"):
            prepare(file)


def damage_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def damage_sums(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def replace_header(path: Path, **changes: Any) -> None:
    with zipfile.ZipFile(path) as file:
        header, sums = json.loads(file.read("header.json")), file.read("sums.npy")
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("header.json", json.dumps({**header, **changes}))
        file.writestr("sums.npy", sums)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (damage_end, "cannot be read"),
        (damage_sums, "cannot be read"),
        (lambda path: path.write_text("no zip"), "cannot be read"),
        (lambda path: replace_header(path, schema="ew4all/tiles/9"), "ew4all/tiles/9"),
        (lambda path: replace_header(path, columns=[]), "contradicts"),
        (lambda path: replace_header(path, population=7), "cannot be read"),
    ],
    ids=["cut short", "a bit", "no zip", "schema", "columns", "population"],
)
def test_a_damaged_file_is_refused(folder: Path, damage: Any, words: str) -> None:
    damage(prepared(folder))
    with pytest.raises(ReadError, match=rf"people\.tif{SUFFIX}.*{words}.*delete it"):
        run(folder)


def test_sums_of_another_lattice_are_not_used(folder: Path) -> None:
    replace_header(prepared(folder), tile=[128, 128])
    assert said(run(folder), "cuts tiles differently")


def test_it_is_written_where_it_is_told(folder: Path, tmp_path: Path) -> None:
    assert prepared(folder, out=tmp_path) == tmp_path / f"people.tif{SUFFIX}"
    other = tmp_path / f"other{SUFFIX}"
    assert prepared(folder, out=other) == other
    assert not said(run(folder), "tiles")
    shutil.move(other, folder / f"people.tif{SUFFIX}")
    assert said(run(folder), USED)
    with pytest.raises(OptionError, match=SUFFIX):
        prepared(folder, out=folder / "people.tif")
    before = sorted(folder.iterdir())
    with pytest.raises(WriteError, match="cannot write the prepared sums"):
        prepared(folder, out=tmp_path / "no such folder" / f"a{SUFFIX}")
    (folder / f"b{SUFFIX}").mkdir()
    (folder / f"b{SUFFIX}" / f"people.tif{SUFFIX}").mkdir()
    with pytest.raises(WriteError):
        prepared(folder, out=folder / f"b{SUFFIX}")
    shutil.rmtree(folder / f"b{SUFFIX}")
    assert sorted(folder.iterdir()) == before


def test_a_raster_that_changes_meanwhile_is_refused(folder: Path) -> None:
    def touch(done: int, _: int) -> None:
        os.utime(folder / "2g.tif", ns=(done, done))

    with pytest.raises(ReadError, match="changed while it was being read"):
        prepared(folder, progress=touch)
    assert not (folder / f"people.tif{SUFFIX}").exists()
