"""The folder of `ew4all exercise report`: the report in each format, tables, and a GeoPackage of areas and zones, all or nothing."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np

from ew4all.exercises.drill_alerts import sent_of
from ew4all.report.document_files import write_document
from ew4all.report.exercise_document import report_of, score_words
from ew4all.report.exercise_figures import alerts_of
from ew4all.run_results import PEOPLE_KEYS, REASONS
from ew4all.sim.exercise import MARK, STATUS, marked
from ew4all.sim.exercise_events import InjectFired, MessageSent
from ew4all.writers.folder import output_folder, writing
from ew4all.writers.records import write_json, write_record
from ew4all.writers.run_tables import write_run_zones
from ew4all.writers.tables import multi

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ew4all.exercises.after_action import AfterAction

__all__ = ["write_report"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_report(
    folder: str | os.PathLike[str],
    found: AfterAction,
    *,
    formats: tuple[str, ...],
    settings: Mapping[str, Any],
) -> None:
    """Write report.html, report.pdf, report.docx, report.json, tables as CSV, exercise.gpkg and run.json.

    Tables are timeline, messages, scores, zones, missed (by reason), what_if, lessons and curves.

    Every file carries the mark EXERCISE; rows of a table in a column of their own.

    Raises
    ------
    WriteError
        A file cannot be written; the folder is as it was.
    """
    document, results = report_of(found), found.results
    with output_folder(folder) as out:
        write_document(out, "report", document, formats)
        write_json(out / "report.json", found.to_dict())
        _table(
            out / "timeline.csv",
            ("event", "time_s", "planned_s", "delay_s", "kind", "who", "what"),
            (
                (r.event, r.time_s, r.planned_s, r.delay_s, r.kind, r.who, r.words)
                for r in found.rows
            ),
        )
        _table(out / "messages.csv", ("event", "time_s", "from", "to", "channel", "title", "text", "message_identifier", "serial_number", "language"), _messages(found))  # fmt: skip
        _table(
            out / "scores.csv",
            ("expectation", "objective", "team", "text", "due_s", "met_s", "state", "points", "most", "comment", "by"),
            (
                (s["expectation"], s["objective"], s["team"], s["text"], s["due_s"], s["met_s"], score_words(s), s["points"], s["most"], s["comment"], s["by"])
                for s in found.scores["scores"]
            ),
        )  # fmt: skip
        _table(out / "zones.csv", ("zone", "at_risk", "warned", "in_time", "missed", "half_warned_s", "reason"), found.zones)  # fmt: skip
        missed = results.lost["whole"].mean.tolist()
        _table(out / "missed.csv", ("reason", "people"), zip(REASONS, missed, strict=True))
        _table(
            out / "what_if.csv",
            ("what_if", "words", *PEOPLE_KEYS, *(f"{key}_difference" for key in PEOPLE_KEYS), "notes"),
            (
                (w.name, w.words, *(w.people.get(k) for k in PEOPLE_KEYS), *(w.less.get(k) for k in PEOPLE_KEYS), "; ".join(w.notes))
                for w in found.what_ifs
            ),
        )  # fmt: skip
        noted = [("lesson", *one) for one in found.lessons] + [("note", *one) for one in found.notes]  # fmt: skip
        _table(out / "lessons.csv", ("kind", "by", "text"), noted)
        _table(out / "curves.csv", ("time_s", "zone", "warned", "acted"), _curves(found))
        _write_places(out / "exercise.gpkg", found)
        write_record(
            out,
            results,
            command="exercise report",
            settings=settings,
            sizes={**results.sizes, "events": len(found.session.log)},
            notice=results.notice,
        )


def _table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*columns, "status"))
        for row in rows:
            writer.writerow((*(_cell(value) for value in row), MARK))


def _cell(value: Any) -> Any:
    """Return a cell; what a spreadsheet would take for a formula is made a text."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _messages(found: AfterAction) -> Iterable[tuple[Any, ...]]:
    """Yield what anybody was told: injects, messages of people, and what went out by cell broadcast, marked as it was sent."""
    states = found.session.injects.states
    for event in found.session.log:
        p = event.payload
        if isinstance(p, InjectFired) and p.inject in states:
            one = states[p.inject].inject
            yield (
                event.sequence,
                event.time_s,
                one.sender,
                ";".join(one.audience),
                str(one.channel),
                one.shown_title,
                one.shown_text,
                None,
                None,
                None,
            )
        elif isinstance(p, MessageSent):
            who = p.sender or event.who.team or event.who.role
            yield (
                event.sequence,
                event.time_s,
                who,
                ";".join(p.to),
                "message",
                marked(p.title),
                marked(p.text, at_end=True),
                None,
                None,
                None,
            )
    times = {event.sequence: event.time_s for event in found.session.log}
    for sent in sent_of(found.session):
        for message in sent.messages:
            yield (
                sent.event, times[sent.event], sent.alert.sender, "", "cell_broadcast", sent.alert.identifier, message.text,
                int(message.message_identifier), message.serial_number, message.language,
            )  # fmt: skip


def _curves(found: AfterAction) -> Iterable[tuple[Any, ...]]:
    results, start_s = found.results, found.session.worlds.start_s
    warned, acted = (results.curves[name].mean for name in ("warned", "acted"))
    names = [zone.id for zone in results.zones]
    columns = [*names, "all"] if warned.shape[1] > len(names) else ["all"]
    for k, zone in enumerate(columns):
        for t, time_s in enumerate(results.time_s.tolist()):
            yield time_s - start_s, zone, float(warned[t, k]), float(acted[t, k])


def _write_places(path: Path, found: AfterAction) -> None:
    """Write zones with their results, and a layer of the areas of alerts, EPSG:4326."""
    write_run_zones(path, found.results)
    areas = [(name, shape) for name, shape in alerts_of(found) if shape is not None]
    shapes = np.empty(len(areas), dtype=object)
    shapes[:] = [multi(shape) for _, shape in areas]
    table = {
        "alert": np.array([name for name, _ in areas], dtype=object),
        "status": np.array([str(STATUS)] * len(areas), dtype=object),
        "notice": np.array([found.results.notice] * len(areas), dtype=object),
    }
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=4326))
    with writing(path):
        frame.to_file(
            path,
            layer="areas",
            driver="GPKG",
            engine="pyogrio",
            geometry_type="MultiPolygon",
            mode="w",
        )
