"""Errors over HTTP: one problem document (RFC 9457) for each, with a code, pointers and the identifier of the request."""

from __future__ import annotations

import errno
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ew4all import errors
from ew4all.api.pointers import faults_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import Scope

__all__ = [
    "MEDIA_TYPE",
    "OGC",
    "Problem",
    "answer_of",
    "install",
    "problem_of",
    "problem_of_database",
    "responses",
]

MEDIA_TYPE: Final = "application/problem+json"
TYPES: Final = "urn:ew4all:problem:"
"""Our own kinds; names, not addresses, so that nobody takes them for a page."""

OGC: Final = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"

_LOG = structlog.get_logger("ew4all.api")


class Problem(Exception):
    """An answer that is an error.

    Attributes
    ----------
    code
        Word for programs, such as ``unknown-layer``.
    errors
        What is wrong where: mappings with ``pointer`` (RFC 6901), ``detail`` and ``code``.
    more
        Further members of the document, such as what is there now (RFC 9457, 3.2).
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        type_: str | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.headers = tuple(errors), dict(headers or {})
        self.type = type_ or TYPES + code
        self.more = dict(more or {})

    def document(self, instance: str, request_id: str) -> dict[str, Any]:
        """Return the problem document."""
        out: dict[str, Any] = {
            "type": self.type, "title": HTTPStatus(self.status).phrase, "status": self.status, "code": self.code,
            "detail": self.detail, "instance": instance, "request_id": request_id,
        }  # fmt: skip
        if self.errors:
            out["errors"] = list(self.errors)
        return {**self.more, **out}


_STATUS: Final[tuple[tuple[type[errors.EW4AllError], int, str], ...]] = (
    (errors.InputError, 400, "bad-input"),
    (errors.ReadError, 400, "unreadable-input"),
    (errors.WriteError, 507, "storage-failed"),
    (errors.EW4AllError, 500, "failed"),
)
"""The table at the edge: what was raised on purpose, to a status; the first that fits."""


def problem_of(error: errors.EW4AllError) -> Problem:
    """Return the problem that an error of the package is."""
    status, code = next((s, c) for kind, s, c in _STATUS if isinstance(error, kind))
    name = type(error).__name__.removesuffix("Error")
    kebab = "".join(f"-{c.lower()}" if c.isupper() else c for c in name).strip("-")
    return Problem(status, kebab or code, str(error))


def problem_of_database(error: DBAPIError) -> Problem:
    """Return the problem that an error of the database is: its disk is full, it is away, or we are at fault."""
    said = str(error.orig)
    if "NUL (0x00)" in said:  # PostgreSQL holds none in a text, wherever in a request it came from
        return Problem(
            400, "invalid-request", "the request holds a zero character, which no text has"
        )
    # SQLite and PostgreSQL have no class for it that both drivers tell.
    if any(
        words in said for words in ("is full", "readonly", "disk I/O", "No space left", "read-only")
    ):
        return _not_stored(said.splitlines()[0])
    if isinstance(error, OperationalError | InterfaceError):
        return _unavailable()
    return Problem(500, "internal", "the database refused; the log of the service says why")


def _not_stored(why: str | None) -> Problem:
    told = f"nothing can be stored at the moment ({why}): tell the operator of the service, and try again later"
    return Problem(507, "storage-failed", told, headers={"Retry-After": "60"})


def _unavailable() -> Problem:
    told = "the database does not answer at the moment; jobs that were accepted are kept: try again later"
    return Problem(503, "store-unavailable", told, headers={"Retry-After": "5"})


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of errors of a route."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Answer every error of an application with a problem document."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> JSONResponse:
        return answer_of(request.scope, error)

    @app.exception_handler(errors.EW4AllError)
    async def _ours(request: Request, error: errors.EW4AllError) -> JSONResponse:
        return answer_of(request.scope, problem_of(error))

    @app.exception_handler(DBAPIError)
    async def _database(request: Request, error: DBAPIError) -> JSONResponse:
        _LOG.error("database", error=str(error.orig))
        return answer_of(request.scope, problem_of_database(error))

    @app.exception_handler(PoolTimeout)
    async def _busy(request: Request, error: PoolTimeout) -> JSONResponse:
        _LOG.error("database", error=str(error))
        return answer_of(request.scope, _unavailable())

    @app.exception_handler(ClientDisconnect)
    async def _gone(request: Request, _: ClientDisconnect) -> JSONResponse:
        # Nobody gets it; what is logged is one line, and no error of ours.
        return answer_of(request.scope, Problem(400, "cut-off", "the request was cut off"))

    @app.exception_handler(OSError)
    async def _disk(request: Request, error: OSError) -> JSONResponse:
        _LOG.error("unexpected", exc_info=error)
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
            return answer_of(request.scope, _not_stored(error.strerror))
        told = "an error that was not foreseen; the log of the service has it under this request_id"
        return answer_of(request.scope, Problem(500, "internal", told))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        if (
            error.status_code == 400
        ):  # of FastAPI's own, that of a body which is too deep or no UTF-8
            return answer_of(
                request.scope, _no_json("it is too deep, has too long a number, or is no UTF-8")
            )
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        told = error.detail or HTTPStatus(error.status_code).phrase
        if error.status_code == 404:
            told = "there is nothing at this path; / links to all there is, and /api describes it"
        elif error.status_code == 405:
            takes = (error.headers or {}).get("Allow", "other methods")
            told = f"this path does not take {request.method}; it takes {takes}"
        problem = Problem(error.status_code, code, str(told), headers=error.headers)
        return answer_of(request.scope, problem)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return answer_of(request.scope, _not_valid(request.scope, error))

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        _LOG.error("unexpected", exc_info=error)
        told = "an error that was not foreseen; the log of the service has it under this request_id"
        return answer_of(request.scope, Problem(500, "internal", told))


def _not_valid(scope: Scope, error: RequestValidationError) -> Problem:
    """Return the problem with a request that is not as its route wants it."""
    errors = error.errors()
    in_body = [{**e, "loc": e["loc"][1:]} for e in errors if e["loc"][0] == "body"]
    media_type = _media_type(scope)
    if in_body and not isinstance(error.body, dict | list) and media_type not in _JSON:
        # It is a text as yet, as nobody took it for JSON.
        told = f"the header Content-Type says {media_type}; this takes application/json"
        return Problem(415, "wrong-type", told, headers={"Accept": "application/json"})
    if in_body and in_body[0]["type"] == "json_invalid":
        why = in_body[0].get("ctx", {}).get("error", in_body[0]["msg"])
        where = "".join(f", at character {at}" for at in in_body[0]["loc"])
        return _no_json(f"{why}{where}")
    found = [
        {"pointer": f"{where}:{'/'.join(map(str, rest))}", "detail": e["msg"], "code": e["type"]}
        for e in errors
        for where, *rest in [e["loc"]]
        if where != "body"
    ]
    found += faults_of(in_body, error.body, "#")
    what = "; ".join(f"{f['pointer']}: {f['detail']}" for f in found[:3])
    return Problem(400, "invalid-request", f"the request is not valid: {what}", errors=found)


def _no_json(why: str) -> Problem:
    told = f"the body is no JSON in UTF-8 that can be read: {why}"
    fault = {"pointer": "#", "detail": told, "code": "bad-json"}
    return Problem(400, "bad-json", told, errors=[fault])


_JSON: Final = frozenset({"", "application/json"})


def _media_type(scope: Scope) -> str:
    given = next((v for k, v in scope["headers"] if k == b"content-type"), b"")
    plain = given.decode("latin-1").partition(";")[0].strip().lower()
    return "application/json" if plain.endswith("+json") else plain


def _place(scope: Scope, problem: Problem) -> str | None:
    """Return where in a request the fault of a problem lies that does not say so; None where it is not in the request."""
    if problem.status in _PLACES:
        return _PLACES[problem.status]
    if problem.status == 400 and scope["method"] in {"POST", "PUT", "PATCH"}:
        return "#"
    if problem.status == 404 or (problem.status == 400 and scope.get("path_params")):
        named = scope.get("path_params", {})
        told = [name for name, value in named.items() if repr(value) in problem.detail]
        return f"path:{[*told, *named, ''][0]}"
    return None


_PLACES: Final = {
    401: "header:Authorization", 403: "header:Authorization", 405: "method:", 412: "header:If-Match", 413: "#", 415: "header:Content-Type",
    428: "header:If-Match",
}  # fmt: skip


def answer_of(scope: Scope, problem: Problem) -> JSONResponse:
    """Return the answer that a problem is, to the request of a scope."""
    place = None if problem.errors else _place(scope, problem)
    if place is not None:
        problem.errors = ({"pointer": place, "detail": problem.detail, "code": problem.code},)
    request_id = scope.get("state", {}).get("request_id", "")
    # Not `request.url`, which reads the query: it may be the very thing that nobody can read.
    document = problem.document(quote(scope["path"], safe="/:@!$&'()*+,;=~"), request_id)
    return JSONResponse(document, problem.status, headers=problem.headers, media_type=MEDIA_TYPE)
