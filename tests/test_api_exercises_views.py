"""What each role is told: only what is named may pass, and a field that is added later is nobody's but the facilitators'."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ew4all.api.exercises.views import View, changed

PLAYER, OTHER, OBSERVER = View("player", "nema"), View("player", "ntrc"), View("observer")
TRUTH = (View("facilitator"), View("evaluator"))
SECRET = "truth-must-not-pass"


def alert(identifier: str, team: str, state: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "team": team,
        "state": state,
        "headline": "h",
        "reach": {"warned": SECRET},
        "new": SECRET,
    }


def whole() -> dict[str, Any]:
    """A state in which everything that is hidden says so."""
    return {
        "seq": 7, "phase": "ready", "clock": {"state": "running", "time_s": 1.0, "speed": 1.0, "inject": SECRET},
        "counters": {"at_risk": SECRET}, "channels": [{"name": "siren", "warned": SECRET}],
        "zones": [{"id": "z", "at_risk": SECRET, "sites_out": SECRET}], "network": {"sites_out": SECRET},
        "facts": {"sites_out_share": SECRET}, "injects": [{"id": SECRET, "state": "pending"}],
        "alerts": [alert("a1", "nema", "draft"), alert("a2", "ntrc", "draft"), alert("a3", "ntrc", "issued")],
        "decisions": [
            {"id": 1, "kind": "request_power", "team": "nema", "new": SECRET},
            {"id": 2, "kind": "request_power", "team": "ntrc"},
            {"id": 3, "kind": "issue_alert", "team": "ntrc", "alert": alert("a3", "ntrc", "issued")},
        ],
        "messages": {"last": 9, "count": 5}, "boxes": {"nema": {"last": 4, "count": 2}}, "changed": {"a1": 3, "a2": 9, "a3": 5}, "scores": {"points": SECRET},
        "geo": {"hazard": SECRET, "missed": SECRET, "cells": SECRET, "zones": "z"}, "seats": 3, "new": SECRET,
        "reported": {
            "network": {"sites": 10, "sites_out": 2, "service": SECRET, "reported_s": 0.0},
            "zones": [{"id": "z", "sites_out": 1, "at_risk": SECRET}], "geo": {"cells": "r1"},
        },
    }  # fmt: skip


@pytest.mark.parametrize("view", [PLAYER, OTHER, OBSERVER], ids=["player", "other", "observer"])
def test_no_truth_is_in_a_state(view: View) -> None:
    seen = view.state(whole())
    assert SECRET not in json.dumps(seen)
    assert seen["network"] == {"reported_s": 0.0, "sites": 10, "sites_out": 2}
    assert seen["zones"] == [{"id": "z", "sites_out": 1}]
    assert seen["geo"].pop("alerts") in {"a5-0", "a9-0"}
    assert seen["geo"] == {"cells": "r1", "zones": "z"}
    assert seen["clock"] == {"state": "running", "time_s": 1.0, "speed": 1.0}


def test_facilitators_and_evaluators_see_all() -> None:
    for view in TRUTH:
        seen = view.state(whole())
        assert set(whole()) - set(seen) == {"reported", "boxes", "changed"}
        assert seen["counters"] == {"at_risk": SECRET}


def test_drafts_decisions_and_boxes_are_those_of_the_team() -> None:
    def names(view: View, what: str) -> list[Any]:
        return [one["id"] for one in view.state(whole())[what]]

    assert (names(PLAYER, "alerts"), names(OTHER, "alerts")) == (["a1", "a3"], ["a2", "a3"])
    assert (names(PLAYER, "decisions"), names(OTHER, "decisions")) == ([1, 3], [2, 3])
    assert names(OBSERVER, "alerts") == ["a1", "a2", "a3"]
    assert names(OBSERVER, "decisions") == [1, 2, 3]
    assert PLAYER.state(whole())["messages"] == {"last": 4, "count": 2}
    assert OTHER.state(whole())["messages"] == {"last": 0, "count": 0}
    assert OBSERVER.state(whole())["messages"] == {"last": 9, "count": 5}


def told(event: str, data: dict[str, Any], roles: list[str], teams: Any) -> dict[str, Any]:
    head = {"seq": 8, "time_s": 1.0, "at": "t", "by": None, "new": SECRET}
    return {"event": event, "data": {**head, **data}, "for": {"roles": roles, "teams": teams}}


KINDS = {
    "clock": {"state": "paused", "inject": SECRET},
    "inject": {"inject": {"id": SECRET}},
    "message": {"message": {"id": 8, "from": {"team": "ntrc"}, "text": "t", "inject": SECRET}},
    "decision": {
        "decision": {
            "id": 8,
            "kind": "issue_alert",
            "alert": alert("a", "nema", "issued"),
            "new": SECRET,
        }
    },
    "alert": {"alert": alert("a", "nema", "issued")},
    "score": {"score": {"points": SECRET}},
    "note": {"note": {"text": SECRET}},
    "something new": {"text": SECRET},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("view", [PLAYER, OBSERVER], ids=["player", "observer"])
def test_no_truth_is_in_an_event_even_where_it_is_for_everybody(view: View, kind: str) -> None:
    data = view.event(told(kind, KINDS[kind], ["observer"], "all"))
    assert SECRET not in json.dumps(data)
    if kind in {"inject", "score", "note", "something new"}:
        assert data is None
    else:
        assert data is not None
        assert data["seq"] == 8


def test_an_event_is_for_its_audience() -> None:
    message = KINDS["message"]
    of_one = told("message", message, [], ["nema"])
    assert PLAYER.event(of_one) is not None
    assert OTHER.event(of_one) is None
    assert OBSERVER.event(of_one) is None
    assert all(view.event(of_one) == of_one["data"] for view in TRUTH)
    of_observers = told("message", message, ["observer"], [])
    assert OBSERVER.event(of_observers) is not None
    assert PLAYER.event(of_observers) is None


def test_the_hand_behind_an_inject_is_not_told() -> None:
    by = {"role": "facilitator", "name": "Ana"}
    for team in (None, "ntrc"):
        message = {"id": 8, "from": {"team": team, "name": "Met Office"}, "text": "t"}
        one = {**told("message", {"message": message}, ["observer"], "all")}
        one["data"]["by"] = by
        for view in (PLAYER, OBSERVER):
            seen = view.event(one)
            assert seen is not None
            assert seen.get("by") == (None if team is None else by)
        assert TRUTH[0].event(one) == one["data"]


def test_the_tag_of_alerts_tells_nothing_of_drafts_of_others() -> None:
    before, after = whole(), whole()
    after["changed"] = {"a1": 3, "a2": 12, "a3": 5}
    assert PLAYER.state(before)["geo"]["alerts"] == PLAYER.state(after)["geo"]["alerts"]
    for view in (OTHER, OBSERVER, *TRUTH):
        assert view.state(before)["geo"]["alerts"] != view.state(after)["geo"]["alerts"]
    after = whole()
    after["alerts"][2]["state"] = "expired"  # drawn otherwise, with no event of its own
    assert PLAYER.state(before)["geo"]["alerts"] != PLAYER.state(after)["geo"]["alerts"]


def test_messages_of_others_are_not_seen() -> None:
    def message(to: list[str], team: str | None) -> dict[str, Any]:
        return {"to": to, "from": {"team": team}, "text": "t", "inject": SECRET}

    cases = {
        ("nema",): (True, False), ("ntrc",): (False, True), (): (True, True), ("nema", "ntrc"): (True, True),
    }  # fmt: skip
    for to, wanted in cases.items():
        one = message(list(to), None)
        assert (PLAYER.sees_message(one), OTHER.sees_message(one)) == wanted
        assert OBSERVER.sees_message(one)
    assert PLAYER.sees_message(message(["ntrc"], "nema"))  # one's own, sent
    assert SECRET not in json.dumps(PLAYER.message(message([], None)))


def test_layers_of_the_truth_are_not_drawn() -> None:
    for view in (PLAYER, OBSERVER):
        assert view.layer("hazard") is None
        assert view.layer("missed") is None
        assert view.layer("cells") == "reported_cells"
    feature = {"type": "Feature", "properties": alert("a2", "ntrc", "draft")}
    issued = {"type": "Feature", "properties": alert("a3", "ntrc", "issued")}
    found = PLAYER.features("alerts", {"type": "FeatureCollection", "features": [feature, issued]})
    assert [one["properties"]["id"] for one in found["features"]] == ["a3"]
    cell = {"type": "Feature", "properties": {"site": "s", "state": "down", "battery_s": SECRET}}
    assert SECRET not in json.dumps(PLAYER.features("cells", {"features": [cell]}))
    assert SECRET not in json.dumps(found)


def test_a_preview_holds_no_truth() -> None:
    whole = {"people": {"in_area": 1}, "truth": {"at_risk": SECRET}, "took_ms": 1.0}
    assert PLAYER.preview(whole) == {"people": {"in_area": 1}, "took_ms": 1.0}
    assert TRUTH[0].preview(whole) == whole


def test_what_is_new_in_a_state() -> None:
    before = {
        "a": 1,
        "b": {"x": 1},
        "list": [{"id": "p", "v": 1}, {"id": "q", "v": 1}],
        "plain": [1],
    }
    after = {
        "a": 1,
        "b": {"x": 2},
        "list": [{"id": "p", "v": 1}, {"id": "q", "v": 2}],
        "plain": [2],
    }
    assert changed(before, before) == {}
    assert changed(before, after) == {"b": {"x": 2}, "list": [{"id": "q", "v": 2}], "plain": [2]}
    assert changed({}, after) == after
