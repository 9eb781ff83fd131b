"""Vector layers and tables in other formats, written once and kept beside the content that they were made of."""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

from ew4all.api.jobs.outcome import media_type_of
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ew4all.api.features.table import Table
    from ew4all.api.layers.catalogue import Layer
    from ew4all.api.service import Service

__all__ = ["ENDINGS", "Format", "file_of"]

Format = Literal["csv", "geojson", "gpkg", "parquet"]
ENDINGS: Final[dict[str, str]] = {
    "csv": ".csv", "geojson": ".geojson", "gpkg": ".gpkg", "parquet": ".parquet",
}  # fmt: skip

_WRITING: Final = threading.Lock()
"""The time that a GeoPackage says it was made is an option of GDAL for the whole process."""


def file_of(service: Service, layer: Layer, wanted: Format | None) -> tuple[Path, str, str]:
    """Return path, name and media type of a layer, as it is or in another format.

    Raises
    ------
    Problem
        400: the layer cannot be had in this format; 413: it is too large for that.
    """
    if wanted is None or ENDINGS[wanted] == layer.suffix:
        return service.blobs.path(layer.sha256), layer.name, layer.media_type
    name = f"{layer.stem}{ENDINGS[wanted]}"
    plain = service.blobs.path(layer.sha256)
    path = plain.with_name(f"{layer.sha256}.as{ENDINGS[wanted]}")
    if not path.is_file():
        if layer.kind == "vector":
            from ew4all.api.features.reading import features_of_layer

            _write(features_of_layer(service, layer), wanted, path, layer.stem)
        elif layer.suffix == ".parquet" and wanted == "csv" and not layer.is_upload:
            _parquet_to_csv(service.blobs.path(layer.sha256, layer.suffix), path)
        else:
            told = f"the layer {layer.name!r} is a {layer.kind}, which cannot be had as {wanted}; leave out `f`"
            raise Problem(400, "no-such-format", told)
    return path, name, media_type_of(name)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Give a file beside `path` that takes its place when it is whole."""
    part = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}{path.suffix}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write(table: Table, wanted: Format, path: Path, name: str) -> None:
    import geopandas as gpd
    import pyogrio

    from ew4all.writers.tables import FIXED_DATE

    if wanted == "geojson":
        _write_geojson(table, path)
        return
    columns: dict[str, Any] = {k: _flat(v) for k, v in table.columns.items()}
    if wanted == "csv":
        _write_csv(table, columns, path)
        return
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(list(table.shapes), crs=4326))
    with _whole(path) as part:
        if wanted == "parquet":
            frame.to_parquet(part, index=False, schema_version="1.1.0", write_covering_bbox=True)
            return
        with _WRITING:
            before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
            try:
                frame.to_file(
                    part, layer=name, driver="GPKG", engine="pyogrio", promote_to_multi=True
                )
            finally:
                pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _flat(values: list[Any]) -> list[Any]:
    """Return a column without lists, which CSV and GeoPackage do not have."""
    import json

    return [json.dumps(v, ensure_ascii=False) if isinstance(v, list | dict) else v for v in values]


def _write_geojson(table: Table, path: Path) -> None:
    import numpy as np

    with _whole(path) as part, part.open("w", encoding="utf-8") as file:
        file.write('{"type":"FeatureCollection","features":[\n')
        step = 1000
        for at in range(0, len(table), step):
            lines = table.geojson(np.arange(at, min(at + step, len(table))))
            file.write((",\n" if at else "") + ",\n".join(lines))
        file.write("\n]}\n")


def _write_csv(table: Table, columns: dict[str, list[Any]], path: Path) -> None:
    """Write values, and the shape as WKT in the last column."""
    import csv

    import shapely

    with _whole(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*columns, "geometry_wkt"])
        shapes = shapely.to_wkt(table.shapes, rounding_precision=8)
        writer.writerows(zip(*columns.values(), shapes, strict=True))


def _parquet_to_csv(source: Path, path: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet as pq

    file = pq.ParquetFile(source)
    with _whole(path) as part, pyarrow.csv.CSVWriter(part, file.schema_arrow) as writer:
        for batch in file.iter_batches():
            writer.write_batch(batch)
