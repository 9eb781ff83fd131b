"""Files that are small on the way and vast when they are opened: refused before anything is unpacked."""

from __future__ import annotations

import gzip
import io
import struct
import time
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest
import rasterio
from made_service import make_client, service_of
from rasterio.transform import Affine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

MB = 1 << 20


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    limits = {"upload_bytes": 4 * MB, "cells": 100_000_000}
    with make_client(tmp_path_factory.mktemp("bombs"), workers=0, limits=limits) as made:
        yield made


def sent(client: TestClient, name: str, body: bytes) -> Any:
    """Send a file; neither time nor memory goes with what it says it unpacks to."""
    process = psutil.Process()
    before, begun_s = process.memory_info().rss, time.monotonic()
    answer = client.post(f"/v1/uploads?name={name}&role=other", content=body)
    assert time.monotonic() - begun_s < 15.0
    assert process.memory_info().rss - before < 200 * MB
    return answer


def refused(client: TestClient, name: str, body: bytes) -> dict[str, Any]:
    before = client.get("/v1/uploads").json()["uploads"]
    answer = sent(client, name, body)
    assert answer.status_code in {400, 413}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/v1/uploads").json()["uploads"] == before
    return answer.json()  # type: ignore[no-any-return]


def zipped(*sizes: int, name: str = "a.csv") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, size in enumerate(sizes):
            archive.writestr(f"{number}{name}", b"0" * size)
    return out.getvalue()


def test_a_zip_that_unpacks_to_far_more_is_refused(client: TestClient) -> None:
    told = refused(client, "shape.zip", zipped(100 * MB))
    assert "unpacks to 104,857,600 bytes" in told["detail"]


def test_a_zip_whose_list_says_a_lot_is_refused(client: TestClient) -> None:
    """The size is that of the list of the archive; nothing is unpacked to find it."""
    body = bytearray(zipped(10))
    at = body.rfind(b"PK\x01\x02")
    struct.pack_into("<I", body, at + 24, 0xFFFFFFF0)  # uncompressed size in the central directory
    refused(client, "shape.zip", bytes(body))


def test_a_table_that_is_a_zip_is_looked_at_the_same_way(client: TestClient) -> None:
    refused(client, "table.xlsx", zipped(100 * MB))


def test_a_gzip_that_unpacks_to_far_more_is_refused(client: TestClient) -> None:
    told = refused(client, "bomb.gz", gzip.compress(bytes(100 * MB), 9))
    assert told["code"] == "bomb"
    assert "unpacks to more than" in told["detail"]


def test_a_gzip_of_many_members_is_counted_whole(client: TestClient) -> None:
    assert refused(client, "bomb.gz", gzip.compress(bytes(10 * MB), 9) * 10)["code"] == "bomb"


def test_a_gzip_of_an_honest_size_is_taken(client: TestClient) -> None:
    answer = sent(client, "cells.csv.gz", gzip.compress(b"radio,mcc\nLTE,352\n"))
    assert answer.status_code == 201, answer.text
    assert answer.json()["facts"] == {"unpacked_bytes": 18}


def tiff(folder: Path, width: int, height: int, **how: Any) -> bytes:
    """A raster of one value, compressed as well as it can be; blocks that are not written take no room at all."""
    path = folder / "a.tif"
    profile = {
        "driver": "GTiff", "width": width, "height": height, "count": 1, "dtype": "uint8", "crs": "EPSG:4326", "tiled": True,
        "compress": "deflate", "transform": Affine(10 / width, 0, 0, 0, -10 / height, 10), "SPARSE_OK": True, **how,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.ones((1, 16, 16), "uint8"), window=((0, 16), (0, 16)))
    return path.read_bytes()


def test_a_raster_with_more_cells_than_allowed_is_refused(
    client: TestClient, tmp_path: Path
) -> None:
    body = tiff(tmp_path, 20_000, 20_000)
    assert len(body) < MB
    assert "cells" in refused(client, "people.tif", body)["detail"]


def test_a_raster_that_decodes_to_far_more_than_it_has_is_refused(
    client: TestClient, tmp_path: Path
) -> None:
    body = tiff(tmp_path, 9_000, 9_000, dtype="float64")
    assert "unpacks to" in refused(client, "people.tif", body)["detail"]


def test_a_raster_of_an_honest_size_is_taken(client: TestClient, tmp_path: Path) -> None:
    assert sent(client, "people.tif", tiff(tmp_path, 500, 500)).status_code == 201


@pytest.mark.parametrize(
    ("lon", "lat", "status"),
    [(1000.0, 20.0, 400), (10.0, 2000.0, 400), (-500.0, 1.0, 400), (10.0, 20.0, 201), (200.0, 20.0, 201)],
)  # fmt: skip
def test_shapes_that_are_nowhere_on_earth_are_refused(
    client: TestClient, lon: float, lat: float, status: int
) -> None:
    ring = [[lon, lat], [lon + 1, lat], [lon + 1, lat + 1], [lon, lat]]
    zone = {
        "type": "Feature", "properties": {"id": "a"}, "geometry": {"type": "Polygon", "coordinates": [ring]},
    }  # fmt: skip
    answer = client.post(
        "/v1/uploads?name=moon.geojson&role=zones",
        json={"type": "FeatureCollection", "features": [zone]},
    )
    assert answer.status_code == status, answer.text
    if status == 400:
        assert answer.json()["code"] == "not-on-earth"
    else:
        assert answer.json()["facts"]["features"] == 1


def test_a_raster_that_is_nowhere_on_earth_is_refused(client: TestClient, tmp_path: Path) -> None:
    body = tiff(tmp_path, 50, 50, transform=Affine(0.1, 0, 1000, 0, -0.1, 10))
    assert refused(client, "people.tif", body)["code"] == "not-on-earth"


@pytest.mark.parametrize("name", ["cut.tif", "cut.zip", "cut.gz"])
def test_files_that_are_cut_off_are_refused(client: TestClient, tmp_path: Path, name: str) -> None:
    starts = {
        "cut.tif": tiff(tmp_path, 500, 500)[:300],
        "cut.zip": zipped(1000)[:40],
        "cut.gz": gzip.compress(b"a,b" * 100)[:20],
    }
    refused(client, name, starts[name])


def test_a_body_that_is_compressed_is_not_unpacked(client: TestClient) -> None:
    """A request says how it is packed; nobody asked it to be, and 100 MB would come out of this one."""
    body = zlib.compress(b"[" + b"0," * (50 * MB) + b"0]", 9)
    headers = {"Content-Encoding": "deflate", "Content-Type": "application/json"}
    answer = client.post("/processes/reach/execution", content=body, headers=headers)
    assert answer.status_code in {400, 415}
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_longer_than_allowed_is_refused_by_what_it_says(client: TestClient) -> None:
    headers = {"Content-Length": str(2 << 30)}
    answer = client.post("/v1/uploads?name=a.csv", content=b"a,b\n", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


@pytest.mark.parametrize("depth", [2_000, 100_000])
def test_json_that_is_nested_without_end_hurts_nobody(client: TestClient, depth: int) -> None:
    body = b"[" * depth + b"]" * depth
    headers = {"Content-Type": "application/json"}
    answer = client.post("/processes/reach/execution", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-json")
    shape = b'{"type":"GeometryCollection","geometries":[' * depth + b"]}" * depth
    assert sent(client, "deep.geojson", shape[: 3 * MB]).status_code in {201, 400}
    assert service_of(client).database.is_ready()
