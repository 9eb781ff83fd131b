"""Folding against a naive twin that walks through pixels, ranks and epochs one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from ew4all.coverage.exposure import cell_fractions
from ew4all.errors import InputError
from ew4all.grid import Block, Grid
from ew4all.sim.division import Division, Isochrone
from ew4all.sim.folding import Folded, Ground, fold
from ew4all.sim.history_kernels import NOBODY
from ew4all.sim.service_histories import PLACES, Customers, ServiceOfBlock

SIDE = 12
GRID = Grid(Affine(1000.0, 0.0, 0.0, 0.0, -1000.0, SIDE * 1000.0), SIDE, SIDE, CRS.from_epsg(32735))
BORDER = shapely.box(0, 0, SIDE * 1000, SIDE * 1000)
WEST = shapely.box(0, 0, 5300, 12_000)
NORTH_EAST = shapely.box(5300, 6450, 12_000, 12_000)
AREA = shapely.Point(5000, 6000).buffer(3700)
HAZARD = shapely.Polygon([(1500, 1500), (11_000, 3000), (8000, 11_500)])
ZONES = np.array([WEST, NORTH_EAST], dtype=object)


@dataclass(frozen=True)
class Held:
    """Values in memory."""

    values: Any

    def read(self, block: Block) -> Any:
        return self.values[..., block.row0 : block.row1, block.col0 : block.col1]


@dataclass(frozen=True)
class HeldService:
    """Shares (operators, epochs * places, 8, rows, columns) in memory."""

    shares: Any
    customers: tuple[Customers, ...]
    start_s: Any
    follows_area: bool = False

    def read(self, block: Block) -> ServiceOfBlock:
        part = self.shares[..., block.row0 : block.row1, block.col0 : block.col1]
        variants = part.shape[1]
        flat = np.moveaxis(part.reshape(*part.shape[:3], -1), -1, 1)
        return ServiceOfBlock(np.ascontiguousarray(flat, np.float32), np.arange(variants))


def division(**options: Any) -> Division:
    return Division.of(GRID, BORDER, ZONES, AREA, HAZARD, **options)


def people_of(seed: int = 1, groups: int = 2) -> Any:
    rng = np.random.default_rng(seed)
    people = rng.gamma(0.5, 200.0, (groups, SIDE, SIDE))
    people[:, rng.random((SIDE, SIDE)) < 0.3] = 0.0
    return people


def service_of(seed: int = 2, operators: int = 2, epochs: int = 3) -> HeldService:
    rng = np.random.default_rng(seed)
    shape = (operators, epochs * PLACES, NOBODY, SIDE, SIDE)
    shares = rng.random(shape) * (rng.random(shape) < 0.4)
    shares /= np.maximum(1.0, 1.1 * shares.sum(axis=2, keepdims=True))
    customers = (Customers("one", 0.5), Customers("two", 0.3))[:operators]
    return HeldService(shares.astype(np.float32), customers, np.arange(epochs) * 3600.0)


def ground(**options: Any) -> Ground:
    given: dict[str, Any] = {
        "division": division(),
        "people": Held(people_of()),
        "groups": 2,
        "arrival": Held(np.full((SIDE, SIDE), 3600.0)),
    }
    return Ground(**{**given, **options})


def test_everybody_is_in_one_cohort() -> None:
    folded = fold(ground(service=service_of()), block=(5, 5))
    people = people_of()
    assert folded.people == pytest.approx(people.sum(), rel=1e-12)
    assert folded.pixels == int((people.sum(axis=0) > 0).sum())
    got = np.bincount(folded.cohorts.group, folded.cohorts.people)
    assert got == pytest.approx(people.sum(axis=(1, 2)), rel=1e-12)
    assert (folded.cohorts.people > 0).all()


def test_places_are_divided_exactly() -> None:
    """Zone by area by footprint, as cutting the polygons gives it."""
    folded = fold(ground(), block=(7, 7))
    people = people_of().sum(axis=0)
    c = folded.cohorts
    outside = shapely.difference(BORDER, shapely.union(WEST, NORTH_EAST))
    for zone, shape in enumerate([WEST, NORTH_EAST, outside]):
        for in_area in (False, True):
            for at_risk in (False, True):
                part = shape.intersection(AREA) if in_area else shape.difference(AREA)
                part = part.intersection(HAZARD) if at_risk else part.difference(HAZARD)
                want = (cell_fractions([part], GRID) * people).sum()
                mine = (c.zone == zone) & (c.in_area == in_area) & (c.at_risk == at_risk)
                assert c.people[mine].sum() == pytest.approx(want, rel=1e-9, abs=1e-9)
    assert np.all(np.isinf(c.arrival_s) == ~c.at_risk)


def marginals(folded: Folded) -> Any:
    """People by operator, epoch, place (outdoors, indoors) and category."""
    c, s = folded.cohorts, folded.service
    epochs = s.start_s.size
    out = np.zeros((3, epochs, PLACES, NOBODY + 1))
    for place, index in enumerate((c.service, c.service_indoors)):
        technology, addressed = s.technology[index], s.addressed[index]
        category = np.where(technology < 0, NOBODY, 2 * (3 - technology.astype(int)) + ~addressed)
        for e in range(epochs):
            np.add.at(out, (c.operator, e, place, category[:, e]), c.people)
    return out


def test_every_epoch_keeps_its_shares() -> None:
    service = service_of()
    folded = fold(ground(service=service), block=(5, 5))
    people = people_of().sum(axis=0)
    got = marginals(folded)
    for o, one in enumerate(service.customers):
        served = (service.shares[o].astype(float) * people).sum(axis=(-2, -1)) * one.share
        epochs = served.reshape(-1, PLACES, NOBODY)
        assert got[o, :, :, :NOBODY] == pytest.approx(epochs, abs=1e-5 * people.sum())
    assert got[2].sum() == pytest.approx(0.2 * people.sum() * 3 * PLACES)
    assert got[2, :, :, :NOBODY].sum() == 0.0  # nobody's customers have no service


def test_histories_follow_ranks() -> None:
    """The joint distribution of a pixel's categories over epochs is that of one rank through all of them."""
    service = service_of(operators=1, epochs=3)
    people = np.zeros((1, SIDE, SIDE))
    people[0, 4, 7] = 1000.0
    folded = fold(ground(service=service, people=Held(people), groups=1))
    stacked = service.shares[0, :, :, 4, 7].astype(float).cumsum(axis=1)
    rank = (np.arange(200_000) + 0.5) / 200_000
    path = (stacked[:, :, None] <= rank).sum(axis=1)  # (variants, ranks)
    unique, count = np.unique(path.T, axis=0, return_counts=True)
    want = {tuple(p.tolist()): n / rank.size * 500.0 for p, n in zip(unique, count, strict=True)}
    c, s = folded.cohorts, folded.service
    got: dict[tuple[int, ...], float] = {}
    for k in np.flatnonzero(c.operator == 0):
        both = []
        for index in (c.service[k], c.service_indoors[k]):
            t = s.technology[index].astype(int)
            both.append(np.where(t < 0, NOBODY, 2 * (3 - t) + ~s.addressed[index]))
        key = tuple(np.stack(both, axis=1).ravel().tolist())
        got[key] = got.get(key, 0.0) + float(c.people[k])
    assert sum(got.values()) == pytest.approx(500.0)
    for key in want.keys() | got.keys():
        assert got.get(key, 0.0) == pytest.approx(want.get(key, 0.0), abs=0.05)


