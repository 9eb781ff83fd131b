"""Files of an exercise as answers: EXERCISE stands in the name of each."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Response

__all__ = ["FILE", "file_answer"]

FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "the file", "content": {"*/*": {"schema": {"type": "string"}}}}
}
"""What the OpenAPI document says of such an answer."""


def file_answer(content: bytes, name: str, media_type: str, *, shown: bool = False) -> Response:
    """Answer with a file, to be saved or, with `shown`, to be looked at; nobody keeps it without asking again."""
    how = "inline" if shown else "attachment"
    headers = {
        "Content-Disposition": f'{how}; filename="EXERCISE-{name}"',
        "Cache-Control": "private, no-cache",
    }
    return Response(content, media_type=media_type, headers=headers)
