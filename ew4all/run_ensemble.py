"""Replicas of a run: parameters, outages, habits and people drawn anew in each, and what they say together.

::

    prepared = prepare(plan, inputs)
    ensemble = replicate(plan, [prepared], 200, workers=executor, folder=out / "replicas")
    ensemble.quantiles("warned", (0.05, 0.5, 0.95))

Replica k takes the k-th of the prepared worlds in turn: one for each course of the outage. What the scenario sets stays; every
other number is drawn from the triangle over its plausible range.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all import __version__
from ew4all.errors import InputError
from ew4all.executors import as_finished
from ew4all.run_study import play
from ew4all.sim.ensemble import draw, habits, quantiles, seeds_of, under
from ew4all.writers.replicas import ReplicaFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from numpy.typing import NDArray

    from ew4all.coverage.exposure import Progress
    from ew4all.run_plan import RunPlan
    from ew4all.run_study import Played, Prepared
    from ew4all.sim.engine import ChannelUse

    F64 = NDArray[np.float64]
    Measure = Callable[[RunPlan, Prepared, Played], Mapping[str, Any]]

__all__ = ["Ensemble", "Vary", "by_bin", "fingerprint", "play_replica", "replicate"]

FEWEST: Final = 20
"""Replicas below which a 5 % quantile is only the least value; fewer are allowed, and said so in notes."""


@dataclass(frozen=True)
class Vary:
    """What differs between replicas.

    Attributes
    ----------
    channels, behaviour
        Parameters are drawn from their triangles; what the scenario sets stays.
    people
        Whole people are drawn, and the moments of a timeline.
    known
        Names that stay as they are: ``CHANNEL.PARAMETER`` or ``behaviour.NAME``.
    """

    channels: bool = True
    behaviour: bool = True
    people: bool = True
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Ensemble:
    """What each replica measured, in the order of their numbers."""

    outcomes: tuple[Mapping[str, Any], ...]

    def __len__(self) -> int:
        """Return the number of replicas."""
        return len(self.outcomes)

    def each(self, name: str) -> F64:
        """Return one measure of all replicas, shape (replicas, ...)."""
        return np.stack([np.asarray(one[name], np.float64) for one in self.outcomes])

    def mean(self, name: str) -> F64:
        """Return the mean of a measure."""
        found: F64 = self.each(name).mean(axis=0)
        return found

    def quantiles(self, name: str, shares: Iterable[float] = (0.05, 0.5, 0.95)) -> F64:
        """Return quantiles of a measure, shape (shares, ...)."""
        return quantiles(self.each(name), shares)

    def less(self, other: Ensemble, name: str) -> F64:
        """Return a measure less that of another scenario, replica by replica: they share their draws. Shape (replicas, ...).

        Raises
        ------
        InputError
            They differ in the number of replicas.
        """
        if len(self) != len(other):
            msg = f"runs of {len(self)} and {len(other)} replicas cannot be compared one by one; play as many of both"
            raise InputError(msg)
        return self.each(name) - other.each(name)


def by_bin(_: RunPlan, __: Prepared, played: Played) -> dict[str, Any]:
    """Measure people at the end by bin (and channel), and all people over time: the usual measure.

    ``none``, ``several``, ``in_time``, ``people`` have shape (bins,), ``alerted``, ``reached``, ``noticed``, ``first``,
    ``only`` (bins, channels), ``curve`` (ticks, channels) those who noticed and ``warned`` (ticks,) by any.
    """
    totals, curves = played.totals, played.curves.common()
    found: dict[str, Any] = {f.name: getattr(totals, f.name) for f in fields(totals)}
    found |= {"people": played.people, "in_time": played.in_time}
    found["curve"] = curves.stack("noticed").sum(axis=1)
    found["warned"] = played.people.sum() - curves.stack("none").sum(axis=1)
    return found


def play_replica(
    plan: RunPlan, worlds: Sequence[Prepared], number: int, vary: Vary | None = None
) -> tuple[RunPlan, Prepared, Played]:
    """Play one replica, and return what was played."""
    vary = vary or Vary()
    seeds, prepared = seeds_of(plan.seed, number), worlds[number % len(worlds)]
    uses = plan.uses
    if vary.channels:
        uses = tuple(_drawn(use, seeds, vary.known) for use in uses)
    if vary.behaviour:
        known = [name.removeprefix("behaviour.") for name in vary.known]
        audience = habits(plan.audience, seeds, known)
        world = under(prepared.world, audience)
        people = np.bincount(prepared.bin_of, world.rows.people, len(prepared.bins))
        bins = replace(prepared.bins, people=people.astype(np.float64))
        prepared = replace(prepared, world=world, bins=bins)
        plan = replace(plan, audience=audience)
    plan = replace(plan, uses=uses, seed=seeds, drawn=vary.people)
    return plan, prepared, play(plan, prepared)


def replicate(
    plan: RunPlan,
    worlds: Sequence[Prepared],
    replicas: int,
    *,
    measure: Measure = by_bin,
    vary: Vary | None = None,
    workers: int | Executor | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Ensemble:
    """Play replicas, those that a folder does not hold yet.

    Parameters
    ----------
    worlds
        One for each course of the outage; all with the same bins.
    measure
        What is kept of a replica: arrays by name. A function of a module, so that another process finds it.
    workers
        An executor; see `ew4all.executors.opened`. A number, or None, plays one after the other.
    folder
        Where finished replicas are kept and found again.
    progress
        Called with the number of replicas done and of all.

    Raises
    ------
    InputError
        No replica, or worlds that count people in different bins.
    OptionError
        The folder holds replicas of another run.
    """
    if replicas < 1 or not worlds:
        msg = f"{replicas} replicas of {len(worlds)} worlds cannot be played; one or more of each are needed"
        raise InputError(msg)
    _check_bins(worlds)
    vary = vary or Vary()
    kept = None
    done: set[int] = set()
    outcomes: dict[int, Mapping[str, Any]] = {}
    if folder is not None:
        kept = ReplicaFolder(folder, fingerprint(plan, list(worlds), vary, measure))
        done = {number for number in kept.finished() if number < replicas}
    payload = pickle.dumps((plan, tuple(map(_bare, worlds)), vary, measure))
    digest = hashlib.sha256(payload).hexdigest()
    jobs = ((payload, digest, number) for number in range(replicas) if number not in done)
    count = len(done)
    if progress is not None:
        progress(count, replicas)
    for (_, _, number), outcome in as_finished(_measured, jobs, workers):
        if kept is None:
            outcomes[number] = outcome
        else:
            kept.save(number, outcome)
        count += 1
        if progress is not None:
            progress(count, replicas)
    if kept is not None:
        return Ensemble(tuple(kept.load(range(replicas))))
    return Ensemble(tuple(outcomes[number] for number in range(replicas)))


def fingerprint(*things: Any) -> str:
    """Return a digest of plans, worlds and the version: equal for equal values, in any process."""
    digest = hashlib.sha256(__version__.encode())
    for thing in things:
        _feed(digest, thing)
    return digest.hexdigest()


def _feed(digest: Any, thing: Any) -> None:
    """Add a value to a digest by what it is, not by how it lies in memory."""
    if isinstance(thing, np.ndarray):
        digest.update(f"{thing.dtype}{thing.shape}".encode())
        digest.update(np.ascontiguousarray(thing).tobytes())
    elif isinstance(thing, np.random.SeedSequence):
        digest.update(f"{thing.entropy}{thing.spawn_key}".encode())
    elif is_dataclass(thing) and not isinstance(thing, type):
        digest.update(type(thing).__qualname__.encode())
        for field in fields(thing):
            # How long something took, and what rows were made from, is no part of what is played.
            if field.name not in {"seconds", "folded"}:
                digest.update(field.name.encode())
                _feed(digest, getattr(thing, field.name))
    elif isinstance(thing, Mapping):
        for key in sorted(thing, key=repr):
            digest.update(repr(key).encode())
            _feed(digest, thing[key])
    elif isinstance(thing, set | frozenset):
        digest.update(repr(sorted(thing, key=repr)).encode())
    elif isinstance(thing, tuple | list):
        digest.update(f"{len(thing)}".encode())
        for one in thing:
            _feed(digest, one)
    elif callable(thing):
        digest.update(f"{thing.__module__}.{thing.__qualname__}".encode())
    else:
        digest.update(repr(thing).encode())


_UNPACKED: Final[dict[str, Any]] = {}
"""The run that this process plays, by its digest."""


def _measured(payload: bytes, digest: str, number: int) -> Mapping[str, Any]:
    """Play one replica in whatever process; a worker unpacks a run once."""
    run = _UNPACKED.get(digest)
    if run is None:
        run = pickle.loads(payload)  # it was pickled by this very run
        _UNPACKED.clear()
        _UNPACKED[digest] = run
    plan, worlds, vary, measure = run
    found: Mapping[str, Any] = measure(*play_replica(plan, worlds, number, vary))
    return found


def _bare(prepared: Prepared) -> Prepared:
    """Leave out what a world has worked out so far, and what it was made from."""
    nobody = prepared.folded.cohorts.take(np.zeros(0, np.intp))
    folded = replace(prepared.folded, cohorts=nobody, origin=None)
    return replace(prepared, world=replace(prepared.world), folded=folded)


def _drawn(use: ChannelUse, seeds: np.random.SeedSequence, known: Iterable[str]) -> ChannelUse:
    name = use.channel.name
    rows = {row.name: row.value for row in use.channel.parameters}
    mine = {one.removeprefix(f"{name}.") for one in known if one.startswith(f"{name}.")}
    stay = {one: rows[one] for one in mine if one in rows} | dict(use.values)
    return replace(use, values=draw(use.channel.parameters, stay, seeds, name))


def _check_bins(worlds: Sequence[Prepared]) -> None:
    first = worlds[0].bins
    for k, other in enumerate(worlds[1:], 1):
        same = len(other.bins) == len(first) and all(
            np.array_equal(getattr(first, name), getattr(other.bins, name))
            for name in ("zone", "group", "in_area", "at_risk", "arrival_s")
        )
        if not same:
            msg = (
                f"course {k} of the outage counts people in other bins than the first; it was coarsened otherwise: allow more "
                "rows, or fewer epochs"
            )
            raise InputError(msg)
