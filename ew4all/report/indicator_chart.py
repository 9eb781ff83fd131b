"""Indicators over time as small multiples: one panel an indicator, black on white, a bar where only bounds are known."""

from __future__ import annotations

import io
import textwrap
from datetime import datetime
from typing import TYPE_CHECKING, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from ew4all.report.indicator_words import number_words, value_words
from ew4all.report.palette import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ew4all.indicator_results import Indicator, Indicators

__all__ = ["PANELS", "chart_series"]

PANELS: Final = (
    "sendai_g3", "multi_channel", "one_channel", "no_channel", "theory_any", "theory_cell_broadcast", "run_warned",
    "network_any",
)  # fmt: skip
"""Indicators that have a panel."""

_DPI: Final = 200
_COLUMNS: Final = 4
_ROW_IN: Final = 1.45


def chart_series(result: Indicators) -> bytes | None:
    """Return the small multiples as PNG; None where no indicator of `PANELS` is known."""
    lines = [line for name in PANELS if (line := result.line(name))]
    if not lines:
        return None
    rows = -(-len(lines) // _COLUMNS)
    figure = Figure(figsize=(9.2, _ROW_IN * rows), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    span = [_day(result.dates[0]), _day(result.dates[-1])]
    for axes, line in zip(panels, lines, strict=False):
        _panel(axes, line, span)
    for axes in panels[len(lines) :]:
        axes.set_axis_off()
    figure.subplots_adjust(left=0.05, right=0.985, top=1.0 - 0.5 / (_ROW_IN * rows), bottom=0.26 / (_ROW_IN * rows), hspace=0.72, wspace=0.3)  # fmt: skip
    data = io.BytesIO()
    figure.savefig(data, format="png", metadata={"Software": None})
    return data.getvalue()


def _day(text: str) -> float:
    """Return a date as years, for the axis."""
    when = datetime.fromisoformat(text)
    return when.year + (when.timetuple().tm_yday - 1 + when.hour / 24.0) / 365.25


def _panel(axes: Axes, line: tuple[Indicator, ...], span: list[float]) -> None:
    unit = line[0].definition.unit
    x = [_day(one.date) for one in line]
    exact = [(k, one.value) for k, one in zip(x, line, strict=True) if one.value is not None]
    axes.plot([k for k, _ in exact], [v for _, v in exact], color=INK, linewidth=1.3, marker="o", markersize=4, clip_on=False, zorder=3)  # fmt: skip
    for k, one in zip(x, line, strict=True):
        if one.value is None and one.low is not None and one.high is not None:
            axes.vlines(k, one.low, one.high, color=INK, linewidth=4, alpha=0.6, zorder=2)
    top = 1.0 if unit.startswith("share") else 100_000.0
    axes.set_ylim(0.0, top)
    axes.set_yticks([0.0, top / 2.0, top])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: number_words(v, unit) if unit.startswith("share") else f"{v / 1000:.0f}k"))  # fmt: skip
    room = max(0.08 * (span[1] - span[0]), 0.25)
    axes.set_xlim(span[0] - room, span[1] + room)
    marks = sorted({x[0], x[-1]})
    axes.set_xticks(marks, [line[0].date[:7], line[-1].date[:7]][: len(marks)])
    axes.tick_params(labelsize=7, colors=INK, length=2)
    axes.grid(axis="y", color="#8497a5", alpha=0.4, linewidth=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    last = line[-1]
    name = last.definition.name.partition(": ")[2] or last.definition.name
    title = "\n".join(
        textwrap.wrap(f"{name}: {value_words(last)}".replace(" %", "\u00a0%"), 31)[:3]
    )
    axes.set_title(title, loc="left", fontsize=7.2, color=INK, parse_math=False)
