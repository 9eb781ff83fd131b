"""A warning area and a network, read and checked: who serves the area and whom else, and which cells to address.

The area is looked at first, and then whatever the cells that serve it reach. `TargetStudy.choice` takes the decision;
`TargetStudy.blocks` gives the same people place by place, for rasters; `ew4all.target_rows` makes tables of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from ew4all.coverage.cell_groups import Groups, groups_of
from ew4all.coverage.exposure import Fractions
from ew4all.coverage.selection_rules import site_inside
from ew4all.coverage.target_choice import Choice, Demand, best_share, choose
from ew4all.coverage.target_places import Places, Serving, look, settlement_service
from ew4all.coverage.targeting import TARGET_BLOCK
from ew4all.coverage.workers import in_order
from ew4all.errors import EmptySelectionError
from ew4all.geometry import ragged
from ew4all.grid import GEOID
from ew4all.study import outline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Executor

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.cells import Cells
    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.floors import SettlementService
    from ew4all.coverage.geofence import Geofence
    from ew4all.coverage.network import Network
    from ew4all.coverage.targeting import CellSums
    from ew4all.grid import Block, Grid
    from ew4all.readers.outage_ensemble import OutageEnsemble
    from ew4all.readers.people import PeopleSource
    from ew4all.readers.provenance import SourceNote
    from ew4all.reprojection import Geometries
    from ew4all.units import F64

HEARD = 16
"""Strongest cells of each technology at a place that are asked whether they touch the area."""

GROUPS = ("tai", "emergency_area")


class TargetBlock(NamedTuple):
    """People of one window, by place: missed and unserved inside, disturbed outside.

    `on_outside` is the share of phones on an addressed cell where a place reaches beyond the area, 0 elsewhere.
    """

    block: Block
    missed: F64
    unserved: F64
    over_reach: F64
    on_outside: F64


@dataclass(frozen=True, eq=False)
class TargetStudy:
    """Everything that `target` needs, read and checked.

    `census` is the people on their own grid, of which the network's shows as much as its cells reach. `area` is in its CRS. `settlement_shapes` has one polygon (or None) for each of `settlement_names`.
    """

    places: Places
    network: Network
    census: PeopleSource
    area: BaseGeometry
    demand: Demand
    grouped_by: str | None
    geofence: Geofence | None
    ensemble: OutageEnsemble | None
    settlement_names: tuple[str, ...]
    settlement_shapes: Geometries
    sources: tuple[SourceNote, ...]
    notes: tuple[str, ...]
    assumptions: Mapping[str, float]
    title: str | None
    workers: int | Executor
    progress: Progress | None

    @property
    def grid(self) -> Grid:
        """Grid of people."""
        return self.network.grid

    @property
    def cells(self) -> Cells:
        """Every cell of the network."""
        return self.network.cells

    @cached_property
    def serving(self) -> Serving:
        """Who serves the area, and whom else."""
        found = look(
            self.places,
            self.area,
            ensemble=() if self.ensemble is None else list(self.ensemble.alive),
            also=self.sites_inside,
            together=None if self.groups is None else self.groups.together,
            heard=self._heard,
            workers=self.workers,
            progress=self.progress,
        )
        people, km2 = self._beyond
        if people == 0.0 and km2 == 0.0:
            return found
        nominal, *members = (
            replace(m, in_area_people=m.in_area_people + people, in_area_km2=m.in_area_km2 + km2)
            for m in (found.nominal, *found.members)
        )
        return replace(found, nominal=nominal, members=tuple(members))

    @cached_property
    def _beyond(self) -> tuple[float, float]:
        """People and square kilometres of the area where no cell can be received, beyond the network's grid."""
        grid = self.census.grid
        rest = shapely.difference(self.area, outline(self.grid))
        rest = shapely.intersection(rest, outline(grid))
        window = None if rest.is_empty else grid.block_of_bounds(rest.bounds)
        if window is None or rest.area < 1e-9 * self.area.area:
            return 0.0, 0.0
        people, km2 = 0.0, 0.0
        reader, part = self.census.cells(rest), Fractions.of(ragged([rest]), grid)
        for block in grid.blocks(*TARGET_BLOCK, within=window):
            people += float(np.nan_to_num(reader.read(block)).sum())
            km2 += float((part.read(block) * grid.cell_area_km2(block)).sum())
        return people, km2

    @cached_property
    def sites_inside(self) -> NDArray[np.bool_]:
        """Cells whose site stands in the area."""
        return site_inside(self.area, self.grid.crs, self.cells.lon_deg, self.cells.lat_deg)

    @cached_property
    def groups(self) -> Groups | None:
        """Codes to address in the place of cells."""
        if self.grouped_by is None:
            return None
        codes = getattr(self.cells, self.grouped_by)
        return groups_of(codes.tolist(), self.cells.id.tolist(), self.owners.tolist())

    @cached_property
    def choice(self) -> Choice:
        """The cells to address.

        Raises
        ------
        EmptySelectionError
            No cell serves the area, nobody lives there, or no cell is worth it.
        """
        serving = self.serving
        members = list(serving.members) or [serving.nominal]
        self._must_serve(members)
        names = {name: k for k, name in enumerate(np.unique(self.owners).tolist())}
        found = choose(
            members,
            self.demand,
            operator=np.array([names[o] for o in self.owners.tolist()], np.int64),
            groups=self.groups,
            settlements=self.service,
        )
        if not found.cells.any():
            raise EmptySelectionError(self._why_empty(found))
        return found

    @cached_property
    def service(self) -> SettlementService | None:
        """Who serves each settlement, None without settlements."""
        if not self.settlement_names:
            return None
        boxes = [
            None if shape is None else self.grid.block_of_bounds(shape.bounds)
            for shape in self.settlement_shapes
        ]
        shapes = [
            Fractions.of(ragged([] if shape is None else [shape]), self.grid)
            for shape in self.settlement_shapes
        ]
        return settlement_service(
            self.settlement_names,
            shapes,
            boxes,
            self.places,
            ensemble=() if self.ensemble is None else list(self.ensemble.alive),
            workers=self.workers,
        )

    def blocks(self, progress: Progress | None = None) -> Iterator[TargetBlock]:
        """Yield people by place in every window that was looked at, with every cell on air."""
        windows = sorted(self.serving.windows)
        jobs = [(self.places, block, self.choice.cells) for block in windows]
        for done, found in enumerate(in_order(_block, jobs, self.workers), 1):
            yield found
            if progress:
                progress(done, len(windows))

    @cached_property
    def owners(self) -> NDArray[np.str_]:
        """Operator of each cell; one for all where they are taken as one network."""
        if len(self.places.operators) == 1 and self.places.operators[0].name is None:
            return np.zeros(len(self.cells), "U1")
        return self.cells.operator

    def _heard(self, block: Block) -> list[tuple[NDArray[np.int32], NDArray[np.floating]]]:
        found = []
        for operator in self.places.operators:
            for technology in self.network.technologies():
                signal = self.network.signal(block, technology, operator.name, keep=HEARD)
                need = self.network.radio.decodes_dbm(technology)
                # NaN, where there is no server, is no level above anything.
                margin = np.nan_to_num(signal.level_dbm - need, nan=-1.0)
                found.append((signal.cell, margin))
        return found

    def _must_serve(self, members: list[CellSums]) -> None:
        if any(m.inside_km2.any() for m in members):
            if self.demand.measure == "people" and not any(m.in_area_people > 0.0 for m in members):
                msg = (
                    "nobody lives in the warning area according to the population, so that no cell can be chosen by people; "
                    "choose by area (--measure area), or check the area and the population"
                )
                raise EmptySelectionError(msg)
            return
        where = self.area.point_on_surface()
        lon, lat = self._to_lonlat(where.x, where.y)
        cells = self.cells
        _, _, far = GEOID.inv(
            np.full(len(cells), lon), np.full(len(cells), lat), cells.lon_deg, cells.lat_deg
        )
        nearest = int(np.argmin(np.nan_to_num(far, nan=np.inf)))
        bearing = GEOID.inv(lon, lat, cells.lon_deg[nearest], cells.lat_deg[nearest])[0]
        off = " while the cells of the ensemble are off the air" if self.ensemble else ""
        msg = (
            f"no cell serves this area{off}: the nearest site, {cells.site_id[nearest]!s} (lon {cells.lon_deg[nearest]:.4f}, lat "
            f"{cells.lat_deg[nearest]:.4f}), stands {far[nearest] / 1e3:.1f} km {_compass(bearing)} of its middle; warn by other "
            "channels, or check the area and the list of cells"
        )
        raise EmptySelectionError(msg)

    def _to_lonlat(self, x: float, y: float) -> tuple[float, float]:
        from ew4all.grid import lonlat

        lon, lat = lonlat(self.grid.crs).transform(x, y)
        return float(lon), float(lat)

    def _why_empty(self, choice: Choice) -> str:
        best, highest = best_share(choice, self.demand.measure)
        if highest <= 0.0:
            return (
                f"no cell serves anybody of the {choice.sums.in_area_people:,.0f} people in the warning area: signal reaches only "
                "parts of it where nobody lives; warn by other channels, or choose by area (--measure area)"
            )
        name = self.cells.id[best] if self.groups is None else self.groups.codes[best]
        what = "cell" if self.groups is None else "code"
        if self.demand.budget is not None:
            return (
                f"no {what} can be addressed within a budget of {self.demand.budget:,.0f} people disturbed; raise the budget or "
                "choose by --threshold"
            )
        return (
            f"no {what} has a share of {self.demand.tau:g} or more of its {self.demand.measure} in the area, so nobody would be "
            f"warned: the highest share is {highest:.4g} ({name}); lower --threshold to that or below"
        )


def _block(places: Places, block: Block, addressed: NDArray[np.bool_]) -> TargetBlock:
    place, on, served = places.reached(block, addressed)
    outside = place.outside if place.show is None else place.outside * place.show[1]
    return TargetBlock(
        block,
        missed=place.inside * np.maximum(served - on, 0.0),
        unserved=place.inside * (1.0 - served),
        over_reach=outside * on,
        on_outside=np.where(place.outside_km2 > 0.0, on, 0.0),
    )


def _compass(bearing_deg: float) -> str:
    names = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")  # fmt: skip
    return names[round((bearing_deg % 360.0) / 45.0) % 8]


__all__ = ["GROUPS", "TargetBlock", "TargetStudy"]
