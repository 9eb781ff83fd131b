"""The trade-off between people missed and people disturbed: the whole curve, the chosen point, and what other rules do."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib import patheffects
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ew4all.coverage.tradeoff import curve_of
from ew4all.report.drawing import write_png
from ew4all.report.palette import BLUE, INK, ORANGE, ZONE
from ew4all.report.rounding import people_text, share_text

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from ew4all.coverage.tradeoff import Outcome
    from ew4all.target_results import Target
    from ew4all.units import F64

__all__ = ["draw_tradeoff"]

_DPI = 150
_SIZE_IN = (10.8, 6.6)
_BOX = (0.08, 0.115, 0.585, 0.72)
_PANEL = 0.742
_MARKED: Final = (0.9, 0.75, 0.5, 0.25, 0.1, 0.05, 0.01, 0.0)
_RULES: Final = {
    "site_inside": ("site in the area", "s"),
    "any_overlap": ("likeliest server of a place", "^"),
    "coverage_touches": ("signal touches it", "v"),
}
_HALO = [patheffects.withStroke(linewidth=2.6, foreground="white", alpha=0.95)]
_BEYOND = 1.35
"""A rule farther out than this many times the rest of the picture is drawn at its edge, with an arrow."""


@dataclass(frozen=True)
class Axis:
    """What is counted: people or square kilometres."""

    unit: str
    missed: str
    over_reach: str

    def of(self, outcome: Outcome) -> tuple[float, float]:
        """Over-reach and missed of an outcome."""
        return getattr(outcome, self.over_reach), getattr(outcome, self.missed)


PEOPLE: Final = Axis("people", "missed", "over_reach")
AREA: Final = Axis("km²", "missed_km2", "over_reach_km2")


def draw_tradeoff(path: Path, target: Target, notice: str | None = None) -> None:
    """Draw the curve as PNG of 1620 x 990 pixels.

    Parameters
    ----------
    notice
        Words that must not be overlooked.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    axis = AREA if target.rule["measure"] == "area" else PEOPLE
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(_BOX)
    curve = target.choice.curve
    x, y = getattr(curve, axis.over_reach), getattr(curve, axis.missed)
    chosen = axis.of(target.outcome)
    served = float(y[0]) if y.size else 0.0
    limit = _limit(target, axis, x, chosen)
    grouped = target.rule["addressed_by"] != "cell"
    best = "best with these codes" if grouped else "best possible, by threshold"
    axes.plot(x, y, color=BLUE, linewidth=2.2, zorder=3, label=best)
    if grouped:
        one_by_one = curve_of(target.choice.sums, measure=target.rule["measure"])
        axes.plot(
            getattr(one_by_one, axis.over_reach), getattr(one_by_one, axis.missed), color=ZONE, linewidth=1.4, zorder=2.8,
            label="best cell by cell",
        )  # fmt: skip
    if len(curve) <= 120:
        axes.plot(x, y, ".", color=BLUE, markersize=4.5, zorder=3)
    if "geofence" in target.rule and axis is PEOPLE:
        axes.plot(
            curve.shown_over_reach, y, color=BLUE, linewidth=1.3, linestyle=(0, (4, 2)), zorder=2.9,
            label="of them, phones that show it",
        )  # fmt: skip
    axes.fill_between(x, 0.0, y, color=BLUE, alpha=0.06, linewidth=0.0, zorder=1)
    _mark_thresholds(axes, x, y, curve.tau, limit, served)
    _draw_rules(axes, target, axis, limit)
    axes.axvline(
        target.bleed.people if axis is PEOPLE else target.bleed.km2,
        color=ZONE, linewidth=1.1, linestyle=(0, (1, 2)), zorder=2, label="over-reach by GOV.UK's formula",
    )  # fmt: skip
    axes.plot(
        *chosen, marker="D", markersize=11, color=ORANGE, markeredgecolor="white", markeredgewidth=1.4,
        linestyle="none", zorder=6, label="chosen", clip_on=False,
    )  # fmt: skip
    _dress(axes, axis, limit, served)
    _draw_words(figure, target, axis, chosen, served, notice)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="upper left", bbox_to_anchor=(_PANEL - 0.006, 0.42), frameon=False, fontsize=8.5,
        labelcolor=INK, handlelength=2.2, labelspacing=0.75,
    )  # fmt: skip
    write_png(canvas, path, target.title or "Trade-off")


def _limit(target: Target, axis: Axis, x: F64, chosen: tuple[float, float]) -> float:
    """Right edge of the picture: the curve and every rule, except one that is far beyond the rest."""
    rules = [axis.of(r.outcome)[0] for r in target.rules if r.rule != "coverage_touches"]
    bleed = target.bleed.people if axis is PEOPLE else target.bleed.km2
    most = max(float(x[-1]), chosen[0], *rules)
    # The last cells of the curve may cost as much as all others; what they add is told by their threshold.
    near = max(float(x[np.searchsorted(-target.choice.curve.tau, -0.01, "right") - 1]), chosen[0], bleed, *rules)  # fmt: skip
    touches = [axis.of(r.outcome)[0] for r in target.rules if r.rule == "coverage_touches"]
    for wider in (max(most, *touches), most):
        if wider <= _BEYOND * near:
            return 1.06 * wider
    return (_BEYOND if most > near else 1.06) * near or 1.0


