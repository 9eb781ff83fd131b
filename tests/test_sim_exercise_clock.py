"""The clock of an exercise: a fold over the log that never goes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.errors import OptionError
from ew4all.sim.exercise_clock import FASTEST, SLOWEST, ExerciseClock, must_be_speed
from ew4all.sim.exercise_events import (
    Ended,
    Jumped,
    NoteWritten,
    Paused,
    Resumed,
    SpeedChanged,
    Started,
    Stepped,
    Who,
)
from ew4all.sim.exercise_log import ExerciseLog, read_log

START = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
BOSS = Who("facilitator")


def _at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def _played(*happened) -> ExerciseLog:
    """Let payloads happen at seconds in the room, each at the exercise time that the clock shows."""
    log = ExerciseLog()
    for seconds, payload in happened:
        log.append(_at(seconds), ExerciseClock.of(log).at(_at(seconds)), BOSS, payload)
    return log


def test_it_stands_until_it_starts_and_runs_at_its_speed() -> None:
    clock = ExerciseClock()
    assert (clock.has_started, clock.at(_at(100))) == (False, 0.0)
    clock = ExerciseClock.of(_played((0, Started("x", "", 10.0))))
    assert clock.at(_at(0)) == 0.0
    assert clock.at(_at(60)) == 600.0
    assert clock.at(_at(-5)) == 0.0  # the room's clock was set back


def test_pause_step_jump_and_speed() -> None:
    log = _played(
        (0, Started("x", "", 10.0)),
        (60, Paused("lunch")),
        (3600, Stepped(30.0)),
        (3700, Resumed()),
        (3710, SpeedChanged(60.0)),
        (3720, Jumped(3000.0)),
    )
    clock = ExerciseClock.of(log)
    assert [event.time_s for event in log] == [0.0, 600.0, 600.0, 630.0, 730.0, 1330.0]
    assert clock.at(_at(3720)) == 3000.0
    assert clock.at(_at(3721)) == 3060.0
    assert ExerciseClock.of(log[:2]).at(_at(3000)) == 600.0
    assert ExerciseClock.of(log[:3]).at(_at(3650)) == 630.0


def test_a_jump_back_does_not_happen() -> None:
    log = _played((0, Started("x", "")), (100, Jumped(50.0)))
    assert ExerciseClock.of(log).at(_at(100)) == 100.0


def test_after_the_end_it_stands_for_good() -> None:
    log = _played((0, Started("x", "", 2.0)), (10, Ended()), (20, NoteWritten("done")))
    clock = ExerciseClock.of(log)
    assert clock.is_over
    assert not clock.is_running
    assert clock.at(_at(1e6)) == 20.0


def test_a_server_that_was_down_agrees_with_one_that_was_not() -> None:
    log = _played((0, Started("x", "", 10.0)), (30, SpeedChanged(120.0)))
    again = read_log(log.text()).log
    assert ExerciseClock.of(again) == ExerciseClock.of(log)
    assert ExerciseClock.of(again).at(_at(90.125)) == 300.0 + 120.0 * 60.125


def test_it_says_when_in_the_room_a_time_comes() -> None:
    clock = ExerciseClock.of(_played((0, Started("x", "", 10.0))))
    assert clock.wall_at(600.0) == _at(60)
    assert clock.wall_at(0.0) == _at(0)
    paused = ExerciseClock.of(_played((0, Started("x", "", 10.0)), (1, Paused())))
    assert paused.wall_at(600.0) is None
    assert ExerciseClock().wall_at(0.0) is None


def test_what_happened_late_does_not_set_it_back() -> None:
    log = _played((0, Started("x", "", 10.0)))
    log.append(_at(60), 595.0, Who("clock"), NoteWritten("due at 595 s, seen at 600 s"))
    assert ExerciseClock.of(log).at(_at(60)) == 600.0
    # A line that lies ahead of the clock moves it: the room's clock was set back between.
    log.append(_at(50), 700.0, BOSS, NoteWritten("x"))
    assert ExerciseClock.of(log).at(_at(60)) >= 700.0


@pytest.mark.parametrize("speed", [0.0, 0.5, 121.0, float("nan"), -3.0])
def test_speeds_that_no_clock_has(speed: float) -> None:
    with pytest.raises(OptionError, match="is not possible"):
        must_be_speed(speed)
    assert must_be_speed(120) == 120.0


_ACTS = st.one_of(
    st.just(Paused()),
    st.just(Resumed()),
    st.just(NoteWritten("n")),
    st.builds(SpeedChanged, st.floats(SLOWEST, FASTEST)),
    st.builds(Stepped, st.floats(-100.0, 3600.0)),
    st.builds(Jumped, st.floats(0.0, 20_000.0)),
)


@given(
    st.floats(SLOWEST, FASTEST),
    st.lists(st.tuples(st.floats(-5.0, 600.0), _ACTS), max_size=12),
    st.lists(st.floats(0.0, 9000.0), min_size=2, max_size=8),
)
def test_it_never_goes_back_and_never_runs_faster_than_the_fastest(
    speed: float, acts: list, looks: list[float]
) -> None:
    log, now = ExerciseLog(), 0.0
    log.append(START, 0.0, BOSS, Started("x", "", speed))
    shown = 0.0
    for after, payload in acts:
        now = max(0.0, now + after)
        time_s = max(shown, ExerciseClock.of(log).at(_at(now)))
        log.append(_at(now), time_s, BOSS, payload)
        clock = ExerciseClock.of(log)
        assert clock.at(_at(now)) >= time_s >= shown
        shown = clock.at(_at(now))
    clock = ExerciseClock.of(log)
    step = ExerciseClock()
    for event in log:
        step = step.after(event)
    assert step == clock
    seen = [(look, clock.at(_at(now + look))) for look in sorted(looks)]
    for (a, first), (b, second) in pairwise(seen):
        assert first <= second
        assert second - first <= FASTEST * (b - a) + 1e-6 * (1.0 + second)
    assert read_log(log.text()).log.text() == log.text()
