"""Dates of coverage: how they are written, put in order, refused; folders and lists that are read anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ew4all.errors import (
    ColumnError,
    EmptyLayerError,
    InputError,
    OptionError,
    ReadError,
    TableValueError,
    UnknownTechnologyError,
)
from ew4all.readers.coverage_dates import date_text, dated_layers, parse_date, read_feed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2024-07-01", "2024-07-01"),
        ("20240701", "2024-07-01"),
        (" 2024-07-01 ", "2024-07-01"),
        ("2024-07-01T06:00Z", "2024-07-01T06:00Z"),
        ("2024-07-01T06:00:30Z", "2024-07-01T06:00:30Z"),
        ("2024-07-01T02:00+02:00", "2024-07-01"),
        ("20240701T0600Z", "2024-07-01T06:00Z"),
    ],
)
def test_dates_are_told_in_utc(written: str, told: str) -> None:
    assert date_text(parse_date(written, "x")) == told


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("yesterday", "'yesterday' is no date; write 2024-07-01"),
        ("2024-13-01", "is no date"),
        ("2024-07", "is no date"),
        ("", "is no date"),
        ("2024-07-01T06:00", "has no zone; write 2024-07-01T06:00Z"),
    ],
)
def test_what_is_no_date(written: str, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        parse_date(written, "coverage '4g'")


def test_layers_are_put_in_order_and_it_is_said() -> None:
    layers, notes = dated_layers(
        {"4g@2024-07-02": "b", "4g@2024-07-01": "a", "2g:A b@2024-07-02": "c"}
    )
    assert [(k.key, date_text(k.when), k.source) for k in layers] == [
        ("4g", "2024-07-01", "a"), ("4g", "2024-07-02", "b"), ("2g:A b", "2024-07-02", "c"),
    ]  # fmt: skip
    assert notes == ["coverage was not given in order of time; it was put in order"]
    assert dated_layers({"4g@2024-07-01": 1, "4g@2024-07-02": 2})[1] == []


@pytest.mark.parametrize(
    ("keys", "error", "words"),
    [
        (["4g"], OptionError, "coverage '4g' has no date; write 4g@2024-07-01=FILE"),
        (["@2024-07-01"], OptionError, "has no date"),
        (["6g@2024-07-01"], UnknownTechnologyError, "there is no technology '6g'"),
        (["4g:@2024-07-01"], OptionError, "names no operator behind the colon"),
        (
            ["4g@2024-07-01", "4G@2024-07-01T00:00Z"],
            OptionError,
            "4g is given twice for 2024-07-01",
        ),
    ],
)
def test_keys_that_are_refused(keys: list[str], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        dated_layers(dict.fromkeys(keys, "file"))


def keys_of(source: Any) -> list[tuple[str, str, str]]:
    return [(k.key, date_text(k.when), k.source.name) for k in read_feed(source)[0]]


def test_a_folder_is_what_its_names_say_and_is_read_anew(tmp_path: Path) -> None:
    for name in ("4g_2024-07-01.tif", "2g_20240701.gpkg", "2024-04-01_performance_mobile_tiles.parquet", "notes.txt",
                 "4g_2024-07-01.tif.aux.xml", ".4g_2024-07-09.tif", "grenada_4g_20240702T0600Z.tif"):  # fmt: skip
        (tmp_path / name).touch()
    (tmp_path / "old_2024-01-01").mkdir()
    layers, notes = read_feed(tmp_path)
    assert [(k.key, date_text(k.when)) for k in layers] == [
        ("any", "2024-04-01"), ("2g", "2024-07-01"), ("4g", "2024-07-01"), ("4g", "2024-07-02T06:00Z"),
    ]  # fmt: skip
    assert notes == [f"{tmp_path.name}: without a date in the name and left out: notes.txt"]
    (tmp_path / "4g_2024-07-03.tif").touch()
    assert len(read_feed(tmp_path)[0]) == 5


def test_a_list_names_files_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    rows = [
        "date,technology,operator,file",
        "2024-07-02,4G,Operator A,b.tif",
        "2024-07-01,4g,,sub/a.tif",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    assert keys_of(path) == [
        ("4g", "2024-07-01", "a.tif"),
        ("4g:Operator A", "2024-07-02", "b.tif"),
    ]
    assert read_feed(path)[0][0].source == tmp_path / "sub" / "a.tif"
    assert "put in order" in read_feed(path)[1][0]


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("date,file\n2024-07-01,a.tif", ColumnError, "no column 'technology'"),
        ("date,technology,file\n2024-07-01,4g,", TableValueError, r"row 1 \(line 2\): file is empty"),
        ("date,technology,file\nsoon,4g,a.tif", OptionError, r"feed.csv, row 1 \(line 2\): 'soon' is no date"),
        ("date,technology,file\n2024-07-01,lte,a.tif", UnknownTechnologyError, "no technology 'lte'"),
        ("date,technology,file\n2024-07-01,4g,a\n20240701,4g,b", OptionError, "4g is given twice for 2024-07-01"),
        ("date,technology,file\n", EmptyLayerError, "no row below its header"),
    ],
)  # fmt: skip
def test_lists_that_are_refused(
    tmp_path: Path, text: str, error: type[Exception], words: str
) -> None:
    path = tmp_path / "feed.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=words) as raised:
        read_feed(path)
    assert isinstance(raised.value, InputError)


def test_folders_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="there is no folder and no list"):
        read_feed(tmp_path / "absent")
    with pytest.raises(ReadError, match="there is no folder and no list"):
        read_feed("")
    (tmp_path / "readme.txt").touch()
    with pytest.raises(EmptyLayerError, match="holds no dated layer; files are called like"):
        read_feed(tmp_path)
    (tmp_path / "4g_2024-07-01.tif").touch()
    (tmp_path / "4g_b_2024-07-01.tif").touch()
    with pytest.raises(OptionError, match="a list with a column operator"):
        read_feed(tmp_path)
    (tmp_path / "4g_b_2024-07-01.tif").unlink()
    (tmp_path / "2g_4g_2024-07-01.tif").touch()
    with pytest.raises(OptionError, match="names the technologies 2g and 4g"):
        read_feed(tmp_path)
