"""Rows of the catalogue: what can be fetched, from whom, under which terms."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMATS", "Entry", "Index", "catalogue", "entry", "markdown"]

FORMATS: Final = ("tif", "zip", "gzip", "parquet", "json")
"""What a server is expected to send."""


@dataclass(frozen=True)
class Index:
    """A small document that tells where the file lies.

    Attributes
    ----------
    url
        Template of its address.
    find
        Template of a regular expression; what it matches is the address of the file, relative to `url`.
    field, licence_field, source_field
        Or it is JSON: names of its members with the address, the licence and the source of the file.
    """

    url: str
    find: str = ""
    field: str = ""
    licence_field: str = ""
    source_field: str = ""


@dataclass(frozen=True)
class Entry:
    """One row of the catalogue.

    Attributes
    ----------
    name
        What ``ew4all data get`` calls it.
    kind
        ``population``, ``zones``, ``terrain``, ``cell sites`` or ``speed tests``.
    licence, licence_url, attribution, citation
        Terms, as the provider words them; `attribution` belongs on maps and tables.
    urls
        Templates of addresses; the next is tried where the one before does not exist.
    index
        A document to look the address up in, in the place of `urls`.
    file
        Template of the name that the file gets here.
    format, member
        What is sent, and for ``zip`` the pattern of the member to take out.
    parameters, defaults, years, year_step
        What the templates need, and which years there are.
    tiling
        How a box of longitudes and latitudes becomes tiles; empty where the file is not a tile.
    absent_is_sea
        Whether a tile that does not exist is sea rather than a mistake.
    hosts
        Hosts to which the provider is known to hand on.
    sha256
        Known digests, by the name that the file has at the provider.
    etag_is_md5
        Whether the server's ETag of 32 hexadecimal digits is the MD5 of the file (single-part uploads to S3).
    use
        The command that takes the file.
    remarks
        What to know before it is used.
    known
        For each group of facts whether it was read, and where, or recalled.
    """

    name: str
    title: str
    provider: str
    kind: str
    page: str
    licence: str
    licence_url: str
    attribution: str
    citation: str
    file: str
    format: str
    use: str
    known: Mapping[str, str]
    urls: tuple[str, ...] = ()
    index: Index | None = None
    member: str = ""
    parameters: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    years: tuple[int, int] | None = None
    year_step: int = 1
    tiling: str = ""
    absent_is_sea: bool = False
    hosts: tuple[str, ...] = ()
    sha256: Mapping[str, str] = field(default_factory=dict)
    etag_is_md5: bool = False
    remarks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON holds it."""
        index = None if self.index is None else {k: v for k, v in vars(self.index).items() if v}
        out = {
            "name": self.name,
            "title": self.title,
            "provider": self.provider,
            "kind": self.kind,
            "page": self.page,
            "licence": self.licence,
            "licence_url": self.licence_url,
            "attribution": self.attribution,
            "citation": self.citation,
            "urls": list(self.urls),
            "index": index,
            "file": self.file,
            "format": self.format,
            "parameters": list(self.parameters),
            "defaults": dict(self.defaults),
            "years": None if self.years is None else [*self.years, self.year_step],
            "tiling": self.tiling or None,
            "hosts": list(self.hosts),
            "sha256": dict(self.sha256),
            "use": self.use,
            "remarks": list(self.remarks),
            "known": dict(self.known),
        }
        return {key: value for key, value in out.items() if value is not None}


@cache
def catalogue() -> tuple[Entry, ...]:
    """Return all rows, in their order."""
    text = resources.files("ew4all.catalogue").joinpath("catalogue.toml").read_text("utf-8")
    return tuple(_entry(row) for row in tomllib.loads(text)["dataset"])


def _entry(row: dict[str, Any]) -> Entry:
    given: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}
    if "index" in given:
        given["index"] = Index(**given["index"])
    return Entry(**given)


def entry(name: str) -> Entry:
    """Return one row.

    Raises
    ------
    OptionError
        There is none of this name; the message lists them.
    """
    rows = {row.name: row for row in catalogue()}
    if name not in rows:
        near = [row for row in rows if name and row.startswith(name)] or (
            difflib.get_close_matches(name, rows, n=1)
        )
        guess = f" (did you mean {near[0]}?)" if near else ""
        msg = f"the catalogue has no {name!r}{guess}; it has {', '.join(rows)}"
        raise OptionError(msg)
    return rows[name]


def markdown() -> str:
    """Return the catalogue as a table in Markdown, for documents; it ends with a line break."""
    lines = [
        "| name | what | licence | needs | becomes |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{row.name}` | {row.title}; {row.provider} | [{row.licence}]({row.licence_url}) | "
        f"{', '.join(f'`{p}`' for p in row.parameters) or 'nothing'} | `{row.file}` |"
        for row in catalogue()
    ]
    return "\n".join(lines) + "\n"
