"""A comparison of population sources as CSV: every answer of every source by stage, and by zone."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ew4all.population_results import Counts, PopulationComparison

__all__ = ["write_population_tables"]

_ANSWERS = ("people", "at_risk", "in_area", "covered", "uncovered", "uncovered_share")


def write_population_tables(folder: Path, result: PopulationComparison) -> None:
    """Write sources.csv (stage or time, source, answers) and zones.csv (zone, stage, source, official figure, answers).

    What was not asked is an empty field.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    _write(
        folder / "sources.csv",
        ("stage", "source", *_ANSWERS),
        [
            (case.name, source, *_fields(counts))
            for case in (*result.stages, *result.cases)
            for source, counts in case.counts.items()
        ],
    )
    if result.zones:
        stages = (result.stages[0].name, result.stages[-1].name)
        _write(
            folder / "zones.csv",
            ("zone", "name", "stage", "source", "official", *_ANSWERS),
            [
                (zone.id, zone.name, stage, source, _number(zone.official), *_fields(counts))
                for zone in result.zones
                for stage, by_source in dict(
                    zip(stages, (zone.given, zone.last), strict=True)
                ).items()
                for source, counts in by_source.items()
            ],
        )


def _fields(counts: Counts) -> list[str]:
    return [_number(getattr(counts, name)) for name in _ANSWERS]


def _number(value: float | None) -> str:
    return "" if value is None else repr(float(value))


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
