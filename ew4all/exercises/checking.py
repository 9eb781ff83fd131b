"""Keys and values of an exercise, wherever they were read, as an exercise, or as everything that is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from ew4all.exercises.document import ExerciseDocument
from ew4all.scenario.findings import MOST_KEPT, told
from ew4all.sim.exercise import check_exercise

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        return Checked(None, kept, more=max(0, len(errors) - MOST_KEPT))
    found = check_exercise(exercise, scenario)
    faults = [(f.path, f.message, False) for f in found if not f.is_advice]
    advice = tuple((f.path, f.message, False) for f in found if f.is_advice)
    more = max(0, len(faults) - MOST_KEPT)
    return Checked(exercise, tuple(faults[:MOST_KEPT]), advice, more)
