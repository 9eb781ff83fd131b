"""Groups of people in a gap analysis: layers of the population, groups that are given, town and country."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.coverage.urbanisation import CITY, RURAL, TOWN
from ew4all.gap_blocks import block_of, zones_of
from ew4all.gap_people import PartOfPeople, settlements_of, side_km
from ew4all.gap_results import GapGroup
from ew4all.grid import lonlat
from ew4all.results import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.gap_ground import Counted, Counts, Ground
    from ew4all.gap_intake import GapStudy
    from ew4all.gap_results import GapZone
    from ew4all.reprojection import Geometries

__all__ = ["count_groups", "groups_of", "larger_groups", "people_of_groups"]

GIVEN: Final = "given"
SETTLEMENT: Final = "settlement"

_SETTLEMENTS: Final = ("urban", "city", "town", "rural")
"""Names of the settlement groups; a group of a user's own that has one stands for all of them."""

_LARGER: Final = 1e-6
"""Share by which a group may exceed everybody, by rounding of the files."""

_COARSE_KM: Final = 2.0
"""Cells wider than this cannot tell town from country."""

_BLOCK: Final = (512, 512)


def people_of_groups(opened: GapStudy) -> tuple[list[tuple[str, str, Counted]], list[str]]:
    """Return name, kind and people of each group beside the layers of the population, and notes.

    Kinds are ``given`` and ``settlement``; of settlements city, town and country.
    """
    if not opened.has_people:
        return [], []
    own = [n for n in (*opened.study.people.groups, *opened.groups) if n.casefold() in _SETTLEMENTS]
    settled, notes = ([], [_told_by(own)]) if own else _settlements(opened)
    return [*((name, GIVEN, people) for name, people in opened.groups.items()), *settled], notes


def _told_by(own: Sequence[str]) -> str:
    said = " and ".join(repr(name) for name in own)
    return f"town and country are those that were given as {said}; the degree of urbanisation is left out"


def count_groups(
    ground: Ground,
    shapes: Geometries,
    by_group: Sequence[Counts],
    people: Sequence[tuple[str, str, Counted]],
) -> list[Counts]:
    """Return the sums of each layer of the population and then of each group of `people`."""
    found = list(by_group)
    for _, _, counted in people:
        found += ground.count(shapes, counted)
    return found


def groups_of(
    opened: GapStudy, people: Sequence[tuple[str, str, Counted]], sums: Sequence[Counts]
) -> tuple[GapGroup, ...]:
    """Return the groups; town and country together are ``urban``.

    Parameters
    ----------
    people, sums
        See `people_of_groups` and `count_groups`.
    """
    if not opened.has_people:
        return ()
    # Without named layers the population is one layer all the same, and no group.
    of_layers, of_people = sums[: len(sums) - len(people)], sums[len(sums) - len(people) :]
    layers = zip(opened.study.people.groups, of_layers, strict=False)
    found = {(name, "population"): counts for name, counts in layers}
    found |= {(n, kind): counts for (n, kind, _), counts in zip(people, of_people, strict=True)}
    city, town = (found.get((name, SETTLEMENT)) for name in ("city", "town"))
    made = [_group(opened, name, counts, kind) for (name, kind), counts in found.items() if kind != SETTLEMENT]  # fmt: skip
    if city is None or town is None:
        return tuple(made)
    both = [
        {key: one[key] + other[key] for key in one} for one, other in zip(city, town, strict=True)
    ]
    made.append(_group(opened, "urban", both, SETTLEMENT))
    made += [_group(opened, name, found[name, SETTLEMENT], SETTLEMENT) for name in _SETTLEMENTS[1:]]  # fmt: skip
    return tuple(made)


def larger_groups(
    opened: GapStudy, groups: Sequence[GapGroup], zones: Sequence[GapZone]
) -> tuple[dict[str, Any], list[str]]:
    """Measure the given groups that have more people somewhere than there are, and say so."""
    larger: dict[str, Any] = {}
    notes: list[str] = []
    for group in groups:
        if group.kind == GIVEN and (measured := _larger(opened, group, zones)) is not None:
            larger[group.name], told = measured
            notes.append(told)
    return ({"groups_larger_than_all": larger} if larger else {}), notes


