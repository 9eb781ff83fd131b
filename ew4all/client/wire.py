"""Requests and answers: asked again where that is safe, and problem documents as exceptions."""

from __future__ import annotations

import random
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx

from ew4all.errors import OptionError, ServiceError, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["AGAIN", "Wire", "delay_of", "error_of", "new_key"]

AGAIN: Final = frozenset({429, 502, 503, 504})
"""Answers that say: not now."""
_UNSURE: Final = frozenset({502, 504})
"""Answers of something before the service, which may have done it nevertheless."""
FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 15.0
PAGE: Final = 1000
"""The most entries that a page of the service has."""


def new_key() -> dict[str, str]:
    """Return a new `Idempotency-Key`: with it a creation may be asked for again, and is done once."""
    return {"Idempotency-Key": str(uuid.uuid4())}


def delay_of(headers: Mapping[str, str]) -> float | None:
    """Return what `Retry-After` says, seconds; None where it says nothing (RFC 9110, 10.2.3)."""
    told = headers.get("retry-after", "").strip()
    if told.isdecimal():
        return float(told)
    try:
        when = parsedate_to_datetime(told)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def error_of(answer: httpx.Response) -> ServiceError:
    """Return the exception that an answer is, whose content is read."""
    asked = f"{answer.request.method} {answer.request.url.path}"
    body: Any = None
    if answer.headers.get("content-type", "").partition(";")[0].strip().endswith("json"):
        try:
            body = answer.json()
        except ValueError:
            body = None
    if not isinstance(body, dict):
        body = {"detail": answer.text[:200].strip() or answer.reason_phrase}
    code = str(body.get("code") or f"http-{answer.status_code}")
    detail = str(body.get("detail") or body.get("title") or answer.reason_phrase)
    faults = tuple(one for one in body.get("errors") or () if isinstance(one, dict))
    message = f"{asked} was answered {answer.status_code} {code}: {detail}"
    request_id = str(body.get("request_id") or "")
    delay_s = delay_of(answer.headers)
    return ServiceError(message, answer.status_code, code, detail, faults, request_id, delay_s)


@dataclass
class Wire:
    """The way to one service.

    Attributes
    ----------
    retries
        How often a request is asked again.
    patience_s
        How long it may wait for that in all, seconds.
    """

    http: httpx.Client
    retries: int = 4
    patience_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON at a path."""
        return self.read(self.send("GET", path, params=params))

    def post(self, path: str, **given: Any) -> httpx.Response:
        """Create something, once."""
        headers = {**given.pop("headers", {}), **new_key()}
        return self.send("POST", path, headers=headers, **given)

    def read(self, answer: httpx.Response) -> Any:
        """Return the JSON of an answer.

        Raises
        ------
        TransportError
            It is not JSON: something else than the service answers there.
        """
        try:
            return answer.json()
        except ValueError:
            told = f"{answer.request.url} did not answer with JSON: is it the address of an ew4all service?"
            raise TransportError(told) from None

    def pages(
        self, path: str, entries: str, params: Mapping[str, Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the entries of all pages of a list, following the links `next`.

        Of a link only its question is taken: a key goes to no other host than the one that it was given for.
        """
        asked: dict[str, Any] = {"limit": PAGE, **{k: v for k, v in (params or {}).items() if v is not None}}  # fmt: skip
        while True:
            page = self.get(path, asked)
            yield from page[entries]
            links = page.get("links")
            if links is None:  # uploads tell no next page
                following = {**asked, "offset": int(asked.get("offset", 0)) + len(page[entries])}
                is_last = len(page[entries]) < int(asked["limit"])
            else:
                link = next((one["href"] for one in links if one["rel"] == "next"), None)
                following = asked | parse_qs(urlsplit(link or "").query)
                is_last = link is None
            if is_last or following == asked or not page[entries]:
                return
            asked = following

    def send(
        self,
        method: str,
        path: str,
        *,
        content: Callable[[], Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **given: Any,
    ) -> httpx.Response:
        """Return the answer to a request, once it is not an error.

        Parameters
        ----------
        content
            Makes the body anew for each attempt; called within it.

        Raises
        ------
        ServiceError
            The service refused, or failed, to the last attempt.
        TransportError
            It did not answer.
        """
        headers = dict(headers or {})
        is_safe = method in {"GET", "DELETE"} or "Idempotency-Key" in headers
        left, left_s, is_unsure = self.retries, self.patience_s, False
        while True:
            if content is not None:
                given["content"] = content()
            try:
                answer = self.http.request(method, path, headers=headers, **given)
            except httpx.ConnectError as error:  # it never left this machine
                left_s -= self.pause(left, left_s, None, _unsent(error))
            except httpx.TransportError as error:
                is_unsure = True
                left_s -= self.pause(left if is_safe else 0, left_s, None, _unsent(error))
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                msg = f"{self.http.base_url}{path} cannot be asked for: {error}"
                raise OptionError(msg) from error
            else:
                if answer.is_success:
                    return answer
                if method == "DELETE" and answer.status_code == 404 and is_unsure:
                    return answer  # an attempt before this one has done it
                problem = error_of(answer)
                is_unsure |= problem.status in _UNSURE
                if not _asks_again(problem) or (problem.status in _UNSURE and not is_safe):
                    raise problem
                left_s -= self.pause(left, left_s, problem.retry_after_s, problem)
            left -= 1

    def pause(self, left: int, left_s: float, told_s: float | None, why: Exception) -> float:
        """Wait before the next attempt, or raise `why` where there is none; return how long, seconds.

        Parameters
        ----------
        left, left_s
            Attempts and seconds of waiting that there are still.
        told_s
            What the service wants, seconds; None where it says nothing.
        """
        # Not all at the same time: those who failed together would come again together.
        growing_s = FIRST_WAIT_S * 2.0 ** max(0, self.retries - left)
        own_s = min(LONGEST_WAIT_S, growing_s) * random.uniform(0.5, 1.0)
        wait_s = own_s if told_s is None else told_s
        if left <= 0 or wait_s > left_s:
            raise why
        self.sleep(wait_s)
        return wait_s

    @contextmanager
    def stream(
        self, path: str, *, headers: Mapping[str, str] | None = None, **given: Any
    ) -> Iterator[httpx.Response]:
        """Hold an answer whose content is still to come; it is asked for once.

        Raises
        ------
        ServiceError
            The service refused.
        TransportError
            It did not answer, or the line was cut off.
        """
        try:
            with self.http.stream("GET", path, headers=dict(headers or {}), **given) as answer:
                if not answer.is_success:
                    answer.read()
                    raise error_of(answer)
                yield answer
        except httpx.TransportError as error:
            raise _unsent(error) from error


def _asks_again(problem: ServiceError) -> bool:
    # A creation with the same key is worked on at this moment: its answer will be there soon.
    return problem.status in AGAIN or problem.code == "still-running"


def _unsent(error: httpx.TransportError) -> TransportError:
    asked = error.request
    told = str(error) or type(error).__name__
    return TransportError(
        f"{asked.method} {asked.url} got no answer ({told}): see that the service runs and can be reached"
    )
