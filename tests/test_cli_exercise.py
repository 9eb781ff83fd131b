"""`ew4all exercise` as a user calls it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import openpyxl
import pytest
from command_line import command_line
from made_workbooks import HEADER, ROW, workbook

from ew4all.exercises import load_exercise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Ended


@pytest.fixture
def ew4all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:  # fmt: skip
    return command_line(monkeypatch, capsys)


def test_a_new_exercise_is_well(ew4all: Callable[..., Ended], tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    ended = ew4all("exercise", "new", str(folder))
    assert (ended.code, ended.out) == (0, "")
    assert "ew4all exercise check" in ended.err
    ended = ew4all("exercise", "check", str(folder))
    assert ended.code == 0
    assert "no fault found" in ended.out
    assert "title: EXERCISE: My exercise" in ended.out
    assert "status: Exercise" in ended.out
    ended = ew4all("exercise", "new", str(folder))
    assert ended.code == 2
    assert "--force" in ended.err
    assert (
        ew4all("exercise", "new", str(folder), "--force", "--from", "valley-night", "-h").code == 0
    )
    assert ew4all("exercise", "new", str(folder), "--force", "--from", "valley-night").code == 0
    assert load_exercise(folder).exercise == load_exercise("valley-night").exercise


def test_the_timeline_says_when_each_could_come(ew4all: Callable[..., Ended]) -> None:
    out = ew4all("exercise", "check", "caribbean-cascade", "--timeline").out
    assert "T+5:45  landslide: A slope has come down (after rain + 25 min)" in out
    assert "first-sites: A third of the sites is silent (sites_out_share >= 30 %)" in out
    assert "(by hand)" in out


def test_check_as_json(ew4all: Callable[..., Ended], tmp_path: Path) -> None:
    ended = ew4all("exercise", "check", "trainers-tabletop", "--json")
    told = json.loads(ended.out)
    assert (ended.code, told["ok"], told["schema"]) == (0, True, "ew4all/exercise-check/1")
    assert told["status"] == "Exercise"
    assert told["timeline"][0]["earliest_s"] == 0.0
    ew4all("exercise", "new", str(tmp_path / "a"))
    file = tmp_path / "a" / "exercise.yaml"
    file.write_text(file.read_text("utf-8").replace("to: [duty]", "to: [x]", 1), "utf-8")
    ended = ew4all("exercise", "check", str(file), "--json")
    told = json.loads(ended.out)
    assert (ended.code, told["ok"]) == (2, False)
    assert told["findings"][0]["path"] == "injects.0.to.0"
    assert told["findings"][0]["line"] > 30
    ended = ew4all("exercise", "check", str(file))
    assert ended.code == 2
    assert "there is no team 'x'" in ended.err


def test_the_library_is_listed(ew4all: Callable[..., Ended]) -> None:
    out = ew4all("exercise", "list").out
    assert [line.split("\t")[0] for line in out.splitlines()] == [
        "caribbean-cascade", "trainers-tabletop", "valley-night",
    ]  # fmt: skip
    told = json.loads(ew4all("exercise", "list", "--json").out)
    assert {one["status"] for one in told["exercises"]} == {"Exercise"}


def test_there_and_back_loses_nothing(ew4all: Callable[..., Ended], tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    ew4all("exercise", "new", str(folder), "--from", "valley-night")
    book = folder / "msel.xlsx"
    assert ew4all("exercise", "convert", str(folder), str(book)).code == 0
    before = load_exercise(folder).exercise
    (folder / "exercise.yaml").unlink()
    ended = ew4all("exercise", "convert", str(book), str(folder / "exercise.yaml"))
    assert ended.code == 0
    assert "Note" not in ended.err
    assert load_exercise(folder).exercise == before
    assert ew4all("exercise", "check", str(book)).code == 0
    ended = ew4all("exercise", "convert", str(book), str(tmp_path / "msel.csv"))
    assert "injects alone" in ended.err
    ended = ew4all(
        "exercise",
        "convert",
        str(tmp_path / "msel.csv"),
        str(tmp_path / "b.yaml"),
        "--into",
        str(folder),
    )
    assert ended.code == 0
    assert "put them beside it: facilitator-guide.md" in ended.err


def test_a_list_of_somebody(ew4all: Callable[..., Ended], tmp_path: Path) -> None:
    german = ("Wann", "Was", "Wer")
    book = workbook(tmp_path / "liste.xlsx", [german, ("09:15", "Der Pegel steigt.", "Amt")])
    out = tmp_path / "e.yaml"
    asked = (
        "exercise",
        "convert",
        str(book),
        str(out),
        "--scenario",
        "valley-flash-flood",
        "--starts",
        "08:30",
        "--title",
        "Hochwasser",
    )
    ended = ew4all(*asked)
    assert ended.code == 2
    assert "--column text=HEADER" in ended.err
    ended = ew4all(*asked, "--column", "at=Wann", "--column", "text=Was", "--column", "to=Wer")
    assert ended.code == 0
    assert "Note: columns: at=Wann" in ended.err
    exercise = load_exercise(out).exercise
    assert (exercise.title, exercise.injects[0].time_s) == ("Hochwasser", 2700.0)
    ended = ew4all(*asked, "--column", "at=Wann", "--column", "text=Was")
    assert ended.code == 2
    assert "is there already" in ended.err


def test_what_cannot_be_converted(ew4all: Callable[..., Ended], tmp_path: Path) -> None:
    book = str(workbook(tmp_path / "a.xlsx", [HEADER, ROW]))

    def refused(*arguments: str) -> str:
        ended = ew4all("exercise", "convert", *arguments)
        assert ended.code == 2, ended
        return ended.err

    assert "cannot be written; write .yaml" in refused(book, str(tmp_path / "a.pdf"))
    assert "say on which scenario" in refused(book, str(tmp_path / "a.yaml"))
    assert "say how a spreadsheet is read" in refused(
        "valley-night", str(tmp_path / "a.yaml"), "--starts", "08:00"
    )
    assert "there is no file" in refused(str(tmp_path / "b.csv"), str(tmp_path / "a.yaml"))
    told = refused(book, str(tmp_path / "a.yaml"), "--scenario", "atlantis")
    assert "there is no scenario atlantis" in told
    assert not (tmp_path / "a.yaml").exists()
    ended = ew4all("exercise", "convert", "valley-night", str(tmp_path / "none" / "a.yaml"))
    assert (ended.code, "cannot be written" in ended.err) == (1, True)


def test_faults_of_a_workbook_are_told_with_their_cells(ew4all: Callable[..., Ended], tmp_path: Path) -> None:  # fmt: skip
    file = tmp_path / "a.xlsx"
    ew4all("exercise", "convert", "valley-night", str(file))
    book = openpyxl.load_workbook(file)
    book["Injects"]["B4"] = "whenever"
    book.save(file)
    ended = ew4all("exercise", "check", str(file))
    assert ended.code == 2
    assert "sheet Injects, row 4, column B (at): 'whenever' is no time" in ended.err
    told = json.loads(ew4all("exercise", "check", str(file), "--json").out)
    assert told["findings"][0] == {
        "line": 4, "column": 2, "path": "sheet Injects, row 4, column B (at)",
        "message": "'whenever' is no time; write it after the start, as 1:30, T+1:30, 90 min or 1 h 30 min",
    }  # fmt: skip
