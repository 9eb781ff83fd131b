"""CB data, what UMTS, LTE and 5G carry, and the 88 octets of a GSM page; both ways.

CB data (TS 23.041 9.4.2.2.5): the number of pages, then each page's 82 octets and the number of
them in use. A GSM page (TS 23.041 9.4.1.2) has a header of its own and no such number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ew4all.alerts import gsm7
from ew4all.alerts.cbs.coding import Alphabet, Dcs
from ew4all.alerts.cbs.pages import MAX_PAGES, PAGE_OCTETS, Page
from ew4all.errors import DecodeError, MessageError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "GSM_PAGE_OCTETS",
    "Decoded",
    "GsmPage",
    "cb_data",
    "decode_cb_data",
    "decode_gsm_page",
    "decode_pages",
    "gsm_pages",
    "join_gsm_pages",
    "pages_of",
]

GSM_PAGE_OCTETS = 88
"""Serial number 2, message identifier 2, data coding scheme 1, page parameter 1, content 82."""

_STRIDE = PAGE_OCTETS + 1


@dataclass(frozen=True)
class Decoded:
    """What a receiver reads: the pages joined, and what could not be read as meant."""

    text: str
    language: str | None
    coding: Alphabet
    pages: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class GsmPage:
    """One page as it is broadcast in GSM: `index` of `total`, counted from 1."""

    serial_number: int
    message_identifier: int
    dcs: int
    index: int
    total: int
    content: bytes

    def __post_init__(self) -> None:
        """Check the ranges of TS 23.041 9.4.1.2."""
        if not (1 <= self.index <= self.total <= MAX_PAGES):
            msg = f"page {self.index} of {self.total} is not possible: 1 to {MAX_PAGES} pages"
            raise MessageError(msg)
        if len(self.content) != PAGE_OCTETS:
            msg = f"a page has {PAGE_OCTETS} octets, not {len(self.content)}"
            raise MessageError(msg)
        for name, value, most in (
            ("serial number", self.serial_number, 0xFFFF),
            ("message identifier", self.message_identifier, 0xFFFF),
            ("data coding scheme", self.dcs, 0xFF),
        ):
            if not 0 <= value <= most:
                msg = f"{name} {value} is not between 0 and {most}"
                raise MessageError(msg)

    @property
    def octets(self) -> bytes:
        """The 88 octets on air."""
        return (
            self.serial_number.to_bytes(2, "big")
            + self.message_identifier.to_bytes(2, "big")
            + bytes([self.dcs, self.index << 4 | self.total])
            + self.content
        )


def cb_data(pages: Sequence[Page]) -> bytes:
    """Return CB data: 1 + 83 octets for each page.

    Raises
    ------
    MessageError
        There are no pages, or more than 15.
    """
    if not 1 <= len(pages) <= MAX_PAGES:
        msg = f"a message has 1 to {MAX_PAGES} pages, not {len(pages)}"
        raise MessageError(msg)
    return bytes([len(pages)]) + b"".join(page.octets + bytes([page.useful]) for page in pages)


def pages_of(data: bytes) -> tuple[Page, ...]:
    """Take CB data apart.

    Raises
    ------
    DecodeError
        The octets are not CB data: what is wrong, and at which octet.
    """
    if not data:
        msg = "CB data is empty; its first octet is the number of pages"
        raise DecodeError(msg)
    count = data[0]
    if not 1 <= count <= MAX_PAGES:
        msg = f"CB data, octet 0: {count} pages are not possible, 1 to {MAX_PAGES} are"
        raise DecodeError(msg)
    if len(data) != 1 + _STRIDE * count:
        msg = (
            f"CB data of {count} page(s) has {1 + _STRIDE * count} octets, these are {len(data)}: "
            + ("it was cut" if len(data) < 1 + _STRIDE * count else "something follows it")
        )
        raise DecodeError(msg)
    pages: list[Page] = []
    for k in range(count):
        start = 1 + k * _STRIDE
        useful = data[start + PAGE_OCTETS]
        if useful > PAGE_OCTETS:
            msg = (
                f"CB data, octet {start + PAGE_OCTETS}: page {k + 1} says that {useful} of its "
                f"{PAGE_OCTETS} octets are in use"
            )
            raise DecodeError(msg)
        pages.append(Page(data[start : start + PAGE_OCTETS], useful))
    return tuple(pages)


def decode_cb_data(data: bytes, dcs: int) -> Decoded:
    """Return the text of CB data.

    Raises
    ------
    DecodeError
        The octets are not CB data, or the data coding scheme is not one of texts.
    """
    return decode_pages([page.octets[: page.useful] for page in pages_of(data)], dcs)


def decode_pages(contents: Sequence[bytes], dcs: int) -> Decoded:
    """Return the text of pages, each cut to the octets in use or with its filling (as in GSM).

    A language in front of the text is taken off every page that repeats the first page's.

    Raises
    ------
    DecodeError
        The data coding scheme says compressed text or 8-bit data, or a UCS-2 page has an odd number
        of octets.
    """
    scheme = Dcs.from_value(dcs)
    if scheme.compressed or scheme.alphabet is Alphabet.DATA:
        what = "compressed text" if scheme.compressed else "8-bit data, not text"
        msg = f"data coding scheme {dcs:#04x} says {what}, which is not read here"
        raise DecodeError(msg)
    notes: list[str] = []
    septets = scheme.alphabet is Alphabet.GSM7
    units = [
        gsm7.unpack(content) if septets else _even(content, k) for k, content in _counted(contents)
    ]
    language = scheme.language
    if scheme.prefix:
        language, head = _prefix(units[0] if units else b"", septets=septets)
        if language is None:
            notes.append(
                f"data coding scheme {dcs:#04x} says that the language stands in front of the "
                f"text, and there is none"
            )
        units = [page[len(head) :] if page.startswith(head) else page for page in units]
    read = _gsm7_text if septets else _ucs2_text
    texts = tuple(read(page, f"page {k}", notes) for k, page in _counted(units))
    return Decoded("".join(texts), language, scheme.alphabet, texts, tuple(notes))


def gsm_pages(
    pages: Sequence[Page], message_identifier: int, serial_number: int, dcs: int
) -> tuple[GsmPage, ...]:
    """Return the pages of a message as GSM broadcasts them."""
    return tuple(
        GsmPage(serial_number, message_identifier, dcs, k, len(pages), page.octets)
        for k, page in enumerate(pages, 1)
    )


def decode_gsm_page(octets: bytes) -> GsmPage:
    """Take the 88 octets of a GSM page apart (TS 23.041 9.4.1.2).

    Raises
    ------
    DecodeError
        There are not 88 octets, or the page parameter names a page that cannot be.
    """
    if len(octets) != GSM_PAGE_OCTETS:
        msg = f"a page on air in GSM has {GSM_PAGE_OCTETS} octets, these are {len(octets)}"
        raise DecodeError(msg)
    index, total = octets[5] >> 4, octets[5] & 0xF
    # Receivers take a page parameter with a 0 in it for page 1 of 1 (TS 23.041 9.4.1.2.4).
    if index == 0 or total == 0:
        index = total = 1
    if index > total:
        msg = f"octet 5, page parameter {octets[5]:#04x}: page {index} of {total} is not possible"
        raise DecodeError(msg)
    return GsmPage(
        serial_number=int.from_bytes(octets[0:2], "big"),
        message_identifier=int.from_bytes(octets[2:4], "big"),
        dcs=octets[4],
        index=index,
        total=total,
        content=octets[6:],
    )


def join_gsm_pages(pages: Sequence[GsmPage]) -> Decoded:
    """Return the text of a message whose pages came in any order, repeats allowed.

    Raises
    ------
    DecodeError
        A page is missing (a phone then shows nothing), or they are of different messages.
    """
    if not pages:
        msg = "no page was received"
        raise DecodeError(msg)
    heads = {(p.serial_number, p.message_identifier, p.dcs, p.total) for p in pages}
    if len(heads) > 1:
        msg = f"these pages belong to {len(heads)} messages; join those of one message"
        raise DecodeError(msg)
    by_index = {page.index: page.content for page in pages}
    missing = [str(k) for k in range(1, pages[0].total + 1) if k not in by_index]
    if missing:
        msg = f"page {', '.join(missing)} of {pages[0].total} is missing; nothing is shown"
        raise DecodeError(msg)
    return decode_pages([by_index[k] for k in sorted(by_index)], pages[0].dcs)


def _counted(pages: Sequence[bytes]) -> enumerate[bytes]:
    return enumerate(pages, 1)


def _even(content: bytes, k: int) -> bytes:
    if len(content) % 2:
        msg = f"page {k}: {len(content)} octets are no whole number of UCS-2 characters"
        raise DecodeError(msg)
    return content


def _prefix(first: bytes, *, septets: bool) -> tuple[str | None, bytes]:
    """Return the language in front of the first page, and the septets or octets that hold it."""
    head = first[:3] if septets else first[:2]
    letters = head[:2] if septets else gsm7.unpack(head, 2)
    ends = not septets or head[2:] == bytes([gsm7.CARRIAGE_RETURN])
    language = gsm7.text_of(letters)
    if ends and len(language) == 2 and language.isascii() and language.isalpha():
        return language.lower(), head
    return None, b""


def _gsm7_text(codes: bytes, where: str, notes: list[str]) -> str:
    codes = codes.rstrip(bytes([gsm7.CARRIAGE_RETURN]))
    if gsm7.escape_safe(codes + b" ", len(codes)) < len(codes):
        notes.append(f"{where} ends in the middle of a character of two septets")
    return gsm7.text_of(codes)


def _ucs2_text(octets: bytes, where: str, notes: list[str]) -> str:
    while octets.endswith(b"\x00\x0d"):
        octets = octets[:-2]
    try:
        return octets.decode("utf-16-be")
    except UnicodeDecodeError:
        notes.append(f"{where} holds half a surrogate pair, shown as a replacement mark")
        return octets.decode("utf-16-be", errors="replace")
