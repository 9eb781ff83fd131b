"""Pictures of an exercise: its timeline against the plan, the warned over time with decisions marked, and areas with the missed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Picture
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.ticker import FuncFormatter, PercentFormatter

from ew4all.exercises.areas import area_of
from ew4all.exercises.what_if import lonlat_of
from ew4all.report.drawing import HALO, outline_of
from ew4all.report.palette import BLUE, HAZARD, INK, ORANGE, SEA, UNCOVERED, ZONE
from ew4all.report.rounding import people_text
from ew4all.report.run_words import clock_text
from ew4all.run_results import PEOPLE_KEYS
from ew4all.sim.exercise import MARK
from ew4all.sim.exercise_events import AlertIssued, AlertUpdated, SirensOrdered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from ew4all.exercises.after_action import AfterAction, Row

__all__ = ["alerts_of", "chart_timeline", "chart_warned", "map_areas"]

_DPI: Final = 160
_GRID: Final = "#dfe6ec"
_LANES: Final = ("injects", "alerts and sirens", "requests", "messages")
_TICKS: Final = 7
_STEPS_MIN: Final = (5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
_CROWDED: Final = 0.045
_DASHES: Final[tuple[Any, ...]] = ("solid", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))
_RED: Final = "#8c1c13"


def chart_timeline(found: AfterAction) -> bytes:
    """Draw what happened in lanes, and by when it was to; a line joins both where it was later or earlier."""
    figure = _figure(8.0, 3.1)
    axes = figure.add_axes((0.16, 0.19, 0.82, 0.64))
    for k in range(len(_LANES)):
        axes.axhline(k, color=_GRID, linewidth=9.0, zorder=0)
    for row in found.rows:
        lane = _lane(row)
        if lane is None:
            continue
        if row.time_s is None:
            assert row.planned_s is not None
            axes.plot(row.planned_s, lane, "X", color=ORANGE, markersize=9, zorder=4)
            continue
        if row.planned_s is not None and row.delay_s:
            late = ORANGE if row.delay_s > 0 else BLUE
            axes.plot(
                [row.planned_s, row.time_s], [lane, lane], color=late, linewidth=3.0, zorder=2
            )
            axes.plot(row.planned_s, lane, "|", color=INK, markersize=15, zorder=3)
        axes.plot(row.time_s, lane, "o", color=INK if lane == 0 else BLUE, markersize=6, zorder=4)
    axes.set_ylim(len(_LANES) - 0.5, -0.5)
    axes.set_yticks(range(len(_LANES)), _LANES)
    _time_axis(axes, found)
    marks = [
        Line2D([], [], marker="o", color=BLUE, linestyle="none", label="happened"),
        Line2D([], [], marker="|", color=INK, linestyle="none", markersize=12, label="planned or expected by"),
        Line2D([], [], color=ORANGE, linewidth=3, label="later"),
        Line2D([], [], color=BLUE, linewidth=3, label="earlier, or in time"),
        Line2D([], [], marker="X", color=ORANGE, linestyle="none", markersize=8, label="expected, never happened"),
    ]  # fmt: skip
    figure.legend(
        handles=marks, loc="upper left", bbox_to_anchor=(0.15, 0.94), ncols=5, fontsize=7.2, frameon=False,
        columnspacing=1.2, handletextpad=0.5,
    )  # fmt: skip
    return _png(figure)


def chart_warned(found: AfterAction) -> bytes:
    """Draw the share of people at risk who were warned and whom the hazard has reached, with the decisions that were taken."""
    results = found.results
    figure = _figure(8.0, 3.9)
    axes = figure.add_axes((0.085, 0.14, 0.70, 0.62))
    at_risk = max(float(results.count("at_risk").mean), 1e-300)
    time_s = results.time_s - found.session.worlds.start_s
    warned = results.curves["warned"].mean[:, -1] / at_risk
    axes.plot(time_s, warned, color=BLUE, linewidth=2.6, zorder=4)
    ends = [(float(warned[-1]), "warned", BLUE)]
    if results.lead is not None:
        come = results.curves["arrived"].mean[:, 0] / at_risk
        axes.fill_between(time_s, come, 0.0, color=HAZARD, alpha=0.1, linewidth=0.0, step="post")
        axes.step(time_s, come, color=HAZARD, linewidth=1.3, where="post", linestyle=(0, (5, 2)))
        ends.append((float(come[-1]), "hazard has arrived", HAZARD))
    axes.set_ylim(0.0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel("of the people at risk", fontsize=8.5, color=INK)
    axes.grid(color=_GRID, linewidth=0.6)
    _time_axis(axes, found)
    ends.sort(reverse=True)
    below = 2.0
    for height, words, colour in ends:
        at = min(height, below - 0.07)
        below = at
        axes.text(
            1.01, at, f"{words} {100.0 * height:.0f} %", transform=axes.get_yaxis_transform(), fontsize=8.5, color=colour,
            va="center",
        )  # fmt: skip
    span = axes.get_xlim()[1] - axes.get_xlim()[0]
    last, level = -np.inf, 0
    for row in found.rows:
        if row.time_s is None or _lane(row) not in (1, 2):
            continue
        level = (level + 1) % 3 if row.time_s - last < 4.0 * _CROWDED * span else 0
        last = row.time_s
        axes.axvline(row.time_s, color=INK, linewidth=0.8, linestyle=":", zorder=2)
        axes.annotate(
            _short(row.kind, row.words), (row.time_s, 1.02), xycoords=axes.get_xaxis_transform(),
            xytext=(2, 2 + 11 * level), textcoords="offset points", fontsize=7.5, color=INK, annotation_clip=False,
            parse_math=False,
        )  # fmt: skip
    return _png(figure)


def map_areas(found: AfterAction) -> bytes | None:
    """Draw alert areas over zones coloured by missed people; None where no zone and no area has a shape."""
    zones = [z for z in found.results.zones if z.geometry is not None]
    named: dict[Any, list[str]] = {}
    for name, area in alerts_of(found):
        if area is not None and name not in named.setdefault(area.wkb, []):
            named[area.wkb].append(name)
    areas = [(", ".join(names), shapely.from_wkb(key)) for key, names in named.items()]
    if not zones and not areas:
        return None
    shapes = [z.geometry for z in zones if z.geometry is not None] + [a for _, a in areas]
    west, south, east, north = np.array([s.bounds for s in shapes]).T
    box = float(west.min()), float(south.min()), float(east.max()), float(north.max())
    narrow = max(0.05, float(np.cos(np.radians((box[1] + box[3]) / 2.0))))
    high = 7.2 * 0.72 * (box[3] - box[1]) / max((box[2] - box[0]) * narrow, 1e-9)
    figure = _figure(7.2, min(max(high, 2.4), 4.4) + 0.45)
    axes = figure.add_axes((0.02, 0.02, 0.7, 0.89))
    axes.set_facecolor(SEA)
    missed = {
        z.id: float(found.results.people["zone"].mean[k, PEOPLE_KEYS.index("missed")])
        for k, z in enumerate(found.results.zones)
    }
    norm = Normalize(0.0, max([1.0, *(missed[z.id] for z in zones)]))
    for zone in zones:
        assert zone.geometry is not None
        path = outline_of(zone.geometry)
        if path is None:
            continue
        lost = missed[zone.id]
        colour = UNCOVERED(norm(lost)) if lost >= 1.0 else "white"
        axes.add_patch(PathPatch(path, facecolor=colour, edgecolor=ZONE, linewidth=0.7, zorder=1))
        if len(zones) <= 30:
            at = zone.geometry.representative_point()
            axes.text(
                at.x, at.y, f"{zone.name}\n{people_text(lost)}", fontsize=7, color=INK, ha="center", va="center", zorder=5,
                path_effects=HALO, parse_math=False,
            )  # fmt: skip
    marks: list[Any] = [
        Patch(
            facecolor=UNCOVERED(0.5), edgecolor=ZONE, label="missed people of a zone;\ndarker: more"
        )
    ]
    for k, (name, area) in enumerate(areas):
        path = outline_of(area)
        dashes: Any = _DASHES[k % 4]
        if path is not None:
            axes.add_patch(
                PathPatch(
                    path,
                    facecolor="none",
                    edgecolor=BLUE,
                    linewidth=2.0,
                    linestyle=dashes,
                    zorder=4,
                )
            )
            marks.append(
                Line2D(
                    [], [], color=BLUE, linewidth=2, linestyle=dashes, label=f"area of {name:.28}"
                )
            )
    study = found.session.worlds.inputs.study
    if study.hazard is not None and study.hazard_raster is None:
        path = outline_of(lonlat_of(found.session.worlds, study.hazard))
        if path is not None:
            style: dict[str, Any] = {
                "facecolor": "none",
                "edgecolor": HAZARD,
                "hatch": "///",
                "linewidth": 0.0,
                "alpha": 0.45,
            }
            axes.add_patch(PathPatch(path, zorder=2, **style))
            marks.append(Patch(label="hazard's footprint", **style))
    margin = 0.03 * max(box[2] - box[0], box[3] - box[1])
    axes.set_xlim(box[0] - margin, box[2] + margin)
    axes.set_ylim(box[1] - margin, box[3] + margin)
    axes.set_aspect(1.0 / narrow)
    axes.set_xticks([])
    axes.set_yticks([])
    figure.legend(
        handles=marks, loc="upper left", bbox_to_anchor=(0.73, 0.92), fontsize=7.5, frameon=False
    )
    return _png(figure)


def alerts_of(found: AfterAction) -> list[tuple[str, Any]]:
    """Return name and area of what was issued, in order: lon/lat; None where it was everywhere, or in a footprint that is a raster."""
    out: list[tuple[str, Any]] = []
    for event in found.session.log:
        p = event.payload
        if isinstance(p, AlertIssued | AlertUpdated):
            out.append((p.alert, _shape(found, p.content.area)))
        elif isinstance(p, SirensOrdered):
            out.append((p.order, _shape(found, p.area)))
    return out


def _shape(found: AfterAction, area: Mapping[str, Any] | None) -> Any:
    drawn = area_of(area)
    if drawn.shape is not None:
        return drawn.shape
    study = found.session.worlds.inputs.study
    own = study.area
    if own is None and study.hazard_raster is None:
        own = study.hazard
    return None if own is None else lonlat_of(found.session.worlds, own)


def _lane(row: Row) -> int | None:
    """Return the lane of `_LANES` in which a row is drawn."""
    if row.kind == "inject_fired":
        return 0
    if row.decision.startswith("request_"):
        return 2
    if row.decision == "send_message":
        return 3
    return 1 if row.decision else None


def _short(kind: str, words: str) -> str:
    name = words.split(",", maxsplit=1)[0].split(":", maxsplit=1)[0]
    verb = {"alert_drafted": "draft", "alert_approved": "approved", "alert_issued": "alert", "alert_updated": "update", "alert_cancelled": "cancel", "sirens_ordered": "sirens"}  # fmt: skip
    said = verb.get(kind, kind.removesuffix("_requested"))
    return said if name in ("", said) else f"{said} {name:.16}"


def _time_axis(axes: Axes, found: AfterAction) -> None:
    worlds = found.session.worlds
    start_s, zero = worlds.start_s, worlds.plan.zero_hour
    end_s = max(found.session.log.last_s, 60.0)
    axes.set_xlim(0.0, end_s)
    step_s = next(
        (60.0 * m for m in _STEPS_MIN if end_s / (60.0 * m) <= _TICKS), 60.0 * _STEPS_MIN[-1]
    )
    begins = zero * 3600.0 + start_s
    first = np.ceil(begins / step_s - 1e-9) * step_s - begins
    axes.set_xticks(np.arange(first, end_s + 1.0, step_s))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda t, _: clock_text(zero, start_s + t).replace(" (", "\n("))
    )
    axes.set_xlabel("time of the scenario", fontsize=8.5, color=INK)
    axes.tick_params(labelsize=8.5, colors=INK, length=2)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _figure(wide: float, high: float) -> Picture:
    figure = Picture(figsize=(wide, high), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    figure.text(
        0.99, 0.985, MARK, ha="right", va="top", fontsize=8.5, fontweight="bold", color=_RED
    )
    return figure


def _png(figure: Picture) -> bytes:
    data = io.BytesIO()
    canvas: Any = figure.canvas
    canvas.print_png(data, metadata={"Software": "ew4all", "Title": MARK})
    return data.getvalue()
