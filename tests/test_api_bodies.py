"""HEAD wherever GET is, and compression where it helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from made_layers import keep_results, write_results
from made_service import make_client, service_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

# rio-tiler calls rasterio, which multiplies as affine no longer likes.
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("bodies")
    write_results(folder / "out")
    with make_client(folder, workers=0) as client:
        keep_results(service_of(client), folder / "out")
        yield client


def path_of(client: TestClient, name: str) -> str:
    layers = client.get("/v1/layers").json()["layers"]
    return next(f"/v1/layers/{one['id']}" for one in layers if one["name"] == name)


@pytest.mark.parametrize(
    "path",
    [
        "/conformance",
        "/processes",
        "/jobs",
        "/v1/uploads",
        "/v1/layers",
        "/collections",
        "/nowhere",
        "/jobs/x",
    ],
)
def test_head_is_get_without_its_body(client: TestClient, path: str) -> None:
    head, get = client.head(path, headers=PLAIN), client.get(path, headers=PLAIN)
    assert head.status_code == get.status_code
    assert head.content == b""
    for name in ("content-type", "content-length", "cache-control", "content-security-policy"):
        assert head.headers.get(name) == get.headers.get(name)


@pytest.mark.parametrize(
    "rest", ["/file", "/file?f=csv", "/xyz/6/34/31.mvt", "/tilejson.json", "/tiles"]
)
def test_head_tells_of_a_layer_what_get_does(client: TestClient, rest: str) -> None:
    path = path_of(client, "zones.gpkg") + rest
    head, get = client.head(path, headers=PLAIN), client.get(path, headers=PLAIN)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-length", "content-type", "cache-control"):
        assert head.headers[name] == get.headers[name]


def test_a_file_is_not_read_for_its_headers(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    import anyio

    path = path_of(client, "uncovered.tif") + "/file"

    def refused(*_: object, **__: object) -> None:
        pytest.fail("the file was opened")

    monkeypatch.setattr(anyio, "open_file", refused)
    assert client.head(path).status_code == 200


def test_documents_are_compressed_and_pictures_are_not(client: TestClient) -> None:
    gzip = {"Accept-Encoding": "gzip"}
    assert client.get("/collections", headers=gzip).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/healthz", headers=gzip).headers  # too short
    raster = path_of(client, "uncovered.tif")
    for rest in ("/xyz/6/34/31.png", "/xyz/6/34/31.webp", "/legend.png", "/file"):
        assert "content-encoding" not in client.get(raster + rest, headers=gzip).headers
    # A file has one length and one tag, whoever asks for it.
    text = client.get(path_of(client, "cells.geojson") + "/file?f=geojson", headers=gzip)
    assert "content-encoding" not in text.headers
