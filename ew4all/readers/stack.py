"""Population, coverage rasters and a hazard raster as one source of blocks for `ew4all.coverage.exposure`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from ew4all.coverage import kernels
from ew4all.coverage.queries import FEWEST, Column
from ew4all.coverage.sources import BITS_PER_PLANE, Stack, planes_for
from ew4all.readers.raster_sources import session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.grid import Block, Grid
    from ew4all.units import People

_ALL = 1.0 - 1e-6
_SOME = 1e-9
"""Cells that should meet at an edge overlap by rounding; nobody lives there."""

LEAST_TILE_CELLS = 1 << 16
"""Smaller tiles are read in groups: a call costs as much as decoding 10,000 cells."""


class PeopleReader(Protocol):
    """What is asked of a population."""

    @property
    def grid(self) -> Grid:
        """Cells of the people."""

    @property
    def tile(self) -> tuple[int, int]:
        """Rows and columns of the tiles in which it is stored."""

    def people(self, block: Block, group: int = 0) -> People:
        """People of each cell of a block."""


class ShareReader(Protocol):
    """What is asked of a raster layer."""

    @property
    def binary(self) -> bool:
        """Whether its shares are 0 or 1."""

    def share(self, block: Block) -> NDArray[Any]:
        """Share of each cell of a block that is covered."""


@dataclass(frozen=True)
class RasterStack:
    """People of one group and the columns that were asked for, on the population grid.

    Parameters
    ----------
    population, group
        Where the people come from.
    layers
        Coverage rasters.
    hazard
        Hazard raster, needed where a column asks for it.
    columns
        What is asked. 0/1 columns become bits, the others shares; `place` tells where each stands.
    in_memory
        Whether reading costs nothing, so that blocks need not follow tiles.
    polygons
        Coverage polygons as shares of cells, for columns that name them.
    """

    population: PeopleReader
    layers: Sequence[ShareReader]
    hazard: ShareReader | None
    columns: tuple[Column, ...]
    group: int = 0
    in_memory: bool = False
    polygons: Sequence[ShareReader] = ()

    @property
    def grid(self) -> Grid:
        """Grid of the people."""
        return self.population.grid

    @cached_property
    def _binary(self) -> tuple[bool, ...]:
        hazard = self.hazard is None or self.hazard.binary
        return tuple(
            (c.bound is not None or all(self._layer(k).binary for k in c.rasters))
            and (hazard or not c.hazard)
            for c in self.columns
        )

    @cached_property
    def _packed(self) -> tuple[int | None, ...]:
        """For the union of 0/1 layers that stand as bits in the same plane: these bits. Else None."""
        bit_of: dict[int, int] = {}
        found: list[int | None] = []
        bit = 0
        for column, binary in zip(self.columns, self._binary, strict=True):
            is_plain = binary and column.bound is None and not column.hazard
            places = [bit_of.get(k, -1) for k in column.rasters] if is_plain else [-1]
            here = all(place // BITS_PER_PLANE == bit // BITS_PER_PLANE for place in places)
            found.append(sum({1 << p % BITS_PER_PLANE for p in places}) if here else None)
            if is_plain and len(column.rasters) == 1:
                bit_of.setdefault(column.rasters[0], bit)
            bit += binary
        return tuple(found)

    @cached_property
    def _kept(self) -> frozenset[int]:
        """Layers that more than one column is made of."""
        made = [
            c.rasters for c, bits in zip(self.columns, self._packed, strict=True) if bits is None
        ]
        return frozenset(k for k, n in Counter(chain.from_iterable(made)).items() if n > 1)

    def _layer(self, k: int) -> ShareReader:
        return self.layers[k] if k >= 0 else self.polygons[-1 - k]

    @property
    def bits(self) -> int:
        """Number of 0/1 columns."""
        return sum(self._binary)

    @property
    def shares(self) -> int:
        """Number of columns with values 0..1."""
        return len(self.columns) - self.bits

    @cached_property
    def place(self) -> dict[Column, int]:
        """Where each column stands among the numbers that a shape gets; 0 are the people themselves."""
        bits = [c for c, binary in zip(self.columns, self._binary, strict=True) if binary]
        rest = [c for c, binary in zip(self.columns, self._binary, strict=True) if not binary]
        return {column: 1 + k for k, column in enumerate((*bits, *rest))}

    @cached_property
    def tile(self) -> tuple[int, int] | None:
        """Blocks of whole tiles of the population raster; None in memory."""
        if self.in_memory:
            return None
        height, width = self.grid.shape
        rows, cols = min(self.population.tile[0], height), min(self.population.tile[1], width)
        across = 1
        down = max(1, -(-LEAST_TILE_CELLS // (rows * cols)))
        if cols < 256:
            across = -(-256 // cols)
            down = max(1, -(-LEAST_TILE_CELLS // (rows * cols * across)))
        return rows * down, cols * across

    def read(self, block: Block) -> Stack:
        """Return people and columns of one block; where nobody lives the layers are not read."""
        with session():
            return self._read(block)

    def _read(self, block: Block) -> Stack:
        people = cast("People", np.ascontiguousarray(self.population.people(block, self.group)))
        planes = np.zeros((planes_for(self.bits), *block.shape), np.uint8)
        shares = np.zeros((self.shares, *block.shape), np.float32)
        if not kernels.anybody(people):
            return Stack(people, planes, shares)
        hazard = (
            self.hazard.share(block)
            if self.hazard and any(c.hazard for c in self.columns)
            else None
        )
        layers: dict[int, NDArray[Any]] = {}
        bit = share = 0
        for column, binary, packed in zip(self.columns, self._binary, self._packed, strict=True):
            # Behind eight bits there may be shares alone, and no further plane.
            plane, at = planes[bit // BITS_PER_PLANE if binary else 0], bit % BITS_PER_PLANE
            if packed is not None:
                kernels.unite_bits(packed, at, plane)
                bit += 1
                continue
            for k in column.rasters:
                if k not in layers:
                    layers[k] = self._layer(k).share(block)
            value = _column(column, layers, hazard, binary)
            if binary:
                kernels.set_bit(value, at, plane)
                bit += 1
            else:
                shares[share] = value
                share += 1
            # A tile that is given back at once is still in the processor's cache when the next one is decoded into it.
            del value
            layers = {k: v for k, v in layers.items() if k in self._kept}
        return Stack(people, planes, shares)


def _column(
    column: Column, layers: dict[int, NDArray[Any]], hazard: NDArray[Any] | None, binary: bool
) -> NDArray[Any]:
    value: NDArray[Any] | None = None
    for k in column.rasters:
        # The larger value is the union of 0/1 layers, and the least that the union of shares can be.
        value = layers[k] if value is None else np.maximum(value, layers[k])
    if column.bound is not None and value is not None:
        value = ((value >= _ALL) if column.bound == FEWEST else (value > _SOME)).view(np.uint8)
    if column.hazard:
        assert hazard is not None
        if value is None:
            return hazard
        # Shares of different things within a cell: nothing says where they lie, so they are taken as independent.
        both: NDArray[Any] = value & hazard if binary else value.astype(np.float32) * hazard
        return both
    assert value is not None
    return value
