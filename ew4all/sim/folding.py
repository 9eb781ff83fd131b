"""Pixels to cohorts, block by block: people are added up by everything that decides when a warning reaches them.

::

    folded = fold(Ground(division, people, service, settlement))
    folded.cohorts, folded.service

A pixel is split over the shapes it lies in, the operators whose customers live there, and the histories of service that
its ranks take; nothing is sampled. Blocks are folded by themselves and put together in their order, so that the result has
the same bits for any number of workers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np

from ew4all.coverage.workers import in_order
from ew4all.errors import InputError
from ew4all.sim.cohorts import Cohorts
from ew4all.sim.service_histories import PLACES, NoService, addressed_of, technology_of
from ew4all.sim.siren_levels import CLASS_DB, class_middle_db
from ew4all.sim.splitting import Split, edges_of
from ew4all.sim.world import Service

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from ew4all.coverage.exposure import Progress
    from ew4all.grid import Block
    from ew4all.sim.division import Division
    from ew4all.sim.service_histories import ServiceSource

    F64 = NDArray[np.float64]
    I64 = NDArray[np.int64]

__all__ = ["ARRIVAL_EDGES_S", "BLOCK", "Folded", "Ground", "Origin", "fold"]

BLOCK: Final = (256, 256)

ARRIVAL_EDGES_S: Final = tuple(
    60.0 * m for m in (-1440, 0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 540, 720, 1080, 1440, 2880, 4320, 7200)
)  # fmt: skip
"""Where classes of the hazard's arrival begin, seconds after the scenario's zero: minutes matter early, hours late."""


class PeopleOfGroups(Protocol):
    """People of each group."""

    def read(self, block: Block) -> F64:
        """Return people of a block, shape (groups, rows, columns)."""


class Where(Protocol):
    """Which part of a map is looked at."""

    def meets(self, block: Block) -> bool:
        """Whether some pixels of a block are."""


class Values(Protocol):
    """Something of each pixel: codes, shares, seconds or decibels."""

    def read(self, block: Block) -> NDArray[Any]:
        """Return the values of a block, shape (rows, columns)."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Everything that folding looks at.

    Attributes
    ----------
    division
        Zones, warning area, footprint and isochrones as shapes; its grid is that of the pixels.
    people
        By group, on that grid.
    groups
        How many groups there are.
    service
        Who serves whom.
    settlement
        0 open country, 1 suburb, 2 town.
    risk
        Share of each pixel at risk, where the footprint is a raster.
    arrival
        Seconds after the scenario's zero at which the hazard arrives, infinite or NaN where it never does; None where the shapes
        of the division say it.
    siren
        Outdoor level of the loudest siren, dBC, -inf where none is heard; None without sirens.
    edges_s
        Where classes of arrival begin, rising; times before the first count with it.
    where
        Which part of the grid is looked at; None: all of it.
    elsewhere
        People who live elsewhere, on a grid of their own: nobody of them is at risk, and service has the same customers and epochs.
    """

    division: Division
    people: PeopleOfGroups
    groups: int
    service: ServiceSource = field(default_factory=NoService)
    settlement: Values | None = None
    risk: Values | None = None
    arrival: Values | None = None
    siren: Values | None = None
    edges_s: tuple[float, ...] = ARRIVAL_EDGES_S
    where: Where | None = None
    elsewhere: Ground | None = None

    def blocks(self, rows: int, cols: int) -> list[Block]:
        """Return the blocks of the lattice that are looked at."""
        every = self.division.grid.blocks(rows, cols)
        return [one for one in every if self.where is None or self.where.meets(one)]


class _Table(NamedTuple):
    """What a block folds to: places and operators by number, paths as categories, people by group."""

    place: I64
    operator: I64
    path: I64
    people: F64
    paths: NDArray[np.int8]
    moment: F64
    pixels: int


class Origin(NamedTuple):
    """Place, operator and path of each cohort, shape (cohorts,), rising in this order; and the number of each path."""

    place: I64
    operator: I64
    path: I64
    known: dict[bytes, int]


@dataclass(frozen=True, eq=False)
class Folded:
    """Cohorts and what they have indices into.

    Attributes
    ----------
    cohorts, service, siren_db
        As `World` has them.
    pixels
        Pixels in which somebody lives.
    arrival_rms_s
        How far the hazard's arrival is from its cohort's, root of the mean square over people at risk.
    origin
        The keys that cohorts were made from; they belong to the cohorts that folding gave, before any are taken together.
    """

    cohorts: Cohorts
    service: Service
    siren_db: F64
    pixels: int
    arrival_rms_s: float
    origin: Origin | None = None

    @property
    def people(self) -> float:
        """Everybody."""
        return float(self.cohorts.people.sum())


def fold(
    ground: Ground,
    *,
    block: tuple[int, int] = BLOCK,
    workers: int | Executor = 1,
    progress: Progress | None = None,
) -> Folded:
    """Fold a map to cohorts.

    Parameters
    ----------
    block
        Rows and columns that are folded at once.
    workers
        Threads or an executor; the result has the same bits for any.
    progress
        Called after each block with the number done and the number of all.

    Raises
    ------
    InputError
        People at risk for whom no arrival of the hazard is known; shares that are none.
    """
    jobs = [(ground, part) for part in ground.blocks(*block)]
    if ground.elsewhere is not None:
        jobs += [(ground.elsewhere, part) for part in ground.elsewhere.blocks(*BLOCK)]
    tables = []
    known: dict[bytes, int] = {}
    for done, table in enumerate(in_order(_fold_block, jobs, workers), 1):
        if table is not None:
            tables.append(_renumbered(table, known))
        if progress:
            progress(done, len(jobs))
    if not tables:
        msg = "nobody lives on the map, so there is nobody to warn; check the population and its window"
        raise InputError(msg)
    return _put_together(ground, tables, known)


def _fold_block(ground: Ground, block: Block) -> _Table | None:
    split = Split.of(ground, block)
    if split is None:
        return None
    edges_s = edges_of(ground)
    moment = np.zeros((edges_s.size, 3))
    keys, mass = split.add(moment)
    here = np.flatnonzero(keys >= 0)
    here = here[np.argsort(keys[here])]
    return _Table(*split.told(keys[here]), mass[here], split.paths, moment, split.pixels)


def _renumbered(table: _Table, known: dict[bytes, int]) -> _Table:
    """Give paths their number in the whole map; `known` grows."""
    wanted = np.unique(table.path)
    number = np.zeros(len(table.paths), np.int64)
    for k in wanted.tolist():
        number[k] = known.setdefault(table.paths[k].tobytes(), len(known))
    return table._replace(path=number[table.path], paths=table.paths[:0])


def _put_together(ground: Ground, tables: list[_Table], known: dict[bytes, int]) -> Folded:
    place, operator, path, people = (
        np.concatenate([getattr(t, name) for t in tables])
        for name in ("place", "operator", "path", "people")
    )
    moment = np.sum([t.moment for t in tables], axis=0)
    if moment[-1, 0] > 1e-9 * max(1.0, moment[:, 0].sum()):
        msg = (
            f"{moment[-1, 0]:,.0f} people at risk live where nobody knows when the hazard arrives; let the raster, isochrones or "
            "front reach all of the footprint, or give one time for everybody"
        )
        raise InputError(msg)
    order = np.lexsort((path, operator, place))
    place, operator, path = place[order], operator[order], path[order]
    new = np.ones(order.size, bool)
    new[1:] = (np.diff(place) != 0) | (np.diff(operator) != 0) | (np.diff(path) != 0)
    begins = np.flatnonzero(new)
    sums = np.add.reduceat(people[order], begins, axis=0)
    row, group = np.nonzero(sums > 0.0)
    place, operator, path = place[begins][row], operator[begins][row], path[begins][row]
    origin = Origin(place, operator, path, known)
    rest, siren = np.divmod(place, CLASS_DB.size + 1)
    rest, settlement = np.divmod(rest, 3)
    rest, arrival = np.divmod(rest, moment.shape[0])
    zone, flags = np.divmod(rest, 4)
    mean_s = np.full(moment.shape[0], np.inf)
    there = moment[:, 0] > 0.0
    there[-1] = False
    mean_s[there] = moment[there, 1] / moment[there, 0]
    spread = float((moment[there, 2] - moment[there, 0] * mean_s[there] ** 2).sum())
    service, outdoors, indoors = _service(ground.service.start_s, known)
    customers = len(ground.service.customers)
    cohorts = Cohorts(
        people=sums[row, group],
        zone=zone.astype(np.int32),
        group=group.astype(np.int32),
        in_area=flags & 2 == 2,
        at_risk=flags & 1 == 1,
        arrival_s=mean_s[arrival],
        settlement=settlement.astype(np.int8),
        siren=(siren - 1).astype(np.int32),
        operator=np.where(operator < customers, operator, -1).astype(np.int32),
        service=outdoors[path],
        service_indoors=indoors[path],
    )
    at_risk = max(float(moment[there, 0].sum()), 1e-300)
    return Folded(
        cohorts,
        service,
        class_middle_db(),
        sum(t.pixels for t in tables),
        float(np.sqrt(max(spread, 0.0) / at_risk)),
        origin,
    )


def _service(
    start_s: F64, known: Iterable[bytes]
) -> tuple[Service, NDArray[np.int32], NDArray[np.int32]]:
    """Return histories, and the history of each path outdoors and indoors."""
    paths = np.array([np.frombuffer(key, np.int8) for key in known])
    both = np.concatenate([paths[:, place::PLACES] for place in range(PLACES)])
    unique, of = np.unique(both, axis=0, return_inverse=True)
    number = of.ravel().astype(np.int32)
    service = Service(technology_of(unique), addressed_of(unique), start_s)
    return service, number[: len(paths)], number[len(paths) :]
