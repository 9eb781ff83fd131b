"""`ew4all change` as a command: what it prints and writes, and how it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from command_line import command_line
from raster_files import transform_of, write_tif

from ew4all.demo import CASE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Ended

DEMO = CASE.arguments()
PEOPLE = ["--population", str(DEMO["population"])]
FOUR_G = str(DEMO["coverage"]["4g:Operator A"])
THREE_G = str(DEMO["coverage"]["3g:Operator A"])
ZONES = ["--zones", str(DEMO["zones"]), "--zone-id", "id", "--zone-name", "name"]
BEFORE, AFTER = f"4g@2024-06-30={FOUR_G}", f"4g@2024-07-02={THREE_G}"


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


def test_before_and_after_by_parish(run: Callable[..., Ended], tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = run(
        "change", *PEOPLE, *ZONES, "--coverage", BEFORE, "--coverage", AFTER, "--out", str(out),
        "--notice", "demo data, not for operations", "--json", "--quiet",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert ended.err == ""
    document = json.loads(ended.out)
    assert document == json.loads((out / "change.json").read_text("utf-8"))
    assert (document["schema"], document["notice"]) == (
        "ew4all/change/1",
        "demo data, not for operations",
    )
    assert [s["technology"] for s in document["series"]] == ["4g", "any"]
    found = document["series"][-1]["since_first"][0]
    assert (found["from"], found["to"]) == ("2024-06-30", "2024-07-02")
    assert len(found["zones"]) == 8
    for key in ("people", "gained", "lost", "change", "covered_before", "covered_after"):
        assert sum(z[key] for z in found["zones"]) == pytest.approx(found["total"][key], abs=1e-6)
    assert found["total"]["gained"] > 1_000.0


def test_the_table_for_people(run: Callable[..., Ended]) -> None:
    ended = run("change", *PEOPLE, *ZONES, "--coverage", AFTER, "--coverage", BEFORE)
    assert ended.code == 0, ended.err
    assert "People covered by date" in ended.out
    assert "Saint Patrick" in ended.out
    assert "outside all zones" not in ended.out
    assert "it was put in order" in ended.err


def test_a_feed_is_read_anew_and_written_over(run: Callable[..., Ended], tmp_path: Path) -> None:
    """As a service calls it whenever a file has arrived: the same command, the same folder."""
    feed, out = tmp_path / "feed", tmp_path / "out"
    feed.mkdir()
    people = write_tif(tmp_path / "people.tif", np.ones((4, 5), np.float32), transform_of())
    command = [
        "change",
        "--population",
        str(people),
        "--feed",
        str(feed),
        "--out",
        str(out),
        "--json",
        "-q",
    ]
    for day in (1, 2):
        covered = np.zeros((4, 5), np.uint8)
        covered[:, : 3 - day] = 1
        write_tif(feed / f"4g_2024-07-0{day}.tif", covered, transform_of())
    first = run(*command)
    assert first.code == 0, first.err
    assert json.loads(first.out)["series"][-1]["since_first"][-1]["total"]["lost"] == 4.0
    write_tif(feed / "4g_2024-07-03.tif", np.ones((4, 5), np.uint8), transform_of())
    second = run(*command)
    assert second.code == 0, second.err
    document = json.loads(second.out)
    assert len(document["series"][-1]["dates"]) == 3
    assert document["series"][-1]["since_previous"][-1]["total"]["gained"] == 16.0
    assert json.loads((out / "change.json").read_text("utf-8")) == document


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no coverage was given; give it for two dates at least"),
        (["--coverage", BEFORE], "a change needs two dates of one technology, but there is 4g on 2024-06-30"),
        (["--coverage", BEFORE, "--coverage", f"2g@2024-07-02={FOUR_G}"], "a change needs two dates of one technology"),
        (["--coverage", BEFORE, "--coverage", BEFORE], "--coverage was given twice for '4g@2024-06-30'"),
        (["--coverage", BEFORE, "--coverage", f"4G@20240630={FOUR_G}"], "4g is given twice for 2024-06-30"),
        (["--coverage", BEFORE, "--coverage", f"6g@2024-07-02={FOUR_G}"], "there is no technology '6g'"),
        (["--coverage", BEFORE, "--coverage", f"4g={FOUR_G}"], "coverage '4g' has no date"),
        (["--coverage", BEFORE, "--coverage", f"4g@soon={FOUR_G}"], "'soon' is no date"),
        (["--coverage", BEFORE, "--coverage", "4g@2024-07-02"], "--coverage wants the form 4g@2024-07-01=FILE"),
        (["--coverage", BEFORE, "--coverage", "4g@2024-07-02=absent.tif"], "absent.tif"),
        (["--coverage", BEFORE, "--coverage", AFTER, "--feed", "."], "not both"),
        (["--feed", "absent"], "there is no folder and no list of dated coverage at 'absent'"),
        (["--coverage", BEFORE, "--coverage", AFTER, "--coverage-min", "5g=-100"], "applies to no coverage raster"),
        (["--coverage", BEFORE, "--coverage", AFTER, "--assume", "min_test=2"], "did you mean 'min_tests'"),
        (["--coverage", BEFORE, "--coverage", AFTER, "--zone-id", "x"], "no zones were given"),
        (
            ["--coverage", f"4g:A@2024-06-30={FOUR_G}", "--coverage", f"4g:B@2024-07-02={FOUR_G}"],
            "no layer is there on every date (4g:A, 4g:B differ)",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence_and_exit_code_2(
    run: Callable[..., Ended], arguments: list[str], words: str
) -> None:
    ended = run("change", *PEOPLE, *arguments)
    assert ended.code == 2, ended.out
    assert words in ended.err
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("Error: ")
    assert ended.out == ""


def test_layers_that_lie_elsewhere_or_hold_a_bad_quadkey(
    run: Callable[..., Ended], tmp_path: Path
) -> None:
    far = write_tif(tmp_path / "far.tif", np.ones((4, 5), np.uint8), transform_of(100.0, 50.0))
    keys = tmp_path / "keys.csv"
    keys.write_text("quadkey,avg_d_kbps,tests\n0322113021201023,900,1\n032211302120102x,900,1\n", "utf-8")  # fmt: skip
    bare = tmp_path / "bare.csv"
    bare.write_text("lon,lat,tests\n,,3\n", encoding="utf-8")
    for path, words in (
        (far, "does not meet the population"),
        (keys, "row 2: '032211302120102x' is no quadkey"),
        (bare, "has no row with a place and a test"),
    ):
        ended = run("change", *PEOPLE, "--coverage", BEFORE, "--coverage", f"4g@2024-07-02={path}")
        assert ended.code == 2, ended.out
        assert words in ended.err.replace("\n", " ")
        assert ended.err.startswith("Error: ")


def test_layers_on_different_grids_are_brought_together_and_it_is_said(
    run: Callable[..., Ended], tmp_path: Path
) -> None:
    people = write_tif(tmp_path / "people.tif", np.ones((6, 6), np.float32), transform_of())
    fine = write_tif(tmp_path / "fine.tif", np.ones((12, 12), np.uint8), transform_of(cell=0.005))
    coarse = write_tif(tmp_path / "coarse.tif", np.ones((4, 4), np.uint8), transform_of(cell=0.015))
    ended = run(
        "change", "--population", str(people), "--coverage", f"4g@2024-07-01={fine}", "--coverage", f"4g@2024-07-02={coarse}",
        "--json",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    total = document["series"][-1]["since_first"][0]["total"]
    assert (total["lost"], total["gained"]) == pytest.approx((0.0, 0.0), abs=1e-4)
    assert any("4g lies on different grids by date" in note for note in document["notes"])
