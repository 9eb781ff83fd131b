"""Sirens of a run from a table or points."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import Transformer

from ew4all.errors import ColumnError, GeometryError, InputError
from ew4all.readers.provenance import SourceNote
from ew4all.sim.siren_levels import Sirens

if TYPE_CHECKING:
    from ew4all.grid import Grid

__all__ = ["LEVEL_COLUMNS", "sirens_on"]

LEVEL_COLUMNS: Final = ("rated_dbc", "dbc", "level_db", "db", "rating")
"""Names of a column with the level at 30.48 m (100 ft), dBC, in lower case."""


def sirens_on(source: Any, grid: Grid, notes: list[str], sources: list[SourceNote]) -> Sirens:
    """Read sirens: points, or a table with longitude and latitude, and a column of `LEVEL_COLUMNS`; or `Sirens`.

    Raises
    ------
    ColumnError
        No column of levels.
    GeometryError
        Something else than points.
    InputError
        A level that is no number.
    ReadError
        The file cannot be read.
    """
    if isinstance(source, Sirens):
        return replace(source, grid=grid)
    from ew4all.readers.settlements import read_point_table
    from ew4all.readers.vector_files import read_features

    path = str(source)
    name = f"sirens {path}"
    is_table = path.lower().endswith((".csv", ".tsv", ".txt"))
    features = read_point_table(path, name) if is_table else read_features(path, name, None)
    columns = {c.lower(): c for c in features.table}
    column = next((columns[c] for c in LEVEL_COLUMNS if c in columns), None)
    if column is None:
        msg = f"{name} needs a column {LEVEL_COLUMNS[0]} with the level at 30.48 m, dBC; it has {', '.join(features.table) or 'none'}"
        raise ColumnError(msg)
    if not (shapely.get_type_id(features.geometries) == 0).all():
        msg = f"{name} holds something else than points; give one point a siren"
        raise GeometryError(msg)
    try:
        rated = np.asarray(features.table[column], np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{name}: column {column!r} holds {features.table[column][0]!r}, which is no level in dBC"
        raise InputError(msg) from error
    x, y = shapely.get_x(features.geometries), shapely.get_y(features.geometries)
    if features.crs is not None and not features.crs.is_geographic:
        x, y = Transformer.from_crs(features.crs, 4326, always_xy=True).transform(x, y)
    notes += features.notes
    notes.append(f"{name}: {rated.size:,} sirens, levels from column {column!r}")
    sources.append(SourceNote.of("sirens", source, features.crs, unit="dBC"))
    return Sirens(grid, np.asarray(x, np.float64), np.asarray(y, np.float64), rated)
