"""Profiles of the ITU-R study group's validation files, read for tests."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.units import F64


@dataclass(frozen=True, eq=False)
class Profile:
    """One path: distances, terrain above sea level, height of what covers it, and rows of expected values."""

    distance_m: F64
    height_m: F64
    cover_m: F64
    measured: list[list[str]]


def read_profile(path: Path) -> Profile:
    lines = path.read_text(encoding="utf-8").splitlines()
    place = {line: number for number, line in enumerate(lines) if line.startswith("{")}
    points = [
        line.split(",")
        for line in lines[place["{Begin of Profile}"] + 2 : place["{End of Profile}"]]
    ]
    rows = lines[place["{Begin of Measurements}"] + 1 : place["{End of Measurements}"]]
    return Profile(
        1000.0 * np.array([float(point[0]) for point in points]),
        np.array([float(point[1]) for point in points]),
        np.array([float(point[3]) for point in points]),
        [row.split(",") for row in rows],
    )


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
