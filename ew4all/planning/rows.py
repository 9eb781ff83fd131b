"""From cells, states of the network and effects to rows of people who are not reached: what `greedy` chooses on.

People of a cell are divided by what keeps a warning from them, in each state of the network (as usual; mains out), so that
a measure acts on those whom it can help and two that help the same people count once:

* ``none``: no signal there, but a phone that could show a warning: a new signal reaches them;
* ``phone``: a signal, but no phone that can: a device programme reaches them;
* ``down``: served as usual, but not while their sites are off the air: a battery, a second backhaul, a new signal or a kit does;
* ``rest``: everybody else who is not reached (no signal and no phone, or a network that does not broadcast).

A channel of the place, such as a siren, reaches the same share of all four. Where a measure is a radio station each is divided
once more, by who has a set: a second station does not reach those who have none. Somebody without a signal and without a phone would
need two measures, a site and a phone; that pair is left out, so that the choice understates what both together bring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.planning.greedy import Instance
from ew4all.planning.measures import DEVICE, KINDS, KIT, RADIO, SIGNAL, SITE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.planning.measures import Effect, Measure
    from ew4all.units import F64, I32

__all__ = ["Crowd", "Outage", "instance_of"]

_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Crowd:
    """People of cells and what reaches them now; arrays of shape (cells,).

    Attributes
    ----------
    people
        People of each cell.
    value
        What one of them counts in the objective.
    missed
        Probability that no channel of the place reaches somebody there.
    has_set
        Of those whom no channel of the place reaches, the share with a radio.
    signal
        Share of people with a signal.
    by_phone
        Share of people whom a channel on phones reaches.
    lacks_phone
        Of those with a signal whom no phone reaches, the share who have one of their own network and lack a phone that can.
    with_phone
        Share of those who get a capable phone whom it then reaches, given a signal.
    able
        A number: share of all people whom a signal would let a phone channel reach.
    """

    people: F64
    value: F64
    missed: F64
    has_set: F64
    signal: F64
    by_phone: F64
    lacks_phone: F64
    able: float
    with_phone: F64


@dataclass(frozen=True, eq=False)
class Outage:
    """The network while the mains are out.

    Attributes
    ----------
    share
        Of warnings, those that come then.
    site, chance
        Strongest sites of each cell and how likely each serves people there if it is up, shape (servers, cells), falling; -1 for none.
    up
        Probability that each site is on air, shape (sites,).
    """

    share: float
    site: I32
    chance: F64
    up: F64


class _Rows:
    """Rows of one group of people, one a cell; cells without any of them have none.

    `kind` is one of ``none``, ``phone``, ``down`` and ``rest``; `sites` those that can serve them, for ``down``.
    """

    def __init__(
        self, kind: str, first: int, people: F64, value: F64, *, is_out: bool, has_set: bool, sites: I32 | None = None
    ) -> None:  # fmt: skip
        keep = people > 0.0
        self.kind, self.is_out, self.has_set, self.sites = kind, is_out, has_set, sites
        self.number = np.where(keep, first + np.cumsum(keep) - 1, -1)
        self.people = people[keep]
        self.weight = (people * value)[keep]
        self.end = first + int(keep.sum())


def instance_of(
    crowd: Crowd,
    measures: Sequence[Measure],
    effects: Sequence[Effect],
    cost: F64,
    outage: Outage | None = None,
    works: Mapping[str, float] | None = None,
) -> Instance:
    """Return the problem of choosing among measures.

    Parameters
    ----------
    measures
        In rising order of their names.
    effects, cost
        One a measure.
    outage
        The second state of the network; None: there is only the usual one.
    works
        From a kind to the probability that it works while the mains are out; 1 where it is not named.
    """
    acts = {KINDS[m.kind].acts for m in measures}
    every: list[_Rows] = []
    for kind, people, is_out, sites in _groups(crowd, outage, acts):
        sets = ((True, crowd.has_set), (False, 1.0 - crowd.has_set)) if RADIO in acts else ((False, np.ones_like(people)),)  # fmt: skip
        for has_set, part in sets:
            first = every[-1].end if every else 0
            every.append(_Rows(kind, first, people * part, crowd.value, is_out=is_out, has_set=has_set, sites=sites))  # fmt: skip
    row, chance = _Column(np.dtype(np.int32)), _Column(np.dtype(np.float32))
    size = np.zeros(len(measures), np.int64)
    for j, (measure, effect) in enumerate(zip(measures, effects, strict=True)):
        # Groups follow one another and cells rise in each: rows rise.
        for rows, chances in _entries(measure, effect, every, works or {}):
            row.add(rows)
            chance.add(np.minimum(chances, np.float32(1.0)))
            size[j] += rows.size
    return Instance(
        tuple(m.id for m in measures),
        cost,
        np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        row.values(),
        chance.values(),
        np.concatenate([r.weight for r in every]),
        np.concatenate([r.people for r in every]),
    )


class _Column:
    """Values that are added at the end, tens of millions of them.

    They grow in place, as parts that are joined at the end would be there twice, and small parts that are freed stay with
    the process: of a country that was 500 MB of 2,000.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._values = np.empty(1 << 16, dtype)
        self._size = 0

    def add(self, values: NDArray[Any]) -> None:
        end = self._size + values.size
        if end > self._values.size:
            # What is not written yet takes address space only.
            self._values.resize(max(end, 2 * self._values.size), refcheck=False)
        self._values[self._size : end] = values
        self._size = end

    def values(self) -> NDArray[Any]:
        self._values.resize(self._size, refcheck=False)
        return self._values


