"""Address-based SMS: messages to the numbers registered at addresses in the area, through one national gateway.

It finds who lives in the area, not who is there: visitors get nothing, residents who are away get it all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.sim.channels import sms_queue
from ew4all.sim.channels.sms import SENDING, Sms, plan_of
from ew4all.sim.parameters import Parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.sim.stage import Stage

    F64 = NDArray[np.float64]

__all__ = ["PARAMETERS", "AddressSms"]

PARAMETERS: Final = (
    *SENDING,
    Parameter(
        "enrolled", 0.30, "share", 0.15, 1.0,
        "numbers that are on the list: 25 to 30 % where people sign up (Camp Fire 2018, LA Times); 1 where operators give all of them "
        "(Australia)", "published", most=1.0,
    ),
    Parameter("up_to_date", 0.90, "share", 0.70, 1.0, "chosen: of these, still the number and the address", "judgement", most=1.0),
    Parameter("away", 0.15, "share", 0.02, 0.50, "chosen: of the people in the area, registered elsewhere; as many of its residents are outside", "judgement", most=1.0),
    Parameter("prepare_s", 120.0, "s", 10.0, 900.0, "chosen: the list of numbers is drawn up", "judgement"),
)  # fmt: skip


@dataclass(frozen=True)
class AddressSms(Sms):
    """Messages to registered numbers, one gateway for all operators."""

    name: str = "address_sms"
    parameters: tuple[Parameter, ...] = PARAMETERS
    finding: str = "prepare_s"

    def plans(self, stage: Stage) -> list[sms_queue.Plan]:
        """Send to all numbers registered in the area."""
        return [plan_of(stage.values, _registered(stage), sms_queue.known_phones(stage))]


def _registered(stage: Stage) -> F64:
    """Return the share of each kind whose number is registered in the area."""
    rows, row, values = stage.world.rows, stage.exposure.row, stage.values
    inside = float(rows.people[rows.in_area].sum())
    outside = float(rows.people[~rows.in_area].sum())
    # Residents who are away are somewhere among the people outside.
    beyond = min(1.0, values["away"] * inside / outside) if outside > 0 else 0.0
    there = np.where(rows.in_area[row], 1.0 - values["away"], beyond)
    return values["enrolled"] * values["up_to_date"] * there
