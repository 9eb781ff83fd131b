"""Groups of people in a gap analysis: layers of the population itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ew4all.gap_ground import PEOPLE
from ew4all.gap_results import GapBlock, GapGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.gap_ground import Counts
    from ew4all.gap_intake import GapStudy

__all__ = ["groups_of"]


def groups_of(
    opened: GapStudy, by_group: Sequence[Counts], total: GapBlock
) -> tuple[tuple[GapGroup, ...], list[str], dict[str, Any]]:
    """Return groups, notes, and what was measured of them."""
    del total
    found = [
        GapGroup(name, _whole(counts), "population")
        for name, counts in zip(opened.study.people.groups, by_group, strict=False)
    ]
    return tuple(found), [], {}


def _whole(counts: Counts) -> GapBlock:
    numbers = {key: float(values[-1]) for key, values in counts[0].items()}
    return GapBlock.of(numbers.pop(PEOPLE), numbers)
