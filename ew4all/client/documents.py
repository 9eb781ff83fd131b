"""Scenarios and alerts: stored in versions, changed only by whoever has seen the last one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ew4all.client.wire import Wire

__all__ = ["Document", "Documents"]


@dataclass(frozen=True)
class Document:
    """A version of a scenario or an alert.

    Attributes
    ----------
    reference
        What inputs of processes and runs take: ``scenario:ID`` or ``alert:ID``; with ``@VERSION`` behind it, that one.
    facts
        What it says of itself, and what its check found.
    document
        All that the service tells of it.
    """

    id: str
    reference: str
    version: int
    title: str
    etag: str
    facts: Mapping[str, Any]
    document: Mapping[str, Any]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Document:
        """Return the version that a document of the service tells of."""
        return cls(
            str(document["id"]), str(document["reference"]), int(document["version"]), str(document["title"]),
            str(document["etag"]), dict(document.get("facts", {})), document,
        )  # fmt: skip


class Documents:
    """Scenarios, or alerts, of a service.

    Parameters
    ----------
    noun
        ``scenarios`` or ``alerts``.
    media_type
        Of its text.
    """

    def __init__(self, wire: Wire, noun: str, media_type: str) -> None:
        self._wire, self._noun, self._type = wire, noun, media_type

    def create(self, content: str | bytes | Mapping[str, Any]) -> Document:
        """Store one, if it is valid.

        Parameters
        ----------
        content
            The text of the file; of a scenario also the same as a mapping, of an alert also a mapping that says
            what a drill is to be made of (docs/api.md).

        Raises
        ------
        ServiceError
            It is not valid; `errors` tells every fault.
        """
        return self._read(self._wire.post(self._path(), **self._sent(content)))

    def get(self, identifier: str, version: int | None = None) -> Document:
        """Return one, in its latest version or another."""
        return Document.of(self._wire.get(self._path(identifier, version)))

    def text(self, identifier: str, version: int | None = None) -> bytes:
        """Return the text of one as it was stored: YAML or JSON of a scenario, CAP of an alert."""
        headers = {"Accept": self._type}
        return self._wire.send("GET", self._path(identifier, version), headers=headers).content

    def change(self, seen: Document, content: str | bytes | Mapping[str, Any]) -> Document:
        """Store another version in the place of the one that was seen.

        Raises
        ------
        ServiceError
            `changed-meanwhile` (412): somebody else has stored one since; get it, and make the change on that.
        """
        sent = self._sent(content)
        headers = {**sent.pop("headers"), "If-Match": f'"{seen.etag}"'}
        return self._read(self._wire.send("PUT", self._path(seen.id), headers=headers, **sent))

    def delete(self, seen: Document) -> None:
        """Delete it with all its versions, if it is still as it was seen."""
        self._wire.send("DELETE", self._path(seen.id), headers={"If-Match": f'"{seen.etag}"'})

    def list(self) -> Iterator[Document]:
        """Yield all in their latest versions, the newest first, without their texts."""
        return map(Document.of, self._wire.pages(self._path(), self._noun))

    def versions(self, identifier: str) -> Iterator[Document]:
        """Yield the versions of one, the newest first, without their texts."""
        path = self._path(identifier) + "/versions"
        return map(Document.of, self._wire.pages(path, self._noun))

    def geojson(self, identifier: str) -> dict[str, Any]:
        """Return the places of an alert as GeoJSON."""
        return dict(self._wire.get(self._path(identifier) + ".geojson"))

    def _path(self, identifier: str | None = None, version: int | None = None) -> str:
        path = f"/v1/{self._noun}"
        if identifier is not None:
            path += "/" + quote(identifier, safe="")
        return path if version is None else f"{path}/versions/{version}"

    def _sent(self, content: str | bytes | Mapping[str, Any]) -> dict[str, Any]:
        kind = self._type
        if not isinstance(content, str | bytes):
            content, kind = json.dumps(dict(content)), "application/json"
        body = content.encode() if isinstance(content, str) else content
        return {"content": lambda: body, "headers": {"Content-Type": kind}}

    def _read(self, answer: Any) -> Document:
        return Document.of(self._wire.read(answer))
