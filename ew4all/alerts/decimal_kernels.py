"""The numba core of reading polygons: the bytes of ``lat,lon lat,lon ...`` as doubles, in one pass.

A decimal of at most 15 digits is a whole number and a power of ten, both of which a double holds
exactly; their quotient is then the double nearest to the decimal, which is what `float` gives.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["pairs"]

_MOST_DIGITS = 15
_TENS = 10.0 ** np.arange(_MOST_DIGITS + 1)
# Unsigned throughout: numba then need not think of indices that count from the end.
_ONE, _TEN, _ZERO = np.uint64(1), np.uint64(10), np.uint64(48)
_COMMA, _POINT, _MINUS, _PLUS = 44, 46, 45, 43
_BLANK, _TAB, _LINE_FEED, _RETURN = 32, 9, 10, 13


@njit(nogil=True, cache=True)
def _is_blank(letter):
    return letter in (_BLANK, _TAB, _LINE_FEED, _RETURN)


@njit(nogil=True, cache=True)
def pairs(letters):
    """Return the points of a text that is written plainly.

    Digit by digit on purpose: where a number begins is then guessed by the processor, and need not be
    computed from the one before, as it must where eight digits are looked at together.

    Parameters
    ----------
    letters
        uint8 array: the text and one blank behind it.

    Returns
    -------
    points, south, north, west, east
        Float64 array (n, 2) of latitude and longitude in degrees, and the ends of both. No points where
        a number is written otherwise than with 15 digits at most, the first one before the point if there
        is one: that says nothing of whether the text is right.
    """
    commas = 0
    for letter in letters:
        commas += letter == _COMMA
    points = np.empty((commas, 2), dtype=np.float64)
    nothing = points[:0]
    south, north, west, east = np.inf, -np.inf, np.inf, -np.inf
    end = np.uint64(len(letters))
    at = np.uint64(0)
    for row in range(commas):
        lat = 0.0
        for column in range(2):
            if at >= end:
                return nothing, south, north, west, east
            sign = letters[at]
            if sign in (_MINUS, _PLUS):
                at += _ONE
            start = at
            number = np.uint64(0)
            digit = np.uint64(letters[at]) - _ZERO
            while digit < _TEN:
                number = number * _TEN + digit
                at += _ONE
                digit = np.uint64(letters[at]) - _ZERO
            digits = at - start
            if digits == np.uint64(0):
                return nothing, south, north, west, east
            decimals = np.uint64(0)
            if letters[at] == _POINT:
                at += _ONE
                start = at
                digit = np.uint64(letters[at]) - _ZERO
                while digit < _TEN:
                    number = number * _TEN + digit
                    at += _ONE
                    digit = np.uint64(letters[at]) - _ZERO
                decimals = at - start
                digits += decimals
            if digits > np.uint64(15):
                return nothing, south, north, west, east
            found = np.float64(np.int64(number)) / _TENS[decimals]
            if sign == _MINUS:
                found = -found
            letter = letters[at]
            at += _ONE
            if column == 0:
                if letter != _COMMA:
                    return nothing, south, north, west, east
                lat = found
                south = found if found < south else south
                north = found if found > north else north
            else:
                if not _is_blank(letter):
                    return nothing, south, north, west, east
                while at < end and _is_blank(letters[at]):
                    at += _ONE
                points[row, 0] = lat
                points[row, 1] = found
                west = found if found < west else west
                east = found if found > east else east
    if at < end:
        return nothing, south, north, west, east
    return points, south, north, west, east
