"""Feeds of alerts that the host named: how they stand, and whom each of their alerts reaches."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from ew4all.api import audit
from ew4all.api.answers import Known, Links
from ew4all.api.deps import Administering, Reading, Serving
from ew4all.api.feeds import records
from ew4all.api.identity import Principal
from ew4all.api.problems import Problem, responses
from ew4all.api.service import Service

__all__ = ["router"]

router = APIRouter(prefix="/v1/feeds", tags=["feeds"], dependencies=[Known])

_FEED: dict[str, Any] = {
    "id": "met", "title": "Weather service", "host": "alerts.example.org", "every_s": 300.0, "bbox": [-62.0, 11.9, -61.3, 12.6],
    "signature": "optional", "computes_reach": True, "is_named": True, "polled": "2026-06-01T12:00:00+00:00",
    "succeeded": "2026-06-01T12:00:00+00:00", "next": "2026-06-01T12:05:00+00:00", "failures": 0, "code": None, "problem": None,
    "faults": [], "alerts": 3,
}  # fmt: skip
_ALERT: dict[str, Any] = {
    "type": "Feature", "id": "01a21800-1c13-7a41-b8b3-716bb5733ec2",
    "geometry": {"type": "Polygon", "coordinates": [[[-61.8, 12.0], [-61.6, 12.0], [-61.6, 12.2], [-61.8, 12.0]]]},
    "properties": {
        "feed": "met", "identifier": "X1", "sender": "met@example.org", "event": "Flood", "severity": "Severe", "state": "active",
        "job": "01a21800-1c14-7a41-b8b3-716bb5733ec2", "job_status": "successful", "people_in_area": 70634.2,
        "people_total": 111454.0,
    },
}  # fmt: skip
GEOJSON = "application/geo+json"


def _example(value: Any, media_type: str = "application/json") -> dict[int | str, dict[str, Any]]:
    schema = {"type": "object", "additionalProperties": True}
    content = {media_type: {"schema": schema, "example": value}}
    return {200: {"description": "as it stands", "content": content}}


def _shown(service: Service, feed: records.Feed, asking: Principal, alerts: int) -> dict[str, Any]:
    del service
    facts, state = dict(feed.facts), feed.state
    url = str(facts.pop("url"))
    out = {"id": feed.id, **facts, "host": urlsplit(url).hostname, "alerts": alerts}
    names = ("polled", "succeeded", "next", "failures", "code", "problem")
    out |= {name: state.get(name) for name in names}
    out["failures"] = out["failures"] or 0
    faults = list(state.get("faults", ()))
    if asking.may("administer"):
        out |= {"url": url, "faults": faults}
    else:  # an address may hold a password of the host
        out["faults"] = [{k: f[k] for k in ("code", "detail", "time")} for f in faults]
    return out


def _found(service: Service, identifier: str) -> tuple[records.Feed, int]:
    with service.database.read() as connection:
        feed = records.find_feed(connection, identifier)
        if feed is None:
            told = f"there is no feed {identifier!r}; the host names them in EW4ALL_FEEDS"
            raise Problem(404, "unknown-feed", told)
        return feed, records.count_alerts(connection, identifier)


@router.get(
    "",
    operation_id="listFeeds",
    responses={**_example({"feeds": [_FEED]}), **responses(400, 401, 403, 429)},
)
def list_feeds(service: Serving, asking: Reading) -> dict[str, Any]:
    """List the feeds that the host named, with what was found at the last look."""
    with service.database.read() as connection:
        feeds = [
            (f, records.count_alerts(connection, f.id)) for f in records.list_feeds(connection)
        ]
    return {"feeds": [_shown(service, feed, asking, count) for feed, count in feeds]}


@router.get(
    "/{feed_id}",
    operation_id="getFeed",
    responses={**_example(_FEED), **responses(400, 401, 403, 404, 429)},
)
def get_feed(feed_id: str, service: Serving, asking: Reading) -> dict[str, Any]:
    """Return how a feed stands; `faults` are the last alerts that were not taken, each with its reason."""
    feed, count = _found(service, feed_id)
    return _shown(service, feed, asking, count)


@router.post(
    "/{feed_id}/poll",
    operation_id="pollFeed",
    status_code=202,
    responses={
        202: {"description": "a worker looks at it in a moment", "content": {"application/json": {"example": _FEED}}},
        **responses(400, 401, 403, 404, 429),
    },
)  # fmt: skip
def poll_feed(feed_id: str, service: Serving, asking: Administering) -> dict[str, Any]:
    """Have a feed looked at soon, without waiting for its turn."""
    with service.database.begin() as connection:
        service.database.hold(connection, f"feed {feed_id}")
        feed = records.find_feed(connection, feed_id)
        if feed is not None:
            records.change_feed(connection, feed_id, {**feed.state, "next": ""})
            audit.record(connection, asking, "feed.poll", f"feed:{feed_id}")
    feed, count = _found(service, feed_id)
    return _shown(service, feed, asking, count)


@router.get(
    "/{feed_id}/alerts",
    operation_id="listFeedAlerts",
    response_class=JSONResponse,
    responses={
        **_example({"type": "FeatureCollection", "features": [_ALERT]}, GEOJSON),
        **responses(400, 401, 403, 404, 429),
    },
)
def list_feed_alerts(
    feed_id: str,
    request: Request,
    service: Serving,
    asking: Reading,
    live: Annotated[bool, Query(description="only those that are not over")] = True,
    limit: Annotated[int, Query(ge=1, le=1000, description="alerts of one page")] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> JSONResponse:
    """Return the alerts of a feed as GeoJSON, those that came last first, each with the people it reaches once that is known."""
    del asking
    _found(service, feed_id)
    with service.database.read() as connection:
        found = records.list_alerts(connection, feed=feed_id, is_live=live, limit=limit + 1, offset=offset)  # fmt: skip
    links = Links(request)
    path, query = f"/v1/feeds/{feed_id}/alerts", {"live": str(live).lower(), "limit": limit}
    told = [links.link(path, "self", GEOJSON, query={**query, "offset": offset})]
    if len(found) > limit:
        told.append(links.link(path, "next", GEOJSON, query={**query, "offset": offset + limit}))
    features = [
        {"type": "Feature", "id": a.id, "geometry": a.facts.get("geometry"), "properties": a.properties()}
        for a in found[:limit]
    ]  # fmt: skip
    whole = {"type": "FeatureCollection", "numberReturned": len(features), "features": features}
    return JSONResponse({**whole, "links": told}, media_type=GEOJSON)
