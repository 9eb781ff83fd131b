"""An output folder that is filled whole or not at all.

Files are first written in a hidden folder beside their place and moved there together at the end. Whatever goes wrong,
the folder is afterwards as it was. Files that ew4all did not write are left alone.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ew4all.errors import EW4AllError, OptionError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RECORD", "RECORD_SCHEMA", "must_be_folder", "output_folder", "outputs_of", "writing"]

RECORD = "run.json"
"""Name of the file that says how a folder came about, and which files belong to it."""

RECORD_SCHEMA = "ew4all/record/1"

_WORK = ".ew4all-"  # begins the name of the hidden folder


@contextmanager
def writing(path: Path, *others: type[Exception]) -> Iterator[None]:
    """Turn whatever is raised while `path` is written into a `WriteError` that names the file.

    Parameters
    ----------
    path
        File that is being written.
    others
        What a library raises beside OSError and RuntimeError (pyogrio's errors are RuntimeErrors).

    Raises
    ------
    WriteError
        The operating system or a library could not write.
    """
    kinds: tuple[type[Exception], ...] = (OSError, RuntimeError, *others)
    try:
        yield
    except EW4AllError:
        raise
    except kinds as error:
        msg = f"cannot write {_shown(path)}: {_reason(error)}"
        raise WriteError(msg) from error


def _shown(path: Path) -> str:
    """Return how messages name a file: what `output_folder` holds by its name, since it says the folder itself."""
    return path.name if path.parent.parent.name.startswith(_WORK) else str(path)


def must_be_folder(path: str | os.PathLike[str]) -> None:
    """Raise OptionError where a path can be no output folder; ask before anything long is computed.

    An empty text would be the working folder, which nobody means by it.
    """
    if not os.fspath(path):
        msg = "the output folder has no name (an empty text); name one, '.' for the working folder"
        raise OptionError(msg)
    # Path.exists() raises below a folder that may not be read; what is wrong there is told when it is written to.
    if os.path.exists(path) and not os.path.isdir(path):  # noqa: PTH110, PTH112
        msg = f"the output folder {os.fspath(path)} is a file; name a folder"
        raise OptionError(msg)


@contextmanager
def output_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a folder to write into; at the end its files are at `path`, or, after an error, nothing is.

    Files of the same name are replaced. Files that the record of an earlier run names as its own and that this run does
    not write are removed, so that the folder holds one run; any other file is kept.

    Parameters
    ----------
    path
        Folder to fill. It is created where it does not exist, with its parents.

    Yields
    ------
    Path
        A folder on the same file system; write plain files into it, no folders.

    Raises
    ------
    OptionError
        `path` is empty or a file.
    WriteError
        It cannot be created or written, or what is written inside the block fails.
    """
    must_be_folder(path)
    final = Path(os.path.abspath(path))  # noqa: PTH100  (resolve() would follow a link that the user gave)
    made: list[Path] = []
    try:
        made = _make(final)
        work = Path(tempfile.mkdtemp(prefix=_WORK, dir=final))
    except OSError as error:
        _unmake(made)
        msg = f"cannot write into the output folder {path}: {_reason(error)}; choose another with --out"
        raise WriteError(msg) from error
    finished = False
    try:
        fresh = work / "new"
        fresh.mkdir()
        yield fresh
        _move_in(fresh, work / "old", final)
        finished = True
    except WriteError as error:
        msg = f"{error} (in {path}); the folder was left as it was"
        raise WriteError(msg) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if not finished:
            _unmake(made)


def _reason(error: BaseException) -> str:
    while error.__cause__ is not None:  # rasterio: "see previous exception for details"
        error = error.__cause__
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.strip() or type(error).__name__


def _make(folder: Path) -> list[Path]:
    """Create a folder with its parents; return those that did not exist, outermost first."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()][::-1]
    made: list[Path] = []
    try:
        for p in missing:
            p.mkdir()
            made.append(p)
    except OSError:
        _unmake(made)
        raise
    return made


def _unmake(made: list[Path]) -> None:
    for p in reversed(made):
        with suppress(OSError):  # somebody else may have put something there meanwhile
            p.rmdir()


def _move_in(fresh: Path, old: Path, final: Path) -> None:
    """Put every file of `fresh` into `final`; where one cannot be put, take all of them back."""
    old.mkdir()
    new = sorted(p.name for p in fresh.iterdir())
    blocked = next((name for name in new if (final / name).is_dir()), None)
    if blocked is not None:
        msg = f"cannot write {blocked}: there is a folder of that name"
        raise WriteError(msg)
    kept: list[str] = []
    moved: list[str] = []
    name = ""
    try:
        for name in sorted({*new, *outputs_of(final)}):
            if os.path.lexists(final / name):
                (final / name).replace(old / name)
                kept.append(name)
        for name in new:
            (fresh / name).replace(final / name)
            moved.append(name)
    except OSError as error:
        for done in moved:
            (final / done).unlink()
        for was in kept:
            (old / was).replace(final / was)
        msg = f"cannot write {name}: {_reason(error)}"
        raise WriteError(msg) from error


def outputs_of(folder: Path) -> list[str]:
    """Return the names of the plain files in a folder that its record calls its own, in order."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if not isinstance(record, dict) or record.get("schema") != RECORD_SCHEMA:
        return []
    names = record.get("outputs")
    if not isinstance(names, list):
        return []
    own = {n for n in names if isinstance(n, str) and Path(n).name == n}
    return sorted(n for n in own if (folder / n).is_file())
