"""The shapes whose people answer everything that `reach` is asked, and the answers put together.

A place (a zone, or the whole raster) is cut by the warning area, by the hazard and by coverage polygons, exactly and
before any grid is looked at: people in a shape's part of a cell are counted once, however many boundaries cross that
cell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ew4all.coverage.overlay import clip, without
from ew4all.coverage.queries import ANY, FEWEST, MOST, Column, Query

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shapely.geometry.base import BaseGeometry

    from ew4all.reprojection import Geometries
    from ew4all.units import F64

Term: TypeAlias = tuple[int, Column | None]
"""People of every place in one set of shapes (its position), times a column of the source or not."""

Answer: TypeAlias = str | tuple[str, Query]
"""``total``, ``in_area``, ``at_risk``, ``at_risk_in_area``, ``at_risk_covered``, ``("covered", query)``, and the bounds
``("fewest", query)`` and ``("most", query)``."""


@dataclass
class Questions:
    """Sets of shapes, one shape a place, and the terms whose sums are the answers.

    Parameters
    ----------
    places
        Polygons in the grid's CRS: zones, and last the whole raster, whose people are known without asking.
    area, hazard
        Warning area and hazard footprint. Where both are None everywhere is meant.
    hazard_raster
        Whether the hazard is a raster, to be asked for as a column; then `hazard` is no more than the window in which
        it lies. Without an area it is the warning area too.
    coverage
        For each query with polygons their union.
    queries
        What is asked of the coverage layers.
    bounded
        Queries for which the fewest and the most people are asked as well.
    """

    places: Geometries
    area: BaseGeometry | None
    hazard: BaseGeometry | None
    hazard_raster: bool
    queries: tuple[Query, ...]
    coverage: Mapping[tuple[int, ...], BaseGeometry]
    bounded: tuple[Query, ...] = ()
    sets: list[Geometries] = field(default_factory=list)
    answers: dict[Answer, list[Term]] = field(default_factory=dict)
    _parts: dict[tuple[int, tuple[int, ...], bool], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Cut the places, and note which terms answer what."""
        self._ask()

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns that the source must give."""
        asked = [c for terms in self.answers.values() for _, c in terms if c is not None]
        return tuple(dict.fromkeys(asked))

    @property
    def shapes(self) -> Geometries:
        """Shapes of all sets, set by set; None where a place has no part in a set."""
        return np.concatenate(self.sets)

    def put_together(self, sums: F64, place: Callable[[Column], int]) -> dict[Answer, F64]:
        """Return each answer for each place.

        Parameters
        ----------
        sums
            Shape (shapes, numbers), from `ew4all.coverage.exposure.totals` of `shapes`.
        place
            Where a column stands among the numbers; the people themselves are number 0.
        """
        n = len(self.places)
        by_set = sums.reshape(len(self.sets), n, -1)
        out: dict[Answer, F64] = {}
        for key, terms in self.answers.items():
            out[key] = np.zeros(n)
            for s, column in terms:
                out[key] += by_set[s, :, 0 if column is None else place(column)]
        return out

    def _ask(self) -> None:
        risk = Column((), hazard=True) if self.hazard_raster else None
        zones = self.places.copy()
        zones[-1] = None
        self.answers["total"] = [(self._set(zones), None)]
        area_is_raster = self.hazard_raster and self.area is None
        warned = clip(self.places, self.hazard if area_is_raster else self.area)
        in_area = self._set(warned)
        endangered, at_risk, both = warned, in_area, in_area
        apart = self.hazard is not self.area and (self.hazard_raster or self.hazard is not None)
        if apart and not area_is_raster:
            endangered = clip(self.places, self.hazard)
            at_risk = self._set(endangered)
            if not self.hazard_raster:
                both = self._set(clip(warned, self.hazard))
        self.answers["in_area"] = [(in_area, risk if area_is_raster else None)]
        self.answers["at_risk"] = [(at_risk, risk)]
        self.answers["at_risk_in_area"] = [(both, risk)]
        for query in self.queries:
            self.answers["covered", query] = self._covered(query, in_area, warned, area_is_raster)
            if query.technology == ANY and query.operator is None:
                self.answers["at_risk_covered"] = self._covered(
                    query, at_risk, endangered, self.hazard_raster
                )
        for query in self.bounded:
            layers = (*query.rasters, *(-1 - k for k in query.polygons))
            for bound in (FEWEST, MOST):
                column = Column(layers, area_is_raster, bound)
                self.answers[bound, query] = [(in_area, column)]

    def _covered(self, query: Query, whole: int, shapes: Geometries, hazard: bool) -> list[Term]:
        """Everybody inside the polygons, and outside them by the rasters."""
        terms: list[Term] = []
        rest = whole
        if query.polygons:
            mask = self.coverage[query.polygons]
            inside = self._part(whole, shapes, query.polygons, clip, mask)
            terms.append((inside, Column((), hazard=True) if hazard else None))
            if query.rasters:
                rest = self._part(whole, shapes, query.polygons, without, mask)
        if query.rasters:
            terms.append((rest, Column(query.rasters, hazard)))
        return terms

    def _part(
        self,
        whole: int,
        shapes: Geometries,
        polygons: tuple[int, ...],
        cut: Callable[[Geometries, BaseGeometry], Geometries],
        mask: BaseGeometry,
    ) -> int:
        key = (whole, polygons, cut is clip)
        if key not in self._parts:
            self._parts[key] = self._set(cut(shapes, mask))
        return self._parts[key]

    def _set(self, shapes: Geometries) -> int:
        self.sets.append(shapes)
        return len(self.sets) - 1
