"""What `ew4all.gaps` found: people by what keeps a warning from them, for everybody, zones, groups and hazards."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from ew4all.coverage.gaps import CELL_BROADCAST
from ew4all.coverage.queries import ANY
from ew4all.results import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.gaps import Column
    from ew4all.facility_results import Facilities
    from ew4all.planning.equity import Lorenz
    from ew4all.results import Bounds, InputFile

__all__ = [
    "GRID", "H3", "POLYGONS", "SCHEMA", "DegradedGaps", "Equity", "GapBlock", "GapGroup", "GapHazard", "GapZone", "Gaps", "Zoning", "ranked",
    "rest_of",
]  # fmt: skip

SCHEMA: Final = "ew4all/gaps/1"

POLYGONS: Final = "polygons"
H3: Final = "h3"
GRID: Final = "grid"

_ROUNDING: Final = 1e-9
_SAME: Final = 3
"""Decimals of a person from which on two zones differ in rank: below it sums differ by their order."""


@dataclass(frozen=True)
class GapBlock:
    """People of one place, group or hazard; floats, because cells are shared exactly between polygons.

    Attributes
    ----------
    people
        Everybody; None where there is no population.
    covered
        People with a signal by technology, and by any; empty where no signal layer is known.
    reachable
        People whom cell broadcast can reach; None where no signal layer is known.
    none, one
        People whom no channel reaches, and just one; None where no channel is known.
    by_channel
        People whom each channel can reach.
    area_km2, covered_km2
        Extent in the place of people, where there is no population.
    """

    people: float | None
    covered: Mapping[str, float] = field(default_factory=dict)
    reachable: float | None = None
    none: float | None = None
    one: float | None = None
    by_channel: Mapping[str, float] = field(default_factory=dict)
    area_km2: float | None = None
    covered_km2: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, people: float, numbers: Mapping[Column, float]) -> GapBlock:
        """Put sums together; what rounding makes larger than its whole is cut to it.

        Parameters
        ----------
        numbers
            Sums of people x the columns of `ew4all.coverage.gaps.Places`.
        """
        covered = {n: min(v, people) for (kind, n), v in numbers.items() if kind == "covered"}
        by_channel = {n: min(v, people) for (kind, n), v in numbers.items() if kind == "channel"}
        reachable = None
        if covered:
            by_channel[CELL_BROADCAST] = min(by_channel[CELL_BROADCAST], covered[ANY])
            reachable = by_channel[CELL_BROADCAST]
        none = one = None
        if by_channel:
            none = min(numbers["channels", "none"], people)
            one = min(numbers["channels", "one"], people - none)
            if len(by_channel) == 1:
                # No second channel: whoever has one has just one, also behind the last digit.
                (one,) = by_channel.values()
                none = people - one
        return cls(people, covered, reachable, none, one, by_channel)

    @property
    def coverage_gap(self) -> float | None:
        """People without a signal of any technology."""
        return self.people - self.covered[ANY] if self.people is not None and self.covered else None

    @property
    def usage_gap(self) -> float | None:
        """People with a signal, but no network that broadcasts or no phone that can show it."""
        return None if self.reachable is None else self.covered[ANY] - self.reachable

    @property
    def left_out(self) -> float | None:
        """People whom cell broadcast does not reach; without a signal layer, whom no known channel reaches."""
        if self.reachable is not None and self.people is not None:
            return self.people - self.reachable
        return self.none

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON contract; unknown numbers are absent."""
        out: dict[str, Any] = {}
        if self.people is None:
            out["area_km2"] = self.area_km2
            if self.covered_km2:
                out["covered_km2"] = dict(self.covered_km2)
            return out
        out["people"] = self.people
        parts = ("coverage_gap", "usage_gap", "reachable")
        known = {key: value for key in parts if (value := getattr(self, key)) is not None}
        out |= known
        if self.covered:
            out["covered"] = dict(self.covered)
        if self.none is not None and self.one is not None:
            more = self.people - self.none - self.one
            out["channels"] = {"none": self.none, "one": self.one, "two_or_more": max(more, 0.0)}
            out["by_channel"] = dict(self.by_channel)
        if known and self.people > 0.0:
            out["share"] = {key: value / self.people for key, value in known.items()}
        return out


