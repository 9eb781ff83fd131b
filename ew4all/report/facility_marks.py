"""Facilities on a map: those without any channel stand out, the others are pale; a shape for each kind."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.lines import Line2D
from pyproj import Transformer

from ew4all.report.palette import ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ew4all.facility_results import Facilities
    from ew4all.grid import Grid

__all__ = ["draw_facilities", "facility_keys"]

_MARKS: Final = "os^Dv*Pp"
_MANY: Final = 300
"""Beyond it marks are small, so that they do not hide each other and the map."""


def _without(kind: Facilities) -> NDArray[np.bool_] | None:
    """Return which facilities have no channel; None where no channel is known."""
    ways = kind.reached.ways
    return None if ways is None else ways == 0


def _style(size: float, *, stands_out: bool) -> dict[str, Any]:
    if stands_out:
        return {"color": "black", "markeredgecolor": "white", "markeredgewidth": 0.6, "markersize": size}  # fmt: skip
    return {"color": "white", "markeredgecolor": ZONE, "markeredgewidth": 0.6, "markersize": 0.7 * size}  # fmt: skip


def _size(kinds: Sequence[Facilities]) -> float:
    return 6.5 if sum(len(kind.ids) for kind in kinds) <= _MANY else 3.6


def draw_facilities(axes: Axes, kinds: Sequence[Facilities], grid: Grid) -> None:
    """Draw facilities; where no channel is known all of them alike."""
    transformer = Transformer.from_crs(4326, grid.crs, always_xy=True)
    size = _size(kinds)
    for k, kind in enumerate(kinds):
        x, y = (np.asarray(v) for v in transformer.transform(kind.lon_deg, kind.lat_deg))
        without = _without(kind)
        chosen = np.zeros(x.size, np.bool_) if without is None else without
        for part, stands_out, zorder in ((~chosen, False, 4.2), (chosen, True, 4.6)):
            axes.plot(
                x[part], y[part], _MARKS[k % len(_MARKS)], linestyle="none", zorder=zorder, clip_on=True,
                **_style(size, stands_out=stands_out),
            )  # fmt: skip


def facility_keys(kinds: Sequence[Facilities]) -> list[Line2D]:
    """Return what the marks mean, for a legend."""
    keys = []
    for k, kind in enumerate(kinds):
        without = _without(kind)
        name = textwrap.shorten(kind.kind.replace("_", " "), 20, placeholder="…")
        parts: list[tuple[str, bool]] = [(f"{name}: {len(kind.ids):,}", False)]
        if without is not None:
            n = int(without.sum())
            parts = [
                (f"{name} with a channel: {len(kind.ids) - n:,}", False),
                (f"{name} without: {n:,}", True),
            ]
        for text, stands_out in parts:
            keys.append(
                Line2D(
                    [], [], linestyle="none", marker=_MARKS[k % len(_MARKS)], label=text,
                    **_style(6.5, stands_out=stands_out),
                )
            )  # fmt: skip
    return keys
