"""Bodies that are no JSON of a model: read whole, with their media type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["JsonOnly", "Sent", "SentBody"]


@dataclass(frozen=True)
class Sent:
    """A body, and what it says it is, in small letters and without parameters."""

    data: bytes
    media_type: str

    def must_be(self, taken: Iterable[str]) -> None:
        """Refuse a body of another type, or none.

        Raises
        ------
        Problem
            415: of another type; 400: empty.
        """
        names = list(taken)
        if self.media_type not in names:
            what = self.media_type or "nothing"
            told = f"the header Content-Type says {what}; this takes {', '.join(names)}"
            raise Problem(415, "wrong-type", told, headers={"Accept": ", ".join(names)})
        if not self.data.strip():
            raise Problem(400, "empty", "the body is empty: send the document itself as the body")


async def _sent(request: Request) -> Sent:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Sent(await request.body(), media_type)


async def _json_only(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {"", "application/json"} and not media_type.endswith("+json"):
        told = f"the header Content-Type says {media_type}; this takes application/json"
        raise Problem(415, "wrong-type", told, headers={"Accept": "application/json"})


JsonOnly = Annotated[None, Depends(_json_only)]

SentBody = Annotated[Sent, Depends(_sent)]
