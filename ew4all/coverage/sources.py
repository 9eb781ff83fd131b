"""Where people and layers come from: what a block holds, and arrays in memory as a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

import numpy as np

from ew4all.coverage import kernels
from ew4all.grid import Block, Grid, must_match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.units import People

BITS_PER_PLANE = 8


class Stack(NamedTuple):
    """What lies in the cells of one block.

    `people`, shape (rows, columns), float32 or float64: counts without NaN or nodata. `planes`, shape (planes, rows,
    columns), uint8: bit ``k % 8`` of plane ``k // 8`` is the 0/1 layer ``k``. `shares`, shape (layers, rows, columns),
    float32: layers with values 0..1.
    """

    people: People
    planes: NDArray[np.uint8]
    shares: NDArray[np.float32]


class Source(Protocol):
    """Where people and layers come from. It must be picklable for workers in other processes."""

    @property
    def grid(self) -> Grid:
        """Grid of the people, to which every layer was brought."""

    @property
    def bits(self) -> int:
        """Number of 0/1 layers."""

    @property
    def shares(self) -> int:
        """Number of layers with values 0..1."""

    @property
    def tile(self) -> tuple[int, int] | None:
        """Rows and columns of the blocks that are cheap to read; None where everything is in memory."""

    def read(self, block: Block) -> Stack:
        """Return one block."""


@dataclass(frozen=True)
class ArraySource:
    """People and layers in memory.

    Raises
    ------
    GridMismatchError
        An array does not have the shape of the grid.
    """

    grid: Grid
    people: People
    planes: NDArray[np.uint8]
    fractions: NDArray[np.float32]
    bits: int

    def __post_init__(self) -> None:
        """Check shapes."""
        must_match("the array of people", self.people.shape, self.grid.shape)
        must_match("a plane of layers", self.planes.shape[1:], self.grid.shape)
        must_match("a layer of shares", self.fractions.shape[1:], self.grid.shape)

    @classmethod
    def of(
        cls,
        grid: Grid,
        people: People,
        layers: Sequence[NDArray[Any]] = (),
        shares: Sequence[NDArray[Any]] = (),
    ) -> ArraySource:
        """Pack 0/1 layers (anything not zero is covered) and shares of one grid."""
        for layer in (*layers, *shares):
            must_match("a coverage layer", layer.shape, grid.shape)
        planes = np.zeros((planes_for(len(layers)), *grid.shape), np.uint8)
        for k, layer in enumerate(layers):
            kernels.set_bit(layer, k % BITS_PER_PLANE, planes[k // BITS_PER_PLANE])
        stacked = np.zeros((len(shares), *grid.shape), np.float32)
        for k, share in enumerate(shares):
            stacked[k] = share
        counts = cast("People", np.ascontiguousarray(people))
        return cls(grid, counts, planes, stacked, len(layers))

    @property
    def shares(self) -> int:
        """Number of layers with values 0..1."""
        return int(self.fractions.shape[0])

    @property
    def tile(self) -> tuple[int, int] | None:
        """None: everything is in memory."""
        return None

    def read(self, block: Block) -> Stack:
        """Return views of one block."""
        rows, cols = slice(block.row0, block.row1), slice(block.col0, block.col1)
        return Stack(
            self.people[rows, cols], self.planes[:, rows, cols], self.fractions[:, rows, cols]
        )


def planes_for(bits: int) -> int:
    """Planes of eight bits that hold so many layers; at least one, which kernels need even if they do not read it."""
    return max(1, -(-bits // BITS_PER_PLANE))


def columns_of(source: Source) -> int:
    """Numbers that a source gives for each polygon: people, then each 0/1 layer, then each share."""
    return 1 + source.bits + source.shares
