"""People per cell as a COG: valid, whole, small in memory, the same bytes twice."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from rio_cogeo.cogeo import cog_validate

from ew4all.errors import GridMismatchError, WriteError
from ew4all.grid import Block, Grid
from ew4all.writers.rasters import NODATA, write_cog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray


def grid(height: int, width: int, crs: int = 4326) -> Grid:
    return Grid(Affine(0.001, 0.0, 10.0, 0.0, -0.001, 5.0), height, width, CRS(crs))


def blocks(values: NDArray[Any], rows: int = 256, cols: int = 700) -> Iterator[Any]:
    for block in grid(*values.shape).blocks(rows, cols):
        yield block, values[block.row0 : block.row1, block.col0 : block.col1]


@pytest.fixture
def people() -> NDArray[np.float32]:
    rng = np.random.default_rng(5)
    values = rng.gamma(0.3, 5.0, (1100, 1300)).astype(np.float32)
    values[:600, :700] = NODATA
    return values


def test_values_come_back_and_the_file_is_a_cog(
    tmp_path: Path, people: NDArray[np.float32]
) -> None:
    path = tmp_path / "uncovered.tif"
    write_cog(path, grid(*people.shape), blocks(people), description="who", tags={"NOTICE": "demo"})
    valid, errors, warnings = cog_validate(path, strict=True)
    assert valid, (errors, warnings)
    with rasterio.open(path) as raster:
        np.testing.assert_array_equal(raster.read(1), people)
        assert raster.dtypes == ("float32",)
        assert raster.nodata == NODATA
        assert raster.crs.to_epsg() == 4326
        assert raster.transform == grid(*people.shape).transform
        assert raster.descriptions == ("who",)
        assert raster.units == ("people",)
        assert raster.tags()["NOTICE"] == "demo"
        assert "average" in raster.tags()["OVERVIEWS"]
        assert raster.overviews(1) == [2, 4]
    assert [p.name for p in tmp_path.iterdir()] == ["uncovered.tif"]


def test_overviews_are_averages_of_cells_with_a_value(tmp_path: Path) -> None:
    values = np.full((1024, 1024), NODATA, np.float32)
    values[0, 0], values[1, 1] = 4.0, 2.0
    path = tmp_path / "x.tif"
    write_cog(path, grid(1024, 1024), blocks(values), description="who")
    with rasterio.open(path, overview_level=0) as raster:
        first = raster.read(1)
    assert first[0, 0] == 3.0
    assert (first.ravel()[1:] == NODATA).all()


def test_cells_in_no_block_are_unknown_and_take_no_place(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    one = [(Block(5000, 5001, 5000, 5001), np.array([[7.0]], np.float32))]
    write_cog(path, grid(8_000, 8_000), one, description="who")
    assert path.stat().st_size < 60_000
    with rasterio.open(path) as raster:
        window = rasterio.windows.Window(4999, 4999, 3, 3)
        np.testing.assert_array_equal(
            raster.read(1, window=window), [[-1, -1, -1], [-1, 7, -1], [-1, -1, -1]]
        )


def test_nobody_at_all_is_a_valid_raster(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    write_cog(path, grid(3, 4), [], description="who", nodata=math.nan)
    assert cog_validate(path)[0]
    with rasterio.open(path) as raster:
        assert np.isnan(raster.read(1)).all()


def test_projected_and_south_up(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    odd = Grid(Affine(100.0, 0.0, 5e5, 0.0, 100.0, 8e6), 4, 5, CRS(32702))
    values = np.arange(20, dtype=np.float32).reshape(4, 5)
    write_cog(path, odd, [(odd.whole, values)], description="who")
    with rasterio.open(path) as raster:
        assert raster.crs.to_epsg() == 32702
        assert raster.transform == odd.transform
        np.testing.assert_array_equal(raster.read(1), values)


def test_same_blocks_give_same_bytes_in_any_order(
    tmp_path: Path, people: NDArray[np.float32]
) -> None:
    first, again = tmp_path / "a.tif", tmp_path / "b.tif"
    write_cog(first, grid(*people.shape), blocks(people), description="who")
    write_cog(again, grid(*people.shape), reversed(list(blocks(people))), description="who")
    assert first.read_bytes() == again.read_bytes()


def test_block_of_another_shape_is_refused(tmp_path: Path) -> None:
    wrong = [(Block(0, 2, 0, 2), np.zeros((2, 3), np.float32))]
    with pytest.raises(GridMismatchError, match=r"shape \(2, 3\)"):
        write_cog(tmp_path / "x.tif", grid(4, 4), wrong, description="who")
    assert list(tmp_path.iterdir()) == []


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"cannot write .*/x\.tif: "):
        write_cog(tmp_path / "nowhere" / "x.tif", grid(4, 4), [], description="who")


CHILD = """
import resource, signal, sys
import numpy as np
from pathlib import Path
from affine import Affine
from pyproj import CRS
from ew4all.errors import WriteError
from ew4all.grid import Grid
from ew4all.writers.folder import output_folder
from ew4all.writers.rasters import write_cog

size, limit, out = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
grid = Grid(Affine(0.001, 0, 0, 0, -0.001, 5), size, size, CRS(4326))
rng = np.random.default_rng(0)
def blocks():
    for block in grid.blocks(512, 2048):
        people = np.full(block.shape, -1, np.float32)
        if limit or block.row0 % 2048 == 0:
            people[:] = rng.random(block.shape, dtype=np.float32)
        yield block, people
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
def peak_kb():  # what getrusage says of a child begins with the size of its parent
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
before = 0 if sys.platform != "linux" else peak_kb()
try:
    with output_folder(out) as folder:
        write_cog(folder / "uncovered.tif", grid, blocks(), description="who")
except WriteError as error:
    print("WriteError", error)
else:
    print(0 if sys.platform != "linux" else peak_kb() - before)
"""


def child(size: int, limit: int, out: Path) -> str:
    command = [sys.executable, "-W", "error", "-c", CHILD, str(size), str(limit), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("limit", [1_000, 3_000_000, 4_100_000])
def test_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path, limit: int) -> None:
    """A limit on the size of files stands for a full disk: at the start, in the middle, in the copy."""
    said = child(1000, limit, tmp_path / "out")
    assert said.startswith("WriteError cannot write uncovered.tif: ")
    assert "the folder was left as it was" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
def test_memory_of_a_raster_that_would_not_fit(tmp_path: Path) -> None:
    """10,000 x 10,000 cells are 400 MB."""
    assert int(child(10_000, 0, tmp_path / "out")) < 150_000  # kilobytes
