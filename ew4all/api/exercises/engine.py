"""The process of one exercise: ``python -m ew4all.api.exercises.engine PARENT``. It reads a question a line and answers with a line.

It ends with its parent: by the end of its input, or, where that is held open by another child, when its parent is another.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import traceback
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ew4all.api.exercises.play import Play

__all__ = ["main"]

_LOOK_S: Final = 0.5


def main(questions: IO[bytes], answers: IO[bytes], parent: int) -> None:
    """Answer until there are no more questions."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    play: Play | None = None
    while line := questions.readline():
        asked = json.loads(line)
        what = asked.pop("ask")
        answer, play = _answer(play, what, asked)
        answers.write(json.dumps(answer, allow_nan=False).encode() + b"\n")
        answers.flush()


def _answer(play: Play | None, what: str, asked: dict[str, Any]) -> tuple[dict[str, Any], Play | None]:  # fmt: skip
    from ew4all.api.exercises.play import Play
    from ew4all.api.problems import Problem, problem_of
    from ew4all.errors import EW4AllError

    try:
        if what == "open":
            play = Play(**asked)
            return play.opened(), play
        assert play is not None
        return play.answer(what, asked), play
    except Problem as error:
        problem = error
    except EW4AllError as error:
        problem = problem_of(error)
        if problem.status >= 500:
            traceback.print_exc()
    told = {
        "status": problem.status, "code": problem.code, "detail": problem.detail, "errors": list(problem.errors),
        "headers": problem.headers, "more": problem.more,
    }  # fmt: skip
    return {"problem": told}, play


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    answering = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    main(sys.stdin.buffer, answering, int(sys.argv[1]))
