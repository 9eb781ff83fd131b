"""The map of a result: people, the hazard, the warning area, and the people whom no signal reaches."""

from __future__ import annotations

import math
import textwrap
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from ew4all.errors import GridMismatchError
from ew4all.report.drawing import HALO, LINE_HALO, outline_of, write_png
from ew4all.report.furniture import (
    draw_graticule,
    draw_north_arrow,
    draw_scale_bar,
    nice,
    pixel_m,
)
from ew4all.report.palette import HAZARD, INK, PEOPLE, SEA, UNCOVERED, ZONE
from ew4all.report.panel import draw_headings, draw_panel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

    from ew4all.results import PeopleCount

__all__ = ["MAP_PIXELS", "MapLayers", "draw_map", "focus", "paint_people"]

MAP_PIXELS = 1000
"""Rows and columns beyond which a finer grid of people is no longer visible."""

Box = tuple[float, float, float, float]

_DPI = 150
_SIZE_IN = (1620 / _DPI, 1200 / _DPI)
_MAP_BOX = (0.048, 0.075, 0.672, 0.80)  # left, bottom, width, height as shares of the figure
_MARGIN = 0.06
_MOST_NAMES = 20


@dataclass(frozen=True)
class MapLayers:
    """What is drawn.

    Parameters
    ----------
    people
        People per cell, shape (rows, columns), first row in the north; 0 or NaN where nobody lives.
    uncovered
        People per cell in the warning area without a signal, same shape; None without coverage layers.
    extent
        West, south, east, north of these arrays, in the units of `crs`.
    crs
        Coordinate reference system of `extent` and of every shape.
    counts
        The numbers beside the map.
    title
        Heading.
    hazard, area
        Footprint and warning area; None where not given.
    zones
        Names and shapes; a line break in a name is one on the map.
    notice
        Words that must not be overlooked, for instance that the data are not real.
    attribution
        Whose data they are.
    about
        Line below the heading; by default what a map of coverage shows.
    by_count
        Colour by how many people are uncovered, in the place of by which share of them.
    panel
        What writes numbers and legend beside the map; by default those of a map of coverage.
    paint
        What colours the ground below the lines and names; by default people, see `by_count`.
    """

    people: NDArray[Any]
    uncovered: NDArray[Any] | None
    extent: Box
    crs: CRS
    counts: PeopleCount
    title: str
    hazard: BaseGeometry | None = None
    area: BaseGeometry | None = None
    zones: Sequence[tuple[str, BaseGeometry]] = ()
    notice: str | None = None
    attribution: str | None = None
    about: str | None = None
    by_count: bool = False
    panel: Callable[[Figure, MapLayers, LogNorm, float], None] | None = None
    paint: Callable[[Axes, MapLayers, LogNorm], None] | None = None


def focus(extent: Box, area: BaseGeometry | None, hazard: BaseGeometry | None) -> Box:
    """Return the part of a raster's extent that a map should show.

    The warning area, and as much of the hazard as does not make it small: at most half of the area's size on each side.

    Parameters
    ----------
    extent
        West, south, east, north of the raster.
    area, hazard
        Shapes in the same units; without any the whole extent is shown.
    """
    boxes = [g.bounds for g in (area, hazard) if g is not None and not g.is_empty]
    if not boxes:
        return extent
    box = boxes[0]
    if len(boxes) == 2:
        reach = _grown(box, 0.5)
        hit = _common(boxes[1], reach)
        if hit is not None:
            box = (
                min(box[0], hit[0]),
                min(box[1], hit[1]),
                max(box[2], hit[2]),
                max(box[3], hit[3]),
            )
    return _common(_grown(box, _MARGIN), extent) or extent


def draw_map(path: Path, layers: MapLayers) -> None:
    """Draw a map as PNG of 1620 x 1200 pixels.

    The view is the focus of the layers' extent, trimmed where an area reaches far over the open sea.

    Raises
    ------
    GridMismatchError
        `people` and `uncovered` differ in shape.
    WriteError
        The file cannot be written.
    """
    if layers.uncovered is not None and layers.uncovered.shape != layers.people.shape:
        msg = f"people have shape {layers.people.shape}, uncovered people {layers.uncovered.shape}"
        raise GridMismatchError(msg)
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(_MAP_BOX, facecolor=SEA)
    view = _view(layers)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        axes.set_aspect("auto")  # the view already has the shape of the box
        norm = scale_of(layers.uncovered if layers.by_count else layers.people, layers.extent, view)
        (layers.paint or paint_people)(axes, layers, norm)
        _draw_shapes(axes, layers, view)
        draw_graticule(axes, layers.crs, view)
        draw_scale_bar(axes, layers.crs, view)
        draw_north_arrow(axes, layers.crs, view)
        _draw_names(axes, layers, view, canvas)
        draw_headings(figure, layers)
        west, south, east, north = layers.extent
        rows, cols = layers.people.shape
        pixel = pixel_m(layers.crs, view, (east - west) / cols, (north - south) / rows)
        (layers.panel or draw_panel)(figure, layers, norm, pixel)
        write_png(canvas, path, layers.title, layers.notice or layers.title)


