"""The same layers and collections, whichever database holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_layers import keep_results, write_results
from made_postgres import make_postgres
from made_service import make_client, service_of

from ew4all.api.identity import make_key

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def seen(folder: Path, **settings: Any) -> list[Any]:
    """What a store with the results of one job and an upload answers, without what differs from store to store."""
    write_results(folder / "out")
    with make_client(folder, workers=0, auth="keys", **settings) as client:
        service = service_of(client)
        owner, secret = make_key(service.database, "owner", "analyst")
        job = keep_results(service, folder / "out", owner=owner, title="Beryl")
        client.headers["Authorization"] = f"Bearer {secret}"
        made = client.post("/v1/uploads?name=a.csv", content=b"x,y\n1,2\n").json()["id"]
        out: list[Any] = []
        for path in ("/v1/layers", "/v1/layers?kind=vector", "/v1/layers?limit=2&offset=1"):
            found = client.get(path).json()
            out.append(
                sorted((one["name"], one["kind"], one["process"]) for one in found["layers"])
                if "limit" not in path
                else len(found["layers"])
            )
            out.append(found["numberMatched"])
        collections = client.get("/collections").json()
        out.append(
            sorted((c["id"].replace(job, "JOB"), c["title"]) for c in collections["collections"])
        )
        out.append(
            client.get(f"/collections/{job}.zones/items?bbox=10,0,11,1").json()["numberMatched"]
        )
        out += [
            client.delete(f"/v1/layers/{i}").status_code for i in (made, f"{job}.zones.gpkg", "x")
        ]
        out.append(client.get("/v1/layers").json()["numberMatched"])
        return out


def test_both_databases_answer_the_same(tmp_path: Path) -> None:
    postgres = make_postgres()
    try:
        address = postgres.database("ew4all")
        mine = seen(tmp_path / "sqlite")
        assert mine[-4:] == [204, 204, 404, 8]
        assert seen(tmp_path / "postgres", database_url=address) == mine
    finally:
        postgres.remove()
