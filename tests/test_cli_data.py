"""`ew4all data list` and `get` as a user calls them."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from command_line import Ended, command_line
from open_data_server import Answer, OpenDataServer, open_data_server

from ew4all.catalogue.entries import catalogue, markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CELLS = b"radio,mcc,net\nLTE,651,1\n" * 500
ADDRESS = "https://opencellid.org/ocid/downloads?token=pk.secret&type=mcc&file=651.csv.gz"


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    monkeypatch.setenv("EW4ALL_OPENCELLID_TOKEN", "pk.secret")
    return command_line(monkeypatch, capsys)


@pytest.fixture
def shop() -> Iterator[OpenDataServer]:
    with open_data_server() as server:
        yield server


def test_list(run: Callable[..., Ended]) -> None:
    ended = run("data", "list")
    assert ended.code == 0
    assert all(row.name in ended.out for row in catalogue())
    assert max(map(len, ended.out.splitlines())) <= 80
    document = json.loads(run("data", "list", "--json").out)
    assert document["schema"] == "ew4all/data-list/1"
    assert len(document["datasets"]) == len(catalogue())
    assert run("data", "list", "--markdown").out == markdown()


@pytest.mark.parametrize("row", catalogue(), ids=lambda row: row.name)
def test_one_row_tells_everything(run: Callable[..., Ended], row: object) -> None:
    name = row.name  # type: ignore[attr-defined]
    words = " ".join(run("data", "list", name).out.split())
    assert "source: licence" in words
    assert json.loads(run("data", "list", name, "--json").out)["datasets"][0]["known"]


def test_get(run: Callable[..., Ended], shop: OpenDataServer, tmp_path: Path) -> None:
    shop.give(ADDRESS, Answer(gzip.compress(CELLS)))
    options = ["data", "get", "opencellid", "mcc=651", "--mirror", shop.url, "--out", str(tmp_path)]
    ended = run(*options)
    assert ended.code == 0, ended.err
    assert ended.out == f"{tmp_path / 'opencellid_651.csv'}\n"
    assert (tmp_path / "opencellid_651.csv").read_bytes() == CELLS
    assert "Licence: CC BY-SA 4.0" in ended.err
    assert "pk.secret" not in ended.err
    ended = run(*options, "--json", "--quiet")
    document = json.loads(ended.out)
    assert document["files"][0]["state"] == "there"
    assert ended.err == ""
    assert run(*options, "--quiet").err == ""


def test_dry_run_asks_nobody(run: Callable[..., Ended], tmp_path: Path) -> None:
    ended = run("data", "get", "opencellid", "mcc=651", "--dry-run", "--out", str(tmp_path))
    assert ended.out == f"opencellid_651.csv  {ADDRESS.replace('pk.secret', '***')}\n"
    ended = run("data", "get", "meta-hrsl", "bbox=81,28,82,31", "--dry-run", "--json")
    files = json.loads(ended.out)["files"]
    assert [f["file"] for f in files] == ["meta-hrsl_30_80.tif", "meta-hrsl_20_80.tif"]
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["worldpop", "iso3=GRD"], 2, "did you mean worldpop-constrained"),
        (["opencellid"], 2, "needs mcc"),
        (["opencellid", "651"], 2, "KEY=VALUE"),
        (["opencellid", "mcc=651", "--mirror", "nowhere"], 2, "a mirror is an address"),
        (["opencellid", "mcc=651", "--mirror", "SHOP"], 2, "answered 404"),
        (["opencellid", "mcc=652", "--mirror", "SHOP"], 1, "Daily limit"),
    ],
)
def test_faults_are_one_sentence(
    run: Callable[..., Ended],
    shop: OpenDataServer,
    tmp_path: Path,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    shop.give(
        ADDRESS.replace("651", "652"), Answer(b"Daily limit reached", media_type="text/plain")
    )
    given = [shop.url if a == "SHOP" else a for a in arguments]
    ended = run("data", "get", *given, "--out", str(tmp_path), "--attempts", "1")
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert ended.err.startswith("Error: ")
    assert ended.err.count("\n") == 1
    assert "secret" not in ended.err
