"""Documents of other hosts: only of those that were named, of bounded size, in bounded time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

import httpx

from ew4all import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Fetched", "Refused", "client", "fetch"]

_REDIRECTS: Final = 3
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT_S: Final = 3600.0


class Refused(Exception):
    """A document that was not got.

    Attributes
    ----------
    code
        Word for programs: ``timeout``, ``unreachable``, ``http-404``, ``too-large``, ``elsewhere``, ``redirects``, ``encoded``.
    is_lasting
        Whether it is of no use to try again soon.
    wait_s
        How long the host wants to be left alone.
    """

    def __init__(
        self, *, code: str, detail: str, is_lasting: bool = False, wait_s: float = 0.0
    ) -> None:
        super().__init__(detail)
        self.code, self.is_lasting, self.wait_s = code, is_lasting, wait_s


@dataclass(frozen=True)
class Fetched:
    """What came; `body` None where it is what is known already (304)."""

    body: bytes | None
    etag: str | None
    last_modified: str | None


def client(timeout_s: float) -> httpx.Client:
    """Return a client that follows nothing by itself and takes no proxy or password from the environment."""
    headers = {"User-Agent": f"ew4all/{__version__}", "Accept-Encoding": "identity"}
    return httpx.Client(timeout=timeout_s, follow_redirects=False, trust_env=False, headers=headers)


def fetch(
    http: httpx.Client,
    url: str,
    *,
    origins: frozenset[str],
    most_bytes: int,
    within_s: float,
    headers: Mapping[str, str] | None = None,
) -> Fetched:
    """Fetch a document.

    Parameters
    ----------
    origins
        Hosts, with their ports, that may be asked; the same goes for what they redirect to.
    within_s
        For all of it: a host that sends a byte from time to time is cut off, too.

    Raises
    ------
    Refused
    """
    ends_s = time.monotonic() + within_s
    try:
        for _ in range(_REDIRECTS + 1):
            must_be_allowed(url, origins)
            with http.stream("GET", url, headers=dict(headers or {})) as answer:
                if answer.status_code not in _MOVED:
                    return _taken(answer, most_bytes, ends_s)
                target = urljoin(url, answer.headers.get("location", ""))
            if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
                raise Refused(
                    code="elsewhere", detail="it redirects to an address that is not protected"
                )
            url = target
    except httpx.TimeoutException as error:
        raise Refused(code="timeout", detail="it did not answer in time") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Refused(code="unreachable", detail=f"it cannot be reached: {error}") from error
    raise Refused(code="redirects", detail=f"it redirects more than {_REDIRECTS} times")


def must_be_allowed(url: str, origins: frozenset[str]) -> None:
    """Refuse an address of a host that was not named, before anything is sent there.

    Raises
    ------
    Refused
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2].lower()
    except ValueError as error:
        raise Refused(
            code="elsewhere", detail="an address cannot be read", is_lasting=True
        ) from error
    if parts.scheme not in {"http", "https"} or host not in origins:
        told = f"it is of the host {host or url[:100]!r}, which the settings of the feed do not name under `hosts`"
        raise Refused(code="elsewhere", detail=told, is_lasting=True)


def _taken(answer: httpx.Response, most_bytes: int, ends_s: float) -> Fetched:
    etag, changed = answer.headers.get("etag"), answer.headers.get("last-modified")
    status = answer.status_code
    if status == 304:
        return Fetched(None, etag, changed)
    if status != 200:
        told = answer.headers.get("retry-after", "")
        wait_s = min(float(told), _LONGEST_WAIT_S) if told.isdigit() else 0.0
        lasting = status not in _AGAIN
        raise Refused(
            code=f"http-{status}", detail=f"it answers {status}", is_lasting=lasting, wait_s=wait_s
        )
    if answer.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        raise Refused(code="encoded", detail="it answers in an encoding that was not asked for")
    length = answer.headers.get("content-length", "")
    if length.isdigit() and int(length) > most_bytes:
        raise Refused(
            code="too-large",
            detail=f"it has {int(length):,} bytes, of {most_bytes:,} that are read",
        )
    body = bytearray()
    for piece in answer.iter_raw():  # as it comes: pieces of a size would be waited for
        body += piece
        if len(body) > most_bytes:
            raise Refused(
                code="too-large", detail=f"it has more than the {most_bytes:,} bytes that are read"
            )
        if time.monotonic() > ends_s:
            raise Refused(code="timeout", detail="it was too slow")
    return Fetched(bytes(body), etag, changed)
