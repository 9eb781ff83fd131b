"""Maps of a network: the level of a signal in classes of dBm, and which cell serves best where."""

from __future__ import annotations

import math
import textwrap
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch

from ew4all.report.drawing import HALO, outline_of, write_png
from ew4all.report.furniture import draw_graticule, draw_north_arrow, draw_scale_bar
from ew4all.report.palette import INK, ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

    from ew4all.units import F32, F64, I32

__all__ = ["NetworkLayers", "SiteMarks", "draw_levels", "draw_servers", "level_classes"]

Box = tuple[float, float, float, float]

_DPI = 150
_SIZE_IN = (1620 / _DPI, 1200 / _DPI)
_MAP_BOX = (0.048, 0.075, 0.672, 0.80)
_LEFT = 0.742
_NOTHING: Final = "#e4e4e4"

# Dark blue to yellow, told apart by everybody and in print; what lies below the level of service is orange to grey.
_ABOVE: Final = ("#fde725", "#a0da39", "#4ac16d", "#1fa187", "#277f8e", "#365c8d", "#46327e")
_BELOW: Final = ("#d98c5f", "#e8c3ab")
# Hues that the eye tells apart in pairs; a cell's colour says nothing but which cell it is.
_SERVERS: Final = (
    "#a6cee3", "#1f78b4", "#b2df8a", "#33a02c", "#fb9a99", "#e31a1c", "#fdbf6f", "#ff7f00", "#cab2d6", "#6a3d9a",
    "#ffff99", "#b15928", "#66c2a5", "#8da0cb", "#e78ac3",
)  # fmt: skip
_MOST_NAMES = 24
_MOST_MARKS = 4000


@dataclass(frozen=True)
class SiteMarks:
    """Sites to mark: places in the map's CRS, and the directions of their sectors (clockwise from north), NaN for none."""

    x: F64
    y: F64
    azimuth_deg: F64
    tick: float


@dataclass(frozen=True)
class NetworkLayers:
    """What is drawn.

    Parameters
    ----------
    level_dbm, server
        Shape (rows, columns), first row in the north; NaN and -1 where no cell is considered.
    extent
        West, south, east, north of these arrays, in the units of `crs`.
    served_from_dbm
        Level at which half of the places outdoors are served.
    quantity
        What the level is, for instance RSRP in words.
    title
        Heading.
    facts
        Lines beside the map.
    """

    level_dbm: F32
    server: I32
    extent: Box
    crs: CRS
    served_from_dbm: float
    quantity: str
    title: str
    sites: SiteMarks
    facts: tuple[tuple[str, str], ...] = ()
    zones: Sequence[tuple[str, BaseGeometry]] = ()
    attribution: str | None = None


def level_classes(served_from_dbm: float) -> tuple[list[float], list[str]]:
    """Return the limits of the classes of a map, rising, and their colours, one more than limits.

    Steps of 10 dB from the level of service upward, and of 10 dB for two classes below it.
    """
    first = served_from_dbm
    limits = [first - 10.0, first, *(first + 10.0 * k for k in range(1, len(_ABOVE)))]
    return limits, [_BELOW[1], _BELOW[0], *reversed(_ABOVE)]


