"""A folder of fetched inputs, each with the record of where it came from: what ``ew4all data get`` fills.

``sources.json`` in the folder holds, for each file, address, size, SHA-256, licence, citation and time. A file that is
there and is what its record says is not fetched again. A file without a record is somebody's own and is never replaced.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from ew4all import __version__
from ew4all.catalogue.content import must_be_whole
from ew4all.catalogue.entries import Entry, entry
from ew4all.catalogue.fetched import Fetched
from ew4all.catalogue.fetching import ATTEMPTS, PAUSE_S, Fetcher, NotThere, digest
from ew4all.catalogue.mosaic import write_mosaic
from ew4all.catalogue.templates import Wanted, wanted
from ew4all.catalogue.unpacking import unpack
from ew4all.errors import OptionError, TransportError
from ew4all.writers.folder import must_be_folder, writing
from ew4all.writers.records import json_text

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from ew4all.catalogue.fetching import Downloaded

__all__ = ["RECORD", "Fetched", "get", "plan"]

RECORD: Final = "sources.json"
"""Name of the file that says where the others came from."""

_SCHEMA: Final = "ew4all/sources/1"
_MD5 = re.compile(r'"([0-9a-f]{32})"')


@dataclass
class _Shelf:
    folder: Path
    row: Entry
    fetcher: Fetcher
    again: bool
    sha256: str | None
    records: dict[str, Any] = field(default_factory=dict)


def plan(name: str, given: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return which files a call of `get` would fetch, without asking anybody.

    Raises
    ------
    OptionError
        See `ew4all.catalogue.templates.wanted`.
    """
    return [
        {
            "file": want.file,
            "urls": [want.hidden(url) for url in want.urls],
            **({"index": want.index} if want.index else {}),
        }
        for want in wanted(entry(name), given or {})
    ]


def get(
    name: str,
    given: Mapping[str, str] | None = None,
    *,
    folder: str | os.PathLike[str] = ".",
    mirror: str | None = None,
    allow_hosts: Sequence[str] = (),
    sha256: str | None = None,
    again: bool = False,
    attempts: int = ATTEMPTS,
    pause_s: float = PAUSE_S,
    progress: Callable[[int, int], None] | None = None,
) -> list[Fetched]:
    """Fetch the files of one row of the catalogue.

    Parameters
    ----------
    name
        Name of the row.
    given
        Its parameters, as text (``{"iso3": "GRD", "year": "2025"}``).
    folder
        Where the files go; made where it does not exist.
    mirror
        Address of a server that holds ``HOST/PATH`` for each ``https://HOST/PATH``, in the place of the providers.
    allow_hosts
        Hosts that may be followed to, beside those of the row.
    sha256
        Digest that the file, as it is sent, must have; for calls that fetch one file.
    again
        Fetch also what is there.
    attempts, pause_s
        Times that a file is asked for, and the pause before the second, seconds.
    progress
        Called with bytes that are here and all bytes of a file.

    Returns
    -------
    list of Fetched
        In the order of the tiles; each file is whole and checked. Behind several tiles one raster of them.

    Raises
    ------
    OptionError
        A parameter; or a file of that name is there that was not fetched by this.
    TransportError, NotThere
        See `ew4all.catalogue.fetching.Fetcher`; or a digest is not what it must be.
    WriteError
        The folder cannot be written.
    """
    row = entry(name)
    wants = wanted(row, given or {})
    _check(folder, mirror, sha256, wants)
    place = Path(folder)
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
    hidden = wants[0].hidden
    fetcher = Fetcher(
        (*row.hosts, *allow_hosts), mirror, hidden, progress, attempts=attempts, pause_s=pause_s
    )
    shelf = _Shelf(place, row, fetcher, again, sha256, _records(place))
    found = [_one(shelf, want) for want in wants]
    return [*found, *_together(shelf, wants, found)]


def _check(folder: Any, mirror: str | None, sha256: str | None, wants: Sequence[Wanted]) -> None:
    must_be_folder(folder)
    if mirror is not None and (
        urlsplit(mirror).scheme not in {"http", "https"} or not urlsplit(mirror).hostname
    ):
        msg = f"a mirror is an address such as https://mirror.example/open-data, but got {mirror!r}"
        raise OptionError(msg)
    if sha256 is not None:
        if not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
            msg = f"a SHA-256 has 64 hexadecimal digits, but got {sha256!r}"
            raise OptionError(msg)
        if len(wants) > 1:
            msg = f"a SHA-256 was given for one file, but the call takes {len(wants)}; give a smaller box"
            raise OptionError(msg)


