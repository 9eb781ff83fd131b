"""The report after an exercise: its facts, its files, and that nothing in it can be taken for a real alert."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from functools import cache

import geopandas as gpd
import pytest
from made_sessions import PLAYER, WEST, alert, begun, made, wall

from ew4all.exercises.after_action import after_action
from ew4all.report.document import items_of
from ew4all.report.exercise_document import report_of
from ew4all.report.exercise_outputs import write_report
from ew4all.sim.exercise import (
    After,
    Comparison,
    Condition,
    Expectation,
    Inject,
    claims_to_be_real,
)
from ew4all.sim.exercise_events import MessageSent, NoteWritten, ScoreGiven, Who

CALL = Inject("call", "A call", "=It floods.", time_s=300.0, audience=("nema",))
SHARE = Condition("people_warned_share", Comparison.AT_LEAST, 0.3)
EXPECTED = (
    Expectation("soon", "An alert within ten minutes", "warn", "nema", "call", 600.0, 2.0, "issue_alert"),
    Expectation("sirens", "Sirens", "warn", None, "call", 600.0, 1.0, "order_sirens"),
    Expectation("third", "A third is warned", "warn", None, None, None, 3.0, None, (SHARE,)),
    Expectation("calm", "They stay calm", "warn", points=1.0),
)  # fmt: skip


@cache
def played():
    """Return an exercise of an hour: a call at 5 min, an alert half an hour later in the west by one channel, a score, a lesson."""
    session = begun(made(CALL, expectations=EXPECTED, length_s=3600.0))
    session.do(wall(400.0), PLAYER, MessageSent(("met",), "-1 degree", "Is it real?"))
    issued = alert("flood", WEST, channels=("cell_broadcast",))
    session.do(wall(2100.0), PLAYER, issued)
    judge = Who("evaluator", None, "Jo")
    session.do(wall(2400.0), judge, ScoreGiven("calm", 0.5, "Mostly"))
    session.do(wall(2500.0), judge, NoteWritten("Nobody knew the rule.", is_lesson=True))
    session.advance(wall(3600.0))
    return session


@cache
def found():
    return after_action(played())


def _rows(path):
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def test_delays_are_against_the_plan():
    rows = {row.kind: row for row in found().rows}
    assert (rows["inject_fired"].time_s, rows["inject_fired"].delay_s) == (300.0, 0.0)
    issue = rows["alert_issued"]
    assert (issue.planned_s, issue.delay_s) == (900.0, 1200.0)
    assert rows["expected"].words == "not done from then on: sirens are sounded"
    assert rows["expected"].time_s is None
    assert rows["expected"].planned_s == 900.0


def test_what_came_before_it_was_expected_is_not_measured_against_it():
    early = Inject("late", "Later", "Now.", time_s=1200.0)
    due = (Expectation("update", "A message", "warn", "nema", "late", 300.0, 1.0, "send_message"),)
    session = begun(made(early, expectations=due, length_s=1800.0))
    session.do(wall(300.0), PLAYER, MessageSent(("met",), "Before", "It rains."))
    session.advance(wall(1800.0))
    rows = {row.kind: row for row in after_action(session).rows}
    assert rows["message_sent"].planned_s is None
    assert rows["expected"].planned_s == 1500.0


def test_a_team_that_was_quicker_than_the_plan_has_not_failed():
    """An alert before the inject from which on it is expected is done: a report that says it is not would be wrong."""
    session = begun(made(CALL, expectations=EXPECTED[:2], length_s=1800.0))
    session.do(wall(200.0), PLAYER, alert("flood"))
    session.advance(wall(1800.0))
    report = after_action(session, with_what_ifs=False)
    soon, sirens = report.scores["scores"]
    assert (soon["state"], soon["points"], soon["met_s"]) == ("early", None, 200.0)
    assert (sirens["state"], sirens["points"]) == ("missed", 0.0)
    assert [row.decision for row in report.rows if row.kind == "expected"] == ["order_sirens"]
    said = repr([section.blocks for section in report_of(report).sections])
    assert "Expected and not done: sirens are sounded." in said
    assert "done before it was expected, to be judged" in said


def test_injects_that_follow_a_decision_have_no_planned_time():
    asked = Inject("asked", "Asked", "Why?", after=After(decision="issue_alert", delay_s=60.0))
    then = Inject("then", "Then", "And?", after=After(inject="asked", delay_s=60.0))
    session = begun(made(asked, then, length_s=1200.0))
    session.do(wall(300.0), PLAYER, alert("flood"))
    session.advance(wall(1200.0))
    rows = [
        row for row in after_action(session, with_what_ifs=False).rows if row.kind == "inject_fired"
    ]
    assert [(row.time_s, row.planned_s) for row in rows] == [(360.0, None), (420.0, None)]


def test_alerts_stand_there_as_people_got_them():
    (section,) = (s for s in report_of(found()).sections if s.title == "Alerts and their texts")
    (row,) = section.blocks[0].rows
    assert row[1:5] == ("flood, issued", "Disaster agency", "cell broadcast", "en")
    assert row[5].startswith("EXERCISE: ")


def test_after_the_end_nothing_is_open():
    states = {one["state"] for one in found().scores["scores"]}
    assert "open" not in states


def test_scores_are_those_of_the_log_and_of_the_simulation():
    scores = {one["expectation"]: one for one in found().scores["scores"]}
    assert (scores["soon"]["state"], scores["soon"]["points"]) == ("late", 0.0)
    assert scores["sirens"]["state"] == "missed"
    assert (scores["calm"]["state"], scores["calm"]["points"]) == ("judged", 0.5)
    met_s = scores["third"]["met_s"]
    assert (met_s is not None) == (played().facts().value("people_warned_share") >= 0.3)
    assert met_s is None or (met_s >= 2100.0 and met_s % 30.0 == 0.0)


def test_what_if_is_a_branch_for_each_question():
    whole = {one.name: one for one in found().what_ifs}
    assert list(whole)[:4] == ["earlier-600", "earlier-1800", "when-known", "all-channels"]
    more = whole["all-channels"]
    warned = float(found().results.count("warned").mean)
    assert more.less["warned"] == pytest.approx(more.people["warned"] - warned)
    assert more.less["warned"] > 0.0
    wide = whole["larger-area"]
    assert wide.words == "The same alerts for everybody of the scenario"
    assert wide.less["warned"] > more.less["warned"] > 0.0
    assert wide.less["over_reach"] <= 0.0
    for one in whole.values():
        assert one.people or one.notes


def test_a_question_without_an_answer_is_told_with_its_reason():
    session = begun(made(length_s=900.0))
    session.do(wall(120.0), PLAYER, alert("flood"))
    session.advance(wall(900.0))
    whole = {one.name: one for one in after_action(session).what_ifs}
    assert all(not one.people for one in whole.values())
    told = {name: one.notes[0] for name, one in whole.items()}
    assert told["earlier-600"] == "could not be played: it went out 2 min after the start of the exercise"  # fmt: skip
    assert "all channels" in told["all-channels"]
    assert "whole area" in told["larger-area"]


def test_without_an_alert_there_is_a_report_too():
    session = begun(made(CALL, length_s=600.0))
    session.advance(wall(600.0))
    empty = after_action(session)
    assert empty.what_ifs == ()
    assert report_of(empty).notice


def test_without_a_hazard_nobody_is_in_time_for_it():
    summary = repr(report_of(found()).sections[0])
    assert "people, " in summary
    assert "would have been warned" in summary
    assert "in time" not in summary
    assert "at risk" not in summary


def test_every_missed_person_has_one_reason():
    data = found().to_dict()
    assert sum(data["missed_by_reason"].values()) == pytest.approx(data["people"]["missed"])
    json.dumps(data, allow_nan=False)


def test_the_document_has_a_table_of_lessons_to_fill_in():
    texts = str(list(items_of(report_of(found()))))
    assert "Nobody knew the rule." in texts
    assert "what is to change" in texts


def test_no_export_can_be_taken_for_a_real_alert(tmp_path):
    out = tmp_path / "report"
    write_report(out, found(), formats=("html", "docx"), settings={})
    names = {path.name for path in out.iterdir()}
    assert names == {
        "report.html", "report.docx", "report.json", "timeline.csv", "messages.csv", "scores.csv", "curves.csv", "zones.csv", "missed.csv",
        "what_if.csv", "lessons.csv", "exercise.gpkg", "run.json",
    }  # fmt: skip
    for path in out.iterdir():
        if path.suffix == ".gpkg":
            continue
        texts = [path.read_bytes()]
        if path.suffix == ".docx":
            with zipfile.ZipFile(path) as parts:
                texts = [parts.read(n) for n in parts.namelist() if n.endswith(".xml")]
            texts = [b"".join(texts)]
        for data in texts:
            text = data.decode("utf-8")
            assert "EXERCISE" in text.upper(), path.name
            assert not claims_to_be_real(text), path.name
    for layer in ("zones", "areas"):
        frame = gpd.read_file(out / "exercise.gpkg", layer=layer)
        assert len(frame)
        assert frame["notice"].str.startswith("EXERCISE").all()
    assert set(gpd.read_file(out / "exercise.gpkg", layer="areas")["status"]) == {"Exercise"}
    rows = _rows(out / "messages.csv")
    live = [row for row in rows if row["channel"] == "cell_broadcast"]
    assert live
    assert {row["message_identifier"] for row in live} <= {"4381", "4394"}
    assert all(row["status"] == "EXERCISE" for row in rows)
    assert all(row["text"].startswith("EXERCISE") for row in rows)
    assert any(row["text"] == "EXERCISE: Is it real? EXERCISE" for row in rows)
    by_zone = sum(float(row["missed"]) for row in _rows(out / "zones.csv"))
    by_reason = sum(float(row["people"]) for row in _rows(out / "missed.csv"))
    assert by_zone == pytest.approx(by_reason)
    assert by_reason == pytest.approx(float(found().results.count("missed").mean))
    played = {row["what_if"]: row for row in _rows(out / "what_if.csv")}
    assert float(played["all-channels"]["warned_difference"]) > 0.0
    assert [row["text"] for row in _rows(out / "lessons.csv")] == ["Nobody knew the rule."]


def test_a_cell_is_never_a_formula(tmp_path):
    write_report(tmp_path / "r", found(), formats=("html",), settings={})
    rows = _rows(tmp_path / "r" / "messages.csv")
    assert {row["title"] for row in rows} >= {"EXERCISE: -1 degree", "EXERCISE: A call"}
    rows = _rows(tmp_path / "r" / "timeline.csv")
    assert "'-1 degree" in {row["what"] for row in rows}


def test_the_same_log_gives_the_same_facts():
    assert after_action(played()).to_dict() == found().to_dict()
