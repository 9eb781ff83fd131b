"""A folder to begin an exercise in: a copy of one that is shipped, or of the small one that explains itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ew4all.errors import OptionError, WriteError
from ew4all.exercises.loading import FILE, file_of

__all__ = ["STARTER", "copy_exercise"]

STARTER: Final = Path(__file__).resolve().parent / "starter"
"""The small exercise that `ew4all exercise new` writes."""


def copy_exercise(name: str | None, folder: Path, *, force: bool = False) -> list[Path]:
    """Write the files of an exercise into a folder and return them.

    Parameters
    ----------
    name
        One that is shipped, or a path; the small one where None.
    force
        Write over files that are there.

    Raises
    ------
    OptionError
        A file is there already.
    WriteError
        The folder cannot be written.
    """
    source = (STARTER / FILE) if name is None else file_of(name)
    files = sorted(
        p for p in source.parent.iterdir() if p.is_file() and (p == source or p.suffix == ".md")
    )
    targets = [folder / (FILE if file == source else file.name) for file in files]
    there = [target for target in targets if target.exists()]
    if there and not force:
        msg = f"{there[0]} is there already; give another folder, or --force to write over it"
        raise OptionError(msg)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, target in zip(files, targets, strict=True):
            target.write_bytes(file.read_bytes())
    except OSError as error:
        msg = f"{folder} cannot be written ({error.strerror}); check the path"
        raise WriteError(msg) from error
    return targets
