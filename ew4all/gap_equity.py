"""How unevenly those left out are spread over the zones of a gap analysis, and which groups are left out more often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.gap_results import Equity
from ew4all.planning.equity import lorenz, ratio
from ew4all.results import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.gap_results import GapBlock, GapGroup, GapZone
    from ew4all.planning.equity import Lorenz

__all__ = ["equity_of"]


def equity_of(
    total: GapBlock, zones: Sequence[GapZone], groups: Sequence[GapGroup]
) -> Equity | None:
    """Return the inequality between zones and groups; None where nothing of it can be told.

    The people outside all zones count as one more place.
    """
    curves: list[Lorenz | None] = []
    for wanted in (_left_out, _no_channel):
        numbers = [(z.block.people or 0.0, wanted(z.block)) for z in zones if _counts(z)]
        known = [(people, min(out, people)) for people, out in numbers if out is not None]
        places = len(known) == len(numbers) > 1
        curves.append(lorenz(*zip(*known, strict=True)) if places else None)
    ratios: dict[str, float] = {}
    all_out, everybody = total.left_out, total.people
    for group in groups if all_out is not None and everybody is not None else ():
        out = group.block.left_out
        assert all_out is not None
        assert everybody is not None
        if out is None or group.block.people is None:
            continue
        found = ratio(group.block.people, out, everybody, all_out)
        if found is not None:
            ratios[group.name] = found
    if curves == [None, None] and not ratios:
        return None
    return Equity(curves[0], curves[1], ratios)


def _counts(zone: GapZone) -> bool:
    return zone.block.people is not None and (zone.id != OUTSIDE or zone.block.people > 0.0)


def _left_out(block: GapBlock) -> float | None:
    return None if block.reachable is None else block.left_out


def _no_channel(block: GapBlock) -> float | None:
    return block.none
