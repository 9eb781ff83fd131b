"""docs/change.md says what the code does."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import ew4all
from ew4all.change_results import Flow
from ew4all.cli import app
from ew4all.coverage import change_defaults
from ew4all.demo import CASE, extra
from ew4all.report.rounding import people_text

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "change.md").read_text("utf-8")


def test_the_table_is_that_of_the_code(page: str) -> None:
    assert f"<!-- defaults -->\n{change_defaults.markdown()}" in page


def test_options_of_the_page_exist(page: str) -> None:
    commands: Any = get_command(app)
    known = {
        option
        for name in ("change", "coverage", "outage")
        for parameter in commands.commands[name].params
        for option in parameter.opts
    }
    shown = set(re.findall(r"--[a-z][a-z-]+", page))
    assert len(shown) > 10
    assert shown <= known


def test_words_of_the_table_are_keys_of_the_json(page: str) -> None:
    part = page.split("## What is counted", maxsplit=1)[1].split(
        "Unknown is never zero", maxsplit=1
    )[0]
    words = set(re.findall(r"`([a-z_]+)`", part))
    assert words >= {"kept", "lost", "gained", "uncovered", "known", "unknown"}
    assert words <= set(Flow(1.0, 1.0, 0.0, 0.0, 0.0).to_dict())


@pytest.mark.slow
def test_the_demo_says_what_the_page_says(page: str, tmp_path: Path) -> None:
    """The commands of the page, with a few lines in the place of awk."""
    people, sites = str(CASE.population), extra("sites.csv")

    def run(*arguments: str) -> None:
        done = CliRunner().invoke(app, [*arguments, "--quiet"])
        assert done.exit_code == 0, done.stderr

    run(
        "coverage",
        str(sites),
        "--population",
        people,
        "--technology",
        "4g",
        "--out",
        str(tmp_path / "before"),
    )
    hit = ["--hazard", f"power={CASE.hazard}", "--members", "1", "--seed", "3", "--at-hours", "12"]
    run("outage", str(sites), *hit, "--out", str(tmp_path / "outage"))
    with (tmp_path / "outage" / "ensemble.csv").open(encoding="utf-8", newline="") as file:
        down = {row["site"] for row in csv.DictReader(file)}
    lines = sites.read_text("utf-8").splitlines()
    left = [lines[0], *(line for line in lines[1:] if line.partition(",")[0] not in down)]
    standing = tmp_path / "standing.csv"
    standing.write_text("\n".join(left) + "\n", encoding="utf-8")
    run(
        "coverage",
        str(standing),
        "--population",
        people,
        "--technology",
        "4g",
        "--out",
        str(tmp_path / "after"),
    )
    result = ew4all.change(
        people,
        coverage={
            "4g@2024-06-30": tmp_path / "before" / "service_4g.tif",
            "4g@2024-07-02": tmp_path / "after" / "service_4g.tif",
        },
        zones=CASE.zones,
        zone_id="id",
        zone_name="name",
    )
    between = result.main.whole
    lost = {z.name: people_text(f.lost) for z, f in zip(result.zones, between.zones, strict=True)}
    told = page.split("## The demo", maxsplit=1)[1]
    assert f"{len(down)} of the {len(lines) - 1} sites are silent" in told
    assert f"{people_text(between.total.lost)} people lost 4G" in told
    for name in ("Saint John", "Saint Mark", "Saint Andrew"):
        assert f"{lost[name]} in {name}" in told
    assert between.total.gained < 0.5
