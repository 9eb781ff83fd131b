"""What a feasibility document counts besides coverage: phones that receive, visitors, sirens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.assumptions import DEVICE_STEPS, TABLE
from ew4all.coverage.queries import ANY
from ew4all.feasibility_results import DeviceStep, Visitors
from ew4all.planning.feasibility_costs import Range
from ew4all.planning.sirens import need, side_of

if TYPE_CHECKING:
    from ew4all.grid import Block
    from ew4all.planning.feasibility_costs import Figures
    from ew4all.results import Reach
    from ew4all.study import Study
    from ew4all.units import F64

__all__ = ["devices_of", "siren_caution", "sirens_of", "visitors_of"]

_BLOCK: Final = (512, 4096)
_RECEIVED: Final = DEVICE_STEPS[: DEVICE_STEPS.index("received") + 1]
"""Steps of the waterfall up to a message on the phone; whether somebody notices it is no matter of the channel's cost."""


def devices_of(reach: Reach) -> tuple[tuple[DeviceStep, ...], Range | None, Range | None]:
    """Return each step with what it alone could do, people who receive, and people whom an SMS can be sent."""
    covered = reach.people.covered.get(ANY)
    if covered is None:
        return (), None, None
    left = {row.step: row.people for row in reach.waterfall}
    received = left["received"]
    rows = {row.name: row for row in TABLE}
    steps = []
    for step in _RECEIVED:
        share, row = reach.assumptions[step], rows[step]
        # A value of the user's outside the usual range is its own end.
        low, high = min(row.low, share), max(row.high, share)
        each = received / share if share > 0.0 else 0.0
        steps.append(DeviceStep(step, share, low, high, each * low, each * high))
    # Each step is left in its own market share of operators, which is no device's.
    own = received / covered if covered > 0.0 else 0.0
    for step in _RECEIVED:
        own = own / reach.assumptions[step] if reach.assumptions[step] > 0.0 else 0.0
    phone = next(step for step in steps if step.step == "has_phone")
    sendable = covered * own
    ends = [received, *(s.people_low for s in steps)], [received, *(s.people_high for s in steps)]
    return (
        tuple(steps),
        Range(received, min(ends[0]), max(ends[1])),
        Range(sendable * phone.share, sendable * phone.low, sendable * phone.high),
    )


def visitors_of(reach: Reach, received: Range | None, roamers: float | None) -> Visitors | None:
    """Return how many visitors would receive a warning: they have phones, and are where the residents are."""
    if roamers is None or received is None or not reach.people.in_area > 0.0:
        return None
    covered = reach.people.covered[ANY] / reach.people.in_area
    owned = reach.assumptions["has_phone"]
    each = received.value / reach.people.in_area / owned if owned > 0.0 else 0.0
    return Visitors(roamers, roamers * covered, roamers * min(each, covered))


def sirens_of(study: Study, known: Figures) -> tuple[Range | None, float]:
    """Return how many sirens a share of the people needs, by the range of a siren's reach, and the people in range."""
    share, radius = known["siren_people_share"].value, known["siren_radius_m"]
    found = [need(*squares_of(study, r), r, share) for r in (radius.value, radius.high, radius.low)]
    value, few, many = (one.sirens for one in found)
    return Range(value, min(value, few), max(value, many)), found[0].people


def siren_caution(study: Study, known: Figures) -> str:
    """Return what is to be said of the number of sirens where people are known on cells wider than one siren reaches; else nothing."""
    side_km, square_km = _cell_side_km(study), side_of(known["siren_radius_m"].value) / 1000.0
    if side_km <= square_km:
        return ""
    return (
        f" People are known on cells about {side_km:.3g} km wide, of which one siren covers {square_km:.2g} km: they are counted as if "
        "they filled their cells, so that far too many sirens are counted, and too dear; give a finer population, or --refine."
    )


def _cell_side_km(study: Study) -> float:
    """Return the width of the largest cells of people, as the root of their area."""
    window, grid = study.window, study.grid
    rows = [window.row0, (window.row0 + window.row1) // 2, window.row1 - 1]
    km2 = max(float(grid.cell_area_km2(window._replace(row0=r, row1=r + 1)).max()) for r in rows)
    return float(np.sqrt(km2))


def squares_of(study: Study, radius_m: float) -> tuple[F64, F64]:
    """Return people and area (km2) of squares of cells, each as large as one siren in its middle covers."""
    window, grid = study.window, study.grid
    factor = max(1, int(side_of(radius_m) / 1000.0 / _cell_side_km(study)))
    shape = (-(-window.shape[0] // factor), -(-window.shape[1] // factor))
    people, area = np.zeros(shape), np.zeros(shape)
    reader = study.people.cells(study.area)
    for block in grid.blocks(*_BLOCK, within=window):
        lived = reader.read(block)
        if not lived.any():
            continue
        _gather(block, lived, window, factor, people)
        _gather(
            block, np.broadcast_to(grid.cell_area_km2(block), block.shape), window, factor, area
        )
    return people.ravel(), area.ravel()


def _gather(block: Block, values: Any, window: Block, factor: int, sums: F64) -> None:
    """Add the values of a block to squares of `factor` x `factor` cells of a window."""
    top, left = max(block.row0, window.row0), max(block.col0, window.col0)
    bottom, right = min(block.row1, window.row1), min(block.col1, window.col1)
    if bottom <= top or right <= left:
        return
    part = np.asarray(values)[
        top - block.row0 : bottom - block.row0, left - block.col0 : right - block.col0
    ]
    rows = (np.arange(top, bottom) - window.row0) // factor
    cols = (np.arange(left, right) - window.col0) // factor
    row_at, col_at = np.unique(rows, return_index=True), np.unique(cols, return_index=True)
    summed = np.add.reduceat(np.add.reduceat(part, row_at[1], axis=0), col_at[1], axis=1)
    sums[np.ix_(row_at[0], col_at[0])] += summed
