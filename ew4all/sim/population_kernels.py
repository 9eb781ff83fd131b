"""People over time: integrated exactly while rates are constant, for all rows and channels at once.

Of the people of a row, each channel has a share that it can reach at all; of those it has `unreached` and `unnoticed`
(the device has it, nobody has noticed). Between events the rates are constant, so a step of any length is exact::

    unreached' = -reach unreached
    unnoticed' = (1 - now) reach unreached - later unnoticed

Word of mouth depends on how many are warned: within a step it follows the share in its middle, as the last step lets
expect it, so that its error falls with the square of the step.
Arrays are (rows, channels): a row's channels lie side by side, and the product over them is taken as they pass.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

REACH, NOW, LATER = 0, 1, 2


@njit(nogil=True, cache=True)
def _factors(rates: Any, step_s: float) -> Any:
    """Return what a step makes of unreached and unnoticed people: (channels, kinds, 3)."""
    channels, kinds, _ = rates.shape
    out = np.empty((channels, kinds, 3))
    for c in range(channels):
        for k in range(kinds):
            reach, now, later = rates[c, k, REACH], rates[c, k, NOW], rates[c, k, LATER]
            stay = math.exp(-reach * step_s)
            wait = math.exp(-later * step_s)
            gap = later - reach
            # Where both rates are nearly the same the quotient is a difference of nearly equal numbers.
            if abs(gap) * step_s < 1e-6:
                passed = reach * step_s * stay * (1.0 - 0.5 * gap * step_s)
            else:
                passed = reach * (stay - wait) / gap
            out[c, k, 0] = stay
            out[c, k, 1] = wait
            out[c, k, 2] = (1.0 - now) * passed
    return out


@njit(nogil=True, cache=True)
def _warned_share(people: Any, none: Any, zone: Any, within: float, out: Any) -> None:
    """Share of warned people whom somebody in each zone meets, shape (zones,)."""
    all_people = all_warned = 0.0
    here = np.zeros(out.size)
    for r in range(people.size):
        warned = people[r] * (1.0 - none[r])
        here[zone[r]] += people[r]
        out[zone[r]] += warned
        all_people += people[r]
        all_warned += warned
    share = all_warned / all_people if all_people > 0.0 else 0.0
    for z in range(out.size):
        own = out[z] / here[z] if here[z] > 0.0 else share
        out[z] = within * own + (1.0 - within) * share


@njit(nogil=True, cache=True)
def _middle(met: Any, last: Any, last_step_s: float, step_s: float, out: Any) -> None:
    """Expect the share in the middle of a step from the last one: second order, at the price of one product."""
    for z in range(met.size):
        rise = (met[z] - last[z]) / last_step_s if last_step_s > 0.0 else 0.0
        out[z] = min(1.0, max(0.0, met[z] + 0.5 * step_s * rise))
        last[z] = met[z]


@njit(nogil=True, cache=True)
def _tell(
    people: Any,
    none: Any,
    zone: Any,
    within: float,
    met: Any,
    last: Any,
    last_step_s: float,
    step_s: float,
    out: Any,
) -> None:
    """Put the share of warned people who are met in the middle of a step, of each zone, into `out`."""
    met[:] = 0.0
    _warned_share(people, none, zone, within, met)
    _middle(met, last, last_step_s, step_s, out)


@njit(nogil=True, cache=True)
def _one_row(
    r: int,
    unreached: Any,
    unnoticed: Any,
    kind: Any,
    beyond: Any,
    factors: Any,
    contagion: int,
    told: float,
    active: Any,
    drop: Any,
) -> float:
    """Advance one row by a step; return the share of the unwarned that stays so.

    `drop` gets the part that each active channel has in it, not normed.
    """
    before = after = 1.0
    for i in range(active.size):
        c = active[i]
        k = kind[r, c]
        stay, wait, passed = factors[c, k, 0], factors[c, k, 1], factors[c, k, 2]
        if c == contagion:
            stay = math.exp(-told * factors[c, k, 0])
            wait = 1.0
            passed = 0.0
        x, y = unreached[r, c], unnoticed[r, c]
        x1 = stay * x
        y1 = wait * y + passed * x
        u = beyond[c, k] + x + y
        u1 = beyond[c, k] + x1 + y1
        unreached[r, c] = x1
        unnoticed[r, c] = y1
        before *= u
        after *= u1
        # Close to the logarithm of u / u1, by which the parts of several channels add up.
        drop[i] = (u - u1) / (u + u1) if u1 < u else 0.0
    return after / before if before > 0.0 else 1.0


@njit(nogil=True, cache=True)
def _step_factors(rates: Any, contagion: int, step_s: float) -> Any:
    factors = _factors(rates, step_s)
    if contagion >= 0:
        # Of word of mouth the exponent is kept, to be multiplied by the share of warned people.
        for k in range(rates.shape[1]):
            factors[contagion, k, 0] = rates[contagion, k, REACH] * step_s
    return factors


@njit(nogil=True, cache=True)
def expect(
    unreached: Any,
    unnoticed: Any,
    none: Any,
    first: Any,
    people: Any,
    zone: Any,
    bin_of: Any,
    kind: Any,
    beyond: Any,
    rates: Any,
    active: Any,
    contagion: int,
    within: float,
    last: Any,
    last_step_s: float,
    step_s: float,
    steps: int,
) -> None:
    """Advance all rows by `steps` steps under constant rates: expected numbers of people.

    Parameters
    ----------
    unreached, unnoticed
        Shares of a row, shape (rows, channels); changed in place.
    none
        Share of a row that nobody has warned, shape (rows,); changed in place.
    first
        People first warned by each channel, shape (bins, channels); added to.
    people, zone, bin_of
        Of each row.
    kind
        Index of each row into `beyond` and `rates`, shape (rows, channels).
    beyond
        Share that a channel can never reach, shape (channels, kinds).
    rates
        Reached per second, noticed at once (share), noticed later per second; shape (channels, kinds, 3).
    active
        Channels with a rate or with people who have not noticed.
    contagion
        The channel that is word of mouth, or -1.
    within
        Share of the talk that stays within a zone.
    last, last_step_s
        Share of warned people whom somebody in each zone met a step ago, shape (zones,), changed in place; 0 s: none.
    """
    factors = _step_factors(rates, contagion, step_s)
    met, told = np.zeros(last.size), np.zeros(last.size)
    drop = np.zeros(active.size)
    for step in range(steps):
        if contagion >= 0:
            before_s = step_s if step else last_step_s
            _tell(people, none, zone, within, met, last, before_s, step_s, told)
        for r in range(people.size):
            left = _one_row(
                r,
                unreached,
                unnoticed,
                kind,
                beyond,
                factors,
                contagion,
                told[zone[r]],
                active,
                drop,
            )
            if left < 1.0:
                total = drop.sum()
                warned = people[r] * none[r] * (1.0 - left)
                none[r] *= left
                if total > 0.0:
                    for i in range(active.size):
                        first[bin_of[r], active[i]] += warned * drop[i] / total


@njit(nogil=True, cache=True)
def draw(
    rng: Any,
    unwarned: Any,
    unreached: Any,
    unnoticed: Any,
    none: Any,
    first: Any,
    people: Any,
    zone: Any,
    bin_of: Any,
    kind: Any,
    beyond: Any,
    rates: Any,
    active: Any,
    contagion: int,
    within: float,
    last: Any,
    last_step_s: float,
    step_s: float,
    steps: int,
) -> None:
    """Advance all rows as `expect` does, with whole people drawn by chance.

    Everybody in a row has the same chances, so the number warned in a step is binomial, and so is its split over
    channels. `unwarned` and `people` are whole numbers (rows,), `first` counts them; `none` is what an individual's
    chance is, while talk follows the people who are really warned.
    """
    factors = _step_factors(rates, contagion, step_s)
    met, told = np.zeros(last.size), np.zeros(last.size)
    drop = np.zeros(active.size)
    silent = np.zeros(people.size)
    for step in range(steps):
        if contagion >= 0:
            for r in range(people.size):
                silent[r] = unwarned[r] / people[r] if people[r] > 0 else 0.0
            before_s = step_s if step else last_step_s
            _tell(people, silent, zone, within, met, last, before_s, step_s, told)
        for r in range(people.size):
            left = _one_row(
                r,
                unreached,
                unnoticed,
                kind,
                beyond,
                factors,
                contagion,
                told[zone[r]],
                active,
                drop,
            )
            if left >= 1.0:
                continue
            none[r] *= left
            if unwarned[r] == 0:
                continue
            warned = rng.binomial(unwarned[r], 1.0 - left)
            unwarned[r] -= warned
            total = drop.sum()
            for i in range(active.size):
                if warned == 0 or total <= 0.0:
                    break
                share = drop[i] / total
                by = warned if share >= 1.0 else rng.binomial(warned, share)
                first[bin_of[r], active[i]] += by
                warned -= by
                total -= drop[i]


@njit(nogil=True, cache=True)
def add_up(
    unreached: Any,
    unnoticed: Any,
    people: Any,
    bin_of: Any,
    kind: Any,
    beyond: Any,
    reached: Any,
    noticed: Any,
    only: Any,
    none: Any,
    several: Any,
) -> None:
    """Add people to bins: reached, noticed and noticed by this channel only, by channel; none, two or more.

    `reached`, `noticed` and `only` have shape (bins, channels), `none` and `several` (bins,).
    """
    channels = unreached.shape[1]
    u = np.empty(channels)
    # Products of all channels before and behind each one: dividing by a share that may be 0 is avoided.
    ahead = np.empty(channels + 1)
    for r in range(people.size):
        b = bin_of[r]
        ahead[0] = 1.0
        for c in range(channels):
            can = 1.0 - beyond[c, kind[r, c]]
            u[c] = 1.0 - can + unreached[r, c] + unnoticed[r, c]
            reached[b, c] += people[r] * (can - unreached[r, c])
            noticed[b, c] += people[r] * (1.0 - u[c])
            ahead[c + 1] = ahead[c] * u[c]
        behind = 1.0
        one = 0.0
        for c in range(channels - 1, -1, -1):
            alone = (1.0 - u[c]) * ahead[c] * behind
            only[b, c] += people[r] * alone
            one += alone
            behind *= u[c]
        none[b] += people[r] * ahead[channels]
        several[b] += people[r] * max(0.0, 1.0 - ahead[channels] - one)
