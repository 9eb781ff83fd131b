"""Errors of files as faults with their places: line and column of a text, sheet, row and column of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ew4all.errors import FaultyFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ew4all.errors import EW4AllError
    from ew4all.scenario.findings import Finding

__all__ = ["fault_list", "found_wrong"]


def found_wrong(error: EW4AllError) -> dict[str, Any]:
    """Return what is wrong, each fault with its place, in plain values."""
    if isinstance(error, FaultyFileError):
        return {"faults": fault_list(error.findings), "message": str(error)}
    return {"faults": [{"pointer": "#", "detail": str(error)}], "message": str(error)}


def fault_list(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings in plain values; of a table, line and column are those of the cell, and the pointer says which sheet."""
    from ew4all.exercises.sheets import CellFinding

    out: list[dict[str, Any]] = []
    for one in findings:
        if isinstance(one, CellFinding):
            out.append(
                {
                    "pointer": one.path or "#",
                    "detail": one.message,
                    "row": one.line,
                    "column": one.column,
                }
            )
        else:
            pointer = "#/" + one.path.replace("~", "~0").replace(".", "/") if one.path else "#"
            out.append(
                {"pointer": pointer, "detail": one.message, "line": one.line, "column": one.column}
            )
    return out
