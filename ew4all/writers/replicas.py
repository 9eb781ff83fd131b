"""Finished replicas of a run: a file each, so that a run that is stopped loses none and goes on where it was."""

from __future__ import annotations

import json
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np

from ew4all.errors import OptionError, ReadError, WriteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

__all__ = ["ReplicaFolder"]

_RECORD: Final = "replicas.json"
_SCHEMA: Final = "ew4all/replicas/1"


class ReplicaFolder:
    """A folder of replicas of one run.

    Parameters
    ----------
    folder
        Made if it does not exist.
    key
        Fingerprint of the run. Replicas of another run are never taken for those of this one.

    Raises
    ------
    OptionError
        The folder holds replicas of another run.
    ReadError, WriteError
        The folder cannot be read or written.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self._record = Path(folder), Path(folder) / _RECORD
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            known = json.loads(self._record.read_text("utf-8")) if self._record.exists() else None
        except (OSError, ValueError) as error:
            msg = f"the folder of replicas {self.folder} cannot be used: {error}"
            raise ReadError(msg) from error
        if known is None:
            self._write(self._record, json.dumps({"schema": _SCHEMA, "key": key}).encode())
        elif known.get("schema") != _SCHEMA or known.get("key") != key:
            msg = (
                f"{self.folder} holds replicas of another run (another scenario, input, seed or version); give another folder, "
                "or delete it to begin anew"
            )
            raise OptionError(msg)

    def finished(self) -> list[int]:
        """Return the numbers of the replicas that are there, rising."""
        return sorted(int(path.stem) for path in self.folder.glob("[0-9]*.npz"))

    def save(self, number: int, outcome: Mapping[str, F64]) -> None:
        """Write one replica; it is there as a whole or not at all."""
        with tempfile.SpooledTemporaryFile() as file:
            arrays: dict[str, Any] = {name: np.asarray(value) for name, value in outcome.items()}
            np.savez(file, **arrays)
            file.seek(0)
            self._write(self._path(number), file.read())

    def load(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Read replicas back.

        Raises
        ------
        ReadError
            One is missing or damaged.
        """
        found = []
        for number in numbers:
            try:
                # Opened here: numpy leaves a damaged file open.
                with (
                    self._path(number).open("rb") as file,
                    np.load(file, allow_pickle=False) as held,
                ):
                    found.append({name: held[name] for name in held.files})
            except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
                msg = f"replica {number} in {self.folder} cannot be read ({error}); delete its file, and it is played again"
                raise ReadError(msg) from error
        return found

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.npz"

    def _write(self, path: Path, content: bytes) -> None:
        try:
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as file:
                file.write(content)
            Path(file.name).replace(path)
        except OSError as error:
            msg = f"{path} cannot be written: {error}"
            raise WriteError(msg) from error
