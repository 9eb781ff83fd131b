"""Whether what a server sends is what was asked for: first bytes, last bytes, and whether a raster opens to its end."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from ew4all.errors import TransportError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["must_be_whole", "must_begin_like"]

_BEGINNINGS: Final = {
    "tif": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    "zip": (b"PK\x03\x04",),
    "gzip": (b"\x1f\x8b",),
    "parquet": (b"PAR1",),
    "json": (b"{", b"["),
}
_SHOWN = 120


def must_begin_like(form: str, head: bytes, where: str, media_type: str) -> None:
    """Refuse an answer that begins like something else, such as a page that says sorry with status 200.

    Parameters
    ----------
    form
        One of `ew4all.catalogue.entries.FORMATS`, or ``"text"`` for an index.
    head
        First bytes.
    where
        Address, for the message.
    media_type
        What the server calls it.

    Raises
    ------
    TransportError
        Shows how the answer begins.
    """
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n") if form in {"json", "text"} else head
    if form == "text":
        good = bool(start) and not start[:15].lower().startswith((b"<!doctype html", b"<html"))
    else:
        good = start.startswith(_BEGINNINGS[form])
    if good:
        return
    called = media_type.partition(";")[0].strip() or "no type"
    text = re.sub(r"<[^>]*>", " ", head.decode("utf-8", "replace"))
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_SHOWN]
    msg = (
        f"{where} answered with {called} that is no {form} (it begins {words!r}); a page in the place of a file: look at the "
        "address in a browser, and at the terms of the provider"
    )
    raise TransportError(msg)


def must_be_whole(form: str, path: Path, where: str) -> None:
    """Refuse a file that ends too early or cannot be read to its end.

    Archives are checked when they are taken apart, by their own sums.

    Raises
    ------
    TransportError
        Names the file and what is wrong.
    """
    reason = ""
    if form == "parquet":
        with path.open("rb") as file:
            file.seek(-4, 2)
            reason = "" if file.read() == b"PAR1" else "it lacks its end mark"
    elif form == "json":
        try:
            json.loads(path.read_bytes())
        except ValueError as error:
            reason = str(error)
    elif form == "tif":
        reason = _fault_of_raster(path)
    if reason:
        msg = f"what {where} sent cannot be read to its end: {reason}; fetch it again"
        raise TransportError(msg)


def _fault_of_raster(path: Path) -> str:
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.windows import Window

    try:
        with rasterio.open(path) as raster:
            # Tiles and strips lie in their order, so that a file cut short lacks the last one.
            raster.read(1, window=Window(raster.width - 1, raster.height - 1, 1, 1))
    except RasterioError as error:
        return str(error.__cause__ or error)
    return ""
