"""Injects that set each other off: names that are not there, cycles, and what would come after the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ew4all.sim.exercise_injects import DECISIONS, earliest_s

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ew4all.sim.exercise import Exercise
    from ew4all.sim.exercise_injects import Inject

__all__ = ["chain_faults"]

Told: TypeAlias = "Iterator[tuple[tuple[str | int, ...], str]]"


def chain_faults(exercise: Exercise) -> Told:
    """Yield the path of each fault of cascades and times, and what to do."""
    known = {inject.identifier: inject for inject in exercise.injects}
    teams = {team.identifier for team in exercise.teams}
    told: set[str] = set()
    earliest = earliest_s(exercise.injects)
    for k, inject in enumerate(exercise.injects):
        after = inject.after
        at = ("injects", k, "after")
        if after is not None:
            if (after.inject is None) == (after.decision is None):
                yield at, "it comes after an inject or after a decision; give one of them"
            elif after.inject is not None and after.inject not in known:
                near = ", ".join(list(known)[:20])
                yield (
                    at,
                    f"there is no inject {after.inject[:60]!r} to come after; there are {near}",
                )
            elif after.decision is not None and after.decision not in DECISIONS:
                yield (
                    at,
                    f"there is no decision {after.decision[:60]!r}; there are {', '.join(DECISIONS)}",
                )
            if after.team is not None and after.decision is None:
                yield (
                    at,
                    "team says whose decision counts; leave it out where it comes after an inject",
                )
            elif after.team is not None and after.team not in teams:
                yield (
                    at,
                    f"there is no team {after.team[:60]!r}; there are {', '.join(sorted(teams)) or 'none'}",
                )
            if after.delay_s < 0:
                yield at, "nothing comes before what sets it off; write a delay of 0 or more"
        if inject.identifier not in told:
            cycle = _cycle(inject, known)
            if cycle:
                told.update(cycle)
                shown = " after ".join([*cycle, cycle[0]])
                yield (
                    at,
                    f"these wait for each other and none ever fires: {shown}; give one of them a time",
                )
        moment = earliest.get(inject.identifier)
        if moment is not None and moment > exercise.length_s:
            what = "at" if inject.time_s is not None else "after"
            yield (
                ("injects", k, what),
                f"it comes {moment / 60:g} min after the start at the earliest, and the exercise is over at "
                f"{exercise.length_s / 60:g} min; move it, or let the exercise last longer",
            )


def _cycle(start: Inject, known: Mapping[str, Inject]) -> list[str]:
    """Return the identifiers of the cycle that an inject stands in, beginning with it; empty where it stands in none."""
    chain: list[str] = []
    at: Inject | None = start
    while at is not None and at.identifier not in chain:
        chain.append(at.identifier)
        after = at.after
        waits = after is not None and at.time_s is None
        at = known.get(after.inject or "") if after is not None and waits else None
    return chain if at is not None and at.identifier == start.identifier else []
