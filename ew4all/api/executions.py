"""What is asked for in an execution (OGC 18-062r2, `execute.yaml`): inputs, and how results are to be told.

A link as an input is one to a thing of this service, and becomes its reference; nothing is ever fetched for a client.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from ew4all.api.pointers import faults_of, step
from ew4all.api.problems import Problem
from ew4all.api.references import PATTERN, SCENARIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ew4all.api.jobs.records import Job
    from ew4all.api.processes import Process

__all__ = ["RESPONSE", "checked", "told"]

RESPONSE: Final = "response"
"""Name under which the wish of a request is kept, beside the inputs of its job; no process has an input of this name."""

_MEMBERS: Final = frozenset({"inputs", "outputs", RESPONSE, "subscriber"})
_RESPONSES: Final = ("raw", "document")
_LINK: Final = frozenset({"href", "rel", "type", "hreflang", "title"})
_QUALIFIED: Final = frozenset({"value", "mediaType", "encoding", "schema", "format"})
_OURS: Final = re.compile(
    r"/v1/(upload|layer|alert|scenario)s/([^/?#]+)(?:(/file)|/versions/([1-9][0-9]{0,8}))?"
)


def checked(process: Process, body: Mapping[str, Any], base: str = "") -> dict[str, Any]:
    """Return the inputs of a request, and its wish under `RESPONSE` where it has one.

    Parameters
    ----------
    base
        Address of this service, without a slash at its end; links may begin with it, or with a slash.

    Raises
    ------
    Problem
        400: with a pointer to each fault.
    """
    response = _response(process, body)
    given = _resolved_inputs(process, body.get("inputs", {}), base)
    try:
        inputs = process.inputs.model_validate(given)
    except ValidationError as error:
        faults = faults_of(error.errors(include_url=False), given, "#/inputs")
        told = "; ".join(f"{f['pointer']}: {f['detail']}" for f in faults[:3])
        raise Problem(
            400, "invalid-inputs", f"inputs of {process.id} are not valid: {told}", errors=faults
        ) from error
    out: dict[str, Any] = inputs.model_dump(mode="json", exclude_none=True)
    return out if response is None else {**out, RESPONSE: response}


def told(job: Job, outputs: Mapping[str, Any]) -> Any:
    """Return outputs as the request of their job wanted them: each by its name, as a value of the standard, or the one alone."""
    response = job.inputs.get(RESPONSE)
    if response == "raw" and len(outputs) == 1:
        return next(iter(outputs.values()))
    if response == "document":
        return {k: {"value": v, "mediaType": "application/json"} for k, v in outputs.items()}
    return dict(outputs)


def _response(process: Process, body: Mapping[str, Any]) -> str | None:
    """Return how results are to be told, once all but the inputs is known to be in order."""
    for name in sorted(set(body) - _MEMBERS):
        told = f"a request has no {name!r}; inputs stand under `inputs`"
        raise _fault(told, code="invalid-request", pointer=f"#{step(name)}")
    if "subscriber" in body:
        told = "this service calls nobody: listen to /v1/jobs/{id}/events, or ask for the job from time to time"
        raise _fault(told, code="no-callbacks", pointer="#/subscriber")
    response = body.get(RESPONSE)
    if response is not None and response not in _RESPONSES:
        told = f"`response` is {' or '.join(_RESPONSES)}"
        raise _fault(told, code="unknown-response", pointer="#/response")
    outputs = {} if body.get("outputs") is None else body["outputs"]
    if not isinstance(outputs, dict):
        told = "`outputs` is an object, with a member for each output that is wanted"
        raise _fault(told, code="unknown-output", pointer="#/outputs")
    for name, wanted in outputs.items():
        if name not in process.outputs:
            told = f"{process.id} has no output {name!r}; there are {', '.join(process.outputs)}"
            raise _fault(told, code="unknown-output", pointer="#/outputs")
        for key, value in wanted.items() if isinstance(wanted, dict) else ():
            if key == "transmissionMode" and value != "value":
                told = "outputs are sent by value; files that a job has written stand in its results, as links"
                raise _fault(told, code="unknown-transmission", pointer=f"#/outputs/{name}/{key}")
            if key == "format" and _media_type(value) not in (None, "application/json"):
                told = "outputs are application/json"
                raise _fault(told, code="unknown-format", pointer=f"#/outputs/{name}/{key}")
    return None if response is None else str(response)


def _fault(told: str, *, code: str, pointer: str) -> Problem:
    return Problem(400, code, told, errors=[{"pointer": pointer, "detail": told, "code": code}])


def _media_type(form: Any) -> Any:
    return form.get("mediaType") if isinstance(form, dict) else form


def _resolved_inputs(process: Process, inputs: Any, base: str) -> Any:
    """Return inputs with a reference for each link, and the value alone for each that is qualified."""
    if not isinstance(inputs, dict):
        return inputs
    schemas = process.inputs.model_json_schema()["properties"]
    return {
        name: _resolved(value, base, f"#/inputs{step(name)}") if _takes_files(schemas.get(name)) else value
        for name, value in inputs.items()
    }  # fmt: skip


def _takes_files(schema: Any) -> bool:
    """Say whether an input may be a file: in no other is a member `href` or `value` anything but a name of the client."""
    return any(pattern in {PATTERN, SCENARIO} for pattern in _patterns(schema))


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for inner in schema.values():
            yield from _patterns(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _patterns(inner)


def _resolved(value: Any, base: str, pointer: str) -> Any:
    if isinstance(value, list):
        return [_resolved(one, base, f"{pointer}/{i}") for i, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    names = set(value)
    if "value" in names and names <= _QUALIFIED:
        return value["value"]
    if isinstance(value.get("href"), str) and names <= _LINK:
        return _reference(value["href"], base, f"{pointer}/href")
    if "type" in names:  # GeoJSON, whose members are nobody's but its author's
        return value
    return {k: _resolved(one, base, f"{pointer}{step(k)}") for k, one in value.items()}


def _reference(href: str, base: str, pointer: str) -> str:
    path = href.removeprefix(base) if base else href
    found = _OURS.fullmatch(path)
    kind, name, file, version = found.groups() if found else ("", "", None, None)
    is_versioned = kind in {"alert", "scenario"}
    if found is None or (is_versioned and file) or (not is_versioned and version):
        told = (
            "this service fetches nothing for a client; a link is one to its own /v1/uploads, /v1/layers, /v1/alerts or "
            "/v1/scenarios: upload the file, and name it `upload:ID`"
        )
        raise _fault(told, code="no-remote-input", pointer=pointer)
    return f"{kind}:{name}" + (f"@{version}" if version else "")
