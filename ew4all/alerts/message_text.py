"""The text of a cell-broadcast message out of an info block: a parameter, or a stated shortening.

The rule, where no parameter holds a text that fits. Pieces, in the order in which they are read:
headline (or event and area), description, instruction, sender. If all fit, all are sent. If not,
whole sentences are taken in the order of their worth: headline; instruction; sender; description;
each from its beginning, and none after the first that does not fit. A sentence is never cut; only a
headline that is too long by itself is, between two words, and ends in three dots. Typographic signs
become plain ones if the whole text then goes out in the GSM 7-bit alphabet.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ew4all.alerts import gsm7
from ew4all.alerts.cbs.coding import two_letters
from ew4all.alerts.cbs.pages import GSM7_PAGE, MAX_PAGES, UCS2_PAGE, encode_text
from ew4all.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ew4all.alerts.cap import Info
    from ew4all.alerts.mapping_profile import TextRule

__all__ = ["Chosen", "Size", "choose", "sentences", "size_of"]

_BLANK_LINE = re.compile(r"\n\s*\n")
# Full stop, exclamation and question mark of Chinese and Japanese, which need no blank behind them.
_WIDE = "\u3002\uff01\uff1f"
_SENTENCE = re.compile(rf"(?<=[.!?\u061f])\s+|(?<=[{_WIDE}])\s*")
_ENDS = ".!?\u061f:;\u2026" + _WIDE
_DOTS = "..."


@dataclass(frozen=True)
class Size:
    """How much room a text takes: septets of GSM-7 or 16-bit units of UCS-2, and pages.

    `pages` may exceed 15, which no message does.
    """

    coding: Literal["gsm7", "ucs2"]
    characters: int
    pages: int


@dataclass(frozen=True)
class Chosen:
    """A text, and where it comes from: a parameter's name, or ``shortened`` or ``whole``."""

    text: str
    source: str
    notes: tuple[str, ...] = ()


