"""Server-sent events, as HTML has them: `event`, `data`, `id`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Event", "events_of", "lines_of"]


@dataclass(frozen=True)
class Event:
    """What was told; `kind` is empty where the stream only says that it lives.

    Attributes
    ----------
    id
        Number of the last event that the stream has told of, for `Last-Event-ID`.
    """

    kind: str
    data: str
    id: str


def lines_of(chunks: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a text that comes in pieces; unlike for `str.splitlines`, only a line feed ends one."""
    rest = ""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split("\n")
        for line in lines:
            yield line.removesuffix("\r")


def events_of(lines: Iterable[str]) -> Iterator[Event]:
    """Yield the events of a stream, and an empty one for each comment with its number."""
    kind, data, seen, is_new = "", list[str](), "", False
    for line in lines:
        if not line:
            if is_new:
                yield Event(kind or "message" if data else "", "\n".join(data), seen)
            kind, data, is_new = "", [], False
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        is_new = True
        if name == "event":
            kind = value
        elif name == "data":
            data.append(value)
        elif name == "id":
            seen = value
