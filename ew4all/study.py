"""From inputs to results: the only place where readers, geometry and kernels come together.

`open_study` reads and checks every input and takes every decision; `Study.reach` counts people; `Study.cells` gives
the same people cell by cell, for rasters and maps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ew4all import __version__, assumptions
from ew4all.coverage.overlay import clip, union
from ew4all.coverage.queries import ANY, FEWEST, MOST, Query, queries
from ew4all.coverage.questions import Answer, Questions
from ew4all.coverage.waterfall import operator_factor, waterfall
from ew4all.geometry import area_km2
from ew4all.grid import Block
from ew4all.notes import brief
from ew4all.readers.cells import Cells, MeanCells, PolygonShare
from ew4all.readers.layers import RasterLayer
from ew4all.readers.modelled import ModelledLayer
from ew4all.readers.people import Layers, PeopleSource
from ew4all.reprojection import Geometries, to_lonlat
from ew4all.results import (
    OUTSIDE,
    Bounds,
    OperatorCount,
    OutageEffect,
    PeopleCount,
    Reach,
    WaterfallStep,
    ZoneCount,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.outages.on_air import Outage
    from ew4all.grid import Grid
    from ew4all.readers.layers import PolygonLayer
    from ew4all.readers.levels import HazardRaster
    from ew4all.readers.provenance import SourceNote
    from ew4all.readers.zones import Zones
    from ew4all.units import F64

WORKERS = 2
COARSE = 5.0
"""A population cell this many times as wide as a coverage cell calls for bounds."""

POLYGON_DETAIL_M = 200.0
"""What counts as the cell of coverage polygons: the detail of operators' maps, a choice."""

