"""The function that a notebook, the command line and a service call: `feasibility`, of cell broadcast in a country."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from ew4all.cells import Cells
from ew4all.errors import OptionError
from ew4all.feasibility_counts import devices_of, siren_caution, sirens_of, visitors_of
from ew4all.feasibility_results import Feasibility, NetworkFacts
from ew4all.intake import open_study
from ew4all.library import as_given
from ew4all.notes import brief
from ew4all.plan_border import are_home, border_of, has_neighbours, joined
from ew4all.planning.extents import box_of
from ew4all.planning.feasibility_costs import channels, figures
from ew4all.planning.questionnaire import Answers, read_answers
from ew4all.reach_network import open_network_coverage, split_assumptions
from ew4all.readers.provenance import SourceNote
from ew4all.readers.sites import read_cells
from ew4all.readers.whole_file import whole_file
from ew4all.report.document import formats_of
from ew4all.units import TECHNOLOGIES
from ew4all.writers.folder import output_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.exposure import Progress
    from ew4all.feasibility_results import Border
    from ew4all.plan_border import BorderPicture
    from ew4all.planning.feasibility_costs import Figures
    from ew4all.results import Reach
    from ew4all.study import Study

__all__ = ["feasibility"]

_NO_SITES: Final = "No list of cell sites was given (--sites): nothing can be said of what is heard across the border."
_NO_COUNTRY: Final = "Neither an outline of the country (--country) nor zones were given: nothing can be said of what is heard across the border."
_ALL_HOME: Final = (
    "Every cell of the list is the country's own, and none abroad is known: whom a neighbour's cells serve cannot be told. Give "
    "their list with --foreign-sites."
)


def feasibility(
    population: Any,
    *,
    country: Any = None,
    name: str | None = None,
    coverage: Mapping[str, Any] | None = None,
    coverage_min: Mapping[str, float] | float | None = None,
    sites: Any = None,
    sites_options: Mapping[str, Any] | None = None,
    foreign_sites: Any = None,
    home: Sequence[str] = (),
    dem: Any = None,
    landcover: Any = None,
    operator_share: Mapping[str, float] | None = None,
    zones: Any = None,
    zone_id: str | None = None,
    zone_name: str | None = None,
    population_unit: str | None = None,
    population_column: str | None = None,
    refine: Any = None,
    readiness: Any = None,
    roamers: float | None = None,
    cost: Mapping[str, float] | None = None,
    assume: Mapping[str, float] | None = None,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
    out: str | os.PathLike[str] | None = None,
    formats: str | Sequence[str] | None = None,
    notice: str | None = None,
    attribution: str | None = None,
) -> Feasibility:
    """Work out whether a country can have cell broadcast, whom it reaches, and what it costs, and write the document.

    Parameters
    ----------
    population, population_unit, population_column, refine
        See `ew4all.reach`.
    country
        Outline of the country: polygons. By default the zones together; without either, everybody counts and there is no
        border.
    name
        Of the country, for titles.
    coverage, coverage_min, operator_share, zones, zone_id, zone_name
        See `ew4all.reach`.
    sites, sites_options, dem, landcover
        List of cell sites, as `ew4all.reach` takes it. Those in the country give coverage where no `coverage` is given; all of
        them tell who is served from across the border.
    foreign_sites
        List of the neighbours' cell sites, beside those of `sites` that stand abroad; ``max_age_years`` of `sites_options` holds
        for it too.
    home
        Operators, or country codes (MCC), whose cells are the country's own wherever they stand; by default those that
        stand in the country.
    readiness
        Filled questionnaire: a TOML file, or `Answers`. Without it every answer is unknown.
    roamers
        Visitors with a phone on a usual day; by default what the questionnaire says.
    cost
        Figures that replace defaults of the comparison, by name; NaN: no price.
    assume
        See `ew4all.reach`.
    out
        Folder for feasibility.html, .pdf, .docx and .json, maps, zones, rasters of the border, readiness.toml and run.json.
    formats
        Those of html, pdf and docx to write; all by default.
    notice, attribution
        Words that every output must carry; whose data they are.

    Returns
    -------
    Feasibility
        ``to_dict()`` is the JSON ``ew4all/feasibility/1``.

    Raises
    ------
    InputError, ReadError
        An input is at fault, or a format cannot be written on this system; the message says what is missing.
    WriteError
        A file cannot be written; nothing is left half-written.
    """
    wanted = formats_of(formats)
    if out is not None:
        from ew4all.report.document_files import must_write_into

        must_write_into(out, wanted)
    known = figures(cost)
    answers = _answers(readiness)
    roamers = _roamers(roamers, answers)
    steps, _, _ = split_assumptions(assume or {})
    if sites is None and (foreign_sites is not None or home):
        msg = "sites abroad and home networks are of use with cell sites only; give --sites, or leave them out"
        raise OptionError(msg)
    if sites is None and (dem is not None or landcover is not None or sites_options):
        msg = "--dem, --landcover and options of lists of sites are of use with cell sites only; give --sites, or leave them out"
        raise OptionError(msg)
    if operator_share and sites is None and not coverage:
        msg = "market shares tell whose network serves whom, and no network was given; give --coverage or --sites, or leave them out"
        raise OptionError(msg)
    study = open_study(
        population, zones if country is None else country, zones=zones, zone_id=zone_id, zone_name=zone_name,
        coverage=coverage, coverage_min=coverage_min, population_unit=population_unit,
        population_column=population_column, refine=refine,
        assume=steps if coverage is None and sites is not None else assume,
        operator_share=operator_share if coverage else None, workers=workers, progress=progress,
    )  # fmt: skip
    opened = _Networks(sites, sites_options, foreign_sites, tuple(home), dem, landcover, assume)
    given = {
        "population": population, "country": country, "name": name, "coverage": coverage, "coverage_min": coverage_min,
        "sites": sites, "sites_options": sites_options, "foreign_sites": foreign_sites, "home": list(home) or None,
        "dem": dem, "landcover": landcover, "operator_share": operator_share, "zones": zones, "zone_id": zone_id,
        "zone_name": zone_name, "population_unit": population_unit, "population_column": population_column,
        "refine": refine, "readiness": readiness, "roamers": roamers, "cost": cost, "assume": assume,
        "formats": list(wanted),
    }  # fmt: skip
    with _folder(out) as folder:
        tags = {"EW4ALL_NOTE": notice} if notice else {}
        study, network, border, picture, note = opened.lay(study, folder, tags, progress)
        if sites is not None and coverage is None:
            study = replace(study, operator_share=dict(operator_share or {}))
        reach = study.reach()
        result = _result(
            name or answers.country or "the country",
            study,
            reach,
            network,
            border,
            note,
            known,
            answers,
            roamers,
        )
        result = replace(result, notice=notice, attribution=attribution)
        if out is not None:
            # Pictures and documents cost a second to import, which a call without a folder need not pay.
            from ew4all.report.feasibility_outputs import write_feasibility

            settings = {k: as_given(v) for k, v in given.items() if v is not None}
            write_feasibility(folder, study, result, picture, formats=wanted, settings=settings)
    return result


@contextmanager
def _folder(out: str | os.PathLike[str] | None) -> Iterator[Path]:
    if out is None:
        with tempfile.TemporaryDirectory(prefix="ew4all-") as name:
            yield Path(name)
        return
    with output_folder(out) as folder:
        yield folder


def _answers(readiness: Any) -> Answers:
    if readiness is None:
        return Answers()
    if isinstance(readiness, Answers):
        return readiness
    path = os.fspath(readiness)
    return read_answers(whole_file(path, "--readiness"), path)


def _roamers(given: float | None, answers: Answers) -> float | None:
    if given is None:
        return answers.facts.get("roamers")
    if not 0.0 <= given < 1e12:
        msg = f"--roamers is a number of visitors, 0 or more, but got {given:g}"
        raise OptionError(msg)
    return float(given)


class _Networks:
    """Lists of sites as given, laid on the grid of the people."""

    def __init__(
        self,
        sites: Any,
        options: Mapping[str, Any] | None,
        foreign: Any,
        home: tuple[str, ...],
        dem: Any,
        landcover: Any,
        assume: Mapping[str, float] | None,
    ) -> None:
        self._sites, self._options, self._foreign, self._home = sites, options, foreign, home
        self._model = {"dem": dem, "landcover": landcover, "assume": assume}

    def lay(
        self, study: Study, folder: Path, tags: Mapping[str, str], progress: Progress | None
    ) -> tuple[Study, NetworkFacts | None, Border | None, BorderPicture | None, str]:
        """Return the study with coverage, facts of the network, the border or why there is none."""
        if self._sites is None:
            return study, None, None, None, _NO_SITES
        cells, study = self._read(study, self._sites, self._options, "sites")
        country = study.area
        is_home = np.ones(len(cells), np.bool_)
        decided = ""
        if country is not None:
            is_home, decided = are_home(cells, country, study.grid, self._home)
        if not is_home.any():
            msg = (
                "no cell of the list is the country's own: all stand abroad; check the outline (--country) and the list, or name "
                "the country's networks (--home)"
            )
            raise OptionError(msg)
        own = cells.take(is_home)
        modelled = not study.rasters and not study.polygons
        if modelled:
            window = None if country is None else study.window
            model = open_network_coverage(own, study.people, window=window, **self._model)
            extra = tuple(s for s in model.sources if s.role != "sites")
            study = replace(
                study, rasters=model.layers, sources=(*study.sources, *extra),
                notes=tuple(dict.fromkeys((*study.notes, *model.notes))),
            )  # fmt: skip
        facts = _facts(own)
        if country is None:
            return study, facts, None, None, _NO_COUNTRY
        if self._foreign is not None:
            others, study = self._read(study, self._foreign, self._age(), "foreign sites")
            is_home = np.concatenate([is_home, np.zeros(len(others), np.bool_)])
            cells = joined(cells, others)
        if is_home.all() and not has_neighbours(study, country, self._model["assume"]):
            return study, facts, None, None, _ALL_HOME
        border, picture, notes = border_of(
            study,
            country,
            cells,
            is_home,
            decided,
            folder,
            tags=tags,
            progress=progress,
            **self._model,
        )
        if not modelled:  # else they are told already
            study = replace(study, notes=tuple(dict.fromkeys((*study.notes, *notes))))
        return study, facts, border, picture, ""

    def _age(self) -> dict[str, Any]:
        """Return what holds for both lists: how old a row may be. Columns are each list's own."""
        return {k: v for k, v in (self._options or {}).items() if k == "max_age_years"}

    def _read(
        self, study: Study, source: Any, options: Mapping[str, Any] | None, role: str
    ) -> tuple[Cells, Study]:
        note = SourceNote.of(role, source, None, unit="cells", provenance="modelled")
        notes: tuple[str, ...] = ()
        if isinstance(source, Cells):
            cells = source
        else:
            _, of_cells, _ = split_assumptions(self._model["assume"] or {})
            found = read_cells(source, assume=of_cells or None, **(options or {}))
            cells, notes = found.cells, found.notes
        return cells, replace(study, sources=(*study.sources, note), notes=(*study.notes, *notes))


