"""What the areas of an alert come to: each place once, however many languages repeat it, and no area lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import shapely

from ew4all.alerts.cap_shapes import CapCircle, short
from ew4all.alerts.geocodes import DRAWN, code_list
from ew4all.errors import CapError, GeocodeError
from ew4all.geometry import circle

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from shapely.geometry.base import BaseGeometry

    from ew4all.alerts.geocodes import Geocode, GeocodeTable

__all__ = ["CapArea", "InfoAreas", "places"]

# Deutscher Wetterdienst: areas of this name hold the whole event; the other areas of the same info
# block list, by geocode, the municipalities that it touches.
_WHOLE_EVENT = "polygonal event area"
_MOST_NAMED = 5


@dataclass(frozen=True)
class CapArea:
    """One area block: the union of its polygons and circles, or of the places of its geocodes.

    `polygons` are valid, lon before lat; longitudes may leave -180..180 where one crosses the
    antimeridian. `geocodes` are (name of the list, code), and describe the same place again.
    """

    description: str
    polygons: tuple[BaseGeometry, ...]
    circles: tuple[CapCircle, ...]
    geocodes: tuple[Geocode, ...]

    @property
    def has_place(self) -> bool:
        """Whether a polygon, circle or point says where the area lies."""
        return bool(self.polygons or self.circles)

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """(lon, lat) of the circles whose radius is 0."""
        return tuple((c.lon_deg, c.lat_deg) for c in self.circles if c.radius_km == 0.0)

    @property
    def geometry(self) -> BaseGeometry | None:
        """Union of the polygons and circles; None where the area has no extent."""
        rounds = [
            circle(c.lon_deg, c.lat_deg, c.radius_km * 1e3) for c in self.circles if c.radius_km
        ]
        parts = [*self.polygons, *rounds]
        return shapely.union_all(parts) if parts else None


@dataclass(frozen=True)
class InfoAreas:
    """The areas of one info block; `label` is how messages name it."""

    label: str
    areas: tuple[CapArea, ...]


def places(
    infos: Sequence[InfoAreas], name: str, notes: list[str], geocodes: GeocodeTable | None = None
) -> tuple[CapArea, ...]:
    """Return every place once.

    Geocodes beside a polygon or circle name the same place (CAP 1.2, 3.2.4: a geocode should stand beside an equivalent
    polygon or circle), so that only an area without any is looked up in the table.

    Raises
    ------
    CapError
        No area at all; an area in words alone; or geocodes alone, and there is no table.
    GeocodeError
        The table lacks a code.
    """
    if not any(info.areas for info in infos):
        lacks = "no area" if infos else "no info block, and so no area"
        msg = f"{name}: the alert has {lacks}; give the area with a polygon"
        raise CapError(msg)
    notes.extend(f"{name}: {info.label} has no area" for info in infos if not info.areas)
    found: dict[Hashable, CapArea] = {}
    for area in (area for info in infos for area in info.areas if area.has_place):
        key = _key(area)
        seen = found.get(key)
        codes = dict.fromkeys((*seen.geocodes, *area.geocodes)) if seen else area.geocodes
        found[key] = replace(seen or area, geocodes=tuple(codes))
    drawn = tuple(found.values())
    lost = _lost(infos, drawn, name, notes)
    for area in _looked_up(lost, drawn, name, notes, geocodes):
        found.setdefault(_key(area), area)
    missed = {_key(area) for area in lost}
    kept = [
        (info.label, keys)
        for info in infos
        if (keys := frozenset(_key(a) for a in info.areas if a.has_place or _key(a) in missed))
    ]
    if len({keys for _, keys in kept}) > 1:
        labels = "; ".join(label for label, _ in kept)
        notes.append(f"{name}: {labels} name different areas; the union of all is taken")
    if any(area.geocodes for area in drawn):
        notes.append(
            f"{name}: geocodes stand beside polygons or circles and are taken to name the same "
            f"places"
        )
    return tuple(found.values())


def _key(area: CapArea) -> Hashable:
    """Return what tells places apart: shapes, or codes where there is no shape."""
    if not area.has_place:
        return frozenset(area.geocodes)
    return tuple(shapely.to_wkb(p) for p in area.polygons), area.circles


def _lost(
    infos: Sequence[InfoAreas], drawn: Sequence[CapArea], name: str, notes: list[str]
) -> list[CapArea]:
    """Return the areas that are known by geocode only; the people in them would be lost.

    Raises
    ------
    CapError
        One is known by words only.
    """
    lost: list[CapArea] = []
    listed: list[CapArea] = []
    for info in infos:
        placed = [area for area in info.areas if area.has_place]
        whole = bool(placed) and all(a.description.lower() == _WHOLE_EVENT for a in placed)
        for area in info.areas:
            if area.has_place or any(_same_codes(area, other) for other in drawn):
                continue
            (listed if whole and area.geocodes else lost).append(area)
    if listed:
        notes.append(
            f"{name}: {len(listed)} areas named by geocode only ({_codes(listed)}) are left out: "
            f"the areas called {_WHOLE_EVENT!r} hold the whole event, and these list the "
            f"municipalities that it touches"
        )
    wordy = [area for area in lost if not area.geocodes]
    if wordy:
        msg = (
            f"{name}: the area {short(wordy[0].description)} is described in words alone, without "
            f"a polygon, circle or geocode, so nobody can tell where it lies; {DRAWN}"
        )
        raise CapError(msg)
    return lost


def _looked_up(
    lost: Sequence[CapArea],
    drawn: Sequence[CapArea],
    name: str,
    notes: list[str],
    geocodes: GeocodeTable | None,
) -> list[CapArea]:
    if not lost:
        return []
    count = len({code for area in lost for code in area.geocodes})
    codes = "1 geocode" if count == 1 else f"{count} geocodes"
    if geocodes is None:
        beside = f"; {len(drawn)} other areas have a polygon or circle" if drawn else ""
        msg = (
            f"{name} names {codes} ({_codes(lost)}) and no polygon or circle for the place{beside}. A "
            f"table of geocodes is needed to know where that is, and the people there must not be "
            f"lost; give such a table (--geocodes), or {DRAWN}"
        )
        raise CapError(msg)
    unknown = dict.fromkeys(code for area in lost for code in geocodes.unknown(area.geocodes))
    if unknown:
        msg = f"{name}: {geocodes.refusal(unknown)}"
        raise GeocodeError(msg)
    notes.append(f"{name}: the place of {codes} ({_codes(lost)}) is taken from {geocodes.name}")
    return [replace(area, polygons=(geocodes.place(area.geocodes),)) for area in lost]


def _same_codes(area: CapArea, other: CapArea) -> bool:
    """Whether a placed area carries all the geocodes of one that has none: its translation."""
    return bool(area.geocodes) and set(area.geocodes) <= set(other.geocodes)


def _codes(areas: Sequence[CapArea]) -> str:
    return code_list(dict.fromkeys(code for area in areas for code in area.geocodes), _MOST_NAMED)
