"""Charts of a feasibility document: bars with their numbers, in the colours of the maps."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Picture

from ew4all.report.feasibility_words import STEP_WORDS, money_text
from ew4all.report.palette import BLUE, INK, ORANGE
from ew4all.report.rounding import people_text, share_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from ew4all.feasibility_results import Feasibility

__all__ = ["chart_costs", "chart_coverage", "chart_waterfall"]

_DPI: Final = 160
_PALE: Final = "#dfe6ec"


def chart_coverage(result: Feasibility) -> bytes:
    """Draw the share of people with a signal of each technology."""
    covered = {t: n for t, n in result.reach.people.covered.items() if t != "any"}
    covered["any"] = result.reach.people.covered["any"]
    names = [t.upper() if t != "any" else "Any" for t in covered]
    shares = [n / result.people if result.people > 0.0 else 0.0 for n in covered.values()]
    texts = [f"{share_text(n, result.people)}  {people_text(n)} people" for n in covered.values()]
    return _bars(names, shares, texts, 1.0)


def chart_waterfall(result: Feasibility) -> bytes:
    """Draw how many are left at each step from living in the country to noticing a warning."""
    rows = result.reach.waterfall
    names = [STEP_WORDS[row.step] for row in rows]
    whole = max(rows[0].people, 1e-300)
    left = [row.people / whole for row in rows]
    fell = [row.lost / whole for row in rows]
    texts = [f"{people_text(row.people)}  {share_text(row.people, whole)}" for row in rows]
    return _bars(names, left, texts, 1.0, fell)


def chart_costs(result: Feasibility) -> bytes:
    """Draw the cost of each channel over the years with its range, on a scale of powers of ten."""
    priced = [(c.name, c.whole) for c in result.channels if c.whole is not None]
    figure, axes = _canvas(len(priced), 0.16, row_in=0.55, right=0.97)
    axes.set_xscale("log")
    for k, (_, whole) in enumerate(priced):
        low, high = max(whole.low, 1.0), max(whole.high, 1.0)
        axes.plot([low, high], [k, k], color=_PALE, linewidth=11, solid_capstyle="butt", zorder=1)
        axes.plot(
            [max(whole.value, 1.0)],
            [k],
            marker="D",
            color=BLUE,
            markersize=8,
            zorder=2,
            linestyle="none",
        )
        axes.annotate(
            f"{money_text(whole)} USD", (low, k), xytext=(0, 9), textcoords="offset points", fontsize=8.5, color=INK,
        )  # fmt: skip
    axes.set_ylim(len(priced) - 0.5, -0.75)
    axes.set_yticks(range(len(priced)), [name for name, _ in priced])
    years = result.known["horizon_years"].value
    axes.set_xlabel(
        f"USD over {years:g} years, discounted; bar: range, mark: value", fontsize=8.5, color=INK
    )
    axes.grid(axis="x", color=_PALE, linewidth=0.6)
    return _png(figure)


def _bars(
    names: Sequence[str], shares: Sequence[float], texts: Sequence[str], most: float, fell: Sequence[float] = ()
) -> bytes:  # fmt: skip
    longest = max(len(name) for name in names)
    figure, axes = _canvas(len(names), 0.06 + 0.0098 * longest)
    axes.barh(range(len(names)), [most] * len(names), color="#f3f6f8", height=0.66)
    axes.barh(range(len(names)), list(shares), color=BLUE, height=0.66)
    if fell:
        axes.barh(range(len(names)), list(fell), left=list(shares), color=ORANGE, height=0.66)
    for k, text in enumerate(texts):
        axes.text(most * 1.015, k, text, va="center", fontsize=9, color=INK, parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0.0, most)
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks([])
    return _png(figure)


def _canvas(
    rows: int, left: float, *, row_in: float = 0.36, right: float = 0.76
) -> tuple[Picture, Axes]:
    high = 0.62 + row_in * rows
    figure = Picture(figsize=(8.0, high), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    bottom = 0.42 / high
    axes = figure.add_axes((left, bottom, right - left, 1.0 - bottom - 0.1 / high))
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, labelsize=9, colors=INK)
    return figure, axes


def _png(figure: Picture) -> bytes:
    data = io.BytesIO()
    canvas: Any = figure.canvas
    canvas.print_png(data, metadata={"Software": "ew4all"})
    return data.getvalue()
