"""Sums of a gap analysis put together to blocks: everybody, and zone by zone with the rest outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.gap_ground import PEOPLE
from ew4all.gap_results import GapBlock, GapZone, ranked, rest_of
from ew4all.reprojection import to_lonlat
from ew4all.results import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.coverage.gaps import Column
    from ew4all.gap_ground import Counts
    from ew4all.gap_intake import GapStudy
    from ew4all.units import F64

__all__ = ["all_groups", "block_of", "zones_of"]

_OUTSIDE_NAME: Final = "outside all zones"


def all_groups(by_group: Sequence[Counts]) -> Counts:
    """Return the sums of all groups together."""
    return [
        {key: np.sum([group[h][key] for group in by_group], axis=0) for key in by_hazard}
        for h, by_hazard in enumerate(by_group[0])
    ]


def block_of(opened: GapStudy, counts: Mapping[Column, F64], k: int) -> GapBlock:
    """Return the numbers of the place `k`; the last is everybody."""
    return _made(opened, {key: float(values[k]) for key, values in counts.items()})


def _made(opened: GapStudy, numbers: dict[Column, float]) -> GapBlock:
    people = numbers.pop(PEOPLE)
    block = GapBlock.of(people, numbers)
    if opened.has_people:
        return block
    return GapBlock(None, area_km2=people, covered_km2=block.covered)


def zones_of(opened: GapStudy, counts: Mapping[Column, F64]) -> tuple[GapZone, ...]:
    """Return the zones and, last, what lies outside them, with ranks; nothing where there are no zones."""
    study = opened.study
    if study.zones is None:
        return ()
    shapes = to_lonlat(study.zone_shapes, study.grid)
    n = len(study.zone_shapes)
    found = [
        GapZone(i, name, block_of(opened, counts, k), geometry=shapes[k])
        for k, (i, name) in enumerate(zip(study.zones.ids, study.zones.names, strict=True))
    ]
    rest = {key: rest_of(float(v[-1]), v[:n].tolist()) for key, v in counts.items()}
    return ranked([*found, GapZone(OUTSIDE, _OUTSIDE_NAME, _made(opened, rest))])
