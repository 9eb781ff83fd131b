"""Radio cells as GeoJSON and CSV: everything that is known of each, what was assumed, and columns that a command adds."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.cells import ASSUMABLE, TECHNOLOGIES
from ew4all.errors import InputError
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import ArrayLike

    from ew4all.cells import Cells

__all__ = ["cell_table", "write_cells_csv", "write_cells_geojson"]

_DECIMALS: Final = 6
_PLAIN: Final = ("azimuth_deg", "tai", "emergency_area")


def cell_table(cells: Cells, extra: Mapping[str, ArrayLike] | None = None) -> dict[str, list[Any]]:
    """Return the cells as columns of plain values, None where one is not known.

    ``id, site_id, technology, operator, lon_deg, lat_deg``, the columns of `ASSUMABLE`, ``azimuth_deg, tai,
    emergency_area, assumed`` (names of the columns that the list did not give, with blanks between), then those of `extra`.

    Parameters
    ----------
    extra
        Name to values, shape (cells,): numbers, words or truth values; NaN and None are not known.

    Raises
    ------
    InputError
        A column of another length, or one with the name of a column that is there already.
    """
    count = len(cells)
    technology = np.array(TECHNOLOGIES)
    table: dict[str, list[Any]] = {
        "id": cells.id.tolist(),
        "site_id": cells.site_id.tolist(),
        "technology": technology[cells.technology].tolist(),
        "operator": cells.operator.tolist(),
        "lon_deg": cells.lon_deg.tolist(),
        "lat_deg": cells.lat_deg.tolist(),
    }
    for name in (*ASSUMABLE, *_PLAIN):
        table[name] = _known(getattr(cells, name))
    words = {
        code: " ".join(name for bit, name in enumerate(ASSUMABLE) if code >> bit & 1)
        for code in np.unique(cells.assumed).tolist()
    }
    table["assumed"] = [words[code] for code in cells.assumed.tolist()]
    for name, values in (extra or {}).items():
        column = np.asarray(values)
        if name in table:
            msg = f"cells have a column {name!r} already; give the added one another name"
            raise InputError(msg)
        if column.shape != (count,):
            msg = f"the added column {name!r} has shape {column.shape}, but there are {count} cells"
            raise InputError(msg)
        table[name] = _known(column)
    return table


def write_cells_geojson(
    path: Path,
    cells: Cells,
    extra: Mapping[str, ArrayLike] | None = None,
    *,
    notice: str | None = None,
) -> None:
    """Write cells as points (RFC 7946), with all columns of `cell_table` but the place as properties, null where not known.

    Parameters
    ----------
    notice
        Words that the file must carry, for instance that the data are not real.

    Raises
    ------
    InputError
        See `cell_table`; or a number that is infinite.
    WriteError
        The file cannot be written.
    """
    table = cell_table(cells, extra)
    places = zip(table.pop("lon_deg"), table.pop("lat_deg"), strict=True)
    features = [
        {
            "type": "Feature",
            "id": row[0],
            "geometry": {
                "type": "Point",
                "coordinates": [round(lon, _DECIMALS), round(lat, _DECIMALS)],
            },
            "properties": dict(zip(table, row, strict=True)),
        }
        for (lon, lat), *row in zip(places, *table.values(), strict=True)
    ]
    document: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if notice is not None:
        document["notice"] = notice
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
    with writing(path):
        path.write_text(text, encoding="utf-8", newline="\n")


def write_cells_csv(
    path: Path,
    cells: Cells,
    extra: Mapping[str, ArrayLike] | None = None,
    *,
    notice: str | None = None,
) -> None:
    """Write the columns of `cell_table` as CSV, empty where not known.

    `read_cells` reads the file again; what was assumed then counts as given.

    Parameters
    ----------
    notice
        Words that every row must carry.

    Raises
    ------
    InputError
        See `cell_table`.
    WriteError
        The file cannot be written.
    """
    table = cell_table(cells, extra)
    if notice is not None:
        table["notice"] = [notice] * len(cells)
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))


def _known(values: np.ndarray[Any, Any]) -> list[Any]:
    """Return plain values, None for NaN; infinite ones have no place in JSON."""
    plain: list[Any] = values.tolist()
    if values.dtype.kind not in "fO":
        return plain
    known = [None if v is None or v != v else v for v in plain]  # noqa: PLR0124 - NaN
    if any(isinstance(v, float) and v in {float("inf"), float("-inf")} for v in known):
        msg = "an added column of the cells holds an infinite number; give finite ones, or NaN where none is known"
        raise InputError(msg)
    return known
