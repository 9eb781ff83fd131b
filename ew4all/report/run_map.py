"""The map of a run: people, the warning area, the hazard, and where the missed people live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from affine import Affine
from rasterio import features

from ew4all.report.map import MapLayers, draw_map, focus
from ew4all.report.palette import BLUE, HAZARD, INK, ORANGE, UNCOVERED
from ew4all.report.panel import draw_legend, draw_number, side_text
from ew4all.report.rounding import share_text
from ew4all.report.view import extent_of, gather, north_up
from ew4all.results import PeopleCount
from ew4all.run_results import PEOPLE_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.grid import Block
    from ew4all.run_places import Places
    from ew4all.run_results import RunResults
    from ew4all.units import F64

__all__ = ["RunMap", "draw_run_map"]

_PIXELS: Final = 250
"""Pixels along the longer side: of so wide ones many hold a missed person or more."""


@dataclass(frozen=True, eq=False)
class RunMap:
    """A window seen in pixels of `factor` x `factor` cells; people, missed and endangered cells are filled by `blocks`."""

    places: Places
    window: Block
    factor: int
    people: F64
    missed: F64
    endangered: F64

    @classmethod
    def of(cls, places: Places) -> RunMap:
        """Choose the window: the warning area, some of the hazard, a margin."""
        study, grid = places.study, places.grid
        window = grid.block_of_bounds(focus(grid.bounds, study.area, study.hazard)) or grid.whole
        factor = max(1, -(-max(window.shape) // _PIXELS))
        shape = -(-window.shape[0] // factor), -(-window.shape[1] // factor)
        return cls(places, window, factor, np.zeros(shape), np.zeros(shape), np.zeros(shape))

    def blocks(self) -> Iterator[tuple[Block, NDArray[np.float32]]]:
        """Yield the missed people of each block where somebody lives, and gather the map on the way."""
        risk = self.places.inputs.ground.risk
        for block, people, missed in self.places.blocks():
            gather(block, people, self.window, self.factor, self.people)
            gather(block, missed, self.window, self.factor, self.missed)
            if risk is not None:
                share = np.asarray(risk.read(block), np.float64)
                gather(block, share, self.window, self.factor, self.endangered)
            yield block, missed.astype(np.float32)

    def hazard(self) -> BaseGeometry | None:
        """Return the footprint; that of a raster as the pixels with people of which at least half is endangered."""
        study = self.places.study
        if study.hazard_raster is None:
            return study.hazard
        half = (self.endangered >= 0.5 * self.factor**2).astype(np.uint8)
        transform = self.places.grid.crop(self.window).transform @ Affine.scale(self.factor)
        found = features.shapes(half, mask=half == 1, transform=transform)
        shapes = [shapely.geometry.shape(shape) for shape, _ in found]
        return shapely.union_all(shapes) if shapes else None


def draw_run_map(path: Path, view: RunMap, results: RunResults) -> None:
    """Draw the map as PNG of 1620 x 1200 pixels.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    study, grid = view.places.study, view.places.grid
    counts = dict(zip(PEOPLE_KEYS, results.people["whole"].mean.tolist(), strict=True))
    names = () if study.zones is None else study.zones.names

    def panel(figure: Figure, layers: MapLayers, norm: LogNorm, pixel_m: float) -> None:
        late = counts["warned"] - counts["in_time"]
        rows = [
            (counts["at_risk"], "people at risk", 19.0, HAZARD),
            (counts["warned"], f"warned: {share_text(counts['warned'], counts['at_risk'])}", 17.0, BLUE),
            (counts["in_time"], f"in time to act: {share_text(counts['in_time'], counts['at_risk'])}", 15.0, BLUE),
            (counts["missed"], f"missed: {share_text(counts['missed'], counts['at_risk'])}", 17.0, ORANGE),
            (late, f"warned too late: {share_text(late, counts['at_risk'])}", 15.0, ORANGE),
            (counts["over_reach"], "warned outside the warning area", 13.0, INK),
        ]  # fmt: skip
        y = 0.85
        for people, words, size, colour in rows:
            draw_number(figure, y, people, words, size, colour)
            y -= 0.074
        heading = f"Missed people per cell of about {side_text(pixel_m)}"
        draw_legend(
            figure, y, layers, heading, [(norm, UNCOVERED, "missed; pale blue: fewer, or nobody")]
        )

    draw_map(
        path,
        MapLayers(
            people=north_up(grid, view.people),
            uncovered=north_up(grid, view.missed),
            extent=extent_of(grid, view.window, view.factor, view.people.shape),
            crs=grid.crs,
            counts=PeopleCount(*(counts[k] for k in ("total", "at_risk", "in_area", "at_risk_in_area"))),
            title=results.title,
            hazard=view.hazard() if any(s.role == "hazard" for s in study.sources) else None,
            area=study.area,
            zones=[(n, s) for n, s in zip(names, study.zone_shapes, strict=True) if s is not None],
            notice=results.notice,
            attribution=results.attribution,
            about="Where the people live whom the warning misses",
            by_count=True,
            panel=panel,
        ),
    )  # fmt: skip