@dataclass(frozen=True)
class GapZone:
    """People of one zone.

    Attributes
    ----------
    rank, rank_share
        1 for the zone with the most people left out, and with the largest share of them; None for `outside` and where
        nothing is known.
    geometry
        In lon/lat (EPSG:4326), None for the zone called ``outside``.
    """

    id: str
    name: str
    block: GapBlock
    rank: int | None = None
    rank_share: int | None = None
    geometry: BaseGeometry | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the JSON contract."""
        out = {"id": self.id, "name": self.name, **self.block.to_dict()}
        if self.rank is not None:
            out |= {"rank": self.rank, "rank_share": self.rank_share}
        return out


@dataclass(frozen=True)
class Zoning:
    """What zones are: `POLYGONS` of a file, cells of `H3`, or squares of an equal-area `GRID`.

    Attributes
    ----------
    count
        Zones, without the rest `outside`.
    resolution, cell_km, level
        Of H3; side of a square; administrative level of the file, where it was named.
    """

    kind: str
    count: int
    resolution: int | None = None
    cell_km: float | None = None
    level: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON contract."""
        more = {"resolution": self.resolution, "cell_km": self.cell_km, "level": self.level}
        known = {key: value for key, value in more.items() if value is not None}
        return {"kind": self.kind, "count": self.count, **known}


@dataclass(frozen=True)
class Equity:
    """Inequality between places and groups.

    Attributes
    ----------
    left_out
        Curve of the people whom cell broadcast does not reach, over zones; None without a signal layer, or where there is
        nobody.
    no_channel
        Curve of the people whom no channel reaches.
    ratios
        Group to its share left out over that of everybody.
    """

    left_out: Lorenz | None
    no_channel: Lorenz | None
    ratios: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON contract."""
        out: dict[str, Any] = {"by": "zones"}
        for name, curve in (("left_out", self.left_out), ("no_channel", self.no_channel)):
            if curve is not None:
                out[name] = {"gini": curve.gini, "lorenz": curve.points}
        out["groups"] = [{"name": name, "ratio": value} for name, value in self.ratios.items()]
        return out


@dataclass(frozen=True)
class GapGroup:
    """People of one group, in all and by zone; `kind` is ``given``, ``population`` (its layers) or ``settlement``."""

    name: str
    block: GapBlock
    kind: str
    zones: tuple[GapZone, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the JSON contract."""
        zones = [zone.to_dict() for zone in self.zones]
        return {"name": self.name, "kind": self.kind, **self.block.to_dict(), "zones": zones}


