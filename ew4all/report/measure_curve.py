"""The curve of people newly reached against money, with the plan on it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from ew4all.planning.measures import KINDS
from ew4all.report.drawing import HALO, write_png
from ew4all.report.measure_colours import COLOURS
from ew4all.report.palette import BLUE, INK, ORANGE
from ew4all.report.rounding import people_text, share_text

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from ew4all.measure_results import MeasurePlan

__all__ = ["draw_curve"]

_DPI: Final = 150
_SIZE_IN: Final = (10.8, 6.2)


def draw_curve(path: Path, plan: MeasurePlan, notice: str | None = None) -> None:
    """Draw the curve, and what the plan spends its money on, as PNG of 1620 x 930 pixels.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.085, 0.12, 0.53, 0.70))
    x = [p.budget for p in plan.curve]
    y = [p.people for p in plan.curve]
    axes.plot(x, y, color=BLUE, linewidth=2.2, marker="o", markersize=4, zorder=3)
    axes.fill_between(x, 0.0, y, color=BLUE, alpha=0.07, linewidth=0.0)
    axes.plot(
        plan.budget, plan.reached, marker="D", markersize=10, color=ORANGE, markeredgecolor="white", zorder=5,
        clip_on=False,
    )  # fmt: skip
    right = plan.budget > 0.6 * (max(x) or 1.0)
    axes.annotate(
        f"the plan: {people_text(plan.reached)} people", (plan.budget, plan.reached),
        xytext=(-12 if right else 12, -14), textcoords="offset points", ha="right" if right else "left", fontsize=9,
        color=ORANGE, path_effects=HALO, zorder=6,
    )  # fmt: skip
    _dress(axes, plan, max(x), max([*y, plan.reached]))
    style: dict[str, Any] = {"color": INK, "parse_math": False}
    title = textwrap.shorten(plan.title or "Measures", 60, placeholder="…")
    figure.text(0.085, 0.93, f"{title}: reach against money", fontsize=14, fontweight="bold", va="center", **style)  # fmt: skip
    about = (
        f"{people_text(plan.unreached)} of {people_text(plan.people)} people "
        f"({share_text(plan.unreached, plan.people)}) are reached by no channel now; money for {plan.years:g} years"
    )
    figure.text(0.085, 0.88, about, fontsize=9.5, va="center", **style)
    if plan.caution:
        caution = textwrap.fill(f"Caution: {plan.caution}.", 160)
        figure.text(0.085, 0.045, caution, fontsize=7, va="top", color="#8c1c13", parse_math=False)
    if notice:
        figure.text(0.085, 0.975, notice.upper(), fontsize=9, fontweight="bold", color="#8c1c13", va="center")  # fmt: skip
    _bars(figure, plan)
    write_png(canvas, path, title, notice)


def _dress(axes: Axes, plan: MeasurePlan, widest: float, most: float) -> None:
    axes.set_xlim(0.0, widest * 1.02 or 1.0)
    axes.set_ylim(0.0, 1.08 * most or 1.0)
    axes.set_xlabel(f"Budget, {plan.currency}", color=INK)
    axes.set_ylabel("People newly reached", color=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(color="#dfe5ea", linewidth=0.7, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=8.5)
    unit, word = (1e6, " M") if widest >= 2e6 else (1e3, " k") if widest >= 2e3 else (1.0, "")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v / unit:g}{word if v else ''}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))


def _bars(figure: Figure, plan: MeasurePlan) -> None:
    """Draw people added by kind of measure, beside the curve."""
    kinds = [k for k in KINDS if any(r.measure.kind == k for r in plan.chosen)]
    style: dict[str, Any] = {"color": INK, "parse_math": False}
    figure.text(0.66, 0.80, "What the plan takes", fontsize=10.5, fontweight="bold", **style)
    if not kinds:
        figure.text(0.66, 0.75, "nothing", fontsize=9.5, **style)
        return
    added = {k: sum(r.added or 0.0 for r in plan.chosen if r.measure.kind == k) for k in kinds}
    money = {k: sum(r.measure.cost or 0.0 for r in plan.chosen if r.measure.kind == k) for k in kinds}  # fmt: skip
    count = {k: sum(r.measure.kind == k for r in plan.chosen) for k in kinds}
    axes = figure.add_axes((0.66, 0.775 - 0.0575 * len(kinds), 0.31, 0.0575 * len(kinds)))
    top = max(added.values()) or 1.0
    for k, kind in enumerate(kinds):
        row = len(kinds) - 1 - k
        axes.barh(row - 0.16, added[kind] / top, height=0.26, color=COLOURS[kind], left=0.0)
        axes.text(
            0.0, row + 0.12, f"{count[kind]} x {KINDS[kind].label}: {people_text(added[kind])} people, {money[kind]:,.0f}",
            fontsize=7.6, va="bottom", color=INK, parse_math=False,
        )  # fmt: skip
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(-0.5, len(kinds) - 0.5)
    axes.set_axis_off()
