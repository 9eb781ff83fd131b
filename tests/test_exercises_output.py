"""What leaves an exercise: logs in files, alerts that can warn nobody, the folder, and the command line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from made_sessions import BOSS, EAST, HOURS_2, PLAYER, START, WEST, alert, begun, made, wall
from typer.testing import CliRunner

from ew4all.alerts.cap import MsgType, Status
from ew4all.alerts.cap_xml import read_alerts
from ew4all.alerts.drill import DrillIdentifier, DrillStatus
from ew4all.cli import app
from ew4all.errors import ExerciseLogError, ReadError, WriteError
from ew4all.exercises.drill_alerts import sent_of
from ew4all.exercises.log_file import open_log, read_log_file
from ew4all.exercises.outcomes import results_at
from ew4all.exercises.output import write_exercise
from ew4all.sim.exercise import Inject
from ew4all.sim.exercise_events import (
    AlertCancelled,
    AlertContent,
    AlertUpdated,
    NoteWritten,
    Started,
    Words,
)

if TYPE_CHECKING:
    from pathlib import Path

EXERCISE = """\
schema: ew4all/exercise/1
id: made
title: Made for tests
scenario: national-test
length: 2 h
teams: [{id: nema, name: Disaster agency}]
injects:
  - {id: storm, at: 10 min, title: Storm, text: It comes.}
  - {id: call, when: [people_warned_share >= 30 %], title: Call, text: They call.}
"""
SCRIPT = """\
- at: 40 min
  by: nema
  alert_issued:
    alert: flood
    national: true
    duration: 1 h
    area: {type: Polygon, coordinates: [[[-149, -33], [-144, -33], [-144, -26], [-149, -26], [-149, -33]]]}
    words: {en: Go up the hill., fr: "Montez sur la colline."}
