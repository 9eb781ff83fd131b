"""One TCP connection to a BSC, kept up: questions get their answers, and time limits.

`cbsp_client` decides what is asked; what comes without a question is handed to it.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ew4all.alerts.wire import cbsp
from ew4all.alerts.wire.cbsp_elements import Cause, ElementError, MessageType
from ew4all.alerts.wire.cbsp_ledger import name_of
from ew4all.alerts.wire.cbsp_messages import (
    CbspMessage,
    ErrorIndication,
    Failure,
    Kill,
    MessageStatusQuery,
    Restart,
)
from ew4all.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ew4all.alerts.wire.cbsp_ledger import Ledger

__all__ = ["Link", "Patience"]


@dataclass(frozen=True)
class Patience:
    """How long the client waits, and how often it asks.

    Parameters
    ----------
    answer_s
        For an answer, or for the connection, before the message is sent again.
    attempts
        How often a message is sent before the client gives up.
    reconnect_s
        Between two attempts to connect.
    """

    answer_s: float = 10.0
    attempts: int = 3
    reconnect_s: float = 1.0


class Link:
    """A connection that is made again whenever it ends, until it is closed.

    Parameters
    ----------
    host, port
        The BSC, which listens.
    patience
        Time limits.
    ledger
        Where it is written what went out and what was not answered.
    unasked
        Takes each RESTART and FAILURE.
    faults
        Grows by whatever was not understood or not expected.
    repetition_as_number
        How the repetition period is written, see `cbsp.encode`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        patience: Patience,
        ledger: Ledger,
        unasked: Callable[[Restart | Failure], None],
        faults: list[str],
        *,
        repetition_as_number: bool,
    ) -> None:
        self.peer = f"{host}:{port}"
        self._host = host
        self._port = port
        self._patience = patience
        self._ledger = ledger
        self._unasked = unasked
        self._faults = faults
        self._as_number = repetition_as_number
        self._up = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: tuple[CbspMessage, asyncio.Future[CbspMessage]] | None = None
        self._connection: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect.

        Raises
        ------
        TransportError
            The BSC cannot be reached in the time of all attempts.
        """
        self._connection = asyncio.create_task(self._stay_connected())
        wait_s = self._patience.answer_s * self._patience.attempts
        try:
            async with asyncio.timeout(wait_s):
                await self._up.wait()
        except TimeoutError:
            await self.close()
            msg = (
                f"no BSC answers at {self.peer} within {wait_s:g} s; check the address and that it "
                f"listens for CBSP"
            )
            raise TransportError(msg) from None

    async def close(self) -> None:
        """Disconnect, for good."""
        if self._connection is not None:
            self._connection.cancel()
            await asyncio.gather(self._connection, return_exceptions=True)
        await self._hang_up()

    async def renew(self) -> None:
        """End the connection, which is then made again."""
        await self._hang_up()

    async def ask(self, asked: CbspMessage) -> tuple[CbspMessage, int]:
        """Send a message until its answer comes; return the answer, and how often was sent.

        One question at a time. An ERROR INDICATION is an answer too.

        Raises
        ------
        TransportError
            No answer in all attempts. The message may have arrived all the same.
        """
        sent = 0
        async with self._one_at_a_time:
            for _ in range(self._patience.attempts):
                before = sent
                try:
                    async with asyncio.timeout(self._patience.answer_s):
                        await self._up.wait()
                        loop = asyncio.get_running_loop()
                        answer: asyncio.Future[CbspMessage] = loop.create_future()
                        self._waiting = asked, answer
                        self._ledger.sent(asked)
                        sent += 1
                        await self._write(asked)
                        return await answer, sent
                except OSError as error:  # TimeoutError is one
                    if sent > before:
                        cut = not isinstance(error, TimeoutError)
                        limit = f"no answer within {self._patience.answer_s:g} s"
                        self._ledger.unanswered(asked, "the connection ended" if cut else limit)
                finally:
                    self._waiting = None
        how = (
            f"sent {'once' if sent == 1 else f'{sent} times'} and not answered, each time within "
            f"{self._patience.answer_s:g} s; it may have arrived, so ask for its status or stop it"
        )
        msg = f"{name_of(asked)} to {self.peer}: {how if sent else 'there is no connection'}"
        raise TransportError(msg)

    async def _write(self, message: CbspMessage) -> None:
        if self._writer is None:
            raise ConnectionResetError
        self._writer.write(cbsp.encode(message, repetition_as_number=self._as_number))
        await self._writer.drain()

    async def _stay_connected(self) -> None:
        while True:
            with contextlib.suppress(OSError, EOFError):
                reader, self._writer = await asyncio.open_connection(self._host, self._port)
                self._up.set()
                await self._listen(reader)
            await self._hang_up()
            await asyncio.sleep(self._patience.reconnect_s)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Read messages until the connection ends, or nobody can tell where the next begins."""
        while True:
            header = await reader.readexactly(cbsp.HEADER_OCTETS)
            try:
                rest = cbsp.body_octets(header)
            except ElementError as error:
                await self._complain(f"the connection is given up: {error}", error.cause)
                return
            body = await reader.readexactly(rest)
            try:
                message = cbsp.decode(header + body)
            except ElementError as error:
                await self._complain(str(error), error.cause)
            else:
                await self._take(message)

    async def _take(self, message: CbspMessage) -> None:
        waiting = self._waiting
        if isinstance(message, Restart | Failure):
            self._unasked(message)
        elif waiting and not waiting[1].done() and _answers(waiting[0], message):
            waiting[1].set_result(message)
        elif message.TYPE in _FROM_CENTRES:
            fault = f"a BSC does not send {name_of(message)}"
            await self._complain(fault, Cause.UNRECOGNISED_MESSAGE)
        else:
            cause = f" ({message.cause.name})" if isinstance(message, ErrorIndication) else ""
            self._faults.append(f"{name_of(message)} without a question{cause}")

    async def _complain(self, fault: str, cause: Cause) -> None:
        self._faults.append(fault)
        with contextlib.suppress(OSError):
            await self._write(ErrorIndication(cause=cause))

    async def _hang_up(self) -> None:
        self._up.clear()
        writer, self._writer = self._writer, None
        if self._waiting is not None and not self._waiting[1].done():
            self._waiting[1].set_exception(ConnectionResetError())
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


_FROM_CENTRES = {
    MessageType.WRITE_REPLACE,
    MessageType.KILL,
    MessageType.LOAD_QUERY,
    MessageType.MESSAGE_STATUS_QUERY,
    MessageType.RESET,
    MessageType.KEEP_ALIVE,
}


def _answers(asked: CbspMessage, told: CbspMessage) -> bool:
    """Whether a message answers another: its complete or failure form, about the same message."""
    if not isinstance(told, ErrorIndication) and told.TYPE - asked.TYPE not in (1, 2):
        return False
    for name in ("message_identifier", "new_serial_number"):
        theirs = getattr(told, name, None)
        if theirs is not None and theirs != getattr(asked, name, None):
            return False
    if isinstance(asked, Kill | MessageStatusQuery):
        return getattr(told, "old_serial_number", None) in (None, asked.old_serial_number)
    return True
