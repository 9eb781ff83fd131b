"""From the margin of a signal to the probability that a warning is received, as closed forms.

A margin is the median level at a place less what a phone needs to decode a broadcast, body loss taken off, in dB. Levels
vary around the median by shadowing; that of a phone indoors is lower by the building entry loss of P.2109, whose whole
distribution counts. "Closed" means sums over fixed nodes where no formula exists: nothing is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from ew4all.coverage.normal import NODES, WEIGHTS, cdf
from ew4all.coverage.propagation.building_entry import BUILDING_CLASSES, entry_loss_at
from ew4all.coverage.reception_defaults import value
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from ew4all.units import F64

__all__ = [
    "BUILDING_MIX",
    "REGIMES",
    "any_of",
    "indoor_probability",
    "indoors",
    "mean_cycles",
    "moving_probability",
    "outdoor_probability",
    "person_probability",
    "reception_curve",
    "reception_probability",
    "repeated_probability",
    "roaming_share",
    "segments_probability",
]

BUILDING_MIX: Final = {name: value(f"{name}_share") for name in BUILDING_CLASSES}
"""Share of indoor people by type of building; set it for each country."""

Regime: TypeAlias = Literal["own", "limited", "roaming"]
REGIMES: Final = ("own", "limited", "roaming")
"""Own network only; limited service on another one; emergency roaming on all of them."""

# Margins between which a probability is neither 0 nor 1 for any entry loss and spread in use.
_CURVE_FROM_DB, _CURVE_TO_DB, _CURVE_STEP_DB = -80.0, 180.0, 0.1

# Margins x nodes of one sum: 8 MB of doubles.
_AT_ONCE = 1_000_000 // NODES.size


def outdoor_probability(margin_db: ArrayLike, sigma_db: ArrayLike = 8.0) -> F64:
    """Return the probability that the level exceeds what is needed: Phi(margin / sigma).

    Parameters
    ----------
    margin_db
        Median margin.
    sigma_db
        Spread by shadowing; 0: the margin itself decides, a margin of 0 suffices.
    """
    margin, sigma = np.broadcast_arrays(
        np.asarray(margin_db, np.float64), np.asarray(sigma_db, np.float64)
    )
    some = sigma > 0.0
    with np.errstate(over="ignore"):
        smooth = cdf(margin / np.where(some, sigma, 1.0))
    sharp = np.where(np.isnan(margin), np.nan, np.where(margin >= 0.0, 1.0, 0.0))
    return np.where(some, smooth, np.where(sigma == 0.0, sharp, np.nan))


def indoors(
    probability: Callable[[F64], F64],
    margin_db: ArrayLike,
    frequency_mhz: float,
    building_class: int = 1,
    elevation_deg: float = 0.0,
) -> F64:
    """Return the mean over the distribution of building entry loss of any function of the margin.

    Parameters
    ----------
    probability
        Function of arrays of margins, for instance `outdoor_probability`. A step (a spread of 0) is averaged to about
        0.002 only.
    margin_db
        Outdoors.
    building_class
        1 traditional, 2 thermally efficient.

    References
    ----------
    Recommendation ITU-R P.2109-2.
    """
    if building_class not in range(1, len(BUILDING_CLASSES) + 1):
        msg = f"building classes are 1 (traditional) and 2 (thermally efficient), but got {building_class!r}"
        raise OptionError(msg)
    loss = entry_loss_at(NODES, frequency_mhz, building_class, elevation_deg)
    margin = np.asarray(margin_db, np.float64)
    flat = margin.ravel()
    out = np.empty(flat.size)
    for first in range(0, flat.size, _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        out[part] = probability(flat[part, None] - loss) @ WEIGHTS
    return out.reshape(margin.shape)


def indoor_probability(
    margin_db: ArrayLike,
    sigma_db: float,
    frequency_mhz: float,
    building_class: int = 1,
    elevation_deg: float = 0.0,
) -> F64:
    """Return the probability that the level inside a building exceeds what is needed.

    Parameters
    ----------
    margin_db
        Median margin outdoors.
    sigma_db
        Spread by shadowing, outdoors.
    frequency_mhz, building_class, elevation_deg
        See `indoors`.
    """
    return indoors(
        lambda margin: outdoor_probability(margin, sigma_db),
        margin_db,
        frequency_mhz,
        building_class,
        elevation_deg,
    )


def reception_probability(
    margin_db: ArrayLike,
    sigma_db: float,
    frequency_mhz: float,
    indoor_share: ArrayLike,
    building_mix: Mapping[str, float] | None = None,
) -> F64:
    """Return the probability for people of whom a share is indoors, in a mix of buildings.

    Parameters
    ----------
    indoor_share
        0 to 1, broadcasts against the margins.
    building_mix
        Share of the indoor people by type, adding up to 1; None: `BUILDING_MIX`.

    Raises
    ------
    OptionError
        A share is out of range, a type is unknown, or the mix does not add up to 1.
    """
    inside = np.asarray(indoor_share, np.float64)
    if not ((inside >= 0.0) & (inside <= 1.0)).all():
        msg = "the share of people indoors is a fraction, 0 to 1; for 70 % write 0.7"
        raise OptionError(msg)
    mix = _checked(BUILDING_MIX if building_mix is None else building_mix)
    result = (1.0 - inside) * outdoor_probability(margin_db, sigma_db)
    for name, share in mix.items():
        if share > 0.0:
            kind = BUILDING_CLASSES.index(name) + 1
            result = result + inside * share * indoor_probability(
                margin_db, sigma_db, frequency_mhz, kind
            )
    whole: F64 = result
    return whole


def reception_curve(
    sigma_db: float,
    frequency_mhz: float,
    indoor_share: float,
    building_mix: Mapping[str, float] | None = None,
) -> tuple[F64, F64]:
    """Return margins and probabilities for ``np.interp``: what a map of millions of cells reads.

    Within 1e-5 of `reception_probability` for spreads of 3 dB and more.
    """
    steps = round((_CURVE_TO_DB - _CURVE_FROM_DB) / _CURVE_STEP_DB)
    margins = np.linspace(_CURVE_FROM_DB, _CURVE_TO_DB, steps + 1)
    return margins, reception_probability(
        margins, sigma_db, frequency_mhz, indoor_share, building_mix
    )


def repeated_probability(
    margin_db: ArrayLike, sigma_location_db: float, sigma_time_db: float, broadcasts: float
) -> F64:
    """Return the probability to receive at least one of several broadcasts without moving.

    The level is that of the place, normal around the median, and at each broadcast an independent normal deviation of it.
    Repeats beat fading, not walls.

    Parameters
    ----------
    sigma_location_db, sigma_time_db
        Spread over places, and at one place from broadcast to broadcast.
    broadcasts
        Their number; 0 gives 0.

    Raises
    ------
    OptionError
        A spread or the number is negative.
    """
    if not (sigma_location_db >= 0.0 and sigma_time_db >= 0.0 and broadcasts >= 0.0):
        msg = (
            "spreads and the number of broadcasts are at least 0, but got "
            f"{sigma_location_db!r} dB, {sigma_time_db!r} dB and {broadcasts!r}"
        )
        raise OptionError(msg)
    margin = np.asarray(margin_db, np.float64)
    if broadcasts == 0.0:
        return np.where(np.isnan(margin), np.nan, 0.0)
    if sigma_time_db == 0.0 or broadcasts == 1.0:
        return outdoor_probability(margin, np.hypot(sigma_location_db, sigma_time_db))
    flat = margin.ravel()
    out = np.empty(flat.size)
    # The sum runs over the narrower of the two spreads: what it sums is then no steeper than its nodes are dense.
    for first in range(0, flat.size, _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        if sigma_location_db <= sigma_time_db:
            at_place = flat[part, None] + sigma_location_db * NODES
            with np.errstate(over="ignore"):
                missed = cdf(-at_place / sigma_time_db) ** broadcasts
            out[part] = (1.0 - missed) @ WEIGHTS
        else:
            best = flat[part, None] + sigma_time_db * NODES
            weights = broadcasts * cdf(NODES) ** (broadcasts - 1.0) * WEIGHTS
            out[part] = outdoor_probability(best, sigma_location_db) @ (weights / weights.sum())
    return out.reshape(margin.shape)


def moving_probability(missed_at_one_place: Sequence[ArrayLike], move_probability: float) -> F64:
    """Return the probability to receive at least one broadcast for people who may change place between two of them.

    A new place is drawn as the first was: movement lifts reach where repeats at one place no longer do.

    Parameters
    ----------
    missed_at_one_place : n arrays of one shape
        Probability to miss all of 1, 2, ... n broadcasts at one place, for instance 1 less `repeated_probability`.
    move_probability
        That a person changes place from one broadcast to the next: 1 - (1 - v)**t for a share v in each hour and t hours
        between broadcasts.

    Raises
    ------
    OptionError
        The probability is none.
    """
    if not 0.0 <= move_probability <= 1.0:
        msg = f"the probability to move is a fraction, 0 to 1, but got {move_probability!r}"
        raise OptionError(msg)
    missed = np.asarray(missed_at_one_place, np.float64)
    n = missed.shape[0]
    stay = 1.0 - move_probability
    # all[k]: k broadcasts missed. The first stay lasts j of them, then the same begins anew with k - j.
    whole = np.ones((n + 1, *missed.shape[1:]))
    first_stay = missed * (
        move_probability * stay ** np.arange(n).reshape(n, *[1] * (missed.ndim - 1))
    )
    for k in range(1, n + 1):
        whole[k] = stay ** (k - 1) * missed[k - 1]
        if k > 1:
            whole[k] += (first_stay[: k - 1] * whole[k - 1 : 0 : -1]).sum(axis=0)
    result: F64 = 1.0 - whole[n]
    return result


def segments_probability(p: ArrayLike, segments: int, cycles: float) -> F64:
    """Return the probability that all segments of a message have arrived after some cycles.

    Parameters
    ----------
    p
        That a segment arrives in a cycle, independent of the others.
    """
    missed = (1.0 - np.asarray(p, np.float64)) ** cycles
    result: F64 = (1.0 - missed) ** segments
    return result


def mean_cycles(p: ArrayLike, segments: int) -> F64:
    """Return the mean number of cycles until all segments of a message have arrived.

    It is the sum over k of (-1)**(k+1) C(s,k) / (1 - (1-p)**k), summed in the form that loses no digits.

    Parameters
    ----------
    p
        That a segment arrives in a cycle; 0 gives infinity.
    segments
        At least 1.
    """
    probability = np.asarray(p, np.float64)
    out = np.empty(probability.size)
    for i, one in enumerate(probability.ravel()):
        out[i] = _mean_cycles(float(one), segments)
    return out.reshape(probability.shape)


def _mean_cycles(p: float, segments: int) -> float:
    if not 0.0 <= p <= 1.0 or segments < 1:
        return np.nan
    if p == 0.0:
        return np.inf
    if p == 1.0:
        return 1.0
    rate = -np.log1p(-p)
    if p < 1e-3:  # Euler and Maclaurin's first terms; the next is below 1e-6
        edge = 0.5 + (rate / 12.0 if segments == 1 else 0.0)
        return float(np.sum(1.0 / np.arange(1, segments + 1)) / rate + edge)
    cycles = np.arange(np.ceil((np.log(segments) + 36.0) / rate))
    return float(np.sum(-np.expm1(segments * np.log1p(-np.exp(-rate * cycles[1:])))) + 1.0)


def any_of(probabilities: ArrayLike, axis: int = 0) -> F64:
    """Return the probability of at least one of independent chances, such as the SIMs of a phone."""
    result: F64 = 1.0 - np.prod(1.0 - np.asarray(probabilities, np.float64), axis=axis)
    return result


def person_probability(
    own: ArrayLike,
    others: ArrayLike,
    regime: Regime = "own",
    *,
    shown: float = value("limited_service_shown"),
    searched: ArrayLike = 1.0,
) -> F64:
    """Return the probability that a person receives the warning over their own or over another network.

    Parameters
    ----------
    own : (sims, ...)
        Probability of reception on the network of each SIM.
    others : (networks, ...)
        The same on each network that is not theirs; may have no row.
    regime
        ``own``: none but theirs. ``limited``: a phone without its own network camps on another one and shows its warnings
        with probability `shown`. ``roaming``: all networks are theirs.
    searched
        Share of phones that have found the other network, see `roaming_share`.

    Raises
    ------
    OptionError
        There is no such regime.
    """
    if regime not in REGIMES:
        msg = f"there is no regime {regime!r}; there are {', '.join(REGIMES)}"
        raise OptionError(msg)
    at_home = any_of(own)
    factor = {"own": 0.0, "limited": shown, "roaming": 1.0}[regime]
    result: F64 = at_home + (1.0 - at_home) * factor * np.asarray(searched) * any_of(others)
    return result


def roaming_share(
    time_s: ArrayLike,
    from_s: float = value("roaming_search_from_s"),
    to_s: float = value("roaming_search_to_s"),
) -> F64:
    """Return the share of phones that have found another network some time after they lost theirs.

    The first have after `from_s`, the last after `to_s`, evenly.
    """
    waited = (np.asarray(time_s, np.float64) - from_s) / (to_s - from_s)
    return np.clip(waited, 0.0, 1.0)


def _checked(mix: Mapping[str, float]) -> Mapping[str, float]:
    unknown = sorted(set(mix) - set(BUILDING_CLASSES))
    if unknown:
        msg = (
            f"there is no type of building {unknown[0]!r}; there are {', '.join(BUILDING_CLASSES)}"
        )
        raise OptionError(msg)
    total = sum(mix.values())
    if any(not 0.0 <= share <= 1.0 for share in mix.values()) or abs(total - 1.0) > 1e-9:
        msg = f"shares of building types are fractions that add up to 1, but got {dict(mix)}"
        raise OptionError(msg)
    return mix
