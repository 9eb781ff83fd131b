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
from ew4all.cells import Cells
from ew4all.coverage.outages.backhaul import SUBMARINE, lay_out
from ew4all.coverage.outages.defaults import resolve
from ew4all.coverage.outages.ensemble import Ensemble, members_of
from ew4all.coverage.outages.observed import Observed, areas_out, named_down, silent_squares
from ew4all.coverage.outages.power import Plant
from ew4all.coverage.outages.repair import restore
from ew4all.coverage.outages.threats import Blackout, Cut, Threat
from ew4all.coverage.outages.timeline import CAUSES, STATES
from ew4all.errors import InputError, OptionError
from ew4all.network_intake import open_network
from ew4all.outage_people import PeopleServed, people_of_sites, people_over_time
from ew4all.readers.hazard_values import parsed, read_hazard
from ew4all.readers.links import read_links
from ew4all.readers.outage_tables import read_down, read_measurements, read_plant, read_stocks
from ew4all.readers.point_values import inside_polygons
from ew4all.readers.provenance import SourceNote

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor

    from ew4all.coverage.outages.backhaul import Backhaul
    from ew4all.results import InputFile
    from ew4all.units import F64, I64

__all__ = ["OutageResult", "study_outage"]

HOUR_S = 3600.0
SCHEMA = "ew4all/outage/1"
_PEOPLE_H = (0.0, 1.0, 3.0, 6.0, 12.0, 24.0, 48.0, 72.0, 120.0, 168.0, 240.0, 336.0, 504.0, 720.0)
_TABLES = (".csv", ".tsv", ".txt")


