"""Feeds of alerts: what comes in, how often, what is done with it, and all that a host can do wrong."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any

import pytest
from cap_texts import alert, area, info, polygon
from feed_server import FeedServer, feed_server
from made_service import ended, make_client, service_of
from pydantic import ValidationError
from sqlalchemy import func, select

from ew4all.api.feeds import records
from ew4all.api.feeds.configured import FeedSettings
from ew4all.api.feeds.fetching import client as web_client
from ew4all.api.feeds.polling import poll
from ew4all.api.store import now
from ew4all.api.store.tables import EVENTS, JOBS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

# South of Grenada's demo island: inside its population raster.
INSIDE = "12.0,-61.8 12.2,-61.8 12.2,-61.6 12.0,-61.6 12.0,-61.8"
ELSEWHERE = "50.0,8.0 51.0,8.0 51.0,9.0 50.0,9.0 50.0,8.0"
REACH = {"population": "demo:population.tif", "population_unit": "count"}
GRENADA = (-62.0, 11.9, -61.3, 12.6)


def stamp(hours: float = 0.0) -> str:
    time = (now() + dt.timedelta(hours=hours)).replace(microsecond=0)
    return time.isoformat()


def cap(
    identifier: str = "X1",
    *,
    where: str = INSIDE,
    sent: float = -0.1,
    ends: float = 5.0,
    **head: Any,
) -> str:
    blocks = () if head.get("msgType") == "Cancel" else (info(area(polygon(where)), expires=stamp(ends)),)  # fmt: skip
    return alert(*blocks, identifier=identifier, sent=stamp(sent), **head)


class World:
    """A service with one feed, and the host of that feed."""

    def __init__(self, client: TestClient, host: FeedServer, feed: FeedSettings) -> None:
        self.client, self.host, self.feed = client, host, feed
        self.service = service_of(client)
        self.http = web_client(0.5)
        with self.service.database.begin() as connection:
            records.sign_on(connection, [feed])

    def look(self) -> dict[str, Any]:
        state = poll(self.service, self.feed, self.http, is_forced=True)
        assert state is not None
        return state

    def alerts(self, **query: Any) -> dict[str, dict[str, Any]]:
        answer = self.client.get(
            f"/v1/feeds/{self.feed.id}/alerts", params={"live": False, **query}
        )
        assert answer.status_code == 200, answer.text
        return {f["properties"]["identifier"]: f for f in answer.json()["features"]}

    def states(self) -> dict[str, str]:
        return {k: f["properties"]["state"] for k, f in self.alerts().items()}


@pytest.fixture
def host() -> Iterator[FeedServer]:
    with feed_server() as made:
        yield made


@pytest.fixture
def world(tmp_path: Path, host: FeedServer) -> Iterator[World]:
    feed = FeedSettings(id="met", url=host.url("/feed"), reach=REACH, bbox=GRENADA)
    limits = {"feed_bytes": 100_000, "feed_entries": 30, "jobs_waiting": 20}
    settings = {"workers": 0, "feed_timeout_s": 0.5, "limits": limits}
    with make_client(tmp_path, **settings) as client:
        made = World(client, host, feed)
        yield made
        made.http.close()


def test_the_worker_looks_at_a_feed_and_tells_whom_its_alert_reaches(
    tmp_path: Path, host: FeedServer
) -> None:
    host.rss("/feed", host.put("/1.xml", cap()))
    feed = FeedSettings(id="met", url=host.url("/feed"), reach=REACH, bbox=GRENADA, every_s=3600.0)
    with make_client(tmp_path, feeds=(feed,)) as client:
        ends_s = time.monotonic() + 20.0
        while client.get("/v1/feeds/met/alerts").json().get("numberReturned") != 1:
            assert time.monotonic() < ends_s, client.get("/v1/feeds").text
            time.sleep(0.1)
        (feature,) = client.get("/v1/feeds/met/alerts").json()["features"]
        assert ended(client, feature["properties"]["job"])["status"] == "successful"
        (feature,) = client.get("/collections/live-alerts/items").json()["features"]
        told = feature["properties"]
        assert (told["event"], told["state"], told["job_status"]) == (
            "Flood",
            "active",
            "successful",
        )
        assert 0 < told["people_in_area"] < told["people_total"]
        assert feature["geometry"]["type"] == "Polygon"
        assert host.count("/feed") == 1


@pytest.mark.parametrize("kind", ["rss", "atom", "embedded", "cap"])
def test_feeds_of_every_kind_are_read_once(world: World, kind: str) -> None:
    texts = [cap("X1"), cap("X2")]
    if kind in {"rss", "atom"}:
        links = [world.host.put(f"/{k}.xml", text) for k, text in enumerate(texts)]
        getattr(world.host, kind)("/feed", *links)
    elif kind == "embedded":
        items = "".join(f"<item><title>t</title>{t}</item>" for t in texts)
        world.host.put("/feed", f"<rss><channel>{items}</channel></rss>")
    else:
        world.host.put("/feed", texts[0])
    expected = {"X1"} if kind == "cap" else {"X1", "X2"}
    for _ in range(3):
        assert world.look()["failures"] == 0
    assert set(world.alerts()) == expected
    assert all(world.host.count(f"/{k}.xml") == 1 for k in range(2) if kind in {"rss", "atom"})
    with world.service.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(JOBS)).scalar() == len(expected)
        topics = list(
            connection.execute(select(EVENTS.c.topic).where(EVENTS.c.kind == "alert")).scalars()
        )
    assert topics == ["feed:met"] * len(expected)


def test_a_feed_that_has_not_changed_is_not_read_again(world: World) -> None:
    world.host.rss("/feed", world.host.put("/1.xml", cap()), etag='"v1"')
    world.look()
    world.look()
    assert world.host.asked[-1][1]["If-None-Match"] == '"v1"'
    assert len(world.alerts()) == 1
    world.host.pages["/feed"].etag = '"v2"'
    world.host.rss(
        "/feed", world.host.url("/1.xml"), world.host.put("/2.xml", cap("X2")), etag='"v3"'
    )
    world.look()
    assert set(world.alerts()) == {"X1", "X2"}


def test_updates_and_cancellations_end_what_they_name(world: World) -> None:
    first, second = cap("X1", sent=-0.3), cap("X2", sent=-0.3)
    world.host.rss("/feed", world.host.put("/1.xml", first), world.host.put("/2.xml", second))
    world.look()
    assert world.states() == {"X1": "active", "X2": "active"}
    named = {
        k: f"agency@example.org,{k},{f['properties']['sent']}" for k, f in world.alerts().items()
    }
    update = cap("X3", msgType="Update", references=named["X1"])
    cancel = cap("X4", msgType="Cancel", references=named["X2"])
    links = [world.host.put("/3.xml", update), world.host.put("/4.xml", cancel)]
    world.host.rss("/feed", *links)
    world.look()
    assert world.states() == {"X1": "superseded", "X2": "cancelled", "X3": "active", "X4": "cancel"}
    assert set(world.alerts(live=True)) == {"X3"}
    assert world.alerts()["X4"]["properties"]["job"] is None
    # The feed goes on without them: they stay as they are.
    world.host.rss("/feed")
    world.look()
    assert world.states()["X1"] == "superseded"


def test_what_is_elsewhere_over_or_nowhere_is_listed_and_not_computed(world: World) -> None:
    nowhere = alert(info("<area><areaDesc>The north</areaDesc></area>", expires=stamp(1.0)), identifier="N", sent=stamp(-0.1))  # fmt: skip
    texts = {"E": cap("E", where=ELSEWHERE), "O": cap("O", sent=-3.0, ends=-1.0), "N": nowhere, "I": cap("I")}  # fmt: skip
    world.host.rss("/feed", *(world.host.put(f"/{k}.xml", t) for k, t in texts.items()))
    world.look()
    found = {k: f["properties"] for k, f in world.alerts().items()}
    assert {k: p["no_reach"] for k, p in found.items()} == {"E": "elsewhere", "O": "expired", "N": "no shape", "I": None}  # fmt: skip
    assert [k for k, p in found.items() if p["job"]] == ["I"]
    assert world.states()["O"] == "expired"


def test_the_same_alert_comes_once_and_a_clock_that_is_ahead_is_told(world: World) -> None:
    text, ahead = cap("X1"), cap("X2", sent=0.5)
    paths = [world.host.put(f"/{k}.xml", text) for k in range(3)]
    world.host.rss("/feed", *paths, world.host.put("/ahead.xml", ahead))
    world.look()
    assert set(world.alerts()) == {"X1", "X2"}
    told = world.alerts()["X2"]["properties"]
    assert told["clock_ahead_s"] == pytest.approx(1800.0, abs=30.0)
    assert told["state"] == "later"


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><rss><channel>&b;</channel></rss>'


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"status": 404}, "http-404"),
    ({"status": 500}, "http-500"),
    ({"status": 503, "headers": {"Retry-After": "900"}}, "http-503"),
    ({"delay_s": 1.5}, "timeout"),
    ({"text": "<rss>" + " " * 200, "drip_s": 0.05}, "timeout"),
    ({"text": "<rss><channel><item>"}, "xml.syntax"),
    ({"text": ""}, "xml.empty"),
    ({"text": "x" * 100_001}, "too-large"),
    ({"text": "<rss/>", "headers": {"Content-Length": "9999999"}}, "too-large"),
    ({"text": BOMB}, "xml.doctype"),
    ({"text": "<a>" * 70 + "</a>" * 70}, "limit.depth"),
    ({"text": "<rss/>", "headers": {"Content-Encoding": "gzip"}}, "encoded"),
    ({"status": 302, "headers": {"Location": "http://127.0.0.1:9/feed"}}, "elsewhere"),
    ({"status": 302, "headers": {"Location": "file:///etc/passwd"}}, "elsewhere"),
    ({"status": 302, "headers": {"Location": "/feed"}}, "redirects"),
]  # fmt: skip
QUICK = {"http-404", "timeout", "xml.syntax", "xml.doctype"}


@pytest.mark.parametrize(
    ("page", "code"),
    [pytest.param(p, c, marks=() if c in QUICK else pytest.mark.slow) for p, c in FAULTS],
)
def test_faults_of_a_host_are_told_and_it_is_left_alone_longer(
    world: World, page: dict[str, Any], code: str
) -> None:
    page = dict(page)
    world.host.put("/feed", page.pop("text", ""), **page)
    begun_s = time.monotonic()
    state = world.look()
    assert time.monotonic() - begun_s < 5.0  # a byte from time to time keeps nobody waiting
    assert (state["code"], state["failures"]) == (code, 1)
    told = world.client.get("/v1/feeds/met").json()
    assert (told["code"], told["failures"], told["alerts"]) == (code, 1, 0)
    wait_s = 900.0 if code == "http-503" else 300.0
    assert dt.datetime.fromisoformat(state["next"]) - now() > dt.timedelta(seconds=wait_s - 30.0)
    assert dt.datetime.fromisoformat(world.look()["next"]) - now() > dt.timedelta(seconds=550.0)
    # And it recovers.
    world.host.rss("/feed", world.host.put("/1.xml", cap()))
    assert world.look()["failures"] == 0
    assert set(world.alerts()) == {"X1"}


def test_an_alert_that_cannot_be_had_keeps_no_other_back(world: World) -> None:
    links = [
        world.host.put("/cut.xml", cap()[:200]), world.host.url("/404.xml"), "http://127.0.0.1:9/x.xml", "file:///etc/passwd",
        "http://[", world.host.put("/html.xml", "<html>no</html>"), world.host.put("/bomb.xml", BOMB),
        world.host.put("/500.xml", "", status=500), world.host.put("/dates.xml", cap("D").replace(stamp(5.0), "tomorrow")),
        world.host.put("/1.xml", cap()),
    ]  # fmt: skip
    world.host.rss("/feed", *links)
    state = world.look()
    assert set(world.alerts()) == {"X1"}
    codes = {f["url"].rpartition("/")[2]: f["code"] for f in state["faults"]}
    assert codes["404.xml"] == "http-404"
    assert codes["500.xml"] == "http-500"
    assert (codes["x.xml"], codes["passwd"]) == ("elsewhere", "elsewhere")
    assert codes["cut.xml"] == "xml.syntax"
    assert codes["bomb.xml"] == "xml.doctype"
    assert {"html.xml", "dates.xml"} <= set(codes)
    # What may get better is tried again, what cannot is not; and the good one is not asked for again.
    world.host.put("/500.xml", cap("X5"))
    world.look()
    assert set(world.alerts()) == {"X1", "X5"}
    assert [world.host.count(p) for p in ("/404.xml", "/500.xml", "/1.xml")] == [1, 2, 1]


def test_a_redirect_on_the_same_host_is_followed(world: World) -> None:
    world.host.put("/feed", "", status=301, headers={"Location": "/moved"})
    world.host.rss("/moved", world.host.put("/1.xml", cap()))
    assert world.look()["failures"] == 0
    assert set(world.alerts()) == {"X1"}


def test_only_one_of_many_looks(world: World) -> None:
    world.host.rss("/feed")
    world.look()
    assert [poll(world.service, world.feed, world.http) for _ in range(3)] == [None] * 3
    assert world.host.count("/feed") == 1
    assert world.client.post("/v1/feeds/met/poll").status_code == 202
    assert [s is None for s in (poll(world.service, world.feed, world.http) for _ in range(2))] == [False, True]  # fmt: skip


def test_more_jobs_than_there_is_room_for_wait_for_the_next_look(world: World) -> None:
    count = world.service.settings.limits.jobs_waiting + 5
    world.host.rss(
        "/feed", *(world.host.put(f"/{k}.xml", cap(f"X{k}")) for k in range(count)), etag='"1"'
    )
    state = world.look()
    assert len(world.alerts()) == count - 5
    assert state["etag"] is None
    with world.service.database.begin() as connection:
        connection.execute(JOBS.update().values(status="successful"))
    world.look()
    assert len(world.alerts()) == count


def test_a_signature_may_be_required(world: World) -> None:
    world.feed = world.feed.model_copy(update={"signature": "required"})
    world.host.rss("/feed", world.host.put("/1.xml", cap()))
    (fault,) = world.look()["faults"]
    assert fault["code"] == "signature-missing"
    assert world.alerts() == {}


def test_reach_that_cannot_be_asked_for_is_told(world: World) -> None:
    world.feed = world.feed.model_copy(update={"reach": {"population": "upload:gone"}})
    world.host.rss("/feed", world.host.put("/1.xml", cap()))
    world.look()
    told = world.alerts()["X1"]["properties"]
    assert told["job"] is None
    assert "upload:gone" in told["reach_problem"]


def test_only_the_host_names_feeds_and_only_an_administrator_sees_addresses(world: World) -> None:
    (told,) = world.client.get("/v1/feeds").json()["feeds"]
    assert (told["id"], told["host"], told["url"]) == ("met", "127.0.0.1", world.feed.url)
    assert world.client.post("/v1/feeds", json={"url": "http://a.test"}).status_code == 405
    assert world.client.get("/v1/feeds/none").json()["code"] == "unknown-feed"
    with world.service.database.begin() as connection:
        records.sign_on(connection, [])
    assert world.client.get("/v1/feeds/met").json()["is_named"] is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "file:///etc/passwd"}, {"url": "ftp://a.test/"}, {"url": "http://"}, {"every_s": 1.0}, {"bbox": (0, 0, 200, 1)},
        {"reach": {"cap": "alert:X"}}, {"reach": {"population": "/etc/passwd"}}, {"other": 1}, {"id": "../x"},
    ],
)  # fmt: skip
def test_settings_of_a_feed_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FeedSettings(**{"id": "met", "url": "http://a.test/", **wrong})
