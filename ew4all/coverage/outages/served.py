"""Coverage as a function of time: blocks in which nothing changed are not computed again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ew4all.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from ew4all.coverage.outages.timeline import Timeline
    from ew4all.units import F64, I64

__all__ = ["Touching", "WhileOut", "over_time"]


class Touching(Protocol):
    """What `ew4all.coverage.network.Network` offers of itself here."""

    def touched(self, which: NDArray[Any], blocks: Iterable[Any]) -> list[Any]:
        """Return the blocks in which some of the cells can be received."""


@dataclass(frozen=True, eq=False)
class WhileOut:
    """Sums over all blocks at some times.

    Attributes
    ----------
    time_s
        Shape (times,).
    totals
        Shape (times, numbers).
    computed
        How many blocks were computed at each time, shape (times,).
    """

    time_s: F64
    totals: F64
    computed: I64


def over_time(
    network: Touching,
    blocks: Sequence[Any],
    measure: Callable[[Any, NDArray[np.bool_]], F64],
    cell_site: NDArray[np.integer[Any]],
    timeline: Timeline,
    times_s: Sequence[float],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> WhileOut:
    """Measure every block at the first time, and after that those that cells touch which failed or came back.

    Parameters
    ----------
    blocks
        A partition of the grid.
    measure
        From a block and the working cells to numbers, for instance people covered by technology.
    cell_site
        Site of each cell.
    times_s
        Rising.

    Raises
    ------
    InputError
        Times that do not rise.
    """
    times = np.asarray(times_s, np.float64)
    if np.any(np.diff(times) < 0.0):
        msg = "the times at which coverage is wanted must rise"
        raise InputError(msg)
    known: dict[int, F64] = {}
    number = {id(block): k for k, block in enumerate(blocks)}
    totals, computed = [], []
    for step, (_, alive, changed) in enumerate(timeline.steps(list(times))):
        cells = alive[cell_site]
        if step == 0:
            again = list(blocks)
        elif changed.size:
            again = network.touched(np.isin(cell_site, changed), blocks)
        else:
            again = []
        for block in again:
            known[number[id(block)]] = np.asarray(measure(block, cells), np.float64)
        computed.append(len(again))
        # Always in the order of the blocks, so that what was not computed again adds up to the same bits.
        totals.append(np.sum([known[k] for k in range(len(blocks))], axis=0))
        if progress is not None:
            progress(step + 1, times.size)
    return WhileOut(times, np.array(totals), np.array(computed, np.int64))
