"""Whom an area would reach while it is being drawn: people in it, over-reach, and people at risk whom it leaves out.

The same numbers as folding gives (`ew4all.exercises.worlds`), without folding: pixels count by their exact share, and only those near
the area are looked at. Nothing is said of who would notice a warning; that is played.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ew4all.coverage.exposure import Fractions
from ew4all.coverage.overlay import clip
from ew4all.exercises.areas import area_of
from ew4all.geometry import ragged
from ew4all.study import outline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.exercises.worlds import Worlds
    from ew4all.grid import Block, Grid

    F64 = NDArray[np.float64]

__all__ = ["AreaCount", "Sketchpad"]

_BLOCK: Final = 256
_MOST_BLOCKS: Final = 1024
"""Blocks of people that are kept in memory: half a gigabyte at most."""


class AreaCount(NamedTuple):
    """People and an area, numbers of people.

    Attributes
    ----------
    in_area, at_risk
        In the area; in the hazard's footprint, wherever.
    at_risk_in_area
        In both.
    over_reach
        In the area and not at risk.
    left_out
        At risk and not in the area.
    """

    in_area: float
    at_risk: float
    at_risk_in_area: float

    @property
    def over_reach(self) -> float:
        """In the area and not at risk."""
        return max(0.0, self.in_area - self.at_risk_in_area)

    @property
    def left_out(self) -> float:
        """At risk and not in the area."""
        return max(0.0, self.at_risk - self.at_risk_in_area)


class Sketchpad:
    """People and hazard of an exercise, ready to be asked about areas many times a second."""

    def __init__(self, worlds: Worlds) -> None:
        self.worlds = worlds
        self._people: dict[Block, F64] = {}

    def count(self, area: Mapping[str, Any] | None) -> AreaCount:
        """Count people in an area, given as GeoJSON; None is the area of the scenario.

        Raises
        ------
        GeometryError
            It is no area, or lies outside the map of the exercise.
        """
        shape = self.worlds.shape(area_of(area))
        inside, both = self._sums(shape)
        return AreaCount(inside, self.at_risk, both)

    @cached_property
    def at_risk(self) -> float:
        """People in the hazard's footprint."""
        return self._sums(None)[1]

    @property
    def _grid(self) -> Grid:
        return self.worlds.inputs.ground.division.grid

    @cached_property
    def _whole(self) -> BaseGeometry:
        return outline(self._grid)

    def _sums(self, shape: BaseGeometry | None) -> tuple[float, float]:
        """Return people in a shape, and those of them who are at risk; None is everywhere."""
        study, grid = self.worlds.inputs.study, self._grid
        area = self._whole if shape is None else shape
        hazard = self._whole if study.hazard is None else study.hazard
        one: Any = np.array([area], dtype=object)
        danger = clip(one, hazard)[0]
        inside = Fractions.of(ragged(one), grid)
        both = None
        if danger is not None and not danger.is_empty:
            both = Fractions.of(ragged(np.array([danger], dtype=object)), grid)
        risk = self.worlds.inputs.ground.risk
        window = grid.block_of_bounds(area.bounds)
        total = at_risk = 0.0
        for block in [] if window is None else grid.blocks(_BLOCK, _BLOCK, within=window):
            people = self._read(block)
            if not people.any():
                continue
            total += float((people * inside.read(block)).sum())
            if both is None:
                continue
            share = both.read(block)
            if risk is not None:
                share = share * np.clip(risk.read(block), 0.0, 1.0)
            at_risk += float((people * share).sum())
        return total, at_risk

    def _read(self, block: Block) -> F64:
        """Return the people of a block, all groups together."""
        if block not in self._people:
            if len(self._people) >= _MOST_BLOCKS:
                self._people.clear()
            self._people[block] = self.worlds.inputs.ground.people.read(block).sum(axis=0)
        return self._people[block]
