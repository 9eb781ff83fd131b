"""Keys and values of an exercise, wherever they were read, as an exercise, or as everything that is wrong with them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from ew4all.exercises.document import ExerciseDocument
from ew4all.scenario.findings import MOST_KEPT, told
from ew4all.sim.exercise import check_exercise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.sim.exercise import Exercise, ScenarioKnown

__all__ = ["Checked", "Fault", "Path", "checked"]

Path: TypeAlias = tuple[str | int, ...]
Fault: TypeAlias = tuple[Path, str, bool]
"""Path, what is wrong and what to do, and whether the key itself is at fault."""


@dataclass(frozen=True)
class Checked:
    """An exercise where there is one, its faults and what is advised; `more` faults were not kept."""

    exercise: Exercise | None
    faults: tuple[Fault, ...] = ()
    advice: tuple[Fault, ...] = ()
    more: int = 0


def checked(given: Mapping[str, Any], scenario: ScenarioKnown | None = None) -> Checked:
    """Return what the keys and values make, and what is wrong with it: types first, then what contradicts.

    Parameters
    ----------
    scenario
        Where given, names are looked up in it.
    """
    try:
        exercise = ExerciseDocument.model_validate(given).exercise()
    except ValidationError as error:
        errors = error.errors(include_url=False)
        kept = tuple(told(ExerciseDocument, one) for one in errors[:MOST_KEPT])
        return Checked(
            None, kept + _of_the_rest(given, errors, scenario), more=max(0, len(errors) - MOST_KEPT)
        )
    found = check_exercise(exercise, scenario)
    faults = [(f.path, f.message, False) for f in found if not f.is_advice]
    advice = tuple((f.path, f.message, False) for f in found if f.is_advice)
    more = max(0, len(faults) - MOST_KEPT)
    return Checked(exercise, tuple(faults[:MOST_KEPT]), advice, more)


def _of_the_rest(
    given: Mapping[str, Any], errors: Sequence[Any], scenario: ScenarioKnown | None
) -> tuple[Fault, ...]:
    """Return what contradicts in the rows that are well in themselves, where the others can be read without their faulty values."""
    sound = copy.deepcopy(dict(given))
    wrong = {tuple(part for part in one["loc"] if part != "[key]") for one in errors}
    try:
        for path in sorted(wrong, key=lambda p: [str(part).zfill(6) for part in p], reverse=True):
            _without(sound, path)
        exercise = ExerciseDocument.model_validate(sound).exercise()
    except ValidationError:
        return ()  # a value that is needed is faulty or missing
    rows = {path[:2] for path in wrong}
    found = check_exercise(exercise, scenario)
    return tuple(
        (f.path, f.message, False) for f in found if not f.is_advice and f.path[:2] not in rows
    )[:MOST_KEPT]


def _without(values: Any, path: Path) -> None:
    """Take a value out of keys and values; where a text stands for a section or a list, the text."""
    for k, part in enumerate(path):
        is_there = part in values if isinstance(values, dict) else part in range(len(values))
        if not is_there:
            return
        if k == len(path) - 1 or not isinstance(values[part], dict | list):
            del values[part]
            return
        values = values[part]
