"""From opened inputs to the problem of choosing measures: cells, candidates, prices, effects, and rows of people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.errors import OptionError
from ew4all.grid import Block
from ew4all.plan_candidates import PER_KIND, must_be_near, priced, proposed
from ew4all.plan_crowd import crowd_of, must_have_signal, read_cells_of_plan, weights_of
from ew4all.plan_effects import Effects
from ew4all.plan_phones import heard, introduced, is_introduced, lacking
from ew4all.plan_service import service_of_sites
from ew4all.planning.measures import DEVICE, KINDS, NEEDS_SITE, SIGNAL, SWITCH
from ew4all.planning.merging import merging_of
from ew4all.planning.options import Option
from ew4all.planning.rows import instance_of
from ew4all.readers.heights import read_heights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ew4all.gap_intake import GapStudy
    from ew4all.plan_candidates import SiteList
    from ew4all.plan_crowd import PlanCells
    from ew4all.plan_service import SiteService
    from ew4all.planning.greedy import Instance
    from ew4all.planning.measures import Measure
    from ew4all.planning.merging import Merging
    from ew4all.planning.rows import Crowd
    from ew4all.readers.provenance import SourceNote

__all__ = ["Problem", "problem_of"]

_TERRAIN_M: Final = 5000.0
_MOST_PER_KM2: Final = 60_000.0
"""Denser are few square kilometres on Earth."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What is chosen from, and of whom.

    Attributes
    ----------
    measures
        All, in rising order of their names, unpriced ones too.
    alone
        Name to the people whom a measure newly reaches by itself.
    options
        Ways to set the switch, the first as it is now; `switches` names the measure of each other one.
    unreached
        People whom nothing reaches now, the mean over the states of the network.
    objective
        ``people`` or ``weighted``.
    caution
        What must be known to read the numbers at all.
    """

    opened: GapStudy
    cells: PlanCells
    crowd: Crowd
    measures: tuple[Measure, ...]
    alone: Mapping[str, float]
    options: tuple[Option, ...]
    switches: tuple[str, ...]
    unreached: float
    objective: str
    states: Mapping[str, float]
    sources: tuple[SourceNote, ...]
    notes: tuple[str, ...]
    caution: str | None = None


def problem_of(
    opening: Callable[[Mapping[str, float]], GapStudy],
    *,
    candidates: Any,
    kinds: Sequence[str],
    per_kind: int | None,
    costs: Mapping[str, float | None],
    values: Mapping[str, float],
    dem: Any,
    landcover: Any,
    hazard_weight: Mapping[str, float] | None,
    zone_weight: Mapping[str, float] | None,
    equity: float,
    radio: Mapping[str, float],
) -> Problem:
    """Read what there is, propose or read measures, and say whom each would reach.

    Parameters
    ----------
    opening
        Opens the gaps with some assumptions replaced; called again where cell broadcast can be introduced.
    candidates, kinds, per_kind, costs, hazard_weight, zone_weight, equity
        See `ew4all.plan_measures.choose_measures`.
    values
        Of `ew4all.planning.measure_defaults`.

    Raises
    ------
    InputError, ReadError
        One of the inputs.
    """
    opened = opening({})
    must_have_signal(opened)
    cells = read_cells_of_plan(opened)
    weight, told = weights_of(
        opened, cells, hazard_weight=hazard_weight, zone_weight=zone_weight, equity=equity
    )
    notes, sources = [*opened.notes, *told], list(opened.sources)
    crowd = crowd_of(opened, cells, weight)
    caution = _crowded(cells)
    notes += [caution] if caution else []
    service = service_of_sites(opened, cells, values, notes)
    target = values["cell_broadcast_target"]
    found: list[Measure] = []
    if candidates is not None:
        from ew4all.readers.measures import read_measures

        read = read_measures(candidates)
        found, sources = list(read.measures), [*sources, read.source]
        notes += read.notes
        if kinds:
            found = [m for m in found if m.kind in kinds]
        _must_fit(found, opened, None if service is None else service.sites.id)
        found = [m if service is None else _at_site(m, service.sites) for m in found]
        must_be_near(found, cells)
    else:
        terrain = None
        if dem is not None:
            terrain, _ = read_heights(dem, opened.study.grid, _TERRAIN_M)
        wanted = kinds or tuple(KINDS)
        found = proposed(
            opened, cells, crowd, values, kinds=wanted, per_kind=per_kind or PER_KIND,
            sites=None if service is None else service.sites, terrain=terrain, broadcasts=is_introduced(opened.values, opened.ground.places, target),
        )  # fmt: skip
        notes += _proposal_notes(found, wanted, known_sites=service is not None)
    everybody = float(cells.people.sum())
    effects_of = Effects(
        opened, cells, crowd, values, dem, landcover, radio,
        None if service is None else {str(n): k for k, n in enumerate(service.sites.id)},
        None if service is None else service.lift,
    )  # fmt: skip
    equipped = _equipped(found, effects_of, opened)
    found = sorted(priced(found, costs, values["plan_years"], equipped, everybody), key=lambda m: m.id)  # fmt: skip
    plain = [m for m in found if KINDS[m.kind].acts != SWITCH]
    switches = [m for m in found if KINDS[m.kind].acts == SWITCH]
    effects, more = effects_of.of(plain)
    notes += more
    merging = _merging(cells, service, notes)
    places = opened.ground.places
    now = merging.effects(plain, heard(plain, effects, crowd, opened.values, places), crowd)
    crowd = merging.crowd(crowd)
    outage = merging.outage(None if service is None else service.outage)
    works = _works(values, service)
    cost = np.array([m.cost or 0.0 for m in plain], np.float64)
    whole = instance_of(crowd, plain, now, cost, outage, works)
    assert whole.people is not None
    alone = dict(zip(whole.ids, whole.alone().tolist(), strict=True))
    keep = [j for j, m in enumerate(plain) if m.cost is not None]
    options = [Option(0.0, 0.0, 0.0, _kept(whole, keep))]
    usable = []
    for switch in switches:
        again = opening(introduced(opened.values, switch.number("share", target)))
        better = crowd_of(again, read_cells_of_plan(again), weight)
        then = merging.effects(plain, heard(plain, effects, better, again.values, places), better)
        other = instance_of(merging.crowd(better), plain, then, cost, outage, works)
        assert other.people is not None
        people = float(whole.people.sum() - other.people.sum())
        alone[switch.id] = people
        if switch.cost is not None:
            weighted = float(whole.weight.sum() - other.weight.sum())
            options.append(Option(switch.cost, weighted, people, _kept(other, keep)))
            usable.append(switch.id)
    is_plain = bool((weight == 1.0).all())
    return Problem(
        opened, cells, crowd, tuple(found), alone, tuple(options), tuple(usable), float(whole.people.sum()),
        "people" if is_plain else "weighted", _states(outage), tuple(sources), tuple(dict.fromkeys(notes)), caution,
    )  # fmt: skip


def _merging(cells: PlanCells, service: SiteService | None, notes: list[str]) -> Merging:
    """Take cells together where there are too many to plan with; say so."""
    width = cells.grid.width
    outage = None if service is None else service.outage
    strongest = np.zeros(0) if outage is None else outage.site[0].astype(np.int64)
    keys = (cells.zone, strongest) if strongest.size else (cells.zone,)
    merging = merging_of(cells.flat // width, cells.flat % width, cells.people, *keys)
    if merging.side > 1:
        notes.append(
            f"{len(cells):,} cells were taken together to {len(merging):,} planning cells: up to {merging.side} x {merging.side} of one "
            "zone and one strongest site (docs/measures.md)"
        )
    return merging


def _kept(instance: Instance, keep: Sequence[int]) -> Instance:
    """Return the problem with its priced measures; without a copy where that is all of them."""
    return instance if len(keep) == len(instance) else instance.take(keep)


def _crowded(cells: PlanCells) -> str | None:
    """Say where people stand closer than they live: settlements that were put into single cells."""
    grid = cells.grid
    k = int(np.argmax(cells.people))
    row, col = int(cells.flat[k]) // grid.width, int(cells.flat[k]) % grid.width
    density = float(cells.people[k] / grid.cell_area_km2(Block(row, row + 1, col, col + 1))[0, 0])
    if density < _MOST_PER_KM2:
        return None
    return (
        f"the densest cell has {density:,.0f} people a km2, as whole settlements stand in single cells: what reaches little ground "
        "(sirens, wardens) seems to reach more people than it would; give a finer population for them"
    )


def _states(outage: Any) -> dict[str, float]:
    share = 0.0 if outage is None else outage.share
    return {"usual": 1.0 - share, **({"mains_out": share} if share else {})}


def _equipped(found: Sequence[Measure], effects: Effects, opened: GapStudy) -> dict[str, float]:
    """Return the people whom each device programme gives a phone."""
    cells = effects.cells
    phone = opened.ground.places.rates.has_phone
    without = cells.people * lacking(phone, cells.phones, cells.signal, opened.values)
    out = {}
    for measure in found:
        if KINDS[measure.kind].acts == DEVICE:
            uptake = measure.number("share", effects.values["device_uptake"])
            # Whether or not a warning then reaches them: who pays for phones cannot tell.
            out[measure.id] = uptake * float(without[effects.zone_cells(measure)].sum())
    return out


def _works(values: Mapping[str, float], service: Any) -> dict[str, float]:
    """Return how likely a measure of a kind works while the mains are out."""
    up = 1.0 if service is None else service.new_site_up
    return {
        "siren": values["siren_without_mains"],
        "fm_transmitter": values["radio_without_mains"],
        "community_radio": values["radio_without_mains"],
        "new_site": up,
        "new_technology": up,
        "satellite_kit": values["satellite_kit_ready"],
    }


def _must_fit(found: Sequence[Measure], opened: GapStudy, sites: Any) -> None:
    zones = opened.study.zones
    ids = set() if zones is None else {str(i) for i in zones.ids}
    known = set() if sites is None else {str(i) for i in sites}
    for measure in found:
        if KINDS[measure.kind].acts == DEVICE and measure.zone and measure.zone not in ids:
            msg = f"measure {measure.id} is for the zone {measure.zone!r}, but there is none of this name; give --zones and --zone-id that fit"
            raise OptionError(msg)
        acts = KINDS[measure.kind].acts
        # Its own place or that of its site; without either it would reach nobody and say nothing.
        is_nowhere = not np.isfinite(measure.lon_deg) and acts not in {DEVICE, SWITCH}
        if measure.site not in known and (
            is_nowhere or (measure.kind in NEEDS_SITE and acts != SIGNAL)
        ):
            where = (
                "no list of sites was given (--sites)"
                if sites is None
                else "the list of sites has none of this name"
            )
            msg = f"measure {measure.id} ({measure.kind}) is for the site {measure.site!r}, but {where}"
            raise OptionError(msg)
    if sum(KINDS[m.kind].acts == SWITCH for m in found) > 4:
        msg = "more than 4 ways to introduce cell broadcast were given; each is tried on its own: keep the best few"
        raise OptionError(msg)


def _at_site(measure: Measure, sites: SiteList) -> Measure:
    """Return a measure with the place of its site, where it has none of its own."""
    if not measure.site or np.isfinite(measure.lon_deg) or measure.site not in sites.id:
        return measure
    k = list(sites.id).index(measure.site)
    return replace(measure, lon_deg=float(sites.lon_deg[k]), lat_deg=float(sites.lat_deg[k]))


def _proposal_notes(found: Sequence[Measure], wanted: Sequence[str], *, known_sites: bool) -> list[str]:  # fmt: skip
    counts = {k: sum(m.kind == k for m in found) for k in wanted}
    notes = ["measures were proposed here, at the people left out: " + ", ".join(f"{n} {k}" for k, n in counts.items() if n)]  # fmt: skip
    if not known_sites and any(k in NEEDS_SITE for k in wanted):
        notes.append(
            "without a list of sites (--sites) no measure at a site can be proposed, and the network without mains is not known"
        )
    if not counts.get("cell_broadcast", 1):
        notes.append(
            "the networks are taken to broadcast warnings already; --assume network_broadcasts=0 says that they do not"
        )
    return notes
