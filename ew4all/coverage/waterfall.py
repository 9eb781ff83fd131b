"""The waterfall: from everybody in the warning area to the people who notice the warning on their phone.

Each person sits in exactly one row: who falls at a step is lost there, and the last row holds who is left.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from ew4all.assumptions import DEVICE_STEPS
from ew4all.errors import InputError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Step", "operator_factor", "waterfall"]

_ROUNDING = 1e-6


class Step(NamedTuple):
    """People left after a step, and people who fell at it."""

    step: str
    people: float
    lost: float


def waterfall(
    in_area: float,
    covered_any: float | None,
    factors: Mapping[str, float],
    operator_factor: float = 1.0,
) -> tuple[Step, ...]:
    """Return the rows ``in_area``, ``covered`` and the device steps, in the order of `DEVICE_STEPS`.

    Parameters
    ----------
    in_area
        People in the warning area.
    covered_any
        People among them whom any layer covers; None where there is no layer at all. Then nothing is known beyond the
        first row, and it is the only one.
    factors
        Share of people who pass each device step, 0..1 (`ew4all.assumptions.resolve`).
    operator_factor
        Share of the covered people whom their own operator covers; it acts in the step ``received``.

    Returns
    -------
    tuple of Step
        `people` never rises; the losses and the last row add up to `in_area`.

    Raises
    ------
    InputError
        More people are covered than are in the area, or a number is negative or not finite.
    """
    numbers = (in_area, 0.0 if covered_any is None else covered_any, operator_factor)
    if not all(math.isfinite(n) and n >= 0.0 for n in numbers):
        msg = f"people cannot be counted with {in_area} in area, {covered_any} covered and a share of {operator_factor}"
        raise InputError(msg)
    rows = [Step("in_area", in_area, 0.0)]
    if covered_any is None:
        return tuple(rows)
    if covered_any > in_area * (1.0 + _ROUNDING) + _ROUNDING:
        msg = f"{covered_any} people are covered in an area of {in_area}: a coverage layer exceeds 1 somewhere"
        raise InputError(msg)
    left = min(covered_any, in_area)  # sums over polygons may differ in their last digit
    rows.append(Step("covered", left, in_area - left))
    for name in DEVICE_STEPS:
        share = factors[name] * (min(operator_factor, 1.0) if name == "received" else 1.0)
        rows.append(Step(name, left * share, left - left * share))
        left = left * share
    return tuple(rows)


def operator_factor(
    shares: Mapping[str, float],
    covered_by_operator: Mapping[str, float],
    covered_any: float,
) -> tuple[float, tuple[str, ...]]:
    """Return the share of the covered people whom their own operator covers, and what had to be decided.

    A phone hears its own network, so a person whom only another operator covers is not reached. Subscribers are taken
    to be spread alike everywhere: sum of share x covered by that operator, over covered by any.

    Parameters
    ----------
    shares
        Operator to its share of the subscribers, 0..1. Where they add up to less than 1, the rest are subscribers
        of operators without a layer: nothing is known of their networks, so they count as covered wherever anybody
        is, and a note says so.
    covered_by_operator
        People in the warning area whom each operator with a layer covers, by any technology.
    covered_any
        People in the warning area whom any layer covers.

    Returns
    -------
    factor, notes
        The factor is 1 where no share is given.

    Raises
    ------
    OptionError
        A share is not in 0..1, the shares exceed 1 together, or an operator has no coverage layer.
    """
    if not shares:
        if len(covered_by_operator) < 2:
            return 1.0, ()
        note = (
            "no market shares were given: a person whom any operator covers counts as covered by their own; "
            "give --operator-share for each operator to tell them apart"
        )
        return 1.0, (note,)
    for name, share in shares.items():
        if not (math.isfinite(share) and 0.0 <= share <= 1.0):
            msg = f"the market share of {name} is a fraction, 0 to 1, but got {share}"
            raise OptionError(msg)
        if name not in covered_by_operator:
            known = ", ".join(sorted(covered_by_operator)) or "none"
            msg = (
                f"a market share was given for {name!r}, which has no coverage layer (operators with one: {known}); "
                "correct the name, add its layer, or leave its share out"
            )
            raise OptionError(msg)
    known_share = math.fsum(shares.values())
    if known_share > 1.0 + _ROUNDING:
        msg = f"the market shares add up to {known_share:g}, which is more than 1"
        raise OptionError(msg)
    rest = max(0.0, 1.0 - known_share)
    notes = []
    if rest > _ROUNDING:
        unnamed = sorted(set(covered_by_operator) - set(shares))
        whose = f" ({', '.join(unnamed)} among them)" if unnamed else ""
        notes.append(
            f"the market shares add up to {known_share:g}: the other {rest:.0%} of subscribers{whose} count as "
            "covered wherever any layer covers, which is the most that is possible"
        )
    if covered_any <= 0.0:
        return 1.0, tuple(notes)
    own = math.fsum(share * covered_by_operator[name] for name, share in shares.items())
    return min(1.0, own / covered_any + rest), tuple(notes)
