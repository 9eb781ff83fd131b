"""Many listeners, and PostgreSQL, whose transactions end in another order than they begin."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from typing import TYPE_CHECKING

import pytest
from feed_server import feed_server
from made_postgres import make_postgres
from made_server import Served, serving

from ew4all.api.events import journal
from ew4all.api.feeds import records
from ew4all.api.feeds.configured import FeedSettings
from ew4all.api.feeds.fetching import client as web_client
from ew4all.api.feeds.polling import poll

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

LISTENERS, EVENTS, SECONDS = 500, 100, 60.0


async def listening(port: int, topic: str, count: int, opened: asyncio.Semaphore) -> list[int]:
    """Numbers of the events of a stream, read from a plain socket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /v1/events?topic={topic} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    text = b""
    while b"retry:" not in text:
        piece = await reader.read(65536)
        assert piece, text[-300:]
        text += piece
    opened.release()
    numbers: list[int] = []
    while len(numbers) < count:
        piece = await reader.read(65536)
        assert piece, text[-300:]
        text += piece
        numbers = [int(n) for n in re.findall(rb'"number":(\d+)', text)]
    writer.close()
    return numbers


def test_five_hundred_hear_everything_and_the_store_is_read_once(tmp_path: Path) -> None:
    with serving(tmp_path, poll_s=0.2) as served:

        async def all_of_them() -> list[list[int]]:
            opened = asyncio.Semaphore(0)
            tasks = [
                asyncio.create_task(listening(served.port, "feed:x", EVENTS, opened))
                for _ in range(LISTENERS)
            ]
            for _ in tasks:
                await opened.acquire()
            writer = asyncio.create_task(asyncio.to_thread(write, served))
            async with asyncio.timeout(SECONDS):
                found = await asyncio.gather(*tasks)
            await writer
            return found

        begun, begun_s = served.hub.queries, time.monotonic()
        found = asyncio.run(all_of_them())
        queries, took_s = served.hub.queries - begun, time.monotonic() - begun_s
    assert all(numbers == list(range(EVENTS)) for numbers in found)
    assert queries <= took_s / 0.2 + EVENTS


def write(served: Served) -> None:
    for number in range(EVENTS):
        with served.service.database.begin() as connection:
            journal.write(connection, "feed:x", "test", {"number": number})
        time.sleep(0.02)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_postgres()
    try:
        yield server.database("events")
    finally:
        server.remove()


def test_nothing_is_overtaken_by_what_was_written_later(tmp_path: Path, address: str) -> None:
    """Eight writers, each slow to commit: a reader who has seen a number has seen all smaller ones."""
    with serving(tmp_path, database_url=address, poll_s=0.01) as served:

        def slow_writer() -> None:
            for number in range(25):
                with served.service.database.begin() as connection:
                    journal.write(connection, "feed:pg", "test", {"number": number})
                    time.sleep(0.002 * (number % 3))

        async def one() -> list[int]:
            opened = asyncio.Semaphore(0)
            task = asyncio.create_task(listening(served.port, "feed:pg", 200, opened))
            await opened.acquire()
            writers = [threading.Thread(target=slow_writer) for _ in range(8)]
            for writer in writers:
                writer.start()
            async with asyncio.timeout(SECONDS):
                return await task

        found = asyncio.run(one())
        assert sorted(found) == sorted([*range(25)] * 8)


def test_of_many_workers_one_looks_at_a_feed(tmp_path: Path, address: str) -> None:
    with feed_server() as host, serving(tmp_path, database_url=address) as served:
        host.rss("/feed")
        feed = FeedSettings(id="met", url=host.url("/feed"))
        with served.service.database.begin() as connection:
            records.sign_on(connection, [feed])

        def look() -> None:
            with web_client(5.0) as http:
                poll(served.service, feed, http)

        lookers = [threading.Thread(target=look) for _ in range(8)]
        for looker in lookers:
            looker.start()
        for looker in lookers:
            looker.join()
        assert host.count("/feed") == 1
