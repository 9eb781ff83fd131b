"""The map of a change: where people have gained a signal and where they have lost it."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch, Rectangle

from ew4all.report.change_view import GAINED, LOST, PALE, UNTOLD, painted, scale_of
from ew4all.report.drawing import HALO, outline_of, write_png
from ew4all.report.furniture import draw_graticule, draw_north_arrow, draw_scale_bar
from ew4all.report.palette import BLUE, INK, ORANGE, SEA, ZONE
from ew4all.report.rounding import people_text, share_text

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from ew4all.change_results import Between, Change
    from ew4all.change_study import CellChange
    from ew4all.report.change_view import ChangeView
    from ew4all.units import F64

__all__ = ["change_words", "draw_change_map", "lived_in"]

_DPI = 150
_SIZE_IN = (10.8, 8.0)
_BOX = (0.062, 0.075, 0.658, 0.80)
_LEFT = 0.742
_MOST_NAMES = 20
_MARGIN = 0.05

Box = tuple[float, float, float, float]


def change_words(name: str, between: Between) -> str:
    """Return what happened between two dates in a sentence."""
    flow = between.total
    what = "a signal" if name == "any" else f"a {name.upper()} signal"
    said = (
        f"From {between.before} to {between.after}, {people_text(flow.lost)} people lost {what} and {people_text(flow.gained)} gained "
        f"one: {people_text(flow.covered_after)} have it, {people_text(flow.covered_before)} had it before."
    )
    if flow.unknown > 0.5:
        said += f" Of {people_text(flow.unknown)} people one of the dates tells nothing."
    return said


def draw_change_map(
    path: Path, view: ChangeView, result: Change, notice: str | None, attribution: str | None
) -> None:
    """Draw the map as PNG of 1620 x 1200 pixels.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    study = view.study
    crs = study.grid.crs
    pixels = view.north_up()
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(_BOX, facecolor=SEA)
    axes.set_aspect("auto")
    west, south, east, north = view.extent
    axes.imshow(
        painted(pixels, scale_of(pixels)), extent=(west, east, south, north), origin="upper", aspect="auto",
        interpolation="nearest", zorder=1,
    )  # fmt: skip
    box = _paper(lived_in(pixels.people, view.extent), is_degrees=study.grid.is_geographic)
    _draw_zones(axes, view, box, canvas)
    draw_graticule(axes, crs, box)
    draw_scale_bar(axes, crs, box)
    draw_north_arrow(axes, crs, box)
    _draw_panel(figure, result, pixels, notice, attribution)
    write_png(canvas, path, result.title or "Change of coverage", notice)


def lived_in(people: F64, extent: Box) -> Box:
    """Return the box around the pixels with people, with a margin; the whole extent where nobody lives."""
    west, south, east, north = extent
    down, across = np.flatnonzero(people.any(axis=1)), np.flatnonzero(people.any(axis=0))
    if not down.size:
        return extent
    rows, cols = people.shape
    dx, dy = (east - west) / cols, (north - south) / rows
    box = (
        west + across[0] * dx,
        north - (down[-1] + 1) * dy,
        west + (across[-1] + 1) * dx,
        north - down[0] * dy,
    )
    mx, my = _MARGIN * (box[2] - box[0]), _MARGIN * (box[3] - box[1])
    return box[0] - mx, box[1] - my, box[2] + mx, box[3] + my


