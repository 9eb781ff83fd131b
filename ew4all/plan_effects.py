"""Whom each measure would reach: signals by the radio model, sirens by their level, stations and wardens by distance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.cells import Cells
from ew4all.coverage.signal_defaults import Radio
from ew4all.coverage.sound import siren_range_m
from ew4all.coverage.surroundings import FinerPeople
from ew4all.errors import EmptySelectionError
from ew4all.gap_sirens import SirenShare
from ew4all.grid import GEOID, Block, lonlat
from ew4all.network_intake import map_grid, network_on
from ew4all.plan_phones import NEW
from ew4all.planning.measures import DEVICE, KINDS, KIT, SIGNAL, SITE, Effect
from ew4all.sim.siren_levels import LEAST_DB, Sirens
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.coverage.network import Network
    from ew4all.gap_intake import GapStudy
    from ew4all.plan_crowd import PlanCells
    from ew4all.planning.measures import Measure
    from ew4all.planning.rows import Crowd
    from ew4all.units import F64

__all__ = ["Effects", "Nearby"]

_KM_PER_DEGREE: Final = 111.2
_LEAST: Final = 1e-4
_STEPS: Final = 4
"""Cells are divided until none is wider than this part of a distance."""


class Nearby:
    """Finds cells around places; they are sorted by latitude once, so that a place looks at a band and not at the country."""

    def __init__(self, cells: PlanCells) -> None:
        self._cells = cells
        self._order = np.argsort(cells.lat_deg, kind="stable")
        self._lat = cells.lat_deg[self._order]

    def within(self, lon: float, lat: float, km: float) -> tuple[NDArray[np.int64], F64]:
        """Return the cells whose middle lies within a distance of a place, in their order, and how far each lies, in km."""
        high = 1.02 * km / _KM_PER_DEGREE
        band = slice(*np.searchsorted(self._lat, [lat - high, lat + high]).tolist())
        some = self._order[band]
        away = (self._cells.lon_deg[some] - lon + 180.0) % 360.0 - 180.0
        wide = np.cos(np.radians(np.minimum(np.abs(lat) + km / _KM_PER_DEGREE, 89.9)))
        close = np.abs(away) * wide <= high
        some = some[close]
        metres = _metres(lat, self._lat[band][close], away[close])
        near = metres <= 1000.0 * km
        some, metres = some[near], metres[near]
        order = np.argsort(some)
        return some[order], metres[order] / 1000.0


def _metres(lat: float, lats: F64, away_deg: F64) -> F64:
    """Return how far places are on the ellipsoid, by its radii half-way: within 1e-5 up to 40 km, 2e-4 up to 150 km.

    Below 65 degrees of latitude; the geodesic itself takes many times as long, and a country asks for millions.
    """
    middle = np.radians(0.5 * (lat + lats))
    flat = 1.0 - GEOID.es * np.sin(middle) ** 2
    north = GEOID.a * (1.0 - GEOID.es) / flat**1.5 * np.radians(lats - lat)
    east = GEOID.a / np.sqrt(flat) * np.cos(middle) * np.radians(away_deg)
    found: F64 = np.hypot(north, east)
    return found


@dataclass(frozen=True, eq=False)
class Effects:
    """What is needed to say whom a measure reaches.

    Attributes
    ----------
    values
        Of `ew4all.planning.measure_defaults`.
    dem, landcover
        As for `ew4all.gaps`; None: flat land, surroundings by people.
    sites
        Name to number of the sites there are.
    lift
        Kind to the chance that a site is on air with the measure when it would not be without, shape (sites,).
    """

    opened: GapStudy
    cells: PlanCells
    crowd: Crowd
    values: Mapping[str, float]
    dem: Any = None
    landcover: Any = None
    radio: Mapping[str, float] | None = None
    sites: Mapping[str, int] | None = None
    lift: Mapping[str, F64] | None = None

    def of(self, measures: Sequence[Measure]) -> tuple[list[Effect], list[str]]:
        """Return the effect of each measure, and notes.

        Raises
        ------
        InputError, ReadError
            Terrain or land cover that cannot be used.
        """
        notes: list[str] = []
        mobile = [m for m in measures if KINDS[m.kind].acts in {SIGNAL, KIT}]
        signals = self._signals(mobile, notes) if mobile else {}
        return [signals.get(m.id) or self._of(m) for m in measures], notes

    def _of(self, measure: Measure) -> Effect:
        acts = KINDS[measure.kind].acts
        if acts == SITE:
            return self._site(measure)
        if acts == DEVICE:
            return self._devices(measure)
        if measure.kind == "siren":
            return self._siren(measure)
        if measure.kind == "warden":
            return self._warden(measure)
        if acts in {SIGNAL, KIT}:  # beyond the map
            return _effect(np.empty(0, np.int64), np.empty(0))
        return self._station(measure)

    def _site(self, measure: Measure) -> Effect:
        assert self.sites is not None
        assert self.lift is not None
        number = self.sites[measure.site]
        lift = measure.number("share", float(self.lift[measure.kind][number]))
        return Effect(np.empty(0, np.int32), np.empty(0, np.float32), number, lift)

    def zone_cells(self, measure: Measure) -> NDArray[np.int64]:
        """Return the cells of the zone of a measure; all of them where it is for no zone."""
        zones = self.opened.study.zones
        if not measure.zone or zones is None:
            return np.arange(len(self.cells))
        number = [str(i) for i in zones.ids].index(measure.zone)
        return np.flatnonzero(self.cells.zone == number)

    def _devices(self, measure: Measure) -> Effect:
        some = self.zone_cells(measure)
        uptake = measure.number("share", self.values["device_uptake"])
        return _effect(some, np.full(some.size, uptake))

    def _station(self, measure: Measure) -> Effect:
        km = measure.number("radius_km", self.values[f"{measure.kind}_km"])
        some, share, _ = self._around(measure, km)
        return _effect(some, share * measure.number("share", 1.0))

    def _around(self, measure: Measure, km: float) -> tuple[NDArray[np.int64], F64, F64]:
        """Return cells within a distance of a measure, the share of each that is, and how far its middle lies, in km.

        Nobody knows where in a cell people live: of a cell that is wide beside the distance a part is within it, of which points
        tell the size.
        """
        divided = self._divided(1000.0 * km / _STEPS)
        if divided == 1:
            some, away = self._nearby.within(measure.lon_deg, measure.lat_deg, km)
            return some, np.ones(some.size), away
        some, away = self._nearby.within(measure.lon_deg, measure.lat_deg, km + self._side_m / 1000.0)  # fmt: skip
        grid, width = self.cells.grid, self.cells.grid.width
        step = (np.arange(divided) + 0.5) / divided
        down, right = (v.ravel() for v in np.meshgrid(step, step, indexing="ij"))
        share = np.empty(some.size)
        for k, flat in enumerate(self.cells.flat[some].tolist()):
            x, y = grid.xy(flat % width + right, flat // width + down)
            lon, lat = (np.asarray(v, np.float64) for v in lonlat(grid.crs).transform(x, y))
            turn = (lon - measure.lon_deg + 180.0) % 360.0 - 180.0
            share[k] = np.mean(_metres(measure.lat_deg, lat, turn) <= 1000.0 * km)
        inside = share > 0.0
        return some[inside], share[inside], away[inside]

    def _divided(self, step_m: float) -> int:
        """Return into how many parts along a side a cell is to be divided, so that none is wider than a step."""
        return max(1, int(np.ceil(self._side_m / step_m - 1e-9)))

    @cached_property
    def _side_m(self) -> float:
        """Width of the largest cells, as the root of their area."""
        grid = self.cells.grid
        row = np.unique(self.cells.flat[[0, self.cells.flat.size // 2, -1]] // grid.width)
        km2 = max(float(grid.cell_area_km2(Block(r, r + 1, 0, 1))[0, 0]) for r in row.tolist())
        return float(1000.0 * np.sqrt(km2))

    def _warden(self, measure: Measure) -> Effect:
        km = measure.number("radius_km", self.values["warden_km"])
        some, share, away = self._around(measure, km)
        # Nearest first, until as many people as a team can tell.
        order = np.lexsort((some, away))
        here = self.cells.people[some[order]] * share[order]
        before = np.cumsum(here) - here
        most = measure.number("people", self.values["warden_people"])
        told = np.clip((most - before) / np.maximum(here, 1e-12), 0.0, 1.0)
        chance = np.empty(some.size)
        chance[order] = told * share[order] * measure.number("share", self.values["warden_finds"])
        return _effect(some, chance)

    def _siren(self, measure: Measure) -> Effect:
        rated = measure.number("rated_dbc", self.values["siren_dbc"])
        grid = self.cells.grid
        far_km = float(siren_range_m(rated, LEAST_DB)) / 1000.0
        some, _ = self._nearby.within(
            measure.lon_deg, measure.lat_deg, far_km + self._side_m / 1000.0
        )
        if not some.size:
            return _effect(some, np.empty(0))
        row, col = self.cells.flat[some] // grid.width, self.cells.flat[some] % grid.width
        block = Block(int(row.min()), int(row.max()) + 1, int(col.min()), int(col.max()) + 1)
        one = Sirens(
            grid, np.array([measure.lon_deg]), np.array([measure.lat_deg]), np.array([rated])
        )
        share = SirenShare(one, self.opened.values).share(block)
        heard = share[row - block.row0, col - block.col0] * self.opened.values["siren_works"]
        return _effect(some, heard)

    # Signals of new cells, by the model of `ew4all coverage`

    def _signals(self, measures: Sequence[Measure], notes: list[str]) -> dict[str, Effect]:
        people = self.opened.study.people
        window = self.opened.ground.window
        grid, factor, told = map_grid(people.grid, window, None)
        notes += told
        radio = Radio.assuming(self.radio or {})
        cells = self._cells_of(measures)
        reader = FinerPeople(people.cells(None), window.row0, window.col0, factor)
        try:
            placed = network_on(cells, grid, reader, radio, dem=self.dem, landcover=self.landcover)
        except EmptySelectionError:
            notes.append("no new site and no kit reaches anybody in the study area")
            return {}
        notes += [n for n in placed.notes if "does not give everything" not in n]
        network = placed.network
        boxes = network.placed.box
        owner = network.placed.owner
        found = {}
        for j, measure in enumerate(measures):
            mine = np.flatnonzero(owner == j)
            if not mine.size:
                continue
            box = boxes[:, mine]
            fine = Block(
                max(int(box[0].min()), 0) // factor * factor,
                min(-(-int(box[1].max()) // factor) * factor, grid.height),
                max(int(box[2].min()), 0) // factor * factor,
                min(-(-int(box[3].max()) // factor) * factor, grid.width),
            )
            if fine.row1 <= fine.row0 or fine.col1 <= fine.col0:
                continue
            found[measure.id] = self._signal(network, j, fine, window, factor, measure)
        return found

    def _cells_of(self, measures: Sequence[Measure]) -> Cells:
        nan = np.nan
        heights, powers = [], []
        for m in measures:
            is_kit = KINDS[m.kind].acts == KIT
            default = self.values["satellite_kit_height_m"] if is_kit else nan
            if m.kind == "new_site":
                default = self.values["new_site_height_m"]
            heights.append(m.number("height_m", default))
            powers.append(
                m.number("power_dbm", self.values["satellite_kit_dbm"] if is_kit else nan)
            )
        return Cells.of(
            np.array([m.lon_deg for m in measures]),
            np.array([m.lat_deg for m in measures]),
            [str((m.options or {}).get("technology", NEW)) for m in measures],
            id=[m.id for m in measures],
            site=np.arange(len(measures)),
            height_m=np.array(heights),
            power_dbm=np.array(powers),
            frequency_mhz=np.array([m.number("frequency_mhz", nan) for m in measures]),
        )

    @cached_property
    def _nearby(self) -> Nearby:
        return Nearby(self.cells)

    def _signal(
        self, network: Network, j: int, fine: Block, window: Block, factor: int, measure: Measure
    ) -> Effect:
        alive = np.zeros(len(network.cells), np.bool_)
        alive[j] = True
        technology = TECHNOLOGIES[int(network.cells.technology[j])]
        share = np.asarray(network.service_probability(fine, technology, None, alive), np.float64)
        rows, cols = fine.shape[0] // factor, fine.shape[1] // factor
        share = share.reshape(rows, factor, cols, factor).mean(axis=(1, 3))
        row0, col0 = window.row0 + fine.row0 // factor, window.col0 + fine.col0 // factor
        some, row, col = self._inside(Block(row0, row0 + rows, col0, col0 + cols))
        chance = share[row - row0, col - col0] * measure.number("share", 1.0)
        chance[chance < self.values["signal_least"]] = 0.0
        return _effect(some, chance)

    def _inside(self, block: Block) -> tuple[Any, Any, Any]:
        """Return the inhabited cells of a block: numbers, rows and columns."""
        width = self.cells.grid.width
        line = np.arange(block.row0, block.row1) * width
        first = np.searchsorted(self.cells.flat, line + block.col0)
        last = np.searchsorted(self.cells.flat, line + block.col1)
        parts = [np.arange(a, b) for a, b in zip(first, last, strict=True) if b > a]
        some = np.concatenate(parts) if parts else np.empty(0, np.int64)
        return some, self.cells.flat[some] // width, self.cells.flat[some] % width


def _effect(some: NDArray[np.int64], chance: F64) -> Effect:
    keep = chance > _LEAST
    return Effect(some[keep].astype(np.int32), chance[keep].astype(np.float32))
