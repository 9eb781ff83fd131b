"""What if: a branch parts at its moment, follows the exercise where nothing was changed, and is compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from made_sessions import BOSS, EAST, HOURS_2, PLAYER, WARNED, WEST, alert, begun, made, wall

from ew4all.errors import OptionError, ReadError
from ew4all.exercises.branches import Change, branch
from ew4all.exercises.outcomes import compared, results_at
from ew4all.exercises.script import moment_s, read_script
from ew4all.sim.exercise import Inject
from ew4all.sim.exercise_events import (
    AlertCancelled,
    AlertContent,
    AlertIssued,
    AlertUpdated,
    InjectFired,
    InjectHeld,
    InjectUndone,
    MessageSent,
    NoteWritten,
)

if TYPE_CHECKING:
    from pathlib import Path

STORM = Inject("storm", "Storm", "It comes.", time_s=600.0)
CALL = Inject("call", "Call", "They call.", conditions=(WARNED,))
HAND = Inject("hand", "By hand", "x")


def played():
    """Return an exercise in which an alert went out late."""
    session = begun(made(STORM, CALL, HAND))
    session.do(wall(300.0), BOSS, InjectHeld("hand"))
    session.do(wall(2400.0), PLAYER, alert("a", WEST))
    session.do(wall(3000.0), BOSS, InjectUndone("hand", 2))
    session.do(wall(3100.0), BOSS, InjectFired("hand", 0, "hand"))
    session.do(wall(3200.0), PLAYER, NoteWritten("late"))
    session.do(wall(3600.0), PLAYER, AlertUpdated("a", AlertContent(EAST, national=True)))
    session.advance(wall(HOURS_2 + 1.0))
    return session


def told(session) -> list[tuple[float, str]]:
    return [(e.time_s, e.kind) for e in session.log]


def test_what_if_we_had_issued_earlier() -> None:
    session = played()
    sooner = Change(900.0, PLAYER, AlertIssued("a", AlertContent()), has_content=False)
    found = branch(session, [sooner])
    assert found.from_s == 900.0
    assert found.notes == ()
    kinds = told(found.session)
    assert (900.0, "alert_issued") in kinds
    assert (2400.0, "alert_issued") not in kinds
    assert (3100.0, "inject_fired") in kinds
    assert (3600.0, "alert_updated") in kinds
    assert kinds[-1] == (HOURS_2, "ended")
    # What hangs on the simulation comes earlier too; what was said afterwards is not part of it.
    first, second = (
        next(e.time_s for e in one.log if getattr(e.payload, "inject", "") == "call")
        for one in (session, found.session)
    )
    assert second == pytest.approx(first - 1500.0, abs=30.0)
    assert "note_written" not in [kind for _, kind in kinds]
    issued = next(e.payload for e in found.session.log if e.kind == "alert_issued")
    assert issued.content.area == WEST
    at_1800 = compared(session, found.session, 1800.0)
    assert at_1800.less("warned").mean > 1e7
    at_end = compared(session, found.session, HOURS_2)
    assert abs(float(at_end.less("warned").mean)) < float(at_1800.less("warned").mean)
    document = at_end.to_dict()
    assert document["zones"][0]["people"].keys() >= {"warned", "in_time", "missed"}
    titles = [run["title"] for run in document["runs"]]
    assert titles == ["EXERCISE: Made for tests", "EXERCISE: Made for tests, what if"]
    json.dumps(document, allow_nan=False)


def test_a_branch_without_a_change_is_the_exercise() -> None:
    session = played()
    for options in ({"at_s": 1000.0}, {"before": 3}, {"at_s": 3600.0}):
        found = branch(session, **options)
        assert [e for e in told(found.session) if e[1] != "note_written"] == [
            e for e in told(session) if e[1] != "note_written"
        ]
        assert found.session.log[2:][-1].time_s == HOURS_2
        less = compared(session, found.session, HOURS_2)
        assert float(less.less("warned").mean) == 0.0
        assert float(less.less("in_time").mean) == 0.0


def test_what_cannot_be_in_a_branch_is_left_out_and_told() -> None:
    session = played()
    gone = Change(3500.0, PLAYER, AlertCancelled("a"))
    found = branch(session, [gone])
    assert "event" in found.notes[0]
    assert "alert_updated" in found.notes[0]
    alone = branch(session, at_s=1000.0, follow=False)
    assert [kind for _, kind in told(alone.session)] == [
        "started", "inject_held", "inject_fired", "ended",
    ]  # fmt: skip
    short = branch(session, at_s=1000.0, until_s=2000.0)
    assert short.session.log.last_s <= 2000.0
    answer = Change(1000.0, PLAYER, MessageSent(("met",), "Hi", "x", answers=1))
    assert branch(session, [answer]).session.log[3].payload.answers == 1


def test_branches_that_are_none() -> None:
    session = played()
    for options, said in (
        ({}, "begins at a moment"),
        ({"at_s": -1.0}, "is not possible"),
        ({"at_s": HOURS_2 + 1.0}, "is not possible"),
        ({"before": 1}, "no event 1"),
        ({"before": 99}, "no event 99"),
        ({"at_s": 3000.0, "until_s": 2000.0}, "its end lies at 2000"),
        ({"at_s": 3000.0, "changes": [Change(2000.0, PLAYER, AlertCancelled("a"))]}, "a change lies"),
        ({"changes": [Change(100.0, PLAYER, AlertCancelled("a"))]}, "no alert 'a' on air"),
        ({"changes": [Change(100.0, PLAYER, AlertIssued("z", AlertContent()), has_content=False)]}, "no alert 'z'"),
    ):  # fmt: skip
        with pytest.raises(OptionError, match=said):
            branch(session, **options)


def test_a_script_says_what_happens_when(tmp_path: Path) -> None:
    session = begun(made(HAND))
    (tmp_path / "area.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": WEST, "properties": {}}]})
    )  # fmt: skip
    file = tmp_path / "script.yaml"
    file.write_text(
        "- {at: 35 min, by: nema, alert_issued: {alert: a, area: area.geojson, words: {en: Go up.}, duration: 2 h}}\n"
        "- {at: 1 h, by: facilitator, inject_fired: {inject: hand}}\n"
        "- {at: 1 h 5 min, by: Ana, message_sent: {to: [met], title: Hi, text: There}}\n"
        "- {at: 70 min, alert_cancelled: {alert: a}}\n"
    )
    found = read_script(file, session)
    assert [one.time_s for one in found] == [2100.0, 3600.0, 3900.0, 4200.0]
    content = found[0].payload.content
    assert (content.area, content.duration_s, content.words[0].text) == (WEST, 7200.0, "Go up.")
    assert [one.who.role for one in found] == ["player", "facilitator", "player", "facilitator"]
    assert found[0].who.team == "nema"
    assert found[1].payload == InjectFired("hand", 0, "hand")
    hour = session.worlds.plan.zero_hour
    clock = f"{int(hour + 0.5):02d}:{round((hour + 0.5) % 1 * 60):02d}"
    assert moment_s(clock, session) == pytest.approx(1800.0)
    file.write_text("{at: 20 min, alert_issued: {alert: a}}")
    assert not read_script(file, session)[0].has_content


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {by: nema}", "item 1"),
        ("- {at: 5 min}", "says nothing"),
        ("- {at: 5 min, alert_isued: {alert: a}}", "'alert_isued'"),
        ("- {at: 5 min, paused: {}}", "'paused'"),
        ("- {at: soon, alert_cancelled: {alert: a}}", "no moment"),
        ("- {at: 5 min, alert_cancelled: {alarm: a}}", "'alarm'"),
        ("- {at: 5 min, alert_cancelled: a}", "has fields"),
        ("- {at: 5 min, alert_issued: {alert: a, area: no.geojson}}", "cannot be read"),
        ("- {at: 5 min, alert_issued: {alert: a, pages: two}}", "pages is 'two'"),
        ("- [", "line 1"),
        (
            "- {at: 5 min, by: nemo, alert_cancelled: {alert: a}}",
            "no team 'nemo'; did you mean nema",
        ),
        (
            "- {at: 3 h, by: nema, alert_cancelled: {alert: a}}",
            "3 h is 3 h after the start of the exercise, which lasts 2 h",
        ),
        (
            "- {at: 5 min, by: observer, alert_cancelled: {alert: a}}",
            "nothing that an observer does",
        ),
    ],
)
def test_scripts_that_say_nothing(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(text)
    with pytest.raises(OptionError, match=said):
        read_script(file, begun(made()))


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="cannot be read"):
        read_script(tmp_path / "none.yaml", begun(made()))


def test_results_of_a_moment_before_any_alert() -> None:
    session = played()
    results = results_at(session.at(1000.0), 1000.0)
    document = results.to_dict()
    assert document["warned"]["any"]["mean"] == 0.0
    assert document["time_s"]["p50"] is None
    assert "EXERCISE" in document["notice"]
    json.dumps(document, allow_nan=False)
