"""Sections of a scenario that name inputs: hazard, population, network, zones."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ew4all.coverage.outages.defaults import REPAIR_CLASSES
from ew4all.coverage.targeting import TAU
from ew4all.scenario.section import OrElse, Section, at_most_one, must_be_lonlat, short_form
from ew4all.scenario.values import InputFile, Moment, Name, Positive, Share
from ew4all.units import TECHNOLOGIES

__all__ = ["Arrival", "Hazard", "Network", "Outage", "Population", "PowerCut", "Run", "Zones"]


class Arrival(Section):
    """When the hazard arrives: at one time, or by a raster, isochrones or a moving front."""

    at: Moment | None = None
    """One time for everybody."""
    raster: InputFile | None = None
    """Raster of times since `from`; negative and no data: it does not arrive there."""
    isochrones: InputFile | None = None
    """Polygons that the hazard has reached by the time in `column`."""
    front: Annotated[list[list[float]] | None, Field(min_length=2)] = None
    """A line of [longitude, latitude] from which the hazard moves at `speed_m_s`."""
    speed_m_s: Annotated[float, Field(gt=0)] | None = None
    """Of the front, at right angles to it."""
    bearing_deg: Annotated[float, Field(ge=0, le=360)] | None = None
    """Whither the front moves, from north by east; to both sides without it."""
    unit: Literal["s", "min", "h", "d"] | None = None
    """Of the times in a raster or of isochrones."""
    column: Name | None = None
    """Of the times of isochrones."""
    band: Annotated[int, Field(ge=1)] = 1
    """Of the raster."""
    since: Annotated[Moment, Field(alias="from")] = 0.0
    """What times count from, or when the front is at its line."""

    @model_validator(mode="after")
    def _one(self) -> Arrival:
        said = at_most_one(self, ("at", "raster", "isochrones", "front"), "the arrival")
        if not said:
            msg = "an arrival needs one of at, raster, isochrones, front"
            raise ValueError(msg)
        if said == ["front"]:
            if self.speed_m_s is None:
                msg = "a front needs its speed in metres a second; add speed_m_s"
                raise ValueError(msg)
            must_be_lonlat(self.front or (), "the points of a front")
        elif self.speed_m_s is not None or self.bearing_deg is not None:
            msg = "speed_m_s and bearing_deg belong to a front; leave them out, or give the front"
            raise ValueError(msg)
        return self


class Hazard(Section):
    """What endangers people: where, from when on."""

    footprint: InputFile | None = None
    """Polygons, or a raster with `min`."""
    min: float | None = None
    """Value of a raster from which on it endangers people."""
    band: Annotated[int, Field(ge=1)] | None = None
    """Of the raster; the first without it."""
    where: dict[str, Any] | None = None
    """Column to value: which features of a layer are meant."""
    arrival: Annotated[
        Arrival | None, BeforeValidator(lambda v: short_form(v, "at")), OrElse({"type": "string"})
    ] = None
    """A moment for everybody, or a section; without it after the run."""
    classes: Annotated[list[Moment] | None, Field(min_length=1)] = None
    """Where classes of the arrival begin, rising."""

    @model_validator(mode="after")
    def _rising(self) -> Hazard:
        edges = self.classes or []
        if any(b <= a for a, b in pairwise(edges)):
            msg = "classes of arrival rise: each begins after the one before it"
            raise ValueError(msg)
        return self


class Population(Section):
    """People: a raster, one raster a group, or one by day and one by night."""

    raster: InputFile | None = None
    """Of people per cell, or polygons with `column`."""
    groups: dict[Name, InputFile] | None = None
    """Group to its raster; groups are told apart in results. Names with ages (75+, 18-34) have factors of their own."""
    day: InputFile | None = None
    """People by day (hours of work),"""
    night: InputFile | None = None
    """and by night, on the same cells."""
    day_weight: Share | None = None
    """Share of the people who are where the raster of the day has them when the alert is issued; by the hour without it."""
    unit: Literal["count", "per_km2", "per_ha"] | None = None
    """count, per_km2 or per_ha, where the file does not tell."""
    column: Name | None = None
    """Of polygons, with their people."""
    refine: InputFile | None = None
    """Settlement points or a finer raster that place people inside coarse cells."""

    @model_validator(mode="after")
    def _one(self) -> Population:
        if (self.day is None) != (self.night is None):
            msg = "people by day and by night are two rasters; give both"
            raise ValueError(msg)
        if self.day_weight is not None and self.day is None:
            msg = "day_weight is of use with two rasters, day and night"
            raise ValueError(msg)
        if not at_most_one(self, ("raster", "groups", "day"), "the population"):
            msg = "a population needs one of raster, groups, day with night"
            raise ValueError(msg)
        return self


class Outage(Section):
    """What takes sites off the air, and when they are back; worked out as `ew4all outage` does."""

    hazard: dict[Name, InputFile] | None = None
    """KIND:UNIT to a raster or polygons, FILE#COLUMN for the value of polygons: wind, flood, shaking, fire, power."""
    at: Moment = 0.0
    """When it strikes."""
    member: Annotated[int, Field(ge=0)] | Literal["typical"] = "typical"
    """Which of the members is played where a run has one replica; replicas take one each."""
    members: Annotated[int, Field(ge=1, le=10_000)] = 20
    """How many courses are drawn."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Of the draws."""
    repair: Literal[REPAIR_CLASSES] = "mainland"  # type: ignore[valid-type]
    """mainland or island."""
    days: Annotated[float, Field(gt=0, le=365)] = 14.0
    """How far to look."""
    links: InputFile | None = None
    """Transport links; laid out without it."""
    core: list[Name] | None = None
    """Nodes of the links that are the core."""
    roads: InputFile | None = None
    """Main roads, along which sites have fibre."""
    power: InputFile | None = None
    """What is known of sites: battery_h, fuel_h, feeder."""
    feeder_out: list[Name] | None = None
    """Feeders of `power` that are out."""
    cable_cut: bool = False
    """Submarine cables are cut."""
    kits: InputFile | None = None
    """Stocks of generators, satellite kits and cells on wheels."""
    observed: InputFile | None = None
    """In place of a hazard: a list of sites that are down."""
    relation: Name = "worden2012"
    """From shaking to acceleration."""
    assume: dict[str, float] | None = None
    """Numbers of docs/outages.md."""
    epochs: Annotated[int, Field(ge=1, le=200)] | None = None
    """Most epochs in which the outage is told."""
    temporary_addressed: bool = False
    """The broadcast centre knows the cells that stand in for a site's own."""

    @model_validator(mode="after")
    def _strikes(self) -> Outage:
        strikes = bool(self.hazard or self.feeder_out or self.cable_cut)
        if strikes == (self.observed is not None):
            msg = (
                "an observed outage takes the place of a hazard; give one of them"
                if strikes
                else "nothing strikes: give hazard, feeder_out, cable_cut or observed"
            )
            raise ValueError(msg)
        if self.member != "typical" and self.member >= self.members:
            msg = f"member {self.member} does not exist: {self.members} members are numbered from 0"
            raise ValueError(msg)
        return self


