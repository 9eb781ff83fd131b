"""Cohorts: people of many pixels who share everything that decides when a warning reaches them, and rows made of them.

A cohort (`Cohorts`) is what folding leaves of millions of pixels; `explode` splits it by the states that make channels
depend on each other into the rows that the engine plays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from ew4all.errors import GridMismatchError, InputError
from ew4all.sim.columns import People
from ew4all.sim.rows import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    I32 = NDArray[np.int32]
    Flags = NDArray[np.bool_]

__all__ = ["STATES", "STATE_CODES", "Cohorts", "explode", "exploded"]

STATES: Final = ("indoors", "awake", "phone_on", "mains_lost")
"""States shared by channels: bit k of a state's code says whether the k-th holds."""

STATE_CODES: Final = 1 << len(STATES)


_NO_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Cohorts(People):
    """Columns of cohorts; every array has shape (cohorts,).

    Attributes
    ----------
    people
        Number of people, not whole.
    zone, group, operator
        Indices into names; the operator is -1 for people who are nobody's customers.
    in_area, at_risk
        Whether they are in the warning area, and in the hazard's footprint.
    arrival_s
        When the hazard arrives, seconds after the scenario's zero: the mean over the cohort; infinite where it never does.
    settlement
        0 rural, 1 suburban, 2 urban.
    siren
        Class of siren level, -1 where no siren is near.
    service, service_indoors
        History of service of a phone outdoors and of the same phone inside a building, indices into `Service`. What walls
        take is in the second already.
    """

    entry: ClassVar[str] = "cohort"

    zone: I32
    group: I32
    in_area: Flags
    at_risk: Flags
    arrival_s: F64
    settlement: NDArray[np.int8]
    siren: I32
    operator: I32
    service: I32
    service_indoors: I32


def explode(cohorts: Cohorts, shares: F64) -> Rows:
    """Split cohorts by the states that channels share.

    Parameters
    ----------
    shares
        Part of each cohort in each state, shape (cohorts, `STATE_CODES`), each row adding up to 1; see `STATES` for the code.
        `ew4all.sim.states.state_shares` gives them.

    Returns
    -------
    Rows, of which no two have the same columns: cohorts that differ in the service of phones indoors alone are one outdoors.
    States that nobody is in give no row.

    Raises
    ------
    GridMismatchError, InputError
        Shares of another shape, or that do not add up.
    """
    shape = (len(cohorts), STATE_CODES)
    if shares.shape != shape:
        msg = f"shares of states have shape {shares.shape}, but {shape} is needed: one row a cohort, one column a state"
        raise GridMismatchError(msg)
    low = float(shares.min(initial=0.0))
    off = float(np.abs(shares.sum(axis=1) - 1.0).max(initial=0.0))
    if not (low >= 0.0 and off < _NO_ROUNDING):
        msg = (
            f"shares of states must be 0 or more and add up to 1 in every cohort, but the least is {low:g} and one sum is off "
            f"by {off:g}; check the tables of the audience"
        )
        raise InputError(msg)
    return exploded(cohorts, shares)[0].merged()


def exploded(cohorts: Cohorts, shares: F64) -> tuple[Rows, NDArray[np.intp], F64]:
    """Split cohorts as `explode` does, without taking rows together: rows, the cohort of each, its part of the cohort."""
    cohort, state = np.nonzero((shares > 0.0) & (cohorts.people > 0.0)[:, None])
    flags = {name: (state >> k) & 1 == 1 for k, name in enumerate(STATES)}
    weight: F64 = shares[cohort, state]
    rows = Rows(
        people=cohorts.people[cohort] * weight,
        **{name: getattr(cohorts, name)[cohort] for name in _KEPT},
        service=np.where(
            flags["indoors"], cohorts.service_indoors[cohort], cohorts.service[cohort]
        ),
        **flags,
    )
    return rows, cohort, weight


_KEPT: Final = (
    "zone", "group", "in_area", "at_risk", "arrival_s", "settlement", "siren", "operator",
)  # fmt: skip
