"""How each process is answered: the call of the library, in the child of a job. Nothing heavy is imported by the module."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Work", "coverage", "gaps", "reach", "run", "target", "with_paths"]


@dataclass(frozen=True)
class Work:
    """What is to be done.

    Attributes
    ----------
    inputs
        Of the process; references are replaced by paths, relative to the folder of the job, which is the current one.
    files
        Reference to such a path.
    folder
        For results; created by whoever writes there.
    workers
        Threads or processes.
    limits
        Bounds of the host that only the child can check.
    """

    inputs: dict[str, Any]
    files: Mapping[str, str]
    folder: Path
    workers: int
    limits: Mapping[str, int]
    progress: Callable[[int, int], None]


def with_paths(value: Any, files: Mapping[str, str]) -> Any:
    """Return inputs with a path for each reference; GeoJSON is left as it is."""
    if isinstance(value, str):
        return files.get(value, value)
    if isinstance(value, list):
        return [with_paths(v, files) for v in value]
    if isinstance(value, dict) and "type" not in value:
        return {k: with_paths(v, files) for k, v in value.items()}
    return value


def reach(work: Work) -> dict[str, Any]:
    """Answer `reach`."""
    import ew4all

    inputs = _drawn(work.inputs, "area", "hazard")
    return {"reach": ew4all.reach(**inputs, **_how(work)).to_dict()}


def coverage(work: Work) -> dict[str, Any]:
    """Answer `coverage`."""
    from ew4all.coverage_library import coverage as computed

    return {"coverage": computed(**work.inputs, **_how(work)).to_dict()}


def target(work: Work) -> dict[str, Any]:
    """Answer `target`."""
    import ew4all

    inputs = _drawn(work.inputs, "area")
    return {"target": ew4all.target(**inputs, **_how(work)).to_dict()}


def gaps(work: Work) -> dict[str, Any]:
    """Answer `gaps`."""
    found = import_module("ew4all.gap_library").gaps(**_drawn(work.inputs, "within"), **_how(work))
    return {"gaps": found.to_dict()}


def run(work: Work) -> dict[str, Any]:
    """Answer `run`."""
    import ew4all
    from ew4all.executors import opened
    from ew4all.scenario import load_scenario, shipped

    inputs = dict(work.inputs)
    text, name = inputs.pop("scenario_text", None), inputs.pop("scenario", None)
    if text is not None:
        path = Path("inputs") / "scenario.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        scenario = load_scenario(path, files=work.files)
    elif name in shipped():
        scenario = load_scenario(shipped()[name])
    elif name in work.files.values():
        scenario = load_scenario(name, files=work.files)
    else:
        msg = f"no scenario {name!r} comes with ew4all; there are {', '.join(shipped())}"
        raise OptionError(msg)
    most = work.limits["replicas"]
    asked = inputs.get("replicas") or scenario.run.replicas
    if asked > most:
        msg = (
            f"{asked:,} replicas are more than the {most:,} that this service plays; ask for fewer"
        )
        raise OptionError(msg)
    with opened(work.workers, None, processes=True) as hands:
        ew4all.run(scenario, **inputs, **{**_how(work), "workers": hands})
    return {"summary": json.loads((work.folder / "summary.json").read_text("utf-8"))}


def _how(work: Work) -> dict[str, Any]:
    return {"out": work.folder, "workers": work.workers, "progress": work.progress}


def _drawn(inputs: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return inputs in which shapes that were sent are files, as readers want them."""
    out = dict(inputs)
    for name in names:
        if isinstance(out.get(name), dict):
            path = Path("inputs") / f"{name}.geojson"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(out[name]), "utf-8")
            out[name] = path
    return out
