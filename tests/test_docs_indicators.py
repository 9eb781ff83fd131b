"""docs/indicators.md and docs/netp.md say what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

from ew4all.cli import app
from ew4all.planning import checklist, indicators

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("page", "mark", "table"),
    [
        ("indicators.md", "indicators", indicators.markdown()),
        ("netp.md", "checklist", checklist.markdown()),
    ],
)
def test_tables_are_those_of_the_code(repository: Path, page: str, mark: str, table: str) -> None:
    text = (repository / "docs" / page).read_text("utf-8")
    assert f"<!-- {mark} -->\n{table}" in text


def test_sources_say_what_was_read(repository: Path) -> None:
    text = (repository / "docs" / "indicators.md").read_text("utf-8")
    for source in indicators.sources().values():
        assert f"- `{source.id}`: {source.text}." in text
        assert source.read[1:] in text


@pytest.mark.parametrize(("page", "verb"), [("indicators.md", "indicators"), ("netp.md", "netp")])
def test_options_of_the_pages_exist(repository: Path, page: str, verb: str) -> None:
    text = (repository / "docs" / page).read_text("utf-8")
    plan = get_command(app).commands["plan"]  # type: ignore[attr-defined]
    known = {option for p in plan.commands[verb].params for option in p.opts}
    assert set(re.findall(r"--[a-z][a-z-]+", text)) <= known
