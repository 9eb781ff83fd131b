"""Servers that go wrong in one way each, and what `ew4all data get` then says and keeps."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from made_open_data import ASKED, HTML, bodies_in, fetch, nothing_left
from open_data_server import Answer, OpenDataServer, open_data_server

from ew4all.catalogue.entries import entry
from ew4all.catalogue.shelf import RECORD, get
from ew4all.catalogue.templates import wanted
from ew4all.errors import EW4AllError, OptionError, TransportError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORLDPOP = "worldpop-constrained"
URL = wanted(entry(WORLDPOP), ASKED[WORLDPOP])[0].urls[0]


@pytest.fixture
def shop() -> Iterator[OpenDataServer]:
    with open_data_server() as server:
        yield server


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return bodies_in(tmp_path_factory.mktemp("bodies"))


@pytest.mark.parametrize("ranges", ["no", "lies", "refuses", "wrong", "short"])
def test_a_server_without_ranges_or_with_wrong_ones_is_asked_for_all(
    shop: OpenDataServer, bodies: dict[str, bytes], tmp_path: Path, ranges: str
) -> None:
    body = bodies["tif"]
    shop.give(URL, Answer(body, cut=3000, ranges=ranges), Answer(body, ranges=ranges))
    (found,) = fetch(shop, WORLDPOP, tmp_path)
    assert found.path is not None
    assert found.path.read_bytes() == body
    assert found.state == "fetched"
    if ranges in {"no", "lies"}:
        assert any("does not go on" in note for note in found.notes)


def test_two_versions_are_never_joined(
    shop: OpenDataServer, bodies: dict[str, bytes], tmp_path: Path
) -> None:
    old, new = bodies["tif"], bodies["newer"]
    assert len(old) == len(new)
    shop.give(URL, Answer(old, cut=3000), Answer(new))
    (found,) = fetch(shop, WORLDPOP, tmp_path)
    assert found.path is not None
    assert found.path.read_bytes() == new
    assert found.state == "fetched"


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_validator_nothing_is_gone_on_with(
    shop: OpenDataServer, bodies: dict[str, bytes], tmp_path: Path, etag: str | None
) -> None:
    body = bodies["tif"]
    shop.give(URL, Answer(body, cut=3000, etag=etag), Answer(body, etag=etag))
    fetch(shop, WORLDPOP, tmp_path)
    assert shop.ranges_asked == [None, None]
    shop.asked.clear()
    date = {"Last-Modified": "Mon, 20 Mar 2023 20:27:07 GMT"}
    shop.give(
        URL, Answer(body, cut=3000, etag=etag, headers=date), Answer(body, etag=etag, headers=date)
    )
    fetch(shop, WORLDPOP, tmp_path, again=True)
    assert shop.ranges_asked == [None, "bytes=3000-"]


def test_wrong_lengths(shop: OpenDataServer, bodies: dict[str, bytes], tmp_path: Path) -> None:
    body = bodies["tif"]
    shop.give(URL, Answer(body, told=str(len(body) + 100)))
    with pytest.raises(TransportError, match="3 times in a row"):
        fetch(shop, WORLDPOP, tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
    shop.give(URL, Answer(body, told=str(len(body) - 5000)))
    with pytest.raises(TransportError, match="cannot be read to its end"):
        fetch(shop, WORLDPOP, tmp_path)
    shop.give(URL, Answer(body, told=None))
    (found,) = fetch(shop, WORLDPOP, tmp_path)
    assert any("did not tell the length" in note for note in found.notes)
    shop.give(URL, Answer(b""))
    with pytest.raises(TransportError, match="nothing was sent, 3 times"):
        fetch(shop, WORLDPOP, tmp_path, again=True)
    assert found.path is not None
    assert found.path.read_bytes() == body, "what was there is still there"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(
    shop: OpenDataServer, bodies: dict[str, bytes], tmp_path: Path, status: int
) -> None:
    shop.give(URL, Answer(b"busy", status), Answer(bodies["tif"]))
    assert fetch(shop, WORLDPOP, tmp_path)[0].state == "fetched"


def test_a_server_that_asks_for_a_long_wait_is_left(shop: OpenDataServer, tmp_path: Path) -> None:
    shop.give(URL, Answer(b"busy", 429, headers={"Retry-After": "3600"}))
    with pytest.raises(TransportError, match="wait 3,600 s"):
        fetch(shop, WORLDPOP, tmp_path)
    assert len(shop.asked) == 1


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("http://data.worldpop.org/x.tif", "not https"),
        ("ftp://data.worldpop.org/x.tif", "not https"),
        ("//files.example/x.tif", "another host"),
        ("", "more than 5 times"),
    ],
)
def test_redirects_that_are_not_followed(
    shop: OpenDataServer, tmp_path: Path, location: str, said: str
) -> None:
    shop.give(URL, Answer(b"", 301, headers={"Location": location}))
    with pytest.raises(TransportError, match=said):
        fetch(shop, WORLDPOP, tmp_path)


@pytest.mark.parametrize(
    "location",
    [
        "/GIS/new.tif",
        "https://data.worldpop.org/GIS/new.tif",
        "{mirror}/data.worldpop.org/GIS/new.tif",
    ],
)
def test_redirects_inside_the_host_are_followed(
    shop: OpenDataServer, bodies: dict[str, bytes], tmp_path: Path, location: str
) -> None:
    where = location.replace("{mirror}", shop.url)
    shop.give(URL, Answer(b"", 308, headers={"Location": where}))
    shop.give("https://data.worldpop.org/GIS/new.tif", Answer(bodies["tif"]))
    (found,) = fetch(shop, WORLDPOP, tmp_path)
    assert found.url == "https://data.worldpop.org/GIS/new.tif"


def test_a_refused_token_is_told_without_it(shop: OpenDataServer, tmp_path: Path) -> None:
    given = {"mcc": "651", "token": "pk.secret"}
    (want,) = wanted(entry("opencellid"), given)
    shop.give(want.urls[0], Answer(b"no", 403))
    with pytest.raises(TransportError, match="token may be wrong") as caught:
        fetch(shop, "opencellid", tmp_path, given)
    assert "secret" not in str(caught.value)


def test_md5_of_the_server_is_checked(
    shop: OpenDataServer, bodies: dict[str, bytes], tmp_path: Path
) -> None:
    name = "copernicus-dem-30"
    (want,) = wanted(entry(name), ASKED[name])
    shop.give(want.urls[0], Answer(bodies["tif"], etag=f'"{"0" * 32}"'))
    with pytest.raises(TransportError, match="MD5"):
        fetch(shop, name, tmp_path)
    assert nothing_left(tmp_path)
    shop.give(want.urls[0], Answer(bodies["tif"], etag=f'"{"0" * 32}-17"'))
    assert fetch(shop, name, tmp_path)[0].checked == ("length",), "parts have no MD5 of the whole"
    shop.give(want.urls[0], Answer(bodies["tif"]))
    assert fetch(shop, name, tmp_path, again=True)[0].checked == ("length", "md5")


def test_a_known_digest_is_checked(
    shop: OpenDataServer, tmp_path: Path, bodies: dict[str, bytes]
) -> None:
    row = entry("meta-hrsl")
    (want,) = wanted(row, ASKED["meta-hrsl"])
    name = "v1.5/cog_globallat_20_lon_80_general-v1.5.5.tif"
    shop.give(want.index, Answer(name.encode(), media_type="text/xml"))
    shop.give(f"{want.index.rpartition('/')[0]}/{name}", Answer(bodies["tif"]))
    with pytest.raises(TransportError, match="7c8d438e"):
        fetch(shop, "meta-hrsl", tmp_path)


def test_files_of_others_and_changed_ones_are_kept(
    shop: OpenDataServer, bodies: dict[str, bytes], tmp_path: Path
) -> None:
    shop.give(URL, Answer(bodies["tif"]))
    mine = tmp_path / "worldpop-constrained_grd_2024.tif"
    mine.write_text("mine")
    with pytest.raises(OptionError, match="was not fetched by ew4all"):
        fetch(shop, WORLDPOP, tmp_path, again=True)
    assert mine.read_text() == "mine"
    mine.unlink()
    fetch(shop, WORLDPOP, tmp_path)
    mine.write_bytes(b"changed")
    with pytest.raises(OptionError, match="not what was fetched"):
        fetch(shop, WORLDPOP, tmp_path)
    assert fetch(shop, WORLDPOP, tmp_path, again=True)[0].state == "fetched"


def test_an_archive_with_other_members_is_refused(shop: OpenDataServer, tmp_path: Path) -> None:
    (want,) = wanted(entry("ghs-pop"), ASKED["ghs-pop"])
    for names in ((), ("a.tif", "b.tif")):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("readme.txt", "x" * 5000)
            for name in names:
                archive.writestr(name, "x")
        shop.give(want.urls[0], Answer(packed.getvalue()))
        with pytest.raises(TransportError, match=f"holds {len(names)} files"):
            fetch(shop, "ghs-pop", tmp_path)
    assert nothing_left(tmp_path)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (b"{}", "does not tell where"),
        (b'{"gjDownloadURL": "http://github.com/x"}', "does not tell where"),
        (b'{"gjDownloadURL": "https://elsewhere.example/x"}', "--allow-host elsewhere.example"),
        (b"[1]", "does not tell where"),
        (b"{broken", "is no JSON"),
        (HTML.body, "no json"),
    ],
)
def test_an_index_that_says_something_else(
    shop: OpenDataServer, tmp_path: Path, told: bytes, said: str
) -> None:
    (want,) = wanted(entry("geoboundaries"), ASKED["geoboundaries"])
    shop.give(want.index, Answer(told, media_type="application/json"))
    with pytest.raises(TransportError, match=said):
        fetch(shop, "geoboundaries", tmp_path)


def test_no_answer_at_all(tmp_path: Path) -> None:
    with open_data_server() as gone:
        url = gone.url
    with pytest.raises(TransportError, match="failed"):
        get(WORLDPOP, ASKED[WORLDPOP], folder=tmp_path, mirror=url, pause_s=0.0, attempts=2)
    assert nothing_left(tmp_path)


def test_a_full_disk_is_told_before_anything_is_fetched(
    shop: OpenDataServer, bodies: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ew4all.catalogue import fetching

    shop.give(URL, Answer(bodies["tif"]))
    little = type("Usage", (), {"free": 10})
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _: little)
    with pytest.raises(WriteError, match="10 bytes free"):
        fetch(shop, WORLDPOP, tmp_path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"mirror": "mirror.example"}, "a mirror is an address"),
        ({"sha256": "abc"}, "64 hexadecimal digits"),
        ({"folder": ""}, "no name"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        get(WORLDPOP, ASKED[WORLDPOP], **({"folder": tmp_path} | more))


def test_one_digest_is_for_one_file(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="takes 2"):
        get("copernicus-dem-30", {"bbox": "0,0,2,1"}, folder=tmp_path, sha256="0" * 64)


def test_a_broken_record_is_not_overwritten(
    shop: OpenDataServer, bodies: dict[str, bytes], tmp_path: Path
) -> None:
    shop.give(URL, Answer(bodies["tif"]))
    (tmp_path / RECORD).write_text("{")
    with pytest.raises(EW4AllError, match="cannot be read"):
        fetch(shop, WORLDPOP, tmp_path)
    (tmp_path / RECORD).write_text("[]")
    with pytest.raises(OptionError, match="no record of ew4all"):
        fetch(shop, WORLDPOP, tmp_path)
