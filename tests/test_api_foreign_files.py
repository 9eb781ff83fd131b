"""Uploads that name an address or a path: nothing is fetched, nothing else is opened."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from made_service import make_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("foreign"), workers=0) as client:
        yield client


POINT = {
    "type": "Feature", "properties": {"name": "here"}, "geometry": {"type": "Point", "coordinates": [1.0, 2.0]},
}  # fmt: skip


@contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """An address of this machine, and what was asked of it."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(200))
                    connection.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        server.shutdown(socket.SHUT_RDWR)


def collection(**members: Any) -> str:
    return json.dumps({"type": "FeatureCollection", **members, "features": [POINT]})


def foreign(address: str, secret: Path) -> dict[str, str]:
    """Content of each kind, by the name under which it is brought."""
    link = {"type": "link", "properties": {"href": f"{address}/crs", "type": "proj4"}}
    source = "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    band = (
        "<VRTDataset rasterXSize='1' rasterYSize='1'><VRTRasterBand dataType='Byte' band='1'><SimpleSource><SourceFilename>{}"
        "</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    return {
        "link.geojson": collection(crs=link),
        "next.geojson": collection(
            links=[{"rel": "next", "href": f"{address}/next"}], numberMatched=9
        ),
        "vrt.geojson": source.format(f"/vsicurl/{address}/a.geojson"),
        "path.geojson": source.format(secret),
        "path.csv": source.format(secret),
        "path.xml": source.format(secret),
        "raster.xml": band.format(f"/vsicurl/{address}/a.tif"),
        "raster.tif": band.format(secret),
        "wfs.xml": f"<OGRWFSDataSource><URL>{address}/wfs</URL></OGRWFSDataSource>",
        "wms.xml": f"<GDAL_WMS><Service name='TMS'><ServerUrl>{address}/</ServerUrl></Service></GDAL_WMS>",
        "address.geojson": f"{address}/a.geojson",
        "pipeline.json": json.dumps(
            {"type": "gdal_streamed_alg", "command_line": f"gdal vector info {address}/a"}
        ),
    }


TAKEN = {"link.geojson", "next.geojson", "pipeline.json"}
"""What may be stored, as it is well-formed."""


@pytest.mark.parametrize("name", foreign("", None))  # type: ignore[arg-type]
def test_nothing_is_fetched_and_no_path_is_opened(
    client: TestClient, tmp_path: Path, name: str
) -> None:
    secret = tmp_path / "secret.geojson"
    secret.write_text(collection(name="secret"), "utf-8")
    with listening() as (address, asked):
        answer = client.post(
            f"/v1/uploads?name={name}", content=foreign(address, secret)[name].encode()
        )
        if name in TAKEN:
            assert answer.status_code == 201, answer.text
            path = f"/v1/layers/{answer.json()['id']}"
            for rest in ("/xyz/0/0/0.mvt", "/file?f=csv", "/tilejson.json"):
                told = client.get(path + rest)
                assert told.status_code in {200, 204, 400, 404}
                assert "secret" not in told.text
        else:
            assert answer.status_code == 415, answer.text
            assert answer.json()["code"] == "wrong-type"
        assert asked == []


def test_the_listener_hears_what_is_not_locked_down(tmp_path: Path) -> None:
    """The counter-check: GDAL as it comes does fetch such an address."""
    import os
    import subprocess
    import sys

    from ew4all.api.jobs.drivers import sealed

    program = "import sys, pyogrio; pyogrio.read_info(sys.argv[1])"
    free = {k: v for k, v in os.environ.items() if k not in {"GDAL_HTTP_PROXY", "http_proxy"}}
    with listening() as (address, asked):
        path = tmp_path / "link.geojson"
        path.write_text(foreign(address, path)["link.geojson"], "utf-8")
        command = [sys.executable, "-W", "ignore", "-c", program, str(path)]
        subprocess.run(command, env=free, check=True, timeout=60)
        assert asked
        asked.clear()
        subprocess.run(
            command, env={**free, "no_proxy": "127.0.0.1", **sealed()}, check=True, timeout=60
        )
        assert asked == []
