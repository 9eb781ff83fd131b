"""The people of a run: how far each channel has come with each row, and what is added up over bins."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.errors import InputError
from ew4all.sim import population_kernels as kernels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.sim.rows import Rows

    F64 = NDArray[np.float64]
    I32 = NDArray[np.int32]

STEP_S: Final = 30.0
"""Longest step of word of mouth. Without it steps are exact and may be of any length.

Six hours of eight channels with word of mouth: against steps of 1 s, steps of 10 s differ by 1e-6 of the people and
steps of 60 s by 6e-6.
"""


@dataclass(frozen=True, eq=False)
class Exposure:
    """How rows differ for one channel, and whom it can reach at all.

    Attributes
    ----------
    kind
        Kind of each row, shape (rows,).
    susceptible
        Share of each kind that the channel can reach if it ever sounds there, shape (kinds,): they have the receiver.
    row
        One row of each kind, shape (kinds,).
    """

    kind: I32
    susceptible: F64
    row: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Totals:
    """People by bin at one time: (bins, channels), and (bins,)."""

    alerted: F64
    reached: F64
    noticed: F64
    first: F64
    only: F64
    none: F64
    several: F64


@dataclass(frozen=True, eq=False)
class Mixing:
    """Word of mouth: which channel it is, and the share of talk within a zone."""

    channel: int
    within: float = 0.9


class Population:
    """Rows and their state, moved on by `advance`; rates hold until they are set anew.

    Parameters
    ----------
    rows
        The people.
    bins
        Where each row is counted, shape (rows,), and the number of bins.
    exposures
        One for each channel, in the order of channels.
    mixing
        Word of mouth, if it is among the channels.
    step_s
        Longest step while word of mouth spreads.
    rng
        Draws whole people; expected numbers without it.
    """

    def __init__(
        self,
        rows: Rows,
        bins: tuple[I32, int],
        exposures: Sequence[Exposure],
        *,
        mixing: Mixing | None = None,
        step_s: float = STEP_S,
        rng: np.random.Generator | None = None,
    ) -> None:
        if not step_s > 0:
            msg = f"a step of {step_s:g} s is not possible; 1 to 60 s are usual"
            raise InputError(msg)
        self.rows, self.mixing, self.step_s, self.rng = rows, mixing, step_s, rng
        self.time_s = -math.inf
        self.bin_of, self.bins = bins
        channels = len(exposures)
        kinds = max((e.susceptible.size for e in exposures), default=0)
        self.kind = np.array([e.kind for e in exposures], np.int32).reshape(channels, len(rows))
        susceptible = np.zeros((channels, kinds))
        for c, exposure in enumerate(exposures):
            susceptible[c, : exposure.susceptible.size] = exposure.susceptible
        self.susceptible = susceptible
        self.beyond = 1.0 - susceptible
        self.rates = np.zeros((channels, kinds, 3))
        self.on_air = np.zeros((channels, kinds))
        self.unreached: F64 = np.take_along_axis(susceptible, self.kind, axis=1)
        self.unnoticed = np.zeros_like(self.unreached)
        self.none = np.ones(len(rows))
        self.first = np.zeros_like(self.unreached)
        self.people = rows.people if rng is None else _whole(rows.people, rng)
        self.unwarned = self.people.astype(np.int64)
        self._here = np.bincount(rows.zone, self.people, 1).astype(np.float64)
        self._met, self._met_step_s = np.zeros_like(self._here), 0.0
        # Word of mouth goes by the zone and its own kind: an exponential each, and not one a row.
        told = self.kind[mixing.channel] if mixing else np.zeros(len(rows), np.int32)
        pair, talk = np.unique(
            rows.zone.astype(np.int64) * max(1, kinds) + told, return_inverse=True
        )
        self._talk = (
            talk.astype(np.int32),
            *(n.astype(np.int32) for n in np.divmod(pair, max(1, kinds))),
        )
        self._waiting = np.zeros(channels, bool)
        self._alerted: F64 | None = None

    def begin(self, time_s: float) -> None:
        """Set the clock where the run begins."""
        self.time_s = time_s

    def advance(self, to_s: float) -> None:
        """Move everybody on to a time, under the rates that hold since the last one."""
        span_s = to_s - self.time_s
        if span_s <= 0:
            return
        self.time_s = to_s
        sounding = self.rates[:, :, kernels.REACH].any(axis=1)
        self._waiting |= sounding
        # A channel that is silent, and whose people have all noticed or never will, need not be gone through.
        active = np.flatnonzero(
            sounding | (self._waiting & self.rates[:, :, kernels.LATER].any(axis=1))
        )
        if not active.size:
            return
        mixing = self.mixing.channel if self.mixing and self.mixing.channel in active else -1
        steps = max(1, math.ceil(span_s / self.step_s - 1e-9)) if mixing >= 0 else 1
        state = (self.unreached, self.unnoticed, self.none, self.first, self.people)
        how: tuple[Any, ...] = (
            self.rows.zone, self._here, self.kind, self.beyond, self.rates, active, mixing, *self._talk,
            self.mixing.within if self.mixing else 1.0, self._met, self._met_step_s,
            span_s / steps, steps,
        )  # fmt: skip
        if self.rng is None:
            kernels.expect(*state, *how)
        else:
            kernels.draw(self.rng, self.unwarned, *state, *how)
        self._met_step_s = span_s / steps if mixing >= 0 else 0.0

    def ahead(self, to_s: float) -> Population:
        """Return a copy moved on to a time, so that a look between two events changes nothing."""
        seen = copy.copy(self)
        for name in ("unreached", "unnoticed", "none", "first", "unwarned", "_met", "_waiting"):
            setattr(seen, name, getattr(self, name).copy())
        seen.rng = copy.deepcopy(self.rng)
        seen.advance(to_s)
        return seen

    def set_rates(
        self, channel: int, reach: F64, now: F64 | float = 1.0, later: F64 | float = 0.0
    ) -> None:
        """Set how quickly the kinds of a channel are reached and notice, from now on.

        Parameters
        ----------
        reach
            Per second, of those not reached, shape (kinds,).
        now
            Share of those reached that notices at once.
        later
            Per second, of those who have not noticed.
        """
        self._met_step_s = 0.0  # what was expected of talk does not hold beyond a change of rates
        own = self.rates[channel, : reach.size]
        own[:, kernels.REACH] = reach
        own[:, kernels.NOW] = now
        own[:, kernels.LATER] = later

    def alert(self, channel: int, share: F64) -> None:
        """Note that the message is on air for a share of each kind, shape (kinds,); what was on air once stays alerted."""
        own = self.on_air[channel, : share.size]
        np.maximum(own, share, out=own)
        self._alerted = None

    def totals(self) -> Totals:
        """Add people up by bin and channel."""
        channels = self.kind.shape[0]
        shape = (self.bins, channels)
        none: F64
        reached, noticed, first, only = (np.zeros(shape) for _ in range(4))
        none, several = np.zeros(self.bins), np.zeros(self.bins)
        kernels.add_up(
            self.unreached, self.unnoticed, self.people, self.first, self.bin_of, self.kind, self.beyond,
            reached, noticed, first, only, none, several,
        )  # fmt: skip
        if self.rng is not None:
            # Who is still unwarned was drawn; shares say what was to be expected of the others.
            none = np.bincount(self.bin_of, self.unwarned, self.bins).astype(np.float64)
        if self._alerted is None:
            self._alerted = np.zeros(shape)
            for c in range(channels):
                share = self.on_air[c, self.kind[c]]
                self._alerted[:, c] = np.bincount(self.bin_of, self.people * share, self.bins)
        return Totals(self._alerted.copy(), reached, noticed, first, only, none, several)


def _whole(people: F64, rng: np.random.Generator) -> F64:
    """Round numbers of people up or down by chance, so that their mean is what it was."""
    low = np.floor(people)
    return low + (rng.random(people.size) < people - low)
