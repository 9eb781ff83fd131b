"""Mains that fail by plan and by decision, through a whole scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ew4all.run_study import run_study
from ew4all.scenario import load_scenario

if TYPE_CHECKING:
    from pathlib import Path

VALLEY = """
schema: ew4all/scenario/1
demo: valley
zero: "20:00"
channels: {tv: {}}
run: {duration: 2 h}
"""


def warned(folder: Path, more: str = "") -> float:
    file = folder / "valley.yaml"
    file.write_text(VALLEY + more, "utf-8")
    scenario = load_scenario(file)
    totals = run_study(scenario.plan(), scenario.inputs()).played.totals
    return float(totals.noticed.sum())


def test_a_cut_by_decision_is_a_cut(tmp_path: Path) -> None:
    whole = warned(tmp_path)
    planned = warned(tmp_path, 'power: {"*": {lost: 0}}\n')
    assert planned < 0.2 * whole
    decided = warned(tmp_path, "decisions: [{at: 0, power: {on: false}}]\n")
    assert decided == pytest.approx(planned, rel=1e-9)


def test_power_that_is_there_cannot_be_given_back(tmp_path: Path) -> None:
    """Giving it back before a planned cut leaves the cut; giving it back during the cut ends it."""
    cut = 'power: {"*": {lost: 30 min}}\nalert: {issued: 40 min}\n'
    planned = warned(tmp_path, cut)
    assert warned(tmp_path, cut + "decisions: [{at: 10 min, power: {on: true}}]\n") == planned
    assert warned(tmp_path, cut + "decisions: [{at: 35 min, power: {on: true}}]\n") > 2 * planned