def _mark_thresholds(axes: Axes, x: F64, y: F64, tau: F64, limit: float, served: float) -> None:
    """Write some thresholds beside the curve, none over another."""
    last: tuple[float, float] | None = None
    for value in _MARKED:
        at = np.flatnonzero(tau >= value - 1e-12)
        if at.size <= 1 or served <= 0.0:
            continue
        k = int(at[-1])
        place = x[k] / limit, y[k] / served
        if place[0] > 0.97 or (last and abs(place[0] - last[0]) + abs(place[1] - last[1]) < 0.07):
            continue
        last = place
        axes.annotate(
            f"τ = {value:g}", (x[k], y[k]), xytext=(7, 6), textcoords="offset points", fontsize=8.5, color=BLUE,
            path_effects=_HALO, zorder=5,
        )  # fmt: skip
        axes.plot(x[k], y[k], "o", color="white", markeredgecolor=BLUE, markersize=5.5, zorder=4)


def _draw_rules(axes: Axes, target: Target, axis: Axis, limit: float) -> None:
    for row in target.rules:
        if row.rule not in _RULES:
            continue
        name, marker = _RULES[row.rule]
        over, missed = axis.of(row.outcome)
        style: dict[str, Any] = {
            "marker": marker, "markersize": 8.5, "color": "white", "markeredgecolor": INK, "markeredgewidth": 1.4,
            "linestyle": "none", "zorder": 5,
        }  # fmt: skip
        if over <= limit:
            axes.plot(over, missed, label=name, clip_on=False, **style)
            continue
        axes.plot(limit * 0.955, missed, label=f"{name}: {people_text(over)}", clip_on=False, **style)  # fmt: skip
        axes.annotate(
            "", (limit, missed), xytext=(limit * 0.965, missed), zorder=5,
            arrowprops={"arrowstyle": "->", "color": INK, "linewidth": 1.3}, annotation_clip=False,
        )  # fmt: skip


def _dress(axes: Axes, axis: Axis, limit: float, served: float) -> None:
    axes.set_xlim(0.0, limit)
    axes.set_ylim(0.0, 1.04 * served or 1.0)
    what = "People" if axis is PEOPLE else "Square kilometres"
    axes.set_xlabel(f"{what} outside the area on an addressed cell (over-reach)", color=INK)
    axes.set_ylabel(f"{what} inside, served but not addressed (missed)", color=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(INK)
    axes.grid(color="#dfe5ea", linewidth=0.7, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=8.5)
    thousands = FuncFormatter(
        lambda v, _: f"{v:,.0f}" if limit > 20 or axis is PEOPLE else f"{v:g}"
    )
    axes.xaxis.set_major_formatter(thousands)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    right = axes.secondary_yaxis(
        "right",
        functions=(
            lambda v: 100.0 * np.asarray(v) / (served or 1.0),
            lambda v: np.asarray(v) * (served or 1.0) / 100.0,
        ),
    )
    right.set_ylabel("% of those served", color=INK, fontsize=8.5)
    right.tick_params(colors=INK, labelsize=8)
    right.spines["right"].set_visible(False)


def _draw_words(
    figure: Figure,
    target: Target,
    axis: Axis,
    chosen: tuple[float, float],
    served: float,
    notice: str | None,
) -> None:
    style: dict[str, Any] = {"color": INK, "parse_math": False}
    title = textwrap.shorten(target.title or "Which cells to address", 80, placeholder="…")
    figure.text(0.08, 0.935, title, fontsize=15, fontweight="bold", va="center", **style)
    whole = target.in_area_people if axis is PEOPLE else target.in_area_km2
    unserved = target.outcome.unserved if axis is PEOPLE else target.outcome.unserved_km2
    unit = axis.unit
    about = (
        f"{people_text(whole)} {unit} in the warning area, of whom {people_text(unserved)} ({share_text(unserved, whole)}) have no "
        "cell and cannot be reached by any choice"
    )
    if axis is AREA:
        about = (
            f"{people_text(whole)} {unit} in the warning area, of which {people_text(unserved)} "
            f"({share_text(unserved, whole)}) are served by no cell, whatever is chosen"
        )
    figure.text(0.08, 0.89, about, fontsize=9.5, va="center", **style)
    if notice:
        figure.text(0.08, 0.975, notice.upper(), fontsize=9, fontweight="bold", color="#8c1c13", va="center")  # fmt: skip
    over, missed = chosen
    lines = [
        ("Chosen", 11, "bold", ORANGE),
        (_rule_text(target), 9, "normal", INK),
        (f"{target.outcome.cells:,} cells of {target.network_cells:,}", 9, "normal", INK),
        ("", 4, "normal", INK),
        (f"{people_text(missed)} {unit} missed ({share_text(missed, served)})", 10.5, "bold", INK),
        (f"{people_text(over)} {unit} over-reached", 10.5, "bold", INK),
    ]
    if "geofence" in target.rule and axis is PEOPLE:
        lines.append((f"of whom {people_text(target.outcome.shown_over_reach)} are shown it", 9, "normal", INK))  # fmt: skip
    y = 0.82
    for text, size, weight, colour in lines:
        for part in textwrap.wrap(text, 38) or [""]:
            figure.text(_PANEL, y, part, fontsize=size, fontweight=weight, color=colour, va="center", parse_math=False)  # fmt: skip
            y -= 0.0029 * size + 0.006


def _rule_text(target: Target) -> str:
    rule = target.rule
    if "budget" in rule:
        text = f"at most {people_text(rule['budget'])} people over-reached"
    else:
        text = f"share of a cell's {rule['measure']} inside at least {rule['threshold']:g}"
    for name, words in (("limit", "at most {:g} entries"), ("floor", "each settlement {:.0%}")):
        if name in rule:
            text += ", " + words.format(rule[name])
    if rule["addressed_by"] != "cell":
        text += f", by {rule['addressed_by'].replace('_', ' ')}"
    return text
