"""Who has gained a signal between two dates, who has lost one, and of whom that cannot be told.

At each date a person is covered, not covered, or unknown: outside the edge of a raster and in a tile without a speed test nothing was
said. A person whom any layer covers is covered; who is covered by none is uncovered only where every layer speaks. Between two dates
each person sits in exactly one of the cells of that table of three by three, so that whatever is gained and lost adds up.

As in `ew4all.coverage.questions`, places are cut by polygons exactly and before any grid is looked at, and people in the parts
are then counted in one pass. Shares of raster cells say how much of a cell is covered, not which part of it: the same part is
taken to be covered as far as possible, so that of a cell covered by 0.4 and later by 0.7 nobody is lost and 0.3 are gained.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from ew4all.coverage.overlay import clip, without
from ew4all.coverage.queries import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from ew4all.reprojection import Geometries
    from ew4all.units import F64

__all__ = ["Moment", "Parts", "Tally", "Term", "flow"]

Term: TypeAlias = tuple[int, Column | None]
"""People of every place in one set of shapes (its position), times a column of the source or not."""


@dataclass(frozen=True, eq=False)
class Moment:
    """Coverage at one date.

    Parameters
    ----------
    rasters
        Positions of the raster layers.
    covered
        Union of what polygons and tiles cover, in the grid's CRS; None where there is none.
    known
        Where every layer says something; None is everywhere.
    is_told
        Whether `covered` lies in `known`, as it does in speed tests alone; cuts that change nothing are then left out.
    """

    rasters: tuple[int, ...]
    covered: BaseGeometry | None
    known: BaseGeometry | None
    is_told: bool = False


class Parts(NamedTuple):
    """People between two dates, one number a place. They add up to `people`, and `known` is the sum of the four before it."""

    people: F64
    kept: F64
    gained: F64
    lost: F64
    uncovered: F64
    known: F64
    unknown_to_covered: F64
    covered_to_unknown: F64
    unknown: F64
    """Unknown at one date at least, the two before it included."""


@dataclass
class Tally:
    """Sets of shapes, one shape a place, that the moments cut out of the places.

    Parameters
    ----------
    places
        Polygons in the grid's CRS: zones, and last the whole raster.
    rasters
        Number of raster layers; behind them come the layers of `pairs`.
    """

    places: Geometries
    rasters: int = 0
    sets: list[Geometries] = field(default_factory=list)
    pairs: list[tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    """Raster layers of two dates, where the lesser of both unions is asked."""

    _keys: list[frozenset[tuple[int, bool]]] = field(default_factory=list)
    _found: dict[frozenset[tuple[int, bool]], int] = field(default_factory=dict)
    _masks: list[BaseGeometry] = field(default_factory=list)
    _within: set[tuple[int, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin with the places as they are."""
        self._add(self.places, frozenset())

    @property
    def shapes(self) -> Geometries:
        """Shapes of all sets, set by set; None where a place has no part in a set."""
        return np.concatenate(self.sets)

    def part(self, base: int, mask: BaseGeometry | None, *, inside: bool = True) -> int | None:
        """Return the set of what lies of another set inside a shape or outside it; None where nothing does."""
        if mask is None:
            return base
        # In which order shapes cut does not matter, so that a set is known by all that cut it.
        key = self._keys[base] | {(id(mask), inside)}
        cut_by = {k for k, is_inside in key if is_inside}
        key -= {(k, True) for k in cut_by if any((inner, k) in self._within for inner in cut_by)}
        if key not in self._found:
            self._masks.append(mask)  # as long as it lives no other has its id
            self._add((clip if inside else without)(self.sets[base], mask), key)
        found = self._found[key]
        return found if any(shape is not None for shape in self.sets[found]) else None

    def people(self, base: int | None) -> list[Term]:
        """Everybody in a set."""
        return [] if base is None else [(base, None)]

    def covered(self, base: int | None, moment: Moment) -> list[Term]:
        """Whom a moment covers in a set: everybody inside its polygons, and outside them by its rasters."""
        if base is None:
            return []
        terms: list[Term] = []
        if moment.covered is not None:
            terms += self.people(self.part(base, moment.covered))
        # What lies outside of 100,000 tiles takes seconds to find.
        if moment.rasters:
            rest = self.part(base, moment.covered, inside=False)
            if rest is not None:
                terms.append((rest, Column(moment.rasters)))
        return terms

    def kept(self, base: int | None, one: Moment, other: Moment) -> list[Term]:
        """Whom both moments cover in a set."""
        if base is None:
            return []
        terms: list[Term] = []
        if one.covered is not None:
            terms += self.covered(self.part(base, one.covered), other)
        if not one.rasters:
            return terms
        # Outside the polygons of the one date its rasters count, inside those of the other where they lie and with its rasters beyond.
        rest = self.part(base, one.covered, inside=False)
        if rest is not None and other.covered is not None:
            inside = self.part(rest, other.covered)
            terms += [] if inside is None else [(inside, Column(one.rasters))]
        if rest is not None and other.rasters:
            outside = self.part(rest, other.covered, inside=False)
            both = self._both(one.rasters, other.rasters)
            terms += [] if outside is None else [(outside, both)]
        return terms

    def between(self, before: Moment, after: Moment) -> dict[str, list[Term]]:
        """Return the terms of what `flow` needs of two dates.

        ``_k0`` are the places where the first date is known, ``_k1`` those where the second is, ``_k`` those where both are.
        """
        for moment in (before, after):
            # Where all tiles are covered the two shapes are one.
            if moment.is_told and moment.covered is not None and moment.covered is not moment.known:
                self._within.add((id(moment.covered), id(moment.known)))
        k0, k1 = self.part(0, before.known), self.part(0, after.known)
        k = None if k0 is None else self.part(k0, after.known)
        return {
            "kept": self.kept(0, before, after),
            "kept_k0": self.kept(k0, before, after),
            "kept_k1": self.kept(k1, before, after),
            "kept_k": self.kept(k, before, after),
            "before": self.covered(0, before),
            "before_k1": self.covered(k1, before),
            "before_k": self.covered(k, before),
            "after": self.covered(0, after),
            "after_k0": self.covered(k0, after),
            "after_k": self.covered(k, after),
            "people_k": self.people(k),
        }

    def _both(self, one: tuple[int, ...], other: tuple[int, ...]) -> Column:
        pair = (one, other) if one <= other else (other, one)
        if pair not in self.pairs:
            self.pairs.append(pair)
        return Column((self.rasters + self.pairs.index(pair),))

    def _add(self, shapes: Geometries, key: frozenset[tuple[int, bool]]) -> None:
        self._found[key] = len(self.sets)
        self._keys.append(key)
        self.sets.append(shapes)

    def counted(
        self, asked: Mapping[Hashable, Sequence[Term]], sums: F64, place: Callable[[Column], int]
    ) -> dict[Hashable, F64]:
        """Return each answer for each place; see `ew4all.coverage.questions.Questions.put_together`."""
        n = len(self.places)
        by_set = sums.reshape(len(self.sets), n, -1)
        out: dict[Hashable, F64] = {}
        for key, terms in asked.items():
            out[key] = np.zeros(n)
            for s, column in terms:
                out[key] += by_set[s, :, 0 if column is None else place(column)]
        return out


