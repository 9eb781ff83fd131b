"""`ew4all exercise play`, `replay` and `branch`: an exercise without a room, one that was played, and what if."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ew4all.cli.parameters import Json, Quiet
from ew4all.cli.terminal import console, contents, print_json, reporting, say

if TYPE_CHECKING:
    from ew4all.exercises.branches import Change
    from ew4all.exercises.session import Session
    from ew4all.run_results import RunResults

__all__ = ["Assume", "Log", "Of", "branch", "opened", "play", "replay"]

Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder for log, summary, curves, zones and alerts."),
]
Assume = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="A delay in the place of its default, such as satellite_delay_s=1800. Repeatable.",
    ),
]
Of = Annotated[
    str | None,
    typer.Option(
        "--exercise",
        metavar="EXERCISE",
        help="The exercise that was played. By default that beside the log, or the one of its name that comes with ew4all.",
    ),
]
Log = Annotated[Path, typer.Argument(metavar="LOG", help="Log of an exercise, exercise.jsonl.")]

_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
"""When an exercise without a room begins, so that the same script gives the same bytes."""


def play(
    exercise: Annotated[
        str,
        typer.Argument(
            metavar="EXERCISE", help="Exercise file, or the name of one that comes with ew4all."
        ),
    ],
    script: Annotated[
        Path | None,
        typer.Option(metavar="DECISIONS", help="What players decide, and when (YAML or JSON)."),
    ] = None,
    speed: Annotated[
        str,
        typer.Option(
            metavar="max|N",
            help="max: at once. N: seconds of exercise time a second, as a room would have it; the result is the same.",
        ),
    ] = "max",
    assume: Assume = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play an exercise without a room: injects fire by themselves, decisions come from a file."""
    with reporting():
        from ew4all.exercises.opening import open_exercise
        from ew4all.exercises.script import read_script
        from ew4all.exercises.session import Session
        from ew4all.exercises.worlds import Worlds
        from ew4all.sim.exercise_events import Started, Who
        from ew4all.sim.exercise_log import ExerciseLog

        rate = _speed(speed)
        file = open_exercise(exercise)
        worlds = Worlds.of(file.exercise, file.scenario())
        session = Session(file.exercise, worlds, ExerciseLog(), assume=_assumed(assume))
        changes = [] if script is None else read_script(script, session)
        begun = Started(
            file.exercise.identifier, session.digest, rate or file.exercise.speed_at(0.0)
        )
        session.do(_BEGIN, Who("facilitator"), begun)
        for one in sorted(changes, key=lambda c: c.time_s):
            _wait(session, one.time_s, rate)
            at = _BEGIN + timedelta(seconds=one.time_s)
            session.play_on(one.time_s, at)
            _do(session, one, at, script)
        length_s = file.exercise.length_s
        _wait(session, length_s, rate)
        session.play_on(length_s, _BEGIN + timedelta(seconds=length_s))
        _show(
            session,
            None,
            "exercise play",
            {"exercise": exercise},
            out,
            as_json=as_json,
            quiet=quiet,
        )


def _do(session: Session, change: Change, at: datetime, script: Path | None) -> None:
    """Let a decision of a file happen, and tell which one it was where it cannot."""
    from ew4all.errors import InputError, OptionError
    from ew4all.report.run_words import clock_text
    from ew4all.sim.exercise_events import KINDS

    try:
        session.do_at(change.time_s, at, change.who, change.payload)
    except InputError as error:
        kind = next(name for name, one in KINDS.items() if isinstance(change.payload, one))
        worlds = session.worlds
        clock = clock_text(worlds.plan.zero_hour, worlds.start_s + change.time_s)
        msg = f"{script}, {kind} at {clock}: {error}"
        raise OptionError(msg) from error


