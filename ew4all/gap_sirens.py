"""Whom sirens can be heard by, as a layer: the share of people at each place, outdoors and in rooms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.coverage.sound import hearing_probability
from ew4all.grid import Block, lonlat
from ew4all.network_intake import PIXEL_M

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.sim.siren_levels import Sirens

    F64 = NDArray[np.float64]

__all__ = ["SirenShare"]

_TOLERANCE: Final = 1.2
_MOST_POINTS: Final = 2_000_000


@dataclass(frozen=True, eq=False)
class SirenShare:
    """The share of people of each cell who could hear the loudest siren; it may stand still, see `siren_works`.

    Nobody knows where in a cell people live. Of a cell that is wide beside a siren's reach the share is the mean over points, as many
    along a side as leave none wider than `PIXEL_M`: its middle alone would give all of a cell of 20 km to one siren, or nobody.
    """

    sirens: Sirens
    values: Mapping[str, float]

    binary: Final = False

    def share(self, block: Block) -> NDArray[Any]:
        """Return the share of each cell of a block."""
        side = self._divided
        if side == 1:
            return self._heard(self.sirens.read(block))
        out = np.zeros(block.shape)
        # Few cells of a country are near a siren, and only those are divided.
        row, col = np.nonzero(self.sirens.carries(block, margin_m=self._side_m))
        step = (np.arange(side) + 0.5) / side
        down, right = (v.ravel() for v in np.meshgrid(step, step, indexing="ij"))
        some = max(1, _MOST_POINTS // down.size)
        for k in range(0, row.size, some):
            r, c = row[k : k + some], col[k : k + some]
            x, y = self.sirens.grid.xy(
                c[:, None] + block.col0 + right, r[:, None] + block.row0 + down
            )
            lon, lat = (
                np.asarray(v, np.float64) for v in lonlat(self.sirens.grid.crs).transform(x, y)
            )
            out[r, c] = self._heard(self.sirens.level_at(lon, lat)).mean(axis=1)
        return out

    def _heard(self, level: F64) -> F64:
        v = self.values
        rooms = v["siren_ambient_indoors_db"]
        heard = (
            (v["siren_outdoors"], v["siren_ambient_outdoors_db"], 0.0),
            ((1.0 - v["siren_outdoors"]) * v["siren_windows_open"], rooms, v["siren_loss_open_db"]),
            (
                (1.0 - v["siren_outdoors"]) * (1.0 - v["siren_windows_open"]),
                rooms,
                v["siren_loss_closed_db"],
            ),
        )
        out = np.zeros(level.shape)
        near = np.isfinite(level)
        for share, ambient, loss in heard:
            out[near] += share * hearing_probability(level[near], ambient, loss)
        return out

    @property
    def _divided(self) -> int:
        """Into how many parts along a side cells are divided."""
        return max(1, int(np.ceil(self._side_m / (_TOLERANCE * PIXEL_M) - 1e-9)))

    @cached_property
    def _side_m(self) -> float:
        """Width of the largest cells, as the root of their area."""
        grid = self.sirens.grid
        rows = {0, grid.height // 2, grid.height - 1}
        km2 = max(float(grid.cell_area_km2(Block(r, r + 1, 0, 1))[0, 0]) for r in rows)
        return float(1000.0 * np.sqrt(km2))