def draw_levels(path: Path, layers: NetworkLayers) -> None:
    """Draw the level of the best server as PNG of 1620 x 1200 pixels, in classes of dBm.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    limits, colours = level_classes(layers.served_from_dbm)
    table = np.array([to_rgba(c) for c in colours])
    picture = np.empty((*layers.level_dbm.shape, 4))
    known = np.isfinite(layers.level_dbm)
    picture[:] = to_rgba(_NOTHING)
    picture[known] = table[np.searchsorted(limits, layers.level_dbm[known], side="right")]
    entries = [(f"{limits[-1]:.0f} and more", colours[-1])]
    entries += [
        (f"{limits[k]:.0f} to {limits[k + 1]:.0f}", colours[k + 1])
        for k in range(len(limits) - 2, -1, -1)
    ]
    entries += [(f"below {limits[0]:.0f}", colours[0]), ("no cell considered", _NOTHING)]
    handles = [Patch(facecolor=c, edgecolor="#7d8790", linewidth=0.4, label=t) for t, c in entries]
    _draw(
        path, layers, picture, f"{layers.title}: level", "Level of the strongest cell, dBm", handles
    )


def draw_servers(path: Path, layers: NetworkLayers) -> None:
    """Draw which cell serves best where as PNG of 1620 x 1200 pixels; neighbours differ in colour.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    served = layers.level_dbm >= layers.served_from_dbm
    picture = np.empty((*layers.server.shape, 4))
    picture[:] = to_rgba(_NOTHING)
    known = layers.server >= 0
    colour = _colours_apart(layers.server)
    table = np.array([to_rgb(c) for c in _SERVERS])
    picture[known, :3] = table[colour[layers.server[known]]]
    faint = known & ~served
    picture[faint, :3] = 0.25 * picture[faint, :3] + 0.75 * np.array(to_rgb(_NOTHING))
    border = np.zeros(known.shape, np.bool_)
    border[:, 1:] |= layers.server[:, 1:] != layers.server[:, :-1]
    border[1:] |= layers.server[1:] != layers.server[:-1]
    picture[border & served, :3] = 0.35 * picture[border & served, :3] + 0.65
    shown = np.unique(layers.server[served]).size
    handles: list[Any] = [
        Patch(facecolor=_SERVERS[1], label=f"best server ({shown:,} cells)"),
        Patch(
            facecolor=tuple(
                0.25 * np.array(to_rgb(_SERVERS[1])) + 0.75 * np.array(to_rgb(_NOTHING))
            ),
            label=f"the same, below {layers.served_from_dbm:.0f} dBm",
        ),
        Patch(facecolor=_NOTHING, label="no cell considered"),
    ]
    _draw(path, layers, picture, f"{layers.title}: best server", "Which cell is strongest", handles)


def _colours_apart(server: I32) -> NDArray[np.int64]:
    """Return a colour for each cell, so that those which touch on the map differ where there are colours enough."""
    count = int(server.max(initial=-1)) + 1
    across = np.stack([server[:, 1:].ravel(), server[:, :-1].ravel()])
    down = np.stack([server[1:].ravel(), server[:-1].ravel()])
    pairs = np.concatenate([across, down], axis=1)
    pairs = pairs[:, (pairs[0] != pairs[1]) & (pairs.min(axis=0) >= 0)]
    pairs = np.unique(np.sort(pairs, axis=0), axis=1)
    beside: dict[int, list[int]] = {}
    for one, other in pairs.T.tolist():
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)
    colour = np.full(max(count, 1), -1, np.int64)
    for cell in np.unique(server[server >= 0]).tolist():
        taken = {int(colour[other]) for other in beside.get(cell, ())}
        wish = (cell * 7) % len(_SERVERS)
        order = [(wish + k) % len(_SERVERS) for k in range(len(_SERVERS))]
        colour[cell] = next((c for c in order if c not in taken), wish)
    colour[colour < 0] = 0
    return colour


def _draw(
    path: Path,
    layers: NetworkLayers,
    picture: F64,
    title: str,
    heading: str,
    handles: list[Any],
) -> None:
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(_MAP_BOX, facecolor="white")
    view = _view(layers)
    west, south, east, north = layers.extent
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        axes.set_aspect("auto")
        axes.imshow(
            picture, extent=(west, east, south, north), origin="upper", aspect="auto", interpolation="nearest",
            zorder=1,
        )  # fmt: skip
        _draw_zones(axes, layers, view)
        marks = _draw_sites(axes, layers)
        draw_graticule(axes, layers.crs, view)
        draw_scale_bar(axes, layers.crs, view)
        draw_north_arrow(axes, layers.crs, view)
        _write(figure, layers, title, heading, [*handles, *marks])
        write_png(canvas, path, title, layers.quantity)


def _view(layers: NetworkLayers) -> Box:
    west, south, east, north = layers.extent
    x, y = (west + east) / 2, (south + north) / 2
    wide, high = 1.04 * (east - west), 1.04 * (north - south)
    squeeze = (
        max(math.cos(math.radians(min(abs(y), 89.0))), 0.05) if layers.crs.is_geographic else 1.0
    )
    paper = (_MAP_BOX[2] * _SIZE_IN[0]) / (_MAP_BOX[3] * _SIZE_IN[1])
    wide, high = max(wide, high * paper / squeeze), max(high, wide * squeeze / paper)
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _draw_zones(axes: Axes, layers: NetworkLayers, view: Box) -> None:
    frame = shapely.box(*view)
    detail = (view[2] - view[0]) / 3000.0
    named = 0 < len(layers.zones) <= _MOST_NAMES
    for name, zone in layers.zones:
        shape = shapely.intersection(shapely.make_valid(zone), frame).simplify(detail)
        outline = outline_of(shape)
        if outline is None:
            continue
        axes.add_patch(
            PathPatch(
                outline, facecolor="none", edgecolor="white", linewidth=1.8, alpha=0.8, zorder=2
            )
        )
        axes.add_patch(
            PathPatch(outline, facecolor="none", edgecolor=ZONE, linewidth=0.8, zorder=2.1)
        )
        if named:
            middle = shapely.point_on_surface(shape)
            axes.text(
                middle.x, middle.y, textwrap.fill(textwrap.shorten(name, 44, placeholder="…"), 18), fontsize=7.5,
                color=INK, ha="center", va="center", zorder=6, path_effects=HALO, parse_math=False, clip_on=True,
            )  # fmt: skip


