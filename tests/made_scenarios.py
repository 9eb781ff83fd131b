"""Scenarios for tests, and what the shipped ones give: ``python -m tests.made_scenarios`` writes the golden results anew."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ew4all.run_study import RunResult, run_study
from ew4all.scenario import Scenario, load_scenario, scenario_from, shipped

GOLDEN = Path(__file__).parent / "golden" / "scenarios.json"

SMALL: dict[str, Any] = {
    "schema": "ew4all/scenario/1",
    "demo": "grenada",
    "channels": ["cell_broadcast"],
}


def changed(scenario: Scenario, **changes: Any) -> Scenario:
    """Return a scenario with other values at dotted paths: ``alert__issued`` stands for ``alert.issued``."""
    given = copy.deepcopy(dict(scenario.origin.given))
    for path, value in changes.items():
        *sections, last = path.split("__")
        inner = given
        for section in sections:
            inner = inner.setdefault(section, {})
        inner[last] = value
    return scenario_from(given, name=scenario.origin.name)


def text_of(*lines: str) -> str:
    """Return the smallest scenario that is well, and more lines."""
    head = ("schema: ew4all/scenario/1", "demo: grenada", "channels: [cell_broadcast]")
    names = {line.partition(":")[0] for line in lines if not line.startswith(" ")}
    return "\n".join([*(line for line in head if line.partition(":")[0] not in names), *lines, ""])


@cache
def played(name: str) -> RunResult:
    """Return a run of a shipped scenario."""
    scenario = load_scenario(name)
    return run_study(scenario.plan(), scenario.inputs())


def summary(result: RunResult) -> dict[str, Any]:
    """Return people by what became of them, a few numbers that a reviewer can judge."""
    bins, totals, played_ = result.prepared.bins, result.played.totals, result.played
    risk = bins.at_risk
    none = played_.curves.stack("none").sum(axis=1)
    warned = played_.people.sum() - none
    share = {
        f"after_{minutes}_min": float(
            np.interp(result.plan.issued_s + 60.0 * minutes, played_.curves.time_s, warned)
        )
        for minutes in (5, 30, 120)
    }
    return {
        "people": float(played_.people.sum()),
        "at_risk": float(played_.people[risk].sum()),
        "at_risk_warned": float(played_.people[risk].sum() - totals.none[risk].sum()),
        "at_risk_in_time": float(played_.in_time.sum()),
        "over_reach": float((played_.people - totals.none)[~bins.in_area].sum()),
        "warned": share,
        "channels": {
            channel: {
                what: float(getattr(totals, what)[risk, k].sum())
                for what in ("alerted", "reached", "noticed", "first", "only")
            }
            for k, channel in enumerate(played_.channels)
        },
    }


def results_table(golden: dict[str, Any]) -> str:
    """Return golden results as a table of docs/scenarios.md."""
    lines = [
        "| scenario | people | at risk | of them warned | in time | warned 5 min, 30 min, 2 h after the issue, of all | warned outside the area |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, one in golden.items():
        after = ", ".join(f"{value / one['people']:.0%}" for value in one["warned"].values())
        lines.append(
            f"| `{name}` | {one['people']:,.0f} | {one['at_risk']:,.0f} | {one['at_risk_warned'] / one['at_risk']:.0%} | "
            f"{one['at_risk_in_time'] / one['at_risk']:.0%} | {after} | {one['over_reach']:,.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    document = {name: summary(played(name)) for name in shipped()}
    GOLDEN.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