@dataclass(frozen=True, eq=False)
class OutageResult:
    """What was found.

    Attributes
    ----------
    backhaul
        Sites and links; sites are numbered as in the cells.
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

    cells: int
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
            "cells": self.cells,
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
    links: str | os.PathLike[str] | None = None,
    core: Sequence[str] = (),
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
    links, core
        See `ew4all.readers.links.read_links`; without links a network is laid out.
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
    cells, notes, inputs = _cells(sites, read or {})
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
    if links is not None:
        backhaul = read_links(links, places, values, core=core)
        inputs.append(SourceNote.of("links", links, None))
    elif core:
        msg = "a core was named, but no links; give them, or leave --core out"
        raise OptionError(msg)
    else:
        backhaul = lay_out(places, values, core_abroad=cable_cut)
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
        found = _observed(observed, observed_hours, cells, values, inputs)
        notes += found.notes
        if kits is not None:
            msg = "kits are sent by cause, which an observation does not tell; leave --kits out"
            raise OptionError(msg)
        ensemble = Ensemble(
            tuple(
                restore(
                    found.down, repair=repair, ids=places.id, people=plant.people, seed=seed, replica=k, assume=assume
                )
                for k in range(_at_least_one(members))
            )
        )  # fmt: skip
    else:
        threats, blackouts = _threats(hazard or {}, backhaul, values, relation, notes, inputs)
        blackouts += _feeders_out(feeder_out, plant, backhaul)
        ensemble = members_of(
            backhaul, threats, members=members, seed=seed, workers=workers, progress=progress,
            blackouts=blackouts, cuts=_cables(cable_cut, backhaul), plant=plant,
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
    return OutageResult(
        len(cells), backhaul, ensemble, times_h, ensemble.counts(times_h * HOUR_S), seed, repair, found,
        tuple(note.read() for note in inputs), dict(values), tuple(notes), title,
        served,
    )  # fmt: skip


def _cells(sites: Any, options: Mapping[str, Any]) -> tuple[Cells, list[str], list[SourceNote]]:
    if isinstance(sites, Cells):
        cells, notes, inputs = sites, [], []
    else:
        from ew4all.readers.sites import read_cells

        listed = read_cells(sites, **options)
        cells, notes = listed.cells, list(listed.notes)
        inputs = [SourceNote.of("sites", sites, None)]
    if len(cells) == 0:
        msg = "the list holds no cell, so nothing can fail"
        raise InputError(msg)
    return cells, notes, inputs


def _at_least_one(members: int) -> int:
    if members < 1:
        msg = f"an ensemble has at least one member, but got {members}"
        raise OptionError(msg)
    return members


def _threats(
    hazard: Mapping[str, Any],
    backhaul: Backhaul,
    values: Mapping[str, float],
    relation: str,
    notes: list[str],
    inputs: list[SourceNote],
) -> tuple[list[Threat], list[Blackout]]:
    threats: list[Threat] = []
    blackouts: list[Blackout] = []
    for name, source in hazard.items():
        layer = parsed(name, source)
        one, told = read_hazard(layer, backhaul, values, relation=relation)
        notes += told
        inputs.append(
            SourceNote.of(f"hazard {layer.kind}", layer.source, None, unit=layer.unit or None)
        )
        if isinstance(one, Threat):
            threats.append(one)
        else:
            blackouts.append(one)
    return threats, blackouts


def _feeders_out(names: Sequence[str], plant: Plant, backhaul: Backhaul) -> list[Blackout]:
    if not names:
        return []
    if plant.feeder is None:
        msg = "--feeder-out needs a column feeder in the table of --power"
        raise OptionError(msg)
    unknown = sorted(set(names) - {str(name) for name in plant.feeder})
    if unknown:
        known = ", ".join(sorted({str(n) for n in plant.feeder} - {""})[:5])
        msg = f"no site hangs on the feeder {unknown[0]!r}; feeders are {known}"
        raise InputError(msg)
    nodes = np.zeros(backhaul.id.size, np.bool_)
    nodes[: backhaul.sites] = np.isin(plant.feeder, list(names))
    return [Blackout(nodes)]


def _cables(cut: bool, backhaul: Backhaul) -> list[Cut]:
    if not cut:
        return []
    cables = backhaul.kind == SUBMARINE
    if not cables.any():
        msg = "--cable-cut needs a link of kind submarine, and the links hold none"
        raise InputError(msg)
    return [Cut(cables)]


def _observed(
    source: Any,
    hours: tuple[float, float] | None,
    cells: Cells,
    values: Mapping[str, float],
    inputs: list[SourceNote],
) -> Observed:
    places = cells.sites
    if not isinstance(source, dict):
        inputs.append(SourceNote.of("observed", source, None))
        return named_down(places.id, read_down(source), f"the list of sites {source}")
    if set(source) != {"baseline", "current"}:
        msg = f"an observation has a baseline and a current layer, but got {', '.join(source) or 'nothing'}"
        raise OptionError(msg)
    inputs += [SourceNote.of(role, source[role], None) for role in ("baseline", "current")]
    tables = [str(source[role]).lower().endswith(_TABLES) for role in ("baseline", "current")]
    if tables[0] != tables[1]:
        msg = "baseline and current must both be tables of measurements, or both polygons"
        raise OptionError(msg)
    if not tables[0]:
        inside = [
            inside_polygons(source[role], places.lon_deg, places.lat_deg, role)
            for role in ("baseline", "current")
        ]
        return areas_out(inside[0], inside[1])
    if hours is None:
        msg = "measurements need the hours in which they were taken: --observed-hours BASELINE,CURRENT, for instance 336,12"
        raise OptionError(msg)
    return silent_squares(
        places.lon_deg, places.lat_deg, read_measurements(source["baseline"]), read_measurements(source["current"]),
        baseline_h=hours[0], current_h=hours[1], square_km=values["square_km"], alpha=values["detector_alpha"],
    )  # fmt: skip


def _times(days: float) -> F64:
    """Hours to tell: every hour, or every few where that would be more than 400 rows."""
    step = max(1.0, np.ceil(days * 24.0 / 400.0))
    return np.append(np.arange(0.0, days * 24.0, step), days * 24.0)
