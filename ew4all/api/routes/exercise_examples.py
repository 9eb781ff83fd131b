"""Examples of good answers of exercises for the OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

__all__ = [
    "ALERT",
    "BRANCH",
    "CLOCK",
    "COLLECTION",
    "CURVES",
    "DECISION",
    "EXERCISE",
    "EXERCISES",
    "IMPORT",
    "INJECT",
    "INVITATION",
    "LIBRARY",
    "MESSAGE",
    "NOTE",
    "PREVIEW",
    "REPORT",
    "SCORE",
    "SCORES",
    "SEAT",
    "SEATS",
    "STATE",
    "said",
]


def said(example: dict[str, Any], status: int = 200, kind: str = "application/json") -> dict[int | str, Any]:  # fmt: skip
    """Return what OpenAPI says of a document: an object with what the example has."""
    schema = {"type": "object", "required": sorted(example)}
    content = {kind: {"schema": schema, "example": example}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content}}


_ID: Final = "0192f0c1-5b3e-7d5a-8f21-9b1f0f6c2a11"
_AT: Final = "2026-06-01T12:00:00.250Z"
_BY: Final = {"role": "player", "team": "nema", "name": "Maria"}

CLOCK: Final[dict[str, Any]] = {
    "state": "running", "time_s": 1834.2, "speed": 10.0, "at": _AT, "length_s": 14400.0,
}  # fmt: skip
EXERCISE: Final[dict[str, Any]] = {
    "id": _ID, "title": "EXERCISE: Grenada, hurricane and landslides", "scenario": "grenada-beryl", "length_s": 14400.0,
    "phase": "ready", "clock": CLOCK, "created": _AT, "you": {"role": "facilitator", "name": "this machine"}, "may": ["clock"],
    "teams": [{"id": "nema", "name": "NEMA"}], "links": [],
}  # fmt: skip
EXERCISES: Final[dict[str, Any]] = {
    "exercises": [
        {"id": _ID, "title": EXERCISE["title"], "scenario": "grenada-beryl", "clock": CLOCK, "created": _AT, "links": []}
    ],
    "numberMatched": 1, "numberReturned": 1, "links": [],
}  # fmt: skip
LIBRARY: Final[dict[str, Any]] = {
    "exercises": [{"name": "grenada-cascade", "title": "EXERCISE: Grenada, hurricane and landslides", "length_s": 14400.0}],
}  # fmt: skip
INJECT: Final[dict[str, Any]] = {
    "id": "i7", "version": 2, "state": "pending", "title": "Mast at Grand Etang down", "text": "The mast is down.", "time_s": 600.0,
    "audience": ["ntrc"], "channel": "email",
}  # fmt: skip
ALERT: Final[dict[str, Any]] = {
    "id": "a1", "version": 3, "state": "issued", "team": "nema", "status": "Exercise", "message_identifiers": [4381], "pages": 2,
    "languages": ["en"], "channels": ["cell_broadcast"],
}  # fmt: skip
DECISION: Final[dict[str, Any]] = {
    "id": 17, "seq": 17, "kind": "issue_alert", "team": "nema", "by": _BY, "time_s": 1180.4, "at": _AT, "state": "done",
}  # fmt: skip
MESSAGE: Final[dict[str, Any]] = {
    "id": 39, "seq": 39, "time_s": 600.0, "at": _AT, "from": {"name": "Operator A"}, "to": ["ntrc"], "title": "EXERCISE: Mast down",
    "text": "EXERCISE: The mast is down. EXERCISE", "is_inject": True, "withdrawn": False,
}  # fmt: skip
NOTE: Final[dict[str, Any]] = {
    "id": 40, "seq": 40, "time_s": 600.0, "at": _AT, "by": _BY, "text": "The list of contacts was out of date.", "is_lesson": True,
}  # fmt: skip
SCORE: Final[dict[str, Any]] = {
    "expectation": "e1", "version": 1, "objective": "o1", "text": "An alert is issued", "most": 5.0, "points": 5.0, "state": "met",
}  # fmt: skip
SCORES: Final[dict[str, Any]] = {"points": 5.0, "most": 40.0, "scores": [SCORE], "objectives": []}
STATE: Final[dict[str, Any]] = {
    "seq": 41, "phase": "ready", "clock": CLOCK, "alerts": [], "decisions": [], "messages": {"last": 39, "count": 12},
    "network": {"sites": 74, "sites_out": 31}, "zones": [], "geo": {"alerts": "a3"},
}  # fmt: skip
PREVIEW: Final[dict[str, Any]] = {
    "status": "Exercise", "texts": [], "area": {"km2": 214.2, "vertices": 5, "people": 48200, "findings": []}, "channels": [],
    "people": {"in_area": 48200, "covered": 41000, "missed": 7200, "over_reach": 4100}, "can_issue": True, "took_ms": 41.0,
}  # fmt: skip
COLLECTION: Final[dict[str, Any]] = {"type": "FeatureCollection", "time_s": 1834.2, "features": []}
CURVES: Final[dict[str, Any]] = {
    "time_s": [0.0, 60.0], "curves": [{"channel": "any", "stage": "warned", "people": [0, 120]}], "at_risk": 75424, "marks": [],
}  # fmt: skip
BRANCH: Final[dict[str, Any]] = {
    "id": "b1", "title": "Issued at 14:05", "state": "running", "created": _AT, "changes": [],
}  # fmt: skip
REPORT: Final[dict[str, Any]] = {
    "state": "done", "created": _AT, "events": 42,
    "files": [{"name": "report.pdf", "size": 180_000, "href": f"/v1/exercises/{_ID}/report/report.pdf"}],
}  # fmt: skip
IMPORT: Final[dict[str, Any]] = {
    "columns": [{"column": "When", "field": "at"}], "unmapped": [], "fields": ["id", "at"], "added": 12, "changed": 0, "unchanged": 0,
    "injects": [], "notes": [],
}  # fmt: skip
INVITATION: Final[dict[str, Any]] = {
    "id": _ID, "role": "player", "team": "nema", "name": "NEMA, desk 1", "state": "good", "used": 0, "created": _AT, "expires": _AT,
}  # fmt: skip
SEAT: Final[dict[str, Any]] = {
    "token": "ew4x_secret-of-the-seat", "seat": _ID, "exercise": _ID, "role": "player", "team": "nema", "name": "Maria",
    "expires": _AT,
}  # fmt: skip
SEATS: Final[dict[str, Any]] = {
    "seats": [
        {
            "id": _ID,
            "role": "player",
            "team": "nema",
            "name": "Maria",
            "created": _AT,
            "is_listening": True,
        }
    ]
}
