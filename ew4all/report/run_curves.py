"""The picture of a run over time: people at risk who are warned, by any channel and by each, and whom the hazard has reached."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, PercentFormatter

from ew4all.report.drawing import HALO, write_png
from ew4all.report.palette import HAZARD, INK
from ew4all.report.rounding import people_text
from ew4all.report.run_words import channel_word, clock_text
from ew4all.sim.records import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ew4all.run_results import RunResults, Stats

    F64 = NDArray[np.float64]

__all__ = ["CHANNEL_COLOURS", "draw_run_curves"]

CHANNEL_COLOURS: Final = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#7f3c00", "#5a5a5a", "#8c6bb1",
)  # fmt: skip
"""After Okabe and Ito: told apart by everybody; lines differ in their dashes as well."""

_DASHES: Final[tuple[Any, ...]] = (
    "solid", (0, (6, 2)), (0, (2, 1.5)), (0, (8, 2, 2, 2)), (0, (4, 1.5)), (0, (1, 1)), (0, (10, 3)), (0, (3, 1, 1, 1)),
    (0, (6, 1, 1, 1)),
)  # fmt: skip
_DPI: Final = 150
_ZOOM_S: Final = 1800.0
_LABEL_GAP: Final = 0.046
_TITLE_PAD: Final = 20.0
"""Points between a panel and its title: marks of alerts stand between them."""
_STEPS_S: Final = (
    60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800, 432000, 864000,
)  # fmt: skip


def draw_run_curves(path: Path, results: RunResults) -> None:
    """Draw the share of the people at risk that is warned over time as PNG; the first half hour on its own in long runs.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    figure = Figure(figsize=(10.8, 5.6), dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    issued = results.issued_s
    long = results.is_issued_at_once and results.time_s[-1] - issued > 4 * _ZOOM_S
    bottom, high, top = 0.13, 0.645, 0.79
    if long:
        near = figure.add_axes((0.062, bottom, 0.26, high))
        _draw(near, results)
        span = float(issued) - 0.06 * _ZOOM_S, float(issued) + _ZOOM_S
        near.set_xlim(*span)
        _time_axis(near, results, (float(issued), span[1]), since_s=float(issued))
        near.set_xlabel("minutes since the alert was sent", fontsize=9, color=INK)
        near.set_title("The first half hour", fontsize=9.5, color=INK, loc="left", pad=_TITLE_PAD)
        wide = figure.add_axes((0.36, bottom, 0.435, high))
    else:
        wide = figure.add_axes((0.062, bottom, 0.733, high))
    _draw(wide, results)
    span = float(results.time_s[0]), float(results.time_s[-1])
    wide.set_xlim(*span)
    _time_axis(wide, results, span)
    wide.set_xlabel("local time", fontsize=9, color=INK)
    if long:
        wide.set_title("The whole run", fontsize=9.5, color=INK, loc="left", pad=_TITLE_PAD)
    _mark_events(wide, results)
    _label_ends(wide, results)
    (figure.axes[0] if long else wide).set_ylabel(
        "share of the people at risk", fontsize=9, color=INK
    )
    if long:
        wide.set_yticklabels([])
    title = textwrap.shorten(results.title, 110, placeholder="…")
    figure.text(
        0.062, 0.915, title, fontsize=min(14.0, 14.0 * 82.0 / max(len(title), 1)), fontweight="bold", color=INK,
        va="center", parse_math=False,
    )  # fmt: skip
    at_risk = float(results.count("at_risk").mean)
    about = f"How many of the {people_text(at_risk)} people at risk are warned, and when"
    if results.replicas > 1:
        about += f"; mean and 5 to 95 % of {results.replicas:,} replicas"
    figure.text(0.062, top + 0.08, about, fontsize=9.5, color=INK, va="center")
    if results.notice:
        figure.add_artist(
            Rectangle((0.0, 0.962), 1.0, 0.038, facecolor="#8c1c13", edgecolor="none")
        )
        figure.text(
            0.5, 0.981, results.notice.upper(), ha="center", va="center", fontsize=9, fontweight="bold", color="white",
            parse_math=False,
        )  # fmt: skip
    write_png(canvas, path, results.title, results.notice or about)


def _draw(axes: Axes, results: RunResults) -> None:
    at_risk = max(float(results.count("at_risk").mean), 1e-300)
    time_s = results.time_s

    def line(stats: Stats, *, band: float, **style: Any) -> None:
        if band and results.replicas > 1:
            axes.fill_between(
                time_s, stats.p05 / at_risk, stats.p95 / at_risk, facecolor=style["color"], alpha=band, linewidth=0.0,
                zorder=style["zorder"] - 0.5,
            )  # fmt: skip
        axes.plot(time_s, stats.mean / at_risk, **style)

    if results.lead is not None:
        come = results.curves["arrived"].take(slice(None), 0).mean / at_risk
        axes.fill_between(
            time_s, come, 0.0, facecolor=HAZARD, alpha=0.10, linewidth=0.0, zorder=1, step="post"
        )
        axes.step(time_s, come, color=HAZARD, linewidth=1.0, where="post", zorder=1.5)
    for c in range(len(results.channels)):
        line(
            results.curves["noticed"].take(slice(None), -1, c), band=0.08, color=CHANNEL_COLOURS[c % 9],
            linestyle=_DASHES[c % 9], linewidth=1.5, zorder=3,
        )  # fmt: skip
    line(results.curves["acted"].take(slice(None), -1), band=0.0, color=INK, linewidth=1.3, linestyle=(0, (1, 1.2)), zorder=4)  # fmt: skip
    line(
        results.curves["warned"].take(slice(None), -1),
        band=0.2,
        color=INK,
        linewidth=2.8,
        zorder=5,
    )
    axes.set_ylim(0.0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(color="#8497a5", alpha=0.35, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8.5, colors=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _time_axis(
    axes: Axes, results: RunResults, span: tuple[float, float], since_s: float | None = None
) -> None:
    length = span[1] - span[0]
    most = 5.5 if since_s is not None else 8.0
    step = next((s for s in _STEPS_S if length / s <= most), _STEPS_S[-1])
    if since_s is not None:
        axes.set_xticks(np.arange(since_s, span[1] + 1.0, step))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda t, _: f"{(t - since_s) / 60.0:g}"))
        return
    zero = results.zero_hour * 3600.0
    first = np.ceil((span[0] + zero) / step - 1e-9) * step - zero
    axes.set_xticks(np.arange(first, span[1] + 1.0, step))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda t, _: clock_text(results.zero_hour, t).replace(" (", "\n("))
    )


