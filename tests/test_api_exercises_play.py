"""An exercise that is played through the API: clock, injects, decisions, in-boxes, scores, map; by those who may."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from exercise_table import Table, begun, playing
from made_exercise_service import ALERT, AREA
from made_service import service_of

from ew4all.api.exercises import records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with playing(tmp_path_factory.mktemp("play")) as made:
        yield made


@pytest.fixture(scope="module")
def table(client: TestClient) -> Table:
    return begun(client)


def test_the_clock_does_as_it_is_told(client: TestClient) -> None:
    table = Table(client)
    assert table.get("/clock")["state"] == "ready"
    for do, code in (("pause", "clock-state"), ("jump", "clock-state"), ("end", "clock-state")):
        assert table.post("/clock", {"do": do, "time_s": 5.0}, status=409)["code"] == code
    assert table.decide("request_roaming", table.nema, 409)["code"] == "clock-state"
    assert table.clock("start", speed=10.0)["state"] == "running"
    assert table.post("/clock", {"do": "start"}, status=409)["code"] == "clock-state"
    table.waited(lambda s: s["clock"]["time_s"] > 2.0)
    stands = table.clock("pause")
    assert (stands["state"], stands["reason"]) == ("paused", "facilitator")
    assert table.post("/clock", {"do": "pause"}, status=409)["code"] == "clock-state"
    time.sleep(0.3)
    assert table.get("/clock")["time_s"] == stands["time_s"]
    stepped = table.clock("step", seconds=30.0)
    assert (stepped["state"], stepped["time_s"]) == (
        "paused",
        pytest.approx(stands["time_s"] + 30.0),
    )
    assert table.clock("speed", speed=60.0)["speed"] == 60.0
    jumped = table.clock("jump", time_s=700.0)
    assert jumped["time_s"] == 700.0
    # What was planned in between happened, in its order and at its time.
    fired = {i["id"]: i["fired_s"] for i in table.get("/state")["injects"] if i["state"] == "fired"}
    assert fired == {"i1": 60.0, "i2": 600.0}
    assert table.post("/clock", {"do": "jump", "time_s": 5.0}, status=409)["code"] == "clock-state"
    assert table.post("/clock", {"do": "jump"}, status=400)["errors"][0]["pointer"] == "#/time_s"
    talk = table.clock("jump", time_s=1300.0)
    assert (talk["reason"], talk["inject"], talk["discussion_s"]) == ("discussion", "i4", 300.0)
    assert table.clock("end")["state"] == "ended"
    assert table.post("/clock", {"do": "resume"}, status=409)["code"] == "clock-state"
    assert client.get(table.url).json()["phase"] == "ended"


def test_an_alert_goes_from_draft_to_cancellation(client: TestClient) -> None:
    table = Table(client)
    table.clock("start")
    table.clock("pause")
    empty = table.decide("draft_alert", table.nema, alert={**ALERT, "contents": []})["alert"]
    assert (empty["id"], empty["version"], empty["state"], empty["team"]) == (
        "a1",
        1,
        "draft",
        "nema",
    )
    assert (
        table.decide("approve_alert", table.nema, 400, alert="a1")["errors"][0]["pointer"]
        == "#/alert/contents"
    )
    second = table.decide("draft_alert", table.nema, alert={**ALERT, "id": "a1", "version": 1})[
        "alert"
    ]
    assert second["version"] == 2
    late = table.decide("draft_alert", table.nema, 412, alert={**ALERT, "id": "a1", "version": 1})
    assert late["current"]["version"] == 2
    assert table.decide("issue_alert", table.nema, 409, alert="a1")["code"] == "alert-state"
    assert table.decide("approve_alert", table.nema, alert="a1")["alert"]["state"] == "approved"
    issued = table.decide("issue_alert", table.nema, alert="a1")["alert"]
    assert (issued["state"], issued["status"], issued["message_identifiers"]) == (
        "issued",
        "Exercise",
        [4381],
    )
    assert issued["contents"][0]["text"] == "EXERCISE: Go up now."
    assert table.decide("issue_alert", table.nema, 409, alert="a1")["code"] == "alert-state"
    longer = [
        {"language": "en", "text": "Go up now, and stay there."},
        {"language": "ar", "text": "اصعد الآن"},
    ]
    updated = table.decide(
        "update_alert", table.nema, alert={**ALERT, "id": "a1", "contents": longer}
    )
    assert updated["alert"]["message_identifiers"] == [4381, 4394]
    cap = client.get(f"{table.url}/alerts/a1.xml", headers=table.ntrc)
    assert cap.headers["content-type"].startswith("application/cap+xml")
    assert re.findall("<status>(.*?)</status>", cap.text) == ["Exercise"]
    assert table.decide("cancel_alert", table.nema, alert="a1")["alert"]["state"] == "cancelled"
    assert table.decide("cancel_alert", table.nema, 409, alert="a1")["code"] == "alert-state"
    assert table.decide("issue_alert", table.nema, 404, alert="none")["code"] == "unknown-alert"
    kinds = [d["kind"] for d in table.get("/decisions", table.nema)["decisions"]]
    assert kinds == [
        "cancel_alert",
        "update_alert",
        "issue_alert",
        "approve_alert",
        "draft_alert",
        "draft_alert",
    ]


def test_what_is_wrong_with_an_alert_is_said_in_its_place(table: Table) -> None:
    far = {
        "type": "Polygon",
        "coordinates": [[[10.0, 10.0], [11.0, 10.0], [11.0, 11.0], [10.0, 10.0]]],
    }
    bow = {"type": "Polygon", "coordinates": [[[-146.99, -29.97], [-146.93, -29.89], [-146.93, -29.97], [-146.99, -29.89], [-146.99, -29.97]]]}  # fmt: skip
    for area in (far, bow):
        refused = table.decide("draft_alert", table.nema, 400, alert={**ALERT, "area": area})
        assert (refused["code"], refused["errors"][0]["pointer"]) == (
            "invalid-alert",
            "#/alert/area",
        )
    long = {**ALERT, "contents": [{"language": "en", "text": "Go up now. " * 200}]}
    refused = table.decide("draft_alert", table.nema, 400, alert=long)
    assert refused["errors"][0]["pointer"] == "#/alert/contents"
    assert table.decide("draft_alert", table.nema, 400)["errors"][0]["pointer"] == "#/alert"
    unknown = table.decide("draft_alert", table.nema, 400, alert={**ALERT, "channels": ["pigeons"]})
    assert "pigeons" in unknown["detail"]
    real = {**ALERT, "contents": [{"language": "en", "text": "status: Actual"}]}
    assert table.decide("draft_alert", table.nema, 400, alert=real)["code"] == "invalid-decision"


def test_a_preview_tells_all_of_it_at_once(table: Table) -> None:
    seen = table.post("/preview", {"alert": ALERT})
    (text,) = seen["texts"]
    assert (text["identifier"], text["pages"], text["alphabet"], text["fits"]) == (
        4381,
        1,
        "gsm7",
        True,
    )
    assert seen["area"]["people"] == seen["people"]["in_area"] > 0
    assert seen["people"]["covered"] + seen["people"]["missed"] == seen["people"]["in_area"]
    assert seen["truth"]["at_risk_in_area"] + seen["truth"]["at_risk_outside"] == pytest.approx(
        seen["truth"]["at_risk"], abs=1
    )
    assert seen["can_issue"] is True
    assert seen["status"] == "Exercise"
    player = table.post("/preview", {"alert": ALERT}, table.nema)
    assert "truth" not in player
    assert player["people"]["in_area"] == seen["people"]["in_area"]
    nothing = table.post("/preview", {"alert": {}})
    assert nothing["can_issue"] is False
    bad = {**ALERT, "contents": [{"language": "en", "text": "word " * 400}], "channels": ["pigeons"],
           "area": {"type": "Polygon", "coordinates": [[[10.0, 10.0], [11.0, 10.0], [11.0, 11.0], [10.0, 10.0]]]}}  # fmt: skip
    seen = table.post("/preview", {"alert": bad})
    assert seen["can_issue"] is False
    codes = [
        f["code"]
        for part in (*seen["texts"], seen["area"], *seen["channels"])
        for f in part["findings"]
    ]
    assert {"text-too-long", "area-outside", "channel-unknown"} <= set(codes)


def test_an_alert_warns_people_and_counts_them(table: Table) -> None:
    state = table.get("/state")
    counters = state["counters"]
    assert (
        0 < counters["warned"] <= counters["reached"] <= counters["alerted"] <= counters["at_risk"]
    )
    assert counters["in_time"] <= counters["warned"]
    assert counters["missed"] == pytest.approx(counters["at_risk"] - counters["warned"], abs=1)
    for name in ("at_risk", "warned"):
        assert sum(z[name] for z in state["zones"]) == pytest.approx(counters[name], abs=5)
    curves = table.get("/curves")
    warned = next(c for c in curves["curves"] if (c["channel"], c["stage"]) == ("any", "warned"))
    assert warned["people"][-1] == counters["warned"]
    assert len(warned["people"]) == len(curves["time_s"])
    assert {m["kind"] for m in curves["marks"]} == {"alert_issued", "inject"}
    later = table.get("/curves", after_s=curves["time_s"][-2])
    assert later["time_s"] == curves["time_s"][-1:]
    assert table.client.get(f"{table.url}/curves", params={"zone": "none"}).status_code == 404
    assert (
        table.get("/curves", zone=state["zones"][0]["id"])["at_risk"]
        == state["zones"][0]["at_risk"]
    )


def edited_by_two(table: Table) -> None:
    inject = table.get("/injects/i2")
    url, tag = f"{table.url}/injects/i2", {"If-Match": f'"{inject["version"]}"'}
    title = f"Mast {inject['version']}"
    assert table.client.put(url, json=inject).status_code == 428
    first = table.client.put(url, json={**inject, "title": title}, headers=tag)
    assert (first.status_code, first.json()["version"]) == (200, inject["version"] + 1), first.text
    assert first.headers["etag"] == f'"{inject["version"] + 1}"'
    second = table.client.put(url, json={**inject, "title": "Second"}, headers=tag)
    assert (second.status_code, second.json()["code"]) == (412, "changed-meanwhile")
    assert second.json()["current"]["title"] == title
    assert table.get("/injects/i2")["title"] == title


def test_of_two_who_edit_the_same_inject_the_second_is_told(client: TestClient) -> None:
    table = Table(client)
    edited_by_two(table)  # the exercise itself is changed
    table.clock("start")
    table.clock("pause")
    edited_by_two(table)  # an event of the log
    url = f"{table.url}/injects/i2"
    assert client.post(url, json={"do": "skip"}, headers={"If-Match": '"99"'}).status_code == 412
    table.clock("jump", time_s=601.0)
    fired = table.get("/injects/i2")
    assert (fired["state"], fired["version"]) == ("fired", 3)
    late = client.put(url, json=fired, headers={"If-Match": '"3"'})
    assert (late.status_code, late.json()["code"]) == (409, "inject-state")
    (message,) = [m for m in table.get("/messages", table.ntrc)["messages"] if m["is_inject"]]
    assert message["title"] == "EXERCISE: Mast 2"


def test_injects_are_fired_held_skipped_and_taken_back(client: TestClient) -> None:
    table = Table(client)
    assert table.post("/injects/i3", {"do": "fire"}, status=409)["code"] == "clock-state"
    added = table.post("/injects", {"title": "More", "text": "More rain.", "time_s": 30.0})
    assert (added["id"], added["version"], added["state"]) == ("i5", 1, "pending")
    bad = table.post("/injects", {"title": "Bad", "audience": ["nobody"]}, status=400)
    assert (bad["code"], bad["errors"][0]["pointer"]) == ("invalid-inject", "#/audience/0")
    table.clock("start")
    table.clock("pause")
    assert (
        table.post("/injects", {"title": "Late", "text": "x"}, status=409)["code"] == "clock-state"
    )
    assert table.post("/injects/i1", {"do": "hold"})["state"] == "held"
    assert table.post("/injects/i1", {"do": "hold"}, status=409)["code"] == "inject-state"
    assert table.post("/injects/i5", {"do": "skip"})["state"] == "skipped"
    table.clock("jump", time_s=90.0)
    assert {i["id"]: i["state"] for i in table.get("/state")["injects"]}["i1"] == "held"
    assert table.post("/injects/i1", {"do": "release"})["state"] in {"pending", "fired"}
    table.waited(
        lambda s: {i["id"]: i["state"] for i in s["injects"]}["i1"] == "fired"
    ) if False else None
    assert table.post("/injects/i3", {"do": "fire"})["state"] == "fired"
    (mine,) = [
        m for m in table.get("/messages", table.ntrc)["messages"] if m["is_inject"] and not m["to"]
    ]
    assert (mine["text"], mine["withdrawn"]) == ("EXERCISE: A reporter calls. EXERCISE", False)
    assert table.post("/injects/i3", {"do": "undo"})["state"] == "held"
    (mine,) = [m for m in table.get("/messages", table.ntrc)["messages"] if m["id"] == mine["id"]]
    assert mine["withdrawn"] is True
    assert table.post("/injects/none", {"do": "fire"}, status=404)["code"] == "unknown-inject"


def test_in_boxes_are_those_of_the_team(table: Table) -> None:
    sent = table.post(
        "/messages", {"to": ["ntrc"], "title": "Roads", "text": "Which are open?"}, table.nema
    )
    assert (sent["from"]["team"], sent["text"]) == ("nema", "EXERCISE: Which are open? EXERCISE")
    answer = table.post(
        "/messages", {"to": ["nema"], "text": "All.", "reply_to": sent["id"]}, table.ntrc
    )
    assert answer["reply_to"] == sent["id"]
    assert (sent["title"], answer["title"]) == ("EXERCISE: Roads", "")
    secret = table.post("/messages", {"to": ["facilitator"], "text": "May we?"}, table.nema)
    press = table.post("/messages", {"to": [], "text": "Live at five.", "from": "The press"})
    assert press["from"] == {"team": None, "name": "The press"}
    assert (
        table.post("/messages", {"text": "x", "from": "me"}, table.nema, 403)["code"]
        == "not-your-role"
    )
    assert (
        table.post("/messages", {"to": ["none"], "text": "x"}, table.nema, 400)["code"]
        == "invalid-request"
    )

    def ids(who: dict[str, str]) -> set[int]:
        return {m["id"] for m in table.get("/messages", who)["messages"]}

    assert {sent["id"], secret["id"], press["id"]} <= ids(table.nema)
    assert secret["id"] not in ids(table.ntrc)
    assert press["id"] in ids(table.ntrc)
    assert {sent["id"], secret["id"]} <= ids(table.observer)
    assert (
        table.client.post(f"{table.url}/messages/{sent['id']}/read", headers=table.ntrc).status_code
        == 204
    )
    assert (
        table.client.post(
            f"{table.url}/messages/{secret['id']}/read", headers=table.ntrc
        ).status_code
        == 404
    )
    (read,) = [m for m in table.get("/messages")["messages"] if m["id"] == sent["id"]]
    assert read["read_by"] == ["ntrc"]


def test_scores_are_found_and_given(table: Table) -> None:
    sheet = table.get("/scores", table.evaluator)
    first, second = sheet["scores"]
    assert (first["state"], first["points"]) == ("met", 5.0)
    assert (second["state"], second["points"], second["is_judged"]) == ("open", None, True)
    url = f"{table.url}/scores/e2"
    headers = {**table.evaluator, "If-Match": f'"{second["version"]}"'}
    assert table.client.put(url, json={"points": 9.0}, headers=headers).status_code == 400
    given = table.client.put(url, json={"points": 2.0, "comment": "late"}, headers=headers)
    assert (given.json()["state"], given.json()["points"], given.json()["by"]) == (
        "judged",
        2.0,
        "evaluator",
    )
    assert table.client.put(url, json={"points": 1.0}, headers=headers).status_code == 412
    assert table.get("/scores")["points"] == 7.0
    note = table.post("/notes", {"text": "Lists were old.", "is_lesson": True}, table.evaluator)
    assert note["id"] in [n["id"] for n in table.get("/notes")["notes"]]


def test_layers_are_drawn(table: Table) -> None:
    for layer in ("zones", "people", "cells", "alerts", "hazard", "missed"):
        answer = table.client.get(f"{table.url}/geo/{layer}")
        assert answer.headers["content-type"] == "application/geo+json"
        found = answer.json()
        assert found["features"], layer
        assert found["time_s"] >= 120.0
        again = table.client.get(
            f"{table.url}/geo/{layer}", headers={"If-None-Match": answer.headers["etag"]}
        )
        assert again.status_code == 304
    missed = table.get("/geo/missed")
    total = sum(f["properties"]["missed"] for f in missed["features"])
    assert total == pytest.approx(table.get("/state")["counters"]["missed"], rel=0.1)
    assert {f["properties"]["kind"] for f in table.get("/geo/hazard")["features"]} >= {"footprint"}
    mine = {f["properties"]["id"] for f in table.get("/geo/alerts", table.nema)["features"]}
    theirs = {f["properties"]["id"] for f in table.get("/geo/alerts", table.ntrc)["features"]}
    assert (mine, theirs) == ({"a1"}, {"a1", "a2"})


def test_requests_take_time_and_can_be_refused(table: Table) -> None:
    asked = table.decide("request_satellite", table.ntrc, zone="V1", number=2)
    assert (asked["state"], asked["zone"], asked["number"]) == ("asked", "V1", 2)
    assert asked["effect_s"] > asked["time_s"]
    refused = table.decide("refuse_request", request=asked["request"], reason="none left")
    assert refused["note"] == "none left"
    (found,) = [
        d for d in table.get("/decisions", table.ntrc)["decisions"] if d["id"] == asked["id"]
    ]
    assert found["state"] == "refused"
    sirens = table.decide("order_sirens", table.nema, area=AREA)
    assert sirens["alert"]["id"] == "s1"
    assert table.decide("request_power", table.ntrc, 400, zone="none")["code"] == "invalid-decision"


def test_what_if(table: Table) -> None:
    issued = next(d for d in table.get("/decisions")["decisions"] if d["kind"] == "issue_alert")
    changes = [{"do": "drop", "decision": issued["id"]}]
    made = table.post("/branches", {"title": "No alert", "changes": changes})
    ends_s = time.monotonic() + 120.0
    while (found := table.get(f"/branches/{made['id']}"))["state"] == "running":
        assert time.monotonic() < ends_s
        time.sleep(0.2)
    assert found["state"] == "done", found
    assert found["counters"]["branch"]["warned"] < found["counters"]["actual"]["warned"]
    assert [b["id"] for b in table.get("/branches")["branches"]] == [made["id"]]
    bad = table.post(
        "/branches", {"title": "x", "changes": [{"do": "move", "decision": 1, "time_s": 1.0}]}
    )
    while (found := table.get(f"/branches/{bad['id']}"))["state"] == "running":
        time.sleep(0.2)
    assert (found["state"], found["errors"][0]["pointer"]) == ("failed", "#/changes/0/decision")


def test_the_log_is_what_happened(table: Table) -> None:
    answer = table.client.get(f"{table.url}/log", headers=table.evaluator)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[0]["kind"] == "started"
    with service_of(table.client).database.read() as connection:
        stored = records.entries(connection, table.exercise)
    assert "".join(f"{e.line}\n" for e in stored) == answer.text
    after = table.client.get(f"{table.url}/log", params={"after": len(lines) - 1})
    assert after.text.splitlines() == answer.text.splitlines()[-1:]