def _grown(box: Box, share: float) -> Box:
    dx, dy = (box[2] - box[0]) * share, (box[3] - box[1]) * share
    return box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy


def _common(a: Box, b: Box) -> Box | None:
    west, south, east, north = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    return (west, south, east, north) if west < east and south < north else None


def _view(layers: MapLayers) -> Box:
    """Return the window of the map, in the shape of its box on paper."""
    box = focus(layers.extent, layers.area, layers.hazard)
    lived = _lived_in(layers, box)
    if lived is not None:
        side = 0.6 * max(lived[2] - lived[0], lived[3] - lived[1])
        box = (
            _common(box, (lived[0] - side, lived[1] - side, lived[2] + side, lived[3] + side))
            or box
        )
    west, south, east, north = box
    x, y, wide, high = (west + east) / 2, (south + north) / 2, east - west, north - south
    # A degree of longitude is shorter than one of latitude; projected units are alike.
    squeeze = (
        max(math.cos(math.radians(min(abs(y), 89.0))), 0.05) if layers.crs.is_geographic else 1.0
    )
    paper = (_MAP_BOX[2] * _SIZE_IN[0]) / (_MAP_BOX[3] * _SIZE_IN[1])
    wide, high = max(wide, high * paper / squeeze), max(high, wide * squeeze / paper)
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _lived_in(layers: MapLayers, box: Box) -> Box | None:
    rows, cols = layers.people.shape
    west, south, east, north = layers.extent
    x = west + (np.arange(cols) + 0.5) * (east - west) / cols
    y = north - (np.arange(rows) + 0.5) * (north - south) / rows
    inside = ((y >= box[1]) & (y <= box[3]))[:, None] & ((x >= box[0]) & (x <= box[2]))
    people = inside & (np.nan_to_num(layers.people) > 0.0)
    if not people.any():
        return None
    down, across = np.flatnonzero(people.any(axis=1)), np.flatnonzero(people.any(axis=0))
    dx, dy = (east - west) / cols, (north - south) / rows
    return x[across[0]] - dx, y[down[-1]] - dy, x[across[-1]] + dx, y[down[0]] + dy


def scale_of(counts: NDArray[Any] | None, extent: Box, view: Box) -> LogNorm:
    """Logarithmic scale over the people in view, between round numbers."""
    if counts is None:
        return LogNorm(1.0, 100.0, clip=True)
    rows, cols = counts.shape
    west, south, east, north = extent
    row = np.clip((north - np.array([view[3], view[1]])) / (north - south) * rows, 0, rows).astype(
        int
    )
    col = np.clip((np.array([view[0], view[2]]) - west) / (east - west) * cols, 0, cols).astype(int)
    seen = np.nan_to_num(counts[row[0] : row[1] + 1, col[0] : col[1] + 1])
    seen = seen[seen > 0.0]
    if seen.size == 0:
        return LogNorm(1.0, 100.0, clip=True)
    top = 2.0 * nice(float(np.quantile(seen, 0.998)))
    bottom = nice(max(float(np.quantile(seen, 0.1)), top / 2000.0))
    return LogNorm(min(bottom, top / 20.0), top, clip=True)


def paint_people(axes: Axes, layers: MapLayers, norm: LogNorm) -> None:
    """Colour the cells where people live: by who is uncovered, as a share or as a count."""
    (_draw_counts if layers.by_count else _draw_people)(axes, layers, norm)


def _draw_people(axes: Axes, layers: MapLayers, norm: LogNorm) -> None:
    """Blue for people, orange where they are not covered, mixed where a cell holds both."""
    people = np.nan_to_num(layers.people).astype(np.float64)
    # Bytes: matplotlib copies its pictures, and a map of floats takes 70 MB more.
    picture = np.zeros((*people.shape, 4), np.uint8)
    lived = people > 0.0
    picture[lived] = PEOPLE(norm(people[lived]), bytes=True)
    if layers.uncovered is not None:
        missed = np.nan_to_num(layers.uncovered).astype(np.float64)
        share = np.clip(np.divide(missed, people, out=np.zeros_like(people), where=lived), 0.0, 1.0)
        some = lived & (share > 0.02)
        weight = share[some].astype(np.float32)[:, None]
        missed_colour = UNCOVERED(norm(people[some]), bytes=True)
        picture[some] = np.rint((1.0 - weight) * picture[some] + weight * missed_colour)
    west, south, east, north = layers.extent
    axes.imshow(
        picture, extent=(west, east, south, north), origin="upper", aspect="auto",
        interpolation="nearest" if max(people.shape) < MAP_PIXELS else "auto", zorder=1,
    )  # fmt: skip


