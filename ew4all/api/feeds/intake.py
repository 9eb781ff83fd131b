"""One alert of a feed: checked, kept once, asked of whom it reaches, and put in its place among those it refers to."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update

from ew4all.api.events import journal
from ew4all.api.feeds.records import LIVE
from ew4all.api.identifiers import new_id
from ew4all.api.identity import ROLES, Principal
from ew4all.api.jobs import records as jobs
from ew4all.api.jobs.contents import contents_of
from ew4all.api.problems import Problem
from ew4all.api.references import references_in
from ew4all.api.store.database import now
from ew4all.api.store.tables import FEED_ALERTS

if TYPE_CHECKING:
    from ew4all.alerts.cap import Alert
    from ew4all.alerts.checking import Checked
    from ew4all.api.feeds.configured import FeedSettings
    from ew4all.api.service import Service

__all__ = ["FEEDS", "Later", "fault_of", "keep", "settle"]

FEEDS: Final = Principal("feeds", "feeds of alerts", ROLES["administrator"])
"""Whose the jobs of feeds are: the host's own."""

LIFE: Final = dt.timedelta(hours=24)
"""How long an alert without `expires` is taken to be in force; CAP 1.2 leaves it to the recipient."""
_SKEW: Final = dt.timedelta(seconds=60)
_NO_WARNING: Final = frozenset({"Ack", "Error"})


class Later(Exception):
    """There is no room for another job now."""


def fault_of(feed: FeedSettings, checked: Checked) -> tuple[str, str] | None:
    """Return why an alert is not taken, as code and words; None where it is good."""
    errors = [f for f in checked.reading.findings if str(f.severity) == "error"]
    if checked.signature == "invalid":
        return "signature-invalid", "its signature does not fit it"
    if checked.reading.alert is None or errors:
        first = errors[0] if errors else None
        return (first.code, first.message) if first else ("unreadable", "it cannot be read")
    if feed.signature == "required" and checked.signature != "valid":
        return (
            "signature-missing",
            f"a trusted signature is required, and it is {checked.signature}",
        )
    return None


def keep(service: Service, feed: FeedSettings, checked: Checked) -> str | None:
    """Keep an alert that is new, with its job; return its identifier here, None where it was known.

    Raises
    ------
    Later
        The feeds have as many unfinished jobs as they may have.
    """
    from lxml import etree

    alert = checked.reading.alert
    assert alert is not None
    if str(alert.msg_type) in _NO_WARNING:
        return None
    text = etree.tostring(checked.reading.element, encoding="unicode", with_tail=False)
    facts, shape = _told(alert, text, checked.signature)
    identifier = new_id()
    files, trouble = _files(service, feed, identifier, text)
    wants_reach = _wants_reach(feed, alert, shape, facts)
    if trouble is not None and wants_reach:
        facts["reach_problem"] = trouble
    row = {
        "id": identifier, "feed": feed.id, "alert": _key(alert), "job": None, "facts": facts, "created": now(), "body": text,
        "state": "active", "expires": _end(alert),
    }  # fmt: skip
    with service.database.begin() as connection:
        service.database.hold(connection, f"feed {feed.id}")
        is_here = (FEED_ALERTS.c.feed == feed.id) & (FEED_ALERTS.c.alert == row["alert"])
        if connection.execute(select(FEED_ALERTS.c.id).where(is_here)).first() is not None:
            return None
        if wants_reach and files is not None:
            if jobs.count_waiting(connection, FEEDS.id) >= service.settings.limits.jobs_waiting:
                raise Later
            inputs = {**(feed.reach or {}), "cap": f"alert:{identifier}"}
            job = jobs.accept(connection, "reach", inputs, FEEDS.id, 0, files)
            service.dispatcher.enqueue(connection, job, 0)
            row["job"] = job.id
        connection.execute(insert(FEED_ALERTS).values(row))
        told = {k: facts[k] for k in ("identifier", "sender", "sent", "status", "msg_type")}
        data = {"id": identifier, "feed": feed.id, "job": row["job"], **told}
        journal.write(connection, f"feed:{feed.id}", "alert", data)
    return identifier


