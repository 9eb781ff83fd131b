"""A cell-broadcast centre's end of CBSP: a TCP connection to one BSC, and what is active there.

It sends what a `Sendable` of the gateway releases, and nothing else that broadcasts. An answer that
does not come is asked for again, a few times; whatever happens is written to a `BroadcastRecord`,
where accepted, scheduled, on air, received and shown stay five different things. When the BSC says
that cells have lost their messages, those still active there are loaded again.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from ew4all.alerts.broadcast_record import BroadcastRecord, MessageReference
from ew4all.alerts.gateway import Sendable
from ew4all.alerts.wire import cbsp
from ew4all.alerts.wire.cbsp_active import (
    Active,
    Answer,
    Asked,
    Broadcast,
    Told,
    answer_to,
    by_kind,
    instead,
)
from ew4all.alerts.wire.cbsp_elements import (
    ALL_CELLS,
    BroadcastType,
    Cell,
    CellCount,
    CellLoad,
    Channel,
)
from ew4all.alerts.wire.cbsp_ledger import Ledger, name_of
from ew4all.alerts.wire.cbsp_link import Link, Patience
from ew4all.alerts.wire.cbsp_messages import (
    CbspMessage,
    ErrorIndication,
    Failure,
    KeepAlive,
    KeepAliveComplete,
    Kill,
    LoadQuery,
    LoadQueryComplete,
    LoadQueryFailure,
    MessageStatusQuery,
    MessageStatusQueryComplete,
    MessageStatusQueryFailure,
    Restart,
)
from ew4all.alerts.wire.cbsp_requests import address, messages_of
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import EW4AllError, MessageError, RefusedError, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["INTERFACE", "CbspClient", "Patience"]

INTERFACE = "cbsp"
"""How an operator's file names this interface."""


def _utc() -> datetime:
    return datetime.now(UTC)


