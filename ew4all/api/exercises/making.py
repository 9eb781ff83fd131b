"""From what is sent to an exercise that can be stored, or to all that is wrong with it."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from ew4all.api.documents.drills import inlined
from ew4all.api.exercises.bodies import LibraryRequest
from ew4all.api.exercises.records import Made
from ew4all.api.jobs.contents import contents_of, laid_out
from ew4all.api.jobs.intake import in_scenario
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ew4all.api.identity import Principal
    from ew4all.api.routes.sent import Sent
    from ew4all.api.service import Service

__all__ = [
    "CSV",
    "EXAMPLE",
    "EXAMPLE_CSV",
    "LIBRARY_SCHEMA",
    "TAKEN",
    "XLSX",
    "YAML",
    "column_map",
    "faulty",
    "library",
    "made",
]

JSON: Final = "application/json"
YAML: Final = "application/yaml"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv"
TAKEN: Final = (JSON, YAML, "application/x-yaml", "text/yaml", XLSX, CSV)
LIBRARY_SCHEMA: Final = inlined(LibraryRequest)

EXAMPLE: Final = """\
schema: ew4all/exercise/1
id: first-drill
title: A first drill
scenario: grenada-beryl
length: 1 h
teams:
  - {id: nema, name: NEMA}
injects:
  - {id: i1, at: 5 min, title: Storm warning, text: Winds of storm force are expected at nine., to: nema}
