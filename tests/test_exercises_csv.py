"""Lists of injects as CSV."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from made_exercises import EXERCISE

from ew4all.errors import ExerciseError, OptionError, ReadError
from ew4all.exercises.csv_lists import csv_of
from ew4all.exercises.importing import ListOptions, import_exercise

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.exercises.importing import Imported

HEAD = "No,Time,From,To,Text"


def read(path: Path, content: str | bytes, **options: Any) -> Imported:
    file = path / "list.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return import_exercise(file, ListOptions(**{"scenario": "valley-flash-flood", **options}))


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_comma_semicolon_and_tab_separate(tmp_path: Path, sign: str) -> None:
    text = (
        HEAD.replace(",", sign)
        + "\r\n"
        + sign.join(("1", "0:05", "A", "B", '"x, y; z\nsecond line"'))
    )
    inject = read(tmp_path, text).exercise.injects[0]
    assert inject.text == "x, y; z\nsecond line"
    assert (inject.time_s, inject.sender) == (300.0, "A")


def test_text_in_utf_16_and_with_a_mark(tmp_path: Path) -> None:
    rows = f"{HEAD}\n1,0:05,Météo,Équipe,Crue éclair"
    for encoding in ("utf-16", "utf-8-sig", "utf-8"):
        assert read(tmp_path, rows.encode(encoding)).exercise.injects[0].text == "Crue éclair"
    with pytest.raises(ReadError, match=r"no text in UTF-8 \(byte 29\); save it as `CSV UTF-8`"):
        read(tmp_path, rows.encode("latin-1"))


def test_each_row_is_marked_and_none_is_real(tmp_path: Path) -> None:
    lines = csv_of(EXERCISE).splitlines()
    assert lines[0].startswith("status,id,time")
    assert sum(line.startswith("EXERCISE,") for line in lines) == len(EXERCISE.injects)
    assert "Actual" not in csv_of(EXERCISE)
    with pytest.raises(
        ExerciseError, match=r"row 2, column A \(status\): an inject of an exercise is never Actual"
    ):
        read(tmp_path, "status,time,text\nActual,0:05,x")


@pytest.mark.parametrize(
    "text", ["=1+1", "+49 30 1", "-", "@SUM(A1)", "'=1", "''=1", "'quoted'", "\ttab"]
)
def test_no_cell_is_a_formula_and_the_text_comes_back(tmp_path: Path, text: str) -> None:
    sly = replace(EXERCISE.injects[0], text=text)
    base = replace(EXERCISE, injects=(sly,), expectations=())
    written = csv_of(base)
    assert f",{text}," not in written or text.startswith("'q")
    file = tmp_path / "a.csv"
    file.write_text(written, "utf-8", newline="")
    assert import_exercise(file, ListOptions(base=base)).exercise == base


def test_injects_go_into_an_exercise_by_the_names_of_its_teams(tmp_path: Path) -> None:
    text = 'ID,Time,From,To,Text\ngauge,0:05,A,"MAYOR\'S OFFICE, duty",x\n'
    found = read(tmp_path, text, base=EXERCISE, scenario=None)
    assert found.exercise.injects[0].audience == ("mayor", "duty")
    assert found.exercise.teams == EXERCISE.teams
    with pytest.raises(ExerciseError, match=r"row 2, column D \(to\): there is no team 'Police'"):
        read(tmp_path, text.replace("duty", "Police"), base=EXERCISE, scenario=None)
    # What the exercise scores must still be there.
    with pytest.raises(ExerciseError, match=r"expectations\.0\.after: there is no inject 'gauge'"):
        read(tmp_path, text.replace("gauge", "other"), base=EXERCISE, scenario=None)


def test_two_names_in_other_letters_are_two_teams(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEAD}\n1,0:05,A,气象局,x\n2,0:06,A,警察,x\n3,0:07,A,气象局; 警察,x")
    assert [team.identifier for team in found.exercise.teams] == ["team-1", "team-2"]
    assert found.exercise.injects[2].audience == ("team-1", "team-2")


def test_files_that_are_no_list(tmp_path: Path) -> None:
    for content, said in (
        (b'a,b\n"x', "this is no CSV"),
        (b"a\0b", "zero bytes"),
        (b"PK\x03\x04\0\0", "zero bytes"),
    ):
        with pytest.raises(ReadError, match=said):
            read(tmp_path, content)
    many = f"{HEAD}\n" + "1,0:05,A,B,x\n" * 5_001
    with pytest.raises(ReadError, match=r"row 5001: a list has at most 5,000 rows"):
        read(tmp_path, many)
    with pytest.raises(OptionError, match="none of that name"):
        read(tmp_path, f"{HEAD}\n1,0:05,A,B,x", sheet="One")
