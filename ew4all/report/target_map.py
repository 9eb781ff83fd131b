"""The map of a choice of cells: people, the warning area, whom the choice disturbs and misses, and the sites addressed."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from pyproj import Transformer

from ew4all.coverage.targeting import TARGET_BLOCK
from ew4all.report.drawing import LINE_HALO, outline_of, write_png
from ew4all.report.furniture import draw_graticule, draw_north_arrow, draw_scale_bar, nice
from ew4all.report.map import MAP_PIXELS
from ew4all.report.palette import HAZARD, INK, PEOPLE, SEA, UNCOVERED
from ew4all.report.rounding import people_text, share_text
from ew4all.report.view import extent_of, gather, north_up, pixels_of

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from ew4all.grid import Block
    from ew4all.target_results import Target
    from ew4all.targets import TargetBlock, TargetStudy
    from ew4all.units import F64

__all__ = ["TargetMap", "draw_target_map"]

_DPI = 150
_SIZE_IN = (10.8, 8.0)
_BOX = (0.062, 0.075, 0.658, 0.80)
_LEFT = 0.742
_MARGIN = 0.25


@dataclass(frozen=True, eq=False)
class TargetMap:
    """People by pixel of a window, filled window by window: everybody, disturbed, and missed or unserved."""

    study: TargetStudy
    window: Block
    factor: int
    people: F64
    over_reach: F64
    missed: F64

    @classmethod
    def of(cls, study: TargetStudy) -> TargetMap:
        """Choose the window: the area and the sites that are addressed, with a margin."""
        grid, cells = study.grid, study.cells
        chosen = study.choice.cells
        x, y = Transformer.from_crs(4326, grid.crs, always_xy=True).transform(
            cells.lon_deg[chosen], cells.lat_deg[chosen]
        )
        west, south, east, north = study.area.bounds
        middle = (west + east) / 2.0
        if grid.is_geographic:
            x = middle + (np.asarray(x) - middle + 180.0) % 360.0 - 180.0
        side = max(east - west, north - south)
        # A site far away would make the area a dot.
        near = (np.abs(x - middle) < 3.0 * side) & (np.abs(y - (south + north) / 2.0) < 3.0 * side)
        x, y = np.append(x[near], [west, east]), np.append(y[near], [south, north])
        grown = _MARGIN * max(np.ptp(x), np.ptp(y)) / 2.0
        box = x.min() - grown, y.min() - grown, x.max() + grown, y.max() + grown
        window = grid.block_of_bounds(_paper(box, is_degrees=grid.is_geographic)) or grid.whole
        factor, shape = pixels_of(window)
        made = cls(study, window, factor, np.zeros(shape), np.zeros(shape), np.zeros(shape))
        for block in grid.blocks(*TARGET_BLOCK, within=window):
            people = np.nan_to_num(np.asarray(study.places.people(block), np.float64))
            gather(block, people, window, factor, made.people)
        return made

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the pixels."""
        return extent_of(self.study.grid, self.window, self.factor, self.people.shape)

    def add(self, found: TargetBlock) -> None:
        """Take what one window gave."""
        rest = found.missed + found.unserved
        gather(found.block, found.over_reach, self.window, self.factor, self.over_reach)
        gather(found.block, rest, self.window, self.factor, self.missed)


