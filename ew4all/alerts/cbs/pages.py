"""From text to the pages of a cell-broadcast message, and back.

A page is 82 octets: 93 characters of the GSM 7-bit alphabet or 41 of UCS-2, and a message has 1 to
15 of them (TS 23.041 9.4.1 and 9.4.2). **Each page is packed on its own**; a character is never cut
at a page's end, be it two septets (escape and character) or two UCS-2 units (a surrogate pair).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ew4all.alerts import gsm7
from ew4all.alerts.cbs.coding import Alphabet, Dcs, two_letters
from ew4all.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "GSM7_PAGE",
    "MAX_PAGES",
    "PAGE_OCTETS",
    "UCS2_PAGE",
    "Coding",
    "EncodedText",
    "Page",
    "encode_text",
]

PAGE_OCTETS = 82
MAX_PAGES = 15
GSM7_PAGE = 93
"""Septets of a page: 651 of its 656 bits."""

UCS2_PAGE = 41
"""UCS-2 units of a page."""

_CR_UNIT = b"\x00\x0d"

# Composing accents and dropping marks without width shorten a text, but never by so much: what is
# longer is refused before any work goes into it.
_HOPELESS = 20 * MAX_PAGES * GSM7_PAGE

Coding = Literal["auto", "gsm7", "ucs2"]


@dataclass(frozen=True)
class Page:
    """The 82 octets of a page, and how many of them are in use."""

    octets: bytes
    useful: int

    def __post_init__(self) -> None:
        """Check the size (TS 23.041 9.4.2.2.5)."""
        if len(self.octets) != PAGE_OCTETS or not 0 <= self.useful <= PAGE_OCTETS:
            msg = (
                f"a page has {PAGE_OCTETS} octets, 0 to {PAGE_OCTETS} of them in use; not "
                f"{len(self.octets)}, {self.useful} of them in use"
            )
            raise MessageError(msg)


@dataclass(frozen=True)
class EncodedText:
    """A text as it goes on air.

    `text` is what a phone will show; it differs from what was asked for where a note says so.
    `characters` counts what fills the pages: septets for GSM-7, 16-bit units for UCS-2, without the
    language prefix.
    """

    dcs: int
    language: str | None
    coding: Literal["gsm7", "ucs2"]
    pages: tuple[Page, ...]
    characters: int
    text: str
    notes: tuple[str, ...]


def encode_text(
    text: str,
    language: str | None = None,
    coding: Coding = "auto",
    *,
    transliterate: bool = False,
    prefix_every_page: bool = True,
) -> EncodedText:
    """Split a text into pages and choose its data coding scheme.

    Parameters
    ----------
    text
        Line ends of any kind become line feeds: a carriage return fills pages on air.
    language
        A language tag. Where it has two letters they go into the data coding scheme, or in front of
        the text where that has no code for the language.
    coding
        ``auto`` takes the GSM 7-bit alphabet if it holds every character, else UCS-2 for the whole
        message.
    transliterate
        Replace characters that the alphabet lacks where that leaves the words readable.
    prefix_every_page
        Repeat the language in front of each page. Android and oFono take it off each page, and
        would lose text of page 2 without it; with False only the first page has it.

    Raises
    ------
    MessageError
        There is no text, it needs more than 15 pages, ``gsm7`` was asked for and cannot be had, or
        it holds half a surrogate pair.
    """
    notes: list[str] = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if not lines.strip():
        msg = "there is no text to broadcast"
        raise MessageError(msg)
    odd = next((c for c in lines if unicodedata.category(c) == "Cc" and c not in "\n\t\f"), None)
    if odd is not None:
        msg = f"the text holds the control character U+{ord(odd):04X}, which no phone shows; take it out"
        raise MessageError(msg)
    if len(lines) > _HOPELESS:
        msg = (
            f"the text has {len(lines)} characters; a message has at most {MAX_PAGES * GSM7_PAGE} "
            f"in the GSM 7-bit alphabet and {MAX_PAGES * UCS2_PAGE} in UCS-2. Shorten it"
        )
        raise MessageError(msg)
    carried = two_letters(language)
    if language is not None and carried is None:
        notes.append(
            f"language {language!r} has no code of two letters (ISO 639-1), so the message does "
            f"not name its language"
        )
    shown, chosen = _coding(lines, coding, transliterate=transliterate, notes=notes)
    dcs = Dcs.of(chosen, carried)
    if chosen is Alphabet.GSM7:
        pages, size = _gsm7_pages(shown, carried if dcs.prefix else None, every=prefix_every_page)
        name: Literal["gsm7", "ucs2"] = "gsm7"
    else:
        pages, size = _ucs2_pages(shown, carried if dcs.prefix else None, every=prefix_every_page)
        name = "ucs2"
    if len(pages) > MAX_PAGES:
        room = GSM7_PAGE if name == "gsm7" else UCS2_PAGE
        msg = (
            f"the text takes {size} {'septets' if name == 'gsm7' else 'UCS-2 characters'} on "
            f"{len(pages)} pages; a message has at most {MAX_PAGES} pages of {room} "
            f"({MAX_PAGES * room} without a language prefix). Shorten it"
        )
        raise MessageError(msg)
    return EncodedText(dcs.value, carried, name, tuple(pages), size, shown, tuple(notes))


def _coding(
    text: str, coding: str, *, transliterate: bool, notes: list[str]
) -> tuple[str, Alphabet]:
    """Return the text to send and its alphabet."""
    if coding not in ("auto", "gsm7", "ucs2"):
        msg = f"coding {coding!r} is not one of auto, gsm7, ucs2"
        raise MessageError(msg)
    if coding == "ucs2":
        return text, Alphabet.UCS2
    composed = unicodedata.normalize("NFC", text)
    missing = gsm7.foreign(composed)
    if not missing:
        return composed, Alphabet.GSM7
    if transliterate:
        result = gsm7.transliterate(text)
        if not result.left:
            pairs = ", ".join(f"{a!r} by {b!r}" for a, b in result.replaced)
            notes.append(f"not in the GSM 7-bit alphabet and replaced: {pairs}")
            return result.text, Alphabet.GSM7
        missing = result.left
    if coding == "gsm7":
        gsm7.septets("".join(missing))  # raises, naming them
    shown = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in missing[:8])
    notes.append(
        f"the message goes out as UCS-2, at most {UCS2_PAGE} characters a page instead of {GSM7_PAGE}: "
        f"the GSM 7-bit alphabet lacks {shown}"
        + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
    )
    return text, Alphabet.UCS2


def _split(size: int, cut: Callable[[int], int], first: int, later: int) -> list[tuple[int, int]]:
    """Return the start and end of each page: `first` and `later` are the most that a page holds."""
    spans: list[tuple[int, int]] = []
    start = 0
    while start < size:
        end = min(size, start + (later if spans else first))
        if end < size:
            end = cut(end)
        spans.append((start, end))
        start = end
    return spans


def _gsm7_pages(text: str, prefix: str | None, *, every: bool) -> tuple[list[Page], int]:
    codes = gsm7.septets(text)
    head = b"" if prefix is None else gsm7.septets(prefix) + bytes([gsm7.CARRIAGE_RETURN])
    room = GSM7_PAGE - len(head)
    spans = _split(
        len(codes),
        lambda end: gsm7.escape_safe(codes, end),
        room,
        room if every else GSM7_PAGE,
    )
    pages: list[Page] = []
    for k, (start, end) in enumerate(spans):
        page = (head if every or k == 0 else b"") + codes[start:end]
        filled = page + bytes([gsm7.CARRIAGE_RETURN]) * (GSM7_PAGE - len(page))
        pages.append(Page(gsm7.pack(filled), (7 * len(page) + 7) // 8))
    return pages, len(codes)


def _ucs2_pages(text: str, prefix: str | None, *, every: bool) -> tuple[list[Page], int]:
    try:
        octets = text.encode("utf-16-be")
    except UnicodeEncodeError as error:
        msg = (
            f"character {error.start + 1} of the text is half a surrogate pair "
            f"(U+{ord(text[error.start]):04X}) and stands for nothing; the text was cut wrongly"
        )
        raise MessageError(msg) from error
    # Two letters of seven bits and two bits of 0 are two octets.
    head = b"" if prefix is None else gsm7.pack(gsm7.septets(prefix))
    size = len(octets) // 2
    room = UCS2_PAGE - len(head) // 2

    def before_pair(end: int) -> int:
        high = octets[2 * end - 2]
        return end - 1 if 0xD8 <= high <= 0xDB else end

    pages: list[Page] = []
    for k, (start, end) in enumerate(_split(size, before_pair, room, room if every else UCS2_PAGE)):
        page = (head if every or k == 0 else b"") + octets[2 * start : 2 * end]
        pages.append(Page(page + _CR_UNIT * ((PAGE_OCTETS - len(page)) // 2), len(page)))
    return pages, size
