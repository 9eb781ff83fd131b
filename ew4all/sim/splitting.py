"""How the people of one block of a map are split: over shapes, operators, and the histories of service that their ranks take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.sim import fold_kernels, history_kernels
from ew4all.sim.siren_levels import CLASS_DB, siren_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.grid import Block
    from ew4all.sim.folding import Ground, Values

    F64 = NDArray[np.float64]
    I64 = NDArray[np.int64]

__all__ = ["Split", "edges_of"]

_FIRST_ROOM: Final = 1 << 12
_NO_PATH: Final = 0


@dataclass(frozen=True, eq=False)
class Split:
    """How the people of a block are split over keys, each a place, an operator and a path.

    Attributes
    ----------
    arguments
        What the kernels take, in their order: from people by group to the number of paths.
    paths
        Categories of each path, shape (paths, variants).
    outside
        What is added to the number of a path where its place is not in the warning area.
    pixels
        In which somebody lives.
    """

    arguments: tuple[Any, ...]
    paths: NDArray[np.int8]
    outside: int
    operators: int
    classes: int
    nodes: int
    pixels: int

    @classmethod
    def of(cls, ground: Ground, block: Block) -> Split | None:
        """Read what a block holds; None where nobody lives."""
        people = np.ascontiguousarray(ground.people.read(block), np.float64)
        people = people.reshape(ground.groups, -1)
        lived = people.sum(axis=0) > 0.0
        if not lived.any():
            return None
        shares = ground.division.shares(block)
        pixels = people.shape[1]
        service = ground.service.read(block)
        customers = ground.service.customers
        weight = np.zeros(len(customers) + 1)
        weight[:-1] = [one.share for one in customers]
        weight[-1] = max(0.0, 1.0 - weight[:-1].sum())
        weight[weight < 1e-12] = 0.0
        start, path, width, short = _histories(service.shares, lived)
        never, nowhere = np.full(pixels, np.inf), np.zeros(pixels)
        arrival = never if ground.arrival is None else _flat(ground.arrival, block)
        risk = nowhere if ground.risk is None else np.clip(_flat(ground.risk, block), 0.0, 1.0)
        siren = (
            np.full(pixels, -1, np.int32)
            if ground.siren is None
            else siren_classes(_flat(ground.siren, block))
        )
        settlement = (
            np.zeros(pixels, np.int8)
            if ground.settlement is None
            else ground.settlement.read(block).astype(np.int8).ravel()
        )
        division, edges_s = ground.division, edges_of(ground)
        full = short[:, service.variant]
        outside = 0
        if ground.service.follows_area:
            # Without cells the alert is on air where its area is.
            beyond = np.where(full < history_kernels.NOBODY, full | 1, full)
            full, outside = np.concatenate([full, beyond]), len(short)
        arguments = (
            people, *shares, division.zone, division.in_area, division.at_risk, division.arrival_s, risk, arrival,
            edges_s, settlement, siren, CLASS_DB.size, weight, start, path, width, len(short),
        )  # fmt: skip
        return cls(
            arguments, full, outside, weight.size, edges_s.size, len(short), int(lived.sum())
        )

    def add(self, moment: F64) -> tuple[I64, F64]:
        """Add people up: an open table of keys, -1 where it is free, and people by group. `moment` is added to."""
        room = _FIRST_ROOM
        while True:
            keys = np.full(room, -1, np.int64)
            mass = np.zeros((room, self.arguments[0].shape[0]))
            moment[:] = 0.0
            everything = (*self.arguments, keys, mass, moment)
            if fold_kernels.add_people(*everything) >= 0:
                return keys, mass
            room *= 8

    def told(self, keys: I64) -> tuple[I64, I64, I64]:
        """Return place, operator and path of keys."""
        rest, node = np.divmod(keys, self.nodes)
        place, operator = np.divmod(rest, self.operators)
        if self.outside:
            node = node + self.outside * ~_in_area(place, self.classes)
        return place, operator, node


def edges_of(ground: Ground) -> F64:
    """Return where classes of arrival begin, open below, with that of "never" last."""
    edges_s = np.append(np.asarray(ground.edges_s, np.float64), np.inf)
    edges_s[0] = -np.inf
    return edges_s


def _histories(shares: NDArray[np.float32], lived: NDArray[np.bool_]) -> tuple[I64, Any, F64, Any]:
    """Split ranks by path; return where pixels begin, paths and widths, and the categories of each path by variant."""
    operators, pixels, variants, _ = shares.shape
    start = np.zeros(pixels * operators + 1, np.int64)
    nodes_room, parts_room = 1 << 14, 4 * pixels * max(operators, 1) + 1024
    while True:
        child = np.zeros((nodes_room, history_kernels.CATEGORIES), np.int32)
        nodes = np.ones(1, np.int64)
        path, width = np.empty(parts_room, np.int32), np.empty(parts_room)
        count = history_kernels.histories(shares, lived, child, nodes, start, path, width)
        if count >= 0:
            break
        if count == -1:
            nodes_room *= 8
        else:
            parts_room *= 4
    used = int(nodes[0])
    out = np.full((used, variants), history_kernels.NOBODY, np.int8)
    known = np.zeros(used, bool)
    history_kernels.paths(child, used, variants, out, known)
    known[_NO_PATH] = True  # of nobody's customers
    out[_NO_PATH] = history_kernels.NOBODY
    number = np.cumsum(known).astype(np.int32) - 1
    return start, number[path[:count]], width[:count], out[known]


def _flat(values: Values, block: Block) -> F64:
    return np.ascontiguousarray(values.read(block), np.float64).ravel()


def _in_area(place: I64, classes: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (place // ((CLASS_DB.size + 1) * 3 * classes)) & 2 == 2
    return found