def draw_target_map(path: Path, view: TargetMap, target: Target, notice: str | None = None) -> None:
    """Draw the map as PNG of 1620 x 1200 pixels.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    study = view.study
    crs = study.grid.crs
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(_BOX, facecolor=SEA)
    axes.set_aspect("auto")
    box = _paper(view.extent, is_degrees=study.grid.is_geographic)
    _draw_pixels(axes, view)
    _draw_area(axes, study.area, box)
    _draw_sites(axes, study)
    draw_graticule(axes, crs, box)
    draw_scale_bar(axes, crs, box)
    draw_north_arrow(axes, crs, box)
    _draw_panel(figure, target, notice)
    write_png(canvas, path, target.title or "Cells to address")


def _paper(
    box: tuple[float, float, float, float], *, is_degrees: bool
) -> tuple[float, float, float, float]:
    """Return a box around another one, in the shape of the map on paper."""
    west, south, east, north = box
    x, y, wide, high = (west + east) / 2, (south + north) / 2, east - west, north - south
    squeeze = max(math.cos(math.radians(min(abs(y), 89.0))), 0.05) if is_degrees else 1.0
    paper = (_BOX[2] * _SIZE_IN[0]) / (_BOX[3] * _SIZE_IN[1])
    wide, high = max(wide, high * paper / squeeze), max(high, wide * squeeze / paper)
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _draw_pixels(axes: Axes, view: TargetMap) -> None:
    """Blue for people, orange where they are disturbed, purple where they are missed, mixed where a pixel holds both."""
    people = north_up(view.study.grid, view.people)
    picture = np.zeros((*people.shape, 4))
    lived = people > 0.0
    if lived.any():
        top = 2.0 * nice(float(np.quantile(people[lived], 0.998)))
        bottom = nice(max(float(np.quantile(people[lived], 0.1)), top / 2000.0))
        norm = LogNorm(min(bottom, top / 20.0), top, clip=True)
        picture[lived] = PEOPLE(norm(people[lived]))
        for counts, colour in ((view.over_reach, UNCOVERED), (view.missed, None)):
            part = north_up(view.study.grid, counts)
            share = np.divide(part, people, out=np.zeros_like(people), where=lived)
            share = np.clip(share, 0.0, 1.0)[lived][:, None]
            solid = (
                UNCOVERED(norm(people[lived]))
                if colour is not None
                else np.broadcast_to(_rgba(HAZARD), picture[lived].shape)
            )
            picture[lived] = (1.0 - share) * picture[lived] + share * solid
    west, south, east, north = view.extent
    axes.imshow(
        picture, extent=(west, east, south, north), origin="upper", aspect="auto",
        interpolation="nearest" if max(people.shape) < MAP_PIXELS else "auto", zorder=1,
    )  # fmt: skip


def _rgba(colour: str) -> F64:
    from matplotlib.colors import to_rgba

    return np.array(to_rgba(colour))


def _draw_area(axes: Axes, area: Any, box: tuple[float, float, float, float]) -> None:
    detail = (box[2] - box[0]) / 3000.0
    outline = outline_of(shapely.make_valid(area).simplify(detail))
    if outline is None:
        return
    patch = PathPatch(outline, facecolor="none", edgecolor="black", linewidth=2.2, joinstyle="round", zorder=4)  # fmt: skip
    patch.set_path_effects(LINE_HALO)
    axes.add_patch(patch)


def _draw_sites(axes: Axes, study: TargetStudy) -> None:
    cells, grid = study.cells, study.grid
    x, y = Transformer.from_crs(4326, grid.crs, always_xy=True).transform(
        cells.lon_deg, cells.lat_deg, errcheck=False
    )
    x, y = np.asarray(x), np.asarray(y)
    if grid.is_geographic:
        middle = (study.area.bounds[0] + study.area.bounds[2]) / 2.0
        x = middle + (x - middle + 180.0) % 360.0 - 180.0
    on = np.zeros(int(cells.site.max()) + 1, np.bool_)
    on[cells.site[study.choice.cells]] = True
    addressed = on[cells.site]
    axes.plot(
        x[~addressed], y[~addressed], "^", color="white", markeredgecolor="#7a8792", markersize=4, markeredgewidth=0.7,
        zorder=4.5,
    )  # fmt: skip
    axes.plot(
        x[addressed], y[addressed], "^", color=INK, markeredgecolor="white", markersize=6.5, markeredgewidth=0.7,
        zorder=5,
    )  # fmt: skip


def _draw_panel(figure: Figure, target: Target, notice: str | None) -> None:
    style: dict[str, Any] = {"color": INK, "va": "center", "parse_math": False}
    title = textwrap.shorten(target.title or "The cells to address", 90, placeholder="…")
    figure.text(0.062, 0.932, title, fontsize=16, fontweight="bold", **style)
    figure.text(0.062, 0.896, "Whom the addressed cells reach, miss and disturb", fontsize=10.5, **style)  # fmt: skip
    if notice:
        figure.text(0.062, 0.975, notice.upper(), fontsize=9, fontweight="bold", color="#8c1c13", va="center")  # fmt: skip
    out, whole = target.outcome, target.in_area_people
    y = 0.85
    for people, text, colour in (
        (whole, "people in the warning area", INK),
        (out.reached, f"on an addressed cell ({share_text(out.reached, whole)})", INK),
        (out.missed, f"missed: their cell is not addressed ({share_text(out.missed, whole)})", HAZARD),
        (out.unserved, f"have no cell at all ({share_text(out.unserved, whole)})", HAZARD),
        (out.over_reach, "over-reached: outside, on an addressed cell", "#c24a05"),
    ):  # fmt: skip
        figure.text(_LEFT, y, people_text(people), fontsize=17, fontweight="bold", color=colour, va="center")  # fmt: skip
        figure.text(_LEFT, y - 0.031, text, fontsize=8.5, **style)
        y -= 0.082
    if "geofence" in target.rule:
        words = f"{people_text(out.shown_over_reach)} of them are shown it: phones filter"
        figure.text(_LEFT, y + 0.028, words, fontsize=8.5, **style)
        y -= 0.012
    keys = [
        Patch(facecolor=PEOPLE(0.6), label="people"),
        Patch(facecolor=UNCOVERED(0.5), label="people over-reached"),
        Patch(facecolor=HAZARD, label="people missed, or without a cell"),
        Patch(facecolor="none", edgecolor="black", linewidth=2.2, label="warning area"),
        Line2D([], [], marker="^", linestyle="none", color=INK, markersize=7,
               label=f"site addressed ({out.cells:,} cells of {target.network_cells:,})"),
        Line2D([], [], marker="^", linestyle="none", color="white", markeredgecolor="#7a8792",
               markersize=5, label="site not addressed"),
    ]  # fmt: skip
    figure.legend(
        handles=keys, loc="upper left", bbox_to_anchor=(_LEFT, y), frameon=False, fontsize=8.5, handlelength=2.2,
        labelspacing=0.75, labelcolor=INK, borderaxespad=0.0, borderpad=0.0,
    )  # fmt: skip
    foot = "Colours deepen with people and mix where a pixel holds several. Boundaries shown imply no endorsement."
    figure.text(0.062, 0.03, foot, fontsize=7, color="#56646f", va="center")
