"""Scenario files: read, checked, all findings at once."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ew4all.errors import ReadError
from ew4all.scenario.checks import cross_findings
from ew4all.scenario.demos import DEMOS, SHIPPED, filled
from ew4all.scenario.document import SCHEMA, Origin, Scenario
from ew4all.scenario.findings import MOST_KEPT, Finding, error_of, path_text, told
from ew4all.scenario.values import zero_date
from ew4all.scenario.yaml_text import MarkedText, read_marked

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["file_of", "load_scenario", "scenario_from", "shipped"]


def shipped() -> dict[str, Path]:
    """Return the scenarios that come with the package, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}


def file_of(path_or_name: str | os.PathLike[str]) -> Path:
    """Return the file of a scenario that is given by path, or by the name of one that comes with the package.

    Raises
    ------
    ReadError
        There is no such file and no such scenario.
    """
    given = Path(path_or_name)
    if given.is_file():
        return given
    known = shipped()
    name = os.fspath(path_or_name)
    if name in known:
        return known[name]
    msg = f"there is no scenario file {name}, and no scenario of that name comes with ew4all; there are {', '.join(known) or 'none'}"
    raise ReadError(msg)


def load_scenario(
    path_or_name: str | os.PathLike[str], *, files: Mapping[str, str] | None = None
) -> Scenario:
    """Read and check a scenario file, or one of those that come with the package.

    Parameters
    ----------
    files
        Where given, the scenario may name these and files of its demo, and no path of this machine: reference to path.

    Raises
    ------
    ReadError
        There is no such file, or it is no text.
    ScenarioError
        Everything that is wrong with it, each with line and column.

    Examples
    --------
    >>> load_scenario("grenada-beryl").channel_names()[0]
    'cell_broadcast'
    """
    path = file_of(path_or_name)
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        msg = f"the scenario {path} cannot be read ({error.strerror}); check the path"
        raise ReadError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"the scenario {path} is no text in UTF-8; save it as such"
        raise ReadError(msg) from error
    return _scenario(read_marked(text), str(path), path, path.resolve().parent, text, files)


def scenario_from(
    given: Mapping[str, Any], *, folder: str | os.PathLike[str] = ".", name: str = "scenario"
) -> Scenario:
    """Check a scenario that is given as plain values, as a file would hold them.

    Parameters
    ----------
    folder
        What its paths are relative to.

    Raises
    ------
    ScenarioError
        Everything that is wrong with it.
    """
    return _scenario(MarkedText(dict(given)), name, None, Path(folder), "")


def _scenario(
    read: MarkedText,
    name: str,
    path: Path | None,
    folder: Path,
    text: str,
    files: Mapping[str, str] | None = None,
) -> Scenario:
    findings = list(read.findings)
    if not isinstance(read.value, dict):
        if not findings:
            findings.append(
                Finding(1, 1, "", f"a scenario is keys and values; begin with `schema: {SCHEMA}`")
            )
        raise error_of(name, findings)
    given = read.value
    has_places, unread = bool(read.values), {one.path for one in findings}

    def add(where: tuple[str | int, ...], message: str, of_key: bool = False) -> None:
        line, column = (0, 0)
        if has_places:
            known = where in read.keys or where in read.values
            at = where if known or "demo" not in given or where[:1] in read.values else ("demo",)
            line, column = read.place(at, of_key=of_key)
        findings.append(Finding(line, column, path_text(where), message))

    full = filled(given)
    if full.get("zones", 0) is None:
        full.pop("zones")
    demo = DEMOS.get(str(given.get("demo")))
    zero = None
    with suppress(ValueError):  # told by the field itself
        zero = zero_date(str(given.get("zero", "12:00")))
    context = {
        "folder": folder, "zero": zero, "demo": None if demo is None else demo.folder, "files": files,
    }  # fmt: skip
    scenario, faulty, more = None, set(), 0
    try:
        scenario = Scenario.model_validate(full, context=context)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        faulty |= {str(one["loc"][0]) for one in errors[MOST_KEPT:] if one["loc"]}
        more = max(0, len(errors) - MOST_KEPT)
        for one in errors[:MOST_KEPT]:
            where, message, of_key = told(Scenario, one)
            if "demo" in given and demo is None and where == ("population",):
                continue  # the demo that does not exist would have it
            faulty.add(str(where[0]) if where else "")
            if one["input"] is None and path_text(where) in unread:
                continue  # nothing was read there, and why is told
            add(where, message, of_key)
    for where, message in cross_findings(full, context, faulty):
        add(where, message)
    if findings or scenario is None:
        raise error_of(name, findings, more)
    stem = path.stem if path is not None else name
    scenario._origin = Origin(stem, path, text, given)
    return scenario
