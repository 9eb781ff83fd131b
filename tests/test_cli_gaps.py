"""`ew4all gaps`: what it prints, what it hands on, and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from command_line import command_line

from ew4all.demo import CASE, NOTICE, folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Ended

DEMO = (
    "gaps", "--population", str(CASE.population), "--zones", str(CASE.zones), "--zone-id", "id", "--zone-name", "name",
)  # fmt: skip
SIGNAL = ("--coverage", f"2g:Operator A={folder() / 'coverage_2g_a.tif'}", "--coverage", f"4g:Operator B={folder() / 'coverage_4g_b.gpkg'}")  # fmt: skip


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


def test_json_and_folder_say_the_same(run: Callable[..., Ended], tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = run(
        *DEMO, *SIGNAL, "--hazard", f"winds={CASE.hazard}", "--channel", "sms", "--channel",
        f"radio={folder() / 'coverage_2g_a.tif'}", "--group", f"all={CASE.population}", "--assume", "radio_owned=0.5",
        "--operator-share", "Operator A=0.5", "--out", str(out), "--json",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["schema"] == "ew4all/gaps/1"
    assert json.loads((out / "gaps.json").read_text(encoding="utf-8")) == document
    assert [h["name"] for h in document["hazards"]] == ["winds"]
    assert document["channels"] == ["cell_broadcast", "sms", "radio"]
    assert document["assumptions"]["radio_owned"] == 0.5
    assert "tv_owned" not in document["assumptions"]
    assert len(document["zones"]) == 8
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["command"] == "gaps"
    assert "Written to" in ended.err


def test_a_notice_is_on_every_output(run: Callable[..., Ended], tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = run(*DEMO, *SIGNAL, "--notice", "an exercise", "--out", str(out))
    assert ended.code == 0, ended.err
    assert "AN EXERCISE" in ended.out
    for name in ("map.png", "report.html", "zones.csv", "lorenz.png", "left_out.tif"):
        assert name in ended.err
    assert json.loads((out / "gaps.json").read_text(encoding="utf-8"))["notice"] == "an exercise"
    assert "an exercise" in (out / "report.html").read_text(encoding="utf-8")
    assert (out / "zones.csv").read_text(encoding="utf-8").splitlines()[1].endswith(",an exercise")


def test_the_table_names_every_part(run: Callable[..., Ended]) -> None:
    ended = run(*DEMO, *SIGNAL, "--channel", "sms", "--hazard", str(CASE.hazard))
    assert ended.code == 0, ended.err
    for words in ("coverage gap", "usage gap", "reachable by cell broadcast", "NO channel", "Saint George", "hazard", "urban"):  # fmt: skip
        assert words in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80


def test_without_coverage_and_without_people(run: Callable[..., Ended]) -> None:
    ended = run(*DEMO)
    assert ended.code == 0
    assert "What these inputs cannot tell" in ended.out
    assert "left out" not in ended.out
    ended = run("gaps", "--zones", str(CASE.zones), "--zone-id", "id", *SIGNAL)
    assert ended.code == 0
    assert "nobody can be counted" in ended.out
    assert "km2" in ended.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--channel", "radio"), "--channel radio=FILE"),
        (("--channel", "=x"), "NAME=FILE or NAME"),
        (("--channel", "sms", "--channel", "sms"), "given twice"),
        (("--hazard", "a=/nowhere.tif#x"), "a least value"),
        (("--hazard", "a=", "--channel", "sms"), "NAME=FILE"),
        (("--hazard", f"a={CASE.hazard}", "--hazard", f"a={CASE.hazard}"), "given twice"),
        (("--group", f"a={CASE.population}", "--group-share", f"a={CASE.population}"), "give it once"),
        (("--assume", "noticed=0.5"), "matter of the moment"),
        (("--outage", "x.csv"), "--sites"),
        (("--zones", "other.geojson"), "--zones was given twice"),
    ],
)  # fmt: skip
def test_bad_options_end_with_one_sentence(
    run: Callable[..., Ended], arguments: tuple[str, ...], words: str
) -> None:
    ended = run(*DEMO, *arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_hazards_are_chosen_behind_the_name_of_the_file(
    run: Callable[..., Ended], tmp_path: Path
) -> None:
    raster = folder() / "coverage_2g_a.tif"
    plain = run(*DEMO, "--hazard", f"{raster}#0.5", "--json")
    assert plain.code == 0, plain.err
    (hazard,) = json.loads(plain.out)["hazards"]
    assert hazard["name"] == "coverage_2g_a"
    chosen = run(*DEMO, "--hazard", f"one={CASE.zones}#id=GD-03", "--hazard", f"two={raster}#1:0.5", "--json")  # fmt: skip
    one, two = json.loads(chosen.out)["hazards"]
    zones = {z["id"]: z["people"] for z in json.loads(chosen.out)["zones"]}
    assert one["people"] == pytest.approx(zones["GD-03"], rel=1e-9)
    assert two["people"] == hazard["people"]
    del tmp_path


def test_the_demo_needs_no_input_and_takes_no_other(
    run: Callable[..., Ended], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ended = run("gaps", "--demo", "--channel", "sms", "--out", str(out), "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["title"] == CASE.title
    assert document["notice"] == NOTICE
    assert len(document["zones"]) == 8
    assert [h["name"] for h in document["hazards"]] == ["winds"]
    assert document["total"]["people"] == pytest.approx(111_454, abs=0.5)
    assert NOTICE.upper() in (out / "report.html").read_text(encoding="utf-8").upper()
    squares = run("gaps", "--demo", "--grid-km", "10", "--json")
    assert json.loads(squares.out)["zoning"]["kind"] == "grid"
    refused = run("gaps", "--demo", "--hazard", "x.tif#1")
    assert refused.code == 2
    assert "leave --hazard out" in refused.err
