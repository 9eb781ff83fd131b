"""What `ew4all.compare_populations` found: people by source, and how much an answer depends on the source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.results import InputFile

__all__ = [
    "AS_GIVEN", "RAKED", "SCHEMA", "TO_YEAR", "Case", "Counts", "OfficialFigures", "Pair",
    "PopulationComparison", "SourceFacts", "Spread", "ZoneComparison", "spread_of",
]  # fmt: skip

SCHEMA: Final = "ew4all/population-comparison/1"

AS_GIVEN: Final = "as_given"
TO_YEAR: Final = "to_year"
RAKED: Final = "raked"

_ANSWERS: Final = ("people", "at_risk", "in_area", "covered", "uncovered")


@dataclass(frozen=True)
class Counts:
    """Answers by one source: people, at risk, in the area, covered by any technology, and not covered.

    What was not asked is None: `at_risk` and `in_area` without a hazard or an area, `covered` and `uncovered` without
    coverage (these are within the area).
    """

    people: float
    at_risk: float | None = None
    in_area: float | None = None
    covered: float | None = None
    uncovered: float | None = None

    @property
    def uncovered_share(self) -> float | None:
        """Share of the people in the area who are not covered."""
        if self.covered is None or self.uncovered is None:
            return None
        whole = self.covered + self.uncovered
        return self.uncovered / whole if whole > 0.0 else None

    def to_dict(self) -> dict[str, float]:
        """Return the answers that were asked for."""
        out = {name: getattr(self, name) for name in _ANSWERS if getattr(self, name) is not None}
        share = self.uncovered_share
        return out if share is None else {**out, "uncovered_share": share}


@dataclass(frozen=True)
class Spread:
    """The lowest and the highest answer among the sources, whose they are, and their difference over their mean."""

    low: float
    low_source: str
    high: float
    high_source: str

    @property
    def relative(self) -> float | None:
        """Difference over the mean of the two; None where both are 0."""
        middle = 0.5 * (self.low + self.high)
        return (self.high - self.low) / middle if middle > 0.0 else None

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON document."""
        return {
            "low": self.low,
            "low_source": self.low_source,
            "high": self.high,
            "high_source": self.high_source,
            "range": self.high - self.low,
            "relative": self.relative,
        }


def spread_of(counts: Mapping[str, Counts]) -> dict[str, Spread]:
    """Return the spread of each answer that all sources give; of equal answers the first source's comes first."""
    out = {}
    for name in (*_ANSWERS, "uncovered_share"):
        values = {source: getattr(c, name) for source, c in counts.items()}
        if any(value is None for value in values.values()):
            continue
        low = min(values, key=lambda s: values[s])
        high = max(values, key=lambda s: values[s])
        out[name] = Spread(values[low], low, values[high], high)
    return out


@dataclass(frozen=True)
class SourceFacts:
    """One source as it is.

    Attributes
    ----------
    people, outside
        Everybody in it, and those who live in no zone (0 without zones).
    cell_m
        Width of its cells about the middle; None for census areas.
    settled_km2
        Area of the cells with people, in the place that is compared; None for census areas.
    year
        Year it is for, where it was told.
    """

    name: str
    people: float
    outside: float
    unit: str
    cell_m: float | None = None
    settled_km2: float | None = None
    year: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the JSON document; what is not known is absent."""
        return {k: v for k, v in vars(self).items() if v is not None}


@dataclass(frozen=True)
class Case:
    """Answers of every source at one stage, or at one time of the day or season."""

    name: str
    counts: Mapping[str, Counts]

    @property
    def spread(self) -> dict[str, Spread]:
        """How far the sources are apart."""
        return spread_of(self.counts)

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON document."""
        return {
            "name": self.name,
            "sources": [{"name": k, **v.to_dict()} for k, v in self.counts.items()],
            "spread": {k: v.to_dict() for k, v in self.spread.items()},
        }


@dataclass(frozen=True)
class Pair:
    """Two sources side by side.

    Attributes
    ----------
    dissimilarity
        Share of people who would have to live in another zone for the two to agree; None without zones.
    a_where_b_has_nobody, b_where_a_has_nobody
        Share of the people of one in cells where the other has nobody; None where one of them is census areas.
    """

    a: str
    b: str
    dissimilarity: float | None = None
    a_where_b_has_nobody: float | None = None
    b_where_a_has_nobody: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the JSON document; what is not known is absent."""
        return {k: v for k, v in vars(self).items() if v is not None}


@dataclass(frozen=True)
class OfficialFigures:
    """Official people, and those who have no place in a source: zones with a figure where the source has nobody."""

    people: float
    unplaced: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON document: for each source the zones and people that it cannot place."""
        return {"people": self.people, "unplaced": {k: dict(v) for k, v in self.unplaced.items()}}


@dataclass(frozen=True)
class ZoneComparison:
    """One zone: answers of every source at the first and the last stage, and the official figure."""

    id: str
    name: str
    given: Mapping[str, Counts]
    last: Mapping[str, Counts]
    official: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the JSON document."""
        out: dict[str, Any] = {"id": self.id, "name": self.name}
        if self.official is not None:
            out["official"] = self.official
        out["as_given"] = [{"name": k, **v.to_dict()} for k, v in self.given.items()]
        out["adjusted"] = [{"name": k, **v.to_dict()} for k, v in self.last.items()]
        out["spread"] = {k: v.to_dict() for k, v in spread_of(self.given).items()}
        return out


@dataclass(frozen=True)
class PopulationComparison:
    """Result of `ew4all.compare_populations`.

    `stages` begins with the sources as they are; then brought to a year, then to official figures, where these were
    given. `cases` holds other times (day, season) at the last stage.
    """

    sources: tuple[SourceFacts, ...]
    stages: tuple[Case, ...]
    cases: tuple[Case, ...]
    zones: tuple[ZoneComparison, ...]
    pairs: tuple[Pair, ...]
    official: OfficialFigures | None
    findings: tuple[str, ...]
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]
    assumptions: Mapping[str, float] = field(default_factory=dict)
    title: str | None = None
    version: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document, schema ``ew4all/population-comparison/1``."""
        out: dict[str, Any] = {
            "schema": SCHEMA,
            "version": self.version,
            "findings": list(self.findings),
            "sources": [s.to_dict() for s in self.sources],
            "stages": [s.to_dict() for s in self.stages],
            "zones": [z.to_dict() for z in self.zones],
            "pairs": [p.to_dict() for p in self.pairs],
            "inputs": [i.to_dict() for i in self.inputs],
            "notes": list(self.notes),
        }
        if self.cases:
            out["cases"] = [c.to_dict() for c in self.cases]
        if self.official is not None:
            out["official"] = self.official.to_dict()
        if self.title:
            out["title"] = self.title
        return out
