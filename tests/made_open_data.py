"""What providers of open data send, small, and a call of `ew4all data get` against a server on this machine."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from open_data_server import Answer, OpenDataServer
from raster_files import write_tif

from ew4all.catalogue.shelf import Fetched, get

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.catalogue.entries import Entry
    from ew4all.catalogue.templates import Wanted

ASKED: dict[str, dict[str, str]] = {
    "worldpop-constrained": {"iso3": "grd", "year": "2024"},
    "worldpop-constrained-2020": {"iso3": "GRD"},
    "worldpop-unconstrained": {"iso3": "GRD"},
    "ghs-pop": {"bbox": "36.5,-1.5,37,-1"},
    "meta-hrsl": {"bbox": "81,28,82,29"},
    "opencellid": {"mcc": "651", "token": "pk.1"},
    "ookla-mobile": {"year": "2024", "quarter": "3"},
    "geoboundaries": {"iso3": "LSO", "level": "2"},
    "natural-earth-countries": {},
    "copernicus-dem-30": {"bbox": "-61.9,12.1,-61.3,12.6"},
    "copernicus-dem-90": {"bbox": "27.1,-29.9,27.9,-29.1"},
}
"""A call of each row that takes one file."""

HTML = Answer(
    b"<!DOCTYPE html><html><head><title>Busy</title></head><body>Daily limit reached</body></html>",
    media_type="text/html; charset=utf-8",
    etag=None,
)


def bodies_in(folder: Path) -> dict[str, bytes]:
    """What each format looks like, small."""
    # Noise: a body that compresses to nothing leaves nothing to cut.
    people = np.random.default_rng(7).random((160, 160)).astype(np.float32)
    tif = write_tif(folder / "people.tif", people).read_bytes()
    newer = write_tif(folder / "newer.tif", people[::-1].copy()).read_bytes()
    table = pa.table({"quadkey": [f"{k:016d}" for k in range(4000)], "tests": list(range(4000))})
    pq.write_table(table, folder / "tests.parquet")
    csv = "radio,mcc\n" + "".join(f"LTE,{k * k % 9973}\n" for k in range(20_000))
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("GHS_POP.tif", tif)
        archive.writestr("copyright.txt", "JRC")
        archive.writestr("../outside.tif.txt", "no")
    shapes = io.BytesIO()
    with zipfile.ZipFile(shapes, "w") as archive:
        for suffix in ("shp", "shx", "dbf", "prj", "README.html"):
            archive.writestr(f"ne_10m_admin_0_countries.{suffix}", suffix * 40_000)
    squares = {"type": "FeatureCollection", "features": [{"k": k} for k in range(9000)]}
    return {
        "tif": tif,
        "newer": newer,
        "ghs-pop": inner.getvalue(),
        "natural-earth-countries": shapes.getvalue(),
        "gzip": gzip.compress(csv.encode()),
        "parquet": (folder / "tests.parquet").read_bytes(),
        "json": json.dumps(squares).encode(),
    }


def body_of(row: Entry, bodies: dict[str, bytes]) -> bytes:
    return bodies.get(row.name) or bodies[row.format]


def address_of(shop: OpenDataServer, row: Entry, want: Wanted) -> str:
    """Return where the file lies, and answer the index that tells it."""
    if row.index is None:
        for url in want.urls[:-1]:
            shop.give(url, Answer(b"gone", 404, "text/plain"))
        return want.urls[-1]
    if row.index.field:
        far = "https://github.com/wmgeolab/geoBoundaries/raw/abc/LSO/ADM2/geoBoundaries-LSO-ADM2.geojson"
        told = {"gjDownloadURL": far, "boundaryLicense": "ODbL 1.0", "boundarySource": "OSM"}
        shop.give(want.index, Answer(json.dumps(told).encode(), media_type="application/json"))
        return far
    name = "v1.5/cog_globallat_20_lon_80_general-v1.5.7.tif"
    text = f'<VRTDataset><SourceFilename relativeToVRT="1">{name}</SourceFilename></VRTDataset>'
    shop.give(want.index, Answer(text.encode(), media_type="application/xml"))
    return f"{want.index.rpartition('/')[0]}/{name}"


def fetch(
    shop: OpenDataServer, name: str, folder: Path, given: dict[str, str] | None = None, **more: Any
) -> list[Fetched]:
    options = {"mirror": shop.url, "pause_s": 0.0, "attempts": 3} | more
    return get(name, ASKED[name] if given is None else given, folder=folder, **options)


def nothing_left(folder: Path) -> bool:
    return not any(folder.iterdir())
