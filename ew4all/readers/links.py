"""Transport links: a table of ends by name, or lines on a map such as those of ITU's transmission map."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import Transformer

from ew4all.coverage.outages.backhaul import LINK_KINDS, Backhaul
from ew4all.errors import EmptyLayerError, InputError
from ew4all.readers.outage_tables import column_of
from ew4all.readers.plain_table import read_plain_table
from ew4all.readers.vector_files import LONLAT, read_features

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.cells import Sites

__all__ = ["near_lines", "read_links"]

_TABLES: Final = {".csv", ".tsv", ".txt"}
_KIND_WORDS: Final = {
    "fibre": ("fibre", "fiber", "fo", "optical", "cable", "terrestrial", "copper"),
    "microwave": (
        "microwave",
        "micro-wave",
        "mw",
        "radio",
        "wireless",
        "millimetre wave",
        "e-band",
    ),
    "submarine": ("submarine", "subsea", "undersea", "sea cable"),
    "satellite": ("satellite", "vsat"),
}
_TYPE: Final = (
    "kind",
    "type",
    "technology",
    "medium",
    "link_type",
    "transmission",
    "tech",
    "category",
)
_STATUS: Final = ("status", "state")
_NOT_YET: Final = ("planned", "proposed", "construction", "decommissioned", "retired")
_LINES: Final = {"LineString", "MultiLineString"}
_HUB_LINKS = 4
_SAME_PLACE_DEG = 1e-3  # 0.1 km: lines of a map that meet do so to within the width of a pen
_KM_PER_DEG = 111.195


def read_links(
    source: str | os.PathLike[str],
    sites: Sites,
    values: Mapping[str, float],
    *,
    core: Sequence[str] = (),
    snap_km: float = 0.5,
) -> Backhaul:
    """Read the transport network of sites.

    Parameters
    ----------
    source
        CSV with the ends (``a, b`` or ``from, to`` or ``site_a, site_b``), ``kind``, and, for nodes that are no sites, their
        places (``lon_a, lat_a, lon_b, lat_b``); or a vector file of lines with a type, whose ends are nodes (an end within
        `snap_km` of a site is that site). Links that are planned or retired are left out, with a note.
    values
        See `ew4all.coverage.outages.defaults.resolve`: ``fibre_km`` says how sites without a link are joined.
    core
        Names of the nodes that are the core, or ``"lon,lat"`` for the node nearest to a place; by default the node with
        most links.

    Returns
    -------
    Backhaul
        Nodes with four links or more are hubs. Sites that no link names are joined to their nearest node.

    Raises
    ------
    InputError
        A kind or name that is not known, a link from a node to itself, a core that is no node.
    ColumnError, ReadError, EmptyLayerError
        See the readers of tables and vectors.
    """
    path = os.fspath(source)
    if Path(path).suffix.lower() in _TABLES:
        links, nodes, notes = _from_table(path, sites)
    else:
        links, nodes, notes = _from_lines(path, sites, snap_km)
    if not links:
        msg = f"{path} holds no link in service"
        raise EmptyLayerError(msg)
    links, joined = _joined(sites, links, nodes, values["fibre_km"])
    if joined:
        notes.append(
            f"{joined} of {len(sites)} sites are in no link; each is joined to its nearest node"
        )
    degree: dict[str, int] = {}
    for a, b, _ in links:
        degree[a], degree[b] = degree.get(a, 0) + 1, degree.get(b, 0) + 1
    hubs = [name for name, count in degree.items() if count >= _HUB_LINKS]
    if core:
        found = [_core(one, sites, nodes, degree) for one in core]
    else:
        found = [min(degree, key=lambda name: (-degree[name], name))]
        notes.append(
            f"no core was named: {found[0]}, the node with most links ({degree[found[0]]}), is taken for it"
        )
    made = Backhaul.of(sites, links, nodes=nodes, hubs=hubs, core=found)
    return made.with_notes(*notes)


def near_lines(source: str | os.PathLike[str], sites: Sites, within_km: float) -> NDArray[np.bool_]:
    """Return which sites lie within a distance of the lines of a vector file, such as main roads.

    Raises
    ------
    EmptyLayerError
        There is no line.
    ReadError, MissingCrsError
        See `read_features`.
    """
    path = os.fspath(source)
    features = read_features(path, f"roads {path}")
    lines = [
        shape
        for shape in _in_lonlat(features)
        if shape is not None and shape.geom_type in _LINES and not shape.is_empty
    ]
    if not lines:
        msg = f"roads {path} hold no line"
        raise EmptyLayerError(msg)
    # In degrees of latitude, with longitudes drawn together as at the middle of the sites.
    shrink = float(np.cos(np.radians(np.mean(sites.lat_deg))))
    flat = shapely.transform(np.array(lines, dtype=object), lambda xy: xy * [shrink, 1.0])
    points = shapely.points(sites.lon_deg * shrink, sites.lat_deg)
    near = np.zeros(len(sites), np.bool_)
    distance = within_km / _KM_PER_DEG
    near[shapely.STRtree(flat).query(points, predicate="dwithin", distance=distance)[0]] = True
    return near


def _in_lonlat(features: Any) -> Any:
    shapes = features.geometries
    if features.crs is None or features.crs == LONLAT:
        return shapes
    turn = Transformer.from_crs(features.crs, LONLAT, always_xy=True)
    return shapely.transform(shapes, lambda xy: np.column_stack(turn.transform(*xy.T)))


def _from_table(
    path: str, sites: Sites
) -> tuple[list[tuple[str, str, str]], dict[str, Any], list[str]]:
    table = read_plain_table(path)
    first = table.texts(
        str(column_of(table, ("a", "from", "site_a", "node_a", "source"), "one end of a link"))
    )
    second = table.texts(
        str(column_of(table, ("b", "to", "site_b", "node_b", "target"), "the other end of a link"))
    )
    kinds = table.texts(
        str(column_of(table, _TYPE, "kind of a link: fibre, microwave, submarine or satellite"))
    )
    status = column_of(table, _STATUS)
    words = table.texts(status) if status else [""] * len(kinds)
    known = {str(name) for name in sites.id}
    nodes: dict[str, Any] = {}
    for end, names in (("a", first), ("b", second)):
        if f"lon_{end}" in table.header and f"lat_{end}" in table.header:
            places = zip(
                names,
                table.numbers(f"lon_{end}", blank=True),
                table.numbers(f"lat_{end}", blank=True),
                strict=True,
            )
            nodes |= {n: (x, y) for n, x, y in places if n not in known and np.isfinite(x + y)}
    links, notes, out = [], [], 0
    for row, (a, b, kind) in enumerate(zip(first, second, kinds, strict=True)):
        where = f"{table.name}, line {table.lines[row]}"
        if any(word in words[row].casefold() for word in _NOT_YET):
            out += 1
            continue
        for end in (a, b):
            if end not in known and end not in nodes:
                msg = f"{where}: {end!r} is neither a site nor a node with a place; sites are called like {str(sites.id[0])!r}"
                raise InputError(msg)
        if a == b:
            msg = f"{where}: the link joins {a!r} to itself; remove it"
            raise InputError(msg)
        links.append((a, b, _kind(kind, where)))
    if out:
        notes.append(f"{table.name}: {out} links are planned or retired and left out")
    return links, nodes, notes


def _from_lines(
    path: str, sites: Sites, snap_km: float
) -> tuple[list[tuple[str, str, str]], dict[str, Any], list[str]]:
    name = f"links {path}"
    features = read_features(path, name)
    lower = {str(column).casefold(): column for column in features.table}
    column = next((lower[word] for word in _TYPE if word in lower), None)
    status = next((lower[word] for word in _STATUS if word in lower), None)
    shapes = _in_lonlat(features)
    links: list[tuple[str, str, str]] = []
    nodes: dict[str, Any] = {}
    squares: dict[tuple[int, int], str] = {}
    notes = list(features.notes)
    other, out, loops = 0, 0, 0
    for k, shape in enumerate(shapes):
        if shape is None or shape.geom_type not in _LINES or shape.is_empty:
            other += 1
            continue
        if status is not None and any(
            w in str(features.table[status][k]).casefold() for w in _NOT_YET
        ):
            out += 1
            continue
        kind = (
            "fibre"
            if column is None
            else _kind(str(features.table[column][k]), f"{name}, feature {k + 1}")
        )
        for part in shapely.get_parts(shape):
            ends = [
                _node(xy, sites, nodes, squares, snap_km)
                for xy in (part.coords[0], part.coords[-1])
            ]
            if ends[0] == ends[1]:
                loops += 1
            else:
                links.append((ends[0], ends[1], kind))
    if column is None:
        notes.append(f"{name} says nothing of the kind of its lines; they count as fibre")
    for count, what in (
        (other, "features are no lines and left out"),
        (out, "lines are planned or retired and left out"),
        (loops, "lines end where they begin and are left out"),
    ):
        if count:
            notes.append(f"{name}: {count} {what}")
    return links, nodes, notes


def _node(
    xy: Any,
    sites: Sites,
    nodes: dict[str, Any],
    squares: dict[tuple[int, int], str],
    snap_km: float,
) -> str:
    """Return the name of the site or node at the end of a line; a new node where there is none."""
    lon, lat = float(xy[0]), float(xy[1])
    km = _km(sites.lon_deg, sites.lat_deg, lon, lat)
    if km.size and km.min() <= snap_km:
        return str(sites.id[int(np.argmin(km))])
    column, row = round(lon / _SAME_PLACE_DEG), round(lat / _SAME_PLACE_DEG)
    for key in itertools.product((column, column - 1, column + 1), (row, row - 1, row + 1)):
        name = squares.get(key)
        if name is not None:
            x, y = nodes[name]
            if abs(x - lon) <= _SAME_PLACE_DEG and abs(y - lat) <= _SAME_PLACE_DEG:
                return name
    name = f"node {lon:.4f},{lat:.4f}"
    nodes[name] = (lon, lat)
    squares[column, row] = name
    return name


def _joined(
    sites: Sites, links: list[tuple[str, str, str]], nodes: Mapping[str, Any], fibre_km: float
) -> tuple[list[tuple[str, str, str]], int]:
    """Join sites that no link names to the nearest node that one does."""
    named = {name for a, b, _ in links for name in (a, b)}
    number = {str(name): k for k, name in enumerate(sites.id)}
    there = sorted(named)
    place = np.array(
        [
            nodes[n] if n in nodes else (sites.lon_deg[number[n]], sites.lat_deg[number[n]])
            for n in there
        ]
    )
    more = []
    for name, k in number.items():
        if name not in named:
            km = _km(place[:, 0], place[:, 1], float(sites.lon_deg[k]), float(sites.lat_deg[k]))
            nearest = int(np.argmin(km))
            more.append((name, there[nearest], "fibre" if km[nearest] <= fibre_km else "microwave"))
    return links + more, len(more)


def _core(name: str, sites: Sites, nodes: Mapping[str, Any], degree: Mapping[str, int]) -> str:
    if name in degree or name in {str(s) for s in sites.id}:
        return name
    try:
        lon, lat = (float(part) for part in name.split(","))
    except ValueError:
        msg = f"the core {name!r} is neither a node of the links nor a place as in 'lon,lat'"
        raise InputError(msg) from None
    number = {str(site): k for k, site in enumerate(sites.id)}
    places = {
        n: nodes[n] if n in nodes else (sites.lon_deg[number[n]], sites.lat_deg[number[n]])
        for n in degree
    }
    return min(places, key=lambda n: (float(_km(places[n][0], places[n][1], lon, lat)), n))


def _km(lon: Any, lat: Any, to_lon: float, to_lat: float) -> Any:
    across = (np.asarray(lon) - to_lon) * np.cos(np.radians(to_lat))
    return np.hypot(across, np.asarray(lat) - to_lat) * _KM_PER_DEG


def _kind(word: str, where: str) -> str:
    low = word.casefold().strip()
    # "Submarine cable" is one, although "cable" alone means fibre.
    for kind in ("submarine", "satellite", "microwave", "fibre"):
        if any(known == low or (len(known) > 2 and known in low) for known in _KIND_WORDS[kind]):
            return kind
    msg = f"{where}: the link is of kind {word!r}; kinds are {', '.join(LINK_KINDS)}"
    raise InputError(msg)
