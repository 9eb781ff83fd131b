"""Location-based SMS: messages to the phones that the network knows in the area, through one server for each operator.

Unlike cell broadcast it takes time in proportion to the people: a million messages at 500 a second are 33 minutes. The
queue is in `sms_queue`, the model as a whole in docs/channels.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.errors import EmptyLayerError
from ew4all.sim.channels import sms_queue
from ew4all.sim.channels.receivers import Noticing, is_ever_served, newest, phone_columns
from ew4all.sim.parameters import Parameter
from ew4all.sim.population import Exposure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.decisions import Notice
    from ew4all.sim.stage import Stage
    from ew4all.sim.world import World

    F64 = NDArray[np.float64]

__all__ = ["PARAMETERS", "SENDING", "LocationSms", "exposure_of"]


def _share(name: str, value: float, low: float, high: float, source: str, confidence: str = "judgement") -> Parameter:  # fmt: skip
    return Parameter(name, value, "share", low, high, source, confidence, most=1.0)


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
    _share("deliverable", 0.98, 0.90, 1.0, "chosen: phones that take a message at all; full memories and blocked senders do not"),
    _share(
        "attempt_delivers", 0.94, 0.85, 0.98,
        "94 % of enrolled numbers in the pilot of BE-Alert (CM.com); it held phones that were off, which are counted apart here", "derived",
    ),
    Parameter("tries", 4.0, "1", 1.0, 10.0, "chosen: attempts before a message is given up", "judgement", least=1.0, most=50.0),
    Parameter("retry_s", 300.0, "s", 60.0, 1800.0, "chosen: pause before the second attempt; each later one is twice as long", "judgement", least=1.0),
    Parameter("transit_s", 5.0, "s", 1.0, 30.0, "chosen: from the server to the phone", "judgement"),
    _share("noticed_awake", 0.75, 0.4, 0.9, "chosen: hears the tone of an ordinary message and looks, of those whose phone is not silent"),
    _share("noticed_asleep", 0.20, 0.05, 0.4, "chosen: wakes up by it"),
    Parameter("looks_every_s", 1200.0, "s", 300.0, 3600.0, "as cell_broadcast", "derived", least=1.0),
)  # fmt: skip
"""What all messages to numbers share; `rate_per_s` is that of one server, for whole messages however long."""

PARAMETERS: Final = (
    *SENDING,
    Parameter("query_s", 60.0, "s", 5.0, 600.0, "chosen: the network lists the phones in the area", "judgement"),
    _share("stale", 0.05, 0.02, 0.10, "reference/validation.md 8.3: the network believes the phone elsewhere; the same number elsewhere is believed here"),
    Parameter(
        "location_kept_s", 3 * 3600.0, "s", 1800.0, 24 * 3600.0,
        "chosen: for so long a phone whose cell failed, or that went off, is still listed where it was", "judgement",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class LocationSms:
    """Messages to the phones in the cells of the area, a server for each operator."""

    name: str = "location_sms"
    parameters: tuple[Parameter, ...] = PARAMETERS

    def exposure(self, world: World, values: Mapping[str, float]) -> Exposure:
        """Say how rows differ; any phone takes a message.

        Raises
        ------
        EmptyLayerError
            No cell ever serves anybody.
        """
        return exposure_of(self.name, world, values)

    def play(self, stage: Stage, notice: Notice) -> Process:
        """List the phones of the area, send to all of them, and try again where that fails."""
        values = stage.values
        over, _ = newest(stage, notice.identifier)
        noticing = noticing_of(stage)
        noticing.refresh()
        stage.record("on_air")
        yield stage.env.timeout(values["query_s"])
        if over():
            return
        known, selected = sms_queue.known_phones(stage), _listed(stage)
        operator = sms_queue.operators_of(stage)
        plans = [
            plan_of(values, np.where(operator == k, selected, 0.0), known)
            for k in np.unique(operator[operator >= 0])
        ]
        yield from sms_queue.send(stage, plans, over, noticing)


def exposure_of(name: str, world: World, values: Mapping[str, float]) -> Exposure:
    """Say how rows differ for messages to numbers.

    Raises
    ------
    EmptyLayerError
        No cell ever serves anybody.
    """
    if not is_ever_served(world):
        msg = (
            f"{name}: no cell and no coverage layer serves anybody at any time, so no message arrives; "
            "give a network (cell sites or coverage layers), or leave the channel out"
        )
        raise EmptyLayerError(msg)
    rows = world.rows
    kind, row = rows.kinds(*phone_columns(world), rows.group, rows.in_area)
    return Exposure(kind, np.full(row.size, values["deliverable"]), row)


def noticing_of(stage: Stage) -> Noticing:
    """Return how soon people notice a message: a silent phone makes no sound for it."""
    values = stage.values
    at_once = (values["noticed_awake"], values["noticed_asleep"])
    return Noticing(stage, at_once, values["looks_every_s"], silenced=True)


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


def _listed(stage: Stage) -> F64:
    """Return the share of each kind that its network believes in the cells of the area."""
    world, row, values = stage.world, stage.exposure.row, stage.values
    service, rows = world.service, world.rows
    last = service.epoch(stage.now_s)
    first = service.epoch(stage.now_s - values["location_kept_s"])
    # Where a phone was last seen counts while nothing newer is known of it.
    seen = np.zeros(service.technology.shape[0], bool)
    for epoch in range(first, last + 1):
        served = service.technology[:, epoch] >= 0
        seen = np.where(served, service.addressed[:, epoch], seen)
    here = seen[rows.service]
    listed = np.zeros(row.size)
    for operator in np.unique(rows.operator[rows.operator >= 0]):
        own = rows.operator == operator
        people = rows.people[own].sum()
        part = float(rows.people[own & here].sum() / people) if people > 0 else 0.0
        believed = np.where(here[row], 1.0 - values["stale"] * (1.0 - part), values["stale"] * part)
        listed = np.where(rows.operator[row] == operator, believed, listed)
    return listed
