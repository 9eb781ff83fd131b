"""The words around a map: headings, numbers, legend."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch, Rectangle

from ew4all.report.palette import BLUE, HAZARD, INK, ORANGE, PEOPLE, UNCOVERED, ZONE
from ew4all.report.rounding import people_text, share_text
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from matplotlib.colors import LinearSegmentedColormap, LogNorm
    from matplotlib.figure import Figure

    from ew4all.report.map import MapLayers
    from ew4all.results import PeopleCount

    Ramp: TypeAlias = tuple[LogNorm, LinearSegmentedColormap, str]

__all__ = ["draw_headings", "draw_legend", "draw_number", "draw_panel", "side_text"]

_LEFT, _RIGHT = 0.742, 0.975


def draw_headings(figure: Figure, layers: MapLayers) -> None:
    """Write title, notice and whose data they are."""
    title = textwrap.shorten(layers.title, 110, placeholder="…")
    figure.text(
        0.048, 0.932, title, fontsize=min(17.0, 17.0 * 72.0 / max(len(title), 1)), fontweight="bold", color=INK,
        va="center", parse_math=False,
    )  # fmt: skip
    about = "Who the warning can reach by mobile signal, and who is left out"
    if layers.uncovered is None:
        about = "Who lives where the warning applies"
    figure.text(0.048, 0.896, layers.about or about, fontsize=10.5, color=INK, va="center")
    if layers.notice:
        figure.add_artist(
            Rectangle((0.0, 0.968), 1.0, 0.032, facecolor="#8c1c13", edgecolor="none")
        )
        figure.text(
            0.5, 0.9835, layers.notice.upper(), ha="center", va="center", fontsize=10, fontweight="bold",
            color="white", parse_math=False,
        )  # fmt: skip
    foot = "; ".join(t for t in (layers.attribution, "Boundaries shown imply no endorsement.") if t)
    figure.text(
        0.048, 0.03, "\n".join(textwrap.wrap(foot, 190)[:2]), fontsize=7, color="#56646f", va="center",
        parse_math=False,
    )  # fmt: skip


def draw_panel(figure: Figure, layers: MapLayers, norm: LogNorm, pixel_m: float) -> None:
    """Write the numbers and the legend to the right of the map.

    Parameters
    ----------
    norm
        Scale of the two colour ramps, in people per pixel.
    pixel_m
        Side of a pixel, metres.
    """
    counts = layers.counts
    y = 0.85
    if layers.hazard is not None:
        draw_number(figure, y, counts.at_risk, "people at risk, inside the hazard", 19, HAZARD)
        y -= 0.084
    draw_number(figure, y, counts.in_area, "people in the warning area", 19, INK)
    y -= 0.068
    if counts.uncovered is None:
        text = "No coverage layer was given:\nwho has a signal is unknown."
        figure.text(_LEFT, y, text, fontsize=9, fontstyle="italic", color=INK, va="top")
        y -= 0.07
    else:
        y = _draw_covered(figure, y, counts, counts.uncovered)
    heading = f"People per map cell of about {side_text(pixel_m)}"
    if layers.uncovered is None:
        ramps: list[Ramp] = [(norm, PEOPLE, "people")]
    else:
        ramps = [
            (norm, PEOPLE, "covered, or outside the area"),
            (norm, UNCOVERED, "not covered; mixed with blue where some are"),
        ]
    draw_legend(figure, y - 0.012, layers, heading, ramps)


def side_text(side_m: float) -> str:
    """Return the side of a pixel in m or km, two digits."""
    unit, side = ("km", side_m / 1e3) if side_m >= 1000.0 else ("m", side_m)
    return f"{float(f'{side:.2g}'):,g} {unit}"


def draw_legend(
    figure: Figure, y: float, layers: MapLayers, heading: str, ramps: Sequence[Ramp]
) -> None:
    """Write what colours and lines mean, from `y` down: scales with their colours and words, then lines."""
    figure.text(_LEFT, y, heading, fontsize=8.5, fontweight="bold", color=INK, va="center")
    y -= 0.03
    for ramp in ramps:
        y = _draw_ramp(figure, y, *ramp)
    keys: list[Patch] = []
    if layers.hazard is not None:
        key = Patch(
            facecolor="none",
            edgecolor=HAZARD,
            linewidth=1.2,
            linestyle=(0, (4, 1.5)),
            label="Hazard",
        )
        key.set(hatch="///", hatch_linewidth=0.6)
        keys.append(key)
    if layers.area is not None:
        same = layers.area is layers.hazard
        name = "taken as the warning area" if same else "Warning area (pale outside)"
        keys.append(Patch(facecolor="none", edgecolor="black", linewidth=2.2, label=name))
    if layers.zones:
        keys.append(Patch(facecolor="none", edgecolor=ZONE, linewidth=0.7, label="Zones"))
    if keys:
        figure.legend(
            handles=keys, loc="upper left", bbox_to_anchor=(_LEFT, y + 0.012), frameon=False, fontsize=8.5,
            handlelength=2.6, handleheight=1.3, labelspacing=0.7, labelcolor=INK, borderaxespad=0.0, borderpad=0.0,
        )  # fmt: skip


def draw_number(
    figure: Figure, y: float, people: float, text: str, size: float, colour: str
) -> None:
    """Write a number of people and what they are, at a height of the figure."""
    style: dict[str, Any] = {
        "fontsize": size,
        "fontweight": "bold",
        "color": colour,
        "va": "center",
    }
    figure.text(_LEFT, y, people_text(people), **style)
    figure.text(_LEFT, y - 0.0125 - 0.00105 * size, text, fontsize=9, color=INK, va="center")


def _draw_covered(figure: Figure, y: float, counts: PeopleCount, uncovered: float) -> float:
    """Draw who is covered, together and by technology; return where the next thing may begin."""
    wide = _RIGHT - _LEFT

    def bar(left: float, y: float, length: float, high: float, colour: str) -> None:
        figure.add_artist(
            Rectangle((left, y - high / 2), length, high, facecolor=colour, edgecolor="none")
        )

    covered = counts.in_area - uncovered
    if counts.in_area > 0.0:
        part = wide * covered / counts.in_area
        bar(_LEFT, y, part, 0.022, BLUE)
        bar(_LEFT + part, y, wide - part, 0.022, ORANGE)
        y -= 0.04
    for people, text, colour in (
        (covered, "of them covered by a signal", BLUE),
        (uncovered, "of them not covered", ORANGE),
    ):
        draw_number(figure, y, people, f"{text}: {share_text(people, counts.in_area)}", 15, colour)
        y -= 0.067
    for technology in TECHNOLOGIES:
        if technology in counts.covered and counts.in_area > 0.0:
            people = counts.covered[technology]
            long = 0.55 * wide
            style: dict[str, Any] = {"fontsize": 8.5, "color": INK, "va": "center"}
            figure.text(_LEFT, y, technology.upper(), **style)
            bar(_LEFT + 0.025, y, long, 0.011, "#dfe5ea")
            bar(_LEFT + 0.025, y, long * min(people / counts.in_area, 1.0), 0.011, BLUE)
            figure.text(_LEFT + 0.035 + long, y, share_text(people, counts.in_area), **style)
            y -= 0.024
    return y


def _draw_ramp(
    figure: Figure, top: float, norm: LogNorm, colours: LinearSegmentedColormap, text: str
) -> float:
    """Draw a colour ramp with its numbers; return where the next thing may begin."""
    low, high = float(norm.vmin or 1.0), float(norm.vmax or 1.0)
    axes = figure.add_axes((_LEFT, top - 0.012, _RIGHT - _LEFT, 0.017))
    axes.imshow(
        np.linspace(0.0, 1.0, 256)[None, :], cmap=colours, aspect="auto",
        extent=(math.log10(low), math.log10(high), 0.0, 1.0),
    )  # fmt: skip
    steps = (1, 2, 5) if high < 300.0 * low else (1,)
    values = [m * 10.0**p for p in range(-9, 10) for m in steps]
    values = [v for v in values if 0.99 * low <= v <= 1.01 * high]
    axes.set_xticks(
        [math.log10(v) for v in values],
        labels=[f"{v:,.0f}" if v >= 1.0 else f"{v:g}" if v >= 1e-3 else f"{v:.0e}" for v in values],
    )
    axes.set_yticks([])
    axes.tick_params(length=2, width=0.5, labelsize=7, pad=1.5, colors=INK)
    for spine in axes.spines.values():
        spine.set(linewidth=0.4, color=INK)
    figure.text(_LEFT, top - 0.046, text, fontsize=8, color=INK, va="center")
    return top - 0.086
