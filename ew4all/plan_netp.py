"""`ew4all plan netp` as a library: the annex of a national emergency telecommunication plan, put together from earlier results."""

from __future__ import annotations

import hashlib
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ew4all import __version__
from ew4all.errors import OptionError, ReadError
from ew4all.netp_advice import advice_of
from ew4all.netp_results import PARTS, Netp, Piece
from ew4all.planning.checklist import ChecklistAnswers, answered, read_checklist
from ew4all.planning.extents import are_apart, extent_of, extent_words, share_inside
from ew4all.planning.indicators import SAME, apart
from ew4all.planning.recommendations import ranked_advice
from ew4all.readers.finished import NAMES, finished, input_of, schema_of
from ew4all.readers.whole_file import whole_file
from ew4all.report.document import formats_of
from ew4all.results import OUTSIDE, InputFile

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from ew4all.readers.finished import Finished

__all__ = ["netp"]

_LEAST_INSIDE: Final = 0.5
"""Fewer of a plan's measures in the box of the zones: it is a plan of another country. Some may stand across the border."""

_SCHEMAS: Final = {
    "ew4all/gaps/1": "gaps",
    "ew4all/plan-measures/1": "measures",
    "ew4all/feasibility/1": "feasibility",
    "ew4all/plan-indicators/1": "indicators",
}
_PICTURES: Final = {
    "gaps": ("map.png", "lorenz.png"),
    "measures": ("map.png", "curve.png"),
    "feasibility": ("border.png",),
    "indicators": ("series.png",),
}


def netp(
    folders: Sequence[str | os.PathLike[str]],
    *,
    answers: str | os.PathLike[str] | None = None,
    country: str | None = None,
    formats: str | Sequence[str] | None = None,
    out: str | os.PathLike[str] | None = None,
) -> Netp:
    """Put the annex together; nothing is computed again, every file that is used is listed with its SHA-256.

    Parameters
    ----------
    folders
        Folders of ``ew4all gaps``, ``plan measures``, ``plan feasibility`` and ``plan indicators``, in any order, one of each at most.
    answers
        Filled checklist (TOML).
    country
        Name, for titles; by default that of the results.
    formats
        Of ``html``, ``pdf``, ``docx``; all by default.
    out
        Folder to write the document, the checklist and the numbers into.

    Raises
    ------
    OptionError
        No folder, one without a result, two results of one kind, results of several countries or with other zones.
    ReadError
        A file cannot be read.
    QuestionnaireError
        Answers that cannot be used.
    """
    chosen = formats_of(formats)
    if out is not None:
        from ew4all.report.document_files import must_write_into

        must_write_into(out, chosen)
    if not folders:
        msg = (
            "no result was given; name the folders of earlier commands with --from DIR, repeatedly"
        )
        raise OptionError(msg)
    unordered = _results(folders)
    results = {part: unordered[part] for part in PARTS if part in unordered}
    files = [one.file for one in results.values()]
    pieces = {}
    for part, one in results.items():
        pieces[part], more = _piece(part, one)
        files += more
    given = ChecklistAnswers()
    if answers is not None:
        data = whole_file(str(answers), "--answers")
        given = read_checklist(data, str(answers))
        files.append(InputFile("answers", str(answers), hashlib.sha256(data).hexdigest(), None))
    documents = {part: piece.document for part, piece in pieces.items()}
    name = _country(documents, given.country, country)
    _must_be_of_one_place(documents)
    _must_have_one_zoning(documents)
    status = {row["id"]: row["answer"] for row in documents.get("indicators", {}).get("status", ())}
    rules = {
        row["id"]: row["answer"] for row in documents.get("feasibility", {}).get("regulatory", ())
    }
    said = answered(given, status, rules)
    advice = advice_of(
        documents.get("gaps"), documents.get("measures"), documents.get("feasibility"), said,
        status.get("cell_broadcast", "unknown"),
    )  # fmt: skip
    result = Netp(
        name,
        pieces,
        said,
        ranked_advice(advice),
        tuple(_missing(documents)),
        tuple(files),
        tuple(_notes(documents)),
        next((one.notice for one in results.values() if one.notice), None),
        version=__version__,
    )
    if out is not None:
        from ew4all.report.netp_outputs import write_netp

        settings = {
            "from": [str(folder) for folder in folders],
            **({"answers": str(answers)} if answers is not None else {}),
            **({"country": country} if country else {}),
            "formats": list(chosen),
        }
        write_netp(out, result, formats=chosen, settings=settings)
    return result


def _results(folders: Sequence[str | os.PathLike[str]]) -> dict[str, Finished]:
    found: dict[str, Finished] = {}
    for folder in folders:
        place = Path(folder)
        if not place.is_dir():
            msg = f"--from {folder} is no folder; name the folder that --out of an earlier command filled"
            raise ReadError(msg)
        here = [schema for schema in schema_of(place) if schema in _SCHEMAS]
        if not here:
            names = ", ".join(NAMES[schema] for schema in _SCHEMAS)
            msg = f"--from {folder} holds no result; one of {names} must lie in it, as --out of {', '.join(PARTS.values())} writes them"
            raise OptionError(msg)
        for schema in here:
            part = _SCHEMAS[schema]
            if part in found:
                msg = f"--from names two results of {PARTS[part]}: {found[part].folder} and {folder}; give one of each"
                raise OptionError(msg)
            found[part] = finished(place, schema, "--from")
    return found


