"""The log of an exercise: what is written is read back, and what was changed, cut or cannot follow is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.errors import ExerciseLogError
from ew4all.sim.exercise_events import (
    KINDS,
    AlertContent,
    AlertIssued,
    Ended,
    FactFound,
    InjectEdited,
    InjectFired,
    MessageSent,
    NoteWritten,
    Paused,
    Resumed,
    ScoreGiven,
    Started,
    Who,
    Words,
)
from ew4all.sim.exercise_log import ExerciseLog, line_of, read_line, read_log

START = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
BOSS = Who("facilitator", None, "Ana")
AREA = {"type": "Polygon", "coordinates": [[[-61.5, 12.4], [-61.4, 12.4], [-61.4, 12.5], [-61.5, 12.4]]]}  # fmt: skip


def _log(**options):
    log = ExerciseLog(**options)
    log.append(START, 0.0, BOSS, Started("beryl", "0" * 64, 10.0, 1))
    log.append(
        START + timedelta(seconds=6),
        60.0,
        Who("clock"),
        InjectFired("call", 0, "condition", (FactFound("sites_out_share", 0.51, "GD-10"),)),
    )
    content = AlertContent(AREA, ("cell_broadcast",), (Words("en", "Go in."), Words("fr", "Rentrez à l'abri.")))  # fmt: skip
    log.append(
        START + timedelta(seconds=8), 80.0, Who("player", "nema", "Éva"), AlertIssued("a1", content)
    )
    return log


def test_whatever_is_written_is_read_back_to_the_last_bit() -> None:
    log = _log()
    again = read_log(log.text())
    assert list(again.log) == list(log)
    assert again.dropped is None
    assert again.log.text() == log.text()


@given(
    st.floats(0, 1e9), st.text(max_size=40), st.floats(allow_nan=False, allow_infinity=False, width=64)
)  # fmt: skip
def test_any_time_text_and_number_survives(time_s: float, text: str, points: float) -> None:
    log = ExerciseLog()
    log.append(START, 0.0, BOSS, Started("x", ""))
    log.append(START, time_s, Who("evaluator", name=text), ScoreGiven("e", points, text))
    try:
        kept = log.text().encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which no browser sends
        return
    assert list(read_log(kept).log) == list(log)


def test_every_kind_has_a_line_of_its_own() -> None:
    assert {"started", "inject_fired", "alert_issued", "roaming_requested", "score_given"} <= set(
        KINDS
    )
    assert len(KINDS) == 26
    event = _log()[2]
    assert event.kind == "alert_issued"
    assert json.loads(line_of(event))["payload"]["content"]["area"] == AREA
    assert event.payload.content.languages == ("en", "fr")


def test_wall_time_is_in_utc_and_says_so() -> None:
    log = _log()
    late = datetime(2026, 11, 27, 4, 1, tzinfo=timezone(timedelta(hours=-4)))
    assert log.append(late, 90.0, BOSS, Paused()).wall == datetime(2026, 11, 27, 8, 1, tzinfo=UTC)
    with pytest.raises(ExerciseLogError, match="does not say its offset"):
        log.append(datetime(2026, 11, 27, 8, 1), 90.0, BOSS, Resumed())  # noqa: DTZ001


def test_what_cannot_follow_is_refused_and_nothing_is_kept() -> None:
    lines: list[str] = []
    log = _log(keep=lines.append)
    before = len(lines)
    with pytest.raises(ExerciseLogError, match="never goes"):
        log.append(START, 79.9, BOSS, Paused())
    with pytest.raises(ExerciseLogError, match="has started already"):
        log.append(START, 90.0, BOSS, Started("beryl", ""))
    with pytest.raises(ExerciseLogError, match="not started"):
        ExerciseLog().append(START, 0.0, BOSS, Paused())
    with pytest.raises(ExerciseLogError, match="0 or more"):
        log.append(START, float("nan"), BOSS, Paused())
    assert len(lines) == before == len(log) == 3
    log.append(START, 90.0, BOSS, Ended())
    log.append(START, 90.0, BOSS, NoteWritten("too late", is_lesson=True))
    log.append(START, 90.0, BOSS, MessageSent((), "Thanks", "Home now"))
    with pytest.raises(ExerciseLogError, match="has ended"):
        log.append(START, 90.0, BOSS, Resumed())
    assert "".join(lines) == log.text()


def test_a_line_that_could_not_be_kept_did_not_happen() -> None:
    log = _log()

    def full(_: str) -> None:
        msg = "no space left on device"
        raise OSError(msg)

    log = ExerciseLog(log, keep=full)
    with pytest.raises(OSError, match="no space"):
        log.append(START, 90.0, BOSS, Paused())
    assert len(log) == 3


def test_a_last_line_that_was_being_written_is_dropped_and_told() -> None:
    whole = _log().text().encode()
    for cut in range(whole.rstrip(b"\n").rfind(b"\n") + 2, len(whole) - 1):
        read = read_log(whole[:cut])
        assert len(read.log) == 2
        assert read.dropped
    # Without its line end alone it was written whole.
    assert len(read_log(whole[:-1]).log) == 3
    # In the middle of a letter of two bytes.
    assert len(read_log(whole[: whole.index("à".encode()) + 1]).log) == 2
    assert read_log(b"").log.text() == ""


def test_what_was_changed_is_told_with_its_line() -> None:
    lines = _log().text().splitlines(keepends=True)
    for broken, said in (
        (lines[0] + lines[2], "number 2"),
        (lines[0] + lines[2] + lines[1], "number 2"),
        (lines[0] + lines[1] + lines[1], "number 3"),
        (lines[0] + lines[1][:-20] + "\n" + lines[2], "line 2 of the log cannot be read: it is no JSON"),
        (lines[0] + "\n" + lines[1], "line 2"),
        (lines[0] + lines[1].replace("inject_fired", "inject_fried"), "'inject_fried' is not known"),
        (lines[0] + lines[1].replace('"version": 0', '"version": "0"'), "version is '0', but must be a whole number"),
        (lines[0] + lines[1].replace('"version": 0, ', ""), "no field 'version'"),
        (lines[0] + lines[1].replace('"version"', '"verse"'), "'verse' that is not known"),
        (lines[0] + lines[1].replace('"time_s": 60.0', '"time_s": NaN'), "NaN is no number"),
        (lines[0].replace("+00:00", ""), "does not say its offset"),
        (lines[0].replace('"wall"', '"Wall"'), "an event has the fields"),
        (lines[0].replace('"seed": 1', '"seed": true'), "seed is True"),
    ):  # fmt: skip
        with pytest.raises(ExerciseLogError, match=said):
            read_log(broken)
    with pytest.raises(ValueError, match="is no text in UTF-8"):
        read_line(lines[2].encode("latin-1"))


def test_a_log_is_cut_by_time_or_number() -> None:
    log = _log()
    assert [len(log.until(t)) for t in (-1.0, 0.0, 59.9, 60.0, 1e9)] == [0, 1, 1, 2, 3]
    assert [len(log.before(n)) for n in (1, 2, 99)] == [0, 1, 3]


def test_an_edit_says_what_it_changes() -> None:
    log = _log()
    log.append(START, 90.0, BOSS, InjectEdited("call", 0, {"time_s": 120.0, "audience": ["nema"]}))
    event = read_log(log.text()).log[3]
    assert event.payload == InjectEdited("call", 0, {"time_s": 120.0, "audience": ["nema"]})
