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
from ew4all.sim import fold_kernels, history_kernels
from ew4all.sim.cohorts import Cohorts
from ew4all.sim.service_histories import PLACES, NoService, addressed_of, technology_of
from ew4all.sim.siren_levels import CLASS_DB, class_middle_db, siren_classes
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

__all__ = ["ARRIVAL_EDGES_S", "BLOCK", "Folded", "Ground", "fold"]

BLOCK: Final = (256, 256)

ARRIVAL_EDGES_S: Final = tuple(
    60.0 * m for m in (-1440, 0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 540, 720, 1080, 1440, 2880, 4320, 7200)
)  # fmt: skip
"""Where classes of the hazard's arrival begin, seconds after the scenario's zero: minutes matter early, hours late."""

_FIRST_ROOM = 1 << 12
_NO_PATH = 0


class PeopleOfGroups(Protocol):
    """People of each group."""

    def read(self, block: Block) -> F64:
        """Return people of a block, shape (groups, rows, columns)."""


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


class _Table(NamedTuple):
    """What a block folds to: places and operators by number, paths as categories, people by group."""

    place: I64
    operator: I64
    path: I64
    people: F64
    paths: NDArray[np.int8]
    moment: F64
    pixels: int


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
    """

    cohorts: Cohorts
    service: Service
    siren_db: F64
    pixels: int
    arrival_rms_s: float

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
    jobs = [(ground, part) for part in ground.division.grid.blocks(*block)]
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
    people = np.ascontiguousarray(ground.people.read(block), np.float64).reshape(ground.groups, -1)
    lived = people.sum(axis=0) > 0.0
    if not lived.any():
        return None
    shares = ground.division.shares(block)
    pixels = people.shape[1]
    service = ground.service.read(block)
    customers = ground.service.customers
    weight = np.zeros(len(customers) + 1)
    weight[:-1] = [one.share for one in customers]
    weight[-1] = max(0.0, 1.0 - weight[:-1].sum())
    weight[weight < 1e-12] = 0.0
    start, path, width, short = _histories(service.shares, lived)
    nothing = np.empty(0)
    arrival = nothing if ground.arrival is None else _flat(ground.arrival, block)
    risk = nothing if ground.risk is None else np.clip(_flat(ground.risk, block), 0.0, 1.0)
    siren = (
        np.full(pixels, -1, np.int32)
        if ground.siren is None
        else siren_classes(_flat(ground.siren, block))
    )
    settlement = (
        np.zeros(pixels, np.int8)
        if ground.settlement is None
        else ground.settlement.read(block).astype(np.int8).ravel()
    )
    division = ground.division
    edges_s = np.append(np.asarray(ground.edges_s, np.float64), np.inf)
    edges_s[0] = -np.inf
    if ground.arrival is None:
        arrival = np.full(pixels, np.inf)
    if ground.risk is None:
        risk = np.zeros(pixels)
    moment = np.zeros((edges_s.size, 3))
    room = _FIRST_ROOM
    while True:
        keys = np.full(room, -1, np.int64)
        mass = np.zeros((room, ground.groups))
        moment[:] = 0.0
        used = fold_kernels.add_people(
            people, *shares, division.zone, division.in_area, division.at_risk, division.arrival_s, risk, arrival,
            edges_s, settlement, siren, CLASS_DB.size, weight, start, path, width, len(short), keys, mass, moment,
        )  # fmt: skip
        if used >= 0:
            break
        room *= 8
    here = np.flatnonzero(keys >= 0)
    here = here[np.argsort(keys[here])]
    rest, node = np.divmod(keys[here], len(short))
    place, operator = np.divmod(rest, weight.size)
    full = short[:, service.variant]
    if ground.service.follows_area:
        # Without cells the alert is on air where its area is.
        outside = ~_in_area(place, edges_s.size)
        full = np.concatenate([full, np.where(full < history_kernels.NOBODY, full | 1, full)])
        node = node + len(short) * outside
    return _Table(place, operator, node, mass[here], full, moment, int(lived.sum()))


def _histories(shares: NDArray[np.float32], lived: NDArray[np.bool_]) -> tuple[I64, Any, F64, Any]:
    """Split ranks by path; return where pixels begin, paths and widths, and the categories of each path by variant."""
    operators, pixels, variants, _ = shares.shape
    start = np.zeros(pixels * operators + 1, np.int64)
    nodes_room, parts_room = 1 << 14, 4 * pixels * max(operators, 1) + 1024
    while True:
        child = np.zeros((nodes_room, history_kernels.CATEGORIES), np.int32)
        nodes = np.ones(1, np.int64)
        path, width = np.empty(parts_room, np.int32), np.empty(parts_room)
        count = history_kernels.histories(shares, lived, child, nodes, start, path, width)
        if count >= 0:
            break
        if count == -1:
            nodes_room *= 8
        else:
            parts_room *= 4
    used = int(nodes[0])
    out = np.full((used, variants), history_kernels.NOBODY, np.int8)
    known = np.zeros(used, bool)
    history_kernels.paths(child, used, variants, out, known)
    known[_NO_PATH] = True  # of nobody's customers
    out[_NO_PATH] = history_kernels.NOBODY
    number = np.cumsum(known).astype(np.int32) - 1
    return start, number[path[:count]], width[:count], out[known]


def _flat(values: Values, block: Block) -> F64:
    return np.ascontiguousarray(values.read(block), np.float64).ravel()


def _in_area(place: I64, classes: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (place // ((CLASS_DB.size + 1) * 3 * classes)) & 2 == 2
    return found


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
