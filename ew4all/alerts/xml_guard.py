"""XML of strangers, parsed without harm: no document types, nothing fetched, sizes bounded.

An alert is untrusted input. A DOCTYPE is looked for before a parser sees the bytes, because what an
XML library does with entities depends on how it was built; the parser is hardened as well.
"""

from __future__ import annotations

import codecs
import re
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from ew4all.alerts.cap_codes import finding

if TYPE_CHECKING:
    from ew4all.alerts.findings import Finding

__all__ = ["parsed"]

MOST_BYTES = 10_000_000
# Start and end tags. An element costs about 250 bytes of memory in the tree, so this many stay
# below 60 MB; 10,000 areas of a real alert have 200,000.
MOST_TAGS = 400_000
MOST_DEPTH = 64

_BLANK = b" \t\r\n"
# Comments and instructions before the root element, from which on it pays to look through the whole file.
_USUAL_PARTS = 8
_BLANKS = re.compile(rb"[ \t\r\n]*")
# How a file of wide characters begins; the four bytes of UTF-32 stand before the two of UTF-16.
_WIDE = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    b"<\x00\x00\x00": "utf-32-le",
    b"\x00\x00\x00<": "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"<\x00": "utf-16-le",
    b"\x00<": "utf-16-be",
}
_WIDE_MARKS = tuple(_WIDE)


def parsed(data: bytes, name: str) -> Any | Finding:
    """Return the root element of an XML file, or the finding that says why it is refused.

    Comments and processing instructions are left out of the tree, so that none can cut a text in
    two.
    """
    if not data.strip(_BLANK):
        return finding("xml.empty", "", None, f"{name} is empty")
    if len(data) > MOST_BYTES:
        message = f"{name} has {len(data):,} bytes; more than {MOST_BYTES:,} are refused"
        return finding("limit.bytes", "", None, message)
    # A file cannot have more tags than bytes, and counting takes half as long as parsing.
    if len(data) > MOST_TAGS and data.count(b"<") > MOST_TAGS:
        message = f"{name} has more than {MOST_TAGS:,} tags, so it is refused"
        return finding("limit.elements", "", None, message)
    line = _doctype_line(data)
    if line is not None:
        return _doctype(name, line)
    from lxml import etree

    try:
        root = etree.fromstring(data, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        if "Excessive depth" in str(error):
            return _too_deep(name, getattr(error, "lineno", None))
        message = f"{name} is not well-formed XML: {error}"
        return finding("xml.syntax", "", getattr(error, "lineno", None), message)
    if root.getroottree().docinfo.internalDTD is not None:
        return _doctype(name, None)
    if _deep()(root):
        return _too_deep(name, None)
    return root


def _doctype(name: str, line: int | None) -> Finding:
    return finding("xml.doctype", "", line, f"{name} declares a document type, so it is refused")


def _too_deep(name: str, line: int | None) -> Finding:
    message = f"{name} nests its elements deeper than {MOST_DEPTH} levels, so it is refused"
    return finding("limit.depth", "", line, message)


def _doctype_line(data: bytes) -> int | None:
    """Return the line of a DOCTYPE before the root element; None if there is none.

    An encoding that is neither like ASCII nor wide (UTF-16, UTF-32) escapes this look; the parser's own report
    comes after it.
    """
    if data.startswith(_WIDE_MARKS):
        encoding = next(encoding for mark, encoding in _WIDE.items() if data.startswith(mark))
        data = data.decode(encoding, "replace").encode()
    at = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    for part in count():
        if part == _USUAL_PARTS and b"<!DOCTYPE" not in data:
            return None
        at = _BLANKS.match(data, at).end()  # type: ignore[union-attr]  # none is a match, too
        if data.startswith(b"<!DOCTYPE", at):
            return data.count(b"\n", 0, at) + 1
        if data.startswith(b"<?", at):
            end = data.find(b"?>", at)
        elif data.startswith(b"<!--", at):
            end = data.find(b"-->", at + 4) + 1 or -1
        else:
            return None
        if end < 0:
            return None
        at = end + 2
    return None  # never: the file ends


def _parser() -> Any:
    """Return a parser for one file: a parser that is kept keeps errors of earlier files."""
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


@cache
def _deep() -> Any:
    from lxml import etree

    return etree.XPath(f"boolean({'/*' * (MOST_DEPTH + 1)})")
