"""docs/exercise.md says what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

from ew4all.cli import app
from ew4all.exercises import exercise_from, shipped
from ew4all.exercises.reference import (
    columns_table,
    decisions_table,
    facts_table,
    keys_tables,
)
from ew4all.scenario.yaml_text import read_marked

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "exercise.md").read_text("utf-8")


def test_tables_are_those_of_the_code(page: str) -> None:
    assert f"<!-- facts -->\n{facts_table()}" in page
    assert f"<!-- decisions -->\n{decisions_table()}" in page
    assert f"<!-- columns -->\n{columns_table()}" in page
    assert page.endswith(f"<!-- keys -->\n{keys_tables()}")
    assert "|  |\n" not in keys_tables()


def test_the_example_is_well(page: str, tmp_path: Path) -> None:
    text = page.split("```yaml\n", 1)[1].split("```", 1)[0]
    found = exercise_from(read_marked(text, what="exercise").value, folder=tmp_path)
    assert len(found.exercise.injects) == 3
    assert found.advice == ()


def test_the_code_runs(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = page.split("```python\n", 1)[1].split("```", 1)[0]
    exec(code, {})
    assert capsys.readouterr().out.startswith("EXERCISE: A night in the valley")


def test_the_library_is_told(page: str) -> None:
    told = re.findall(r"^\| `([a-z-]+)` \| (?:\d hours?|half a day) \|", page, re.MULTILINE)
    assert sorted(told) == list(shipped())


def test_commands_and_options_exist(page: str) -> None:
    commands = get_command(app).commands["exercise"].commands  # type: ignore[attr-defined]
    used = re.findall(r"^ew4all exercise (\w+)(.*)$", page, re.MULTILINE)
    assert {name for name, _ in used} == set(commands)
    for name, rest in used:
        known = {option for one in commands[name].params for option in one.opts}
        assert set(re.findall(r"--[a-z-]+", rest.partition("#")[0])) <= known
