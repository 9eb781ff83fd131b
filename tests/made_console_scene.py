"""What the scripted service of the console's tests tells: an exercise in the middle of its course."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final

import ew4all.demo

TRUTH: Final = ("hazard", "missed")
ALL: Final = [
    "clock", "inject", "decide", "message", "score", "invite", "import", "branch", "truth", "log", "remove",
]  # fmt: skip
MAY: Final = {
    "facilitator": ALL,
    "player": ["decide", "message"],
    "observer": [],
    "evaluator": ["score", "truth", "log"],
}
_PARISHES: Final = json.loads(
    (Path(ew4all.demo.__file__).parent / "data" / "parishes.geojson").read_text("utf-8")
)
ZONES: Final = [
    {"id": f["properties"]["id"], "name": f["properties"]["name"]} for f in _PARISHES["features"]
]
EXERCISE: Final[dict[str, Any]] = {
    "id": "0192", "version": 3, "title": "EXERCISE: Grenada, hurricane and landslides", "purpose": "Decide and warn while the network fails.",
    "audience": "national agencies", "scenario": "grenada-beryl", "start": "2024-07-01T06:00:00-04:00", "length_s": 14400, "languages": ["en", "fr"],
    "speed": 10, "seed": 1, "report_delay_s": 900, "phase": "ready", "created": "2026-06-01T12:00:00Z", "owner": "local",
    "teams": [
        {"id": "nema", "name": "NaDMA", "agency": "National Disaster Management Agency", "brief": "You warn the public."},
        {"id": "ntrc", "name": "NTRC", "agency": "Regulator", "brief": "You speak with the operators."},
        {"id": "met", "name": "Met Office", "agency": "Met Office", "brief": "You forecast."},
    ],
    "roles": [], "phases": [{"title": "Watch", "start_s": 0, "speed": 10, "text": "The storm is near."}],
    "objectives": [{"id": "o1", "title": "Warn in time", "text": "People at risk are warned before the wind."}],
    "handouts": [], "channels": [{"name": n, "title": n} for n in ("cell_broadcast", "location_sms", "siren", "radio")],
    "hazards": ["cyclone", "flood", "landslide"], "zones": ZONES, "operators": ["A", "B"], "technologies": ["2g", "3g", "4g"],
    "bbox": [-61.85, 11.95, -61.35, 12.57], "links": [],
}  # fmt: skip
LIBRARY: Final = [
    {"id": "grenada-cascade", "title": "EXERCISE: Grenada, hurricane and landslides", "purpose": "Decide and warn.", "length_s": 14400, "scenario": "grenada-beryl", "audience": "agencies"},
    {"id": "trainers-tabletop", "title": "EXERCISE: tabletop for trainers", "purpose": "Learn to lead one.", "length_s": 3600, "scenario": "valley-flash-flood", "audience": "trainers"},
]  # fmt: skip


def _inject(number: int, minutes: float | None, title: str, state: str, to: list[str], **more: Any) -> dict[str, Any]:  # fmt: skip
    time_s = None if minutes is None else minutes * 60
    return {
        "id": f"i{number}", "version": 1, "state": state, "title": title, "text": f"EXERCISE: {title}. EXERCISE", "time_s": time_s, "after": None,
        "conditions": [], "until_s": None, "sender": "Operator A", "audience": to, "channel": "email", "expected_action": "Tell the public.",
        "attachments": [], "hazard": "hurricane", "effects": [], "discussion_s": 0, "notes": "", "fired_s": time_s if state == "fired" else None,
        "due_s": time_s, **more,
    }  # fmt: skip


INJECTS: Final = [
    _inject(1, 5, "Wind of storm force at Carriacou", "fired", ["met"], channel="phone", sender="Airport, Carriacou"),
    _inject(2, 20, "Mast at Grand Etang down", "fired", ["ntrc"]),
    _inject(3, 40, "Mains lost in the north", "pending", [], channel="radio", sender="Grenlec"),
    _inject(4, 55, "The minister wants to speak on the radio", "held", ["nema"], channel="phone"),
    _inject(5, None, "More than half of the sites are out", "pending", ["ntrc", "nema"], conditions=[{"fact": "sites_out_share", "comparison": ">", "value": 0.5, "zone": None, "channel": None}]),
    _inject(6, 90, "Landslide at Gouyave", "pending", ["nema"], after=None),
    _inject(7, 15, "A ship asks for shelter", "skipped", ["nema"]),
]  # fmt: skip


def _message(number: int, minutes: float, sender: str, to: list[str], title: str, team: str | None = None) -> dict[str, Any]:  # fmt: skip
    return {
        "id": number, "seq": number, "time_s": minutes * 60, "at": "2026-06-01T12:00:00Z", "from": {"team": team, "name": sender}, "to": to,
        "channel": "email", "title": f"EXERCISE: {title}", "text": f"EXERCISE: {title}. EXERCISE", "attachments": [], "reply_to": None,
        "is_inject": team is None, "withdrawn": False,
    }  # fmt: skip


MESSAGES: Final = [
    _message(11, 5, "Airport, Carriacou", ["met"], "Wind of storm force at Carriacou"),
    _message(12, 20, "Operator A", ["ntrc"], "Mast at Grand Etang down"),
    _message(13, 22, "Jo", ["nema"], "Network failing in the west, use sirens", team="ntrc"),
    _message(14, 25, "Facilitator", [], "Lunch is at T+02:00 for everybody"),
]
DECISIONS: Final = [
    {"id": 21, "seq": 21, "kind": "order_sirens", "team": "nema", "time_s": 1500.0, "state": "done", "zone": "GD-01", "note": None},
]  # fmt: skip
SCORES: Final = {
    "points": 5, "most": 15,
    "objectives": [{"id": "o1", "title": "Warn in time", "points": 5, "most": 15}],
    "scores": [
        {"expectation": f"e{k}", "version": 1, "objective": "o1", "text": text, "team": "nema", "inject": None, "most": 5, "points": points, "state": state,
         "due_s": 1800, "met_s": 1500.2 if points else None, "is_judged": points is None, "comment": "", "by": None}
        for k, (text, points, state) in enumerate([("Sirens are sounded", 5, "met"), ("An alert is issued", None, "open"), ("The text names what to do", None, "waiting")])
    ],
}  # fmt: skip
STATE: Final[dict[str, Any]] = {
    "clock": {"state": "running", "time_s": 1834.0, "speed": 10, "at": "2026-06-01T12:00:00Z", "reason": None, "length_s": 14400},
    "phase": "ready",
    "counters": {"at_risk": 75424, "in_area": 81200, "alerted": 61200, "reached": 50110, "warned": 41822, "in_time": 33120, "missed": 33602, "over_reach": 8120},
    "channels": [{"name": "cell_broadcast", "is_on": True, "alerted": 60000, "reached": 48000, "warned": 39000}, {"name": "siren", "is_on": True, "alerted": 9000, "reached": 8000, "warned": 6000}],
    "zones": [{"id": z["id"], "at_risk": 9000 + 500 * k, "alerted": 7000, "warned": 5000 + 300 * k, "in_time": 4000, "sites": 10, "sites_out": k, "mains_out": 0.5} for k, z in enumerate(ZONES)],
    "network": {"sites": 74, "sites_out": 31, "sites_on_battery": 20, "mains_out": 0.9, "service": 0.62, "reported_s": 900},
    "facts": {"sites_out_share": 0.42}, "injects": [], "decisions": [], "messages": {"last": 14, "count": 4}, "scores": {"points": 5, "most": 15},
    "geo": {"hazard": "t4", "cells": "t9", "alerts": "a3", "missed": "t9", "zones": "z", "people": "p"}, "seats": 2,
}  # fmt: skip
_TIMES: Final = list(range(0, 1860, 60))


def _rise(most: float, start_s: float) -> list[int]:
    return [round(most * (1 - math.exp(-max(0.0, t - start_s) / 500))) for t in _TIMES]


CURVES: Final = {
    "time_s": _TIMES, "at_risk": 75424, "marks": [{"time_s": 900, "kind": "alert_issued", "id": "a1", "text": "Hurricane"}],
    "curves": [{"channel": c, "stage": s, "people": _rise(most * k, 600)} for s, k in (("alerted", 1.0), ("reached", 0.8), ("warned", 0.7), ("in_time", 0.5)) for c, most in (("any", 61000), ("cell_broadcast", 52000), ("siren", 9000), ("radio", 20000))],
}  # fmt: skip


def _collection(features: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "time_s": 1834.0, "features": features, **more}


def _feature(shape: str, coordinates: Any, /, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": shape, "coordinates": coordinates}}  # fmt: skip


def _squares(name: str) -> list[dict[str, Any]]:
    side = 0.01
    out = []
    for i in range(26):
        for k in range(40):
            lon, lat = -61.8 + i * side, 12.0 + k * side * 0.7
            if math.hypot((lon + 61.68) * 9, (lat - 12.12) * 7) < 1 and (name == "people" or (i + k) % 3 == 0):  # fmt: skip
                ring = [[lon, lat], [lon + side, lat], [lon + side, lat + side * 0.7], [lon, lat + side * 0.7], [lon, lat]]  # fmt: skip
                out.append(_feature("Polygon", [ring], **{name: 10 + 13 * ((i * k) % 40), "at_risk": 100}))  # fmt: skip
    return out


def _box(west: float, south: float, east: float, north: float) -> list[list[list[float]]]:
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


LAYERS: Final = {
    "zones": _collection([{**f, "properties": {"id": f["properties"]["id"], "name": f["properties"]["name"]}} for f in _PARISHES["features"]]),
    "people": _collection(_squares("people"), square_m=1000), "missed": _collection(_squares("missed"), square_m=1000),
    "cells": _collection([_feature("Point", [-61.78 + 0.017 * (k % 9), 12.01 + 0.03 * (k // 9)], site=f"s{k}", operator="A", state=("up", "battery", "down")[k % 3], zone="GD-01") for k in range(54)]),
    "hazard": _collection([_feature("Polygon", _box(-61.9, 11.9, -61.3, 12.6), kind="footprint"), _feature("Polygon", _box(-61.6, 11.9, -61.3, 12.6), kind="arrived"), _feature("LineString", [[-61.62, 11.9], [-61.55, 12.6]], kind="front")]),
}  # fmt: skip
