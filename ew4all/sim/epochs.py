"""The course of an outage in few epochs, in each of which every cell works or does not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.outages.timeline import STATES
from ew4all.errors import GridMismatchError, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.coverage.outages.timeline import Timeline

    F64 = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["MOST_EPOCHS", "Epochs"]

MOST_EPOCHS: Final = 12
"""An outage with more changes than this is told in so many epochs, each with an equal part of the changes."""

_FINEST: Final = 16

_TEMPORARY, _BACKUP = STATES.index("temporary"), STATES.index("backup")
_SERVING: Final = np.isin(np.arange(len(STATES)), [0, _TEMPORARY, _BACKUP])


@dataclass(frozen=True, eq=False)
class Epochs:
    """Which cells work and which carry the alert, epoch by epoch.

    Attributes
    ----------
    start_s
        When each begins, seconds since the scenario's zero, shape (epochs,); the first has no beginning.
    alive, addressed
        Shape (epochs, cells).
    wrong
        Share of all site-time of the run in which an epoch tells another state than the outage had.
    """

    start_s: F64
    alive: Flags
    addressed: Flags
    wrong: float = 0.0

    def __post_init__(self) -> None:
        """Refuse tables that do not belong together."""
        if (
            not self.alive.shape
            == self.addressed.shape
            == (self.start_s.size, self.alive.shape[-1])
        ):
            msg = (
                f"cells on air of shape {self.alive.shape} and addressed cells of shape {self.addressed.shape} do not fit "
                f"{self.start_s.size} epochs"
            )
            raise GridMismatchError(msg)

    def __len__(self) -> int:
        """Return the number of epochs."""
        return int(self.start_s.size)

    @classmethod
    def always(cls, addressed: Flags) -> Epochs:
        """Let every cell work all the time."""
        return cls(np.array([-np.inf]), np.ones((1, addressed.size), bool), addressed[None, :])

    @classmethod
    def of_timeline(
        cls,
        timeline: Timeline,
        cell_site: NDArray[np.integer],
        addressed: Flags,
        *,
        from_s: float,
        until_s: float,
        zero_s: float = 0.0,
        most: int = MOST_EPOCHS,
        shed: Flags | None = None,
        temporary_addressed: bool = False,
    ) -> Epochs:
        """Tell an outage in epochs.

        Boundaries are the changes of service in the run, or, where there are more, those that give each epoch an equal part
        of them; within an epoch a site does what it does for most of that time.

        Parameters
        ----------
        cell_site, addressed
            Site of each cell, and whether the alert is sent to it, shape (cells,).
        from_s, until_s
            The run, seconds since the scenario's zero.
        zero_s
            When the timeline's zero (the hazard strikes the network) lies.
        most
            Epochs at most.
        shed
            Cells that are off while their site has no mains, see `Timeline.cells_at`.
        temporary_addressed
            The broadcast centre knows the cells that stand in for a site's own.

        Raises
        ------
        InputError
            A run that ends before it begins, or no epoch at all.
        """
        if not (until_s > from_s and most >= 1):
            msg = f"a run from {from_s:g} s to {until_s:g} s in {most} epochs is not possible"
            raise InputError(msg)
        first, last = from_s - zero_s, until_s - zero_s
        times, states = _course(timeline, first, last)
        start = _boundaries(times, states, most)
        width = np.diff(np.append(times, last))
        epoch = np.searchsorted(start, times, side="right") - 1
        up, temporary, backup = np.zeros((3, start.size, timeline.sites))
        for k, state in enumerate(states):
            up[epoch[k]] += width[k] * _SERVING[state]
            temporary[epoch[k]] += width[k] * (state == _TEMPORARY)
            backup[epoch[k]] += width[k] * (state == _BACKUP)
        span = np.add.reduceat(width, np.searchsorted(epoch, np.arange(start.size)))[:, None]
        wrong = np.minimum(up, span - up).sum() / max(span.sum() * timeline.sites, 1e-300)
        alive = (up > 0.5 * span)[:, cell_site]
        if shed is not None:
            alive &= ~(shed & (backup > 0.5 * span)[:, cell_site])
        known = np.broadcast_to(addressed, alive.shape)
        if not temporary_addressed:
            known = known & ~(temporary > 0.5 * span)[:, cell_site]
        start_s = start + zero_s
        start_s[0] = -np.inf
        return cls(start_s, alive, np.array(known), float(wrong))


def _course(timeline: Timeline, first: float, last: float) -> tuple[F64, list[NDArray[np.int8]]]:
    """Return the times at which something changes within a span, and the states from each of them on."""
    state = timeline.state_at(first).copy()
    inside = (timeline.time_s > first) & (timeline.time_s < last)
    at, site, new = timeline.time_s[inside], timeline.site[inside], timeline.state[inside]
    times, states = [first], [state.copy()]
    ends = np.flatnonzero(np.diff(at, append=np.inf) > 0)
    begin = 0
    for end in ends.tolist():
        for k in range(begin, end + 1):  # several at once: the last one counts
            state[site[k]] = new[k]
        begin = end + 1
        times.append(float(at[end]))
        states.append(state.copy())
    return np.array(times), states


def _boundaries(times: F64, states: list[NDArray[np.int8]], most: int) -> F64:
    """Return where epochs begin: at changes of service."""
    flips = np.array(
        [np.count_nonzero(_SERVING[a] != _SERVING[b]) for a, b in pairwise(states)], np.float64
    )
    changed = np.flatnonzero(flips) + 1
    if changed.size + 1 <= most:
        exact: F64 = times[np.append(0, changed)]
        return exact
    part = np.cumsum(flips[changed - 1]) / flips.sum()
    few = times[:1]
    # Many sites fail at once, so that several parts may end at the same change: as many parts as there are epochs for.
    for parts in range(1, _FINEST * most):
        at = changed[np.searchsorted(part, np.arange(1, parts) / parts)]
        chosen = np.unique(np.append(0, at))
        if chosen.size > most:
            break
        few = times[chosen]
    return few
