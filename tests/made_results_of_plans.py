"""Small results of earlier commands, as their JSON has them; numbers for counting by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def made_gaps(people: float = 1000.0, **more: Any) -> dict[str, Any]:
    """1,000 people: 900 have a signal, 700 reachable; radio reaches 500; 100 nothing, 600 one channel, 300 both."""
    k = people / 1000.0
    block = {
        "people": people,
        "coverage_gap": 100.0 * k,
        "usage_gap": 200.0 * k,
        "reachable": 700.0 * k,
        "covered": {"4g": 800.0 * k, "any": 900.0 * k},
        "channels": {"none": 100.0 * k, "one": 600.0 * k, "two_or_more": 300.0 * k},
        "by_channel": {"cell_broadcast": 700.0 * k, "radio": 500.0 * k},
    }
    return {
        "schema": "ew4all/gaps/1",
        "version": "0",
        "title": "Atlantis",
        "total": block,
        "zones": [{"id": "a", "name": "A", **block, "rank": 1, "rank_share": 1}],
        "groups": [],
        "hazards": [{"name": "flood", **{key: _half(value) for key, value in block.items()}, "zones": []}],
        "channels": ["cell_broadcast", "radio"],
        "inputs": [],
        "assumptions": {},
        "quality": {},
        "cannot": [],
        "notes": ["made by hand"],
        **more,
    }  # fmt: skip


def _half(value: Any) -> Any:
    return {k: v / 2.0 for k, v in value.items()} if isinstance(value, dict) else value / 2.0


def made_run(at_risk: float = 500.0, warned: float = 400.0) -> dict[str, Any]:
    """A run in which 40 people heard of it by word of mouth alone."""
    return {
        "schema": "ew4all/run/1",
        "denominator": {"at_risk": at_risk, "in_area": at_risk},
        "warned": {
            "any": {"mean": warned, "p05": warned, "p95": warned},
            "two_or_more": 100.0,
            "none": at_risk - warned,
            "channels": {
                "cell_broadcast": {"reached": 300.0, "warned": 300.0, "first": 300.0, "only": 200.0},
                "radio": {"reached": 150.0, "warned": 150.0, "first": 60.0, "only": 60.0},
                "word_of_mouth": {"reached": 50.0, "warned": 50.0, "first": 40.0, "only": 40.0},
            },
        },
        "in_time": 350.0,
    }  # fmt: skip


def made_reach(total: float = 1000.0) -> dict[str, Any]:
    """A warning area with 400 people, of whom 320 receive a message."""
    return {
        "schema": "ew4all/reach/1",
        "people": {"total": total, "at_risk": 450.0, "in_area": 400.0, "covered": {"any": 360.0}},
        "waterfall": [{"step": "in_area", "people": 400.0, "lost": 0.0}, {"step": "received", "people": 320.0, "lost": 5.0}],
    }  # fmt: skip


def made_plan(**more: Any) -> dict[str, Any]:
    """Two sirens and a station chosen, a warden without a price."""

    def row(name: str, kind: str, cost: float | None, added: float | None, alone: float) -> dict[str, Any]:  # fmt: skip
        found = {"id": name, "kind": kind, "name": name, "cost": cost, "people_alone": alone, "proposed_here": True}  # fmt: skip
        return found if added is None else {**found, "people_added": added}

    return {
        "schema": "ew4all/plan-measures/1",
        "version": "0",
        "title": "Atlantis",
        "budget": 200_000.0,
        "currency": "USD",
        "years": 5.0,
        "people": {"total": 1000.0, "unreached_before": 100.0, "newly_reached": 80.0, "unreached_after": 20.0},
        "cost": 121_566.0,
        "chosen": [
            row("siren-1", "siren", 25_783.0, 40.0, 45.0),
            row("siren-2", "siren", 25_783.0, 10.0, 20.0),
            row("community_radio-1", "community_radio", 70_000.0, 30.0, 60.0),
        ],
        "not_chosen": [],
        "unpriced": [row("warden-1", "warden", None, None, 7.0), row("warden-2", "warden", None, None, 9.0)],
        "costs": {"siren": 17_350.0, "siren_year": 900.0, "usd_per_eur": 1.18, "usd_per_gbp": 1.24, "community_radio": 30_000.0, "community_radio_year": 8_000.0},
        "inputs": [],
        "notes": ["made by hand"],
        **more,
    }  # fmt: skip


def made_feasibility(country: str = "Atlantis", **more: Any) -> dict[str, Any]:
    """A study of 1,000 people, of whom 650 would receive a warning."""
    return {
        "schema": "ew4all/feasibility/1",
        "version": "0",
        "country": country,
        "people": {"total": 1000.0, "in_area": 1000.0, "covered": {"any": 900.0}},
        "zones": [{"id": "a", "name": "A"}, {"id": "outside", "name": "outside"}],
        "received": {"value": 650.0, "low": 300.0, "high": 680.0},
        "economics": {
            "currency": "USD",
            "years": 10.0,
            "channels": [
                {"id": "cell_broadcast", "name": "Cell broadcast", "priced": True, "reached": {"value": 650.0, "low": 300.0, "high": 680.0}, "whole": {"value": 3e6, "low": 1e6, "high": 9e6}},
                {"id": "lb_sms", "name": "Location-based SMS", "priced": False},
            ],
        },
        "readiness": {"counts": {"yes": 1, "partly": 0, "no": 0, "unknown": 3}, "questions": []},
        "regulatory": [{"id": "authority", "answer": "yes"}, {"id": "obligation", "answer": "unknown"}],
        "inputs": [],
        "notes": [],
        **more,
    }  # fmt: skip


def put(folder: Path, name: str, document: dict[str, Any]) -> Path:
    """Write a result into a folder of its own; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return folder
