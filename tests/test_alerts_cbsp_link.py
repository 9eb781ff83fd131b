"""A client of CBSP without answers, without a connection, or with octets that are no message."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from bsc import CELLS, StandInBsc
from cbsp_scene import EXERCISE, REFERENCE, SERIAL, scene, text
from made_gateway import made_operator

from ew4all.alerts.broadcast_record import Event, State
from ew4all.alerts.wire.cbsp_client import CbspClient, Patience
from ew4all.alerts.wire.cbsp_elements import Cause
from ew4all.alerts.wire.cbsp_messages import (
    ErrorIndication,
)
from ew4all.alerts.wire.request import Stop
from ew4all.errors import TransportError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("fault", ["lost", "unanswered"])
def test_a_message_without_an_answer_is_sent_again(tmp_path: Path, fault: str) -> None:
    """Lost on the way, or its answer was: the second time the BSC may say that it has it already."""

    async def run() -> None:
        async with scene(tmp_path, Patience(0.5, 3, 0.01)) as at:
            setattr(at.bsc.faults, fault, 1)
            (answer,) = await at.send(text())
            assert answer.attempts == 2
            assert answer.complete
            assert answer.done == CELLS
            assert at.facts() == ["sent", "unanswered", "accepted"]
            setattr(at.bsc.faults, fault, 1)
            (answer,) = await at.send(Stop(EXERCISE, SERIAL))
            assert answer.attempts == 2
            assert answer.complete
            assert at.bsc.bsc.holds(CELLS[0]) == frozenset()

    asyncio.run(run())


def test_a_connection_that_ends_is_made_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            at.bsc.faults.hang_ups = 1
            (answer,) = await at.send(text())
            assert (answer.attempts, answer.complete) == (2, True)
            details = [entry.detail for entry in at.client.record if entry.detail]
            assert set(details) == {"the connection ended"}
            await at.bsc.hang_up()
            await at.client.keep_alive(10)

    asyncio.run(run())


def test_no_answer_at_all_is_an_error_and_nothing_is_taken_for_accepted(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path, Patience(0.3, 3, 0.01)) as at:
            at.bsc.faults.unanswered = 3
            with pytest.raises(TransportError, match="sent 3 times and not answered"):
                await at.send(text())
            assert at.facts() == ["sent", "unanswered"]
            assert at.client.record.reached(REFERENCE, State.ACCEPTED) == frozenset()
            assert at.client.active == ()
            unanswered = [e for e in at.client.record if e.fact is Event.UNANSWERED]
            assert len(unanswered) == 3
            assert "not answered" in at.operator.log.read_text()

    asyncio.run(run())


def test_nobody_at_the_address_is_an_error() -> None:
    async def run() -> None:
        async with StandInBsc() as bsc:
            port = bsc.port
        with pytest.raises(TransportError, match="no BSC answers at 127"):
            async with CbspClient("127.0.0.1", port, patience=Patience(0.02, 2, 0.01)):
                pass

    asyncio.run(run())


def test_octets_that_are_not_understood_are_answered_so(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.bsc.say(bytes.fromhex("10000000"))  # a RESET without cells
            await at.bsc.say(bytes.fromhex("1000000404000106"))  # a RESET, from a BSC
            await at.bsc.say(bytes.fromhex("1100000404000106"))  # an answer to nothing
            await at.bsc.say(bytes.fromhex("150000050b040e111d"))  # an error about a message
            await at.client.keep_alive(10)  # what was said before is heard before the answer
            await at.client.keep_alive(10)  # and what that was answered before the next question
            told = [m.cause for m in at.bsc.received if isinstance(m, ErrorIndication)]
            assert told == [Cause.MISSING_MANDATORY_ELEMENT, Cause.UNRECOGNISED_MESSAGE]
            assert len(at.client.faults) == 4
            await at.bsc.say(b"\xffnonsense")  # nobody can tell where the next message begins
            await at.client.keep_alive(10)
            assert "connection is given up" in at.client.faults[-1]

    asyncio.run(run())


def test_an_error_indication_ends_the_question(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            at.bsc.faults.instead = [bytes.fromhex("150000020b04")]
            with pytest.raises(TransportError, match="UNRECOGNISED_MESSAGE"):
                await at.send(text())
            assert at.facts() == ["sent", "refused"]
            assert len(at.bsc.received) == 1

    asyncio.run(run())


def test_a_connection_that_is_silent_is_noticed_and_made_again() -> None:
    async def run() -> None:
        async with StandInBsc() as bsc:
            patience = Patience(0.5, 1, 0.01)
            async with CbspClient(
                "127.0.0.1", bsc.port, patience=patience, keep_alive_s=1
            ) as client:
                bsc.faults.lost = 1
                await asyncio.sleep(1.8)
                assert "KEEP ALIVE" in client.faults[0]
                await client.keep_alive(10)
                assert len(bsc.received) == 2

    asyncio.run(run())


def test_without_a_connection_nothing_was_sent(tmp_path: Path) -> None:
    async def run() -> None:
        async with StandInBsc() as bsc:
            operator = made_operator(tmp_path / "operator", port=bsc.port)
            client = CbspClient("127.0.0.1", bsc.port, patience=Patience(0.3, 2, 0.01))
            await client.__aenter__()
        with pytest.raises(TransportError):
            await client.keep_alive(10)  # may go out before the end is noticed
        with pytest.raises(TransportError, match="there is no connection"):
            await client.send(operator.sendable(text()))
        await client.__aexit__()
        assert REFERENCE not in client.record.messages()

    asyncio.run(run())
