"""What each role gets of an exercise, and what it may do: over every route that there is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from exercise_table import Table, begun, playing

from ew4all.api.openapi import routes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

HIDDEN = ("A mast is down", "A reporter calls", '"expected', "at_risk", '"warned"', "in_time", "over_reach\":", '"missed"')  # fmt: skip
"""What players and observers never get: injects that have not fired, what is expected, and the truth."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with playing(tmp_path_factory.mktemp("play")) as made:
        yield made


@pytest.fixture(scope="module")
def table(client: TestClient) -> Table:
    return begun(client)


READS = ["", "/state", "/clock", "/decisions", "/alerts", "/messages", "/geo/zones", "/geo/people", "/geo/cells", "/geo/alerts", "/alerts/a1", "/events"]  # fmt: skip
"""What players and observers may read."""


def test_no_route_tells_players_or_observers_the_truth(table: Table) -> None:
    """Every route that reads, found in the application: it is refused, or what it answers holds nothing that is hidden."""
    names = {
        "inject_id": "i2",
        "alert_id": "a1",
        "branch_id": "b1",
        "expectation": "e1",
        "message_id": "1",
        "number": "0",
    }
    found = set()
    for route in routes_of(table.client.app):  # type: ignore[arg-type]
        if not route.path.startswith("/v1/exercises/{exercise_id}") or "GET" not in route.methods:
            continue
        layers = ("zones", "people", "cells", "alerts", "hazard", "missed")
        for layer in layers if "{layer}" in route.path else ("",):
            path = route.path.replace("/v1/exercises/{exercise_id}", "")
            for name, value in {**names, "layer": layer}.items():
                path = path.replace(f"{{{name}}}", value)
            for who in (table.nema, table.ntrc, table.observer):
                answer = table.client.get(table.url + path, headers=who)
                if answer.status_code == 403:
                    assert answer.json()["code"] == "not-your-role", path
                    continue
                if answer.status_code == 404:  # this exercise has no files
                    assert answer.json()["code"] == "unknown-file", path
                    continue
                assert answer.status_code == 200, (path, answer.text)
                found.add(path)
                leaked = [word for word in HIDDEN if word in answer.text]
                assert leaked == [], (path, leaked)
    assert found == {*READS, "/alerts/a1.xml"}
    assert any(word in table.client.get(f"{table.url}/state").text for word in HIDDEN)


def test_drafts_of_others_are_not_seen(table: Table) -> None:
    for path in ("/alerts/a2", "/alerts/a2.xml"):
        assert table.client.get(table.url + path, headers=table.nema).status_code == 404
        assert table.client.get(table.url + path, headers=table.ntrc).status_code == 200
        assert table.client.get(table.url + path, headers=table.observer).status_code == 200


def test_nobody_does_what_the_role_may_not(table: Table) -> None:
    refused: dict[str, list[dict[str, str]]] = {
        "/clock": [table.nema, table.observer, table.evaluator],
        "/injects": [table.nema, table.observer, table.evaluator],
        "/decisions": [table.observer, table.evaluator],
        "/messages": [table.observer, table.evaluator],
        "/invitations": [table.nema, table.observer, table.evaluator],
        "/branches": [table.nema, table.observer, table.evaluator],
        "/notes": [table.nema, table.observer],
        "/preview": [table.observer],
    }
    bodies = {
        "/clock": {"do": "end"}, "/injects": {"title": "x"}, "/decisions": {"kind": "request_roaming"}, "/messages": {"text": "x"},
        "/invitations": {"role": "facilitator"}, "/branches": {"title": "x", "changes": [{"do": "drop", "decision": 1}]},
        "/notes": {"text": "x"}, "/preview": {"alert": {}},
    }  # fmt: skip
    for path, who in refused.items():
        for one in who:
            assert table.post(path, bodies[path], one, 403)["code"] == "not-your-role", path
    assert table.decide("request_roaming", table.nema, 403, team="ntrc")["code"] == "not-your-team"
    assert table.decide("refuse_request", table.nema, 403, request="r1")["code"] == "not-your-role"
    for one in (table.nema, table.observer, table.evaluator):
        assert table.client.delete(table.url, headers=one).status_code == 403


def test_nothing_is_actual_or_live(table: Table) -> None:
    """The lock, over everything that an exercise answers."""
    texts = [table.client.get(f"{table.url}/alerts/{a}.xml").text for a in ("a1", "a2", "s1")]
    texts += [
        table.client.get(table.url + path).text
        for path in (*READS[:-1], "/log", "/curves", "/injects")
    ]
    live = re.compile(r'"(?:message_identifiers|identifier)":\s*\[?(43(?:7\d|9[0-3])|4352|911|919)')
    for text in texts:
        assert "Actual" not in text
        assert live.search(text) is None
