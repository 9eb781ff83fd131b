"""The engine of an exercise, asked as the service asks it, with times of day that the test gives."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from made_exercise_service import ALERT, YAML

from ew4all.api.exercises.play import Play
from ew4all.api.problems import Problem

BEGAN = dt.datetime(2026, 6, 1, 8, 0, tzinfo=dt.UTC)
LEAD = {"role": "facilitator", "team": None, "name": "Ana"}
OPTIONS = {"seed": 1, "report_delay_s": 60.0}


def wall(seconds: float) -> str:
    return (BEGAN + dt.timedelta(seconds=seconds)).isoformat()


def begun(log: list[str] | None = None, at_s: float = 0.0) -> Play:
    return Play(YAML, {}, "valley-flash-flood", OPTIONS, log or [], wall(at_s))


def settled(play: Play, at_s: float) -> dict[str, Any]:
    """Return a tick whose picture is that of its moment."""
    while (answer := play.answer("tick", {"wall": wall(at_s)}))["state"]["is_late"]:
        assert play.painter.wait(120.0)
    return answer


@pytest.fixture(scope="module")
def play() -> Play:
    """Begun at 10 times the speed of the room; an alert after two minutes of the exercise."""
    found = begun()
    act(found, 0.0, "clock", given={"do": "start", "speed": 10.0})
    alert_from(found, 12.0)
    return found


def alert_from(play: Play, at_s: float) -> None:
    for kind, alert in (("draft_alert", ALERT), ("approve_alert", "a1"), ("issue_alert", "a1")):
        act(play, at_s, "decide", team="nema", decision={"kind": kind, "alert": alert})


def act(play: Play, at_s: float, do: str, **given: Any) -> dict[str, Any]:
    if do == "decide":
        empty = {
            "alert": None,
            "area": None,
            "duration_s": None,
            "zone": None,
            "number": 1,
            "request": None,
            "reason": "",
        }
        given["decision"] = empty | given["decision"]
    return play.answer("act", {"wall": wall(at_s), "do": do, "by": LEAD, **given})


def test_the_clock_and_injects_go_by_the_time_of_day(play: Play) -> None:
    answer = settled(play, 30.0)
    assert answer["state"]["clock"]["time_s"] == 300.0
    fired = {i["id"]: i["fired_s"] for i in answer["state"]["injects"] if i["state"] == "fired"}
    assert fired == {"i1": 60.0}
    assert answer["state"]["alerts"][0]["issued_s"] == 120.0
    assert answer["state"]["counters"]["warned"] > 0


def test_what_happened_before_something_refused_is_told_with_the_next_answer() -> None:
    play = begun()
    act(play, 0.0, "clock", given={"do": "start", "speed": 10.0})
    # At 7 s the first inject is due; what is asked for then is refused.
    with pytest.raises(Problem, match="no alert"):
        act(play, 7.0, "decide", team="nema", decision={"kind": "cancel_alert", "alert": "none"})
    with pytest.raises(Problem, match="pigeons"):
        act(
            play,
            7.0,
            "decide",
            team="nema",
            decision={"kind": "draft_alert", "alert": {**ALERT, "channels": ["pigeons"]}},
        )
    answer = act(play, 8.0, "write_note", note={"text": "n", "is_lesson": False})
    assert [(e["sequence"], e["kind"]) for e in answer["entries"]] == [
        (2, "inject_fired"),
        (3, "note_written"),
    ]
    assert play.answer("tick", {"wall": wall(8.0)})["entries"] == []


def test_the_time_that_nobody_was_there_does_not_count(play: Play) -> None:
    lines = [e["line"] for e in entries(play)]
    shown = {"time_s": 305.0, "at": wall(30.5)}
    again = begun(lines, 630.5)  # ten minutes later
    answer = again.answer("tick", {"wall": wall(630.5), "mark": shown})
    assert [e["kind"] for e in answer["entries"]] == ["paused", "resumed"]
    assert answer["state"]["clock"]["time_s"] == 305.0
    assert again.answer("tick", {"wall": wall(631.5)})["state"]["clock"]["time_s"] == 315.0
    # And so it is for whoever reads the log later.
    later = begun([*lines, *(e["line"] for e in answer["entries"])], 640.5)
    assert later.opened()["state"]["clock"]["time_s"] == 405.0


def test_a_replay_gives_the_same_numbers(play: Play) -> None:
    before = settled(play, 30.0)["state"]
    lines = [e["line"] for e in entries(play)]
    same = settled(begun(lines, 30.0), 30.0)["state"]
    assert same == before
    play.answer("reload", {"wall": wall(30.0), "log": lines})
    assert settled(play, 30.0)["state"] == before


def test_what_held_before_the_service_was_away_still_counts() -> None:
    """Nobody was warned before the alert; afterwards that does not hold any more."""
    text = (
        YAML
        + "  - {id: e3, text: Nobody knows yet, objective: o1, points: 1, when: people_warned < 1}\n"
    )
    play = Play(text, {}, "valley-flash-flood", OPTIONS, [], wall(0.0))
    act(play, 0.0, "clock", given={"do": "start", "speed": 10.0})
    settled(play, 1.0)
    alert_from(play, 12.0)
    assert settled(play, 60.0)["state"]["counters"]["warned"] > 1
    lines = [e["line"] for e in entries(play)]
    again = Play(text, {}, "valley-flash-flood", OPTIONS, lines, wall(60.0))
    for one in (play, again):
        scores = one.answer("scores", {"wall": wall(60.0)})["result"]["scores"]
        assert {row["expectation"]: row["state"] for row in scores}["e3"] == "met"


def test_players_know_of_the_network_later(play: Play) -> None:
    state = settled(play, 30.0)["state"]
    assert state["reported"]["network"]["reported_s"] == 240.0
    assert settled(play, 31.0)["state"]["reported"]["network"]["reported_s"] == 250.0


def entries(play: Play) -> list[dict[str, Any]]:
    from ew4all.sim.exercise_log import line_of

    return [{"line": line_of(event)} for event in play.session.log]
