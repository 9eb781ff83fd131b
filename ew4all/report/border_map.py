"""The map of a border: where the best server stands at home, where abroad, and where nobody serves."""

from __future__ import annotations

import textwrap
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch, Rectangle
from pyproj import Transformer

from ew4all.report.drawing import LINE_HALO, outline_of, write_png
from ew4all.report.furniture import draw_graticule, draw_north_arrow, draw_scale_bar
from ew4all.report.palette import BLUE, INK, ORANGE
from ew4all.report.rounding import people_text, share_text

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from ew4all.feasibility_results import Border
    from ew4all.plan_border import BorderPicture
    from ew4all.units import F32, F64

__all__ = ["draw_border", "tinted"]

Box = tuple[float, float, float, float]

_DPI: Final = 150
_SIZE_IN: Final = (1620 / _DPI, 1200 / _DPI)
_MAP_BOX: Final = (0.048, 0.075, 0.672, 0.80)
_LEFT: Final = 0.742
_HOME: Final = (0x3D / 255, 0x78 / 255, 0xAB / 255)
_ABROAD: Final = (0xF0 / 255, 0x7F / 255, 0x1E / 255)
_MOST_MARKS: Final = 6000


def tinted(home: F32, abroad: F32) -> F64:
    """Return a picture, shape (rows, columns, 4): blue by the share served at home, orange by that served abroad.

    Where both serve the colours are mixed by their shares; where nobody does it is transparent.
    """
    home, abroad = np.nan_to_num(home), np.nan_to_num(abroad)
    served = home + abroad
    weight = np.divide(abroad, served, out=np.zeros_like(served), where=served > 0.0)[..., None]
    picture = np.zeros((*home.shape, 4))
    picture[..., :3] = (1.0 - weight) * np.array(_HOME) + weight * np.array(_ABROAD)
    picture[..., 3] = 0.9 * np.clip(served, 0.0, 1.0)
    return picture


