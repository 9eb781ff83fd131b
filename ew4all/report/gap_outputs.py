"""The folder of a gap analysis: its JSON and the record of how it came about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ew4all.writers.folder import output_folder
from ew4all.writers.records import write_json, write_record

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from ew4all.gap_intake import GapStudy
    from ew4all.gap_results import Gaps

__all__ = ["write_gaps"]


def write_gaps(
    out: str | os.PathLike[str],
    opened: GapStudy,
    result: Gaps,
    *,
    settings: Mapping[str, Any],
    notice: str | None = None,
) -> None:
    """Write the folder, whole or not at all.

    Raises
    ------
    OptionError, WriteError
        See `output_folder`.
    """
    grid = opened.study.grid
    sizes = {
        "rows": grid.height,
        "columns": grid.width,
        "zones": len(result.zones),
        "layers": len(opened.ground.layers),
        "atoms": len(opened.ground.atoms),
    }
    with output_folder(out) as folder:
        document = result.to_dict()
        write_json(
            folder / "gaps.json", document if notice is None else {**document, "notice": notice}
        )
        write_record(folder, result, command="gaps", settings=settings, sizes=sizes, notice=notice)
