"""Features in memory: shapes in degrees, columns of plain values, and an index of where they are."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Table", "identifiers_of", "plain"]

_BYTES_OF_VERTEX = 16
_BYTES_OF_SHAPE = 200
_BYTES_OF_VALUE = 60

Shapes = "NDArray[np.object_]"


@dataclass(frozen=True, eq=False)
class Table:
    """Features of one collection.

    Attributes
    ----------
    ids
        Of each feature, all different.
    shapes
        In EPSG:4326, longitude first, two dimensions; None where a feature is nowhere.
    columns
        Name to one plain value (text, number, truth value, None, list) a feature.
    begins, ends
        Span of time of each feature, seconds since 1970; None where the features have no time of their own. An open end
        is an infinity.
    """

    ids: tuple[str, ...]
    shapes: NDArray[np.object_]
    columns: dict[str, list[Any]]
    begins: NDArray[np.float64] | None = None
    ends: NDArray[np.float64] | None = None
    types: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many features there are."""
        return len(self.ids)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the shapes; those that are None are never found."""
        return shapely.STRtree(self.shapes)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Identifier to row."""
        return {identifier: row for row, identifier in enumerate(self.ids)}

    @property
    def nbytes(self) -> int:
        """Memory it takes, about."""
        vertices = int(shapely.get_num_coordinates(self.shapes).sum())
        values = len(self) * (len(self.columns) + 2)
        return vertices * _BYTES_OF_VERTEX + len(self) * _BYTES_OF_SHAPE + values * _BYTES_OF_VALUE

    def properties(self, row: int) -> dict[str, Any]:
        """Return the values of one feature."""
        return {name: values[row] for name, values in self.columns.items()}

    def geojson(self, rows: NDArray[np.int64]) -> list[str]:
        """Return features as GeoJSON (RFC 7946) texts."""
        shapes = shapely.to_geojson(self.shapes[rows])
        return [
            f'{{"type":"Feature","id":{json.dumps(self.ids[row])},"geometry":{shape or "null"},'
            f'"properties":{json.dumps(self.properties(row), ensure_ascii=False, allow_nan=False)}}}'
            for row, shape in zip(rows.tolist(), shapes, strict=True)
        ]


def identifiers_of(values: Sequence[Any] | None, count: int) -> tuple[str, ...]:
    """Return identifiers from a column where it has a different one for each feature, else numbers from 1."""
    if values is not None:
        found = [str(v) for v in values]
        if len(set(found)) == count and all(v and len(v) <= 200 and "/" not in v for v in found):
            return tuple(found)
    return tuple(str(k) for k in range(1, count + 1))


def plain(value: Any) -> Any:
    """Return a value of a column as JSON has it; what is not a number, or no time, is None."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.generic):
        return plain(value.item())
    if hasattr(value, "isoformat"):
        text = str(value.isoformat())
        return None if text == "NaT" else text
    if isinstance(value, bytes):
        return None
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(v) for v in value]
    # What is not a number is not itself; of `pandas.NA` not even that is known, and it is no truth value.
    is_other = value != value  # noqa: PLR0124
    return str(value) if is_other is False else None
