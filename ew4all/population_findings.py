"""What a comparison of population sources says in sentences: how much an answer depends on the source, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.population_results import AS_GIVEN, RAKED, TO_YEAR, spread_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.population_results import Case, Pair, SourceFacts, Spread, ZoneComparison

__all__ = ["ANSWERS", "STAGES", "findings_of"]

STAGES = {
    AS_GIVEN: "as given",
    TO_YEAR: "brought to one year",
    RAKED: "brought to official figures",
}
"""Stages in words."""

ANSWERS = {
    "people": "people",
    "at_risk": "people at risk",
    "in_area": "people in the warning area",
    "covered": "people covered",
    "uncovered": "people not covered",
}
"""Answers in words."""

_SMALL = 0.005
_NOBODY = 1e-6
"""People; less is the rounding of a difference of sums."""


def findings_of(
    stages: Sequence[Case],
    cases: Sequence[Case],
    pairs: Sequence[Pair],
    zones: Sequence[ZoneComparison],
    sources: Sequence[SourceFacts],
) -> tuple[str, ...]:
    """Return the findings, the most important first."""
    out: list[str] = []
    if len(sources) > 1:
        out += _answers(stages)
        out += _zones(zones)
        out += _settled(sources)
        out += _pairs(pairs)
    out += _official(stages, sources, zones)
    if cases and len(stages) > 0:
        base = stages[-1]
        for case in cases:
            for source, counts in case.counts.items():
                was = base.counts[source]
                text = f"{case.name}, source {source}: {counts.people:,.0f} people where {was.people:,.0f} live"
                if counts.uncovered is not None and was.uncovered is not None:
                    text += f", {counts.uncovered:,.0f} of them not covered in the place of {was.uncovered:,.0f}"
                out.append(text)
    return tuple(out)


def _answers(stages: Sequence[Case]) -> list[str]:
    first, last = stages[0], stages[-1]
    before, after = first.spread, last.spread
    out = []
    for name, words in ANSWERS.items():
        if name not in before:
            continue
        text = f"{words}, {STAGES[first.name]}: {_range(before[name])}"
        if last is not first:
            text += f"; {STAGES[last.name]}: {_range(after[name])}"
            if name != "people" and last.name == RAKED and _is_large(before[name]):
                text += ". What is left comes from where people are placed inside the zones, the rest came from totals"
        out.append(text)
    return out


def _is_large(spread: Spread) -> bool:
    return (spread.relative or 0.0) > _SMALL


def _range(spread: Spread) -> str:
    relative = spread.relative
    if relative is None:
        return "0 by every source"
    if relative < 1e-6:
        return f"{spread.low:,.0f} by every source"
    return f"{spread.low:,.0f} ({spread.low_source}) to {spread.high:,.0f} ({spread.high_source}), {relative:.1%} apart"


def _zones(zones: Sequence[ZoneComparison]) -> list[str]:
    apart = [(spread_of(zone.given)["people"], zone) for zone in zones]
    apart = [(s, zone) for s, zone in apart if _is_large(s)]
    if not apart:
        return []
    spread, zone = max(apart, key=lambda pair: (pair[0].relative or 0.0, pair[1].id))
    return [f"the zone on which they differ most is {zone.name} ({zone.id}): {_range(spread)}"]


def _settled(sources: Sequence[SourceFacts]) -> list[str]:
    known = [s for s in sources if s.settled_km2 is not None]
    if len(known) < 2:
        return []
    listed = ", ".join(
        f"{s.name} {s.settled_km2:,.0f} km2 in cells of {s.cell_m:,.0f} m" for s in known
    )
    return [f"people live on: {listed}"]


def _pairs(pairs: Sequence[Pair]) -> list[str]:
    out = []
    for pair in pairs:
        parts = []
        if pair.dissimilarity is not None:
            parts.append(
                f"{pair.dissimilarity:.1%} of the people would have to live in another zone for them to agree"
            )
        if pair.a_where_b_has_nobody is not None:
            parts.append(
                f"{pair.a_where_b_has_nobody:.1%} of {pair.a} lives where {pair.b} has nobody"
            )
        if pair.b_where_a_has_nobody is not None:
            parts.append(f"{pair.b_where_a_has_nobody:.1%} of {pair.b} where {pair.a} has nobody")
        if parts:
            out.append(f"{pair.a} and {pair.b}: {'; '.join(parts)}")
    return out


def _official(
    stages: Sequence[Case], sources: Sequence[SourceFacts], zones: Sequence[ZoneComparison]
) -> list[str]:
    if stages[-1].name != RAKED:
        return []
    # One official total is of everybody; figures by zone are of the zones that have one, and only these are compared.
    without = [zone for zone in zones if zone.official is None]
    if len(without) == len(zones):
        without = []
    out = []
    for source in sources:
        # Nothing brings a zone without a figure to anything, so that its people are the same before and after.
        kept = sum(zone.last[source.name].people for zone in without)
        before = stages[-2].counts[source.name].people - kept
        after = stages[-1].counts[source.name].people - kept
        if after <= _NOBODY:
            continue
        gap = before / after - 1.0
        how = (
            f"{abs(gap):.1%} {'more' if gap > 0.0 else 'fewer'} people than"
            if abs(gap) >= 5e-4
            else "as many people as"
        )
        # What is held against the figures is the stage before, which is no longer the source as given.
        after_year = f", {STAGES[TO_YEAR]}," if stages[-2].name == TO_YEAR else ""
        text = f"{source.name}{after_year} has {how} the official figures (those that it can place)"
        if without:
            verb = "are" if len(without) > 1 else "is"
            text += (
                f" in the zones that have one; without one {verb} {len(without)} of {len(zones)} zones, where the source has "
                f"{kept:,.0f} people who are not compared"
            )
        out.append(text)
    return out
