"""From dated coverage to what `ew4all.change_study` counts: layers opened, dates put in order, series chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ew4all.change_study import ChangeStudy, Course
from ew4all.coverage.change import Moment
from ew4all.coverage.change_defaults import resolve
from ew4all.coverage.overlay import union
from ew4all.coverage.queries import ANY
from ew4all.errors import GeometryError, NoIntersectionError, OptionError
from ew4all.geometry import must_meet, on_grid
from ew4all.readers.coverage_dates import Dated, date_text, dated_layers, read_feed
from ew4all.readers.layers import is_raster, open_layers, parse_key
from ew4all.readers.no_data import NoData, no_data_in, people_without
from ew4all.readers.people import open_people, refinement_of
from ew4all.readers.provenance import SourceNote
from ew4all.readers.speed_tests import LONLAT, holds_tests, read_tests
from ew4all.readers.zones import read_zones, zone_shapes
from ew4all.reprojection import only_polygons
from ew4all.study import COARSE, WORKERS, outline
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Executor
    from datetime import datetime

    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.exposure import Progress
    from ew4all.grid import Grid
    from ew4all.readers.layers import RasterLayer
    from ew4all.readers.people import PeopleSource

_NOTHING = 1e-9
_SOMEBODY = 0.5
_EXTENT_PIECES = 64
_TESTS = "speed tests"


@dataclass(frozen=True, eq=False)
class _Opened:
    """One layer of one date, on the grid: a raster (its position), or what polygons or tiles cover."""

    technology: str
    operator: str | None
    when: datetime
    kind: str
    provenance: str
    raster: int | None = None
    covered: BaseGeometry | None = None
    known: BaseGeometry | None = None

    @property
    def key(self) -> tuple[str, str | None]:
        return self.technology, self.operator


@dataclass
class _Intake:
    """What is gathered while layers are opened."""

    grid: Grid
    values: Mapping[str, float]
    thresholds: Mapping[str, float]
    rasters: list[RasterLayer] = field(default_factory=list)
    layers: list[_Opened] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sources: list[SourceNote] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    _shapes: dict[bytes, BaseGeometry] = field(default_factory=dict)

    def open(self, given: Dated) -> None:
        """Open what one date has of one key."""
        what = f"coverage {given.key}@{date_text(given.when)}"
        several = given.source if isinstance(given.source, list) and not _is_shapes(given.source) else [given.source]  # fmt: skip
        for source in several:
            if holds_tests(source):
                self._tests(given, source, what)
            else:
                self._map(given, source, what)

    def _tests(self, given: Dated, source: Any, what: str) -> None:
        tests = read_tests(source, self.values, what)
        shapes, mended = on_grid([tests.known, tests.covered], LONLAT, self.grid, tests.name)
        must_meet(shapes[:1], self.grid, tests.name)
        self.notes += [*tests.notes, *mended]
        self.sources.append(SourceNote.of(what, source, LONLAT, unit=f"tiles of level {tests.level}", provenance="measured"))  # fmt: skip
        known = union(shapes[:1])
        covered = None if shapes[1] is None else union(shapes[1:])
        self.layers.append(
            _Opened(
                given.technology,
                given.operator,
                given.when,
                _TESTS,
                "measured",
                covered=None if covered is None else self._one(covered),
                known=self._one(known),
            )
        )

    def _map(self, given: Dated, source: Any, what: str) -> None:
        threshold = self._threshold(given) if is_raster(source) else None
        rasters, polygons = open_layers({given.key: source}, self.grid, coverage_min=threshold)
        for layer in rasters:
            self.notes += [self._dated(note, given, what) for note in layer.notes]
            extent = self._beyond(layer, what)
            self.sources.append(SourceNote.of(what, layer.raster.path, layer.raster.grid.crs, unit="cells", provenance=layer.provenance))  # fmt: skip
            self.layers.append(_Opened(layer.technology, layer.operator, given.when, "a raster", layer.provenance, raster=len(self.rasters), known=extent))  # fmt: skip
            self.rasters.append(layer)
        for drawn in polygons:
            shapes, mended = on_grid(drawn.layer.geometries, drawn.layer.crs or self.grid.crs, self.grid, drawn.name)  # fmt: skip
            must_meet(shapes, self.grid, drawn.name)
            self.notes += [self._dated(note, given, what) for note in (*drawn.notes, *mended)]
            self.sources.append(SourceNote.of(what, drawn.layer.path, drawn.layer.crs, unit="polygons", provenance=drawn.provenance))  # fmt: skip
            covered = self._one(union(shapes))
            self.layers.append(_Opened(drawn.technology, drawn.operator, given.when, "polygons", drawn.provenance, covered=covered))  # fmt: skip

    def _dated(self, note: str, given: Dated, what: str) -> str:
        """Return a note on a layer with its date, as the list of inputs names it."""
        undated = f"coverage {given.key} "
        return f"{what} {note.removeprefix(undated)}" if note.startswith(undated) else note

    def _threshold(self, given: Dated) -> float | None:
        for key in (given.key, given.technology, ""):
            if key in self.thresholds:
                self.used.add(key)
                return self.thresholds[key]
        return None

    def _beyond(self, layer: RasterLayer, what: str) -> BaseGeometry | None:
        """Return the extent of a raster that ends inside the population; None where it does not."""
        grid, raster = self.grid, layer.raster.grid
        whole = outline(grid)
        border = outline(raster)
        west, south, east, north = raster.bounds
        if raster.crs != grid.crs:
            border = shapely.segmentize(border, max(east - west, north - south) / _EXTENT_PIECES)
        try:
            shapes, _ = on_grid([border], raster.crs, grid, what)
        except (GeometryError, NoIntersectionError):  # it holds a pole, or the whole world
            return None
        if shapes[0] is None:
            return None
        share = shapely.area(shapely.difference(whole, shapes[0])) / whole.area
        if share <= _NOTHING:
            return None
        self.notes.append(f"{what} {layer.raster.path or 'in memory'} ends inside the population raster; beyond its edge ({share:.1%} of the raster) it tells nothing")  # fmt: skip
        return self._one(shapes[0])

    def _one(self, shape: BaseGeometry) -> BaseGeometry:
        """Return one object for equal shapes, so that places are cut by it once."""
        return self._shapes.setdefault(shapely.to_wkb(shape), shape)

    def must_be_used(self) -> None:
        """Refuse a threshold that no raster has."""
        idle = [key or "for all" for key in self.thresholds if key not in self.used]
        if idle:
            msg = f"the coverage threshold {', '.join(idle)} applies to no coverage raster; write its key as in 4g=-105, without a date"
            raise OptionError(msg)


def open_change(
    population: Any,
    *,
    coverage: Mapping[str, Any] | None = None,
    feed: Any = None,
    coverage_min: Mapping[str, float] | float | None = None,
    zones: Any = None,
    zone_id: str | None = None,
    zone_name: str | None = None,
    population_unit: str | None = None,
    population_column: str | None = None,
    refine: Any = None,
    assume: Mapping[str, float] | None = None,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
    title: str | None = None,
) -> ChangeStudy:
    """Read and check every input; see `ew4all.change` for the parameters.

    Raises
    ------
    InputError, ReadError
        One of the inputs; nothing was computed.
    """
    values = resolve(assume)
    dated, notes = _given(coverage, feed)
    _must_have_two_dates(dated)
    flat = {layer.key: layer.source for layer in dated} if refine is not None else None
    people = open_people(
        population,
        unit=population_unit,
        column=population_column,
        refine=refine,
        coverage=flat,
        progress=progress,
    )
    grid = people.grid
    intake = _Intake(grid, values, _thresholds(coverage_min), notes=[*people.notes, *notes])
    given = population.values() if isinstance(population, Mapping) else [population]
    for source, total in zip(given, people.everybody(), strict=True):
        intake.sources.append(SourceNote.of("population", source, people.crs, unit=people.unit, total=total))  # fmt: skip
    refined = refinement_of(people)
    if refined is not None:
        intake.sources.append(SourceNote.of("refinement", refine, refined.weights.crs))
    for layer in dated:
        intake.open(layer)
    intake.must_be_used()
    found = None if zones is None else read_zones(zones, zone_id, zone_name)
    shapes = np.empty(0, dtype=object)
    if found is not None:
        shapes = zone_shapes(found, grid, intake.notes)
        intake.sources.append(SourceNote.of("zones", found.layer.path, found.layer.crs))
    elif zone_id is not None or zone_name is not None:
        msg = "a column of zones was named, but no zones were given"
        raise OptionError(msg)
    courses = _courses(intake.layers, intake.notes)
    _compare(intake, courses)
    intake.notes += _without_data(intake, people, WORKERS if workers is None else workers)
    return ChangeStudy(
        people=people,
        courses=courses,
        rasters=tuple(intake.rasters),
        zones=found,
        zone_shapes=shapes,
        assumptions=values if any(layer.kind == _TESTS for layer in intake.layers) else {},
        sources=tuple(intake.sources),
        notes=tuple(dict.fromkeys(intake.notes)),
        title=title,
        one_technology=len({layer.technology for layer in intake.layers}) == 1,
        workers=WORKERS if workers is None else workers,
        progress=progress,
    )


def _without_data(intake: _Intake, people: PeopleSource, workers: int | Executor) -> Iterator[str]:
    """Say of which people a raster holds no data: they count as not covered, which reads as a loss."""
    grid = intake.grid
    by_region: dict[int, list[tuple[_Opened, RasterLayer, NoData]]] = {}
    for one in intake.layers:
        if one.raster is not None:
            layer = intake.rasters[one.raster]
            missing = no_data_in(layer.raster, one.known or outline(grid), grid, workers)
            if missing is not None and missing.cells:
                by_region.setdefault(id(one.known), []).append((one, layer, missing))
    for found in by_region.values():
        layers = [layer.aligned for _, layer, _ in found]
        lost = people_without(layers, found[0][0].known or outline(grid), people, workers)
        for (one, layer, missing), n in zip(found, lost, strict=True):
            if n > _SOMEBODY:
                yield (
                    f"coverage {_written(one.key)}@{date_text(one.when)} {layer.raster.path or 'in memory'}: {missing.said('population raster')}, "
                    f"where {n:,.1f} people live; they count as not covered on that date, so as lost where another date covers them. Where "
                    "nobody measured rather than nobody is covered, leave the date out"
                )


def _given(coverage: Mapping[str, Any] | None, feed: Any) -> tuple[list[Dated], list[str]]:
    if (coverage is None) == (feed is None):
        msg = (
            "coverage by date comes as layers (--coverage 4g@2024-07-01=FILE) or as a feed (--feed), not both"
            if coverage is not None
            else "no coverage was given; give it for two dates at least: --coverage 4g@2024-07-01=FILE --coverage 4g@2024-07-02=FILE, or --feed"
        )
        raise OptionError(msg)
    return dated_layers(coverage) if coverage is not None else read_feed(feed)


def _must_have_two_dates(dated: Sequence[Dated]) -> None:
    """Before anything large is opened."""
    for technology in {layer.technology for layer in dated}:
        if len({layer.when for layer in dated if layer.technology == technology}) > 1:
            return
    told = ", ".join(sorted({f"{layer.key} on {date_text(layer.when)}" for layer in dated}))
    msg = f"a change needs two dates of one technology, but there is {told or 'nothing'}; give another date"
    raise OptionError(msg)


def _thresholds(given: Mapping[str, float] | float | None) -> dict[str, float]:
    """Return thresholds by key as `Dated.key` writes it; the one for all has an empty key."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        return {"": float(given)}
    found = {}
    for key, value in given.items():
        technology, operator = parse_key(key)
        found[technology if operator is None else f"{technology}:{operator}"] = float(value)
    return found


