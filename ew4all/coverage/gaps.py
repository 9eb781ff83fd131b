"""Who is left out at a place: by no signal, by the phone or its network, by every channel; as shares of the people there.

Within a cell of people nothing says who has what. What they share is kept: without a signal of one's own network or
without a phone neither cell broadcast nor a message nor an app arrives, so that these three are taken as independent
of each other only among people who have both. All other channels are independent given the place.

A layer is given as the share of a cell that it covers, an array, or as 0 or 1 where a place lies wholly outside or
inside a polygon. The union of layers is the larger share, as for `ew4all.reach`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np

from ew4all.coverage.queries import ANY
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = [
    "CELL_BROADCAST", "DATA", "PHONE", "PLACE", "Channel", "Column", "Places", "Rates", "Signal", "columns_of",
]  # fmt: skip

CELL_BROADCAST: Final = "cell_broadcast"

PLACE: Final = "place"
"""A channel that reaches whoever is in its layer and has a receiver: radio, television, sirens, wardens, satellites."""

PHONE: Final = "phone"
"""A channel that needs a phone with a signal: SMS."""

DATA: Final = "data"
"""A channel that needs a phone with a signal newer than 2G: apps."""

Share: TypeAlias = "NDArray[np.float64] | float"

Column: TypeAlias = tuple[str, str]
"""``("covered", technology)``, ``("channel", name)``, ``("channels", "none")`` and ``("channels", "one")``."""

_TINY: Final = 1e-300


class Signal(NamedTuple):
    """A layer of mobile signal: its technology (or ``any``) and operator, None where that makes no difference."""

    technology: str
    operator: str | None = None


@dataclass(frozen=True)
class Channel:
    """A channel beside cell broadcast.

    Attributes
    ----------
    needs
        `PLACE`, `PHONE` or `DATA`.
    share
        Of the people in its layer (or of those with a phone and the signal it needs), those whom it can reach, 0..1.
    layer
        Position among the layers of channels; None for `PHONE` and `DATA`.
    """

    name: str
    needs: str
    share: float
    layer: int | None = None


@dataclass(frozen=True)
class Rates:
    """Shares of people, 0..1: with a phone; and by technology, of these, served by a network that broadcasts and with a
    phone that can show it. ``any`` is for people whose technology is not known.
    """  # noqa: D205

    has_phone: float
    broadcast: Mapping[str, float]


@dataclass(frozen=True)
class Places:
    """What is computed at each place.

    Attributes
    ----------
    signals
        Layers of mobile signal.
    operator_share
        Operator to its share of the subscribers; subscribers of no named operator use whichever network there is.
    """

    signals: tuple[Signal, ...]
    channels: tuple[Channel, ...]
    rates: Rates
    operator_share: Mapping[str, float] = field(default_factory=dict)

    @property
    def technologies(self) -> tuple[str, ...]:
        """Technologies with a layer, and ``any`` where there is one at all."""
        held = {layer.technology for layer in self.signals}
        return tuple(t for t in (*TECHNOLOGIES, ANY) if t in held or (held and t == ANY))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all channels, cell broadcast first where there is a signal layer."""
        own = (CELL_BROADCAST,) if self.signals else ()
        return (*own, *(channel.name for channel in self.channels))

    @property
    def columns(self) -> tuple[Column, ...]:
        """What `columns_of` returns, in its order."""
        ways = ("none", "one") if self.names else ()
        return (
            *(("covered", t) for t in self.technologies),
            *(("channel", name) for name in self.names),
            *(("channels", way) for way in ways),
        )


