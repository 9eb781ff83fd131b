"""The heavy step of a job, in a process of its own: ``python -m ew4all.api.jobs.child FOLDER PARENT``.

It reads ``request.json``, tells progress as lines of JSON on standard output, writes files and ``outcome.json``, and ends by
itself, with all that it started, when its parent is gone: nobody would collect what it makes.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["NICENESS", "OUTCOME", "REQUEST", "Progress", "main"]

REQUEST = "request.json"
OUTCOME = "outcome.json"

NICENESS: Final = 5
"""Added to that of the worker."""

_LOOK_S: Final = 0.5
_TELL_S: Final = 0.3
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})


def main(folder: Path, parent: int) -> int:
    """Do what the request says; 0 done, 2 the input is at fault, 1 anything else."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    request = json.loads((folder / REQUEST).read_text("utf-8"))
    outcome, code = _done(request, folder)
    part = folder / (OUTCOME + ".part")
    try:
        part.write_text(json.dumps(outcome), "utf-8")
        part.replace(folder / OUTCOME)
    except OSError as error:  # no room even for that; the parent hears it
        _say({"problem": outcome.get("problem") or _storage(error)})
        return 1
    return code


def _done(request: dict[str, Any], folder: Path) -> tuple[dict[str, Any], int]:
    from ew4all.api.processes import PROCESSES
    from ew4all.errors import EW4AllError

    process = PROCESSES[request["process"]]
    try:
        made = process.execute(request, folder / "out", Progress(process.phases))
    except EW4AllError as error:
        from ew4all.api.problems import problem_of

        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in _FULL:
            return {"problem": _storage(cause)}, 1
        problem = problem_of(error)
        told = {
            "status": problem.status,
            "code": problem.code,
            "detail": _named(str(error).replace(f"{folder}{os.sep}", ""), request["files"]),
            "type": problem.type,
        }
        return {"problem": told}, 2 if problem.status == 400 else 1
    except MemoryError:
        return {"problem": _internal("there is not enough memory for this job")}, 1
    except OSError as error:
        traceback.print_exc()
        if error.errno in _FULL:
            return {"problem": _storage(error)}, 1
        return {
            "problem": _internal(f"the computation could not go on: {error.strerror or error}")
        }, 1
    except Exception:  # noqa: BLE001 - whatever it was, the client is told and the log has it
        traceback.print_exc()
        return {
            "problem": _internal("an error that was not foreseen; the log of the worker has it")
        }, 1
    return {"made": made}, 0


def _named(text: str, files: Mapping[str, str]) -> str:
    """Return what is said of files with the names that the client gave them, not those they have here."""
    for reference, path in sorted(files.items(), key=lambda both: -len(both[1])):
        text = text.replace(path, reference)
    return text.replace("inputs/", "")


def _internal(detail: str) -> dict[str, Any]:
    return {"status": 500, "code": "internal", "detail": detail, "type": "about:blank"}


def _storage(error: OSError) -> dict[str, Any]:
    told = f"the results cannot be stored ({error.strerror}): tell the operator of the service, and start the job again"
    return {"status": 507, "code": "storage-failed", "detail": told, "type": "about:blank"}


def _say(document: dict[str, Any]) -> None:
    print(json.dumps(document), flush=True)  # noqa: T201 - the channel to the parent


class Progress:
    """Told how many of how many are done, phase after phase; says so at most some times a second.

    Parameters
    ----------
    phases
        What is counted in each, and its share of the whole, percent. A phase ends where the count begins again.
    """

    def __init__(self, phases: Sequence[tuple[str, float]]) -> None:
        self._phases = phases
        self._at, self._before = 0, 0.0
        self._last: tuple[int, int] | None = None
        self._told_s = -1.0

    def __call__(self, done: int, total: int) -> None:
        """Take a count."""
        if self._last is not None and (total != self._last[1] or done < self._last[0]):
            self._before = min(100.0, self._before + self._phases[self._at][1])
            self._at = min(self._at + 1, len(self._phases) - 1)
        self._last = (done, total)
        time_s = time.monotonic()
        if time_s - self._told_s < _TELL_S and done < total:
            return
        self._told_s = time_s
        unit, share = self._phases[self._at]
        percent = min(99.0, self._before + share * done / max(total, 1))
        _say({"percent": round(percent, 1), "message": f"{done} of {total} {unit}"})


def _end_with(parent: int) -> None:
    # The number is told by the parent: asked for here, it could be that of the process which takes orphans.
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    # Whoever asks goes first: what is computed takes what answers leave.
    os.nice(NICENESS)
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
