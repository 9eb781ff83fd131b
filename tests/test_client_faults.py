"""The client on a service that drops, refuses, is busy, or is something else: what is asked again, and what is told."""

from __future__ import annotations

import hashlib
import pickle
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.sse import format_sse_event
from hypothesis import given
from hypothesis import strategies as st
from made_postgres import free_port
from scripted_server import DROP, Reply, Scripted, scripted, told

from ew4all.client import Client, Document, Layer, ServiceError, TransportError
from ew4all.client.events import events_of, lines_of
from ew4all.client.wire import delay_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOB: dict[str, Any] = {"jobID": "j1", "processID": "reach", "status": "accepted", "progress": 0}
DONE = {**JOB, "status": "successful", "progress": 100}
SEEN = Document("s1", "scenario:s1", 1, "t", "e1", {}, {})
BUSY = {"code": "busy", "detail": "later", "status": 503}
CONTENT = bytes(range(256)) * 4
SHA256 = hashlib.sha256(CONTENT).hexdigest()
TAG = {"ETag": f'"{SHA256}"'}


@pytest.fixture(scope="module")
def server() -> Iterator[Scripted]:
    with scripted() as made:
        yield made


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(server: Scripted, slept: list[float]) -> Iterator[Client]:
    with Client(server.url, "ew4_secret", timeout_s=5.0) as made:
        made._wire.sleep = slept.append
        yield made


def layer(name: str = "a.tif") -> Layer:
    return Layer("j1.a.tif", name, "raster", "image/tiff", len(CONTENT), SHA256, None, "layer:j1.a.tif", {})  # fmt: skip


# --- asked again


def test_a_creation_is_asked_again_with_the_same_key(server: Scripted, client: Client, slept: list[float], tmp_path: Path) -> None:  # fmt: skip
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n")
    many = {"code": "rate", "detail": "slower"}
    server.says(
        told(BUSY, 503, Retry_After="2"), told(many, 429, Retry_After="3"), DROP, Reply(502, b"<html>"),
        told({"reference": "upload:u1"}, 201),
    )  # fmt: skip
    assert client.upload(tmp_path / "a.csv") == "upload:u1"
    assert {one.body for one in server.asked} == {b"a,b\n1,2\n"}
    (key,) = {one.headers["idempotency-key"] for one in server.asked}
    assert len(key) == 36
    assert len(server.asked) == 5
    assert slept[:2] == [2.0, 3.0]
    assert 0.0 < slept[2] <= slept[3] * 4
    server.says(told(JOB, 201))
    client.execute("reach", {})
    assert server.asked[0].headers["idempotency-key"] != key
    assert server.asked[0].headers["authorization"] == "Bearer ew4_secret"


def test_a_change_whose_answer_is_lost_is_not_made_twice(server: Scripted, client: Client) -> None:
    server.says(DROP)
    with pytest.raises(TransportError, match="got no answer"):
        client.scenarios.change(SEEN, "a: 1")
    assert len(server.asked) == 1
    assert server.asked[0].headers["if-match"] == '"e1"'
    server.says(Reply(502, b"<html>"))
    with pytest.raises(ServiceError, match="502"):
        client.scenarios.change(SEEN, "a: 1")
    assert len(server.asked) == 1


def test_what_is_gone_after_a_lost_answer_was_deleted(server: Scripted, client: Client) -> None:
    gone = told({"code": "unknown-scenario", "detail": "none"}, 404)
    server.says(DROP, gone)
    client.scenarios.delete(SEEN)
    server.says(gone)
    with pytest.raises(ServiceError, match="unknown-scenario"):
        client.scenarios.delete(SEEN)


def test_patience_has_an_end(server: Scripted, client: Client, slept: list[float]) -> None:
    server.says(told(BUSY, 503, Retry_After="3600"))
    with pytest.raises(ServiceError) as caught:
        client.processes()
    assert (caught.value.code, caught.value.retry_after_s, slept) == ("busy", 3600.0, [])
    server.says(*[told(BUSY, 503)] * 9)
    with pytest.raises(ServiceError, match="503 busy"):
        client.processes()
    assert (len(server.asked), len(slept)) == (5, 4)


