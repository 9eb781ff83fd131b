"""Measures on a population of wide cells reach what they would on the same people on fine ones: nobody knows where in a cell they live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from affine import Affine

from ew4all.plan_measures import choose_measures

if TYPE_CHECKING:
    from pathlib import Path

SIDE, FINE = 0.2, 80
"""Width of a wide cell, degrees (about 21 km), and fine cells along it."""

PEOPLE = 10_000.0


def alone(table: Path, divided: int) -> dict[str, float]:
    step = SIDE / divided
    transform = Affine(step, 0.0, 28.0, 0.0, -step, -29.0)
    shape = (3 * divided, 3 * divided)
    people: tuple[Any, ...] = (np.full(shape, PEOPLE / divided**2), transform, "EPSG:4326")
    found = choose_measures(
        people, population_unit="count", coverage={"4g": (np.zeros(shape), transform, "EPSG:4326")},
        candidates=str(table), budget=1e9,
    )  # fmt: skip
    return {row.measure.id: row.alone for row in (*found.chosen, *found.others)}


def test_a_siren_is_not_heard_in_the_whole_of_a_wide_cell(tmp_path: Path) -> None:
    """It was: 9,800 of 10,000 people within 21 km of a siren in the middle of a cell, and nobody beside its edge."""
    table = tmp_path / "measures.csv"
    places = {"middle": (28.3, -29.3), "edge": (28.21, -29.3), "corner": (28.2, -29.2)}
    kinds = ("siren", "warden", "community_radio", "fm_transmitter")
    rows = [f"{k}-{n},{k},{x},{y},1" for k in kinds for n, (x, y) in places.items()]
    table.write_text("\n".join(["id,kind,lon,lat,cost", *rows]) + "\n")
    wide, fine = alone(table, 1), alone(table, FINE)
    for name in fine:
        rough = 0.1 if name.startswith("warden") else 0.04
        assert wide[name] == pytest.approx(fine[name], rel=rough), name
    assert wide["siren-middle"] < 0.06 * PEOPLE
    # Within 1.5 km of a team live fewer than it could tell.
    assert wide["warden-middle"] == pytest.approx(0.9 * PEOPLE * np.pi * 1.5**2 / 430.7, rel=0.03)
