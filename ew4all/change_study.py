"""People covered by date, and gained and lost between dates: one pass over the people for all of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ew4all import __version__
from ew4all.change_results import Between, Change, DateCount, Flow, Series, Zone
from ew4all.coverage.change import Moment, Tally, flow
from ew4all.coverage.queries import ANY
from ew4all.notes import brief
from ew4all.readers.lesser_cover import LesserCover, united
from ew4all.readers.people import Layers
from ew4all.reprojection import to_lonlat
from ew4all.results import OUTSIDE
from ew4all.study import WORKERS, outline

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from concurrent.futures import Executor

    from ew4all.coverage.change import Term
    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.queries import Column
    from ew4all.grid import Block, Grid
    from ew4all.readers.layers import RasterLayer
    from ew4all.readers.people import CellReader, PeopleSource
    from ew4all.readers.provenance import SourceNote
    from ew4all.readers.stack import ShareReader
    from ew4all.readers.zones import Zones
    from ew4all.reprojection import Geometries
    from ew4all.units import F64

_ROUNDING = 1e-9
_OF_FLOW = ("people", "kept", "gained", "lost", "uncovered", "unknown_to_covered", "covered_to_unknown")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Course:
    """One technology, or any of them, over time: its dates in order, and what is covered at each."""

    name: str
    layers: tuple[str, ...]
    dates: tuple[str, ...]
    moments: tuple[Moment, ...]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Positions of the dates that are compared: each with the first and with the one before it."""
        n = len(self.dates)
        return list(dict.fromkeys([*((0, k) for k in range(1, n)), *((k - 1, k) for k in range(1, n))]))  # fmt: skip


class CellChange(NamedTuple):
    """People of the cells of a block: all, those who gained and who lost a signal, and of whom one date tells nothing."""

    people: F64
    gained: F64
    lost: F64
    unknown: F64


