"""How often somebody may ask: by key, or by address for whoever shows none; counted in each process."""

from __future__ import annotations

import ipaddress
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from ew4all.api.identity import ANYBODY, LOCAL
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from fastapi import Request

    from ew4all.api.identity import Principal
    from ew4all.api.settings import Limits

__all__ = ["RATE", "Rates", "address_of"]

RATE: Final = "rate"
"""Name under which the state of a request keeps the headers that tell how much is left."""
_WINDOW_S: Final = 60
_PREVIEWS: Final = 5
"""Previews for each act that a seat may do: somebody draws."""


@dataclass(frozen=True)
class _Kind:
    name: str
    most: int

    @property
    def item(self) -> RateLimitItemPerMinute:
        return RateLimitItemPerMinute(self.most, namespace=self.name)


class Rates:
    """Counts requests over a window of a minute that slides.

    A process counts what it answers: with several of them, somebody may ask as many times as often.
    """

    def __init__(self, limits: Limits) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._key = _Kind("key", limits.requests_per_minute)
        self._anonymous = _Kind("anonymous", limits.anonymous_per_minute)
        self._act = _Kind("act", limits.exercise_acts_per_minute)
        self._preview = _Kind("preview", _PREVIEWS * limits.exercise_acts_per_minute)
        self._failed = _Kind("failed", limits.failed_keys_per_minute)

    def take(self, request: Request, asking: Principal) -> None:
        """Count a request of somebody.

        Raises
        ------
        Problem
            429: too many in the last minute.
        """
        if asking is LOCAL:  # nobody else can ask, and one's own machine is not kept waiting
            return
        is_anonymous = asking is ANYBODY
        kind = self._anonymous if is_anonymous else self._key
        name = address_of(request) if is_anonymous else asking.id
        is_let = self._limiter.hit(kind.item, name)
        headers = self._headers(kind, name)
        setattr(request.state, RATE, headers)
        if not is_let:
            told = f"more than {kind.most} requests in a minute: wait, and ask less often"
            raise Problem(429, "too-many-requests", told, headers=self._wait(kind, name))

    def act(self, seat: str, *, is_preview: bool = False) -> None:
        """Count something that a seat does in an exercise, and that its log keeps; or a preview, which its simulation works on.

        Raises
        ------
        Problem
            429: too much in the last minute.
        """
        kind = self._preview if is_preview else self._act
        if not self._limiter.hit(kind.item, seat):
            what = "previews" if is_preview else "decisions, messages and scores"
            told = f"more than {kind.most} {what} in a minute: wait a little"
            raise Problem(429, "too-many-requests", told, headers=self._wait(kind, seat))

    def must_be_let(self, request: Request) -> None:
        """Refuse an address that showed wrong keys again and again, before the next one is looked up.

        Raises
        ------
        Problem
            429
        """
        name = address_of(request)
        if not self._limiter.test(self._failed.item, name):
            told = f"more than {self._failed.most} keys in a minute that are not good: wait, and look at the key"
            headers = self._wait(self._failed, name)
            raise Problem(429, "too-many-failures", told, headers=headers)

    def failed(self, request: Request) -> None:
        """Count a key that is not good."""
        self._limiter.hit(self._failed.item, address_of(request))

    def _wait(self, kind: _Kind, name: str) -> dict[str, str]:
        return {"Retry-After": str(max(1, self._reset_s(kind, name)))}

    def _reset_s(self, kind: _Kind, name: str) -> int:
        reset = self._limiter.get_window_stats(kind.item, name).reset_time
        return max(0, math.ceil(reset - time.time()))

    def _headers(self, kind: _Kind, name: str) -> dict[str, str]:
        stats = self._limiter.get_window_stats(kind.item, name)
        left, reset_s = max(0, stats.remaining), self._reset_s(kind, name)
        return {
            "RateLimit-Policy": f'"{kind.name}";q={kind.most};w={_WINDOW_S}',
            "RateLimit": f'"{kind.name}";r={left};t={reset_s}',
        }


def address_of(request: Request) -> str:
    """Return the address of a client, as far as it tells one from another: of IPv6, the network."""
    host = request.client.host if request.client is not None else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
