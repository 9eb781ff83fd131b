"""Results of a job that nobody computed: small files whose every value is known, taken into the store as a worker does it."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from affine import Affine
from pyproj import CRS
from sqlalchemy import insert

from ew4all.api.identifiers import new_id
from ew4all.api.jobs.outcome import collect
from ew4all.api.store.tables import JOBS, LAYERS
from ew4all.grid import Grid
from ew4all.writers.rasters import write_cog

if TYPE_CHECKING:
    from pathlib import Path

# Cells of one degree; the north-west corner lies at 10 E, 4 N.
PEOPLE: Final = np.array(
    [[-1, 0, 1, 2], [3, 4, 5, 6], [7, 8, 9, 10], [0, 0, 0, 20]], dtype=np.float32
)
GRID: Final = Grid(Affine(1.0, 0.0, 10.0, 0.0, -1.0, 4.0), 4, 4, CRS(4326))
MADE: Final = dt.datetime(2026, 7, 1, 12, 0, tzinfo=dt.UTC)

ZONES: Final = {
    "west": shapely.box(10.0, 0.0, 12.0, 4.0),
    "east": shapely.box(12.0, 0.0, 14.0, 4.0),
    "outside": None,
}


def zones() -> gpd.GeoDataFrame:
    """Two halves of the raster, and people who are nowhere."""
    values = {
        "id": list(ZONES),
        "name": ["West", "East", "no zone"],
        "uncovered": [22.0, 53.0, np.nan],
    }
    return gpd.GeoDataFrame(values, geometry=list(ZONES.values()), crs=4326)


def write_results(folder: Path) -> None:
    """Write what a job might have made."""
    folder.mkdir(parents=True)
    write_cog(
        folder / "uncovered.tif",
        GRID,
        [(b, PEOPLE) for b in GRID.blocks(4, 4)],
        description="people uncovered",
    )
    zones().to_parquet(folder / "zones.parquet", index=False)
    zones().to_file(folder / "zones.gpkg", layer="zones", driver="GPKG", engine="pyogrio")
    island = {
        "type": "Feature", "properties": {"name": "Taveuni", "tags": ["a", "b"]},
        "geometry": shapely.geometry.mapping(shapely.box(179.0, -18.0, 181.0, -16.0)),
    }  # fmt: skip
    (folder / "islands.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [island]}), "utf-8"
    )
    towers = {
        **island,
        "properties": {"id": "t1"},
        "geometry": {"type": "Point", "coordinates": [11.0, 1.0]},
    }
    # Called as the cells of a raster are, and none of them.
    (folder / "cells.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [towers]}), "utf-8"
    )
    pq.write_table(pa.table({"hour": [0, 1], "share": [0.25, 0.5]}), folder / "curves.parquet")
    (folder / "report.html").write_text(
        "<!doctype html><script>alert(1)</script><p>Report</p>", "utf-8"
    )
    (folder / "run.json").write_text('{"version": "1"}', "utf-8")
    (folder / "served.csv").write_text("zone,people\nwest,22\n", "utf-8")


def keep_results(
    service: Any, folder: Path, *, owner: str = "local", title: str | None = None
) -> str:
    """Take the files of a folder in as the results of a job that has ended; return the job."""
    job = new_id()
    row = {
        "id": job, "process": "reach", "inputs": {} if title is None else {"title": title}, "owner": owner, "priority": 0,
        "status": "successful", "progress": 100.0, "message": "done", "outputs": {}, "attempts": 1,
        "created": MADE, "started": MADE, "finished": MADE, "updated": MADE,
    }  # fmt: skip
    _, layers = collect(service, job, folder, {})
    with service.database.begin() as connection:
        connection.execute(insert(JOBS).values(row))
        connection.execute(insert(LAYERS), [{**layer, "created": MADE} for layer in layers])
    return job
