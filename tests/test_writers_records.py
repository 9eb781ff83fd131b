"""JSON: one document, all digits, nothing that is not a number; and the record of a run."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from made_results import made_reach

from ew4all.errors import WriteError
from ew4all.results import PeopleCount
from ew4all.writers.folder import RECORD_SCHEMA, outputs_of
from ew4all.writers.records import json_text, write_json, write_record


def test_numbers_keep_all_digits(tmp_path: Path) -> None:
    document = {
        "third": 1 / 3,
        "numpy": np.float64(0.1),
        "count": np.int64(7),
        "name": "Vava\u02bbu",
    }
    write_json(tmp_path / "x.json", document)
    text = (tmp_path / "x.json").read_bytes().decode("utf-8")
    assert json.loads(text) == {"third": 1 / 3, "numpy": 0.1, "count": 7, "name": "Vava\u02bbu"}
    assert text.endswith("}\n")
    assert "Vava\u02bbu" in text


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float32("-inf"), object()])
def test_what_has_no_place_in_json_is_an_error(tmp_path: Path, value: object) -> None:
    with pytest.raises(WriteError, match="cannot be written as JSON"):
        write_json(tmp_path / "x.json", {"x": value})
    assert list(tmp_path.iterdir()) == []


def test_result_is_the_contract() -> None:
    document = json.loads(json_text(made_reach().to_dict()))
    assert document["schema"] == "ew4all/reach/1"
    assert document["people"]["covered"] == {"2g": 3000.0, "4g": 2000.0, "any": 3200.0}
    nothing = made_reach(people=PeopleCount(1.0, 1.0, 1.0, 1.0))
    assert "uncovered" not in json.loads(json_text(nothing.to_dict()))["people"]


def test_record_can_repeat_the_run_and_lists_its_files(tmp_path: Path) -> None:
    (tmp_path / "zones.csv").write_text("")
    settings = {"population": Path("people.tif"), "assume": {"has_phone": 0.9}, "workers": None}
    write_record(
        tmp_path,
        made_reach(),
        command="reach",
        settings=settings,
        sizes={"cells": 9},
        notice="demo",
    )
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert record["schema"] == RECORD_SCHEMA
    assert record["settings"] == {
        "population": "people.tif",
        "assume": {"has_phone": 0.9},
        "workers": None,
    }
    assert record["outputs"] == ["run.json", "zones.csv"]
    assert record["notice"] == "demo"
    assert record["notes"] == ["a ring was mended"]
    assert not {"time", "date", "seconds"} & set(record)
    assert outputs_of(tmp_path) == ["run.json", "zones.csv"]


def test_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    found = set()
    for name in "ab":
        (tmp_path / name).mkdir()
        write_record(tmp_path / name, made_reach(), command="reach", settings={}, sizes={})
        found.add((tmp_path / name / "run.json").read_bytes())
    assert len(found) == 1
