"""Answers of population sources by place, and what becomes of them at other totals: a year, official figures, day and season."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.raking import raked, total_of_year
from ew4all.errors import OptionError
from ew4all.population_results import AS_GIVEN, RAKED, TO_YEAR, Case, Counts, ZoneComparison

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.population_given import Given
    from ew4all.readers.official import Official, Presence, Series
    from ew4all.units import F64

__all__ = ["Answers", "Stages", "cases_of", "stages_of", "zones_of"]


@dataclass(frozen=True)
class Answers:
    """What one source counts in each place: zones, or the whole where there are none."""

    people: F64
    columns: Mapping[str, F64]
    outside: float
    total: float

    def counts(self, factor: F64) -> Counts:
        """Return the answers of all places together, each place times its factor."""
        return Counts(
            people=float((self.people * factor).sum()),
            **{name: float((values * factor).sum()) for name, values in self.columns.items()},
        )

    def of(self, place: int, factor: F64) -> Counts:
        """Return the answers of one place."""
        one = np.zeros(factor.size)
        one[place] = factor[place]
        return self.counts(one)


@dataclass(frozen=True)
class Stages:
    """Answers stage by stage, the factors of the last stage by source and place, and people who have no place."""

    stages: tuple[Case, ...]
    factors: Mapping[str, F64]
    unplaced: Mapping[str, F64]


def stages_of(
    given: Given,
    answers: Mapping[str, Answers],
    figures: Official | None,
    series: Series | None,
    notes: list[str],
) -> Stages:
    """Bring the sources to a year and to official figures, as far as these were given.

    Raises
    ------
    OptionError
        A year outside the series, or a source without anybody for an official total.
    """
    factors = {name: np.ones(a.people.size) for name, a in answers.items()}
    unplaced = {name: np.zeros(a.people.size) for name, a in answers.items()}

    def stage(name: str) -> Case:
        return Case(name, {source: a.counts(factors[source]) for source, a in answers.items()})

    stages = [stage(AS_GIVEN)]
    if given.to_year is not None:
        for name in answers:
            growth = _growth(given, name, series)
            factors[name] = factors[name] * growth
            notes.append(
                f"source {name}: {(given.year or {})[name]} to {given.to_year}, times {growth:.4f}"
            )
        stages.append(stage(TO_YEAR))
    if figures is not None:
        for name, a in answers.items():
            found = raked(a.people * factors[name], figures.people)
            factors[name] = factors[name] * found.factor
            unplaced[name] = found.unplaced
        stages.append(stage(RAKED))
    elif given.official_total is not None:
        for name, a in answers.items():
            whole = float((a.people * factors[name]).sum())
            if whole <= 0.0:
                msg = f"source {name} has nobody there, so that the official total cannot be placed by it"
                raise OptionError(msg)
            factors[name] = factors[name] * (given.official_total / whole)
        stages.append(stage(RAKED))
    return Stages(tuple(stages), factors, unplaced)


def _growth(given: Given, name: str, series: Series | None) -> float:
    begin, end = (given.year or {})[name], given.to_year or 0
    if series is None:
        return float((1.0 + (given.growth or 0.0)) ** (end - begin))
    first, last = int(series.years[0]), int(series.years[-1])
    for year in (begin, end):
        if not first <= year <= last:
            msg = f"the totals by year run from {first} to {last} and do not tell {year}; add a row for it"
            raise OptionError(msg)
    return total_of_year(end, series.years, series.people) / total_of_year(
        begin, series.years, series.people
    )


def cases_of(
    presences: Sequence[Presence],
    answers: Mapping[str, Answers],
    factors: Mapping[str, F64],
    notes: list[str],
) -> tuple[Case, ...]:
    """Return the answers at other times of the day or season, at the factors of the last stage."""
    out = []
    for presence in presences:
        counts = {}
        for name, a in answers.items():
            residents = a.people * factors[name]
            factor = factors[name] * _there(presence, residents)
            counts[name] = a.counts(factor)
            lost = float(presence.visitors[residents <= 0.0].sum())
            if lost > 0.0:
                notes.append(
                    f"{presence.name}: {lost:,.0f} visitors are in zones where source {name} has nobody; they cannot be placed"
                )
        out.append(Case(presence.name, counts))
        whole = next(iter(counts.values())).people
        base = float((next(iter(answers.values())).people * next(iter(factors.values()))).sum())
        notes.append(
            f"{presence.name}: {whole / base - 1.0:+.1%} people beside the residents; visitors are placed as the residents of their zone are"
        )
    return tuple(out)


def _there(presence: Presence, residents: F64) -> F64:
    """Return people who are there over residents, by zone; where nobody lives nobody can be placed."""
    out = presence.factor.copy()
    np.divide(
        residents * presence.factor + presence.visitors, residents, out=out, where=residents > 0.0
    )
    return out


def zones_of(
    answers: Mapping[str, Answers],
    factors: Mapping[str, F64],
    names: list[tuple[str, str]],
    figures: Official | None,
) -> tuple[ZoneComparison, ...]:
    """Return every zone with the answers of every source at the first and the last stage."""
    ones = np.ones(len(names))
    out = []
    for k, (zone, name) in enumerate(names):
        figure = (
            None if figures is None or np.isnan(figures.people[k]) else float(figures.people[k])
        )
        out.append(
            ZoneComparison(
                zone,
                name,
                {source: a.of(k, ones) for source, a in answers.items()},
                {source: a.of(k, factors[source]) for source, a in answers.items()},
                figure,
            )
        )
    return tuple(out)
