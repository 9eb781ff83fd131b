"""What a map needs beside its subject: graticule, scale bar and north arrow, true to the map's projection."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle
from pyproj import Transformer

from ew4all.grid import GEOID, lonlat
from ew4all.report.palette import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pyproj import CRS

    from ew4all.units import F64

__all__ = ["draw_graticule", "draw_north_arrow", "draw_scale_bar", "nice", "pixel_m"]

_STEPS_DEG = (
    60, 30, 20, 10, 5, 2, 1, 1 / 2, 1 / 4, 1 / 6, 1 / 12, 1 / 30, 1 / 60, 1 / 120, 1 / 360, 1 / 720, 1 / 3600,
)  # fmt: skip
_LINES = 4
_MESH = 33

View = tuple[float, float, float, float]


def nice(value: float) -> float:
    """Return the largest of 1, 2 or 5 times a power of ten that is not above `value` (which is positive)."""
    power = 10.0 ** math.floor(math.log10(value) + 1e-12)
    return power * max(m for m in (1, 2, 5) if m * power <= value * (1 + 1e-9))


def draw_graticule(axes: Axes, crs: CRS, view: View) -> None:
    """Draw meridians and parallels, with their degrees along the lower and the left edge."""
    west, south, east, north = view
    x, y = np.meshgrid(np.linspace(west, east, _MESH), np.linspace(south, north, _MESH))
    if crs.is_geographic:
        lon, lat = x, y
    else:
        lon, lat = (np.asarray(v) for v in lonlat(crs).transform(x, y))
        lon = np.unwrap(np.unwrap(lon, axis=1, period=360.0), axis=0, period=360.0)
    for values, along, places, axis, letters in (
        (lon, lon[0], x[0], axes.xaxis, "EW"),
        (lat, lat[:, 0], y[:, 0], axes.yaxis, "NS"),
    ):
        axis.set_ticks([])
        low, high = float(np.min(values)), float(np.max(values))
        if not (math.isfinite(low) and math.isfinite(high) and high > low):
            continue  # the view leaves the area where the projection is defined
        step = next((s for s in _STEPS_DEG if (high - low) / s >= _LINES), _STEPS_DEG[-1])
        levels = np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1) * step
        if letters == "NS":
            levels = levels[np.abs(levels) <= 90.0]
        if levels.size == 0:
            continue
        axes.contour(
            x,
            y,
            values,
            levels=levels,
            colors="#8497a5",
            linestyles="solid",
            linewidths=0.4,
            alpha=0.55,
            zorder=1.5,
        )
        shown = [v for v in levels if along[0] <= v <= along[-1]]
        if np.all(np.diff(along) > 0.0) and shown:
            axis.set_ticks(
                list(np.interp(shown, along, places)),
                labels=[_degrees(v, letters, step) for v in shown],
            )
    axes.tick_params(length=3, width=0.6, labelsize=7.5, colors=INK, pad=2)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)


def _degrees(value: float, letters: str, step: float) -> str:
    if letters == "EW":
        value = (value + 180.0) % 360.0 - 180.0
    seconds = round(abs(value) * 3600)
    letter = letters[int(value < 0.0)]
    if seconds == 0 or (letters == "EW" and seconds == 180 * 3600):
        letter = ""
    text = f"{seconds // 3600}°"
    step_s = round(step * 3600)
    if step_s % 3600:
        text += f"{seconds // 60 % 60:02d}\u2032"
    if step_s % 60:
        text += f"{seconds % 60:02d}\u2033"
    return text + letter


def _metres_per_unit(crs: CRS, view: View) -> tuple[float, float]:
    """Geodesic metres per unit of x and of y at the middle of the view."""
    west, south, east, north = view
    x, y = (west + east) / 2.0, (south + north) / 2.0
    dx, dy = (east - west) / 8.0, (north - south) / 8.0
    ends = np.array([(x - dx, y), (x + dx, y), (x, y - dy), (x, y + dy)])
    lon, lat = ends.T if crs.is_geographic else lonlat(crs).transform(*ends.T)
    across = GEOID.inv(lon[0], lat[0], lon[1], lat[1])[2]
    along = GEOID.inv(lon[2], lat[2], lon[3], lat[3])[2]
    return across / (2.0 * dx), along / (2.0 * dy)


def pixel_m(crs: CRS, view: View, width: float, height: float) -> float:
    """Side of a square as large as a pixel of `width` x `height` units at the middle of the view, in metres."""
    across, along = _metres_per_unit(crs, view)
    return math.sqrt(abs(width * across * height * along))


def draw_scale_bar(axes: Axes, crs: CRS, view: View) -> None:
    """Draw a bar of a round number of kilometres, measured along the middle of the view."""
    west, _, east, _ = view
    across, _ = _metres_per_unit(crs, view)
    if not (math.isfinite(across) and across > 0.0):
        return
    length_m = nice(0.24 * (east - west) * across)
    wide = length_m / across / (east - west)  # as a share of the axes
    left, base, tall = 0.03, 0.037, 0.009
    style: dict[str, Any] = {"transform": axes.transAxes, "zorder": 8}
    axes.add_patch(
        FancyBboxPatch(
            (left - 0.008, base - 0.012), wide + 0.034, 0.052, boxstyle="round,pad=0.004",
            facecolor="white", edgecolor="none", alpha=0.85, **style,
        )
    )  # fmt: skip
    for k in range(4):
        axes.add_patch(
            Rectangle(
                (left + k * wide / 4, base - 0.006), wide / 4, tall,
                facecolor=INK if k % 2 == 0 else "white", edgecolor=INK, linewidth=0.6, **style,
            )
        )  # fmt: skip
    km = length_m / 1e3
    for share, text in ((0.0, "0"), (0.5, f"{km / 2:g}"), (1.0, f"{km:g} km")):
        axes.text(
            left + share * wide, base + 0.009, text, ha="center", va="bottom", fontsize=7, color=INK,
            transform=axes.transAxes, zorder=9,
        )  # fmt: skip


def draw_north_arrow(axes: Axes, crs: CRS, view: View) -> None:
    """Draw an arrow to true north at the middle of the view, in the upper right corner."""
    east, north = _north(crs, view)
    box = axes.get_window_extent()
    centre, long = (
        np.array([box.x1 - 0.045 * box.height, box.y1 - 0.062 * box.height]),
        0.036 * box.height,
    )
    back = FancyBboxPatch(
        (0.928, 0.898), 0.054, 0.088, boxstyle="round,pad=0.004", facecolor="white", edgecolor="none",
        alpha=0.85, transform=axes.transAxes, zorder=7,
    )  # fmt: skip
    axes.add_patch(back)
    up = np.array([east, north])
    side = np.array([north, -east])
    for sign, colour in ((1.0, INK), (-1.0, "white")):
        corners = [
            centre + up * long,
            centre + sign * side * 0.42 * long - up * 0.7 * long,
            centre - up * 0.3 * long,
        ]
        axes.add_patch(
            Polygon(
                axes.transAxes.inverted().transform(corners), transform=axes.transAxes,
                facecolor=colour, edgecolor=INK, linewidth=0.7, zorder=8,
            )
        )  # fmt: skip
    at = axes.transAxes.inverted().transform(centre + up * long * 1.38)
    axes.text(
        at[0], at[1], "N", ha="center", va="center", fontsize=8, fontweight="bold", color=INK,
        transform=axes.transAxes, zorder=9,
    )  # fmt: skip


def _north(crs: CRS, view: View) -> F64:
    """Direction of true north on the map, as a unit vector."""
    if crs.is_geographic:
        return np.array([0.0, 1.0])
    x, y = (view[0] + view[2]) / 2.0, (view[1] + view[3]) / 2.0
    lon, lat = lonlat(crs).transform(x, y)
    back = Transformer.from_crs(4326, crs, always_xy=True)
    there = np.array(back.transform(lon, min(lat + 1e-3, 90.0)))
    vector: F64 = there - (x, y)
    length = float(np.hypot(*vector))
    if not math.isfinite(length) or length == 0.0:
        return np.array([0.0, 1.0])
    unit: F64 = vector / length
    return unit
