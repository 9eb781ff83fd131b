"""The map of a gap analysis: each zone by the share of its people who are left out; without zones, where these live."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.patches import Patch, PathPatch, Rectangle

from ew4all.report.drawing import outline_of
from ew4all.report.facility_marks import draw_facilities, facility_keys
from ew4all.report.map import MapLayers, draw_map, paint_people
from ew4all.report.palette import BLUE, HAZARD, INK, ORANGE, PEOPLE, UNCOVERED, ZONE
from ew4all.report.panel import draw_legend, draw_number, side_text
from ew4all.report.rounding import people_text, share_text
from ew4all.report.view import north_up
from ew4all.results import OUTSIDE, PeopleCount

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure
    from shapely.geometry.base import BaseGeometry

    from ew4all.gap_results import Gaps, GapZone
    from ew4all.report.gap_view import GapView
    from ew4all.units import F64

__all__ = ["class_edges", "draw_gap_map", "left_out_words"]

NOBODY: Final = "#e3e7ea"
_WITH, _WITHOUT = "#7fa9cc", "#f2a65a"
_SHARES: Final = LinearSegmentedColormap.from_list("shares", ["#fdebd3", "#f9b46c", "#e57a1f", "#b04a06", "#6e2100"])  # fmt: skip
_LEFT, _WIDE = 0.742, 0.233
_MARGIN: Final = 0.03
_MOST_CLASSES: Final = 6
_MOST_NAMED: Final = 20
_LISTED: Final = 5
_STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2)

_SHORT: Final = 7
_LONG: Final = 10
"""Signs of a number that leave the words beside it where they are, and that fit before words that make room."""


def left_out_words(result: Gaps) -> str:
    """Return what a person who is left out lacks: with a signal layer cell broadcast, without one every known channel."""
    if result.total.reachable is not None:
        return "whom cell broadcast cannot reach"
    return "whom no known channel reaches"


def class_edges(shares: Sequence[float]) -> list[float]:
    """Return round edges of at most six classes that hold all shares, 0..1.

    >>> class_edges([0.12, 0.31])
    [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]
    """
    low, high = (min(shares), max(shares)) if shares else (0.0, 1.0)
    for step in _STEPS:
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= _MOST_CLASSES:
            break
    if last == first:
        first, last = (first - 1, last) if first * step >= 1.0 else (first, first + 1)
    return [round(k * step, 4) for k in range(first, last + 1)]


def draw_gap_map(
    path: Path, view: GapView, result: Gaps, notice: str | None = None, attribution: str | None = None
) -> None:  # fmt: skip
    """Draw the map as PNG of 1620 x 1200 pixels.

    Zones by share where they are given and somebody is known to be left out or not; else where these people live; where
    nothing is known of them, where people live; without people, where there is a signal.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    study = view.opened.study
    ids = () if study.zones is None else study.zones.ids
    # Squares and hexagons in which nobody lives are no zones of the result.
    shapes = dict(zip(ids, study.zone_shapes, strict=True))
    zones = [(z, shapes[z.id]) for z in result.zones if shapes.get(z.id) is not None]
    known = result.total.left_out is not None
    by_zone = known and any(z.rank is not None for z in result.zones)
    layers: dict[str, Any] = {
        "people": _framed(north_up(study.grid, view.people)),
        "uncovered": _framed(north_up(study.grid, view.left_out)) if known else None,
        "extent": _wider(view.extent, view.people.shape),
        "crs": study.grid.crs,
        "counts": PeopleCount(result.total.people or 0.0, 0.0, result.total.people or 0.0, 0.0),
        "title": result.title or "Who is left out",
        "zones": [(zone.name, shape) for zone, shape in zones],
        "notice": notice,
        "attribution": attribution,
        "about": _about(result, by_zone=by_zone),
    }
    panel = _Panel(result, by_zone=by_zone)
    if by_zone:
        layers["zones"] = [(f"{zone.name}\n{_share(zone)}", shape) for zone, shape in zones]
        layers["paint"] = lambda axes, _layers, _norm: _paint_zones(axes, zones, panel.edges)
    elif result.total.people is None:
        covered = bool(result.total.covered_km2)
        layers["paint"] = lambda axes, drawn, _norm: _paint_signal(axes, drawn, view, known=covered)
    hazard = view.hazard()
    ground = layers.pop("paint", paint_people)

    def paint(axes: Axes, drawn: MapLayers, norm: LogNorm) -> None:
        ground(axes, drawn, norm)
        if hazard is not None:
            _hatch(axes, hazard)
        draw_facilities(axes, result.facilities, study.grid)

    panel.hazards = () if hazard is None else tuple(h.name for h in result.hazards)
    draw_map(path, MapLayers(**layers, by_count=known, paint=paint, panel=panel.draw))


