"""CBSP end to end over loopback: a client, a stand-in BSC, a phone, and a real gateway."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import tshark
from bsc import CELLS
from cbsp_scene import EXERCISE, REFERENCE, SERIAL, TEXT, UPDATE, scene, text

from ew4all.alerts.broadcast_record import Event, MessageReference, Place, State
from ew4all.alerts.phone import Phone, Settings
from ew4all.alerts.wire.cbsp import encode
from ew4all.alerts.wire.cbsp_client import CbspClient
from ew4all.alerts.wire.cbsp_elements import ALL_CELLS, Cause, Cell, CellKind
from ew4all.alerts.wire.cbsp_messages import (
    CbsWriteReplace,
    EmergencyWriteReplace,
    Kill,
    KillComplete,
    MessageStatusQuery,
    Reset,
)
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import MessageError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_message_goes_from_the_gateway_to_a_phone_and_each_state_has_its_own_evidence(
    tmp_path: Path,
) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            client, bsc, record = at.client, at.bsc, at.client.record
            (answer,) = await at.send(text())
            assert answer.complete
            assert answer.done == CELLS
            assert record.now(REFERENCE, State.ACCEPTED) == at.places(0, 1, 2)
            for state in (State.SCHEDULED, State.ON_AIR, State.RECEIVED, State.SHOWN):
                assert record.now(REFERENCE, state) == frozenset(), state

            assert {count.broadcasts for count in await client.status(REFERENCE)} == {0}
            assert isinstance(bsc.received[-1], MessageStatusQuery)
            assert bsc.received[-1].cells == CELLS  # where it is active, each by name
            assert record.now(REFERENCE, State.SCHEDULED) == at.places(0, 1, 2)
            assert record.now(REFERENCE, State.ON_AIR) == frozenset()

            bsc.wait(10.0)
            assert {count.broadcasts for count in await client.status(REFERENCE)} == {1}
            assert record.now(REFERENCE, State.ON_AIR) == at.places(0, 1, 2)
            assert record.now(REFERENCE, State.RECEIVED) == frozenset()

            # One phone takes part in exercises, one does not: it receives, and shows nothing.
            takes_part, does_not = Phone(Settings(tests=True)), Phone(Settings())
            (display,) = bsc.listen(takes_part, CELLS[0], record, at.peer)
            assert display.shown
            assert display.text == TEXT
            bsc.listen(does_not, CELLS[1], record, at.peer)
            assert record.now(REFERENCE, State.RECEIVED) == at.places(0, 1)
            assert record.now(REFERENCE, State.SHOWN) == at.places(0)

            table = record.table(REFERENCE)[Place(at.peer, str(CELLS[1]))]
            assert [state for state, when in table.items() if when is not None] == [
                State.ACCEPTED, State.SCHEDULED, State.ON_AIR, State.RECEIVED,
            ]  # fmt: skip
            assert table[State.ACCEPTED] < table[State.ON_AIR]  # type: ignore[operator]
            assert client.faults == []

    asyncio.run(run())


def test_an_update_replaces_and_a_stop_ends(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            client, bsc, record = at.client, at.bsc, at.client.record
            await at.send(text())
            bsc.wait(40.0)  # two broadcasts

            changed = "EXERCISE. The river falls. Stay where you are. This is a drill."
            (answer,) = await at.send(text(UPDATE.serial_number, changed))
            written = bsc.received[-1]
            assert isinstance(written, CbsWriteReplace)
            assert written.old_serial_number == SERIAL
            assert [count.broadcasts for count in answer.completed] == [2, 2, 2]
            # The count at the end is evidence, though nobody had asked before.
            assert at.facts() == ["sent", "accepted", "on air", "replaced"]
            assert record.now(REFERENCE, State.ON_AIR) == frozenset()
            assert record.reached(REFERENCE, State.ON_AIR) == at.places(0, 1, 2)
            assert [one.reference for one in client.active] == [UPDATE]

            phone = Phone(Settings(tests=True))
            bsc.wait(10.0)
            displays = bsc.listen(phone, CELLS[0], record, at.peer)
            assert [display.text for display in displays if display.shown] == [TEXT, changed]
            assert displays[-1].update_of == SERIAL

            (answer,) = await at.send(Stop(EXERCISE, UPDATE.serial_number))
            assert [count.broadcasts for count in answer.completed] == [1, 1, 1]
            assert record.now(UPDATE, State.ACCEPTED) == frozenset()
            assert record.reached(UPDATE, Event.STOPPED) == at.places(0, 1, 2)
            # A stop does not recall what was shown.
            assert record.now(UPDATE, State.SHOWN) == at.places(0)
            assert client.active == ()
            before = len(bsc.on_air)
            bsc.wait(100.0)
            assert len(bsc.on_air) == before

    asyncio.run(run())


def test_cells_that_refuse_are_told_apart(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.bsc.fail(CELLS[1])
            (answer,) = await at.send(text())
            assert not answer.complete
            assert answer.done == (CELLS[0], CELLS[2])
            (failure,) = answer.failures
            assert failure.cell == CELLS[1]
            assert failure.cause is Cause.CELL_BROADCAST_NOT_OPERATIONAL
            record = at.client.record
            assert record.now(REFERENCE, State.ACCEPTED) == at.places(0, 2)
            assert record.reached(REFERENCE, Event.REFUSED) == at.places(1)
            # The same message a second time is a refusal, not an acceptance.
            (answer,) = await at.send(text())
            assert {item.cause for item in answer.failures} == {
                Cause.MESSAGE_REFERENCE_ALREADY_USED, Cause.CELL_BROADCAST_NOT_OPERATIONAL,
            }  # fmt: skip

    asyncio.run(run())


def test_a_stop_that_is_answered_for_an_area_ends_the_message_in_its_cells(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text())
            area = Cell(CellKind.LAI, "00101", 12)
            told = KillComplete(
                message_identifier=EXERCISE, old_serial_number=SERIAL, cells=(area,)
            )
            at.bsc.faults.instead = [encode(told)]
            await at.send(Stop(EXERCISE, SERIAL, tac=(12,)))
            assert at.client.record.now(REFERENCE, State.ACCEPTED) == at.places(2)
            assert at.client.record.reached(REFERENCE, Event.STOPPED) == at.places(0, 1)

    asyncio.run(run())


def test_all_that_went_over_the_wire_is_read_by_tshark(tmp_path: Path) -> None:
    async def run() -> list[bytes]:
        async with scene(tmp_path) as at:
            await at.send(text())
            at.bsc.wait(30.0)
            await at.client.status(REFERENCE)
            await at.send(text(UPDATE.serial_number, "EXERCISE is over."))
            await at.bsc.restart()
            await at.client.keep_alive(10)
            await at.client.reloaded()
            await at.send(Stop(EXERCISE, UPDATE.serial_number))
            return at.bsc.traffic

    traffic = asyncio.run(run())
    rows = tshark.fields(traffic, "cbsp", "cbsp.msg_type", "cbsp.cb_page_content")
    kinds = sorted(int(row["cbsp.msg_type"][0]) for row in rows)
    assert kinds == [1, 1, 1, 2, 2, 2, 4, 5, 10, 11, 19, 19, 22, 23]
    pages = [row["cbsp.cb_page_content"] for row in rows if row["cbsp.cb_page_content"]]
    assert ["".join(parts).replace("\\r", "") for parts in pages] == [
        TEXT, "EXERCISE is over.", "EXERCISE is over.",
    ]  # fmt: skip
    assert not tshark.malformed(traffic, "cbsp")


def test_a_notification_with_a_text_takes_two_messages_and_is_stopped_by_two(
    tmp_path: Path,
) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            both = text(0x7000, message_identifier=4355, warning_type=0x0780)
            answers = await at.send(both)
            assert [type(answer.asked) for answer in answers] == [
                EmergencyWriteReplace, CbsWriteReplace,
            ]  # fmt: skip
            at.bsc.wait(5.0)
            assert {type(item.what).__name__ for item in at.bsc.on_air} == {
                "GsmPage", "PrimaryNotification",
            }  # fmt: skip
            await at.bsc.restart(CELLS[2])
            await at.client.keep_alive(10)
            await at.client.reloaded()
            assert at.bsc.bsc.holds(CELLS[2]) == {MessageReference(4355, 0x7000)}
            answers = await at.send(Stop(4355, 0x7000))
            kills = [answer.asked for answer in answers]
            assert [kill.channel for kill in kills if isinstance(kill, Kill)] == [0, None]
            assert at.bsc.bsc.holds(CELLS[0]) == frozenset()

    asyncio.run(run())


def test_stopping_everything_resets_the_cells(tmp_path: Path) -> None:
    """Which the gateway allows for no drill, for a drill silences no warning."""
    allowed = {"statuses": ("Exercise", "Actual"), "identifiers": (4370, EXERCISE)}

    async def run() -> None:
        async with scene(tmp_path, **allowed) as at:
            await at.send(text(), text(0x4020))
            everything = Stop(4370, 0, stop_all=True)
            await at.client.send(at.operator.sendable(everything, status="Actual"))
            assert at.bsc.received[-1] == Reset(cells=(ALL_CELLS,))
            assert at.client.active == ()
            assert at.facts() == ["sent", "accepted", "stopped"]
            assert at.client.record.now(MessageReference(EXERCISE, 0x4020), State.ACCEPTED) == set()

    asyncio.run(run())


def test_the_load_of_the_channel_is_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text(tac=(12,)))
            loads = await at.client.load()
            assert [load.first_percent for load in loads] == [12, 12, 0]  # 2 pages in 16 slots

    asyncio.run(run())


def test_only_a_sendable_of_the_gateway_is_sent(tmp_path: Path) -> None:
    class LooksLikeOne:
        def release(self, **_: object) -> tuple[WriteReplace, ...]:
            return (text(),)

        def record(self, *_: object) -> None:
            pass

    async def run() -> None:
        async with scene(tmp_path) as at:
            for forged in (LooksLikeOne(), text(), None):
                with pytest.raises(RefusedError, match="not made by the gateway"):
                    await at.client.send(forged)  # type: ignore[arg-type]
            elsewhere = CbspClient("127.0.0.1", 1)
            with pytest.raises(RefusedError, match=r"127\.0\.0\.1:1"):
                await elsewhere.send(at.leave(text()))
            assert at.bsc.received == []

    asyncio.run(run())


def test_what_gsm_cannot_name_closely_is_not_sent(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            lte = text(0x4020, tac=(12,), cells=(0x1234501,))
            with pytest.raises(MessageError, match="whole location areas"):
                await at.send(text(), lte)
            assert at.bsc.received == []
            assert "whole location areas" in at.operator.log.read_text()

    asyncio.run(run())


def test_all_cells_of_the_bsc_are_one_place_in_the_record(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text())
            sent = [entry.place for entry in at.client.record if entry.fact is Event.SENT]
            assert sent == [Place(at.peer)]
            (asked,) = at.bsc.received
            assert isinstance(asked, CbsWriteReplace)
            assert asked.cells == (ALL_CELLS,)

    asyncio.run(run())
