"""CBSP end to end over loopback: a client, a stand-in BSC, a phone, and a real gateway."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from bsc import CELLS, StandInBsc
from made_gateway import made_operator

from ew4all.alerts.broadcast_record import Event, MessageReference, Place, State
from ew4all.alerts.cbs import cb_data, encode_text
from ew4all.alerts.phone import Phone, Settings
from ew4all.alerts.wire.cbsp_client import CbspClient, Patience
from ew4all.alerts.wire.cbsp_elements import ALL_CELLS, Cause, Recovery
from ew4all.alerts.wire.cbsp_messages import (
    CbsWriteReplace,
    EmergencyWriteReplace,
    ErrorIndication,
    Kill,
)
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import MessageError, RefusedError, TransportError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from made_gateway import MadeOperator

    from ew4all.alerts.gateway import Sendable

EXERCISE, SERIAL = 4381, 0x4010
REFERENCE = MessageReference(EXERCISE, SERIAL)
UPDATE = MessageReference(EXERCISE, SERIAL + 1)
SHORT = Patience(answer_s=0.2, attempts=3, reconnect_s=0.01)
TEXT = "EXERCISE. The river rises. Go to high ground now, and wait there. This is a drill. " * 2


def text(serial: int = SERIAL, words: str = TEXT, **changes: Any) -> WriteReplace:
    encoded = encode_text(words)
    values = {
        "message_identifier": EXERCISE,
        "serial_number": serial,
        "repetition_s": 30,
        "broadcasts": 10,
        "dcs": encoded.dcs,
        "contents": cb_data(encoded.pages),
    }
    return WriteReplace(**{**values, **changes})


class Scene:
    """A BSC, a client that is connected to it, and an operator's gateway between them."""

    def __init__(self, bsc: StandInBsc, client: CbspClient, operator: MadeOperator) -> None:
        self.bsc = bsc
        self.client = client
        self.operator = operator
        self.peer = f"127.0.0.1:{bsc.port}"

    def leave(self, *messages: WriteReplace | Stop) -> Sendable:
        return self.operator.sendable(*messages)

    async def send(self, *messages: WriteReplace | Stop) -> Any:
        return await self.client.send(self.leave(*messages))

    def places(self, *numbers: int) -> frozenset[Place]:
        return frozenset(Place(self.peer, str(CELLS[number])) for number in numbers)

    def facts(self, reference: MessageReference = REFERENCE) -> list[str]:
        """What the record says of a message, each fact once, in its order."""
        facts = (str(entry.fact) for entry in self.client.record if entry.message == reference)
        return list(dict.fromkeys(facts))


@asynccontextmanager
async def scene(folder: Path, patience: Patience = SHORT) -> AsyncIterator[Scene]:
    async with StandInBsc() as bsc:
        operator = made_operator(folder / "operator", port=bsc.port)
        client = CbspClient("127.0.0.1", bsc.port, patience=patience, clock=bsc.clock)
        async with client:
            yield Scene(bsc, client, operator)


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
            await asyncio.sleep(0.05)
            await client.reloaded()

            again = bsc.received[-1]
            assert isinstance(again, CbsWriteReplace)
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


@pytest.mark.parametrize("fault", ["lost", "unanswered"])
def test_a_message_without_an_answer_is_sent_again(tmp_path: Path, fault: str) -> None:
    """Lost on the way, or its answer was: the second time the BSC may say that it has it already."""

    async def run() -> None:
        async with scene(tmp_path) as at:
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
        async with scene(tmp_path, Patience(0.05, 3, 0.01)) as at:
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


def test_a_stop_without_an_answer_is_never_undone_by_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path, Patience(0.05, 2, 0.01)) as at:
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
    async def run() -> None:
        async with scene(tmp_path) as at:
            await at.send(text(), text(0x4020))
            await at.send(Stop(EXERCISE, SERIAL, stop_all=True))
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
            await at.bsc.say(bytes.fromhex("17000000"))  # an answer to nothing
            await at.bsc.say(bytes.fromhex("150000020b04"))  # an error about nothing
            await at.client.keep_alive(10)
            await asyncio.sleep(0.05)
            told = [m.cause for m in at.bsc.received if isinstance(m, ErrorIndication)]
            assert told == [Cause.MISSING_MANDATORY_ELEMENT, Cause.UNRECOGNISED_MESSAGE]
            assert len(at.client.faults) == 4
            await at.bsc.say(b"\xffnonsense")  # nobody can tell where the next message begins
            await asyncio.sleep(0.05)
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
