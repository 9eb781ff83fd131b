"""The model behind the demo case: where people, zones, winds, sites and coverage lie. No input or output.

Arrays are float64; lon/lat in degrees, plane coordinates in metres (see :func:`to_plane`). Every number that was
chosen rather than read stands at the top of this file and is explained in ``docs/demo.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import Geod

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CELLS_PER_DEGREE: Final = 1200
WEST, SOUTH, EAST, NORTH = -61.85, 11.95, -61.35, 12.57
WIDTH: Final = round((EAST - WEST) * CELLS_PER_DEGREE)
HEIGHT: Final = round((NORTH - SOUTH) * CELLS_PER_DEGREE)
NODATA: Final = -99999.0

# Length of a degree on WGS84 at 12.25 N, the middle of the country. Over 70 km the error stays below 0.2 %.
LON0, LAT0 = -61.6, 12.25
M_PER_DEGREE: Final = np.array([108_801.3, 110_624.3])

PARISHES: Final = {
    "01": "Saint Andrew",
    "02": "Saint David",
    "03": "Saint George",
    "04": "Saint John",
    "05": "Saint Mark",
    "06": "Saint Patrick",
    "10": "Carriacou and Petite Martinique",
}
# A point on each inhabited island, to pick it out of the 22 pieces of land; the other islets are land without people.
INHABITED: Final = {
    "Grenada": (-61.683, 12.113),
    "Carriacou": (-61.4535, 12.4798),
    "Petite Martinique": (-61.3845, 12.5193),
}
ZONE_MARGIN_M: Final = 1500.0

URBAN_SHARE: Final = 0.45  # of all people, around the places; the rest is the rural base
TOWN_EXPONENT: Final = 1.9  # larger towns hold more suburb per listed inhabitant
CORE_SHARE, CORE_M, SUBURB_M = 0.4, 700.0, 2500.0
COAST_M, INTERIOR_FLOOR = 2500.0, 0.20
# People are stored as whole 1/1024ths, so that float32 adds up exactly.
UNITS_PER_PERSON: Final = 1024

HAZARD_MARGIN_M: Final = 40_000.0
ARC_STEP_DEGREES: Final = 2
NMI_M: Final = 1852.0


@dataclass(frozen=True)
class Place:
    """A populated place of GeoNames."""

    name: str
    lon: float
    lat: float
    people: int
    admin1: str


@dataclass(frozen=True)
class Operator:
    """An invented operator: how many sites it has and how far each technology reaches.

    ``lattice_offset`` shifts its candidate sites, so that the operators do not share masts by construction;
    ``first_island`` names an island that gets a site before the others, which people alone would not earn it.
    """

    name: str
    key: str
    sites: int
    lattice_offset: int
    range_m: Mapping[str, float]
    first_island: str | None = None


OPERATORS: Final = (
    Operator(
        "Operator A", "a", 23, 0, {"2g": 3450.0, "3g": 3000.0, "4g": 2700.0}, "Petite Martinique"
    ),
    Operator("Operator B", "b", 16, 4, {"2g": 3300.0, "4g": 2600.0}),
)


def to_plane(lonlat: Any) -> Any:
    """Lon/lat to metres east and north of the middle of the country: array (n, 2) or geometry."""
    if isinstance(lonlat, shapely.Geometry):
        return shapely.transform(lonlat, to_plane)
    return (np.asarray(lonlat, dtype=np.float64) - (LON0, LAT0)) * M_PER_DEGREE


def to_lonlat(metres: Any) -> Any:
    """Inverse of :func:`to_plane`."""
    if isinstance(metres, shapely.Geometry):
        return shapely.transform(metres, to_lonlat)
    return np.asarray(metres, dtype=np.float64) / M_PER_DEGREE + (LON0, LAT0)


def cell_centres() -> tuple[np.ndarray, np.ndarray]:
    """Longitudes of the columns and latitudes of the rows, degrees."""
    lon = WEST + (np.arange(WIDTH) + 0.5) / CELLS_PER_DEGREE
    lat = NORTH - (np.arange(HEIGHT) + 0.5) / CELLS_PER_DEGREE
    return lon, lat


def spread_people(
    land: Sequence[shapely.Polygon], places: Sequence[Place], total: int
) -> np.ndarray:
    """People per cell, float32 (HEIGHT, WIDTH), ``NODATA`` in the sea; they add up to `total` exactly.

    Each place holds a share of ``URBAN_SHARE * total`` in proportion to its population to the power of
    ``TOWN_EXPONENT``, as a dense core and a wide suburb that both fall off exponentially and stay on the island
    of the place. The rest is a rural base that falls off with distance from the coast, where Grenada's roads and
    villages are, and leaves the interior sparse.
    """
    lon, lat = cell_centres()
    grid_lon, grid_lat = np.meshgrid(lon, lat)
    on_land = shapely.contains_xy(shapely.MultiPolygon(land), grid_lon, grid_lat)
    centres = to_plane(np.column_stack((grid_lon[on_land], grid_lat[on_land])))

    island_of = np.full(len(centres), -1)
    weight = np.zeros(len(centres))
    islands = [next(p for p in land if p.contains(shapely.Point(at))) for at in INHABITED.values()]
    for number, island in enumerate(islands):
        plane = to_plane(island)
        inside = shapely.contains_xy(plane, centres[:, 0], centres[:, 1])
        island_of[inside] = number
        coast_m = shapely.distance(plane.boundary, shapely.points(centres[inside]))
        weight[inside] = INTERIOR_FLOOR + (1.0 - INTERIOR_FLOOR) * np.exp(-coast_m / COAST_M)
    weight *= (1.0 - URBAN_SHARE) / weight.sum()

    size = np.array([place.people for place in places], dtype=np.float64) ** TOWN_EXPONENT
    town_people = URBAN_SHARE * size / size.sum()
    for place, town in zip(places, town_people, strict=True):
        at = to_plane([(place.lon, place.lat)])[0]
        home = int(np.argmin([shapely.Point(at).distance(to_plane(island)) for island in islands]))
        away_m = np.hypot(*(centres - at).T)
        for share, scale_m in ((CORE_SHARE, CORE_M), (1.0 - CORE_SHARE, SUBURB_M)):
            kernel = np.where(island_of == home, np.exp(-away_m / scale_m), 0.0)
            weight += kernel / kernel.sum() * (share * town)

    people = np.full((HEIGHT, WIDTH), NODATA, dtype=np.float32)
    people[on_land] = (
        whole_units(weight / weight.sum(), total * UNITS_PER_PERSON) / UNITS_PER_PERSON
    )
    return people


def whole_units(weight: np.ndarray, units: int) -> np.ndarray:
    """Split `units` by `weight` (sum 1) into whole numbers that add up: largest remainders first."""
    exact = weight * units
    split = np.floor(exact)
    missing = units - int(split.sum())
    split[np.argsort(split - exact, kind="stable")[:missing]] += 1.0
    return split


def wind_field(lon: float, lat: float, radii_nmi: Sequence[float]) -> shapely.Polygon:
    """Four geodesic quarter circles around a fix; radii in nautical miles NE, SE, SW, NW."""
    azimuth = np.concatenate(
        [np.arange(q, q + 91, ARC_STEP_DEGREES, dtype=np.float64) for q in (0, 90, 180, 270)]
    )
    radius_m = np.repeat(np.asarray(radii_nmi, dtype=np.float64) * NMI_M, len(azimuth) // 4)
    there = np.full(len(azimuth), lon), np.full(len(azimuth), lat)
    ring_lon, ring_lat, _ = Geod(ellps="WGS84").fwd(*there, azimuth, radius_m)
    return shapely.Polygon(np.column_stack((ring_lon, ring_lat)))


def wind_swath(fixes: Sequence[Mapping[str, str]], threshold_kt: int) -> shapely.Geometry:
    """Union of the convex hulls of the wind fields of consecutive fixes, in lon/lat."""
    fields = [
        wind_field(
            float(fix["lon"]),
            float(fix["lat"]),
            [
                float(fix[f"r{threshold_kt}_{quadrant}_nmi"])
                for quadrant in ("ne", "se", "sw", "nw")
            ],
        )
        for fix in fixes
    ]
    hulls = [shapely.MultiPolygon([a, b]).convex_hull for a, b in pairwise(fields)]
    return shapely.union_all(hulls)


def hazard_box() -> shapely.Polygon:
    """Return the population grid with a margin, in lon/lat: what lies beyond is of no use here."""
    margin = HAZARD_MARGIN_M / M_PER_DEGREE
    return shapely.box(WEST - margin[0], SOUTH - margin[1], EAST + margin[0], NORTH + margin[1])


def build_zones(
    land: Sequence[shapely.Polygon], places: Sequence[Place]
) -> dict[str, shapely.Geometry]:
    """Zones by GeoNames admin1 code, lon/lat: the parish of the nearest place, dissolved.

    They end ``ZONE_MARGIN_M`` off the coast, so that no cell with people lies outside.
    """
    points = to_plane([(place.lon, place.lat) for place in places])
    shore = to_plane(shapely.MultiPolygon(land)).buffer(ZONE_MARGIN_M, quad_segs=4).simplify(100.0)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=shore))
    tree = shapely.STRtree(cells)
    zones = {}
    for code in PARISHES:
        mine = [
            cells[tree.query(point, predicate="intersects")[0]]
            for point, place in zip(shapely.points(points), places, strict=True)
            if place.admin1 == code
        ]
        zones[code] = to_lonlat(shapely.union_all(mine).intersection(shore))
    return zones


def place_sites(people: np.ndarray, operator: Operator) -> np.ndarray:
    """Sites of an operator in metres (n, 2), each where it serves the most people still without 4G.

    Candidates are every eighth land cell with people, the way a roll-out follows towns and coast roads first.
    """
    lon, lat = cell_centres()
    row, col = np.nonzero(people > 0.0)
    centres = to_plane(np.column_stack((lon[col], lat[row])))
    waiting = people[row, col].astype(np.float64)
    candidates = centres[
        (row % 8 == operator.lattice_offset) & (col % 8 == operator.lattice_offset)
    ]
    reach_m = operator.range_m["4g"]
    serves = np.stack([np.hypot(*(centres - at).T) < reach_m for at in candidates])
    gain = np.array([waiting[served].sum() for served in serves])
    chosen = []
    for number in range(operator.sites):
        best = int(np.argmax(gain))
        if number == 0 and operator.first_island is not None:
            island = to_plane([INHABITED[operator.first_island]])[0]
            best = int(np.argmin(np.hypot(*(candidates - island).T)))
        chosen.append(candidates[best])
        newly = np.flatnonzero(serves[best] & (waiting > 0.0))
        gain -= serves[:, newly] @ waiting[newly]
        waiting[newly] = 0.0
    return np.array(chosen)


def footprint(sites: np.ndarray, range_m: float) -> shapely.Geometry:
    """Union of three-sector footprints around sites (metres), in lon/lat.

    Full range on the axis of a sector, 70 % of it between two; sectors turn by 40 degrees a site.
    """
    azimuth = np.radians(np.arange(0.0, 360.0, 6.0))
    shapes = []
    for number, at in enumerate(sites):
        radius_m = range_m * (0.85 + 0.15 * np.cos(3.0 * (azimuth - math.radians(40.0 * number))))
        ring = at + np.column_stack((np.sin(azimuth), np.cos(azimuth))) * radius_m[:, None]
        shapes.append(shapely.Polygon(ring))
    return to_lonlat(shapely.union_all(shapes))
