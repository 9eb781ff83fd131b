"""Files as answers: whole or in parts, and never as a page that could do something."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fastapi.responses import FileResponse

from ew4all.api.bodies import IS_HEAD
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import Request

__all__ = ["file_answer"]

_SHOWN: Final = frozenset({"image/png", "application/json", "text/html"})
"""What a browser may show; all else is saved. A page is shown without scripts, forms or anything from elsewhere."""

_SANDBOX: Final = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PART: Final = re.compile(r"(\d{0,18})-(\d{0,18})")


def file_answer(
    request: Request,
    path: Path,
    *,
    name: str,
    media_type: str,
    headers: dict[str, str],
    is_foreign: bool,
) -> FileResponse:
    """Return a file, or the parts of it that are asked for (RFC 9110, 14.2).

    Parameters
    ----------
    is_foreign
        Whether somebody uploaded it: then it is always saved, never shown.

    Raises
    ------
    Problem
        416: no such part.
    """
    plain = media_type.partition(";")[0]
    shown = plain in _SHOWN and not is_foreign
    more = {**headers, "Content-Security-Policy": _SANDBOX}
    answer = FileResponse(
        path, media_type=media_type, filename=name.rpartition("/")[2], headers=more,
        content_disposition_type="inline" if shown else "attachment",
    )  # fmt: skip
    _settle_range(request, path.stat().st_size, headers["ETag"])
    if request.scope.get(IS_HEAD):
        request.scope["method"] = "HEAD"  # so that the file is not read for nothing
    return answer


def _settle_range(request: Request, size: int, tag: str) -> None:
    """Refuse parts that are not there; pass over a header that is not understood, as RFC 9110 (14.2) wants it.

    Starlette would answer both with plain text.
    """
    asked = request.headers.get("range")
    if asked is None or request.headers.get("if-range", tag) != tag:
        return
    unit, _, ranges = asked.partition("=")
    parts = [_part(one, size) for one in ranges.split(",")]
    if unit.strip().lower() != "bytes" or None in parts:
        kept = [(k, v) for k, v in request.scope["headers"] if k != b"range"]
        request.scope["headers"] = kept
        return
    if not all(parts):
        told = f"the file has {size:,} bytes, and no part {asked!r}"
        raise Problem(416, "no-such-range", told, headers={"Content-Range": f"bytes */{size}"})


def _part(text: str, size: int) -> bool | None:
    """Say whether a part is there; None of what is no part."""
    found = _PART.fullmatch(text.strip())
    if found is None:
        return None
    first, last = found.groups()
    if not first:
        return int(last) > 0 if last else None
    if last and int(last) < int(first):
        return None
    return int(first) < size
