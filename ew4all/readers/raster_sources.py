"""Where the cells of a raster come from: a file, an open rasterio dataset, or an array.

Each source reads windows from several threads at once. A file is opened once for each thread that
reads it at the same time, since a GDAL handle serves one thread; an open dataset is read under a
lock. What GDAL raises leaves here as `ReadError`.
"""

from __future__ import annotations

import threading
import warnings
from collections import deque
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.env import hasenv
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from ew4all.coverage.workers import THREADS
from ew4all.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ew4all.grid import Block

Array: TypeAlias = NDArray[Any]

CACHE_BYTES: Final = 48 << 20
"""Room for GDAL's decoded tiles, in all: a few rows of tiles, not the 5 % of memory it would take."""


class Source(Protocol):
    """Cells of one band, window by window, for any number of threads."""

    @property
    def is_fresh(self) -> bool:
        """Whether what `read` returns is new, so that the reader may write to it."""

    def read(self, block: Block) -> Array:
        """Return the stored values of a block."""

    def mask(self, block: Block) -> NDArray[np.bool_]:
        """Return which cells of a block the mask band says hold data."""

    def close(self) -> None:
        """Close what was opened."""


class File:
    """Handles of one file, each used by one thread at a time."""

    is_fresh = True

    def __init__(self, path: str, band: int, name: str) -> None:
        self.path, self.band, self.name = path, band, name
        self._idle: deque[Any] = deque()

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the handles behind: another process opens its own."""
        return File, (self.path, self.band, self.name)

    @contextmanager
    def handle(self) -> Iterator[Any]:
        """Lend a handle to one thread."""
        with _gdal(self.name), session():
            try:
                dataset = self._idle.pop()
            except IndexError:
                dataset = _opened(self.path)
            try:
                yield dataset
            finally:
                self._idle.append(dataset)

    def read(self, block: Block) -> Array:
        """Return the stored values of a block."""
        # What `handle` does, written out: every tile comes here from several threads that take turns in Python, and
        # its contexts cost 2 % of a run over deflate tiles.
        if not hasenv():
            with self.handle() as dataset:
                return numbers(dataset.read(self.band, window=_window(block)))
        try:
            try:
                dataset = self._idle.pop()
            except IndexError:
                dataset = _opened(self.path)
            try:
                return numbers(dataset.read(self.band, window=_window(block)))
            finally:
                self._idle.append(dataset)
        except RasterioError as error:
            raise _unreadable(self.name, error) from error

    def mask(self, block: Block) -> NDArray[np.bool_]:
        """Return which cells of a block the mask band says hold data."""
        with self.handle() as dataset:
            return np.asarray(dataset.read_masks(self.band, window=_window(block)) > 0)

    def close(self) -> None:
        """Close the handles that nobody uses."""
        while self._idle:
            self._idle.pop().close()


class Held:
    """A dataset that somebody else opened and will close."""

    is_fresh = True

    def __init__(self, dataset: Any, band: int, name: str) -> None:
        self._dataset, self.band, self.name = dataset, band, name
        self._lock = threading.Lock()

    def read(self, block: Block) -> Array:
        """Return the stored values of a block."""
        with self._lock, _gdal(self.name), session():
            return numbers(self._dataset.read(self.band, window=_window(block)))

    def mask(self, block: Block) -> NDArray[np.bool_]:
        """Return which cells of a block the mask band says hold data."""
        with self._lock, _gdal(self.name), session():
            return np.asarray(self._dataset.read_masks(self.band, window=_window(block)) > 0)

    def close(self) -> None:
        """Do nothing: who opened the dataset closes it."""


@dataclass(frozen=True)
class InMemory:
    """An array that is not copied, and the cells of it that hold no data."""

    array: Array
    hidden: NDArray[np.bool_] | None

    @property
    def is_fresh(self) -> bool:
        """Whether what `read` returns is new: it is the caller's own."""
        return False

    def read(self, block: Block) -> Array:
        """Return the stored values of a block."""
        return self.array[block.row0 : block.row1, block.col0 : block.col1]

    def mask(self, block: Block) -> NDArray[np.bool_]:
        """Return which cells of a block the mask band says hold data."""
        if self.hidden is None:
            return np.ones(block.shape, np.bool_)
        return ~self.hidden[block.row0 : block.row1, block.col0 : block.col1]

    def close(self) -> None:
        """Do nothing: an array needs no handle."""


def session() -> Any:
    """Return a context in which this thread reads with a small cache; within another it costs nothing.

    Entering and leaving GDAL's environment takes 60 microseconds, which is seen where every tile does it. In a thread
    of our own it is entered once and ends with the thread.
    """
    if hasenv():
        return nullcontext()
    environment = rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES)
    if not threading.current_thread().name.startswith(THREADS):
        return environment
    return nullcontext(environment.__enter__())


def _opened(path: str) -> Any:
    # The room for decoded tiles is one for the whole process, and stays as it is set here.
    with warnings.catch_warnings(), rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        # What it warns of is refused by `_georeferenced` with a message of ours.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(path)


@contextmanager
def _gdal(name: str) -> Iterator[None]:
    """Turn what GDAL raises into `ReadError`."""
    try:
        yield
    except RasterioError as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: RasterioError) -> ReadError:
    said = str(error.__cause__ or error)
    if "No such file" in said:
        fix = "check the path"
    elif "not recognized" in said:
        fix = "it is no raster that GDAL knows; `gdalinfo` on a good file shows its driver"
    else:
        fix = "the file is damaged or incomplete: copy or download it again"
    return ReadError(f"{name} cannot be read: GDAL says '{said}'; {fix}")


def numbers(array: Array) -> Array:
    """Return an array in native byte order, booleans as 0 and 1; a view where that is possible."""
    if array.dtype == np.bool_:
        return array.view(np.uint8)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _window(block: Block) -> Window:
    rows, cols = block.shape
    return Window(block.col0, block.row0, cols, rows)
