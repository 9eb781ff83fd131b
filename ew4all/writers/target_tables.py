"""Tables beside the cells of a choice: the curve, rules, codes, settlements; and where people are disturbed, as shapes."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from rasterio import features

from ew4all.reprojection import to_lonlat
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ew4all.coverage.tradeoff import Curve, Outcome
    from ew4all.grid import Grid
    from ew4all.target_results import Target

__all__ = ["DisturbedArea", "write_shapes", "write_target_tables"]

_DECIMALS = 7


def write_target_tables(folder: Path, target: Target, notice: str | None = None) -> None:
    """Write curve.csv and rules.csv, and groups.csv, operators.csv and settlements.csv where there are any.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    more = {} if notice is None else {"notice": notice}
    _write_rows(folder / "curve.csv", [{**row, **more} for row in _corners(target.choice.curve)])
    _write_rows(
        folder / "rules.csv",
        [{"rule": r.rule, "does": r.does, **_flat(r.outcome), **more} for r in target.rules],
    )
    if target.groups:
        _write_rows(folder / "groups.csv", [{**asdict(row), **more} for row in target.groups])
    if target.operators:
        rows = [{"name": o.name, "share": o.share, **_flat(o.outcome)} for o in target.operators]
        _write_rows(folder / "operators.csv", [{**row, **more} for row in rows])
    if target.settlements:
        _write_rows(
            folder / "settlements.csv", [{**asdict(row), **more} for row in target.settlements]
        )


def _corners(curve: Curve) -> Iterable[dict[str, Any]]:
    names = ("cells", "missed", "over_reach", "missed_km2", "over_reach_km2", "shown_over_reach")
    for k, tau in enumerate(np.minimum(curve.tau, 1.0).tolist()):
        yield {"tau": tau, **{name: getattr(curve, name)[k].item() for name in names}}


def _flat(outcome: Outcome) -> dict[str, Any]:
    return asdict(outcome)


def _write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(list(rows[0]))
        for row in rows:
            writer.writerow([repr(v) if isinstance(v, float) else v for v in row.values()])


class DisturbedArea:
    """Where at least half of the phones outside the area camp on an addressed cell, gathered window by window."""

    def __init__(self, grid: Grid) -> None:
        """Begin with nothing."""
        self._grid = grid
        self._shapes: list[Any] = []

    def add(self, block: Any, on: NDArray[np.floating]) -> None:
        """Add one window: the share of phones on an addressed cell, 0 inside the area."""
        half = (on >= 0.5).astype(np.uint8)
        if not half.any():
            return
        transform = self._grid.crop(block).transform
        found = features.shapes(half, mask=half == 1, transform=transform)
        self._shapes += [shapely.geometry.shape(shape) for shape, _ in found]

    def shape(self) -> Any:
        """Return everything as one shape in longitude and latitude; empty where nobody is disturbed."""
        if not self._shapes:
            return shapely.MultiPolygon()
        whole = shapely.union_all(self._shapes)
        one = np.empty(1, dtype=object)
        one[0] = whole
        return to_lonlat(one, self._grid)[0]


def write_shapes(
    path: Path, shapes: Sequence[tuple[Mapping[str, Any], Any]], notice: str | None = None
) -> None:
    """Write shapes in longitude and latitude as GeoJSON (RFC 7946).

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    found = []
    for facts, shape in shapes:
        drawn = shapely.orient_polygons(shapely.set_precision(shape, 10.0**-_DECIMALS))
        found.append(
            {
                "type": "Feature",
                "geometry": json.loads(shapely.to_geojson(drawn)),
                "properties": dict(facts),
            }
        )
    _write_collection(path, found, notice)


def _write_collection(path: Path, found: Sequence[Any], notice: str | None) -> None:
    document: dict[str, Any] = {"type": "FeatureCollection", "features": list(found)}
    if notice is not None:
        document["notice"] = notice
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
    with writing(path):
        path.write_text(text, encoding="utf-8", newline="\n")
