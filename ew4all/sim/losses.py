"""How far the warning came with each row: on air, receivable, received, noticed, by any channel at all.

Within a row channels are independent, and within a channel each stage holds the next one: who noticed was reached, who was
reached has a receiver where the message was on air. So the share lost at each stage is a difference of products, and
everybody who is not warned is lost at exactly one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.sim.population import Population

    F64 = NDArray[np.float64]

__all__ = ["STAGES", "Losses"]

STAGES: Final = ("alerted", "receiver", "reached", "warned")
"""The last stage names those who noticed; a loss is the fall to a stage from the one before it."""


@dataclass(frozen=True, eq=False)
class Losses:
    """People of each row lost on the way to each of `STAGES`, and warned.

    Attributes
    ----------
    people
        Of each row, shape (rows,); whole numbers where they are drawn.
    lost
        Shape (rows, stages): nothing on air; no receiver for what was; not received; not noticed. With the warned they add up
        to `people`.
    """

    people: F64
    lost: F64

    @property
    def missed(self) -> F64:
        """People of each row whom nothing has warned, shape (rows,)."""
        total: F64 = self.lost.sum(axis=1)
        return total

    @classmethod
    def of(cls, population: Population) -> Losses:
        """Look at people as they are now.

        What somebody is told by others is on air nowhere: it counts from the moment they hear it. Where people are drawn,
        those who are not warned are split by what was to be expected of their row.
        """
        kind = population.kind
        able = np.take_along_axis(population.susceptible, kind, axis=1)
        reached = able - population.unreached
        noticed = reached - population.unnoticed
        on_air = np.take_along_axis(population.on_air, kind, axis=1)
        if population.mixing is not None:
            told = population.mixing.channel
            on_air[told] = able[told] = reached[told]
        on_air = np.maximum(on_air, reached)
        has = np.maximum(on_air * able, reached)
        none = [np.prod(1.0 - share, axis=0) for share in (on_air, has, reached, noticed)]
        lost = np.maximum(0.0, np.diff(np.column_stack([np.zeros(len(population.rows)), *none])))
        missed = lost.sum(axis=1)
        people = population.people.astype(np.float64)
        if population.rng is not None:
            # Where by rounding nobody was to be left, whoever is has not noticed.
            lost[missed <= 0.0, -1] = 1.0
            share = population.unwarned / np.where(missed > 0.0, missed, 1.0)
            return cls(people, lost * share[:, None])
        return cls(people, lost * people[:, None])
