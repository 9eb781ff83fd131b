"""Which form of a document a client wants: by the header Accept, where the address does not end in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Request

__all__ = ["preferred"]

_WEIGHT: Final = re.compile(r"q=([01](?:\.\d{0,3})?)")


def preferred(request: Request, offers: Sequence[str]) -> str:
    """Return the media type that fits best (RFC 9110, 12.5.1); the first of the offers where none fits or all do."""
    weights: dict[str, float] = {}
    for part in request.headers.get("accept", "*/*").lower().split(","):
        kind, *rest = (piece.strip() for piece in part.split(";"))
        given = next((m[1] for r in rest if (m := _WEIGHT.fullmatch(r))), "1")
        weights[kind] = float(given)

    def weight(offer: str) -> float:
        whole = offer.partition("/")[0] + "/*"
        return next((weights[k] for k in (offer, whole, "*/*") if k in weights), 0.0)

    best = max(offers, key=weight)  # of equals, the first
    return best if weight(best) > 0.0 else offers[0]
