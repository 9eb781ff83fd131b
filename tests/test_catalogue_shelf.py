"""`ew4all data get` against a server on this machine that imitates each provider, and what each of them can do wrong."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from made_open_data import ASKED, HTML, address_of, bodies_in, body_of, fetch, nothing_left
from open_data_server import Answer, OpenDataServer, open_data_server

from ew4all.catalogue.entries import Entry, entry
from ew4all.catalogue.fetching import NotThere
from ew4all.catalogue.shelf import RECORD
from ew4all.catalogue.templates import wanted
from ew4all.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shop() -> Iterator[OpenDataServer]:
    with open_data_server() as server:
        yield server


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return bodies_in(tmp_path_factory.mktemp("bodies"))


@pytest.fixture(params=list(ASKED))
def source(
    request: pytest.FixtureRequest, shop: OpenDataServer, bodies: dict[str, bytes]
) -> tuple[Entry, str, bytes]:
    """A row, the address of its one file, and what lies there."""
    row = entry(request.param)
    (want,) = wanted(row, ASKED[row.name])
    return row, address_of(shop, row, want), body_of(row, bodies)


def test_a_file_arrives_under_its_name_with_its_record(
    shop: OpenDataServer, source: tuple[Entry, str, bytes], tmp_path: Path
) -> None:
    row, address, body = source
    shop.give(address, Answer(body))
    (found,) = fetch(shop, row.name, tmp_path)
    (want,) = wanted(row, ASKED[row.name])
    assert found.path == tmp_path / want.file
    assert found.state == "fetched"
    assert found.sha256 == hashlib.sha256(found.path.read_bytes()).hexdigest()
    if row.format not in {"zip", "gzip"}:
        assert found.path.read_bytes() == body
    record = json.loads((tmp_path / RECORD).read_text("utf-8"))["files"][want.file]
    assert record["sent_sha256"] == hashlib.sha256(body).hexdigest()
    assert (
        record["licence"]
        == found.licence
        == ("ODbL 1.0" if row.index and row.index.field else row.licence)
    )
    assert record["citation"] == row.citation
    assert "pk.1" not in (tmp_path / RECORD).read_text("utf-8")
    assert not list(tmp_path.glob(".*")), "nothing half-done is left"
    before = len(shop.asked)
    (again,) = fetch(shop, row.name, tmp_path)
    assert (again.state, again.sha256) == ("there", found.sha256)
    assert len(shop.asked) == before, "what is there is not asked for"


def test_a_cut_connection_is_gone_on_with(
    shop: OpenDataServer, source: tuple[Entry, str, bytes], tmp_path: Path
) -> None:
    row, address, body = source
    shop.give(address, Answer(body, cut=3000), Answer(body, cut=2000), Answer(body))
    (found,) = fetch(shop, row.name, tmp_path)
    assert found.state == "resumed"
    assert [r for r in shop.ranges_asked if r] == ["bytes=3000-", "bytes=5000-"]
    assert json.loads((tmp_path / RECORD).read_text("utf-8"))["files"][found.path.name][
        "sent_bytes"
    ] == len(body)  # type: ignore[union-attr]


def test_what_was_cut_too_often_is_gone_on_with_by_the_next_call(
    shop: OpenDataServer, source: tuple[Entry, str, bytes], tmp_path: Path
) -> None:
    row, address, body = source
    shop.give(address, Answer(body, cut=1000))
    with pytest.raises(TransportError, match=r"3 times in a row; 3,000 bytes are kept"):
        fetch(shop, row.name, tmp_path)
    assert not [p for p in tmp_path.iterdir() if not p.name.startswith(".")]
    shop.give(address, Answer(body))
    (found,) = fetch(shop, row.name, tmp_path)
    assert found.state == "resumed"
    assert shop.ranges_asked[-1] == "bytes=3000-"


def test_a_page_in_the_place_of_a_file_is_refused(
    shop: OpenDataServer, source: tuple[Entry, str, bytes], tmp_path: Path
) -> None:
    row, address, _ = source
    shop.give(address, HTML)
    with pytest.raises(TransportError, match="text/html") as caught:
        fetch(shop, row.name, tmp_path)
    assert "Daily limit reached" in str(caught.value)
    assert "pk.1" not in str(caught.value)
    assert nothing_left(tmp_path)


def test_what_does_not_exist_is_told(
    shop: OpenDataServer, source: tuple[Entry, str, bytes], tmp_path: Path
) -> None:
    row, address, _ = source
    shop.give(address, Answer(b"no", 404))
    if row.absent_is_sea:
        (found,) = fetch(shop, row.name, tmp_path)
        assert (found.path, found.state) == (None, "sea")
    else:
        with pytest.raises(NotThere, match="404") as caught:
            fetch(shop, row.name, tmp_path)
        assert row.page in str(caught.value)
    assert nothing_left(tmp_path)


def test_nobody_is_followed_to_a_host_that_was_not_named(
    shop: OpenDataServer, source: tuple[Entry, str, bytes], tmp_path: Path
) -> None:
    row, address, body = source
    far = "https://files.elsewhere.example/x"
    shop.give(address, Answer(b"", 302, headers={"Location": far}))
    shop.give(far, Answer(body))
    with pytest.raises(TransportError, match=r"--allow-host files\.elsewhere\.example"):
        fetch(shop, row.name, tmp_path)
    assert "/files.elsewhere.example/x" not in [path for path, _ in shop.asked]
    assert nothing_left(tmp_path)
    (found,) = fetch(shop, row.name, tmp_path, allow_hosts=["files.elsewhere.example"])
    assert any("handed on to files.elsewhere.example" in note for note in found.notes)


def test_a_wrong_digest_leaves_nothing(
    shop: OpenDataServer, source: tuple[Entry, str, bytes], tmp_path: Path
) -> None:
    row, address, body = source
    shop.give(address, Answer(body))
    with pytest.raises(TransportError, match="SHA-256"):
        fetch(shop, row.name, tmp_path, sha256="0" * 64)
    assert nothing_left(tmp_path)
    (found,) = fetch(shop, row.name, tmp_path, sha256=hashlib.sha256(body).hexdigest().upper())
    assert "sha256" in found.checked


def test_a_truncated_file_that_the_server_calls_whole_is_refused(
    shop: OpenDataServer, source: tuple[Entry, str, bytes], tmp_path: Path
) -> None:
    row, address, body = source
    shop.give(address, Answer(body[: len(body) * 2 // 3]))
    with pytest.raises(TransportError, match="fetch it again"):
        fetch(shop, row.name, tmp_path)
    assert nothing_left(tmp_path)
