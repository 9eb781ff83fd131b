"""Turns: everybody is timed in every round of one process, so that a disturbance meets all alike."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks import settings

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Runner:
    """One who takes part, in one way or several; from the second round on only the quickest way is taken."""

    ways: dict[str, Callable[[], Any]]
    turns: int = 1
    times_s: list[float] = field(default_factory=list)
    result: Any = None
    way: str = ""
    once: bool = False

    @property
    def median_s(self) -> float:
        """Median of all turns, in seconds."""
        return statistics.median(self.times_s)

    @property
    def best_s(self) -> float:
        """Quickest turn, in seconds."""
        return min(self.times_s)

    def first(self) -> None:
        """Take the first turn in every way and keep the quickest."""
        timed = {}
        for name, way in self.ways.items():
            timed[name], result = time_of(way)
            if timed[name] == min(timed.values()):
                self.way, self.result = name, result
        self.times_s.append(timed[self.way])

    def turn(self) -> None:
        """Take one more turn."""
        self.times_s.append(time_of(self.ways[self.way])[0])


class Race:
    """Everybody's turns, round by round."""

    def __init__(self) -> None:
        self.runners: dict[str, Runner] = {}

    def enter(self, name: str, turns: int = 1, **ways: Callable[[], Any]) -> None:
        """Let somebody take part."""
        self.runners[name] = Runner(ways, turns)

    def round(self) -> None:
        """Give everybody their turns; who takes long has one turn in all."""
        gc.collect()
        for runner in self.runners.values():
            left = runner.turns
            if not runner.times_s:
                runner.first()
                left -= 1
            if runner.times_s[0] <= settings.SLOW_S and not runner.once:
                for _ in range(left):
                    runner.turn()

    def __getitem__(self, name: str) -> Runner:
        """Return one who took part."""
        return self.runners[name]


def time_of(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long a call takes, in seconds, and what it returns."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result
