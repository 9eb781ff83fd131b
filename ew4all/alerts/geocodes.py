"""Geocodes: places that an alert names by a code of some list (SAME, EMMA_ID, an office of statistics), and a table of them.

A code says nothing without its list, and no list comes with this package: the user supplies a table. A code that the table
does not know stops whoever asks, since its people would be lost, and the whole country is never taken in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import shapely

from ew4all.errors import GeocodeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

__all__ = ["DRAWN", "Geocode", "GeocodeTable", "code_list"]

Geocode = tuple[str, str]
"""Name of the list, and the code: ``("SAME", "006037")``."""

_MOST_NAMED = 20

DRAWN = (
    "give the alert with a polygon (`ew4all reach` and `target` also take the area itself: --area)"
)
"""What to do about an area that cannot be placed, whichever command asks for it."""


@dataclass(frozen=True)
class GeocodeTable:
    """What codes stand for.

    `name` begins messages. `shapes` holds valid polygons, or collections of them, in longitude and latitude (longitudes may leave -180..180 where one
    crosses the antimeridian) by list and code. `repeating` are lists whose codes stand beside those of another list and name
    the same places again, as a producer that writes SAME and UGC does: they are passed over where another list is known.
    """

    name: str
    shapes: Mapping[Geocode, BaseGeometry]
    repeating: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def knows(self, code: Geocode) -> bool:
        """Whether the table has a shape for a code."""
        return self._key(code) in self._folded

    def resolve(self, name: str, value: str) -> BaseGeometry:
        """Return the place of one code.

        Raises
        ------
        GeocodeError
            The table does not have it.
        """
        return self.place([(name, value)])

    def place(self, codes: Iterable[Geocode]) -> BaseGeometry:
        """Return the union of the places of the codes of one area.

        Raises
        ------
        GeocodeError
            The table lacks one of them, or there is none; the message lists all that it lacks.
        """
        asked = list(dict.fromkeys(codes))
        unknown = self.unknown(asked)
        if unknown or not asked:
            raise GeocodeError(self.refusal(unknown))
        return shapely.union_all([self._folded[self._key(c)] for c in asked if self.knows(c)])

    def unknown(self, codes: Iterable[Geocode]) -> tuple[Geocode, ...]:
        """Return the codes of one area that would be lost, in their order.

        A code of a list that repeats others is among them only where the area has no code of another list.
        """
        asked = list(dict.fromkeys(codes))
        repeated = {c for c in asked if c[0].casefold() in self.repeating and not self.knows(c)}
        if len(repeated) == len(asked):
            return tuple(asked)
        return tuple(c for c in asked if c not in repeated and not self.knows(c))

    def refusal(self, unknown: Iterable[Geocode]) -> str:
        """Say which codes are lacking, why that matters and what to do."""
        lacking = list(dict.fromkeys(unknown))
        if not lacking:
            return f"{self.name}: an area without a geocode cannot be looked up"
        count = "1 geocode" if len(lacking) == 1 else f"{len(lacking)} geocodes"
        return (
            f"{self.name} does not have {count} of the alert ({code_list(lacking, _MOST_NAMED)}), and the people there must "
            f"not be lost{self._advice(lacking)}; add them to the table, or {DRAWN}"
        )

    def _advice(self, lacking: list[Geocode]) -> str:
        """Return what may be the matter, where it shows."""
        bare = {(name, value.lstrip("0").casefold()): value for name, value in self._folded}
        for name, value in lacking:
            near = bare.get((name.casefold(), value.lstrip("0").casefold()))
            if near is not None:
                return f". It has {near!r} for {value!r}: keep codes as text, with their zeros and capitals"
        lists = sorted({name for name, _ in self.shapes})
        have = {name for name, _ in self._folded}
        foreign = list(dict.fromkeys(name for name, _ in lacking if name.casefold() not in have))
        if not foreign:
            return ""
        return (
            f". It has no list {', '.join(foreign)}, only {code_list([(n, '') for n in lists], 5)}; where codes of "
            f"{foreign[0]} repeat those of another list of the same area, say so with a row {foreign[0]},*, without a geometry"
        )

    @cached_property
    def _folded(self) -> Mapping[Geocode, BaseGeometry]:
        return {self._key(code): shape for code, shape in self.shapes.items()}

    @staticmethod
    def _key(code: Geocode) -> Geocode:
        """Return what tells codes apart: lists without regard to capitals, codes exactly."""
        return code[0].strip().casefold(), code[1].strip()


def code_list(codes: Iterable[Geocode], most: int) -> str:
    """Write codes for a message: the first `most` of them."""
    named = [f"{kind} {value}".strip() for kind, value in codes]
    return ", ".join(named[:most]) + (", ..." if len(named) > most else "")
