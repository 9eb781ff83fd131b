"""docs/outages.md says what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from numpy.testing import assert_allclose
from typer.main import get_command

from ew4all.cli import app
from ew4all.coverage.outages import defaults, fragility
from tools.fit_repair import ratios
from tools.outage_series import CHECKED, ISLAND, MAINLAND, Series

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "outages.md").read_text("utf-8")


def test_tables_are_those_of_the_code(page: str) -> None:
    assert f"<!-- defaults -->\n{defaults.markdown()}" in page
    assert f"<!-- fragility -->\n{fragility.markdown()}" in page


@pytest.mark.parametrize(
    ("words", "series", "repair"),
    [
        ("Florence, North Carolina", MAINLAND[0], "mainland"),
        ("Ida, Louisiana", MAINLAND[1], "mainland"),
        ("Ida, three states", MAINLAND[2], "mainland"),
        ("Irma, Florida,", MAINLAND[3], "mainland"),
        ("Helene", MAINLAND[4], "mainland"),
        ("Maria, Puerto Rico", ISLAND[0], "island"),
        ("Maria, US Virgin Islands", ISLAND[1], "island"),
        ("Irma, Florida Keys", CHECKED[1][1], "island"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_ratios_of_the_storms_are_those_of_the_model(
    page: str, words: str, series: Series, repair: str
) -> None:
    (line,) = [x for x in page.splitlines() if "→" in x and words in x]
    told = re.findall(r"day (\d+) (0\.\d+) → (0\.\d+)", line)
    wanted = dict(zip((d for d, _ in series.later), ratios(series, repair), strict=True))
    true = dict(series.ratios)
    assert told
    for day, published, model in told:
        assert_allclose(float(model), wanted[float(day)], atol=0.01)
        assert_allclose(float(published), true[float(day)], atol=0.006)


def test_options_of_the_page_exist(page: str) -> None:
    known = {o for p in get_command(app).commands["outage"].params for o in p.opts}  # type: ignore[attr-defined]
    shown = set(re.findall(r"--[a-z][a-z-]+", page.split("## Repair sets", maxsplit=1)[0]))
    assert shown <= known
