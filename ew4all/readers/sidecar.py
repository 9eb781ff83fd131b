"""Prepared rasters: the sums of every whole tile, kept in a file beside the population raster.

A polygon that covers a tile wholly needs no cell of it, only its sums. `prepare` works them out once, for the people
and for every union of coverage rasters that a run with these layers asks for; with them only the tiles that an edge
crosses are decoded. The sums are those that a run without the file would form, so that both give the same bits.

The file names every raster by its content (see `ew4all.readers.sidecar_file`). A raster whose content is another stops
the run: old sums are never used. Layers or thresholds that the file does not hold are no fault; the run then decodes
every tile, and a note says so.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ew4all import __version__
from ew4all.coverage.exposure import lattice_of, whole_tile_sums
from ew4all.coverage.queries import FEWEST, MOST, Column, queries
from ew4all.coverage.workers import in_order
from ew4all.errors import OptionError, StaleSidecarError
from ew4all.readers.fingerprint import must_be_unchanged, sha256
from ew4all.readers.layers import RasterLayer, open_layers
from ew4all.readers.population import open_population
from ew4all.readers.sidecar_file import (
    SCHEMA,
    SUFFIX,
    cell_files,
    content_of,
    entry_of,
    facts_of,
    read_sums,
    rule_of,
    write_sums,
)
from ew4all.readers.stack import RasterStack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    from ew4all.coverage.exposure import Progress
    from ew4all.readers.fingerprint import Identity
    from ew4all.readers.population import Population
    from ew4all.readers.rasters import Raster
    from ew4all.readers.stack import ShareReader
    from ew4all.units import F64

_COLUMN_KEY = tuple[frozenset[int], str | None]


@dataclass(frozen=True)
class Stored:
    """Sums of whole tiles for one group, shape (tile rows, tile columns, numbers of the source)."""

    sums: F64


class Prepared(NamedTuple):
    """Stored sums of each group, None where every tile is decoded, and the notes to it."""

    stored: tuple[Stored, ...] | None
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Sidecar:
    """A prepared file as it was read."""

    path: Path
    header: Mapping[str, Any]
    sums: F64

    def of(self, population: Population, stacks: Sequence[RasterStack]) -> Prepared:
        """Return the stored sums in the order of the stacks' columns.

        Raises
        ------
        StaleSidecarError
            A raster that the file names has changed since.
        """
        groups = [self._find("population", raster) for raster in population.rasters]
        layers = [self._layer(layer) for layer in stacks[0].layers]
        missing = self._missing(population, stacks[0], groups, layers)
        if missing is not None:
            note = f"the prepared sums in {self.path.name} were not used, because {missing}; every tile was decoded"
            return Prepared(None, (note,))
        picked = [0] * (1 + len(stacks[0].columns))
        for column, place in stacks[0].place.items():
            picked[place] = 1 + self._columns[self._key(column, layers)]
        stored = tuple(
            Stored(np.ascontiguousarray(self.sums[g][..., picked])) for g in groups if g is not None
        )
        note = (
            f"sums of whole tiles were taken from {self.path.name}, which belongs to these rasters"
        )
        return Prepared(stored, (note,))

    def _missing(
        self,
        population: Population,
        stack: RasterStack,
        groups: Sequence[int | None],
        layers: Sequence[int | None],
    ) -> str | None:
        """Say what the file lacks, None where it has everything."""
        if self.header["unit"] != population.unit:
            return f"they count people by the unit {self.header['unit']}, not by {population.unit}"
        if tuple(self.header["tile"]) != stack.tile:
            return "another version cuts tiles differently"
        if any(g is None for g in groups):
            return "a population group is not among them"
        if any(c.hazard for c in stack.columns):
            return "the hazard is a raster"
        for column in stack.columns:
            if any(k < 0 for k in column.rasters):
                return "coverage polygons enter the bounds"
            for k in column.rasters:
                if layers[k] is None:
                    name = getattr(stack.layers[k], "name", "a coverage layer")
                    return f"{name} is not among them as it is used here"
            if self._key(column, layers) not in self._columns:
                return "they hold no union of just these layers"
        return None

    @cached_property
    def _columns(self) -> dict[_COLUMN_KEY, int]:
        first = [self._first(entry) for entry in self.header["layers"]]
        return {
            (frozenset(first[k] for k in column["layers"]), column["bound"]): place
            for place, column in enumerate(self.header["columns"])
        }

    def _first(self, entry: Mapping[str, Any]) -> int:
        """Position of the first layer of the same content: two operators may share a raster."""
        same = [content_of(other) == content_of(entry) for other in self.header["layers"]]
        return same.index(True)

    def _key(self, column: Column, layers: Sequence[int | None]) -> _COLUMN_KEY:
        # Every layer of the column was found, see `_missing`.
        return frozenset(found for k in column.rasters if (found := layers[k]) is not None), (
            column.bound
        )

    def _layer(self, layer: ShareReader) -> int | None:
        if not isinstance(layer, RasterLayer):
            return None
        return self._find("layers", layer.raster, rule_of(layer))

    def _find(self, role: str, raster: Raster, rule: Mapping[str, Any] | None = None) -> int | None:
        """Return which raster of the file this one is."""
        files = cell_files(raster)
        if files is None:
            return None
        path = Path(files[0].path)
        for place, entry in enumerate(self.header[role]):
            if self._where(entry) == path and entry["band"] == raster.band:
                self._must_be_same(entry, raster, files)
                if entry["rule"] == rule:
                    return self._first(entry) if role == "layers" else place
        now = entry_of(raster, rule, self.path.parent)
        for place, entry in enumerate(self.header[role]):
            # The whole folder may have been moved, or the layer be a copy of the one that was prepared.
            if content_of(entry) == content_of(now):
                return place
        return None

    def _where(self, entry: Mapping[str, Any]) -> Path:
        return Path(os.path.normpath(self.path.parent / entry["path"]))

    def _must_be_same(self, entry: Mapping[str, Any], raster: Raster, files: Identity) -> None:
        held = entry["files"]
        why = ""
        if entry["facts"] != facts_of(raster):
            why = "its grid, type or value for 'no data' was changed"
        elif [f["bytes"] for f in held] != [file.size for file in files]:
            why = "its size has changed"
        # A time proves nothing about content. The digest is kept, so that a file is hashed once for each of its states.
        elif [f["sha256"] for f in held] != [sha256(file.path, (file,)) for file in files]:
            why = "its content has changed"
        if why:
            msg = (
                f"{self.path} no longer belongs to {raster.name}: {why}; its sums would give wrong numbers of people. "
                "Make it again with `ew4all data prepare`, or delete it"
            )
            raise StaleSidecarError(msg)


def prepare(
    population: Any,
    *,
    population_unit: str | None = None,
    coverage: Mapping[str, Any] | None = None,
    coverage_min: Mapping[str, float] | float | None = None,
    out: str | os.PathLike[str] | None = None,
    workers: int | Executor = 2,
    progress: Progress | None = None,
) -> Path:
    """Work out the sums of every tile and keep them beside the population raster.

    Parameters
    ----------
    population, population_unit, coverage, coverage_min
        As for `ew4all.reach`; rasters must be files. Coverage polygons need no preparation.
    out
        Folder or file, whose name must end with `SUFFIX`; by default beside the (first) population raster, which is
        where runs look for it.
    workers
        Threads, or an executor. The file has the same bytes for any.
    progress
        Told how many blocks of how many are done, of each raster that is surveyed and then of all tiles.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    OptionError
        A raster that is no file of this machine, or a name without `SUFFIX`.
    InputError, ReadError
        See `open_population` and `open_layers`.
    WriteError
        The file cannot be written; nothing is left of it.
    """
    threads = workers if isinstance(workers, int) else 2
    people = open_population(population, unit=population_unit, workers=threads, progress=progress)
    layers, polygons = open_layers(coverage or {}, people.grid, coverage_min=coverage_min)
    for raster in (*people.rasters, *(layer.raster for layer in layers)):
        _must_be_file(raster)
    target = _target(people.rasters[0], out)
    columns = _columns_of(layers, queries(layers, polygons))
    stacks = [RasterStack(people, layers, None, columns, g) for g in range(len(people.rasters))]
    sums = _all_sums(stacks, workers, progress)
    header = {
        "schema": SCHEMA,
        "version": __version__,
        "unit": people.unit,
        "tile": stacks[0].tile,
        "groups": people.groups,
        "population": [entry_of(raster, None, target.parent) for raster in people.rasters],
        "layers": [entry_of(layer.raster, rule_of(layer), target.parent) for layer in layers],
        "columns": [{"layers": c.rasters, "bound": c.bound} for c in columns],
    }
    for raster in (*people.rasters, *(layer.raster for layer in layers)):
        if raster.identity is not None:
            must_be_unchanged(raster.identity)
    write_sums(target, header, sums)
    return target


def prepared_sums(population: Population, stacks: Sequence[RasterStack]) -> Prepared:
    """Return the stored sums beside a population raster for what `stacks` ask, where there are any.

    Raises
    ------
    StaleSidecarError
        A raster that the prepared file names has changed since.
    ReadError
        The prepared file is damaged, or of another version's format.
    """
    files = cell_files(population.rasters[0])
    if files is None or stacks[0].tile is None:
        return Prepared(None, ())
    place = Path(files[0].path + SUFFIX)
    if not place.exists():
        return Prepared(None, ())
    return Sidecar(place, *read_sums(place)).of(population, stacks)


def _columns_of(layers: Sequence[RasterLayer], asked: Sequence[Any]) -> tuple[Column, ...]:
    """Unions of raster layers that a run asks for; with bounds where a layer is on other cells than the people."""
    columns = [Column(q.rasters) for q in asked if q.rasters]
    if any(not layer.aligned.on_same_cells for layer in layers):
        columns += [
            Column(q.rasters, bound=bound)
            for q in asked
            if q.rasters and q.operator is None and not q.polygons
            for bound in (FEWEST, MOST)
        ]
    return tuple({(frozenset(c.rasters), c.bound): c for c in columns}.values())


def _all_sums(
    stacks: Sequence[RasterStack], workers: int | Executor, progress: Progress | None
) -> F64:
    tile = stacks[0].tile
    assert tile is not None
    lattice = lattice_of(stacks[0].grid, tile)
    blocks = list(stacks[0].grid.blocks(*tile))
    jobs = [(stack, block) for stack in stacks for block in blocks]
    # In the order of the header's columns: people, then each column.
    place = [0, *(stacks[0].place[column] for column in stacks[0].columns)]
    sums = np.empty((len(jobs), len(place)))
    for done, found in enumerate(in_order(whole_tile_sums, jobs, workers)):
        sums[done] = found[place]
        if progress is not None:
            progress(done + 1, len(jobs))
    return sums.reshape(len(stacks), *lattice.shape, len(place))


def _must_be_file(raster: Raster) -> None:
    if raster.identity is None:
        msg = (
            f"{raster.name} is no file of this machine, so that sums of its tiles could not be told from those of "
            "another; hand over a path"
        )
        raise OptionError(msg)


def _target(raster: Raster, out: str | os.PathLike[str] | None) -> Path:
    files = cell_files(raster)
    assert files is not None  # `_must_be_file`
    beside = Path(files[0].path + SUFFIX)
    if out is None:
        return beside
    path = Path(out).absolute()
    if path.is_dir():
        return path / beside.name
    if not path.name.endswith(SUFFIX):
        msg = f"the prepared file {out} must be named *{SUFFIX}, for instance {beside.name}"
        raise OptionError(msg)
    return path
