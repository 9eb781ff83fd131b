"""Who may ask a service that demands no keys: programs of this machine, and pages that it sent itself.

Without keys whoever can send a request has all rights, and every page that is open in a browser of this machine can send
some: by a name of its own that it lets point here (DNS rebinding), or as a form that is sent without asking (CSRF).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.api.settings import Settings

__all__ = ["Doors"]

_OURS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_OWN_SITES: Final = frozenset({b"same-origin", b"none"})
"""What browsers say in Sec-Fetch-Site of a page that came from here, and of what a person typed. Not `same-site`: that is every
port of this machine."""
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Doors:
    """What a service without keys answers."""

    def __init__(self, settings: Settings) -> None:
        self.are_guarded = settings.auth == "none"
        self.hosts = _OURS | {name.lower() for name in (settings.host, *settings.hosts)}

    def refused(self, method: str, headers: Mapping[bytes, bytes]) -> Problem | None:
        """Return why a request is not answered; None where it is.

        Parameters
        ----------
        method
            Of HTTP.
        headers
            Names in small letters.
        """
        if not self.are_guarded:
            return None
        host = headers.get(b"host", b"").decode("latin-1")
        if _name(host) not in self.hosts:
            told = f"this service demands no keys and answers to names of its own machine, not to {host!r}; the setting EW4ALL_HOSTS names more"
            return _closed(421, "unknown-host", told, "Host")
        if method in _READS:
            return None
        # Two witnesses, of whom a browser may be silent about either: where it told, and programs name neither.
        origin, site = headers.get(b"origin"), headers.get(b"sec-fetch-site")
        # Compared as a text: an origin that is none would be an error to take apart.
        is_ours = (
            origin is None or origin.decode("latin-1").lower().partition("://")[2] == host.lower()
        )
        if is_ours and (site is None or site.strip().lower() in _OWN_SITES):
            return None
        told = "this service demands no keys: a page of another origin changes nothing; demand keys (EW4ALL_AUTH=keys) to let it, with a key of its own"
        return _closed(403, "other-origin", told, "Sec-Fetch-Site" if is_ours else "Origin")


def _closed(status: int, code: str, told: str, header: str) -> Problem:
    fault = {"pointer": f"header:{header}", "detail": told, "code": code}
    return Problem(status, code, told, errors=[fault])


def _name(host: str) -> str:
    """Return a host without its port and brackets."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
