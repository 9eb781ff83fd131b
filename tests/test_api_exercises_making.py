"""Exercises are made out of the library, a file or a list of injects; what is wrong with one is told at once, and nothing of this machine is read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from made_exercise_service import YAML, opened
from made_service import make_client

from ew4all.sim.exercise import claims_to_be_real

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS = [["No", "Time", "Title", "Text", "To"], ["i1", "0:05", "Rain", "It rains.", "nema"], ["i9", "0:30", "New", "A new one.", "ntrc"]]  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("making"), workers=0) as made:
        yield made


def sent(client: TestClient, body: Any, kind: str = "application/yaml", **query: Any) -> Any:
    return client.post("/v1/exercises", content=body, headers={"Content-Type": kind}, params=query)


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_one_of_the_library(client: TestClient) -> None:
    listed = client.get("/v1/exercises/library").json()["exercises"]
    assert listed
    name = listed[0]["name"]
    made = client.post("/v1/exercises", json={"library": name, "seed": 3, "title": "Ours"})
    assert made.status_code == 201, made.text
    document = made.json()
    assert (document["title"], document["seed"], document["scenario"]) == (
        "EXERCISE: Ours",
        3,
        listed[0]["scenario"],
    )
    assert document["clock"]["state"] == "ready"
    assert client.get(made.headers["location"]).json()["id"] == document["id"]
    assert document["handouts"]
    for handout in document["handouts"]:
        file = client.get(handout["href"].removeprefix("http://testserver"))
        assert (file.status_code, file.headers["content-type"]) == (
            200,
            "text/markdown; charset=utf-8",
        )
    assert client.get(f"{made.headers['location']}/handouts/999").status_code == 404
    unknown = client.post("/v1/exercises", json={"library": "none"})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (400, "#/library")
    again = {"Idempotency-Key": "once"}
    ids = {
        client.post("/v1/exercises", json={"library": name}, headers=again).json()["id"]
        for _ in range(2)
    }
    assert len(ids) == 1


def test_a_file_with_faults_tells_all_of_them(client: TestClient) -> None:
    assert sent(client, YAML).status_code == 201
    bad = (
        YAML.replace("at: 1 min", "at: 1 mi")
        .replace("to: ntrc", "to: nobody")
        .replace("2 h", "2 hours long")
    )
    answer = sent(client, bad)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-exercise")
    assert {e["pointer"] for e in answer.json()["errors"]} >= {"#/injects/0/at", "#/length"}
    assert all(e["line"] > 0 for e in answer.json()["errors"])
    unknown = sent(client, YAML.replace("to: ntrc", "to: nobody")).json()
    assert unknown["errors"][0]["pointer"].startswith("#/injects/1/to")
    assert sent(client, b"\xff\xfe").json()["code"] == "not-utf-8"
    assert sent(client, "[1, 2").json()["code"] == "invalid-exercise"
    assert sent(client, YAML, "text/html").status_code == 415
    assert sent(client, "").status_code == 400


@pytest.mark.parametrize("scenario", ["/etc/passwd", "../../etc/passwd", "demo:../x", "scenario:none", "upload:none", "file:///etc/passwd"])  # fmt: skip
def test_no_file_of_this_machine_is_a_scenario(client: TestClient, scenario: str) -> None:
    answer = sent(client, YAML.replace("valley-flash-flood", scenario))
    assert answer.status_code == 400
    assert answer.json()["code"] in {"invalid-exercise", "unknown-reference"}
    assert "root:" not in answer.text
    listed = sent(client, workbook(ROWS), XLSX, scenario=scenario)
    assert listed.status_code == 400
    assert "root:" not in listed.text


def test_no_file_of_this_machine_is_a_hand_out(client: TestClient) -> None:
    handout = YAML + "handouts:\n  - {title: x, file: /etc/passwd}\n"
    answer = sent(client, handout)
    assert answer.json()["errors"][0]["pointer"] == "#/handouts"
    attached = YAML.replace(
        "text: A reporter calls.", "text: A reporter calls., attachments: x | /etc/passwd"
    )
    assert sent(client, attached).json()["errors"][0]["pointer"] == "#/injects/2/attachments"


def test_a_time_of_the_day_without_a_date_is_told(client: TestClient) -> None:
    """The clock of an exercise shows what its hand-outs say, also where the scenario has no date."""
    made = sent(client, YAML + "scenario_start: 15 min\n").json()
    assert (made["start"], made["day_s"]) == (None, 6300.0), "01:30, and a quarter of an hour later"
    dated = sent(client, YAML.replace("valley-flash-flood", "grenada-beryl")).json()
    assert "day_s" not in dated
    assert dated["start"].startswith("2024-07-01T06:00")


def test_a_scenario_that_is_stored(client: TestClient) -> None:
    text = "schema: ew4all/scenario/1\ndemo: valley\nchannels: [cell_broadcast]\nalert: {issued: 10 min}\n"
    stored = client.post(
        "/v1/scenarios", content=text, headers={"Content-Type": "application/yaml"}
    )
    assert stored.status_code == 201, stored.text
    made = sent(client, YAML.replace("valley-flash-flood", stored.json()["reference"]))
    assert made.status_code == 201, made.text
    assert made.json()["scenario"] == stored.json()["reference"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [(XLSX, workbook(ROWS)), ("text/csv", "\n".join(",".join(row) for row in ROWS).encode())],
    ids=["xlsx", "csv"],
)
def test_a_list_of_injects(client: TestClient, kind: str, body: bytes) -> None:
    made = sent(client, body, kind, scenario="valley-flash-flood", title="Ours")
    assert made.status_code == 201, made.text
    assert made.json()["title"] == "EXERCISE: Ours"
    assert {t["id"] for t in made.json()["teams"]} == {"nema", "ntrc"}
    without = sent(client, body, kind)
    assert without.status_code == 400
    broken = sent(client, body[: len(body) // 2], XLSX, scenario="valley-flash-flood")
    assert (broken.status_code, broken.json()["code"]) == (400, "invalid-list")


def test_a_fault_of_a_list_has_its_cell(client: TestClient) -> None:
    rows = [ROWS[0], ["i1", "soon", "Rain", "It rains.", "nema"]]
    answer = sent(client, workbook(rows), XLSX, scenario="valley-flash-flood")
    (fault,) = answer.json()["errors"]
    assert (answer.json()["code"], fault["row"], fault["column"]) == ("invalid-list", 2, 2)
    mapped = [["Wann genau", "Was"], ["5 min", "Es regnet."]]
    query = {"scenario": "valley-flash-flood", "map": ["Wann genau:at", "Was:text"]}
    assert sent(client, workbook(mapped), XLSX, **query).status_code == 201
    assert (
        sent(client, workbook(mapped), XLSX, **{**query, "map": ["nonsense"]}).json()["code"]
        == "bad-map"
    )


def test_a_list_is_taken_into_an_exercise(client: TestClient) -> None:
    url = sent(client, YAML).headers["location"]
    opened(client, url.rpartition("/")[2])
    headers, body = {"Content-Type": XLSX}, workbook(ROWS)
    seen = client.post(
        f"{url}/imports", content=body, headers=headers, params={"dry_run": True}
    ).json()
    assert (seen["added"], seen["changed"]) == (1, 1)
    assert {c["field"] for c in seen["columns"]} == {"id", "at", "title", "text", "to"}
    assert "i9" not in {i["id"] for i in client.get(f"{url}/injects").json()["injects"]}
    taken = client.post(f"{url}/imports", content=body, headers=headers)
    assert taken.status_code == 200, taken.text
    assert "i9" in {i["id"] for i in client.get(f"{url}/injects").json()["injects"]}
    faulty = workbook([ROWS[0], ["i1", "soon", "Rain", "It rains.", "nema"]])
    refused = client.post(f"{url}/imports", content=faulty, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-list")
    assert refused.json()["errors"][0]["row"] == 2
    assert (
        client.post(
            f"{url}/imports", content=b"x", headers={"Content-Type": "text/html"}
        ).status_code
        == 415
    )
    assert client.post(f"{url}/clock", json={"do": "start"}).status_code == 200
    late = client.post(f"{url}/imports", content=body, headers=headers)
    assert (late.status_code, late.json()["code"]) == (409, "clock-state")


def test_an_exercise_is_saved_as_it_stands_and_brought_in_again(client: TestClient) -> None:
    url = sent(client, YAML).headers["location"]
    opened(client, url.rpartition("/")[2])
    assert client.post(f"{url}/clock", json={"do": "start"}).status_code == 200
    inject = client.get(f"{url}/injects/i2").json()
    headers = {"If-Match": f'"{inject["version"]}"'}
    changed = client.put(f"{url}/injects/i2", json={**inject, "title": "Hail"}, headers=headers)
    assert changed.status_code == 200, changed.text
    files = {n: client.get(f"{url}/exports/{n}") for n in ("exercise.yaml", "exercise.xlsx", "injects.csv")}  # fmt: skip
    for name, file in files.items():
        assert file.status_code == 200, file.text
        assert file.headers["content-disposition"] == f'attachment; filename="EXERCISE-{name}"'
        assert not claims_to_be_real(file.text)
        kind = file.headers["content-type"].partition(";")[0]
        query = {} if kind == "application/yaml" else {"scenario": "valley-flash-flood"}
        again = sent(client, file.content, kind, **query)
        assert again.status_code == 201, again.text
        there = again.headers["location"]
        opened(client, there.rpartition("/")[2])
        found = client.get(f"{there}/injects/i2").json()
        for key in ("title", "text", "time_s", "effects"):
            assert found[key] == changed.json()[key], (name, key)
    assert client.get(f"{url}/exports/exercise.docx").status_code == 400


def test_what_was_changed_before_the_start_stays(client: TestClient, tmp_path: Path) -> None:
    with make_client(tmp_path, workers=0) as first:
        url = sent(first, YAML).headers["location"]
        opened(first, url.rpartition("/")[2])
        inject = first.get(f"{url}/injects/i1").json()
        changed = first.put(f"{url}/injects/i1", json={**inject, "title": "Hail", "time_s": 90.0}, headers={"If-Match": '"1"'})  # fmt: skip
        assert changed.status_code == 200, changed.text
    with make_client(tmp_path, workers=0) as second:
        opened(second, url.rpartition("/")[2])
        found = second.get(f"{url}/injects/i1").json()
        assert (found["title"], found["time_s"], found["version"]) == ("Hail", 90.0, 2)
    del client
