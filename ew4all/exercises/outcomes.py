"""What an exercise has given up to a moment, as results of a run; and two of them side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ew4all.exercises.areas import OWN
from ew4all.run_comparison import Comparison
from ew4all.run_study import RunResult
from ew4all.scenario.collecting import collected
from ew4all.sim.exercise import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.exercises.session import Session
    from ew4all.run_results import RunResults
    from ew4all.run_study import Prepared

__all__ = ["compared", "results_at"]


def results_at(session: Session, time_s: float | None = None) -> RunResults:
    """Return the results of a run that ends at a moment of an exercise, by default that of its last event.

    Who is in the area is who is in the area of any alert; over-reach is who was warned and is in none.
    """
    return _results(session, time_s)[0]


def compared(first: Session, second: Session, time_s: float) -> Comparison:
    """Return two courses of one exercise at a moment, the second less the first: people warned, in time, missed, by zone, over time."""
    a, b = (_results(one, time_s) for one in (first, second))
    otherwise = replace(b[0], title=f"{b[0].title}, what if")
    return Comparison((a[0], otherwise), ((a[1],), (b[1],)))


def _results(session: Session, time_s: float | None) -> tuple[RunResults, Mapping[str, Any]]:
    worlds = session.worlds
    moment = session.moment(time_s)
    outcome = moment.outcome()
    inputs = worlds.files
    notes = (*_area_notes(moment.prepared), *moment.prepared.notes, *session.playing.notes)
    central = RunResult(moment.plan, moment.prepared, moment.played, inputs, notes, {})
    found = collected(
        worlds.scenario, moment.plan, worlds.inputs, central, (outcome,), list(notes), None
    )  # fmt: skip
    return replace(found, title=marked(session.exercise.title), notice=_notice(session)), outcome


def _area_notes(prepared: Prepared) -> tuple[str, ...]:
    areas = prepared.world.areas
    if areas is None:
        return ("no alert was issued, so that nobody was warned",)
    drawn = sum(name != OWN for name in areas.names)
    said = ["the scenario's own"] if OWN in areas.names else []
    said += [f"{drawn} drawn in the exercise"] if drawn else []
    return (f"who is in the area of any alert is in area; areas: {', '.join(said)}",)


def _notice(session: Session) -> str:
    """Return the words that everything computed from an exercise carries."""
    own = session.worlds.scenario.notice
    said = marked("results of an exercise, not of an event", at_end=False)
    return said if own is None else f"{said}. {own}"
