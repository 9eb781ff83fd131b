"""What cell broadcast costs beside other channels, over some years: ranges, each figure replaceable, nothing free that has no price."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import AssumptionError
from ew4all.planning.costs import COSTS, CURRENCY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.planning.costs import Cost

__all__ = [
    "SETTINGS",
    "Channel",
    "Figures",
    "Range",
    "Setting",
    "channels",
    "figures",
    "present_value",
    "settings_markdown",
    "used_costs",
]


@dataclass(frozen=True, slots=True)
class Range:
    """A figure and its plausible range, `low` <= `value` <= `high`."""

    value: float
    low: float
    high: float

    def times(self, factor: Range | float) -> Range:
        """Return the product of two figures of 0 or more."""
        other = factor if isinstance(factor, Range) else Range(factor, factor, factor)
        return Range(self.value * other.value, self.low * other.low, self.high * other.high)

    def plus(self, other: Range) -> Range:
        """Return the sum."""
        return Range(self.value + other.value, self.low + other.low, self.high + other.high)

    def at_least(self, other: Range) -> Range:
        """Return the larger of two, bound by bound."""
        return Range(
            max(self.value, other.value), max(self.low, other.low), max(self.high, other.high)
        )

    def to_dict(self) -> dict[str, float]:
        """Return the block of the JSON document."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class Setting:
    """What the comparison rests on beside money; as `Cost`, but always with a value."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    confidence: str


SETTINGS: Final = (
    Setting("horizon_years", 10.0, 5.0, 15.0, "years", "chosen: about the life of such a system", "judgement"),
    Setting("discount_rate", 0.05, 0.0, 0.12, "a year", "chosen; development banks take up to 0.12", "judgement"),
    Setting(
        "siren_radius_m", 1379.0, 690.0, 1698.0, "m",
        "125 dB at 30 m is 70 dB there, at 10 dB for each doubling of the distance (rule of FEMA's CPG 1-17); 115 and 128 dB",
        "derived",
    ),
    Setting("siren_people_share", 0.8, 0.5, 1.0, "fraction", "chosen: share of the people who are to live in range of a siren", "judgement"),
    Setting(
        "siren_heard", 0.765, 0.48, 0.765, "fraction",
        "of people in range: Nanticoke, by day 0.765; Germany's test days 2022 and 2023 0.48 to 0.54 of all respondents", "published",
    ),
    Setting("sms_delivered", 0.94, 0.85, 0.95, "fraction", "94 % of enrolled numbers in a Belgian pilot (CM.com); range chosen", "published"),
    Setting(
        "sms_per_s", 500.0, 100.0, 500.0, "messages a second",
        "of all networks together: ceiling of Australia's Emergency Alert; low: one network", "published",
    ),
    Setting(
        "app_installed", 0.16, 0.02, 0.50, "fraction",
        "of all people: 13.6 M users of NINA among 83 M in Germany, after eight years; range chosen", "derived",
    ),
)  # fmt: skip
"""All settings. A row's `name` is the key of ``--cost``, as a cost's is."""

_USED: Final = (
    "usd_per_eur", "usd_per_gbp", "cell_broadcast", "cell_broadcast_least", "cell_broadcast_year", "lb_sms", "lb_sms_year",
    "siren", "siren_year", "warning_app_year", "warning_app_least_year",
)  # fmt: skip
_FRACTIONS: Final = {"siren_people_share", "siren_heard", "sms_delivered", "app_installed"}
_ABOVE_NOTHING: Final = {
    "horizon_years",
    "siren_radius_m",
    "sms_per_s",
    "usd_per_eur",
    "usd_per_gbp",
}


_NO_SMS_PRICE: Final = "No published price was found: ask the operators, and give --cost lb_sms=VALUE and lb_sms_year=VALUE."


def used_costs() -> tuple[Cost, ...]:
    """Return the rows of `COSTS` that the comparison uses."""
    return tuple(row for row in COSTS if row.name in _USED)


def settings_markdown() -> str:
    """Return the settings in Markdown, for documents; it ends with a line break."""
    lines = [
        "| setting | default | range | unit | source | confidence |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{row.name}` | {row.value:g} | {row.low:g}–{row.high:g} | {row.unit} | {row.source} | {row.confidence} |"
        for row in SETTINGS
    ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Figures:
    """Every figure by name, None where there is no price, and which of them the user gave."""

    values: Mapping[str, Range | None]
    given: frozenset[str]

    def __getitem__(self, name: str) -> Range:
        """Return a figure that has a value."""
        found = self.values[name]
        if found is None:
            raise KeyError(name)
        return found

    def price(self, name: str) -> Range | None:
        """Return a figure in `CURRENCY`, None where it has no price."""
        found = self.values[name]
        currency = next(row.currency for row in COSTS if row.name == name)
        if found is None or currency == CURRENCY:
            return found
        return found.times(self[f"usd_per_{currency.lower()}"].value)

    def to_dict(self) -> dict[str, Any]:
        """Return the values by name, for the record of a run; what has no price is absent."""
        return {name: found.value for name, found in self.values.items() if found is not None}


def figures(overrides: Mapping[str, float] | None = None) -> Figures:
    """Return every figure, the given ones without a range in place of the defaults.

    Parameters
    ----------
    overrides
        Name of a row of `COSTS` or `SETTINGS` to its value; NaN: no price.

    Raises
    ------
    AssumptionError
        A name that the comparison does not use, or a value that it cannot have.
    """
    values: dict[str, Range | None] = {}
    for row in used_costs():
        bounds = (row.low, row.high)
        known = row.value is not None
        low, high = (row.value if b is None else b for b in bounds)
        values[row.name] = Range(row.value or 0.0, low or 0.0, high or 0.0) if known else None
    for setting in SETTINGS:
        values[setting.name] = Range(setting.value, setting.low, setting.high)
    for name, value in (overrides or {}).items():
        if name not in values:
            near = difflib.get_close_matches(name, values, n=1)
            guess = f" (did you mean {near[0]}?)" if near else ""
            others = (
                " (it is a cost of `plan measures`)" if any(name == c.name for c in COSTS) else ""
            )
            msg = f"feasibility uses no cost called {name!r}{others}{guess}; the names are {', '.join(values)}"
            raise AssumptionError(msg)
        values[name] = _checked(name, float(value))
    return Figures(values, frozenset(overrides or {}))


def _checked(name: str, number: float) -> Range | None:
    if math.isnan(number):
        if name in {row.name for row in SETTINGS} or name.startswith("usd_per_"):
            msg = f"{name} must have a value; leave it out to take the default"
            raise AssumptionError(msg)
        return None
    most = 1.0 if name in _FRACTIONS else 1e15
    if name == "horizon_years":
        most = 100.0
    if name == "discount_rate":
        most = 1.0
    least = 1e-9 if name in _ABOVE_NOTHING else 0.0
    if not least <= number <= most:
        bound = f"0 to {most:g}" if most <= 100.0 else "0 or more"
        above = ", not 0" if least > 0.0 else ""
        msg = f"{name} is a number of {bound}{above}, but got {number:g}"
        raise AssumptionError(msg)
    return Range(number, number, number)


def present_value(capital: float, a_year: float, years: float, rate: float) -> float:
    """Return capital and what it costs every year, at the end of each, discounted to today.

    Parameters
    ----------
    rate
        A year, 0 or more. At 0 the sum of all payments. A part of a year counts as a part of a payment.
    """
    whole = math.floor(years)
    sum_of_years = sum((1.0 + rate) ** -k for k in range(1, whole + 1))
    rest = (years - whole) * (1.0 + rate) ** -(whole + 1)
    return capital + a_year * (sum_of_years + rest)


@dataclass(frozen=True)
class Channel:
    """One way to warn: whom it reaches and what it costs; money in `CURRENCY`.

    Attributes
    ----------
    reached
        People who have the warning on their device, or are in hearing of a siren and hear it.
    capital, year, whole
        Once, every year, and both over the years of the comparison, discounted; None where there is no price.
    minutes
        Until the last of them has it, None where it is not a matter of load.
    number
        How many are built, where that is counted.
    note
        What a reader must know.
    """

    id: str
    name: str
    reached: Range | None
    capital: Range | None
    year: Range | None
    whole: Range | None
    minutes: Range | None = None
    number: Range | None = None
    note: str = ""

    @property
    def is_priced(self) -> bool:
        """Whether what it costs over the years is known."""
        return self.whole is not None

    def per_head(self, people: float) -> Range | None:
        """Return the cost over the years of each of some people; None without a price or without people."""
        if self.whole is None or not people > 0.0:
            return None
        return self.whole.times(1.0 / people)

    @property
    def per_reached(self) -> Range | None:
        """Cost over the years of each person reached: the range is that of the price alone."""
        return None if self.reached is None else self.per_head(self.reached.value)

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON document; what is not known is absent."""
        out: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "priced": self.is_priced,
        }
        for key in ("reached", "capital", "year", "whole", "per_reached", "minutes", "number"):
            found = getattr(self, key)
            if found is not None:
                out[key] = found.to_dict()
        return out


