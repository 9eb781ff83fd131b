"""docs/client.md and docs/recipes.md: every snippet is run, on a service that this test starts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from made_server import Served, serving

import ew4all.client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOME = "http://127.0.0.1:8000"
"""The address that the pages use."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("service"), workers=1) as made:
        yield made


def blocks(repository: Path, page: str, language: str) -> list[str]:
    text = (repository / "docs" / page).read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_page_of_the_client_runs(served: Served, repository: Path, tmp_path: Path) -> None:
    found = blocks(repository, "client.md", "python")
    assert len(found) == 5
    code = "\n".join(found).replace(HOME, served.url) + "\nprint(path, len(near), address)\n"
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"^in area [\d,]+ of [\d,]+$", ran.stdout, re.MULTILINE)
    assert "100 % " in ran.stdout
    assert "412 changed-meanwhile header:If-Match it was changed" in ran.stdout
    last = ran.stdout.splitlines()[-1]
    assert re.fullmatch(r"zones\.csv [1-9]\d* http://127\.0\.0\.1:\d+/v1/layers/.*\.mvt", last)
    assert (tmp_path / "zones.csv").read_text("utf-8").count("\n") > 5


def test_the_page_of_the_client_names_what_is_there(repository: Path) -> None:
    text = (repository / "docs" / "client.md").read_text("utf-8")
    for name in ("ServiceError", "TransportError"):
        assert f"`{name}`" in text
        assert name in ew4all.client.__all__
    error = ew4all.client.ServiceError("m")
    row = next(line for line in text.splitlines() if line.startswith("| `ServiceError`"))
    assert all(hasattr(error, name) for name in re.findall(r"`(\w+)`", row)[1:])


def test_every_curl_command_does_what_it_says(served: Served, repository: Path, tmp_path: Path) -> None:  # fmt: skip
    bash = shutil.which("bash")
    if shutil.which("curl") is None or bash is None:
        pytest.skip("curl or bash is not there: the recipes are not run")
    told = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(int(part) for part in re.findall(r"\d+", told)[:2])
    if version < (7, 84):
        pytest.skip("this curl is older than 7.84 and knows no %header: the recipes are not run")
    found = blocks(repository, "recipes.md", "sh")
    assert len(found) == 9
    script = "set -eu -o pipefail\n" + "".join(
        f"echo; echo '--- {n}'\n{b}" for n, b in enumerate(found)
    )
    ran = subprocess.run(
        [bash, "-c", script.replace(HOME, served.url)],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = [part.strip() for part in re.split(r"\n--- \d\n", ran.stdout)[1:]]
    upload, execute, listen, poll, results, features, tiles, alert, change = said
    assert re.fullmatch(r"upload:[\w-]+", upload)
    assert re.fullmatch(r"one job: /jobs/[\w-]+", execute)
    assert "event: job\n" in listen
    assert '"status":"successful"' in listen.rsplit("data:", 1)[1]
    assert json.loads(poll)["status"] == "successful"
    numbers, table = results.split("\n", 1) if "\n" in results else (results, "")
    first, _ = json.JSONDecoder().raw_decode(numbers)
    assert first["reach"]["people"]["in_area"] > 0
    assert "in_area" in results.split("}")[-1]
    assert results.endswith("PAR1")
    assert table.count("\n") >= 2
    assert _is_near(json.loads(features)["features"])
    tilejson, end = json.JSONDecoder().raw_decode(tiles)
    assert tilejson["vector_layers"][0]["id"] == "zones"
    assert tiles[end:].split() == ["200", "application/vnd.mapbox-vector-tile"]
    geojson, end = json.JSONDecoder().raw_decode(alert)
    assert geojson["features"][0]["geometry"]["type"] == "Polygon"
    problem = json.loads(alert[end:])
    assert (problem["status"], problem["code"]) == (400, "invalid-alert")
    assert "urgency" in problem["errors"][0]["pointer"]
    changed, end = json.JSONDecoder().raw_decode(change)
    refused, more = json.JSONDecoder().raw_decode(change[end:])
    assert (changed["version"], refused["status"], change[end + more :]) == (2, 412, "204")


def test_curl_commands_of_all_other_pages_are_answered(served: Served, repository: Path, tmp_path: Path) -> None:  # fmt: skip
    if shutil.which("curl") is None:
        pytest.skip("curl is not there: the commands are not run")
    pages = [repository / "README.md", *sorted((repository / "docs").glob("*.md"))]
    commands = [
        (page.name, re.sub(r"\s+#.*", "", command))
        for page in pages if page.name != "recipes.md"
        for block in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        for command in re.findall(r"^curl (?:.*\\\n)*.*$", block, re.MULTILINE)
    ]  # fmt: skip
    assert [name for name, _ in commands] == ["README.md", "api-layers.md", "events.md"]
    said = {}
    for name, command in commands:
        jobs = httpx.get(f"{served.url}/jobs").json()["jobs"]  # README's own, by then
        job = jobs[0]["jobID"] if jobs else ""
        words = command.replace(HOME, served.url).replace("/ID/", f"/{job}.reach.json/")
        assert "$" not in words.replace("$JOB", "")
        ran = subprocess.run(
            ["bash", "-c", words.replace("curl ", "curl -sSf ", 1)], cwd=tmp_path, env={**os.environ, "JOB": job},
            capture_output=True, check=False, timeout=240,
        )  # fmt: skip
        assert ran.returncode == 0, (name, ran.stderr)
        said[name] = ran.stdout
    assert json.loads(said["README.md"])["reach"]["people"]["in_area"] > 0
    assert len(said["api-layers.md"]) == 16
    assert b"event: job" in said["events.md"]


def _is_near(features: list[dict[str, Any]]) -> bool:
    """Whether some zones were found, and not all of them."""
    return 0 < len(features) < 7


def test_the_map_names_what_the_service_has(repository: Path) -> None:
    (script,) = blocks(repository, "recipes.md", "js")
    asked = re.findall(r"/v1/layers/\$\{job\}\.(\S+?)/tilejson\.json", script)
    assert asked == ["uncovered.tif", "zones.parquet"]
    assert '"source-layer": "zones"' in script
