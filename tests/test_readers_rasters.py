"""Rasters as sources of windows, whatever they are made of."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from pyproj import CRS
from raster_files import transform_of, write_tif
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.vrt import WarpedVRT

from ew4all.errors import GridMismatchError, InputError, MissingCrsError, ReadError
from ew4all.grid import Block
from ew4all.readers.rasters import open_raster
from ew4all.readers.tiles import each_block, tiles_meeting, wanted

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TILED = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}


@pytest.fixture
def numbers() -> NDArray[np.float32]:
    return np.random.default_rng(7).random((300, 200), dtype=np.float32)


def test_file_dataset_and_array_give_the_same_cells(
    tmp_path: Path, numbers: NDArray[np.float32]
) -> None:
    path = write_tif(tmp_path / "a.tif", numbers, **TILED)
    block = Block(50, 171, 13, 144)
    expected = numbers[50:171, 13:144]
    with open_raster(path, "the raster") as from_file, rasterio.open(path) as dataset:
        from_dataset = open_raster(dataset, "the raster")
        from_array = open_raster((numbers, transform_of(), 4326), "the raster")
        for raster in (from_file, from_dataset, from_array):
            assert_array_equal(raster.read(block), expected)
            assert raster.grid == from_file.grid
            assert raster.valid(block, expected) is None
        assert from_file.tile == from_dataset.tile == (64, 64)
        assert from_file.path == from_dataset.path == str(path)
        assert from_array.path is None


def test_an_array_is_not_copied(numbers: NDArray[np.float32]) -> None:
    raster = open_raster((numbers, transform_of(), "EPSG:4326"), "the raster")
    assert np.shares_memory(raster.read(Block(3, 5, 7, 9)), numbers)


def test_an_open_dataset_is_read_as_it_was_opened(
    tmp_path: Path, numbers: NDArray[np.float32]
) -> None:
    path = write_tif(tmp_path / "a.tif", numbers)
    with rasterio.open(path) as dataset, WarpedVRT(dataset, crs="EPSG:3857") as warped:
        raster = open_raster(warped, "the raster")
        assert raster.grid.crs == CRS(3857)
        assert raster.path is None
        assert raster.read(Block(0, 5, 0, 6)).shape == (5, 6)
    with MemoryFile(path.read_bytes()) as memory, memory.open() as dataset:
        raster = open_raster(dataset, "the raster")
        assert_array_equal(raster.read(raster.grid.whole), numbers)
    with pytest.raises(InputError, match="closed"):
        open_raster(dataset, "the raster")


def test_threads_read_what_one_reads(tmp_path: Path, numbers: NDArray[np.float32]) -> None:
    path = write_tif(tmp_path / "a.tif", np.tile(numbers, (4, 5)), **TILED)
    with open_raster(path, "the raster") as raster, rasterio.open(path) as dataset:
        blocks = list(raster.grid.blocks(100, 70)) * 3
        serial = [raster.read(block) for block in blocks]
        for source in (raster, open_raster(dataset, "the raster")):
            with ThreadPoolExecutor(4) as pool:
                threaded = list(pool.map(source.read, blocks))
            for one, other in zip(serial, threaded, strict=True):
                assert_array_equal(one, other)


def test_a_raster_goes_to_another_process(tmp_path: Path, numbers: NDArray[np.float32]) -> None:
    path = write_tif(tmp_path / "a.tif", numbers)
    with open_raster(path, "the raster") as raster:
        there = pickle.loads(pickle.dumps(raster))
        assert_array_equal(there.read(Block(0, 9, 0, 9)), numbers[:9, :9])
        there.close()


def test_each_block_keeps_the_order_of_blocks(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.zeros((2000, 3000), np.uint8), **TILED)
    told: list[tuple[int, int]] = []
    with open_raster(path, "the raster") as raster:
        blocks = list(
            each_block(raster, lambda b: b, workers=4, progress=lambda *p: told.append(p))
        )
        assert blocks == list(raster.grid.blocks(*raster.block_shape()))
        assert told == [(k + 1, len(blocks)) for k in range(len(blocks))]
        assert len(blocks) > 1


@pytest.mark.parametrize(
    ("dtype", "mark"), [("int16", -9999), ("uint8", 255), ("float32", -99999.9)]
)
def test_nodata_is_compared_in_the_type_of_the_raster(
    tmp_path: Path, dtype: str, mark: float
) -> None:
    cells = np.array([[1, mark], [0, 2]], dtype)
    with open_raster(write_tif(tmp_path / "a.tif", cells, nodata=mark), "the raster") as raster:
        assert_array_equal(raster.valid(raster.grid.whole, cells), [[True, False], [True, True]])


def test_nodata_near_the_end_of_float32_takes_every_spelling(tmp_path: Path) -> None:
    cells = np.array([[-3.4e38, np.finfo("f4").min, 5.0, np.nan]], np.float32)
    path = write_tif(tmp_path / "a.tif", cells, nodata=-3.4e38)
    with open_raster(path, "the raster") as raster:
        assert_array_equal(raster.valid(raster.grid.whole, cells), [[False, False, True, False]])


def test_nodata_that_no_cell_can_hold_is_none(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.array([[0.0, 255.0]], np.float32), nodata=np.nan)
    with open_raster(path, "the raster") as raster:
        assert raster.valid(raster.grid.whole, raster.read(raster.grid.whole)) is None


def test_a_mask_band_and_an_alpha_band_say_what_is_valid(tmp_path: Path) -> None:
    cells = np.array([[1, 2], [3, 4]], np.uint8)
    mask = np.array([[True, False], [True, True]])
    path = write_tif(tmp_path / "mask.tif", cells, mask=mask)
    with open_raster(path, "the raster") as raster:
        assert_array_equal(raster.valid(raster.grid.whole, cells), mask)
    both = np.stack([cells, mask.astype(np.uint8) * 255])
    path = write_tif(tmp_path / "alpha.tif", both, alpha="yes", photometric="minisblack")
    with open_raster(path, "the raster") as raster:
        assert_array_equal(raster.valid(raster.grid.whole, cells), mask)
        assert raster.notes == ()


def test_a_masked_array_hides_cells() -> None:
    hidden = np.array([[False, True], [False, False]])
    raster = open_raster(
        (np.ma.masked_array([[1.0, -1.0], [2.0, 3.0]], hidden), transform_of(), 4326), "the raster"
    )
    values, valid = raster.values(raster.grid.whole)
    assert_array_equal(valid, ~hidden)
    assert values[0, 1] == -1.0


def test_scale_and_offset_are_applied(tmp_path: Path) -> None:
    cells = np.array([[-11000, -9500]], np.int16)
    path = write_tif(tmp_path / "a.tif", cells, scale=0.01, offset=1.0, unit="dBm")
    with open_raster(path, "the raster") as raster:
        values, _ = raster.values(raster.grid.whole)
        assert_array_equal(values, [[-109.0, -94.0]])
        assert_array_equal(raster.read(raster.grid.whole), cells)
        assert raster.unit == "dBm"


def test_one_band_of_several_is_used_and_said(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.arange(12, dtype=np.int32).reshape(3, 2, 2))
    with open_raster(path, "the raster") as raster:
        assert raster.read(raster.grid.whole)[0, 0] == 0
        assert raster.notes == (f"the raster {path} has 3 bands; band 1 is used",)
    with open_raster(path, "the raster", band=3) as raster:
        assert raster.read(raster.grid.whole)[0, 0] == 8
    with pytest.raises(InputError, match="no band 4; it has 3"):
        open_raster(path, "the raster", band=4)


def test_the_centre_of_a_cell_in_longitude_and_latitude(tmp_path: Path) -> None:
    transform = Affine(100.0, 0.0, 500_000.0, 0.0, -100.0, 1_000_000.0)
    path = write_tif(tmp_path / "a.tif", np.zeros((4, 4), np.uint8), transform, "EPSG:32620")
    with open_raster(path, "the raster") as raster:
        lon, lat = raster.lonlat(0, 0)
        assert (lon, lat) == pytest.approx((-63.0 + 50 / 109_640, 9.0453), abs=1e-3)


def test_a_raster_without_crs_is_refused(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.zeros((4, 4), np.uint8), crs=None)
    with pytest.raises(MissingCrsError, match=r"a\.tif has no coordinate reference system"):
        open_raster(path, "the raster")
    with pytest.raises(MissingCrsError, match="array"):
        open_raster((np.zeros((4, 4)), transform_of(), None), "the raster")


def test_a_raster_without_georeference_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    options = {"height": 4, "width": 4, "count": 1, "dtype": "uint8", "crs": "EPSG:4326"}
    with (
        pytest.warns(NotGeoreferencedWarning),
        rasterio.open(path, "w", driver="GTiff", transform=Affine.identity(), **options),
    ):
        pass
    with pytest.raises(InputError, match=r"a\.tif has no georeference.*gdal_edit"):
        open_raster(path, "the raster")


def test_a_local_coordinate_system_is_no_place_on_earth() -> None:
    local = CRS.from_wkt('LOCAL_CS["site grid",UNIT["metre",1]]')
    with pytest.raises(MissingCrsError, match="site grid"):
        open_raster((np.zeros((4, 4)), transform_of(), local), "the raster")


def test_a_raster_goes_around_the_earth_once(tmp_path: Path) -> None:
    degrees = Affine(1.0, 0.0, -180.0, 0.0, -1.0, 90.0)
    wide = write_tif(tmp_path / "a.tif", np.ones((4, 362), np.uint8), degrees)
    with pytest.raises(InputError, match=r"a\.tif spans longitudes -180.*182.*count twice; cut it"):
        open_raster(wide, "the raster")
    with pytest.raises(InputError, match=r"array.* spans longitudes"):
        open_raster((np.ones((4, 362)), degrees, 4326), "the raster")
    # Centres from -180 to 180, and a map that was warped.
    for cell, columns in ((1.0, 361), (0.001, 360_009)):
        transform = Affine(cell, 0.0, -180.0, 0.0, -cell, 90.0)
        open_raster((np.ones((1, columns), np.uint8), transform, 4326), "the raster")
    open_raster((np.ones((4, 4)), Affine(1e6, 0, 0, 0, -1e6, 0), 3857), "the raster")


def test_what_is_no_raster_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.tif"
    text.write_text("people per cell, by district\n")
    with pytest.raises(ReadError, match=r"text\.tif cannot be read: GDAL says .*not recognized"):
        open_raster(text, "the raster")
    with pytest.raises(ReadError, match=r"none\.tif.*check the path"):
        open_raster(tmp_path / "none.tif", "the raster")
    with pytest.raises(InputError, match="is a int"):
        open_raster(5, "the raster")
    with pytest.raises(InputError, match="shape"):
        open_raster((np.zeros(4), transform_of(), 4326), "the raster")
    with pytest.raises(InputError, match="Affine"):
        open_raster((np.zeros((4, 4)), (1, 0, 0, 0, -1, 0), 4326), "the raster")
    with pytest.raises(InputError, match="real numbers"):
        open_raster((np.zeros((4, 4), complex), transform_of(), 4326), "the raster")


def test_a_truncated_file_is_refused_when_its_tile_is_read(
    tmp_path: Path, numbers: NDArray[np.float32]
) -> None:
    path = tmp_path / "a.tif"
    write_tif(tmp_path / "whole.tif", numbers, **TILED)
    rasterio.shutil.copy(tmp_path / "whole.tif", path, driver="COG", blocksize=128)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with open_raster(path, "the raster") as raster:
        assert_array_equal(raster.read(Block(0, 64, 0, 64)), numbers[:64, :64])
        with pytest.raises(ReadError, match=r"a\.tif.*GDAL says '.*damaged or incomplete"):
            raster.read(raster.grid.whole)
        # The handle that failed still serves.
        assert_array_equal(raster.read(Block(0, 64, 0, 64)), numbers[:64, :64])


def test_a_truncated_file_whose_directory_is_lost_is_refused_at_once(
    tmp_path: Path, numbers: NDArray[np.float32]
) -> None:
    path = write_tif(tmp_path / "a.tif", numbers, tags={"note": "n"}, **TILED)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReadError, match=r"a\.tif cannot be read.*damaged or incomplete"):
        open_raster(path, "the raster")


def test_booleans_and_foreign_byte_order_are_plain_numbers() -> None:
    raster = open_raster((np.array([[True, False]]), transform_of(), 4326), "the raster")
    assert raster.dtype == np.uint8
    foreign = np.array([[1.5, 2.5]], ">f4")
    raster = open_raster((foreign, transform_of(), 4326), "the raster")
    assert raster.dtype.isnative
    assert_array_equal(raster.read(raster.grid.whole), foreign)


@given(
    block=st.tuples(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40)),
    tile=st.tuples(st.integers(1, 15), st.integers(1, 15)),
    data=st.data(),
)
def test_wanted_parts_hold_the_cells_of_wanted_tiles_once(
    block: tuple[int, int, int, int], tile: tuple[int, int], data: st.DataObject
) -> None:
    row, rows, col, cols = block
    cells = Block(row, row + rows, col, col + cols)
    tiles = data.draw(hnp.arrays(bool, tiles_meeting(cells, tile)))
    expected = np.zeros((80, 80), int)
    for (r, c), want in np.ndenumerate(tiles):
        top, left = (row // tile[0] + r) * tile[0], (col // tile[1] + c) * tile[1]
        expected[top : top + tile[0], left : left + tile[1]] += want
    expected[: cells.row0] = expected[cells.row1 :] = 0
    expected[:, : cells.col0] = expected[:, cells.col1 :] = 0
    seen = np.zeros((80, 80), int)
    for part in wanted(cells, tile, tiles):
        assert min(part.shape) > 0
        seen[part.row0 : part.row1, part.col0 : part.col1] += 1
    assert_array_equal(seen, expected)


def test_a_choice_of_tiles_must_fit_the_block() -> None:
    with pytest.raises(GridMismatchError, match=r"\(2, 2\)"):
        wanted(Block(0, 10, 0, 10), (8, 4), np.ones((2, 2), bool))
    assert wanted(Block(0, 10, 0, 10), (4, 4), np.ones((3, 3), bool)) == [Block(0, 10, 0, 10)]


def test_real_rasters_open(shared_data: Path) -> None:
    for path in sorted((shared_data / "data").glob("*/*.tif")):
        with open_raster(path, "the raster") as raster:
            assert raster.grid.crs == CRS(4326)
            assert raster.read(Block(0, 1, 0, 1)).shape == (1, 1)
