"""The page of a change: a map and a table with a slider over the dates, in one file that asks for nothing from anywhere."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import shapely

from ew4all.report.change_map import change_words, lived_in
from ew4all.report.change_table import signed_text
from ew4all.report.change_view import ChangeView, coarser, painted, png_of, scale_of
from ew4all.report.pages import template
from ew4all.report.rounding import people_text, share_text
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.change_results import Between, Change, DateCount, Flow, Series
    from ew4all.change_study import CellChange, ChangeStudy

__all__ = ["Pictures", "write_change_page"]

_MOST_PICTURES: Final = 60
_MOST_CELLS: Final = 400_000_000
"""Cells that are counted once more for pictures in all, beside those of the map; about a minute."""

_PIXELS: Final = 500
_WIDE: Final = 640.0
_MOST_HIGH: Final = 760.0
_MOST_ZONES: Final = 100
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#23303b")
_DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "")
_CHART: Final = (640.0, 190.0, 56.0, 12.0, 12.0, 34.0)  # width, height, left, right, top, bottom


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of pairs of dates and the outlines of zones, in pixels of one drawing.

    Attributes
    ----------
    png
        By course and positions of two dates. Where there are many dates or cells, not all pairs have one.
    box
        West, south, east, north of the drawing; `image` the same of the pictures.
    """

    box: tuple[float, float, float, float]
    image: tuple[float, float, float, float]
    wide: float
    high: float
    png: dict[tuple[int, int, int], bytes]
    low: float
    top: float
    zones: list[tuple[int, str]] = field(default_factory=list)
    courses: int = 1

    @classmethod
    def of(cls, study: ChangeStudy, whole: ChangeView) -> Pictures:
        """Draw as many pairs as are worth their time; the whole change comes first, and is drawn already."""
        last = len(study.courses) - 1
        found: dict[tuple[int, int, int], CellChange] = {
            whole.pair: coarser(whole.north_up(), _PIXELS)
        }
        wanted = [
            (c, i, j)
            for c in range(last, -1, -1)
            for since_first in (True, False)
            for i, j in study.courses[c].pairs
            if (i == 0) is since_first
        ]
        cells = study.grid.shape[0] * study.grid.shape[1]
        most = min(_MOST_PICTURES, 1 + _MOST_CELLS // cells)
        for pair in wanted:
            if len(found) >= most:
                break
            if pair not in found:
                view = ChangeView.of(study, *pair)
                for _ in view.blocks():
                    pass
                found[pair] = coarser(view.north_up(), _PIXELS)
        # One scale for all: colours of different dates can then be compared.
        norm = max(
            (scale_of(pixels) for pixels in found.values()), key=lambda n: float(n.vmax or 0.0)
        )
        png = {pair: png_of(painted(pixels, norm)) for pair, pixels in found.items()}
        box = lived_in(found[whole.pair].people, whole.extent)
        west, south, east, north = box
        squeeze = 1.0
        if study.grid.is_geographic:
            squeeze = max(math.cos(math.radians(min(abs(south + north) / 2.0, 89.0))), 0.05)
        wide = min(_WIDE, _MOST_HIGH * (east - west) * squeeze / (north - south))
        high = wide * (north - south) / ((east - west) * squeeze)
        made = cls(box, whole.extent, wide, high, png, float(norm.vmin or 0.0), float(norm.vmax or 0.0), courses=len(study.courses))  # fmt: skip
        for k, shape in enumerate(study.zone_shapes):
            path = "" if shape is None else made._path(shape)
            if path:
                made.zones.append((k, path))
        return made

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return a place in the drawing."""
        west, south, east, north = self.box
        return (x - west) / (east - west) * self.wide, (north - y) / (north - south) * self.high

    def _path(self, shape: Any) -> str:
        """Return an outline as SVG, cut to the drawing and as fine as it shows."""
        frame = shapely.buffer(shapely.box(*self.box), 0.05 * (self.box[2] - self.box[0]), join_style="mitre")  # fmt: skip
        detail = 0.4 * (self.box[2] - self.box[0]) / self.wide
        shown = shapely.intersection(shapely.make_valid(shape), frame).simplify(detail)
        parts = []
        for part in shapely.get_parts(shown):
            if part.geom_type != "Polygon" or part.is_empty:
                continue
            for ring in shapely.get_rings(part):
                points = (self.at(*xy) for xy in shapely.get_coordinates(ring)[:-1])
                parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
        return "".join(parts)


def write_change_page(
    path: Path, result: Change, pictures: Pictures, notice: str | None, attribution: str | None
) -> None:
    """Write the page.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    told = result.series
    if len(told) == 2 and told[0].layers == told[1].layers:
        told = told[1:]  # the one technology, not a second time
    first = len(result.series) - len(told)
    zones = _shown(result)
    text = template("change.html").render(
        r=result,
        title=result.title or "Who has gained and who has lost a signal",
        notice=notice,
        attribution=attribution,
        main=len(told) - 1,
        subtitle=_subtitle(told, result),
        p=pictures,
        image=_image(pictures),
        png=_embedded(pictures),
        outlines=[(k, result.zones[k].name, outline) for k, outline in pictures.zones],
        zones=[result.zones[k].name for k in zones],
        left=len(_lived(result)) - len(zones),
        series=[_facts(series, zones) for series in told],
        chart=_chart(told),
        courses={k: min(k + first, pictures.courses - 1) for k in range(len(told))},
    )  # fmt: skip
    with writing(path):
        path.write_text(text, encoding="utf-8", newline="\n")


def _image(pictures: Pictures) -> dict[str, str]:
    west, south, east, north = pictures.image
    left, top = pictures.at(west, north)
    right, bottom = pictures.at(east, south)
    numbers = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    return {key: f"{value:.2f}" for key, value in numbers.items()}


def _embedded(pictures: Pictures) -> list[tuple[str, str]]:
    """Return each picture once, with its name."""
    return [
        (f"{c}-{i}-{j}", base64.b64encode(png).decode("ascii"))
        for (c, i, j), png in sorted(pictures.png.items())
    ]


def _subtitle(told: tuple[Series, ...], result: Change) -> str:
    dates = sorted({date for series in told for date in series.dates})
    names = ", ".join(s.name.upper() for s in told if s.name != "any") or "any technology"
    return (
        f"Mobile signal of {names} on {len(dates)} dates, {dates[0]} to {dates[-1]}, and {people_text(result.people)} people. The "
        "slider below moves through the dates, with the arrow keys too."
    )


def _lived(result: Change) -> list[int]:
    """Positions of the zones without the rest outside them, where nobody lives there."""
    return [k for k, z in enumerate(result.zones) if z.geometry is not None or z.people >= 0.5]


def _shown(result: Change) -> list[int]:
    """Positions of the zones of the table: those of most change, in their order."""
    flows = result.main.whole.zones
    lived = _lived(result)
    lived.sort(key=lambda k: -(flows[k].gained + flows[k].lost))
    return sorted(lived[:_MOST_ZONES])


def _facts(series: Series, zones: list[int]) -> dict[str, Any]:
    """Return what the page says of each date of a series, as texts."""
    name = "any technology" if series.name == "any" else series.name.upper()
    steps = []
    for d, date in enumerate(series.dates):
        step: dict[str, Any] = {"date": date, "first": None, "previous": None}
        if d:
            for since, found in (("first", series.since_first), ("previous", series.since_previous)):  # fmt: skip
                step[since] = _step(series, found[d - 1], zones, d)
        else:
            counts = [series.total[0], *(series.zones[k][0] for k in zones)]
            said = (
                f"On {date}, the first date, {people_text(series.total[0].covered)} people are covered and "
                f"{people_text(series.total[0].uncovered)} are not."
            )
            alone = {"words": said, "picture": "", "rows": [_alone(count) for count in counts]}
            step["first"] = step["previous"] = alone
        steps.append(step)
    return {"name": name, "layers": ", ".join(series.layers), "steps": steps}


def _step(series: Series, between: Between, zones: list[int], d: int) -> dict[str, Any]:
    flows = [between.total, *(between.zones[k] for k in zones)]
    start = series.dates.index(between.before)
    return {
        "words": change_words(series.name, between),
        "picture": f"{start}-{d}",
        "rows": [_numbers(flow) for flow in flows],
    }


def _numbers(flow: Flow) -> list[str]:
    return [
        people_text(flow.known), people_text(flow.covered_before), people_text(flow.gained), people_text(flow.lost),
        people_text(flow.covered_after), share_text(flow.covered_after, flow.known), signed_text(flow.change),
        people_text(flow.unknown),
    ]  # fmt: skip


def _alone(count: DateCount) -> list[str]:
    known = count.covered + count.uncovered
    covered, share = people_text(count.covered), share_text(count.covered, known)
    return [people_text(known), covered, "", "", covered, share, "", people_text(count.unknown)]


def _chart(told: tuple[Series, ...]) -> dict[str, Any]:
    """Return the share of the known people who are covered, over time, as lines of a drawing."""
    from ew4all.readers.coverage_dates import parse_date

    wide, high, left, right, top, bottom = _CHART
    days = sorted({date for series in told for date in series.dates})
    times = {date: parse_date(date, "").timestamp() for date in days}
    start, span = times[days[0]], max(times[days[-1]] - times[days[0]], 1.0)

    def x(date: str) -> float:
        return left + (times[date] - start) / span * (wide - left - right)

    shares = [
        count.covered / known
        for series in told
        for count in series.total
        if (known := count.covered + count.uncovered) > 0.0
    ]
    # From a round share below all of them: from 0 a loss of some per cent would not be seen.
    least = max(0.0, math.floor(20.0 * min(shares, default=0.0) - 1.0) / 20.0)

    def y(share: float) -> float:
        return top + (1.0 - share) / (1.0 - least) * (high - top - bottom)

    lines = []
    for k, series in enumerate(told):
        points = [
            (x(date), y(count.covered / known))
            for date, count in zip(series.dates, series.total, strict=True)
            if (known := count.covered + count.uncovered) > 0.0
        ]
        lines.append(
            {
                "name": "any technology" if series.name == "any" else series.name.upper(),
                "colour": _COLOURS[-1] if series.name == "any" else _COLOURS[k % 4],
                "dash": _DASHES[-1] if series.name == "any" else _DASHES[k % 4],
                "points": " ".join(f"{px:.1f},{py:.1f}" for px, py in points),
                "dots": [(f"{px:.1f}", f"{py:.1f}") for px, py in points],
            }
        )
    return {
        "wide": wide,
        "high": high,
        "left": left,
        "right": wide - right,
        "floor": high - bottom,
        "top": top,
        "lines": lines,
        "grid": [
            (f"{y(s):.1f}", f"{100.0 * s:.3g} %")
            for s in (least + k / 4.0 * (1.0 - least) for k in range(5))
        ],
        "first": days[0],
        "last": days[-1],
        "x": {date: round(x(date), 1) for date in days},
    }
