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
from ew4all.study import outline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    """Return what zones leave out or hold twice, in km2 and people, and notes.

    Gaps are exact where zones enclose them, and where the study area was given: then whatever of it is in no zone is one.
    Else a gap that opens to the rim cannot be told from the land beyond. It lies in the convex hull of the zones, for it is
    between them, and the hull bounds it from above.
    """
    study = opened.study
    # Cells of H3 and of a grid lie beside each other by themselves.
    if study.zones is None or opened.choice.is_made:
        return {}, []
    layer, within = study.zones.layer, opened.ground.within
    drawn, _ = on_grid(layer.geometries, layer.crs or study.grid.crs, study.grid, layer.name)
    shapes = clip(drawn, within)
    covered = union(shapes) if any(g is not None for g in shapes) else None
    gaps = at_most = None
    if covered is not None:
        gaps = without(_one(within if opened.is_bounded else filled(covered)), covered)[0]
    between = np.count_nonzero(~shapely.is_missing(shapes)) > 1
    if covered is not None and between and not opened.is_bounded:
        hull = clip(_one(only_polygons(shapely.convex_hull(covered))), outline(study.grid))[0]
        at_most = None if hull is None else without(_one(hull), covered)[0]
    found: dict[str, Any] = {}
    for name, shape in (("overlap", _overlaps(shapes)), ("gaps", gaps), ("gaps_at_most", at_most)):
        if name == "gaps_at_most" and (opened.is_bounded or not between):
            continue
        km2 = 0.0 if shape is None else float(area_km2(_one(shape), study.grid.crs)[0])
        found[f"{name}_km2"] = km2
        if opened.has_people:
            found[f"{name}_people"] = (
                0.0 if shape is None or km2 <= _LEAST_KM2 else _people(opened, shape)
            )
    rest = next((z.block.people for z in zones if z.id == OUTSIDE), None)
    return {"zones": found}, _notes(opened, found, total.people, rest)


def _notes(
    opened: GapStudy, found: Mapping[str, float], everybody: float | None, rest: float | None
) -> list[str]:
    name = "zones" if opened.study.zones is None else opened.study.zones.layer.name

    def told(key: str, words: str, then: str, before: str = "") -> list[str]:
        km2, people = found[f"{key}_km2"], found.get(f"{key}_people", 0.0)
        # Of the bound only what goes beyond the gaps that were measured.
        less_km2, less = (found[f"{before}_km2"], found.get(f"{before}_people", 0.0)) if before else (0.0, 0.0)  # fmt: skip
        if opened.has_people and before and people - less <= _TOLD_PEOPLE:
            return []
        if km2 - less_km2 <= _TOLD_KM2 and people - less <= _TOLD_PEOPLE:
            return []
        who = f", where {people:,.1f} people live" if opened.has_people else ""
        return [f"{name}: {words} {_km2(km2)}{who}; {then}"]

    notes = told("overlap", "zones overlap,", "they are counted once, in the zone that comes first")
    if opened.is_bounded:
        return notes + told("gaps", "zones leave gaps in the study area,", f"they are counted in {OUTSIDE!r}")  # fmt: skip
    notes += told("gaps", "zones leave gaps between them,", f"they are counted in {OUTSIDE!r}")
    notes += [] if "gaps_at_most_km2" not in found else told(
        "gaps_at_most",
        "gaps that open to the rim of the zones cannot be told from the land beyond; with them gaps are at most",
        "that is all of the convex hull of the zones that is in none, sea and abroad with it, and counted as far as it lies in the "
        "study area. Give the outline of the country with --within, and its gaps are measured",
        "gaps",
    )  # fmt: skip
    if rest and everybody and rest > _TOLD_PEOPLE:
        notes.append(
            f"{name}: {rest:,.0f} of {everybody:,.0f} people ({rest / everybody:.1%}) live in no zone; they are counted in {OUTSIDE!r}"
        )
    return notes


def _km2(km2: float) -> str:
    return f"{km2:,.0f} km2" if km2 >= 100.0 else f"{km2:.3g} km2"


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
