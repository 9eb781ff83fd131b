"""Results for tests of what is written and shown; every number can be checked by hand."""

from __future__ import annotations

import shapely

from ew4all.results import (
    InputFile,
    OperatorCount,
    PeopleCount,
    Reach,
    WaterfallStep,
    ZoneCount,
)

PEOPLE = PeopleCount(
    total=10_000.0,
    at_risk=6_000.0,
    in_area=4_000.0,
    at_risk_in_area=3_500.0,
    at_risk_covered=3_000.0,
    covered={"2g": 3_000.0, "4g": 2_000.0, "any": 3_200.0},
    uncovered=800.0,
)

UNKNOWN_COVERAGE = PeopleCount(10_000.0, 6_000.0, 4_000.0, 3_500.0)


def part(share: float) -> PeopleCount:
    """Return a share of `PEOPLE`."""
    return PeopleCount(
        total=PEOPLE.total * share,
        at_risk=PEOPLE.at_risk * share,
        in_area=PEOPLE.in_area * share,
        at_risk_in_area=PEOPLE.at_risk_in_area * share,
        at_risk_covered=3_000.0 * share,
        covered={k: v * share for k, v in PEOPLE.covered.items()},
        uncovered=800.0 * share,
    )


ZONES = (
    ZoneCount("01", "Saint Ann, \"the\" 'old'", part(0.5), shapely.box(0.0, 0.0, 1.0, 1.0)),
    ZoneCount(
        "02",
        "Vava\N{MODIFIER LETTER TURNED COMMA}u",
        part(0.3),
        shapely.MultiPolygon([shapely.box(5.0, 0.0, 6.0, 1.0), shapely.box(7.0, 0.0, 8.0, 1.0)]),
    ),
    ZoneCount("outside", "outside all zones", part(0.2), None),
)


def made_reach(
    people: PeopleCount = PEOPLE,
    zones: tuple[ZoneCount, ...] = ZONES,
    title: str | None = "A hurricane",
    notes: tuple[str, ...] = ("a ring was mended",),
) -> Reach:
    """Return a small result."""
    steps: tuple[WaterfallStep, ...] = (WaterfallStep("in_area", people.in_area, 0.0),)
    operators: tuple[OperatorCount, ...] = ()
    if people.covered:
        steps += (
            WaterfallStep("covered", 3_200.0, 800.0),
            WaterfallStep("noticed", 1_600.0, 1_600.0),
        )
        operators = (
            OperatorCount("Alpha", 0.6, {"2g": 3_000.0, "any": 3_000.0}),
            OperatorCount("Beta", None, {"4g": 2_000.0, "any": 2_000.0}),
        )
    return Reach(
        people=people,
        waterfall=steps,
        operators=operators,
        area_km2=1_234.5,
        zones=zones,
        inputs=(InputFile("hazard", None, None, None),),
        notes=notes,
        assumptions={"has_phone": 0.95},
        title=title,
        version="0.1.0",
    )
