"""What is sent as an exercise is looked through in a process of its own: ``python -m ew4all.api.exercises.checker``.

It reads a request a line and answers with a line, like the checker of scenarios.
"""

from __future__ import annotations

import json
import os
import select
import sys
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["main"]

_IDLE_S: Final = 600.0


def main(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more, or none comes for a while."""
    while select.select([requests], [], [], _IDLE_S)[0]:
        line = requests.readline()
        if not line:
            return
        answers.write(json.dumps(_found(json.loads(line))).encode() + b"\n")
        answers.flush()


def _found(request: Mapping[str, Any]) -> dict[str, Any]:
    from ew4all.api.exercises.faults import found_wrong
    from ew4all.api.exercises.reading import facts_of, read_exercise
    from ew4all.errors import EW4AllError

    os.chdir(request["folder"])
    try:
        if "table" in request:
            from ew4all.api.exercises.tables import exercise_text

            text, notes = exercise_text(request)
        else:
            text, notes = request.get("text", ""), []
        exercise, scenario = read_exercise(text, request["files"], request.get("library"))
        return {"text": text, "facts": facts_of(exercise, scenario), "notes": notes}
    except EW4AllError as error:
        return found_wrong(error)
    finally:
        os.chdir("/")


if __name__ == "__main__":
    answering = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    main(sys.stdin.buffer, answering)
