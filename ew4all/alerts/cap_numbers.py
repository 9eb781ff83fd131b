"""Long lists of coordinates as numbers, many times as quick as one by one, and to the same last bit.

A decimal of at most 15 digits is a whole number and a power of ten, both of which a double holds
exactly; their quotient is then the double nearest to the decimal, which is what `float` gives.
"""

from __future__ import annotations

import sys
import threading

import numpy as np

from ew4all.alerts.cap_values import Pairs

__all__ = ["compiled_pairs", "pairs_of", "quick_pairs"]

# numba takes half a second to import, which the compiled way saves after about 30 MB, and arrays of numpy
# nothing. A process that has read this much is one that reads many, such as a service; one file never waits.
_MANY_BYTES = 4_000_000

_MOST_DIGITS = 15
_TENS = 10.0 ** np.arange(_MOST_DIGITS + 1)


class _Tally(threading.local):
    """Bytes of long polygons that a thread has read."""

    read: int = 0


_tally = _Tally()


def quick_pairs(text: bytes) -> Pairs | None:
    """Return the points of ``lat,lon lat,lon ...`` in the way that pays; None if it is written otherwise."""
    _tally.read += len(text)
    if _tally.read > _MANY_BYTES or "numba" in sys.modules:
        return compiled_pairs(text)
    return pairs_of(text)


def compiled_pairs(text: bytes) -> Pairs | None:
    """Return the points of ``lat,lon lat,lon ...``; None if it is written otherwise, see `pairs_of`."""
    from ew4all.alerts.decimal_kernels import pairs

    points, south, north, west, east = pairs(np.frombuffer(text + b" ", dtype=np.uint8))
    return Pairs(points, (south, north), (west, east)) if len(points) else None


def pairs_of(text: bytes) -> Pairs | None:
    """Return the points of ``lat,lon lat,lon ...``; None if it is written otherwise.

    Every number must have one decimal point with a digit before it, at most 15 digits, and one
    separator behind it. A None says nothing of whether the text is right.
    """
    letters = np.frombuffer(text, dtype=np.uint8)
    ends = np.append(np.flatnonzero((letters == ord(",")) | (letters <= ord(" "))), len(letters))
    commas = letters[ends[0::2]] == ord(",") if len(ends) % 2 == 0 else np.array([False])
    if not commas.all() or (letters[ends[1:-1:2]] == ord(",")).any():
        return None
    starts = np.append(0, ends[:-1] + 1)
    points = np.flatnonzero(letters == ord("."))
    if len(points) != len(ends) or (points >= ends).any():
        return None
    first = letters[np.minimum(starts, len(letters) - 1)]
    minus = first == ord("-")
    starts = starts + (minus | (first == ord("+")))
    whole, decimals = points - starts, ends - points - 1
    # Whatever is no digit where digits must be makes one of these counts wrong.
    digits = int(np.count_nonzero((letters - np.uint8(ord("0"))) < 10))
    if (
        (whole < 1).any()
        or int(whole.sum() + decimals.sum()) != digits
        or int((whole + decimals).max()) > _MOST_DIGITS
    ):
        return None
    number = np.zeros(len(ends))
    for at, count in ((starts, whole), (points + 1, decimals)):
        least = int(count.min())
        for k in range(int(count.max())):
            if k < least:
                number *= 10.0
                number += letters[at + k]
                number -= ord("0")
            else:
                longer = np.flatnonzero(count > k)
                number[longer] = number[longer] * 10.0 + letters[at[longer] + k] - ord("0")
    number /= _TENS[decimals]
    number[minus] *= -1.0
    lats, lons = number[0::2], number[1::2]
    return Pairs(
        number.reshape(-1, 2),
        (float(lats.min()), float(lats.max())),
        (float(lons.min()), float(lons.max())),
    )
