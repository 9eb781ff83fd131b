"""Whom sirens can be heard by, as a layer: the share of people at each place, outdoors and in rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.coverage.sound import hearing_probability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.grid import Block
    from ew4all.sim.siren_levels import Sirens

__all__ = ["SirenShare"]


@dataclass(frozen=True, eq=False)
class SirenShare:
    """The share of people at the middle of each cell who could hear the loudest siren; it may stand still, see `siren_works`."""

    sirens: Sirens
    values: Mapping[str, float]

    binary: Final = False

    def share(self, block: Block) -> NDArray[Any]:
        """Return the share of each cell of a block."""
        level = self.sirens.read(block)
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
        out = np.zeros(block.shape)
        near = np.isfinite(level)
        for share, ambient, loss in heard:
            out[near] += share * hearing_probability(level[near], ambient, loss)
        return out
