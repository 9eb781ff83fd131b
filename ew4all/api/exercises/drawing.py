"""Layers of the map of an exercise, as GeoJSON at an exercise time, and curves. Runs in the engine."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from ew4all.api.exercises.books import seconds
from ew4all.api.problems import Problem
from ew4all.exercises.areas import area_of
from ew4all.grid import Block, lonlat
from ew4all.reprojection import to_lonlat
from ew4all.sim.exercise_events import InjectFired
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.api.exercises.books import Books
    from ew4all.api.exercises.people_map import PeopleMap, Squares
    from ew4all.api.exercises.picture import Painter
    from ew4all.exercises.session import Session

    F64 = NDArray[np.float64]

__all__ = ["Drawing", "curves_shown"]

_STATES: Final = ("up", "battery", "down")
_LATTICE: Final = 90
"""Squares along the longer side of the map in which the arrival of the hazard is looked at."""
_HAZARDS: Final = 120
"""Pictures of the hazard in an exercise."""
_SIMPLE_DEG: Final = 0.0005


class Drawing:
    """What a map shows."""

    def __init__(self, session: Session, painter: Painter, people: PeopleMap) -> None:
        self.session, self.painter = session, painter
        self.people = people
        self.bbox = self.people.bbox

    @cached_property
    def _squares(self) -> Squares:
        return self.people.squares()

    def layer(self, name: str, books: Books, now_s: float) -> dict[str, Any]:
        """Return a layer; ``reported_cells`` is that of cells as it was reported."""
        picture = self.painter.latest
        assert picture is not None
        more: dict[str, Any] = {}
        if name == "zones":
            features = self._zones()
        elif name == "people":
            features, more = self._on_squares({"people": self._squares.people}), self._side()
        elif name == "missed":
            share = picture.missed[self._squares.zone]
            found = {"missed": self._squares.at_risk * share, "at_risk": self._squares.at_risk}
            features, more = self._on_squares(found), self._side()
        elif name in {"cells", "reported_cells"}:
            features = self._cells(picture.sites["now" if name == "cells" else "reported"])
        elif name == "alerts":
            features = self._alerts(books, now_s)
        else:
            features = self._hazard(now_s)
        return {"type": "FeatureCollection", "time_s": seconds(now_s), **more, "features": features}

    def hazard_tag(self, now_s: float) -> str:
        """Return a text that is another where the hazard is drawn otherwise."""
        return f"h{int(now_s // self._step_s)}" if self._arrival is not None else "h"

    @property
    def _step_s(self) -> float:
        return max(30.0, self.session.exercise.length_s / _HAZARDS)

    def _side(self) -> dict[str, Any]:
        return {"square_m": round(self._squares.side_m)}

    def _on_squares(self, columns: Mapping[str, F64]) -> list[dict[str, Any]]:
        squares, first = self._squares, next(iter(columns.values()))
        return [
            _feature(
                {"type": "Point", "coordinates": [round(float(squares.lon[k]), 5), round(float(squares.lat[k]), 5)]},
                {name: round(float(column[k]), 1) for name, column in columns.items()},
            )
            for k in np.flatnonzero(first >= 0.5)
        ]  # fmt: skip

    def _zones(self) -> list[dict[str, Any]]:
        inputs = self.session.worlds.inputs
        shapes = to_lonlat(inputs.study.zone_shapes, inputs.study.grid)
        return [
            _feature(_geometry(shape), {"id": inputs.zones[k], "name": inputs.zone_names[k]})
            for k, shape in enumerate(shapes)
            if shape is not None
        ]

    def _cells(self, states: NDArray[np.int8] | None) -> list[dict[str, Any]]:
        if states is None:
            return []
        sites, zones = self.painter.sites, self.session.worlds.inputs.zones
        return [
            _feature(
                {"type": "Point", "coordinates": [round(float(sites.lon_deg[k]), 5), round(float(sites.lat_deg[k]), 5)]},
                {
                    "site": sites.name[k] if k < len(sites.name) else str(k), "operator": ", ".join(sites.operators[k]),
                    "technologies": [TECHNOLOGIES[t] for t in sites.technologies[k]], "state": _STATES[int(states[k])],
                    "zone": zones[int(sites.zone[k])],
                },
            )
            for k in np.flatnonzero(sites.there)
        ]  # fmt: skip

    def _alerts(self, books: Books, now_s: float) -> list[dict[str, Any]]:
        found = []
        for alert in books.alerts(now_s):
            shape = area_of(alert["area"]).shape
            if shape is None:
                shape = self._own_area
            if shape is not None:
                about = {k: alert[k] for k in ("id", "version", "state", "team", "headline")}
                found.append(_feature(_geometry(shape), about))
        return found

    @cached_property
    def _own_area(self) -> BaseGeometry | None:
        study = self.session.worlds.inputs.study
        return self._lonlat(study.area if study.area is not None else study.hazard)

    @cached_property
    def _footprint(self) -> BaseGeometry | None:
        return self._lonlat(self.session.worlds.inputs.study.hazard)

    def _lonlat(self, shape: BaseGeometry | None) -> BaseGeometry | None:
        if shape is None:
            return None
        found: BaseGeometry = to_lonlat(np.array([shape], dtype=object), self.people.grid)[0]
        return found

    @cached_property
    def _arrival(self) -> tuple[F64, F64, F64, float] | None:
        """Return longitude, latitude and time of arrival of a lattice, seconds of the scenario, and its half side, degrees."""
        ground = self.session.worlds.inputs.ground
        if ground.arrival is None:
            return None
        grid = self.people.grid
        side = max(1, -(-max(grid.height, grid.width) // _LATTICE))
        lon, lat, time_s = [], [], []
        for row in range(side // 2, grid.height, side):
            block = Block(row, row + 1, 0, grid.width)
            values = np.asarray(ground.arrival.read(block), np.float64)[0, side // 2 :: side]
            cols = np.arange(side // 2, grid.width, side)
            x, y = grid.xy(cols.astype(np.float64) + 0.5, np.full(cols.size, row + 0.5, np.float64))
            a, b = lonlat(grid.crs).transform(x, y)
            lon.append(np.asarray(a))
            lat.append(np.asarray(b))
            time_s.append(values)
        whole = tuple(np.concatenate(v) for v in (lon, lat, time_s))
        half = float(np.median(np.diff(np.unique(whole[0].round(7))))) / 2.0 * 1.02
        return (*whole, half)  # type: ignore[return-value]

    @cached_property
    def _frame(self) -> BaseGeometry | None:
        """Return the rim of the map, where what has arrived is cut off and no front."""
        if self._arrival is None:
            return None
        lon, lat, _, half = self._arrival
        rim = shapely.box(
            lon.min() - half, lat.min() - half, lon.max() + half, lat.max() + half
        ).boundary
        found: BaseGeometry = rim.buffer(half / 2.0)
        return found

    def _hazard(self, now_s: float) -> list[dict[str, Any]]:
        found = []
        if self._footprint is not None:
            found.append(_feature(_geometry(self._footprint), {"kind": "footprint"}))
        arrived = self._arrived(self.session.worlds.start_s + now_s)
        if arrived is not None and not arrived.is_empty:
            about = {"kind": "arrived", "time_s": seconds(now_s)}
            found.append(_feature(_geometry(arrived), about))
            front = arrived.boundary
            if self._footprint is not None:
                front = front.difference(self._footprint.boundary.buffer(_SIMPLE_DEG * 4))
            if self._frame is not None:
                front = front.difference(self._frame)
            if not front.is_empty:
                found.append(
                    _feature(
                        shapely.geometry.mapping(front), {"kind": "front", "time_s": seconds(now_s)}
                    )
                )
        return found

    def _arrived(self, here_s: float) -> BaseGeometry | None:
        if self._arrival is not None:
            lon, lat, time_s, half = self._arrival
            come = time_s <= here_s
            if not come.any():
                return None
            boxes = shapely.box(
                lon[come] - half, lat[come] - half, lon[come] + half, lat[come] + half
            )
            whole: BaseGeometry = shapely.union_all(boxes)
        else:
            shapes = [
                s.shape for s in self.session.worlds.inputs.isochrones if s.arrival_s <= here_s
            ]
            if not shapes:
                return None
            whole = shapely.union_all(to_lonlat(np.array(shapes, dtype=object), self.people.grid))
        return whole if self._footprint is None else whole.intersection(self._footprint)


def curves_shown(
    session: Session, painter: Painter, after_s: float, zone: str | None
) -> dict[str, Any]:
    """Return people over time.

    Raises
    ------
    Problem
        404: there is no such zone.
    """
    picture, zones = painter.latest, session.worlds.inputs.zones
    assert picture is not None
    if zone is not None and zone not in zones:
        told = f"there is no zone {zone!r}; there are {', '.join(zones[:20])}"
        raise Problem(404, "unknown-zone", told)
    curves = picture.curves
    at = len(zones) if zone is None else zones.index(zone)
    kept = np.asarray(curves["time_s"]) > after_s

    def of(values: F64) -> list[int]:
        return [round(float(v)) for v in values[kept]]

    shown = [
        {"channel": "any", "stage": "warned", "people": of(curves["warned"][:, at])},
        {"channel": "any", "stage": "acted", "people": of(curves["acted"][:, at])},
    ]
    for k, name in enumerate(curves["channels"]):
        for stage, key in (("alerted", "alerted"), ("reached", "reached"), ("warned", "noticed")):
            values = curves[key]
            # Of very many zones and channels only the whole is kept, which is the last.
            column = values[:, min(at, values.shape[1] - 1), k]
            shown.append({"channel": name, "stage": stage, "people": of(column)})
    whole = picture.whole["counters"]["at_risk"]
    at_risk = whole if zone is None else picture.whole["zones"][at]["at_risk"]
    return {
        "time_s": [seconds(float(t)) for t in np.asarray(curves["time_s"])[kept]], "curves": shown, "at_risk": at_risk,
        "marks": _marks(session, after_s),
    }  # fmt: skip


def _marks(session: Session, after_s: float) -> list[dict[str, Any]]:
    found = []
    for event in session.log:
        if event.time_s <= after_s:
            continue
        p = event.payload
        if isinstance(p, InjectFired):
            text = session.injects.states[p.inject].inject.title
            found.append(
                {"time_s": seconds(event.time_s), "kind": "inject", "id": p.inject, "text": text}
            )
        elif event.kind in {"alert_issued", "alert_updated", "alert_cancelled", "sirens_ordered"}:
            name = getattr(p, "alert", getattr(p, "order", ""))
            found.append(
                {"time_s": seconds(event.time_s), "kind": event.kind, "id": name, "text": name}
            )
    return found


def _geometry(shape: BaseGeometry) -> Any:
    simple = shapely.set_precision(shapely.simplify(shape, _SIMPLE_DEG), 1e-5)
    return shapely.geometry.mapping(simple if not simple.is_empty else shape)


def _feature(geometry: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": dict(properties)}
