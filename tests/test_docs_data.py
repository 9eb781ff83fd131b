"""docs/data.md and docs/population.md say what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

from ew4all.catalogue.entries import markdown
from ew4all.cli import app
from ew4all.population_results import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path


def test_the_catalogue_is_that_of_the_code(repository: Path) -> None:
    page = (repository / "docs" / "data.md").read_text("utf-8")
    assert f"<!-- catalogue -->\n{markdown()}" in page


@pytest.mark.parametrize("name", ["data", "population"])
def test_options_exist(repository: Path, name: str) -> None:
    page = (repository / "docs" / f"{name}.md").read_text("utf-8")
    commands = get_command(app).commands["data"].commands  # type: ignore[attr-defined]
    known = {o for c in commands.values() for p in c.params for o in (*p.opts, *p.secondary_opts)}
    used = set(re.findall(r"--[a-z][a-z0-9-]+", page))
    assert len(used) > 5
    assert used <= known


def test_schema_is_named(repository: Path) -> None:
    assert f"`{SCHEMA}`" in (repository / "docs" / "population.md").read_text("utf-8")
