"""How long a text is beside the limits of cell broadcast: 90, 360 and 1395 characters, 615 in UCS-2."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from ew4all.alerts import gsm7
from ew4all.alerts.cbs import GSM7_PAGE, MAX_PAGES, UCS2_PAGE
from ew4all.alerts.cbs.coding import Alphabet, Dcs, two_letters
from ew4all.alerts.message_text import Size, size_of

__all__ = ["WEA_LONG", "WEA_SHORT", "Length", "length_of"]

WEA_SHORT = 90
"""Characters of a WEA message before LTE (3GPP TS 22.268 6.2)."""

WEA_LONG = 360
"""Characters of a WEA message in LTE and 5G (3GPP TS 22.268 6.2)."""


@dataclass(frozen=True)
class Length:
    """The length of a text on air.

    `characters` are septets of GSM-7 (an extension character counts twice) or 16-bit units of
    UCS-2. `most` is how many a message of 15 pages holds in that coding and language; `foreign`
    are the characters that make it UCS-2.
    """

    coding: str
    characters: int
    pages: int
    most: int
    foreign: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether a message holds it."""
        return self.pages <= MAX_PAGES

    @property
    def fits_90(self) -> bool:
        """Whether it is short enough for WEA before LTE."""
        return self.characters <= WEA_SHORT

    @property
    def fits_360(self) -> bool:
        """Whether it is short enough for WEA."""
        return self.characters <= WEA_LONG

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "coding": self.coding,
            "characters": self.characters,
            "pages": self.pages,
            "most_characters": self.most,
            "left": self.most - self.characters,
            "not_in_gsm7": "".join(self.foreign),
            "fits": self.fits,
            "fits_90": self.fits_90,
            "fits_360": self.fits_360,
        }


def length_of(text: str, language: str | None = None, *, transliterate: bool = False) -> Length:
    """Return the length of a text.

    Raises
    ------
    MessageError
        There is no text, or it holds half a surrogate pair.
    """
    size: Size = size_of(text, language, transliterate=transliterate)
    alphabet = Alphabet.GSM7 if size.coding == "gsm7" else Alphabet.UCS2
    # The language stands in front of each page where the coding has no number for it.
    prefix = Dcs.of(alphabet, two_letters(language)).prefix
    room = GSM7_PAGE - 3 * prefix if alphabet is Alphabet.GSM7 else UCS2_PAGE - prefix
    foreign = () if size.coding == "gsm7" else gsm7.foreign(unicodedata.normalize("NFC", text))
    return Length(size.coding, size.characters, size.pages, MAX_PAGES * room, foreign)
