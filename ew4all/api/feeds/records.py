"""Rows of feeds and of their alerts, and how an alert and its reach are told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, insert, or_, select, update

from ew4all.api.jobs.records import utc
from ew4all.api.store.database import now
from ew4all.api.store.tables import FEED_ALERTS, FEEDS, JOBS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from ew4all.api.feeds.configured import FeedSettings

__all__ = [
    "LIVE",
    "Feed",
    "FeedAlert",
    "change_feed",
    "count_alerts",
    "find_feed",
    "list_alerts",
    "list_feeds",
    "live_alerts",
    "sign_on",
]

LIVE: Final = ("active", "scheduled", "later", "all_clear")
"""States of an alert that is not over."""


@dataclass(frozen=True)
class Feed:
    """A feed as it stands.

    Attributes
    ----------
    facts
        What the host set, as far as it is told.
    state
        Of the last polls: see `ew4all.api.feeds.polling`.
    """

    id: str
    facts: Mapping[str, Any]
    state: Mapping[str, Any]
    created: dt.datetime


@dataclass(frozen=True)
class FeedAlert:
    """An alert of a feed, and what is known of whom it reaches."""

    id: str
    feed: str
    job: str | None
    facts: Mapping[str, Any]
    state: str
    expires: dt.datetime | None
    received: dt.datetime
    job_status: str | None
    people: Mapping[str, Any] | None

    def properties(self) -> dict[str, Any]:
        """Return what is told of it, but for its place."""
        facts = {k: v for k, v in self.facts.items() if k != "geometry"}
        people = self.people or {}
        return {
            "feed": self.feed, **facts, "state": self.state, "received": self.received.isoformat(),
            "job": self.job, "job_status": self.job_status, "people_in_area": people.get("in_area"),
            "people_total": people.get("total"), "people_covered": people.get("covered") or None,
        }  # fmt: skip


def sign_on(connection: Connection, feeds: Sequence[FeedSettings]) -> None:
    """Write down which feeds there are; one that is not named any more is kept with its alerts, and not looked at."""
    known = {row.id: row.facts for row in connection.execute(select(FEEDS))}
    for feed in feeds:
        facts = {
            "title": feed.title or feed.id, "url": feed.url, "every_s": feed.every_s, "bbox": feed.bbox,
            "signature": feed.signature, "computes_reach": feed.reach is not None, "is_named": True,
        }  # fmt: skip
        facts["bbox"] = None if feed.bbox is None else list(feed.bbox)
        if feed.id not in known:
            row = {"id": feed.id, "facts": facts, "state": {}, "created": now()}
            connection.execute(insert(FEEDS).values(row))
        elif known[feed.id] != facts:
            connection.execute(update(FEEDS).where(FEEDS.c.id == feed.id).values(facts=facts))
    for name in set(known) - {feed.id for feed in feeds}:
        gone = {**known[name], "is_named": False}
        connection.execute(update(FEEDS).where(FEEDS.c.id == name).values(facts=gone))


def list_feeds(connection: Connection) -> list[Feed]:
    """Return all feeds."""
    rows = connection.execute(select(FEEDS).order_by(FEEDS.c.id))
    return [Feed(row.id, row.facts, row.state, utc(row.created)) for row in rows]


def find_feed(connection: Connection, identifier: str) -> Feed | None:
    """Return a feed."""
    row = connection.execute(select(FEEDS).where(FEEDS.c.id == identifier)).first()
    return None if row is None else Feed(row.id, row.facts, row.state, utc(row.created))


def change_feed(connection: Connection, identifier: str, state: Mapping[str, Any]) -> None:
    """Write down how a feed stands."""
    changed = update(FEEDS).where(FEEDS.c.id == identifier).values(state=dict(state))
    connection.execute(changed)


def count_alerts(connection: Connection, feed: str) -> int:
    """Return how many alerts of a feed are kept."""
    query = select(func.count()).select_from(FEED_ALERTS).where(FEED_ALERTS.c.feed == feed)
    return int(connection.execute(query).scalar_one())


def list_alerts(
    connection: Connection, *, feed: str | None, is_live: bool, limit: int, offset: int = 0
) -> list[FeedAlert]:
    """Return alerts, those that came last first.

    Parameters
    ----------
    is_live
        Only those that are not over.
    """
    time = now()
    query = (
        select(
            FEED_ALERTS.c.id, FEED_ALERTS.c.feed, FEED_ALERTS.c.job, FEED_ALERTS.c.facts, FEED_ALERTS.c.state,
            FEED_ALERTS.c.expires, FEED_ALERTS.c.created, JOBS.c.status, JOBS.c.outputs,
        )
        .select_from(FEED_ALERTS.outerjoin(JOBS, JOBS.c.id == FEED_ALERTS.c.job))
        .order_by(FEED_ALERTS.c.id.desc()).limit(limit).offset(offset)
    )  # fmt: skip
    if feed is not None:
        query = query.where(FEED_ALERTS.c.feed == feed)
    if is_live:
        is_on = or_(FEED_ALERTS.c.expires.is_(None), FEED_ALERTS.c.expires > time)
        query = query.where(and_(FEED_ALERTS.c.state.in_(LIVE), is_on))
    return [_alert(row, time) for row in connection.execute(query)]


def live_alerts(connection: Connection, most: int = 10_000) -> list[FeedAlert]:
    """Return the alerts of all feeds that are not over: the collection `live-alerts`."""
    return list_alerts(connection, feed=None, is_live=True, limit=most)


def _alert(row: Any, time: dt.datetime) -> FeedAlert:
    expires = None if row.expires is None else utc(row.expires)
    is_over = row.state in LIVE and expires is not None and expires <= time
    people = ((row.outputs or {}).get("reach") or {}).get("people")
    return FeedAlert(
        row.id, row.feed, row.job, row.facts, "expired" if is_over else row.state, expires, utc(row.created),
        row.status, people,
    )  # fmt: skip
