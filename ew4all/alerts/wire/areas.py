"""Networks, tracking areas, cells and base stations as S1AP, NGAP and SBc-AP write them.

Clauses 9.2.1.37 and 9.2.1.38 of TS 36.413, 9.3.1.6 to 9.3.1.9 and 9.3.3.11 of TS 38.413, 4.4.5 of
TS 29.168.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ew4all.alerts.wire.answers import BaseStation, Cell, CellReport, TrackingArea
from ew4all.alerts.wire.frame import record
from ew4all.alerts.wire.per_kinds import (
    Bits,
    BitsBetween,
    Choice,
    Field,
    Kind,
    Octets,
    Record,
    Refused,
    Whole,
)
from ew4all.alerts.wire.plmn import plmn_from_octets, plmn_octets
from ew4all.errors import DecodeError, MessageError

if TYPE_CHECKING:
    from ew4all.alerts.wire.per import Reader, Writer

__all__ = [
    "ENB",
    "LATER",
    "LTE_CELL",
    "LTE_TRACKING_AREA",
    "NG_BASE_STATION",
    "NR_CELL",
    "NR_TRACKING_AREA",
    "CellKind",
    "EmergencyAreaKind",
    "ReportKind",
    "TrackingAreaKind",
]

LATER = Field("later", Refused("an alternative of a later version of the standard"))
"""The last alternative of every choice in NGAP."""


@dataclass(frozen=True)
class _Plmn:
    def write(self, to: Writer, value: str) -> None:
        Octets(3, 3).write(to, plmn_octets(value))

    def read(self, source: Reader) -> str:
        octets = Octets(3, 3).read(source)
        try:
            return plmn_from_octets(octets)
        except DecodeError as error:
            raise source.fault(str(error)) from error


@dataclass(frozen=True)
class TrackingAreaKind:
    """A tracking area identity: the network, and a code of two or three octets."""

    octets: int
    extensible: bool = True

    @cached_property
    def _parts(self) -> Record:
        code = Field("tac", Octets(self.octets, self.octets))
        return record(Field("plmn", _Plmn()), code, extensible=self.extensible)

    def write(self, to: Writer, value: TrackingArea) -> None:
        """Append a tracking area."""
        if value.tac >= 1 << 8 * self.octets:
            network = "LTE" if self.octets == 2 else "5G"
            msg = f"tracking area code {value.tac} has more than the {8 * self.octets} bits of {network}"
            raise MessageError(msg)
        code = value.tac.to_bytes(self.octets, "big")
        self._parts.write(to, {"plmn": value.plmn, "tac": code})

    def read(self, source: Reader) -> TrackingArea:
        """Read a tracking area."""
        parts = self._parts.read(source)
        return TrackingArea(parts["plmn"], int.from_bytes(parts["tac"], "big"))


@dataclass(frozen=True)
class CellKind:
    """A global cell identity: the network, and 28 bits in LTE or 36 in 5G."""

    bits: int

    @cached_property
    def _parts(self) -> Record:
        return record(Field("plmn", _Plmn()), Field("cell", Bits(self.bits)))

    def write(self, to: Writer, value: Cell) -> None:
        """Append a cell."""
        if value.identity >= 1 << self.bits:
            network = "LTE" if self.bits == 28 else "5G"
            msg = f"cell identity {value.identity} has more than the {self.bits} bits of {network}"
            raise MessageError(msg)
        self._parts.write(to, {"plmn": value.plmn, "cell": value.identity})

    def read(self, source: Reader) -> Cell:
        """Read a cell."""
        parts = self._parts.read(source)
        return Cell(parts["plmn"], parts["cell"], nr=self.bits == 36)


@dataclass(frozen=True)
class EmergencyAreaKind:
    """An emergency area identity of three octets, as a number."""

    def write(self, to: Writer, value: int) -> None:
        """Append an emergency area."""
        Octets(3, 3).write(to, value.to_bytes(3, "big"))

    def read(self, source: Reader) -> int:
        """Read an emergency area."""
        return int.from_bytes(Octets(3, 3).read(source), "big")


@dataclass(frozen=True)
class ReportKind:
    """A cell where a message is on air, or was stopped after a number of broadcasts."""

    cell: CellKind
    stopped: bool

    @cached_property
    def _parts(self) -> Record:
        counted = (Field("broadcasts", Whole(0, 65_535)),) if self.stopped else ()
        return record(Field("cell", self.cell), *counted)

    def write(self, to: Writer, value: CellReport) -> None:
        """Append a report."""
        parts: dict[str, Any] = {"cell": value.cell}
        if self.stopped and value.broadcasts is None:
            msg = (
                f"cell {value.cell.identity} was stopped, but its number of broadcasts is not told"
            )
            raise MessageError(msg)
        if self.stopped:
            parts["broadcasts"] = value.broadcasts
        self._parts.write(to, parts)

    def read(self, source: Reader) -> CellReport:
        """Read a report."""
        parts = self._parts.read(source)
        return CellReport(parts["cell"], parts.get("broadcasts"))


@dataclass(frozen=True)
class _Station:
    """A global identity: the network, and a number whose size tells the sort of base station."""

    identity: Choice
    sizes: tuple[tuple[str, int], ...] = ()
    """Bits of each alternative; without any, the size is written (5G)."""

    @cached_property
    def _parts(self) -> Record:
        return record(Field("plmn", _Plmn()), Field("identity", self.identity))

    def write(self, to: Writer, value: BaseStation) -> None:
        """Append a base station."""
        names = [name for name, bits in self.sizes if bits == value.bits]
        if self.sizes and not names:
            sizes = ", ".join(str(bits) for _, bits in self.sizes)
            msg = f"a base station of LTE has an identity of {sizes} bits, not of {value.bits}"
            raise MessageError(msg)
        number: Any = value.identity if names else (value.identity, value.bits)
        identity = (names[0] if names else "gnb", number)
        self._parts.write(to, {"plmn": value.plmn, "identity": identity})

    def read(self, source: Reader) -> BaseStation:
        """Read a base station."""
        parts = self._parts.read(source)
        name, number = parts["identity"]
        if self.sizes:
            return BaseStation(parts["plmn"], number, dict(self.sizes)[name])
        return BaseStation(parts["plmn"], number[0], number[1], nr=True)


@dataclass(frozen=True)
class _NgStation:
    """A base station on 5G's core network: one of 5G, or one of LTE."""

    gnb: _Station
    enb: _Station

    @cached_property
    def _sorts(self) -> Choice:
        other = Field("n3iwf", Refused("a gateway of other radio networks is no base station"))
        return Choice((Field("gnb", self.gnb), Field("enb", self.enb), other, LATER))

    def write(self, to: Writer, value: BaseStation) -> None:
        """Append a base station."""
        self._sorts.write(to, ("gnb" if value.nr else "enb", value))

    def read(self, source: Reader) -> BaseStation:
        """Read a base station."""
        station: BaseStation = self._sorts.read(source)[1]
        return station


LTE_TRACKING_AREA = TrackingAreaKind(2)
NR_TRACKING_AREA = TrackingAreaKind(3)
LTE_CELL = CellKind(28)
NR_CELL = CellKind(36)

_MACRO, _SHORT, _LONG = (
    Field("macro", Bits(20)),
    Field("short", Bits(18)),
    Field("long", Bits(21)),
)
ENB: Kind = _Station(
    Choice((_MACRO, Field("home", Bits(28))), extensible=True, additions=(_SHORT, _LONG)),
    (("macro", 20), ("home", 28), ("short", 18), ("long", 21)),
)
NG_BASE_STATION: Kind = _NgStation(
    _Station(Choice((Field("gnb", BitsBetween(22, 32)), LATER))),
    _Station(Choice((_MACRO, _SHORT, _LONG, LATER)), (("macro", 20), ("short", 18), ("long", 21))),
)
