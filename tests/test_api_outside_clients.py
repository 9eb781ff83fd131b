"""Clients that others wrote read the service over a real socket: GDAL's `OAPIF:`, its driver for tiles of the web, and OWSLib."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from made_layers import PEOPLE, keep_results, write_results
from made_postgres import free_port
from made_service import make_client, service_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

# In a process of its own: GDAL keeps what it was told about the network for the life of a process.
READ = """
import json, sys, warnings
warnings.simplefilter("ignore")
import pyogrio
address = "OAPIF:" + sys.argv[1]
layers = [str(name) for name, _ in pyogrio.list_layers(address)]
out = {"layers": layers, "rows": {}, "inside": {}}
for name in layers:
    frame = pyogrio.read_dataframe(address, layer=name, PAGE_SIZE="3")
    out["rows"][name] = [len(frame), str(frame.crs), sorted(map(str, frame.columns))]
    inside = pyogrio.read_dataframe(address, layer=name, bbox=(10.2, 0.2, 11.8, 3.8))
    out["inside"][name] = len(inside)
    if name.endswith(".uncovered.cells"):
        out["people"] = float(frame["people"].sum())
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("outside")
    write_results(folder / "out")
    with make_client(folder, workers=0) as client:
        keep_results(service_of(client), folder / "out", title="Beryl")
    with served(folder / "data") as address:
        yield address


@contextmanager
def served(data: Path) -> Iterator[str]:
    """The service as it is started by hand, on a free port; ended at the end of the block."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "ew4all",
        "serve",
        "--port",
        str(port),
        "--data-dir",
        str(data),
    ]
    environment = {**os.environ, "EW4ALL_WORKERS": "0"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=environment) as child:
        address = f"http://127.0.0.1:{port}/"
        try:
            ends_s = time.monotonic() + 60.0
            while True:
                try:
                    urllib.request.urlopen(f"{address}healthz").close()
                    break
                except OSError:
                    assert child.poll() is None, "the service did not start"
                    assert time.monotonic() < ends_s, "the service did not start in time"
                    time.sleep(0.1)
            yield address
        finally:
            child.terminate()


def told(program: str, argument: str) -> Any:
    """What a program in a process of its own says, as JSON."""
    # The proxy by which tests keep GDAL off the network would keep it from this machine, too.
    environment = {k: v for k, v in os.environ.items() if k != "GDAL_HTTP_PROXY"}
    command = [sys.executable, "-c", program, argument]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, env=environment
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_gdal_reads_every_collection_page_by_page(address: str) -> None:
    found: dict[str, Any] = told(READ, address)
    short = {name.partition(".")[2] or name: name for name in found["layers"]}
    kinds = {"alerts", "live-alerts", "zones", "islands", "cells", "uncovered.cells"}
    assert set(short) == kinds
    rows = {kind: found["rows"][name] for kind, name in short.items()}
    assert rows["zones"] == [3, "EPSG:4326", ["geometry", "id", "name", "uncovered"]]
    assert rows["uncovered.cells"][0] == 11  # in four pages
    assert found["people"] == PEOPLE[PEOPLE > 0].sum()
    inside = {kind: found["inside"][name] for kind, name in short.items()}
    # Cells of one degree that meet a box from 10.2 to 11.8 E and 0.2 to 3.8 N: two columns of four, less those with nobody.
    assert inside == {
        "alerts": 0,
        "live-alerts": 0,
        "zones": 1,
        "islands": 0,
        "cells": 1,
        "uncovered.cells": int((PEOPLE[:, :2] > 0).sum()),
    }


def test_gdal_draws_our_tiles(address: str, tmp_path: Path) -> None:
    """Its driver for tiles of the web, with the address that TileJSON gives."""
    layers = json.load(urllib.request.urlopen(f"{address}v1/layers?kind=raster"))["layers"]
    tilejson = json.load(
        urllib.request.urlopen(f"{address}v1/layers/{layers[0]['id']}/tilejson.json?tilesize=256")
    )
    url = tilejson["tiles"][0]
    for name, value in (("{z}", "${z}"), ("{x}", "${x}"), ("{y}", "${y}"), ("&", "&amp;")):
        url = url.replace(name, value)
    source = tmp_path / "tiles.xml"
    source.write_text(
        f'<GDAL_WMS><Service name="TMS"><ServerUrl>{url}</ServerUrl></Service><DataWindow>'
        "<UpperLeftX>-20037508.34</UpperLeftX><UpperLeftY>20037508.34</UpperLeftY><LowerRightX>20037508.34</LowerRightX>"
        "<LowerRightY>-20037508.34</LowerRightY><TileLevel>6</TileLevel><TileCountX>1</TileCountX><TileCountY>1</TileCountY>"
        "<YOrigin>top</YOrigin></DataWindow><Projection>EPSG:3857</Projection><BlockSizeX>256</BlockSizeX>"
        "<BlockSizeY>256</BlockSizeY><BandsCount>4</BandsCount><ZeroBlockHttpCodes>204,404</ZeroBlockHttpCodes></GDAL_WMS>"
    )
    program = (
        "import sys, json, rasterio\n"
        "from rasterio.warp import transform\n"
        "with rasterio.open(sys.argv[1]) as r:\n"
        "    xs, ys = transform('EPSG:4326', r.crs, [10.5, 13.5, 13.5], [1.5, 0.5, 3.5])\n"
        "    print(json.dumps([[int(v) for v in s] for s in r.sample(zip(xs, ys))]))\n"
    )
    seven, twenty, two = told(program, str(source))
    assert twenty[3] == seven[3] == two[3] == 255
    assert twenty[0] < seven[0] <= two[0]  # the more people, the darker


def test_owslib_reads_features_and_processes(address: str) -> None:
    from owslib.ogcapi.features import Features
    from owslib.ogcapi.processes import Processes

    features = Features(address)
    classes = features.conformance()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in classes
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30" not in classes
    (zones,) = [name for name in features.feature_collections() if name.endswith(".zones")]
    assert features.collection(zones)["title"] == "Beryl: zones"
    found = features.collection_items(zones, limit=2, bbox=[10.2, 0.2, 13.0, 1.0])
    assert [f["id"] for f in found["features"]] == ["west", "east"]
    assert features.collection_item(zones, "east")["properties"]["uncovered"] == 53.0
    processes = Processes(address)
    assert {"reach", "coverage", "target", "run"} <= {p["id"] for p in processes.processes()}
    assert "population" in processes.process("reach")["inputs"]
