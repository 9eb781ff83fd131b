"""What `change` found: people covered by date, and people who gained or lost a signal between dates, by zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from ew4all.results import InputFile

__all__ = ["Between", "Change", "DateCount", "Flow", "Series", "Zone"]


@dataclass(frozen=True)
class Zone:
    """A place of the results. `geometry` is in lon/lat (EPSG:4326), None for the zone called ``outside``."""

    id: str
    name: str
    people: float
    geometry: BaseGeometry | None = None


@dataclass(frozen=True)
class DateCount:
    """People of one place at one date: covered, not covered, and those of whom no layer tells. They add up."""

    covered: float
    uncovered: float
    unknown: float

    def to_dict(self) -> dict[str, float]:
        """Return the block of the JSON contract."""
        return {"covered": self.covered, "uncovered": self.uncovered, "unknown": self.unknown}


@dataclass(frozen=True)
class Flow:
    """People of one place between two dates.

    ``kept + gained + lost + uncovered = known`` and ``known + unknown = people``. `unknown_to_covered` and
    `covered_to_unknown` are parts of `unknown`: people covered at one date of whom nothing is known at the other.
    """

    people: float
    kept: float
    gained: float
    lost: float
    uncovered: float
    unknown_to_covered: float = 0.0
    covered_to_unknown: float = 0.0

    @property
    def known(self) -> float:
        """People of whom both dates tell."""
        return self.kept + self.gained + self.lost + self.uncovered

    @property
    def unknown(self) -> float:
        """The rest."""
        return max(self.people - self.known, 0.0)

    @property
    def covered_before(self) -> float:
        """Covered at the first date, among those known at both."""
        return self.kept + self.lost

    @property
    def covered_after(self) -> float:
        """Covered at the second date, among those known at both."""
        return self.kept + self.gained

    @property
    def change(self) -> float:
        """People gained less people lost: the change of the covered."""
        return self.gained - self.lost

    def to_dict(self) -> dict[str, float]:
        """Return the block of the JSON contract."""
        keys = (
            "people", "known", "covered_before", "covered_after", "change", "gained", "lost", "kept", "uncovered",
            "unknown", "unknown_to_covered", "covered_to_unknown",
        )  # fmt: skip
        return {key: float(getattr(self, key)) for key in keys}


@dataclass(frozen=True)
class Between:
    """Two dates, the whole and each zone."""

    before: str
    after: str
    total: Flow
    zones: tuple[Flow, ...]


@dataclass(frozen=True)
class Series:
    """One technology, or ``any`` of them, over its dates.

    Attributes
    ----------
    layers
        Keys of the layers that every date has, and that are counted.
    total, zones
        People at each date; ``zones[k]`` are those of zone ``k``.
    since_first, since_previous
        What became of them up to each date but the first, since the first date and since the one before it.
    """

    name: str
    layers: tuple[str, ...]
    dates: tuple[str, ...]
    total: tuple[DateCount, ...]
    zones: tuple[tuple[DateCount, ...], ...]
    since_first: tuple[Between, ...]
    since_previous: tuple[Between, ...]

    @property
    def whole(self) -> Between:
        """First date to last."""
        return self.since_first[-1]


@dataclass(frozen=True)
class Change:
    """Result of `ew4all.change`. `series` has each technology in order, and last ``any``."""

    people: float
    zones: tuple[Zone, ...]
    series: tuple[Series, ...]
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]
    assumptions: Mapping[str, float] = field(default_factory=dict)
    title: str | None = None
    version: str = ""

    @property
    def main(self) -> Series:
        """The series that maps show: any technology, or the one that there is."""
        return self.series[-1]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of the contract, schema ``ew4all/change/1``."""
        out: dict[str, Any] = {
            "schema": "ew4all/change/1",
            "version": self.version,
            "people": self.people,
            "zones": [{"id": z.id, "name": z.name, "people": z.people} for z in self.zones],
            "series": [self._series(series) for series in self.series],
            "inputs": [i.to_dict() for i in self.inputs],
            "assumptions": dict(self.assumptions),
            "notes": list(self.notes),
        }
        if self.title:
            out["title"] = self.title
        return out

    def _series(self, series: Series) -> dict[str, Any]:
        return {
            "technology": series.name,
            "layers": list(series.layers),
            "dates": [
                {"date": date, **count.to_dict(), "zones": [
                    {"id": zone.id, **counts[d].to_dict()}
                    for zone, counts in zip(self.zones, series.zones, strict=True)
                ]}
                for d, (date, count) in enumerate(zip(series.dates, series.total, strict=True))
            ],
            "since_first": [self._between(b) for b in series.since_first],
            "since_previous": [self._between(b) for b in series.since_previous],
        }  # fmt: skip

    def _between(self, between: Between) -> dict[str, Any]:
        return {
            "from": between.before,
            "to": between.after,
            "total": between.total.to_dict(),
            "zones": [
                {"id": zone.id, "name": zone.name, **flow.to_dict()}
                for zone, flow in zip(self.zones, between.zones, strict=True)
            ],
        }