def _groups(
    crowd: Crowd, outage: Outage | None, acts: set[str]
) -> Iterator[tuple[str, F64, bool, I32 | None]]:
    """Yield groups: what keeps a warning from them, how many in each cell, whether the mains are out, and their sites."""
    uncovered = np.maximum(1.0 - crowd.signal, 0.0)
    unreached = np.maximum(crowd.signal - crowd.by_phone, 0.0)
    none = uncovered * crowd.able * bool(acts & {SIGNAL, KIT})
    phone = unreached * crowd.lacks_phone * (DEVICE in acts)
    lost = 0.0 if outage is None else outage.share
    for share, is_out in ((1.0 - lost, False), (lost, True)):
        if share == 0.0:
            continue
        people = share * crowd.people * crowd.missed
        for name, of in (("none", none), ("phone", phone), ("rest", uncovered + unreached - none - phone)):  # fmt: skip
            yield name, people * np.where(of > _TINY, of, 0.0), is_out, None
    if outage is not None and lost > 0.0:
        yield from _down(crowd, outage)


def _down(crowd: Crowd, outage: Outage) -> Iterator[tuple[str, F64, bool, I32 | None]]:
    """Divide those whom phones reach as usual by the set of sites that can serve them.

    Whoever the k-th strongest site still serves the stronger ones serve too: between the chance of one site and of the next
    weaker, people have the sites up to that one. They are lost where all of these are off the air.
    """
    servers = outage.site.shape[0]
    best = np.maximum(outage.chance[0], _TINY)
    people = outage.share * crowd.people * crowd.missed * crowd.by_phone
    known = outage.site[0] >= 0
    lost = np.ones(crowd.people.size)
    for k in range(servers):
        here = outage.site[k] >= 0
        lost = lost * np.where(here, 1.0 - outage.up[np.maximum(outage.site[k], 0)], 1.0)
        weaker = outage.chance[k + 1] if k + 1 < servers else np.zeros(best.size)
        width = np.where(here & known, np.maximum(outage.chance[k] - weaker, 0.0) / best, 0.0)
        yield "down", people * width * lost, True, outage.site[: k + 1]


_HELPS = {
    SIGNAL: frozenset({"none", "down"}),
    KIT: frozenset({"none", "down"}),
    DEVICE: frozenset({"phone"}),
    SITE: frozenset({"down"}),
}
"""Groups that a measure can help; a channel of the place, all."""


def _entries(
    measure: Measure, effect: Effect, every: Sequence[_Rows], works: Mapping[str, float]
) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Return rows and chances of one measure."""
    acts = KINDS[measure.kind].acts
    out: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = []
    for rows in every:
        if acts in _HELPS and rows.kind not in _HELPS[acts]:
            continue
        if (acts == RADIO and not rows.has_set) or (acts == KIT and not rows.is_out):
            continue
        if acts == SITE:
            assert rows.sites is not None
            numbers = rows.number[(rows.sites == effect.site).any(axis=0) & (rows.number >= 0)]
            out.append((numbers, np.full(numbers.size, effect.lift, np.float32)))
            continue
        factor = works.get(measure.kind, 1.0) if rows.is_out else 1.0
        numbers = rows.number[effect.cell]
        here = (numbers >= 0) & (effect.chance > 0.0)
        if factor > 0.0 and here.any():
            out.append((numbers[here], effect.chance[here] * np.float32(factor)))
    return out
