"""What lists of sites call technologies and bands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ew4all.units import TECHNOLOGIES

__all__ = ["BAND_MHZ", "UNSUPPORTED", "Carriers", "carriers_of"]

_WORDS: Final = {
    "2g": ("2G", "GSM", "GPRS", "EDGE", "DCS", "PCS", "EGSM"),
    "3g": ("3G", "UMTS", "WCDMA", "W-CDMA", "UTRA", "HSPA", "HSDPA", "HSUPA", "HSPAP"),
    "4g": ("4G", "LTE", "LTE-A", "LTEA", "4G-LTE", "4G-LTE-A", "E-UTRA", "EUTRA", "VOLTE"),
    "5g": ("5G", "NR", "5GNR", "5G-NR", "NSA", "SA", "5G-NSA", "5G-SA"),
}
_TECHNOLOGY: Final = {
    word: TECHNOLOGIES.index(name) for name, words in _WORDS.items() for word in words
}

UNSUPPORTED: Final = frozenset(
    {
        "CDMA", "CDMA2000", "1XRTT", "EVDO", "EV-DO", "EHRPD", "TD-SCDMA", "TDSCDMA", "IDEN", "WIMAX", "TETRA", "AMPS",
        "NMT", "NB-IOT", "NBIOT", "LTE-M", "LTEM",
    }
)  # fmt: skip
"""Known, and without the cell broadcast to phones that is counted here."""

BAND_MHZ: Final = {
    1: 2140.0, 2: 1960.0, 3: 1842.5, 4: 2132.5, 5: 881.5, 7: 2655.0, 8: 942.5, 12: 737.5, 13: 751.0, 14: 763.0,
    17: 740.0, 18: 867.5, 19: 882.5, 20: 806.0, 25: 1962.5, 26: 876.5, 28: 780.5, 31: 465.0, 32: 1474.0, 38: 2595.0,
    39: 1900.0, 40: 2350.0, 41: 2593.0, 42: 3500.0, 43: 3700.0, 66: 2155.0, 71: 634.5, 75: 1474.5, 77: 3750.0,
    78: 3550.0, 79: 4700.0, 257: 28000.0, 258: 25875.0,
}  # fmt: skip
"""Middle of the downlink of the operating bands that mobile networks use most, by number.

References
----------
3GPP TS 36.101, Table 5.5-1; TS 38.101-1, Table 5.2-1; TS 38.101-2, Table 5.2-1.
"""

_SPLIT = re.compile(r"[/,;|&\s]+")
_NOISE = frozenset({"", "+", "MHZ", "BAND", "AND", "ET", "Y"})
_GLUED = re.compile(r"([A-Z][A-Z-]*|[2345]G)-?(\d{3,5})(?:MHZ)?")
_NUMBERED = re.compile(r"([BN])(\d{1,3})")
_MHZ = re.compile(r"(\d{3,5}(?:\.\d+)?)(?:MHZ)?")
_GHZ = re.compile(r"(\d{1,2}(?:\.\d+)?)GHZ")


@dataclass(frozen=True)
class Carriers:
    """What one value names: `technologies` by index, `mhz` (each with its technology or -1), and words that are not known.

    `unsupported` is set where a word of `UNSUPPORTED` was among them.
    """

    technologies: tuple[int, ...]
    mhz: tuple[tuple[int, float], ...]
    unsupported: bool
    unknown: tuple[str, ...]


def carriers_of(text: str) -> Carriers:
    """Read a value of a column of technologies or bands: ``2G/3G/4G``, ``LTE 800``, ``GSM900``, ``B20``, ``n78``, ``800``.

    A number behind a technology is a band of it; one without stands for itself.
    """
    technologies: dict[int, None] = {}
    mhz: list[tuple[int, float]] = []
    unsupported, unknown, last = False, [], -1
    text = re.sub(r"(?<=\d)\s+(?=[GM]HZ)", "", text.upper())
    for word in _SPLIT.split(text):
        plain = word.rstrip("+")
        glued = _GLUED.fullmatch(plain)
        if glued and glued[1].rstrip("-") in _TECHNOLOGY:
            last = _TECHNOLOGY[glued[1].rstrip("-")]
            technologies[last] = None
            mhz.append((last, float(glued[2])))
        elif plain in _TECHNOLOGY:
            last = _TECHNOLOGY[plain]
            technologies[last] = None
        elif plain in UNSUPPORTED:
            unsupported = True
        elif (number := _frequency(plain)) is not None:
            mhz.append((last, number))
        elif plain not in _NOISE:
            unknown.append(word)
    return Carriers(tuple(technologies), tuple(mhz), unsupported, tuple(unknown))


def _frequency(word: str) -> float | None:
    if found := _MHZ.fullmatch(word):
        return float(found[1])
    if found := _GHZ.fullmatch(word):
        return float(found[1]) * 1000.0
    found = _NUMBERED.fullmatch(word)
    return BAND_MHZ.get(int(found[2])) if found else None
