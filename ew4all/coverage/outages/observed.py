"""An outage that was observed, in place of one that is modelled: sites named as down, or areas that went silent.

Areas are judged as the Disaster Connectivity Map (ITU, Emergency Telecommunications Cluster) does: where phones were measured
before the event and none is measured since, the network is possibly out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.outages.detector import silence_chance
from ew4all.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.units import F64

__all__ = ["Observed", "areas_out", "named_down", "silent_squares"]

_KM_PER_DEG = 111.195
_MOST_NAMED = 5


@dataclass(frozen=True, eq=False)
class Observed:
    """Which sites are out, and of which anything is known; both of shape (sites,).

    A site of which nothing is known counts as up; `notes` says how many those are.
    """

    down: NDArray[np.bool_]
    known: NDArray[np.bool_]
    notes: tuple[str, ...] = ()


def named_down(site_id: NDArray[np.str_], names: Sequence[str], what: str) -> Observed:
    """Return the sites that a list names.

    Raises
    ------
    InputError
        An empty list, or a name that no site has.
    """
    if not names:
        msg = f"{what} names no site; leave it out, or name the sites that are down"
        raise InputError(msg)
    number = {str(name): k for k, name in enumerate(site_id)}
    unknown = sorted({name for name in names if name not in number})
    if unknown:
        shown = ", ".join(repr(name) for name in unknown[:_MOST_NAMED])
        more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
        msg = f"{what} names {shown}{more}, which are no sites; sites are called like {str(site_id[0])!r}"
        raise InputError(msg)
    down = np.zeros(site_id.size, np.bool_)
    down[[number[name] for name in names]] = True
    twice = len(names) - int(down.sum())
    notes = (f"{what}: {twice} names are repeated and count once",) if twice else ()
    return Observed(down, np.ones(site_id.size, np.bool_), notes)


def areas_out(before: NDArray[np.bool_], now: NDArray[np.bool_]) -> Observed:
    """Return the sites inside areas that had service before and have none now.

    Parameters
    ----------
    before, now
        Whether each site lies in the polygons of the baseline, and of what is measured now.

    Raises
    ------
    InputError
        No site lies in the baseline.
    """
    if not before.any():
        msg = "no site lies in the baseline polygons, so nothing is known of any; do they belong to this place?"
        raise InputError(msg)
    return Observed(before & ~now, before | now, _unknown(before | now))


def silent_squares(
    lon_deg: F64,
    lat_deg: F64,
    baseline: tuple[F64, F64],
    current: tuple[F64, F64],
    *,
    baseline_h: float,
    current_h: float,
    square_km: float,
    alpha: float,
    remaining: float = 1.0,
) -> Observed:
    """Return the sites in squares that went silent: so long that a working network would be so with a chance below `alpha`.

    Parameters
    ----------
    lon_deg, lat_deg
        Sites.
    baseline, current
        Longitudes and latitudes of measurements before the event, and since.
    baseline_h, current_h
        Hours in which they were taken.
    square_km
        Side of the squares in which they are counted.
    alpha
        False alarms among working squares.
    remaining
        Share of people who are still there (evacuation, night).

    Raises
    ------
    InputError
        Hours that are not above 0, no baseline, or a baseline with no site near it.
    """
    if not (baseline_h > 0.0 and current_h > 0.0):
        msg = f"measurements were taken in {baseline_h:g} and {current_h:g} hours; both must be above 0"
        raise InputError(msg)
    if baseline[0].size == 0:
        msg = "the baseline holds no measurement, so silence now means nothing"
        raise InputError(msg)
    here = _squares(lon_deg, lat_deg, square_km)
    before = _counts(_squares(*baseline, square_km), here)
    now = _counts(_squares(*current, square_km), here)
    if not before.any():
        msg = "no site lies in a square with a baseline; do the measurements belong to this place?"
        raise InputError(msg)
    chance = silence_chance(before / baseline_h, current_h, remaining)
    down = (before > 0) & (now == 0) & (chance < alpha)
    known = down | (now > 0)
    undecided = int(((before > 0) & ~known).sum())
    notes = list(_unknown(known))
    if undecided:
        notes.append(
            f"of these, {undecided} are in squares that are silent, but not for long enough to tell (chance below {alpha:g})"
        )
    return Observed(down, known, tuple(notes))


def _unknown(known: NDArray[np.bool_]) -> tuple[str, ...]:
    count = int((~known).sum())
    if not count:
        return ()
    return (f"nothing is known of {count} of {known.size} sites; they count as up",)


def _squares(lon_deg: F64, lat_deg: F64, side_km: float) -> NDArray[np.int64]:
    row = np.floor(np.asarray(lat_deg) * _KM_PER_DEG / side_km)
    wide = _KM_PER_DEG * np.cos(np.radians((row + 0.5) * side_km / _KM_PER_DEG))
    column = np.floor(np.asarray(lon_deg) * np.maximum(wide, 1e-9) / side_km)
    return np.stack((row, column), axis=-1).astype(np.int64)


def _counts(points: NDArray[np.int64], here: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many points lie in the square of each site."""
    both, inverse = np.unique(np.concatenate((here, points)), axis=0, return_inverse=True)
    inverse = inverse.ravel()
    count = np.bincount(inverse[len(here) :], minlength=len(both))
    return np.asarray(count[inverse[: len(here)]], np.int64)
