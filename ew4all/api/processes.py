"""Processes (OGC 18-062r2): what can be asked for, with inputs as models, and the call that answers it.

This module is imported by the web edge, so it imports nothing heavy; `execute` runs in the child of a job.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ew4all.api.references import FileReference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["PROCESSES", "Inputs", "Process", "ReachInputs"]

Share = Annotated[float, Field(ge=0.0, le=1.0)]
GeoJson = Annotated[
    dict[str, JsonValue],
    Field(description="GeoJSON (RFC 7946): a geometry, feature or collection, lon before lat"),
]
Technology = Annotated[
    str, Field(pattern=r"^(2g|3g|4g|5g)(:.{1,100})?$", description="`4g`, or `4g:Operator`")
]


class Inputs(BaseModel):
    """Inputs of a process: nothing else than what is named, and of the very type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ReachInputs(Inputs):
    """Inputs of `reach`; names are those of the command line."""

    population: FileReference
    population_unit: Literal["count", "per_km2", "per_ha"] | None = None
    area: FileReference | GeoJson | None = Field(
        None, description="warning area; without it, the hazard's"
    )
    hazard: FileReference | GeoJson | None = Field(None, description="hazard footprint")
    hazard_min: float | None = Field(
        None, description="value of the hazard raster from which on people are at risk"
    )
    cap: FileReference | None = Field(None, description="CAP 1.2 alert in the place of `area`")
    coverage: dict[Technology, FileReference] | None = None
    coverage_min: dict[Technology, float] | None = Field(
        None, description="least level of a coverage raster, dBm or its unit"
    )
    sites: FileReference | None = Field(
        None, description="list of cell sites in the place of `coverage`"
    )
    operator_share: dict[str, Share] | None = None
    zones: FileReference | None = None
    zone_id: str | None = None
    zone_name: str | None = None
    assume: dict[str, float] | None = Field(
        None, description="replaces defaults of `ew4all assumptions`"
    )
    title: str | None = Field(None, max_length=200)


class RunInputs(Inputs):
    """Inputs of `run`."""

    scenario: str = Field(
        min_length=1, max_length=100, description="a scenario that is shipped, by name"
    )
    replicas: int | None = Field(None, ge=1)
    seed: int | None = Field(None, ge=0, lt=2**63)


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
        Answers, in the child: takes inputs with references replaced by paths, a folder to write to, threads and a progress
        callback; returns the outputs.
    """

    id: str
    title: str
    description: str
    inputs: type[Inputs]
    outputs: Mapping[str, Mapping[str, Any]]
    call: Callable[[dict[str, Any], Path, int, Callable[[int, int], None]], dict[str, Any]]
    example: Mapping[str, Any]
    version: str = "1.0.0"

    def execute(
        self, request: Mapping[str, Any], folder: Path, progress: Callable[[int, int], None]
    ) -> dict[str, Any]:
        """Do it, in the child of a job."""
        files: Mapping[str, str] = request["files"]
        inputs = {k: _with_paths(v, files) for k, v in request["inputs"].items() if v is not None}
        return self.call(inputs, folder, request["workers"], progress)


def _with_paths(value: Any, files: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return files.get(value, value)
    if isinstance(value, dict) and "type" not in value:  # GeoJSON is left as it is
        return {k: _with_paths(v, files) for k, v in value.items()}
    return value


def _reach(inputs: dict[str, Any], folder: Path, workers: int, progress: Any) -> dict[str, Any]:
    import json

    import ew4all

    for name in ("area", "hazard"):
        shape = inputs.get(name)
        if isinstance(shape, dict):
            path = Path("inputs") / f"{name}.geojson"
            path.write_text(json.dumps(shape), "utf-8")
            inputs[name] = path
    result = ew4all.reach(
        inputs.pop("population"), **inputs, workers=workers, progress=progress, out=folder
    )
    return {"reach": result.to_dict()}


def _run(inputs: dict[str, Any], folder: Path, workers: int, progress: Any) -> dict[str, Any]:
    import json

    import ew4all

    ew4all.run(inputs.pop("scenario"), **inputs, workers=workers, progress=progress, out=folder)
    return {"summary": json.loads((folder / "summary.json").read_text("utf-8"))}


_OBJECT: Final = {"type": "object"}

PROCESSES: Final[dict[str, Process]] = {
    p.id: p
    for p in (
        Process(
            "reach", "Reach", "People at risk, in the warning area, covered per technology and operator, and not covered, by zone.",
            ReachInputs, {"reach": {"title": "ew4all/reach/1", "schema": _OBJECT}}, _reach,
            {"inputs": {
                "population": "demo:population.tif", "population_unit": "count", "area": "demo:area.geojson",
                "coverage": {"4g": "demo:coverage_4g_a.tif"}, "zones": "demo:parishes.geojson", "zone_id": "code", "zone_name": "name",
            }},
        ),
        Process(
            "run", "Run", "Dissemination over time: who is warned by when, through which channel, in time or not, and who is missed.",
            RunInputs, {"summary": {"title": "summary.json", "schema": _OBJECT}}, _run,
            {"inputs": {"scenario": "grenada-beryl"}},
        ),
    )
}  # fmt: skip
"""Every process by its identifier."""
