"""Inputs of the processes as models; the names are those of the command line and of the library."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from ew4all.api.references import FileReference, ScenarioReference

__all__ = ["CoverageInputs", "GapsInputs", "Inputs", "ReachInputs", "RunInputs", "TargetInputs"]

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Unit = Literal["count", "per_km2", "per_ha"]
Word = Annotated[str, Field(min_length=1, max_length=100)]
Title = Annotated[str, Field(max_length=200)]
GeoJson = Annotated[
    dict[str, JsonValue],
    Field(description="GeoJSON (RFC 7946): a geometry, feature or collection, lon before lat"),
]
Technology = Annotated[
    str, Field(pattern=r"^(2g|3g|4g|5g)(:.{1,100})?$", description="`4g`, or `4g:Operator`")
]
Generation = Literal["2g", "3g", "4g", "5g"]
Assume = Annotated[dict[str, float], Field(description="replaces defaults of `ew4all assumptions`")]


class Inputs(BaseModel):
    """Inputs of a process: nothing else than what is named, and of the very type."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _People(Inputs):
    population: FileReference | dict[Word, FileReference] = Field(
        description="raster of people, one raster for each group, or polygons with `population_column`"
    )
    population_unit: Unit | None = Field(None, description="where the file does not tell")
    population_column: Word | None = None


class _Signal(_People):
    coverage: dict[Technology, FileReference] | None = None
    coverage_min: dict[Technology, float] | None = Field(
        None, description="least level of a coverage raster, dBm or its unit"
    )
    sites: FileReference | None = Field(
        None, description="list of cell sites in the place of `coverage`"
    )
    dem: FileReference | None = Field(None, description="terrain heights, m, for `sites`")
    landcover: FileReference | None = Field(None, description="land cover classes, for `sites`")
    outage: FileReference | None = Field(
        None, description="sites off the air, as `ew4all outage` writes"
    )
    operator_share: dict[Word, Share] | None = None
    refine: FileReference | None = Field(
        None, description="settlements or a finer raster that place people inside coarse cells"
    )
    assume: Assume | None = None
    title: Title | None = None


class ReachInputs(_Signal):
    """Inputs of `reach`."""

    area: FileReference | GeoJson | None = Field(
        None, description="warning area; without it, the hazard's"
    )
    hazard: FileReference | GeoJson | None = Field(None, description="hazard footprint")
    hazard_min: float | None = Field(
        None, description="value of the hazard raster from which on people are at risk"
    )
    hazard_band: Annotated[int, Field(ge=1)] | None = None
    hazard_where: dict[str, JsonValue] | None = Field(
        None, description="column to value: which features are meant"
    )
    cap: FileReference | None = Field(
        None, description="CAP 1.2 alert in the place of `area`: `alert:ID` or an upload"
    )
    at: Word | None = Field(None, description="time at which the alert is in force, RFC 3339")
    geocodes: FileReference | None = Field(None, description="polygons of the alert's geocodes")
    zones: FileReference | None = None
    zone_id: Word | None = None
    zone_name: Word | None = None


class CoverageInputs(_People):
    """Inputs of `coverage`."""

    sites: FileReference = Field(description="list of cell sites")
    column: dict[Word, Word] | None = Field(
        None, description="names of columns of `sites`: `azimuth` to `AZIMUT`"
    )
    sites_technology: Generation | None = Field(None, description="technology of rows of `sites`")
    technology: list[Generation] | None = Field(None, description="to map; all by default")
    country: Word | None = None
    max_age_years: Annotated[float, Field(gt=0.0)] | None = None
    dem: FileReference | None = None
    landcover: FileReference | None = None
    landcover_class: dict[Word, Word] | None = Field(
        None, description="what classes mean: `50` to `built`"
    )
    zones: FileReference | None = None
    zone_id: Word | None = None
    zone_name: Word | None = None
    resolution_m: Annotated[float, Field(gt=0.0)] | None = None
    by_operator: bool | None = None
    assume: Assume | None = None
    title: Title | None = None


class TargetInputs(_People):
    """Inputs of `target`."""

    sites: FileReference = Field(description="list of cell sites")
    area: FileReference | GeoJson | None = Field(None, description="warning area")
    cap: FileReference | None = Field(None, description="CAP 1.2 alert in the place of `area`")
    at: Word | None = None
    geocodes: FileReference | None = None
    columns: dict[Word, Word] | None = Field(None, description="names of columns of `sites`")
    sites_technology: Generation | None = None
    technology: list[Generation] | None = Field(None, description="to address; all by default")
    country: Word | None = None
    max_age_years: Annotated[float, Field(gt=0.0)] | None = None
    dem: FileReference | None = None
    landcover: FileReference | None = None
    landcover_class: dict[Word, Word] | None = None
    urgency: Literal["evacuation", "imminent"] | None = None
    threshold: Share | None = Field(None, description="least share of a cell's people inside")
    weight: Annotated[float, Field(gt=0.0)] | None = Field(
        None, description="people reached that one person disturbed weighs as much as"
    )
    budget: Annotated[float, Field(ge=0.0)] | None = Field(
        None, description="most people disturbed, in the place of a threshold"
    )
    measure: Literal["people", "area"] | None = None
    epsilon: Share | None = None
    limit: Annotated[int, Field(ge=1)] | None = Field(
        None, description="most entries of each operator's list"
    )
    limit_order: Literal["gain", "share"] | None = None
    groups: Literal["tai", "emergency_area"] | None = None
    settlements: FileReference | None = None
    settlement_radius_m: Annotated[float, Field(gt=0.0)] | None = None
    floor: Share | None = None
    operator: list[Word] | None = None
    operator_share: dict[Word, Share] | None = None
    one_network: bool | None = None
    geofence_share: Share | None = None
    geofence: dict[Word, float] | None = None
    ensemble: FileReference | None = Field(
        None, description="outages by member, as `ew4all outage` writes"
    )
    robust: Literal["mean", "union"] | None = None
    resolution_m: Annotated[float, Field(gt=0.0)] | None = None
    assume: Assume | None = None
    title: Title | None = None


class GapsInputs(_Signal):
    """Inputs of `gaps`."""

    zones: FileReference | None = None
    zone_id: Word | None = None
    zone_name: Word | None = None
    within: FileReference | GeoJson | None = Field(None, description="the study area")
    coverage_after: dict[Technology, FileReference] | None = Field(
        None, description="layers of `coverage` of a degraded network"
    )
    channels: dict[Word, FileReference | None] | None = Field(
        None,
        description="`radio`, `tv`, `satellite`, `wardens` to where it is; `sms`, `app` to null",
    )
    channel_min: dict[Word, float] | None = None
    sirens: FileReference | None = None
    hazards: dict[Word, FileReference] | None = None
    groups: dict[Word, FileReference] | None = None


class RunInputs(Inputs):
    """Inputs of `run`: one of `scenario` and `scenario_text`."""

    scenario: ScenarioReference | None = None
    scenario_text: str | None = Field(
        None,
        min_length=1,
        max_length=1_000_000,
        description="a scenario file (YAML); its files are `upload:ID`, `layer:ID` or `demo:NAME`, never paths",
    )
    replicas: int | None = Field(None, ge=1, description="draws; by default as the scenario says")
    seed: int | None = Field(None, ge=0, lt=2**63)

    @model_validator(mode="after")
    def _one(self) -> RunInputs:
        if (self.scenario is None) == (self.scenario_text is None):
            msg = "give one of scenario and scenario_text"
            raise ValueError(msg)
        return self
