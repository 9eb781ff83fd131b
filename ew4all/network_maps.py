"""What `ew4all coverage` finds: maps of each technology block by block, and the people whom it serves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import shapely

from ew4all import __version__
from ew4all.coverage.queries import ANY
from ew4all.coverage.workers import in_order
from ew4all.intake import open_study
from ew4all.notes import brief
from ew4all.results import OUTSIDE
from ew4all.study import WORKERS
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.network import Network, Signal
    from ew4all.grid import Block
    from ew4all.network_intake import OpenedNetwork
    from ew4all.results import InputFile, OperatorCount, PeopleCount, Reach
    from ew4all.units import F32, I32

__all__ = [
    "BLOCK", "SITUATIONS", "BlockMaps", "Maps", "Served", "ServiceSummary", "blocks_of", "maps_of", "summary_of",
    "technologies_of",
]  # fmt: skip

BLOCK: Final = (512, 512)

SITUATIONS: Final = ("outdoors", "indoors", "usual")
"""Where people are; `usual` is the mix of both by the share of people indoors."""


class Maps(NamedTuple):
    """One technology in one block; arrays of shape (rows, columns).

    `level_dbm` and `margin_db` are NaN and `server` -1 where no cell is considered. `outdoors` and `indoors` are
    probabilities of service, `camping` that a phone (in the usual mix of places) camps on this technology and decodes it, which
    adds up over technologies. Levels are rounded to 1/16 dB, shares to 1/1024, so that files stay small.
    """

    level_dbm: F32
    server: I32
    margin_db: F32
    outdoors: F32
    indoors: F32
    camping: F32


class BlockMaps(NamedTuple):
    """What was found in a block: maps by technology, and service outdoors and indoors by technology and operator."""

    technologies: dict[str, Maps]
    operators: dict[tuple[str, str], tuple[F32, F32]]


def blocks_of(
    network: Network,
    *,
    operators: Sequence[str] = (),
    alive: Any = None,
    blocks: Sequence[Block] | None = None,
    workers: int | Executor = WORKERS,
    progress: Progress | None = None,
) -> Iterator[tuple[Block, BlockMaps]]:
    """Yield the maps of every technology, block by block, neighbours soon after one another: they share profiles of terrain.

    Parameters
    ----------
    operators
        Those whose service is mapped by itself, besides all of them as one network.
    alive
        Which cells work; None: all.
    blocks
        Those to compute, for instance `Network.touched`; None: all.
    """
    wanted = sorted(network.grid.blocks(*BLOCK) if blocks is None else blocks, key=_z_order)
    jobs = [(network, block, tuple(operators), alive) for block in wanted]
    for done, maps in enumerate(in_order(maps_of, jobs, workers)):
        yield wanted[done], maps
        if progress:
            progress(done + 1, len(wanted))


def _z_order(block: Block) -> int:
    """Place of a block on Morton's curve, on which near blocks are near."""
    row, col = block.row0 // BLOCK[0], block.col0 // BLOCK[1]
    return sum(((row >> k & 1) << 2 * k + 1) | ((col >> k & 1) << 2 * k) for k in range(24))


def maps_of(
    network: Network, block: Block, operators: tuple[str, ...] = (), alive: Any = None
) -> BlockMaps:
    """Return the maps of every technology in one block."""
    technologies = network.technologies()
    signals = {t: network.signal(block, t, alive=alive, keep=1) for t in technologies}
    camping = network.layer_shares(signals)
    found = {}
    for technology, signal in signals.items():
        level = _thrifty(signal.level_dbm[0], 16.0)
        need = np.float32(network.radio.decodes_dbm(technology))
        outdoors, indoors = _service(network, signal, technology)
        found[technology] = Maps(
            level,
            signal.cell[0],
            level - need,
            outdoors,
            indoors,
            _thrifty(camping[technology], 1024.0),
        )
    return BlockMaps(
        found,
        {
            (t, name): _service(network, network.signal(block, t, name, alive, keep=1), t)
            for name in operators
            for t in technologies_of(network, name)
        },
    )


def technologies_of(network: Network, operator: str) -> list[str]:
    """Return the technologies of which an operator has cells."""
    mine = network.cells.technology[network.cells.operator == operator]
    return [t for k, t in enumerate(TECHNOLOGIES) if k in mine]


def _service(network: Network, signal: Signal, technology: str) -> tuple[F32, F32]:
    out, inside = (
        _thrifty(network.service_of(signal, technology, indoor=indoor), 1024.0)
        for indoor in (False, True)
    )
    return out, inside


def _thrifty(values: F32, parts: float) -> F32:
    """Round to parts of one, so that few digits are left to be stored."""
    rounded: F32 = np.divide(np.round(values * np.float32(parts)), parts, dtype=np.float32)
    return rounded


