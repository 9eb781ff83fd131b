"""Fewer rows, by a stated rule and with its error.

Cost follows rows, and rows are a product. Where there are more than a limit, these steps are taken one after another until
there are few enough:

1. cohorts of few people take the history of service of the nearest larger one that is alike in all else, while 0.2 %, and
   then 1 %, of all people-time or less gets a service that it did not have;
2. classes of siren level become twice as wide;
3. groups of fewer than 1 % of the people become one;
4. histories to 2 % of people-time in all, then classes of siren level once more;
5. classes of the hazard's arrival become twice as wide; histories to 3 %; classes of arrival once more;
6. classes of siren level a third time; histories to 5 %.

Steps 2, 3, 5 and the siren levels of 4 and 6 are taken where they save a tenth of the rows or more.
If that is not enough, the inputs that multiply are named and the run is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ew4all.errors import CohortExplosionError
from ew4all.sim.history_kernels import nearest_alike
from ew4all.sim.world import Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ew4all.sim.cohorts import Cohorts
    from ew4all.sim.folding import Folded
    from ew4all.sim.rows import Rows

    F64 = NDArray[np.float64]
    I32 = NDArray[np.int32]

__all__ = ["MOST_ROWS", "OTHERS", "Coarsened", "Coarsening", "coarsen", "fewer_histories"]

MOST_ROWS: Final = 50_000
"""Six hours of eight channels with so many rows take some seconds."""

OTHERS: Final = "others"
"""Name of the group that rare groups become."""

_RARE: Final = 0.01
_HALVINGS: Final = 8
_NEAR: Final = 1.1
_GAIN: Final = 0.9
_OF_HISTORY: Final = ("people", "service", "service_indoors")


class Coarsening(NamedTuple):
    """One step: what it did, how large its error is at most, and the rows that it left."""

    what: str
    error: float
    unit: str
    rows: int

    def note(self) -> str:
        """Return it in words."""
        size = f"{self.error:.2%}" if self.unit.startswith("of ") else f"{self.error:.3g}"
        return f"{self.what}: {size} {self.unit}; {self.rows:,} rows are left"


@dataclass(frozen=True, eq=False)
class Coarsened:
    """Folded people, the names of their groups, the rows they give, and the steps that were taken."""

    folded: Folded
    groups: tuple[str, ...]
    rows: Rows
    steps: tuple[Coarsening, ...] = ()


def coarsen(
    folded: Folded,
    groups: tuple[str, ...],
    explode: Callable[[Cohorts, tuple[str, ...]], Rows],
    *,
    most: int = MOST_ROWS,
    from_s: float = 0.0,
    until_s: float = 6 * 3600.0,
) -> Coarsened:
    """Take cohorts together until they give few enough rows.

    Parameters
    ----------
    explode
        From cohorts and names of groups to rows.
    most
        Rows at most.
    from_s, until_s
        The run: what happens to the network before and after counts for nothing.

    Raises
    ------
    CohortExplosionError
        There are more after every step; the message says which inputs multiply.
    """
    found = Coarsened(folded, groups, explode(folded.cohorts, groups))
    span = _span(folded.service, from_s, until_s)
    spent = 0.0
    for kind, limit in _STEPS:
        if len(found.rows) <= most:
            break
        names = found.groups
        if kind == "histories":
            wanted = 0.95 * most / len(found.rows)
            less, error = fewer_histories(found.folded, span, limit - spent, wanted)
            spent += error
        elif kind == "siren":
            less, error = _wider_sirens(found.folded)
        elif kind == "arrival":
            less, error = _wider_arrival(found.folded)
        else:
            less, names, error = _fewer_groups(found.folded, found.groups)
        if less is found.folded:
            continue
        less = replace(less, cohorts=less.cohorts.merged())
        rows = explode(less.cohorts, names)
        if kind == "histories" or len(rows) <= _GAIN * len(found.rows):
            what, unit = _WORDS[kind]
            step = Coarsening(what, error, unit, len(rows))
            found = Coarsened(less, names, rows, (*found.steps, step))
    if len(found.rows) > most:
        raise CohortExplosionError(_explosion(found, most))
    return found


_STEPS: Final = (
    ("histories", 0.002), ("histories", 0.01), ("siren", 0.0), ("groups", 0.0), ("histories", 0.02), ("siren", 0.0),
    ("arrival", 0.0), ("histories", 0.03), ("arrival", 0.0), ("siren", 0.0), ("histories", 0.05),
)  # fmt: skip

_WORDS: Final = {
    "histories": (
        "small cohorts took the history of service of a larger one", "of people-time at most has another service",
    ),
    "siren": (
        "classes of siren level became twice as wide", "dB between a level and its class, on the mean",
    ),
    "groups": ("rare groups became one", "of the people lose their group"),
    "arrival": (
        "classes of the hazard's arrival became twice as wide", "s added to the deviation from a cohort's arrival (rms)",
    ),
}  # fmt: skip


def _span(service: Service, from_s: float, until_s: float) -> F64:
    """Return the part of the run in each epoch."""
    ends = np.append(service.start_s[1:], np.inf)
    span = np.clip(np.minimum(ends, until_s) - np.maximum(service.start_s, from_s), 0.0, None)
    part: F64 = span / max(span.sum(), 1e-300)
    return part


def fewer_histories(folded: Folded, span: F64, limit: float, wanted: float) -> tuple[Folded, float]:
    """Let cohorts of few people take the history of service of the nearest larger one that is alike in all else.

    Parameters
    ----------
    span
        Weight of each epoch, adding up to 1.
    limit
        Share of people-time that may get another service at most.
    wanted
        Stop when so small a share of the cohorts keeps its own.

    Returns
    -------
    the people, with cohorts of which some are now alike; the share of people-time that has another service
    """
    c, service = folded.cohorts, folded.service
    columns = [getattr(c, f.name) for f in fields(c) if f.name not in _OF_HISTORY]
    order = np.lexsort([-c.people, *columns[::-1]])
    c = c.take(order)
    new = np.ones(len(c), bool)
    new[1:] = False
    for column in columns:
        new[1:] |= column[order][1:] != column[order][:-1]
    begin = np.append(np.flatnonzero(new), len(c))
    # Nothing, not addressed, addressed: 0, 1, 2.
    state = np.where(service.technology < 0, 0, 1 + service.addressed).astype(np.int8)
    largest = np.sort(c.people)[::-1]
    target, far = np.empty(len(c), np.int64), np.empty(len(c))
    best: tuple[NDArray[np.int64], float] | None = None
    # The more are kept, the smaller is the error: the fewest are sought by halving, first those that would be enough.
    low, high = max(1.0, wanted * len(c)), float(len(c))
    count = low
    for _ in range(_HALVINGS):
        kept = new | (c.people > largest[min(int(count), len(c) - 1)])
        nearest_alike(
            begin, c.service, c.service_indoors, kept, state, service.technology, span, target, far
        )
        error = float(c.people @ far) / max(folded.people, 1e-300)
        if error <= limit and not kept.all():
            best, high = (target.copy(), error), count
        else:
            low = count
        if high <= _NEAR * low:
            break
        count = float(np.sqrt(low * high))
    if best is None:
        return folded, 0.0
    taken, error = best
    outdoors, indoors = c.service[taken], c.service_indoors[taken]
    lasting = np.union1d(outdoors, indoors)
    at = np.zeros(len(service.technology), np.int32)
    at[lasting] = np.arange(lasting.size)
    fewer = Service(service.technology[lasting], service.addressed[lasting], service.start_s)
    cohorts = replace(c, service=at[outdoors], service_indoors=at[indoors])
    return replace(folded, cohorts=cohorts, service=fewer), error


def _wider_sirens(folded: Folded) -> tuple[Folded, float]:
    c, levels = folded.cohorts, folded.siren_db
    heard = c.siren >= 0
    if np.unique(c.siren[heard]).size < 2:
        return folded, 0.0
    people = np.bincount(c.siren[heard], c.people[heard], levels.size)
    pair = np.arange(levels.size) // 2
    weight = np.bincount(pair, people)
    middle = np.bincount(pair, levels) / np.bincount(pair)
    mean = np.divide(np.bincount(pair, people * levels), weight, out=middle, where=weight > 0.0)
    error = float((people * np.abs(levels - mean[pair])).sum() / people.sum())
    siren = np.where(heard, c.siren // 2, -1).astype(np.int32)
    return replace(folded, cohorts=replace(c, siren=siren), siren_db=mean), error


def _wider_arrival(folded: Folded) -> tuple[Folded, float]:
    c = folded.cohorts
    times = np.unique(c.arrival_s[np.isfinite(c.arrival_s)])
    if times.size < 2:
        return folded, 0.0
    of = np.searchsorted(times, c.arrival_s)
    coming = np.isfinite(c.arrival_s)
    people = np.bincount(of[coming], c.people[coming], times.size)
    pair = np.arange(times.size) // 2
    mean = np.bincount(pair, people * times) / np.bincount(pair, people)
    error = float(np.sqrt((people * (times - mean[pair]) ** 2).sum() / people.sum()))
    arrival_s = np.full(len(c), np.inf)
    arrival_s[coming] = mean[pair[of[coming]]]
    rms = float(np.hypot(folded.arrival_rms_s, error))
    return replace(folded, cohorts=replace(c, arrival_s=arrival_s), arrival_rms_s=rms), error


def _fewer_groups(folded: Folded, groups: tuple[str, ...]) -> tuple[Folded, tuple[str, ...], float]:
    c = folded.cohorts
    share = np.bincount(c.group, c.people, len(groups)) / max(folded.people, 1e-300)
    rare = share < _RARE
    if rare.sum() < 2:
        return folded, groups, 0.0
    names = (*(g for g, r in zip(groups, rare, strict=True) if not r), OTHERS)
    number = np.where(rare, len(names) - 1, np.cumsum(~rare) - 1).astype(np.int32)
    return (
        replace(folded, cohorts=replace(c, group=number[c.group])),
        names,
        float(share[rare].sum()),
    )


def _explosion(found: Coarsened, most: int) -> str:
    rows = found.rows
    counts = {
        "zones": np.unique(rows.zone).size,
        "groups": np.unique(rows.group).size,
        "times of arrival": np.unique(rows.arrival_s).size,
        "histories of service": np.unique(rows.service).size,
        "operators": np.unique(rows.operator).size,
        "siren levels": np.unique(rows.siren).size,
        "settlement classes": np.unique(rows.settlement).size,
        "in area and at risk or not": np.unique(2 * rows.in_area + rows.at_risk).size,
        "states of people": np.unique(8 * rows.indoors + 4 * rows.awake + 2 * rows.phone_on + rows.mains_lost).size,
    }  # fmt: skip
    listed = ", ".join(
        f"{n:,} {name}" for name, n in sorted(counts.items(), key=lambda x: -x[1]) if n > 1
    )
    return (
        f"the people fold to {len(rows):,} rows, more than {most:,}, after everything was taken together that the rule allows "
        f"({len(found.steps)} steps). What multiplies: {listed}. Give fewer zones, join groups, name fewer operators, tell the outage in "
        "fewer epochs, or classes of arrival that are wider; or allow more rows, at a cost in time that is proportional"
    )
