"""People of a plan, cell by cell: where they are, what reaches them now, and what one of them counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from ew4all.coverage.gaps import PLACE
from ew4all.coverage.queries import ANY
from ew4all.errors import OptionError
from ew4all.gap_cells import cells_of
from ew4all.plan_phones import PhoneUse, able_with, alike, mixed, others_of, own_signal, phone_use
from ew4all.planning.measures import RADIO
from ew4all.planning.rows import Crowd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.gap_intake import GapStudy
    from ew4all.grid import Grid
    from ew4all.units import F64, I64

__all__ = ["PlanCells", "crowd_of", "must_have_signal", "read_cells_of_plan", "weights_of"]

_TINY: Final = 1e-12


@dataclass(frozen=True, eq=False)
class PlanCells:
    """Inhabited cells of the study area in the order of the population grid; arrays of shape (cells,).

    Attributes
    ----------
    flat
        Row x width + column of each cell, rising.
    missed
        Probability that no channel of the place reaches somebody there.
    radio
        Share of people whom radio reaches now.
    signal, by_phone, unreached
        Shares of people with a signal, reached by a channel on phones, and reached by nothing.
    hazard
        People at risk of each hazard, as a share of the people.
    zone
        Number of the zone whose polygon holds the middle of the cell; -1: none.
    phones
        What people with a signal have.
    own
        Share of people with a signal of their own network.
    """

    grid: Grid
    flat: I64
    people: F64
    lon_deg: F64
    lat_deg: F64
    missed: F64
    radio: F64
    signal: F64
    by_phone: F64
    unreached: F64
    hazard: Mapping[str, F64]
    zone: I64
    phones: PhoneUse
    own: F64

    def __len__(self) -> int:
        """Return the number of cells."""
        return int(self.flat.size)


def must_have_signal(opened: GapStudy) -> None:
    """Refuse a plan for people of whom nothing is known.

    Raises
    ------
    OptionError
        There is no population, or no layer of signal.
    """
    if not opened.has_people:
        msg = "a plan counts people, and no population was given; give --population"
        raise OptionError(msg)
    if not opened.ground.places.signals:
        msg = (
            "a plan needs to know who has a mobile signal: give --coverage, --sites or, where there is no network at all, a coverage "
            "layer of zeros"
        )
        raise OptionError(msg)


def read_cells_of_plan(opened: GapStudy) -> PlanCells:
    """Return the inhabited cells.

    Raises
    ------
    PopulationValueError, CoverageValueError, ReadError
        A cell that had to be read is not usable.
    """
    places = opened.ground.places
    grid = opened.study.grid
    of_place = [c.name for c in places.channels if c.needs == PLACE]
    columns: dict[str, list[Any]] = {}

    def put(name: str, values: Any) -> None:
        columns.setdefault(name, []).append(values)

    for cells in cells_of(opened):
        missed = np.ones(cells.people.size)
        for name in of_place:
            missed *= 1.0 - cells.shares["channel", name]
        unreached = cells.unreached
        put("flat", cells.row * grid.width + cells.col)
        put("people", cells.people)
        put("lon", cells.lon_deg)
        put("lat", cells.lat_deg)
        put("missed", missed)
        put("radio", cells.shares.get(("channel", RADIO), np.zeros(cells.people.size)))
        put("signal", cells.shares["covered", ANY])
        put("unreached", unreached)
        use = alike(opened.values, cells.people.size)
        if use is None:
            use = mixed(opened.values, places, cells.shares)
            put("capable", use.capable)
            put("network", use.network)
            put("both", use.both)
        if places.operator_share:
            put("own", own_signal(places, cells.shares, use))
        put("by_phone", np.where(missed > _TINY, 1.0 - unreached / np.maximum(missed, _TINY), 0.0))
        for hazard in opened.ground.hazards:
            put(f"hazard {hazard.name}", _at_risk(opened, hazard, cells))
    if not columns:
        msg = "nobody lives in the study area, so that no measure would reach anybody; check --within, --zones and --population"
        raise OptionError(msg)
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    order = np.argsort(joined["flat"], kind="stable")
    v = {name: values[order] for name, values in joined.items()}
    phones = alike(opened.values, v["flat"].size) or PhoneUse(v["capable"], v["network"], v["both"])
    return PlanCells(
        grid, v["flat"].astype(np.int64), v["people"], v["lon"], v["lat"], v["missed"], v["radio"], v["signal"],
        np.clip(v["by_phone"], 0.0, v["signal"]), v["unreached"],
        {h.name: v[f"hazard {h.name}"] for h in opened.ground.hazards}, _zones(opened, v["flat"]),
        phones, v.get("own", v["signal"]),
    )  # fmt: skip


def _at_risk(opened: GapStudy, hazard: Any, cells: Any) -> F64:
    if hazard.raster is not None:
        share = np.asarray(hazard.raster.share(cells.block), np.float64)
        found: F64 = share[cells.row - cells.block.row0, cells.col - cells.block.col0]
        return found
    inside = opened.study.people.cells(hazard.shape).read(cells.block)
    everybody = opened.study.people.cells(None).read(cells.block)
    at = cells.row - cells.block.row0, cells.col - cells.block.col0
    people = np.nan_to_num(np.asarray(everybody, np.float64))[at]
    exposed: F64 = np.clip(np.asarray(inside, np.float64)[at] / np.maximum(people, _TINY), 0.0, 1.0)
    return exposed


def _zones(opened: GapStudy, flat: I64) -> I64:
    grid = opened.study.grid
    shapes = opened.study.zone_shapes
    found = np.full(flat.size, -1, np.int64)
    x, y = grid.xy(
        (flat % grid.width).astype(np.float64) + 0.5, (flat // grid.width).astype(np.float64) + 0.5
    )
    for k, shape in enumerate(shapes):
        if shape is None:
            continue
        west, south, east, north = shape.bounds
        near = np.flatnonzero((found < 0) & (x >= west) & (x <= east) & (y >= south) & (y <= north))
        shapely.prepare(shape)
        found[near[shapely.contains_xy(shape, x[near], y[near])]] = k
    return found


def crowd_of(opened: GapStudy, cells: PlanCells, weight: F64) -> Crowd:
    """Return people by what keeps a warning from them, as rows are made of.

    Parameters
    ----------
    weight
        What a person of each cell counts, shape (cells,).
    """
    values, places = opened.values, opened.ground.places
    lacks_phone, with_phone = phone_use(places.rates.has_phone, cells.phones, others_of(places))
    # A phone gives nobody a signal of their own network.
    unreached = np.maximum(cells.signal - cells.by_phone, _TINY)
    lacks_phone = lacks_phone * np.clip((cells.own - cells.by_phone) / unreached, 0.0, 1.0)
    return Crowd(
        cells.people,
        weight,
        cells.missed,
        # With a set and out of reach of the stations there are, of all those out of reach or without a set.
        np.maximum(values["radio_owned"] - cells.radio, 0.0) / np.maximum(1.0 - cells.radio, _TINY),
        cells.signal,
        cells.by_phone,
        lacks_phone,
        # With the technology that reaches most; a measure of another one reaches fewer of them.
        max(able_with(values, places).values()),
        with_phone,
    )


def weights_of(
    opened: GapStudy,
    cells: PlanCells,
    *,
    hazard_weight: Mapping[str, float] | None = None,
    zone_weight: Mapping[str, float] | None = None,
    equity: float = 0.0,
) -> tuple[F64, list[str]]:
    """Return what a person of each cell counts, and notes that say so.

    Parameters
    ----------
    hazard_weight
        From a hazard to what a person at risk of it counts, for instance lives lost for each person not warned; 1 where hazards
        were given without weights. People at risk of several count for each.
    zone_weight
        From the identifier of a zone to a factor for its people.
    equity
        0: all count alike. Above, people of a zone count (share left out there / share left out in all) to this power.

    Raises
    ------
    OptionError
        A name that does not exist, or a weight that is negative.
    """
    notes = []
    weight = np.ones(len(cells))
    hazards = cells.hazard
    for name, value in (hazard_weight or {}).items():
        if name not in hazards:
            msg = f"a weight was given for the hazard {name!r}, but the hazards are {', '.join(hazards) or 'none'}"
            raise OptionError(msg)
        _must_be_weight(f"of the hazard {name}", value)
    if hazards:
        used = {name: (hazard_weight or {}).get(name, 1.0) for name in hazards}
        weight = np.sum([used[name] * share for name, share in hazards.items()], axis=0)
        notes.append(
            "people count by hazard: " + ", ".join(f"{n} x {w:g}" for n, w in used.items()) + "; nobody beyond counts"
        )  # fmt: skip
    zones = opened.study.zones
    ids = [] if zones is None else [str(i) for i in zones.ids]
    for name, value in (zone_weight or {}).items():
        if name not in ids:
            msg = f"a weight was given for the zone {name!r}, but there is no such zone; some are {', '.join(ids[:5]) or '(no zones were given)'}"
            raise OptionError(msg)
        _must_be_weight(f"of the zone {name}", value)
        weight[cells.zone == ids.index(name)] *= value
    if zone_weight:
        notes.append("people of some zones count otherwise: " + ", ".join(f"{n} x {w:g}" for n, w in zone_weight.items()))  # fmt: skip
    if not 0.0 <= equity <= 5.0:
        msg = f"equity is a power from 0 (all count alike) to 5, but got {equity:g}"
        raise OptionError(msg)
    if equity > 0.0:
        if not ids:
            msg = "equity compares zones, and none were given; give --zones, or leave --equity out"
            raise OptionError(msg)
        left_out = cells.people * cells.unreached
        everywhere = left_out.sum() / cells.people.sum()
        for k in range(len(ids)):
            mine = cells.zone == k
            here = cells.people[mine].sum()
            if here > 0.0 and everywhere > 0.0:
                weight[mine] *= (left_out[mine].sum() / here / everywhere) ** equity
        notes.append(
            f"people of a zone count (share left out there / share left out in all) to the power {equity:g}"
        )
    return weight, notes


def _must_be_weight(what: str, value: float) -> None:
    if not 0.0 <= value < np.inf:
        msg = f"the weight {what} is a number of 0 or more, but got {value!r}"
        raise OptionError(msg)
