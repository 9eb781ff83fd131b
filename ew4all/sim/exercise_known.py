"""What a scenario has that an exercise may name, and what an exercise names that it has not."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ew4all.sim.exercise_conditions import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ew4all.sim.exercise import Exercise
    from ew4all.sim.exercise_conditions import Condition

__all__ = ["ScenarioKnown", "scenario_faults", "unknown"]

Path: TypeAlias = tuple[str | int, ...]
Told: TypeAlias = "Iterator[tuple[Path, str]]"


@dataclass(frozen=True, slots=True)
class ScenarioKnown:
    """What a scenario has that an exercise may name.

    Attributes
    ----------
    zones, channels, operators
        Identifiers that it knows; None: not known here, so that nothing is said of them.
    has_sites
        It has cell sites, not only layers of coverage.
    from_s, until_s
        Its run, seconds after its zero.
    """

    zones: frozenset[str] | None = None
    channels: frozenset[str] | None = None
    operators: frozenset[str] | None = None
    has_sites: bool = True
    from_s: float = -math.inf
    until_s: float = math.inf


def scenario_faults(exercise: Exercise, scenario: ScenarioKnown) -> Told:
    """Yield the path of each name and time that the scenario does not have, and what to do."""
    begins = exercise.scenario_start_s
    if not scenario.from_s <= begins < scenario.until_s:
        yield (
            ("scenario_start",),
            f"the exercise begins {_hours(begins)} after the scenario's zero, outside its run from {_hours(scenario.from_s)} to "
            f"{_hours(scenario.until_s)}",
        )
    elif begins + exercise.length_s > scenario.until_s:
        yield (
            ("length",),
            f"the scenario is over {_hours(scenario.until_s - begins)} after the start of the exercise, which lasts "
            f"{_hours(exercise.length_s)}; shorten it, or let the scenario's run.duration be longer",
        )
    for path, one in _all_conditions(exercise):
        if one.zone is not None and scenario.zones is not None and one.zone not in scenario.zones:
            yield path, unknown("zone", one.zone, scenario.zones)
        if (
            one.channel is not None
            and scenario.channels is not None
            and one.channel not in scenario.channels
        ):
            yield path, unknown("channel", one.channel, scenario.channels)
        fact = FACTS.get(one.fact)
        if fact is not None and fact.needs_sites and not scenario.has_sites:
            yield (
                path,
                f"{fact.name} is known only of a scenario with cell sites; this one has layers of coverage",
            )
    for k, inject in enumerate(exercise.injects):
        for j, effect in enumerate(inject.effects):
            for what, known in (
                ("zone", scenario.zones),
                ("channel", scenario.channels),
                ("operator", scenario.operators),
            ):
                name = getattr(effect, what, None)
                if name is not None and known is not None and name not in known:
                    yield ("injects", k, "effects", j), unknown(what, name, known)


def _all_conditions(exercise: Exercise) -> Iterator[tuple[Path, Condition]]:
    for name in ("injects", "expectations"):
        for k, row in enumerate(getattr(exercise, name)):
            for j, one in enumerate(row.conditions):
                yield (name, k, "when", j), one


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return that there is none of a name, and which was probably meant."""
    names = sorted(known)
    near = difflib.get_close_matches(name[:60], names, 1)
    if near:
        hint = f"did you mean {near[0]}?"
    else:
        hint = f"there are {', '.join(names[:20])}" if names else f"there is no {what} at all"
    return f"there is no {what} {name[:60]!r}; {hint}"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600.0:g} h" if abs(seconds) >= 3600 else f"{seconds / 60.0:g} min"
