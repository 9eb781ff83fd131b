"""Exercise files: found, read, checked, all findings at once, and written."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from ew4all.errors import ExerciseError, ReadError
from ew4all.exercises.checking import checked
from ew4all.exercises.document import SCHEMA
from ew4all.exercises.plain import plain_of
from ew4all.exercises.stage import scenario_known, scenario_of
from ew4all.scenario.findings import Finding, error_of, path_text
from ew4all.scenario.yaml_text import MarkedText, read_marked
from ew4all.sim.exercise import MARK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.exercises.checking import Fault
    from ew4all.scenario import Scenario
    from ew4all.sim.exercise import Exercise

__all__ = ["ExerciseFile", "exercise_from", "file_of", "load_exercise", "shipped", "yaml_of"]

SHIPPED: Final = Path(__file__).resolve().parent / "data"
"""Folders of the exercises that come with the package, each with `exercise.yaml`, a guide and hand-outs."""

FILE: Final = "exercise.yaml"
"""Name of an exercise's file in its folder."""


@dataclass(frozen=True)
class ExerciseFile:
    """An exercise as it was read, the folder that its files are relative to, and what is advised."""

    exercise: Exercise
    folder: Path | None
    path: Path | None = None
    text: str = ""
    advice: tuple[Finding, ...] = ()

    def scenario(self) -> Scenario:
        """Return the scenario that it is played on; see `scenario_of`."""
        return scenario_of(self.exercise.scenario, self.folder)

    def file(self, name: str) -> Path:
        """Return the path of a hand-out or an attachment.

        Raises
        ------
        ReadError
            The exercise has no folder.
        """
        if self.folder is None:
            msg = f"there is no file {name}: the exercise was given without a folder"
            raise ReadError(msg)
        return self.folder / name


def shipped() -> dict[str, Path]:
    """Return the exercises that come with the package, by name."""
    return {path.parent.name: path for path in sorted(SHIPPED.glob("*/exercise.yaml"))}


def file_of(path_or_name: str | os.PathLike[str]) -> Path:
    """Return the file of an exercise that is given by path, by its folder, or by the name of one that comes with the package.

    Raises
    ------
    ReadError
        There is no such file and no such exercise.
    """
    given = Path(path_or_name)
    if given.is_file():
        return given
    if (given / FILE).is_file():
        return given / FILE
    known = shipped()
    name = os.fspath(path_or_name)
    if name in known:
        return known[name]
    msg = f"there is no exercise file {name}, and no exercise of that name comes with ew4all; there are {', '.join(known) or 'none'}"
    raise ReadError(msg)


def load_exercise(path_or_name: str | os.PathLike[str]) -> ExerciseFile:
    """Read and check an exercise file, or one of those that come with the package.

    Raises
    ------
    ReadError
        There is no such file, or it is no text.
    ExerciseError
        Everything that is wrong with it, each with line and column.

    Examples
    --------
    >>> load_exercise("caribbean-cascade").exercise.scenario
    'grenada-beryl'
    """
    path = file_of(path_or_name)
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        msg = f"the exercise {path} cannot be read ({error.strerror}); check the path"
        raise ReadError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"the exercise {path} is no text in UTF-8; save it as such, or convert a spreadsheet with `ew4all exercise convert`"
        raise ReadError(msg) from error
    read = read_marked(text, what="exercise")
    return _exercise(read, str(path), path, path.resolve().parent, text)


def exercise_from(
    given: Mapping[str, Any] | str,
    *,
    folder: str | os.PathLike[str] | None = ".",
    name: str = "exercise",
) -> ExerciseFile:
    """Check an exercise that is given as plain values, as a file would hold them, or as the text of such a file.

    Parameters
    ----------
    folder
        What its files are relative to. None, as for somebody who is not at this machine: it may name only a scenario that comes with the
        package, and its hand-outs are not looked for.

    Raises
    ------
    ExerciseError
        Everything that is wrong with it.
    """
    text = given if isinstance(given, str) else ""
    what = "exercise"
    read = (
        read_marked(given, what=what)
        if isinstance(given, str)
        else MarkedText(dict(given), what=what)
    )
    return _exercise(read, name, None, None if folder is None else Path(folder), text)


def _exercise(
    read: MarkedText, name: str, path: Path | None, folder: Path | None, text: str
) -> ExerciseFile:
    findings = list(read.findings)
    if not isinstance(read.value, dict):
        if not findings:
            said = f"an exercise is keys and values; begin with `schema: {SCHEMA}`"
            findings.append(Finding(1, 1, "", said))
        raise error_of(name, findings, kind=ExerciseError)
    unread = {one.path for one in findings}
    known, missing = scenario_known(read.value, folder)
    found = checked(read.value, known)
    told = (f for f in (*missing, *found.faults) if path_text(f[0]) not in unread)
    findings.extend(_placed(read, fault) for fault in told)
    if found.exercise is not None and folder is not None:
        findings += [_placed(read, fault) for fault in files_missing(found.exercise, folder)]
    if findings or found.exercise is None:
        raise error_of(name, findings, found.more, ExerciseError)
    advised = (*found.advice, *([] if folder is None else _unmarked(found.exercise, folder)))
    advice = tuple(sorted({_placed(read, one) for one in advised}))
    return ExerciseFile(found.exercise, folder, path, text, advice)


def _placed(read: MarkedText, fault: Fault) -> Finding:
    where, message, of_key = fault
    line, column = read.place(where, of_key=of_key) if read.values else (0, 0)
    return Finding(line, column, path_text(where), message)


def files_missing(exercise: Exercise, folder: Path) -> list[Fault]:
    """Return a fault for each hand-out and attachment that is not there."""
    named = [(("handouts", k, "file"), one.file) for k, one in enumerate(exercise.handouts)]
    for k, inject in enumerate(exercise.injects):
        named += [
            (("injects", k, "attachments", j), one.file)  # type: ignore[misc]
            for j, one in enumerate(inject.attachments)
        ]
    return [
        (path, f"there is no file {file} beside the exercise (looked in {folder}); add it, or leave it out", False)
        for path, file in named
        if not (folder / file).is_file()
    ]  # fmt: skip


def _unmarked(exercise: Exercise, folder: Path) -> list[Fault]:
    """Return what is advised of hand-outs in Markdown that do not say what they are."""
    return [
        (("handouts", k, "file"), f"{one.file} does not begin with {MARK}; write it in its first line, as paper lies about", False)
        for k, one in enumerate(exercise.handouts)
        if one.file.lower().endswith(".md") and MARK not in _first_line(folder / one.file)
    ]  # fmt: skip


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            return next((line for line in file if line.strip()), "")
    except (OSError, UnicodeDecodeError):
        return ""


def yaml_of(exercise: Exercise) -> str:
    """Return an exercise as the text of its file; reading it gives the same exercise."""
    yaml = YAML()
    yaml.version = None
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 10_000
    yaml.allow_unicode = True
    out = io.StringIO()
    yaml.dump(_shown(plain_of(exercise)), out)
    return out.getvalue()


def _shown(value: Any) -> Any:
    """Return values as they look best: texts of several lines as blocks, where that loses nothing."""
    if isinstance(value, dict):
        return {name: _shown(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_shown(one) for one in value]
    if isinstance(value, str) and "\n" in value and _is_block(value):
        return LiteralScalarString(value)
    return value


def _is_block(text: str) -> bool:
    lines = text.removesuffix("\n").split("\n")
    return (
        all(line == line.rstrip() for line in lines)
        and all(lines[k] for k in (0, -1))
        and not (lines[0][:1].isspace() or "\t" in text)
    )
