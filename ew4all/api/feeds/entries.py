"""What a feed names: addresses of alerts, each with what tells one version of an entry from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Entry", "entries_of"]

_CAP = {"application/cap+xml", "application/common-alerting-protocol+xml"}


@dataclass(frozen=True)
class Entry:
    """An entry that names an alert; `version` differs where the feed says that the entry changed."""

    url: str
    version: str


def entries_of(root: Any, base: str, most: int) -> list[Entry]:
    """Return the entries of RSS or Atom that have no alert within, in their order, at most so many.

    Dates are compared as they are written, and never read: feeds write them in every way.
    """
    out: dict[str, Entry] = {}
    for element in root.iter("{*}item", "{*}entry"):
        if next(element.iter("{*}alert"), None) is not None:
            continue
        address = _address(element)
        if address is None:
            continue
        try:
            url = urljoin(base, address)
        except ValueError:
            continue
        stamps = [_text(element, tag) for tag in ("updated", "pubDate", "date", "published")]
        out.setdefault(url, Entry(url, next((s for s in stamps if s), "")[:100]))
        if len(out) == most:
            break
    return list(out.values())


def _address(entry: Any) -> str | None:
    found = list(_addresses(entry))
    return min(found)[2] if found else None


def _addresses(entry: Any) -> Iterator[tuple[int, int, str]]:
    """Yield addresses with their rank: said to be CAP, then plain links, then identifiers that are addresses."""
    for k, link in enumerate(entry.iter("{*}link", "{*}enclosure", "{*}guid", "{*}id")):
        name = link.tag.rpartition("}")[2]
        address = (link.get("href") or link.get("url") or link.text or "").strip()
        if not address or len(address) > 2000:
            continue
        if (link.get("type") or "").lower() in _CAP:
            yield 0, k, address
        elif name == "link" and link.get("rel", "alternate") == "alternate":
            yield 1, k, address
        elif name in {"link", "enclosure"} and "xml" in (link.get("type") or ""):
            yield 2, k, address
        elif address.startswith(("http://", "https://")) and link.get("isPermaLink") != "false":
            yield 3, k, address


def _text(entry: Any, tag: str) -> str:
    element = entry.find("{*}" + tag)
    return "" if element is None else (element.text or "").strip()