class CbspClient:
    """A connection to one BSC, for use as ``async with CbspClient(host) as client:``.

    Parameters
    ----------
    host, port
        The BSC, which listens (TS 48.049 5.2: port 48049).
    record
        Where everything that is sent, answered and counted is written; a new one by default.
    patience
        Time limits.
    keep_alive_s
        Ask so often whether the BSC is there, 1 to 120 s, and connect anew where it is not. Without
        it a connection that died without a word is noticed when the next message is sent.
    repetition_as_number
        For a BSC that reads the repetition period against the standard, as osmo-bsc 1.9 does.
    clock
        Time of the entries in the record, with a time zone.

    Attributes
    ----------
    record
        The record.
    faults
        What the BSC sent that was not understood or not expected, and reloads that did not work;
        a person should look at them.
    """

    def __init__(
        self,
        host: str,
        port: int = cbsp.PORT,
        *,
        record: BroadcastRecord | None = None,
        patience: Patience | None = None,
        keep_alive_s: int | None = None,
        repetition_as_number: bool = False,
        clock: Callable[[], datetime] = _utc,
    ) -> None:
        self.host = host
        self.port = port
        self.record = BroadcastRecord() if record is None else record
        self.faults: list[str] = []
        self._ledger = Ledger(f"{host}:{port}", self.record, clock)
        self._link = Link(
            host,
            port,
            patience or Patience(),
            self._ledger,
            self._unasked,
            self.faults,
            repetition_as_number=repetition_as_number,
        )
        self._keep_alive_s = keep_alive_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._reloads: set[asyncio.Task[None]] = set()
        # A message that is being stopped or replaced must not be loaded again at the same time.
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Connect.

        Raises
        ------
        TransportError
            The BSC cannot be reached in the time that `Patience` allows.
        """
        await self._link.open()
        if self._keep_alive_s is not None:
            self._tasks.add(asyncio.create_task(self._pulse(self._keep_alive_s)))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect. What is on air stays on air."""
        tasks = self._tasks | self._reloads
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._link.close()

    @property
    def active(self) -> tuple[Active, ...]:
        """Messages that the BSC accepted and that are neither stopped nor over."""
        return self._ledger.active

    async def send(self, sendable: Sendable) -> tuple[Answer, ...]:
        """Send what the gateway releases, one message after the other.

        A write-replace with the identifier, scope and code of an active message is sent as its
        update, and as a new message to cells that do not hold the old one any more. Cells that
        refuse a message are in its answer, not raised.

        Raises
        ------
        RefusedError
            The gateway does not release it, here and now.
        MessageError
            GSM cannot carry it, or cannot name its area as closely as it asks; nothing was sent.
        TransportError
            No answer, or none that can be understood; what was sent may be on air all the same.
        """
        requests = self._release(sendable)
        answers: list[Answer] = []
        try:
            for request in requests:
                _must_be_exact(request)
            for request in requests:
                async with self._turn:
                    answers.extend(await self._carry_out(request, sendable))
        except (MessageError, TransportError) as error:
            Sendable.record(sendable, "failed", str(error))
            raise
        return tuple(answers)

    async def status(
        self, reference: MessageReference, cells: tuple[Cell, ...] = ()
    ) -> tuple[CellCount, ...]:
        """Ask how often a text was broadcast, which is the evidence of scheduled and on air.

        Without `cells`, those where the message is active; all, where none is known.

        Raises
        ------
        TransportError
            No answer.
        """
        counts: list[CellCount] = []
        asked = cells or self._ledger.where(reference) or (ALL_CELLS,)
        for group in by_kind(asked).values():
            query = MessageStatusQuery(
                message_identifier=reference.message_identifier,
                old_serial_number=reference.serial_number,
                cells=group,
            )
            told, _ = await self._link.ask(query)
            if not isinstance(told, MessageStatusQueryComplete | MessageStatusQueryFailure):
                raise self._misunderstood(query, told)
            self._ledger.counted(reference, told.completed, name_of(told))
            counts.extend(told.completed)
        return tuple(counts)

    async def load(self, cells: tuple[Cell, ...] = (ALL_CELLS,)) -> tuple[CellLoad, ...]:
        """Ask how busy the basic channel is.

        Raises
        ------
        TransportError
            No answer.
        """
        query = LoadQuery(cells=cells)
        told, _ = await self._link.ask(query)
        if not isinstance(told, LoadQueryComplete | LoadQueryFailure):
            raise self._misunderstood(query, told)
        return told.loads

    async def keep_alive(self, period_s: int) -> None:
        """Ask whether the BSC is there, and promise to ask again within `period_s`, 1 to 120 s.

        Raises
        ------
        TransportError
            No answer.
        """
        query = KeepAlive(period_s=period_s)
        told, _ = await self._link.ask(query)
        if not isinstance(told, KeepAliveComplete):
            raise self._misunderstood(query, told)

    async def reloaded(self) -> None:
        """Wait until everything that restarts asked for has been loaded again."""
        while self._reloads:
            await asyncio.wait(self._reloads)

    async def _pulse(self, period_s: int) -> None:
        while True:
            await asyncio.sleep(period_s)
            try:
                await self.keep_alive(period_s)
            except TransportError as error:
                self.faults.append(str(error))
                await self._link.renew()

    def _release(self, sendable: Sendable) -> tuple[WriteReplace | Stop, ...]:
        # Of the class, not of the object: what only looks like a Sendable has no say here.
        return Sendable.release(sendable, interface=INTERFACE, host=self.host, port=self.port)

    async def _carry_out(self, request: WriteReplace | Stop, sendable: Sendable) -> list[Answer]:
        reference = MessageReference(request.message_identifier, request.serial_number)
        replaced: tuple[int, ...] = ()
        if isinstance(request, Stop):
            messages = messages_of(request, forms=self._ledger.forms(reference) or None)
            self._ledger.stopping(request)
        else:
            replaced = self._ledger.replaced_by(request)
            messages = messages_of(request, replaced[0] if replaced else None)
        answers = []
        for message in messages:
            answer, source = await self._exchange(message)
            if isinstance(request, Stop):
                self._ledger.stopped(answer, source)
            else:
                self._ledger.written(answer, source, request, sendable)
            _tell(sendable, f"{source} about {reference}", answer)
            for old in (*replaced[1:], None):
                for again in instead(answer, old):
                    second, source = await self._exchange(again)
                    if isinstance(request, WriteReplace):
                        self._ledger.written(second, source, request, sendable)
                    _tell(sendable, f"{source} about {reference}, once more", second)
                    answer = answer.mended_by(second)
            answers.append(answer)
        return answers

    async def _exchange(
        self, message: CbspMessage, *, repeated: bool = False
    ) -> tuple[Answer, str]:
        assert isinstance(message, Asked)
        told, sent = await self._link.ask(message)
        if not isinstance(told, Told):
            raise self._misunderstood(message, told)
        return answer_to(message, told, sent, repeated=repeated), name_of(told)

    def _misunderstood(self, asked: CbspMessage, told: CbspMessage) -> TransportError:
        cause = f": {told.cause.name}" if isinstance(told, ErrorIndication) else ""
        self._ledger.not_understood(asked, f"{name_of(told)}{cause}")
        msg = f"{self._link.peer} answered {name_of(asked)} with {name_of(told)}{cause}"
        return TransportError(msg)

    def _unasked(self, message: Restart | Failure) -> None:
        if isinstance(message, Failure):
            self._ledger.failed(message)
            return
        task = asyncio.create_task(self._load_again(self._ledger.restarted(message)))
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _load_again(self, lost: tuple[tuple[Active, tuple[Broadcast, ...]], ...]) -> None:
        """Load again what cells lost, where the gateway still allows it."""
        for one, messages in lost:
            try:
                released = one.request in self._release(one.sendable)
                why = "the gateway no longer releases this message"
            except RefusedError as error:
                released, why = False, str(error)
            if not released:
                self._ledger.not_loaded_again(one, why)
                self.faults.append(f"{one.reference} is not loaded again: {why}")
                continue
            try:
                async with self._turn:
                    if self._ledger.is_active(one):
                        await self._reload(one, messages)
            except EW4AllError as error:
                self.faults.append(f"{one.reference} is not loaded again: {error}")
                try:
                    Sendable.record(one.sendable, "failed", f"after a restart: {error}")
                except RefusedError as refusal:
                    self.faults.append(f"the audit log does not tell of it: {refusal}")

    async def _reload(self, one: Active, messages: tuple[Broadcast, ...]) -> None:
        for message in messages:
            # A BSC may say that all is lost when only the connection was (osmo-bsc does).
            answer, source = await self._exchange(message, repeated=True)
            self._ledger.loaded_again(answer, source)
            _tell(one.sendable, f"{source} about {one.reference}, after a restart", answer)
        # An area that is named as a whole may hold cells where the message had been stopped.
        again = tuple(cell for message in messages for cell in message.cells)
        for cell in one.stopped:
            if any(whole.covers(cell) for whole in again):
                kill = Kill(
                    message_identifier=one.reference.message_identifier,
                    old_serial_number=one.reference.serial_number,
                    cells=(cell,),
                    channel=Channel.BASIC if one.form is BroadcastType.CBS else None,
                )
                answer, source = await self._exchange(kill)
                self._ledger.stopped(answer, source)
                _tell(one.sendable, f"{source} about {one.reference}, after a restart", answer)


def _must_be_exact(request: WriteReplace | Stop) -> None:
    """Refuse what GSM cannot carry before anything is sent."""
    wider = address(request).wider
    if wider is not None:
        msg = f"{wider}, which is more than the order names; nothing is sent"
        raise MessageError(msg)
    cbsp.encode_all(request)


def _tell(sendable: Sendable, what: str, answer: Answer) -> None:
    """Write an answer to the audit log."""
    refused = ", ".join(f"{item.cell} {item.cause.name}" for item in answer.failures[:5])
    more = f" ({refused}{', ...' if len(answer.failures) > 5 else ''})" if refused else ""
    words = f"{what}: {len(answer.done)} done, {len(answer.failures)} refused{more}"
    Sendable.record(sendable, "answered", words)