def columns_of(places: Places, signals: Sequence[Share], layers: Sequence[Share]) -> list[Share]:
    """Return the share of people at each place, 0..1, for each of `Places.columns`.

    Parameters
    ----------
    signals
        Share covered by each layer of mobile signal, arrays of one shape or numbers.
    layers
        The same for the layers of channels.
    """
    unions = {t: _union(_of(places, signals, t)) for t in places.technologies}
    own, broadcast, data = _phone(places, signals)
    with_phone = _times(own, places.rates.has_phone)
    # Chances among those who have a phone with a signal, and among everybody.
    by_phone: list[Share] = []
    by_place: list[Share] = []
    reached: list[Share] = []
    if places.signals:
        reached.append(broadcast)
        by_phone.append(_among(broadcast, with_phone))
    for channel in places.channels:
        if channel.needs == PLACE:
            assert channel.layer is not None
            here = _times(layers[channel.layer], channel.share)
            by_place.append(here)
        else:
            held = own if channel.needs == PHONE else data
            here = _times(held, places.rates.has_phone * channel.share)
            by_phone.append(_among(here, with_phone))
        reached.append(here)
    found: list[Share] = [*unions.values(), *reached]
    if places.names:
        none, one = _exactly(by_place)
        no_phone, one_phone = _exactly(by_phone)
        without = _less(with_phone)
        found.append(none * (without + with_phone * no_phone))
        found.append(one * without + with_phone * (one * no_phone + none * one_phone))
    return found


def _of(
    places: Places, signals: Sequence[Share], oldest: str, operator: str | None = None,
    *, only: bool = True,
) -> list[Share]:  # fmt: skip
    """Return the layers of a technology (``any``: of all), or of it and newer ones, of one operator or of all."""
    first = 0 if oldest == ANY else TECHNOLOGIES.index(oldest)
    wanted = {oldest} if only else set(TECHNOLOGIES[first:])
    if oldest == ANY:
        wanted = {*TECHNOLOGIES, ANY}
    return [
        share
        for layer, share in zip(places.signals, signals, strict=True)
        if layer.technology in wanted and (operator is None or layer.operator == operator)
    ]


def _phone(places: Places, signals: Sequence[Share]) -> tuple[Share, Share, Share]:
    """Return who has a signal of the own network, whom cell broadcast reaches, and who has data, of all people."""
    rest = max(0.0, 1.0 - sum(places.operator_share.values()))
    parts = [(share, name) for name, share in places.operator_share.items()]
    own: Share = 0.0
    broadcast: Share = 0.0
    data: Share = 0.0
    for share, operator in [*parts, (rest, None)]:
        if share <= 0.0:
            continue
        newer: Share = 0.0
        reached: Share = 0.0
        for t in reversed(TECHNOLOGIES):
            # A phone is on the newest technology that it has there.
            here = _union([newer, *_of(places, signals, t, operator, only=True)])
            reached = reached + (here - newer) * places.rates.broadcast[t]
            newer = here
            if t == TECHNOLOGIES[1]:
                data = data + share * here
        everything = _union([newer, *_of(places, signals, ANY, operator)])
        reached = reached + (everything - newer) * places.rates.broadcast[ANY]
        own = own + share * everything
        # What technology a layer of no stated one is remains open: it counts as data too.
        data = data + share * (everything - newer)
        broadcast = broadcast + share * reached
    return own, _times(broadcast, places.rates.has_phone), data


def _union(shares: Sequence[Share]) -> Share:
    found: Share = 0.0
    for share in shares:
        found = np.maximum(found, share)
    return found


def _times(share: Share, factor: float) -> Share:
    return share * factor


def _less(share: Share) -> Share:
    return 1.0 - share


def _among(part: Share, whole: Share) -> Share:
    """Return a part as a share of the whole, 0 where that is nobody; no more than 1 by rounding."""
    return np.minimum(1.0, part / np.maximum(whole, _TINY))


def _exactly(chances: Sequence[Share]) -> tuple[Share, Share]:
    """Return the probabilities that none and that just one of independent events happens."""
    none: Share = 1.0
    one: Share = 0.0
    for chance in chances:
        one = one * (1.0 - chance) + none * chance
        none = none * (1.0 - chance)
    return none, one
