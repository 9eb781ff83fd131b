"""Who acted, who was warned in time, and with how much time to spare: from curves of warned people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.errors import GridMismatchError, InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ew4all.sim.protective_action import Response

    F64 = NDArray[np.float64]

_TOGETHER: Final = 256
"""Ticks that are worked out at once: bounds the memory of long runs."""


def acted(
    time_s: ArrayLike, warned: F64, response: Response, acting: F64 | float | None = None
) -> F64:
    """Return how many have begun to act by each tick.

    People warned between two ticks are taken to be warned evenly between them; those warned at the first, right then.

    Parameters
    ----------
    time_s
        Ticks, rising, shape (ticks,).
    warned
        People first warned up to each tick, shape (ticks, bins).
    acting
        Share that will ever act, shape (bins,) or one; that of the response without it.

    Returns
    -------
    array, shape (ticks, bins)

    Raises
    ------
    GridMismatchError, InputError
        Arrays that do not belong together, ticks that do not rise.
    """
    times, first, fresh = _fresh(time_s, warned)
    out = response.begun(times - times[0])[:, None] * first
    for low in range(1, times.size, _TOGETHER):
        now = times[low : low + _TOGETHER, None]
        upto = min(low + _TOGETHER, times.size) - 1
        share = response.begun_between(now - times[1 : upto + 1], now - times[:upto])
        # Of a piece that lies ahead nobody has begun: both ends are below 0 and so is the area.
        out[low : low + _TOGETHER] += share @ fresh[:upto]
    return out * (response.acting if acting is None else acting)


def in_time(time_s: ArrayLike, warned: F64, arrival_s: F64, response: Response) -> F64:
    """Return how many were warned early enough to act before the hazard arrives.

    Everybody counts by how long people take who act (`Response`), whether they do act or not: the share who never do is no
    fault of the warning. Where the hazard never arrives, whoever is warned is warned in time.

    Parameters
    ----------
    time_s, warned
        As for `acted`.
    arrival_s
        When the hazard arrives in each bin, infinite where it does not, shape (bins,).

    Returns
    -------
    array, shape (bins,)
    """
    times, first, fresh = _fresh(time_s, warned)
    arrival = np.asarray(arrival_s, np.float64)
    if arrival.shape != first.shape:
        msg = f"hazard arrival has shape {arrival.shape}, warned people have {first.size} bins"
        raise GridMismatchError(msg)
    if np.isnan(arrival).any():
        msg = f"the hazard's arrival in bin {int(np.flatnonzero(np.isnan(arrival))[0])} is not a number"
        raise InputError(msg)
    never = np.isinf(arrival) & (arrival > 0)
    # A time that no warning of this run comes near stands for infinity, which cannot be subtracted.
    ends = np.where(np.isfinite(arrival), arrival, times[0] - 1.0)
    # Bins share few times of arrival.
    moments, of = np.unique(ends, return_inverse=True)
    share = response.begun_between(moments - times[1:, None], moments - times[:-1, None])
    found = np.einsum("tb,tb->b", share[:, of], fresh) + response.begun(ends - times[0]) * first
    result: F64 = np.where(never, warned[-1], found)
    return result


def lead_times(time_s: ArrayLike, warned: F64, arrival_s: F64, edges_s: ArrayLike) -> F64:
    """Return how many were warned how long before the hazard arrives.

    Parameters
    ----------
    time_s, warned, arrival_s
        As for `in_time`; bins in which the hazard never arrives count nowhere.
    edges_s
        Rising lead times, seconds; below 0 after the arrival. Shape (classes + 1,).

    Returns
    -------
    array, shape (classes, bins)
        People with a lead time from one edge up to the next.
    """
    times, _, _ = _fresh(time_s, warned)
    edges = np.asarray(edges_s, np.float64)
    if edges.ndim != 1 or edges.size < 2 or not np.all(np.diff(edges) > 0):
        msg = f"classes of lead time need two or more edges that rise, not {edges.tolist()}"
        raise InputError(msg)
    out = np.zeros((edges.size - 1, warned.shape[1]))
    for b in np.flatnonzero(np.isfinite(arrival_s)):
        by = np.interp(arrival_s[b] - edges, times, warned[:, b], left=0.0)
        out[:, b] = by[:-1] - by[1:]
    return out


def _fresh(time_s: ArrayLike, warned: F64) -> tuple[F64, F64, F64]:
    times = np.asarray(time_s, np.float64)
    if times.ndim != 1 or not times.size or warned.ndim != 2 or warned.shape[0] != times.size:
        msg = f"warned people of shape {warned.shape} do not fit {times.size} ticks; (ticks, bins) is needed"
        raise GridMismatchError(msg)
    if not np.all(np.diff(times) > 0):
        msg = "the ticks of a curve must rise; a run leaves them so"
        raise InputError(msg)
    return times, warned[0], np.maximum(0.0, np.diff(warned, axis=0))
