"""The whole way of a drill: built, signed, confirmed, released, sent to a BSC, shown; and no other way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from bsc import CELLS
from cbsp_scene import scene

from ew4all.alerts.audit import verify_log
from ew4all.alerts.building import InLanguage, build
from ew4all.alerts.cap import Status
from ew4all.alerts.cap_write import write
from ew4all.alerts.cbs import cb_data, encode_text
from ew4all.alerts.drill import DrillStatus
from ew4all.alerts.gateway import Order
from ew4all.alerts.phone import Phone, Settings
from ew4all.alerts.templates import shipped
from ew4all.alerts.wire.request import WriteReplace
from ew4all.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from cbsp_scene import Scene

    from ew4all.alerts.building import Built
    from ew4all.alerts.drill import DrillMessage


def drill(status: DrillStatus) -> Built:
    now = datetime.now(UTC)
    said = [InLanguage(tag, "Green Valley", "18:00") for tag in ("en", "fr")]
    return build(
        shipped(), "flood", said, status, sent=now, expires=now + timedelta(hours=1)
    )  # fmt: skip


def request(message: DrillMessage) -> WriteReplace:
    text = encode_text(message.text, message.language)
    return WriteReplace(
        int(message.message_identifier),
        message.serial_number,
        message.repetition_s,
        message.broadcasts,
        text.dcs,
        cb_data(text.pages),
    )


def order_of(on: Scene, made: Built, *messages: WriteReplace) -> Order:
    signed = on.operator.gateway().sign(write(made.alert.alert))
    return Order(signed, messages, "bsc-1")


@pytest.mark.parametrize("status", [DrillStatus.EXERCISE, DrillStatus.TEST])
def test_a_drill_from_its_template_to_the_phones(tmp_path: Path, status: DrillStatus) -> None:
    async def run() -> None:
        async with scene(tmp_path) as on:
            made = drill(status)
            order = order_of(on, made, *map(request, made.messages))
            gateway = on.operator.gateway()
            sendable = gateway.authorise(order, on.operator.confirmations(order))
            answers = await on.client.send(sendable)
            assert answers
            sent = {one.reference.message_identifier for one in on.client.active}
            assert sent == {int(message.message_identifier) for message in made.messages}
            assert sent <= {4381, 4394, 4398, 4399}
            events = verify_log(on.operator.log).events
            assert (events["signed"], events["authorised"], events["released"]) == (1, 1, 1)
            assert events["outcome"] >= len(answers)

            on.bsc.wait(600.0)
            record, peer = on.client.record, on.peer
            shown = on.bsc.listen(Phone(Settings(tests=True)), CELLS[0], record, peer)
            assert made.messages[0].text in {one.text for one in shown if one.shown}
            for everybody in on.bsc.listen(Phone(Settings()), CELLS[1], record, peer):
                assert not everybody.shown, "who did not ask for tests sees none"

    asyncio.run(run())


def test_a_draft_is_not_even_signed(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as on:
            made = drill(DrillStatus.DRAFT)
            assert made.messages == ()
            with pytest.raises(RefusedError, match="status Draft"):
                order_of(on, made)
            assert on.bsc.received == []

    asyncio.run(run())


def test_a_drill_whose_identifier_was_made_live_on_the_way(tmp_path: Path) -> None:
    """Somebody changes the request between the builder and the gateway, and both persons confirm."""

    async def run() -> None:
        async with scene(
            tmp_path, statuses=("Actual", "Exercise"), identifiers=(4370, 4371, 4381, 4394)
        ) as on:
            made = drill(DrillStatus.EXERCISE)
            for identifier in (4370, 4371):
                live = replace(request(made.messages[0]), message_identifier=identifier)
                order = order_of(on, made, live)
                with pytest.raises(RefusedError, match="a drill never reaches the public"):
                    on.operator.gateway().authorise(order, on.operator.confirmations(order))
            real = write(replace(made.alert.alert, status=Status.ACTUAL))
            order = order_of(on, made, request(made.messages[0]))
            with pytest.raises(RefusedError, match="not signed by the agency's key"):
                on.operator.gateway().authorise(replace(order, alert=real), ())
            assert on.bsc.received == []
            assert on.client.active == ()

    asyncio.run(run())
