"""Places, layers and people of a gap analysis brought together, and people counted in them.

The study area is cut by every polygon layer of signal and channels, exactly and before any grid is looked at: in each
part (an *atom*) a polygon covers all or nothing, so that what is left to ask of cells are shares of raster layers. Zones
and hazards are laid over the atoms in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

import numpy as np

from ew4all.coverage.gaps import Places, columns_of
from ew4all.coverage.overlay import clip, without
from ew4all.coverage.queries import Column as Asked
from ew4all.readers.cells import PolygonShare
from ew4all.readers.modelled import ModelledLayer
from ew4all.readers.people import Layers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.gaps import Column
    from ew4all.grid import Block
    from ew4all.readers.levels import HazardRaster
    from ew4all.readers.people import Inside, PeopleSource
    from ew4all.readers.stack import ShareReader
    from ew4all.reprojection import Geometries
    from ew4all.units import F32, F64

__all__ = ["PEOPLE", "Atom", "Counts", "Derived", "Ground", "Hazard", "Layer"]

PEOPLE: Final = ("people", "")
"""The people themselves, beside the columns of `Places`."""

Counts: TypeAlias = "list[dict[Column, F64]]"
"""Everybody and then each hazard: from `PEOPLE` and each column to people, one number a place; the last place is all."""

KEPT_BYTES: Final = 1 << 29
"""Columns that are kept for the whole of a count: groups ask for the same blocks again, and a modelled network is slow."""

MOST_ATOMS: Final = 64
"""Parts into which polygon layers may divide the study area: each is a count of its own. Further layers are cell shares."""

_AT_HAND: Final = 8
"""Blocks beyond these that are kept for a while: each of their numbers is asked for on its own, by each thread."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Where a signal or a channel is: `reader` on the grid of the people, or `shape` in its CRS."""

    reader: ShareReader | None
    shape: BaseGeometry | None = None


@dataclass(frozen=True, eq=False)
class Hazard:
    """A hazard: `shape`, or `raster` inside `shape` (its window)."""

    name: str
    shape: BaseGeometry
    raster: HazardRaster | None = None


class Counted(Protocol):
    """People who can be counted; a `PeopleSource`, or some of its people."""

    def inside(
        self,
        shapes: Geometries,
        layers: Layers,
        *,
        workers: int | Executor = 1,
        progress: Progress | None = None,
    ) -> Inside:
        """People inside each shape, for each group."""


class Atom(NamedTuple):
    """A part of the study area, and which polygon layers cover it: `inside`, 0 or 1 by position among all layers."""

    shape: BaseGeometry
    inside: dict[int, float]


