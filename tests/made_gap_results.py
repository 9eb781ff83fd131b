"""A gap analysis with numbers that add up by hand: two zones, a hazard, a group, and the network off."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from ew4all.facility_results import Facilities, Reached
from ew4all.gap_results import DegradedGaps, GapBlock, GapGroup, GapHazard, Gaps, GapZone
from ew4all.results import InputFile

BOX: Final = shapely.MultiPolygon([shapely.box(10.0, 4.0, 12.0, 5.0)])


def block(
    people: float, covered: float, reachable: float, none: float, one: float, sms: float
) -> GapBlock:
    return GapBlock(
        people, {"4g": covered, "any": covered}, reachable, none, one, {"cell_broadcast": reachable, "sms": sms}
    )  # fmt: skip


NOBODY: Final = block(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
WEST: Final = block(60.0, 50.0, 30.0, 15.0, 20.0, 40.0)
"""10 without a signal, 20 with one and no phone for it."""

EAST: Final = block(40.0, 40.0, 35.0, 1.0, 9.0, 34.0)
EVERYBODY: Final = block(100.0, 90.0, 65.0, 16.0, 29.0, 74.0)
DARK: Final = block(100.0, 0.0, 0.0, 100.0, 0.0, 0.0)


def zones(*blocks: GapBlock) -> tuple[GapZone, ...]:
    ranked = any(b.left_out is not None for b in blocks)
    west, east, rest = blocks
    return (
        GapZone("w", "West", west, 1 if ranked else None, 1 if ranked else None, shapely.box(10.0, 4.0, 11.0, 5.0)),
        GapZone("e", "East", east, 2 if ranked else None, 2 if ranked else None, shapely.box(11.0, 4.0, 12.0, 5.0)),
        GapZone("outside", "outside all zones", rest),
    )  # fmt: skip


def schools() -> Facilities:
    """Three schools: no channel; cell broadcast alone; both."""
    yes = np.array([False, True, True])
    return Facilities(
        "primary_schools", ("a", "b", "c"), ("A & co", "B", "C"), np.array([10.2, 10.7, 11.5]), np.array([4.2, 4.5, 4.8]), 2,
        ("w", "w", "e"), Reached({"4g": yes, "any": yes}, {"cell_broadcast": yes, "sms": np.array([False, False, True])}),
        {"flood": np.array([True, False, False])}, Reached({"4g": ~yes & yes, "any": ~yes & yes}, {"cell_broadcast": ~yes & yes}),
    )  # fmt: skip


def made() -> Gaps:
    """Everything but equity and facilities."""
    flood = block(30.0, 25.0, 15.0, 7.0, 10.0, 20.0)
    dark_flood = block(30.0, 0.0, 0.0, 30.0, 0.0, 0.0)
    old = block(20.0, 16.0, 8.0, 6.0, 9.0, 13.0)
    dark_old = block(20.0, 0.0, 0.0, 20.0, 0.0, 0.0)
    off = DegradedGaps(
        DARK,
        zones(block(60.0, 0.0, 0.0, 60.0, 0.0, 0.0), block(40.0, 0.0, 0.0, 40.0, 0.0, 0.0), NOBODY),
        (GapHazard("flood", dark_flood, zones(dark_flood, NOBODY, NOBODY)),),
        {"sites": 4, "sites_down": 4, "cells": 12, "cells_down": 12, "members": 1},
        (GapGroup("old", dark_old, "given", zones(dark_old, NOBODY, NOBODY)),),
    )
    return Gaps(
        total=EVERYBODY,
        zones=zones(WEST, EAST, NOBODY),
        groups=(GapGroup("old", old, "given", zones(old, NOBODY, NOBODY)),),
        hazards=(GapHazard("flood", flood, zones(flood, NOBODY, NOBODY)),),
        channels=("cell_broadcast", "sms"),
        degraded=off,
        inputs=(InputFile("population", "people.tif", "a" * 64, "EPSG:4326"),),
        assumptions={"has_phone": 0.9},
        notes=("a note <of> its own",),
        cannot=(),
        title="Two zones & a flood",
        version="0",
    )
