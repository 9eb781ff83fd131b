"""From the text of an exercise to the exercise and its scenario, without a path of this machine in it; runs in a child.

An exercise that somebody sends names a scenario that is shipped or stored, and no files of its own: what it named would be looked for
on the disk of the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import EW4AllError, ExerciseError
from ew4all.exercises.checking import checked
from ew4all.exercises.loading import load_exercise
from ew4all.exercises.loading import shipped as shipped_exercises
from ew4all.exercises.stage import known_of
from ew4all.scenario import load_scenario, shipped
from ew4all.scenario.findings import Finding, error_of, path_text
from ew4all.scenario.values import date_of, zero_date
from ew4all.scenario.yaml_text import read_marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.exercises.checking import Fault
    from ew4all.scenario import Scenario
    from ew4all.sim.exercise import Exercise

__all__ = ["facts_of", "library_exercise", "read_exercise"]

_CALLED: Final = "the exercise"


def read_exercise(
    text: str, files: Mapping[str, str], library: str | None = None
) -> tuple[Exercise, Scenario]:
    """Return an exercise and the scenario that it is played on.

    Parameters
    ----------
    files
        Reference to path, of a stored scenario and what it refers to.
    library
        Name of the exercise of the library that it was made of; its files are those of the package, and where `text` is
        empty, so is the rest.

    Raises
    ------
    ExerciseError
        Everything that is wrong with it, with line and column.
    ScenarioError
        The scenario cannot be played.
    """
    shelf = None if library is None else library_exercise(library)
    if shelf is not None and not text:
        return shelf
    read = read_marked(text, what="exercise")
    findings = list(read.findings)
    given = read.value
    if not isinstance(given, dict):
        if not findings:
            findings.append(Finding(1, 1, "", "an exercise is keys and values; begin with `schema: ew4all/exercise/1`"))  # fmt: skip
        raise error_of(_CALLED, findings, kind=ExerciseError)
    scenario, faults = (shelf[1], []) if shelf else _scenario(given.get("scenario"), files)
    found = checked(given, None if scenario is None else known_of(scenario))
    faults += [*found.faults, *([] if shelf else _files(given))]
    unread = {one.path for one in findings}
    for where, message, of_key in faults:
        line, column = read.place(where, of_key=of_key)
        if path_text(where) not in unread:
            findings.append(Finding(line, column, path_text(where), message))
    if findings or found.exercise is None or scenario is None:
        raise error_of(_CALLED, findings, found.more, ExerciseError)
    return found.exercise, scenario


def library_exercise(name: str) -> tuple[Exercise, Scenario]:
    """Return an exercise of the library, and its scenario.

    Raises
    ------
    ReadError
        There is none of this name.
    """
    file = load_exercise(shipped_exercises().get(name, name))
    return file.exercise, file.scenario()


def _scenario(name: Any, files: Mapping[str, str]) -> tuple[Scenario | None, list[Fault]]:
    if not isinstance(name, str):
        return None, []  # told by the keys themselves
    try:
        if name in files:
            return load_scenario(files[name], files=files), []
        if name in shipped():
            return load_scenario(name), []
    except EW4AllError as error:
        return None, [(("scenario",), str(error), False)]
    told = f"there is no scenario {name[:80]!r} here; give the name of one that comes with ew4all ({', '.join(shipped())}), or scenario:ID"
    return None, [(("scenario",), told, False)]


def _files(given: Mapping[str, Any]) -> list[Fault]:
    """Return a fault for every file that it names."""
    told = "an exercise that is sent brings no files: leave this out, or write what stands in them into texts"
    found: list[Fault] = [(("handouts",), told, True)] if given.get("handouts") else []
    injects = given.get("injects")
    for k, inject in enumerate(injects if isinstance(injects, list) else []):
        if isinstance(inject, dict) and inject.get("attachments"):
            found.append((("injects", k, "attachments"), told, True))
    return found


def facts_of(exercise: Exercise, scenario: Scenario) -> dict[str, Any]:
    """Return what the document of an exercise tells of it, in plain values."""
    zero = None if zero_date(scenario.zero) is None else date_of(scenario.zero)
    return {
        "identifier": exercise.identifier, "title": exercise.shown_title, "purpose": exercise.purpose, "audience": exercise.audience,
        "scenario": exercise.scenario, "length_s": exercise.length_s, "room_s": exercise.room_s, "speed": exercise.speed,
        "scenario_start_s": exercise.scenario_start_s, "languages": list(exercise.languages),
        "zero": None if zero is None else zero.isoformat(), "zero_hour": scenario.zero_hour,
        "teams": [{"id": t.identifier, "name": t.name, "agency": t.agency or t.name, "brief": t.brief} for t in exercise.teams],
        "roles": [
            {"id": r.identifier, "name": r.name, "kind": str(r.kind), "team": r.team, "brief": r.brief} for r in exercise.roles
        ],
        "phases": [{"title": p.title, "start_s": p.start_s, "speed": p.speed, "text": p.text} for p in exercise.phases],
        "objectives": [{"id": o.identifier, "title": o.title, "text": o.text} for o in exercise.objectives],
        "handouts": [
            {"title": h.title, "reader": str(h.reader), "teams": list(h.teams), "file": h.file} for h in exercise.handouts
        ],
        "injects": len(exercise.injects), "expectations": len(exercise.expectations), "points": exercise.points,
        "sources": list(exercise.sources), "assumed": list(exercise.assumed),
        "channels": list(scenario.channel_names()),
    }  # fmt: skip
