"""Errors over HTTP: one problem document (RFC 9457) for each, with a code, pointers and the identifier of the request."""

from __future__ import annotations

import errno
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from ew4all import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "MEDIA_TYPE",
    "OGC",
    "Problem",
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
        return _answer(request, error)

    @app.exception_handler(errors.EW4AllError)
    async def _ours(request: Request, error: errors.EW4AllError) -> JSONResponse:
        return _answer(request, problem_of(error))

    @app.exception_handler(DBAPIError)
    async def _database(request: Request, error: DBAPIError) -> JSONResponse:
        _LOG.error("database", error=str(error.orig))
        return _answer(request, problem_of_database(error))

    @app.exception_handler(PoolTimeout)
    async def _busy(request: Request, error: PoolTimeout) -> JSONResponse:
        _LOG.error("database", error=str(error))
        return _answer(request, _unavailable())

    @app.exception_handler(OSError)
    async def _disk(request: Request, error: OSError) -> JSONResponse:
        _LOG.error("unexpected", exc_info=error)
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
            return _answer(request, _not_stored(error.strerror))
        told = "an error that was not foreseen; the log of the service has it under this request_id"
        return _answer(request, Problem(500, "internal", told))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        told = error.detail or HTTPStatus(error.status_code).phrase
        problem = Problem(error.status_code, code, str(told), headers=error.headers)
        return _answer(request, problem)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = [
            {"pointer": _pointer(e["loc"]), "detail": e["msg"], "code": e["type"]}
            for e in error.errors()
        ]
        what = "; ".join(f"{f['pointer']}: {f['detail']}" for f in found[:3])
        return _answer(
            request,
            Problem(400, "invalid-request", f"the request is not valid: {what}", errors=found),
        )

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        _LOG.error("unexpected", exc_info=error)
        told = "an error that was not foreseen; the log of the service has it under this request_id"
        return _answer(request, Problem(500, "internal", told))


_UNIONS: Final = frozenset({"AlertBody", "MultiPolygon", "Polygon"})
"""Names of alternatives of a field, which are in no body."""


def _pointer(location: Sequence[Any]) -> str:
    """Return where it is: a JSON Pointer into the body, or the name of a parameter."""
    where, *rest = (step for step in location if step not in _UNIONS)
    steps = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in rest)
    return f"#{steps}" if where == "body" else f"{where}:{steps.removeprefix('/')}"


def _answer(request: Request, problem: Problem) -> JSONResponse:
    request_id = getattr(request.state, "request_id", "")
    document = problem.document(request.url.path, request_id)
    return JSONResponse(document, problem.status, headers=problem.headers, media_type=MEDIA_TYPE)
