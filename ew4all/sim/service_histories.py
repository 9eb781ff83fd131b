"""Who serves each pixel over the epochs of an outage: shares of categories, from cells or from coverage layers.

Categories are those of `ew4all.sim.history_kernels`. A phone outdoors and the same phone inside a building are two *places*:
what walls take is part of the service.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np

from ew4all.coverage.network import LAYERS
from ew4all.errors import InputError, OptionError
from ew4all.sim.history_kernels import NOBODY, category_shares, layer_categories
from ew4all.sim.parameters import Parameter, resolve
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.coverage.network import Network
    from ew4all.grid import Block
    from ew4all.sim.epochs import Epochs

    F64 = NDArray[np.float64]
    F32 = NDArray[np.float32]

__all__ = [
    "ANY", "PARAMETERS", "PLACES", "Customers", "LayerService", "LayerShare", "NetworkService", "NoService", "OutOfReach",
    "ServiceOfBlock", "ServiceSource",
]  # fmt: skip

PLACES: Final = 2
"""Outdoors, and inside a building."""

ANY: Final = "any"
"""A coverage layer that does not say its technology."""

PARAMETERS: Final = (
    Parameter(
        "indoors_served",
        0.95,
        "fraction",
        0.69,
        0.99,
        "of people covered outdoors who are inside a building; where coverage is layers, which know no walls. 0.916 / (0.99 x "
        "0.97): opted-in phones on 4G that missed the test of 11 August 2021 in the United States (FCC PSHSB, December 2021, quoted "
        "by Warren News), as the step `received` of `reach`. Low: traditional buildings by ITU-R P.2109 where the median outdoors "
        "is -100 dBm at 0.8 GHz",
        "derived",
        most=1.0,
    ),
)
"""Assumptions of folding; a network of cells needs none of them: its levels and its mix of buildings say what walls take."""


class Customers(NamedTuple):
    """An operator and its share of the phones; `name` None: one network of all cells, or all layers."""

    name: str | None
    share: float


class ServiceOfBlock(NamedTuple):
    """What serves the pixels of a block.

    `shares` (operators, pixels, variants, 8), float32: of each category; `variant` (epochs * `PLACES`,): which of the variants
    holds outdoors in the first epoch, indoors in the first, outdoors in the second, and so on.
    """

    shares: F32
    variant: NDArray[np.intp]


class ServiceSource(Protocol):
    """Who serves whom, block by block."""

    @property
    def customers(self) -> tuple[Customers, ...]:
        """Operators and their shares of the phones; what is missing to 1 is nobody's customer."""

    @property
    def start_s(self) -> F64:
        """When epochs begin, seconds, shape (epochs,)."""

    @property
    def follows_area(self) -> bool:
        """Whether the alert goes to whoever is in the warning area, since there are no cells to address."""

    def read(self, block: Block) -> ServiceOfBlock:
        """Return who serves a block."""


@dataclass(frozen=True, eq=False)
class NetworkService:
    """Service by a network of cells through the epochs of an outage."""

    network: Network
    customers: tuple[Customers, ...]
    epochs: Epochs

    follows_area: Final = False

    def __post_init__(self) -> None:
        """Refuse an outage of another network, and shares of phones that are none."""
        cells = len(self.network.cells)
        if self.epochs.alive.shape[1] != cells:
            msg = f"the outage is of {self.epochs.alive.shape[1]} cells, but the network has {cells}; give the outage of this network"
            raise InputError(msg)
        _check(self.customers)

    @property
    def start_s(self) -> F64:
        """When epochs begin."""
        return self.epochs.start_s

    def read(self, block: Block) -> ServiceOfBlock:
        """Return who serves a block; epochs in which nothing changes there are computed once."""
        epochs, kept = self.epochs, [0]
        number = np.zeros(len(epochs), np.intp)
        for k in range(1, len(epochs)):
            before = kept[-1]
            changed = (epochs.alive[k] != epochs.alive[before]) | (
                epochs.addressed[k] != epochs.addressed[before]
            )
            if changed.any() and self.network.touched(changed, [block]):
                kept.append(k)
            number[k] = len(kept) - 1
        pixels = block.shape[0] * block.shape[1]
        shares = np.zeros((len(self.customers), pixels, PLACES * len(kept), NOBODY), np.float32)
        technology = self.network.cells.technology
        for o, one in enumerate(self.customers):
            for k, epoch in enumerate(kept):
                found = self.network.campings(block, operator=one.name, alive=epochs.alive[epoch])
                for place, camping in enumerate(found):
                    layers = camping.cell.shape[0]
                    category_shares(
                        camping.cell.reshape(layers, pixels),
                        camping.probability.reshape(layers, pixels),
                        technology,
                        epochs.addressed[epoch],
                        shares[o, :, PLACES * k + place],
                    )
        return ServiceOfBlock(shares, (PLACES * number[:, None] + np.arange(PLACES)).ravel())


