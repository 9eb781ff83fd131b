"""An outage from files to results: which sites fail, why, and when they are back.

::

    result = study_outage("sites.csv", hazard={"shaking:mmi": "shakemap.tif"}, members=100, seed=7)
    result.ensemble.alive_at(6 * 3600.0)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all import __version__
from ew4all.coverage.outages.backhaul import lay_out
from ew4all.coverage.outages.defaults import resolve
from ew4all.coverage.outages.ensemble import Ensemble, members_of
from ew4all.coverage.outages.power import Plant
from ew4all.coverage.outages.repair import restore
from ew4all.coverage.outages.timeline import CAUSES, STATES
from ew4all.errors import OptionError
from ew4all.network_intake import open_network
from ew4all.notes import brief
from ew4all.outage_intake import (
    at_least_one,
    cables_cut,
    compacted,
    feeders_out,
    inside,
    read_observed,
    read_sites,
    read_threats,
)
from ew4all.outage_people import PeopleServed, people_of_sites, people_over_time
from ew4all.readers.links import near_lines, read_links
from ew4all.readers.outage_tables import read_plant, read_stocks
from ew4all.readers.provenance import SourceNote

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor

    from ew4all.cells import Cells
    from ew4all.coverage.outages.backhaul import Backhaul
    from ew4all.coverage.outages.observed import Observed
    from ew4all.results import InputFile
    from ew4all.units import F64, I64

__all__ = ["OutageResult", "outage", "study_outage"]

HOUR_S = 3600.0
SCHEMA = "ew4all/outage/1"
_PEOPLE_H = (0.0, 1.0, 3.0, 6.0, 12.0, 24.0, 48.0, 72.0, 120.0, 168.0, 240.0, 336.0, 504.0, 720.0)


@dataclass(frozen=True, eq=False)
class OutageResult:
    """What was found.

    Attributes
    ----------
    cells
        Those that were used; ``alive[cells.site]`` says which of them are on the air.
    backhaul
        Sites and links; sites are numbered as in `cells`.
    ensemble
        Members; `typical` is the one that is told event by event.
    times_h
        Hours at which `counts` are taken.
    counts
        Sites in each of `STATES`, shape (members, times, states).
    observed
        Where an observation took the place of a model.
    people
        People served in the typical member, where a population was given.
    """

    cells: Cells
    backhaul: Backhaul
    ensemble: Ensemble
    times_h: F64
    counts: I64
    seed: int
    repair: str
    observed: Observed | None = None
    inputs: tuple[InputFile, ...] = ()
    assumptions: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    title: str | None = None
    people: PeopleServed | None = None

    @property
    def sites(self) -> int:
        """Number of sites."""
        return self.backhaul.sites

    @cached_property
    def typical(self) -> int:
        """Number of the member with the median of site-hours out (the lower of two)."""
        return _typical(self.ensemble, float(self.times_h[-1]))

    def first_causes(self) -> I64:
        """Return how many sites failed first by each of `CAUSES`, and how many never, shape (members, causes + 1)."""
        out = np.zeros((len(self.ensemble), len(CAUSES) + 1), np.int64)
        for k, timeline in enumerate(self.ensemble.timelines):
            first = timeline.first_state()
            out[k] = np.bincount(first, minlength=len(CAUSES) + 1)[[1, 2, 3, 0]]
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return the document of ``--json``."""
        serving = [STATES.index(name) for name in ("up", "temporary", "backup")]
        up = self.counts[:, :, serving].sum(axis=2)
        low, high = np.percentile(up, [5, 95], axis=0)
        worst = int(np.argmin(up.mean(axis=0)))
        causes = self.first_causes()
        curve = [
            {
                "time_h": float(t), "serving": float(up[:, k].mean()), "serving_p05": float(low[k]),
                "serving_p95": float(high[k]),
                **{name: float(self.counts[:, k, s].mean()) for s, name in enumerate(STATES)},
            }
            for k, t in enumerate(self.times_h)
        ]  # fmt: skip
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "version": __version__,
            "cells": len(self.cells),
            "sites": self.sites,
            "links": int(self.backhaul.a.size),
            "members": len(self.ensemble),
            "typical_member": self.typical,
            "seed": self.seed,
            "repair": self.repair,
            "first_cause": {
                name: _spread(causes[:, k]) for k, name in enumerate((*CAUSES, "never_out"))
            },
            "worst": curve[worst],
            "curve": curve,
        }
        sent = [d for outage in self.ensemble.outages for d in outage.deployments]
        if sent:
            document["deployed"] = {
                f"{kind}_{role}": sum((d.kind, d.role) == (kind, role) for d in sent)
                / len(self.ensemble)
                for kind, role in sorted({(d.kind, d.role) for d in sent})
            }
        if self.people is not None:
            document["people"] = self.people.to_dict()
        if self.observed is not None:
            document["observed"] = {
                "down": int(self.observed.down.sum()),
                "known": int(self.observed.known.sum()),
            }
        document["inputs"] = [i.to_dict() for i in self.inputs]
        document["notes"] = list(self.notes)
        return document


