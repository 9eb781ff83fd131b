"""`ew4all exercise`: write, check, convert and list exercises."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.cli.exercise_replay import branch, play, replay
from ew4all.cli.exercise_report import report
from ew4all.cli.parameters import Json, Quiet
from ew4all.cli.terminal import print_json, reporting, say

if TYPE_CHECKING:
    from ew4all.exercises import ExerciseFile
    from ew4all.sim.exercise import Exercise

__all__ = ["exercise"]

exercise = typer.Typer(
    help="Exercises: what players are told and when, on a scenario, and what is scored. Never a real alert.",
    no_args_is_help=True,
)
exercise.command()(play)
exercise.command()(replay)
exercise.command()(branch)
exercise.command()(report)

Force = Annotated[bool, typer.Option("--force", help="Write over files that are there.")]


@exercise.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write.")] = Path(
        "exercise"
    ),
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="Copy an exercise that comes with ew4all."),
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Write a folder with an exercise, a facilitator's guide and hand-outs, to be changed."""
    with reporting():
        from ew4all.exercises.starting import copy_exercise

        copy_exercise(start, folder, force=force)
        say(f"{folder} is written. Next: ew4all exercise check {folder}", quiet=quiet)


@exercise.command()
def check(
    file: Annotated[
        str,
        typer.Argument(
            metavar="EXERCISE", help="A file, its folder, or the name of one that is shipped."
        ),
    ],
    as_timeline: Annotated[
        bool, typer.Option("--timeline", help="Print when each inject could fire at the earliest.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say everything that is wrong with an exercise, with line and column; exit code 2 where anything is."""
    with reporting():
        from ew4all.errors import ExerciseError
        from ew4all.exercises.opening import open_exercise

        try:
            found = open_exercise(file)
        except ExerciseError as error:
            if not as_json:
                raise
            told = [one._asdict() for one in error.findings]
            print_json({**_head(file), "ok": False, "findings": told, "more": error.more})
            raise typer.Exit(2) from error
        advice = [one._asdict() for one in found.advice]
        if as_json:
            rest = {**_summary(found), "timeline": _timeline(found.exercise)}
            print_json(
                {**_head(file), "ok": True, "findings": [], "more": 0, "advice": advice, **rest}
            )
            return
        typer.echo(f"{file}: no fault found")
        for name, value in _summary(found).items():
            typer.echo(f"  {name}: {', '.join(value) if isinstance(value, list) else value}")
        for one in found.advice:
            typer.echo(f"  advice: {one}")
        if as_timeline:
            for row in _timeline(found.exercise):
                typer.echo(f"{row['earliest']:>12}  {row['id']}: {row['title']} ({row['fires']})")


@exercise.command()
def convert(
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN", help="YAML, XLSX or CSV; or the name of an exercise that is shipped."
        ),
    ],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="File ending in .yaml, .xlsx or .csv.")
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=HEADER",
            help="Which column holds what, as in at=Zeit or text='Message body'. Repeatable.",
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Sheet of the injects, where there are several."),
    ] = None,
    starts: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="When the exercise begins (08:30, or a date with it): times such as 09:15 are then of the day.",
        ),
    ] = None,
    time_unit: Annotated[
        str | None, typer.Option(metavar="s|min|h", help="Unit of bare numbers in times.")
    ] = None,
    into: Annotated[
        str | None,
        typer.Option(
            metavar="EXERCISE", help="Put the injects into this exercise, in the place of its own."
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="SCENARIO", help="Scenario of an exercise that is made from a list alone."
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Its title; the name of the file without it.")
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Turn an exercise or a list of injects (MSEL) into YAML, XLSX or CSV."""
    with reporting():
        from ew4all.cli.options import mapping
        from ew4all.exercises.converting import convert_exercise

        columns = mapping("--column", column, "at=Zeit") or {}
        told = convert_exercise(
            source, target, columns=columns, sheet=sheet, starts=starts, time_unit=time_unit, into=into, scenario=scenario,
            title=title, force=force,
        )  # fmt: skip
        for note in told:
            say(f"Note: {note}", quiet=quiet)
        say(f"{target} is written", quiet=quiet)


@exercise.command("list")
def list_(as_json: Json = False) -> None:
    """Print the exercises that come with ew4all."""
    with reporting():
        from ew4all.exercises import load_exercise, shipped

        found = {name: load_exercise(path) for name, path in shipped().items()}
        if as_json:
            rows = [
                {"name": name, "path": str(one.path), **_summary(one)}
                for name, one in found.items()
            ]
            print_json({"schema": "ew4all/exercise-list/1", "exercises": rows})
            return
        for name, one in found.items():
            held = one.exercise
            minutes = round(held.room_s / 60.0)
            typer.echo(f"{name}\t{held.title}\t{minutes} min\t{held.scenario}\t{one.path}")


def _head(file: str) -> dict[str, Any]:
    return {"schema": "ew4all/exercise-check/1", "exercise": file}


def _summary(found: ExerciseFile) -> dict[str, Any]:
    from ew4all.exercises.span_text import span_text

    one = found.exercise
    waiting = sum(bool(i.conditions or (i.after and i.after.decision)) for i in one.injects)
    return {
        "title": one.shown_title,
        "status": str(one.status),
        "scenario": one.scenario,
        "exercise_time": span_text(one.length_s),
        "minutes_in_the_room": round(one.room_s / 60.0),
        "teams": [team.identifier for team in one.teams],
        "injects": len(one.injects),
        "injects_that_wait_for_facts_or_decisions": waiting,
        "injects_by_hand": sum(i.is_by_hand for i in one.injects),
        "objectives": len(one.objectives),
        "points": one.points,
    }


def _timeline(one: Exercise) -> list[dict[str, Any]]:
    from ew4all.exercises.condition_text import condition_text
    from ew4all.exercises.effect_text import after_text
    from ew4all.exercises.span_text import clock_text
    from ew4all.sim.exercise import earliest_s

    earliest = earliest_s(one.injects)
    rows = []
    for inject in one.injects:
        moment = earliest[inject.identifier]
        how = [*([f"after {after_text(inject.after)}"] if inject.after else [])]
        how += [condition_text(c) for c in inject.conditions]
        fires = "by hand" if inject.is_by_hand else " and ".join(how) or "at its time"
        rows.append(
            {
                "id": inject.identifier,
                "title": inject.title,
                "earliest_s": moment,
                "earliest": "-" if moment is None else clock_text(moment),
                "fires": fires,
            }
        )
    return sorted(rows, key=lambda row: (row["earliest_s"] is None, row["earliest_s"] or 0.0))