def test_nobody_is_there(slept: list[float]) -> None:
    with Client(f"http://127.0.0.1:{free_port()}", retries=2) as alone:
        alone._wire.sleep = slept.append
        with pytest.raises(TransportError, match="see that the service runs"):
            alone.processes()
    assert len(slept) == 2


def test_the_secret_of_a_key_that_is_lost_leaves_no_key(server: Scripted, client: Client) -> None:
    server.says(
        DROP, told({"id": "k1"}, 201), Reply(204), told({"id": "k2", "secret": "ew4_x"}, 201)
    )
    assert client.keys.create("map")["id"] == "k2"
    posts = [one.headers["idempotency-key"] for one in server.asked if one.method == "POST"]
    assert posts[0] == posts[1] != posts[2]
    assert (server.asked[2].method, server.asked[2].path) == ("DELETE", "/v1/keys/k1")


# --- told


def test_a_problem_is_an_exception_with_its_fields(server: Scripted, client: Client) -> None:
    faults = [{"pointer": "#/inputs/area", "detail": "bad", "code": "x"}, "odd"]
    server.says(told({"code": "c", "detail": "d", "errors": faults, "request_id": "r"}, 400))
    with pytest.raises(ServiceError) as caught:
        client.processes()
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.status, error.code, error.detail, error.pointer, error.request_id) == (400, "c", "d", "#/inputs/area", "r")  # fmt: skip
    assert str(error) == "GET /processes was answered 400 c: d"
    assert len(error.errors) == 1


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(500, b"<h1>Oops</h1>", {"Content-Type": "text/html"}), "http-500"),
        (Reply(500, b"{", {"Content-Type": "application/json"}), "http-500"),
        (told([1], 400), "http-400"),
        (told({}, 404), "http-404"),
        (Reply(404), "http-404"),
        (Reply(302, b"", {"Location": "http://elsewhere.example/"}), "http-302"),
    ],
)
def test_other_errors_are_told_too(server: Scripted, client: Client, reply: Reply, code: str) -> None:  # fmt: skip
    server.says(reply)
    with pytest.raises(ServiceError) as caught:
        client.processes()
    assert caught.value.code == code
    assert len(server.asked) == 1  # and no redirect was followed


def test_a_page_that_is_no_service_is_told(server: Scripted, client: Client) -> None:
    server.says(Reply(200, b"<html>", {"Content-Type": "text/html"}))
    with pytest.raises(TransportError, match="is it the address of an ew4all service"):
        client.processes()


def test_the_key_goes_to_no_host_that_a_link_names(server: Scripted, client: Client) -> None:
    link = {"rel": "next", "href": "http://elsewhere.example/steal?limit=1&offset=1"}
    server.says(told({"features": [{"id": 1}], "links": [link]}), told({"features": [{"id": 2}], "links": []}))  # fmt: skip
    assert [f["id"] for f in client.features("alerts", bbox=(1, 2, 3, 4))] == [1, 2]
    assert server.asked[1].path == "/collections/alerts/items?limit=1&bbox=1.0%2C2.0%2C3.0%2C4.0&offset=1"  # fmt: skip


@pytest.mark.parametrize(
    ("text", "seconds"), [("", None), ("7", 7.0), ("soon", None), ("-1", None)]
)
def test_when_to_ask_again(text: str, seconds: float | None) -> None:
    assert delay_of({"retry-after": text}) == seconds