@dataclass(frozen=True)
class GapHazard:
    """People inside one hazard, in all and by zone."""

    name: str
    block: GapBlock
    zones: tuple[GapZone, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the JSON contract."""
        zones = [zone.to_dict() for zone in self.zones]
        return {"name": self.name, **self.block.to_dict(), "zones": zones}


@dataclass(frozen=True)
class DegradedGaps:
    """The same people with the network degraded: by an outage of sites (the mean over its members), or other layers.

    Attributes
    ----------
    sites
        Of an outage: ``sites`` and ``cells``, how many of them are down, ``members``; else empty.
    """

    total: GapBlock
    zones: tuple[GapZone, ...]
    hazards: tuple[GapHazard, ...]
    sites: Mapping[str, float] = field(default_factory=dict)
    groups: tuple[GapGroup, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON contract."""
        return {
            **self.total.to_dict(),
            **self.sites,
            "zones": [zone.to_dict() for zone in self.zones],
            "hazards": [hazard.to_dict() for hazard in self.hazards],
            "groups": [group.to_dict() for group in self.groups],
        }


@dataclass(frozen=True)
class Gaps:
    """Result of `ew4all.gaps`.

    Attributes
    ----------
    cannot
        What these inputs cannot tell, each in a sentence that says what would.
    quality
        What was measured of the inputs: people in overlaps of zones and in gaps between them, groups larger than all.
    zoning
        What the zones are; None where there are none.
    equity
        How unevenly those left out are spread over zones; None without zones, or where nobody is known to be left out.
    facilities
        Schools, health sites and the like with and without each signal and channel, kind by kind.
    extent_deg
        West, south, east and north of the zones, of the study area without them; None where it cannot be told.
    bounds
        Fewest and most people with a signal, by technology, where cells of people are much wider than those of the signal.
    """

    total: GapBlock
    zones: tuple[GapZone, ...]
    groups: tuple[GapGroup, ...]
    hazards: tuple[GapHazard, ...]
    channels: tuple[str, ...]
    degraded: DegradedGaps | None
    inputs: tuple[InputFile, ...]
    assumptions: Mapping[str, float]
    notes: tuple[str, ...]
    cannot: tuple[str, ...] = ()
    quality: Mapping[str, Any] = field(default_factory=dict)
    title: str | None = None
    version: str = ""
    zoning: Zoning | None = None
    equity: Equity | None = None
    facilities: tuple[Facilities, ...] = ()
    extent_deg: tuple[float, float, float, float] | None = None
    bounds: Mapping[str, Bounds] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of the contract, schema ``ew4all/gaps/1``."""
        out: dict[str, Any] = {
            "schema": SCHEMA,
            "version": self.version,
            "total": self.total.to_dict(),
            "zones": [zone.to_dict() for zone in self.zones],
            "groups": [group.to_dict() for group in self.groups],
            "hazards": [hazard.to_dict() for hazard in self.hazards],
            "channels": list(self.channels),
            "inputs": [i.to_dict() for i in self.inputs],
            "assumptions": dict(self.assumptions),
            "quality": dict(self.quality),
            "cannot": list(self.cannot),
            "notes": list(self.notes),
        }
        if self.zoning is not None:
            out["zoning"] = self.zoning.to_dict()
        if self.equity is not None:
            out["equity"] = self.equity.to_dict()
        if self.facilities:
            out["facilities"] = [kind.to_dict() for kind in self.facilities]
        if self.degraded is not None:
            out["degraded"] = self.degraded.to_dict()
        if self.extent_deg is not None:
            out["extent_deg"] = list(self.extent_deg)
        if self.bounds:
            out["bounds"] = {
                k: {"fewest": v.fewest, "most": v.most} for k, v in self.bounds.items()
            }
        if self.title:
            out["title"] = self.title
        return out


def rest_of(whole: float, parts: Sequence[float]) -> float:
    """Return what is left of a whole, without the rounding that leaves less than nothing."""
    rest = whole - float(sum(parts))
    return rest if rest > _ROUNDING * whole else 0.0


def ranked(zones: Sequence[GapZone]) -> tuple[GapZone, ...]:
    """Give zones their ranks: most people left out first, equal ones by identifier. `outside` has none."""
    known = [z for z in zones if z.id != OUTSIDE and z.block.left_out is not None]

    def place(keys: Mapping[str, float]) -> dict[str, int]:
        order = sorted(keys, key=lambda i: (-keys[i], i))
        return {i: k + 1 for k, i in enumerate(order)}

    people = {z.id: round(z.block.left_out or 0.0, _SAME) for z in known}
    shares = {z.id: round((z.block.left_out or 0.0) / (z.block.people or 1.0), 9) for z in known}
    by_people, by_share = place(people), place(shares)
    return tuple(replace(z, rank=by_people.get(z.id), rank_share=by_share.get(z.id)) for z in zones)
