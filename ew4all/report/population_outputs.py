"""The folder of one comparison of population sources: tables, picture, rasters brought to official figures, record."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ew4all.coverage.exposure import Fractions
from ew4all.geometry import ragged
from ew4all.population_results import RAKED
from ew4all.readers.people import Layers, RasterPeople, open_people
from ew4all.report.population_figure import draw_comparison
from ew4all.study import BLOCK
from ew4all.writers.folder import output_folder
from ew4all.writers.population_tables import write_population_tables
from ew4all.writers.rasters import NODATA, write_cog
from ew4all.writers.records import write_json, write_record

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from ew4all.grid import Block, Grid
    from ew4all.population_sources import Compared
    from ew4all.study import Study
    from ew4all.units import F64

__all__ = ["raked_blocks", "write_comparison"]


def write_comparison(
    folder: str | os.PathLike[str], found: Compared, *, settings: Mapping[str, Any]
) -> None:
    """Write comparison.json, sources.csv, zones.csv, comparison.png, raked_NAME.tif and run.json.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    result = found.result
    with output_folder(folder) as out:
        write_population_tables(out, result)
        draw_comparison(out / "comparison.png", result)
        notes: list[str] = []
        if result.stages[-1].name == RAKED:
            for name, study in found.studies.items():
                if isinstance(study.people, RasterPeople):
                    file = f"raked_{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)}.tif"
                    grid, blocks = raked_blocks(study, found.factors[name])
                    write_cog(
                        out / file,
                        grid,
                        blocks,
                        description=f"people of {name} brought to official figures, inside the zones",
                    )
                    notes.append(_counted_again(out / file, study, found.factors[name]))
        result = replace(result, notes=(*result.notes, *notes))
        write_json(out / "comparison.json", result.to_dict())
        sizes = {"sources": len(result.sources), "zones": len(result.zones)}
        write_record(out, result, command="data compare", settings=settings, sizes=sizes)


def _counted_again(path: Path, study: Study, factor: F64) -> str:
    """Say what the raster holds, and how far its zones are off where it is counted by them again."""
    people = open_people(path, unit="count")
    total = people.everybody()[0]
    text = f"{path.name}: {total:,.0f} people"
    if study.zones is None:
        return text
    nothing = Layers((), None, ())
    again = people.inside(study.zone_shapes, nothing).sums[0][:, 0]
    must = study.people.inside(study.zone_shapes, nothing)
    wanted = sum(part[:, 0] for part in must.sums) * factor
    lived = wanted > 0.0
    off = float(np.abs(again[lived] / wanted[lived] - 1.0).max()) if lived.any() else 0.0
    return (
        f"{text} inside the zones; a cell on a border or the coast holds the sum of its parts, so that zones counted by it again "
        f"differ by up to {off:.1%}"
    )


def raked_blocks(
    study: Study, factor: F64
) -> tuple[Grid, Iterator[tuple[Block, NDArray[np.float32]]]]:
    """Return the part of a source's grid that holds the zones, and people of its cells brought to other totals.

    A cell is cut by the zones exactly; each part is multiplied by the factor of its zone, and the cell holds their sum.
    Cells outside all zones have no data. Without zones the whole grid has the one factor.
    """
    grid = study.grid
    shapes = study.zone_shapes
    drawn = ~shapely.is_missing(shapes)
    window = grid.whole
    weighted = covered = None
    if drawn.any():
        window = grid.block_of_bounds(tuple(shapely.total_bounds(shapes[drawn]))) or grid.whole
        polygons = ragged(shapes[drawn])
        weighted = Fractions.of(polygons, grid, np.ascontiguousarray(factor[drawn]))
        covered = Fractions.of(polygons, grid)
    people = study.people.cells(None)
    part = grid.crop(window)

    def blocks() -> Iterator[tuple[Block, NDArray[np.float32]]]:
        for block in part.blocks(*BLOCK):
            there = type(block)(
                block.row0 + window.row0,
                block.row1 + window.row0,
                block.col0 + window.col0,
                block.col1 + window.col0,
            )
            lived = people.read(there)
            if weighted is None or covered is None:
                yield block, (lived * factor[0]).astype(np.float32)
                continue
            value = lived * weighted.read(there)
            yield block, np.where(covered.read(there) > 0.0, value, NODATA).astype(np.float32)

    return part, blocks()
