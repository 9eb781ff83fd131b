"""Layers: what is listed, to whom, and who may delete what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_layers import PEOPLE, keep_results, write_results
from made_service import make_client, service_of

from ew4all.api.identity import make_key
from ew4all.api.routes import uploads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

# rio-tiler calls rasterio, which multiplies as affine no longer likes.
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

KINDS = {
    "cells.geojson": "vector", "curves.parquet": "table", "islands.geojson": "vector", "report.html": "document", "run.json": "document",
    "served.csv": "table", "uncovered.tif": "raster", "zones.gpkg": "vector", "zones.parquet": "vector",
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("layers")
    write_results(folder / "out")
    with make_client(folder, workers=0) as client:
        keep_results(service_of(client), folder / "out", title="Beryl")
        yield client


def by_name(client: TestClient) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in client.get("/v1/layers").json()["layers"]}


def test_every_result_is_a_layer_of_its_kind(client: TestClient) -> None:
    assert {name: one["kind"] for name, one in by_name(client).items()} == KINDS


def test_a_layer_says_where_it_lies_and_what_is_in_it(client: TestClient) -> None:
    found = by_name(client)
    raster = found["uncovered.tif"]
    assert raster["bbox"] == [10.0, 0.0, 14.0, 4.0]
    assert raster["crs"] == "EPSG:4326"
    assert raster["facts"]["unit"] == "people"
    # Of cells with anybody: half of the cells have nobody in most places, and would hide all others.
    some = sorted(float(v) for v in PEOPLE.ravel() if v > 0)
    assert raster["facts"]["range"]["min"] == some[0]
    assert raster["facts"]["range"]["max"] == some[-1]
    for name in ("zones.parquet", "zones.gpkg"):
        assert found[name]["bbox"] == [10.0, 0.0, 14.0, 4.0]
        assert found[name]["facts"]["features"] == 3
        assert found[name]["facts"]["fields"] == {
            "id": "string",
            "name": "string",
            "uncovered": "number",
        }
    assert found["curves.parquet"]["facts"]["fields"] == {"hour": "integer", "share": "number"}
    assert found["curves.parquet"]["bbox"] is None


def test_what_a_layer_links_to_is_there(client: TestClient) -> None:
    for layer in by_name(client).values():
        for link in layer["links"]:
            answer = client.get(link["href"])
            assert answer.status_code == 200, link
            if link["rel"] != "via":
                assert answer.headers["content-type"].split(";")[0] == link["type"].split(";")[0], (
                    link
                )


def test_the_list_is_had_by_pages_kinds_and_jobs(client: TestClient) -> None:
    whole = client.get("/v1/layers").json()
    assert whole["numberMatched"] == whole["numberReturned"] == len(KINDS)
    names, address = [], "/v1/layers?limit=3"
    while address:
        page = client.get(address).json()
        names += [one["name"] for one in page["layers"]]
        address = next((k["href"] for k in page["links"] if k["rel"] == "next"), "")
    assert names == [one["name"] for one in whole["layers"]]
    several = client.get("/v1/layers", params={"kind": ["raster", "table"]}).json()
    assert {one["kind"] for one in several["layers"]} == {"raster", "table"}
    assert several["numberMatched"] == 3
    job = whole["layers"][0]["job"]
    assert client.get("/v1/layers", params={"job": job}).json()["numberMatched"] == len(KINDS)
    assert client.get("/v1/layers", params={"job": "other"}).json()["layers"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "invalid-request"),
        ("limit=1001", "invalid-request"),
        ("kind=map", "invalid-request"),
        ("lmit=1", "unknown-parameter"),
    ],
)
def test_a_bad_question_is_told(client: TestClient, query: str, code: str) -> None:
    answer = client.get(f"/v1/layers?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["errors"][0]["pointer"].startswith("query:")


@pytest.mark.parametrize(
    "identifier",
    [
        "nobody",
        "%2e%2e",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "a%00b",
        "/vsicurl/http:%2f%2f127.0.0.1",
        "x" * 300,
        "%27--",
    ],
)
@pytest.mark.parametrize(
    "rest", ["", "/file", "/tilejson.json", "/xyz/0/0/0.png", "/legend", "/tiles"]
)
def test_no_identifier_opens_anything(client: TestClient, identifier: str, rest: str) -> None:
    answer = client.get(f"/v1/layers/{identifier}{rest}")
    assert answer.status_code in {400, 404}
    assert answer.headers["content-type"] == "application/problem+json"


def as_key(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_results_are_for_all_who_may_read_and_deleted_by_their_owner(tmp_path: Path) -> None:
    write_results(tmp_path / "out")
    with make_client(tmp_path, workers=0, auth="keys") as client:
        service = service_of(client)
        owner, mine = make_key(service.database, "owner", "analyst")
        _, other = make_key(service.database, "other", "analyst")
        _, viewer = make_key(service.database, "viewer", "viewer")
        _, boss = make_key(service.database, "boss", "administrator")
        keep_results(service, tmp_path / "out", owner=owner)
        layers = client.get("/v1/layers", headers=as_key(viewer)).json()["layers"]
        assert len(layers) == len(KINDS)
        paths = {one["name"]: f"/v1/layers/{one['id']}" for one in layers}
        first, second = paths["zones.gpkg"], paths["served.csv"]
        assert client.get(first).status_code == 401
        assert client.delete(first, headers=as_key(viewer)).json()["code"] == "scope-missing"
        assert client.delete(first, headers=as_key(other)).json()["code"] == "not-yours"
        assert client.delete(first, headers=as_key(mine)).status_code == 204
        assert client.get(first, headers=as_key(mine)).status_code == 404
        islands = paths["islands.geojson"].rpartition("/")[2]
        features = f"/collections/{islands.removesuffix('.geojson')}/items"
        assert client.get(features, headers=as_key(viewer)).status_code == 200
        assert client.delete(f"/v1/layers/{islands}", headers=as_key(mine)).status_code == 204
        assert client.get(features, headers=as_key(viewer)).status_code == 404
        assert client.delete(second, headers=as_key(boss)).status_code == 204
        # What only key holders may see is not for caches that serve others.
        kept = client.get(f"{paths['run.json']}/file", headers=as_key(viewer)).headers[
            "cache-control"
        ]
        assert kept.startswith("private, ")


def test_an_upload_is_a_layer_of_whoever_brought_it(tmp_path: Path) -> None:
    write_results(tmp_path / "out")
    with make_client(tmp_path, workers=0, auth="keys") as client:
        database = service_of(client).database
        _, mine = make_key(database, "owner", "analyst")
        _, other = make_key(database, "other", "analyst")
        for name in ("uncovered.tif", "zones.gpkg"):
            body = (tmp_path / "out" / name).read_bytes()
            answer = client.post(f"/v1/uploads?name={name}", content=body, headers=as_key(mine))
            assert answer.status_code == 201, answer.text
        layers = client.get("/v1/layers", headers=as_key(mine)).json()["layers"]
        assert {one["name"]: one["kind"] for one in layers} == {
            "uncovered.tif": "raster",
            "zones.gpkg": "vector",
        }
        assert all(one["reference"] == f"upload:{one['id']}" for one in layers)
        assert client.get("/v1/layers", headers=as_key(other)).json()["layers"] == []
        for one in layers:
            path = f"/v1/layers/{one['id']}"
            tile = f"{path}/xyz/6/34/31.{'png' if one['kind'] == 'raster' else 'mvt'}"
            assert client.get(tile, headers=as_key(mine)).status_code == 200
            # Not even while it is remembered that somebody may see it.
            assert client.get(tile, headers=as_key(other)).status_code == 404
            assert client.get(f"{path}/file", headers=as_key(other)).status_code == 404
            saved = client.get(f"{path}/file", headers=as_key(mine)).headers
            assert saved["content-disposition"].startswith("attachment")
            assert client.delete(path, headers=as_key(mine)).status_code == 204
            assert client.get(tile, headers=as_key(mine)).status_code == 404


def test_a_table_that_was_brought_is_had_as_it_is(tmp_path: Path) -> None:
    """To convert it, the service itself would have to read what nobody knows."""
    write_results(tmp_path / "out")
    with make_client(tmp_path, workers=0) as client:
        body = (tmp_path / "out" / "curves.parquet").read_bytes()
        made = client.post("/v1/uploads?name=curves.parquet", content=body).json()
        path = f"/v1/layers/{made['id']}/file"
        assert client.get(f"{path}?f=csv").json()["code"] == "no-such-format"
        assert client.get(path).content == body


@pytest.mark.parametrize("name", ["zones.geojson", "zones.gpkg", "zones.parquet", "people.tif"])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, name: str) -> None:
    write_results(tmp_path / "out")
    source = {"zones.geojson": "islands.geojson", "people.tif": "uncovered.tif"}.get(name, name)
    whole = (tmp_path / "out" / source).read_bytes()
    with make_client(tmp_path, workers=0) as client:
        made = client.post(f"/v1/uploads?name={name}", content=whole)
        assert made.status_code == 201, made.text
        answer = client.post(f"/v1/uploads?name={name}", content=whole[: len(whole) * 2 // 3])
        assert answer.status_code == 400, answer.text
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("#", "unreadable-input")
        assert len(client.get("/v1/uploads").json()["uploads"]) == 1


def test_an_upload_that_is_no_layer_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_client(tmp_path, workers=0) as client:
        broken = b'{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"ty'
        refused = client.post("/v1/uploads?name=zones.geojson", content=broken)
        assert (refused.status_code, refused.json()["code"]) == (400, "unreadable-input")
        assert str(tmp_path) not in refused.text
        # One that was taken before such were looked at.
        monkeypatch.setattr(uploads, "check", lambda *_: {})
        made = client.post("/v1/uploads?name=zones.geojson", content=broken)
        assert made.status_code == 201
        answer = client.get(f"/v1/layers/{made.json()['id']}/file?f=csv")
        assert answer.status_code == 400
        assert answer.json()["code"] == "unreadable-layer"
        assert str(tmp_path) not in answer.text
