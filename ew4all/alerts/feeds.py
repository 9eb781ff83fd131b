"""Alerts inside RSS and Atom feeds, EDXL envelopes and other wrappers, taken out on purpose.

Only whole alerts count. An entry that links to an alert is named, and nothing is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Entry", "Unwrapped", "unwrap"]

MOST_ENTRIES = 20

# Elements of which each carries one alert, or a link to it.
_ENTRIES = ("{*}entry", "{*}item", "{*}contentObject")
_WRAPPERS = {"feed", "rss", "RDF", "EDXLDistribution", "alerts"}
_ALERT = "{*}alert"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry without an alert; `link` is the address that it names, if any."""

    element: Any
    link: str | None


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The alert elements of a file. `wrapper` is the name of what carried them, None if nothing.

    `entries` are the first of those without an alert, and `without` is how many there are.
    """

    alerts: tuple[Any, ...]
    wrapper: str | None
    known: bool
    entries: tuple[Entry, ...]
    without: int


def unwrap(root: Any) -> Unwrapped:
    """Return the alerts of a file: its root, or those that a feed or envelope carries.

    An alert inside another alert belongs to that one, and is no message of its own.
    """
    local = root.tag[root.tag.rfind("}") + 1 :]
    if local == "alert":
        return Unwrapped((root,), None, known=True, entries=(), without=0)
    alerts = tuple(e for e in root.iter(_ALERT) if next(e.iterancestors(_ALERT), None) is None)
    holders = {entry for alert in alerts for entry in alert.iterancestors(*_ENTRIES)}
    entries: list[Entry] = []
    without = 0
    for element in root.iter(*_ENTRIES):
        if element in holders or (alerts and next(element.iterancestors(_ALERT), None) is not None):
            continue
        without += 1
        if without <= MOST_ENTRIES:
            entries.append(Entry(element, _link(element)))
    return Unwrapped(alerts, local, local in _WRAPPERS, tuple(entries), without)


def _link(entry: Any) -> str | None:
    for element in entry.iter("{*}link", "{*}uri", "{*}id", "{*}guid"):
        address = element.get("href") or (element.text or "").strip()
        if address:
            return str(address)
    return None
