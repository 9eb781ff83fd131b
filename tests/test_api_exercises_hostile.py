"""The engine of an exercise, asked by those who want to know or do more than is theirs, and with what nobody expects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_exercise_service import ALERT
from pydantic import ValidationError
from test_api_exercises_engine import OPTIONS, act, begun, entries, settled, wall

from ew4all.api.exercises.bodies import (
    AlertBody,
    BranchRequest,
    ContentBody,
    InjectBody,
    MessageRequest,
    NoteRequest,
    ScoreRequest,
    SeatRequest,
)
from ew4all.api.exercises.play import Play
from ew4all.api.problems import Problem

OTHER = {"role": "player", "team": "ntrc", "name": "Tom"}
EMPTY = {"alert": None, "area": None, "duration_s": None, "zone": None, "number": 1, "request": None, "reason": ""}  # fmt: skip
INJECT: dict[str, Any] = {
    "id": "new", "title": "Dark", "text": "The mains fail.", "time_s": 60.0, "after": None, "conditions": [], "until_s": None,
    "sender": "", "audience": [], "channel": "email", "expected_action": "", "effects": [{"kind": "power", "on": False, "zone": None}],
    "hazard": "", "discussion_s": 0.0, "notes": "",
}  # fmt: skip


def other(play: Play, **asked: Any) -> dict[str, Any]:
    """Let a player of another team than the first decide."""
    decision = EMPTY | asked
    return play.answer(
        "act", {"wall": wall(0.0), "do": "decide", "by": OTHER, "decision": decision}
    )


@pytest.fixture(scope="module")
def play() -> Play:
    """Begun; the team nema has issued a1 and drafted a2."""
    found = begun()
    act(found, 0.0, "clock", given={"do": "start", "speed": 1.0})
    act(found, 0.0, "clock", given={"do": "pause"})
    for kind, alert in (("draft_alert", ALERT), ("approve_alert", "a1"), ("issue_alert", "a1"), ("draft_alert", ALERT)):  # fmt: skip
        act(found, 0.0, "decide", team="nema", decision={"kind": kind, "alert": alert})
    return found


def test_a_draft_of_another_team_is_neither_told_nor_touched(play: Play) -> None:
    before = play.answer("alert", {"alert": "a2"})["result"]
    mine = {**ALERT, "id": "a2", "contents": [{"language": "en", "text": "Mine."}]}
    for asked in (
        {"kind": "draft_alert", "alert": mine},
        {"kind": "draft_alert", "alert": {**mine, "version": 99}},
        {"kind": "update_alert", "alert": mine},
        {"kind": "approve_alert", "alert": "a2"},
        {"kind": "issue_alert", "alert": "a2"},
    ):
        with pytest.raises(Problem) as refused:
            other(play, **asked)
        assert (refused.value.status, refused.value.code) == (404, "unknown-alert")
        assert refused.value.more == {}
    assert play.answer("alert", {"alert": "a2"})["result"] == before


def test_what_another_team_issued_is_theirs(play: Play) -> None:
    for asked in (
        {"kind": "cancel_alert", "alert": "a1"},
        {"kind": "update_alert", "alert": {**ALERT, "id": "a1"}},
    ):
        with pytest.raises(Problem) as refused:
            other(play, **asked)
        assert (refused.value.status, refused.value.code) == (403, "not-your-team")
    assert play.answer("alert", {"alert": "a1"})["result"]["state"] == "issued"


def test_a_score_is_taken_back(play: Play) -> None:
    given = {"expectation": "e2", "version": None, "comment": "good"}
    assert act(play, 0.0, "score", **given, points=2.0)["result"]["state"] == "judged"
    back = act(play, 0.0, "score", **given, points=None)["result"]
    assert (back["state"], back["points"], back["version"]) == ("open", None, 3)
    again = begun([e["line"] for e in entries(play)])
    assert again.answer("scores", {"wall": wall(0.0)})["result"]["points"] == 5.0


def test_nobody_decides_for_a_team_that_is_not(play: Play) -> None:
    with pytest.raises(Problem) as refused:
        act(play, 0.0, "decide", team="bogus", decision={"kind": "request_roaming"})
    assert refused.value.errors[0]["pointer"] == "#/team"


def test_a_step_of_nothing_is_refused(play: Play) -> None:
    with pytest.raises(Problem, match="goes forward only"):
        act(play, 0.0, "clock", given={"do": "step", "seconds": 0.0})


def test_an_inject_that_was_added_acts_in_the_simulation() -> None:
    play = begun()
    made = act(play, 0.0, "add_inject", inject=INJECT)["definition"]
    act(play, 0.0, "clock", given={"do": "start", "speed": 10.0})
    live = settled(play, 30.0)["state"]["network"]
    assert live["mains_out"] > 0.5
    options = {**OPTIONS, "versions": made["versions"]}
    lines = [e["line"] for e in entries(play)]
    again = Play(made["text"], {}, "valley-flash-flood", options, lines, wall(30.0))
    assert settled(again, 30.0)["state"]["network"] == live


def test_a_preview_of_a_player_knows_nothing_of_the_truth(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was worked out for a facilitator does not stand in for what was reported, while that is not known yet."""
    previews = play.previews

    def reached(view: str) -> int:
        found = play.answer("preview", {"wall": wall(0.0), "alert": ALERT, "view": view})["result"]
        reached: int = found["people"]["covered"]
        return reached

    previews._work(b"all", np.ones(previews._count, bool))
    known = reached("reported")
    assert known > 0
    dark, unknown = np.zeros(previews._count, bool), np.arange(previews._count) > 0
    monkeypatch.setattr(previews, "_want", lambda _: None)
    monkeypatch.setattr(previews, "_alive", lambda view: dark if view == "truth" else unknown)
    previews._work(dark.tobytes(), dark)
    assert reached("truth") == 0
    assert reached("reported") == known


@pytest.mark.parametrize("text", ["a\uffff", "\ufffe", "a\u2028b", "a\x85", "<status>&#65;ctual"])
def test_no_text_holds_what_no_file_can_or_may(text: str) -> None:
    """A message with a character that XML does not have would keep the report from ever being made."""
    bodies = (
        (MessageRequest, {"text": text}),
        (NoteRequest, {"text": text}),
        (SeatRequest, {"invitation": "x", "name": text}),
        (ScoreRequest, {"points": 1.0, "comment": text}),
        (InjectBody, {"title": text}),
        (BranchRequest, {"title": text, "changes": [{"do": "drop", "decision": 1}]}),
    )
    for body, given in bodies:
        with pytest.raises(ValidationError):
            body.model_validate(given)


def test_areas_and_languages_have_an_end() -> None:
    ring = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]] * 2500
    AlertBody.model_validate({"area": {"type": "Polygon", "coordinates": [ring]}})
    for area in (
        {"type": "Polygon", "coordinates": [ring, ring]},
        {"type": "MultiPolygon", "coordinates": [[ring], [ring]]},
    ):
        with pytest.raises(ValidationError, match="10,000 corners"):
            AlertBody.model_validate({"area": area})
    with pytest.raises(ValidationError, match="35"):
        ContentBody.model_validate({"language": "en" + "-abcdefgh" * 5})
