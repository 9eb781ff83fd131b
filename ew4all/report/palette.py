"""Colours of maps, told apart by everybody: blue against orange, and a hazard that is hatched as well as purple."""

from __future__ import annotations

from typing import Final

from matplotlib.colors import LinearSegmentedColormap

INK: Final = "#23303b"
SEA: Final = "#f3f6f8"
HAZARD: Final = "#7b2d8b"
ZONE: Final = "#5f6f7b"
BLUE: Final = "#2c6597"
ORANGE: Final = "#c25a0a"
PEOPLE: Final = LinearSegmentedColormap.from_list(
    "people", ["#d6e3ee", "#8fb4d3", "#3d78ab", "#0b2f5b"]
)
UNCOVERED: Final = LinearSegmentedColormap.from_list(
    "uncovered", ["#fdbb6b", "#f07f1e", "#c24a05", "#6e2100"]
)
