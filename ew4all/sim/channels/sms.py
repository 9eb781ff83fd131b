"""Messages to numbers, whichever way the numbers are found: what sending them takes, and the course of an alert.

`location_sms` and `address_sms` say which numbers, and how long it takes to find them; the queue is in `sms_queue`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.errors import EmptyLayerError
from ew4all.sim.channels import sms_queue
from ew4all.sim.channels.receivers import Noticing, is_ever_served, newest, phone_columns
from ew4all.sim.parameters import Parameter, share
from ew4all.sim.population import Exposure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.decisions import Notice
    from ew4all.sim.stage import Stage
    from ew4all.sim.world import World

    F64 = NDArray[np.float64]

__all__ = ["SENDING", "Sms", "plan_of"]

SENDING: Final = (
    Parameter(
        "rate_per_s", 500.0, "1/s", 100.0, 1000.0,
        "500 messages a second: ceiling of Australia's national system, address-based and later by location (Department of "
        "Justice of Victoria, APF Magazine; OESC in Computerworld). Ordinary bulk rates are 10 to 30 a second for each connection (Messente)",
        "published", least=0.001,
    ),
    Parameter(
        "congestion", 1.0, "share", 0.2, 1.0,
        "chosen: part of the rate that is left when a disaster fills the network (reference/validation.md 8.3: 0.2 to 1)", "judgement",
        least=0.001, most=1.0,
    ),
    share("deliverable", 0.98, 0.90, 1.0, "chosen: phones that take a message at all; full memories and blocked senders do not"),
    share(
        "attempt_delivers", 0.94, 0.85, 0.98,
        "94 % of enrolled numbers in the pilot of BE-Alert (CM.com); it held phones that were off, which are counted apart here", "derived",
    ),
    Parameter("tries", 4.0, "1", 1.0, 10.0, "chosen: attempts before a message is given up", "judgement", least=1.0, most=50.0),
    Parameter("retry_s", 300.0, "s", 60.0, 1800.0, "chosen: pause before the second attempt; each later one is twice as long", "judgement", least=1.0),
    Parameter("transit_s", 5.0, "s", 1.0, 30.0, "chosen: from the server to the phone", "judgement"),
    share("noticed_awake", 0.75, 0.4, 0.9, "chosen: hears the tone of an ordinary message and looks, of those whose phone is not silent"),
    share("noticed_asleep", 0.20, 0.05, 0.4, "chosen: wakes up by it"),
    Parameter("looks_every_s", 1200.0, "s", 300.0, 3600.0, "as cell_broadcast", "derived", least=1.0),
)  # fmt: skip
"""What all messages to numbers share; `rate_per_s` is that of one server, for whole messages however long."""


@dataclass(frozen=True)
class Sms(ABC):
    """Messages to numbers that are found once the alert has come.

    Attributes
    ----------
    finding
        The parameter that says how long finding the numbers takes, seconds.
    """

    name: str
    parameters: tuple[Parameter, ...]
    finding: str

    @abstractmethod
    def plans(self, stage: Stage) -> list[sms_queue.Plan]:
        """Return what each server is to do, as things stand now."""

    def exposure(self, world: World, values: Mapping[str, float]) -> Exposure:
        """Say how rows differ; any phone takes a message.

        Raises
        ------
        EmptyLayerError
            No cell ever serves anybody.
        """
        if not is_ever_served(world):
            msg = (
                f"{self.name}: no cell and no coverage layer serves anybody at any time, so no message arrives; "
                "give a network (cell sites or coverage layers), or leave the channel out"
            )
            raise EmptyLayerError(msg)
        rows = world.rows
        kind, row = rows.kinds(*phone_columns(world), rows.group, rows.in_area)
        return Exposure(kind, np.full(row.size, values["deliverable"]), row)

    def play(self, stage: Stage, notice: Notice) -> Process:
        """Find the numbers, send to all of them, and try again where that fails."""
        values = stage.values
        over, _ = newest(stage, notice.identifier)
        # A silent phone makes no sound for a message.
        at_once = (values["noticed_awake"], values["noticed_asleep"])
        noticing = Noticing(stage, at_once, values["looks_every_s"], silenced=True)
        noticing.refresh()
        stage.record("on_air")
        yield stage.env.timeout(values[self.finding])
        if not over():
            yield from sms_queue.send(stage, self.plans(stage), over, noticing)


def plan_of(values: Mapping[str, float], selected: F64, known: F64) -> sms_queue.Plan:
    """Return what one server is to do."""
    return sms_queue.Plan(
        selected=selected,
        known=known,
        rate_per_s=values["rate_per_s"] * values["congestion"],
        tries=round(values["tries"]),
        retry_s=values["retry_s"],
        delivered=values["attempt_delivers"],
        start_s=values["transit_s"],
    )
