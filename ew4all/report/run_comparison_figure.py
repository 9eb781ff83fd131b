"""The picture of two runs: people at risk who are warned over time, A and B."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator, PercentFormatter

from ew4all.report.drawing import write_png
from ew4all.report.palette import BLUE, INK, ORANGE
from ew4all.report.run_words import channel_word

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from ew4all.run_comparison import Comparison

__all__ = ["draw_comparison"]

_DPI = 150


def draw_comparison(path: Path, found: Comparison) -> None:
    """Draw both runs, all channels together and each for itself, as PNG.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    names = found.channels
    figure = Figure(figsize=(10.8, 6.4), dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    main = figure.add_axes((0.065, 0.13, 0.5, 0.66))
    _draw(main, found, None)
    main.set_title("Warned by any channel", fontsize=10, fontweight="bold", color=INK, loc="left")
    main.set_ylabel("share of the people at risk", fontsize=9, color=INK)
    main.legend(loc="lower right", fontsize=9, frameon=False)
    rows = -(-len(names) // 2)
    high = 0.66 / rows
    for k, name in enumerate(names):
        row, column = divmod(k, 2)
        box = (0.635 + 0.18 * column, 0.13 + high * (rows - 1 - row), 0.15, 0.62 * high)
        small = figure.add_axes(box)
        _draw(small, found, name)
        small.set_title(channel_word(name), fontsize=8.5, color=INK, loc="left", pad=3)
        small.tick_params(labelsize=7)
        small.set_yticks([0.0, 0.5, 1.0])
        if column:
            small.set_yticklabels([])
        small.set_xlabel("")
    for k, (letter, colour) in enumerate((("A", BLUE), ("B", ORANGE))):
        title = textwrap.shorten(f"{letter}: {found.runs[k].title}", 120, placeholder="…")
        figure.text(0.065, 0.94 - 0.045 * k, title, fontsize=11, fontweight="bold", color=colour, va="center", parse_math=False)  # fmt: skip
    notice = next((one.notice for one in found.runs if one.notice), None)
    if notice:
        figure.text(0.98, 0.02, notice.upper(), fontsize=8, color="#8c1c13", fontweight="bold", ha="right", parse_math=False)  # fmt: skip
    write_png(canvas, path, "Two runs side by side", notice)


def _draw(axes: Axes, found: Comparison, name: str | None) -> None:
    for one, colour, dash, letter in zip(
        found.runs, (BLUE, ORANGE), ("-", "--"), "AB", strict=True
    ):
        at_risk = max(float(one.count("at_risk").mean), 1e-300)
        if name is None:
            stats = one.curves["warned"].take(slice(None), -1)
        elif name in one.channels:
            stats = one.curves["noticed"].take(slice(None), -1, one.channels.index(name))
        else:
            continue
        if one.replicas > 1:
            axes.fill_between(one.time_s, stats.p05 / at_risk, stats.p95 / at_risk, color=colour, alpha=0.16, linewidth=0.0)  # fmt: skip
        axes.plot(one.time_s, stats.mean / at_risk, color=colour, linestyle=dash, linewidth=2.0 if name is None else 1.4, label=letter)  # fmt: skip
    axes.set_ylim(0.0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda t, _: f"{t / 3600.0:g}"))
    step = 3600.0 * max(
        1.0,
        round((axes.get_xlim()[1] - axes.get_xlim()[0]) / 3600.0 / (8.0 if name is None else 3.0)),
    )
    axes.xaxis.set_major_locator(MultipleLocator(step))
    axes.set_xlabel("hours since the scenario's zero", fontsize=9, color=INK)
    axes.grid(color="#8497a5", alpha=0.35, linewidth=0.5)
    axes.tick_params(labelsize=8.5, colors=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
