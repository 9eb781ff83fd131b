"""A client of CBSP that is connected to a stand-in BSC, with a real gateway between them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from bsc import CELLS, StandInBsc
from made_gateway import made_operator

from ew4all.alerts.broadcast_record import MessageReference, Place
from ew4all.alerts.cbs import cb_data, encode_text
from ew4all.alerts.wire.cbsp_client import CbspClient, Patience
from ew4all.alerts.wire.request import Stop, WriteReplace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from made_gateway import MadeOperator

    from ew4all.alerts.gateway import Sendable

EXERCISE, SERIAL = 4381, 0x4010
REFERENCE = MessageReference(EXERCISE, SERIAL)
UPDATE = MessageReference(EXERCISE, SERIAL + 1)
CALM = Patience(answer_s=10.0, attempts=3, reconnect_s=0.01)
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
async def scene(
    folder: Path, patience: Patience = CALM, **operator_parts: Any
) -> AsyncIterator[Scene]:
    async with StandInBsc() as bsc:
        operator = made_operator(folder / "operator", port=bsc.port, **operator_parts)
        client = CbspClient("127.0.0.1", bsc.port, patience=patience, clock=bsc.clock)
        async with client:
            yield Scene(bsc, client, operator)
