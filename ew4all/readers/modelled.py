"""Coverage that a network of cells gives, in the place of coverage layers from files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.queries import ANY
from ew4all.grid import Block
from ew4all.readers.layer_points import at_points
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.coverage.network import Network
    from ew4all.readers.layers import Provenance
    from ew4all.units import F32, F64

__all__ = ["ModelledLayer", "layers_of"]

_PIXELS = 512
"""Rows and columns of the network's grid that are computed at once."""


@dataclass(frozen=True, eq=False)
class ModelledLayer:
    """Where cells of one technology and operator are received outdoors, as the probability of it.

    Indoors, phones that miss the message are a step of the waterfall (`received`), here as with every other layer.

    Attributes
    ----------
    operator
        None: cells whose operator is unknown.
    kinds
        Technologies and operators (None: all of them) whose best server counts.
    network
        On a grid whose cells are `factor` x `factor` parts of those of the people.
    alive
        Which cells of the network work, shape (cells,); None: all.
    row0, col0
        The cell of the people that is the first of the network's grid; beyond that grid nobody is served.
    """

    technology: str
    operator: str | None
    network: Network
    kinds: tuple[tuple[str, str | None], ...]
    factor: int = 1
    alive: NDArray[np.bool_] | None = None
    row0: int = 0
    col0: int = 0

    provenance: Final[Provenance] = "modelled"
    binary: Final = False
    notes: Final[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """How messages name the layer."""
        return f"coverage {self.technology}" + (f":{self.operator}" if self.operator else "")

    def share(self, block: Block, tiles: NDArray[np.bool_] | None = None) -> F32:  # noqa: ARG002
        """Return the probability of service in each cell of a block of people, the mean over its parts."""
        rows, cols = (n // self.factor for n in self.network.grid.shape)
        here = Block(
            min(max(block.row0 - self.row0, 0), rows),
            min(max(block.row1 - self.row0, 0), rows),
            min(max(block.col0 - self.col0, 0), cols),
            min(max(block.col1 - self.col0, 0), cols),
        )
        if here.shape == block.shape:
            return self._within(here)
        out = np.zeros(block.shape, np.float32)
        if here.row0 < here.row1 and here.col0 < here.col1:
            top, left = here.row0 + self.row0 - block.row0, here.col0 + self.col0 - block.col0
            out[top : top + here.shape[0], left : left + here.shape[1]] = self._within(here)
        return out

    def share_at(self, x: F64, y: F64) -> F64:
        """Return the probability of service in the pixel of the network in which each point lies, shape (points,).

        `x` and `y` are in the CRS of the people.
        """
        return at_points(self.network.grid, x, y, self._service)

    def _within(self, block: Block) -> F32:
        if self.factor == 1:
            return self._service(block)
        out = np.zeros(block.shape, np.float32)
        step = max(1, _PIXELS // self.factor)
        mine = self._cells()
        for row in range(block.row0, block.row1, step):
            for col in range(block.col0, block.col1, step):
                part = Block(row, min(row + step, block.row1), col, min(col + step, block.col1))
                fine = Block(*(edge * self.factor for edge in part))
                # Most of a coarse raster lies beyond the reach of every cell.
                if not self.network.touched(mine, [fine]):
                    continue
                rows, cols = part.shape
                pixels = self._service(fine).reshape(rows, self.factor, cols, self.factor)
                here = np.s_[
                    row - block.row0 : part.row1 - block.row0,
                    col - block.col0 : part.col1 - block.col0,
                ]
                out[here] = pixels.mean(axis=(1, 3), dtype=np.float64)
        return out

    def with_alive(self, alive: NDArray[np.bool_]) -> ModelledLayer:
        """Return the layer with some cells off the air."""
        return replace(self, alive=alive)

    def _cells(self) -> NDArray[np.bool_]:
        cells = self.network.cells
        mine = np.zeros(len(cells), np.bool_)
        for technology, operator in self.kinds:
            of = cells.technology == TECHNOLOGIES.index(technology)
            mine |= of if operator is None else of & (cells.operator == operator)
        return mine if self.alive is None else mine & self.alive

    def _service(self, block: Block) -> F32:
        found = [
            self.network.service_probability(block, technology, operator, self.alive)
            for technology, operator in self.kinds
        ]
        return found[0] if len(found) == 1 else np.maximum.reduce(found)


def layers_of(
    network: Network, factor: int = 1, row0: int = 0, col0: int = 0
) -> list[ModelledLayer]:
    """Return one layer for each technology and operator of a network.

    The best server of all operators is that of the best operator, so that a technology's union over its operators, which is
    what `reach` takes of layers, is its service with every cell open to every phone. On coarse cells of people there are
    layers of these unions too: the union of means over a cell would be smaller than the mean of the union.
    """
    cells = network.cells
    codes = sorted(set(zip(cells.technology.tolist(), cells.operator.tolist(), strict=True)))
    kinds = [(TECHNOLOGIES[t], str(operator)) for t, operator in codes]
    layers = [ModelledLayer(t, o or None, network, ((t, o),), factor) for t, o in kinds]
    if factor == 1:
        return [replace(layer, row0=row0, col0=col0) for layer in layers]
    technologies, operators = network.technologies(), [o for o in network.operators() if o]
    if len(operators) > 1 or len(kinds) > len(technologies):
        layers += [ModelledLayer(t, None, network, ((t, None),), factor) for t in technologies]
    if len(technologies) > 1:
        layers += [
            ModelledLayer(ANY, o, network, tuple(k for k in kinds if k[1] == o), factor)
            for o in operators
        ]
        everything = tuple((t, None) for t in technologies)
        layers.append(ModelledLayer(ANY, None, network, everything, factor))
    return [replace(layer, row0=row0, col0=col0) for layer in layers]
