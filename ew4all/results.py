"""What `reach` found: people by zone, technology and operator, the waterfall, and where every number came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

OUTSIDE = "outside"
"""Identifier of the zone that takes everybody who lives in no zone."""


@dataclass(frozen=True)
class PeopleCount:
    """People of one place; floats, because cells are shared exactly between polygons.

    `covered` maps each technology that has a layer, and ``"any"``, to the people in the warning area with a usable
    signal. Without a single coverage layer it is empty and `uncovered` and `at_risk_covered` are None: unknown is not
    zero.
    """

    total: float
    at_risk: float
    in_area: float
    at_risk_in_area: float
    at_risk_covered: float | None = None
    covered: Mapping[str, float] = field(default_factory=dict)
    uncovered: float | None = None

    @property
    def at_risk_outside(self) -> float:
        """People at risk who are not in the warning area; rounding leaves no less than nobody."""
        return max(self.at_risk - self.at_risk_in_area, 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON contract; unknown numbers are absent."""
        out: dict[str, Any] = {
            "total": self.total,
            "at_risk": self.at_risk,
            "in_area": self.in_area,
            "at_risk_in_area": self.at_risk_in_area,
        }
        if self.at_risk_covered is not None:
            out["at_risk_covered"] = self.at_risk_covered
        out["covered"] = dict(self.covered)
        if self.uncovered is not None:
            out["uncovered"] = self.uncovered
        return out


@dataclass(frozen=True)
class WaterfallStep:
    """One step of the waterfall: how many are left, and how many fell at this step."""

    step: str
    people: float
    lost: float


@dataclass(frozen=True)
class OperatorCount:
    """People in the warning area whom one operator covers; `share` is its market share, None where not given."""

    name: str
    share: float | None
    covered: Mapping[str, float]


@dataclass(frozen=True)
class ZoneCount:
    """People of one zone. `geometry` is in lon/lat (EPSG:4326), None for the zone called ``outside``."""

    id: str
    name: str
    people: PeopleCount
    geometry: BaseGeometry | None = None


@dataclass(frozen=True)
class InputFile:
    """An input as it was read. `sha256` and `path` are None for data handed over in memory."""

    role: str
    path: str | None
    sha256: str | None
    crs: str | None
    unit: str | None = None
    sum: float | None = None
    provenance: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the JSON contract; what does not apply is absent."""
        keys = ("role", "path", "sha256", "crs", "unit", "sum", "provenance")
        always = {"role", "path", "sha256", "crs"}
        return {k: getattr(self, k) for k in keys if k in always or getattr(self, k) is not None}


@dataclass(frozen=True)
class Bounds:
    """Fewest and most people covered, whatever the placement of people inside their coarse cells."""

    fewest: float
    most: float


@dataclass(frozen=True)
class OutageEffect:
    """Sites and cells off the air, and people after the outage; means over its `members`."""

    sites: int
    sites_down: float
    cells: int
    cells_down: float
    members: int
    after: Reach

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON contract: numbers after the outage."""
        document = self.after.to_dict()
        out: dict[str, Any] = {
            "sites": self.sites,
            "sites_down": self.sites_down,
            "cells": self.cells,
            "cells_down": self.cells_down,
            "members": self.members,
        }
        kept = ("people", "waterfall", "operators", "zones", "groups")
        return out | {key: document[key] for key in kept if key in document}


@dataclass(frozen=True)
class Reach:
    """Result of `ew4all.reach`.

    `groups` maps each population group (age and sex bands) to its people; empty where the population is one layer.
    `assumptions` holds the value used for each device step. `bounds` is filled where people are given on a much
    coarser grid than coverage. `outage` holds the numbers after an outage of cell sites.
    """

    people: PeopleCount
    waterfall: tuple[WaterfallStep, ...]
    operators: tuple[OperatorCount, ...]
    area_km2: float
    zones: tuple[ZoneCount, ...]
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]
    assumptions: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, PeopleCount] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    title: str | None = None
    version: str = ""
    outage: OutageEffect | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of the contract, schema ``ew4all/reach/1``."""
        out: dict[str, Any] = {
            "schema": "ew4all/reach/1",
            "version": self.version,
            "people": self.people.to_dict(),
            "waterfall": [
                {"step": s.step, "people": s.people, "lost": s.lost} for s in self.waterfall
            ],
            "operators": [
                {"name": o.name, "share": o.share, "covered": dict(o.covered)}
                for o in self.operators
            ],
            "area_km2": self.area_km2,
            "zones": [
                {"id": z.id, "name": z.name, "people": z.people.to_dict()} for z in self.zones
            ],
            "inputs": [i.to_dict() for i in self.inputs],
            "assumptions": dict(self.assumptions),
            "notes": list(self.notes),
        }
        if self.groups:
            out["groups"] = [{"name": k, "people": v.to_dict()} for k, v in self.groups.items()]
        if self.bounds:
            out["bounds"] = {
                k: {"fewest": v.fewest, "most": v.most} for k, v in self.bounds.items()
            }
        if self.outage:
            out["outage"] = self.outage.to_dict()
        if self.title:
            out["title"] = self.title
        return out
