"""What answers have in common: links, tags of contents, how long they may be kept, and no parameter that nobody reads."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from fastapi import Depends, Request, Response

from ew4all import __version__
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.api.settings import Settings

__all__ = [
    "FOR_EVER",
    "HOUR",
    "LOOK_AGAIN",
    "Answer",
    "Links",
    "bad_parameter",
    "kept",
    "known_parameters",
    "tag_of",
    "unchanged",
    "wants_html",
]

FOR_EVER: Final = "max-age=31536000, immutable"
"""Of what never changes under its address."""
HOUR: Final = "max-age=3600"
LOOK_AGAIN: Final = "no-cache"
"""May be kept, and is asked for again each time; the answer is 304 mostly."""


@dataclass(frozen=True)
class Answer:
    """A finished answer, kept in memory; `headers` are those that come with its content."""

    content: bytes
    headers: Mapping[str, str]

    @property
    def nbytes(self) -> int:
        """Memory it takes, about."""
        return len(self.content) + 1000


class Links:
    """Addresses of this service, as the client reaches it."""

    def __init__(self, request: Request) -> None:
        self._base = str(request.base_url).rstrip("/")

    def href(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        """Return the whole address of a path."""
        asked = {k: v for k, v in (query or {}).items() if v is not None}
        plain = quote(path, safe="/{}:@.~-_")
        return (
            self._base + plain + ("?" + urlencode(asked, doseq=True, safe=":,/") if asked else "")
        )

    def link(
        self,
        path: str,
        rel: str,
        type_: str = "application/json",
        title: str | None = None,
        query: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Return a link of a document."""
        out: dict[str, Any] = {"href": self.href(path, query), "rel": rel, "type": type_}
        if title is not None:
            out["title"] = title
        return {**out, **more}


def bad_parameter(*, name: str, told: str) -> Problem:
    """Return the problem with a parameter of a query."""
    found = {"pointer": f"query:{name}", "detail": told, "code": f"bad-{name}"}
    return Problem(400, f"bad-{name}", told, errors=[found])


async def known_parameters(request: Request) -> None:
    """Refuse parameters that the route does not know: a typo would be answered as if nothing had been asked.

    Raises
    ------
    Problem
        400: naming each.
    """
    dependant = request.scope["route"].dependant
    known = _names(dependant)
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        told = f"there is no parameter {unknown[0]!r} here; there are {', '.join(sorted(known)) or 'none'}"
        found = [
            {"pointer": f"query:{name}", "detail": "not a parameter", "code": "unknown-parameter"}
            for name in unknown
        ]
        raise Problem(400, "unknown-parameter", told, errors=found)


def _names(dependant: Any) -> set[str]:
    own = {p.alias for p in dependant.query_params}
    return own.union(*(_names(inner) for inner in dependant.dependencies))


Known = Depends(known_parameters)


def tag_of(*parts: object, weak: bool = False) -> str:
    """Return an entity tag that differs where one of the parts, or the version of the package, does."""
    text = "\n".join([__version__, *map(str, parts)])
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return f'W/"{digest}"' if weak else f'"{digest}"'


def kept(settings: Settings, how: str, *, is_private: bool = False) -> str:
    """Return Cache-Control: shared caches may keep only what everybody may read."""
    everybody = settings.auth == "none" or settings.public_read
    return f"{'public' if everybody and not is_private else 'private'}, {how}"


def unchanged(request: Request, headers: Mapping[str, str]) -> Response | None:
    """Return 304 where the client has what it asks for (RFC 9110, 13.1.2), else None.

    Parameters
    ----------
    headers
        Of the answer, with its ETag.
    """
    asked = request.headers.get("if-none-match")
    if asked is None:
        return None
    tag = headers["ETag"].removeprefix("W/")
    given = {one.strip().removeprefix("W/") for one in asked.split(",")}
    if tag not in given and "*" not in given:
        return None
    return Response(status_code=304, headers=dict(headers))


def wants_html(request: Request, f: str | None) -> bool:
    """Say whether a page for people is wanted: by the parameter `f`, else by the header Accept."""
    if f is not None:
        return f == "html"
    weights: dict[str, float] = {}
    for part in request.headers.get("accept", "").lower().split(","):
        kind, *rest = (piece.strip() for piece in part.split(";"))
        given = next((r[2:] for r in rest if r.startswith("q=")), "1")
        weights[kind] = float(given) if re.fullmatch(r"[01](\.\d{0,3})?", given) else 0.0
    others = ("application/geo+json", "application/json", "application/*", "*/*")
    html = weights.get("text/html", 0.0)
    return html > 0.0 and html > max(weights.get(kind, 0.0) for kind in others)
