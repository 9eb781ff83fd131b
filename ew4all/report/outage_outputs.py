"""The folder of an outage: events, sites, curve, ensemble, picture and record, all or nothing."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.coverage.outages.timeline import RETURNS, STATES
from ew4all.report.outage_figure import draw_outage
from ew4all.writers.folder import RECORD, RECORD_SCHEMA, output_folder, writing
from ew4all.writers.records import write_json

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ew4all.outage_study import OutageResult

__all__ = ["write_outage"]

HOUR_S = 3600.0
_ASKED_H = (1.0, 6.0, 12.0, 24.0, 72.0)


def write_outage(
    folder: str | os.PathLike[str],
    result: OutageResult,
    *,
    at_hours: float,
    settings: Mapping[str, Any],
) -> None:
    """Write timeline.csv, sites.csv, curve.csv, ensemble.csv, kits.csv (with kits), outage.png, outage.json and run.json.

    Parameters
    ----------
    at_hours
        When the sites off the air go to ensemble.csv, which ``ew4all target`` takes.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    with output_folder(folder) as out:
        _table(
            out / "timeline.csv",
            ("member", "time_h", "site", "event", "cause", "state"),
            _events(result),
        )
        _table(out / "sites.csv", *_sites(result))
        _table(out / "curve.csv", *_curve(result))
        _table(out / "ensemble.csv", ("member", "site"), _down(result, at_hours))
        sent = [(k, d) for k, o in enumerate(result.ensemble.outages) for d in o.deployments]
        if sent:
            header = ("member", "kind", "role", "depot", "node", "leaves_h", "in_service_h")
            _table(
                out / "kits.csv",
                header,
                (
                    (
                        k,
                        d.kind,
                        d.role,
                        d.depot,
                        result.backhaul.id[d.node],
                        _h(d.leaves_s),
                        _h(d.in_service_s),
                    )
                    for k, d in sent
                ),
            )
        if result.people is not None:
            rows = result.people.to_dict()["curve"]
            _table(
                out / "served.csv", tuple(rows[0]), ([f"{v:.6g}" for v in r.values()] for r in rows)
            )
        draw_outage(out / "outage.png", result)
        write_json(out / "outage.json", result.to_dict())
        outputs = sorted({RECORD, *(p.name for p in out.iterdir())})
        write_json(
            out / RECORD,
            {
                "schema": RECORD_SCHEMA,
                "version": result.to_dict()["version"],
                "command": "outage",
                "settings": dict(settings),
                "inputs": [i.to_dict() for i in result.inputs],
                "assumptions": {
                    k: v if np.isfinite(v) else str(v) for k, v in result.assumptions.items()
                },
                "sizes": {
                    "sites": result.sites,
                    "cells": len(result.cells),
                    "members": len(result.ensemble),
                },
                "outputs": outputs,
                "notes": list(result.notes),
            },
        )


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _events(result: OutageResult) -> Iterable[tuple[Any, ...]]:
    """Yield the events of the typical member: failures, returns, and changes of cause while a site is out."""
    timeline = result.ensemble.timelines[result.typical]
    before = np.ones(timeline.sites, np.bool_)
    for time_s, site, state, why, up in zip(
        timeline.time_s,
        timeline.site,
        timeline.state,
        timeline.returned_by,
        timeline.up,
        strict=True,
    ):
        if up and before[site]:
            event, cause = "change", STATES[state]
        elif up:
            event, cause = "return", RETURNS.get(int(why), STATES[state])
        else:
            event, cause = ("failure" if before[site] else "change"), STATES[state]
        before[site] = up
        yield result.typical, _h(time_s), result.backhaul.id[site], event, cause, STATES[state]


def _sites(result: OutageResult) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """Return a row a site: over all members the chances, and from the typical member when it failed and came back."""
    ensemble, backhaul = result.ensemble, result.backhaul
    first = np.array([t.first_state() for t in ensemble.timelines])
    hours = np.mean([t.hours_out(result.times_h[-1] * HOUR_S) for t in ensemble.timelines], axis=0)
    asked = [h for h in _ASKED_H if h <= result.times_h[-1]]
    alive = [ensemble.alive_at(h * HOUR_S).mean(axis=0) for h in asked]
    failed, back, by = _first_failures(result)
    header = (
        "site", "lon_deg", "lat_deg", "hub",
        *(f"share_first_{STATES[s]}" for s in (1, 2, 3)), "mean_hours_out",
        *(f"alive_{h:g}h" for h in asked), "first_cause", "failed_h", "returned_h", "returned_by",
    )  # fmt: skip
    rows = (
        (
            backhaul.id[k], f"{backhaul.lon_deg[k]:.6f}", f"{backhaul.lat_deg[k]:.6f}", int(backhaul.hub[k]),
            *(f"{(first[:, k] == s).mean():.4f}" for s in (1, 2, 3)), f"{hours[k]:.3f}",
            *(f"{a[k]:.4f}" for a in alive), STATES[first[result.typical, k]] if first[result.typical, k] else "",
            _h(failed[k]), _h(back[k]), by[k],
        )
        for k in range(result.sites)
    )  # fmt: skip
    return header, rows


def _first_failures(result: OutageResult) -> tuple[Any, Any, list[str]]:
    """When each site of the typical member fails at first and is back after that, and by what."""
    timeline = result.ensemble.timelines[result.typical]
    failed, back = np.full(result.sites, np.inf), np.full(result.sites, np.inf)
    by = [""] * result.sites
    for time_s, site, up, why in zip(
        timeline.time_s, timeline.site, timeline.up, timeline.returned_by, strict=True
    ):
        if not up:
            failed[site] = min(failed[site], time_s)
        elif np.isfinite(failed[site]) and not np.isfinite(back[site]):
            back[site] = time_s
            by[site] = RETURNS.get(int(why), "")
    return failed, back, by


def _curve(result: OutageResult) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    rows = result.to_dict()["curve"]
    return tuple(rows[0]), ([f"{value:g}" for value in row.values()] for row in rows)


def _down(result: OutageResult, at_hours: float) -> Iterable[tuple[int, str]]:
    for member, alive in enumerate(result.ensemble.alive_at(at_hours * HOUR_S)):
        lost = np.flatnonzero(~alive)
        if lost.size == 0:
            yield member, ""
        for site in lost:
            yield member, str(result.backhaul.id[site])


def _h(seconds: float) -> str:
    return f"{seconds / HOUR_S:.4f}" if np.isfinite(seconds) else ""