def _group(opened: GapStudy, name: str, counts: Counts, kind: str) -> GapGroup:
    block = block_of(opened, counts[0], -1)
    return GapGroup(name, block, kind, zones_of(opened, counts[0]))


def _larger(
    opened: GapStudy, group: GapGroup, zones: Sequence[GapZone]
) -> tuple[dict[str, Any], str] | None:
    """Measure where a group has more people than there are; None where it nowhere has."""
    people, grid = opened.study.people, opened.study.grid
    within = opened.ground.within
    all_of, mine = people.cells(within), opened.groups[group.name].cells(within)
    excess, cells, worst = 0.0, 0, (0.0, 0, 0)
    for block in grid.blocks(*_BLOCK, within=opened.ground.window):
        here = np.asarray(mine.read(block), np.float64)
        if not here.any():
            continue
        over = here - np.asarray(all_of.read(block), np.float64) * (1.0 + _LARGER)
        over[over <= _LARGER] = 0.0
        if not over.any():
            continue
        excess += float(over.sum())
        cells += int(np.count_nonzero(over))
        row, col = np.unravel_index(int(over.argmax()), over.shape)
        worst = max(worst, (float(over[row, col]), int(row) + block.row0, int(col) + block.col0))
    if not cells:
        return None
    x, y = grid.xy(np.array([worst[2] + 0.5]), np.array([worst[1] + 0.5]))
    lon, lat = (float(v[0]) for v in lonlat(grid.crs).transform(x, y))
    everybody = {zone.id: zone.block.people or 0.0 for zone in zones}
    by_zone = {
        zone.id: (zone.block.people or 0.0) - everybody[zone.id]
        for zone in group.zones
        if zone.id != OUTSIDE
        and (zone.block.people or 0.0) > everybody[zone.id] * (1.0 + _LARGER) + _LARGER
    }
    measured = {
        "people_too_many": excess,
        "cells": cells,
        "worst": {"lon": lon, "lat": lat, "people_too_many": worst[0]},
        "zones": by_zone,
    }
    whole = (group.block.people or 0.0) - sum(everybody.values() if zones else [0.0])
    told = (
        f"the group {group.name!r} is larger than everybody in {cells:,} cells, by {excess:,.1f} people in all; most at longitude "
        f"{lon:.4f}, latitude {lat:.4f}, by {worst[0]:,.1f}"
    )
    if by_zone:
        most = sorted(by_zone, key=lambda i: (-by_zone[i], i))
        some = ", ".join(f"{i} by {by_zone[i]:,.1f}" for i in most[:3])
        told += f"; larger than a whole zone in {len(by_zone)} of them ({some})"
    if zones and whole > 0.0:
        told += f"; and than all people together by {whole:,.1f}"
    return measured, f"{told}. It cannot be a part of them: check the year and the unit of both"


def _settlements(opened: GapStudy) -> tuple[list[tuple[str, str, Counted]], list[str]]:
    """Return people in cities, towns and the country, where cells are small enough to tell."""
    people, window = opened.study.people, opened.ground.window
    wide = side_km(people.grid, window)
    if wide > _COARSE_KM:
        told = (
            f"town and country are not told apart: a population cell is {wide:,.0f} km wide. --refine with settlement points or "
            "a finer raster places people"
        )
        return [], [told]
    settled = settlements_of(people, window)
    found: list[tuple[str, str, Counted]] = [
        (name, SETTLEMENT, PartOfPeople(people, settled.of(code)))
        for name, code in (("city", CITY), ("town", TOWN), ("rural", RURAL))
    ]
    note = (
        "urban (city and town) and rural by the degree of urbanisation, simplified: squares of about 1 km, cities of 50,000 people "
        "from 1,500 a km2, towns of 5,000 from 300"
    )
    return found, [note]
