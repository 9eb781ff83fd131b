"""From an opened gap analysis to its results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all import __version__
from ew4all.coverage.queries import ANY
from ew4all.gap_blocks import all_groups, block_of, zones_of
from ew4all.gap_ground import mean_of
from ew4all.gap_groups import groups_of
from ew4all.gap_quality import quality_of
from ew4all.gap_results import DegradedGaps, GapHazard, Gaps
from ew4all.notes import brief

if TYPE_CHECKING:
    from ew4all.gap_ground import Counts, Ground
    from ew4all.gap_intake import GapStudy

__all__ = ["gaps_of"]


def gaps_of(opened: GapStudy) -> Gaps:
    """Count people by what keeps a warning from them.

    Raises
    ------
    PopulationValueError, CoverageValueError, ReadError
        A cell that had to be read is not usable.
    """
    study = opened.study
    shapes = study.zone_shapes
    by_group = opened.ground.count(shapes)
    counts = all_groups(by_group)
    zones, hazards = zones_of(opened, counts[0]), _hazards(opened, counts)
    total = block_of(opened, counts[0], -1)
    quality, told = quality_of(opened, total, zones)
    groups, more, of_groups = groups_of(opened, by_group, zones)
    degraded = _degraded(opened)
    inputs = tuple(source.read() for source in opened.sources)
    return Gaps(
        total=total,
        zones=zones,
        groups=groups,
        hazards=hazards,
        channels=opened.ground.places.names if opened.has_people else (),
        degraded=degraded,
        inputs=inputs,
        assumptions=_used(opened),
        notes=brief((*opened.notes, *told, *more, *_method(opened, degraded)), inputs),
        cannot=_cannot(opened),
        quality={**quality, **of_groups},
        title=study.title,
        version=__version__,
    )


def _hazards(opened: GapStudy, counts: Counts) -> tuple[GapHazard, ...]:
    return tuple(
        GapHazard(hazard.name, block_of(opened, here, -1), zones_of(opened, here))
        for hazard, here in zip(opened.ground.hazards, counts[1:], strict=True)
    )


def _degraded(opened: GapStudy) -> DegradedGaps | None:
    hit, shapes = opened.outage, opened.study.zone_shapes
    if hit is None and opened.after is None:
        return None
    members: list[Ground] = [opened.after] if opened.after is not None else []
    if hit is not None:
        members = [opened.ground.on_air(alive) for alive in hit.alive]
    counts = all_groups(mean_of([ground.count(shapes) for ground in members]))
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
