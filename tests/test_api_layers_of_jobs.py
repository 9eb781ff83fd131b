"""The demo case, computed by the service itself: what its layers and collections say is what the job says."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_service import ended, make_client, started
from PIL import Image

from ew4all.api.processes import PROCESSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

pytestmark = [
    pytest.mark.slow,
    # rio-tiler calls rasterio, which multiplies as affine no longer likes.
    pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning"),
]


COLLECTIONS = {
    "target": {"cells", "missed.cells", "unserved.cells", "over_reach"},
    "coverage": {"cells"},
    "gaps": {"zones", "left_out.cells"},
    "run": {"zones", "missed.cells"},
}
"""What part 3 of the service names: zones with results, gaps, cells and missed areas as features."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("real")) as client:
        yield client


def results(client: TestClient, process: str) -> tuple[str, dict[str, Any]]:
    """Run the example of a process; return its job and what it says."""
    job = started(client, process, PROCESSES[process].example["inputs"])
    assert ended(client, job, 300.0)["status"] == "successful"
    return job, client.get(f"/jobs/{job}/results").json()


def features(client: TestClient, collection: str) -> list[dict[str, Any]]:
    found, address = [], f"/collections/{collection}/items?limit=10000"
    while address:
        page = client.get(address).json()
        found += page["features"]
        address = next((k["href"] for k in page["links"] if k["rel"] == "next"), "")
    assert page["numberMatched"] == len(found)
    return found


def test_people_of_reach_are_those_of_its_layers(client: TestClient) -> None:
    job, said = results(client, "reach")
    uncovered = said["reach"]["people"]["uncovered"]
    zones = features(client, f"{job}.zones")
    assert sum(f["properties"]["uncovered"] for f in zones) == pytest.approx(uncovered, rel=1e-6)
    cells = features(client, f"{job}.uncovered.cells")
    assert sum(f["properties"]["people"] for f in cells) == pytest.approx(uncovered, rel=1e-4)
    layer = f"/v1/layers/{job}.uncovered.tif"
    tilejson = client.get(f"{layer}/tilejson.json?tilesize=256").json()
    # The island of Grenada at zoom 9.
    picture = client.get(tilejson["tiles"][0].format(z=9, x=168, y=238))
    pixels = np.array(Image.open(io.BytesIO(picture.content)).convert("RGBA")).reshape(-1, 4)
    seen = pixels[pixels[:, 3] > 0]
    assert 100 < len(seen) < 20_000
    assert (seen[:, 0] >= seen[:, 2]).all()  # orange to brown, nothing else


@pytest.mark.parametrize("process", ["target", "coverage", "gaps", "run"])
def test_every_layer_of_a_job_is_had(client: TestClient, process: str) -> None:
    job, _ = results(client, process)
    layers = client.get("/v1/layers", params={"job": job, "limit": 1000}).json()["layers"]
    assert {one["kind"] for one in layers} >= {"raster", "document"}
    for layer in layers:
        for link in layer["links"]:
            assert client.get(link["href"]).status_code == 200, link
        if layer["kind"] in {"raster", "vector"}:
            west, south, east, north = layer["bbox"]
            assert -63.0 < west < east < -60.0
            assert 11.0 < south < north < 14.0
            tiles = client.get(f"/v1/layers/{layer['id']}/tilejson.json").json()["tiles"][0]
            tile = client.get(tiles.format(z=8, x=84, y=119))
            assert tile.status_code == 200
            assert len(tile.content) > 100
    wanted = COLLECTIONS[process]
    for collection in client.get("/collections").json()["collections"]:
        if collection["id"].startswith(job):
            found = features(client, collection["id"])
            assert len({f["id"] for f in found}) == len(found) > 0
            wanted = wanted - {collection["id"].removeprefix(f"{job}.")}
    assert wanted == set()