def _frame(shape: tuple[int, ...]) -> int:
    return max(1, round(_MARGIN * max(shape)))


def _framed(pixels: F64) -> F64:
    """Return pixels with a margin of nobody around them: the study area should not touch the frame."""
    return np.pad(pixels, _frame(pixels.shape))


def _wider(
    extent: tuple[float, float, float, float], shape: tuple[int, ...]
) -> tuple[float, float, float, float]:
    west, south, east, north = extent
    dx, dy = _frame(shape) * (east - west) / shape[1], _frame(shape) * (north - south) / shape[0]
    return west - dx, south - dy, east + dx, north + dy


def _about(result: Gaps, *, by_zone: bool) -> str:
    if result.total.people is None:
        known = bool(result.total.covered_km2)
        return "Where there is a mobile signal; no population was given" if known else "The zones; neither population nor coverage was given"  # fmt: skip
    if result.total.left_out is None:
        return (
            "Where people live; whether a warning can reach them cannot be told from these inputs"
        )
    words = left_out_words(result)
    return (
        f"Share of the people of each zone {words}" if by_zone else f"Where the people live {words}"
    )


def _share(zone: GapZone) -> str:
    return share_text(zone.block.left_out or 0.0, zone.block.people or 0.0)


def _colours(edges: Sequence[float]) -> list[Any]:
    n = len(edges) - 1
    return [_SHARES((k + 0.5) / n) for k in range(n)]


def _paint_zones(axes: Axes, zones: Sequence[tuple[GapZone, Any]], edges: Sequence[float]) -> None:
    colours = _colours(edges)
    for zone, shape in zones:
        outline = outline_of(shape)
        if outline is None:
            continue
        people = zone.block.people or 0.0
        colour: Any = NOBODY
        if people > 0.0:
            k = int(np.searchsorted(edges, (zone.block.left_out or 0.0) / people, "right")) - 1
            colour = colours[min(max(k, 0), len(colours) - 1)]
        axes.add_patch(PathPatch(outline, facecolor=colour, edgecolor="none", zorder=1))


def _hatch(axes: Axes, hazard: BaseGeometry) -> None:
    """Draw the hazards together; the map keeps its view, which `MapLayers.hazard` would change."""
    outline = outline_of(hazard)
    if outline is None:
        return
    edge = PathPatch(outline, facecolor="none", edgecolor=HAZARD, linewidth=1.3, linestyle=(0, (6, 2)), zorder=3)  # fmt: skip
    axes.add_patch(edge)
    lines = PathPatch(outline, facecolor="none", edgecolor=HAZARD, linewidth=0.0, hatch="//", alpha=0.35, zorder=2.8)  # fmt: skip
    lines.set_hatch_linewidth(0.6)
    axes.add_patch(lines)


def _paint_signal(axes: Axes, layers: MapLayers, view: GapView, *, known: bool) -> None:
    """Blue where there is a signal, orange where there is none, mixed in between; grey where neither is known."""
    grid = view.opened.study.grid
    area = layers.people
    silent = _framed(north_up(grid, view.left_out)) / np.maximum(area, 1e-300)
    picture = np.zeros((*area.shape, 4), np.float32)
    inside = area > 0.0
    share = np.clip(silent[inside], 0.0, 1.0)[:, None]
    mixed = (1.0 - share) * np.array(to_rgb(_WITH)) + share * np.array(to_rgb(_WITHOUT))
    picture[inside, :3] = mixed if known else to_rgb(NOBODY)
    picture[inside, 3] = 1.0
    west, south, east, north = layers.extent
    axes.imshow(
        picture, extent=(west, east, south, north), origin="upper", aspect="auto",
        interpolation="nearest", zorder=1,
    )  # fmt: skip


