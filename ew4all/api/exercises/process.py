"""The process in which one exercise is simulated, from the side of the service: a question a line, an answer a line.

A process, not a thread: the simulation is Python between its kernels and would hold the interpreter while sixty streams wait for their
tick; its people take hundreds of megabytes, which go back when the exercise ends; and where it crashes, only it is played again
from its log. It opens no database: what happened is told to the service, which writes it down before anybody hears of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import structlog

from ew4all.api.exercises.folders import LOG, hold, made
from ew4all.api.jobs.contents import laid_out
from ew4all.api.jobs.running import environment
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.api.exercises.records import Stored
    from ew4all.api.service import Service

__all__ = ["EngineLost", "EngineProcess"]

OPEN_S: Final = 300.0
"""How long folding people and replaying a log may take."""
ANSWER_S: Final = 60.0
"""How long anything else may take; a jump over a day is the longest."""
_LOG_CHARACTERS: Final = 4000
_LOG = structlog.get_logger("ew4all.exercises")


class EngineLost(Exception):
    """The process ended, or did not answer; the exercise has to be played again from its log."""


class EngineProcess:
    """One such process; whoever asks holds the room, so that there is one question at a time."""

    def __init__(self, service: Service, stored: Stored, purpose: str = "live") -> None:
        self.folder = made(service.work_dir, stored.id, purpose)
        with contextlib.ExitStack() as undone:
            undone.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self._errors = undone.enter_context(hold(self.folder))
            files = laid_out(service, stored.files, self.folder)
            self._request = {
                "text": stored.text, "files": files, "scenario": stored.scenario, "options": dict(stored.options),
            }  # fmt: skip
            # A session of its own: what it starts goes with it.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "ew4all.api.exercises.engine", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=environment(),
                cwd=self.folder,
                start_new_session=True,
            )
            undone.pop_all()
        self._rest = b""

    def open(self, log: list[str], **more: Any) -> dict[str, Any]:
        """Fold the people and replay a log; see `ask`."""
        return self.ask("open", within_s=OPEN_S, **self._request, log=log, **more)

    def ask(self, what: str, *, within_s: float = ANSWER_S, **given: Any) -> dict[str, Any]:
        """Ask and return the answer.

        Raises
        ------
        Problem
            What was asked for cannot be; nothing happened.
        EngineLost
            It ended, or took too long; it is ended then.
        """
        line = json.dumps({"ask": what, **given}).encode() + b"\n"
        answer = self._exchanged(line, time.monotonic() + within_s)
        if answer is None:
            self.close()
            told = self._last_words()
            _LOG.error("engine lost", asked=what, log=told)
            raise EngineLost(told)
        found: dict[str, Any] = json.loads(answer)
        if "problem" in found:
            raise _problem(found["problem"])
        return found

    def close(self) -> None:
        """End it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._errors.close()

    def kill(self) -> None:
        """End it while another thread waits for its answer, which gets none; that thread clears away."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def clear(self) -> None:
        """End it, and remove its folder."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _exchanged(self, line: bytes, ends_s: float) -> bytes | None:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None or stdin.closed:
            return None
        try:
            stdin.write(line)
            stdin.flush()
        except OSError:
            return None
        with selectors.DefaultSelector() as ready:
            ready.register(stdout, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                left_s = ends_s - time.monotonic()
                if left_s <= 0 or not ready.select(left_s):
                    return None
                chunk = os.read(stdout.fileno(), 1 << 20)
                if not chunk:
                    return None
                self._rest += chunk
        answer, _, self._rest = self._rest.partition(b"\n")
        return answer

    def _last_words(self) -> str:
        path = self.folder / LOG
        with contextlib.suppress(OSError):
            return path.read_text("utf-8", "replace")[-_LOG_CHARACTERS:]
        return ""


def _problem(found: Mapping[str, Any]) -> Problem:
    return Problem(
        found["status"], found["code"], found["detail"], errors=found.get("errors", ()), headers=found.get("headers"),
        more=found.get("more"),
    )  # fmt: skip