def test_any_number_of_workers_and_any_blocks_give_the_same_people() -> None:
    one = fold(ground(service=service_of()), block=(5, 5))
    two = fold(ground(service=service_of()), block=(5, 5), workers=2)
    assert one.cohorts.people.tobytes() == two.cohorts.people.tobytes()
    assert one.service.technology.tobytes() == two.service.technology.tobytes()
    whole = fold(ground(service=service_of()))
    assert len(whole.cohorts) == len(one.cohorts)
    assert whole.people == pytest.approx(one.people, rel=1e-12)


@given(seed=st.integers(0, 1000), epochs=st.integers(1, 4))
def test_people_are_conserved_for_any_shares(seed: int, epochs: int) -> None:
    service = service_of(seed, epochs=epochs)
    folded = fold(ground(service=service, people=Held(people_of(seed))))
    assert folded.people == pytest.approx(people_of(seed).sum(), rel=1e-12)


def test_a_footprint_as_raster_splits_pixels() -> None:
    risk = np.random.default_rng(3).random((SIDE, SIDE))
    cut = Division.of(GRID, BORDER, ZONES, None, BORDER, hazard_raster=True)
    folded = fold(ground(division=cut, risk=Held(risk)))
    people, c = people_of().sum(axis=0), folded.cohorts
    assert c.people[c.at_risk].sum() == pytest.approx((people * risk).sum())
    assert np.array_equal(c.in_area, c.at_risk)


def test_isochrones_say_when_the_hazard_arrives() -> None:
    rings = [Isochrone(shapely.box(0, 0, x, 12_000), x / 10) for x in (12_000, 4000, 8000)]
    cut = division(isochrones=rings)
    folded = fold(ground(division=cut, arrival=None))
    people, c = people_of().sum(axis=0), folded.cohorts
    for x, low in ((4000, 0), (8000, 4000), (12_000, 8000)):
        part = HAZARD.intersection(shapely.box(low, 0, x, 12_000))
        want = (cell_fractions([part], GRID) * people).sum()
        assert c.people[c.arrival_s == x / 10].sum() == pytest.approx(want)
    assert folded.arrival_rms_s == pytest.approx(0.0, abs=1e-3)


def test_classes_of_arrival_keep_the_mean() -> None:
    time_s = np.random.default_rng(5).uniform(0, 7200, (SIDE, SIDE))
    folded = fold(ground(arrival=Held(time_s)))
    people, c = people_of().sum(axis=0), folded.cohorts
    risk = cell_fractions([HAZARD], GRID)
    mean = (people * risk * time_s).sum() / (people * risk).sum()
    assert (c.people * np.where(c.at_risk, c.arrival_s, 0)).sum() / c.people[
        c.at_risk
    ].sum() == pytest.approx(mean)
    assert 60 < folded.arrival_rms_s < 800


def test_somebody_at_risk_without_an_arrival_is_refused() -> None:
    time_s = np.full((SIDE, SIDE), 600.0)
    time_s[:, 6:] = np.nan
    with pytest.raises(InputError, match="nobody knows when the hazard arrives"):
        fold(ground(arrival=Held(time_s)))
    with pytest.raises(InputError, match="nobody lives on the map"):
        fold(ground(people=Held(np.zeros((2, SIDE, SIDE)))))


def test_without_cells_the_alert_is_on_air_in_the_area() -> None:
    service = service_of(epochs=1)
    service.shares[:, :, 1::2] = 0.0
    service = HeldService(service.shares, service.customers, service.start_s, follows_area=True)
    c = (folded := fold(ground(service=service))).cohorts
    served = folded.service.technology[c.service, 0] >= 0
    assert np.array_equal(folded.service.addressed[c.service, 0], served & c.in_area)
