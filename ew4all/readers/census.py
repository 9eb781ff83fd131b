"""Census areas: polygons with the number of people who live in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ew4all.errors import ColumnError, PopulationValueError
from ew4all.readers.vector_files import feature_list
from ew4all.readers.vectors import VectorLayer, read_vector
from ew4all.readers.zones import column_named

if TYPE_CHECKING:
    from ew4all.units import F64

__all__ = ["Census", "read_census"]

# A real census leaves some areas blank, about one in sixty. More than that is a column that was
# joined badly, and counting nobody there would pass for an answer.
_MOST_UNKNOWN = 0.05


@dataclass(frozen=True)
class Census:
    """Areas and their `people`, shape (areas,); each has a polygon."""

    layer: VectorLayer
    people: F64


def read_census(source: object, column: str | None) -> Census:
    """Read areas with their people.

    Parameters
    ----------
    source
        Anything that `ew4all.readers.vectors.read_vector` takes.
    column
        Column with the number of people in each area.

    Returns
    -------
    Census
        Features without a polygon and without people are left out, and where up to a twentieth of
        the numbers are null, nobody is counted there; notes say so.

    Raises
    ------
    ColumnError
        The column does not exist, is not named, or holds no numbers.
    PopulationValueError
        People who are negative, infinite, or null in more than a twentieth of the areas; or people without a polygon, who cannot be
        placed.
    """
    layer = read_vector(source, "population")
    numeric = [name for name, values in layer.table.items() if values.dtype.kind in "iuf"]
    listed = f"its columns of numbers are: {', '.join(numeric) or 'none'}"
    if column is None:
        msg = (
            f"{layer.name} holds polygons; name the column with their people "
            f"(--population-column): {listed}"
        )
        raise ColumnError(msg)
    try:
        column = column_named(layer, column)
    except ColumnError as error:
        msg = f"{layer.name} has no column {column!r}; {listed}"
        raise ColumnError(msg) from error
    if column not in numeric:
        msg = (
            f"{layer.name}: column {column!r} does not hold numbers; convert it, or name another: "
            f"{listed}"
        )
        raise ColumnError(msg)
    people = layer.table[column].astype(np.float64)
    drawn = ~shapely.is_missing(layer.geometries)
    _refuse(layer, column, "negative", np.flatnonzero(people < 0.0))
    _refuse(layer, column, "infinite", np.flatnonzero(np.isinf(people)))
    unknown = np.flatnonzero(drawn & np.isnan(people))
    if unknown.size > _MOST_UNKNOWN * drawn.sum():
        _refuse(layer, column, "null, which is not the same as 0,", unknown)
    elif unknown.size:
        layer = layer.with_notes(
            f"{layer.name}: column {column!r} is null in {feature_list(unknown)} of {len(people)}; "
            "nobody is counted there"
        )
        people[unknown] = 0.0
    homeless = np.flatnonzero(~drawn & (people > 0.0))
    if homeless.size:
        msg = (
            f"{layer.name}: {feature_list(homeless)} without a polygon and with "
            f"{people[homeless].sum():,.10g} people, who cannot be placed and would be lost; add "
            f"the polygon, or set the people to 0"
        )
        raise PopulationValueError(msg)
    if not drawn.all():
        gone = feature_list(np.flatnonzero(~drawn))
        layer = layer.with_notes(f"{layer.name}: {gone} without a polygon and without people")
    return Census(layer.take(drawn), people[drawn])


def _refuse(
    layer: VectorLayer, column: str, how: str, where: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> None:
    if where.size:
        msg = f"{layer.name}: column {column!r} is {how} in {feature_list(where)}; correct it"
        raise PopulationValueError(msg)
