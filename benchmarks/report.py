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
    from collections.abc import Mapping, Sequence

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

SECTIONS = (
    "In memory, full task",
    "In memory, everything counted",
    "Memory floor",
    "Scaling",
    "Memory in core",
    "Out of core",
    "Radio coverage",
    "Whole processes",
    "Simulation",
    "Measures",
    "Targeting",
    "Service",
)

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
    best: float
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
            further.strip(),
            f"**{number(self.measured)}** {self.unit}".strip(),
            self._verdict(),
        ]

    @property
    def is_far(self) -> bool:
        """Whether the best round, too, is worse than half the goal."""
        if not self.judged:
            return False
        return self.best < self.wanted / 2 if self.more else self.best > self.wanted * 2

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
    """What was measured so far, by section."""

    sections: dict[str, list[str]] = field(default_factory=dict)
    goals: dict[str, list[Goal]] = field(default_factory=dict)
    checked: int = 0

    def text(self, section: str, *lines: str) -> None:
        """Add lines to a section."""
        self.sections.setdefault(section, []).extend(lines)

    def table(self, section: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a table to a section."""
        self.text(section, "", *_table(header, rows), "")

    def goal(
        self,
        section: str,
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
        """Note a goal, which `least` or `most` gives, what was measured, and that of the best round."""
        wanted = least if least is not None else most
        assert wanted is not None
        best = measured if best is None else best
        found = Goal(name, wanted, measured, best, unit, least is not None, stretch, judged)
        self.goals.setdefault(section, []).append(found)
        self.sections.setdefault(section, [])

    def must_hold(self) -> None:
        """Check the goals noted since the last check.

        Raises
        ------
        AssertionError
            In the best round, too, one was missed by half. The machine alone varies by that.
        """
        goals = [goal for of_section in self.goals.values() for goal in of_section]
        new, self.checked = goals[self.checked :], len(goals)
        far = [goal for goal in new if goal.is_far]
        assert not far, far

    def parts(self) -> dict[str, str]:
        """Return each section as Markdown: its goals first."""
        found = {}
        for title, body in self.sections.items():
            lines = [f"_{conditions()}_", ""]
            if title in self.goals:
                header = ["goal", "wanted", "stretch", "measured", "verdict"]
                lines += _table(header, [goal.row() for goal in self.goals[title]])
            text = "\n".join([*lines, "", *body])
            found[title] = re.sub(r"\n{3,}", "\n\n", text).strip()
        return found

    def write(self) -> None:
        """Put the sections into the README; those of other runs stay."""
        text = README.read_text(encoding="utf-8")
        head, rest = text.split(BEGIN)
        measured, tail = rest.split(END)
        parts = dict(part.split("\n", 1) for part in measured.split("\n### ")[1:])
        parts |= self.parts()
        README.write_text(f"{head}{BEGIN}\n\n{markdown(parts)}\n{END}{tail}", encoding="utf-8")


def markdown(parts: Mapping[str, str]) -> str:
    """Return the machine and all sections, in their order."""
    order = [title for title in SECTIONS if title in parts]
    order += [title for title in parts if title not in order]
    return "\n\n".join([machine(), *(f"### {t}\n\n{parts[t].strip()}" for t in order)]) + "\n"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    line = "| " + " | ".join(header) + " |"
    rule = "| --- |" + " ---: |" * (len(header) - 1)
    return [line, rule, *("| " + " | ".join(row) + " |" for row in rows)]


def machine() -> str:
    """Say on what and with what a run was made; nothing that names the machine."""
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    cpu = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"model name\s*:\s*(.+)", info.read_text(encoding="utf-8"))
        cpu = f"{found[1].strip()} ({cpu})" if found else cpu
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {cpu}, {memory_gib:.0f} GiB; "
        f"Python {platform.python_version()}, {versions}."
    )


def conditions() -> str:
    """Say how large the rasters were, and how busy the machine was (we keep about one core busy ourselves)."""
    return (
        f"Raster in memory {settings.SIZE:,} x {settings.SIZE:,}, on disk {settings.OUT_OF_CORE_SIZE:,} x "
        f"{settings.OUT_OF_CORE_SIZE:,}; {settings.ROUNDS} rounds; load at the end of the run {os.getloadavg()[1]:.1f}."
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
