"""Looking at feeds: which is due, what is new in it, and what went wrong.

Any number of workers may do this at once: whoever looks first puts the next look off, in one transaction, so a feed is asked for
once. A worker that dies while it looks has put it off, too; the next look finds all that it did not take in.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from ew4all.api.events import journal
from ew4all.api.feeds import intake, records
from ew4all.api.feeds.entries import Entry, entries_of
from ew4all.api.feeds.fetching import Fetched, Refused, client, fetch
from ew4all.api.store.database import now
from ew4all.api.store.tables import FEED_ALERTS

if TYPE_CHECKING:
    import httpx

    from ew4all.api.feeds.configured import FeedSettings
    from ew4all.api.service import Service

__all__ = ["Poller", "poll"]

_LOOK_S: Final = 1.0
_MOST_NEW: Final = 50
"""Alerts fetched in one look; the rest comes with the next ones."""
_MOST_TRIES: Final = 5
_MOST_FAULTS: Final = 20
_LONGEST_S: Final = 3600.0
_LOG = structlog.get_logger("ew4all.feeds")


class Poller:
    """A thread of a worker that looks at the feeds of the settings."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="ew4all-feeds", daemon=True)

    def start(self) -> None:
        """Begin; without feeds there is nothing to do."""
        if self._service.settings.feeds:
            self._thread.start()

    def stop(self) -> None:
        """End; a look that is under way is finished by the next one."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=self._service.settings.feed_timeout_s + 1.0)

    def _keep(self) -> None:
        feeds = self._service.settings.feeds
        is_signed_on = False
        with client(self._service.settings.feed_timeout_s) as http:
            while not self._ended.wait(_LOOK_S):
                try:
                    if not is_signed_on:
                        with self._service.database.begin() as connection:
                            records.sign_on(connection, feeds)
                        is_signed_on = True
                    for feed in feeds:
                        if not self._ended.is_set():
                            poll(self._service, feed, http)
                except DBAPIError as error:
                    _LOG.warning("feeds wait for the database", error=str(error.orig))


def poll(
    service: Service, feed: FeedSettings, http: httpx.Client, *, is_forced: bool = False
) -> dict[str, Any] | None:
    """Look at a feed if it is due; return how it stands then, None where it was not due."""
    known = _claimed(service, feed, is_forced=is_forced)
    if known is None:
        return None
    look = _Look(service, feed, http, known)
    try:
        look.do()
    except Refused as error:
        look.failed(error)
    with service.database.begin() as connection:
        was_failing = bool(known.get("failures"))
        records.change_feed(connection, feed.id, look.state)
        if was_failing != bool(look.state["failures"]):
            data = {"feed": feed.id, "failing": not was_failing, "detail": look.state["problem"]}
            journal.write(connection, f"feed:{feed.id}", "feed", data)
        old = now() - dt.timedelta(days=service.settings.keep_jobs_days)
        over = FEED_ALERTS.c.expires.is_not(None) & (FEED_ALERTS.c.expires < old)
        connection.execute(delete(FEED_ALERTS).where(FEED_ALERTS.c.feed == feed.id, over))
    _LOG.info("feed", feed=feed.id, new=look.taken, failures=look.state["failures"], problem=look.state["problem"])  # fmt: skip
    return look.state


def _claimed(service: Service, feed: FeedSettings, *, is_forced: bool) -> dict[str, Any] | None:
    with service.database.begin() as connection:
        service.database.hold(connection, f"feed {feed.id}")
        row = records.find_feed(connection, feed.id)
        if row is None:
            return None
        state = dict(row.state)
        if not is_forced and state.get("next", "") > now().isoformat():
            return None
        state["next"] = _in(feed.every_s)
        records.change_feed(connection, feed.id, state)
    return state


def _in(seconds: float) -> str:
    return (now() + dt.timedelta(seconds=seconds)).isoformat()


class _Look:
    """One look at a feed."""

    def __init__(
        self, service: Service, feed: FeedSettings, http: httpx.Client, known: dict[str, Any]
    ) -> None:
        self._service, self._feed, self._http = service, feed, http
        self._seen: dict[str, list[Any]] = dict(known.get("seen", {}))
        self.taken, self._is_whole = 0, True
        self.state: dict[str, Any] = {
            **known, "polled": now().isoformat(), "problem": None, "code": None,
            "faults": list(known.get("faults", ())),
        }  # fmt: skip

    def do(self) -> None:
        """Take in what is new."""
        asked = {}
        if self.state.get("etag"):
            asked["If-None-Match"] = self.state["etag"]
        if self.state.get("last_modified"):
            asked["If-Modified-Since"] = self.state["last_modified"]
        got = self._fetched(self._feed.url, asked)
        if got.body is not None:
            self._take(got.body)
            # A feed whose alerts are not all in is asked for again, as if it had not been seen.
            self.state["etag"] = got.etag if self._is_whole else None
            self.state["last_modified"] = got.last_modified if self._is_whole else None
        intake.settle(self._service, self._feed.id)
        self.state |= {"failures": 0, "succeeded": now().isoformat(), "seen": self._seen}

    def failed(self, error: Refused) -> None:
        """Write down that it came to nothing, and wait longer each time."""
        failures = int(self.state.get("failures") or 0) + 1
        wait_s = max(
            min(self._feed.every_s * 2.0 ** min(failures - 1, 10), _LONGEST_S), error.wait_s
        )
        self.state |= {
            "failures": failures, "problem": str(error), "code": error.code, "seen": self._seen,
            "next": _in(max(wait_s, self._feed.every_s)),
        }  # fmt: skip

    def _fetched(self, url: str, headers: dict[str, str] | None = None) -> Fetched:
        settings = self._service.settings
        return fetch(
            self._http, url, origins=self._feed.origins, most_bytes=settings.limits.feed_bytes,
            within_s=2.0 * settings.feed_timeout_s, headers=headers,
        )  # fmt: skip

    def _take(self, body: bytes) -> None:
        from ew4all.alerts.feeds import unwrap
        from ew4all.alerts.xml_guard import parsed

        root = parsed(body, "the feed")
        if not hasattr(root, "tag"):
            raise Refused(code=root.code, detail=root.message)
        if unwrap(root).alerts:
            self._alerts(body, self._feed.url)
        most = self._service.settings.limits.feed_entries
        entries = entries_of(root, self._feed.url, most)
        for url in set(self._seen) - {entry.url for entry in entries}:
            del self._seen[url]
        ends_s = time.monotonic() + _LONGEST_S / 10.0
        fetched = 0
        for entry in entries:
            version, tries = (*self._seen.get(entry.url, (None, 0)),)[:2]
            if version == entry.version and tries < 0:
                continue  # taken in, or of no use
            is_over = fetched >= _MOST_NEW or time.monotonic() > ends_s
            if is_over or self._service.stopping.is_set():
                self._is_whole = False
                return
            fetched += 1
            self._entry(entry, tries if version == entry.version else 0)

    def _entry(self, entry: Entry, tries: int) -> None:
        try:
            got = self._fetched(entry.url)
            is_in = self._alerts(got.body or b"", entry.url)
        except Refused as error:
            self._fault(entry.url, error.code, str(error))
            is_in = error.is_lasting or tries + 1 >= _MOST_TRIES
        self._seen[entry.url] = [entry.version, -1 if is_in else tries + 1]
        self._is_whole &= is_in

    def _alerts(self, data: bytes, url: str) -> bool:
        """Keep the alerts of a document; say whether it is done with."""
        from ew4all.alerts.checking import check

        anchors = [path.read_bytes() for path in self._feed.anchors]
        for checked in check(data, "the alert", anchors=anchors):
            fault = intake.fault_of(self._feed, checked)
            if fault is not None:
                self._fault(url, *fault)
                continue
            try:
                self.taken += intake.keep(self._service, self._feed, checked) is not None
            except intake.Later:
                self._is_whole = False
                return False
        return True

    def _fault(self, url: str, code: str, detail: str) -> None:
        same = {"url": url[:500], "code": code, "detail": detail[:500]}
        others = [f for f in self.state["faults"] if (f["url"], f["code"]) != (same["url"], code)]
        self.state["faults"] = [*others, {**same, "time": now().isoformat()}][-_MOST_FAULTS:]
