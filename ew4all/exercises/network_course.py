"""What happens to the network in an exercise: the outage of the scenario, kits that come, roaming, and the cells that each alert addresses.

A scenario's network has one set of cells that carry the alert. Here there is one for each warning area, and sites come back and
operators open their networks in the course of the exercise. All of that is told to folding as epochs, one set after the other:
those of the first area, then the same epochs as the second area addresses them, and so on. The people of a pixel get one
history over all of them, so that they are told apart exactly as far as it matters to some alert at some time. Which cell serves
whom, and when, does not depend on the area; shares of a pixel are ordered as everywhere in folding, so that of two areas
which address different cells of one technology there, the people with a cell of the one are taken to be among those with
a cell of the other as far as their numbers go.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ew4all.sim.history_kernels import NOBODY, category_shares
from ew4all.sim.service_histories import PLACES, ServiceOfBlock
from ew4all.sim.world import Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.coverage.network import Network
    from ew4all.grid import Block
    from ew4all.sim.epochs import Epochs
    from ew4all.sim.service_histories import Customers

    F64 = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["CourseChange", "CoursedService", "NetworkCourse"]


class CourseChange(NamedTuple):
    """Cells that come back at a moment, shape (cells,), until when, and whether operators share their networks from then on."""

    at_s: float
    cells: Flags | None = None
    roaming: bool = False
    until_s: float = inf


@dataclass(frozen=True, eq=False)
class NetworkCourse:
    """Epochs of the network in an exercise.

    Attributes
    ----------
    start_s
        When each begins, seconds after the scenario's zero, shape (epochs,); the first has no beginning.
    alive
        Cells on air, shape (epochs, cells).
    known
        Cells that an alert can be sent to: not those that stand in for others, same shape.
    roaming
        Every phone may use every cell, shape (epochs,).
    """

    start_s: F64
    alive: Flags
    known: Flags
    roaming: Flags

    @classmethod
    def of(cls, epochs: Epochs, changes: Sequence[CourseChange] = ()) -> NetworkCourse:
        """Lay changes over the epochs of an outage in which every cell is addressed that can be."""
        bounds = [t for one in changes for t in (one.at_s, one.until_s) if t < inf]
        start_s = np.unique(np.append(epochs.start_s, bounds))
        of = np.searchsorted(epochs.start_s, start_s, side="right") - 1
        alive, known = epochs.alive[of].copy(), epochs.addressed[of].copy()
        roaming = np.zeros(start_s.size, bool)
        for one in changes:
            later = (start_s >= one.at_s) & (start_s < one.until_s)
            roaming |= later & one.roaming
            if one.cells is not None:
                alive |= later[:, None] & one.cells
                known |= later[:, None] & one.cells
        return cls(start_s, alive, known, roaming)

    def __len__(self) -> int:
        """Return the number of epochs."""
        return int(self.start_s.size)

    def alive_at(self, time_s: float) -> Flags:
        """Return which cells are on air, shape (cells,)."""
        found: Flags = self.alive[int(np.searchsorted(self.start_s, time_s, side="right")) - 1]
        return found


@dataclass(frozen=True, eq=False)
class CoursedService:
    """Service by a network through its course, once for each set of addressed cells: a `ServiceSource`.

    Attributes
    ----------
    chosen
        Cells that each area addresses, shape (areas, cells).
    from_s, until_s
        The run: epochs of the second area are laid behind it, as if it lasted as long again, so that each weighs what it should.
    """

    network: Network
    customers: tuple[Customers, ...]
    course: NetworkCourse
    chosen: Flags
    from_s: float
    until_s: float

    follows_area: Final = False

    @property
    def start_s(self) -> F64:
        """When epochs begin, those of one area behind those of the other."""
        first = self.course.start_s
        span_s = self.until_s - self.from_s
        later = [np.maximum(first, self.from_s) + k * span_s for k in range(1, len(self.chosen))]
        return np.concatenate([first, *later])

    def read(self, block: Block) -> ServiceOfBlock:
        """Return who serves a block; epochs in which nothing changes there are computed once."""
        course, count = self.course, len(self.course)
        who = self._once(block, [(course.alive[k], course.roaming[k]) for k in range(count)])
        states = [
            (who[k], self.chosen[a] & course.known[k])
            for a in range(len(self.chosen))
            for k in range(count)
        ]
        kept: list[int] = []
        number = np.zeros(len(states), np.intp)
        for k, (serving, addressed) in enumerate(states):
            for at, other in enumerate(kept):
                same_who = states[other][0] == serving
                changed = states[other][1] != addressed
                if same_who and not (changed.any() and self.network.touched(changed, [block])):
                    number[k] = at
                    break
            else:
                number[k] = len(kept)
                kept.append(k)
        pixels = block.shape[0] * block.shape[1]
        shares = np.zeros((len(self.customers), pixels, PLACES * len(kept), NOBODY), np.float32)
        technology = self.network.cells.technology
        for o, one in enumerate(self.customers):
            for serving in sorted({states[k][0] for k in kept}):
                operator = None if course.roaming[serving] else one.name
                found = self.network.campings(block, operator=operator, alive=course.alive[serving])
                for at, k in enumerate(kept):
                    if states[k][0] != serving:
                        continue
                    for place, camping in enumerate(found):
                        layers = camping.cell.shape[0]
                        category_shares(
                            camping.cell.reshape(layers, pixels),
                            camping.probability.reshape(layers, pixels),
                            technology,
                            states[k][1],
                            shares[o, :, PLACES * at + place],
                        )
        return ServiceOfBlock(shares, (PLACES * number[:, None] + np.arange(PLACES)).ravel())

    def _once(self, block: Block, epochs: Sequence[tuple[Flags, Any]]) -> list[int]:
        """Return the first epoch in which the same serves the block as in each."""
        first: list[int] = []
        for k, (alive, roaming) in enumerate(epochs):
            found = k
            for j in sorted(set(first)):
                changed = alive != epochs[j][0]
                if epochs[j][1] == roaming and not (
                    changed.any() and self.network.touched(changed, [block])
                ):
                    found = j
                    break
            first.append(found)
        return first

    def services(self, folded: Service) -> tuple[Service, ...]:
        """Return the histories of each area, of those that folding gave of all."""
        count = len(self.course)
        return tuple(
            Service(
                folded.technology[:, k * count : (k + 1) * count],
                folded.addressed[:, k * count : (k + 1) * count],
                self.course.start_s,
            )
            for k in range(len(self.chosen))
        )
