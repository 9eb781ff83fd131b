"""docs/scenarios.md says what the code does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from made_scenarios import GOLDEN, results_table

from ew4all.scenario.reference import markdown
from ew4all.scenario.yaml_text import read_marked

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "scenarios.md").read_text("utf-8")


def test_every_key_is_told_with_its_default_and_meaning(page: str) -> None:
    assert page.endswith(f"<!-- keys -->\n{markdown()}")
    assert "|  |\n" not in markdown()


def test_results_are_the_golden_ones(page: str) -> None:
    assert f"<!-- results -->\n{results_table(json.loads(GOLDEN.read_text('utf-8')))}\n" in page


def test_ten_lines_are_well(page: str, tmp_path: Path) -> None:
    from ew4all.scenario import scenario_from

    text = page.split("```yaml\n", 1)[1].split("```", 1)[0]
    assert len(text.splitlines()) <= 10
    for name in ("flood.gpkg", "people.tif", "districts.gpkg", "lte.tif", "gsm.gpkg"):
        (tmp_path / name).write_bytes(b"")
    found = scenario_from(read_marked(text).value, folder=tmp_path)
    assert found.channel_names() == ("cell_broadcast", "radio", "word_of_mouth")


def test_the_example_runs(page: str) -> None:
    code = page.split("```python\n", 1)[1].split("```", 1)[0]
    names: dict[str, object] = {}
    exec(code, names)
    assert "result" in names
