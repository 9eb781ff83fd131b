"""Vector files to tables: results of ours in this process, uploads in one of their own, with GDAL's network off."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ew4all.api.jobs.drivers import sealed
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from ew4all.api.features.table import Table
    from ew4all.api.layers.catalogue import Layer
    from ew4all.api.service import Service
    from ew4all.api.settings import Limits

__all__ = ["features_of_layer", "frame_of", "read_layer", "read_table", "version_of"]

_SECONDS: Final = 60
_MEMORY_BYTES: Final = 8 << 30
_READERS: Final = threading.BoundedSemaphore(2)
"""Processes that read uploads at a time; who asks for more waits."""


def version_of(layer: Layer) -> str:
    """Return a text that differs where the features of a layer do."""
    return f"{layer.sha256}:{layer.kind}:{layer.suffix}"


def features_of_layer(service: Service, layer: Layer) -> Table:
    """Return the features of a layer, from memory where they are there.

    Raises
    ------
    Problem
        As `read_layer`.
    """
    return service.tables.get_or_make(version_of(layer), lambda: read_layer(service, layer))


def read_layer(service: Service, layer: Layer) -> Table:
    """Return the features of a layer.

    Raises
    ------
    Problem
        400: it cannot be read; 413: it has more features or vertices than this service serves.
    """
    path = service.blobs.path(layer.sha256, layer.suffix)
    if layer.is_upload:
        path = _made_safe(service, layer, path)
    found = read_table(path, service.settings.limits)
    if isinstance(found, str):
        raise _unreadable(layer, found)
    return found


def _made_safe(service: Service, layer: Layer, path: Path) -> Path:
    """Return an upload as GeoParquet of ours, which is written once."""
    safe = path.with_name(f"{layer.sha256}.features.parquet")
    if safe.is_file():
        return safe
    limits = service.settings.limits
    command = [
        sys.executable, "-P", "-m", "ew4all.api.features.reading", str(path), str(safe),
        str(limits.layer_features), str(limits.layer_vertices),
    ]  # fmt: skip
    kept = {k: v for k, v in os.environ.items() if not k.startswith("EW4ALL_")}
    try:
        with _READERS:
            ran = subprocess.run(
                command,
                capture_output=True,
                check=False,
                timeout=_SECONDS,
                env={**kept, **sealed()},
            )
    except subprocess.TimeoutExpired:
        raise _unreadable(layer, f"it could not be read within {_SECONDS} s") from None
    try:
        said: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        raise _unreadable(layer, "what reads it ended without a result") from None
    if "problem" in said:
        raise _unreadable(layer, said["problem"])
    return safe


def _unreadable(layer: Layer, why: str) -> Problem:
    status = 413 if why.startswith("it has more") else 400
    code = "too-large" if status == 413 else "unreadable-layer"
    told = f"the layer {layer.name!r} cannot be served as features: {why}"
    place = {"pointer": "path:layer_id", "detail": told, "code": code}
    return Problem(status, code, told, errors=[place])


def read_table(path: Path, limits: Limits) -> Table | str:
    """Return the features of a file, or why they cannot be had."""
    frame = frame_of(path, limits.layer_features, limits.layer_vertices)
    return frame if isinstance(frame, str) else table_of(frame)


def table_of(frame: Any) -> Table:
    """Return a GeoDataFrame of longitudes and latitudes as a table."""
    import numpy as np

    from ew4all.api.features.table import Table, identifiers_of, plain
    from ew4all.api.features.wrapping import wrapped

    name = frame.geometry.name
    columns = {
        str(column): [plain(v) for v in frame[column].tolist()]
        for column in frame.columns
        if column != name
    }
    shapes = wrapped(np.array(frame.geometry.to_numpy(), dtype=object))
    return Table(identifiers_of(columns.get("id"), len(frame)), shapes, columns)


def frame_of(path: Path, most_features: int, most_vertices: int) -> Any:
    """Return a GeoDataFrame in EPSG:4326, or text that says why not."""
    import geopandas as gpd
    import pyogrio
    import shapely
    from pyarrow import ArrowException
    from pyogrio.errors import DataLayerError, DataSourceError
    from pyproj.exceptions import ProjError

    try:
        if path.suffix.lower() == ".parquet":
            frame = gpd.read_parquet(path)
        else:
            count = pyogrio.read_info(path, force_feature_count=True)["features"]
            if count > most_features:
                return f"it has more features than {most_features:,}"
            frame = pyogrio.read_dataframe(path)
        if not isinstance(frame, gpd.GeoDataFrame):
            return "it has no geometry"
        if frame.crs is None:
            return "it does not say in what coordinates it is"
        frame = frame.to_crs(4326)
    except (
        DataLayerError, DataSourceError, ArrowException, ProjError, OSError, ValueError,
    ) as error:  # fmt: skip
        return f"it cannot be read ({type(error).__name__})"
    if len(frame) > most_features:
        return f"it has more features than {most_features:,}"
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    if int(shapely.get_num_coordinates(shapes).sum()) > most_vertices:
        return f"it has more vertices than {most_vertices:,}"
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=4326))


def main(source: str, target: str, most_features: str, most_vertices: str) -> dict[str, Any]:
    """Read a foreign file and write it as GeoParquet; return what is wrong with it, or nothing."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    frame = frame_of(Path(source), int(most_features), int(most_vertices))
    if isinstance(frame, str):
        return {"problem": frame}
    part = Path(f"{target}.{os.getpid()}.part")
    frame.to_parquet(part, index=False, schema_version="1.1.0", write_covering_bbox=False)
    part.replace(target)
    return {}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