def _piece(part: str, result: Finished) -> tuple[Piece, list[InputFile]]:
    """Return a result with its pictures, and those as inputs."""
    pictures, files = {}, []
    for name in _PICTURES[part]:
        if part == "indicators" and len(result.document.get("dates", ())) < 2:
            continue  # a series of one date shows nothing that the table does not
        path = result.folder / name
        if path.is_file():
            files.append(input_of(path, f"{part} {name}"))
            pictures[name] = whole_file(path, "picture", most=100_000_000)
    return Piece(result.document, pictures), files


def _country(
    documents: Mapping[str, Mapping[str, Any]], answered_for: str | None, country: str | None
) -> str:
    names: dict[str, str] = {}
    for part in ("feasibility", "indicators"):
        said = documents.get(part, {}).get("country")
        if said and said != "country not named":
            names[f"{PARTS[part]}"] = str(said)
    if answered_for:
        names["--answers"] = answered_for
    if country:
        names["--country"] = country
    if len({name.strip().casefold() for name in names.values()}) > 1:
        said = "; ".join(f"{name} ({where})" for where, name in names.items())
        msg = f"the results are of several countries: {said}; an annex is of one"
        raise OptionError(msg)
    if names:
        return next(reversed(names.values())).strip()
    titles = [documents.get(part, {}).get("title") for part in ("gaps", "measures")]
    return next((str(title) for title in titles if title), "country not named")


def _must_be_of_one_place(documents: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise where results lie in different places: names of countries are often not given."""
    boxes = {
        part: box
        for part in ("gaps", "feasibility", "indicators")
        if part in documents and (box := extent_of(documents[part])) is not None
    }
    for (first, one), (second, other) in combinations(boxes.items(), 2):
        if are_apart(one, other):
            where = "; ".join(f"{PARTS[part]} is of {extent_words(boxes[part])}" for part in (first, second))  # fmt: skip
            msg = f"the results are of several countries: {where}; an annex is of one"
            raise OptionError(msg)
    plan = documents.get("measures", {})
    rows = [row for key in ("chosen", "not_chosen", "unpriced") for row in plan.get(key, ())]
    places = [(float(row["lon"]), float(row["lat"])) for row in rows if row.get("lon") is not None]
    for part, box in boxes.items():
        if places and share_inside(places, box) < _LEAST_INSIDE:
            lon, lat = places[0]
            msg = (
                f"the results are of several countries: {PARTS[part]} is of {extent_words(box)}, but most measures of "
                f"{PARTS['measures']} lie elsewhere, the first at longitude {lon:.2f}, latitude {lat:.2f}; an annex is of one"
            )
            raise OptionError(msg)


def _must_have_one_zoning(documents: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise where tables by zone would stand beside each other that are of other zones."""
    sets = {
        part: {str(z["id"]) for z in documents[part].get("zones", ())} - {OUTSIDE}
        for part in ("gaps", "feasibility")
        if part in documents
    }
    known = {part: ids for part, ids in sets.items() if ids}
    if len(known) == 2 and known["gaps"] != known["feasibility"]:
        first, second = known.values()
        other = sorted(first ^ second)
        msg = (
            f"{PARTS['gaps']} and {PARTS['feasibility']} have other zones ({len(first)} and {len(second)}; not in both: "
            f"{', '.join(other[:3])}{' ...' if len(other) > 3 else ''}); run both with the same --zones"
        )
        raise OptionError(msg)


def _missing(documents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    found = [
        f"{part}: not given; run {command} and name its folder with --from"
        for part, command in PARTS.items()
        if part not in documents
    ]
    gaps = documents.get("gaps")
    if gaps is not None:
        if "degraded" not in gaps:
            found.append(
                "the network degraded: the gap analysis was run without an outage; give it --outage with --sites, or --coverage-after"
            )
        found += [f"gap analysis: {said}" for said in gaps.get("cannot", ())]
    return list(dict.fromkeys(found))


def _notes(documents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    totals = {
        "gaps": documents.get("gaps", {}).get("total", {}).get("people"),
        "measures": documents.get("measures", {}).get("people", {}).get("total"),
        "feasibility": documents.get("feasibility", {}).get("people", {}).get("in_area"),
    }
    known = {part: float(people) for part, people in totals.items() if people}
    notes = []
    if known:
        first, most = next(iter(known.items()))
        for part, people in list(known.items())[1:]:
            if apart(people, most) > SAME:
                notes.append(
                    f"people differ by {apart(people, most):.1%}: {people:,.0f} in {PARTS[part]}, {most:,.0f} in {PARTS[first]}; "
                    "shares of one are not shares of the other"
                )
    gaps, plan = documents.get("gaps"), documents.get("measures")
    if gaps is not None and plan is not None and "channels" in gaps["total"]:
        before, now = (
            float(plan["people"]["unreached_before"]),
            float(gaps["total"]["channels"]["none"]),
        )
        if apart(before, now) > SAME:
            notes.append(
                f"people whom no channel reaches differ: {before:,.0f} in {PARTS['measures']}, where the mains may be out, {now:,.0f} in "
                f"{PARTS['gaps']} on a usual day, or with other channels"
            )
    return notes
