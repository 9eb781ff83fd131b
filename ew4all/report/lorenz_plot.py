"""The Lorenz curve of who is left out: how much of them lives in the zones that are worst off."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ew4all.report.drawing import HALO, write_png
from ew4all.report.palette import BLUE, INK, ORANGE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

__all__ = ["Lorenz", "draw_lorenz", "worst_share"]

_DPI: Final = 150
_SIZE_IN: Final = (7.6, 7.0)
_STYLES: Final = ((ORANGE, "-"), (BLUE, (0, (5, 2))))

Lorenz = tuple[str, float, "Sequence[tuple[float, float]]"]
"""What is shared out, its Gini coefficient, and the curve: share of people against share of those left out, 0..1."""


def worst_share(curve: Sequence[tuple[float, float]], share: float) -> float:
    """Return how much of those left out lives among the `share` of people who live in the worst zones.

    >>> worst_share([(0.0, 0.0), (0.5, 0.2), (1.0, 1.0)], 0.25)
    0.4
    """
    x, y = np.asarray(curve, np.float64).T
    return float(1.0 - np.interp(1.0 - share, x, y))


def draw_lorenz(
    path: Path, curves: Sequence[Lorenz], title: str, by: str, notice: str | None = None
) -> None:
    """Draw one or two curves as PNG of 1140 x 1050 pixels.

    Parameters
    ----------
    by
        What people are put in order by: ``zones``.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.115, 0.10, 0.845, 0.73))
    axes.plot([0.0, 1.0], [0.0, 1.0], color=INK, linewidth=1.0, linestyle=(0, (1, 2)), zorder=2)
    axes.text(0.70, 0.715, "the same share left out everywhere", rotation=45, rotation_mode="anchor", transform_rotates_text=True,
              fontsize=8.5, color=INK, ha="center", va="bottom", path_effects=HALO)  # fmt: skip
    for (name, gini, curve), (colour, dashes) in zip(curves, _STYLES, strict=False):
        x, y = np.asarray(curve, np.float64).T
        axes.plot(x, y, color=colour, linewidth=2.2, linestyle=dashes, zorder=4, label=f"{name}: Gini {gini:.2f}")  # fmt: skip
        if x.size <= 60:
            axes.plot(x, y, ".", color=colour, markersize=5, zorder=4)
    first_x, first_y = np.asarray(curves[0][2], np.float64).T
    axes.fill_between(first_x, first_y, first_x, color=ORANGE, alpha=0.10, linewidth=0.0, zorder=1)
    _dress(axes, by)
    style: dict[str, Any] = {"color": INK, "parse_math": False, "va": "center"}
    figure.text(0.115, 0.93, textwrap.shorten(title, 62, placeholder="…"), fontsize=14, fontweight="bold", **style)  # fmt: skip
    worst = worst_share(curves[0][2], 0.2)
    about = f"The fifth of the people who live in the worst {by} holds {worst:.0%} of those left out".replace("%", " %")  # fmt: skip
    figure.text(0.115, 0.883, about, fontsize=9.5, **style)
    if notice:
        figure.text(0.115, 0.975, notice.upper(), fontsize=9, fontweight="bold", color="#8c1c13", va="center", parse_math=False)  # fmt: skip
    axes.legend(loc="upper left", frameon=False, fontsize=9.5, labelcolor=INK, handlelength=2.6)
    write_png(canvas, path, title, notice)


def _dress(axes: Axes, by: str) -> None:
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    axes.set_aspect("auto")
    axes.set_xlabel(f"Share of people, {by} with the smallest share left out first", color=INK)
    axes.set_ylabel("Share of those left out", color=INK)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(color="#dfe5ea", linewidth=0.7, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=8.5)
