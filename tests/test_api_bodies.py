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
YAML = "application/yaml"
SCENARIO = """schema: ew4all/scenario/1
title: A first warning in Grenada
demo: grenada
channels: [cell_broadcast, word_of_mouth]
alert: {issued: 10 min}
"""


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


@pytest.mark.parametrize(
    ("asked", "is_packed"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("*", True),
        ("*;q=0.1", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*;q=0", False),
        ("*, gzip;q=0", False),
        ("br", False),
        ("notgzip", False),
        ("", False),
    ],
)
def test_who_gets_gzip(client: TestClient, asked: str, is_packed: bool) -> None:
    for path in ("/collections", "/web/style.css"):
        answer = client.get(path, headers={"Accept-Encoding": asked})
        assert (answer.headers.get("content-encoding") == "gzip") == is_packed, path
        assert "accept-encoding" in answer.headers["vary"].lower()


def stored(client: TestClient) -> str:
    """The path of a scenario that is long enough to be compressed."""
    text = SCENARIO + "# a remark\n" * 200
    answer = client.post("/v1/scenarios", content=text, headers={"Content-Type": YAML})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def test_a_tag_stands_for_one_sequence_of_bytes(client: TestClient) -> None:
    path = stored(client)
    plain = client.get(path, headers=PLAIN)
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    tag = plain.headers["etag"]
    assert tag.startswith('"')
    assert packed.headers["etag"] == f"W/{tag}"
    # Compared weakly, either is what the client has; a cache finds its own by the tag of the 304.
    for seen, told in ((tag, tag), (f"W/{tag}", f"W/{tag}"), (f'"x", W/{tag}', f"W/{tag}")):
        same = client.get(path, headers={"If-None-Match": seen, "Accept-Encoding": "gzip"})
        assert (same.status_code, same.headers["etag"]) == (304, told)
    assert "accept-encoding" in same.headers["vary"].lower()
    other = client.get(path, headers={"If-None-Match": 'W/"x"'})
    assert other.status_code == 200


def test_what_was_seen_compressed_can_be_changed(client: TestClient) -> None:
    path = stored(client)
    seen = client.get(path, headers={"Accept-Encoding": "gzip"}).headers["etag"]
    assert seen.startswith("W/")
    how = {"Content-Type": YAML, "If-Match": seen}
    changed = client.put(path, content=SCENARIO, headers=how)
    assert changed.status_code == 200
    again = client.put(path, content=SCENARIO + "# mine", headers=how)
    assert (again.status_code, again.json()["code"]) == (412, "changed-meanwhile")


def test_the_tag_of_what_was_made_is_that_of_the_thing(client: TestClient) -> None:
    """An answer to POST or PUT tells the tag of what is there now, not of its own body."""
    text = SCENARIO + "# a remark\n" * 200
    how = {"Content-Type": YAML, "Accept-Encoding": "gzip"}
    made = client.post("/v1/scenarios", content=text, headers=how)
    assert made.headers["content-encoding"] == "gzip"
    assert made.headers["etag"].startswith('"')
