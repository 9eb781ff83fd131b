"""Who can receive a message on a phone, who of them has not got it, and how soon they notice.

Shared by cell broadcast and messages to numbers. People of a kind are thought of as ordered: if a share `a` can receive now
and a share `b` later, the smaller is part of the larger. So somebody whose cell fails and comes back is the same person,
and nobody is reached twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.stage import Stage
    from ew4all.sim.world import World

    F64 = NDArray[np.float64]
    I8 = NDArray[np.int8]

LOOK_S: Final = 300.0
"""How often it is computed anew which phones are on, where the supply does not change."""

_TINY: Final = 1e-15

_FEW: Final = 1e-3
"""A smaller share of those who have a message waits with the sound of a new one until more of them get it."""


@dataclass(eq=False)
class Untaken:
    """Who is left to be reached: shares of each kind, shape (kinds,).

    Attributes
    ----------
    able, ever
        Share that can receive now, and the largest that could at a time so far.
    left, dark
        Not reached, and on no way to be: of those able now, and of those who were.
    unreached
        Of all: not reached yet.
    """

    able: F64
    ever: F64
    left: F64
    dark: F64
    unreached: F64

    @classmethod
    def begin(cls, kinds: int) -> Untaken:
        """Start with nobody reached, and nobody able to be."""
        none = np.zeros(kinds)
        return cls(none, none.copy(), none.copy(), none.copy(), np.ones(kinds))

    def change(self, able: F64) -> F64:
        """Count who is able now; return the share that never was before."""
        gone = self.left * np.clip(1.0 - able / np.maximum(self.able, _TINY), 0.0, 1.0)
        again = np.minimum(able, self.ever) - self.able
        back = self.dark * np.clip(again / np.maximum(self.ever - self.able, _TINY), 0.0, 1.0)
        new = np.maximum(0.0, able - self.ever)
        self.left = self.left + new + back - gone
        self.dark = self.dark + gone - back
        self.ever = np.maximum(self.ever, able)
        self.able = able
        return new

    def served(self) -> F64:
        """Return the part of those who ever could receive that can now, shape (kinds,)."""
        return np.minimum(1.0, self.able / np.maximum(self.ever, _TINY))

    def give_back(self, share: F64, able: F64) -> None:
        """Take back people who were on the way to be reached when a share was able; not those whose service went."""
        still = np.minimum(1.0, self.able / np.maximum(able, _TINY))
        self.left += share * still
        self.dark += share * (1.0 - still)

    def reach(self, share: F64) -> F64:
        """Take a share of all as reached; return it as a share of those not reached before."""
        hit = np.clip(share / np.maximum(self.unreached, _TINY), 0.0, 1.0)
        self.unreached = np.maximum(0.0, self.unreached - share)
        return hit


def rate_of(hit: F64, span_s: float) -> F64:
    """Return the rate per second that brings a share of people in some time; 1 is taken as all but 1e-12."""
    result: F64 = -np.log1p(-np.minimum(hit, 1.0 - 1e-12)) / span_s
    return result


def mass(people: F64, share: F64) -> float:
    """Return how many people shares are; the same bits whatever threads a BLAS would use."""
    return float((people * share).sum())


def people_of(stage: Stage) -> F64:
    """Return the people of each kind, shape (kinds,)."""
    exposure = stage.exposure
    kinds = exposure.row.size
    return np.bincount(exposure.kind, stage.world.rows.people, kinds).astype(np.float64)


def area_share(stage: Stage) -> float:
    """Return the part of everybody who is in the warning area; 1 where nobody is.

    What is too little to be followed is little beside the people in the area, however many others a population holds.
    """
    rows = stage.world.rows
    inside = float(rows.people[rows.in_area].sum())
    return inside / float(rows.people.sum()) if inside > 0.0 else 1.0


def able_of_all(stage: Stage, own: F64) -> tuple[F64, F64 | float]:
    """Return who can receive any alert of this channel that is in force, whatever its warning area, and the part of them for this one.

    People reached and people left are shared by all alerts of a channel. Where alerts have areas of their own, one that looks must not
    take those out of reach who are in the area of another; thought of as ordered, the fewer are part of the more.

    Parameters
    ----------
    own
        Share of each kind that can receive the alert that asks, shape (kinds,).
    """
    if stage.area == "":
        return own, 1.0
    held: dict[str, F64] = stage.kept.setdefault("able_by_area", {})
    held[stage.area] = own
    others = {text.area for text in stage.in_force()} - {stage.area}
    able = own
    for area in sorted(others & held.keys()):
        able = np.maximum(able, held[area])
    return able, np.where(able > 0.0, own / np.where(able > 0.0, able, 1.0), 1.0)


def for_area(stage: Stage, beyond: float) -> F64 | float:
    """Return the part of those whom a channel can ever reach that an alert with this warning area is for.

    Parameters
    ----------
    beyond
        For people outside its area, of those in the area of another; people in no area at all are as the channel has them.
    """
    if stage.area == "":
        return 1.0
    row = stage.exposure.row
    any_area = stage.engine.world.rows.in_area[row]
    return np.where(any_area & ~stage.world.rows.in_area[row], min(1.0, beyond), 1.0)


def phones_on(stage: Stage) -> F64:
    """Return the share of each kind with a phone that is on, as it was `LOOK_S` ago at most, shape (kinds,)."""
    since_s, mains, share = stage.kept.get("phones_on", (-np.inf, None, None))
    if share is None or mains is not stage.mains or stage.now_s >= since_s + LOOK_S:
        share = stage.world.phone_on_now(stage.now_s, stage.mains)[stage.exposure.row]
        stage.kept["phones_on"] = (stage.now_s, stage.mains, share)
    found: F64 = share
    return found


def is_ever_served(world: World) -> bool:
    """Whether any cell ever serves anybody in this world: without that a channel of phones cannot be played."""
    service = world.service.technology[np.unique(world.rows.service)] if len(world.rows) else None
    return service is not None and bool((service >= 0).any())


def phone_columns(world: World) -> tuple[NDArray[Any], ...]:
    """Return the columns on which it depends whether a phone is on, has service, and is noticed."""
    rows = world.rows
    return (rows.service, rows.operator, rows.zone, *world.columns("awake", "phone_on"))


def newest(stage: Stage, identifier: str) -> tuple[Callable[[], bool], bool]:
    """Begin the newest text of an alert; return a test of whether it is over, and whether it sounds where another is.

    It is over when it was cancelled or replaced, or the channel was put out of use. An update and another alert sound on devices
    that have a text; one that goes on since the channel is in use again does not. So do phones by 3GPP TS 23.041: serial number
    and message identifier together tell what they have shown already.
    """
    text = stage.texts[identifier]
    text.plays += 1
    mine = text.plays
    sounds_again = mine == 1 and bool(stage.kept.get("has_begun", False))
    stage.kept["has_begun"] = True

    def is_over() -> bool:
        is_newest = stage.texts[identifier] is text and text.plays == mine
        return stage.is_over(identifier) or not is_newest

    return is_over, sounds_again


@dataclass(frozen=True, eq=False)
class _Again:
    """A share of each kind of those who have a message, whose phones sound once more within a time, and until when."""

    share: F64
    within_s: float
    until_s: float


class Noticing:
    """How soon people notice a phone: at once by its sound, or when they look at it.

    Parameters
    ----------
    at_once
        Share that notices at once: of those awake, and of those asleep.
    looks_every_s
        Mean time between two looks of somebody awake at the phone.
    silenced
        Whether a phone set to silence makes no sound for this channel.
    """

    def __init__(
        self,
        stage: Stage,
        at_once: tuple[float, float],
        looks_every_s: float,
        *,
        silenced: bool = False,
    ) -> None:
        self.stage, self.at_once, self.looks_every_s = stage, at_once, looks_every_s
        self.silenced = silenced
        # Shared by all texts of the channel: whichever looks last sets the rates of all.
        self._again: list[_Again] = stage.kept.setdefault("again", [])
        self._sounded: F64 = np.zeros(stage.exposure.row.size)

    def now(self) -> F64:
        """Return the share of each kind that notices at once at this moment."""
        stage, row = self.stage, self.stage.exposure.row
        awake = stage.world.awake_now(stage.now_s)[row]
        share = awake * self.at_once[0] + (1.0 - awake) * self.at_once[1]
        return share * (1.0 - stage.world.silent_now(stage.now_s)[row]) if self.silenced else share

    def later(self) -> F64:
        """Return the rate per second at which the others of each kind look."""
        stage = self.stage
        return stage.world.awake_now(stage.now_s)[stage.exposure.row] / self.looks_every_s

    def refresh(self) -> None:
        """Set both by the hour."""
        now, later = self.now(), self.later()
        self._again[:] = [one for one in self._again if self.stage.now_s < one.until_s]
        for one in self._again:
            later = later + rate_of(now * one.share, one.within_s)
        self.stage.notice(now, later)

    def sound_again(self, share: F64, within_s: float) -> None:
        """Let phones that have a message sound once more within some time: who overheard it may notice now.

        Parameters
        ----------
        share
            Part of these that has the new text by now, shape (kinds,); those who got it since the last call sound.
        """
        more = np.clip(share - self._sounded, 0.0, 1.0)
        if more.max(initial=0.0) < _FEW:
            return
        self._sounded = self._sounded + more
        self._again.append(_Again(more, within_s, self.stage.now_s + within_s))
        self.refresh()
        self.stage.env.process(self._fall_silent(within_s))

    def _fall_silent(self, within_s: float) -> Process:
        yield self.stage.env.timeout(within_s)
        self.refresh()
