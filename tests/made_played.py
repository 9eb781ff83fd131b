"""Small runs of the demo case for tests of results: channels beside each other, once and in replicas."""

from __future__ import annotations

from functools import cache
from typing import Any

from ew4all.run_library import Run, play_scenario
from ew4all.scenario import Scenario, scenario_from

GIVEN: dict[str, Any] = {
    "schema": "ew4all/scenario/1",
    "title": "Grenada, a small run",
    "demo": "grenada",
    "zero": "08:00",
    "channels": ["cell_broadcast", "location_sms", "radio", "word_of_mouth"],
    "alert": {"issued": "10 min"},
    "hazard": {"arrival": "70 min"},
    "run": {"duration": "3 h", "seed": 3},
}


def scenario(**sections: Any) -> Scenario:
    """Return the small scenario, with sections in the place of its own."""
    return scenario_from({**GIVEN, **sections}, name="small")


@cache
def once() -> Run:
    """Return it played once: expected numbers."""
    return play_scenario(scenario())


@cache
def replicas() -> Run:
    """Return it played five times."""
    return play_scenario(scenario(run={"duration": "2 h", "seed": 3}), replicas=5)
