"""What is wrong with zones, measured: people where they overlap, and in the gaps that they leave between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from ew4all.coverage.overlay import clip, union, without
from ew4all.gap_intake import filled
from ew4all.geometry import area_km2, on_grid
from ew4all.readers.people import Layers
from ew4all.reprojection import only_polygons
from ew4all.results import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from ew4all.gap_intake import GapStudy
    from ew4all.gap_results import GapBlock, GapZone
    from ew4all.reprojection import Geometries

__all__ = ["quality_of"]

_LEAST_KM2: Final = 1e-6
_TOLD_KM2: Final = 0.01
_TOLD_PEOPLE: Final = 0.5
"""Less is measured, but is the rounding of borders."""


def quality_of(
    opened: GapStudy, total: GapBlock, zones: Sequence[GapZone]
) -> tuple[dict[str, Any], list[str]]:
    """Return what zones leave out or hold twice, in km2 and people, and notes."""
    study = opened.study
    # Cells of H3 and of a grid lie beside each other by themselves.
    if study.zones is None or opened.choice.is_made:
        return {}, []
    layer = study.zones.layer
    drawn, _ = on_grid(layer.geometries, layer.crs or study.grid.crs, study.grid, layer.name)
    shapes = clip(drawn, opened.ground.within)
    twice = _overlaps(shapes)
    covered = union(shapes) if any(g is not None for g in shapes) else None
    holes = None if covered is None else without(_one(filled(covered)), covered)[0]
    found: dict[str, Any] = {}
    notes = []
    for name, shape, words in (
        ("overlap", twice, "zones overlap"),
        ("gaps", holes, "zones leave gaps between them"),
    ):
        km2 = 0.0 if shape is None else float(area_km2(_one(shape), study.grid.crs)[0])
        people = 0.0 if shape is None or km2 <= _LEAST_KM2 else _people(opened, shape)
        found[f"{name}_km2"] = km2
        if opened.has_people:
            found[f"{name}_people"] = people
        if km2 > _TOLD_KM2 or people > _TOLD_PEOPLE:
            who = f", where {people:,.1f} people live" if opened.has_people else ""
            counted = (
                "they are counted once, in the zone that comes first"
                if name == "overlap"
                else f"they are counted in {OUTSIDE!r}"
            )
            notes.append(f"{layer.name}: {words}, {km2:,.3g} km2{who}; {counted}")
    rest = next((z.block.people for z in zones if z.id == OUTSIDE), None)
    if rest and total.people:
        notes.append(
            f"{layer.name}: {rest:,.0f} of {total.people:,.0f} people ({rest / total.people:.1%}) live in no zone; they are "
            f"counted in {OUTSIDE!r}"
        )
    return {"zones": found}, notes


def _overlaps(shapes: Geometries) -> BaseGeometry | None:
    """Return the union of what any two shapes share."""
    index = np.flatnonzero(~shapely.is_missing(shapes))
    tree = shapely.STRtree(shapes[index])
    one, other = tree.query(shapes[index], predicate="intersects")
    one, other = one[other > one], other[other > one]
    shared = shapely.intersection(shapes[index][one], shapes[index][other])
    parts = [g for g in (only_polygons(g) for g in shared) if not g.is_empty]
    return union(np.array(parts, dtype=object)) if parts else None


def _people(opened: GapStudy, shape: BaseGeometry) -> float:
    source = opened.study.people
    found = source.inside(_one(shape), Layers((), None, ()), workers=opened.study.workers)
    return float(sum(part[0, 0] for part in found.sums))


def _one(shape: BaseGeometry) -> Geometries:
    out = np.empty(1, dtype=object)
    out[0] = shape
    return out
