"""People folded to rows: everybody in a row has the same chances through every channel.

A row is a cohort (people who share zone, hazard arrival, group, settlement, siren level and history of service) in one
of the shared states that make channels depend on each other: indoors or not, awake or not, phone on or off, mains on or
off. Within a row channels are independent (`reference/validation.md` 1.5 shows how well that holds).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ew4all.sim.columns import People, kinds_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    I32 = NDArray[np.int32]
    Flags = NDArray[np.bool_]

NO_SERVICE = -1
"""Technology of somebody whom no cell serves."""


@dataclass(frozen=True, eq=False)
class Rows(People):
    """Columns of rows; every array has shape (rows,).

    Attributes
    ----------
    people
        Number of people, not whole.
    zone, group
        Indices into the names of zones and groups.
    in_area, at_risk
        Whether they are in the warning area, and in the hazard's footprint.
    arrival_s
        When the hazard arrives there, seconds after the scenario's zero; infinite outside the footprint.
    settlement
        0 rural, 1 suburban, 2 urban.
    siren
        Class of siren level, an index into `World.siren_db`; -1 where no siren is near.
    operator
        Whose customer they are; -1 where nobody's.
    service
        History of service: an index into `World.service`.
    indoors, awake, phone_on
        State when the alert is issued.
    mains_lost
        Whether their supply fails in this run when that of their zone does.
    """

    entry: ClassVar[str] = "row"

    zone: I32
    group: I32
    in_area: Flags
    at_risk: Flags
    arrival_s: F64
    settlement: NDArray[np.int8]
    siren: I32
    operator: I32
    service: I32
    indoors: Flags
    awake: Flags
    phone_on: Flags
    mains_lost: Flags

    def kinds(self, *columns: NDArray[Any]) -> tuple[I32, NDArray[np.intp]]:
        """Give rows numbers by what differs between them for a channel.

        Parameters
        ----------
        columns
            Arrays of shape (rows,), those that the channel depends on.

        Returns
        -------
        kind of each row, shape (rows,); one row of each kind, shape (kinds,)
        """
        if not columns:
            return np.zeros(len(self), np.int32), np.zeros(min(1, len(self)), np.intp)
        return kinds_of(columns)
