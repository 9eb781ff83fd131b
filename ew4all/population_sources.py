"""Population sources compared: the same questions asked of each, as it is, brought to a year, and to official figures.

Each source goes through the study of `ew4all.reach`, so that every answer (people, at risk, covered, not covered) is
what a run with that source would say. Bringing a source to other totals multiplies what was counted in a zone by one
factor, which is exact: shares inside a zone stay what they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from ew4all import __version__
from ew4all.coverage.exposure import Fractions
from ew4all.coverage.queries import ANY
from ew4all.coverage.raking import dissimilarity
from ew4all.errors import InputError, ReadError
from ew4all.geometry import ragged
from ew4all.grid import Block
from ew4all.intake import open_study
from ew4all.notes import brief
from ew4all.population_findings import findings_of
from ew4all.population_given import Given, must_fit_together
from ew4all.population_results import OfficialFigures, Pair, PopulationComparison, SourceFacts
from ew4all.population_stages import Answers, cases_of, stages_of, zones_of
from ew4all.readers.official import (
    Official,
    Presence,
    Series,
    read_official,
    read_presence,
    read_series,
    zones_official,
)
from ew4all.readers.people import CensusPeople, RasterPeople, refinement_of
from ew4all.readers.provenance import SourceNote
from ew4all.readers.zones import read_zones
from ew4all.study import BLOCK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor

    from ew4all.coverage.exposure import Progress
    from ew4all.results import PeopleCount, Reach
    from ew4all.study import Study
    from ew4all.units import F64

__all__ = ["Compared", "compare_sources"]

_LEAST: Final = 1e-9
"""People of a cell, or per square kilometre, below which nobody lives there."""


@dataclass(frozen=True)
class Compared:
    """A comparison, with what rasters are written from: the study and the last factors of each source."""

    result: PopulationComparison
    studies: Mapping[str, Study]
    factors: Mapping[str, F64]


def compare_sources(
    given: Given,
    study_options: Mapping[str, Any],
    *,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
) -> Compared:
    """Ask every source the same, and say how far they are apart.

    Parameters
    ----------
    study_options
        Area, hazard, coverage or cell sites, as `ew4all.intake.open_study` takes them; the same for every source.

    Raises
    ------
    InputError, ReadError
        An input is at fault; the message begins with the source where it is one's own.
    """
    must_fit_together(given)
    more = {"workers": workers, "progress": progress}
    asked = any(study_options.get(k) is not None for k in ("area", "hazard", "cap"))
    options = _options(given, study_options)
    studies: dict[str, Study] = {}
    reaches: dict[str, Reach] = {}
    for name in given.population:
        studies[name] = _open(given, name, options, more)
        reaches[name] = studies[name].reach()
    answers = {name: _answers(reach, has_area=asked) for name, reach in reaches.items()}
    first = next(iter(studies.values()))
    notes: list[str] = []
    files: list[SourceNote] = []
    figures = _official(given, first, notes, files)
    series = _series(given, files)
    found = stages_of(given, answers, figures, series, notes)
    names = _place_names(first)
    official = None
    if figures is not None:
        official = OfficialFigures(
            float(np.nansum(figures.people)),
            {
                source: {names[k][0]: float(lost[k]) for k in np.flatnonzero(lost > 0.0)}
                for source, lost in found.unplaced.items()
                if lost.any()
            },
        )
        notes += _unplaced_notes(official)
    cases = cases_of(_presences(given, first, files), answers, found.factors, notes)
    zones = zones_of(answers, found.factors, names, figures) if first.zones is not None else ()
    pairs = _pairs(given, studies, answers, more)
    facts = tuple(_facts(given, n, s, answers[n]) for n, s in studies.items())
    inputs = _inputs(reaches, files)
    result = PopulationComparison(
        sources=facts,
        stages=found.stages,
        cases=cases,
        zones=zones,
        pairs=pairs,
        official=official,
        findings=findings_of(found.stages, cases, pairs, zones, facts),
        inputs=inputs,
        notes=brief((*notes, *_study_notes(reaches), *_outside_notes(facts, first)), inputs),
        assumptions=next(iter(reaches.values())).assumptions,
        title=given.title,
        version=__version__,
    )
    return Compared(result, studies, found.factors)


def _open(given: Given, name: str, options: Mapping[str, Any], more: Mapping[str, Any]) -> Study:
    try:
        return open_study(
            given.population[name],
            zones=given.zones,
            zone_id=given.zone_id,
            zone_name=given.zone_name,
            zones_where=given.zones_where,
            population_unit=(given.population_unit or {}).get(name),
            population_column=(given.population_column or {}).get(name),
            refine=(given.refine or {}).get(name),
            **options,
            **more,
        )
    except (InputError, ReadError) as error:
        msg = f"source {name}: {error}"
        raise type(error)(msg) from error


def _options(given: Given, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the studies; modelled sites are wanted in the zones alone, where nothing else is asked."""
    out = dict(options)
    if out.get("sites") is None:
        return out
    out["sites_in_area"] = True
    if given.zones is not None and all(out.get(k) is None for k in ("area", "hazard", "cap")):
        import geopandas

        layer = read_zones(given.zones, given.zone_id, given.zone_name, given.zones_where).layer
        out["area"] = geopandas.GeoSeries(layer.geometries, crs=layer.crs)
    return out