@dataclass(frozen=True)
class Served:
    """People of one place, and whom each technology and ``any`` of them serves in each of `SITUATIONS`.

    `camping` are those who camp on each technology in the usual mix of places, the newest that is strong enough; they add up.
    """

    id: str
    name: str
    people: float
    served: Mapping[str, Mapping[str, float]]
    camping: Mapping[str, float]
    geometry: BaseGeometry | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON document."""
        return {
            "total": self.people,
            "served": {k: dict(v) for k, v in self.served.items()},
            "camping": dict(self.camping),
        }


@dataclass(frozen=True)
class ServiceSummary:
    """Result of `ew4all coverage`; attributes that `Reach` has too mean the same."""

    whole: Served
    zones: tuple[Served, ...]
    technologies: Mapping[str, Mapping[str, Any]]
    operators: tuple[OperatorCount, ...]
    account: tuple[Mapping[str, Any], ...]
    inputs: tuple[InputFile, ...]
    assumptions: Mapping[str, Any]
    notes: tuple[str, ...]
    version: str = __version__
    title: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document, schema ``ew4all/coverage/1``."""
        return {
            "schema": "ew4all/coverage/1",
            "version": self.version,
            **({"title": self.title} if self.title else {}),
            "people": self.whole.to_dict(),
            "technologies": [{"technology": t, **facts} for t, facts in self.technologies.items()],
            "operators": [
                {"name": o.name, "served_outdoors": dict(o.covered)} for o in self.operators
            ],
            "zones": [{"id": z.id, "name": z.name, "people": z.to_dict()} for z in self.zones],
            "account": [dict(row) for row in self.account],
            "inputs": [i.to_dict() for i in self.inputs],
            "assumptions": dict(self.assumptions),
            "notes": list(self.notes),
        }


def summary_of(
    opened: OpenedNetwork,
    population: Any,
    rasters: Mapping[str, Mapping[str, Path]],
    *,
    zones: Any = None,
    zone_id: str | None = None,
    zone_name: str | None = None,
    account: tuple[Mapping[str, Any], ...] = (),
    title: str | None = None,
    workers: int | Executor = WORKERS,
    progress: Progress | None = None,
    **population_options: Any,
) -> ServiceSummary:
    """Count the people served, from the rasters of service as anybody may who has them.

    Parameters
    ----------
    rasters
        For ``outdoors``, ``indoors`` and ``camping`` the raster of each technology; outdoors also of operators, as ``4g:NAME``.
    zones, zone_id, zone_name
        See `ew4all.reach`.
    account
        What became of the rows of the list of sites.
    """
    found: dict[str, Reach] = {}
    for situation, coverage in rasters.items():
        study = open_study(
            population,
            coverage={t: str(path) for t, path in coverage.items()},
            zones=zones,
            zone_id=zone_id,
            zone_name=zone_name,
            workers=workers,
            progress=progress,
            **population_options,
        )
        if opened.is_part:
            shown = _shown(opened)
            if zones is not None:
                drawn = study.zone_shapes[~shapely.is_missing(study.zone_shapes)]
                shown = shapely.intersection(shown, shapely.union_all(drawn))
            study = replace(study, area=shown, hazard=shown)
        found[situation] = study.reach()
    share = opened.network.radio.indoor_share
    places = {k: [r.people, *(z.people for z in r.zones)] for k, r in found.items()}
    first = found["outdoors"]
    names = [("all", "all"), *((z.id, z.name) for z in first.zones)]
    shapes = [None, *(z.geometry for z in first.zones)]
    rows = [
        Served(
            *names[k],
            places["outdoors"][k].in_area,
            _mixed(places, k, share),
            {t: v for t, v in places["camping"][k].covered.items() if t != ANY},
            shapes[k],
        )
        for k in range(len(names))
    ]
    if opened.is_part and zones is not None:
        rows = [row for row in rows if row.id != OUTSIDE]
    network = opened.network
    inputs = tuple(source.read() for source in opened.sources)
    return ServiceSummary(
        whole=rows[0],
        zones=tuple(rows[1:]),
        technologies={t: _facts(network, t) for t in network.technologies()},
        operators=first.operators,
        account=account,
        inputs=inputs,
        assumptions=_assumptions(network),
        notes=brief(opened.notes, inputs),
        title=title,
    )


def _shown(opened: OpenedNetwork) -> BaseGeometry:
    """Return the outline of the map in the population's CRS."""
    window, grid = opened.window, opened.people.grid
    rows = np.array([window.row0, window.row0, window.row1, window.row1], np.float64)
    columns = np.array([window.col0, window.col1, window.col1, window.col0], np.float64)
    return shapely.Polygon(np.column_stack(grid.xy(columns, rows)))


def _mixed(
    places: Mapping[str, Sequence[PeopleCount]], k: int, indoor_share: float
) -> dict[str, dict[str, float]]:
    out, inside = (dict(places[s][k].covered) for s in SITUATIONS[:2])
    usual = {t: (1.0 - indoor_share) * out[t] + indoor_share * inside[t] for t in out}
    return dict(zip(SITUATIONS, (out, inside, usual), strict=True))


def _facts(network: Network, technology: str) -> dict[str, Any]:
    mine = network.cells.technology == TECHNOLOGIES.index(technology)
    return {
        "cells": int(mine.sum()),
        "sites": int(np.unique(network.cells.site[mine]).size),
        "operators": int(np.unique(network.cells.operator[mine]).size),
        "served_from_dbm": network.radio.decodes_dbm(technology),
    }


def _assumptions(network: Network) -> dict[str, Any]:
    radio = network.radio
    here = network.technologies()
    flat = {
        f"{kind}_{t}_dbm": values[t]
        for kind, values in (("decode", radio.decode_dbm), ("camp", radio.camp_dbm))
        for t in here
        if t in values
    }
    plain = {
        name: getattr(radio, name)
        for name in radio.__dataclass_fields__
        if isinstance(getattr(radio, name), float)
    }
    return {**plain, **flat}
