"""docs/cohorts.md says what the code does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ew4all.run_study import RunResult
from ew4all.sim.coarsening import MOST_ROWS
from ew4all.sim.epochs import MOST_EPOCHS
from ew4all.sim.parameters import markdown
from ew4all.sim.service_histories import PARAMETERS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "cohorts.md").read_text("utf-8")


def test_tables_and_numbers_are_those_of_the_code(page: str) -> None:
    assert f"<!-- service -->\n{markdown(PARAMETERS)}\n" in page
    assert f"Above {MOST_ROWS:,} rows" in page
    assert f"epochs: at most {MOST_EPOCHS}," in page


def test_the_example_runs(page: str) -> None:
    code = page.split("```python\n", 1)[1].split("```", 1)[0]
    names: dict[str, object] = {}
    exec(code, names)
    result = names["result"]
    assert isinstance(result, RunResult)
    sizes = result.prepared.sizes
    assert f"| Grenada, 39 sites, no outage | {sizes.pixels:,} |" in page
    assert result.played.in_time.sum() > 0