def _answers(reach: Reach, *, has_area: bool) -> Answers:
    places = [z.people for z in reach.zones[:-1]] if reach.zones else [reach.people]
    columns: dict[str, F64] = {}

    def column(pick: Any) -> F64:
        return np.array([pick(place) for place in places], np.float64)

    if has_area:
        columns["at_risk"] = column(lambda p: p.at_risk)
        columns["in_area"] = column(lambda p: p.in_area)
    if reach.people.covered:
        columns["covered"] = column(lambda p: p.covered[ANY])
        columns["uncovered"] = column(_uncovered)
    outside = reach.zones[-1].people.total if reach.zones else 0.0
    return Answers(column(lambda p: p.total), columns, outside, reach.people.total)


def _uncovered(place: PeopleCount) -> float:
    return 0.0 if place.uncovered is None else place.uncovered


def _place_names(study: Study) -> list[tuple[str, str]]:
    zones = study.zones
    return [("all", "all")] if zones is None else list(zip(zones.ids, zones.names, strict=True))


def _official(
    given: Given, study: Study, notes: list[str], files: list[SourceNote]
) -> Official | None:
    if given.official_total is not None:
        return None
    if study.zones is None or (given.official is None and given.official_column is None):
        return None
    if given.official is None:
        found = zones_official(study.zones, given.official_column or "")
    else:
        found = read_official(
            given.official, study.zones, column=given.official_column, where=given.official_where
        )
        files.append(SourceNote.of("official figures", given.official, None))
    notes += found.notes
    return found


def _series(given: Given, files: list[SourceNote]) -> Series | None:
    if given.series is None:
        return None
    files.append(SourceNote.of("totals by year", given.series, None))
    return read_series(given.series)


def _presences(given: Given, study: Study, files: list[SourceNote]) -> tuple[Presence, ...]:
    if given.presence is None:
        return ()
    files.append(SourceNote.of("presence", given.presence, None))
    return read_presence(given.presence, study.zones)


def _unplaced_notes(official: OfficialFigures) -> list[str]:
    return [
        f"source {source} has nobody in {len(zones)} zones with {sum(zones.values()):,.0f} people by the official figures, who "
        f"cannot be placed by it: {', '.join(list(zones)[:4])}{' and others' if len(zones) > 4 else ''}"
        for source, zones in official.unplaced.items()
    ]