def _typical(ensemble: Ensemble, hours: float) -> int:
    lost = [float(timeline.hours_out(hours * HOUR_S).sum()) for timeline in ensemble.timelines]
    return int(np.argsort(lost, kind="stable")[(len(lost) - 1) // 2])


def _spread(values: Any) -> dict[str, float]:
    low, high = np.percentile(values, [5, 95])
    return {"mean": float(np.mean(values)), "p05": float(low), "p95": float(high)}


def study_outage(
    sites: Any,
    *,
    hazard: Mapping[str, Any] | None = None,
    within: Any = None,
    links: str | os.PathLike[str] | None = None,
    core: Sequence[str] = (),
    roads: str | os.PathLike[str] | None = None,
    power: str | os.PathLike[str] | None = None,
    feeder_out: Sequence[str] = (),
    cable_cut: bool = False,
    kits: str | os.PathLike[str] | None = None,
    population: Any = None,
    population_unit: str | None = None,
    dem: Any = None,
    observed: Any = None,
    observed_hours: tuple[float, float] | None = None,
    repair: str = "mainland",
    days: float = 14.0,
    members: int = 20,
    seed: int = 0,
    relation: str = "worden2012",
    assume: Mapping[str, float] | None = None,
    title: str | None = None,
    workers: int | Executor = 1,
    progress: Callable[[int, int], None] | None = None,
    read: Mapping[str, Any] | None = None,
) -> OutageResult:
    """Work out an outage.

    Parameters
    ----------
    sites
        A list of cells (see `ew4all.readers.sites.read_cells`) or `Cells`.
    hazard
        ``KIND[:UNIT]`` to a raster or polygons: wind, flood, shaking (or ``mmi``, ``pga``), fire, power.
    within
        Polygons: only cells of sites inside them.
    links, core
        See `ew4all.readers.links.read_links`; without links a network is laid out.
    roads
        Main roads, along which sites have fibre where no links are given.
    power
        See `ew4all.readers.outage_tables.read_plant`.
    feeder_out
        Feeders of `power` that are out.
    cable_cut
        Submarine cables are cut. Where no links are given the core is then abroad, behind one cable.
    kits
        See `read_stocks`.
    population, population_unit, dem
        People, and heights; see `ew4all.network_intake.open_network`. With people, crews and kits go where most are served (unless
        `power` says whom a site serves), and people served are counted over time.
    observed
        In place of a model: a list of sites that are down, or ``{"baseline": FILE, "current": FILE}`` with measurements (CSV) or
        polygons.
    observed_hours
        Hours in which the measurements of baseline and current were taken.
    repair, seed, members, assume
        See `ew4all.coverage.outages.simulation.simulate`.
    days
        How far to look.
    relation
        From intensity to acceleration, see `ew4all.coverage.outages.intensity.RELATIONS`.
    read
        Options for `read_cells`.

    Raises
    ------
    OptionError
        Nothing strikes, or options exclude each other.
    EW4AllError
        See the readers.
    """
    values = resolve(assume)
    cells, notes, inputs = read_sites(sites, read or {})
    if within is not None:
        cells = inside(cells, within, inputs)
    cells = compacted(cells)
    if not (np.isfinite(days) and days > 0.0):
        msg = f"--days must be above 0, but got {days:g}"
        raise OptionError(msg)
    strikes = bool(hazard or feeder_out or cable_cut)
    if strikes == (observed is not None):
        msg = (
            "an observed outage takes the place of a hazard; give one of them"
            if strikes
            else "nothing strikes: give a hazard, --feeder-out, --cable-cut or an observed outage"
        )
        raise OptionError(msg)
    places = cells.sites
    if links is not None and roads is not None:
        msg = "roads serve to lay links out where none are given; leave --roads or --links out"
        raise OptionError(msg)
    if links is not None:
        backhaul = read_links(links, places, values, core=core)
        inputs.append(SourceNote.of("links", links, None))
    elif core:
        msg = "a core was named, but no links; give them, or leave --core out"
        raise OptionError(msg)
    else:
        along = None
        if roads is not None:
            along = near_lines(roads, places, values["fibre_road_km"])
            inputs.append(SourceNote.of("roads", roads, None))
        backhaul = lay_out(places, values, on_fibre=along, core_abroad=cable_cut)
    plant = Plant() if power is None else read_plant(power, places.id)
    opened = None
    if population is not None:
        opened = open_network(cells, population, population_unit=population_unit, dem=dem)
        notes += opened.notes
        inputs += opened.sources
        if plant.people is None:
            plant = replace(plant, people=people_of_sites(opened, len(places)))
    elif dem is not None:
        msg = "heights (--dem) are of use with people only; give --population, or leave --dem out"
        raise OptionError(msg)
    for role, source in (("power", power), ("kits", kits)):
        if source is not None:
            inputs.append(SourceNote.of(role, source, None))
    notes += backhaul.notes if observed is None else ()
    found: Observed | None = None
    if observed is not None:
        found = read_observed(observed, observed_hours, cells, values, inputs)
        notes += found.notes
        if kits is not None:
            msg = "kits are sent by cause, which an observation does not tell; leave --kits out"
            raise OptionError(msg)
        ensemble = Ensemble(
            tuple(
                restore(
                    found.down, repair=repair, ids=places.id, people=plant.people, seed=seed, replica=k, assume=assume
                )
                for k in range(at_least_one(members))
            )
        )  # fmt: skip
    else:
        threats, blackouts = read_threats(hazard or {}, backhaul, values, relation, notes, inputs)
        blackouts += feeders_out(feeder_out, plant, backhaul)
        ensemble = members_of(
            backhaul, threats, members=members, seed=seed, workers=workers, progress=progress,
            blackouts=blackouts, cuts=cables_cut(cable_cut, backhaul), plant=plant,
            stocks=() if kits is None else read_stocks(kits), repair=repair, horizon_s=days * 24 * HOUR_S,
            assume=assume,
        )  # fmt: skip
    times_h = _times(days)
    served = None
    if opened is not None:
        asked = [h for h in _PEOPLE_H if h <= days * 24.0]
        served = people_over_time(
            opened, ensemble.timelines[_typical(ensemble, days * 24.0)], asked, progress=progress
        )
    files = tuple(note.read() for note in inputs)
    return OutageResult(
        cells, backhaul, ensemble, times_h, ensemble.counts(times_h * HOUR_S), seed, repair, found,
        files, dict(values), brief(notes, files), title,
        served,
    )  # fmt: skip


def _times(days: float) -> F64:
    """Hours to tell: every hour, or every few where that would be more than 400 rows."""
    step = max(1.0, np.ceil(days * 24.0 / 400.0))
    return np.append(np.arange(0.0, days * 24.0, step), days * 24.0)


outage = study_outage
"""The name under which the package offers it: ``ew4all.outage(...)``."""