BLOCK = (512, 4096)
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Study:
    """Everything that `reach` needs, read and checked.

    `area` and `hazard` are in the grid's CRS; both None is everywhere. With a `hazard_raster`, `hazard` is the window in
    which it lies; without an area it is the warning area too. `zone_shapes` has one polygon (or None) a zone.
    """

    people: PeopleSource
    area: BaseGeometry | None
    hazard: BaseGeometry | None
    hazard_raster: HazardRaster | None
    rasters: tuple[RasterLayer | ModelledLayer, ...]
    polygons: tuple[PolygonLayer, ...]
    polygon_shapes: tuple[BaseGeometry, ...]
    zones: Zones | None
    zone_shapes: Geometries
    operator_share: Mapping[str, float]
    assume: Mapping[str, float]
    sources: tuple[SourceNote, ...]
    notes: tuple[str, ...]
    title: str | None = None
    workers: int | Executor = WORKERS
    progress: Progress | None = None
    outage: Outage | None = None

    @property
    def grid(self) -> Grid:
        """Grid on which people are counted."""
        return self.people.grid

    @cached_property
    def queries(self) -> tuple[Query, ...]:
        """What the coverage layers can answer."""
        return queries(self.rasters, self.polygons)

    @cached_property
    def coverage(self) -> Mapping[tuple[int, ...], BaseGeometry]:
        """Union of the coverage polygons of each query."""
        asked = {q.polygons for q in self.queries if q.polygons}
        return {key: union([self.polygon_shapes[k] for k in key]) for key in asked}

    @cached_property
    def questions(self) -> Questions:
        """The shapes to count people in."""
        places = np.empty(len(self.zone_shapes) + 1, dtype=object)
        places[:-1] = self.zone_shapes
        places[-1] = outline(self.grid)
        national = tuple(q for q in self.queries if q.operator is None)
        bounded = national if self.coarseness > COARSE else ()
        return Questions(
            places,
            self.area,
            self.hazard,
            self.hazard_raster is not None,
            self.queries,
            self.coverage,
            bounded,
        )

    @cached_property
    def coarseness(self) -> float:
        """Width of a population cell over that of the finest coverage cell; 0 without coverage."""
        ratios = [layer.coarseness for layer in self.rasters if isinstance(layer, RasterLayer)]
        if self.polygons:
            rows, cols = (n // 2 for n in self.grid.shape)
            middle = self.grid.cell_area_km2(Block(rows, rows + 1, cols, cols + 1))
            ratios.append(1000.0 * float(middle[0, 0]) ** 0.5 / POLYGON_DETAIL_M)
        return max(ratios, default=0.0)

    def reach(self) -> Reach:
        """Count people.

        Raises
        ------
        PopulationValueError, CoverageValueError, ReadError
            A cell that had to be read is not usable.
        """
        found = self._result(*self._counted(self.rasters))
        if self.outage is None:
            return found
        # The mean over members of what is counted: whom a technology or another covers is decided in each of them.
        members = [self._counted(self._on_air(alive)) for alive in self.outage.alive]
        mean = [
            {key: np.mean([part[g][key] for part, _ in members], axis=0) for key in by_group}
            for g, by_group in enumerate(members[0][0])
        ]
        cells, hit = self.outage.site.size, self.outage
        effect = OutageEffect(
            hit.sites, hit.sites_down, cells, hit.cells_down, hit.members, self._result(mean, ())
        )
        return replace(found, outage=effect)

    def _on_air(self, alive: NDArray[np.bool_]) -> tuple[RasterLayer | ModelledLayer, ...]:
        return tuple(
            layer.with_alive(alive) if isinstance(layer, ModelledLayer) else layer
            for layer in self.rasters
        )

    def _counted(
        self, rasters: tuple[RasterLayer | ModelledLayer, ...]
    ) -> tuple[list[dict[Answer, F64]], tuple[str, ...]]:
        """Count people for every question, by group."""
        asked = self.questions
        shares = tuple(PolygonShare.of(shape, self.grid) for shape in self.polygon_shapes)
        layers = Layers(rasters, self.hazard_raster, asked.columns, shares)
        sums, place, notes = self.people.inside(
            asked.shapes, layers, workers=self.workers, progress=self.progress
        )
        return [asked.put_together(part, place.__getitem__) for part in sums], notes

    def _result(self, by_group: list[dict[Answer, F64]], counted: tuple[str, ...]) -> Reach:
        everybody = self.people.everybody()
        counts = {key: np.sum([part[key] for part in by_group], axis=0) for key in by_group[0]}
        last = len(self.zone_shapes)
        whole = self._count(counts, last, sum(everybody))
        zones = [self._count(counts, k) for k in range(last)]
        factors = assumptions.resolve(self.assume)
        inputs = tuple(source.read() for source in self.sources)
        operators = self._operators(counts)
        factor, notes = operator_factor(
            self.operator_share,
            {o.name: o.covered[ANY] for o in operators if o.covered},
            whole.covered.get(ANY, 0.0),
        )
        bounds = {
            q.technology: Bounds(float(counts[FEWEST, q][last]), float(counts[MOST, q][last]))
            for q in self.questions.bounded
        }
        return Reach(
            people=whole,
            waterfall=tuple(
                WaterfallStep(*step)
                for step in waterfall(whole.in_area, whole.covered.get(ANY), factors, factor)
            ),
            operators=operators,
            area_km2=self.area_km2,
            zones=self._zone_counts(zones, whole),
            inputs=inputs,
            notes=brief(
                (
                    *self.notes,
                    *counted,
                    *notes,
                    *self._share_notes(factor),
                    *self._bound_notes(bounds),
                ),
                inputs,
            ),
            assumptions=factors,
            groups={
                name: self._count(by_group[g], last, everybody[g])
                for g, name in enumerate(self.people.groups)
            },
            bounds=bounds,
            title=self.title,
            version=__version__,
        )

    @cached_property
    def area_km2(self) -> float:
        """Geodesic area of the warning area, the part inside the raster."""
        if self.area is None and self.hazard_raster is not None:
            return sum(
                float((self.hazard_raster.share(b) * self.grid.cell_area_km2(b)).sum())
                for b in self.grid.blocks(*BLOCK, within=self.window)
            )
        inside = clip(self.questions.places[-1:], self.area)
        return float(area_km2(inside, self.grid.crs)[0])

    @property
    def window(self) -> Block:
        """Cells in which the warning area lies."""
        shape = self.hazard if self.area is None else self.area
        found = None if shape is None else self.grid.block_of_bounds(shape.bounds)
        return found or self.grid.whole

    def cells(self) -> Cells:
        """Return the people cell by cell."""
        return self._cells(self.rasters)

    def cells_after(self) -> MeanCells | None:
        """Return the people cell by cell after the outage, the mean over its members; None without an outage."""
        if self.outage is None:
            return None
        return MeanCells(tuple(self._cells(self._on_air(alive)) for alive in self.outage.alive))

    def _cells(self, rasters: tuple[RasterLayer | ModelledLayer, ...]) -> Cells:
        polygons = union(self.polygon_shapes) if self.polygon_shapes else None
        area_raster = self.hazard_raster if self.area is None else None
        shape = self.hazard if self.area is None else self.area
        return Cells.of(self.people, shape, area_raster, rasters, polygons)

    def _count(
        self, counts: Mapping[Answer, F64], k: int, total: float | None = None
    ) -> PeopleCount:
        def of(key: Answer) -> float:
            return float(counts[key][k])

        covered = {q.technology: of(("covered", q)) for q in self.queries if q.operator is None}
        in_area = of("in_area")
        return PeopleCount(
            total=of("total") if total is None else total,
            at_risk=of("at_risk"),
            in_area=in_area,
            at_risk_in_area=of("at_risk_in_area"),
            at_risk_covered=of("at_risk_covered") if covered else None,
            covered=covered,
            uncovered=_rest(in_area, covered[ANY]) if covered else None,
        )

    def _operators(self, counts: Mapping[Answer, F64]) -> tuple[OperatorCount, ...]:
        names = sorted(
            {q.operator for q in self.queries if q.operator is not None} | set(self.operator_share)
        )
        return tuple(
            OperatorCount(
                name,
                self.operator_share.get(name),
                {
                    q.technology: float(counts["covered", q][-1])
                    for q in self.queries
                    if q.operator == name
                },
            )
            for name in names
        )

    def _zone_counts(self, counts: list[PeopleCount], whole: PeopleCount) -> tuple[ZoneCount, ...]:
        if self.zones is None:
            return ()
        shapes = to_lonlat(self.zone_shapes, self.grid)
        found = [
            ZoneCount(*row)
            for row in zip(self.zones.ids, self.zones.names, counts, shapes, strict=True)
        ]
        return (*found, ZoneCount(OUTSIDE, "outside all zones", _outside(whole, counts)))

    def _share_notes(self, factor: float) -> list[str]:
        if not self.operator_share:
            return []
        return [
            f"of the covered people {factor:.1%} have a signal of their own operator, by the market shares given; the "
            "step `received` of the waterfall carries this beside its assumption"
        ]

    def _bound_notes(self, bounds: Mapping[str, Bounds]) -> list[str]:
        if not bounds:
            return []
        return [
            f"a population cell is {self.coarseness:.0f} times as wide as a coverage cell: where inside it people live decides "
            f"who is covered. Between {bounds[ANY].fewest:,.0f} and {bounds[ANY].most:,.0f} are covered by any "
            "technology; the figure given spreads people evenly. --refine with settlement points or a finer raster "
            "places them"
        ]


def _rest(whole: float, part: float) -> float:
    """Return what is left, without the rounding that leaves less than nothing."""
    rest = whole - part
    return rest if rest > _ROUNDING * whole else 0.0


def _outside(whole: PeopleCount, zones: Sequence[PeopleCount]) -> PeopleCount:
    def rest(values: Sequence[float], of: float) -> float:
        return _rest(of, float(np.sum(values)))

    covered = {t: rest([z.covered[t] for z in zones], v) for t, v in whole.covered.items()}
    in_area = rest([z.in_area for z in zones], whole.in_area)
    return PeopleCount(
        total=rest([z.total for z in zones], whole.total),
        at_risk=rest([z.at_risk for z in zones], whole.at_risk),
        in_area=in_area,
        at_risk_in_area=rest([z.at_risk_in_area for z in zones], whole.at_risk_in_area),
        at_risk_covered=None
        if whole.at_risk_covered is None
        else rest([z.at_risk_covered or 0.0 for z in zones], whole.at_risk_covered),
        covered=covered,
        uncovered=None
        if whole.uncovered is None
        else rest([z.uncovered or 0.0 for z in zones], whole.uncovered),
    )


def outline(grid: Grid) -> BaseGeometry:
    """Return the border of the raster, which is no upright box where the raster is turned."""
    wide, high = float(grid.width), float(grid.height)
    x, y = grid.xy(np.array([0.0, wide, wide, 0.0]), np.array([0.0, 0.0, high, high]))
    return shapely.Polygon(np.column_stack([x, y]))
