"""From cohorts back to the map: what is known of a cohort, such as who was missed, given to the pixels of its people.

The split of every pixel is worked out again as folding did, so that what the pixels get adds up to what the cohorts have.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.workers import in_order
from ew4all.errors import GridMismatchError
from ew4all.sim import unfold_kernels
from ew4all.sim.cohorts import exploded
from ew4all.sim.columns import kinds_of
from ew4all.sim.rows import Rows
from ew4all.sim.splitting import Split, edges_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from ew4all.grid import Block
    from ew4all.sim.cohorts import Cohorts
    from ew4all.sim.folding import Folded, Ground

    F64 = NDArray[np.float64]

__all__ = ["share_of_cohorts", "unfold"]


def share_of_cohorts(cohorts: Cohorts, shares: F64, rows: Rows, share: F64) -> F64:
    """Return the mean over each cohort of a share of rows, shape (cohorts,).

    Parameters
    ----------
    shares
        Part of each cohort in each state, as `explode` takes it.
    rows, share
        Rows, and a number for each of them, shape (rows,).

    Where rows were taken together so that a cohort finds none of its own, it has the mean of the rows of its zone, area, risk
    and operator, or else of its zone, area and risk.
    """
    if len(rows) != share.size:
        msg = f"there are {len(rows)} rows, but {share.size} shares"
        raise GridMismatchError(msg)
    parts, cohort, weight = exploded(cohorts, shares)
    total = np.zeros(len(cohorts))
    left = np.ones(cohort.size, bool)
    names = [f.name for f in fields(Rows) if f.name != "people"]
    for columns in (
        names,
        ("zone", "in_area", "at_risk", "operator"),
        ("zone", "in_area", "at_risk"),
    ):
        both = [np.concatenate([getattr(rows, n), getattr(parts, n)[left]]) for n in columns]
        kind, _ = kinds_of(both)
        known, asked = kind[: len(rows)], kind[len(rows) :]
        kinds = int(kind.max(initial=0)) + 1
        people = np.bincount(known, rows.people, kinds)
        mean = np.bincount(known, rows.people * share, kinds) / np.where(people > 0.0, people, 1.0)
        found = people[asked] > 0.0
        at = np.flatnonzero(left)[found]
        total += np.bincount(cohort[at], weight[at] * mean[asked[found]], len(cohorts))
        left[at] = False
        if not left.any():
            break
    return total


def unfold(
    ground: Ground,
    folded: Folded,
    share: F64,
    *,
    block: tuple[int, int],
    workers: int | Executor = 1,
) -> Iterator[tuple[Block, F64, F64]]:
    """Yield everybody and a share of the people of each pixel, block by block; those of `Ground.elsewhere` are left out.

    Parameters
    ----------
    folded
        What `fold` made of the same ground, before any cohorts were taken together.
    share
        Of each cohort, shape (cohorts,).
    block
        Rows and columns at once; blocks in which nobody lives are left out.

    Raises
    ------
    GridMismatchError
        Shares that do not belong to the cohorts, or cohorts that folding did not make.
    """
    if folded.origin is None or folded.origin.place.size != share.size:
        msg = f"{share.size} shares do not fit the {len(folded.cohorts)} cohorts that folding gave"
        raise GridMismatchError(msg)
    jobs = [(ground, folded, share, part) for part in ground.blocks(*block)]
    for (_, _, _, part), found in zip(jobs, in_order(_unfold_block, jobs, workers), strict=True):
        if found is not None:
            yield part, *found


def _unfold_block(
    ground: Ground, folded: Folded, share: F64, block: Block
) -> tuple[F64, F64] | None:
    split = Split.of(ground, block)
    if split is None:
        return None
    keys, mass = split.add(np.zeros((edges_of(ground).size, 3)))
    here = np.flatnonzero(keys >= 0)
    value = np.zeros(mass.shape)
    value[here] = _values(folded, share, split, keys[here], mass.shape[1])
    out = np.zeros(block.shape[0] * block.shape[1])
    everything = (*split.arguments, keys, value, out)
    unfold_kernels.spread(*everything)
    people: F64 = split.arguments[0].sum(axis=0)
    return people.reshape(block.shape), out.reshape(block.shape)


def _values(folded: Folded, share: F64, split: Split, keys: NDArray[np.int64], groups: int) -> F64:
    """Return the share of each key and group, 0 where nobody is."""
    origin = folded.origin
    assert origin is not None
    place, operator, node = split.told(keys)
    number = np.full(len(split.paths), -1, np.int64)
    for k in np.unique(node).tolist():
        number[k] = origin.known[split.paths[k].tobytes()]
    path = number[node]
    # One whole number for the three, in the order of the cohorts.
    paths, operators = len(origin.known), split.operators
    of_cohorts = (origin.place * operators + origin.operator) * paths + origin.path
    wanted = (place * operators + operator) * paths + path
    first = np.searchsorted(of_cohorts, wanted)
    out = np.zeros((keys.size, groups))
    for step in range(groups):
        at = np.minimum(first + step, of_cohorts.size - 1)
        same = (of_cohorts[at] == wanted) & (first + step < of_cohorts.size)
        out[same, folded.cohorts.group[at[same]]] = share[at[same]]
    return out