class LayerShare(Protocol):
    """What is asked of a coverage layer: 0 and 1, or shares of cells."""

    def share(self, block: Block) -> NDArray[Any]:
        """Share of each cell of a block that is covered."""


@dataclass(frozen=True, eq=False)
class LayerService:
    """Service by coverage layers, outdoors as they say, indoors by `PARAMETERS`; one epoch, all the time.

    There are no cells to address: the alert is on air exactly in the warning area.

    Attributes
    ----------
    layers
        Technology, operator (None: of all) and shares.
    values
        In the place of defaults.
    """

    layers: Sequence[tuple[str, str | None, LayerShare]]
    customers: tuple[Customers, ...]
    values: Mapping[str, float] = field(default_factory=dict)

    follows_area: Final = True

    def __post_init__(self) -> None:
        """Refuse layers of which nobody knows the technology, and operators without a layer."""
        _check(self.customers)
        if any(technology == ANY for technology, _, _ in self.layers):
            msg = (
                "a coverage layer does not say its technology ('any'), and which phones can show a broadcast depends on it; "
                "name the layer 2g, 3g, 4g or 5g, the oldest that it may hold"
            )
            raise OptionError(msg)
        owners = {owner for _, owner, _ in self.layers}
        for one in self.customers:
            if one.name is not None and not owners & {one.name, None}:
                msg = f"no coverage layer is of the operator {one.name!r}; layers are of {', '.join(sorted(o for o in owners if o))}"
                raise OptionError(msg)
        resolve(PARAMETERS, self.values, "network")

    @property
    def start_s(self) -> F64:
        """One epoch."""
        return np.array([-np.inf])

    def read(self, block: Block) -> ServiceOfBlock:
        """Return who serves a block: the newest technology that is there."""
        inside = resolve(PARAMETERS, self.values, "network")["indoors_served"]
        pixels = block.shape[0] * block.shape[1]
        shares = np.empty((len(self.customers), pixels, PLACES, NOBODY), np.float32)
        held = [np.asarray(layer.share(block), np.float32).ravel() for _, _, layer in self.layers]
        covered = np.empty((len(LAYERS), pixels), np.float32)
        for o, one in enumerate(self.customers):
            for k, technology in enumerate(LAYERS):
                covered[k] = covered[k - 1] if k else 0.0
                for (name, owner, _), share in zip(self.layers, held, strict=True):
                    if name == technology and (one.name is None or owner in (None, one.name)):
                        np.maximum(covered[k], share, out=covered[k])
            layer_categories(covered, inside, shares[o])
        return ServiceOfBlock(shares, np.arange(PLACES))


@dataclass(frozen=True, eq=False)
class OutOfReach:
    """The service of a network where none of its cells reaches."""

    network: ServiceSource

    follows_area: Final = False

    @property
    def customers(self) -> tuple[Customers, ...]:
        """Those of the network."""
        return self.network.customers

    @property
    def start_s(self) -> F64:
        """When epochs begin."""
        return self.network.start_s

    def read(self, block: Block) -> ServiceOfBlock:
        """Return nothing for each pixel."""
        pixels = block.shape[0] * block.shape[1]
        return ServiceOfBlock(
            np.zeros((len(self.customers), pixels, 1, NOBODY), np.float32),
            np.zeros(PLACES * self.start_s.size, np.intp),
        )


@dataclass(frozen=True, eq=False)
class NoService:
    """No network is known: channels that need one cannot be played."""

    customers: tuple[Customers, ...] = ()
    follows_area: Final = True

    @property
    def start_s(self) -> F64:
        """One epoch."""
        return np.array([-np.inf])

    def read(self, block: Block) -> ServiceOfBlock:
        """Return nothing for each pixel."""
        pixels = block.shape[0] * block.shape[1]
        return ServiceOfBlock(
            np.zeros((0, pixels, 1, NOBODY), np.float32), np.zeros(PLACES, np.intp)
        )


def technology_of(category: NDArray[np.integer]) -> NDArray[np.int8]:
    """Return the index into `TECHNOLOGIES` of categories, -1 without service."""
    newest = len(TECHNOLOGIES) - 1
    found: NDArray[np.int8] = np.where(category < NOBODY, newest - category // 2, -1).astype(
        np.int8
    )
    return found


def addressed_of(category: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return whether categories are of cells that carry the alert."""
    found: NDArray[np.bool_] = (category < NOBODY) & (category % 2 == 0)
    return found


def _check(customers: Sequence[Customers]) -> None:
    total = sum(one.share for one in customers)
    if any(one.share < 0.0 for one in customers) or not 0.0 < total <= 1.0 + 1e-9:
        msg = (
            f"shares of phones are 0 or more and add up to 1 at most, but these add up to {total:g}"
        )
        raise OptionError(msg)
