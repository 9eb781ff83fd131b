"""Arguments that every command refuses, before it reads anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from command_line import Ended, command_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        ("reach", "--population", "p\udcff.tif"),
        ("reach", "--population", "p.tif", "--area=n\udcff.geojson"),
        ("coverage", "s\udcff.csv", "--population", "p.tif", "--out", "there"),
        ("target", "s.csv", "--population", "p.tif", "--area", "a.wkt", "--out", "o\udcff"),
        ("outage", "s.csv", "--hazard", "power=h\udcff.wkt"),
        ("loss", "--table", "t\udcff.csv"),
    ],
)
def test_names_that_are_not_utf8_are_one_sentence(
    run: Callable[..., Ended], arguments: tuple[str, ...]
) -> None:
    """Linux hands over such bytes as lone surrogates, which nothing can encode."""
    ended = run(*arguments)
    assert ended.code == 2
    assert ended.err.startswith("Error: ")
    assert "\\udcff" in ended.err
    assert "is not UTF-8" in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("out", [("--out", ""), ("--out=",)])
@pytest.mark.parametrize(
    "arguments",
    [
        ("reach", "--population", "p.tif"),
        ("demo",),
        ("data", "prepare", "--population", "p.tif"),
        ("coverage", "s.csv", "--population", "p.tif"),
        ("target", "s.csv", "--population", "p.tif", "--area", "a.wkt"),
        ("outage", "s.csv", "--hazard", "power=h.wkt"),
        ("loss", "--table", "t.csv"),
    ],
)
def test_an_output_without_a_name_is_refused(
    run: Callable[..., Ended], arguments: tuple[str, ...], out: tuple[str, ...]
) -> None:
    """``--out "$UNSET"`` would write into the working folder: a path made of nothing is '.'."""
    ended = run(*arguments, *out)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Error: --out has no name")


@pytest.mark.parametrize("command", ["coverage", "outage"])
def test_an_output_that_is_a_file_is_refused_before_anything_is_read(
    run: Callable[..., Ended], tmp_path: Path, command: str
) -> None:
    (tmp_path / "file").write_text("mine")
    more = {"coverage": ("--population", "p.tif"), "outage": ("--hazard", "power=h.wkt")}
    ended = run(command, "missing.csv", *more[command], "--out", str(tmp_path / "file"))
    assert ended.code == 2
    assert "is a file; name a folder" in ended.err
