"""The folder of an exercise that was played or replayed: log, results, and what went out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ew4all.exercises.drill_alerts import sent_of
from ew4all.sim.exercise import STATUS
from ew4all.writers.folder import output_folder, writing
from ew4all.writers.records import write_json, write_record
from ew4all.writers.run_tables import write_curves, write_events, write_run_zones

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from ew4all.exercises.session import Session
    from ew4all.run_results import RunResults

__all__ = ["LOG_NAME", "summary_of", "write_exercise"]

LOG_NAME = "exercise.jsonl"


def summary_of(session: Session, results: RunResults) -> dict[str, Any]:
    """Return summary.json: that of a run, with what was done."""
    injects = session.injects.states
    alerts = session.alerts.alerts.values()
    return {
        **results.to_dict(),
        "exercise": {
            "id": session.exercise.identifier,
            "status": str(STATUS),
            "events": len(session.log),
            "until_s": session.log.last_s,
            "injects": {
                name: {"status": state.status, "fired_s": state.fired_s}
                for name, state in injects.items()
            },
            "alerts": {
                one.identifier: {"issued_s": one.issued_s, "cancelled_s": one.cancelled_s}
                for one in alerts
                if one.issued_s is not None
            },
            "requests": {
                one.identifier: {
                    "kind": one.kind,
                    "asked_s": one.asked_s,
                    "comes_s": one.comes_s,
                    "sites": len(
                        session.playing.relief.served(
                            one.identifier, session.worlds.start_s + session.log.last_s
                        )
                    ),
                }
                for one in session.requests.requests.values()
            },
            "notes": list(session.playing.notes),
        },
    }


def write_exercise(
    folder: str | os.PathLike[str],
    session: Session,
    results: RunResults,
    *,
    command: str,
    settings: Mapping[str, Any],
    comparison: Mapping[str, Any] | None = None,
) -> None:
    """Write exercise.jsonl, summary.json, curves.parquet, events.parquet, zones.gpkg, alert-N.xml, messages.json and run.json.

    The same log gives the same bytes. Alerts are CAP 1.2 with the status Exercise, N the number of their event in the log.

    Parameters
    ----------
    comparison
        compare.json of a branch.

    Raises
    ------
    WriteError
        A file cannot be written; the folder is as it was.
    """
    with output_folder(folder) as out:
        _write(out / LOG_NAME, session.log.text().encode())
        write_json(out / "summary.json", summary_of(session, results))
        write_curves(out / "curves.parquet", results)
        write_events(out / "events.parquet", results)
        write_run_zones(out / "zones.gpkg", results)
        if comparison is not None:
            write_json(out / "compare.json", comparison)
        messages = []
        for sent in sent_of(session):
            _write(out / f"alert-{sent.event}.xml", sent.cap)
            messages += [
                {
                    "event": sent.event,
                    "message_identifier": int(one.message_identifier),
                    "serial_number": one.serial_number,
                    "language": one.language,
                    "text": one.text,
                }
                for one in sent.messages
            ]
        text = json.dumps(
            {"status": str(STATUS), "messages": messages}, indent=2, ensure_ascii=False
        )
        _write(out / "messages.json", (text + "\n").encode())
        write_record(
            out,
            results,
            command=command,
            settings=settings,
            sizes={**results.sizes, "events": len(session.log)},
            notice=results.notice,
        )


def _write(path: Path, data: bytes) -> None:
    with writing(path):
        path.write_bytes(data)