def _layer(name: str) -> str:
    technology = name.partition(":")[0]
    if technology not in TECHNOLOGIES:
        msg = f"{name!r} is no layer: write {', '.join(TECHNOLOGIES)}, or TECHNOLOGY:OPERATOR such as 4g:Operator A"
        raise ValueError(msg)
    return name


Layer = Annotated[str, AfterValidator(_layer)]


class Network(Section):
    """Who serves people's phones: layers of coverage, or cell sites; and what happens to the sites."""

    coverage: dict[Layer, InputFile] | None = None
    """4g or 4g:OPERATOR to a raster of 0/1, shares or levels, or polygons."""
    coverage_min: dict[Layer, float] | float | None = None
    """Level from which on a raster of levels covers."""
    sites: InputFile | None = None
    """List of cell sites; coverage is modelled."""
    columns: dict[str, str | None] | None = None
    """Field to its column in the list of sites."""
    technology: Name | None = None
    """Of sites that do not say."""
    max_age_years: Annotated[float, Field(gt=0)] | None = None
    """Rows of the list that were last seen before that are dropped."""
    dem: InputFile | None = None
    """Heights for the model of coverage."""
    landcover: InputFile | None = None
    """Land cover for it."""
    operator_share: dict[Name, Share] | None = None
    """Operator to its share of the phones."""
    one_network: bool = False
    """Every phone may camp on every cell, whoever owns it."""
    cells: Annotated[list[Name] | None, Field(min_length=1)] = None
    """Cells that the alert is sent to; without it those with a share of at least `tau` of their people in the warning area."""
    tau: Share = TAU["imminent"]
    """See `cells`; 0: every cell that serves anybody in the area."""
    assume: dict[str, float] | None = None
    """Of cells, air and phones, as `ew4all reach --assume`."""
    service: dict[str, float] | None = None
    """Of the signal inside buildings where coverage is layers."""
    outage: Outage | None = None
    """What happens to the sites."""

    @model_validator(mode="after")
    def _one(self) -> Network:
        at_most_one(self, ("coverage", "sites"), "the network")
        of_sites = ("columns", "technology", "max_age_years", "dem", "landcover", "cells", "outage")
        lonely = [n for n in of_sites if getattr(self, n) is not None and self.sites is None]
        if lonely:
            msg = f"{' and '.join(lonely)} need cell sites; add sites, or leave them out"
            raise ValueError(msg)
        total = sum((self.operator_share or {}).values())
        if total > 1.0 + 1e-9:
            msg = f"the shares of operators add up to {total:g}; all phones together are 1"
            raise ValueError(msg)
        return self


class Zones(Section):
    """Places for which results are given one by one."""

    file: InputFile
    """Polygons."""
    id: Name | None = None
    """Column that identifies them,"""
    name: Name | None = None
    """and the one that names them."""


class PowerCut(Section):
    """The mains of a zone fail, and come back."""

    lost: Moment
    """When they fail,"""
    back: Moment | None = None
    """and come back; not in this run without it."""
    share: Share = 1.0
    """Of the people there."""

    @model_validator(mode="after")
    def _order(self) -> PowerCut:
        if self.back is not None and self.back < self.lost:
            msg = "the mains come back before they fail; move back after lost"
            raise ValueError(msg)
        return self


class Run(Section):
    """How it is computed."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Everything random is drawn from it."""
    replicas: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Draws of parameters, outage and people; 1: expected numbers, once."""
    drawn: bool | None = None
    """Whole people by chance in the place of expected numbers; without it: where there are replicas."""
    duration: Positive = 6 * 3600.0
    """From its beginning to its end."""
    since: Annotated[Moment, Field(alias="from")] = 0.0
    """When the run begins; people are looked at from then on."""
    tick: Positive = 60.0
    """Time between two points of a curve."""
    step: Positive | None = None
    """Longest step of word of mouth."""
    mixing_within: Share = 0.9
    """Share of the people whom one meets who are of one's own zone."""
    most_rows: Annotated[int, Field(ge=1)] | None = None
    """Beyond that rows are taken together, and the error is told."""
