"""docs/exercise-api.md: its paths are there, its bodies are taken, its events, codes and numbers are those of the service."""

from __future__ import annotations

import json
import re
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

import pytest
from made_service import make_client

import ew4all.api
from ew4all.api.exercises import bodies
from ew4all.api.exercises.access import MAY
from ew4all.api.exercises.invitations import DAY, LONGEST
from ew4all.api.exercises.people_map import MOST_SQUARES
from ew4all.api.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = File(ew4all.api.__file__).parent


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "exercise-api.md").read_text("utf-8")


def plain(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def test_paths_of_its_table_are_those_of_exercises(page: str, tmp_path: Path) -> None:
    with make_client(tmp_path, workers=0) as client:
        paths: dict[str, Any] = client.get("/api").json()["paths"]
    known = {plain(p) for p in paths if p.startswith(("/v1/exercises", "/v1/seats"))}
    table = page.partition("| --- | --- | --- |")[2].partition("\n\n")[0]
    told = set()
    for row in table.strip().splitlines():
        cells = re.findall(r"`(?:[A-Z]+ )?(/[^`]+)`", row.split("|")[1])
        for cell in cells:
            whole = cell if cell.startswith("/v1") else "/v1/exercises/{id}" + cell
            told.add(plain(whole))
    told = {p.replace("/v1/exercises/library", "/v1/exercises/library") for p in told}
    assert told == known


def test_its_requests_are_taken(page: str) -> None:
    models = {
        "/invitations": bodies.InvitationRequest, "/seats": bodies.SeatRequest, "/decisions": bodies.DecisionRequest,
        "/branches": bodies.BranchRequest,
    }  # fmt: skip
    count = 0
    for block in re.findall(r"```json\nPOST (\S+)\n(.*?)\n\n\d{3}\n", page, re.DOTALL):
        path, body = block
        model = models["/" + path.rpartition("/")[2]]
        model.model_validate_json(body)
        count += 1
    assert count == len(models)
    for do in re.findall(r'\| `(\{"do": .*?)` \|', page):
        for one in re.findall(r"\{.*?\}", do):
            bodies.ClockRequest.model_validate_json(one)


def test_its_json_is_json(page: str) -> None:
    blocks = re.findall(r"```json\n(.*?)\n```", page, re.DOTALL)
    assert len(blocks) >= 10
    for block in blocks:
        for part in re.split(r"\n*(?:GET|POST) \S+\n|\n*\b\d{3}\n", block):
            if part.strip():
                json.loads(part)


def test_codes_of_errors_are_used(page: str) -> None:
    source = "".join(p.read_text("utf-8") for p in SOURCE.rglob("*.py"))
    table = page.partition("## Errors of exercises")[2]
    codes = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", table)) - {"if-match"}
    assert len(codes) >= 15
    assert {code for code in codes if f'"{code}"' not in source and code not in source} == set()


def test_roles_and_what_they_may(page: str) -> None:
    assert f'"may": {json.dumps(list(MAY["facilitator"]))}' in page
    assert all(f"`{role}`" in page for role in MAY)


def test_numbers_are_those_of_the_service(page: str) -> None:
    assert (DAY.total_seconds() / 3600, LONGEST.days) == (24.0, 31)
    assert f"at most {MOST_SQUARES:,} squares" in page
    assert bodies.LibraryRequest.model_fields["report_delay_s"].default == 900.0
    assert '"report_delay_s": 900' in page
    assert Settings().exercise_tick_s == 0.5
    assert "written down twice a second" in page
