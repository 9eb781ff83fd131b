"""What is told of a population whose unit is in doubt."""

from __future__ import annotations

import pytest

from ew4all.readers.population_unit import Survey


@pytest.mark.parametrize(
    ("people", "shown"), [(4_150.0, "4,150 "), (2.1e7, "21,000,000 "), (41.5, "41.5 "), (0.126, "0.126 ")]
)  # fmt: skip
def test_densities_are_told_in_plain_digits(people: float, shown: str) -> None:
    survey = Survey(people, people, 1, 1, 1.0)
    assert f"on average {shown}people/km2" in str(survey)
