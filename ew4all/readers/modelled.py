"""Coverage that a network of cells gives, in the place of coverage layers from files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.coverage.network import Network
    from ew4all.grid import Block
    from ew4all.readers.layers import Provenance
    from ew4all.units import F32

__all__ = ["ModelledLayer", "layers_of"]


@dataclass(frozen=True, eq=False)
class ModelledLayer:
    """Where cells of one technology and operator are received outdoors, as the probability of it.

    Indoors, phones that miss the message are a step of the waterfall (`received`), here as with every other layer.

    Attributes
    ----------
    operator
        None: cells whose operator is unknown.
    alive
        Which cells of the network work, shape (cells,); None: all.
    """

    technology: str
    operator: str | None
    network: Network
    alive: NDArray[np.bool_] | None = None

    provenance: Final[Provenance] = "modelled"
    binary: Final = False
    coarseness: Final = 1.0
    notes: Final[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """How messages name the layer."""
        return f"coverage {self.technology}" + (f":{self.operator}" if self.operator else "")

    def share(self, block: Block, tiles: NDArray[np.bool_] | None = None) -> F32:  # noqa: ARG002
        """Return the probability of service at the centre of each cell of a block."""
        return self.network.service_probability(
            block, self.technology, self.operator or "", self.alive
        )

    def with_alive(self, alive: NDArray[np.bool_]) -> ModelledLayer:
        """Return the layer with some cells off the air."""
        return replace(self, alive=alive)


def layers_of(network: Network) -> list[ModelledLayer]:
    """Return one layer for each technology and operator of a network.

    The best server of all operators is that of the best operator, so that a technology's union over its operators, which is
    what `reach` takes of layers, is its service with every cell open to every phone.
    """
    cells = network.cells
    kinds = sorted(set(zip(cells.technology.tolist(), cells.operator.tolist(), strict=True)))
    return [ModelledLayer(TECHNOLOGIES[t], operator or None, network) for t, operator in kinds]
