"""Who serves whom in and around a warning area: windows of people and servers, and which windows need to be looked at.

Only cells that serve somebody in the area can be addressed, so that windows far from all of these say nothing. The windows
that the area meets are looked at first; then those within reach of a cell that serves there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ew4all.coverage import target_kernels
from ew4all.coverage.floors import SettlementService
from ew4all.coverage.selection_rules import coverage_touches
from ew4all.coverage.targeting import (
    TARGET_BLOCK,
    CellSums,
    PlaceBlock,
    Served,
    cleaned,
    joined,
    sum_cells,
)
from ew4all.coverage.workers import in_order
from ew4all.grid import Block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Executor

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.cells import Cells
    from ew4all.coverage.exposure import Fractions, Progress
    from ew4all.coverage.geofence import GeofenceField
    from ew4all.grid import Grid
    from ew4all.units import F32, F64, I32

__all__ = ["Camper", "Operator", "Places", "Serving", "look", "settlement_service"]


class Servers(Protocol):
    """Who serves each place of a window."""

    @property
    def cell(self) -> I32:
        """Shape (k, rows, columns); -1 for none."""

    @property
    def probability(self) -> F32:
        """That a phone there camps on the cell and decodes; same shape."""


class Camper(Protocol):
    """What a network has to answer."""

    @property
    def cells(self) -> Cells:
        """Every cell."""

    @property
    def grid(self) -> Grid:
        """Grid of places."""

    def camping(
        self, block: Block, operator: str | None = None, alive: NDArray[np.bool_] | None = None
    ) -> Servers:
        """Who serves whom in one window."""

    def touched(self, which: NDArray[Any], blocks: Iterable[Block]) -> list[Block]:
        """Windows in which some of the cells can be received."""


@dataclass(frozen=True)
class Operator:
    """An operator and its share of the phones; `name` None: every cell is of one network."""

    name: str | None
    share: float


@dataclass(frozen=True, eq=False)
class Places:
    """People, the area and the servers, window by window.

    Attributes
    ----------
    people
        Gives the people of a window.
    fractions
        Share of each raster cell in the area.
    field
        Share of phones that show what they receive; None: all.
    """

    network: Camper
    people: Callable[[Block], NDArray[np.floating]]
    fractions: Fractions
    operators: tuple[Operator, ...]
    field: GeofenceField | None = None

    @property
    def grid(self) -> Grid:
        """Grid of places."""
        return self.network.grid

    def read(self, block: Block, alive: NDArray[np.bool_] | None = None) -> PlaceBlock:
        """Return one window.

        Parameters
        ----------
        alive
            Which cells are on air, shape (cells,); None: all.
        """
        fraction = self.fractions.read(block)
        people = np.asarray(self.people(block), np.float64)
        show = None if self.field is None else self.field.read(block, cleaned(fraction))
        area = np.broadcast_to(self.grid.cell_area_km2(block), block.shape)
        return PlaceBlock.of(people, fraction, area, self.served(block, alive), show)

    def served(self, block: Block, alive: NDArray[np.bool_] | None = None) -> tuple[Served, ...]:
        """Return who serves each place of a window, for each operator."""
        found = []
        for operator in self.operators:
            camping = self.network.camping(block, operator=operator.name, alive=alive)
            found.append(Served(camping.cell, camping.probability, operator.share))
        return tuple(found)

    def reached(self, block: Block, addressed: NDArray[np.bool_]) -> tuple[PlaceBlock, F64, F64]:
        """Return a window, and for each place the share of phones on an addressed cell and on any cell."""
        place = self.read(block)
        on, any_cell = np.zeros(block.shape), np.zeros(block.shape)
        every = np.ones_like(addressed)
        for served in place.served:
            arrays = np.ascontiguousarray(served.cell), np.ascontiguousarray(served.probability)
            target_kernels.add_share_on(*arrays, served.weight, addressed, on)
            target_kernels.add_share_on(*arrays, served.weight, every, any_cell)
        return place, np.minimum(on, 1.0), np.minimum(any_cell, 1.0)


@dataclass(frozen=True, eq=False)
class Serving:
    """What was found: sums with all cells on air, sums of each member of an ensemble, cells that touch the area, windows."""

    nominal: CellSums
    members: tuple[CellSums, ...]
    touches: NDArray[np.bool_]
    windows: tuple[Block, ...]


def look(
    places: Places,
    area: BaseGeometry,
    *,
    ensemble: Sequence[NDArray[np.bool_]] = (),
    also: NDArray[np.bool_] | None = None,
    together: Callable[[NDArray[np.bool_]], NDArray[np.bool_]] | None = None,
    heard: Callable[[Block], Sequence[tuple[NDArray[np.int32], NDArray[np.floating]]]]
    | None = None,
    workers: int | Executor = 1,
    progress: Progress | None = None,
) -> Serving:
    """Look at the area, and then at everything within reach of the cells that serve there.

    Parameters
    ----------
    area
        Warning area in the CRS of the grid.
    ensemble
        Cells on air in each member of an ensemble of outages.
    also
        Further cells whose surroundings are to be looked at, shape (cells,).
    together
        Gives the cells that are addressed with some cells, where one code stands for several.
    heard
        Gives the cells that can be heard in a window and by how much they exceed the level that a phone needs, dB, in layers
        of shape (k, rows, columns); without it `touches` are the cells that serve somebody.
    """
    count = len(places.network.cells)
    grid = places.grid
    window = grid.block_of_bounds(area.bounds)
    first = [] if window is None else list(grid.blocks(*TARGET_BLOCK, within=window))
    # Members in which the same cells fail are looked at once; the one in which none does is the network as it is.
    masks: list[NDArray[np.bool_] | None] = [None]
    member = []
    known = {np.ones(count, np.bool_).tobytes(): 0}
    for alive in ensemble:
        at = known.setdefault(alive.tobytes(), len(masks))
        if at == len(masks):
            masks.append(alive)
        member.append(at)
    ahead: list[CellSums] = [
        sum_cells(_reader(places, alive), first, count, workers=workers, progress=progress)
        for alive in masks
    ]
    touches = np.any([s.inside_km2 > 0.0 for s in ahead], axis=0)
    if heard is not None:
        for mask in in_order(_heard, [(places, heard, b, count) for b in first], workers):
            touches |= mask
    candidates = touches if also is None else touches | also
    if together is not None:
        candidates = candidates | together(candidates)
    done = set(first)
    others = [b for b in grid.blocks(*TARGET_BLOCK) if b not in done]
    rest = places.network.touched(candidates, others)
    behind = [
        sum_cells(_reader(places, alive), rest, count, workers=workers, progress=progress)
        for alive in masks
    ]
    both = [joined(a, b) for a, b in zip(ahead, behind, strict=True)]
    return Serving(both[0], tuple(both[k] for k in member), touches, (*first, *rest))


def settlement_service(
    names: Sequence[str],
    shapes: Sequence[Fractions],
    boxes: Sequence[Block | None],
    places: Places,
    *,
    ensemble: Sequence[NDArray[np.bool_]] = (),
    workers: int | Executor = 1,
) -> SettlementService:
    """Return who serves the people of each settlement who are in the area.

    Parameters
    ----------
    shapes
        Share of each raster cell in each settlement.
    boxes
        Window in which each settlement lies; None: outside the grid.
    ensemble
        Cells on air in each member; the mean is taken.
    """
    count = len(places.network.cells)
    masks: list[NDArray[np.bool_] | None] = list(ensemble) or [None]
    jobs = [(places, shape, box, masks, count) for shape, box in zip(shapes, boxes, strict=True)]
    total = np.zeros(len(names))
    settlement, cell, people = [], [], []
    for k, (everybody, sums) in enumerate(in_order(_of_settlement, jobs, workers)):
        total[k] = everybody
        some = np.flatnonzero(sums > 0.0)
        settlement.append(np.full(some.size, k, np.int64))
        cell.append(some)
        people.append(sums[some])
    return SettlementService.of(
        names,
        total,
        np.concatenate(settlement),
        np.concatenate(cell),
        np.concatenate(people),
        count,
    )


def _of_settlement(
    places: Places,
    shape: Fractions,
    box: Block | None,
    masks: Sequence[NDArray[np.bool_] | None],
    count: int,
) -> tuple[float, F64]:
    sums = np.zeros(count)
    if box is None:
        return 0.0, sums
    everybody = 0.0
    for block in _parts(box):
        part = cleaned(shape.read(block)) * cleaned(places.fractions.read(block))
        people = np.asarray(places.people(block), np.float64) * part
        everybody += float(people.sum())
        if not people.any():
            continue
        for alive in masks:
            for served in places.served(block, alive):
                there = served.cell >= 0
                weight = served.weight / len(masks) * served.probability * people
                sums += np.bincount(served.cell[there], weight[there], minlength=count)
    return everybody, sums


def _parts(box: Block) -> list[Block]:
    rows, cols = TARGET_BLOCK
    return [
        Block(r, min(r + rows, box.row1), c, min(c + cols, box.col1))
        for r in range(box.row0, box.row1, rows)
        for c in range(box.col0, box.col1, cols)
    ]


def _reader(places: Places, alive: NDArray[np.bool_] | None) -> Callable[[Block], PlaceBlock]:
    return lambda block: places.read(block, alive)


def _heard(places: Places, heard: Any, block: Block, count: int) -> NDArray[np.bool_]:
    inside = cleaned(places.fractions.read(block)) > 0.0
    return coverage_touches(((cell, margin, inside) for cell, margin in heard(block)), count)
