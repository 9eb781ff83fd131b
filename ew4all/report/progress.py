"""A progress bar on standard error, for work that takes longer than a moment."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Bar"]

_PATIENCE_S = 1.0


class Bar:
    """A context whose calls ``bar(done, total)`` move a bar; quick work shows none."""

    def __init__(
        self,
        console: Console | None = None,
        patience_s: float = _PATIENCE_S,
        what: str = "Counting people",
    ) -> None:
        """Wait `patience_s` seconds before anything is drawn; `what` stands before the bar."""
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=console or Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(what, total=None)
        self._begin = time.monotonic()
        self._patience_s = patience_s

    def __enter__(self) -> Bar:
        """Start to wait."""
        return self

    def __call__(self, done: int, total: int) -> None:
        """Show how many blocks of how many are done; a new job starts from nothing again."""
        self._bar.update(self._task, completed=done, total=total)
        if not self._bar.live.is_started and time.monotonic() - self._begin >= self._patience_s:
            self._bar.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wipe the bar away."""
        if self._bar.live.is_started:
            self._bar.stop()
