"""Exercises and sessions for tests, on scenarios that are played within a second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from ew4all.exercises.session import Session
from ew4all.exercises.worlds import Worlds
from ew4all.scenario import load_scenario
from ew4all.sim.exercise import (
    Comparison,
    Condition,
    Exercise,
    Expectation,
    Inject,
    Objective,
    Team,
)
from ew4all.sim.exercise_events import AlertContent, AlertIssued, Started, Who, Words
from ew4all.sim.exercise_log import ExerciseLog

START = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
BOSS = Who("facilitator", None, "Ana")
PLAYER = Who("player", "nema", "Éva")
HOURS_2 = 7200.0


def box(west: float, south: float, east: float, north: float) -> dict:
    """Return a rectangle as GeoJSON."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


# Of the national test: a country that is invented, where there is only sea.
WEST = box(-149.0, -33.0, -144.0, -26.0)
EAST = box(-146.0, -31.0, -140.0, -25.0)


def made(*injects: Inject, **options) -> Exercise:
    """Return an exercise of two hours on the national test, or another scenario."""
    given = {
        "length_s": HOURS_2,
        "scenario": "national-test",
        "teams": (Team("nema", "Disaster agency"), Team("met", "Weather service")),
        "objectives": (Objective("warn", "Warn in time"),),
        "expectations": (Expectation("e1", "An alert goes out", "warn", points=3.0),),
        **options,
    }
    return Exercise("made", "Made for tests", injects=injects, **given)


@cache
def worlds(exercise: Exercise) -> Worlds:
    """Return what an exercise is played on; the same for the same exercise."""
    return Worlds.of(exercise, load_scenario(exercise.scenario))


def begun(exercise: Exercise, speed: float = 10.0, *, keep=None, **options) -> Session:
    """Return a session that has started."""
    session = Session(exercise, worlds(exercise), ExerciseLog(keep=keep), **options)
    session.do(START, BOSS, Started(exercise.identifier, session.digest, speed))
    return session


def wall(time_s: float, speed: float = 10.0) -> datetime:
    """Return when an exercise that runs from its start without a pause is at a time."""
    return START + timedelta(seconds=time_s / speed)


def alert(identifier: str = "a", area: dict | None = None, **options) -> AlertIssued:
    """Return the issue of an alert in English."""
    given = {"words": (Words("en", "Move to high ground now."),), "national": True, "duration_s": 3600.0, **options}  # fmt: skip
    return AlertIssued(identifier, AlertContent(area, **given))


WARNED = Condition("people_warned_share", Comparison.AT_LEAST, 0.3)
