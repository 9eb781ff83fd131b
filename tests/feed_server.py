"""A host of feeds on loopback that a test tells what to answer, faults included."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Page:
    """What is answered at a path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drip_s: float = 0.0
    etag: str | None = None


class FeedServer:
    """Pages by path; `asked` are the paths that were asked for, with the headers."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def count(self, path: str) -> int:
        return sum(p == path for p, _ in self.asked)

    def put(self, path: str, text: str | bytes, **more: object) -> str:
        body = text.encode() if isinstance(text, str) else text
        self.pages[path] = Page(body, **more)  # type: ignore[arg-type]
        return self.url(path)

    def rss(self, path: str, *links: str, **more: object) -> None:
        """A feed as CAP Composer writes them: RSS 2.0 whose items link to alerts."""
        items = "".join(
            f'<item><title>t</title><link>{link}</link><guid isPermaLink="false">{k}</guid>'
            "<pubDate>Not a Date, 99 Foo</pubDate></item>"
            for k, link in enumerate(links)
        )
        text = f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
        self.put(path, text, **more)

    def atom(self, path: str, *links: str) -> None:
        """A feed as the alert hubs write them: Atom with links of the type of CAP."""
        items = "".join(
            f'<entry><id>urn:{k}</id><updated>2026-01-01T00:00:00Z</updated><link href="http://a.test/{k}.html"/>'
            f'<link type="application/cap+xml" href="{link}"/></entry>'
            for k, link in enumerate(links)
        )
        self.put(path, f'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>{items}</feed>')


@contextmanager
def feed_server() -> Iterator[FeedServer]:
    """A host of feeds, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.path, dict(self.headers)))
            page = made.pages.get(self.path, Page(b"not here", 404))
            time.sleep(page.delay_s)
            is_known = page.etag is not None and self.headers.get("If-None-Match") == page.etag
            try:
                self.send_response(304 if is_known else page.status)
                for name, value in page.headers.items():
                    self.send_header(name, value)
                if page.etag is not None:
                    self.send_header("ETag", page.etag)
                self.end_headers()
                if not is_known:
                    self._send(page)
            except OSError:  # the client had enough
                pass

        def _send(self, page: Page) -> None:
            if not page.drip_s:
                self.wfile.write(page.body)
                return
            for byte in page.body:
                self.wfile.write(bytes([byte]))
                time.sleep(page.drip_s)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Host(ThreadingHTTPServer):
        daemon_threads = True

    host = Host(("127.0.0.1", 0), Handler)
    made = FeedServer(host.server_address[1])
    thread = threading.Thread(target=host.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        host.shutdown()
        host.server_close()
        thread.join()
