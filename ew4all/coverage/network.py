"""Cells on a grid: the strongest of them at every pixel, and who camps on which.

::

    network = Network.of(cells, grid)
    signal = network.signal(block, "4g")              # the four strongest cells and their levels
    camping = network.camping(block, alive=alive)     # who serves whom, 5g before 4g before 3g before 2g

What a pixel gets does not depend on the block it is asked in. Interference is left out: levels are compared with thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from ew4all.coverage.placement import Placed
from ew4all.coverage.reception import reception_curve
from ew4all.coverage.reference_level import eirp_dbm
from ew4all.coverage.service_kernels import camp, service
from ew4all.coverage.signal_defaults import Radio
from ew4all.coverage.signal_kernels import MOST_CELLS, NOBODY, decode, servers
from ew4all.errors import EmptyLayerError, GridMismatchError, UnknownTechnologyError
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from ew4all.cells import Cells
    from ew4all.coverage.terrain import Terrain
    from ew4all.grid import Block, Grid
    from ew4all.units import F32, F64, I32

__all__ = ["LAYERS", "SERVERS", "Camping", "Environment", "Everywhere", "Network", "Signal"]

SERVERS: Final = 4
"""Strongest cells that are kept for each pixel."""

LAYERS: Final = tuple(reversed(TECHNOLOGIES))
"""Technologies in the order in which phones prefer them."""

_AT_ONCE = 64


class Environment(Protocol):
    """What surrounds each pixel: 0 open, 1 suburban, 2 urban."""

    def read(self, block: Block) -> NDArray[np.uint8]:
        """Return the codes of a block."""


@dataclass(frozen=True, eq=False)
class Everywhere:
    """The same surroundings everywhere."""

    code: int = 0

    def read(self, block: Block) -> NDArray[np.uint8]:
        """Return the code for each pixel."""
        return np.full(block.shape, self.code, np.uint8)


@dataclass(frozen=True, eq=False)
class Signal:
    """The strongest cells of one technology: `cell` (servers, rows, columns), -1 for none, and `level_dbm`, NaN for none.

    Levels are medians outdoors, what the phone's technology calls its reference level (see `reference_level`).
    """

    cell: I32
    level_dbm: F32


@dataclass(frozen=True, eq=False)
class Camping:
    """Who serves whom: `cell` (k, rows, columns), -1 for none, and the probability of camping there and decoding.

    Probabilities of a pixel add up to at most 1; what is left has no service.
    """

    cell: I32
    probability: F32


@dataclass(frozen=True, eq=False)
class Network:
    """Cells on a grid.

    Attributes
    ----------
    environment
        What surrounds each pixel.
    terrain
        Heights, or None for flat land.
    radio
        What is assumed of air, phones and people.
    """

    cells: Cells
    grid: Grid
    environment: Environment
    terrain: Terrain | None
    radio: Radio

    @classmethod
    def of(
        cls,
        cells: Cells,
        grid: Grid,
        environment: Environment | int = 0,
        *,
        terrain: Terrain | None = None,
        radio: Radio | None = None,
    ) -> Network:
        """Put cells on a grid; `environment` may be one code for all of it."""
        around = Everywhere(environment) if isinstance(environment, int) else environment
        return cls(cells, grid, around, terrain, radio or Radio())

    @cached_property
    def eirp_dbm(self) -> F64:
        """Reference level of each cell at its antenna, in the main beam."""
        return eirp_dbm(self.cells)

    @cached_property
    def _need_dbm(self) -> F64:
        return np.array([self.radio.decodes_dbm(t) for t in TECHNOLOGIES])

    @cached_property
    def placed(self) -> Placed:
        """Where the cells lie on the grid."""
        need = self._need_dbm[self.cells.technology]
        return Placed.of(self.cells, self.grid, self.terrain, self.radio, self.eirp_dbm, need)

    def technologies(self) -> tuple[str, ...]:
        """Return the technologies of which there are cells, in the order of `TECHNOLOGIES`."""
        here = np.unique(self.cells.technology)
        return tuple(name for code, name in enumerate(TECHNOLOGIES) if code in here)

    def operators(self) -> tuple[str, ...]:
        """Return the names of the operators, sorted; ``""`` is unknown."""
        return tuple(str(name) for name in np.unique(self.cells.operator))

    def signal(
        self,
        block: Block,
        technology: str,
        operator: str | None = None,
        alive: NDArray[np.bool_] | None = None,
        *,
        keep: int = SERVERS,
    ) -> Signal:
        """Return the strongest cells of one technology.

        Parameters
        ----------
        operator
            Its cells only; None: all as one network.
        alive
            Which cells work, shape (cells,); None: all.
        keep
            How many servers.
        """
        chosen = self._chosen(technology, operator, alive)
        return self._keys(block, chosen, keep)

    def camping(
        self,
        block: Block,
        operator: str | None = None,
        alive: NDArray[np.bool_] | None = None,
        *,
        indoor_share: float | None = None,
    ) -> Camping:
        """Return who camps on which cell: on the newest technology that is strong enough at their place.

        Parameters
        ----------
        operator, alive
            See `signal`.
        indoor_share
            Share of people who are indoors; None: the radio's.
        """
        return self.campings(block, (indoor_share,), operator, alive)[0]

    def campings(
        self,
        block: Block,
        indoor_shares: tuple[float | None, ...] = (0.0, 1.0),
        operator: str | None = None,
        alive: NDArray[np.bool_] | None = None,
    ) -> tuple[Camping, ...]:
        """Return `camping` for several shares of people indoors: by default for nobody and for everybody."""
        layers = [t for t in LAYERS if t in self.technologies()]
        if not layers:
            none = np.empty((0, *block.shape))
            return (Camping(none.astype(np.int32), none.astype(np.float32)),) * len(indoor_shares)
        found: dict[str, Signal] = {t: self.signal(block, t, operator, alive) for t in layers}
        flat = (len(layers) * SERVERS, *block.shape)
        each = (self._shares(found, share) for share in indoor_shares)
        return tuple(Camping(cell.reshape(flat), share.reshape(flat)) for cell, share in each)

    def layer_shares(
        self, signals: Mapping[str, Signal], *, indoor_share: float | None = None
    ) -> dict[str, F32]:
        """Return the probability to camp on each technology and to decode it, shape (rows, columns).

        Parameters
        ----------
        signals
            What `signal` gives for each technology; more servers than the best do not change the result.
        indoor_share
            See `camping`.
        """
        _, shares = self._shares(signals, indoor_share)
        layers = [t for t in LAYERS if t in signals]
        return {t: shares[k].sum(axis=0) for k, t in enumerate(layers)}

    def _shares(self, signals: Mapping[str, Signal], indoor_share: float | None) -> tuple[I32, F32]:
        """Return cells and probabilities, shape (layers, servers, rows, columns)."""
        layers = [t for t in LAYERS if t in signals]
        found = [signals[t] for t in layers]
        cell, level = np.stack([s.cell for s in found]), np.stack([s.level_dbm for s in found])
        first, step, curves, curve_of = self._curves
        out = np.empty(cell.shape, np.float32)
        camp(
            level, cell,
            np.array([self.radio.decodes_dbm(t) for t in layers]),
            np.array([self.radio.camps_dbm(t) for t in layers]),
            curves, curve_of, self.radio.indoor_share if indoor_share is None else indoor_share,
            self.radio.choice_db, first, step, out,
        )  # fmt: skip
        return cell, out

    def service_probability(
        self,
        block: Block,
        technology: str,
        operator: str | None = None,
        alive: NDArray[np.bool_] | None = None,
        indoor: bool = False,
    ) -> F32:
        """Return the probability that a phone decodes a technology, outdoors or inside buildings."""
        return self.service_of(
            self.signal(block, technology, operator, alive, keep=1), technology, indoor=indoor
        )

    def service_of(self, signal: Signal, technology: str, *, indoor: bool = False) -> F32:
        """Return the probability that the best server of each pixel is decoded."""
        first, step, curves, curve_of = self._curves
        out = np.empty(signal.cell.shape[1:], np.float32)
        need = self.radio.decodes_dbm(technology)
        of = curve_of if indoor else np.zeros_like(curve_of)
        service(signal.level_dbm[0], signal.cell[0], need, curves, of, first, step, out)
        return out

    def touched(
        self,
        which: NDArray[Any],
        blocks: Iterable[Block],
        *,
        alive: NDArray[np.bool_] | None = None,
    ) -> list[Block]:
        """Return the blocks in which some of the cells can be received: those to do again where these cells change.

        Parameters
        ----------
        which
            Cells, as a mask or as numbers.
        alive
            Which of them work.
        """
        mask = np.zeros(len(self.cells), np.bool_)
        mask[which] = True
        if alive is not None:
            mask &= alive
        placed = self.placed
        mine = mask[placed.owner]
        return [block for block in blocks if (mine & placed.meets(block)).any()]

    def _chosen(
        self, technology: str, operator: str | None, alive: NDArray[np.bool_] | None
    ) -> NDArray[np.bool_]:
        if technology not in TECHNOLOGIES:
            msg = f"there is no technology {technology!r}; use one of {', '.join(TECHNOLOGIES)}"
            raise UnknownTechnologyError(msg)
        chosen: NDArray[np.bool_] = self.cells.technology == TECHNOLOGIES.index(technology)
        if operator is not None:
            mine = self.cells.operator == operator
            if not mine.any():
                names = ", ".join(name or "(unknown)" for name in self.operators())
                msg = f"no cell belongs to the operator {operator!r}; the operators are {names}"
                raise EmptyLayerError(msg)
            chosen = chosen & mine
        if alive is not None:
            if alive.shape != chosen.shape:
                msg = f"the mask of working cells has shape {alive.shape}, but there are {len(self.cells)} cells"
                raise GridMismatchError(msg)
            chosen = chosen & alive
        return chosen

    def _keys(self, block: Block, chosen: NDArray[np.bool_], keep: int) -> Signal:
        placed = self.placed
        here = np.flatnonzero(placed.meets(block) & chosen[placed.owner])
        if here.size > MOST_CELLS:
            return self._in_halves(block, chosen, keep)
        rows, columns = block.shape
        keys = np.full((rows, keep, columns), NOBODY, np.int32)
        environment = np.ascontiguousarray(self.environment.read(block))
        number = np.int32(MOST_CELLS) - np.arange(here.size, dtype=np.int32)
        tables, metric = placed.tables, placed.metric
        # In parts, so that few profiles of the terrain are held at once.
        for first in range(0, here.size, _AT_ONCE if self.terrain else max(1, here.size)):
            some = here[first : first + _AT_ONCE] if self.terrain else here
            offset = (placed.level[some] << np.int32(16)) | number[first : first + some.size]
            polar, polar_of, sample = placed.profiles(some)
            servers(
                block.row0, block.col0, placed.column[some], placed.row[some], placed.reach_m[some] ** 2,
                offset, tables.table[placed.owner[some]], tables.pattern[placed.owner[some]], placed.frame[some],
                metric.first_row, metric.row_step, metric.values, tables.loss, tables.upright, tables.across,
                tables.floor, metric.up, environment, tables.over, polar, polar_of, sample, keys,
            )  # fmt: skip
        level = np.empty((keep, rows, columns), np.float32)
        cell = np.empty((keep, rows, columns), np.int32)
        decode(keys, placed.owner[here].astype(np.int32), level, cell)
        return Signal(cell, level)

    def _in_halves(self, block: Block, chosen: NDArray[np.bool_], keep: int) -> Signal:
        rows, columns = block.shape
        if rows * columns == 1:
            msg = f"more than {MOST_CELLS:,} cells of one technology reach the pixel {block.row0}, {block.col0}"
            raise GridMismatchError(msg)
        if rows >= columns:
            at, axis = block.row0 + rows // 2, 1
            parts = block._replace(row1=at), block._replace(row0=at)
        else:
            at, axis = block.col0 + columns // 2, 2
            parts = block._replace(col1=at), block._replace(col0=at)
        found = [self._keys(part, chosen, keep) for part in parts]
        return Signal(
            np.concatenate([f.cell for f in found], axis=axis),
            np.concatenate([f.level_dbm for f in found], axis=axis),
        )

    @cached_property
    def _curves(self) -> tuple[float, float, F64, NDArray[np.int64]]:
        """First margin, step, curves (outdoors first), and the indoor curve of each cell."""
        mhz, of = np.unique(np.round(self.cells.frequency_mhz, -1), return_inverse=True)
        radio = self.radio
        mix = None if radio.building_mix is None else tuple(radio.building_mix.items())
        margins, outdoors = _curve(radio.shadowing_sd_db, 1000.0, 0.0, None)
        indoors = [_curve(radio.shadowing_sd_db, float(f), 1.0, mix)[1] for f in mhz]
        return (
            float(margins[0]),
            float(margins[1] - margins[0]),
            np.array([outdoors, *indoors]),
            of.ravel() + 1,
        )


@lru_cache(maxsize=256)
def _curve(
    sigma_db: float, mhz: float, indoor_share: float, mix: tuple[tuple[str, float], ...] | None
) -> tuple[F64, F64]:
    """Return a curve of `reception_curve`, which takes a quarter of a second to make."""
    return reception_curve(sigma_db, mhz, indoor_share, None if mix is None else dict(mix))
