"""Sources of windows: GDAL's environment is entered where it must be, and left where it was entered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from raster_files import write_tif
from rasterio.env import hasenv

from ew4all.coverage.workers import THREADS, in_order
from ew4all.errors import ReadError
from ew4all.grid import Block
from ew4all.readers.raster_sources import File, session

if TYPE_CHECKING:
    from pathlib import Path


def test_a_session_ends_where_it_began() -> None:
    assert not hasenv()
    with session():
        assert hasenv()
        with session():
            assert hasenv()
        assert hasenv()
    assert not hasenv()


def test_the_environment_of_a_caller_is_used() -> None:
    with rasterio.Env(EW4ALL_TEST="yes") as mine, session():
        assert rasterio.env.getenv()["EW4ALL_TEST"] == "yes"
        assert mine is not None
    assert not hasenv()


def entered(_: int) -> tuple[bool, bool]:
    before = hasenv()
    with session():
        return before, hasenv()


def test_a_thread_of_ours_enters_once() -> None:
    with ThreadPoolExecutor(1, THREADS) as pool:
        assert list(pool.map(entered, range(3))) == [(False, True), (True, True), (True, True)]
    with ThreadPoolExecutor(1, "of somebody else") as pool:
        assert list(pool.map(entered, range(2))) == [(False, True)] * 2


def test_damage_is_told_from_every_thread(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    values = np.random.default_rng(0).random((256, 256)).astype(np.float32)
    path = write_tif(
        tmp_path / "a.tif", values, tiled=True, blockxsize=64, blockysize=64, compress="deflate"
    )
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    path.write_bytes(bytes(content))
    file = File(str(path), 1, "the raster a.tif")
    blocks = [(Block(0, 256, 0, 256),)] * 3
    for workers in (1, 2):
        with pytest.raises(ReadError, match="damaged or incomplete"):
            list(in_order(file.read, blocks, workers))
    assert capfd.readouterr().err == ""
