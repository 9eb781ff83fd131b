"""docs/exercise-engine.md says what the code does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ew4all.exercises.delays import DELAYS
from ew4all.exercises.script import read_script
from ew4all.exercises.session import GRID_S
from ew4all.sim.exercise_clock import FASTEST
from ew4all.sim.exercise_events import KINDS
from ew4all.sim.parameters import markdown

if TYPE_CHECKING:
    from pathlib import Path

CLOCK = {"started", "paused", "resumed", "speed_changed", "stepped", "jumped", "ended"}


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "exercise-engine.md").read_text("utf-8")


def blocks(page: str, language: str) -> list[str]:
    return [part.split("```", 1)[0] for part in page.split(f"```{language}\n")[1:]]


def test_tables_and_numbers_are_those_of_the_code(page: str) -> None:
    assert f"<!-- delays -->\n{markdown(DELAYS)}\n" in page
    assert f"every {GRID_S:.0f} s of exercise time" in page
    assert f"at 1 to {FASTEST:.0f} seconds a second" in page
    kinds = page.split("as the log calls it:", 1)[1].split(".", 1)[0]
    assert {word.strip("`") for word in kinds.replace(",", " ").split()} == set(KINDS) - CLOCK


def test_the_examples_run(page: str) -> None:
    for code in blocks(page, "python"):
        exec(code, {})


def test_the_scripts_are_read(page: str, tmp_path: Path) -> None:
    from made_sessions import begun, made

    from ew4all.sim.exercise import Team

    teams = (Team("disaster-office", "Office"), Team("telecom", "Operators"))
    session = begun(made(teams=teams, length_s=4 * 3600.0))
    for k, text in enumerate(blocks(page, "yaml")):
        file = tmp_path / f"{k}.yaml"
        file.write_text(text)
        assert read_script(file, session)[0].who.team == "disaster-office"
