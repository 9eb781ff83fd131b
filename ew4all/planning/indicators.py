"""Indicators of who is warned: what is counted in each, never the same person twice, never a guess for what is unknown.

A result of a gap analysis holds, for each block of people, whom each channel reaches (``by_channel``) and whom any of them reaches.
People whom several channels reach stand in several channels: the channels' counts are never added. Where only some of the channels
count, the people whom any of *these* reach are known exactly if they are one channel or all of them; else only bounds are, and
`union` gives those.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

__all__ = ["MEANS", "SAME", "Definition", "Source", "Span", "apart", "definitions", "markdown", "means_of", "share", "sources", "union"]  # fmt: skip

MEANS: Final = {
    "mass_media": ("radio", "tv"),
    "ict": ("cell_broadcast", "sms", "location_sms", "app", "satellite"),
    "local": ("siren", "wardens"),
}
"""Means of dissemination of Sendai G-3 to the channels that are theirs; every other channel is local."""

SAME: Final = 0.01
"""Totals that differ by more than this share are told: they are not the same people."""

_TINY: Final = 1e-9


@dataclass(frozen=True)
class Span:
    """A number that is known, or the bounds between which it lies.

    Attributes
    ----------
    low, high
        Bounds; both the same where the number is known.
    """

    low: float
    high: float

    @property
    def value(self) -> float | None:
        """The number; None where only bounds are known."""
        return self.low if self.high - self.low <= _TINY * max(self.high, 1.0) else None

    def times(self, factor: float) -> Span:
        """Return the number in another unit; `factor` is 0 or more."""
        return Span(self.low * factor, self.high * factor)


@dataclass(frozen=True)
class Source:
    """Where a definition comes from; `read` says how much of it was read for this project."""

    id: str
    text: str
    read: str


@dataclass(frozen=True)
class Definition:
    """One indicator: what it counts, how, and after whom."""

    id: str
    view: str
    name: str
    unit: str
    method: str
    source: str
    series: bool


def means_of(channel: str) -> str:
    """Return the means of dissemination of a channel: a name that is none of `MEANS` is a local one."""
    return next((means for means, names in MEANS.items() if channel in names), "local")


def union(by_channel: Mapping[str, float], reached: float, counted: Collection[str]) -> Span:
    """Return the people whom at least one of the counted channels reaches.

    Parameters
    ----------
    by_channel
        People whom each channel reaches.
    reached
        People whom any of all these channels reaches.
    counted
        Channels that count; others are left out.

    Returns
    -------
    Span
        Exact where one channel or all that reach anybody count. Else from the largest of them, or whoever is left when the channels
        that do not count are taken off, to their sum or everybody who is reached.
    """
    live = {name: people for name, people in by_channel.items() if people > 0.0}
    mine = [people for name, people in live.items() if name in counted]
    others = [people for name, people in live.items() if name not in counted]
    if not mine:
        return Span(0.0, 0.0)
    if len(mine) == 1:
        return Span(mine[0], mine[0])
    if not others:
        return Span(reached, reached)
    low = max(*mine, reached - math.fsum(others))
    return Span(min(low, reached), min(math.fsum(mine), reached))


def share(part: Span, whole: float, per: float = 1.0) -> Span | None:
    """Return a part of a whole, per `per` of it; None where there is nobody of whom it could be one.

    >>> share(Span(50.0, 50.0), 200.0, per=100_000.0)
    Span(low=25000.0, high=25000.0)
    """
    return part.times(per / whole) if whole > 0.0 else None


def apart(first: float, second: float) -> float:
    """Return how far two totals are apart, as a share of the larger; 0 where both are 0.

    >>> apart(100.0, 98.0)
    0.02
    """
    largest = max(abs(first), abs(second))
    return abs(first - second) / largest if largest > 0.0 else 0.0


def _data() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    file = resources.files("ew4all.planning") / "data" / "indicators.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def sources() -> Mapping[str, Source]:
    """Return where definitions come from, by name."""
    return {row["id"]: Source(row["id"], row["text"], row["read"]) for row in _data()["source"]}


@cache
def definitions() -> Mapping[str, Definition]:
    """Return the indicators by name, in the order of tables."""
    return {
        row["id"]: Definition(
            row["id"], row["view"], row["name"], row["unit"], row["method"], row["source"], row.get("series", True)
        )
        for row in _data()["indicator"]
    }  # fmt: skip


def markdown() -> str:
    """Return the table of indicators in Markdown, for documents; it ends with a line break."""
    lines = ["| indicator | what | unit | how | after |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{one.id}` | {one.name} | {one.unit} | {one.method} | {one.source} |"
        for one in definitions().values()
    ]
    return "\n".join(lines) + "\n"
