"""Data coding scheme of a cell-broadcast message: one octet for alphabet and language.

TS 23.038 clause 5. A value that the standard keeps for later is read as the GSM 7-bit alphabet,
language unspecified, as receivers must.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ew4all.errors import DecodeError, MessageError

__all__ = ["GSM7_UNSPECIFIED", "UCS2_UNSPECIFIED", "Alphabet", "Dcs", "two_letters"]

GSM7_UNSPECIFIED = 0x0F
UCS2_UNSPECIFIED = 0x48

_LANGUAGES = {
    **dict(enumerate(("de", "en", "it", "fr", "es", "nl", "sv", "da"))),
    **dict(enumerate(("pt", "fi", "no", "el", "tr", "hu", "pl"), 0x08)),
    # The alphabet does not hold these five scripts, so the codes serve only for texts in Latin
    # letters; others go out as UCS-2 (NOTE of TS 23.038 clause 5).
    **dict(enumerate(("cs", "he", "ar", "ru", "is"), 0x20)),
}
_CODES = {language: code for code, language in _LANGUAGES.items()}

# Languages whose usual code differs from the one that devices compare with.
_ALIASES = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "ji": "yi"}


class Alphabet(StrEnum):
    """How the octets of a page are read."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"
    DATA = "data"  # 8-bit data: no text


@dataclass(frozen=True)
class Dcs:
    """A data coding scheme, taken apart.

    `language` has two letters (ISO 639-1) where the octet itself names it; with `prefix` it stands
    in the text instead. `message_class` is 0 to 3 where the octet gives one.
    """

    value: int
    alphabet: Alphabet
    language: str | None = None
    prefix: bool = False
    compressed: bool = False
    message_class: int | None = None

    @classmethod
    def from_value(cls, value: int) -> Dcs:
        """Read the octet.

        Raises
        ------
        DecodeError
            The value is not an octet.
        """
        if not 0 <= value <= 0xFF:
            msg = f"a data coding scheme is one octet; {value} is not between 0 and 255"
            raise DecodeError(msg)
        group, low = value >> 4, value & 0xF
        if value in _LANGUAGES:
            return cls(value, Alphabet.GSM7, language=_LANGUAGES[value])
        if value == 0x10:
            return cls(value, Alphabet.GSM7, prefix=True)
        if value == 0x11:
            return cls(value, Alphabet.UCS2, prefix=True)
        if 0x4 <= group <= 0x7:
            classed = bool(value & 0x10)
            return cls(
                value,
                _GENERAL[low >> 2],
                compressed=bool(value & 0x20),
                message_class=low & 0x3 if classed else None,
            )
        if group == 0x9:  # with a user data header
            return cls(value, _GENERAL[low >> 2], message_class=low & 0x3)
        if group == 0xF:
            data = Alphabet.DATA if value & 0x4 else Alphabet.GSM7
            return cls(value, data, message_class=low & 0x3)
        return cls(value, Alphabet.GSM7)

    @classmethod
    def of(cls, alphabet: Alphabet, language: str | None) -> Dcs:
        """Choose the octet for a text: the language without a prefix where there is a code for it.

        Raises
        ------
        MessageError
            The language is not two letters (see `two_letters`), or the alphabet holds no text.
        """
        if language is not None and two_letters(language) != language:
            msg = f"{language!r} is not a language of two lower-case letters, as ISO 639-1 has them"
            raise MessageError(msg)
        if alphabet is Alphabet.GSM7:
            return cls.from_value(
                GSM7_UNSPECIFIED if language is None else _CODES.get(language, 0x10)
            )
        if alphabet is Alphabet.UCS2:
            return cls.from_value(UCS2_UNSPECIFIED if language is None else 0x11)
        msg = "8-bit data holds no text; choose gsm7 or ucs2"
        raise MessageError(msg)


_GENERAL = (Alphabet.GSM7, Alphabet.DATA, Alphabet.UCS2, Alphabet.GSM7)  # the last one is reserved


def two_letters(language: str | None) -> str | None:
    """Return the two letters of a language tag that a message can carry: ``en`` of ``en-US``.

    None where the tag has no code of two letters (ISO 639-2 alone, such as ``fil``).
    """
    if language is None:
        return None
    first = language.replace("_", "-").partition("-")[0].strip().lower()
    if len(first) != 2 or not (first.isascii() and first.isalpha()):
        return None
    return _ALIASES.get(first, first)