def flow(people: F64, counts: Mapping[str, F64]) -> Parts:
    """Put what was counted between two dates together.

    Parameters
    ----------
    people
        Everybody in each place.
    counts
        A number a place for each key of `Tally.between`.

    Notes
    -----
    Rounding makes nobody less than nobody: who is kept is at most who is covered, so that ``gained - lost`` is the change of the
    covered in every place, to the last digits of a float.
    """

    def least(*values: F64) -> F64:
        found: F64 = np.minimum.reduce(values)
        return found

    kept = least(counts["kept"], counts["before"], counts["after"])
    kept_k0 = least(counts["kept_k0"], counts["after_k0"])
    kept_k1 = least(counts["kept_k1"], counts["before_k1"])
    gained = least(counts["after_k0"] - kept_k0, counts["after"] - kept)
    lost = least(counts["before_k1"] - kept_k1, counts["before"] - kept)
    rest = counts["people_k"] - counts["before_k"] - counts["after_k"] + counts["kept_k"]
    uncovered = np.clip(rest, 0.0, np.maximum(people - kept - gained - lost, 0.0))
    known = kept + gained + lost + uncovered
    return Parts(
        people=people,
        kept=kept,
        gained=gained,
        lost=lost,
        uncovered=uncovered,
        known=known,
        unknown_to_covered=counts["after"] - kept - gained,
        covered_to_unknown=counts["before"] - kept - lost,
        unknown=np.maximum(people - known, 0.0),
    )
