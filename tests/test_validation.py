"""Cases against published outcomes: they set what is known and nothing else, under one frozen set of numbers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from ew4all.errors import InputError, ReadError
from ew4all.validation.cases import BEHAVIOUR, KNOWN, OF_CHANNELS, load_case
from ew4all.validation.frozen import changed, parameters
from ew4all.validation.playing import outcome
from ew4all.validation.table import compare, markdown

if TYPE_CHECKING:
    from pathlib import Path

LEAST = """
case: Made up
kind: alert
place: nowhere
date: 2020-01-02
known:
  hour: {value: 12, source: told, date: 2020}
  channels: {value: [cell_broadcast], source: told, date: 2020}
score:
  - {what: cell_broadcast, low: 0, high: 1, published: "?", source: told, date: 2020}
"""

MISSED: set[tuple[str, str, float | None]] = set()
"""Outcomes that the frozen set misses: told as misses in validation/README.md, and to be taken from here once they are met."""


@pytest.fixture(scope="module")
def cases(repository: Path) -> list[Path]:
    return sorted((repository / "validation" / "cases").glob("*.yaml"))


def made(folder: Path, *changes: tuple[str, str]) -> Path:
    text = LEAST
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "made.yaml"
    path.write_text(text, "utf-8")
    return path


def test_no_case_sets_anything_but_what_is_known(cases: list[Path]) -> None:
    """Read by itself, so that a reader that forgives is found out."""
    allowed = {
        "hour", "until_hour", "channels", "coverage", "people", "sirens", "sites_out", "channel_shares", "phone_owned",
        "phone_on_awake", "phone_on_asleep", "opted_out", "capable_2g", "capable_3g", "capable_4g", "capable_5g", "app_installed",
        "web_push_subscribed", "sms_enrolled", "sms_rate_per_s",
    }  # fmt: skip
    assert set(KNOWN) == allowed
    assert {*BEHAVIOUR, *OF_CHANNELS} <= allowed
    assert len(cases) >= 9
    for path in cases:
        document = YAML(typ="safe").load(path.read_text("utf-8"))
        assert set(document) <= {"case", "kind", "place", "date", "known", "score", "check"}, path
        assert set(document["known"]) <= allowed, path
        for said in document["known"].values():
            assert set(said) == {"value", "source", "date"}, path
            assert said["source"], path
            assert str(said["date"])[:4].isdecimal(), path


@pytest.mark.parametrize(
    "key", ["told_per_min", "noticed_awake", "behaviour", "core_median_s", "seed"]
)
def test_any_other_key_is_refused(key: str, tmp_path: Path) -> None:
    line = f"  {key}: {{value: 0.5, source: told, date: 2020}}\nscore:"
    with pytest.raises(InputError, match=f"sets '{key}', which no case may"):
        load_case(made(tmp_path, ("score:", line)))


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("kind: alert", "kind: guess", "must be one of alert, outage, issuance"),
        ("place: nowhere\n", "", "needs the key 'place'"),
        ("place: nowhere", "place: nowhere\ntune: 1", "has no key 'tune'"),
        ("source: told, date: 2020}\n  ch", "date: 2020}\n  ch", "hour needs value, source and date"),
        ("source: told, date: 2020}\n  ch", "source: '', date: 2020}\n  ch", "hour has no source"),
        ("value: 12", "value: noon", "must be a finite number of 0 or more"),
        ("[cell_broadcast]", "[pigeon]", "there is no channel 'pigeon'"),
        ("date: 2020-01-02", "date: long ago", "is no date"),
        ("low: 0, high: 1", "low: 1, high: 0", "the band 1 to 0 of cell_broadcast is empty"),
        ("low: 0, high: 1, ", "low: 0, ", "a target needs 'high'"),
        ("low: 0, high: 1", "low: 0, high: 1, hint: 2", "a target has no key 'hint'"),
        ("channels:", "phone_owned: {value: 1.2, source: told, date: 2020}\n  channels:", "a share lies in 0..1"),
        ("channels:", "coverage: {value: {4g: 0.9, 2g: 0.2}, source: told, date: 2020}\n  channels:", "add up to more than 1"),
        ("channels:", "sirens: {value: {125: 3}, source: told, date: 2020}\n  channels:", "needs ratings .* and area_km2"),
        ("score:", "scores:", "has no key 'scores'"),
    ],
)  # fmt: skip
def test_cases_that_are_wrong(old: str, new: str, match: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=match):
        load_case(made(tmp_path, (old, new)))


def test_files_that_are_no_cases(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="cannot be read"):
        load_case(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("case: [", "utf-8")
    with pytest.raises(ReadError, match="cannot be read"):
        load_case(tmp_path / "bad.yaml")
    (tmp_path / "list.yaml").write_text("- 1\n", "utf-8")
    with pytest.raises(InputError, match="must hold keys and values"):
        load_case(tmp_path / "list.yaml")


def test_a_short_case_of_another_place_runs(tmp_path: Path) -> None:
    full = outcome(case := load_case(made(tmp_path)), case.targets[0])
    owned = ("channels:", "phone_owned: {value: 0.485, source: told, date: 2020}\n  channels:")
    half = outcome(case := load_case(made(tmp_path, owned)), case.targets[0])
    assert half == pytest.approx(full * 0.485 / parameters()["behaviour.phone_owned"], rel=1e-3)
    night = outcome(case := load_case(made(tmp_path, ("value: 12", "value: 3"))), case.targets[0])
    assert night < 0.75 * full


def test_the_frozen_set_is_that_of_the_code(repository: Path) -> None:
    """After a change that is meant: ``python -m ew4all.validation --freeze``, and tell what became of the table."""
    frozen = json.loads((repository / "validation" / "parameters.json").read_text("utf-8"))
    assert changed(frozen) == []
    assert changed({**frozen, "tv.noticed": 0.1}) == [
        f"tv.noticed is {frozen['tv.noticed']}, was 0.1"
    ]


def test_the_table_is_the_one_that_is_written_down(repository: Path, cases: list[Path]) -> None:
    found = [one for path in cases for one in compare(load_case(path))]
    missed = {(one.case.name, one.target.what, one.target.day) for one in found if not one.is_met}
    assert missed == MISSED
    assert sum(one.target.scored for one in found) == 8
    assert all(one.target.input_of_target for one in found if not one.target.scored)
    page = (repository / "validation" / "README.md").read_text("utf-8")
    assert f"<!-- table -->\n{markdown(found)}" in page
    assert "validation/README.md" in (repository / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_one_command_prints_the_table(repository: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "ew4all.validation"], cwd=repository, capture_output=True, text=True, check=True
    )  # fmt: skip
    assert ended.stderr == ""
    assert ended.stdout in (repository / "validation" / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("what: cell_broadcast", "what: foo", "nothing that a case can be compared with"),
        ("low: 0.7", "low: abc", "must be numbers"),
        ("low: 0.7, high: 0.9", "low: 70, high: 90", "60 % is 0.6"),
        ("value: [cell_broadcast]", "value: 5", "must be a list of channels"),
        ("value: 13", "value: 99", "lies in 0..24"),
        ("value: 13", "value: .inf", "finite number"),
        ("channels: {value: [cell_broadcast]", "people: {value: 5", "names no channel"),
    ],
)
def test_a_case_that_cannot_be_played_is_refused(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    text = """\
case: Somewhere 2023
kind: alert
place: Somewhere
date: 2023-05-03
known:
  hour: {value: 13, source: here, date: 2023}
  channels: {value: [cell_broadcast], source: here, date: 2023}
score:
  - {what: cell_broadcast, low: 0.7, high: 0.9, published: "80 %", source: here, date: 2023}
"""
    path = tmp_path / "somewhere.yaml"
    path.write_text(text, "utf-8")
    load_case(path)
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")
    with pytest.raises(InputError, match=re.escape(said)):
        load_case(path)
