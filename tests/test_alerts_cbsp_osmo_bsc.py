"""Our client of CBSP and a real BSC, osmo-bsc 1.9: an outside judge of every message it knows."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from cbsp_scene import EXERCISE, REFERENCE, SERIAL, UPDATE, text
from made_gateway import made_operator
from osmo_bsc import osmo_bsc

from ew4all.alerts.broadcast_record import Event, Place, State
from ew4all.alerts.wire.cbsp_client import CbspClient, Patience
from ew4all.alerts.wire.cbsp_elements import Cause, Cell, CellKind
from ew4all.alerts.wire.request import Stop, WriteReplace

if TYPE_CHECKING:
    from pathlib import Path

CELLS = ((12, 1), (12, 2))
NAMED = tuple(Cell(CellKind.CGI, "00101", *cell) for cell in CELLS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("as_number", "period"), [(True, 16), (False, 256)], ids=["as it reads", "as the standard says"]
)
def test_osmo_bsc_takes_replaces_counts_and_kills(
    tmp_path: Path, as_number: bool, period: int
) -> None:
    """Its reading of the repetition period is the known difference; everything else agrees."""

    async def run(port: int) -> CbspClient:
        operator = made_operator(tmp_path / "operator", port=port)

        async def send(*messages: WriteReplace | Stop) -> Any:
            return await client.send(operator.sendable(*messages))

        client = CbspClient(
            "127.0.0.1", port, patience=Patience(5, 2, 0.1), repetition_as_number=as_number
        )
        async with client:
            (answer,) = await send(text(tac=(12,)))
            assert answer.done == NAMED
            (answer,) = await send(text(tac=(12,)))
            assert [(item.cell, item.cause) for item in answer.failures] == [
                (cell, Cause.MESSAGE_REFERENCE_ALREADY_USED) for cell in NAMED
            ]
            counts = await client.status(REFERENCE)
            assert [(count.cell, count.broadcasts) for count in counts] == [(c, 0) for c in NAMED]
            (answer,) = await send(text(UPDATE.serial_number, "EXERCISE over", tac=(12,)))
            assert answer.done == NAMED
            (answer,) = await send(text(0x4020, "EXERCISE", tac=(12,), cells=(1, 7)))
            assert answer.done == NAMED[:1]
            assert [item.cell.ci for item in answer.failures] == [7]
            primary = WriteReplace(4355, 0x7000, 30, 2, None, None, 0x0780)
            (answer,) = await send(primary)
            assert answer.done == NAMED
            (answer,) = await send(Stop(EXERCISE, UPDATE.serial_number, tac=(12,)))
            assert answer.done == NAMED
            await client.keep_alive(30)
            await client.reloaded()
            assert client.faults == []
        return client

    with osmo_bsc(tmp_path, CELLS) as bsc:
        client = asyncio.run(run(bsc.port))
        log = bsc.log()
    assert f"SerialNr=0x{SERIAL:04x}/Pages=2/Period={period}/NumBcastReq=10" in log
    assert "Replaced MsgId=0x111d/Serial=0x4011, pages(2 -> 1)" in log
    assert "Sent ETWS Primary Notification" in log
    places = {Place(f"127.0.0.1:{bsc.port}", str(cell)) for cell in NAMED}
    record = client.record
    assert record.reached(REFERENCE, State.ACCEPTED) == places
    assert record.reached(REFERENCE, State.SCHEDULED) == places
    assert record.reached(REFERENCE, State.ON_AIR) == frozenset()  # it has no radio
    assert record.reached(REFERENCE, Event.REPLACED) == places
    assert record.now(UPDATE, State.ACCEPTED) == frozenset()


@pytest.mark.slow
def test_osmo_bsc_says_that_all_is_lost_when_it_is_called_again(tmp_path: Path) -> None:
    """So the message is loaded again, and cells that hold it still are not taken for refusing it."""

    async def run(port: int) -> None:
        operator = made_operator(tmp_path / "operator", port=port)
        async with CbspClient("127.0.0.1", port, patience=Patience(5, 2, 0.1)) as client:
            await client.send(operator.sendable(text(tac=(12,))))
            await client._link.renew()
            await client.keep_alive(30)
            await client.reloaded()
            facts = [str(entry.fact) for entry in client.record if entry.message == REFERENCE]
            assert "lost" in facts
            assert "refused" not in facts
            assert client.record.now(REFERENCE, State.ACCEPTED) == {
                Place(f"127.0.0.1:{port}", str(cell)) for cell in NAMED
            }

    with osmo_bsc(tmp_path, CELLS) as bsc:
        asyncio.run(run(bsc.port))