def _paper(box: Box, *, is_degrees: bool) -> Box:
    """Return a box around another one, in the shape of the map on paper."""
    west, south, east, north = box
    x, y, wide, high = (west + east) / 2, (south + north) / 2, east - west, north - south
    squeeze = max(math.cos(math.radians(min(abs(y), 89.0))), 0.05) if is_degrees else 1.0
    paper = (_BOX[2] * _SIZE_IN[0]) / (_BOX[3] * _SIZE_IN[1])
    wide, high = max(wide, high * paper / squeeze), max(high, wide * squeeze / paper)
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _draw_zones(axes: Axes, view: ChangeView, box: Box, canvas: FigureCanvasAgg) -> None:
    zones = view.study.zones
    if zones is None:
        return
    frame, detail = shapely.box(*box), (box[2] - box[0]) / 3000.0
    seen = []
    for name, shape in zip(zones.names, view.study.zone_shapes, strict=True):
        if shape is None or not shapely.intersects(shape, frame):
            continue
        outline = outline_of(shapely.make_valid(shape).simplify(detail))
        if outline is not None:
            axes.add_patch(PathPatch(outline, facecolor="none", edgecolor=ZONE, linewidth=0.6, zorder=2))  # fmt: skip
            seen.append((name, shapely.intersection(shapely.make_valid(shape), frame)))
    axes.set_xlim(box[0], box[2])
    axes.set_ylim(box[1], box[3])
    if len(seen) > _MOST_NAMES:
        return
    taken: list[Any] = []
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    for name, shape in sorted(seen, key=lambda one: -one[1].area):
        part = max(shapely.get_parts(shape), key=lambda p: p.area)
        at = shapely.point_on_surface(part)
        words = textwrap.fill(textwrap.shorten(name, 44, placeholder="…"), 22)
        text = axes.text(
            at.x, at.y, words, fontsize=8, color=INK, ha="center", va="center", zorder=6, path_effects=HALO,
            parse_math=False, clip_on=True,
        )  # fmt: skip
        extent = text.get_window_extent(renderer).padded(2.0)
        if any(extent.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(extent)


def _draw_panel(
    figure: Figure, result: Change, pixels: CellChange, notice: str | None, attribution: str | None
) -> None:
    series, flow = result.main, result.main.whole.total
    style: dict[str, Any] = {"color": INK, "va": "center", "parse_math": False}
    title = textwrap.shorten(
        result.title or "Who has gained and who has lost a signal", 100, placeholder="…"
    )
    size = min(16.0, 16.0 * 72.0 / max(len(title), 1))
    figure.text(0.062, 0.932, title, fontsize=size, fontweight="bold", **style)
    what = "any technology" if series.name == "any" else series.name.upper()
    about = f"Mobile signal of {what}: {series.whole.before} against {series.whole.after}"
    figure.text(0.062, 0.896, about, fontsize=10.5, **style)
    if notice:
        figure.add_artist(
            Rectangle((0.0, 0.968), 1.0, 0.032, facecolor="#8c1c13", edgecolor="none")
        )
        figure.text(0.5, 0.9835, notice.upper(), ha="center", fontsize=10, fontweight="bold", color="white", va="center", parse_math=False)  # fmt: skip
    y = 0.85
    for people, text, colour in (
        (flow.lost, "people lost their signal", ORANGE),
        (flow.gained, "people gained a signal", BLUE),
        (flow.covered_after, f"have one now: {share_text(flow.covered_after, flow.known)}", INK),
        (flow.covered_before, f"had one before: {share_text(flow.covered_before, flow.known)}", INK),
        (flow.uncovered, f"had none at either date: {share_text(flow.uncovered, flow.known)}", INK),
        (flow.unknown, "of whom one of the dates tells nothing", "#6f6558"),
    ):  # fmt: skip
        figure.text(_LEFT, y, people_text(people), fontsize=17, fontweight="bold", color=colour, va="center")  # fmt: skip
        figure.text(_LEFT, y - 0.031, text, fontsize=8.5, **style)
        y -= 0.08
    norm = scale_of(pixels)
    low, high = float(norm.vmin or 1.0), float(norm.vmax or 1.0)
    keys = [
        Patch(facecolor=LOST(0.15), label=f"lost, {low:,g} people a pixel"),
        Patch(facecolor=LOST(0.95), label=f"lost, {high:,g} and more"),
        Patch(facecolor=GAINED(0.1), label=f"gained, {low:,g} people a pixel"),
        Patch(facecolor=GAINED(0.95), label=f"gained, {high:,g} and more"),
        Patch(facecolor=PALE, label="people without a change"),
        Patch(facecolor=UNTOLD, label="people of whom nothing is known"),
    ]
    figure.legend(
        handles=keys, loc="upper left", bbox_to_anchor=(_LEFT, y + 0.02), frameon=False, fontsize=8.5, handlelength=2.2,
        labelspacing=0.7, labelcolor=INK, borderaxespad=0.0, borderpad=0.0,
    )  # fmt: skip
    foot = "; ".join(t for t in (attribution, "Boundaries shown imply no endorsement.") if t)
    figure.text(0.062, 0.03, "\n".join(textwrap.wrap(foot, 190)[:2]), fontsize=7, color="#56646f", va="center", parse_math=False)  # fmt: skip
