"""The pages for people: `/` in a browser, and the files it takes. Nothing here is secret; what it shows asks for its key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter
from starlette.concurrency import run_in_threadpool

from ew4all.api.answers import FOR_EVER, LOOK_AGAIN, unchanged
from ew4all.api.bodies import takes_gzip
from ew4all.api.problems import Problem, responses
from ew4all.api.routes.examples import SAME
from ew4all.api.web.assets import FOLDER, Asset, assets, policy_of

__all__ = ["FILE", "front_page", "page_answer", "page_file_answer", "router"]

router = APIRouter(prefix="/web", tags=["pages"])

FRONT: Final = "index.html"


async def front_page(request: Request) -> Response:
    """Return the first page."""
    return await page_answer(request, assets()[FRONT])


async def page_answer(request: Request, page: Asset) -> Response:
    """Return a page with its policy."""
    headers = {"Content-Security-Policy": policy_of(page.body), "Vary": "Accept, Accept-Encoding"}
    return await _answer(request, page, headers)


async def page_file_answer(request: Request, folder: Path, name: str) -> Response:
    """Return a file that the pages of a folder take.

    Raises
    ------
    Problem
        404: there is none.
    """
    found = assets(folder).get(name)
    if found is None or name == FRONT:
        raise Problem(404, "no-such-file", f"no page takes a file {name!r}")
    return await _answer(request, found, {"Vary": "Accept-Encoding"})


FILE: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {
        200: {
            "description": "the file",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        },
        **SAME,
        **responses(404),
    },
}
"""What a route that answers with such a file says of itself."""


@router.get("/{name:path}", operation_id="getPageFile", **FILE)
async def get_page_file(
    name: Annotated[
        str,
        PathParameter(description="a file of the pages", examples=["style.css"], max_length=200),
    ],
    request: Request,
) -> Response:
    """Return a file that the pages take: scripts, styles, outlines of countries."""
    return await page_file_answer(request, FOLDER, name)


async def _answer(request: Request, asset: Asset, more: dict[str, str]) -> Response:
    how = FOR_EVER if asset.is_vendored else LOOK_AGAIN
    headers = {"ETag": asset.tag, "Cache-Control": f"public, {how}", **more}
    same = unchanged(request, headers)
    if same is not None:
        return same
    if takes_gzip(request.headers):
        body = await run_in_threadpool(lambda: asset.packed)
        headers["Content-Encoding"] = "gzip"
    else:
        body = await run_in_threadpool(lambda: asset.body)
    return Response(body, media_type=asset.media_type, headers=headers)