def _is_shapes(given: Sequence[Any]) -> bool:
    return all(g is None or isinstance(g, shapely.Geometry) for g in given)


def _courses(layers: Sequence[_Opened], notes: list[str]) -> tuple[Course, ...]:
    """Return each technology that has two dates, and any of them."""
    found = []
    technologies = [t for t in (*TECHNOLOGIES, ANY) if any(k.technology == t for k in layers)]
    for technology in technologies if technologies != [ANY] else ():
        if technology == ANY:
            continue
        mine = [layer for layer in layers if layer.technology == technology]
        course = _course(technology, mine, notes)
        if course is not None:
            found.append(course)
    if len(technologies) == 1 and found:
        return tuple(found)  # any technology is the only one
    course = _course(ANY, layers, notes)
    return (*found, *(() if course is None else (course,)))


def _course(name: str, layers: Sequence[_Opened], notes: list[str]) -> Course | None:
    whens = sorted({layer.when for layer in layers})
    by_date = [{layer.key for layer in layers if layer.when == when} for when in whens]
    keys = set.intersection(*by_date)
    dropped = sorted(_written(k) for k in set.union(*by_date) - keys)
    if len(whens) < 2:
        notes.append(
            f"{name} has a layer of one date only ({date_text(whens[0])}); no change is told of it"
        )
        return None
    if not keys:
        msg = (
            f"no layer is there on every date ({', '.join(dropped)} differ), so that nothing is told of {name}; give the same "
            "operators on each date"
        )
        if name != ANY:
            raise OptionError(msg)
        notes.append(msg)
        return None
    if dropped:
        notes.append(f"{name} counts {', '.join(sorted(_written(k) for k in keys))} alone, since {', '.join(dropped)} has no layer on some of its dates")  # fmt: skip
    moments = []
    for when in whens:
        mine = [layer for layer in layers if layer.when == when and layer.key in keys]
        drawn = [layer.covered for layer in mine if layer.covered is not None]
        known: BaseGeometry | None = None
        for shape in {id(layer.known): layer.known for layer in mine if layer.known is not None}.values():  # fmt: skip
            known = shape if known is None else only_polygons(shapely.intersection(known, shape))
        moments.append(
            Moment(
                tuple(layer.raster for layer in mine if layer.raster is not None),
                None if not drawn else drawn[0] if len(drawn) == 1 else union(drawn),
                known,
                is_told=len(mine) == 1 and mine[0].kind == _TESTS,
            )
        )
    texts = tuple(date_text(when) for when in whens)
    return Course(name, tuple(sorted(_written(k) for k in keys)), texts, tuple(moments))