def test_when_to_ask_again_may_be_a_date() -> None:
    found = delay_of({"retry-after": format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)})  # fmt: skip
    assert found == pytest.approx(90, abs=2)
    assert delay_of({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0


# --- downloads


def test_a_download_goes_on_where_it_was_cut(server: Scripted, client: Client, tmp_path: Path) -> None:  # fmt: skip
    part = {**TAG, "Content-Range": "bytes 300-1023/1024"}
    server.says(Reply(200, CONTENT[:300], TAG, lacking=724), DROP, Reply(206, CONTENT[300:], part))
    assert client.download(layer(), tmp_path).read_bytes() == CONTENT
    last = server.asked[-1].headers
    assert (last["range"], last["if-range"]) == ("bytes=300-", f'"{SHA256}"')
    assert last["accept-encoding"] == "identity"


def test_a_file_that_has_changed_meanwhile_comes_from_its_beginning(server: Scripted, client: Client, tmp_path: Path) -> None:  # fmt: skip
    old = {"ETag": '"' + "0" * 64 + '"'}
    server.says(Reply(200, b"x" * 300, old, lacking=9), Reply(200, CONTENT, TAG))
    assert client.download(layer(), tmp_path / "b.tif").read_bytes() == CONTENT


def test_a_file_that_was_changed_on_its_way_is_not_kept(server: Scripted, client: Client, tmp_path: Path) -> None:  # fmt: skip
    server.says(Reply(200, b"wrong", TAG), Reply(200, CONTENT, TAG))
    assert client.download(layer(), tmp_path).read_bytes() == CONTENT
    other = tmp_path / "other"
    other.mkdir()
    server.says(*[Reply(200, b"wrong", TAG)] * 20)
    with pytest.raises(TransportError, match="it was changed on its way"):
        client.download(layer(), other)
    assert list(other.iterdir()) == []


@pytest.mark.parametrize("name", ["../../a.tif", "/etc/a.tif", "..\\a.tif", "x/a.tif"])
def test_a_name_never_leads_out_of_the_folder(server: Scripted, client: Client, tmp_path: Path, name: str) -> None:  # fmt: skip
    server.says(Reply(200, CONTENT, TAG))
    assert client.download(layer(name), tmp_path) == tmp_path / "a.tif"


# --- waiting


def stream(*events: dict[str, Any], first: int = 1, lacking: int = 0) -> Reply:
    body = b"".join(
        format_sse_event(event="job", data_str=_json(one), id=str(first + n)) for n, one in enumerate(events)
    )  # fmt: skip
    return Reply(200, body, {"Content-Type": "text/event-stream"}, lacking)


def _json(value: Any) -> str:
    import json

    return json.dumps(value)


def test_a_stream_that_is_cut_goes_on_after_its_last_event(server: Scripted, client: Client) -> None:  # fmt: skip
    server.says(
        told(JOB, 201), stream({"status": "running", "progress": 5.0}, lacking=9), DROP,
        stream({"status": "running", "progress": 50.0}, {"status": "successful", "progress": 100.0}, first=2),
    )  # fmt: skip
    seen: list[float] = []
    client.execute("reach", {}).wait(lambda job: seen.append(job.progress))
    assert seen == [5.0, 50.0, 100.0]
    assert [one.headers.get("last-event-id") for one in server.asked[1:]] == [None, "1", "1"]


@pytest.mark.parametrize(
    "reply", [told(BUSY, 503, Retry_After="10"), Reply(404), Reply(204), Reply(200, b"<html>")]
)
def test_where_one_cannot_listen_one_asks(server: Scripted, client: Client, slept: list[float], reply: Reply) -> None:  # fmt: skip
    server.says(told(JOB, 201), reply, told(JOB, Retry_After="3"), told(JOB), told(DONE))
    assert client.execute("reach", {}).wait().status == "successful"
    assert slept == [3.0, pytest.approx(0.15)]


def test_events_that_were_cleared_away_are_asked_for(server: Scripted, client: Client) -> None:
    gap = format_sse_event(event="gap", data_str='{"after":1,"first":9,"last":9}', id="9")
    server.says(told(JOB, 201), Reply(200, gap, {"Content-Type": "text/event-stream"}), told(DONE))
    assert client.execute("reach", {}).wait().status == "successful"


def test_waiting_ends_in_time_where_nothing_is_said(server: Scripted, client: Client) -> None:
    server.says(told(JOB, 201))
    job = client.execute("reach", {})
    server.says(*[DROP] * 99)
    begun = time.monotonic()
    with pytest.raises(TransportError):
        job.wait(timeout_s=0.3)
    assert time.monotonic() - begun < 5.0


TEXT = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=20)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["job", "alert"]), TEXT, st.integers(0, 2**63)), max_size=5
)


@given(EVENTS, st.integers(1, 40))
def test_events_are_read_as_they_were_written(events: list[tuple[str, str, int]], size: int) -> None:  # fmt: skip
    """Also where their texts have what Python, but not the standard, takes for the end of a line."""
    text = b"".join(format_sse_event(event=k, data_str=d, id=str(n)) for k, d, n in events).decode()
    found = events_of(lines_of(text[at : at + size] for at in range(0, len(text), size)))
    assert [(one.kind, one.data, one.id) for one in found] == [(k, d, str(n)) for k, d, n in events]
