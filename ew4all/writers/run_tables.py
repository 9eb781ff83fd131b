"""Tables of a run: curves and events as Parquet, zones as GeoPackage. The same results give the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ew4all.run_results import (
    ALL,
    ANY,
    CURVE_STAGES,
    PEOPLE_KEYS,
    REASONS,
    STATISTICS,
)
from ew4all.sim.records import KINDS
from ew4all.writers.folder import writing
from ew4all.writers.tables import multi, write_gpkg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from ew4all.run_results import RunResults, Stats

    F64 = NDArray[np.float64]

__all__ = ["write_curves", "write_events", "write_run_zones", "zone_columns"]

_STAGE_OF: Final = {"alerted": "alerted", "reached": "reached", "noticed": "warned"}
"""Curves by channel, to the stage that they are called in the table."""

_COLUMNS: Final = ("channel", "zone", "stage", "statistic")


def write_curves(path: Path, results: RunResults) -> None:
    """Write people at risk over time: ``time_s, channel, zone, stage, statistic, people``.

    Channel ``any`` is all together, zone ``all`` everybody. Stages are ``alerted``, ``reached`` and ``warned`` of each channel,
    and ``warned`` and ``acted`` of any.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    parts = list(_curves(results))
    ticks = results.time_s.size
    columns: dict[str, Any] = {"time_s": np.tile(results.time_s, len(parts))}
    for k, name in enumerate(_COLUMNS):
        words = [part[k] for part in parts]
        known = list(dict.fromkeys(words))
        codes = np.repeat(np.array([known.index(w) for w in words], np.int32), ticks)
        coded = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(known, pa.string()))
        columns[name] = coded.dictionary_decode()
    columns["people"] = np.concatenate([part[-1] for part in parts])
    _write(path, columns, results.notice)


def write_events(path: Path, results: RunResults) -> None:
    """Write what happened: ``time_s, kind, subject, value``; the value is empty where an event has none.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    events = results.events
    order = np.argsort(np.asarray(events.time_s, np.float64), kind="stable")
    value = np.asarray(events.value, np.float64)[order]
    columns = {
        "time_s": np.asarray(events.time_s, np.float64)[order],
        "kind": pa.array([KINDS[events.kind[k]] for k in order], pa.string()),
        "subject": pa.array([events.subject[k] for k in order], pa.string()),
        "value": pa.array(value, mask=np.isnan(value)),
    }
    _write(path, columns, results.notice)


def zone_columns(results: RunResults) -> dict[str, list[Any]]:
    """Return the table of zones: counts, bands of the warned, missed people by reason; one value a zone."""
    people, lost = results.people["zone"], results.lost["zone"]
    table: dict[str, list[Any]] = {
        "id": [zone.id for zone in results.zones],
        "name": [zone.name for zone in results.zones],
    }
    for k, key in enumerate(PEOPLE_KEYS):
        table[key] = people.mean[:, k].tolist()
    warned = PEOPLE_KEYS.index("warned")
    table["warned_p05"] = people.p05[:, warned].tolist()
    table["warned_p95"] = people.p95[:, warned].tolist()
    for k, reason in enumerate(REASONS):
        table[f"missed_{reason}"] = lost.mean[:, k].tolist()
    if results.notice is not None:
        table["notice"] = [results.notice for _ in results.zones]
    return table


def write_run_zones(path: Path, results: RunResults) -> None:
    """Write the table of zones as GeoPackage, EPSG:4326; the zone called ``outside`` has a null geometry.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    table = {name: np.array(values) for name, values in zone_columns(results).items()}
    words = {"id", "name", "notice"}
    typed = {
        name: values.astype(object) if name in words else values for name, values in table.items()
    }
    shapes = np.empty(len(results.zones), dtype=object)
    shapes[:] = [multi(zone.geometry) for zone in results.zones]
    frame = gpd.GeoDataFrame(typed, geometry=gpd.GeoSeries(shapes, crs=4326))
    parts = (results.title, "people by zone", f"ew4all {results.version}", results.notice)
    write_gpkg(path, frame, "; ".join(part for part in parts if part))


def _curves(results: RunResults) -> Iterator[tuple[str, str, str, str, F64]]:
    """Yield channel, zone, stage, statistic and people over time."""
    names = [zone.id for zone in results.zones]
    # Where everybody is one zone it is the whole.
    zones = [ALL] if names == [ALL] else [*names, ALL]

    def of(
        channel: str, stage: str, stats: Stats, *index: int
    ) -> Iterator[tuple[str, str, str, str, F64]]:
        count = stats.mean.shape[1]
        known = zones if count == len(names) + 1 else [ALL]
        for zone in known:
            k = count - 1 if zone == ALL else known.index(zone)
            for statistic, values in zip(STATISTICS, stats, strict=True):
                yield channel, zone, stage, statistic, values[(slice(None), k, *index)]

    for stage in ("warned", "acted"):
        yield from of(ANY, stage, results.curves[stage])
    for c, channel in enumerate(results.channels):
        for name, stage in _STAGE_OF.items():
            assert stage in CURVE_STAGES
            yield from of(channel, stage, results.curves[name], c)


def _write(path: Path, columns: dict[str, Any], notice: str | None) -> None:
    table = pa.table(columns)
    if notice is not None:
        table = table.replace_schema_metadata({"notice": notice})
    with writing(path, pa.ArrowException):
        pq.write_table(table, path, compression="zstd")
