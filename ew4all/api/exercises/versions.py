"""Versions of injects and scores as ETags: whoever changes one says which version they have seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["must_name_version", "version_in"]

_TAG: Final = re.compile(r'\s*"?(\d{1,9})"?\s*')


def version_in(document: Mapping[str, Any]) -> str:
    """Return the ETag of a document that has a version."""
    return f'"{document["version"]}"'


def must_name_version(if_match: str | None, *, is_demanded: bool = True) -> int | None:
    """Return the version that the header names; None for any (``*``), or where none is demanded and named.

    Raises
    ------
    Problem
        428: the header is missing; 412: it names no version.
    """
    if if_match is None:
        if not is_demanded:
            return None
        told = "a change needs the header If-Match with the ETag of the version that you have seen"
        raise Problem(428, "if-match-missing", told)
    if if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match)
    if found is None:
        told = f"there is no version {if_match[:60]!r}; get it again, and make your change on the version that is there"
        raise Problem(412, "changed-meanwhile", told)
    return int(found[1])