def draw_border(
    path: Path,
    picture: BorderPicture,
    border: Border,
    title: str,
    *,
    notice: str | None = None,
    attribution: str | None = None,
) -> None:
    """Draw the map as PNG of 1620 x 1200 pixels.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(_MAP_BOX, facecolor="white")
    crs, view = picture.grid.crs, _view(picture)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        axes.set_aspect("auto")
        west, south, east, north = picture.extent
        axes.imshow(
            tinted(picture.home, picture.abroad), extent=(west, east, south, north), origin="upper", aspect="auto",
            interpolation="nearest", zorder=1,
        )  # fmt: skip
        _draw_country(axes, picture, view)
        _draw_sites(axes, picture, view)
        draw_graticule(axes, crs, view)
        draw_scale_bar(axes, crs, view)
        draw_north_arrow(axes, crs, view)
        _write(figure, border, title, notice, attribution)
        write_png(canvas, path, title, notice or title)


def _view(picture: BorderPicture) -> Box:
    """Return the window, in the shape of its box on paper: the country and a margin."""
    west, south, east, north = picture.country.bounds
    crs = picture.grid.crs
    squeeze = (
        max(float(np.cos(np.radians(min(abs(0.5 * (south + north)), 89.0)))), 0.05)
        if crs.is_geographic
        else 1.0
    )
    x, y = 0.5 * (west + east), 0.5 * (south + north)
    wide, high = 1.12 * (east - west), 1.12 * (north - south)
    paper = (_MAP_BOX[2] * _SIZE_IN[0]) / (_MAP_BOX[3] * _SIZE_IN[1])
    wide, high = max(wide, high * paper / squeeze), max(high, wide * squeeze / paper)
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _draw_country(axes: Axes, picture: BorderPicture, view: Box) -> None:
    frame = shapely.box(*view)
    detail = (view[2] - view[0]) / 3000.0
    shape = shapely.intersection(
        shapely.make_valid(picture.country), frame.buffer(view[2] - view[0])
    )
    outline = outline_of(shape.simplify(detail))
    if outline is None:
        return
    patch = PathPatch(outline, facecolor="none", edgecolor="black", linewidth=1.8, zorder=4)
    patch.set_path_effects(LINE_HALO)
    axes.add_patch(patch)


def _draw_sites(axes: Axes, picture: BorderPicture, view: Box) -> None:
    to_map = Transformer.from_crs(4326, picture.grid.crs, always_xy=True)
    x, y = (
        np.asarray(v) for v in to_map.transform(picture.lon_deg, picture.lat_deg, errcheck=False)
    )
    if picture.grid.is_geographic:
        x = x - 360.0 * np.round((x - 0.5 * (view[0] + view[2])) / 360.0)
    inside = (x >= view[0]) & (x <= view[2]) & (y >= view[1]) & (y <= view[3])
    for mine, marker, colour in ((picture.is_home, "^", BLUE), (~picture.is_home, "s", ORANGE)):
        places = np.unique(np.column_stack([x, y])[inside & mine], axis=0)
        if 0 < len(places) <= _MOST_MARKS:
            size = 4.2 if len(places) < 300 else 2.4
            axes.plot(
                places[:, 0], places[:, 1], linestyle="none", marker=marker, markersize=size, markerfacecolor="white",
                markeredgecolor=colour, markeredgewidth=0.7, zorder=5,
            )  # fmt: skip


def _write(
    figure: Figure, border: Border, title: str, notice: str | None, attribution: str | None
) -> None:
    short = textwrap.shorten(title, 110, placeholder="…")
    text: dict[str, Any] = {"color": INK, "va": "center", "parse_math": False}
    figure.text(
        0.048,
        0.932,
        short,
        fontsize=min(17.0, 17.0 * 72.0 / max(len(short), 1)),
        fontweight="bold",
        **text,
    )
    figure.text(
        0.048,
        0.896,
        "Which side of the border serves a phone best, every cell open to it",
        fontsize=10.5,
        **text,
    )
    if notice:
        figure.add_artist(
            Rectangle((0.0, 0.968), 1.0, 0.032, facecolor="#8c1c13", edgecolor="none")
        )
        figure.text(
            0.5, 0.9835, notice.upper(), ha="center", va="center", fontsize=10, fontweight="bold", color="white",
            parse_math=False,
        )  # fmt: skip
    inside, y = border.inside, 0.86
    facts = [
        (people_text(inside.people), "people in the country", INK),
        (people_text(inside.home), f"served best by a cell of the country: {share_text(inside.home, inside.people)}", BLUE),
        (people_text(inside.abroad), f"served best from abroad: {share_text(inside.abroad, inside.people)}", ORANGE),
        (people_text(inside.only_abroad), "of them not served by any cell of the country", ORANGE),
        (people_text(inside.unserved), "served by nobody", INK),
    ]  # fmt: skip
    if border.outside is not None:
        facts.append(
            (
                people_text(border.outside.home),
                "people abroad served best by a cell of the country",
                BLUE,
            )
        )
    for number, words, colour in facts:
        figure.text(_LEFT, y, number, fontsize=15, fontweight="bold", **{**text, "color": colour})
        wrapped = textwrap.wrap(words, 38)
        figure.text(_LEFT, y - 0.024, "\n".join(wrapped), fontsize=8.5, **{**text, "va": "top"})
        y -= 0.046 + 0.02 * len(wrapped)
    handles = [
        Patch(facecolor=_HOME, label="best server in the country"),
        Patch(facecolor=_ABROAD, label="best server abroad"),
        Patch(facecolor="white", edgecolor="#8497a5", label="no service"),
        Line2D([], [], color="black", linewidth=1.8, label="border"),
        Line2D([], [], linestyle="none", marker="^", markerfacecolor="white", markeredgecolor=BLUE, label=f"site of the country ({border.sites_home:,})"),
        Line2D([], [], linestyle="none", marker="s", markerfacecolor="white", markeredgecolor=ORANGE, label=f"other site ({border.sites_abroad:,})"),
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(_LEFT - 0.012, y - 0.01), frameon=False, fontsize=8.5,
        labelcolor=INK, handlelength=1.8, labelspacing=0.45,
    )  # fmt: skip
    foot = "; ".join(t for t in (attribution, "Boundaries shown imply no endorsement.") if t)
    figure.text(
        0.048, 0.03, "\n".join(textwrap.wrap(foot, 190)[:2]), fontsize=7, color="#56646f", va="center", parse_math=False
    )  # fmt: skip
