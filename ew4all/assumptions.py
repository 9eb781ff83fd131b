"""What is assumed where nothing was measured: one table, each row with its source, each value replaceable.

`TABLE` holds the device steps of the waterfall in their order. Each value is the share of the people who were left at the
step before. The default chain, `network_broadcasts` to `not_opted_out`, is 0.86; with `received` and `noticed` 0.79 of the
people who are covered. National tests measured, as a share of various publics and with coverage included: Netherlands 0.90
(June 2020, a mature system), Norway 0.78 (June 2023, first test) and 0.92 (January 2024), Germany 0.54 (December 2022, first
test) and 0.72 (September 2023). A country with a survey of its own should replace these rows.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ew4all.errors import AssumptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEVICE_STEPS", "TABLE", "Assumption", "markdown", "resolve"]


@dataclass(frozen=True, slots=True)
class Assumption:
    """One row of the table.

    Attributes
    ----------
    name
        What `resolve` and ``--assume`` call it.
    value, low, high
        Default and plausible range, in `unit`.
    unit
        ``"fraction"`` of the people left at the step before.
    meaning
        What the number is the share of.
    source
        Where the value comes from, and what speaks for or against it.
    range_source
        Where the range comes from.
    confidence
        ``"derived"`` (computed from a published measurement) or ``"judgement"`` (chosen for this project; no
        publication gives it).
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    meaning: str
    source: str
    range_source: str
    confidence: str


TABLE: Final[tuple[Assumption, ...]] = (
    Assumption(
        name="network_broadcasts",
        value=0.99,
        low=0.93,
        high=1.0,
        unit="fraction",
        meaning="the cells that serve covered people have the message on air",
        source="chosen for a network with all sites working",
        range_source=(
            "low: test of 23 April 2023 in the United Kingdom, 7 % of eligible phones missed, mainly by "
            "a fault of one operator (Deputy Prime Minister in the Commons, quoted by upday)"
        ),
        confidence="judgement",
    ),
    Assumption(
        name="has_phone",
        value=0.95,
        low=0.56,
        high=0.98,
        unit="fraction",
        meaning="has a mobile phone with them",
        source=(
            "chosen for people aged 12 and over; 0.97 (with device_on 0.98) fits the Netherlands"
        ),
        range_source=(
            "low: people aged 10 and over who own a mobile phone in low-income countries, 56 % (world about 80 %, "
            "high-income above 95 %): ITU, Facts and Figures 2024; high: chosen"
        ),
        confidence="judgement",
    ),
    Assumption(
        name="device_capable",
        value=0.97,
        low=0.34,
        high=0.99,
        unit="fraction",
        meaning="the phone can show a cell broadcast warning on the network it uses",
        source=(
            "chosen; agrees with 97 % of active phones in Norway, January 2026 (DSB, quoted by digi.no)"
        ),
        range_source=(
            "low: 34 % in the first test of New Zealand, 26 November 2017 (MCDEM, quoted by Newshub and Otago "
            "Daily Times); United Kingdom 2023 about 80 % (HCWS740); high: chosen"
        ),
        confidence="judgement",
    ),
    Assumption(
        name="device_on",
        value=0.96,
        low=0.85,
        high=0.98,
        unit="fraction",
        meaning="the phone is on and not in flight mode",
        source="chosen for the day; 0.98 (with has_phone 0.97) fits the Netherlands",
        range_source="low: chosen for the night; a power cut of more than half a day lowers it further",
        confidence="judgement",
    ),
    Assumption(
        name="not_opted_out",
        value=0.98,
        low=0.60,
        high=1.0,
        unit="fraction",
        meaning="warnings of this level are not switched off",
        source="chosen; no survey was read, but opting out is commonest where alerts are frequent",
        range_source=(
            "low: capable and not opted out together must be near 0.60 to explain 54 % in Germany, 8 December "
            "2022 (BBK, quoted by heise)"
        ),
        confidence="judgement",
    ),
    Assumption(
        name="received",
        value=0.95,
        low=0.54,
        high=0.99,
        unit="fraction",
        meaning="the phone of a covered person decodes the message where it is, indoors or out",
        source=(
            "0.916 / (0.99 x 0.97): 8.4 % of opted-in phones on 4G missed the nationwide test of 11 August 2021 in "
            "the United States (FCC PSHSB, December 2021, quoted by Warren News), without the shares for broadcast "
            "and noticed"
        ),
        range_source=(
            "low: everybody indoors where the median outdoors is -100 dBm at 0.8 GHz and the phone needs -120 "
            "dBm, shadowing 8 dB, building entry loss by ITU-R P.2109, 70 % traditional (0.689) and 30 % thermally "
            "efficient (0.203) buildings; high: the same outdoors (0.994)"
        ),
        confidence="derived",
    ),
    Assumption(
        name="noticed",
        value=0.97,
        low=0.60,
        high=0.99,
        unit="fraction",
        meaning="somebody hears or sees the warning on the phone",
        source="chosen for people who are awake",
        range_source="low: chosen for people who are asleep; high: chosen",
        confidence="judgement",
    ),
)
"""The assumptions, in the order of the waterfall."""

DEVICE_STEPS: Final = tuple(row.name for row in TABLE)
"""Steps of the waterfall after `covered`, in order."""


def resolve(overrides: Mapping[str, float]) -> dict[str, float]:
    """Return the value of every assumption, with some of them replaced.

    Parameters
    ----------
    overrides
        Name to value, 0..1.

    Returns
    -------
    dict
        All names, in the order of `TABLE`.

    Raises
    ------
    AssumptionError
        A name does not exist, or a value is not a number in 0..1.
    """
    values = {row.name: row.value for row in TABLE}
    for name, value in overrides.items():
        if name not in values:
            near = difflib.get_close_matches(name, values, n=1)
            guess = f" (did you mean {near[0]}?)" if near else ""
            msg = (
                f"there is no assumption called {name!r}{guess}; the names are {', '.join(values)}"
            )
            raise AssumptionError(msg)
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not 0.0 <= number <= 1.0:
            msg = f"the assumption {name} is a fraction of people, 0 to 1, but got {value!r}"
            percent = (
                f"; for {number:g} % write {number / 100.0:g}" if 1.0 < number <= 100.0 else ""
            )
            raise AssumptionError(msg + percent)
        values[name] = number
    return values


def markdown() -> str:
    """Return the table in Markdown, for documents; it ends with a line break."""
    lines = [
        "| step | default | range | share of those left who | source of the default | source of the range | confidence |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{row.name}` | {row.value:g} | {row.low:g}–{row.high:g} | {row.meaning} | {row.source} | "
        f"{row.range_source} | {row.confidence} |"
        for row in TABLE
    ]
    return "\n".join(lines) + "\n"
