"""The console of exercises: `/console/` in a browser, and the files it takes. Nothing here is secret; what it shows asks who asks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import RedirectResponse

from ew4all.api import console
from ew4all.api.routes.web import FILE, FRONT, page_answer, page_file_answer
from ew4all.api.web.assets import assets

__all__ = ["FOLDER", "router"]

router = APIRouter(prefix="/console", tags=["pages"])

FOLDER: Final = Path(console.__file__).resolve().parent / "static"


@router.get("", include_in_schema=False)
async def get_console_address(request: Request) -> Response:
    """Send a browser on to the console."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/console/", status_code=308)


@router.get(
    "/",
    operation_id="getConsole",
    response_class=Response,
    responses={
        200: {"description": "the page", "content": {"text/html": {"schema": {"type": "string"}}}}
    },
)
async def get_console(request: Request) -> Response:
    """Return the console: exercises for facilitators, players, evaluators and observers."""
    return await page_answer(request, assets(FOLDER)[FRONT])


@router.get("/{name:path}", operation_id="getConsoleFile", **FILE)
async def get_console_file(
    name: Annotated[
        str,
        PathParameter(
            description="a file of the console", examples=["words/en.json"], max_length=200
        ),
    ],
    request: Request,
) -> Response:
    """Return a file that the console takes: scripts, styles, words."""
    return await page_file_answer(request, FOLDER, name)
