"""`If-Match`: nobody overwrites what somebody else has changed in the meantime (RFC 9110, 13.1.1; RFC 6585, 3)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from ew4all.api.problems import Problem

__all__ = ["IfMatch", "must_match", "quoted"]

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=1000,
        description="the ETag of the version that you have seen; `*` for whichever is there",
        examples=['"4f1c2b7a9d0e3f58"'],
    ),
]


def quoted(etag: str, form: str = "") -> str:
    """Return the header ETag of a version in a form such as ``xml``; no form is the JSON document."""
    return f'"{etag}.{form}"' if form else f'"{etag}"'


def must_match(given: str | None, etag: str, *, is_demanded: bool = True) -> None:
    """Refuse a change of something that is not as the client believes.

    Tags are compared strongly (RFC 9110, 13.1.1), by what they were before a compression made them weak: here or in a
    proxy, nothing else does that to the tag of a version, and what it stands for is the same text, byte for byte.

    Raises
    ------
    Problem
        428: the header is missing; 412: another version is there.
    """
    if given is None:
        if not is_demanded:
            return
        told = "a change needs the header If-Match with the ETag of the version that you have seen"
        raise Problem(428, "if-match-missing", told)
    tags = [tag.strip().removeprefix("W/") for tag in given.split(",")]
    # Any form of the version will do: whoever edits the XML has the ETag of that.
    if "*" in tags or any(t == quoted(etag) or t.startswith(f'"{etag}.') for t in tags):
        return
    told = "it was changed by somebody else since you have seen it: get it again, and make your change on that version"
    raise Problem(412, "changed-meanwhile", told, headers={"ETag": quoted(etag)})
