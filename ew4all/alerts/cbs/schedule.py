"""How often and how long a message is broadcast, and what each interface can say of it.

Ranges: TS 48.049 (CBSP), TS 25.419 (SABP), TS 29.168 (SBc-AP), TS 36.413 (S1AP), TS 38.413 (NGAP).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from ew4all.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = [
    "GSM_UNIT_S",
    "LIMITS",
    "MAX_BROADCASTS",
    "Interface",
    "Limits",
    "broadcasts",
    "last_broadcast_s",
    "repetition_units",
]

GSM_UNIT_S = 8 * 51 * (120 / 26) / 1000
"""One page on the basic broadcast channel of GSM: 8 multiframes of 51 frames, 1.8831 s."""

MAX_BROADCASTS = 65_535
"""Largest number of broadcasts; 0 means until the message is stopped."""


class Interface(StrEnum):
    """An interface on which a message goes to a network."""

    CBSP = "cbsp"
    SABP = "sabp"
    SBCAP = "sbcap"
    S1AP = "s1ap"
    NGAP = "ngap"


@dataclass(frozen=True)
class Limits:
    """What an interface can carry.

    `unit_s` is the unit of the repetition period in seconds; the period goes from `min_period` to
    `max_period` units, an extended field included. `contents_octets` is the room for CB data.
    """

    unit_s: float
    min_period: int
    max_period: int
    contents_octets: int
    source: str


LIMITS: Mapping[Interface, Limits] = MappingProxyType(
    {
        Interface.CBSP: Limits(
            GSM_UNIT_S, 1, 4095, 15 * 82, "12 bits (tshark, osmo-cbc, V); 15 pages of 82 octets"
        ),
        Interface.SABP: Limits(
            1.0, 1, 4096, 1246, "range V, unit U; room 9968 bits (3GPP ASN.1, V)"
        ),
        Interface.SBCAP: Limits(
            1.0, 0, 131_071, 9600, "4096 and, beyond 4095, the extended field (ASN.1, V)"
        ),
        Interface.S1AP: Limits(
            1.0, 0, 131_071, 9600, "4095 and, beyond it, the extended field (ASN.1, V)"
        ),
        Interface.NGAP: Limits(1.0, 0, 131_071, 9600, "one field (ASN.1, V)"),
    }
)


def repetition_units(interface: Interface, period_s: float, pages: int = 1) -> int:
    """Return a repetition period in the units of an interface, rounded **up**.

    In GSM a message cannot come again before its own pages are through, one a unit.

    Raises
    ------
    MessageError
        The period is not positive, or longer than the interface can say.
    """
    limits = LIMITS[interface]
    if not 0.0 < period_s < math.inf:
        msg = f"a repetition period of {period_s} s is not possible"
        raise MessageError(msg)
    # A hair less than a whole unit more, so that 10 * 1.883 s counts as ten units.
    units = max(math.ceil(period_s / limits.unit_s - 1e-9), limits.min_period, 1)
    if interface is Interface.CBSP:
        units = max(units, pages)
    if units > limits.max_period:
        most = limits.max_period * limits.unit_s
        msg = (
            f"a repetition period of {period_s} s is beyond what {interface} can say: {most:.0f} s"
        )
        raise MessageError(msg)
    return units


def broadcasts(period_s: float, effective: datetime, expires: datetime) -> int:
    """Return how often a message is broadcast in the life of its alert: at least once.

    The first at `effective`, the last not before `expires`: ``ceil(life / period) + 1``. The
    standards have no rule; this one never ends early, and never gives 0, which would mean for ever.

    Parameters
    ----------
    period_s
        Repetition period in seconds.
    effective, expires
        Beginning and end of the broadcast, with time zones. If the present is later than the
        alert's `effective`, give the present.

    Raises
    ------
    MessageError
        The end is not after the beginning, a time has no zone, the period is not positive, or the
        number is beyond 65535.
    """
    for name, time in (("effective", effective), ("expires", expires)):
        if time.utcoffset() is None:
            msg = f"{name} {time} has no time zone"
            raise MessageError(msg)
    life_s = (expires - effective).total_seconds()
    if life_s <= 0.0:
        msg = (
            f"the alert expires at {expires}, which is not after {effective}: nothing to broadcast"
        )
        raise MessageError(msg)
    if not 0.0 < period_s < math.inf:
        msg = f"a repetition period of {period_s} s is not possible"
        raise MessageError(msg)
    number = math.ceil(life_s / period_s) + 1
    if number > MAX_BROADCASTS:
        least = math.ceil(life_s / (MAX_BROADCASTS - 1))
        msg = (
            f"{number} broadcasts are needed until {expires}, and {MAX_BROADCASTS} can be asked "
            f"for; use a repetition period of {least} s or more"
        )
        raise MessageError(msg)
    return number


def last_broadcast_s(period_s: float, number: int) -> float:
    """Return when the last broadcast begins, in seconds after the first; infinite for number 0."""
    return math.inf if number == 0 else (number - 1) * period_s
