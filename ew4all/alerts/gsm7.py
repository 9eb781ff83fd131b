r"""The GSM 7-bit default alphabet: characters to septets, septets to octets, and back.

The alphabet and its extension table come from `gsm0338`; packing is ours, because a cell-broadcast
page is packed on its own from bit 0 (TS 23.038 6.1.2.2) and libraries for short messages pack a
whole text. A character of the extension table (``^ { } \ [ ~ ] |``, the euro sign, form feed) is
two septets: escape, then its place in that table (TS 23.038 6.2.1.1).
"""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ew4all.errors import MessageError

__all__ = [
    "CARRIAGE_RETURN",
    "ESCAPE",
    "Transliteration",
    "alphabet",
    "escape_safe",
    "foreign",
    "length",
    "pack",
    "septets",
    "text_of",
    "transliterate",
    "unpack",
]

ESCAPE = 0x1B
"""Says that the next septet is a place in the extension table (TS 23.038 6.2.1)."""

CARRIAGE_RETURN = 0x0D
"""Fills what a page has left (TS 23.038 6.1.2.2, TS 23.041 9.3)."""

_SPACE = 0x20


@dataclass(frozen=True)
class Transliteration:
    """A text brought into the alphabet: what was replaced, and what could not be."""

    text: str
    replaced: tuple[tuple[str, str], ...]
    left: tuple[str, ...]


@cache
def alphabet() -> dict[str, bytes]:
    """Return every character with its one or two septets, the escape itself left out."""
    from gsm0338 import Codec

    codec = Codec()
    table: dict[str, bytes] = {}
    for code in range(128):
        if code != ESCAPE:
            table[codec.decode(bytes([code]))[0]] = bytes([code])
    for code in range(128):
        # The codec refuses places of the extension table that hold nothing.
        try:
            character = codec.decode(bytes([ESCAPE, code]))[0]
        except UnicodeDecodeError:
            continue
        table.setdefault(character, bytes([ESCAPE, code]))
    return table


@cache
def _characters() -> dict[bytes, str]:
    return {code: character for character, code in alphabet().items()}


def foreign(text: str) -> tuple[str, ...]:
    """Return the characters that the alphabet lacks, each once, in the order of the text."""
    table = alphabet()
    return tuple(dict.fromkeys(c for c in text if c not in table))


def septets(text: str) -> bytes:
    """Return a text as septets, one an octet: two for each character of the extension table.

    Raises
    ------
    MessageError
        A character is not in the alphabet.
    """
    table = alphabet()
    try:
        return b"".join([table[character] for character in text])
    except KeyError:
        msg = (
            f"{_named(foreign(text))} cannot be written in the GSM 7-bit alphabet; transliterate "
            f"the text, or send it as UCS-2 (41 characters on a page instead of 93)"
        )
        raise MessageError(msg) from None


def length(text: str) -> int:
    """Return how many septets a text takes: what the limits 90, 93, 360 and 1395 count.

    Raises
    ------
    MessageError
        A character is not in the alphabet.
    """
    return len(septets(text))


def text_of(codes: bytes) -> str:
    """Return the text of septets, as a receiver shows it.

    A place of the extension table that holds nothing is shown as the same place of the main table,
    and an escape with nothing behind it as a space (TS 23.038 6.2.1.1).
    """
    characters = _characters()
    out: list[str] = []
    k = 0
    while k < len(codes):
        if codes[k] != ESCAPE:
            out.append(characters[codes[k : k + 1]])
            k += 1
        elif k + 1 == len(codes) or codes[k + 1] == ESCAPE:
            # Two escapes are kept for a further table that does not exist: a space.
            out.append(characters[bytes([_SPACE])])
            k += 2
        else:
            pair, single = codes[k : k + 2], codes[k + 1 : k + 2]
            out.append(characters.get(pair) or characters[single])
            k += 2
    return "".join(out)


def pack(codes: bytes) -> bytes:
    """Pack septets into octets, the first septet in the lowest seven bits (TS 23.038 6.1.2.2).

    Bits that are left in the last octet are 0.
    """
    value = 0
    for k, code in enumerate(codes):
        value |= code << (7 * k)
    return value.to_bytes((7 * len(codes) + 7) // 8, "little")


def unpack(octets: bytes, count: int | None = None) -> bytes:
    """Return the first `count` septets of packed octets, or all that are whole."""
    value = int.from_bytes(octets, "little")
    whole = 8 * len(octets) // 7
    wanted = whole if count is None else min(count, whole)
    return bytes([(value >> (7 * k)) & 0x7F for k in range(wanted)])


def escape_safe(codes: bytes, end: int) -> int:
    """Return where to cut septets at `end` at the latest, so that no escape pair is parted."""
    if end >= len(codes):
        return len(codes)
    # Escapes that stand in a row belong together in twos, so the row decides.
    run = 0
    while run < end and codes[end - 1 - run] == ESCAPE:
        run += 1
    return end - run % 2


def transliterate(text: str) -> Transliteration:
    """Bring a text into the alphabet as far as that is possible without changing its words.

    First the canonical composition (``e`` and a combining accent become one character), then the
    table in `data/gsm7`, then the letter without its accents. What is left over is reported.
    """
    table, replacements = alphabet(), _replacements()
    out: list[str] = []
    replaced: dict[tuple[str, str], None] = {}
    left: dict[str, None] = {}
    for character in unicodedata.normalize("NFC", text):
        if character in table:
            out.append(character)
            continue
        instead = replacements.get(character)
        if instead is None:
            instead = _without_accents(character)
        if instead is None:
            left[character] = None
            out.append(character)
        else:
            replaced[character, instead] = None
            out.append(instead)
    return Transliteration("".join(out), tuple(replaced), tuple(left))


def _without_accents(character: str) -> str | None:
    """Return the letter under a character's accents, if the alphabet has it."""
    if unicodedata.category(character) == "No":
        return None  # 10 and a raised 2 must not become 102
    decomposed = unicodedata.normalize("NFKD", character)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    whole = "".join(_replacements().get(c, c) for c in bare)
    return whole if whole and not foreign(whole) else None


@cache
def _replacements() -> dict[str, str]:
    source = files("ew4all.alerts") / "data" / "gsm7" / "transliteration.toml"
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    return {
        character: str(instead)
        for group in data["group"]
        for character, instead in group["characters"].items()
    }


def _named(characters: tuple[str, ...]) -> str:
    shown = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in characters[:8])
    return shown if len(characters) <= 8 else f"{shown} and {len(characters) - 8} more characters"