def _facts(cells: Cells) -> NetworkFacts:
    kinds = [TECHNOLOGIES[k] for k in cells.technology]
    names = [str(o) or "unknown" for o in cells.operator]
    return NetworkFacts(
        int(np.unique(cells.site).size),
        len(cells),
        {t: kinds.count(t) for t in TECHNOLOGIES if t in kinds},
        {o: names.count(o) for o in sorted(set(names))},
    )


def _result(
    name: str,
    study: Study,
    reach: Reach,
    network: NetworkFacts | None,
    border: Border | None,
    border_note: str,
    known: Figures,
    answers: Answers,
    roamers: float | None,
) -> Feasibility:
    steps, received, sms = devices_of(reach)
    sirens, in_range = sirens_of(study, known)
    operators = [o.name for o in reach.operators]
    if network is not None:
        operators += [o for o in network.operators if o != "unknown"]
    operators += list(answers.operators)
    # What belongs to a warning is no matter here.
    notes = [
        n for n in reach.notes if not n.startswith(("no hazard was given", "neither a hazard"))
    ]
    caution = siren_caution(study, known)
    notes += [f"sirens:{caution}".rstrip(".")] if caution else []
    people = reach.people.in_area
    return Feasibility(
        country=name,
        reach=replace(reach, notes=tuple(notes)),
        steps=steps,
        received=received,
        visitors=visitors_of(reach, received, roamers),
        network=network,
        border=border,
        border_note=border_note,
        channels=channels(
            people, cell_broadcast=received, sms=sms, sirens=sirens, in_siren_range=in_range, known=known,
            siren_caution=caution,
        ),
        known=known,
        answers=answers,
        operators=tuple(dict.fromkeys(operators)),
        notes=brief(notes, reach.inputs),
        extent_deg=box_of([_outline(study)], study.grid.crs),
    )  # fmt: skip


def _outline(study: Study) -> BaseGeometry:
    return shapely.box(*study.grid.crop(study.window).bounds) if study.area is None else study.area
