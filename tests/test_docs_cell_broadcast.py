"""docs/cell-broadcast.md: its example prints what it says, and its tables are those of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ew4all.alerts.cbs import (
    GSM7_PAGE,
    IDENTIFIERS,
    MAX_PAGES,
    MAX_REFERENCES,
    MAX_VERTICES,
    UCS2_PAGE,
    Dcs,
    encode_text,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "cell-broadcast.md").read_text(encoding="utf-8")


def test_the_example_prints_what_it_says(page: str) -> None:
    found = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, flags=re.DOTALL)
    assert found is not None
    done = subprocess.run(
        [sys.executable, "-c", found[1]], capture_output=True, text=True, check=True
    )
    assert done.stdout == found[2]


def test_the_table_of_identifiers_is_that_of_the_code(page: str) -> None:
    table = page.partition("<!-- table: identifiers -->\n")[2].partition("<!-- end -->")[0]
    assert table.splitlines()[2:] == [
        f"| {row.value} | {row.name} | {row.eu_alert or ''} | {row.twin or ''} | {row.opt_out} "
        f"| {row.source} |"
        for row in IDENTIFIERS.values()
        if row.twin_of is None
    ]


def test_numbers_of_the_page(page: str) -> None:
    gsm7, ucs2 = GSM7_PAGE, UCS2_PAGE
    assert f"| {gsm7} | {MAX_PAGES * gsm7} | {gsm7 - 3}, {MAX_PAGES * (gsm7 - 3)} |" in page
    assert f"| {ucs2} | {MAX_PAGES * ucs2} | {ucs2 - 1}, {MAX_PAGES * (ucs2 - 1)} |" in page
    assert f"at most {MAX_VERTICES} vertices" in page
    assert f"up to {MAX_REFERENCES} alerts" in page
    assert len(encode_text("я" * 600, "uk").pages) == len(encode_text("x" * 1350, "uk").pages) == 15


def test_languages_of_the_page(page: str) -> None:
    for line, codes in (("de en", range(0x0F)), ("cs he", range(0x20, 0x25))):
        languages = " ".join(str(Dcs.from_value(code).language) for code in codes)
        assert languages.startswith(line)
        assert f"| {languages}" in page