def _one(shelf: _Shelf, want: Wanted) -> Fetched:
    final = shelf.folder / want.file
    record = shelf.records.get(want.file)
    if final.exists():
        if record is None:
            msg = f"{final} is there and was not fetched by ew4all (it is not in {RECORD}); move it away, or name another folder with --out"
            raise OptionError(msg)
        if not shelf.again:
            found = digest(final)
            if found == record.get("sha256"):
                if shelf.sha256 and shelf.sha256.lower() != record.get("sent_sha256"):
                    msg = f"{final} is there, but what was sent for it does not have the SHA-256 that was given; fetch it --again"
                    raise TransportError(msg)
                return Fetched(
                    final, record["url"], final.stat().st_size, found, "there", record["licence"]
                )
            msg = f"{final} is not what was fetched (its SHA-256 differs from {RECORD}); fetch it --again, or move it away"
            raise OptionError(msg)
    row, urls, notes = _addresses(shelf, want)
    got = _first_there(shelf, want, urls, final)
    if got is None:
        return Fetched(
            None,
            want.hidden(urls[0]),
            0,
            "",
            "sea",
            row.licence,
            (),
            ("there is no tile here: the sea, or not released",),
        )
    where = want.hidden(got.url)
    sent, checked = _checked(shelf, got, where)
    try:
        with tempfile.TemporaryDirectory(prefix=".ew4all-", dir=shelf.folder) as work:
            paths = unpack(row.format, got.part, Path(work), want.file, row.member, where)
            must_be_whole(_inner(row), paths[0], where)
            sha = digest(paths[0])
            size = paths[0].stat().st_size
            with writing(final):
                # What belongs to the file goes first, so that whoever sees the file has all of it.
                for path in reversed(paths):
                    path.replace(shelf.folder / path.name)
    except TransportError:
        got.forget()
        raise
    got.forget()
    if record is not None and record.get("sha256") != sha:
        notes.append("the file differs from the one that was fetched before")
    facts = _facts(row, want, where, got, sent)
    _record(shelf, want.file, {**facts, "bytes": size, "sha256": sha})
    state = "resumed" if got.resumed_from else "fetched"
    if got.resumed_from:
        notes.append(f"gone on with after {got.resumed_from:,} bytes of an earlier try")
    return Fetched(
        final,
        where,
        size,
        sha,
        state,
        row.licence,
        checked,
        (*dict.fromkeys((*got.notes, *notes)),),
    )


def _together(shelf: _Shelf, wants: Sequence[Wanted], found: Sequence[Fetched]) -> list[Fetched]:
    """Put several tiles together to one raster beside them."""
    there = [(w, f) for w, f in zip(wants, found, strict=True) if f.path is not None]
    if len(there) < 2 or not shelf.row.file.endswith(".tif"):
        return []
    shown = there[0][0].shown
    parts = [shelf.row.name, *(v.replace(",", "_") for v in shown.values())]
    final = shelf.folder / f"{'_'.join(parts)}.vrt"
    if final.exists() and final.name not in shelf.records:
        msg = f"{final} is there and was not made by ew4all (it is not in {RECORD}); move it away, or name another folder with --out"
        raise OptionError(msg)
    why = write_mosaic(final, [f.path for _, f in there if f.path is not None])
    if why is not None:
        return [Fetched(None, "", 0, "", "none", shelf.row.licence, (), (why,))]
    sha, size = digest(final), final.stat().st_size
    tiles = {w.file: f.sha256 for w, f in there}
    facts = {
        "dataset": shelf.row.name,
        "parameters": dict(shown),
        "of": tiles,
        "url": "",
        "bytes": size,
    }
    _record(shelf, final.name, {**facts, "sha256": sha, "licence": shelf.row.licence})
    notes = (f"its {len(tiles)} tiles as one raster, which refers to them: keep them beside it",)
    return [Fetched(final, "", size, sha, "made", shelf.row.licence, (), notes)]


def _inner(row: Entry) -> str:
    """Return the format of the file that is kept."""
    return "tif" if row.file.endswith(".tif") else row.format


