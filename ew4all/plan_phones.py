"""Phones of a plan, by technology: who has one that shows a warning, and who is on a network that broadcasts.

A phone is on the newest technology that it has at a place, as in `ew4all.coverage.gaps`. Where technologies differ, people of
a cell are divided by the one that they are on: a new phone helps nobody whose network does not broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.gaps import CELL_BROADCAST, DATA, PHONE
from ew4all.coverage.queries import ANY
from ew4all.planning.measures import DEVICE, KINDS, KIT, SIGNAL
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.coverage.gaps import Column, Places
    from ew4all.planning.measures import Effect, Measure
    from ew4all.planning.rows import Crowd
    from ew4all.units import F64

__all__ = [
    "NEW", "PhoneUse", "able_with", "alike", "heard", "introduced", "is_introduced", "lacking", "mixed", "others_of", "own_signal", "phone_use",
]  # fmt: skip

NEW: Final = "4g"
"""Technology of new sites, unless a list of measures says otherwise, and of whoever has no signal yet."""

_DEVICE: Final = "device_capable"
_NETWORK: Final = "network_broadcasts"
_TINY: Final = 1e-12


@dataclass(frozen=True, eq=False)
class PhoneUse:
    """Means over the people of each cell who have a signal, 0..1; arrays of shape (cells,).

    Attributes
    ----------
    capable
        Of phones, those that can show a warning.
    network
        Of people, those on a network that broadcasts.
    both
        Of people, those on a network that broadcasts, with a phone, if they have one, that can show it.
    """

    capable: F64
    network: F64
    both: F64


def _rates(values: Mapping[str, float], technology: str) -> tuple[float, float]:
    tail = "" if technology == ANY else f"_{technology}"
    return values[f"{_DEVICE}{tail}"], values[f"{_NETWORK}{tail}"]


def mixed(values: Mapping[str, float], places: Places, shares: Mapping[Column, F64]) -> PhoneUse:
    """Return the use of phones in cells.

    Parameters
    ----------
    values
        Assumptions of `ew4all.gap_assumptions`.
    shares
        Shares of the people of cells with each signal, see `ew4all.gap_cells.GapCells`.
    """
    covered = shares["covered", ANY]
    # Newest first; people on layers of no stated technology are whoever is left.
    layers = [*(t for t in reversed(TECHNOLOGIES) if t in places.technologies), ANY]
    sums = np.zeros((3, covered.size))
    newer = np.zeros(covered.size)
    for technology in layers:
        here = np.maximum(newer, shares["covered", technology])
        capable, network = _rates(values, technology)
        sums += (here - newer) * np.array([[capable], [network], [capable * network]])
        newer = here
    capable, network = _rates(values, NEW)
    there = newer > _TINY
    mean = np.where(there, sums / np.maximum(newer, _TINY), np.array([[capable], [network], [capable * network]]))  # fmt: skip
    return PhoneUse(*np.clip(mean, 0.0, 1.0))


def own_signal(places: Places, shares: Mapping[Column, F64], use: PhoneUse) -> F64:
    """Return the share of the people of each cell with a signal of their own network: any, where no market shares are given."""
    covered = shares["covered", ANY]
    if not places.operator_share:
        return covered
    # Whoever a channel on phones reaches has one; of such people it reaches a known share.
    phone = places.rates.has_phone
    sms = next((c for c in places.channels if c.needs == PHONE and c.share > 0.0), None)
    reached = shares["channel", CELL_BROADCAST if sms is None else sms.name]
    known = phone * (use.both if sms is None else np.full(covered.size, sms.share))
    found: F64 = np.where(known > _TINY, reached / np.maximum(known, _TINY), covered)
    return np.clip(found, 0.0, covered)


def alike(values: Mapping[str, float], cells: int) -> PhoneUse | None:
    """Return the use of phones where all technologies are alike, without memory for each cell; None where they differ."""
    rates = {_rates(values, technology) for technology in (*TECHNOLOGIES, ANY)}
    if len(rates) > 1:
        return None
    ((capable, network),) = rates
    return PhoneUse(*(np.broadcast_to(v, cells) for v in (capable, network, capable * network)))


def others_of(places: Places) -> float:
    """Return the chance that no channel on phones but cell broadcast reaches somebody with a phone and a signal."""
    missed = 1.0
    for channel in places.channels:
        if channel.needs in {PHONE, DATA}:
            missed *= 1.0 - channel.share
    return missed


def phone_use(phone: float, use: PhoneUse, others: float) -> tuple[F64, F64]:
    """Return, of those with a signal whom no phone reaches, who lack one that can, and whom of these such a phone would reach.

    Parameters
    ----------
    phone
        Share of people with a phone.
    others
        See `others_of`.
    """
    device = (1.0 - phone) + phone * (1.0 - use.capable) * others
    silent = phone * np.maximum(use.capable - use.both, 0.0) * others
    # Of those who lack one, people whose network broadcasts.
    served = (1.0 - phone) * use.network + phone * np.maximum(use.network - use.both, 0.0) * others
    network = served / np.maximum(device, _TINY)
    return device / np.maximum(device + silent, _TINY), 1.0 - (1.0 - np.minimum(network, 1.0)) * others  # fmt: skip


def lacking(phone: float, use: PhoneUse, signal: F64, values: Mapping[str, float]) -> F64:
    """Return the share of the people of each cell who have no phone that can show a warning."""
    new, _ = _rates(values, NEW)
    found: F64 = 1.0 - phone * (signal * use.capable + (1.0 - signal) * new)
    return found


def introduced(values: Mapping[str, float], share: float) -> dict[str, float]:
    """Return the assumptions of networks once cell broadcast is introduced in all of them: what is more already stays."""
    names = (_NETWORK, *(f"{_NETWORK}_{t}" for t in TECHNOLOGIES))
    return {name: max(values[name], share) for name in names}


def is_introduced(values: Mapping[str, float], places: Places, share: float) -> bool:
    """Whether all networks that there are broadcast as well as that."""
    return all(_rates(values, layer.technology)[1] >= share for layer in places.signals)


def able_with(values: Mapping[str, float], places: Places) -> dict[str, float]:
    """Return, by technology, the share of all people whom a signal of it would let a channel on phones reach."""
    phone, others = places.rates.has_phone, others_of(places)
    rates = {t: _rates(values, t) for t in TECHNOLOGIES}
    return {t: phone * (1.0 - (1.0 - c * n) * others) for t, (c, n) in rates.items()}


def heard(
    measures: Sequence[Measure], effects: Sequence[Effect], crowd: Crowd, values: Mapping[str, float], places: Places
) -> list[Effect]:  # fmt: skip
    """Return effects as far as networks broadcast: it is another matter once cell broadcast is introduced.

    A signal of a technology reaches a part of those whom the technology that reaches most would reach; a new phone reaches
    whoever is on a network that broadcasts.

    Parameters
    ----------
    effects
        As if all networks did.
    crowd
        People of the cells.
    """
    able = able_with(values, places)
    most = max(able.values())
    found = []
    for measure, effect in zip(measures, effects, strict=True):
        acts = KINDS[measure.kind].acts
        share: F64 | float = 1.0
        if acts in {SIGNAL, KIT} and most > _TINY:
            share = able[str((measure.options or {}).get("technology", NEW))] / most
        elif acts == DEVICE:
            share = crowd.with_phone[effect.cell]
        is_all = isinstance(share, float) and share >= 1.0 - _TINY
        found.append(effect if is_all else replace(effect, chance=(effect.chance * share).astype(np.float32)))  # fmt: skip
    return found