def _draw_counts(axes: Axes, layers: MapLayers, norm: LogNorm) -> None:
    """Pale where people live, orange by how many are missed; fewer than the scale begins with are left pale."""
    people = np.nan_to_num(layers.people).astype(np.float64)
    picture = np.zeros((*people.shape, 4), np.uint8)
    picture[people > 0.0] = PEOPLE(0.0, bytes=True)
    if layers.uncovered is not None:
        missed = np.nan_to_num(layers.uncovered).astype(np.float64)
        some = missed >= float(norm.vmin or 0.0)
        picture[some] = UNCOVERED(norm(missed[some]), bytes=True)
    west, south, east, north = layers.extent
    axes.imshow(
        picture, extent=(west, east, south, north), origin="upper", aspect="auto",
        interpolation="nearest" if max(people.shape) < MAP_PIXELS else "auto", zorder=1,
    )  # fmt: skip


def _draw_shapes(axes: Axes, layers: MapLayers, view: Box) -> None:
    # Cut a little beyond the view, so that the cuts themselves are not drawn.
    frame = shapely.box(*_grown(view, 0.05))
    visible = shapely.box(*view)
    detail = (view[2] - view[0]) / 3000.0

    def shown(shape: BaseGeometry) -> PathPatch | None:
        outline = outline_of(
            shapely.intersection(shapely.make_valid(shape), frame).simplify(detail)
        )
        return PathPatch(outline) if outline is not None else None

    for _, zone in layers.zones:
        if shapely.intersects(zone, visible) and (patch := shown(zone)):
            patch.set(facecolor="none", edgecolor=ZONE, linewidth=0.6, zorder=2)
            axes.add_patch(patch)
    if layers.area is not None:
        beyond = outline_of(
            shapely.difference(frame, shapely.make_valid(layers.area)).simplify(detail)
        )
        if beyond is not None:
            axes.add_patch(
                PathPatch(beyond, facecolor="white", edgecolor="none", alpha=0.5, zorder=2.5)
            )
    if layers.hazard is not None and (patch := shown(layers.hazard)):
        patch.set(
            facecolor="none", edgecolor=HAZARD, linewidth=1.4, linestyle=(0, (6, 2)), zorder=3
        )
        axes.add_patch(patch)
        hatched = PathPatch(patch.get_path())
        hatched.set(
            facecolor="none", edgecolor=HAZARD, linewidth=0.0, hatch="//", alpha=0.3, zorder=2.8
        )
        hatched.set_hatch_linewidth(0.6)
        axes.add_patch(hatched)
    if layers.area is not None and (patch := shown(layers.area)):
        patch.set(facecolor="none", edgecolor="black", linewidth=2.2, joinstyle="round", zorder=4)
        patch.set_path_effects(LINE_HALO)
        axes.add_patch(patch)


def _draw_names(axes: Axes, layers: MapLayers, view: Box, canvas: FigureCanvasAgg) -> None:
    """Write zone names where there are few, largest first, none over another."""
    window = shapely.box(*view)
    seen = [
        (name, shapely.intersection(shapely.make_valid(zone), window))
        for name, zone in layers.zones
    ]
    seen = [(name, shape) for name, shape in seen if shape.area > 0.0]
    if not 0 < len(seen) <= _MOST_NAMES:
        return
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    to_paper = axes.transData.transform
    shapes = [shapely.transform(shape, to_paper) for _, shape in seen]
    taken: list[Any] = []
    for k in sorted(range(len(seen)), key=lambda k: -shapes[k].area):
        lines = [textwrap.shorten(line, 44, placeholder="…") for line in seen[k][0].split("\n")]
        text = axes.text(
            0.0, 0.0, "\n".join(textwrap.fill(line, 22) for line in lines), fontsize=8, color=INK,
            zorder=6, path_effects=HALO, parse_math=False, clip_on=True, linespacing=1.15, transform=None,
        )  # fmt: skip
        part = max(shapely.get_parts(shapes[k]), key=lambda p: p.area)
        middle = shapely.point_on_surface(part)
        left, bottom, right, top = part.bounds
        wide = text.get_window_extent(renderer).width
        places = [(middle.x, middle.y, "center", "center")]
        if wide > 1.3 * (right - left):
            places = [
                (right + 6.0, middle.y, "left", "center"),
                (left - 6.0, middle.y, "right", "center"),
                (middle.x, top + 6.0, "center", "bottom"),
                (middle.x, bottom - 6.0, "center", "top"),
                *places,
            ]
        others = shapely.union_all([shape for j, shape in enumerate(shapes) if j != k])
        for x, y, ha, va in places:
            text.set(position=(x, y), ha=ha, va=va)
            box = text.get_window_extent(renderer).padded(2.0)
            # Beside its own zone a name must not lie in another, whose name it would seem to be.
            astray = ha + va != "centercenter" and others.intersects(shapely.box(*box.extents))
            inside = box.x0 > axes.bbox.x0 and box.x1 < axes.bbox.x1
            inside = inside and box.y0 > axes.bbox.y0 and box.y1 < axes.bbox.y1
            if inside and not astray and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
        else:
            text.remove()
