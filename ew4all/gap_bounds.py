"""How few and how many people may have a signal where their cells are much wider than those of the signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ew4all.coverage.queries import ANY
from ew4all.gap_cells import cells_of
from ew4all.results import Bounds
from ew4all.study import COARSE

if TYPE_CHECKING:
    from ew4all.gap_intake import GapStudy

__all__ = ["bounds_of"]

_ALL: Final = 1.0 - 1e-6
_SOME: Final = 1e-9


def bounds_of(opened: GapStudy) -> tuple[dict[str, Bounds], list[str]]:
    """Return bounds of the people with a signal, by technology, and a note; nothing where cells of people are narrow enough.

    In a cell that is covered in part nobody may live where the signal is, or everybody.
    """
    wide = opened.study.coarseness
    signals = opened.ground.places.technologies
    if not opened.has_people or not signals or wide <= COARSE:
        return {}, []
    sums = {t: [0.0, 0.0] for t in signals}
    for cells in cells_of(opened):
        for technology, found in sums.items():
            share = cells.shares["covered", technology]
            found[0] += float(cells.people[share >= _ALL].sum())
            found[1] += float(cells.people[share > _SOME].sum())
    bounds = {t: Bounds(fewest, most) for t, (fewest, most) in sums.items()}
    note = (
        f"a population cell is {wide:.0f} times as wide as a coverage cell: where inside it people live decides who is left out. Between "
        f"{bounds[ANY].fewest:,.0f} and {bounds[ANY].most:,.0f} people have a signal; the numbers given spread people evenly over each "
        "cell. --refine with settlement points or a finer raster places them"
    )
    return bounds, [note]