def _addresses(shelf: _Shelf, want: Wanted) -> tuple[Entry, list[str], list[str]]:
    """Return the row with the licence of this very file, addresses to try, and notes; an index is asked for them."""
    row = shelf.row
    if row.index is None:
        return row, list(want.urls), []
    text, where = shelf.fetcher.text(want.index, "json" if row.index.field else "text")
    if want.find:
        found = re.search(want.find, text)
        if found is None:
            msg = f"{where} lists no tile like {want.find}; the provider has none here"
            raise NotThere(msg)
        return row, [urljoin(where, found.group())], []
    try:
        answer = json.loads(text)
    except ValueError as error:
        msg = f"{where} is no JSON ({error})"
        raise TransportError(msg) from error
    address = answer.get(row.index.field) if isinstance(answer, dict) else None
    if not isinstance(address, str) or not address.startswith("https://"):
        msg = f"{where} does not tell where the file lies ({row.index.field}); the provider has changed its interface"
        raise TransportError(msg)
    if urlsplit(address).hostname not in {urlsplit(where).hostname, *shelf.fetcher.hosts}:
        host = urlsplit(address).hostname
        msg = f"{where} names a file on another host, {host}, which the catalogue does not name. If you trust it: --allow-host {host}"
        raise TransportError(msg)
    licence, source = (answer.get(k) for k in (row.index.licence_field, row.index.source_field))
    notes = [f"source of this file: {source}"] if isinstance(source, str) and source else []
    if isinstance(licence, str) and licence:
        row = replace(row, licence=licence)
    return row, [address], notes


def _first_there(
    shelf: _Shelf, want: Wanted, urls: Sequence[str], final: Path
) -> Downloaded | None:
    part = final.with_name(f".{final.name}.part")
    for k, url in enumerate(urls):
        try:
            return shelf.fetcher.file(url, part, shelf.row.format)
        except NotThere as error:
            if k + 1 < len(urls):
                continue
            if shelf.row.absent_is_sea:
                return None
            tried = "" if len(urls) == 1 else f" (nor at {len(urls) - 1} other address)"
            said = ", ".join(f"{k}={v}" for k, v in want.shown.items())
            msg = f"{error}{tried}; does {shelf.row.provider} have {said or 'it'}? See {shelf.row.page}"
            raise NotThere(msg) from error
    raise AssertionError  # there is at least one address


def _checked(shelf: _Shelf, got: Downloaded, where: str) -> tuple[str, tuple[str, ...]]:
    """Return the digest of what was sent, and what it was checked against."""
    sent = digest(got.part)
    name = Path(urlsplit(where).path).name
    must = shelf.sha256 or shelf.row.sha256.get(name)
    checked = ["length"]
    if must is not None:
        if sent != must.lower():
            got.forget()
            msg = f"{where} has the SHA-256 {sent} and not {must.lower()}; it was changed on the way, or there: nothing was kept"
            raise TransportError(msg)
        checked.append("sha256")
    told = _MD5.fullmatch(got.etag)
    if shelf.row.etag_is_md5 and told is not None:
        if digest(got.part, "md5") != told.group(1):
            got.forget()
            msg = f"{where} does not have the MD5 that the server tells ({told.group(1)}); nothing was kept, fetch it again"
            raise TransportError(msg)
        checked.append("md5")
    if shelf.row.format in {"zip", "gzip"}:
        checked.append("archive")
    return sent, tuple(checked)


def _facts(row: Entry, want: Wanted, where: str, got: Downloaded, sent: str) -> dict[str, Any]:
    return {
        "dataset": row.name,
        "parameters": dict(want.shown),
        "url": where,
        "etag": got.etag or None,
        "sent_bytes": got.size,
        "sent_sha256": sent,
        "licence": row.licence,
        "licence_url": row.licence_url,
        "attribution": row.attribution,
        "citation": row.citation,
        "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
    }


def _records(folder: Path) -> dict[str, Any]:
    path = folder / RECORD
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read ({error}); mend it, or move it away together with the files it is about"
        raise OptionError(msg) from error
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(files, dict) or document.get("schema") != _SCHEMA:
        msg = f"{path} is no record of ew4all; name another folder with --out"
        raise OptionError(msg)
    return files


def _record(shelf: _Shelf, file: str, facts: Mapping[str, Any]) -> None:
    """Add a file to the record, at once, so that a later failure leaves it known."""
    shelf.records[file] = {k: v for k, v in facts.items() if v is not None}
    path = shelf.folder / RECORD
    part = path.with_name(f".{RECORD}.part")
    document = {"schema": _SCHEMA, "files": dict(sorted(shelf.records.items()))}
    with writing(path):
        part.write_text(json_text(document), encoding="utf-8")
        part.replace(path)
