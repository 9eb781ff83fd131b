"""What a client of CBSP loads again when cells lost their messages, and what it never does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from bsc import CELLS
from cbsp_scene import EXERCISE, REFERENCE, SERIAL, UPDATE, scene, text

from ew4all.alerts.broadcast_record import Event, MessageReference, State
from ew4all.alerts.wire.cbsp import encode
from ew4all.alerts.wire.cbsp_client import Patience
from ew4all.alerts.wire.cbsp_elements import ALL_CELLS, BroadcastType, Recovery
from ew4all.alerts.wire.cbsp_messages import (
    CbsWriteReplace,
    Restart,
    WriteReplaceComplete,
)
from ew4all.alerts.wire.request import Stop
from ew4all.errors import TransportError

if TYPE_CHECKING:
    from pathlib import Path


def test_what_cells_lost_is_loaded_again_with_what_is_left_of_its_life(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            client, bsc, record = at.client, at.bsc, at.client.record
            await at.send(text())
            other = MessageReference(EXERCISE, 0x4020)
            await at.send(text(other.serial_number, tac=(13,)))
            await at.send(Stop(EXERCISE, other.serial_number, tac=(13,)))
            bsc.wait(100.0)  # three broadcasts of ten

            await bsc.fail(CELLS[0])
            await bsc.restart(CELLS[0])
            await client.keep_alive(10)
            await client.reloaded()

            again = [m for m in bsc.received if isinstance(m, CbsWriteReplace)][-1]
            assert again.cells == (CELLS[0],)
            assert again.old_serial_number is None
            assert again.broadcasts == 7
            assert bsc.bsc.holds(CELLS[0]) == {REFERENCE}
            assert at.facts() == ["sent", "accepted", "failed", "lost"]
            entries = [entry for entry in record if entry.message == REFERENCE]
            assert [str(entry.fact) for entry in entries][-4:] == [
                "failed", "lost", "sent", "accepted",
            ]  # fmt: skip
            assert {entry.place for entry in entries[-4:]} == at.places(0)
            assert record.now(REFERENCE, State.ACCEPTED) == at.places(0, 1, 2)
            # What had been stopped is not loaded again.
            assert bsc.bsc.holds(CELLS[2]) == {REFERENCE}
            assert client.faults == []

    asyncio.run(run())


def test_a_restart_that_lost_nothing_loads_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text())
            await at.bsc.restart(recovery=Recovery.DATA_AVAILABLE)
            await at.client.keep_alive(10)
            await at.client.reloaded()
            assert [type(message).__name__ for message in at.bsc.received] == [
                "CbsWriteReplace", "KeepAlive",
            ]  # fmt: skip
            assert at.facts() == ["sent", "accepted"]

    asyncio.run(run())


def test_a_message_whose_life_is_over_is_not_loaded_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text())
            at.bsc.wait(400.0)
            assert at.client.active == ()
            await at.bsc.restart()
            await at.client.keep_alive(10)
            await at.client.reloaded()
            assert len(at.bsc.received) == 2
            assert "lost" not in at.facts()

    asyncio.run(run())


def test_the_gateway_is_asked_again_before_a_reload(tmp_path: Path) -> None:
    """An operator who switches the gateway off stops reloads too."""

    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text())
            at.operator.write(enabled="enabled = false")
            await at.bsc.restart()
            await at.client.keep_alive(10)
            await at.client.reloaded()
            assert at.bsc.bsc.holds(CELLS[0]) == frozenset()
            (fault,) = at.client.faults
            assert "switched off" in fault
            assert at.facts() == ["sent", "accepted", "lost", "refused"]
            assert at.client.active == ()

    asyncio.run(run())


def test_a_stop_without_an_answer_is_never_undone_by_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path, Patience(0.4, 2, 0.01)) as at:
            await at.send(text())
            at.bsc.faults.lost = 2
            with pytest.raises(TransportError):
                await at.send(Stop(EXERCISE, SERIAL))
            await at.bsc.restart()
            await at.client.keep_alive(10)
            await at.client.reloaded()
            assert at.bsc.bsc.holds(CELLS[0]) == frozenset()

    asyncio.run(run())


def test_a_stop_in_one_cell_holds_after_a_restart_of_all(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text())
            await at.send(Stop(EXERCISE, SERIAL, tac=(12,), cells=(1,)))
            await at.bsc.restart()
            await at.client.keep_alive(10)
            await at.client.reloaded()
            assert [at.bsc.bsc.holds(cell) for cell in CELLS] == [
                frozenset(), {REFERENCE}, {REFERENCE},
            ]  # fmt: skip

    asyncio.run(run())


def test_an_update_of_what_a_cell_lost_goes_there_as_a_new_message(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text())
            at.bsc.bsc.restart([CELLS[0]], Recovery.DATA_LOST)  # and nobody tells the centre
            (answer,) = await at.send(text(UPDATE.serial_number))
            assert answer.complete
            assert set(answer.done) == set(CELLS)
            assert [at.bsc.bsc.holds(cell) for cell in CELLS] == [{UPDATE}] * 3

    asyncio.run(run())


def test_a_stop_in_one_cell_holds_where_the_bsc_names_its_cells_as_a_whole(tmp_path: Path) -> None:
    """The whole is loaded again, and the message stopped once more in that cell."""

    async def run() -> None:
        async with scene(tmp_path) as at:
            whole = WriteReplaceComplete(
                message_identifier=EXERCISE, new_serial_number=SERIAL, cells=(ALL_CELLS,)
            )
            at.bsc.faults.instead = [encode(whole)]
            await at.send(text())
            await at.send(Stop(EXERCISE, SERIAL, tac=(12,), cells=(1,)))
            await at.bsc.restart()
            await at.client.keep_alive(10)
            await at.client.reloaded()
            assert [at.bsc.bsc.holds(cell) for cell in CELLS] == [
                frozenset(), {REFERENCE}, {REFERENCE},
            ]  # fmt: skip
            record = at.client.record
            assert at.places(0).isdisjoint(record.now(REFERENCE, State.ACCEPTED))
            assert record.reached(REFERENCE, Event.STOPPED) == at.places(0)

    asyncio.run(run())


def test_a_message_that_went_to_two_areas_is_loaded_again_in_both(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text(tac=(12,)), text(tac=(13,)))
            await at.bsc.restart()
            await at.client.keep_alive(10)
            await at.client.reloaded()
            assert [at.bsc.bsc.holds(cell) for cell in CELLS] == [{REFERENCE}] * 3

    asyncio.run(run())


def test_an_update_replaces_each_version_that_is_on_air_somewhere(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text())
            await at.send(text(UPDATE.serial_number, tac=(13,)))
            last = MessageReference(EXERCISE, SERIAL + 2)
            (answer,) = await at.send(text(last.serial_number))
            assert answer.complete
            asked = [m.old_serial_number for m in at.bsc.received if isinstance(m, CbsWriteReplace)]
            # The newest version is asked for first.
            assert asked[2:] == [UPDATE.serial_number, SERIAL]
            assert set(answer.done) == set(CELLS)
            assert [at.bsc.bsc.holds(cell) for cell in CELLS] == [{last}] * 3
            assert [one.reference for one in at.client.active] == [last, last]

    asyncio.run(run())


def test_cells_that_hold_a_message_still_do_not_refuse_its_reload(tmp_path: Path) -> None:
    """osmo-bsc says that all is lost whenever a centre connects."""

    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text())
            lost = Restart(
                cells=(ALL_CELLS,), broadcast_type=BroadcastType.CBS, recovery=Recovery.DATA_LOST
            )
            await at.bsc.say(encode(lost))
            await at.client.keep_alive(10)
            await at.client.reloaded()
            assert at.facts() == ["sent", "accepted", "lost"]
            assert at.client.record.now(REFERENCE, State.ACCEPTED) == at.places(0, 1, 2)
            assert at.client.faults == []

    asyncio.run(run())


def test_a_message_that_is_stopped_before_its_reload_is_not_loaded_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text())
            stop = at.leave(Stop(EXERCISE, SERIAL))
            await at.bsc.restart()
            # The stop waits for nothing: it is asked for before the client has read the restart.
            await at.client.send(stop)
            await at.client.keep_alive(10)
            await at.client.reloaded()
            assert at.bsc.bsc.holds(CELLS[0]) == frozenset()
            assert at.client.active == ()

    asyncio.run(run())
