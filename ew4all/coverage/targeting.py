"""Which cells to address for a warning area: whom each cell serves inside and outside, and the threshold rule.

A phone camps on one cell at a time, so that people alerted are a sum over cells. With `b` people inside the area and `o`
outside who camp on a cell, addressing a set of cells reaches the sum of its `b` and disturbs the sum of its `o`. Whoever
accepts `1 / weight` people disturbed for one reached, that is, minimises ``weight * over-reach - reached``, addresses
exactly the cells with ``b > weight * o``: those whose *share* ``b / (b + o)`` lies above ``tau = weight / (1 + weight)``.
No search is needed; the sets over all values of tau are the corners of the best trade-off there is.

People whom no cell serves are `unserved`, apart from those *missed*, who camp on a cell that is not addressed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage import target_kernels
from ew4all.coverage.workers import in_order
from ew4all.errors import GridMismatchError, OptionError
from ew4all.grid import Block, must_match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from ew4all.coverage.exposure import Progress
    from ew4all.units import F32, F64, I32

__all__ = [
    "TARGET_BLOCK", "TAU", "CellSums", "PlaceBlock", "Served", "cleaned", "joined", "mean_of", "share", "sum_cells", "threshold",
    "union_of", "weight_of",
]  # fmt: skip

TAU: Final = {"evacuation": 0.05, "imminent": 0.0}
"""Least share of a cell's people who are inside. Source: radio planning note 3.4, a choice: 0.05 to 0.10 for an ordered
evacuation, where disturbing outsiders costs trust and road space; 0 for imminent danger, where nobody may be missed."""

TARGET_BLOCK: Final = (256, 1024)
"""Rows and columns summed at once; it fixes the order of sums, so the result has the same bits for any workers."""

ROUNDING: Final = 1e-11
"""A share of a raster cell within this of 0 or 1 is rounding of the running sums along its row."""

_SLACK: Final = 1e-12
_COLUMNS: Final = (
    "inside",
    "outside",
    "inside_km2",
    "outside_km2",
    "shown_inside",
    "shown_outside",
)


@dataclass(frozen=True, eq=False)
class Served:
    """Who serves each place: `cell`, shape (k, rows, columns), -1 for none, and `probability` of the same shape.

    What `Network.camping` returns has this shape too. `weight` is the share of one member of an ensemble.
    """

    cell: I32
    probability: F32
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class PlaceBlock:
    """People and square kilometres inside and outside the area, and who serves them, in one window of a raster.

    Arrays have the shape (rows, columns), float64; `show`, shape (2, rows, columns), is the share of phones that show
    what they receive inside and outside, None for all.
    """

    inside: F64
    outside: F64
    inside_km2: F64
    outside_km2: F64
    served: tuple[Served, ...]
    show: F64 | None = None

    @classmethod
    def of(
        cls,
        people: NDArray[np.floating],
        fraction: NDArray[np.floating],
        area_km2: F64,
        served: Sequence[Served],
        show: F64 | None = None,
    ) -> PlaceBlock:
        """Split the people of each raster cell by its share inside the area; `area_km2` broadcasts."""
        part = cleaned(fraction)
        rest = 1.0 - part
        must_match("the share of cells in the area", part.shape, people.shape)
        return cls(
            people * part, people * rest, area_km2 * part, area_km2 * rest, tuple(served), show
        )


def cleaned(fraction: NDArray[np.floating]) -> F64:
    """Shares of raster cells in 0..1, without the rounding that makes a whole cell a little less than whole."""
    part: F64 = np.clip(fraction, 0.0, 1.0).astype(np.float64)
    part[part < ROUNDING] = 0.0
    part[part > 1.0 - ROUNDING] = 1.0
    return part


@dataclass(frozen=True, eq=False)
class CellSums:
    """What each cell serves; arrays of shape (cells,).

    Attributes
    ----------
    inside, outside
        People inside and outside the area who camp on the cell (`b` and `o`).
    inside_km2, outside_km2
        The same for square kilometres.
    shown_inside, shown_outside
        People whose phone shows the alert; equal to `inside` and `outside` where phones do not filter.
    is_best
        Whether the cell is the likeliest server of some place in the area.
    in_area_people, in_area_km2
        Everybody and every square kilometre in the area, served or not.
    """

    inside: F64
    outside: F64
    inside_km2: F64
    outside_km2: F64
    shown_inside: F64
    shown_outside: F64
    is_best: NDArray[np.bool_]
    in_area_people: float
    in_area_km2: float

    def __len__(self) -> int:
        """Return the number of cells."""
        return int(self.inside.size)

    @property
    def unserved_people(self) -> float:
        """People in the area whom no cell serves."""
        return _rest(self.in_area_people, float(self.inside.sum()))

    @property
    def unserved_km2(self) -> float:
        """Square kilometres of the area that no cell serves."""
        return _rest(self.in_area_km2, float(self.inside_km2.sum()))

    def counts(self, measure: str = "people") -> tuple[F64, F64]:
        """Return what decides: people who are shown the alert inside and outside, or square kilometres.

        Parameters
        ----------
        measure
            ``"people"`` or ``"area"``.
        """
        if measure == "area":
            return self.inside_km2, self.outside_km2
        return self.shown_inside, self.shown_outside

    def part(self, cells: NDArray[np.bool_], share: float = 1.0) -> CellSums:
        """Return the sums of some cells alone: those of one operator, whose `share` of everybody is in the area."""
        return replace(
            self,
            **{name: np.where(cells, getattr(self, name), 0.0) for name in _COLUMNS},
            is_best=self.is_best & cells,
            in_area_people=self.in_area_people * share,
            in_area_km2=self.in_area_km2 * share,
        )

    def scaled(self, factor: float) -> CellSums:
        """Return the sums of a share of the people (the customers of one operator); areas stay."""
        return replace(
            self,
            inside=self.inside * factor,
            outside=self.outside * factor,
            shown_inside=self.shown_inside * factor,
            shown_outside=self.shown_outside * factor,
            in_area_people=self.in_area_people * factor,
        )


@dataclass
class _Sums:
    """Sums while they grow."""

    rows: F64
    best: NDArray[np.bool_]
    people: float = 0.0
    km2: float = 0.0
    done: int = field(default=0)


def sum_cells(
    read: Callable[[Block], PlaceBlock] | None,
    blocks: Iterable[Block] | Iterable[PlaceBlock],
    cells: int,
    *,
    workers: int | Executor = 1,
    progress: Progress | None = None,
) -> CellSums:
    """Sum what each cell serves inside and outside the area, window by window.

    Parameters
    ----------
    read
        Gives the people and the servers of a window; None where `blocks` holds them already.
    blocks
        Windows, in a fixed order.
    cells
        Number of cells of the network.
    workers
        Threads or an executor; the result has the same bits for any.
    progress
        Called after each block with the number done and the number of all (0: unknown).

    Raises
    ------
    GridMismatchError
        Arrays of a block differ in shape, or name a cell that does not exist.
    """
    total = _Sums(np.zeros((cells, target_kernels.COLUMNS)), np.zeros(cells, np.bool_))
    jobs = [(read, block, cells) for block in blocks]
    for ids, rows, best, people, km2 in in_order(_sum_block, jobs, workers):
        total.rows[ids] += rows
        total.best[ids] |= best
        total.people += people
        total.km2 += km2
        total.done += 1
        if progress:
            progress(total.done, len(jobs))
    b, o, b_km2, o_km2, b_shown, o_shown = (np.ascontiguousarray(c) for c in total.rows.T)
    return CellSums(b, o, b_km2, o_km2, b_shown, o_shown, total.best, total.people, total.km2)


def _sum_block(
    read: Callable[[Block], PlaceBlock] | None, block: Block | PlaceBlock, cells: int
) -> tuple[NDArray[np.int64], F64, NDArray[np.bool_], float, float]:
    place = block if isinstance(block, PlaceBlock) else _read(read, block)
    _check(place, cells)
    rows = np.zeros((cells, target_kernels.COLUMNS))
    best = np.zeros(cells, np.bool_)
    show = np.empty((0, 0, 0)) if place.show is None else place.show
    arrays = (place.inside, place.outside, place.inside_km2, place.outside_km2)
    b, o, b_km2, o_km2 = (np.ascontiguousarray(a, np.float64) for a in arrays)
    for served in place.served:
        cell = np.ascontiguousarray(served.cell, np.int32)
        probability = np.ascontiguousarray(served.probability, np.float32)
        target_kernels.add_camping(cell, probability, served.weight, b, o, b_km2, o_km2, show, rows)
        target_kernels.mark_best(cell, probability, b_km2, best)
    # A block meets few of the cells of a country.
    ids = np.flatnonzero(best | rows.any(axis=1))
    return ids, rows[ids], best[ids], float(b.sum()), float(b_km2.sum())


def _read(read: Callable[[Block], PlaceBlock] | None, block: Block) -> PlaceBlock:
    assert read is not None
    return read(block)


def _check(place: PlaceBlock, cells: int) -> None:
    shape = place.inside.shape
    for name in ("outside", "inside_km2", "outside_km2"):
        must_match(f"the array {name!r} of a block", getattr(place, name).shape, shape)
    if place.show is not None:
        must_match("the share of phones that show an alert", place.show.shape, (2, *shape))
    for served in place.served:
        must_match("the serving cells of a block", served.cell.shape[1:], shape)
        must_match("their probabilities", served.probability.shape, served.cell.shape)
        if served.cell.size and int(served.cell.max()) >= cells:
            msg = f"a place is served by cell {int(served.cell.max())}, but there are {cells}; give the network of these cells"
            raise GridMismatchError(msg)


def share(inside: F64, outside: F64) -> F64:
    """Share of the people of each cell who are inside the area, shape (cells,); 0 where there is nobody inside."""
    both = inside + outside
    return np.divide(inside, both, out=np.zeros_like(both), where=(inside > 0.0) & (both > 0.0))


def weight_of(tau: float) -> float:
    """People reached that one person disturbed weighs as much as, at a threshold `tau`; infinite at 1."""
    return tau / (1.0 - tau) if tau < 1.0 else np.inf


def threshold(inside: F64, outside: F64, tau: float, *, epsilon: float = 0.0) -> NDArray[np.bool_]:
    """Cells to address: those with somebody inside whose share inside is at least `tau`.

    Parameters
    ----------
    inside, outside
        What each cell serves, shape (cells,).
    tau
        Least share, 0..1. At 0 every cell with anybody inside is addressed.
    epsilon
        Cells that serve less than this fraction of all that is served inside are left out at `tau` = 0 (they would be
        addressed for a trace of signal). 0 leaves nobody out.

    Raises
    ------
    OptionError
        `tau` or `epsilon` is not in 0..1.
    """
    for name, value in (("tau", tau), ("epsilon", epsilon)):
        if not 0.0 <= value <= 1.0:
            msg = f"{name} is a share of 0 to 1, but got {value}"
            raise OptionError(msg)
    chosen: NDArray[np.bool_] = (inside > 0.0) & (share(inside, outside) >= tau - _SLACK)
    if tau == 0.0 and epsilon > 0.0:
        chosen &= inside >= epsilon * inside.sum()
    return chosen


def mean_of(members: Sequence[CellSums]) -> CellSums:
    """Return the sums with each probability replaced by its mean over an ensemble of outages.

    Sums are linear in the probabilities, so that the mean of sums is the sum of means.
    """
    if not members:
        msg = "an ensemble of no member has no mean; give one alive mask or more"
        raise OptionError(msg)
    n = len(members)
    sums = {name: np.sum([getattr(m, name) for m in members], axis=0) / n for name in _COLUMNS}
    best = np.any([m.is_best for m in members], axis=0)
    people = sum(m.in_area_people for m in members) / n
    return CellSums(
        **sums,
        is_best=best,
        in_area_people=people,
        in_area_km2=sum(m.in_area_km2 for m in members) / n,
    )


def joined(one: CellSums, other: CellSums) -> CellSums:
    """Add the sums of different windows."""
    return replace(
        one,
        **{name: getattr(one, name) + getattr(other, name) for name in _COLUMNS},
        is_best=one.is_best | other.is_best,
        in_area_people=one.in_area_people + other.in_area_people,
        in_area_km2=one.in_area_km2 + other.in_area_km2,
    )


def union_of(
    members: Sequence[CellSums], tau: float, *, measure: str = "people"
) -> NDArray[np.bool_]:
    """Cells that the threshold rule addresses in any member of an ensemble, for instance with and without some sites."""
    if not members:
        msg = "an ensemble of no member addresses nobody; give one alive mask or more"
        raise OptionError(msg)
    out: NDArray[np.bool_] = np.any([threshold(*m.counts(measure), tau) for m in members], axis=0)
    return out


def _rest(whole: float, part: float) -> float:
    """Return what is left, without the rounding (probabilities are float32) that leaves less than nothing."""
    rest = whole - part
    return rest if rest > 1e-6 * whole else 0.0
