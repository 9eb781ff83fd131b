"""What happened to every site, and when: the contract between outages and whoever asks which cells are left.

::

    timeline.alive_at(3600.0)[cells.site]      # which cells have service an hour after the hazard
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.coverage.outages.defaults import resolve
from ew4all.coverage.outages.kernels import census, on_air
from ew4all.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ew4all.units import F64, I32, I64

__all__ = ["CAUSES", "RETURNS", "STATES", "Timeline"]

STATES: Final = ("up", "damage", "power", "transport", "temporary", "backup")
"""State of a site by code. ``temporary``: a temporary cell serves in its place, under ids of its own. ``backup``: it serves
without mains, on its battery or a generator."""

CAUSES: Final = ("damage", "power", "transport")
"""Why a site is out. Where several hold at once the first is told, as a crew would find it; DIRS counts each."""

RETURNS: Final = {
    11: "repair",
    12: "mains",
    13: "refuel",
    14: "link",
    15: "satellite",
    16: "temporary",
    17: "generator",
}
"""What brought a site back, by code. ``link``: a link or a site on the way came back."""

_TRANSPORT, _TEMPORARY, _BACKUP = 3, 4, 5
_SERVES: Final = np.array([True, False, False, False, True, True])


@dataclass(frozen=True, eq=False)
class Timeline:
    """Changes in order of time; every array has shape (events,).

    A row is a failure, a return, or a change of cause while a site is out. Before its first row a site is up.

    Attributes
    ----------
    sites
        Number of sites.
    time_s
        Since the hazard arrived.
    site
        Index of the site.
    state
        Code of the new state, see `STATES`.
    returned_by
        Code in `RETURNS` where a site is back, else 0.
    """

    sites: int
    time_s: F64
    site: I32
    state: NDArray[np.int8]
    returned_by: NDArray[np.int8]

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        if not self.time_s.shape == self.site.shape == self.state.shape == self.returned_by.shape:
            msg = "the columns of a timeline differ in length"
            raise InputError(msg)
        if self.time_s.size and (np.any(np.diff(self.time_s) < 0.0) or np.isnan(self.time_s).any()):
            msg = "the events of a timeline must be in order of time"
            raise InputError(msg)

    @property
    def up(self) -> NDArray[np.bool_]:
        """Whether the site has service after each event."""
        up: NDArray[np.bool_] = _SERVES[self.state]
        return up

    @cached_property
    def cause(self) -> NDArray[np.str_]:
        """Cause of each failure, and of each return, in words."""
        words = np.array(STATES)[self.state]
        for code, word in RETURNS.items():
            words = np.where(self.returned_by == code, word, words)
        return words

    def state_at(self, time_s: float) -> NDArray[np.int8]:
        """Return the code of every site's state at a time; an event counts from its own time on."""
        state = np.zeros(self.sites, np.int8)
        past = int(np.searchsorted(self.time_s, time_s, "right"))
        last = np.full(self.sites, -1, np.int64)
        np.maximum.at(last, self.site[:past], np.arange(past))
        seen = last >= 0
        state[seen] = self.state[last[seen]]
        return state

    def first_state(self) -> NDArray[np.int8]:
        """Return the code of the state in which each site first had no service: its first cause; 0 where it always had."""
        first = np.zeros(self.sites, np.int8)
        lost = np.flatnonzero(~self.up)
        where, at = np.unique(self.site[lost], return_index=True)
        first[where] = self.state[lost[at]]
        return first

    def alive_at(self, time_s: float) -> NDArray[np.bool_]:
        """Return which sites have service: power, no damage, and a live path to the core; shape (sites,)."""
        alive: NDArray[np.bool_] = _SERVES[self.state_at(time_s)]
        return alive

    def cells_at(
        self, time_s: float, cell_site: NDArray[Any], shed: NDArray[np.bool_] | None = None
    ) -> NDArray[np.bool_]:
        """Return which cells have service, shape (cells,).

        Parameters
        ----------
        cell_site
            Site of each cell.
        shed
            Cells that are off while their site has no mains, to make its battery last (5G and capacity layers).
        """
        on: NDArray[np.bool_] = self.alive_at(time_s)[cell_site]
        if shed is not None:
            on &= ~(shed & self.on_backup_at(time_s)[cell_site])
        return on

    def radiating_at(self, time_s: float) -> NDArray[np.bool_]:
        """Return which sites transmit, be it cut off from the core: a warning stored there goes on."""
        state = self.state_at(time_s)
        on: NDArray[np.bool_] = _SERVES[state] | (state == _TRANSPORT)
        return on

    def on_backup_at(self, time_s: float) -> NDArray[np.bool_]:
        """Return which sites serve without mains: where load is shed, their 5G and capacity layers are off."""
        backup: NDArray[np.bool_] = self.state_at(time_s) == _BACKUP
        return backup

    def temporary_at(self, time_s: float) -> NDArray[np.bool_]:
        """Return which sites are served by a temporary cell, whose new ids the CBC must know."""
        temporary: NDArray[np.bool_] = self.state_at(time_s) == _TEMPORARY
        return temporary

    def on_air_at(
        self,
        at_s: float,
        *,
        issued_s: float,
        until_s: float = np.inf,
        reload_s: float | None = None,
    ) -> NDArray[np.bool_]:
        """Return which sites send a warning at a time.

        A warning that a site has is repeated without the core until `until_s`. A site that restarts has lost it; the CBC sends
        it again on the PWS Restart Indication, which takes `reload_s` (None: ``reload_h`` of the defaults).

        References
        ----------
        3GPP TS 23.041, 9.1.3 (warning messages in E-UTRAN and NG-RAN), PWS Restart Indication.
        """
        out = np.zeros(self.sites, np.bool_)
        if reload_s is None:
            reload_s = resolve()["reload_h"] * 3600.0
        if at_s < until_s:
            on_air(self.time_s, self.site, self.state, issued_s, at_s, reload_s, out)
        return out

    def of_first(self, sites: int) -> Timeline:
        """Return the events of the first `sites` only: a network's nodes begin with its sites."""
        keep = self.site < sites
        return Timeline(
            sites, self.time_s[keep], self.site[keep], self.state[keep], self.returned_by[keep]
        )

    def changed(self, after_s: float, until_s: float) -> NDArray[np.int64]:
        """Return the sites whose service at `until_s` differs from that at `after_s`: only their surroundings need computing anew."""
        return np.flatnonzero(self.alive_at(after_s) != self.alive_at(until_s))

    def steps(
        self, times_s: Sequence[float]
    ) -> Iterator[tuple[float, NDArray[np.bool_], NDArray[np.int64]]]:
        """Yield each time, which sites are alive then, and which changed since the time before (at first: all)."""
        before: NDArray[np.bool_] | None = None
        for time_s in times_s:
            alive = self.alive_at(time_s)
            changed = np.arange(self.sites) if before is None else np.flatnonzero(alive != before)
            yield time_s, alive, changed
            before = alive

    def counts(self, times_s: F64) -> I64:
        """Return how many sites are in each state at each of the rising times; shape (times, states)."""
        out = np.zeros((len(times_s), len(STATES)), np.int64)
        at_s = np.ascontiguousarray(times_s, np.float64)
        census(self.time_s, self.site, self.state, self.sites, at_s, out)
        return out

    def hours_out(self, until_s: float) -> F64:
        """Return how long each site was out, from 0 to `until_s`, in hours."""
        hours = np.zeros(self.sites)
        order = np.lexsort((np.arange(self.site.size), self.site))
        site, time_s, up = self.site[order], self.time_s[order], self.up[order]
        end_s = np.append(time_s[1:], until_s)
        if site.size:
            end_s[np.append(site[1:] != site[:-1], True)] = until_s
        span = np.clip(end_s, 0.0, until_s) - np.clip(time_s, 0.0, until_s)
        np.add.at(hours, site[~up], span[~up] / 3600.0)
        return hours
