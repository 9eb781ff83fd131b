"""Processes (OGC 18-062r2): what can be asked for, with inputs as models, and the call that answers it.

This module is imported by the web edge, so it imports nothing heavy; `execute` runs in the child of a job.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from ew4all.api import process_calls as calls
from ew4all.api.process_inputs import (
    CoverageInputs,
    GapsInputs,
    Inputs,
    ReachInputs,
    RunInputs,
    TargetInputs,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["PROCESSES", "Inputs", "Process"]


@dataclass(frozen=True)
class Process:
    """Something that can be executed.

    Attributes
    ----------
    inputs
        Model of the inputs.
    outputs
        Identifier of each output to its JSON Schema.
    call
        Answers, in the child: takes a `ew4all.api.process_calls.Work`; returns the outputs.
    phases
        What is counted while it works, and the share of each count in the whole, percent.
    """

    id: str
    title: str
    description: str
    inputs: type[Inputs]
    outputs: Mapping[str, Mapping[str, Any]]
    call: Callable[[calls.Work], dict[str, Any]]
    example: Mapping[str, Any]
    phases: tuple[tuple[str, float], ...] = (("blocks", 100.0),)
    version: str = "1.0.0"

    def execute(
        self, request: Mapping[str, Any], folder: Path, progress: Callable[[int, int], None]
    ) -> dict[str, Any]:
        """Do it, in the child of a job."""
        files: Mapping[str, str] = request["files"]
        inputs = {
            k: calls.with_paths(v, files) for k, v in request["inputs"].items() if v is not None
        }
        return self.call(
            calls.Work(inputs, files, folder, request["workers"], request["limits"], progress)
        )


def _output(name: str, title: str) -> dict[str, Any]:
    return {name: {"title": title, "schema": {"type": "object"}}}


_PEOPLE: Final = {"population": "demo:population.tif", "population_unit": "count"}
_ZONES: Final = {"zones": "demo:parishes.geojson", "zone_id": "id", "zone_name": "name"}
_COVERAGE: Final = {"coverage": {"4g": "demo:coverage_4g_a.tif"}}

_ALL: Final = (
    Process(
        "reach", "Reach", "People at risk, in the warning area, covered per technology and operator, and not covered, by zone.",
        ReachInputs, _output("reach", "ew4all/reach/1"), calls.reach,
        {"inputs": {**_PEOPLE, "area": "demo:area.geojson", **_COVERAGE, **_ZONES}},
        (("blocks", 90.0), ("blocks of zones", 10.0)),
    ),
    Process(
        "coverage", "Coverage", "From cell sites and terrain to level, best server, margin and probability of service; and the people served.",
        CoverageInputs, _output("coverage", "ew4all/coverage/1"), calls.coverage,
        {"inputs": {**_PEOPLE, "sites": "demo:sites.csv", "technology": ["4g"], "resolution_m": 500.0}},
        (("blocks", 70.0), ("blocks of people", 30.0)),
    ),
    Process(
        "target", "Target", "From a warning area to the cells that should carry the warning, and the trade-off of missed against over-reach.",
        TargetInputs, _output("target", "ew4all/target/1"), calls.target,
        {"inputs": {**_PEOPLE, "sites": "demo:sites.csv", "area": "demo:area.geojson"}},
        (("blocks", 50.0), ("blocks of people", 50.0)),
    ),
    Process(
        "gaps", "Gaps", "People by what keeps a warning from them: no signal, no phone or network that can, no channel at all; by zone and group.",
        GapsInputs, _output("gaps", "ew4all/gaps/1"), calls.gaps,
        {"inputs": {**_PEOPLE, **_COVERAGE, **_ZONES}},
    ),
    Process(
        "run", "Run", "Dissemination over time: who is warned by when, through which channel, in time or not, and who is missed.",
        RunInputs, _output("summary", "summary.json"), calls.run, {"inputs": {"scenario": "grenada-beryl", "replicas": 1}},
        (("blocks of people", 30.0), ("replicas", 70.0)),
    ),
)  # fmt: skip

PROCESSES: Final[dict[str, Process]] = {
    p.id: p for p in _ALL if p.id != "gaps" or find_spec("ew4all.gap_library") is not None
}
"""Every process by its identifier; `gaps` where the package has it."""
