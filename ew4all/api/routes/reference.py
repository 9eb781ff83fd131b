"""`/docs`: the API for people, with every route to be tried out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from ew4all.api.answers import LOOK_AGAIN, unchanged
from ew4all.api.problems import Problem, responses
from ew4all.api.reference import PAGE, files

__all__ = ["router"]

router = APIRouter(prefix="/docs", tags=["pages"])

_SAME: dict[int | str, dict[str, Any]] = {304: {"description": "the client has it already"}}
_HTML: dict[int | str, dict[str, Any]] = {
    200: {"description": "a page", "content": {"text/html": {"schema": {"type": "string"}}}}
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "a file", "content": {"*/*": {"schema": {"type": "string"}}}}
}


@router.get("", operation_id="getReference", response_class=Response, responses={**_HTML, **_SAME})
async def get_reference(request: Request) -> Response:
    """Return a page that shows this document."""
    return await _answer(request, PAGE)


@router.get(
    "/{name}",
    operation_id="getReferenceFile",
    response_class=Response,
    responses={**_FILE, **_SAME, **responses(404)},
)
async def get_reference_file(
    name: Annotated[str, Path(max_length=100, examples=["swagger-ui.css"])], request: Request
) -> Response:
    """Return a file that the page takes."""
    return await _answer(request, name)


async def _answer(request: Request, name: str) -> Response:
    found = (await run_in_threadpool(files)).get(name)
    if found is None:
        raise Problem(404, "no-such-file", f"the page takes no file {name!r}")
    headers = {"ETag": found.tag, "Cache-Control": f"public, {LOOK_AGAIN}"}
    same = unchanged(request, headers)
    if same is not None:
        return same
    return Response(found.body, media_type=found.media_type, headers=headers)
