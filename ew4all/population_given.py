"""What is asked of population sources, checked before anything is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ew4all.errors import OptionError

__all__ = ["Given", "must_fit_together"]


@dataclass(frozen=True)
class Given:
    """What was asked for; see `ew4all.compare_populations` for the parameters."""

    population: Any
    zones: Any = None
    zone_id: str | None = None
    zone_name: str | None = None
    zones_where: Mapping[str, Any] | None = None
    official: Any = None
    official_column: str | None = None
    official_where: Mapping[str, Any] | None = None
    official_total: float | None = None
    year: Mapping[str, int] | None = None
    to_year: int | None = None
    growth: float | None = None
    series: Any = None
    presence: Any = None
    population_unit: Mapping[str, str] | None = None
    population_column: Mapping[str, str] | None = None
    refine: Mapping[str, Any] | None = None
    cells: bool = True
    title: str | None = None


def must_fit_together(given: Given) -> None:
    """Refuse options that are missing or exclude each other.

    Raises
    ------
    OptionError
        Says which, and what to do.
    """
    if not isinstance(given.population, Mapping) or len(given.population) < 1:
        msg = "name the sources to compare: {'worldpop': FILE, 'census': FILE} (--population NAME=FILE, twice or more)"
        raise OptionError(msg)
    if (
        len(given.population) < 2
        and given.official is None
        and given.official_total is None
        and not given.official_column
    ):
        msg = "one source alone has nothing to be compared with; give another (--population NAME=FILE), or official figures"
        raise OptionError(msg)
    for option, values in (
        ("population_unit", given.population_unit),
        ("population_column", given.population_column),
        ("refine", given.refine),
        ("year", given.year),
    ):
        strange = sorted(set(values or {}) - set(given.population))
        if strange:
            msg = (
                f"{option} names {strange[0]!r}, but the sources are {', '.join(given.population)}"
            )
            raise OptionError(msg)
    told = [
        given.official is not None or given.official_column is not None,
        given.official_total is not None,
    ]
    if all(told):
        msg = "official figures by zone and one official total were given; give one of the two"
        raise OptionError(msg)
    if given.zones is None and (given.official is not None or given.official_column is not None):
        msg = "official figures are by zone: give the zones too (--zones), or one total (--official-total)"
        raise OptionError(msg)
    if given.official is None and given.official_where:
        msg = "rows of official figures were chosen, but no table was given (--official)"
        raise OptionError(msg)
    if given.official_total is not None and not 0.0 < given.official_total < np.inf:
        msg = f"the official total is a number of people above 0, but got {given.official_total!r}"
        raise OptionError(msg)
    if given.to_year is None:
        if given.growth is not None or given.series is not None:
            msg = "a growth or a series of totals is for bringing sources to a year: say to which (--to-year)"
            raise OptionError(msg)
        return
    if (given.growth is None) == (given.series is None):
        msg = "to bring sources to a year, give the growth by year (--growth 0.012) or totals by year (--series CSV), one of them"
        raise OptionError(msg)
    if given.growth is not None and not -0.5 < given.growth < 0.5:
        msg = f"the growth is a share by year, such as 0.012 for 1.2 %, but got {given.growth!r}"
        raise OptionError(msg)
    without = [name for name in given.population if name not in (given.year or {})]
    if without:
        msg = f"the year of {', '.join(without)} was not told (--year {without[0]}=2020), so that it cannot be brought to {given.to_year}"
        raise OptionError(msg)
