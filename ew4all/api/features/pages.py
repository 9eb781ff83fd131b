"""Collections and features for people who put the address into a browser."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ew4all.report.pages import template

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["page"]

_page = cache(template)


def page(
    title: str,
    trail: Sequence[tuple[str, str]],
    *,
    about: str = "",
    facts: Sequence[tuple[str, Any]] = (),
    columns: Sequence[str] = (),
    rows: Sequence[tuple[str | None, Sequence[Any]]] = (),
    links: Sequence[dict[str, Any]] = (),
) -> str:
    """Return a page: a trail to it, facts, a table whose first column may lead on, and links."""
    return _page("api_page.html").render(
        title=title, trail=trail, about=about, facts=facts, columns=columns, rows=rows, links=links
    )
