"""The folder of `ew4all plan indicators`: the numbers, tables and dashboard, all or nothing."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from ew4all.report.document_html import must_print_pdf
from ew4all.report.indicator_chart import chart_series
from ew4all.report.indicator_page import write_page, write_page_pdf
from ew4all.writers.folder import must_be_folder, output_folder, writing
from ew4all.writers.records import write_json, write_record

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ew4all.indicator_results import Indicator, Indicators

__all__ = ["must_write", "write_indicators"]

_COLUMNS = (
    "id", "view", "name", "value", "low", "high", "unit", "date", "people", "of", "inputs", "condition", "cannot", "method",
    "source",
)  # fmt: skip


def must_write(folder: str | os.PathLike[str]) -> None:
    """Raise where the folder cannot be filled: ask before anything is read.

    Raises
    ------
    OptionError
        It is a file, or nothing is there to print PDF with.
    """
    must_be_folder(folder)
    must_print_pdf()


def write_indicators(
    folder: str | os.PathLike[str], result: Indicators, *, settings: Mapping[str, Any]
) -> None:
    """Write indicators.json, indicators.csv, series.csv, series.png, dashboard.html, dashboard.pdf and run.json.

    Parameters
    ----------
    folder
        Created where it does not exist. After an error it is as it was.
    settings
        Options of the run, as they were given, for run.json.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    chart = chart_series(result)
    with output_folder(folder) as out:
        write_json(out / "indicators.json", result.to_dict())
        _write_csv(out / "indicators.csv", [_row(one, result) for one in result.latest])
        _write_csv(out / "series.csv", [_row(one, result) for one in result.series if one.is_known])
        if chart is not None:
            with writing(out / "series.png"):
                (out / "series.png").write_bytes(chart)
        write_page(out / "dashboard.html", result, chart)
        write_page_pdf(out / "dashboard.pdf", result, chart)
        sizes = {"dates": len(result.dates), "inputs": len(result.inputs)}
        write_record(out, result, command="plan indicators", settings=settings, sizes=sizes, notice=result.notice)  # fmt: skip


def _row(one: Indicator, result: Indicators) -> dict[str, Any]:
    found = one.to_dict()
    names = [f"{result.inputs[k].role} {result.input_dates[k]} {(result.inputs[k].sha256 or '')[:12]}" for k in one.inputs]  # fmt: skip
    row = {name: found.get(name, "") for name in _COLUMNS} | {"inputs": "; ".join(names)}
    return {**row, **({"notice": result.notice} if result.notice else {})}


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0] if rows else _COLUMNS)
        writer.writerows(row.values() for row in rows)
