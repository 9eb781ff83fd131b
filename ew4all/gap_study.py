"""From an opened gap analysis to its results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ew4all import __version__
from ew4all.coverage.queries import ANY
from ew4all.gap_blocks import all_groups, block_of, zones_of
from ew4all.gap_bounds import bounds_of
from ew4all.gap_equity import equity_of
from ew4all.gap_facilities import facilities_of
from ew4all.gap_ground import PEOPLE, mean_of
from ew4all.gap_groups import count_groups, groups_of, larger_groups, people_of_groups
from ew4all.gap_no_data import no_data_of, spread_evenly
from ew4all.gap_quality import quality_of
from ew4all.gap_results import DegradedGaps, GapHazard, Gaps
from ew4all.notes import brief
from ew4all.planning.extents import box_of
from ew4all.readers.zones import Zones

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ew4all.gap_ground import Counted, Counts, Ground
    from ew4all.gap_intake import GapStudy

__all__ = ["gaps_of"]


def gaps_of(opened: GapStudy) -> Gaps:
    """Count people by what keeps a warning from them.

    Raises
    ------
    PopulationValueError, CoverageValueError, ReadError
        A cell that had to be read is not usable.
    """
    by_group = opened.ground.count(opened.study.zone_shapes)
    if opened.choice.is_made:
        opened, by_group = _inhabited(opened, by_group)
    study, shapes = opened.study, opened.study.zone_shapes
    counts = all_groups(by_group)
    zones, hazards = zones_of(opened, counts[0]), _hazards(opened, counts)
    total = block_of(opened, counts[0], -1)
    quality, told = quality_of(opened, total, zones)
    people, of_people = people_of_groups(opened)
    groups = groups_of(opened, people, count_groups(opened.ground, shapes, by_group, people))
    larger, of_larger = larger_groups(opened, groups, zones)
    degraded = _degraded(opened, people)
    facilities, of_facilities = facilities_of(opened, _degraded_ground(opened))
    inputs = tuple(source.read() for source in opened.sources)
    bounds, of_bounds = bounds_of(opened)
    empty, of_empty = no_data_of(opened)
    spread, of_spread = spread_evenly(opened)
    said = (
        *opened.notes,
        *of_spread,
        *of_empty,
        *of_bounds,
        *told,
        *of_larger,
        *of_people,
        *of_facilities,
    )
    return Gaps(
        total=total,
        zones=zones,
        groups=groups,
        hazards=hazards,
        channels=opened.ground.places.names if opened.has_people else (),
        degraded=degraded,
        inputs=inputs,
        assumptions=_used(opened),
        notes=brief((*said, *_method(opened, degraded)), inputs),
        cannot=_cannot(opened),
        quality={**quality, **spread, **empty, **larger},
        title=study.title,
        version=__version__,
        zoning=None if study.zones is None else opened.choice.zoning(len(shapes)),
        equity=equity_of(total, zones, groups),
        facilities=facilities,
        extent_deg=_extent_deg(opened),
        bounds=bounds,
    )


def _extent_deg(opened: GapStudy) -> tuple[float, float, float, float] | None:
    """Return where the zones lie: later commands tell by it whether results are of one country."""
    drawn = [g for g in opened.study.zone_shapes if g is not None] or [opened.ground.within]
    return box_of(drawn, opened.study.grid.crs)


def _inhabited(opened: GapStudy, by_group: list[Counts]) -> tuple[GapStudy, list[Counts]]:
    """Leave out the zones that were made over places where nobody lives, of the study and of its sums."""
    study = opened.study
    assert study.zones is not None
    lived = np.sum([group[0][PEOPLE][:-1] for group in by_group], axis=0) > 0.0
    kept = np.append(lived, True)
    counts = [
        [{key: values[kept] for key, values in by_hazard.items()} for by_hazard in group]
        for group in by_group
    ]
    zones = Zones(
        tuple(i for i, there in zip(study.zones.ids, lived, strict=True) if there),
        tuple(n for n, there in zip(study.zones.names, lived, strict=True) if there),
        study.zones.layer.take(lived),
    )
    smaller = replace(study, zones=zones, zone_shapes=study.zone_shapes[lived])
    return replace(opened, study=smaller), counts


def _hazards(opened: GapStudy, counts: Counts) -> tuple[GapHazard, ...]:
    return tuple(
        GapHazard(hazard.name, block_of(opened, here, -1), zones_of(opened, here))
        for hazard, here in zip(opened.ground.hazards, counts[1:], strict=True)
    )


def _degraded_ground(opened: GapStudy) -> Iterator[Ground]:
    """Yield the ground of each member of a degraded network; none is kept, each holds the columns of its cells."""
    if opened.after is not None:
        yield opened.after
    elif opened.outage is not None:
        for alive in opened.outage.alive:
            yield opened.ground.on_air(alive)


def _degraded(opened: GapStudy, people: Sequence[tuple[str, str, Counted]]) -> DegradedGaps | None:
    hit, shapes = opened.outage, opened.study.zone_shapes
    members = [
        count_groups(ground, shapes, ground.count(shapes), people)
        for ground in _degraded_ground(opened)
    ]
    if not members:
        return None
    sums = mean_of(members)
    counts = all_groups(sums[: len(sums) - len(people)])
    sites = (
        {}
        if hit is None
        else {
            "sites": hit.sites,
            "sites_down": hit.sites_down,
            "cells": hit.site.size,
            "cells_down": hit.cells_down,
            "members": hit.members,
        }
    )
    return DegradedGaps(
        block_of(opened, counts[0], -1),
        zones_of(opened, counts[0]),
        _hazards(opened, counts),
        sites,
        groups_of(opened, people, sums),
    )


def _used(opened: GapStudy) -> dict[str, float]:
    """Return the assumptions that had a part in the result."""
    if not opened.has_people:
        return {}
    prefixes = {"radio", "tv", "sms", "app", "satellite", "wardens", "siren"}
    idle = prefixes - set(opened.ground.places.names)
    signal = bool(opened.ground.places.signals)
    return {
        name: value
        for name, value in opened.values.items()
        if (name.partition("_")[0] not in prefixes and signal)
        or (name.partition("_")[0] in prefixes - idle)
    }


def _method(opened: GapStudy, degraded: DegradedGaps | None) -> list[str]:
    notes = []
    channels = opened.ground.places.names
    if channels and opened.has_people:
        beside = "" if len(channels) > 1 else "; name others with --channel or --sirens"
        notes.append(f"channels that are counted: {', '.join(channels)}{beside}")
    if opened.ground.smoothed:
        notes.append(
            f"{opened.ground.smoothed} of the polygon layers are taken as shares of cells, because so many cross each other; at "
            "borders of zones numbers are right to a cell"
        )
    if len(channels) > 1 and opened.has_people:
        notes.append(
            "channels are taken as independent given the place, those on phones (cell broadcast, sms, app) among people who "
            "have a phone and a signal"
        )
    if degraded is not None and len(channels) > 1:
        notes.append(
            "the degraded network is the mobile network alone; channels beside it are as before"
        )
    return notes


def _cannot(opened: GapStudy) -> tuple[str, ...]:
    places = opened.ground.places
    out = []
    if not opened.has_people:
        out.append(
            "no population was given: nobody can be counted, neither covered nor left out; the extent in square kilometres is "
            "given in its place. Give --population for people, groups, ranks and channels"
        )
    if not places.signals:
        out.append(
            "no coverage layer and no cell sites were given: whether people have a mobile signal is not known, so that neither "
            "coverage gap nor usage gap can be told. Give --coverage or --sites"
        )
    elif not opened.has_people and any(s.role == "sites" for s in opened.sources):
        out.append(
            "towns cannot be told from open country without people: signals are modelled as over open country. Give --landcover"
        )
    if (
        places.signals
        and ANY in {layer.technology for layer in places.signals}
        and len(places.technologies) == 1
    ):
        out.append(
            "the coverage layer names no technology: people cannot be told apart by 2g, 3g, 4g and 5g"
        )
    if not opened.ground.hazards:
        out.append("no hazard was given: nobody can be said to be at risk. Give --hazard")
    return tuple(out)
