"""Small tables: what is read, and every way in which one can be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ew4all.errors import ColumnError, EmptyLayerError, ReadError, TableValueError
from ew4all.readers.plain_table import read_plain_table

if TYPE_CHECKING:
    from pathlib import Path


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "in.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_delimiters_line_ends_and_marks(tmp_path: Path, mark: str, end: str, bom: str) -> None:
    text = bom + end.join(
        [
            mark.join(["a", " b ", "word"]),
            mark.join(["1", " 2.5 ", "RMa"]),
            "",
            mark.join(["-1e3", "", "uma"]),
            "",
        ]
    )
    found = read_plain_table(table(tmp_path, text))
    assert found.header == ("a", "b", "word")
    assert found.delimiter == mark
    assert found.lines == (2, 4)
    assert found.numbers("a").tolist() == [1.0, -1000.0]
    np.testing.assert_array_equal(found.numbers("b", blank=True), [2.5, np.nan])
    assert found.words("word", ("rma", "uma")).tolist() == ["rma", "uma"]
    assert found.rows[0][1] == " 2.5 "  # kept as it was written


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("", EmptyLayerError, "in.csv is empty; give a table with a header"),
        ("a,b\n\n", EmptyLayerError, "in.csv has no row below its header"),
        ("a,b\n1,2\n1,2,3\n", ReadError, r"row 2 \(line 3\) has 3 fields and the header 2; complete the row"),
        ("a,b,a\n1,2,3\n", ColumnError, "has the column 'a' twice; rename one of them"),
        ('a,b\n"1,2\n', ReadError, "in.csv, line 2: .*check the quotes"),
        (b"a,b\n\xff,2\n", ReadError, "is no text in UTF-8 .* at byte 4.; save it as CSV in UTF-8"),
        ("a,b\n" + "1,2\n" * 3 + "x,2\n,3\n", TableValueError, r"in.csv, row 4 \(line 5\): a is 'x', which is no number; write a plain one such as 0.8 \(1 more"),
        ("a,b\n,2\n", TableValueError, r"row 1 \(line 2\): a is nothing, which is no number"),
        ("a,b\n1_000,2\n", TableValueError, "a is '1_000'"),
        ("a,b\ninf,2\n", TableValueError, "a is 'inf'"),
        ("a,b\nnan,2\n", TableValueError, "a is 'nan'"),
        ("a;b\n1,5;2\n", TableValueError, "a is '1,5'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    tmp_path: Path, text: str | bytes, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        read_plain_table(table(tmp_path, text)).numbers("a")


def test_words_and_columns_that_do_not_exist(tmp_path: Path) -> None:
    found = read_plain_table(table(tmp_path, "a,b\nrural,2\n"))
    with pytest.raises(
        TableValueError, match="a is 'rural', which is none of open, urban; write one of them"
    ):
        found.words("a", ("open", "urban"))
    with pytest.raises(ColumnError, match="has no column 'c'; it has a, b"):
        found.numbers("c")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"there is no table at .*none\.csv; check the path"):
        read_plain_table(tmp_path / "none.csv")
    with pytest.raises(ReadError, match="cannot read the table"):
        read_plain_table(tmp_path)
