"""`ew4all scenario` as a user calls it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from command_line import command_line
from made_scenarios import text_of

from ew4all.errors import ScenarioError
from ew4all.run_study import run_study
from ew4all.scenario import load_scenario
from ew4all.scenario import upgrades as upgrades_
from ew4all.scenario.upgrades import upgraded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Ended


@pytest.fixture
def ew4all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:  # fmt: skip
    return command_line(monkeypatch, capsys)


def test_a_new_scenario_is_well_and_runs(ew4all: Callable[..., Ended], tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    ended = ew4all("scenario", "new", str(file))
    assert (ended.code, ended.out) == (0, "")
    assert "ew4all scenario check" in ended.err
    ended = ew4all("scenario", "check", str(file))
    assert ended.code == 0
    assert "no fault found" in ended.out
    assert "cell_broadcast, location_sms" in ended.out
    scenario = load_scenario(file)
    result = run_study(scenario.plan(), scenario.inputs())
    assert result.played.people.sum() == pytest.approx(111_454)
    assert result.played.totals.none.sum() < 60_000


def test_keys_that_a_new_scenario_proposes_exist(
    ew4all: Callable[..., Ended], tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    ew4all("scenario", "new", str(file))
    text = file.read_text("utf-8")
    proposed = re.findall(r"^#    (\w+: .*)$", text, re.MULTILINE)
    assert proposed
    for line in proposed:
        text = text.replace(f"#    {line}", f"     {line}")
    behaviour = re.search(r"^# (behaviour: .*)$", text, re.MULTILINE)
    assert behaviour is not None
    file.write_text(text.replace(behaviour[0], behaviour[1]), "utf-8")
    assert ew4all("scenario", "check", str(file)).code == 0


def test_nothing_is_written_over_unless_forced(
    ew4all: Callable[..., Ended], tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("kept", "utf-8")
    ended = ew4all("scenario", "new", str(file))
    assert ended.code == 2
    assert "--force" in ended.err
    assert file.read_text("utf-8") == "kept"
    assert ew4all("scenario", "new", str(file), "--force", "--from", "national-test").code == 0
    assert load_scenario(file).demo == "country"
    assert ew4all("scenario", "new", str(tmp_path / "no" / "x.yaml")).code == 1
    assert ew4all("scenario", "new", str(tmp_path / "x.yaml"), "--from", "nothing").code == 2


def test_check_tells_all_and_exits_with_2(ew4all: Callable[..., Ended], tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text_of("titel: x", "run: {seed: -1}"), "utf-8")
    ended = ew4all("scenario", "check", str(file))
    assert ended.code == 2
    assert ended.out == ""
    assert "line 4, column 1: titel" in ended.err
    assert "line 5, column 13: run.seed" in ended.err
    ended = ew4all("scenario", "check", str(file), "--json")
    assert ended.code == 2
    document: dict[str, Any] = json.loads(ended.out)
    assert document["ok"] is False
    assert [f["line"] for f in document["findings"]] == [4, 5]


def test_check_as_json_of_one_that_is_well(ew4all: Callable[..., Ended]) -> None:
    document = json.loads(ew4all("scenario", "check", "national-test", "--json").out)
    assert document["schema"] == "ew4all/scenario-check/1"
    assert document["ok"] is True
    assert document["channels"][0] == "cell_broadcast"


def test_schema_and_list(ew4all: Callable[..., Ended]) -> None:
    assert json.loads(ew4all("scenario", "schema").out)["$id"] == "ew4all/scenario/1"
    lines = ew4all("scenario", "list").out.splitlines()
    assert [line.partition("\t")[0] for line in lines] == [
        "grenada-beryl", "national-test", "valley-flash-flood"
    ]  # fmt: skip


def test_upgrade_adds_the_version_and_keeps_comments(
    ew4all: Callable[..., Ended], tmp_path: Path
) -> None:
    file = tmp_path / "old.yaml"
    file.write_text("# mine\ndemo: grenada   # why not\nchannels: [cell_broadcast]\n", "utf-8")
    assert ew4all("scenario", "check", str(file)).code == 2
    assert ew4all("scenario", "upgrade", str(file)).code == 0
    text = file.read_text("utf-8")
    assert text.startswith("schema: ew4all/scenario/1\n# mine\n")
    assert "# why not" in text
    assert ew4all("scenario", "check", str(file)).code == 0
    ended = ew4all("scenario", "upgrade", str(file))
    assert "nothing was written" in ended.err
    assert file.read_text("utf-8") == text
    other = tmp_path / "copy.yaml"
    assert ew4all("scenario", "upgrade", str(file), "--out", str(other)).code == 0
    assert other.read_text("utf-8") == text


def test_steps_between_versions_keep_order_and_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(document: Any) -> None:
        document["channels"] = document.pop("ways")

    monkeypatch.setattr(upgrades_, "NEWEST", 2)
    monkeypatch.setitem(upgrades_.STEPS, 1, rename)
    text = "schema: ew4all/scenario/1\ntitle: x  # said\nways: [radio]\nrun: {seed: 0x10}\n"
    newer, done = upgraded(text, "x.yaml")
    assert done == ["from version 1 to 2"]
    assert "schema: ew4all/scenario/2\ntitle: x  # said\n" in newer
    assert "channels: [radio]" in newer


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schema: ew4all/scenario/7\n", "newer"),
        ("schema: something/else\n", "versions are"),
        ("schema: ew4all/scenario/0\n", "versions are"),
        ("- 1\n", "no mapping"),
        ("a: [\n", "no YAML"),
    ],
)
def test_what_cannot_be_upgraded(text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        upgraded(text, "x.yaml")