def size_of(text: str, language: str | None = None, *, transliterate: bool = False) -> Size:
    """Return the room that a text takes on air, however long it is.

    Raises
    ------
    MessageError
        There is no text, or it holds half a surrogate pair.
    """
    try:
        encoded = encode_text(text, language, transliterate=transliterate)
    except MessageError:
        composed = unicodedata.normalize("NFC", text)
        if transliterate and gsm7.foreign(composed):
            composed = gsm7.transliterate(composed).text
        if not composed or any(0xD800 <= ord(c) <= 0xDFFF for c in composed):
            raise
        # Too long: pages without regard to what must not be cut, which is one more at the most.
        if not gsm7.foreign(composed):
            count, page, coding = gsm7.length(composed), GSM7_PAGE, "gsm7"
        else:
            count, page, coding = len(composed.encode("utf-16-be")) // 2, UCS2_PAGE, "ucs2"
        pages = max(MAX_PAGES + 1, -(-count // page))
        return Size("gsm7" if coding == "gsm7" else "ucs2", count, pages)
    return Size(encoded.coding, encoded.characters, len(encoded.pages))


def choose(info: Info, rule: TextRule) -> Chosen:
    """Return the text of an info block: the longest parameter that fits, else a shortening.

    The text is empty where the block says nothing at all.
    """

    def fits(text: str) -> bool:
        size = size_of(text, two_letters(info.language), transliterate=rule.transliterate)
        return size.characters <= rule.most_characters and size.pages <= MAX_PAGES

    notes = []
    given = []
    for parameter in info.parameters:
        if parameter.name.casefold() in rule.parameters and parameter.value.strip():
            text = _one_line(parameter.value)
            if fits(text):
                given.append((len(text), parameter.name, text))
            else:
                notes.append(
                    f"{parameter.name} has {len(text)} characters, and {rule.most_characters} at "
                    f"most are sent; it is passed over"
                )
    if given:
        # Told apart by length: one name is in use for both the short and the long text.
        _, name, text = max(given, key=lambda item: item[0])
        return Chosen(text, name, tuple(notes))
    pieces = _pieces(info)
    if not pieces.any():
        return Chosen("", "whole", tuple(notes))
    text, left_out = _shortened(pieces, fits)
    plain = _shortened(pieces.plain(), fits)
    if plain[0] != text and not gsm7.foreign(plain[0]):
        text, left_out = plain
        notes.append("signs that the GSM 7-bit alphabet lacks are replaced by plain ones")
    if left_out:
        notes.append(f"shortened to {rule.most_characters} characters: {left_out} left out")
    return Chosen(text, "shortened" if left_out else "whole", tuple(notes))


def sentences(text: str) -> tuple[str, ...]:
    """Split a text where a sentence or a paragraph ends; line breaks inside become blanks."""
    found = []
    for paragraph in _BLANK_LINE.split(text):
        found += [part for part in _SENTENCE.split(_one_line(paragraph)) if part]
    return tuple(found)


def _one_line(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True)
class _Pieces:
    headline: str
    description: tuple[str, ...]
    instruction: tuple[str, ...]
    sender: str

    def any(self) -> bool:
        """Whether there is a word."""
        return bool(self.headline or self.description or self.instruction or self.sender)

    def plain(self) -> _Pieces:
        """Return the same with plain signs: one typographic quote would more than halve the room."""
        return _Pieces(
            _plain(self.headline),
            tuple(map(_plain, self.description)),
            tuple(map(_plain, self.instruction)),
            _plain(self.sender),
        )


def _plain(text: str) -> str:
    """Replace signs that the alphabet lacks (quotes, dashes), and no letters."""
    return "".join(c if c.isalpha() else gsm7.transliterate(c).text for c in text)


def _pieces(info: Info) -> _Pieces:
    areas = ", ".join(dict.fromkeys(_one_line(area.description) for area in info.areas))
    headline = _one_line(info.headline or "")
    if not headline:
        headline = f"{_one_line(info.event)}: {areas}" if areas else _one_line(info.event)
    said = headline.casefold()
    sender = _one_line(info.sender_name or "")
    return _Pieces(
        headline,
        sentences(info.description or ""),
        sentences(info.instruction or ""),
        "" if sender.casefold() in said else sender,
    )


def _joined(pieces: Sequence[str]) -> str:
    """Join sentences to a text; a piece that ends without a full stop gets one where more follows."""
    text = ""
    for piece in pieces:
        if text and text[-1] not in _ENDS:
            text += "."
        text += f" {piece}" if text else piece
    return text


def _shortened(pieces: _Pieces, check: Callable[[str], bool]) -> tuple[str, str]:
    """Return the text that fits, and what is left out of it in words."""
    sender = (pieces.sender,) if pieces.sender else ()
    whole = _joined((pieces.headline, *pieces.description, *pieces.instruction, *sender))
    if check(whole):
        return whole, ""
    if not check(pieces.headline):
        words = pieces.headline.split(" ")
        while len(words) > 1 and not check(" ".join(words) + _DOTS):
            words.pop()
        head = " ".join(words)
        while not check(head + _DOTS):  # a headline without a blank, as in Chinese
            head = head[:-1]
        return head + _DOTS, "the end of the headline and everything after it"
    taken: dict[str, int] = {"description": 0, "instruction": 0, "sender": 0}
    parts = {
        "instruction": pieces.instruction,
        "sender": sender,
        "description": pieces.description,
    }

    def text() -> str:
        return _joined(
            (
                pieces.headline,
                *pieces.description[: taken["description"]],
                *pieces.instruction[: taken["instruction"]],
                *sender[: taken["sender"]],
            )
        )

    for name, part in parts.items():
        for count in range(1, len(part) + 1):
            taken[name] = count
            if not check(text()):
                taken[name] = count - 1
                break
    lacking = [
        f"{len(part) - taken[name]} of {len(part)} sentences of the {name}"
        if name != "sender"
        else "the sender"
        for name, part in parts.items()
        if taken[name] < len(part)
    ]
    return text(), ", ".join(lacking)