"""
runner = CliRunner()


def busy():
    """Return a session in which alerts were issued, updated and cancelled."""
    session = begun(made(Inject("storm", "Storm", "x", time_s=60.0)))
    words = (Words("en", "Go up the hill."), Words("fr", "Montez."))
    session.do(wall(600.0), PLAYER, alert("a", WEST, words=words))
    session.do(wall(900.0), PLAYER, AlertUpdated("a", AlertContent(EAST, words=words[:1])))
    session.do(wall(1200.0), PLAYER, alert("b", None, channels=("radio",), words=()))
    session.do(wall(1500.0), PLAYER, AlertCancelled("a"))
    session.advance(wall(HOURS_2 + 1.0))
    return session


def test_alerts_of_an_exercise_are_exercises_and_nothing_else() -> None:
    sent = sent_of(busy())
    assert [one.alert.msg_type for one in sent] == [
        MsgType.ALERT, MsgType.UPDATE, MsgType.ALERT, MsgType.CANCEL,
    ]  # fmt: skip
    for one in sent:
        assert one.alert.status is DrillStatus.EXERCISE
        assert one.alert.alert.status is Status.EXERCISE
        assert b"<status>Exercise</status>" in one.cap
        assert b"Actual" not in one.cap
        assert all(info.description.startswith("EXERCISE") for info in one.alert.infos)
        for message in one.messages:
            assert message.message_identifier in (
                DrillIdentifier.EXERCISE, DrillIdentifier.EXERCISE_ADDITIONAL_LANGUAGE,
            )  # fmt: skip
            assert message.text.startswith("EXERCISE")
    assert [len(one.messages) for one in sent] == [2, 1, 0, 0]
    assert sent[1].alert.references[0].identifier == sent[0].alert.identifier
    assert sent[3].alert.references[0].identifier == sent[1].alert.identifier
    assert len({one.alert.identifier for one in sent}) == 4
    assert len(sent[0].alert.infos[0].areas[0].polygons[0].points) == 5


def test_alerts_of_an_exercise_are_valid_cap() -> None:
    for one in sent_of(busy()):
        (read,) = read_alerts(one.cap, "alert.xml")
        assert read.alert.status is Status.EXERCISE
        assert read.alert == one.alert.alert
        assert not [finding for finding in read.findings if finding.severity == "error"]


def test_the_lock_holds_over_every_file_and_the_bytes_repeat(tmp_path: Path) -> None:
    session = busy()
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        write_exercise(folder, session, results_at(session), command="test", settings={})
    names = sorted(p.name for p in folders[0].iterdir())
    assert names == [
        "alert-3.xml", "alert-4.xml", "alert-5.xml", "alert-6.xml", "curves.parquet", "events.parquet", "exercise.jsonl",
        "messages.json", "run.json", "summary.json", "zones.gpkg",
    ]  # fmt: skip
    for name in names:
        data = (folders[0] / name).read_bytes()
        assert data == (folders[1] / name).read_bytes(), name
        assert not re.search(rb"status\W{0,12}actual\b", data, re.IGNORECASE), name
    summary = json.loads((folders[0] / "summary.json").read_text())
    assert summary["exercise"]["status"] == "Exercise"
    assert summary["title"].startswith("EXERCISE")
    assert "EXERCISE" in json.loads((folders[0] / "run.json").read_text())["notice"]
    live = range(4370, 4380)
    messages = json.loads((folders[0] / "messages.json").read_text())["messages"]
    assert messages
    assert all(one["message_identifier"] not in live for one in messages)


def test_a_log_in_a_file_survives_a_crash_in_every_byte(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    log = open_log(file).log
    assert not file.exists()
    log.append(START, 0.0, BOSS, Started("made", ""))
    log.append(START, 5.0, BOSS, NoteWritten("first"))
    whole = file.read_bytes()
    log.append(START, 6.0, BOSS, NoteWritten("second"))
    every = file.read_bytes()
    for cut in range(len(whole), len(every)):
        file.write_bytes(every[:cut])
        read = open_log(file)
        lacks_end_alone = cut == len(every) - 1
        assert len(read.log) == (3 if lacks_end_alone else 2)
        assert (read.dropped is None) == (cut == len(whole) or lacks_end_alone)
        read.log.append(START, 7.0, BOSS, NoteWritten("after"))
        again = read_log_file(file)
        assert again.dropped is None
        assert list(again.log) == list(read.log)


def test_a_log_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="cannot be read"):
        read_log_file(tmp_path / "none.jsonl")
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{}\n")
    with pytest.raises(ExerciseLogError, match="line 1"):
        open_log(broken)
    assert broken.read_text() == "{}\n"
    nowhere = open_log(tmp_path / "no" / "folder.jsonl").log
    with pytest.raises(WriteError, match="nothing was added"):
        nowhere.append(START, 0.0, BOSS, Started("made", ""))
    assert len(nowhere) == 0


def test_play_replay_and_branch_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "exercise.yaml").write_text(EXERCISE)
    (tmp_path / "script.yaml").write_text(SCRIPT)
    (tmp_path / "sooner.yaml").write_text("{at: 15 min, by: nema, alert_issued: {alert: flood}}")
    out = tmp_path / "out"
    common = ["exercise", "play", str(tmp_path / "exercise.yaml"), "--script", str(tmp_path / "script.yaml")]  # fmt: skip
    found = runner.invoke(app, [*common, "--out", str(out), "--json", "--quiet"])
    assert found.exit_code == 0, found.output
    summary = json.loads(found.stdout)
    assert summary["exercise"]["alerts"]["flood"]["issued_s"] == 2400.0
    assert summary["exercise"]["injects"]["call"]["status"] == "fired"
    log = str(out / "exercise.jsonl")
    of = ["--exercise", str(tmp_path / "exercise.yaml"), "--json", "--quiet"]
    again = runner.invoke(app, ["exercise", "replay", log, "--out", str(tmp_path / "again"), *of])
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout) == summary
    for name in ("exercise.jsonl", "summary.json", "curves.parquet", "events.parquet", "zones.gpkg", "messages.json"):  # fmt: skip
        assert (out / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
    early = runner.invoke(app, ["exercise", "replay", log, "--at", "20 min", *of])
    assert json.loads(early.stdout)["warned"]["any"]["mean"] == 0.0
    what_if = ["--decision", str(tmp_path / "sooner.yaml"), "--until", "30 min", "--out", str(tmp_path / "if")]  # fmt: skip
    branched = runner.invoke(app, ["exercise", "branch", log, *what_if, *of])
    assert branched.exit_code == 0, branched.output
    document = json.loads(branched.stdout)
    assert document["difference"]["warned"]["mean"] > 1e7
    assert document["branch"]["from_s"] == 900.0
    assert json.loads((tmp_path / "if" / "compare.json").read_text()) == document
    table = runner.invoke(app, ["exercise", "branch", log, *what_if[:4], *of[:2]])
    assert "EXERCISE" in table.output


def test_a_decision_of_a_script_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "exercise.yaml").write_text(EXERCISE)
    script = tmp_path / "script.yaml"
    script.write_text(
        "- {at: 20 min, by: nema, alert_updated: {alert: flood, words: {en: Go up.}}}\n"
    )
    found = runner.invoke(app, ["exercise", "play", str(tmp_path / "exercise.yaml"), "--script", str(script)])  # fmt: skip
    assert found.exit_code == 2, found.output
    said = " ".join(found.output.split())
    assert "script.yaml, alert_updated at 10:50: there is no alert 'flood' on air" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["play", "made-up"], "no exercise file"),
        (["play", "EXERCISE", "--speed", "fast"], "`max` or a number"),
        (["play", "EXERCISE", "--speed", "500"], "is not possible"),
        (["play", "EXERCISE", "--assume", "satelite_delay_s=3"], "satelite_delay_s"),
        (["replay", "none.jsonl"], "cannot be read"),
        (["replay", "EMPTY"], "has no start"),
        (["branch", "LOG"], "begins at a moment"),
        (["replay", "LOG", "--at", "soon"], "no moment"),
        (["replay", "OTHER"], "is of the exercise"),
    ],
)
def test_what_the_command_line_refuses(arguments: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "exercise.yaml").write_text(EXERCISE)
    (tmp_path / "empty.jsonl").write_text("")
    for name in ("made", "other"):
        event = {
            "sequence": 1,
            "wall": START.isoformat(),
            "time_s": 0.0,
            "kind": "started",
            "who": {"role": "facilitator"},
        }
        event["payload"] = {"exercise": name, "digest": "", "speed": 1.0, "seed": 0}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(event) + "\n")
    files = {"EXERCISE": "exercise.yaml", "EMPTY": "empty.jsonl", "LOG": "made.jsonl", "OTHER": "other.jsonl"}  # fmt: skip
    given = [str(tmp_path / files[one]) if one in files else one for one in arguments]
    found = runner.invoke(app, ["exercise", *given])
    assert found.exit_code == 2, found.output
    assert said in " ".join(found.output.split())
    assert "Traceback" not in found.output
