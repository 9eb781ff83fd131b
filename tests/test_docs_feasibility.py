"""docs/feasibility.md says what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

from ew4all.cli import app
from ew4all.planning.feasibility_costs import settings_markdown, used_costs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "feasibility.md").read_text("utf-8")


def test_tables_are_those_of_the_code(page: str) -> None:
    assert f"<!-- settings -->\n{settings_markdown()}" in page
    rows = re.findall(r"^\| `(\w+)` \| ([\w,.]+) ([A-Z]{3}) (\d{4}) \|", page, re.MULTILINE)
    told = {name: (value.replace(",", ""), currency, int(year)) for name, value, currency, year in rows}  # fmt: skip
    assert list(told) == [row.name for row in used_costs()]
    for row in used_costs():
        value, currency, year = told[row.name]
        assert (currency, year) == (row.currency, row.year)
        assert value == "none" if row.value is None else float(value) == pytest.approx(row.value)


def test_options_of_the_page_exist(page: str) -> None:
    plan = get_command(app).commands["plan"]  # type: ignore[attr-defined]
    known = {o for p in plan.commands["feasibility"].params for o in p.opts}
    assert set(re.findall(r"--[a-z][a-z-]+", page)) <= known
