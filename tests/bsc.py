"""A small BSC that listens on loopback, with a clock that the test moves and faults on demand."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from ew4all.alerts.broadcast_record import Entry, MessageReference, Place, State
from ew4all.alerts.cbs import GsmPage
from ew4all.alerts.wire import cbsp
from ew4all.alerts.wire.bsc import Bsc, OnAir
from ew4all.alerts.wire.cbsp_elements import Cell, CellKind, Recovery

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ew4all.alerts.broadcast_record import BroadcastRecord
    from ew4all.alerts.phone import Display, Phone
    from ew4all.alerts.wire.cbsp_messages import CbspMessage

CELLS = tuple(Cell(CellKind.CGI, "00101", lac, ci) for lac, ci in ((12, 1), (12, 2), (13, 3)))
START = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)


@dataclass
class Faults:
    """What goes wrong with the next messages: how many are lost on the way in, or their answers."""

    lost: int = 0
    unanswered: int = 0
    hang_ups: int = 0
    instead: list[bytes] = field(default_factory=list)


class StandInBsc:
    """Use as ``async with StandInBsc() as bsc:``; `clock` gives its time to a client's record."""

    def __init__(self, cells: Iterable[Cell] = CELLS) -> None:
        self.bsc = Bsc(cells)
        self.now_s = 0.0
        self.faults = Faults()
        self.received: list[CbspMessage] = []
        self.traffic: list[bytes] = []  # of both ends, message by message
        self.on_air: list[OnAir] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self.hang_up()
        await self._server.wait_closed()

    def clock(self) -> datetime:
        return START + timedelta(seconds=self.now_s)

    def wait(self, seconds: float) -> None:
        """Let time pass: what is due goes on air."""
        self.now_s += seconds
        self.on_air.extend(self.bsc.advance(self.now_s))

    def texts(self, cell: Cell, since_s: float = 0.0) -> list[GsmPage]:
        return [
            item.what
            for item in self.on_air
            if item.cell == cell and item.at_s >= since_s and isinstance(item.what, GsmPage)
        ]

    async def restart(self, *cells: Cell, recovery: Recovery = Recovery.DATA_LOST) -> None:
        """Bring cells up again, and tell the centre."""
        for message in self.bsc.restart(cells or self.bsc.cells, recovery):
            await self.say(cbsp.encode(message))

    async def fail(self, *cells: Cell) -> None:
        for message in self.bsc.fail(cells):
            await self.say(cbsp.encode(message))

    async def say(self, octets: bytes) -> None:
        self.traffic.append(octets)
        for writer in self._writers:
            writer.write(octets)
            await writer.drain()

    async def hang_up(self) -> None:
        for writer in list(self._writers):
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def listen(self, phone: Phone, cell: Cell, record: BroadcastRecord, peer: str) -> list[Display]:
        """Let a phone in a cell hear all that went on air there, and write down what it did.

        All pages of a message make it received; whether it is shown is up to the phone.
        """
        shown = []
        place = Place(peer, str(cell))
        for page in self.texts(cell):
            display = phone.receive_page(page, self.clock(), cell=cell.ci)
            if display is None:
                continue
            reference = MessageReference(page.message_identifier, page.serial_number)
            facts = [State.RECEIVED, *([State.SHOWN] if display.shown else [])]
            for fact in facts:
                if record.first(reference, place, fact) is None:
                    record.add(Entry(self.clock(), reference, place, fact, "phone"))
            shown.append(display)
        return shown

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(EOFError, OSError):
            while True:
                header = await reader.readexactly(cbsp.HEADER_OCTETS)
                body = await reader.readexactly(cbsp.body_octets(header))
                self.traffic.append(header + body)
                await self._hear(cbsp.decode(header + body), writer)
        self._writers.discard(writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _hear(self, message: CbspMessage, writer: asyncio.StreamWriter) -> None:
        self.received.append(message)
        faults = self.faults
        if faults.hang_ups:
            faults.hang_ups -= 1
            writer.close()
            return
        if faults.lost:
            faults.lost -= 1
            return
        self.wait(0.0)
        answer = self.bsc.receive(message, self.now_s)
        if faults.unanswered:
            faults.unanswered -= 1
        elif faults.instead:
            writer.write(faults.instead.pop(0))
        elif answer is not None:
            self.traffic.append(cbsp.encode(answer))
            writer.write(self.traffic[-1])
