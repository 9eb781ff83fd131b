"""Measures to choose from: a table, or points on a map, with a kind, a place, a cost and what is known of the effect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import Transformer

from ew4all.errors import ColumnError, GeometryError, TableValueError
from ew4all.planning.costs import CURRENCY
from ew4all.planning.measures import DEVICE, KINDS, SITE, SWITCH, Measure, counted
from ew4all.readers.plain_table import read_plain_table
from ew4all.readers.provenance import SourceNote
from ew4all.readers.vector_files import read_features
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyproj import CRS

__all__ = ["COLUMNS", "MeasureList", "read_measures"]

NUMBERS: Final = {
    "cost": (0.0, math.inf),
    "cost_year": (0.0, math.inf),
    "height_m": (1.0, 500.0),
    "power_dbm": (0.0, 80.0),
    "frequency_mhz": (100.0, 100_000.0),
    "rated_dbc": (60.0, 150.0),
    "radius_km": (0.01, 500.0),
    "people": (0.0, math.inf),
    "share": (0.0, 1.0),
}
"""Columns of numbers, and what is possible."""

COLUMNS: Final = ("id", "kind", "name", "lon", "lat", "site", "zone", "technology", "currency", *NUMBERS)  # fmt: skip
_TABLES: Final = (".csv", ".tsv", ".txt")


@dataclass(frozen=True, eq=False)
class MeasureList:
    """Measures in the order of their list."""

    measures: tuple[Measure, ...]
    source: SourceNote
    notes: tuple[str, ...]


def read_measures(source: Any) -> MeasureList:
    """Read measures.

    Parameters
    ----------
    source
        A table (``.csv``, ``.tsv``, ``.txt``) or a vector file of points. Column ``kind`` is one of
        `ew4all.planning.measures.KINDS`; ``lon`` and ``lat`` in degrees (of a table), ``cost`` and ``cost_year`` in US dollars: a
        row without ``cost`` is unpriced, a list without the column has the default prices; ``currency`` may say so and nothing
        else. Others of `COLUMNS` are optional.

    Raises
    ------
    ReadError, ColumnError, EmptyLayerError, TableValueError, GeometryError
        The message says what is wrong, in which row, and what to do.
    """
    path = str(source)
    name = f"measures {Path(path).name}"
    crs: CRS | None = None
    if path.lower().endswith(_TABLES):
        table = read_plain_table(path)
        columns = {c.lower(): table.texts(c) for c in table.header}
        lines: Sequence[int] = table.lines
    else:
        columns, crs = _points(path, name)
        lines = range(1, len(next(iter(columns.values()))) + 1)
    if "kind" not in columns:
        msg = f"{name} has no column 'kind'; it has {', '.join(columns)}. The kinds are {', '.join(KINDS)}"
        raise ColumnError(msg)
    unused = sorted(set(columns) - set(COLUMNS))
    notes = [f"{name}: columns that are not used: {', '.join(unused)}"] if unused else []
    rows = [
        {c: values[k] for c, values in columns.items() if c in COLUMNS} for k in range(len(lines))
    ]
    found = [_measure(row, k, f"{name}, line {lines[k]}") for k, row in enumerate(rows)]
    seen: dict[str, int] = {}
    for k, measure in enumerate(found):
        if measure.id in seen:
            msg = f"{name}, line {lines[k]}: the name {measure.id!r} is also on line {lines[seen[measure.id]]}; give each measure an id of its own"
            raise TableValueError(msg)
        seen[measure.id] = k
    notes.append(f"{name}: {counted(len(found))} to choose from")
    notes += _prices_left_out(found, columns, name)
    return MeasureList(tuple(found), SourceNote.of("measures", source, crs), tuple(notes))


def _prices_left_out(found: Sequence[Measure], columns: Mapping[str, Any], name: str) -> list[str]:
    """Say which costs are the default ones, as the list does not give them."""
    notes = []
    if "cost" not in columns:
        notes.append(f"{name} has no column cost: default prices of docs/measures.md are taken")
    left = [m for m in found if "cost_year" not in (m.options or {})]
    running = [m for m in left if math.isfinite(m.number("cost", math.nan))]
    if running:
        notes.append(
            f"{name}: {counted(len(running))} with a cost and no cost_year: the default running costs of docs/measures.md are "
            "taken; write 0 where there are none"
        )
    return notes


def _points(path: str, name: str) -> tuple[dict[str, list[str]], CRS | None]:
    features = read_features(path, name, None)
    kinds = shapely.get_type_id(features.geometries)
    if not (kinds == 0).all():
        k = int(np.flatnonzero(kinds != 0)[0])
        msg = f"{name}, feature {k + 1} is no point; give one point a measure"
        raise GeometryError(msg)
    x, y = shapely.get_x(features.geometries), shapely.get_y(features.geometries)
    if features.crs is not None and not features.crs.is_geographic:
        x, y = Transformer.from_crs(features.crs, 4326, always_xy=True).transform(x, y)
    columns = {c.lower(): [_text(v) for v in values] for c, values in features.table.items()}
    columns["lon"], columns["lat"] = [repr(float(v)) for v in x], [repr(float(v)) for v in y]
    return columns, features.crs


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(value).strip()


def _measure(row: Mapping[str, str], k: int, where: str) -> Measure:
    kind = row["kind"].strip().lower()
    if kind not in KINDS:
        msg = f"{where}: there is no kind {row['kind']!r}; the kinds are {', '.join(KINDS)}"
        raise TableValueError(msg)
    options: dict[str, float | str] = {}
    for name, (low, high) in NUMBERS.items():
        text = row.get(name, "")
        if not text:
            # A list that has costs, but none for this measure: unpriced. Running costs left out are the default ones.
            if name == "cost" and "cost" in row:
                options["cost"] = math.nan
            continue
        options[name] = _number(text, name, where, low, high)
    currency = row.get("currency", "").strip()
    if currency.upper() not in {"", CURRENCY}:
        msg = f"{where}: the currency is {currency!r}, but costs of a plan are in {CURRENCY}; convert them, and write {CURRENCY}"
        raise TableValueError(msg)
    technology = row.get("technology", "").lower()
    if technology:
        if technology not in TECHNOLOGIES:
            msg = f"{where}: there is no technology {technology!r}; use one of {', '.join(TECHNOLOGIES)}"
            raise TableValueError(msg)
        options["technology"] = technology
    site, zone = row.get("site", ""), row.get("zone", "")
    acts = KINDS[kind].acts
    lon, lat = math.nan, math.nan
    if row.get("lon") or row.get("lat"):
        lon = _number(row.get("lon", ""), "lon", where, -360.0, 360.0)
        lat = _number(row.get("lat", ""), "lat", where, -90.0, 90.0)
    elif acts not in {SITE, DEVICE, SWITCH} and not site:
        msg = f"{where}: a {kind} stands somewhere, but there is no lon and lat"
        raise TableValueError(msg)
    if acts == SITE and not site:
        msg = (
            f"{where}: a {kind} is for a site, but there is no site; name one of the list of sites"
        )
        raise TableValueError(msg)
    identifier = row.get("id", "") or f"{kind}-{k + 1:04d}"
    return Measure(identifier, kind, row.get("name", "") or identifier, lon, lat, None, site, zone, options)  # fmt: skip


def _number(text: str, name: str, where: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high or math.isinf(value):
        limits = f"{low:g} or more" if math.isinf(high) else f"a number from {low:g} to {high:g}"
        msg = f"{where}: {name} is {text!r}, but it is {limits}"
        raise TableValueError(msg)
    return value
