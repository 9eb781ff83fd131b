"""Which layers answer what, and the answers against sums over cells that are cut one by one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import oracles
import pytest
import shapely
from affine import Affine
from numpy.testing import assert_allclose
from pyproj import CRS

from ew4all.coverage.exposure import totals
from ew4all.coverage.overlay import union
from ew4all.coverage.queries import ANY, FEWEST, MOST, Column, Query, queries
from ew4all.coverage.questions import Questions
from ew4all.coverage.sources import ArraySource
from ew4all.grid import Grid

GRID = Grid(Affine(1.0, 0.0, 0.0, 0.0, -1.0, 9.0), 9, 11, CRS.from_epsg(32620))
NOISE = np.random.default_rng(12)
PEOPLE = NOISE.gamma(0.5, 20.0, GRID.shape)
RASTERS = [NOISE.random(GRID.shape).astype(np.float32).astype(float) for _ in range(2)]
HAZARD = (NOISE.random(GRID.shape) < 0.6).astype(float)

BOX = shapely.box
AREA = shapely.Polygon([(1.2, 0.7), (9.1, 2.2), (7.3, 8.4), (2.4, 7.9)])
FOOTPRINT = shapely.Point(6.3, 4.1).buffer(3.3)
POLYGONS = [BOX(0.5, 0.5, 5.25, 6.5), BOX(4.1, 3.3, 8.8, 8.8), BOX(7.7, 0.0, 10.5, 5.5)]
ZONES = [BOX(0, 0, 4.4, 9), BOX(4.4, 0, 8.1, 9)]


@dataclass(frozen=True)
class Layer:
    technology: str
    operator: str | None = None


def shapes(*geometries: Any) -> Any:
    out = np.empty(len(geometries), dtype=object)
    out[:] = geometries
    return out


# Queries.


def test_a_technology_is_asked_over_all_operators_and_for_each() -> None:
    rasters = [Layer("4g", "B"), Layer("2g", "A")]
    polygons = [Layer("4g", "A"), Layer("2g")]
    assert queries(rasters, polygons) == (
        Query("2g", None, (1,), (1,)),
        Query("4g", None, (0,), (0,)),
        Query(ANY, None, (0, 1), (0, 1)),
        Query("2g", "A", (1,), ()),
        Query("4g", "A", (), (0,)),
        Query(ANY, "A", (1,), (0,)),
        Query("4g", "B", (0,), ()),
        Query(ANY, "B", (0,), ()),
    )


def test_a_layer_of_no_technology_counts_for_any_alone() -> None:
    assert queries([Layer(ANY)], [Layer("3g")]) == (
        Query("3g", None, (), (0,)),
        Query(ANY, None, (0,), (0,)),
    )


def test_without_layers_nothing_is_asked() -> None:
    assert queries([], []) == ()


# Answers.


def asked(
    area: Any,
    hazard: Any,
    *,
    raster: bool = False,
    rasters: int = 0,
    polygons: int = 0,
    bounded: bool = False,
) -> Questions:
    found = queries(
        [Layer(t) for t in ("2g", "4g")[:rasters]],
        [Layer(t) for t in ("4g", "4g", "3g")[:polygons]],
    )
    coverage = {q.polygons: union([POLYGONS[k] for k in q.polygons]) for q in found if q.polygons}
    places = shapes(*ZONES, None, shapely.box(*GRID.bounds))
    return Questions(places, area, hazard, raster, found, coverage, found if bounded else ())


def column_by_cell(column: Column) -> Any:
    """The same rules once more: the larger share, times the hazard."""
    layers = [
        RASTERS[k] if k >= 0 else oracles.fractions(POLYGONS[-1 - k], GRID) for k in column.rasters
    ]
    value = np.max(layers, axis=0) if layers else np.ones(GRID.shape)
    if column.bound == FEWEST:
        value = (value >= 1.0 - 1e-6).astype(float)
    elif column.bound == MOST:
        value = (value > 0.0).astype(float)
    return value * HAZARD if column.hazard else value


def answers(questions: Questions) -> dict[Any, Any]:
    columns = questions.columns
    source = ArraySource.of(GRID, PEOPLE, [], [column_by_cell(c) for c in columns])
    sums = totals(questions.shapes, source)
    return questions.put_together(sums, lambda column: 1 + columns.index(column))


def people_in(*cut: Any, by_cell: Any = None) -> Any:
    """People of each place inside all of some shapes (None: everywhere), by cutting every cell."""
    out = []
    for place in (*ZONES, None, shapely.box(*GRID.bounds)):
        shape = place
        for other in cut:
            if shape is not None and other is not None:
                shape = shape.intersection(other)
        inside = oracles.fractions(shape, GRID) * PEOPLE
        out.append((inside if by_cell is None else inside * by_cell).sum())
    return np.array(out)


def covered_in(query: Query, *cut: Any, by_cell: Any = None) -> Any:
    """Everybody inside the polygons, and outside them by the larger share of the rasters."""
    world = BOX(-99, -99, 99, 99)
    mask = union([POLYGONS[k] for k in query.polygons]) if query.polygons else None
    once = np.ones(GRID.shape) if by_cell is None else by_cell
    out = np.zeros(len(ZONES) + 2)
    if mask is not None:
        out += people_in(*cut, mask, by_cell=once)
    if query.rasters:
        share = np.max([RASTERS[k] for k in query.rasters], axis=0)
        rest = world if mask is None else world.difference(mask)
        out += people_in(*cut, rest, by_cell=share * once)
    return out


LAYERS = [(0, 0), (1, 0), (2, 0), (0, 1), (0, 3), (2, 2), (2, 3)]


@pytest.mark.parametrize(("rasters", "polygons"), LAYERS)
@pytest.mark.parametrize("area", [None, AREA], ids=["everywhere", "area"])
def test_area_alone_is_where_people_are_at_risk(area: Any, rasters: int, polygons: int) -> None:
    questions = asked(area, area, rasters=rasters, polygons=polygons)
    got = answers(questions)
    inside = people_in(area)
    for key in ("in_area", "at_risk", "at_risk_in_area"):
        assert_allclose(got[key], inside, rtol=1e-9)
    assert_allclose(got["total"][:-1], people_in(None)[:-1], rtol=1e-9)
    for query in questions.queries:
        assert_allclose(got["covered", query], covered_in(query, area), rtol=1e-7)
    if questions.queries:
        national = next(q for q in questions.queries if q.technology == ANY)
        assert_allclose(got["at_risk_covered"], got["covered", national], rtol=1e-12)
    else:
        assert "at_risk_covered" not in got


@pytest.mark.parametrize(("rasters", "polygons"), LAYERS)
def test_area_and_hazard_are_two_shapes(rasters: int, polygons: int) -> None:
    questions = asked(AREA, FOOTPRINT, rasters=rasters, polygons=polygons)
    got = answers(questions)
    assert_allclose(got["in_area"], people_in(AREA), rtol=1e-9)
    assert_allclose(got["at_risk"], people_in(FOOTPRINT), rtol=1e-9)
    assert_allclose(got["at_risk_in_area"], people_in(AREA, FOOTPRINT), rtol=1e-9)
    for query in questions.queries:
        assert_allclose(got["covered", query], covered_in(query, AREA), rtol=1e-7)
        if query.technology == ANY:
            expected = covered_in(query, FOOTPRINT)
            assert_allclose(got["at_risk_covered"], expected, rtol=1e-7)


@pytest.mark.parametrize(("rasters", "polygons"), LAYERS)
@pytest.mark.parametrize("area", [None, AREA], ids=["no area", "area"])
def test_a_hazard_raster_is_a_column(area: Any, rasters: int, polygons: int) -> None:
    window = shapely.box(*GRID.bounds).buffer(2.0)
    questions = asked(area, window, raster=True, rasters=rasters, polygons=polygons)
    got = answers(questions)
    warned = HAZARD if area is None else None
    assert_allclose(got["in_area"], people_in(area, by_cell=warned), rtol=1e-9)
    assert_allclose(got["at_risk"], people_in(None, by_cell=HAZARD), rtol=1e-9)
    assert_allclose(got["at_risk_in_area"], people_in(area, by_cell=HAZARD), rtol=1e-9)
    for query in questions.queries:
        expected = covered_in(query, area, by_cell=warned)
        assert_allclose(got["covered", query], expected, rtol=1e-7)
        if query.technology == ANY:
            expected = covered_in(query, None, by_cell=HAZARD)
            assert_allclose(got["at_risk_covered"], expected, rtol=1e-7)


@pytest.mark.parametrize("polygons", [0, 2])
def test_bounds_count_a_cell_whole_or_not_at_all(polygons: int) -> None:
    questions = asked(AREA, AREA, rasters=2, polygons=polygons, bounded=True)
    got = answers(questions)
    for query in questions.queries:
        layers = (*query.rasters, *(-1 - k for k in query.polygons))
        for bound in (FEWEST, MOST):
            by_cell = column_by_cell(Column(layers, bound=bound))
            expected = people_in(AREA, by_cell=by_cell)
            assert_allclose(got[bound, query], expected, rtol=1e-9, atol=1e-9)
        assert (got[FEWEST, query] <= got["covered", query] + 1e-9).all()
        assert (got["covered", query] <= got[MOST, query] + 1e-9).all()
        assert (got[MOST, query] <= got["in_area"] + 1e-9).all()


def test_one_shape_as_zone_area_hazard_and_coverage_is_counted_once() -> None:
    """A cell cut by its border gives its share, not the square of it."""
    shape = FOOTPRINT
    query = Query(ANY, None, (), (0,))
    questions = Questions(
        shapes(shape, shapely.box(*GRID.bounds)),
        shape,
        shapely.from_wkb(shapely.to_wkb(shape)),
        hazard_raster=False,
        queries=(query,),
        coverage={(0,): shapely.normalize(shape)},
    )
    source = ArraySource.of(GRID, PEOPLE)
    got = questions.put_together(totals(questions.shapes, source), {}.__getitem__)
    once = (oracles.fractions(shape, GRID) * PEOPLE).sum()
    for key in ("in_area", "at_risk", "at_risk_in_area", "at_risk_covered", ("covered", query)):
        assert_allclose(got[key], [once, once], rtol=1e-9)
    assert got["total"][0] == pytest.approx(once, rel=1e-9)


@pytest.mark.parametrize(
    ("area", "hazard", "raster"),
    [*itertools.product([None, AREA], [None, FOOTPRINT], [False]), (AREA, FOOTPRINT, True)],
)
def test_more_layers_never_cover_fewer(area: Any, hazard: Any, raster: bool) -> None:
    """Any is at least each technology, and a layer more lowers nothing."""
    before: dict[str, Any] = {}
    for rasters, polygons in [(1, 0), (2, 0), (2, 1), (2, 2), (2, 3)]:
        questions = asked(area, hazard, raster=raster, rasters=rasters, polygons=polygons)
        got = answers(questions)
        covered = {q.technology: got["covered", q] for q in questions.queries}
        for technology, people in covered.items():
            assert (people <= covered[ANY] + 1e-9).all()
            assert (people <= got["in_area"] + 1e-9).all()
            # Shares are stored in float32.
            assert (people >= before.get(technology, 0.0) - 1e-5).all()
        assert (got["at_risk_covered"] <= got["at_risk"] + 1e-9).all()
        before = covered


def test_nothing_is_asked_twice() -> None:
    questions = asked(AREA, AREA, rasters=2, polygons=3)
    # Zones, area; for 3g, 4g and any what lies inside and (with rasters) outside their polygons.
    assert len(questions.sets) == 2 + 1 + 2 + 2
    assert len(questions.columns) == len(set(questions.columns))
