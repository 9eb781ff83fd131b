"""The heavy step of a job, in a process of its own: ``python -m ew4all.api.jobs.child FOLDER``.

It reads ``request.json``, tells progress as lines of JSON on standard output, writes files and ``outcome.json``, and ends by
itself when its parent is gone: nobody would collect what it makes.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

__all__ = ["OUTCOME", "REQUEST", "main"]

REQUEST = "request.json"
OUTCOME = "outcome.json"

_LOOK_S = 0.5
_TELL_S = 0.3


def main(folder: Path) -> int:
    """Do what the request says; 0 done, 2 the input is at fault, 1 anything else."""
    parent = os.getppid()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    request = json.loads((folder / REQUEST).read_text("utf-8"))
    outcome, code = _done(request, folder)
    part = folder / (OUTCOME + ".part")
    part.write_text(json.dumps(outcome), "utf-8")
    part.replace(folder / OUTCOME)
    return code


def _done(request: dict[str, Any], folder: Path) -> tuple[dict[str, Any], int]:
    from ew4all.api.processes import PROCESSES
    from ew4all.errors import EW4AllError

    try:
        made = PROCESSES[request["process"]].execute(request, folder / "out", _Progress())
    except EW4AllError as error:
        from ew4all.api.problems import problem_of

        problem = problem_of(error)
        told = {
            "status": problem.status,
            "code": problem.code,
            "detail": problem.detail,
            "type": problem.type,
        }
        return {"problem": told}, 2 if problem.status == 400 else 1
    except MemoryError:
        return {"problem": _internal("there is not enough memory for this job")}, 1
    except Exception:  # noqa: BLE001 - whatever it was, the client is told and the log has it
        traceback.print_exc()
        return {
            "problem": _internal("an error that was not foreseen; the log of the worker has it")
        }, 1
    return {"made": made}, 0


def _internal(detail: str) -> dict[str, Any]:
    return {"status": 500, "code": "internal", "detail": detail, "type": "about:blank"}


class _Progress:
    """Told how many of how many are done; says so at most some times a second."""

    def __init__(self) -> None:
        self._last_s = -1.0

    def __call__(self, done: int, total: int) -> None:
        time_s = time.monotonic()
        if time_s - self._last_s < _TELL_S and done < total:
            return
        self._last_s = time_s
        print(json.dumps({"done": done, "total": total}), flush=True)  # noqa: T201 - the channel to the parent


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
