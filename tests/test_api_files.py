"""Downloads: whole, in parts, in other formats, and harmless."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from made_layers import keep_results, write_results, zones
from made_service import make_client, service_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_results(folder / "out")
    (folder / "plain").mkdir()
    for path in (folder / "out").iterdir():
        (folder / "plain" / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    with make_client(folder, workers=0) as client:
        keep_results(service_of(client), folder / "out")
        yield client


@pytest.fixture(scope="module")
def files(client: TestClient) -> dict[str, str]:
    layers = client.get("/v1/layers").json()["layers"]
    return {one["name"]: f"/v1/layers/{one['id']}/file" for one in layers}


TYPES = {
    "uncovered.tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    "zones.gpkg": "application/geopackage+sqlite3",
    "zones.parquet": "application/vnd.apache.parquet",
    "islands.geojson": "application/geo+json",
    "served.csv": "text/csv; charset=utf-8",
    "run.json": "application/json",
    "report.html": "text/html; charset=utf-8",
}


@pytest.mark.parametrize("name", TYPES)
def test_a_file_comes_as_it_was_written(
    client: TestClient, files: dict[str, str], folder: Path, name: str
) -> None:
    answer = client.get(files[name])
    assert answer.status_code == 200
    assert answer.content == (folder / "plain" / name).read_bytes()
    assert answer.headers["content-type"] == TYPES[name]
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["accept-ranges"] == "bytes"
    assert "content-encoding" not in answer.headers  # parts are counted in the bytes of the file
    layer = client.get(files[name].removesuffix("/file")).json()
    assert answer.headers["etag"] == f'"{layer["sha256"]}"'
    same = client.get(files[name], headers={"If-None-Match": answer.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    head = client.head(files[name])
    assert (head.status_code, head.content) == (200, b"")
    for header in ("content-length", "content-type", "etag", "cache-control"):
        assert head.headers[header] == answer.headers[header]


def test_a_page_of_results_can_do_nothing(client: TestClient, files: dict[str, str]) -> None:
    """It is shown without scripts, and whatever it names is not fetched."""
    policy = client.get(files["report.html"]).headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-15", 206, slice(0, 16)),
        ("bytes=16-", 206, slice(16, None)),
        ("bytes=-10", 206, slice(-10, None)),
        ("bytes=0-99999999", 206, slice(0, None)),
        ("bytes=5-2", 200, slice(None)),  # what is not understood is passed over
        ("lines=1-2", 200, slice(None)),
        ("bytes=a-b", 200, slice(None)),
        ("bytes=99999999-", 416, None),
        ("bytes=-0", 416, None),
    ],
)
def test_parts_are_had(
    client: TestClient,
    files: dict[str, str],
    folder: Path,
    asked: str,
    status: int,
    part: slice | None,
) -> None:
    whole = (folder / "plain" / "uncovered.tif").read_bytes()
    answer = client.get(files["uncovered.tif"], headers={"Range": asked})
    assert answer.status_code == status
    if part is None:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-range"] == f"bytes */{len(whole)}"
        assert answer.json()["code"] == "no-such-range"
        return
    assert answer.content == whole[part]
    if status == 206:
        first = len(whole) - 10 if asked == "bytes=-10" else part.start
        last = first + len(answer.content) - 1
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"


def test_parts_of_another_version_are_not_mixed(client: TestClient, files: dict[str, str]) -> None:
    path = files["uncovered.tif"]
    tag = client.get(path).headers["etag"]
    assert client.get(path, headers={"Range": "bytes=0-9", "If-Range": tag}).status_code == 206
    assert client.get(path, headers={"Range": "bytes=0-9", "If-Range": '"x"'}).status_code == 200
    gone = client.get(path, headers={"Range": "bytes=99999999-", "If-Range": tag})
    assert gone.headers["content-type"] == "application/problem+json"


def read(content: bytes, kind: str, folder: Path) -> gpd.GeoDataFrame:
    if kind == "csv":
        plain = pd.read_csv(io.BytesIO(content))
        shapes = [None if pd.isna(t) else shapely.from_wkt(t) for t in plain.pop("geometry_wkt")]
        return gpd.GeoDataFrame(plain, geometry=shapes, crs=4326)
    path = folder / f"read.{kind}"
    path.write_bytes(content)
    return gpd.read_parquet(path) if kind == "parquet" else gpd.read_file(path)


@pytest.mark.parametrize("kind", ["csv", "geojson", "gpkg", "parquet"])
@pytest.mark.parametrize("source", ["zones.gpkg", "zones.parquet"])
def test_a_vector_layer_is_had_in_other_formats(
    client: TestClient, files: dict[str, str], tmp_path: Path, source: str, kind: str
) -> None:
    answer = client.get(f"{files[source]}?f={kind}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="zones.{kind}"'
    found, wanted = read(answer.content, kind, tmp_path), zones()
    assert found["id"].tolist() == wanted["id"].tolist()
    assert found["uncovered"].tolist()[:2] == wanted["uncovered"].tolist()[:2]
    assert pd.isna(found["uncovered"][2])
    for mine, theirs in zip(found.geometry, wanted.geometry, strict=True):
        if theirs is None:
            assert mine is None
        else:
            assert mine.equals(theirs)
    again = client.get(f"{files[source]}?f={kind}")
    assert again.content == answer.content
    assert again.headers["etag"] == answer.headers["etag"]


def test_other_files_are_had_as_they_are(client: TestClient, files: dict[str, str]) -> None:
    table = client.get(f"{files['curves.parquet']}?f=csv")
    assert table.text == '"hour","share"\n0,0.25\n1,0.5\n'
    for name, kind in (
        ("run.json", "csv"),
        ("uncovered.tif", "gpkg"),
        ("curves.parquet", "geojson"),
    ):
        answer = client.get(f"{files[name]}?f={kind}")
        assert (answer.status_code, answer.json()["code"]) == (400, "no-such-format")
    assert client.get(f"{files['zones.gpkg']}?f=exe").status_code == 400


def test_lists_survive_a_format_that_has_none(
    client: TestClient, files: dict[str, str], tmp_path: Path
) -> None:
    found = read(client.get(f"{files['islands.geojson']}?f=gpkg").content, "gpkg", tmp_path)
    assert found["tags"].tolist() == ['["a", "b"]']
    west, _, east, _ = found.total_bounds
    assert (west, east) == (-180.0, 180.0)  # in two parts, one at each side of the 180th meridian
    assert sum(shape.area for shape in found.geometry) == pytest.approx(4.0)


def test_conversions_are_swept_with_their_content(
    client: TestClient, files: dict[str, str]
) -> None:
    """Their names begin with the hash that the sweeper looks for."""
    sha256 = client.get(files["zones.gpkg"].removesuffix("/file")).json()["sha256"]
    client.get(f"{files['zones.gpkg']}?f=csv")
    beside = service_of(client).blobs.path(sha256).parent
    assert {p.name[:64] for p in beside.iterdir() if ".as." in p.name} == {sha256}
