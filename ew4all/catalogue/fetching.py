"""Downloads that go on where they were cut, end whole or not at all, and follow nobody to a host that was not named.

A file grows beside its place as ``.NAME.part``, with a note (``.NAME.part.json``) of its address and of the validator
that the server gave. It is gone on with only under that validator, so that two versions are never joined.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from ew4all import __version__
from ew4all.catalogue.content import must_begin_like
from ew4all.errors import ReadError, TransportError, WriteError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

__all__ = ["Downloaded", "Fetcher", "NotThere", "digest"]

ATTEMPTS: Final = 5
"""Times that a file is asked for, the first included, before it is left for another day."""

PAUSE_S: Final = 1.0
"""Pause before the second attempt; doubled from one to the next."""

MOST_WAIT_S: Final = 60.0
"""Longest wait that a server may ask for (Retry-After) and get."""

_REDIRECTS: Final = 5
_TIMEOUT_S: Final = 60.0
_MOST_INDEX: Final = 1 << 24
_RETRIED: Final = frozenset({408, 429, 500, 502, 503, 504})
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_WHAT_404_MEANS: Final = "it does not exist there"


class NotThere(ReadError):
    """The server says that there is no such file."""


@dataclass
class Downloaded:
    """A file that lies in its ``.part``, whole."""

    part: Path
    url: str
    size: int
    etag: str = ""
    resumed_from: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def note_file(self) -> Path:
        """Where the address and the validator are kept."""
        return self.part.with_name(f"{self.part.name}.json")

    def forget(self) -> None:
        """Remove what was kept for going on."""
        self.part.unlink(missing_ok=True)
        self.note_file.unlink(missing_ok=True)


@dataclass
class Fetcher:
    """Fetches files from the hosts of one row.

    Attributes
    ----------
    hosts
        Hosts that may be followed to, beside the one that is asked.
    mirror
        Address in the place of ``https:/``: ``https://HOST/PATH`` is then asked for at ``MIRROR/HOST/PATH``.
    hidden
        Takes secrets out of texts.
    progress
        Called with the bytes that are here and all bytes, where the server tells them.
    """

    hosts: tuple[str, ...] = ()
    mirror: str | None = None
    hidden: Callable[[str], str] = str
    progress: Callable[[int, int], None] | None = None
    attempts: int = ATTEMPTS
    pause_s: float = PAUSE_S
    timeout_s: float = _TIMEOUT_S

    def text(self, url: str, form: str = "text") -> tuple[str, str]:
        """Return a small document and the address it came from.

        Raises
        ------
        TransportError
            The server does not answer, answers with something else, or with more than 16 MiB.
        NotThere
            There is no such document.
        """
        with self._asking() as client:
            for last in self._tries():
                try:
                    with self._open(client, url, {}, []) as (answer, where):
                        self._must_be_good(answer, where)
                        body = bytearray()
                        for chunk in answer.iter_bytes():
                            body += chunk
                            if len(body) > _MOST_INDEX:
                                msg = f"{self._shown(where)} sent more than 16 MiB for an index; this is no index"
                                raise TransportError(msg)
                        must_begin_like(
                            form,
                            bytes(body[:512]),
                            self._shown(where),
                            answer.headers.get("content-type", ""),
                        )
                        return bytes(body).decode("utf-8", "replace"), where
                except _Again as fault:
                    self._rest(fault, last)
        raise AssertionError  # the last try raises

    def file(self, url: str, part: Path, form: str) -> Downloaded:
        """Fetch a file into `part`, going on where an earlier try was cut.

        Raises
        ------
        TransportError
            The server does not answer, cuts the connection each time, sends something else or a wrong length, or hands
            on to a host that was not named. What arrived stays for the next time, unless it is wrong.
        NotThere
            There is no such file.
        WriteError
            The disk is full or cannot be written.
        """
        got = Downloaded(part, url, 0)
        with self._asking() as client:
            for last in self._tries():
                try:
                    self._go_on(client, url, form, got)
                except _Again as fault:
                    self._rest(fault, last, got)
                    continue
                except OSError as error:
                    if isinstance(error, TransportError | ReadError | WriteError):
                        raise
                    msg = f"cannot write {part.parent}: {error.strerror or error}"
                    raise WriteError(msg) from error
                return got
        raise AssertionError  # the last try raises

    def _go_on(self, client: httpx.Client, url: str, form: str, got: Downloaded) -> None:
        have, validator, total = _kept(got, url)
        headers = {"Range": f"bytes={have}-", "If-Range": validator} if have else {}
        with self._open(client, url, headers, got.notes) as (answer, where):
            if answer.status_code == 416:
                got.forget()
                msg = "the part that is here does not fit what is there; begun again"
                raise _Again(msg)
            self._must_be_good(answer, where)
            if have and answer.status_code == 206:
                begin, size = _range_of(answer.headers.get("content-range", ""))
                if begin != have or (total and size and size != total):
                    got.forget()
                    msg = "the server sent another part than was asked for; begun again"
                    raise _Again(msg)
                total = size or total
                got.resumed_from = got.resumed_from or have
            elif answer.status_code == 206:
                msg = f"{self._shown(where)} sent a part of the file where the whole was asked for"
                raise TransportError(msg)
            else:
                if have:
                    got.notes.append(
                        "the server does not go on where a download was cut, or the file has changed; begun again"
                    )
                    got.resumed_from = 0
                have, total = 0, int(answer.headers.get("content-length", 0) or 0)
                _keep(got, url, answer, total)
            self._must_fit(got.part, total - have)
            self._store(answer, where, form, got, have, total)
        got.size = got.part.stat().st_size
        if total and got.size != total:
            msg = f"{got.size:,} of {total:,} bytes arrived"
            raise _Again(msg)
        if not total:
            got.notes.append(
                "the server did not tell the length; that nothing is missing is told by the format alone"
            )
        got.url, got.etag = where, answer.headers.get("etag", "")

    def _store(
        self, answer: httpx.Response, where: str, form: str, got: Downloaded, have: int, total: int
    ) -> None:
        media_type = answer.headers.get("content-type", "")
        with got.part.open("ab" if have else "wb") as file:
            first = not have
            # As sent: a gzip file must not be unpacked because a server calls its content encoded. And as it comes: what
            # waits for a chunk to fill is lost when the connection is cut.
            for chunk in answer.iter_raw():
                if first:
                    try:
                        must_begin_like(form, chunk[:512], self._shown(where), media_type)
                    except TransportError:
                        got.forget()
                        raise
                    first = False
                file.write(chunk)
                have += len(chunk)
                if self.progress:
                    self.progress(have, max(total, have))
        if first:
            got.forget()
            msg = "nothing was sent"
            raise _Again(msg)

    def _tries(self) -> Iterator[bool]:
        for k in range(self.attempts):
            if k:
                time.sleep(min(self.pause_s * 2.0 ** (k - 1), MOST_WAIT_S))
            yield k == self.attempts - 1

    def _rest(self, fault: _Again, last: bool, got: Downloaded | None = None) -> None:
        """Note a failed try and wait; after the last, raise."""
        if fault.wait_s > MOST_WAIT_S:
            msg = f"{self.hidden(str(fault))}; the server asks to wait {fault.wait_s:,.0f} s: come back later"
            raise TransportError(msg) from fault
        if last:
            here = got.part.stat().st_size if got is not None and got.part.exists() else 0
            kept = (
                f"; {here:,} bytes are kept, and the same command goes on from there"
                if here
                else ""
            )
            msg = f"{self.hidden(str(fault))}, {self.attempts} times in a row{kept}"
            raise TransportError(msg) from fault
        time.sleep(fault.wait_s)

    @contextmanager
    def _asking(self) -> Iterator[httpx.Client]:
        import httpx

        # A proxy of the environment is for the world outside; a server on this machine is reached directly.
        near = self.mirror is not None and urlsplit(self.mirror).hostname in _LOOPBACK
        with httpx.Client(
            verify=_trusted(),
            follow_redirects=False,
            timeout=self.timeout_s,
            trust_env=not near,
            headers={"User-Agent": f"ew4all/{__version__}", "Accept-Encoding": "identity"},
        ) as client:
            yield client

    @contextmanager
    def _open(
        self, client: httpx.Client, url: str, headers: dict[str, str], notes: list[str]
    ) -> Iterator[tuple[httpx.Response, str]]:
        """Ask for an address, following the server inside the hosts that are allowed."""
        import httpx

        origin = url
        try:
            for _ in range(_REDIRECTS + 1):
                with client.stream("GET", self._mirrored(url), headers=headers) as answer:
                    if answer.status_code not in _MOVED:
                        yield answer, url
                        return
                    url = self._next(url, answer.headers.get("location", ""), origin, notes)
        except httpx.TimeoutException as error:
            msg = f"{self._shown(url)} did not answer within {self.timeout_s:g} s"
            raise _Again(msg) from error
        except httpx.TransportError as error:
            msg = f"the connection to {urlsplit(url).hostname} failed ({error})"
            raise _Again(msg) from error
        except httpx.InvalidURL as error:
            msg = f"{self._shown(url)} is no address ({error})"
            raise TransportError(msg) from error
        msg = f"{self._shown(origin)} hands on more than {_REDIRECTS} times; look at the address in a browser"
        raise TransportError(msg)

    def _next(self, url: str, location: str, origin: str, notes: list[str]) -> str:
        target = urljoin(url, location)
        if self.mirror is not None and target.startswith(f"{self.mirror.rstrip('/')}/"):
            target = "https://" + target.removeprefix(f"{self.mirror.rstrip('/')}/")
        here, there = urlsplit(url), urlsplit(target)
        if there.scheme != "https":
            msg = f"{self._shown(url)} hands on to {self._shown(target)}, which is not https; nothing was fetched"
            raise TransportError(msg)
        if there.hostname not in {here.hostname, urlsplit(origin).hostname, *self.hosts}:
            msg = (
                f"{self._shown(url)} hands on to another host, {there.hostname}, which the catalogue does not name; nothing was "
                f"fetched. If you trust it: --allow-host {there.hostname}"
            )
            raise TransportError(msg)
        if there.hostname != here.hostname:
            notes.append(f"{here.hostname} handed on to {there.hostname}")
        return target

    def _mirrored(self, url: str) -> str:
        if self.mirror is None:
            return url
        return f"{self.mirror.rstrip('/')}/{url.removeprefix('https://')}"

    def _must_be_good(self, answer: httpx.Response, where: str) -> None:
        code = answer.status_code
        if code in {200, 206}:
            return
        if code in _RETRIED:
            wait = answer.headers.get("retry-after", "")
            msg = f"{self._shown(where)} answered {code} {answer.reason_phrase}"
            raise _Again(
                msg,
                float(wait) if wait.isdecimal() else 0.0,
            )
        if code in {404, 410}:
            msg = f"{self._shown(where)} answered {code}: {_WHAT_404_MEANS}"
            raise NotThere(msg)
        why = "; the access token may be wrong or used up" if code in {401, 403} else ""
        msg = f"{self._shown(where)} answered {code} {answer.reason_phrase}{why}"
        raise TransportError(msg)

    def _must_fit(self, part: Path, wanted: int) -> None:
        free = shutil.disk_usage(part.parent).free
        if wanted > free:
            msg = f"{part.parent} has {free:,} bytes free and {wanted:,} more are needed; make room or name another folder with --out"
            raise WriteError(msg)

    def _shown(self, url: str) -> str:
        return self.hidden(url)


class _Again(Exception):
    """A try failed in a way that another may not."""

    def __init__(self, why: str, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.wait_s = wait_s


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates that are trusted; reading them takes as long as a small file."""
    import httpx

    return httpx.create_ssl_context()


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Return the digest of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(algorithm, usedforsecurity=False)
        ).hexdigest()