class _Panel:
    """Numbers and legend beside the map."""

    def __init__(self, result: Gaps, *, by_zone: bool) -> None:
        """Choose the classes of colours."""
        self._result, self._by_zone = result, by_zone
        self._ranked = sorted(
            (z for z in result.zones if z.rank_share), key=lambda z: z.rank_share or 0
        )
        shares = [
            (z.block.left_out or 0.0) / z.block.people for z in self._ranked if z.block.people
        ]
        self.edges = class_edges(shares)
        self.hazards: tuple[str, ...] = ()

    def draw(self, figure: Figure, layers: MapLayers, norm: LogNorm, pixel_m: float) -> None:
        """Write them from top to bottom."""
        block = self._result.total
        if block.people is None:
            self._extent(figure)
            return
        draw_number(figure, 0.85, block.people, "people in the study area", 19, INK)
        y = 0.776
        if block.left_out is None:
            y = _wrapped(figure, y, "Neither coverage nor a channel was given: who can be warned is not known.")  # fmt: skip
            heading = f"People per map cell of about {side_text(pixel_m)}"
            self._ramp(figure, y - 0.01, layers, heading, (norm, PEOPLE, "people"))
            return
        y = self._numbers(figure, y, block.people)
        if self._by_zone:
            y = self._marks(figure, self._classes(figure, y - 0.012) + 0.008)
            self._list(figure, y - 0.022)
            return
        heading = f"Left out per map cell of about {side_text(pixel_m)}"
        self._ramp(figure, y - 0.012, layers, heading, (norm, UNCOVERED, "left out; pale blue: fewer, or nobody"))  # fmt: skip

    def _ramp(
        self, figure: Figure, y: float, layers: MapLayers, heading: str, ramp: tuple[Any, Any, str]
    ) -> None:
        draw_legend(figure, y, layers, heading, [ramp])
        self._marks(figure, y - 0.112 - (0.03 if layers.zones else 0.0))

    def _numbers(self, figure: Figure, y: float, people: float) -> float:
        block = self._result.total
        left = block.left_out or 0.0
        figure.add_artist(Rectangle((_LEFT, y - 0.011), _WIDE * (1 - left / (people or 1.0)), 0.022, facecolor=BLUE))  # fmt: skip
        part = _WIDE * left / (people or 1.0)
        figure.add_artist(Rectangle((_LEFT + _WIDE - part, y - 0.011), part, 0.022, facecolor=ORANGE))  # fmt: skip
        y -= 0.042
        words = left_out_words(self._result).replace("whom ", "")
        draw_number(figure, y, left, f"{words}: {share_text(left, people)}", 17, ORANGE)
        y -= 0.068
        rows = (
            (block.coverage_gap, "no mobile signal\n(coverage gap)"),
            (block.usage_gap, "a signal, but no phone or\nnetwork for it (usage gap)"),
            (block.none if len(block.by_channel) > 1 and block.reachable is not None else None, "no channel at all"),
        )  # fmt: skip
        longest = max((len(people_text(n)) for n, _ in rows if n is not None), default=0)
        beside = 0.075 if longest <= _SHORT else 0.102
        size = 11.0 * min(1.0, _LONG / max(longest, 1))
        for number, text in rows:
            if number is None:
                continue
            lines = text.count("\n")
            figure.text(_LEFT, y, people_text(number), fontsize=size, fontweight="bold", color=INK, va="top")  # fmt: skip
            figure.text(_LEFT + beside, y - 0.002, text, fontsize=8.5, color=INK, va="top", linespacing=1.2)  # fmt: skip
            y -= 0.032 + 0.017 * lines
        return y - 0.01

    def _classes(self, figure: Figure, y: float) -> float:
        figure.text(_LEFT, y, "Share of people left out", fontsize=8.5, fontweight="bold", color=INK, va="center")  # fmt: skip
        edges = self.edges
        keys = [
            Patch(facecolor=colour, edgecolor=ZONE, linewidth=0.5, label=f"{100 * a:g} to {100 * b:g} %")
            for colour, a, b in zip(_colours(edges), edges[:-1], edges[1:], strict=True)
        ]  # fmt: skip
        if any(not z.block.people for z in self._ranked):
            keys.append(Patch(facecolor=NOBODY, edgecolor=ZONE, linewidth=0.5, label="nobody lives there"))  # fmt: skip
        return _legend(figure, y, keys)

    def _marks(self, figure: Figure, y: float) -> float:
        """Say what is drawn over the ground."""
        keys: list[Any] = []
        if self.hazards:
            names = self.hazards[0] if len(self.hazards) == 1 else f"{len(self.hazards)} hazards"
            text = textwrap.shorten(
                f"Hazard: {names}" if len(self.hazards) == 1 else names, 34, placeholder="…"
            )
            key = Patch(
                facecolor="none",
                edgecolor=HAZARD,
                linewidth=1.2,
                linestyle=(0, (4, 1.5)),
                label=text,
            )
            key.set(hatch="///", hatch_linewidth=0.6)
            keys.append(key)
        keys += facility_keys(self._result.facilities)
        return _legend(figure, y, keys) if keys else y

    def _list(self, figure: Figure, y: float) -> None:
        """Name the worst zones where the map has too many to name them."""
        own = [z for z in self._result.zones if z.id != OUTSIDE]
        if len(own) <= _MOST_NAMED:
            return
        figure.text(_LEFT, y, "Largest shares left out", fontsize=8.5, fontweight="bold", color=INK, va="center")  # fmt: skip
        for zone in [z for z in self._ranked if z.block.people][:_LISTED]:
            y -= 0.022
            name = textwrap.shorten(zone.name, 24, placeholder="…")
            figure.text(_LEFT, y, name, fontsize=8.5, color=INK, va="center", parse_math=False)
            figure.text(_LEFT + _WIDE, y, _share(zone), fontsize=8.5, color=INK, va="center", ha="right")  # fmt: skip

    def _extent(self, figure: Figure) -> None:
        block = self._result.total
        whole = block.area_km2 or 0.0
        draw_number(figure, 0.85, whole, "km² in the study area", 19, INK)
        y = 0.77
        if not block.covered_km2:
            _wrapped(figure, y, "Neither population nor coverage was given: nothing can be said of warnings.")  # fmt: skip
            return
        covered = block.covered_km2["any"]
        for km2, text, colour in (
            (covered, "km² with a mobile signal", BLUE),
            (whole - covered, "km² without one", ORANGE),
        ):
            draw_number(figure, y, max(km2, 0.0), f"{text}: {share_text(max(km2, 0.0), whole)}", 17, colour)  # fmt: skip
            y -= 0.072
        y = _wrapped(figure, y + 0.01, "No population was given: people cannot be counted.")
        figure.text(_LEFT, y, "Ground", fontsize=8.5, fontweight="bold", color=INK, va="center")
        y = _legend(figure, y, [
            Patch(facecolor=_WITH, label="with a mobile signal"), Patch(facecolor=_WITHOUT, label="without one"),
            Patch(facecolor="none", edgecolor=ZONE, linewidth=0.7, label="Zones"),
        ])  # fmt: skip
        self._marks(figure, y)


def _legend(figure: Figure, y: float, keys: Sequence[Any]) -> float:
    figure.legend(
        handles=list(keys), loc="upper left", bbox_to_anchor=(_LEFT, y - 0.014), frameon=False, fontsize=8.5,
        handlelength=2.0, handleheight=1.1, labelspacing=0.45, labelcolor=INK, borderaxespad=0.0, borderpad=0.0,
    )  # fmt: skip
    return y - 0.014 - 0.0225 * len(keys)


def _wrapped(figure: Figure, y: float, text: str) -> float:
    lines = textwrap.wrap(text, 40)
    figure.text(_LEFT, y, "\n".join(lines), fontsize=9, fontstyle="italic", color=INK, va="top")
    return y - 0.022 * len(lines) - 0.02