def _pairs(
    given: Given,
    studies: Mapping[str, Study],
    answers: Mapping[str, Answers],
    more: Mapping[str, Any],
) -> tuple[Pair, ...]:
    names = list(studies)
    out = []
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            apart = None
            if answers[a].people.size > 1:
                found = dissimilarity(answers[a].people, answers[b].people)
                apart = None if np.isnan(found) else found
            empty = {
                one: _where_other_has_nobody(given, one, other, studies, more)
                for one, other in ((a, b), (b, a))
            }
            out.append(Pair(a, b, apart, empty[a], empty[b]))
    return tuple(out)


def _where_other_has_nobody(
    given: Given, one: str, other: str, studies: Mapping[str, Study], more: Mapping[str, Any]
) -> float | None:
    """Return the share of one source's people, inside the zones, in cells where another has nobody.

    The other is asked as a coverage layer would be: a cell with people is "covered".
    """
    plain = all(
        isinstance(people, RasterPeople) and refinement_of(people) is None
        for people in (studies[one].people, studies[other].people)
    )
    if not given.cells or not plain:
        return None
    study = _open(
        given, one, {"coverage": {"any": given.population[other]}, "coverage_min": _LEAST}, more
    )
    reach = study.reach()
    places = [z.people for z in reach.zones[:-1]] if reach.zones else [reach.people]
    people = sum(p.total for p in places)
    return sum(_uncovered(p) for p in places) / people if people > 0.0 else None


def _facts(given: Given, name: str, study: Study, answers: Answers) -> SourceFacts:
    year = (given.year or {}).get(name)
    if isinstance(study.people, CensusPeople):
        return SourceFacts(name, answers.total, answers.outside, study.people.unit, year=year)
    grid = study.grid
    rows, cols = (n // 2 for n in grid.shape)
    middle = grid.cell_area_km2(Block(rows, rows + 1, cols, cols + 1))
    width = 1000.0 * float(middle[0, 0]) ** 0.5
    inside, within = None, None
    drawn = study.zone_shapes[~shapely.is_missing(study.zone_shapes)]
    if drawn.size:
        inside = Fractions.of(ragged(drawn), grid)
        within = grid.block_of_bounds(tuple(shapely.total_bounds(drawn)))
    people = study.people.cells(None)
    settled = 0.0
    for part in grid.blocks(*BLOCK, within=within):
        km2 = grid.cell_area_km2(part) * (people.read(part) > 0.0)
        settled += float((km2 if inside is None else km2 * inside.read(part)).sum())
    return SourceFacts(
        name, answers.total, answers.outside, study.people.unit, width, settled, year
    )


def _inputs(reaches: Mapping[str, Reach], files: list[SourceNote]) -> tuple[Any, ...]:
    from dataclasses import replace

    out: dict[tuple[Any, ...], Any] = {}
    for name, reach in reaches.items():
        for file in reach.inputs:
            own = file.role in {"population", "refinement"}
            entry = replace(file, role=f"{file.role} {name}") if own else file
            out.setdefault((entry.role, entry.path, entry.sha256), entry)
    for note in files:
        entry = note.read()
        out.setdefault((entry.role, entry.path, entry.sha256), entry)
    return tuple(out.values())


def _study_notes(reaches: Mapping[str, Reach]) -> list[str]:
    """Return what the studies note: once what all of them say, with the name of the source what one says."""
    said: dict[str, list[str]] = {}
    for name, reach in reaches.items():
        for note in reach.notes:
            # A comparison without an area is of everybody, which nobody asked to be told.
            if not note.startswith("neither a hazard nor a warning area"):
                said.setdefault(note, []).append(name)
    return [
        note if len(names) == len(reaches) else f"source {', '.join(names)}: {note}"
        for note, names in said.items()
    ]


def _outside_notes(facts: tuple[SourceFacts, ...], study: Study) -> list[str]:
    if study.zones is None:
        return []
    return [
        f"source {f.name}: {f.outside:,.0f} of its {f.people:,.0f} people live in no zone and are not compared"
        for f in facts
        if f.outside > 0.0005 * f.people
    ]
