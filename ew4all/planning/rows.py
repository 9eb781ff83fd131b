"""From cells, states of the network and effects to rows of people who are not reached: what `greedy` chooses on.

People of a cell are divided by what keeps a warning from them, in each state of the network (as usual; mains out), so that
a measure acts on those whom it can help and two that help the same people count once:

* ``none``: no signal there, but a phone that could show a warning: a new signal reaches them;
* ``phone``: a signal, but no phone that can: a device programme reaches them;
* ``down``: served as usual, but not while their sites are off the air: a battery, a second backhaul, a new signal or a kit does;
* ``rest``: everybody else who is not reached (no signal and no phone, or a network that does not broadcast).

A channel of the place, such as a siren, reaches the same share of all four. Somebody without a signal and without a phone would
need two measures, a site and a phone; that pair is left out, so that the choice understates what both together bring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ew4all.planning.greedy import Instance
from ew4all.planning.measures import DEVICE, KINDS, KIT, PLACE, SIGNAL, SITE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    signal
        Share of people with a signal.
    by_phone
        Share of people whom a channel on phones reaches.
    lacks_phone
        Of those with a signal whom no phone reaches, the share who lack one that can.
    able
        Share of all people whom a signal would let a phone channel reach.
    with_phone
        Share of those who get a capable phone whom it then reaches, given a signal.
    """

    people: F64
    value: F64
    missed: F64
    signal: F64
    by_phone: F64
    lacks_phone: float
    able: float
    with_phone: float


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
    """Rows of one group of people, one a cell; cells without any of them have none."""

    def __init__(self, first: int, people: F64, value: F64) -> None:
        keep = people > 0.0
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
    groups = _groups(crowd, 1.0 if outage is None else 1.0 - outage.share, measures, 0)
    slices: list[tuple[_Rows, NDArray[np.int32]]] = []
    state = [(groups, False)]
    if outage is not None:
        first = max(g.end for g in groups.values())
        lost = _groups(crowd, outage.share, measures, first)
        state.append((lost, True))
        slices = _slices(crowd, outage, max(g.end for g in lost.values()))
    every = [r for g, _ in state for r in g.values()] + [r for r, _ in slices]
    row_of: list[NDArray[np.int32]] = []
    chance_of: list[NDArray[np.float32]] = []
    start = np.zeros(len(measures) + 1, np.int64)
    for j, (measure, effect) in enumerate(zip(measures, effects, strict=True)):
        parts = _entries(measure, effect, state, slices, works or {})
        rows = np.concatenate([p[0] for p in parts]) if parts else np.empty(0, np.int32)
        chances = np.concatenate([p[1] for p in parts]) if parts else np.empty(0, np.float32)
        order = np.argsort(rows, kind="stable")
        row_of.append(rows[order].astype(np.int32))
        chance_of.append(np.minimum(chances[order], 1.0).astype(np.float32))
        start[j + 1] = start[j] + rows.size
    return Instance(
        tuple(m.id for m in measures),
        cost,
        start,
        np.concatenate(row_of) if row_of else np.empty(0, np.int32),
        np.concatenate(chance_of) if chance_of else np.empty(0, np.float32),
        np.concatenate([r.weight for r in every]),
        np.concatenate([r.people for r in every]),
    )


def _groups(
    crowd: Crowd, share: float, measures: Sequence[Measure], first: int
) -> dict[str, _Rows]:
    acts = {KINDS[m.kind].acts for m in measures}
    people = share * crowd.people * crowd.missed
    uncovered = np.maximum(1.0 - crowd.signal, 0.0)
    unreached = np.maximum(crowd.signal - crowd.by_phone, 0.0)
    none = uncovered * crowd.able * bool(acts & {SIGNAL, KIT})
    phone = unreached * crowd.lacks_phone * (DEVICE in acts)
    found = {}
    for name, of in (("none", none), ("phone", phone), ("rest", uncovered + unreached - none - phone)):  # fmt: skip
        of = np.where(of > _TINY, of, 0.0)
        found[name] = _Rows(first, people * of, crowd.value)
        first = found[name].end
    return found


def _slices(crowd: Crowd, outage: Outage, first: int) -> list[tuple[_Rows, NDArray[np.int32]]]:
    """Divide those whom phones reach as usual by the set of sites that can serve them.

    Whoever the k-th strongest site still serves the stronger ones serve too: between the chance of one site and of the next
    weaker, people have the sites up to that one. They are lost where all of these are off the air.
    """
    servers = outage.site.shape[0]
    best = np.maximum(outage.chance[0], _TINY)
    people = outage.share * crowd.people * crowd.missed * crowd.by_phone
    known = outage.site[0] >= 0
    found = []
    lost = np.ones(crowd.people.size)
    for k in range(servers):
        here = outage.site[k] >= 0
        lost = lost * np.where(here, 1.0 - outage.up[np.maximum(outage.site[k], 0)], 1.0)
        weaker = outage.chance[k + 1] if k + 1 < servers else np.zeros(best.size)
        width = np.where(here & known, np.maximum(outage.chance[k] - weaker, 0.0) / best, 0.0)
        rows = _Rows(first, people * width * lost, crowd.value)
        first = rows.end
        found.append((rows, outage.site[: k + 1]))
    return found


def _entries(
    measure: Measure,
    effect: Effect,
    state: Sequence[tuple[dict[str, _Rows], bool]],
    slices: Sequence[tuple[_Rows, NDArray[np.int32]]],
    works: Mapping[str, float],
) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    acts = KINDS[measure.kind].acts
    out: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = []

    def put(rows: _Rows, factor: float) -> None:
        numbers = rows.number[effect.cell]
        here = (numbers >= 0) & (effect.chance > 0.0)
        if factor > 0.0 and here.any():
            out.append((numbers[here], effect.chance[here] * np.float32(factor)))

    for groups, is_out in state:
        factor = works.get(measure.kind, 1.0) if is_out else 1.0
        if acts == PLACE:
            for rows in groups.values():
                put(rows, factor)
        elif acts == SIGNAL or (acts == KIT and is_out):
            put(groups["none"], factor)
        elif acts == DEVICE:
            put(groups["phone"], factor)
    factor = works.get(measure.kind, 1.0)
    for rows, sites in slices:
        if acts in {PLACE, SIGNAL, KIT}:
            put(rows, factor)
        elif acts == SITE:
            numbers = rows.number[(sites == effect.site).any(axis=0) & (rows.number >= 0)]
            out.append((numbers, np.full(numbers.size, effect.lift, np.float32)))
    return out
