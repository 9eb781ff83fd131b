"""Which cells are on air after an outage, in each of its possible courses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Outage"]


@dataclass(frozen=True, eq=False)
class Outage:
    """Cells on air in each possible course of an outage: `alive`, shape (members, cells), and the site of each cell."""

    alive: NDArray[np.bool_]
    site: NDArray[np.int32]

    @property
    def members(self) -> int:
        """How many courses there are."""
        return len(self.alive)

    @property
    def cells_down(self) -> float:
        """Cells off the air, on average over the members."""
        return float((~self.alive).sum(axis=1).mean())

    @property
    def sites(self) -> int:
        """Sites of the network."""
        return int(np.unique(self.site).size)

    @property
    def sites_down(self) -> float:
        """Sites with no cell on air, on average over the members."""
        _, of = np.unique(self.site, return_inverse=True)
        up = [np.bincount(of.ravel(), weights=alive) > 0 for alive in self.alive]
        return float(np.mean([(~u).sum() for u in up]))
