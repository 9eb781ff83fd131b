"""Coverage layers, raster and polygons: of which technology and operator, and how they came about.

A coverage layer is named by its key: ``4g`` for a technology, ``4g:Operator A`` for an operator's.
The technology ``any`` is for a national layer that does not say which: it counts for ``any`` alone.

A coverage raster holds 0 and 1, a share in 0..1, or a level with a threshold (``coverage_min``);
see `ew4all.readers.levels`.

A polygon file may hold several technologies and operators in columns `technology` and `operator`:
only rows of the key's technology and operator are used, and a key without an operator gives one
layer for each operator in the file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, get_args

import numpy as np
import shapely

from ew4all.errors import EmptyLayerError, OptionError, UnknownTechnologyError
from ew4all.readers.alignment import Aligned
from ew4all.readers.levels import AtLeast, Fraction, must_hold_data
from ew4all.readers.rasters import open_raster
from ew4all.readers.vectors import read_vector
from ew4all.readers.wkt import is_wkt
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ew4all.grid import Block, Grid
    from ew4all.readers.rasters import Raster
    from ew4all.readers.vectors import VectorLayer

Provenance: TypeAlias = Literal["measured", "modelled", "declared", "unknown"]
PROVENANCES: Final = get_args(Provenance)
"""How a coverage layer came about, from the surest to the least sure."""

ANY: Final = "any"

VECTOR_SUFFIXES: Final = {
    ".csv",
    ".fgb",
    ".gdb",
    ".geojson",
    ".geojsonl",
    ".geojsons",
    ".geoparquet",
    ".gml",
    ".gpkg",
    ".json",
    ".kml",
    ".kmz",
    ".parquet",
    ".shp",
    ".tab",
    ".topojson",
    ".txt",
    ".wkt",
    ".zip",
}


@dataclass(frozen=True, eq=False)
class RasterLayer:
    """Where a technology is covered, as a raster; operator None is a national layer."""

    technology: str
    operator: str | None
    provenance: Provenance
    name: str
    aligned: Aligned
    notes: tuple[str, ...]

    @property
    def raster(self) -> Raster:
        """The layer as it is stored."""
        return self.aligned.raster

    @property
    def binary(self) -> bool:
        """Whether `share` is uint8 of 0 and 1 (on the population's own cells), else float32."""
        return self.aligned.binary

    @property
    def coarseness(self) -> float:
        """Width of a population cell over that of a cell of the layer."""
        return self.aligned.coarseness

    def share(self, block: Block, tiles: NDArray[np.bool_] | None = None) -> NDArray[Any]:
        """Return the share of each population cell that is covered; see `Aligned.share`."""
        return self.aligned.share(block, tiles)


@dataclass(frozen=True, eq=False)
class PolygonLayer:
    """Where a technology is covered, as polygons; operator None is a national layer."""

    technology: str
    operator: str | None
    provenance: Provenance
    name: str
    layer: VectorLayer
    notes: tuple[str, ...]


def parse_key(key: str) -> tuple[str, str | None]:
    """Return technology and operator of a key such as ``"4g"`` or ``"4g:Operator A"``.

    Raises
    ------
    UnknownTechnologyError
        The technology is not one of `TECHNOLOGIES` or ``any``.
    OptionError
        A colon without an operator behind it.
    """
    written, colon, operator = key.partition(":")
    technology = _technology(written, f"coverage '{key}'")
    operator = operator.strip()
    if colon and not operator:
        msg = f"coverage '{key}' names no operator behind the colon; write {technology}:NAME"
        raise OptionError(msg)
    return technology, operator or None


def open_layers(
    coverage: Mapping[str, Any],
    grid: Grid,
    *,
    coverage_min: Mapping[str, float] | float | None = None,
    tile: tuple[int, int] | None = None,
) -> tuple[list[RasterLayer], list[PolygonLayer]]:
    """Open coverage layers.

    Parameters
    ----------
    coverage
        From key to a source or a sequence of sources: what `open_raster` or `read_vector` takes.
        Raster or polygons is decided by the suffix of a path and the type of anything else. A list
        of shapely geometries is one source.
    grid
        Population grid.
    coverage_min
        Threshold for rasters that hold a level: one number for all of them, or by key; the
        threshold of an operator's key goes before that of its technology.
    tile
        Lattice of the `tiles` that `RasterLayer.share` is given: that of the population raster. By
        default that of each layer.

    Returns
    -------
    rasters, polygons
        In the order of `coverage`.

    Raises
    ------
    UnknownTechnologyError, OptionError
        A key, or a threshold that applies to no raster.
    NoIntersectionError
        A raster does not meet the population.
    EmptyLayerError
        A polygon file has no row of the technology or operator, a raster no cell with data.
    ReadError, MissingCrsError, InputError
        See `open_raster` and `read_vector`. Values are checked when they are read.
    """
    thresholds = _Thresholds(coverage_min)
    rasters: list[RasterLayer] = []
    polygons: list[PolygonLayer] = []
    for key, given in coverage.items():
        technology, operator = parse_key(key)
        for source in _sources(given):
            what = f"coverage {key}"
            if is_raster(source):
                raster = open_raster(source, what)
                must_hold_data(raster)
                minimum = thresholds.of(technology, operator)
                rasters.append(
                    _raster_layer(raster, grid, tile, technology, operator, key, minimum)
                )
            else:
                polygons.extend(_polygon_layers(read_vector(source, what), technology, operator))
    thresholds.must_be_used()
    return rasters, polygons


def is_raster(source: Any) -> bool:
    """Whether a source is read as a raster; a path is by its suffix, where none of `VECTOR_SUFFIXES`."""
    if isinstance(source, tuple):
        return len(source) == 3 and hasattr(source[0], "shape") and hasattr(source[0], "dtype")
    if isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        if is_wkt(path):
            return False
        return Path(path.partition("|")[0]).suffix.lower() not in VECTOR_SUFFIXES
    return hasattr(source, "block_shapes")


def _sources(given: Any) -> list[Any]:
    if isinstance(given, list | tuple) and not is_raster(given):
        shapes = all(g is None or isinstance(g, shapely.Geometry) for g in given)
        return [given] if shapes else list(given)
    return [given]


def _technology(written: str, where: str) -> str:
    technology = written.strip().lower()
    if technology in (*TECHNOLOGIES, ANY):
        return technology
    msg = (
        f"{where}: there is no technology '{written.strip()}'; use one of "
        f"{', '.join(TECHNOLOGIES)} (GSM is 2g, UMTS 3g, LTE 4g, NR 5g), or {ANY} for a layer that "
        "does not say which"
    )
    raise UnknownTechnologyError(msg)


class _Thresholds:
    """The thresholds asked for, and which of them were of use."""

    def __init__(self, given: Mapping[str, float] | float | None) -> None:
        by_key = given if isinstance(given, Mapping) else {} if given is None else {"": given}
        self._by_key: dict[tuple[str, str | None] | None, float] = {}
        for key, value in by_key.items():
            if not np.isfinite(value):
                msg = f"the coverage threshold {key}={value} is no finite number"
                raise OptionError(msg)
            self._by_key[parse_key(key) if key else None] = float(value)
        self._used: set[tuple[str, str | None] | None] = set()

    def of(self, technology: str, operator: str | None) -> float | None:
        for key in ((technology, operator), (technology, None), None):
            if key in self._by_key:
                self._used.add(key)
                return self._by_key[key]
        return None

    def must_be_used(self) -> None:
        idle = [key for key in self._by_key if key not in self._used]
        if idle:
            names = ", ".join(":".join(filter(None, key)) if key else "for all" for key in idle)
            msg = (
                f"the coverage threshold {names} applies to no coverage raster; polygons have no "
                "level, and a key must be written as in --coverage"
            )
            raise OptionError(msg)


def _raster_layer(
    raster: Raster,
    grid: Grid,
    tile: tuple[int, int] | None,
    technology: str,
    operator: str | None,
    key: str,
    minimum: float | None,
) -> RasterLayer:
    rule: AtLeast | Fraction
    if minimum is None:
        plain = raster.dtype.kind in "iu" and (raster.scale, raster.offset) == (1.0, 0.0)
        rule = Fraction(key, technology, np.dtype(np.uint8 if plain else np.float32))
    else:
        rule = AtLeast(minimum, is_level_dbm=minimum < -20)
    aligned = Aligned(raster, grid, tile or raster.tile, rule)
    provenance, notes = _provenance(
        {raster.tags.get("EW4ALL_PROVENANCE", raster.tags.get("PROVENANCE", ""))}, raster.name
    )
    if not aligned.on_same_cells:
        notes.append(
            f"{raster.name} is on other cells than the population (a population cell is "
            f"{aligned.coarseness:.3g} times as wide); it was brought to the population's by area"
        )
    return RasterLayer(
        technology, operator, provenance, raster.name, aligned, (*raster.notes, *notes)
    )


def _polygon_layers(
    layer: VectorLayer, technology: str, operator: str | None
) -> Iterator[PolygonLayer]:
    columns = {name.lower(): name for name in layer.table}
    keep = np.ones(len(layer.geometries), np.bool_)
    if "technology" in columns:
        column = columns["technology"]
        written = [_text(v) for v in layer.table[column]]
        found = {w: _technology(w, f"{layer.name}, column {column}") for w in set(written)}
        keep = np.array([found[w] == technology for w in written], np.bool_)
        if not keep.any():
            msg = (
                f"{layer.name} has no row of technology {technology}; its column {column} holds "
                f"{', '.join(sorted(set(found.values())))}"
            )
            raise EmptyLayerError(msg)
    owners: list[str | None] = [operator] * len(keep)
    if "operator" in columns:
        column = columns["operator"]
        owners = [_text(v) or None for v in layer.table[column]]
        if operator is not None:
            here = sorted({o for o, k in zip(owners, keep, strict=True) if k and o})
            keep &= np.array([owner == operator for owner in owners], np.bool_)
            if not keep.any():
                msg = (
                    f"{layer.name} has no row of operator {operator} for {technology}; its column "
                    f"{column} holds {', '.join(here) or 'nothing'}"
                )
                raise EmptyLayerError(msg)
    names = {owner: None for owner, k in zip(owners, keep, strict=True) if k}
    for owner in names:
        mine = keep & np.array([o == owner for o in owners], np.bool_)
        part = layer.take(mine)
        said = (
            {_text(v) for v in part.table[columns["provenance"]]}
            if "provenance" in columns
            else {""}
        )
        provenance, notes = _provenance(said, layer.name)
        yield PolygonLayer(technology, owner, provenance, layer.name, part, (*layer.notes, *notes))


def _provenance(said: set[str], name: str) -> tuple[Provenance, list[str]]:
    """Return the least sure of the provenances that a layer states, and notes."""
    known = {s.strip().lower() or "unknown" for s in said}
    notes = [
        f"{name} states the provenance '{word}', which is none of {', '.join(PROVENANCES)}; it is "
        "taken as unknown"
        for word in sorted(known.difference(PROVENANCES))
    ]
    known = {word if word in PROVENANCES else "unknown" for word in known}
    if len(known) > 1:
        notes.append(
            f"{name} mixes provenances ({', '.join(sorted(known))}); the least sure is given"
        )
    return cast("Provenance", max(known, key=PROVENANCES.index)), notes


def _text(value: object) -> str:
    """Return a cell of a table as text, empty for null."""
    missing = value is None or (isinstance(value, float) and np.isnan(value))
    return "" if missing else str(value).strip()