def replay(
    log: Log,
    exercise: Of = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="The moment to look at: after the start (35 min) or the scenario's time of day (14:05). By default the end.",
        ),
    ] = None,
    assume: Assume = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play the log of an exercise again: the state at any moment, with the bytes that it had."""
    with reporting():
        from ew4all.exercises.script import moment_s

        session = opened(log, exercise, assume, quiet=quiet)
        when = None
        if at is not None:
            when = moment_s(at, session)
            session = session.at(when)
        _show(session, when, "exercise replay", {"at": at}, out, as_json=as_json, quiet=quiet)


def branch(
    log: Log,
    decision: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What happens otherwise (YAML or JSON); an alert that the exercise had is named alone, with its new time.",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Where the branch parts. By default at its first decision."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Up to when both are compared. By default the end."),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow/--alone", help="What people did after that happens too, or only the file."
        ),
    ] = True,
    exercise: Of = None,
    assume: Assume = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play an exercise on otherwise from a moment, and show what that changes."""
    with reporting():
        from ew4all.exercises.branches import branch as branched
        from ew4all.exercises.outcomes import compared
        from ew4all.exercises.script import moment_s, read_script

        session = opened(log, exercise, assume, quiet=quiet)
        changes = [] if decision is None else read_script(decision, session)
        found = branched(
            session,
            changes,
            at_s=None if at is None else moment_s(at, session),
            until_s=None if until is None else moment_s(until, session),
            follow=follow,
        )
        for note in found.notes:
            say(f"Note: {note}", quiet=quiet)
        end_s = found.session.log.last_s if until is None else moment_s(until, session)
        both = compared(session, found.session, end_s)
        document = {
            **both.to_dict(),
            "branch": {"from_s": found.from_s, "until_s": end_s, "notes": list(found.notes)},
        }
        if as_json:
            print_json(document)
        else:
            from ew4all.report.run_table import comparison_table

            console().print(comparison_table(both))
        if out is not None:
            from ew4all.exercises.output import write_exercise

            write_exercise(
                out, found.session, both.runs[1], command="exercise branch",
                settings={"log": str(log), "at": at}, comparison=document,
            )  # fmt: skip
            say(f"Written to {out}: {contents(out)}", quiet=quiet)


def opened(log: Path, exercise: str | None, assume: list[str] | None, *, quiet: bool) -> Session:
    """Return the session of a log, and say what does not fit it.

    Raises
    ------
    ExerciseLogError, ReadError
        The log cannot be read, or is of another exercise.
    """
    from ew4all.errors import ExerciseLogError
    from ew4all.exercises.log_file import read_log_file
    from ew4all.exercises.opening import open_exercise
    from ew4all.exercises.session import Session
    from ew4all.exercises.worlds import Worlds
    from ew4all.sim.exercise_events import Started

    read = read_log_file(log)
    if read.dropped is not None:
        say(
            f"Note: the last line of {log} was cut while it was written, and is left out",
            quiet=quiet,
        )
    first = read.log[0].payload if read.log else None
    if not isinstance(first, Started):
        msg = f"the log {log} has no start: the exercise was not begun, so that there is nothing to replay"
        raise ExerciseLogError(msg)
    beside = log.parent / "exercise.yaml"
    name = exercise or (str(beside) if beside.is_file() else first.exercise)
    file = open_exercise(name)
    worlds = Worlds.of(file.exercise, file.scenario())
    session = Session(file.exercise, worlds, read.log, assume=_assumed(assume))
    if first.exercise != file.exercise.identifier:
        msg = f"the log {log} is of the exercise {first.exercise!r}, and {name} is {file.exercise.identifier!r}; name the one with --exercise"
        raise ExerciseLogError(msg)
    if first.digest not in ("", session.digest):
        say(
            f"Note: {name}, its scenario or its delays were changed since the exercise was played; the replay is that of the new ones",
            quiet=quiet,
        )
    return session


def _show(
    session: Session,
    when: float | None,
    command: str,
    settings: dict[str, object],
    out: Path | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    from ew4all.exercises.outcomes import results_at
    from ew4all.exercises.output import summary_of, write_exercise

    results: RunResults = results_at(session, when)
    if as_json:
        print_json(summary_of(session, results))
    else:
        from ew4all.report.run_table import run_table

        console().print(run_table(results))
    if out is not None:
        write_exercise(out, session, results, command=command, settings=settings)
        say(f"Written to {out}: {contents(out)}", quiet=quiet)


def _speed(text: str) -> float | None:
    from ew4all.errors import OptionError
    from ew4all.sim.exercise_clock import must_be_speed

    if text == "max":
        return None
    try:
        return must_be_speed(float(text))
    except ValueError as error:
        if isinstance(error, OptionError):
            raise
        msg = f"a speed is `max` or a number of seconds, not {text!r}"
        raise OptionError(msg) from error


def _wait(session: Session, time_s: float, rate: float | None) -> None:
    """Let a room's time pass, where one was asked for."""
    if rate is not None:
        import time

        time.sleep(max(0.0, time_s - session.log.last_s) / rate)


def _assumed(given: list[str] | None) -> dict[str, float]:
    from ew4all.cli.options import numbers

    return numbers("--assume", given, "satellite_delay_s=1800") or {}
