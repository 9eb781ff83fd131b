"""People over time: integrated exactly while rates are constant, for all rows and channels at once.

Of the people of a row, each channel has a share that it can reach at all; of those it has `unreached` and `unnoticed`
(the device has it, nobody has noticed). Between events the rates are constant, so a step of any length is exact::

    unreached' = -reach unreached
    unnoticed' = (1 - now) reach unreached - later unnoticed

Word of mouth depends on how many are warned: within a step it follows the share in its middle, as the last step lets
expect it, so that its error falls with the square of the step.
Arrays are (channels, rows), and a step goes through the rows of one channel after another, in blocks that stay in the
cache: that takes half the time of one row with all of its channels after another.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

REACH, NOW, LATER = 0, 1, 2

_BLOCK = 512
"""Rows that are gone through at once: with all that a step needs of eight channels they take 200 kB."""


@njit(nogil=True, cache=True)
def _factors(rates: Any, active: Any, step_s: float) -> Any:
    """Return what a step makes of unreached and unnoticed people: (channels, 3, kinds), of the active channels."""
    channels, kinds, _ = rates.shape
    out = np.empty((channels, 3, kinds))
    for c in active:
        for k in range(kinds):
            reach, now, later = rates[c, k, REACH], rates[c, k, NOW], rates[c, k, LATER]
            if reach == 0.0 and later == 0.0:
                out[c, 0, k], out[c, 1, k], out[c, 2, k] = 1.0, 1.0, 0.0
                continue
            stay = math.exp(-reach * step_s)
            wait = math.exp(-later * step_s)
            gap = later - reach
            # Where both rates are nearly the same the quotient is a difference of nearly equal numbers.
            if abs(gap) * step_s < 1e-6:
                passed = reach * step_s * stay * (1.0 - 0.5 * gap * step_s)
            else:
                passed = reach * (stay - wait) / gap
            out[c, 0, k] = stay
            out[c, 1, k] = wait
            out[c, 2, k] = (1.0 - now) * passed
    return out


@njit(nogil=True, cache=True)
def _warned_share(people: Any, none: Any, zone: Any, here: Any, within: float, out: Any) -> None:
    """Share of warned people whom somebody in each zone meets, shape (zones,); `here` are the people of each."""
    out[:] = 0.0
    for r in range(people.size):
        out[zone[r]] += people[r] * (1.0 - none[r])
    all_people = here.sum()
    share = out.sum() / all_people if all_people > 0.0 else 0.0
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


@njit(nogil=True, cache=True, error_model="numpy")
def _one_channel(
    x: Any,
    y: Any,
    kind: Any,
    beyond: Any,
    case: Any,
    stay: Any,
    wait: Any,
    passed: Any,
    before: Any,
    after: Any,
    drop: Any,
    total: Any,
) -> None:
    """Advance a block of rows of one channel by a step.

    `before` and `after` are multiplied by the share that the channel has not warned; `drop` gets the part that the channel
    has in what is warned, not normed, `total` their sum. `case` is the index of a row into `stay`, `wait` and `passed`.
    """
    for r in range(x.size):
        k, m = kind[r], case[r]
        x0, y0 = x[r], y[r]
        x1 = stay[m] * x0
        y1 = wait[m] * y0 + passed[m] * x0
        u = beyond[k] + x0 + y0
        u1 = beyond[k] + x1 + y1
        x[r] = x1
        y[r] = y1
        before[r] *= u
        after[r] *= u1
        # Close to the logarithm of u / u1, by which the parts of several channels add up.
        part = (u - u1) / (u + u1) if u1 < u else 0.0
        drop[r] = part
        total[r] += part


@njit(nogil=True, cache=True, error_model="numpy")
def _left(before: Any, after: Any) -> None:
    """Put the share of the unwarned of a block that stays so into `after`."""
    for r in range(before.size):
        after[r] = after[r] / before[r] if before[r] > 0.0 else 1.0


@njit(nogil=True, cache=True, error_model="numpy")
def _warn(people: Any, none: Any, left: Any, total: Any) -> None:
    """Take the warned of a block from `none`; put what a unit of `drop` stands for, people, into `total`."""
    for r in range(people.size):
        is_any = left[r] < 1.0
        warned = people[r] * none[r] * (1.0 - left[r])
        none[r] *= left[r] if is_any else 1.0
        total[r] = warned / total[r] if is_any and total[r] > 0.0 else 0.0


@njit(nogil=True, cache=True)
def _credit(first: Any, drop: Any, unit: Any) -> None:
    for r in range(first.size):
        first[r] += drop[r] * unit[r]


@njit(nogil=True, cache=True)
def _block(
    lo: int,
    hi: int,
    unreached: Any,
    unnoticed: Any,
    kind: Any,
    beyond: Any,
    factors: Any,
    active: Any,
    contagion: int,
    talk: Any,
    told: Any,
    before: Any,
    after: Any,
    drop: Any,
    total: Any,
) -> None:
    """Advance rows lo to hi by a step: what stays unwarned in `after`, the part of each active channel in `drop`."""
    n = hi - lo
    before[:n] = 1.0
    after[:n] = 1.0
    total[:n] = 0.0
    for i in range(active.size):
        c = active[i]
        case = talk if c == contagion else kind[c]
        of = told if c == contagion else factors[c]
        _one_channel(
            unreached[c, lo:hi],
            unnoticed[c, lo:hi],
            kind[c, lo:hi],
            beyond[c],
            case[lo:hi],
            of[0],
            of[1],
            of[2],
            before[:n],
            after[:n],
            drop[i, :n],
            total[:n],
        )
    _left(before[:n], after[:n])


@njit(nogil=True, cache=True)
def _tell(
    people: Any,
    none: Any,
    zone: Any,
    here: Any,
    within: float,
    met: Any,
    last: Any,
    last_step_s: float,
    step_s: float,
    talk_zone: Any,
    talk_kind: Any,
    reach: Any,
    told: Any,
) -> None:
    """Put what a step of word of mouth makes of unreached people into `told`, (3, pairs of zone and kind)."""
    share = np.empty(met.size)
    _warned_share(people, none, zone, here, within, met)
    _middle(met, last, last_step_s, step_s, share)
    for p in range(talk_zone.size):
        told[0, p] = math.exp(-share[talk_zone[p]] * reach[talk_kind[p]] * step_s)


@njit(nogil=True, cache=True)
def expect(
    unreached: Any,
    unnoticed: Any,
    none: Any,
    first: Any,
    people: Any,
    zone: Any,
    here: Any,
    kind: Any,
    beyond: Any,
    rates: Any,
    active: Any,
    contagion: int,
    talk: Any,
    talk_zone: Any,
    talk_kind: Any,
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
        Shares of a row, shape (channels, rows); changed in place.
    none
        Share of a row that nobody has warned, shape (rows,); changed in place.
    first
        People first warned by each channel, shape (channels, rows); added to.
    people, zone
        Of each row.
    here
        People of each zone, shape (zones,).
    kind
        Index of each row into `beyond` and `rates`, shape (channels, rows).
    beyond
        Share that a channel can never reach, shape (channels, kinds).
    rates
        Reached per second, noticed at once (share), noticed later per second; shape (channels, kinds, 3).
    active
        Channels with a rate or with people who have not noticed.
    contagion
        The channel that is word of mouth, or -1.
    talk
        Pair of zone and kind of word of mouth of each row, shape (rows,).
    talk_zone, talk_kind
        The zone and the kind of each pair, shape (pairs,).
    within
        Share of the talk that stays within a zone.
    last, last_step_s
        Share of warned people whom somebody in each zone met a step ago, shape (zones,), changed in place; 0 s: none.
    """
    factors = _factors(rates, active, step_s)
    met, told = np.zeros(last.size), np.zeros((3, talk_zone.size))
    told[1] = 1.0
    size = min(_BLOCK, people.size)
    before, after, total = np.empty(size), np.empty(size), np.empty(size)
    drop = np.empty((active.size, size))
    for step in range(steps):
        if contagion >= 0:
            before_s = step_s if step else last_step_s
            _tell(people, none, zone, here, within, met, last, before_s, step_s, talk_zone, talk_kind, rates[contagion, :, REACH], told)  # fmt: skip
        for lo in range(0, people.size, _BLOCK):
            hi = min(lo + _BLOCK, people.size)
            n = hi - lo
            _block(lo, hi, unreached, unnoticed, kind, beyond, factors, active, contagion, talk, told, before, after, drop, total)  # fmt: skip
            _warn(people[lo:hi], none[lo:hi], after[:n], total[:n])
            for i in range(active.size):
                _credit(first[active[i], lo:hi], drop[i, :n], total[:n])


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
    here: Any,
    kind: Any,
    beyond: Any,
    rates: Any,
    active: Any,
    contagion: int,
    talk: Any,
    talk_zone: Any,
    talk_kind: Any,
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
    factors = _factors(rates, active, step_s)
    met, told = np.zeros(last.size), np.zeros((3, talk_zone.size))
    told[1] = 1.0
    size = min(_BLOCK, people.size)
    before, after, total = np.empty(size), np.empty(size), np.empty(size)
    drop = np.empty((active.size, size))
    silent = np.zeros(people.size)
    for step in range(steps):
        if contagion >= 0:
            for r in range(people.size):
                silent[r] = unwarned[r] / people[r] if people[r] > 0 else 0.0
            before_s = step_s if step else last_step_s
            _tell(people, silent, zone, here, within, met, last, before_s, step_s, talk_zone, talk_kind, rates[contagion, :, REACH], told)  # fmt: skip
        for lo in range(0, people.size, _BLOCK):
            hi = min(lo + _BLOCK, people.size)
            _block(lo, hi, unreached, unnoticed, kind, beyond, factors, active, contagion, talk, told, before, after, drop, total)  # fmt: skip
            for r in range(lo, hi):
                left, rest = after[r - lo], total[r - lo]
                if left >= 1.0:
                    continue
                none[r] *= left
                if unwarned[r] == 0:
                    continue
                warned = rng.binomial(unwarned[r], 1.0 - left)
                unwarned[r] -= warned
                for i in range(active.size):
                    if warned == 0 or rest <= 0.0:
                        break
                    share = drop[i, r - lo] / rest
                    by = warned if share >= 1.0 else rng.binomial(warned, share)
                    first[active[i], r] += by
                    warned -= by
                    rest -= drop[i, r - lo]


@njit(nogil=True, cache=True)
def add_up(
    unreached: Any,
    unnoticed: Any,
    people: Any,
    first: Any,
    bin_of: Any,
    kind: Any,
    beyond: Any,
    reached: Any,
    noticed: Any,
    earliest: Any,
    only: Any,
    none: Any,
    several: Any,
) -> None:
    """Add people to bins: reached, noticed, first warned and noticed by this channel only, by channel; none, two or more.

    `reached`, `noticed`, `earliest` and `only` have shape (bins, channels), `none` and `several` (bins,).
    """
    channels = unreached.shape[0]
    u = np.empty(channels)
    # Products of all channels before and behind each one: dividing by a share that may be 0 is avoided.
    ahead = np.empty(channels + 1)
    for r in range(people.size):
        b = bin_of[r]
        ahead[0] = 1.0
        for c in range(channels):
            can = 1.0 - beyond[c, kind[c, r]]
            u[c] = 1.0 - can + unreached[c, r] + unnoticed[c, r]
            reached[b, c] += people[r] * (can - unreached[c, r])
            noticed[b, c] += people[r] * (1.0 - u[c])
            earliest[b, c] += first[c, r]
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
