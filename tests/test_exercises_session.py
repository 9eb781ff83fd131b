"""An exercise being played: injects, clock, decisions, crash, and the same bytes whatever the clock of the room did."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import numpy as np
import pytest
from made_sessions import (
    BOSS,
    EAST,
    HOURS_2,
    PLAYER,
    START,
    WARNED,
    WEST,
    alert,
    begun,
    box,
    made,
    wall,
    worlds,
)

from ew4all.errors import (
    ConflictError,
    ExerciseLogError,
    GeometryError,
    MessageError,
    OptionError,
)
from ew4all.exercises.session import GRID_S, Session
from ew4all.sim.decisions import Switch
from ew4all.sim.exercise import After, Comparison, Condition, Inject, Phase
from ew4all.sim.exercise_events import (
    AlertApproved,
    AlertCancelled,
    AlertContent,
    AlertDrafted,
    AlertUpdated,
    InjectEdited,
    InjectFired,
    InjectHeld,
    InjectSkipped,
    InjectUndone,
    Jumped,
    MessageRead,
    MessageSent,
    NoteWritten,
    Paused,
    Resumed,
    RoamingRequested,
    ScoreGiven,
    SirensOrdered,
    SpeedChanged,
    Started,
    Stepped,
    Words,
)
from ew4all.sim.exercise_log import ExerciseLog, read_log

STORM = Inject("storm", "Storm", "It comes.", time_s=600.0)
HALF = Inject("half", "Half know", "They call.", conditions=(WARNED,))


def bits(session: Session, time_s: float) -> str:
    """Return a hash of everything that the simulation has at a moment."""
    played, digest = session.moment(time_s).played, hashlib.sha256()
    digest.update(np.array(played.curves.time_s).tobytes())
    for totals in played.curves.totals:
        for name in ("alerted", "reached", "noticed", "first", "only", "none", "several"):
            digest.update(np.ascontiguousarray(getattr(totals, name)).tobytes())
    digest.update(played.in_time.tobytes() + played.losses.lost.tobytes())
    return digest.hexdigest()


def happened(session: Session) -> list[tuple[float, str, str]]:
    return [(e.time_s, e.kind, getattr(e.payload, "inject", "")) for e in session.log]


def played(speed: float, poll_s: float, *, look: bool = False) -> Session:
    """Play the same decisions at a speed, looking in every so often."""
    session = begun(made(STORM, HALF), speed)
    script = [(900.0, alert("a", WEST)), (3000.0, alert("b", EAST)), (HOURS_2 + 1.0, None)]
    now = 0.0
    for time_s, payload in script:
        while now < time_s:
            now = min(time_s, now + poll_s)
            session.advance(wall(now, speed))
            if look:
                session.facts(session.now_s(wall(now, speed))).value("people_warned")
        if payload is not None:
            session.do(wall(time_s, speed), PLAYER, payload)
    return session


def test_small_steps_fast_clock_and_replay_give_the_same_bytes() -> None:
    slow, fast = played(1.0, 47.3, look=True), played(120.0, 2000.0)
    assert happened(slow) == happened(fast)
    assert [e.payload for e in slow.log if e.kind != "started"] == [
        e.payload for e in fast.log if e.kind != "started"
    ]
    again = Session(fast.exercise, worlds(fast.exercise), read_log(fast.log.text()).log)
    for time_s in (899.0, 900.0, 2000.0, 3000.0, HOURS_2):
        found = bits(slow.at(time_s), time_s)
        assert found == bits(fast.at(time_s), time_s) == bits(again.at(time_s), time_s)
    assert bits(slow, HOURS_2) == bits(fast, HOURS_2) == bits(again, HOURS_2)
    # A look into the past of a session that goes on.
    assert bits(fast, 2000.0) == bits(again.at(2000.0), 2000.0)


def test_an_alert_moves_the_counts_and_only_from_then_on() -> None:
    session = begun(made())
    session.do(wall(900.0), PLAYER, alert("a", WEST))
    before = session.facts(899.0)
    assert before.value("people_warned") == before.value("alert_issued") == 0.0
    at = session.facts(900.0)
    assert (at.value("people_warned"), at.value("alert_issued")) == (0.0, 1.0)
    later = session.facts(1800.0)
    with pytest.raises(OptionError, match="has gone on"):
        at.value("people_warned")
    assert later.value("people_warned") > 1e7
    assert later.value("over_reach") > 0.0
    assert later.value("alerts_issued") == 1.0
    assert later.value("time_since_issue_s") == 900.0


def test_injects_fire_at_their_own_time_however_late_somebody_looks() -> None:
    session = begun(
        made(
            STORM,
            Inject("next", "Next", "x", after=After(inject="storm", delay_s=300.0)),
            Inject("asked", "Asked", "x", after=After(decision="issue_alert", team="nema", delay_s=60.0)),
            Inject("hand", "By hand", "x"),
        )
    )  # fmt: skip
    session.do(wall(1000.0), PLAYER, alert("a", WEST))
    session.advance(wall(3000.0))
    assert happened(session) == [
        (0.0, "started", ""),
        (600.0, "inject_fired", "storm"),
        (900.0, "inject_fired", "next"),
        (1000.0, "alert_issued", ""),
        (1060.0, "inject_fired", "asked"),
    ]
    assert [e.wall for e in session.log] == [wall(e.time_s) for e in session.log]
    assert session.do(wall(3000.0), BOSS, InjectFired("hand", 0, "hand")).time_s == 3000.0
    with pytest.raises(OptionError, match="has fired"):
        session.do(wall(3001.0), BOSS, InjectFired("hand", 0, "hand"))
    with pytest.raises(OptionError, match="by hand, not 'time'"):
        session.do(wall(3001.0), BOSS, InjectFired("storm", 0, "time"))


def test_a_condition_fires_on_the_grid_with_what_it_found() -> None:
    session = begun(made(HALF, Inject("late", "Late", "x", until_s=600.0, conditions=(WARNED,))))
    session.do(wall(907.0), PLAYER, alert("a", WEST))
    session.advance(wall(6000.0))
    fired = session.log[-1]
    assert fired.payload.inject == "half"
    assert fired.time_s % GRID_S == 0.0
    assert fired.payload.facts[0].value >= 0.3
    before = session.at(fired.time_s - 0.001)
    assert before.facts(fired.time_s - GRID_S).value("people_warned_share") < 0.3
    assert session.injects.states["late"].status == "planned"


def test_a_discussion_stops_the_clock_and_a_phase_changes_its_speed() -> None:
    talk = Inject("talk", "Talk", "x", time_s=600.0, discussion_s=900.0)
    session = begun(made(talk, phases=(Phase("a"), Phase("b", 1200.0, 60.0))))
    session.advance(wall(5000.0))
    assert [e.kind for e in session.log] == ["started", "inject_fired", "paused"]
    assert session.now_s(wall(5000.0)) == 600.0
    session.do(wall(5000.0), BOSS, Resumed())
    later = wall(5000.0) + timedelta(seconds=61)
    session.advance(later)
    assert (session.log[-1].kind, session.log[-1].time_s) == ("speed_changed", 1200.0)
    assert session.now_s(later) == 1260.0
    assert session.advance(later) == []


def test_step_jump_pause_and_the_end() -> None:
    session = begun(made(STORM))
    session.do(wall(100.0), BOSS, Paused())
    with pytest.raises(OptionError, match="stands already"):
        session.do(wall(200.0), BOSS, Paused())
    session.do(wall(200.0), BOSS, Stepped(50.0))
    assert session.now_s(wall(9000.0)) == 150.0
    with pytest.raises(OptionError, match="forward only"):
        session.do(wall(300.0), BOSS, Jumped(100.0))
    with pytest.raises(OptionError, match="forward only"):
        session.do(wall(300.0), BOSS, Jumped(HOURS_2 + 1.0))
    with pytest.raises(OptionError, match="121 is not possible"):
        session.do(wall(300.0), BOSS, SpeedChanged(121.0))
    session.do(wall(300.0), BOSS, Jumped(1000.0))
    assert session.advance(wall(300.0))[0].time_s == 600.0 or session.log[-1].time_s == 600.0
    session.do(wall(300.0), BOSS, Resumed())
    assert session.next_s() == HOURS_2
    session.advance(wall(99_000.0))
    assert (session.log[-1].kind, session.log[-1].time_s) == ("ended", HOURS_2)
    with pytest.raises(ExerciseLogError, match="has ended"):
        session.do(wall(99_000.0), PLAYER, alert())
    session.do(wall(99_001.0), BOSS, NoteWritten("Well done", is_lesson=True))
    assert session.now_s(wall(1e6)) == HOURS_2
    assert session.next_s() is None


def test_the_second_who_edits_the_same_inject_is_told() -> None:
    session = begun(made(STORM))
    session.do(wall(10.0), BOSS, InjectEdited("storm", 0, {"time_s": 700.0, "title": "Big storm"}))
    with pytest.raises(ConflictError, match="nothing was overwritten"):
        session.do(wall(20.0), BOSS, InjectEdited("storm", 0, {"title": "Small storm"}))
    state = session.injects.states["storm"]
    assert (state.inject.title, state.inject.time_s, state.version) == ("Big storm", 700.0, 1)
    # Undone, it has the words of before and a version that nobody has seen.
    session.do(wall(30.0), BOSS, InjectUndone("storm", 2))
    state = session.injects.states["storm"]
    assert (state.inject.title, state.version) == ("Storm", 2)
    with pytest.raises(ConflictError):
        session.do(wall(40.0), BOSS, InjectEdited("storm", 0, {"title": "Third"}))
    for changes, said in (
        ({"effects": []}, "cannot be changed while"),
        ({"time_s": "soon"}, "time_s is 'soon'"),
        ({"channel": "pigeon"}, "pigeon"),
        ({"time_s": -5.0}, "begins at 0"),
    ):
        with pytest.raises(OptionError, match=said):
            session.do(wall(40.0), BOSS, InjectEdited("storm", 2, changes))
    session.do(
        wall(50.0), BOSS, InjectEdited("storm", 2, {"audience": ["met"], "channel": "radio"})
    )
    assert session.injects.states["storm"].inject.audience == ("met",)


def test_hold_let_go_skip_fire_and_undo() -> None:
    cut = Inject("cut", "Cut", "x", time_s=700.0, effects=(Switch("radio", on=False),))
    session = begun(made(STORM, cut))
    session.do(wall(10.0), BOSS, InjectHeld("storm"))
    session.advance(wall(650.0))
    assert session.injects.states["storm"].status == "held"
    session.do(wall(650.0), BOSS, InjectHeld("storm", held=False))
    session.advance(wall(660.0))
    assert happened(session)[-1] == (650.0, "inject_fired", "storm")
    fired = len(session.log)
    session.do(wall(670.0), BOSS, InjectUndone("storm", fired))
    assert session.injects.states["storm"].status == "held"
    with pytest.raises(OptionError, match="cannot be undone"):
        session.do(wall(671.0), BOSS, InjectUndone("storm", fired))
    session.do(wall(672.0), BOSS, InjectSkipped("storm", "no time"))
    with pytest.raises(OptionError, match="was skipped"):
        session.do(wall(673.0), BOSS, InjectHeld("storm"))
    session.do(wall(674.0), BOSS, InjectUndone("storm", len(session.log)))
    session.advance(wall(710.0))
    assert session.facts(710.0).value("channel_on", channel="radio") == 0.0
    assert session.facts(699.0).value("channel_on", channel="radio") == 1.0
    with pytest.raises(OptionError, match="time does not run back"):
        session.do(wall(720.0), BOSS, InjectUndone("cut", len(session.log)))
    with pytest.raises(OptionError, match="no inject 'rain'"):
        session.do(wall(720.0), BOSS, InjectHeld("rain"))


def test_what_cannot_be_done_is_said_at_once_and_nothing_happens() -> None:
    session = begun(made())
    before = len(session.log)
    for payload, error, said in (
        (alert(area=box(10.0, 50.0, 11.0, 51.0)), GeometryError, "outside the map"),
        (alert(area={"type": "Point", "coordinates": [0, 0]}), GeometryError, "Polygon or MultiPolygon"),
        (alert(area={"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}), GeometryError, "crosses"),
        (alert(area={"type": "Polygon", "coordinates": [[[0, 95], [1, 1], [1, 0], [0, 95]]]}), GeometryError, "no place"),
        (alert(area={"type": "Polygon", "coordinates": []}), GeometryError, "corners"),
        (alert(channels=("pigeon",)), OptionError, "no channel 'pigeon'"),
        (alert(words=(Words("en", "x" * 1400),)), MessageError, "shorten it"),
        (alert(words=(Words("en", "<status>Actual</status>"),)), OptionError, "this is an exercise"),
        (alert(words=(Words("en", "a"), Words("EN", "b"))), OptionError, "twice"),
        (alert(duration_s=0.0), OptionError, "in force"),
        (alert(words=(), pages=16), MessageError, "1 to 15 pages"),
        (SirensOrdered("s1"), OptionError, "no channel 'siren'"),
        (AlertUpdated("a", AlertContent()), OptionError, "no alert 'a' on air"),
        (AlertCancelled("a"), OptionError, "there is none"),
        (AlertApproved("a", 0), OptionError, "no draft"),
        (RoamingRequested("r1"), OptionError, "no cell sites"),
        (MessageSent(("navy",), "Hi", "x"), OptionError, "no team 'navy'"),
        (MessageRead(99), OptionError, "no event 99"),
        (ScoreGiven("e9", 1.0), OptionError, "no expectation"),
        (ScoreGiven("e1", 4.0), OptionError, "0 to 3 points"),
        (Started("made", ""), ExerciseLogError, "started already"),
    ):  # fmt: skip
        with pytest.raises(error, match=said):
            session.do(wall(10.0), PLAYER, payload)
    assert len(session.log) == before
    with pytest.raises(OptionError, match="another version"):
        Session(made(), worlds(made())).do(START, BOSS, Started("made", "f" * 64))
    with pytest.raises(ExerciseLogError, match="not started"):
        Session(made(), worlds(made())).do(START, PLAYER, alert())


def test_drafts_approvals_updates_and_cancellations() -> None:
    session = begun(made())
    content = AlertContent(WEST, words=(Words("en", "x" * 100),), national=True)
    session.do(wall(10.0), PLAYER, AlertDrafted("a", 0, content))
    assert session.alerts.alert("a").content.pages == 2
    with pytest.raises(ConflictError, match="version 1"):
        session.do(wall(20.0), PLAYER, AlertDrafted("a", 0, content))
    session.do(wall(30.0), PLAYER, AlertApproved("a", 1))
    session.do(wall(40.0), PLAYER, alert("a", WEST))
    with pytest.raises(OptionError, match="issued already"):
        session.do(wall(41.0), PLAYER, alert("a", EAST))
    session.do(wall(100.0), PLAYER, AlertUpdated("a", AlertContent(EAST, national=True)))
    session.do(wall(200.0), PLAYER, AlertCancelled("a"))
    with pytest.raises(OptionError, match="no alert 'a' on air"):
        session.do(wall(201.0), PLAYER, AlertCancelled("a"))
    book = session.alerts
    assert (book.alert("a").approved, book.alert("a").issued_s, len(book.areas)) == (1, 40.0, 2)
    assert session.moment(300.0).prepared.world.areas.names == tuple(a.name for a in book.areas)


def test_a_session_that_crashed_goes_on_at_the_same_second() -> None:
    kept: list[str] = []
    session = begun(made(STORM, HALF), keep=kept.append)
    session.do(wall(900.0), PLAYER, alert("a", WEST))
    crashed = "".join(kept) + '{"sequence": 4, "wall": "2026-11-27T08:'
    read = read_log(crashed)
    assert read.dropped
    again = Session(session.exercise, worlds(session.exercise), read.log)
    assert list(again.log) == list(session.log)
    assert again.now_s(wall(1234.5)) == session.now_s(wall(1234.5)) == 1234.5
    for one in (session, again):
        one.advance(wall(HOURS_2 + 1.0))
    assert again.log.text() == session.log.text()
    assert bits(again, HOURS_2) == bits(session, HOURS_2)


def test_an_effect_that_does_not_fit_the_scenario_is_told_and_stops_nothing() -> None:
    odd = Inject("odd", "Odd", "x", time_s=60.0, effects=(Switch("pigeon", on=False),))
    session = begun(made(odd))
    session.advance(wall(120.0))
    session.facts(120.0)
    assert "pigeon" in session.playing.notes[0]


def test_facts_that_are_not_known_are_refused() -> None:
    facts = begun(made()).facts(0.0)
    for name, options, said in (
        ("sites_out", {}, "no cell sites"),
        ("weather", {}, "no fact 'weather'"),
        ("people_warned", {"zone": "Z9"}, "no zone 'Z9'"),
        ("channel_on", {"channel": "pigeon"}, "no channel 'pigeon'"),
        ("channel_on", {}, "asked of a channel"),
    ):
        with pytest.raises(OptionError, match=said):
            facts.value(name, **options)
    condition = Condition("channel_used", Comparison.IS, 0.0, channel="radio")
    assert condition.holds(facts.found(condition).value)
    assert facts.value("people_at_risk") == pytest.approx(
        sum(facts.value("people_at_risk", zone) for zone in worlds(made()).inputs.zones)
    )


def test_of_what_there_is_not_no_condition_holds() -> None:
    """Before an issue, without a hazard, of nobody: a threshold in either direction would fire an inject that means nothing."""
    facts = begun(made()).facts(0.0)
    nobody = facts.worlds.inputs.zones[-1]
    assert facts.value("people_at_risk", nobody) == 0.0
    for name, zone in (
        ("time_since_issue_s", None),
        ("time_to_hazard_s", None),
        ("people_warned_share", nobody),
    ):
        for sign in Comparison:
            condition = Condition(name, sign, 0.5, zone)
            assert not condition.holds(facts.found(condition).value), (name, sign)


def test_a_channel_that_was_used_stays_used() -> None:
    session = begun(made())
    session.do(wall(100.0), PLAYER, alert("a", channels=("radio",)))
    session.do(wall(200.0), PLAYER, AlertUpdated("a", AlertContent(channels=("tv",))))
    facts = session.facts()
    used = [facts.value("channel_used", channel=c) for c in ("radio", "tv", "cell_broadcast")]
    assert used == [1.0, 1.0, 0.0]


def test_what_facilitators_write_is_no_decision_of_players() -> None:
    answer = Inject("answer", "An answer", "Thanks.", after=After(decision="send_message"))
    session = begun(made(answer))
    session.do(wall(100.0), BOSS, MessageSent(("nema",), "Note", "Speak louder."))
    session.advance(wall(200.0))
    assert "inject_fired" not in {e.kind for e in session.log}
    session.do(wall(300.0), PLAYER, MessageSent(("met",), "Ask", "How sure?"))
    session.advance(wall(400.0))
    assert [e.time_s for e in session.log if e.kind == "inject_fired"] == [300.0]


@pytest.mark.parametrize("text", ["<status>Actual</status>", "a\x00b", "\ud800"])
def test_no_text_that_anybody_writes_says_that_it_is_real_or_breaks_a_document(text: str) -> None:
    session = begun(made(Inject("later", "Later", "It comes.", time_s=900.0)))
    before = session.log.text()
    for payload in (
        MessageSent(("met",), "Ask", text),
        MessageSent(("met",), text, "How sure?"),
        NoteWritten(text),
        ScoreGiven("e1", 1.0, text),
        InjectEdited("later", 0, {"text": text}),
        InjectSkipped("later", text),
        Paused(text),
        alert("a", hazard=text),
        alert("a", words=(Words("en", text),)),
    ):
        with pytest.raises(OptionError, match=r"real|control character"):
            session.do(wall(100.0), BOSS, payload)
    assert session.log.text() == before


def test_a_log_alone_needs_no_simulation() -> None:
    session = Session(made(STORM), worlds(made(STORM)), ExerciseLog())
    assert session.now_s(START) == 0.0
    assert session.advance(START) == []
    assert session.next_s() is None
