"""Whatever an exercise holds is the same after YAML, XLSX and CSV."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from exercise_strategies import conditions, effects, exercises, times
from hypothesis import HealthCheck, given, settings
from made_exercises import EXERCISE

from ew4all.exercises import importing, load_exercise, shipped, yaml_of
from ew4all.exercises.checking import checked
from ew4all.exercises.condition_text import condition_of, condition_text
from ew4all.exercises.csv_lists import csv_of
from ew4all.exercises.effect_text import effect_of, effect_text
from ew4all.exercises.importing import ListOptions, import_exercise
from ew4all.exercises.span_text import span_text
from ew4all.exercises.xlsx_writing import workbook_bytes
from ew4all.scenario.values import duration_s
from ew4all.scenario.yaml_text import read_marked
from ew4all.sim.exercise import check_exercise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ew4all.sim.decisions import NetworkChange, PowerChange, Switch
    from ew4all.sim.exercise import Condition, Exercise


@pytest.fixture(scope="module")
def unplayed() -> Iterator[None]:
    """The scenario of a drawn exercise is a name only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importing, "scenario_known", lambda *_: (None, ()))
        yield


SLOW = settings(max_examples=15, suppress_health_check=list(HealthCheck))


@given(conditions())
def test_conditions_as_text(condition: Condition) -> None:
    assert condition_of(condition_text(condition)) == condition


@given(effects)
def test_effects_as_text(effect: NetworkChange | PowerChange | Switch) -> None:
    assert effect_of(effect_text(effect)) == effect


@given(times)
def test_durations_as_text(seconds: float) -> None:
    assert duration_s(span_text(seconds)) == seconds


@SLOW
@given(exercise=exercises())
def test_yaml(exercise: Exercise) -> None:
    assert [f for f in check_exercise(exercise) if not f.is_advice] == []
    read = read_marked(yaml_of(exercise), what="exercise")
    assert read.findings == []
    found = checked(read.value)
    assert found.faults == ()
    assert found.exercise == exercise


@pytest.mark.usefixtures("unplayed")
@SLOW
@given(exercise=exercises())
def test_xlsx(exercise: Exercise, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("xlsx") / "made.xlsx"
    file.write_bytes(workbook_bytes(exercise))
    found = import_exercise(file)
    assert found.exercise == exercise
    assert found.notes == ()


@pytest.mark.usefixtures("unplayed")
@SLOW
@given(exercise=exercises())
def test_csv_has_the_injects(exercise: Exercise, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("csv") / "made.csv"
    file.write_text(csv_of(exercise), "utf-8-sig", newline="")
    found = import_exercise(file, ListOptions(base=replace(exercise, injects=())))
    assert found.exercise == exercise


@pytest.mark.parametrize("name", list(shipped()))
def test_the_library(name: str, tmp_path: Path) -> None:
    exercise = load_exercise(name).exercise
    file = tmp_path / "made.xlsx"
    file.write_bytes(workbook_bytes(exercise))
    from_xlsx = import_exercise(file).exercise
    assert from_xlsx == exercise
    found = checked(read_marked(yaml_of(from_xlsx), what="exercise").value)
    assert found.exercise == exercise


def test_the_same_exercise_gives_the_same_bytes() -> None:
    assert workbook_bytes(EXERCISE) == workbook_bytes(EXERCISE)
    assert yaml_of(EXERCISE) == yaml_of(EXERCISE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        workbook_bytes(EXERCISE)