def _key(alert: Alert) -> str:
    import hashlib

    parts = (alert.sender, alert.identifier, alert.sent.astimezone(dt.UTC).isoformat())
    name = ",".join(parts)
    # A name of any length has its place; one that is cut would make two alerts one.
    return name if len(name) <= 500 else hashlib.sha256(name.encode()).hexdigest()


def _told(alert: Alert, text: str, signature: str) -> tuple[dict[str, Any], Any]:
    import shapely

    from ew4all.api.features.alerts import feature_of

    facts, shape, _ = feature_of(text)
    ahead = alert.sent - now()
    facts["signature"] = signature
    facts["clock_ahead_s"] = round(ahead.total_seconds(), 1) if ahead > _SKEW else None
    facts["geometry"] = None if shape is None else shapely.geometry.mapping(shape)
    return facts, shape


def _end(alert: Alert) -> dt.datetime | None:
    ends = [info.expires or (info.effective or alert.sent) + LIFE for info in alert.infos]
    return max(ends, default=alert.sent + LIFE)


def _wants_reach(feed: FeedSettings, alert: Alert, shape: Any, facts: dict[str, Any]) -> bool:
    end = _end(alert)
    if feed.reach is None or str(alert.msg_type) == "Cancel":
        return False
    if end is not None and end <= now():
        facts["no_reach"] = "expired"
    elif shape is None:
        facts["no_reach"] = "no shape"
    elif not _is_within(feed, shape):
        facts["no_reach"] = "elsewhere"
    else:
        facts["no_reach"] = None
    return facts["no_reach"] is None


def _is_within(feed: FeedSettings, shape: Any) -> bool:
    import shapely

    if feed.bbox is None:
        return True
    west, south, east, north = feed.bbox
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    return any(shapely.intersects(shapely.box(w, south, e, north), shape) for w, e in spans)


def _files(
    service: Service, feed: FeedSettings, identifier: str, text: str
) -> tuple[dict[str, Any] | None, str | None]:
    """Return the files of a job, and what is wrong with them; the alert itself is one of them."""
    if feed.reach is None:
        return None, None
    try:
        files = contents_of(service, references_in(feed.reach), FEEDS)
    except Problem as problem:
        return None, problem.detail
    return {**files, f"alert:{identifier}": {"text": text, "suffix": ".xml"}}, None


def settle(service: Service, feed: str) -> None:
    """Find which alerts of a feed are in force, superseded, cancelled or over (CAP 1.2, 3.2.1: references)."""
    from ew4all.alerts.cap_xml import read_alerts
    from ew4all.alerts.threads import state

    columns = (FEED_ALERTS.c.id, FEED_ALERTS.c.alert, FEED_ALERTS.c.state, FEED_ALERTS.c.body)
    since = now() - LIFE
    # Those that ended a day ago neither come back nor end others; the message that ends another may have come before it.
    query = select(*columns).where(
        FEED_ALERTS.c.feed == feed,
        FEED_ALERTS.c.state.in_(LIVE) | (FEED_ALERTS.c.created > since),
    )
    with service.database.read() as connection:
        rows = connection.execute(query).all()
    if not rows:
        return
    alerts = {row.alert: read_alerts(row.body.encode(), "alert")[0].alert for row in rows}
    found = state([a for a in alerts.values() if a is not None], now(), life=LIFE)
    places = {
        _key(alert): name
        for name in ("active", "scheduled", "later", "superseded", "cancelled", "expired", "all_clear")
        for alert in getattr(found, name)
    }  # fmt: skip
    changed = [(r.id, p) for r in rows if (p := places.get(r.alert, "cancel")) != r.state]
    if not changed:
        return
    with service.database.begin() as connection:
        for identifier, place in changed:
            own = FEED_ALERTS.c.id == identifier
            connection.execute(update(FEED_ALERTS).where(own).values(state=place))
            data = {"id": identifier, "feed": feed, "state": place}
            journal.write(connection, f"feed:{feed}", "alert-state", data)
