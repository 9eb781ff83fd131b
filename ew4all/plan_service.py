"""Sites there are, whom each serves, and how likely each is on the air while the mains are out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.autonomy import PRESETS, Autonomy
from ew4all.coverage.network import SERVERS, Signal
from ew4all.coverage.outages.defaults import resolve as outage_values
from ew4all.grid import Block
from ew4all.plan_candidates import SiteList
from ew4all.planning.rows import Outage
from ew4all.readers.modelled import ModelledLayer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.coverage.network import Network
    from ew4all.gap_intake import GapStudy
    from ew4all.plan_crowd import PlanCells
    from ew4all.units import F64, I32

__all__ = ["SiteService", "service_of_sites"]

_SIDE: Final = 512
_LEAST: Final = 0.01


@dataclass(frozen=True, eq=False)
class SiteService:
    """What sites do.

    Attributes
    ----------
    lift
        Kind of measure to the chance that each site is on air with it when it would not be without, shape (sites,).
    new_site_up
        Probability that a new site is on air while the mains are out.
    """

    sites: SiteList
    outage: Outage | None
    lift: Mapping[str, F64]
    new_site_up: float


def service_of_sites(
    opened: GapStudy, cells: PlanCells, values: Mapping[str, float], notes: list[str]
) -> SiteService | None:
    """Return the service of the sites that were given; None where none were.

    Parameters
    ----------
    values
        Of `ew4all.planning.measure_defaults`.
    notes
        What was decided is added here.
    """
    layer = next(
        (x.reader for x in opened.ground.layers if isinstance(x.reader, ModelledLayer)), None
    )
    if layer is None:
        return None
    network = layer.network
    site, chance = _servers(network, layer, cells)
    up, lift = _up(opened, network, values, notes)
    # The strongest site serves whom the layers say are served; what is computed here says by which.
    scale = np.where(chance[0] > 0.0, cells.signal / np.maximum(chance[0], _LEAST), 0.0)
    chance = np.clip(chance * scale, 0.0, 1.0)
    share = values["outage_share"]
    sites = network.cells.sites
    served = np.bincount(
        np.maximum(site[0], 0), np.where(site[0] >= 0, cells.people * chance[0], 0.0), minlength=len(sites)
    ).astype(np.float64)  # fmt: skip
    newest = np.full(len(sites), -1)
    np.maximum.at(newest, network.cells.site, network.cells.technology.astype(np.int64))
    found = SiteList(tuple(str(i) for i in sites.id), sites.lon_deg, sites.lat_deg, newest, served)
    outage = Outage(share, site, chance, up) if share > 0.0 else None
    new = Autonomy(median_battery_h=values["new_battery_h"])
    hours = values["outage_hours"]
    return SiteService(found, outage, lift, float(new.share_up(hours)) * values["backhaul_up"])


def _up(
    opened: GapStudy, network: Network, values: Mapping[str, float], notes: list[str]
) -> tuple[F64, dict[str, F64]]:
    """Return how likely sites are on air while the mains are out, and what measures change of it."""
    hours, count = values["outage_hours"], len(network.cells.sites)
    usual = PRESETS["default"]
    battery = float(Autonomy(median_battery_h=values["new_battery_h"]).share_up(hours))
    generator = float(Autonomy(generator_share=1.0, median_fuel_h=values["new_fuel_h"]).share_up(hours))  # fmt: skip
    second, backhaul = values["second_backhaul_up"], values["backhaul_up"]
    hit = opened.outage
    if hit is not None:
        on_air = np.zeros((hit.alive.shape[0], count))
        for k, alive in enumerate(hit.alive):
            np.maximum.at(on_air[k], network.cells.site, alive.astype(np.float64))
        causes = outage_values()
        notes.append(
            f"the state without mains is that of --outage: {1.0 - on_air.mean():.0%} of sites are off the air; of those off, power is at "
            f"fault for {causes['cause_power']:.0%} and backhaul for {causes['cause_transport']:.0%} (docs/outages.md), and a measure "
            "helps with its own cause"
        )
        full = np.ones(count)
        lift = {
            "battery": causes["cause_power"] * battery * full,
            "generator": causes["cause_power"] * generator * full,
            "second_backhaul": causes["cause_transport"] * second * full,
        }
        return on_air.mean(axis=0), lift
    power = float(usual.share_up(hours))
    up = np.full(count, power * backhaul)
    notes.append(
        f"{values['outage_share']:.0%} of warnings are taken to come while the mains have been out for {hours:g} h: then a site is on air "
        f"with probability {up.mean() if count else 0.0:.2f} (power {power:.2f}, backhaul {backhaul:.2f}), with a new battery "
        f"{battery * backhaul:.2f}, a generator {generator * backhaul:.2f}, a second backhaul {power * second:.2f}; sites fail "
        "independently. --outage takes a computed outage in the place of this"
    )

    def gained(better: float) -> F64:
        found: F64 = np.clip((better - up) / np.maximum(1.0 - up, 1e-12), 0.0, 1.0)
        return found

    lift = {
        "battery": gained(battery * backhaul),
        "generator": gained(generator * backhaul),
        "second_backhaul": gained(power * second),
    }
    return up, lift


def _servers(network: Network, layer: ModelledLayer, cells: PlanCells) -> tuple[I32, F64]:
    """Return the strongest sites at the middle of each cell, and how likely each serves people there by any technology."""
    factor = layer.factor
    window = _window_of(network, cells, factor)
    width = cells.grid.width
    row = (cells.flat // width - window.row0) * factor + factor // 2
    col = (cells.flat % width - window.col0) * factor + factor // 2
    site = np.full((SERVERS, len(cells)), -1, np.int32)
    chance = np.zeros((SERVERS, len(cells)))
    tile = (row // _SIDE) * (network.grid.width // _SIDE + 1) + col // _SIDE
    order = np.argsort(tile, kind="stable")
    _, first = np.unique(tile[order], return_index=True)
    last = [*first[1:].tolist(), order.size]
    for begin, end in zip(first.tolist(), last, strict=True):
        some = order[begin:end]
        block = Block(int(row[some].min()), int(row[some].max()) + 1, int(col[some].min()), int(col[some].max()) + 1)  # fmt: skip
        if not network.touched(np.arange(len(network.cells)), [block]):
            continue
        at = row[some] - block.row0, col[some] - block.col0
        site[:, some], chance[:, some] = _strongest(network, block, at)
    return site, chance


def _window_of(network: Network, cells: PlanCells, factor: int) -> Block:
    """Return the part of the population grid that the network's grid shows."""
    fine, grid = network.grid, cells.grid
    x, y = fine.xy(np.array([0.5]), np.array([0.5]))
    a, b, c, d, e, f = grid.inverse
    col0, row0 = int(np.floor((a * x + b * y + c)[0])), int(np.floor((d * x + e * y + f)[0]))
    return Block(row0, row0 + fine.height // factor, col0, col0 + fine.width // factor)


def _strongest(
    network: Network, block: Block, at: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> tuple[I32, F64]:
    sites, chances = [], []
    for technology in network.technologies():
        signal = network.signal(block, technology)
        for k in range(signal.cell.shape[0]):
            one = Signal(signal.cell[k : k + 1], signal.level_dbm[k : k + 1])
            share = np.nan_to_num(network.service_of(one, technology))[at]
            cell = signal.cell[k][at]
            sites.append(np.where(cell >= 0, network.cells.site[np.maximum(cell, 0)], -1))
            chances.append(np.where(cell >= 0, share, 0.0))
    site, chance = np.array(sites, np.int32), np.array(chances, np.float64)
    order = np.argsort(-chance, axis=0, kind="stable")
    site, chance = np.take_along_axis(site, order, 0), np.take_along_axis(chance, order, 0)
    # A site counts once, with its best technology.
    for k in range(1, site.shape[0]):
        again = (site[:k] == site[k]).any(axis=0)
        chance[k, again] = 0.0
    site[chance < _LEAST] = -1
    chance[chance < _LEAST] = 0.0
    order = np.argsort(-chance, axis=0, kind="stable")[:SERVERS]
    return np.take_along_axis(site, order, 0), np.take_along_axis(chance, order, 0)