def _kept(got: Downloaded, url: str) -> tuple[int, str, int]:
    """Return bytes, validator and whole length of a part that may be gone on with; zeros where there is none."""
    try:
        note: Any = json.loads(got.note_file.read_text(encoding="utf-8"))
        have = got.part.stat().st_size
    except (OSError, ValueError):
        return 0, "", 0
    good = isinstance(note, dict) and note.get("url") == _public(url)
    validator = note.get("validator") if good else None
    total = note.get("total") if good else None
    if not (isinstance(validator, str) and validator and isinstance(total, int)):
        return 0, "", 0
    return (have, validator, total) if not total or have < total else (0, "", 0)


def _keep(got: Downloaded, url: str, answer: httpx.Response, total: int) -> None:
    """Write down under which validator the file may be gone on with; a weak ETag does not do (RFC 9110, 13.1.5)."""
    etag = answer.headers.get("etag", "")
    validator = etag if etag.startswith('"') else answer.headers.get("last-modified", "")
    note = {"url": _public(url), "validator": validator, "total": total}
    got.note_file.write_text(json.dumps(note), encoding="utf-8")


def _public(url: str) -> str:
    """Return what stands for an address, which may hold a token."""
    return hashlib.sha256(url.encode()).hexdigest()


def _range_of(text: str) -> tuple[int, int]:
    """Return first byte and whole length of a Content-Range; -1 and 0 where they are not told."""
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", text.strip())
    if found is None:
        return -1, 0
    size = found.group(3)
    return int(found.group(1)), 0 if size == "*" else int(size)
