"""A map of the plan: people whom no channel reaches now, and where its measures stand."""

from __future__ import annotations

import textwrap
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from pyproj import Transformer

from ew4all.grid import Block
from ew4all.planning.measures import KINDS
from ew4all.report.drawing import write_png
from ew4all.report.furniture import draw_graticule, draw_north_arrow, draw_scale_bar
from ew4all.report.measure_colours import COLOURS, MARKS
from ew4all.report.palette import INK, PEOPLE, SEA, UNCOVERED, ZONE
from ew4all.report.rounding import people_text
from ew4all.report.view import extent_of, north_up, pixels_of

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from ew4all.measure_results import MeasurePlan
    from ew4all.plan_problem import Problem
    from ew4all.units import F64

__all__ = ["draw_measures"]

_DPI: Final = 150
_SIZE_IN: Final = (10.8, 8.0)
_BOX: Final = (0.048, 0.075, 0.672, 0.80)


def draw_measures(
    path: Path, problem: Problem, plan: MeasurePlan, notice: str | None = None, attribution: str | None = None
) -> None:  # fmt: skip
    """Draw the map as PNG of 1620 x 1200 pixels.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    cells = problem.cells
    grid = cells.grid
    row, col = cells.flat // grid.width, cells.flat % grid.width
    window = Block(int(row.min()), int(row.max()) + 1, int(col.min()), int(col.max()) + 1)
    factor, shape = pixels_of(window)
    at = (row - window.row0) // factor, (col - window.col0) // factor
    people, left = np.zeros(shape), np.zeros(shape)
    np.add.at(people, at, cells.people)
    np.add.at(left, at, cells.people * cells.unreached)
    extent = extent_of(grid, window, factor, shape)
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(_BOX, facecolor=SEA)
    view = _view(extent)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        axes.set_aspect("auto")
        west, south, east, north = extent
        box = (west, east, south, north)
        # A town that a coarse list puts into one cell must not make everybody else invisible.
        high = float(np.quantile(left[left > 0.0], 0.995)) if (left > 0.0).any() else 1.0
        norm = LogNorm(high / 1000.0, high)
        inhabited = np.ma.masked_where(people <= 0.0, np.full(shape, 0.06))
        axes.imshow(north_up(grid, inhabited), extent=box, cmap=PEOPLE, vmin=0.0, vmax=1.0, interpolation="nearest", zorder=1)  # fmt: skip
        shown = np.ma.masked_where(left < high / 1000.0, left)
        image = axes.imshow(north_up(grid, shown), extent=box, cmap=UNCOVERED, norm=norm, interpolation="nearest", zorder=2)  # fmt: skip
        for outline in problem.opened.study.zone_shapes:
            if outline is not None:
                for part in shapely.get_parts(outline):
                    x, y = shapely.get_coordinates(part.exterior).T
                    axes.plot(x, y, color=ZONE, linewidth=0.7, zorder=3)
        _marks(axes, problem, plan)
        axes.set_xlim(view[0], view[2])
        axes.set_ylim(view[1], view[3])
        axes.set_xticks([])
        axes.set_yticks([])
        draw_graticule(axes, grid.crs, view)
        draw_scale_bar(axes, grid.crs, view)
        draw_north_arrow(axes, grid.crs, view)
        _words(figure, plan, notice, attribution)
        bar = figure.add_axes((0.745, 0.14, 0.22, 0.018))
        figure.colorbar(image, cax=bar, orientation="horizontal", extend="max")
        bar.tick_params(labelsize=7.5, colors=INK)
        figure.text(0.745, 0.168, "People a pixel whom no channel reaches now", fontsize=8, color=INK)  # fmt: skip
        _legend(figure, plan)
        write_png(canvas, path, plan.title or "Measures", notice)


def _view(extent: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Return the extent with a margin, in the shape of the box."""
    west, south, east, north = extent
    wide, high = 1.08 * (east - west), 1.08 * (north - south)
    shape = (_BOX[2] * _SIZE_IN[0]) / (_BOX[3] * _SIZE_IN[1])
    wide, high = max(wide, high * shape), max(high, wide / shape)
    x, y = 0.5 * (west + east), 0.5 * (south + north)
    return x - 0.5 * wide, y - 0.5 * high, x + 0.5 * wide, y + 0.5 * high


def _marks(axes: Axes, problem: Problem, plan: MeasurePlan) -> None:
    transformer = Transformer.from_crs(4326, problem.cells.grid.crs, always_xy=True)

    def places(rows: Any, kind: str) -> tuple[F64, F64]:
        mine = [r.measure for r in rows if r.measure.kind == kind and np.isfinite(r.measure.lon_deg)]  # fmt: skip
        x, y = transformer.transform([m.lon_deg for m in mine], [m.lat_deg for m in mine])
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    for kind in KINDS:
        x, y = places((*plan.others, *plan.unpriced), kind)
        axes.plot(x, y, MARKS[kind], color="none", markeredgecolor=ZONE, markersize=3.5, markeredgewidth=0.5, zorder=4)  # fmt: skip
    for kind in KINDS:
        x, y = places(plan.chosen, kind)
        axes.plot(x, y, MARKS[kind], color=COLOURS[kind], markeredgecolor="white", markersize=9, markeredgewidth=1.0, zorder=6)  # fmt: skip


def _words(figure: Figure, plan: MeasurePlan, notice: str | None, attribution: str | None) -> None:
    style: dict[str, Any] = {"color": INK, "parse_math": False}
    title = textwrap.shorten(plan.title or "Measures", 70, placeholder="…")
    figure.text(0.048, 0.935, title, fontsize=15, fontweight="bold", va="center", **style)
    about = f"The best measures for {plan.budget:,.0f} {plan.currency}: {people_text(plan.reached)} people newly reached"
    figure.text(0.048, 0.895, about, fontsize=10, va="center", **style)
    if notice:
        figure.text(0.048, 0.975, notice.upper(), fontsize=9, fontweight="bold", color="#8c1c13", va="center")  # fmt: skip
    if plan.caution:
        caution = textwrap.fill(f"Caution: {plan.caution}.", 118)
        figure.text(0.048, 0.048, caution, fontsize=7, va="top", color="#8c1c13", parse_math=False)
    if attribution:
        figure.text(0.048, 0.006, attribution, fontsize=7, **style)


def _legend(figure: Figure, plan: MeasurePlan) -> None:
    style: dict[str, Any] = {"color": INK, "parse_math": False}
    figure.text(0.745, 0.855, "Chosen", fontsize=11, fontweight="bold", **style)
    axes = figure.add_axes((0.74, 0.22, 0.25, 0.62))
    axes.set_axis_off()
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    y = 0.97
    for kind in KINDS:
        rows = [r for r in plan.chosen if r.measure.kind == kind]
        if not rows:
            continue
        axes.plot(0.03, y, MARKS[kind], color=COLOURS[kind], markeredgecolor="white", markersize=9)
        axes.text(0.09, y, f"{len(rows)} x {KINDS[kind].label}", fontsize=9, va="center", **style)
        added = sum(r.added or 0.0 for r in rows)
        axes.text(0.09, y - 0.034, f"{people_text(added)} people", fontsize=8, va="center", **style)
        y -= 0.078
    axes.text(0.0, y - 0.01, "small, hollow: proposed, not chosen", fontsize=8, va="center", **style)  # fmt: skip
