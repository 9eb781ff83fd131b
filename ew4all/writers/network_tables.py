"""Shapes of `ew4all coverage`: the cells of the network as points, and zones with the people served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from ew4all.writers.cells import write_cells_geojson
from ew4all.writers.tables import multi, write_gpkg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ew4all.cells import Cells
    from ew4all.units import F64

__all__ = ["write_network_shapes"]


def write_network_shapes(
    folder: Path,
    cells: Cells,
    eirp_dbm: F64,
    zones: Sequence[Mapping[str, Any]],
    shapes: Sequence[Any],
    description: str,
) -> None:
    """Write ``cells.geojson``, and ``zones.gpkg`` (layer ``zones``, EPSG:4326) where there are zones.

    Parameters
    ----------
    eirp_dbm
        Power of the reference signal of each cell.
    zones
        Row of each zone: texts and numbers.
    shapes
        Of each zone; None of the one called ``outside``.
    description
        Of the table of zones.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    extra = {"reference_eirp_dbm": np.round(np.asarray(eirp_dbm, dtype=np.float64), 3)}
    write_cells_geojson(folder / "cells.geojson", cells, extra)
    if not zones:
        return
    geometry = np.empty(len(zones), dtype=object)
    geometry[:] = [multi(shape) for shape in shapes]
    columns = {
        name: np.array(
            [zone[name] for zone in zones], dtype=object if name in {"id", "name"} else np.float64
        )
        for name in zones[0]
    }
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(geometry, crs=4326))
    write_gpkg(folder / "zones.gpkg", frame, description)