"""
EXAMPLE_CSV: Final = "id,time,title,text,to\r\ni1,0:05,Storm warning,Winds of storm force are expected at nine.,nema\r\n"

_LONGEST: Final = 1_000_000
"""Characters of an exercise file."""


@cache
def library() -> list[dict[str, Any]]:
    """Return what there is to choose from."""
    from ew4all.exercises.loading import load_exercise, shipped

    found = []
    for name, path in shipped().items():
        exercise = load_exercise(path).exercise
        found.append(
            {
                "name": name, "title": exercise.shown_title, "purpose": exercise.purpose, "audience": exercise.audience,
                "scenario": exercise.scenario, "length_s": exercise.length_s, "room_s": exercise.room_s, "speed": exercise.speed,
                "languages": list(exercise.languages), "teams": [t.name for t in exercise.teams], "injects": len(exercise.injects),
            }
        )  # fmt: skip
    return found


def made(
    service: Service,
    asking: Principal,
    sent: Sent,
    *,
    scenario: str | None = None,
    title: str | None = None,
    columns: Iterable[str] = (),
) -> Made:
    """Return an exercise that can be played.

    Raises
    ------
    Problem
        400: every fault with its place; 413: too large.
    """
    if sent.media_type == JSON:
        return _from_library(service, _library_request(sent.data))
    if sent.media_type in {XLSX, CSV}:
        return _from_table(service, sent, scenario or "", title, columns)
    text = _text(sent.data)
    name = _scenario_named(text)
    files = _scenario_files(service, asking, name)
    found = _looked_through(service, files, {"text": text})
    return _made(found["text"], found["facts"], files, {})


def column_map(pairs: Iterable[str]) -> dict[str, str]:
    """Return field to header of ``HEADER:FIELD``; a field ``-`` leaves a column out.

    Raises
    ------
    Problem
        400: a pair without a colon.
    """
    out: dict[str, str] = {}
    for pair in pairs:
        header, colon, field = pair.rpartition(":")
        if not colon or not header or not field:
            told = f"{pair[:80]!r} is no pair COLUMN:FIELD, such as When:at"
            raise Problem(400, "bad-map", told, errors=[{"pointer": "query:map", "detail": told, "code": "bad-map"}])  # fmt: skip
        out[field] = header
    return out


def faulty(found: Mapping[str, Any], code: str, what: str) -> Problem:
    """Return the problem with a file that was looked through."""
    faults = [{"code": "exercise-fault", **one} for one in found["faults"]]
    first = "; ".join(f"{_where(one)}{one['detail']}" for one in faults[:3])
    count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
    return Problem(400, code, f"{what} has {count}: {first}", errors=faults)


def _where(fault: Mapping[str, Any]) -> str:
    if "row" in fault:
        return f"{fault['pointer']}: "
    if fault.get("line"):
        return f"line {fault['line']}, column {fault['column']}: {fault['pointer']}: "
    return ""


def _library_request(data: bytes) -> LibraryRequest:
    try:
        return LibraryRequest.model_validate_json(data)
    except ValidationError as error:
        faults = [
            {"pointer": "#/" + "/".join(map(str, e["loc"])), "detail": e["msg"], "code": e["type"]}
            for e in error.errors()
        ]
        what = "; ".join(f"{f['pointer']}: {f['detail']}" for f in faults[:3])
        raise Problem(400, "invalid-request", f"the request is not valid: {what}", errors=faults) from error  # fmt: skip


def _from_library(service: Service, asked: LibraryRequest) -> Made:
    known = [one["name"] for one in library()]
    if asked.library not in known:
        told = (
            f"the library has no exercise {asked.library!r}; there are {', '.join(known) or 'none'}"
        )
        fault = {"pointer": "#/library", "detail": told, "code": "unknown-exercise"}
        raise Problem(400, "unknown-library-exercise", told, errors=[fault])
    found = _looked_through(service, {}, {"library": asked.library})
    given = asked.model_dump(exclude={"title"}, exclude_none=True)
    facts = found["facts"]
    if asked.title:
        facts = {**facts, "title": _marked(asked.title)}
    return _made("", facts, {}, given)


def _from_table(
    service: Service,
    sent: Sent,
    scenario: str,
    title: str | None,
    columns: Iterable[str],
) -> Made:
    with tempfile.TemporaryDirectory(prefix="ew4all-list-") as name:
        path = Path(name) / ("list.xlsx" if sent.media_type == XLSX else "list.csv")
        path.write_bytes(sent.data)
        request = {
            "table": str(path), "scenario": scenario, "title": title or "Exercise", "columns": column_map(columns),
        }  # fmt: skip
        found = _looked_through(service, {}, request, "invalid-list", "the list")
    return _made(found["text"], found["facts"], {}, {})


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        told = f"the exercise is no text in UTF-8 (at byte {error.start:,}); save it as such"
        raise Problem(400, "not-utf-8", told) from error
    if len(text) > _LONGEST:
        told = f"an exercise file has at most {_LONGEST:,} characters, not {len(text):,}"
        raise Problem(413, "too-large", told)
    return text


def _scenario_named(text: str) -> str:
    from ew4all.scenario.yaml_text import read_marked

    given = read_marked(text, what="exercise").value
    name = given.get("scenario") if isinstance(given, dict) else None
    return name if isinstance(name, str) else ""


def _scenario_files(service: Service, asking: Principal, name: str) -> dict[str, Any]:
    """Return what a stored scenario, and what it refers to, stand for at this moment."""
    if not name.startswith("scenario:"):
        return {}
    content = contents_of(service, [name], asking)
    return content | contents_of(service, in_scenario(content[name]["text"]), asking)


def _looked_through(
    service: Service,
    files: Mapping[str, Any],
    request: Mapping[str, Any],
    code: str = "invalid-exercise",
    what: str = "the exercise",
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ew4all-check-") as name:
        folder = Path(name).resolve()
        laid = laid_out(service, files, folder)
        found = service.exercise_checker.answer({"folder": str(folder), "files": laid, **request})
        if "faults" not in found:
            return found
        plain = json.loads(json.dumps(found).replace(f"{folder}/", ""))
    raise faulty(plain, code, what)


def _made(
    text: str, facts: Mapping[str, Any], files: Mapping[str, Any], given: Mapping[str, Any]
) -> Made:
    options = {"seed": 0, "report_delay_s": 900.0, **given}
    clock = {
        "state": "ready", "time_s": 0.0, "speed": options.get("speed") or facts["speed"], "at": None, "length_s": facts["length_s"],
    }  # fmt: skip
    return Made(facts["title"], facts["scenario"], text, files, facts, options, clock)


def _marked(title: str) -> str:
    from ew4all.sim.exercise_mark import marked

    return marked(title)
