"""Scenarios are checked in a process of their own, since their files are read for it; it stays, since its libraries load for seconds.

``python -m ew4all.api.documents.checker`` reads a request a line and answers with a line.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from ew4all.api.documents.texts import cleaned
from ew4all.api.jobs.running import environment
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Checker", "main"]

_SECONDS: Final = 60.0
"""How long a check may take: libraries that are loaded, and files that are read, included."""
_MODULE: Final = "ew4all.api.documents.checker"
_IDLE_S: Final = 600.0
"""How long the process waits for the next one before it gives its memory back."""


class Checker:
    """The process, from the side of the service; one check at a time."""

    def __init__(self, seconds: float = _SECONDS, module: str = _MODULE) -> None:
        self._seconds, self._module = seconds, module
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def check(self, folder: Path, name: str, files: Mapping[str, str]) -> dict[str, Any]:
        """Check a scenario.

        Parameters
        ----------
        folder
            That of the scenario and its files.
        name
            Of the scenario in it.
        files
            Reference to path, relative to the folder.

        Returns
        -------
        dict
            ``facts`` of a good one, else ``faults``, each with line, column, path and message.

        Raises
        ------
        Problem
            400: it could not be looked through within the time, or ended the process; 503: too many wait for their turn.
        """
        return self.answer({"folder": str(folder), "name": name, "files": dict(files)})

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the process says to a request; raises as `check`."""
        line = json.dumps(request).encode() + b"\n"
        # Whoever waits holds a thread of the service.
        if not self._turn.acquire(timeout=self._seconds):
            told = "too many others wait to be looked through: try again in a moment"
            raise Problem(503, "busy", told, headers={"Retry-After": "10"})
        try:
            for is_last in (False, True):
                fresh = self._process is None or self._process.poll() is not None
                answer = self._asked(line)
                if answer is not None:
                    found: dict[str, Any] = cleaned(json.loads(answer))
                    return found
                if fresh or is_last:  # an old process may just have gone for want of work
                    break
        finally:
            self._turn.release()
        told = f"what was sent could not be looked through within {self._seconds:g} s: make it, or the files it names, smaller"
        raise Problem(400, "unreadable-input", told)

    def close(self) -> None:
        """End the process."""
        with self._turn:
            self._end()

    def _asked(self, line: bytes) -> bytes | None:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment(),
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Timer(self._seconds, process.kill)
        late.start()
        answer = b""
        try:
            process.stdin.write(line)
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            pass
        finally:
            late.cancel()
        if answer.endswith(b"\n"):
            return answer
        self._end()
        return None

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        process.wait()


def main(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more, or none comes for a while."""
    while select.select([requests], [], [], _IDLE_S)[0]:
        line = requests.readline()
        if not line:
            return
        request = json.loads(line)
        answers.write(json.dumps(_found(**request)).encode() + b"\n")
        answers.flush()


def _found(folder: str, name: str, files: Mapping[str, str]) -> dict[str, Any]:
    from ew4all.errors import EW4AllError, ScenarioError
    from ew4all.scenario import load_scenario

    os.chdir(folder)
    try:
        scenario = load_scenario(name, files=files)
        run = scenario.run
        facts = {
            "story": scenario.story, "demo": scenario.demo, "zero": scenario.zero, "channels": list(scenario.channel_names()),
            "duration_s": run.duration, "replicas": run.replicas, "seed": run.seed,
        }  # fmt: skip
    except ScenarioError as error:
        return {"faults": [one._asdict() for one in error.findings], "message": str(error)}
    except EW4AllError as error:
        whole = {"line": 1, "column": 1, "path": "", "message": str(error)}
        return {"faults": [whole], "message": str(error)}
    finally:
        os.chdir("/")
    return {"title": scenario.title, "facts": facts}


if __name__ == "__main__":
    answering = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    main(sys.stdin.buffer, answering)