def _draw_sites(axes: Axes, layers: NetworkLayers) -> list[Any]:
    """Mark sites, with a tick towards each sector where there are few."""
    marks = layers.sites
    west, south, east, north = layers.extent
    seen = (marks.x >= west) & (marks.x <= east) & (marks.y >= south) & (marks.y <= north)
    places = np.unique(np.column_stack([marks.x[seen], marks.y[seen]]), axis=0)
    if not 0 < len(places) <= _MOST_MARKS:
        return []
    size = 3.4 if len(places) <= 300 else 1.6
    axes.plot(
        places[:, 0], places[:, 1], linestyle="none", marker="^", markersize=size, markerfacecolor="white",
        markeredgecolor=INK, markeredgewidth=0.5, zorder=4,
    )  # fmt: skip
    pointed = seen & np.isfinite(marks.azimuth_deg)
    if 0 < int(pointed.sum()) <= _MOST_MARKS and len(places) <= 800:
        angle = np.radians(marks.azimuth_deg[pointed])
        squeeze = math.cos(math.radians((south + north) / 2)) if layers.crs.is_geographic else 1.0
        x, y = marks.x[pointed], marks.y[pointed]
        ends = x + marks.tick * np.sin(angle) / squeeze, y + marks.tick * np.cos(angle)
        gaps = np.full(x.size, np.nan)
        axes.plot(
            np.column_stack([x, ends[0], gaps]).ravel(), np.column_stack([y, ends[1], gaps]).ravel(), color=INK,
            linewidth=0.5, zorder=3.9,
        )  # fmt: skip
    return [
        Line2D(
            [], [], linestyle="none", marker="^", markersize=5, markerfacecolor="white", markeredgecolor=INK,
            markeredgewidth=0.6, label=f"site ({len(places):,})",
        )
    ]  # fmt: skip


def _write(
    figure: Figure, layers: NetworkLayers, title: str, heading: str, handles: list[Any]
) -> None:
    short = textwrap.shorten(title, 110, placeholder="…")
    figure.text(
        0.048, 0.932, short, fontsize=min(17.0, 17.0 * 72.0 / max(len(short), 1)), fontweight="bold", color=INK,
        va="center", parse_math=False,
    )  # fmt: skip
    about = f"Modelled median outdoors, 1.5 m above ground: {layers.quantity}"
    figure.text(0.048, 0.896, about, fontsize=10.5, color=INK, va="center", parse_math=False)
    y = 0.86
    for number, words in layers.facts:
        figure.text(
            _LEFT,
            y,
            number,
            fontsize=15,
            fontweight="bold",
            color=INK,
            va="center",
            parse_math=False,
        )
        wrapped = textwrap.wrap(words, 38)
        figure.text(
            _LEFT,
            y - 0.024,
            "\n".join(wrapped),
            fontsize=8.5,
            color=INK,
            va="top",
            parse_math=False,
        )
        y -= 0.046 + 0.02 * len(wrapped)
    figure.text(_LEFT, y - 0.01, heading, fontsize=9.5, fontweight="bold", color=INK, va="center")
    legend = figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(_LEFT - 0.012, y - 0.02), frameon=False, fontsize=8.5,
        handlelength=1.8, handleheight=1.1, labelspacing=0.45,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_color(INK)
    foot = "; ".join(t for t in (layers.attribution, "Boundaries shown imply no endorsement.") if t)
    figure.text(
        0.048, 0.03, "\n".join(textwrap.wrap(foot, 190)[:2]), fontsize=7, color="#56646f", va="center",
        parse_math=False,
    )  # fmt: skip
