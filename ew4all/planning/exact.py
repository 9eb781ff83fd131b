"""The exact optimum of small problems by HiGHS, to show how far the greedy choice is from it.

With x in {0, 1} for each measure and z for each kind of row, ``maximise sum weight x z`` under the budget, where z is bounded by
linear cuts of the row's share ``f(S) = 1 - product over S of (1 - chance)``: for any set T (Nemhauser and Wolsey 1981)

    z <= f(T) + sum over j not in T of (f(T + j) - f(T)) x_j - sum over j in T of (f(N) - f(N - j)) (1 - x_j)

which holds for every S and is exact for S = T. Rows that the same measures touch have one z, and the mean of their cuts. Cuts
are added where the last solution breaks them, until none is: the optimum of probabilities too is then exact, to the tolerance
of the solver (1e-6 of the bound).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.planning.greedy import reached_by

if TYPE_CHECKING:
    from ew4all.planning.greedy import Instance
    from ew4all.units import F64, I64

__all__ = ["Exact", "exact_choice", "is_small"]

MOST_MEASURES: Final = 40
MOST_KINDS: Final = 4000
MOST_CHANCES: Final = 20_000_000
_ROUNDS = 60
_NODES = 20_000
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Exact:
    """The optimum, or how near to it the search came.

    Attributes
    ----------
    chosen
        Numbers of measures, rising.
    reached
        People newly reached by them.
    bound
        No choice reaches more; `reached` where the optimum is proven.
    is_proven
        Whether the search was finished.
    """

    chosen: tuple[int, ...]
    reached: float
    bound: float
    is_proven: bool


@dataclass(frozen=True, eq=False)
class _Kinds:
    """Rows, and of which kind each is: those of a kind are touched by the same measures.

    Attributes
    ----------
    weight, chance
        Of each row, shape (rows,) and (rows, measures); chances of 0 where a measure does not touch it.
    kind, of_kind
        Kind of each row, and weight of each kind.
    everything, last
        Share that all measures together reach, and what each still adds to all others, by row.
    """

    weight: F64
    chance: F64
    kind: I64
    of_kind: F64
    everything: F64
    last: F64

    @classmethod
    def of(cls, instance: Instance) -> _Kinds:
        n = len(instance)
        owner = np.repeat(np.arange(n), np.diff(instance.start))
        rows, compact = np.unique(instance.row, return_inverse=True)
        chance = np.zeros((rows.size, n))
        chance[compact, owner] = instance.chance
        keep = instance.weight[rows] > 0.0
        chance, weight = chance[keep], instance.weight[rows][keep]
        if weight.size:
            _, kind = np.unique(np.packbits(chance > 0.0, axis=1), axis=0, return_inverse=True)
        else:
            kind = np.empty(0, np.int64)
        last = np.empty_like(chance)
        for j in range(n):
            last[:, j] = chance[:, j] * np.prod(1.0 - np.delete(chance, j, axis=1), axis=1)
        kind = kind.ravel().astype(np.int64)
        of_kind = np.bincount(kind, weight).astype(np.float64)
        return cls(weight, chance, kind, of_kind, 1.0 - np.prod(1.0 - chance, axis=1), last)

    def mean(self, values: F64) -> F64:
        """Return the mean over the rows of each kind; `values` has the shape (rows,)."""
        found: F64 = np.bincount(self.kind, self.weight * values) / self.of_kind
        return found


def is_small(instance: Instance) -> bool:
    """Whether `exact_choice` is likely to take seconds."""
    if not 0 < len(instance) <= MOST_MEASURES:
        return False  # before the rows are looked at: a country has tens of millions
    return np.unique(instance.row).size * len(instance) <= MOST_CHANCES


def exact_choice(instance: Instance, budget: float) -> Exact | None:
    """Return the best choice for a budget; None where rows are of too many kinds, or scipy is not there.

    Parameters
    ----------
    budget
        In the currency of the costs.
    """
    try:
        optimize, sparse = import_module("scipy.optimize"), import_module("scipy.sparse")
    except ImportError:  # an extra
        return None
    kinds = _Kinds.of(instance)
    count, n = kinds.of_kind.size, len(instance)
    if count == 0:
        return Exact((), 0.0, 0.0, is_proven=True)
    if count > MOST_KINDS:
        return None
    # In shares of the whole, so that the solver's tolerances mean the same for a village and a country.
    whole = float(kinds.of_kind.sum())
    objective = np.concatenate([np.zeros(n), -kinds.of_kind / whole])
    everything = kinds.mean(kinds.everything)
    scale = max(float(budget), float(instance.cost.max()), 1e-300)
    money = sparse.csr_array(np.concatenate([instance.cost / scale, np.zeros(count)])[None, :])
    matrix, upper = [money], [np.array([float(budget) / scale])]
    first, limit = _cuts(kinds, np.zeros(n, np.bool_))
    matrix.append(sparse.csr_array(first))
    upper.append(limit)
    best: tuple[float, tuple[int, ...]] = (0.0, ())
    bound = whole
    for _ in range(_ROUNDS):
        found: Any = optimize.milp(
            objective,
            constraints=optimize.LinearConstraint(
                sparse.vstack(matrix), -np.inf, np.concatenate(upper)
            ),
            integrality=np.concatenate([np.ones(n), np.zeros(count)]),
            bounds=(0.0, np.concatenate([np.ones(n), everything])),
            options={"mip_rel_gap": _TOLERANCE / 10.0, "node_limit": _NODES},
        )
        if found.x is None or found.status != 0:
            if found.mip_dual_bound is not None and np.isfinite(found.mip_dual_bound):
                bound = min(bound, -float(found.mip_dual_bound) * whole)
            break
        bound = min(bound, -float(found.mip_dual_bound) * whole)
        chosen = found.x[:n] > 0.5
        numbers = tuple(int(j) for j in np.flatnonzero(chosen))
        reached = reached_by(instance, numbers)
        if reached > best[0]:
            best = reached, numbers
        if bound <= best[0] * (1.0 + _TOLERANCE):
            return Exact(best[1], best[0], max(bound, best[0]), is_proven=True)
        rows, limit = _cuts(kinds, chosen)
        # Only where the solution promises more than it holds.
        broken = rows @ found.x > limit + 1e-9
        matrix.append(sparse.csr_array(rows[broken]))
        upper.append(limit[broken])
    return Exact(best[1], best[0], max(bound, best[0]), is_proven=False)


def _cuts(kinds: _Kinds, chosen: F64) -> tuple[F64, F64]:
    """Return one cut a kind, exact for a set of measures, as rows over (x, z) and their right sides."""
    count, n = kinds.of_kind.size, kinds.chance.shape[1]
    missed = np.prod(1.0 - kinds.chance * chosen, axis=1)
    rows = np.zeros((count, n + count))
    rows[:, n:] = np.eye(count)
    for j in range(n):
        rows[:, j] = -kinds.mean(kinds.last[:, j] if chosen[j] else kinds.chance[:, j] * missed)
    limit = kinds.mean(1.0 - missed - (kinds.last * chosen).sum(axis=1))
    return rows, limit