def _mark_events(axes: Axes, results: RunResults) -> None:
    words = {"issue": "alert", "update": "update", "cancel": "cancelled"}
    last = -np.inf
    low, high = axes.get_xlim()
    for time_s, kind in zip(results.events.time_s, results.events.kind, strict=True):
        word = words.get(KINDS[kind])
        if word is None or time_s - last < 0.05 * (high - low):
            continue
        last = time_s
        axes.axvline(time_s, color=INK, linewidth=0.8, linestyle=":", zorder=2)
        axes.text(
            time_s, 1.025, word, fontsize=7.5, color=INK, ha="center", va="bottom", transform=axes.get_xaxis_transform()
        )  # fmt: skip


def _label_ends(axes: Axes, results: RunResults) -> None:
    """Write what each line is at its end, none over another."""
    at_risk = max(float(results.count("at_risk").mean), 1e-300)
    warned, acted = results.curves["warned"].mean[-1, -1], results.curves["acted"].mean[-1, -1]
    labels = [
        (warned / at_risk, "Warned, any channel", INK, "bold"),
        (acted / at_risk, "Begun to act", INK, "normal"),
    ]
    for c, name in enumerate(results.channels):
        end = results.curves["noticed"].mean[-1, -1, c] / at_risk
        labels.append((end, channel_word(name), CHANNEL_COLOURS[c % 9], "normal"))
    if results.lead is not None:
        come = results.curves["arrived"].mean[-1, 0] / at_risk
        labels.append((come, "Hazard has arrived", HAZARD, "normal"))
    labels.sort(key=lambda one: -one[0])
    heights = _apart([one[0] for one in labels])
    right = axes.get_xlim()[1]
    for (end, words, colour, weight), y in zip(labels, heights, strict=True):
        axes.annotate(
            f"{words}  {100.0 * end:.0f} %", xy=(right, end), xytext=(1.035, y),
            textcoords=axes.get_yaxis_transform(), fontsize=8.5, color=colour, fontweight=weight, va="center",
            annotation_clip=False, path_effects=HALO,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip


def _apart(wanted: list[float]) -> list[float]:
    """Move heights, which fall, as little as leaves a gap between them, within 0 and 1."""
    heights = list(wanted)
    for k in range(1, len(heights)):
        heights[k] = min(heights[k], heights[k - 1] - _LABEL_GAP)
    if heights and heights[-1] < 0.0:
        heights[-1] = 0.0
        for k in range(len(heights) - 2, -1, -1):
            heights[k] = max(heights[k], heights[k + 1] + _LABEL_GAP)
    return heights
