"""The synthetic trade-off of the radio planning note, drawn anew: every row within the spread of a mean of three seeds."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_network import experiment

from ew4all.coverage.targeting import threshold
from ew4all.coverage.tradeoff import outcome_of

if TYPE_CHECKING:
    from pathlib import Path

    from made_network import Experiment
    from numpy.typing import NDArray

QUICK = [(1732, 2000), (5000, 2000), (5000, 10000)]
LONG = [(500, 2000), (1732, 10000), (5000, 30000)]
SEEDS = 3


def addressed(made: Experiment, rule: str) -> NDArray[np.bool_]:
    if rule == "site_inside":
        return made.site_inside
    if rule == "coverage_intersects":
        return made.touches
    if rule == "best_server_any":
        return made.sums.is_best
    percent = float(rule.removeprefix("best_server_").removesuffix("pct"))
    return threshold(*made.sums.counts(), percent / 100.0)


@pytest.mark.parametrize(
    ("spacing_m", "radius_m"),
    [*QUICK, *(pytest.param(*c, marks=pytest.mark.slow) for c in LONG)],
)
def test_every_rule_is_as_in_the_table(shared_data: Path, spacing_m: int, radius_m: int) -> None:
    with (shared_data / "data/radio/geotarget_synthetic.csv").open(encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if (int(row["inter_site_distance_m"]), int(row["target_radius_m"]))
            == (spacing_m, radius_m)
        ]
    assert len(rows) >= 5
    drawn = [experiment(spacing_m, radius_m, seed) for seed in range(SEEDS)]
    for row in rows:
        rule = row["selection_rule"]
        found = [outcome_of(e.sums, addressed(e, rule)) for e in drawn]
        missed = np.mean([f.missed / e.covered_inside for f, e in zip(found, drawn, strict=True)])
        over = np.mean([f.over_reach / e.target_area for f, e in zip(found, drawn, strict=True)])
        cells = np.mean([f.cells for f in found])
        # A fifth to a quarter is what means of three seeds differ by where a target holds one to six sites.
        for got, column, slack, part in (
            (missed, "missed_share_of_covered_inside", 0.02, 0.2),
            (over, "alerted_outside_area_over_target_area", 0.04, 0.25),
            (cells, "cells_addressed", 1.5, 0.15),
        ):
            want = float(row[column])
            assert abs(got - want) <= slack + part * want, (rule, column, got, want)


def test_any_overlap_is_the_threshold_at_0() -> None:
    made = experiment(1732, 2000, 11)
    np.testing.assert_array_equal(threshold(*made.sums.counts(), 0.0), made.sums.is_best)
