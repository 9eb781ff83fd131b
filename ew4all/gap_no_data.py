"""Cells of the inputs of a gap analysis that hold no data: how many, how large, and who lives there.

They hold nobody in a population and a group, and are without the signal, the channel or the hazard elsewhere. That may be
what the file means (a raster of settlements, of a flood) or a fault of it, and only who made it knows: so it is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ew4all.coverage.exposure import Fractions
from ew4all.coverage.overlay import clip, union
from ew4all.coverage.queries import Column
from ew4all.coverage.workers import in_order
from ew4all.gap_people import PartOfPeople
from ew4all.geometry import area_km2, on_grid, ragged
from ew4all.readers.alignment import Aligned
from ew4all.readers.people import Layers, RasterPeople
from ew4all.readers.refine import Refined
from ew4all.study import outline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.gap_intake import GapStudy
    from ew4all.grid import Block
    from ew4all.readers.rasters import Raster
    from ew4all.reprojection import Geometries

__all__ = ["no_data_of"]

_CELLS: Final = 1 << 20
_MOSTLY: Final = 0.5
_TOLD_KM2: Final = 0.01
_TOLD_SHARE: Final = 1e-6
_TOLD_PEOPLE: Final = 0.5


class _Asked(NamedTuple):
    """A raster, where it is looked at, and what becomes of cells without data; `aligned` where people there are counted."""

    name: str
    raster: Raster
    region: BaseGeometry
    where: str
    then: str
    aligned: Aligned | None = None


@dataclass(frozen=True)
class _Holds:
    """1 where a cell holds data; see `ew4all.readers.alignment.Rule`."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """0 or 1."""
        return np.dtype(np.uint8)

    def share(self, raster: Raster, block: Block) -> NDArray[Any]:
        valid = raster.valid(block, raster.read(block))
        return np.ones(block.shape, np.uint8) if valid is None else valid.view(np.uint8)


def no_data_of(opened: GapStudy) -> tuple[dict[str, Any], list[str]]:
    """Measure the cells without data of every raster of a study, and say so.

    Returns
    -------
    quality, notes
        ``no_data``: for each raster that lacks some its cells, those of them that hold NaN where that is not its
        mark, km2, and people who live there.
    """
    found, notes = [], []
    for asked in _rasters(opened):
        region_km2 = float(area_km2(_one(asked.region), opened.study.grid.crs)[0])
        measured = _measured(asked, region_km2, opened)
        if measured["km2"] <= max(_TOLD_KM2, _TOLD_SHARE * region_km2):
            continue
        if asked.aligned is not None and opened.has_people:
            measured["people"] = _people_without(asked.aligned, asked.region, opened)
        found.append(measured)
        # A signal that is not told over the sea concerns nobody.
        if measured.get("people", 1.0) > _TOLD_PEOPLE:
            notes.append(_note(asked, measured))
    return ({"no_data": found} if found else {}), notes


def _rasters(opened: GapStudy) -> Iterator[_Asked]:
    study, ground = opened.study, opened.ground
    within, where = ground.within, "study area"
    drawn = [g for g in study.zone_shapes if g is not None]
    lived, named = (
        (union(drawn), "zones") if drawn and not opened.choice.is_made else (within, where)
    )
    lived = clip(_one(lived), within)[0] or within
    people = {"": study.people, **opened.groups} if opened.has_people else {}
    for group, source in people.items():
        if not isinstance(source, RasterPeople):
            continue
        of = source.population
        tallies = of.population.tallies if isinstance(of, Refined) else of.tallies
        for raster, tally in zip(of.rasters, tallies, strict=True):
            rows, cols = raster.grid.shape
            # Where every cell holds data the raster may still end inside the zones.
            if tally.valid_cells < rows * cols or not _is_in(lived, study.grid.bounds):
                name = f"the group {group!r} {raster.path or ''}".rstrip() if group else raster.name
                yield _Asked(name, raster, lived, named, "nobody is counted there")
    seen = set()
    after = () if opened.after is None else opened.after.layers
    layers = [(layer.reader, "they count as without it") for layer in (*ground.layers, *after)]
    layers += [(hazard.raster, "they count as not at risk") for hazard in ground.hazards]
    layers += [
        (part.share, "they count as none of the group")
        for part in opened.groups.values()
        if isinstance(part, PartOfPeople)
    ]
    for reader, then in layers:
        aligned = reader if isinstance(reader, Aligned) else getattr(reader, "aligned", None)
        if isinstance(aligned, Aligned) and id(aligned) not in seen:
            seen.add(id(aligned))
            yield _Asked(aligned.raster.name, aligned.raster, within, where, then, aligned)


def _measured(asked: _Asked, region_km2: float, opened: GapStudy) -> dict[str, Any]:
    raster = asked.raster
    drawn, _ = on_grid([asked.region], opened.study.grid.crs, raster.grid, asked.where)
    part = clip(drawn, outline(raster.grid))[0]
    cells = empty = nan = 0
    inside_km2 = empty_km2 = 0.0
    if part is not None:
        fractions = Fractions.of(ragged(_one(part)), raster.grid)
        tells = raster.dtype.kind == "f" and (raster.nodata is None or not np.isnan(raster.nodata))

        def count(block: Block) -> tuple[int, int, int, float, float]:
            share = fractions.read(block)
            if not share.any():
                return 0, 0, 0, 0.0, 0.0
            km2 = share * raster.grid.cell_area_km2(block)
            here = share >= _MOSTLY
            stored = raster.read(block)
            valid = raster.valid(block, stored)
            if valid is None:
                return int(here.sum()), 0, 0, float(km2.sum()), 0.0
            lost = here & ~valid
            is_nan = int((lost & np.isnan(stored)).sum()) if tells else 0
            return (
                int(here.sum()),
                int(lost.sum()),
                is_nan,
                float(km2.sum()),
                float(km2[~valid].sum()),
            )

        blocks = raster.grid.blocks(
            *raster.block_shape(_CELLS), within=raster.grid.block_of_bounds(part.bounds)
        )
        workers = opened.study.workers if isinstance(opened.study.workers, int) else 1
        for one in in_order(count, ((block,) for block in blocks), workers):
            cells, empty, nan = cells + one[0], empty + one[1], nan + one[2]
            inside_km2, empty_km2 = inside_km2 + one[3], empty_km2 + one[4]
    beyond_km2 = max(0.0, region_km2 - inside_km2)
    if beyond_km2 <= max(_TOLD_KM2, 1e-4 * region_km2):
        beyond_km2 = 0.0  # edges are drawn anew in another projection
    out = {"layer": asked.name, "in": asked.where, "cells": empty, "of_cells": cells}
    if nan:
        out["nan_cells"] = nan
    return {**out, "km2": empty_km2 + beyond_km2, "beyond_edge_km2": beyond_km2}


def _people_without(aligned: Aligned, region: BaseGeometry, opened: GapStudy) -> float:
    """People of the study area in cells without data, and beyond the edge of the layer."""
    reader = Aligned(aligned.raster, aligned.grid, aligned.tile, _Holds())
    column = Column((0,))
    study = opened.study
    found = study.people.inside(
        _one(region), Layers([reader], None, (column,)), workers=study.workers
    )
    lost = sum(float(part[0, 0] - part[0, found.place[column]]) for part in found.sums)
    everybody = sum(float(part[0, 0]) for part in found.sums)
    return lost if lost > 1e-6 * everybody else 0.0


def _note(asked: _Asked, measured: dict[str, Any]) -> str:
    parts = []
    empty_km2 = measured["km2"] - measured["beyond_edge_km2"]
    if measured["cells"]:
        nan = f", {measured['nan_cells']:,} of them NaN" if "nan_cells" in measured else ""
        parts.append(
            f"{measured['cells']:,} of {measured['of_cells']:,} cells in the {asked.where} hold no data ({_km2(empty_km2)}{nan})"
        )
    if measured["beyond_edge_km2"]:
        parts.append(
            f"{_km2(measured['beyond_edge_km2'])} of the {asked.where} lie beyond its edge"
        )
    who = f", where {measured['people']:,.1f} people live" if "people" in measured else ""
    then = asked.then if who or asked.aligned is None else "it counts as not there"
    return f"{asked.name}: {' and '.join(parts)}{who}; {then}"


def _km2(km2: float) -> str:
    return f"{km2:,.0f} km2" if km2 >= 100.0 else f"{km2:.3g} km2"


def _is_in(shape: BaseGeometry, bounds: tuple[float, float, float, float]) -> bool:
    west, south, east, north = shape.bounds
    return bool(
        west >= bounds[0] and south >= bounds[1] and east <= bounds[2] and north <= bounds[3]
    )


def _one(shape: BaseGeometry) -> Geometries:
    out = np.empty(1, dtype=object)
    out[0] = shape
    return out
