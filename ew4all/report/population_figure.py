"""The picture of a comparison of population sources: each answer by source, as given and brought to the same totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ew4all.population_findings import ANSWERS, STAGES
from ew4all.report.palette import BLUE, INK, ORANGE
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from ew4all.population_results import PopulationComparison

__all__ = ["draw_comparison"]

_DPI: Final = 150
_MOST_NAME: Final = 22


def draw_comparison(path: Path, result: PopulationComparison) -> None:
    """Draw one panel an answer, one pair of bars a source: hollow as given, full at the last stage.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    first, last = result.stages[0], result.stages[-1]
    answers = [name for name in ANSWERS if name in first.spread]
    names = list(first.counts)
    high = 0.55 * len(names) * (1 if last is first else 1.6) + 1.0
    figure = Figure(figsize=(9.6, 1.3 + 0.85 * high * len(answers)), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    tall = figure.get_size_inches()[1]
    panels = figure.subplots(len(answers), 1, squeeze=False)[:, 0]
    for axes, answer in zip(panels, answers, strict=True):
        _panel(axes, result, answer, names)
    figure.subplots_adjust(
        left=0.2, right=0.95, top=1.0 - 1.05 / tall, bottom=0.75 / tall, hspace=0.5
    )
    figure.text(
        0.03, 1.0 - 0.32 / tall, result.title or "How much the answer depends on the population source",
        fontsize=13, fontweight="bold", color=INK, va="center",
    )  # fmt: skip
    words = f"hollow: {STAGES[first.name]}"
    if last is not first:
        words += f"; full: {STAGES[last.name]}"
    figure.text(0.03, 1.0 - 0.58 / tall, words, fontsize=9, color=INK, va="center")
    with writing(path):
        figure.savefig(path, metadata={"Software": None})


def _panel(axes: Axes, result: PopulationComparison, answer: str, names: list[str]) -> None:
    first, last = result.stages[0], result.stages[-1]
    two = last is not first
    places = list(range(len(names)))[::-1]
    height = 0.36 if two else 0.6
    colour = ORANGE if answer == "uncovered" else BLUE
    for place, name in zip(places, names, strict=True):
        given = getattr(first.counts[name], answer)
        axes.barh(
            place + (0.2 if two else 0.0), given, height, facecolor="white", edgecolor=colour, linewidth=1.2
        )  # fmt: skip
        _label(axes, given, place + (0.2 if two else 0.0))
        if two:
            adjusted = getattr(last.counts[name], answer)
            axes.barh(place - 0.2, adjusted, height, color=colour, edgecolor=colour)
            _label(axes, adjusted, place - 0.2)
    axes.set_yticks(
        places, [n if len(n) <= _MOST_NAME else f"{n[: _MOST_NAME - 1]}…" for n in names]
    )
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.margins(x=0.14)
    axes.set_xlim(left=0.0)
    axes.set_title(ANSWERS[answer], loc="left", fontsize=10, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    axes.tick_params(labelsize=8.5, colors=INK)
    axes.grid(axis="x", color="#8497a5", alpha=0.35, linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _label(axes: Axes, value: float, place: float) -> None:
    axes.annotate(
        f"{value:,.0f}", (value, place), (4, 0), textcoords="offset points", va="center", fontsize=8, color=INK
    )  # fmt: skip
