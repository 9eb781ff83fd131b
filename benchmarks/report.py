"""The tables that a run prints: collected from the tests, shown at the end, written into the README if asked."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

LIBRARIES = (
    "numpy",
    "numba",
    "shapely",
    "rasterio",
    "exactextract",
    "pyogrio",
    "rasterstats",
)


@dataclass(frozen=True)
class Goal:
    """A goal and what was measured: `more` is better, or less; `stretch` is the further goal, if there is one."""

    name: str
    wanted: float
    measured: float
    unit: str
    more: bool
    stretch: float | None
    judged: bool

    def row(self) -> list[str]:
        """Return the line of the table."""
        sign = ">=" if self.more else "<="
        further = "" if self.stretch is None else f"{sign} {self.stretch:g} {self.unit}"
        return [
            self.name,
            f"{sign} {self.wanted:g} {self.unit}".strip(),
            further,
            f"**{number(self.measured)}** {self.unit}".strip(),
            self._verdict(),
        ]

    def _verdict(self) -> str:
        if not self.judged:
            return "small size"
        if self._met(self.wanted):
            return "stretch met" if self.stretch and self._met(self.stretch) else "met"
        return "MISSED"

    def _met(self, wanted: float) -> bool:
        return self.measured >= wanted if self.more else self.measured <= wanted


@dataclass
class Report:
    """What was measured so far."""

    sections: dict[str, list[str]] = field(default_factory=dict)
    goals: list[Goal] = field(default_factory=list)

    def text(self, section: str, *lines: str) -> None:
        """Add lines to a section."""
        self.sections.setdefault(section, []).extend(lines)

    def table(self, section: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a table to a section."""
        line = "| " + " | ".join(header) + " |"
        rule = "| --- |" + " ---: |" * (len(header) - 1)
        body = ["| " + " | ".join(row) + " |" for row in rows]
        self.text(section, "", line, rule, *body, "")

    def goal(
        self,
        name: str,
        measured: float,
        *,
        best: float | None = None,
        least: float | None = None,
        most: float | None = None,
        stretch: float | None = None,
        unit: str = "",
        judged: bool = True,
    ) -> None:
        """Note a goal. At full size, twice as bad as the goal in the best round is a failure.

        Raises
        ------
        AssertionError
            The best round, too, is worse than half the goal.
        """
        wanted = least if least is not None else most
        assert wanted is not None
        more = least is not None
        self.goals.append(Goal(name, wanted, measured, unit, more, stretch, judged))
        if judged:
            best = measured if best is None else best
            ok = best >= wanted / 2 if more else best <= wanted * 2
            assert ok, f"{name}: {best:.3g} {unit} in the best round, the goal is {wanted:g}"

    def markdown(self) -> str:
        """Return everything, goals first."""
        lines = [machine(), ""]
        if self.goals:
            lines.append("### Goals\n")
            lines += [
                "| goal | wanted | stretch | measured | |",
                "| --- | --- | --- | ---: | --- |",
            ]
            lines += ["| " + " | ".join(goal.row()) + " |" for goal in self.goals]
            lines.append("")
        for title, body in self.sections.items():
            lines += [f"### {title}", *body, ""]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"

    def write(self) -> None:
        """Put the tables into the README."""
        text = README.read_text(encoding="utf-8")
        head, rest = text.split(BEGIN)
        _, tail = rest.split(END)
        README.write_text(f"{head}{BEGIN}\n\n{self.markdown()}\n{END}{tail}", encoding="utf-8")


def machine() -> str:
    """Say on what and with what a run was made; nothing that names the machine."""
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    cpu = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"model name\s*:\s*(.+)", info.read_text(encoding="utf-8"))
        cpu = f"{found[1].strip()} ({cpu})" if found else cpu
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {cpu}, {memory_gib:.0f} GiB; Python {platform.python_version()}, {versions}. "
        f"Raster in memory {settings.SIZE:,} x {settings.SIZE:,}, on disk {settings.OUT_OF_CORE_SIZE:,} x "
        f"{settings.OUT_OF_CORE_SIZE:,}; {settings.ROUNDS} rounds; load at the end {load} (1, 5, 15 minutes)."
    )


def number(value: float) -> str:
    """Write a number with three digits or as many as it has before the point."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def seconds(value: float) -> str:
    """Write a time in seconds."""
    return f"{value:.4f}" if value < 0.1 else f"{value:.3f}" if value < 1 else f"{value:.2f}"
