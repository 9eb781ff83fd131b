"""GDAL's drivers in processes that open uploads: the allowed, and no other; files that name other files open nothing."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from made_service import ended, make_client, started
from rasterio.transform import Affine

from ew4all.api.jobs.drivers import ALLOWED, TILES, locked_down, registered, sealed
from ew4all.api.jobs.running import environment

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"root:x:0:0:this is a secret of the host, and of nobody else...." * 2

_SERVED = """
import json, os, sys, warnings
from pathlib import Path
before = dict(os.environ)
from ew4all.api.app import create_app
from ew4all.api.settings import Settings
from ew4all.errors import OptionError
assert dict(os.environ) == before  # nothing at import
if sys.argv[2] == "late":
    import rasterio
    with rasterio.Env():
        pass
from starlette.testclient import TestClient
app = create_app(Settings(data_dir=Path(sys.argv[1]), workers=0, hosts=["testserver"]))
assert dict(os.environ) == before
try:
    with TestClient(app) as client:
        assert client.get("/healthz").status_code == 200
        import pyogrio, rasterio
        with rasterio.Env() as env:
            print(json.dumps([*env.drivers(), *pyogrio.list_drivers()]), file=sys.stderr)
except OptionError as error:
    print(json.dumps(str(error)), file=sys.stderr)
"""

_OPENED = """
import json, sys, warnings
warnings.simplefilter("ignore")
import pyogrio, rasterio
out = {}
for path in sys.argv[1:]:
    try:
        with rasterio.open(path) as raster:
            out[path] = raster.read(1).astype("u1").tobytes().hex()
    except rasterio.errors.RasterioError as error:
        try:
            out[path] = "vector " + str(pyogrio.read_dataframe(path).to_dict())
        except Exception as error:
            out[path] = "refused"