def _written(key: tuple[str, str | None]) -> str:
    return key[0] if key[1] is None else f"{key[0]}:{key[1]}"


def _compare(intake: _Intake, courses: Sequence[Course]) -> None:
    """Say where layers of one key differ from date to date in more than what they show, and where people are too coarse."""
    counted = {key for course in courses for key in course.layers}
    for key in sorted(counted):
        mine = [layer for layer in intake.layers if _written(layer.key) == key]
        kinds = sorted({layer.kind for layer in mine})
        said = sorted({layer.provenance for layer in mine})
        if len(kinds) > 1:
            intake.notes.append(
                f"{key} comes as {' and '.join(kinds)}: part of its change is of the source"
            )
        elif len(said) > 1:
            intake.notes.append(
                f"{key} is {' and '.join(said)} by date: part of its change is of the method"
            )
        grids = [intake.rasters[k.raster].raster.grid for k in mine if k.raster is not None]
        if any(
            not grid.same_cells(grids[0]) and grid.aligned_offset(grids[0]) is None
            for grid in grids[1:]
        ):
            intake.notes.append(
                f"{key} lies on different grids by date; each was brought to the people's by area, and along the edge of coverage part "
                "of what is gained and lost comes of that"
            )
    if any(not layer.binary for layer in intake.rasters):
        intake.notes.append(
            "rasters on other cells than the people, or of shares, cover a part of a cell: the same part of a cell is taken to be covered at both dates as far as possible, so "
            "gained and lost are the least that they can be"
        )
    wide = max((layer.coarseness for layer in intake.rasters), default=0.0)
    if wide > COARSE:
        intake.notes.append(
            f"a population cell is {wide:.0f} times as wide as a coverage cell: people are spread evenly inside it; --refine with "
            "settlement points or a finer raster places them"
        )
