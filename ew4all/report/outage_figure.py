"""The picture of an outage: sites without service over time, stacked by cause."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ew4all.coverage.outages.timeline import STATES
from ew4all.report.palette import INK
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.outage_study import OutageResult

__all__ = ["draw_outage"]

_LAYERS: Final = (
    ("damage", "damaged", "#6e2100", ""),
    ("transport", "no transport link", "#2c6597", "////"),
    ("power", "no power", "#f07f1e", "...."),
    ("temporary", "served by a temporary cell", "#9fd3c7", ""),
    ("backup", "in service on battery or generator", "#f5e6b8", ""),
)
"""State, words, colour and hatch, from the bottom up; hatches tell them apart without colours."""

_DPI = 150


def draw_outage(path: Path, result: OutageResult) -> None:
    """Draw mean sites by state over time, and the range of sites without service over the members.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    hours = result.times_h
    mean = result.counts.mean(axis=0)
    unit, scale = ("days", 24.0) if hours[-1] > 96.0 else ("hours", 1.0)
    figure = Figure(figsize=(9.6, 5.8), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.085, 0.2, 0.83, 0.66))
    base = np.zeros(hours.size)
    for state, words, colour, hatch in _LAYERS:
        layer = mean[:, STATES.index(state)]
        if not layer.any():
            continue
        style: dict[str, Any] = {
            "facecolor": colour,
            "edgecolor": "white",
            "linewidth": 0.0,
            "hatch": hatch,
        }
        axes.fill_between(hours / scale, base, base + layer, label=words, **style)
        base = base + layer
    out = result.counts[:, :, [STATES.index(s) for s in ("damage", "transport", "power")]].sum(
        axis=2
    )
    axes.plot(
        hours / scale, out.mean(axis=0), color=INK, linewidth=1.4, label="without service, mean"
    )
    if len(result.ensemble) > 1:
        low, high = np.percentile(out, [5, 95], axis=0)
        axes.plot(
            hours / scale, low, color=INK, linewidth=0.8, linestyle="--",
            label=f"5 to 95 % of {len(result.ensemble)} courses of events",
        )  # fmt: skip
        axes.plot(hours / scale, high, color=INK, linewidth=0.8, linestyle="--")
        base = np.maximum(base, high)
    top = max(float(base.max()) * 1.06, 1.0)
    axes.set_xlim(0.0, hours[-1] / scale)
    axes.set_ylim(0.0, top)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    since = "observation" if result.observed is not None else "hazard"
    axes.set_xlabel(f"{unit} since the {since}", color=INK)
    axes.set_ylabel("sites", color=INK)
    share = axes.twinx()
    share.set_ylim(0.0, top / result.sites)
    share.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    share.set_ylabel(f"share of {result.sites:,} sites", color=INK)
    axes.grid(color="#8497a5", alpha=0.35, linewidth=0.5)
    axes.set_axisbelow(True)
    for one in (axes, share):
        for side in ("top", "right"):
            one.spines[side].set_visible(False)
    figure.text(
        0.085, 0.94, result.title or "Cell sites without service, by cause", fontsize=13,
        fontweight="bold", color=INK, ha="left", va="center",
    )  # fmt: skip
    figure.text(0.085, 0.89, _subtitle(result), fontsize=8.5, color=INK, ha="left", va="center")
    figure.legend(
        loc="lower center", ncols=3, fontsize=8.5, frameon=False, bbox_to_anchor=(0.5, 0.005),
        handlelength=2.4, handleheight=1.2,
    )  # fmt: skip
    with writing(path):
        figure.savefig(path, metadata={"Software": None})


def _subtitle(result: OutageResult) -> str:
    parts = [
        f"{result.sites:,} sites, {len(result.cells):,} cells, repair class {result.repair}, seed {result.seed}"
    ]
    if result.observed is not None:
        parts.append(
            f"{int(result.observed.down.sum())} sites observed down; causes and returns are modelled"
        )
    elif len(result.ensemble) > 1:
        parts.append(f"mean of {len(result.ensemble)} possible courses of events")
    return textwrap.shorten("; ".join(parts), 150, placeholder=" ...")
