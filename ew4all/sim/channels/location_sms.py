"""Location-based SMS: messages to the phones that the network knows in the area, through one server for each operator.

Unlike cell broadcast it takes time in proportion to the people: a million messages at 500 a second are 33 minutes. The
queue is in `sms_queue`, the model as a whole in docs/channels.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.sim.channels import sms_queue
from ew4all.sim.channels.sms import SENDING, Sms, plan_of
from ew4all.sim.parameters import Parameter, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.sim.stage import Stage

    F64 = NDArray[np.float64]

__all__ = ["PARAMETERS", "LocationSms"]

PARAMETERS: Final = (
    *SENDING,
    Parameter("query_s", 60.0, "s", 5.0, 600.0, "chosen: the network lists the phones in the area", "judgement"),
    share("stale", 0.05, 0.02, 0.10, "reference/validation.md 8.3: the network believes the phone elsewhere; the same number elsewhere is believed here"),
    Parameter(
        "location_kept_s", 3 * 3600.0, "s", 1800.0, 24 * 3600.0,
        "chosen: for so long a phone whose cell failed, or that went off, is still listed where it was", "judgement",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class LocationSms(Sms):
    """Messages to the phones in the cells of the area, a server for each operator."""

    name: str = "location_sms"
    parameters: tuple[Parameter, ...] = PARAMETERS
    finding: str = "query_s"

    def plans(self, stage: Stage) -> list[sms_queue.Plan]:
        """Send to the phones that each operator's network lists in the area."""
        known, selected = sms_queue.known_phones(stage), _listed(stage)
        operator = sms_queue.operators_of(stage)
        return [
            plan_of(stage.values, np.where(operator == k, selected, 0.0), known)
            for k in np.unique(operator[operator >= 0])
        ]


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
