"""`ew4all plan indicators` as a library: what a country reports of early warning, from results of earlier commands and facts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from ew4all import __version__
from ew4all.errors import OptionError
from ew4all.indicator_counts import Moment, indicators_at, parts_at
from ew4all.indicator_results import Indicators, Status
from ew4all.planning.indicator_facts import facts_asked, read_facts
from ew4all.planning.indicators import SAME, apart
from ew4all.readers.coverage_dates import date_text, parse_date
from ew4all.readers.finished import finished
from ew4all.readers.whole_file import whole_file
from ew4all.results import InputFile

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from ew4all.planning.indicator_facts import Facts
    from ew4all.readers.finished import Finished

    Dated = Sequence[tuple[str | None, str | os.PathLike[str]]]

__all__ = ["indicators"]

_SCHEMAS: Final = {"gaps": "ew4all/gaps/1", "reach": "ew4all/reach/1", "run": "ew4all/run/1"}


def indicators(
    *,
    gaps: Dated = (),
    reach: Dated = (),
    run: Dated = (),
    facts: Dated = (),
    date: str | None = None,
    country: str | None = None,
    out: str | os.PathLike[str] | None = None,
) -> Indicators:
    """Work out indicators of early warning from results; nothing is counted again.

    Parameters
    ----------
    gaps, reach, run
        ``(date, path)`` of results of ``ew4all gaps``, ``reach`` and ``run``: the JSON file or its folder. One of each kind a date.
    facts
        ``(date, path)`` of what the country states (TOML or CSV). They hold until the date of the next; a date in the file counts
        where None is given.
    date
        Of every input that has none.
    country
        Name, for titles; by default that of the facts.
    out
        Folder to write indicators.json, indicators.csv, series.csv, the dashboard (HTML and PDF) and run.json into.

    Raises
    ------
    OptionError
        Nothing was given; an input without a date; two of one kind at one date; another schema; facts of two countries.
    ReadError
        A file cannot be read.
    QuestionnaireError
        Facts that cannot be used.
    """
    given = {"gaps": gaps, "reach": reach, "run": run}
    if not any(given.values()) and not facts:
        msg = (
            "nothing was given to work indicators out from; give --gaps, --reach, --run or --facts"
        )
        raise OptionError(msg)
    if out is not None:
        from ew4all.report.indicator_outputs import must_write

        must_write(out)
    files: list[InputFile] = []
    dates: list[str] = []
    found: dict[str, dict[str, Finished]] = {}
    place: dict[tuple[str, str], int] = {}
    for role, rows in given.items():
        found[role] = {}
        for said, path in rows:
            when = _date(said or date, f"--{role} {path}")
            _must_be_new(role, when, (role, when) in place)
            found[role][when] = one = finished(path, _SCHEMAS[role], f"--{role}")
            place[role, when] = len(files)
            files.append(one.file)
            dates.append(when)
    stated: dict[str, Facts] = {}
    for said, path in facts:
        data = whole_file(str(path), "--facts")
        read = read_facts(data, str(path))
        when = _date(said or read.date or date, f"--facts {path}")
        _must_be_new("facts", when, when in stated)
        stated[when] = read
        place["facts", when] = len(files)
        files.append(InputFile("facts", str(path), hashlib.sha256(data).hexdigest(), None))
        dates.append(when)
    named = _country(country, stated)
    every = sorted({when for _, when in place})
    moments = [_moment(when, found, stated, place) for when in every]
    series = [one for moment in moments for one in indicators_at(moment)]
    latest = _latest(series)
    last_gaps = next((m for m in reversed(moments) if m.gaps is not None), None)
    status = _status(stated, place)
    result = Indicators(
        named or _title(found) or "country not named",
        every[-1],
        tuple(every),
        latest,
        tuple(series),
        tuple(parts_at(last_gaps)) if last_gaps else (),
        status,
        tuple(files),
        tuple(dates),
        tuple(_notes(found, stated, every)),
        next((f.notice for by in found.values() for f in by.values() if f.notice), None),
        __version__,
    )
    if out is not None:
        from ew4all.report.indicator_outputs import write_indicators

        settings = {
            **{role: [[when, str(path)] for when, path in rows] for role, rows in {**given, "facts": facts}.items() if rows},
            **({"date": date} if date else {}),
            **({"country": country} if country else {}),
        }  # fmt: skip
        write_indicators(out, result, settings=settings)
    return result


def _date(said: str | None, where: str) -> str:
    if not said:
        msg = (
            f"{where} has no date: results do not hold one; write DATE=FILE, or give --date for all"
        )
        raise OptionError(msg)
    return date_text(parse_date(said, where))


def _must_be_new(role: str, when: str, known: bool) -> None:
    if known:
        msg = f"--{role} was given twice for {when}; one of each kind has a date, so that a series has one value for it"
        raise OptionError(msg)


def _country(country: str | None, stated: Mapping[str, Facts]) -> str | None:
    names = {f.country.strip(): when for when, f in stated.items() if f.country}
    if country:
        names.setdefault(country.strip(), "--country")
    if len({name.casefold() for name in names}) > 1:
        said = "; ".join(f"{name} ({when})" for name, when in names.items())
        msg = f"facts are of several countries: {said}; indicators are of one"
        raise OptionError(msg)
    return next(iter(names), None)


def _title(found: Mapping[str, Mapping[str, Finished]]) -> str | None:
    titles = [f.document.get("title") for f in found["gaps"].values()]
    return next((str(title) for title in titles if title), None)


def _moment(
    when: str,
    found: Mapping[str, Mapping[str, Finished]],
    stated: Mapping[str, Facts],
    place: Mapping[tuple[str, str], int],
) -> Moment:
    """Return what is known of a date; facts hold until the next ones."""
    holds = max((d for d in stated if d <= when), default=None)
    at = {role: place[role, when] for role in _SCHEMAS if (role, when) in place}
    if holds is not None:
        at["facts"] = place["facts", holds]
    return Moment(
        when,
        found["gaps"].get(when),
        found["reach"].get(when),
        found["run"].get(when),
        None if holds is None else stated[holds],
        at,
    )


def _latest(series: Sequence[Any]) -> tuple[Any, ...]:
    """Return every indicator as of the last date on which it is known, else as of the last date."""
    chosen: dict[str, Any] = {}
    for one in series:
        before = chosen.get(one.definition.id)
        if before is None or one.is_known or not before.is_known:
            chosen[one.definition.id] = one
    return tuple(chosen.values())


def _status(
    stated: Mapping[str, Facts], place: Mapping[tuple[str, str], int]
) -> tuple[Status, ...]:
    """Return every fact that can be stated, as of the last facts; channels of other names after the known ones."""
    when = max(stated, default=None)
    facts = None if when is None else stated[when]
    rows = []
    for fact in facts_asked():
        if fact.part == "numbers":
            continue
        given = {} if facts is None else (facts.channels if fact.part == "channels" else facts.status)  # fmt: skip
        rows.append((fact.id, fact.part, fact.text, given.get(fact.id, "unknown")))
    known = {row[0] for row in rows}
    if facts is not None:
        rows += [(c, "channels", c, said) for c, said in facts.channels.items() if c not in known]
    return tuple(
        Status(
            *row,
            when if row[3] != "unknown" else None,
            facts.sources.get(row[0], "") if facts else "",
            place["facts", when] if when is not None and row[3] != "unknown" else None,
        )
        for row in rows
    )


def _notes(
    found: Mapping[str, Mapping[str, Finished]], stated: Mapping[str, Facts], every: Sequence[str]
) -> list[str]:
    notes = []
    if any(when < every[-1] for when in stated) or (stated and len(every) > 1):
        notes.append("facts hold from their date until that of the next facts")
    totals = [(f"gaps of {when}", f.document["total"].get("people")) for when, f in found["gaps"].items()]  # fmt: skip
    known = [(name, float(people)) for name, people in totals if people]
    known += [
        (f"reach of {when}", _nearest(f.document["people"], known[0][1] if known else None))
        for when, f in found["reach"].items()
    ]
    for name, people in known[1:]:
        first, most = known[0]
        if apart(people, most) > SAME:
            notes.append(
                f"people differ by {apart(people, most):.1%}: {people:,.0f} in {name}, {most:,.0f} in {first}; changes of shares "
                "between them are also changes of whom they count"
            )
    channels = {when: tuple(sorted(f.document.get("channels", ()))) for when, f in found["gaps"].items()}  # fmt: skip
    if len(set(channels.values())) > 1:
        said = "; ".join(f"{when}: {', '.join(names) or 'none'}" for when, names in sorted(channels.items()))  # fmt: skip
        notes.append(f"gap analyses were given different channels ({said}): what changes over time is also what was given")  # fmt: skip
    zones = {when: tuple(z["id"] for z in f.document.get("zones", ())) for when, f in found["gaps"].items()}  # fmt: skip
    if len(set(zones.values())) > 1:
        notes.append("gap analyses of different dates have different zones: parts are those of the last one")  # fmt: skip
    return notes


def _nearest(people: Mapping[str, Any], total: float | None) -> float:
    """Return the people of a result of reach: everybody, or, where that is a raster of a continent, those in the area."""
    counts = [float(people[key]) for key in ("total", "in_area", "at_risk") if key in people]
    return counts[0] if total is None else min(counts, key=lambda n: apart(n, total))
