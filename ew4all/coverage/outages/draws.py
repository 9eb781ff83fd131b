"""Random numbers by name: each is a function of seed, replica, cause and what it is for, and of nothing else.

Counter-based: no stream that is read in order. One more site, cause, member or worker changes no other number, so that two
runs with one thing changed differ by that thing alone.

References
----------
Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3, for the idea; the mixing function is the
finaliser of SplitMix64 (Steele, Lea, Flood 2014), applied once for each part of the key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ew4all.coverage.normal import quantile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ew4all.units import F64

__all__ = ["Draws", "Keys", "keys_of", "keys_of_pairs"]

Keys: TypeAlias = NDArray[np.uint64]

_WEYL: Final = 0x9E3779B97F4A7C15
_MASK: Final = (1 << 64) - 1


def keys_of(names: Iterable[object]) -> Keys:
    """Return a key for each name, the same in every run and on every machine."""
    return np.array([_key(str(name)) for name in names], np.uint64)


def keys_of_pairs(first: Keys, second: Keys) -> Keys:
    """Return a key for each pair, whichever way round it is given."""
    return _mixed(np.minimum(first, second) ^ _mixed(np.maximum(first, second)))


@dataclass(frozen=True)
class Draws:
    """Numbers of one replica of one seed."""

    seed: int
    replica: int = 0

    def uniform(self, cause: str, keys: Keys) -> F64:
        """Return numbers above 0 and below 1, one a key."""
        start = np.array([self.seed & _MASK, self.replica & _MASK, _key(cause)], np.uint64)
        state = np.zeros(1, np.uint64)
        for part in start:
            state = _mixed(state ^ part)
        bits = _mixed(state ^ np.asarray(keys, np.uint64)) >> np.uint64(11)
        result: F64 = (bits.astype(np.float64) + 0.5) * 2.0**-53
        return result

    def normal(self, cause: str, keys: Keys) -> F64:
        """Return standard normal numbers, one a key."""
        result: F64 = quantile(self.uniform(cause, keys))
        return result

    def exponential(self, cause: str, keys: Keys) -> F64:
        """Return exponential numbers of mean 1, one a key."""
        return -np.log(self.uniform(cause, keys))

    def lognormal(self, cause: str, keys: Keys, median: Any, beta: float) -> F64:
        """Return lognormal numbers with that median and standard deviation of the logarithm, one a key."""
        result: F64 = median * np.exp(beta * self.normal(cause, keys))
        return result


def _key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def _mixed(x: Keys) -> Keys:
    x = x + np.uint64(_WEYL)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
