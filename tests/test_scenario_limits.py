"""Scenario files that are far too large, or have very many faults: the true cause, and few words."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

import pytest
from command_line import command_line
from made_scenarios import text_of

from ew4all.errors import ScenarioError
from ew4all.scenario import load_scenario, yaml_text
from ew4all.scenario.findings import MOST_KEPT, MOST_SHOWN
from ew4all.scenario.yaml_text import read_marked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Ended


def error_of(folder: Path, *lines: str) -> ScenarioError:
    path = folder / "large.yaml"
    path.write_text(text_of(*lines), "utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    return caught.value


def test_a_long_list_is_told_with_the_limit_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_text, "_MOST_VALUES", 100)
    error = error_of(tmp_path, "decisions:", *["  - {at: 1 h, cancel: alert}"] * 60)
    assert len(error.findings) == 1
    finding = error.findings[0]
    assert "more than 100 values" in finding.message
    assert "files of their own" in finding.message
    assert "alias" not in finding.message
    assert finding.line > 30
    assert "None" not in str(error)


def test_the_limit_itself_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    # The document, its list, and what is in it.
    monkeypatch.setattr(yaml_text, "_MOST_VALUES", 10)
    assert read_marked("a: [1, 2, 3, 4, 5, 6, 7, 8]\n").findings == []
    assert len(read_marked("a: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n").findings) == 1


@pytest.mark.parametrize(
    ("text", "said", "not_said"),
    [
        ("a: &a [*a]\n", "stands within what it names", "values"),
        ("a: " + "[" * 60 + "]" * 60 + "\n", "more than 50 deep", "alias"),
        (
            "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b]\n",
            "with its aliases written out the file has more than 100 values",
            "own",
        ),
    ],
)
def test_each_cause_has_its_own_words(
    text: str, said: str, not_said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_text, "_MOST_VALUES", 100)
    read = read_marked(text)
    assert read.value is None
    assert len(read.findings) == 1
    assert said in read.findings[0].message
    assert not_said not in read.findings[0].message


def test_very_many_faults_are_counted_and_the_first_are_shown(tmp_path: Path) -> None:
    error = error_of(tmp_path, *[f"key{k}: 1" for k in range(1000)])
    lines = str(error).splitlines()
    assert "has 1,000 faults" in lines[0]
    assert len(lines) == 1 + MOST_SHOWN + 1
    assert "line 4, column 1: key0: there is no key 'key0' here" in lines[1]
    assert lines[-1].strip() == f"and {1000 - MOST_SHOWN} more"
    assert len(error.findings) == MOST_KEPT
    assert error.more == 1000 - MOST_KEPT
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.findings, again.more) == (str(error), error.findings, error.more)


def test_twenty_faults_are_all_shown(tmp_path: Path) -> None:
    error = error_of(tmp_path, *[f"key{k}: 1" for k in range(MOST_SHOWN)])
    assert "more" not in str(error).splitlines()[-1]
    assert len(error.findings) == MOST_SHOWN
    assert error.more == 0


def test_faults_between_sections_are_counted_too(tmp_path: Path) -> None:
    error = error_of(tmp_path, "decisions:", *["  - {at: 9 h, cancel: other}"] * 300)
    assert len(error.findings) == MOST_KEPT
    assert error.more == 2 * 300 - MOST_KEPT


def test_very_long_words_are_cut(tmp_path: Path) -> None:
    error = error_of(
        tmp_path, f"{'k' * 900}: 1", "title: [" + "x" * 5000 + "]", f"zero: {'9' * 9000}"
    )
    assert len(error.findings) == 3
    assert len(str(error)) < 6000


def test_what_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    error = error_of(tmp_path, "run: {seed: !!binary aGk=, tick: !x 5}")
    assert [one.path for one in error.findings] == ["run.seed", "run.tick"]
    assert all("tag" in one.message for one in error.findings)


def test_json_is_bounded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ew4all: Callable[..., Ended] = command_line(monkeypatch, capsys)
    file = tmp_path / "large.yaml"
    file.write_text(text_of(*[f"key{k}: 1" for k in range(3000)]), "utf-8")
    ended = ew4all("scenario", "check", str(file), "--json")
    assert ended.code == 2
    document = json.loads(ended.out)
    assert len(document["findings"]) == MOST_KEPT
    assert document["more"] == 3000 - MOST_KEPT
    assert len(ended.out) < 100_000