@dataclass(frozen=True, eq=False)
class Derived:
    """The columns of `Places` in one atom, and their products with hazard rasters, block by block."""

    places: Places
    layers: tuple[Layer, ...]
    inside: dict[int, float]
    hazards: tuple[ShareReader, ...]
    _kept: dict[Block, F32] = field(default_factory=dict, repr=False)
    _at_hand: dict[Block, F32] = field(default_factory=dict, repr=False)

    @property
    def width(self) -> int:
        """How many numbers there are: columns, then for each hazard raster its share and its product with each."""
        n = len(self.places.columns)
        return n + len(self.hazards) * (1 + n)

    @cached_property
    def constant(self) -> F64 | None:
        """The columns of `Places` where polygons alone decide, so that no cell need be asked; else None."""
        used = [k for k, layer in enumerate(self.layers) if layer.reader is not None]
        if used or self.hazards:
            return None
        shares = [self.inside[k] for k in range(len(self.layers))]
        n = len(self.places.signals)
        return np.array(columns_of(self.places, shares[:n], shares[n:]), np.float64)

    def values(self, block: Block) -> list[NDArray[np.float64]]:
        """Return the columns of `Places` for the cells of a block, 0..1."""
        shares: list[Any] = [
            self.inside[k] if layer.reader is None else np.asarray(layer.reader.share(block), np.float64)
            for k, layer in enumerate(self.layers)
        ]  # fmt: skip
        n = len(self.places.signals)
        return [
            np.broadcast_to(np.asarray(v, np.float64), block.shape)
            for v in columns_of(self.places, shares[:n], shares[n:])
        ]

    def read(self, block: Block) -> F32:
        """Return all numbers of a block, shape (width, rows, columns)."""
        known = self._kept.get(block, self._at_hand.get(block))
        if known is not None:
            return known
        values = self.values(block)
        out = np.empty((self.width, *block.shape), np.float32)
        for k, value in enumerate(values):
            out[k] = value
        at = len(values)
        for hazard in self.hazards:
            share = np.asarray(hazard.share(block), np.float64)
            out[at] = share
            for k, value in enumerate(values):
                # Where in a cell people are at risk and where they have a signal nobody knows: taken as independent.
                out[at + 1 + k] = share * value
            at += 1 + len(values)
        if (len(self._kept) + 1) * out.nbytes <= KEPT_BYTES:
            self._kept[block] = out
            return out
        while len(self._at_hand) >= _AT_HAND:
            # Another thread may have taken it in the meantime.
            self._at_hand.pop(next(iter(tuple(self._at_hand)), block), None)
        self._at_hand[block] = out
        return out

    def __getstate__(self) -> dict[str, Any]:
        """Leave what is kept behind: another process works it out anew."""
        names = ("places", "layers", "inside", "hazards")
        return {**{name: getattr(self, name) for name in names}, "_kept": {}, "_at_hand": {}}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take a state without `__init__`, which a frozen class would refuse to be changed by."""
        for name, value in state.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class _Number:
    """One number of `Derived`, as a layer of shares."""

    derived: Derived
    k: int

    binary: Final = False

    def share(self, block: Block) -> NDArray[Any]:
        found: NDArray[Any] = self.derived.read(block)[self.k]
        return found


@dataclass(frozen=True, eq=False)
class Ground:
    """What people are counted in.

    Attributes
    ----------
    within
        Study area in the CRS of the people.
    places
        What is computed of layers.
    layers
        One for each of `places.signals`, then one for each layer of channels.
    hazards
        Hazards by name.
    """

    people: PeopleSource
    within: BaseGeometry
    places: Places
    layers: tuple[Layer, ...]
    hazards: tuple[Hazard, ...]
    workers: int | Executor = 1
    progress: Progress | None = None

    @property
    def window(self) -> Block:
        """Cells in which the study area lies."""
        return self.people.grid.block_of_bounds(self.within.bounds) or self.people.grid.whole

    @cached_property
    def _divided(self) -> tuple[tuple[Atom, ...], tuple[Layer, ...]]:
        """Parts of the study area, and the layers, of which some may have become shares of cells."""
        parts, layers = [Atom(self.within, {})], list(self.layers)
        for k, layer in enumerate(self.layers):
            if layer.shape is None:
                continue
            divided = []
            for part in parts:
                for share, cut in ((1.0, clip), (0.0, without)):
                    piece = cut(_one(part.shape), layer.shape)[0]
                    if piece is not None and not piece.is_empty:
                        divided.append(Atom(piece, {**part.inside, k: share}))
            if len(divided) <= MOST_ATOMS:
                parts = divided
            else:
                layers[k] = Layer(PolygonShare.of(layer.shape, self.people.grid))
        return tuple(parts), tuple(layers)

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """Parts of the study area in which every polygon layer covers all or nothing."""
        return self._divided[0]

    @property
    def smoothed(self) -> int:
        """How many polygon layers are taken as shares of cells, because too many cross each other."""
        return sum(a is not b for a, b in zip(self.layers, self._divided[1], strict=True))

    @cached_property
    def derived(self) -> tuple[Derived, ...]:
        """Columns of each atom."""
        rasters = tuple(h.raster for h in self.hazards if h.raster is not None)
        atoms, layers = self._divided
        return tuple(Derived(self.places, layers, atom.inside, rasters) for atom in atoms)

    def count(self, zones: Geometries, people: Counted | None = None) -> list[Counts]:
        """Count people in zones and in the whole study area, for each group of the source.

        Parameters
        ----------
        zones
            Polygons or None, in the CRS of the people.
        people
            Somebody else on the same grid; by default those of the ground.
        """
        source = people or self.people
        shapes = np.empty(len(zones) + 1, dtype=object)
        shapes[:-1], shapes[-1] = zones, self.within
        drawn = [h for h in self.hazards if h.raster is None]
        sets = [shapes, *(clip(shapes, h.shape) for h in drawn)]
        sums: list[F64] | None = None
        for atom, derived in zip(self.atoms, self.derived, strict=True):
            asked = np.concatenate([clip(one, atom.shape) for one in sets])
            constant = derived.constant
            width = derived.width if constant is None else 0
            columns = tuple(Asked((k,)) for k in range(width))
            readers = [_Number(derived, k) for k in range(width)]
            found = source.inside(
                asked, Layers(readers, None, columns), workers=self.workers, progress=self.progress
            )
            at = [0, *(found.place[column] for column in columns)]
            here = [part[:, at] for part in found.sums]
            if constant is not None:
                here = [np.hstack([part, part * constant]) for part in here]
            sums = here if sums is None else [a + b for a, b in zip(sums, here, strict=True)]
        assert sums is not None
        return [self._named(part.reshape(len(sets), len(shapes), -1)) for part in sums]

    def _named(self, sums: F64) -> Counts:
        """Give numbers their names; `sums` has the shape (sets, places, numbers)."""
        names = self.places.columns
        n = len(names)

        def of(part: F64) -> dict[Column, F64]:
            return {PEOPLE: part[:, 0], **{c: part[:, 1 + k] for k, c in enumerate(names)}}

        found = [of(sums[0, :, : 1 + n])]
        drawn, stored = 1, 1 + n
        for hazard in self.hazards:
            if hazard.raster is None:
                found.append(of(sums[drawn, :, : 1 + n]))
                drawn += 1
            else:
                found.append(of(sums[0, :, stored : stored + 1 + n]))
                stored += 1 + n
        return found

    def on_air(self, alive: NDArray[np.bool_]) -> Ground:
        """Return the ground with some cells of its network off the air."""
        layers = tuple(
            replace(layer, reader=layer.reader.with_alive(alive))
            if isinstance(layer.reader, ModelledLayer)
            else layer
            for layer in self.layers
        )
        return replace(self, layers=layers)


def mean_of(members: Sequence[list[Counts]]) -> list[Counts]:
    """Return the mean over members of an outage, group by group."""
    return [
        [
            {key: np.mean([m[g][h][key] for m in members], axis=0) for key in by_hazard}
            for h, by_hazard in enumerate(group)
        ]
        for g, group in enumerate(members[0])
    ]


def _one(shape: BaseGeometry) -> Geometries:
    out = np.empty(1, dtype=object)
    out[0] = shape
    return out
