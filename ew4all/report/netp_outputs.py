"""The folder of `ew4all plan netp`: the annex in each format, the checklist and the numbers, all or nothing."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from ew4all.planning.checklist import blank_checklist
from ew4all.report.document_files import write_document
from ew4all.report.netp_document import annex_of
from ew4all.writers.folder import output_folder, writing
from ew4all.writers.records import write_json, write_record

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from ew4all.netp_results import Netp

__all__ = ["write_netp"]


def write_netp(
    folder: str | os.PathLike[str],
    result: Netp,
    *,
    formats: tuple[str, ...],
    settings: Mapping[str, Any],
) -> None:
    """Write netp.html, netp.pdf, netp.docx, netp.json, recommendations.csv, checklist.toml and run.json.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    document = annex_of(result)
    with output_folder(folder) as out:
        write_document(out, "netp", document, formats)
        write_json(out / "netp.json", result.to_dict())
        _write_rows(out / "recommendations.csv", result)
        with writing(out / "checklist.toml"):
            text = blank_checklist(result.answers, result.country)
            (out / "checklist.toml").write_text(text, encoding="utf-8", newline="\n")
        sizes = {"parts": len(result.pieces), "recommendations": len(result.recommendations)}
        write_record(out, result, command="plan netp", settings=settings, sizes=sizes, notice=result.notice)  # fmt: skip


def _write_rows(path: Path, result: Netp) -> None:
    columns = (
        "rank", "kind", "name", "people", "people_high", "cost", "cost_low", "cost_high", "cost_per_person", "certain", "at_most",
        "by_people", "by_cost", "by_readiness", "missing", "unknown", "source", "rows", "note",
    )  # fmt: skip
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*columns, *(("notice",) if result.notice else ())])
        for row in result.to_dict()["recommendations"]:
            ready, places = row["readiness"], row["places"]
            flat = {
                **row,
                **ready,
                **{f"by_{key}": place for key, place in places.items()},
                **{key: "; ".join(ready[key]) for key in ("missing", "unknown")},
                "rows": "; ".join(row["rows"]),
            }
            writer.writerow([*(flat.get(name, "") for name in columns), *((result.notice,) if result.notice else ())])  # fmt: skip
