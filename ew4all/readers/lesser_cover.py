"""The lesser of two unions of coverage rasters: what is covered at both of two dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.grid import Block
    from ew4all.readers.stack import ShareReader

__all__ = ["LesserCover", "united"]


@dataclass(frozen=True)
class LesserCover:
    """Share of each cell that the layers of one date and those of another cover, the same part as far as possible."""

    one: tuple[ShareReader, ...]
    other: tuple[ShareReader, ...]
    name: str = "what two dates have in common"

    @property
    def binary(self) -> bool:
        """Whether its shares are 0 or 1."""
        return all(layer.binary for layer in (*self.one, *self.other))

    def share(self, block: Block) -> NDArray[Any]:
        """Share of each cell of a block that both cover."""
        lesser: NDArray[Any] = np.minimum(united(self.one, block), united(self.other, block))
        return lesser


def united(layers: Sequence[ShareReader], block: Block) -> NDArray[Any]:
    """Return the share of each cell of a block that any of the layers covers, the largest of theirs."""
    value = layers[0].share(block)
    for layer in layers[1:]:
        value = np.maximum(value, layer.share(block))
    return value