print(json.dumps(out))
"""


def opened(paths: list[Path], sealing: dict[str, str]) -> dict[str, str]:
    """What a process with an environment makes of files: cells in hexadecimal, features, or `refused`."""
    ran = subprocess.run(
        [sys.executable, "-c", _OPENED, *map(str, paths)],
        env=sealing, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    found = json.loads(ran.stdout)
    return {os.path.relpath(path, paths[0].parent): what for path, what in found.items()}


def pointing(folder: Path) -> dict[str, str]:
    """Files that name others, as text by the format."""
    secret, other = folder / "secret.txt", folder / "other.tif"
    secret.write_bytes(SECRET)
    (folder / "index.bin").write_bytes(struct.pack(">QQ", 0, 64))
    grid = np.frombuffer(SECRET[:64], "u1").reshape(8, 8)
    with rasterio.open(
        other, "w", driver="GTiff", width=8, height=8, count=1, dtype="uint8", crs="EPSG:4326",
        transform=Affine(0.025, 0, -61.8, 0, -0.025, 12.2),
    ) as raster:  # fmt: skip
        raster.write(grid, 1)
    square = [[-61.8, 12.0], [-61.6, 12.0], [-61.6, 12.2], [-61.8, 12.2], [-61.8, 12.0]]
    tile = {
        "type": "Feature", "properties": {"location": str(other)},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }  # fmt: skip
    (folder / "idx.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [tile]}), "utf-8"
    )
    pds4_axis = "<Axis_Array><axis_name>{}</axis_name><elements>8</elements><sequence_number>{}</sequence_number></Axis_Array>"
    return {
        "mrf": (
            '<MRF_META><Raster><Size x="8" y="8" c="1"/><PageSize x="8" y="8" c="1"/><Compression>NONE</Compression>'
            f"<DataType>Byte</DataType><DataFile>{secret}</DataFile><IndexFile>{folder / 'index.bin'}</IndexFile></Raster>"
            '<GeoTags><BoundingBox minx="-61.8" miny="12.0" maxx="-61.6" maxy="12.2"/><Projection>EPSG:4326</Projection>'
            "</GeoTags></MRF_META>"
        ),
        "isis3": (
            f"Object = IsisCube\n  Object = Core\n    ^Core = {secret.name}\n    StartByte = 1\n    Format = BandSequential\n"
            "    Group = Dimensions\n      Samples = 8\n      Lines = 8\n      Bands = 1\n    End_Group\n    Group = Pixels\n"
            "      Type = UnsignedByte\n      ByteOrder = Lsb\n      Base = 0.0\n      Multiplier = 1.0\n    End_Group\n"
            "  End_Object\nEnd_Object\nEnd\n"
        ),
        "pds4": (
            '<?xml version="1.0"?><Product_Observational xmlns="http://pds.nasa.gov/pds4/pds/v1"><File_Area_Observational>'
            f'<File><file_name>{secret.name}</file_name></File><Array_2D_Image><offset unit="byte">0</offset><axes>2</axes>'
            "<axis_index_order>Last Index Fastest</axis_index_order><Element_Array><data_type>UnsignedByte</data_type>"
            f"</Element_Array>{pds4_axis.format('Line', 1)}{pds4_axis.format('Sample', 2)}</Array_2D_Image>"
            "</File_Area_Observational></Product_Observational>"
        ),
        "gti": (
            f"<GDALTileIndexDataset><IndexDataset>{folder / 'idx.geojson'}</IndexDataset><IndexLayer>idx</IndexLayer>"
            "<LocationField>location</LocationField></GDALTileIndexDataset>"
        ),
        "vrt": (
            '<VRTDataset rasterXSize="8" rasterYSize="8"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
            f"<SourceFilename>{other}</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
        ),
        "ogrvrt": (
            f"<OGRVRTDataSource><OGRVRTLayer name='idx'><SrcDataSource>{folder / 'idx.geojson'}</SrcDataSource></OGRVRTLayer>"
            "</OGRVRTDataSource>"
        ),
    }  # fmt: skip


def test_a_sealed_process_has_the_allowed_drivers_and_no_other() -> None:
    raster, vector = registered({**os.environ, **sealed()})
    assert set(raster) | set(vector) == ALLOWED
    raster, vector = registered(environment())
    assert set(raster) | set(vector) == ALLOWED


def test_the_service_itself_has_virtual_rasters_besides() -> None:
    raster, vector = registered({**os.environ, **locked_down()})
    assert set(raster) | set(vector) == ALLOWED | TILES | {"VRT"}


@pytest.mark.parametrize("when", ["early", "late"])
def test_the_application_locks_its_process_down_whoever_serves_it(
    tmp_path: Path, when: str
) -> None:
    free = {k: v for k, v in os.environ.items() if k not in {"GDAL_SKIP", "OGR_SKIP"}}
    ran = subprocess.run(
        [sys.executable, "-c", _SERVED, str(tmp_path), when],
        env=free, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stderr.splitlines()[-1])
    if when == "early":
        assert set(told) == ALLOWED | TILES | {"VRT"}
        assert "Unable to find driver" not in ran.stderr
    else:
        # Too late, and told; a service that is half locked would be taken for one that is.
        assert "GDAL was loaded in this process before" in told


def test_what_is_allowed_follows_no_setting_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GDAL_SKIP", "MRF")
    monkeypatch.setenv("OGR_SQLITE_LOAD_EXTENSIONS", "ENABLE_SQL_LOAD_EXTENSION")
    raster, vector = registered(environment())
    assert set(raster) | set(vector) == ALLOWED
    assert environment()["OGR_SQLITE_LOAD_EXTENSIONS"] == ""


def test_files_that_name_others_are_refused_whatever_they_are_called(tmp_path: Path) -> None:
    paths = []
    for name, text in pointing(tmp_path).items():
        for ending in (".xml", ".tif", ".cap", ".yaml"):
            path = tmp_path / (name + ending)
            path.write_text(text, "utf-8")
            paths.append(path)
    free = {k: v for k, v in os.environ.items() if k != "GDAL_SKIP"}
    told = opened(paths, free)
    # The counter-check: GDAL as it comes reads the other file.
    for name in ("mrf.tif", "isis3.yaml", "pds4.xml", "gti.xml", "vrt.tif"):
        assert told[name] == SECRET[:64].hex(), name
    assert "other.tif" in told["ogrvrt.xml"]
    assert set(opened(paths, environment()).values()) == {"refused"}


def test_uploads_that_name_other_files_are_refused_and_jobs_do_not_open_them(
    tmp_path: Path,
) -> None:
    texts = pointing(tmp_path)
    with make_client(tmp_path, workers=1) as client:

        def sent(name: str, text: str) -> Any:
            return client.post(f"/v1/uploads?name={name}&role=population", content=text.encode())

        for name in ("mrf", "pds4", "gti", "vrt", "isis3"):
            assert sent(f"{name}.tif", texts[name]).json()["code"] == "wrong-type"
        for name in ("mrf", "pds4", "gti", "vrt"):
            assert sent(f"{name}.cap", texts[name]).json()["code"] == "wrong-type"
        # What is no XML is a text like any other, until it is to be a raster.
        answer = sent("isis3.yaml", texts["isis3"])
        assert answer.status_code == 201
        area = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
        inputs = {
            "population": answer.json()["reference"], "population_unit": "count", "area": area,
        }  # fmt: skip
        job = started(client, "reach", inputs)
        assert ended(client, job)["status"] == "failed"
        told = client.get(f"/jobs/{job}/results")
        assert told.status_code == 400
        assert "cannot be read" in told.json()["detail"]
        assert "secret" not in told.text