@dataclass(frozen=True, eq=False)
class ChangeStudy:
    """Everything that is counted, read and checked. `courses` are in order of technology, ``any`` last.

    `one_technology`: no layer is of another, so that its course is that of any technology.
    """

    people: PeopleSource
    courses: tuple[Course, ...]
    rasters: tuple[RasterLayer, ...]
    zones: Zones | None
    zone_shapes: Geometries
    assumptions: Mapping[str, float]
    sources: tuple[SourceNote, ...]
    notes: tuple[str, ...]
    title: str | None = None
    one_technology: bool = False
    workers: int | Executor = WORKERS
    progress: Progress | None = None
    _readers: dict[int, CellReader] = field(default_factory=dict)

    @property
    def grid(self) -> Grid:
        """Grid on which people are counted."""
        return self.people.grid

    @cached_property
    def tally(self) -> Tally:
        """The shapes to count people in: zones, and last the whole raster."""
        places = np.empty(len(self.zone_shapes) + 1, dtype=object)
        places[:-1] = self.zone_shapes
        places[-1] = outline(self.grid)
        return Tally(places, len(self.rasters))

    @cached_property
    def asked(self) -> dict[Hashable, Sequence[Term]]:
        """What is counted, by course, date or pair of dates."""
        tally = self.tally
        out: dict[Hashable, Sequence[Term]] = {"people": tally.people(0)}
        for c, course in enumerate(self.courses):
            for d, moment in enumerate(course.moments):
                told = tally.part(0, moment.known)
                out[c, d, "covered"] = tally.covered(0, moment)
                out[c, d, "covered_known"] = tally.covered(told, moment)
                out[c, d, "known"] = tally.people(told)
            for i, j in course.pairs:
                found = tally.between(course.moments[i], course.moments[j])
                for key, terms in found.items():
                    out[c, i, j, key] = terms
        return out

    @cached_property
    def readers(self) -> tuple[ShareReader, ...]:
        """Raster layers, and behind them what two dates have in common."""
        assert self.asked is not None  # it finds the pairs
        both = (
            LesserCover(tuple(self.rasters[k] for k in one), tuple(self.rasters[k] for k in other))
            for one, other in self.tally.pairs
        )
        return (*self.rasters, *both)

    def change(self) -> Change:
        """Count people.

        Raises
        ------
        PopulationValueError, CoverageValueError, ReadError
            A cell that had to be read is not usable.
        """
        asked = self.asked
        columns: dict[Column, None] = dict.fromkeys(
            column for terms in asked.values() for _, column in terms if column is not None
        )
        layers = Layers(self.readers, None, tuple(columns))
        inside = self.people.inside(
            self.tally.shapes, layers, workers=self.workers, progress=self.progress
        )
        sums = np.sum(inside.sums, axis=0)
        counts = self.tally.counted(asked, sums, inside.place.__getitem__)
        people = counts["people"].copy()
        people[-1] = sum(self.people.everybody())
        # Where everything is known, everybody is: the two ways to add them up differ in their last digits.
        for key, terms in asked.items():
            if terms == self.tally.people(0):
                counts[key] = people
        inputs = tuple(source.read() for source in self.sources)
        series = self._all_series(counts, people)
        apart = [
            f"{one.name}: nothing is known of anybody both on {one.whole.before} and on {one.whole.after}, so that neither gained nor "
            "lost can be told; their places have nothing in common"
            for one in series
            if one.whole.total.people > 0.0 and one.whole.total.known <= 0.0
        ]
        return Change(
            people=float(people[-1]),
            zones=self._zones(people),
            series=series,
            inputs=inputs,
            notes=brief((*self.notes, *inside.notes, *apart), inputs),
            assumptions=dict(self.assumptions),
            title=self.title,
            version=__version__,
        )

    def _zones(self, people: F64) -> tuple[Zone, ...]:
        if self.zones is None:
            return ()
        shapes = to_lonlat(self.zone_shapes, self.grid)
        found = [
            Zone(*row)
            for row in zip(self.zones.ids, self.zones.names, people[:-1].tolist(), shapes, strict=True)
        ]  # fmt: skip
        return (*found, Zone(OUTSIDE, "outside all zones", float(_with_rest(people)[-2])))

    def _all_series(self, counts: Mapping[Hashable, F64], people: F64) -> tuple[Series, ...]:
        found = [self._series(c, counts, people) for c in range(len(self.courses))]
        if self.one_technology and found[0].name != ANY:
            found.append(replace(found[0], name=ANY))
        return tuple(found)

    def _series(self, c: int, counts: Mapping[Hashable, F64], people: F64) -> Series:
        course = self.courses[c]
        total, zones = [], []
        for d in range(len(course.dates)):
            covered = np.minimum(counts[c, d, "covered"], people)
            told = counts[c, d, "known"] - counts[c, d, "covered_known"]
            uncovered = np.clip(told, 0.0, people - covered)
            rows = self._rows(np.stack((covered, uncovered, people - covered - uncovered)))
            total.append(DateCount(*rows[-1]))
            zones.append([DateCount(*row) for row in rows[:-1]])
        found = {}
        for i, j in course.pairs:
            parts = flow(people, {k[3]: v for k, v in counts.items() if isinstance(k, tuple) and k[:3] == (c, i, j)})  # fmt: skip
            rows = self._rows(np.stack([getattr(parts, key) for key in _OF_FLOW]))
            flows = [Flow(*row) for row in rows]
            found[i, j] = Between(course.dates[i], course.dates[j], flows[-1], tuple(flows[:-1]))
        later = range(1, len(course.dates))
        return Series(
            name=course.name,
            layers=course.layers,
            dates=course.dates,
            total=tuple(total),
            zones=tuple(zip(*zones, strict=True)),
            since_first=tuple(found[0, k] for k in later),
            since_previous=tuple(found[k - 1, k] for k in later),
        )

    def _rows(self, numbers: F64) -> list[list[float]]:
        """Return rows of places, with the rest outside the zones before the whole; without zones the whole alone."""
        if self.zones is None:
            return [numbers[:, -1].tolist()]
        rows: list[list[float]] = np.apply_along_axis(_with_rest, 1, numbers).T.tolist()
        return rows

    def cells(self, c: int, i: int, j: int, block: Block) -> CellChange:
        """Return the people of a block between two dates of a course, cell by cell."""
        shares: dict[Column, F64] = {}
        held: dict[int, F64] = {}

        def of(terms: Sequence[Term]) -> F64:
            out = np.zeros(block.shape)
            for s, column in terms:
                reader = self._reader(s)
                if reader is None:
                    continue
                if s not in held:
                    held[s] = reader.read(block)
                if column is None:
                    out += held[s]
                elif held[s].any():
                    if column not in shares:
                        shares[column] = united([self.readers[k] for k in column.rasters], block)
                    out += held[s] * shares[column]
            return out

        asked = {
            key[3]: terms
            for key, terms in self.asked.items()
            if isinstance(key, tuple) and key[:3] == (c, i, j)
        }
        people = of(self.tally.people(0))
        parts = flow(people, {key: of(terms) for key, terms in asked.items()})
        return CellChange(people, parts.gained, parts.lost, parts.unknown)

    def _reader(self, s: int) -> CellReader | None:
        """People of the cells inside the part of the whole that a set has; None where it has none."""
        shape = self.tally.sets[s][-1]
        if shape is None:
            return None
        if s not in self._readers:
            self._readers[s] = self.people.cells(None if s == 0 else shape)
        return self._readers[s]


def _with_rest(numbers: F64) -> F64:
    """Return numbers of zones, what is left of the whole outside them, and the whole, which stands last."""
    rest = numbers[-1] - np.sum(numbers[:-1])
    rest = rest if rest > _ROUNDING * abs(numbers[-1]) else 0.0
    return np.concatenate([numbers[:-1], [rest], numbers[-1:]])
