"""What the rasters of a gap analysis do not tell inside its zones and study area, layer by layer, and who lives there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ew4all.coverage.overlay import clip, union
from ew4all.coverage.queries import Column
from ew4all.gap_people import PartOfPeople
from ew4all.readers.alignment import Aligned
from ew4all.readers.no_data import no_data_in, people_without
from ew4all.readers.people import Layers, RasterPeople, refinement_of
from ew4all.readers.refine import Refined, Weightless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shapely.geometry.base import BaseGeometry

    from ew4all.gap_intake import GapStudy
    from ew4all.readers.rasters import Raster
    from ew4all.reprojection import Geometries

__all__ = ["no_data_of", "spread_evenly"]

_TOLD_PEOPLE: Final = 0.5


class _Asked(NamedTuple):
    """A raster, where it is looked at, and what becomes of cells without data; `aligned` where people there are counted."""

    name: str
    raster: Raster
    region: BaseGeometry
    where: str
    then: str
    aligned: Aligned | None = None


def no_data_of(opened: GapStudy) -> tuple[dict[str, Any], list[str]]:
    """Measure the cells without data of every raster of a study, and say so.

    Returns
    -------
    quality, notes
        ``no_data``: for each raster that lacks some its cells, those of them that hold NaN where that is not its
        mark, km2, and people who live there.
    """
    study = opened.study
    measured = [
        (asked, missing)
        for asked in _rasters(opened)
        if (missing := no_data_in(asked.raster, asked.region, study.grid, study.workers))
    ]
    layers = [asked.aligned for asked, _ in measured if asked.aligned] if opened.has_people else []
    lost = iter(people_without(layers, opened.ground.within, study.people, study.workers))
    found, notes = [], []
    for asked, missing in measured:
        entry: dict[str, Any] = {
            "layer": asked.name,
            "in": asked.where,
            "cells": missing.cells,
            "of_cells": missing.of_cells,
            "nan_cells": missing.nan_cells,
            "km2": missing.km2,
            "beyond_edge_km2": missing.beyond_km2,
        }
        who, then = "", asked.then
        if asked.aligned is not None and opened.has_people:
            entry["people_there"] = next(lost)
            who = f", where {entry['people_there']:,.1f} people live"
        elif asked.aligned is not None:
            then = "it counts as not there"
        found.append(entry)
        # A signal that is not told over the sea concerns nobody.
        if entry.get("people_there", 1.0) > _TOLD_PEOPLE:
            notes.append(f"{asked.name}: {missing.said(asked.where)}{who}; {then}")
    return ({"no_data": found} if found else {}), notes


def spread_evenly(opened: GapStudy) -> tuple[dict[str, Any], list[str]]:
    """Return how many people of the study area a refinement does not place, and a note; nothing without one."""
    refined = refinement_of(opened.study.people) if opened.has_people else None
    if refined is None:
        return {}, []
    column = Column((0,))
    found = opened.study.people.inside(
        _one(opened.ground.within), Layers([Weightless(refined)], None, (column,)), workers=opened.study.workers
    )  # fmt: skip
    people, lost = (sum(float(part[0, k]) for part in found.sums) for k in (0, found.place[column]))
    if not lost > _TOLD_PEOPLE:
        return {"people_spread_evenly": 0.0}, []
    note = (
        f"of {people:,.0f} people in the study area {lost:,.0f} ({lost / people:.0%}) live in cells in which the refinement has nothing; "
        "they are spread evenly over them"
    )
    return {"people_spread_evenly": lost}, [note]


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


def _is_in(shape: BaseGeometry, bounds: tuple[float, float, float, float]) -> bool:
    west, south, east, north = shape.bounds
    return bool(
        west >= bounds[0] and south >= bounds[1] and east <= bounds[2] and north <= bounds[3]
    )


def _one(shape: BaseGeometry) -> Geometries:
    out = np.empty(1, dtype=object)
    out[0] = shape
    return out