def channels(
    people: float,
    *,
    cell_broadcast: Range | None,
    sms: Range | None,
    sirens: Range | None,
    in_siren_range: float,
    known: Figures,
    siren_caution: str = "",
) -> tuple[Channel, ...]:
    """Return cell broadcast, location-based SMS, sirens and an app, side by side.

    Parameters
    ----------
    people
        In the country.
    cell_broadcast, sms
        People whose phone gets the message: of cell broadcast, and of SMS before it is delivered; None without coverage.
    sirens, in_siren_range
        Sirens that are needed, and the people in their range; None where nobody counted.
    siren_caution
        What is to be said of that count.
    """
    years, rate = known["horizon_years"].value, known["discount_rate"].value

    def priced(capital: Range | None, year: Range | None) -> Range | None:
        if capital is None or year is None:
            return None
        return Range(
            *(
                present_value(getattr(capital, k), getattr(year, k), years, rate)
                for k in ("value", "low", "high")
            )
        )

    def of(id_: str, name: str, reached: Range | None, capital: Range | None, year: Range | None, **more: Any) -> Channel:  # fmt: skip
        return Channel(id_, name, reached, capital, year, priced(capital, year), **more)

    delivered = minutes = None
    if sms is not None:
        delivered = sms.times(known["sms_delivered"])
        a_second = known["sms_per_s"]
        # The fastest gateway gives the shortest time.
        speeds = (a_second.value, a_second.high, a_second.low)
        minutes = Range(*(sms.value / speed / 60.0 for speed in speeds))
    found = [
        of(
            "cell_broadcast", "Cell broadcast", cell_broadcast,
            _scaled(known, "cell_broadcast", "cell_broadcast_least", people), known.price("cell_broadcast_year"),
            note="Seconds to minutes, whatever the number of phones. The published sum a person includes three years of running.",
        ),
        of(
            "lb_sms", "Location-based SMS", delivered, known.price("lb_sms"), known.price("lb_sms_year"), minutes=minutes,
            note="" if known.price("lb_sms") and known.price("lb_sms_year") else _NO_SMS_PRICE,
        ),
    ]  # fmt: skip
    if sirens is not None:
        heard = known["siren_heard"].times(in_siren_range)
        found.append(
            of(
                "sirens", "Sirens", heard, _times(known.price("siren"), sirens),
                _times(known.price("siren_year"), sirens), number=sirens,
                note=f"They wake and call to attention; what to do must be told by another channel.{siren_caution}",
            )
        )  # fmt: skip
    app = known["app_installed"].times(people)
    found.append(
        of(
            "app", "Warning app", app, Range(0.0, 0.0, 0.0),
            _scaled(known, "warning_app_year", "warning_app_least_year", people),
            note="The published sum is for building and running together. It needs mobile internet at the moment of the warning.",
        )
    )  # fmt: skip
    return tuple(found)


def _scaled(known: Figures, a_head: str, least: str, people: float) -> Range | None:
    """Return a price a head times the people, but no less than what a country pays at least; None where either is not known."""
    price, floor = known.price(a_head), known.price(least)
    return None if price is None or floor is None else price.times(people).at_least(floor)


def _times(price: Range | None, number: Range) -> Range | None:
    return None if price is None else price.times(number)
