"""People served while sites fail and come back; whom each site serves when all is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.coverage.outages.served import over_time
from ew4all.coverage.surroundings import FinerPeople
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ew4all.coverage.outages.timeline import Timeline
    from ew4all.grid import Block
    from ew4all.network_intake import OpenedNetwork
    from ew4all.units import F64, I64

__all__ = ["BLOCK", "PeopleServed", "people_of_sites", "people_over_time"]

BLOCK: Final = (256, 256)


@dataclass(frozen=True, eq=False)
class PeopleServed:
    """People who camp on a working cell and decode it, all operators as one network.

    Attributes
    ----------
    total
        People on the map.
    before
        Served while every site works, by technology and in all.
    times_h
        Shape (times,).
    served
        By technology (the one they camp on) and in all, shape (times, technologies + 1).
    computed, blocks
        Tiles that were computed at each time, and how many there are.
    """

    total: float
    before: F64
    times_h: F64
    served: F64
    computed: I64
    blocks: int

    def to_dict(self) -> dict[str, Any]:
        """Return the block ``people`` of the document."""
        names = (*TECHNOLOGIES, "any")

        def row(values: F64) -> dict[str, float]:
            return {name: float(v) for name, v in zip(names, values, strict=True)}

        return {
            "total": self.total,
            "before": row(self.before),
            "curve": [
                {"time_h": float(t), **row(values)}
                for t, values in zip(self.times_h, self.served, strict=True)
            ],
            "tiles": self.blocks,
            "tiles_computed": [int(n) for n in self.computed],
        }


def people_over_time(
    opened: OpenedNetwork,
    timeline: Timeline,
    times_h: Sequence[float],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> PeopleServed:
    """Count the people who have service at some hours of a course of events; only tiles that change are done again."""
    network = opened.network
    people = _reader(opened)
    blocks = list(network.grid.blocks(*BLOCK))
    here: dict[int, F64] = {}

    def measure(block: Block, alive: NDArray[np.bool_]) -> F64:
        count = here.setdefault(id(block), people.read(block))
        camping = network.camping(block, alive=alive)
        out = np.zeros(len(TECHNOLOGIES) + 1)
        technology = network.cells.technology[camping.cell]
        for code in range(len(TECHNOLOGIES)):
            share = np.where((camping.cell >= 0) & (technology == code), camping.probability, 0.0)
            out[code] = (share.sum(axis=0, dtype=np.float64) * count).sum()
        out[-1] = out[:-1].sum()
        return out

    before_s = -1.0  # before anything happens
    found = over_time(
        network, blocks, measure, network.cells.site, timeline, [before_s, *(h * 3600.0 for h in times_h)],
        progress=progress,
    )  # fmt: skip
    total = float(sum(here[id(block)].sum() for block in blocks))
    return PeopleServed(
        total,
        found.totals[0],
        np.asarray(times_h, np.float64),
        found.totals[1:],
        found.computed[1:],
        len(blocks),
    )


def people_of_sites(opened: OpenedNetwork, sites: int) -> F64:
    """Return how many people each site serves while all work, shape (sites,)."""
    network = opened.network
    people = _reader(opened)
    out = np.zeros(sites)
    for block in network.grid.blocks(*BLOCK):
        count = people.read(block)
        camping = network.camping(block)
        served = camping.probability * count
        known = camping.cell >= 0
        out += np.bincount(network.cells.site[camping.cell[known]], served[known], sites)
    return out


def _reader(opened: OpenedNetwork) -> FinerPeople:
    return FinerPeople(
        opened.people.cells(None), opened.window.row0, opened.window.col0, opened.factor
    )
