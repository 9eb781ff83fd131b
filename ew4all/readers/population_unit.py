"""The unit of a population raster: people per cell, or people per area.

The first of these that speaks decides: what the caller says; what the file says (the tag
``EW4ALL_UNIT``, the band's unit, its description); else people per cell, where that makes a
possible world. A wrong guess is wrong by a factor of 100 on a 100 m grid, so a raster that says
nothing and would make an impossible world is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast, get_args

from ew4all.errors import OptionError, PopulationUnitError
from ew4all.units import PEOPLE_PER_KM2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.readers.rasters import Raster

PopulationUnit: TypeAlias = Literal["count", "per_km2", "per_ha"]
UNITS: Final = get_args(PopulationUnit)

MOST_PEOPLE: Final = 1e10
"""The world had 8.2e9 people in 2024 (UN World Population Prospects 2024)."""

DENSEST_CELL_PER_KM2: Final = 5e5
"""Dharavi in Mumbai, among the densest quarters of today, is put at 2.7e5 to 3.5e5 people/km2."""

DENSEST_MEAN_PER_KM2: Final = 2e4
"""Paris within its boulevard has 20,000 people/km2 on 105 km2, denser than any larger territory
but a few cities of Asia; see `SMALL_KM2`."""

SMALL_KM2: Final = 100.0
"""Only below this inhabited area may the mean be above `DENSEST_MEAN_PER_KM2` (Macau, Malé)."""

EMPTIEST_MEAN_PER_KM2: Final = 1.0
"""Namibia and Mongolia have 2 to 3 people/km2; Greenland, with 0.03, has towns on a fine grid."""

EMPTIEST_PEAK_PER_KM2: Final = 300.0
"""A cell with a town in it is denser than this, even where the cell is 20 km wide."""

LARGE_KM2: Final = 1e4
LARGE_CELLS: Final = 30
CERTAINLY: Final = 10.0
"""What was told is refused where it breaks a limit this many times; below that it is noted."""

SILENT: Final = {"", "-", "1", "none", "null", "n/a", "unknown", "undefined", "unitless"}
DESCRIBING_TAGS: Final = {
    "TIFFTAG_IMAGEDESCRIPTION",
    "DESCRIPTION",
    "TITLE",
    "LONG_NAME",
    "UNITS",
    "UNIT",
}

_PER_CELL = re.compile(r"(?:/|\bper)\s*(?:grid[\s-]*)?(?:cell|pixel)")
_PER_KM2 = re.compile(
    r"(?:/|\bper)\s*(?:sq(?:uare|\.)?\s*k(?:m|ilomet)|km\s*(?:\^|\*\*)?\s*(?:2|²)|km\s+squared)"
    r"|\bkm\s*\^?\s*[-−]\s*2"
)
_PER_HA = re.compile(r"(?:/|\bper)\s*(?:ha\b|hectare)|\bha\s*\^?\s*[-−]\s*1")
_PEOPLE = re.compile(
    r"(?:(?:number|count|total)\s+(?:of\s+)?)?"
    r"(?:people|persons?|inhabitants?|residents?|population|pop|heads?|counts?)(?:\s+counts?)?"
)
_NAMED_DENSITY = re.compile(r"densit|(?:^|[_\W])pd(?:[_\W]|$)|per_?(?:km2|ha)(?:[_\W]|$)")


@dataclass(frozen=True)
class Tally:
    """What one pass over a raster found, before its unit is known.

    Attributes
    ----------
    valid_cells, inhabited_cells
        Cells that hold data, and those that hold more than zero.
    inhabited_km2
        Area of the inhabited cells.
    sum_value, sum_value_km2
        Sum of the values, and of value times cell area in km2.
    largest_value, largest_value_per_km2
        Largest value, and largest value over cell area.
    """

    valid_cells: int
    inhabited_cells: int
    inhabited_km2: float
    sum_value: float
    sum_value_km2: float
    largest_value: float
    largest_value_per_km2: float


@dataclass(frozen=True)
class Survey:
    """People of a whole raster.

    For several groups `sum_people` is the sum over groups, `largest_density_per_km2` the sum of
    each group's largest (the true one is at most that), and cells are those of the group with most.
    """

    sum_people: float
    largest_density_per_km2: float
    valid_cells: int
    inhabited_cells: int
    inhabited_km2: float

    @property
    def mean_density_per_km2(self) -> float:
        """People per square kilometre of inhabited cells."""
        return self.sum_people / self.inhabited_km2 if self.inhabited_km2 else 0.0

    def __str__(self) -> str:
        """Return the figures that a reader judges by."""
        return (
            f"{self.sum_people:,.0f} people, at most {self.largest_density_per_km2:,.0f} and on "
            f"average {_digits(self.mean_density_per_km2)} people/km2 in inhabited cells"
        )


def _digits(density: float) -> str:
    """Return a density to be judged by: three digits, never as 4.15e+03."""
    return f"{density:,.0f}" if density >= 100.0 else f"{density:.3g}"


def survey_of(tallies: Sequence[Tally], unit: PopulationUnit) -> Survey:
    """Return what rasters hold if their values are in `unit`."""
    if unit == "count":
        people = sum(t.sum_value for t in tallies)
        largest = sum(t.largest_value_per_km2 for t in tallies)
    else:
        people = PEOPLE_PER_KM2[unit] * sum(t.sum_value_km2 for t in tallies)
        largest = PEOPLE_PER_KM2[unit] * sum(t.largest_value for t in tallies)
    return Survey(
        sum_people=people,
        largest_density_per_km2=largest,
        valid_cells=max(t.valid_cells for t in tallies),
        inhabited_cells=max(t.inhabited_cells for t in tallies),
        inhabited_km2=max(t.inhabited_km2 for t in tallies),
    )


def checked_unit(unit: str | None) -> PopulationUnit | None:
    """Return a unit that the caller named.

    Raises
    ------
    OptionError
        There is no such unit.
    """
    if unit is None or unit in UNITS:
        return cast("PopulationUnit | None", unit)
    msg = f"there is no population unit '{unit}'; choose one of {', '.join(UNITS)}"
    raise OptionError(msg)


def decide_unit(
    asked: PopulationUnit | None, rasters: Sequence[Raster], tallies: Sequence[Tally]
) -> tuple[PopulationUnit, tuple[str, ...]]:
    """Return the unit of a population and notes on how it was found.

    Parameters
    ----------
    asked
        What the caller says, which wins.
    rasters, tallies
        One for each group.

    Raises
    ------
    PopulationUnitError
        Nobody says the unit and people per cell would make an impossible world; the files
        disagree with each other; or what was told is beyond every limit.
    """
    name = rasters[0].name
    written = _written(rasters, asked is not None)
    unit = asked or written
    if unit is None:
        return "count", (_assumed_count(rasters, tallies),)
    notes = []
    survey = survey_of(tallies, unit)
    if asked and written and asked != written:
        notes.append(
            f"{name} says that its unit is {written}, but {asked} was asked for and is used: "
            f"{survey} (as {written}: {survey_of(tallies, written)})"
        )
    who = "the unit asked for" if asked else "the unit that the file states"
    if reason := _too_dense(survey, CERTAINLY):
        msg = (
            f"{name} cannot be in {unit}, {who}: {reason}; {_readings(tallies)}; give the right "
            "one with --population-unit (population_unit=)"
        )
        raise PopulationUnitError(msg)
    if reason := _too_dense(survey) or _too_empty(survey):
        notes.append(f"{name} in {unit}, {who}, is hard to believe: {reason}; {_readings(tallies)}")
    return unit, tuple(notes)


def _assumed_count(rasters: Sequence[Raster], tallies: Sequence[Tally]) -> str:
    survey = survey_of(tallies, "count")
    name = rasters[0].name
    reason = _too_dense(survey) or _too_empty(survey)
    if reason is None and (hint := next(filter(None, map(_hint_of_density, rasters)), None)):
        reason = f"{hint}, which does not say per what area"
    if reason is None:
        return (
            f"{name} does not say its unit; people per cell is assumed: {survey}; if that is wrong "
            "say --population-unit per_km2 or per_ha"
        )
    msg = (
        f"{name} does not say whether its cells hold people or people per area, and people per "
        f"cell is not believable: {reason}; {_readings(tallies)}; say which it is with "
        "--population-unit count, per_km2 or per_ha (population_unit=)"
    )
    raise PopulationUnitError(msg)


def _written(rasters: Sequence[Raster], overruled: bool) -> PopulationUnit | None:
    found = {raster.name: _written_in(raster, overruled) for raster in rasters}
    units = set(found.values())
    if len(units) == 1 or overruled:
        return next(iter(found.values()))
    said = "; ".join(f"{name} says {unit or 'nothing'}" for name, unit in found.items())
    msg = (
        f"the groups of the population are in different units: {said}; say which it is with "
        "--population-unit"
    )
    raise PopulationUnitError(msg)


def _written_in(raster: Raster, overruled: bool) -> PopulationUnit | None:
    """Return the unit that a file states; what cannot be understood is refused unless overruled."""
    tagged = raster.tags.get("EW4ALL_UNIT")
    if tagged in UNITS:
        return cast("PopulationUnit", tagged)
    stated = tagged or raster.unit
    if stated.strip().lower() not in SILENT:
        unit = unit_in(stated)
        if unit is None and not overruled:
            msg = (
                f"{raster.name} states the unit '{stated}', which is none of people per cell, per "
                "km2 or per hectare; say which it is with --population-unit count, per_km2 or per_ha"
            )
            raise PopulationUnitError(msg)
        return unit
    return next((u for u in map(unit_in, _descriptions(raster)) if u is not None), None)


def unit_in(text: str) -> PopulationUnit | None:
    """Return the population unit that a text names, such as ``"people/km2"``, or None."""
    text = text.strip().lower()
    if _PER_CELL.search(text):
        return "count"
    if _PER_KM2.search(text):
        return "per_km2"
    if _PER_HA.search(text):
        return "per_ha"
    return "count" if _PEOPLE.fullmatch(text) else None


def _descriptions(raster: Raster) -> list[str]:
    return [
        raster.description,
        *(v for k, v in raster.tags.items() if k.upper() in DESCRIBING_TAGS),
    ]


def _hint_of_density(raster: Raster) -> str | None:
    """Return where a raster hints at a density without saying per what area."""
    for text in _descriptions(raster):
        if "densit" in text.lower():
            return f"its description says '{text}'"
    stem = Path(raster.path).stem if raster.path else ""
    return f"its name is '{stem}'" if _NAMED_DENSITY.search(stem.lower()) else None


def _too_dense(survey: Survey, slack: float = 1.0) -> str | None:
    if survey.sum_people > MOST_PEOPLE * slack:
        return f"{survey.sum_people:,.0f} people are more than the world has"
    if survey.largest_density_per_km2 > DENSEST_CELL_PER_KM2 * slack:
        return f"{survey.largest_density_per_km2:,.0f} people/km2 in one cell are found nowhere"
    mean = survey.mean_density_per_km2
    if survey.inhabited_km2 > SMALL_KM2 and mean > DENSEST_MEAN_PER_KM2 * slack:
        return (
            f"a mean of {mean:,.0f} people/km2 over {survey.inhabited_km2:,.0f} inhabited km2 is "
            "found in hardly any city"
        )
    return None


def _too_empty(survey: Survey) -> str | None:
    large = survey.inhabited_km2 > LARGE_KM2 and survey.inhabited_cells >= LARGE_CELLS
    mean, largest = survey.mean_density_per_km2, survey.largest_density_per_km2
    if large and mean < EMPTIEST_MEAN_PER_KM2 and largest < EMPTIEST_PEAK_PER_KM2:
        return (
            f"a mean of {mean:.2g} and a largest density of {_digits(largest)} people/km2 over "
            f"{survey.inhabited_km2:,.0f} inhabited km2 leave no room for a single town"
        )
    return None


def _readings(tallies: Sequence[Tally]) -> str:
    return "; ".join(f"as {unit}: {survey_of(tallies, unit)}" for unit in UNITS)
