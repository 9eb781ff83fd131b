"""What is no HTTP, told on a bare socket: one problem document, and the connection is closed."""

from __future__ import annotations

import json
import re
import socket
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from made_server import serving

from ew4all.api import middleware, problems
from ew4all.api.connections import MOST_HEAD_BYTES, Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from made_server import Served

HOST = b"Host: 127.0.0.1\r\n"
CHUNKED = b"POST /v1/scenarios HTTP/1.1\r\n" + HOST + b"Content-Type: application/yaml\r\nTransfer-Encoding: chunked\r\n\r\n"  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("connections")) as made:
        yield made


def told(served: Served, *pieces: bytes) -> bytes:
    """Send pieces and return all that comes back until the service closes the connection."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=10.0) as line:
        out = b""
        try:
            for piece in pieces:
                line.sendall(piece)
            while part := line.recv(1 << 16):
                out += part
        except ConnectionError:  # closed while we were still sending
            pass
        return out


def whole(line: socket.socket) -> bytes:
    """Read one answer: its body may come in a piece of its own."""
    got = line.recv(1 << 16)
    while b"\r\n\r\n" not in got:
        got += line.recv(1 << 16)
    head, _, body = got.partition(b"\r\n\r\n")
    size = int(re.findall(rb"content-length: (\d+)", head, re.IGNORECASE)[0])
    while len(body) < size:
        part = line.recv(1 << 16)
        assert part, got
        got, body = got + part, body + part
    return got


def parsed(answer: bytes) -> tuple[int, dict[str, str], Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    headers = {k.lower(): v for k, v in (field.split(": ", 1) for field in fields)}
    assert len(body) == int(headers["content-length"])
    return int(first.split()[1]), headers, json.loads(body)


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS on a plain port
        b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
        b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X-A: a\x00b\r\n\r\n",
        b"CONNECT 127.0.0.1:9 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http_gets_a_problem_document(served: Served, sent: bytes) -> None:
    status, headers, problem = parsed(told(served, sent))
    assert (status, problem["status"], problem["code"]) == (400, 400, "not-http")
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert headers["x-request-id"] == problem["request_id"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert {"type", "title", "detail", "instance"} <= set(problem)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET /", b"a" * MOST_HEAD_BYTES * 2],  # no end in sight
        [b"GET / HTTP/1.1\r\n" + HOST + b"X-A: ", *[b"a" * 10_000] * 30],
        [b"GET / HTTP/1.1\r\n" + HOST, *[b"X-A: %s\r\n" % (b"a" * 1000)] * 200, b"\r\n"],
        [b"GET / HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * MOST_HEAD_BYTES + b"\r\n\r\n"],  # at once
        [CHUNKED + b"1;", *[b"x" * 10_000] * 30],
        [CHUNKED + b"1\r\n#\r\n0\r\nX-A: ", *[b"x" * 10_000] * 30],
    ],
)
def test_a_head_without_end_is_refused_early(served: Served, pieces: list[bytes]) -> None:
    answer = told(served, *pieces)
    # Where we are still sending when it closes, the kernel may throw the answer away.
    if answer:
        status, headers, problem = parsed(answer)
        assert (status, problem["code"]) == (431, "head-too-large")
        assert headers["content-type"] == "application/problem+json"
    assert parsed(told(served, b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n"))


def test_the_refusal_of_a_large_head_is_read(served: Served) -> None:
    sent = b"GET / HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * (MOST_HEAD_BYTES - 20)
    with socket.create_connection(("127.0.0.1", served.port), timeout=10.0) as line:
        line.sendall(sent)
        line.sendall(b"a" * 100)
        status, _, problem = parsed(whole(line))
    assert (status, problem["code"]) == (431, "head-too-large")


def test_a_head_that_does_not_end_is_not_waited_for(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "head_s", 0.05)
    for sent in (b"", b"GET / HTTP/1.1\r\nHost: 127.0"):
        status, _, problem = parsed(told(served, sent))
        assert (status, problem["code"]) == (408, "too-slow")
    # The second request of a connection, too.
    whole = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    assert told(served, whole + b"GET /h").endswith(b"}")


def test_who_goes_in_the_middle_of_a_body_is_no_error_of_ours(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    ended = threading.Event()

    def error(event: str, **_: Any) -> None:
        logged.append(event)

    def info(*_: Any, **facts: Any) -> None:
        if facts["path"] == "/v1/scenarios":
            logged.append(facts["status"])
            ended.set()

    monkeypatch.setattr(problems, "_LOG", SimpleNamespace(error=error))
    monkeypatch.setattr(middleware, "_LOG", SimpleNamespace(info=info))
    with socket.create_connection(("127.0.0.1", served.port), timeout=10.0) as line:
        line.sendall(CHUNKED + b"1\r\n#\r\n")
    assert ended.wait(10.0)
    assert logged == [400]


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /v1/uploads?name=a.tif HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\nII*\0",
        CHUNKED + b"5\r\n# ni",
        b"GET / HTTP/1.1\r\nHo",
    ],
)
def test_a_body_that_ends_too_early_is_told(served: Served, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10.0) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        out = b""
        while part := line.recv(1 << 16):
            out += part
    status, _, problem = parsed(out)
    assert (status, problem["code"]) == (400, "cut-off")
    assert problem["errors"][0]["pointer"] == "#"


def test_what_stands_behind_a_body_is_no_header(served: Served) -> None:
    trailer = b"2\r\n{}\r\n0\r\nX-Request-ID: mine\r\nAuthorization: Bearer ew4_x\r\n\r\n"
    close = CHUNKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    close = close.replace(b"scenarios", b"runs").replace(b"/yaml", b"/json")
    status, headers, problem = parsed(told(served, close, trailer))
    assert (status, problem["code"]) == (400, "invalid-request")
    assert headers["x-request-id"] != "mine"


def test_rubbish_behind_a_request_does_not_get_into_its_answer(served: Served) -> None:
    first = b"GET /conformance HTTP/1.1\r\n" + HOST + b"\r\n"
    answer = told(served, first, b"rubbish\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 ")
    head, _, rest = answer.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 200"):
        length = next(int(f.split(b":")[1]) for f in head.split(b"\r\n") if f.startswith(b"content-length"))  # fmt: skip
        body, second = rest[:length], rest[length:]
        assert json.loads(body)["conformsTo"]
        assert not second or parsed(second)[0] == 400


def test_no_other_protocol_is_spoken(served: Served) -> None:
    asked = (
        b"GET /v1/events HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=10.0) as line:
        line.sendall(asked.replace(b"/v1/events", b"/v1/nowhere"))
        status, headers, problem = parsed(whole(line))
    assert (status, problem["code"]) == (404, "not-found")
    assert headers["content-type"] == "application/problem+json"
