"""The exercise as plain data: what it says of itself, and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made_exercises import EXERCISE, GAUGE, OUTAGE, PRESS, messages

from ew4all.alerts.drill import DrillStatus
from ew4all.sim.decisions import NetworkChange, Switch
from ew4all.sim.exercise import (
    FACTS,
    MARK,
    After,
    Attachment,
    Comparison,
    Condition,
    Exercise,
    Expectation,
    Handout,
    Inject,
    Objective,
    Phase,
    Role,
    RoleKind,
    ScenarioKnown,
    Team,
    check_exercise,
    claims_to_be_real,
    earliest_s,
    marked,
)


def faults(advice: bool = False, **changes: Any) -> dict[str, str]:
    return messages(check_exercise(replace(EXERCISE, **changes)), advice=advice)


def of_inject(**changes: Any) -> dict[str, str]:
    return faults(injects=(GAUGE, OUTAGE, replace(PRESS, **changes)))


def test_a_sound_exercise_has_no_fault() -> None:
    assert check_exercise(EXERCISE) == ()


def test_there_is_no_status_but_exercise() -> None:
    assert EXERCISE.status is DrillStatus.EXERCISE
    assert not {"status", "msg_type"} & set(Exercise.__dataclass_fields__)
    with pytest.raises((AttributeError, TypeError)):
        EXERCISE.status = "Actual"  # type: ignore[misc, assignment]


def test_what_players_see_is_marked_at_both_ends() -> None:
    assert GAUGE.shown_title == "EXERCISE: The gauge rises"
    assert GAUGE.shown_text == "EXERCISE: The gauge at the bridge has risen by a metre. EXERCISE"
    assert EXERCISE.shown_title.startswith(MARK)


@pytest.mark.parametrize(
    "text", ["", "a", "EXERCISE: a", "*** EXERCISE *** a", "EXERCISES are good"]
)
def test_marking_twice_changes_nothing(text: str) -> None:
    once = marked(text, at_end=True)
    assert MARK in once[:12]
    assert once.rstrip(" :").endswith(MARK)
    assert marked(once, at_end=True) == once
    assert text.strip() in once


@pytest.mark.parametrize(
    ("text", "is_real"),
    [
        ("<status>Actual</status>", True),
        ('{"status": "Actual"}', True),
        ("CAP status = ACTUAL", True),
        ("<status>&#65;ctual</status>", True),
        ("&lt;status&gt;Actual", True),
        ("&amp;lt;status&amp;gt;&amp;#x41;ctual", True),
        (r'{"status": "\u0041ctual"}', True),
        (r'{"st\u0061tus": "Actual"}', True),
        ("<cap:status>\n\n\n              Actual</cap:status>", True),
        ("<status xml:lang='en'>Actual</status>", True),
        ("<status><![CDATA[Actual]]></status>", True),
        ("<status><!-- no -->Actual</status>", True),
        ("sta\u200btus: Act\u00adual", True),
        ("status: \uff21\uff43\uff54\uff55\uff41\uff4c", True),
        ("status_Actual", True),
        ("its status, actually, is unknown", False),
        ("a status report of the actual level", False),
        ("the actual status of the river", False),
        ("status: Exercise", False),
    ],
)  # fmt: skip
def test_a_text_that_claims_to_be_real_is_found(text: str, is_real: bool) -> None:
    assert claims_to_be_real(text) is is_real
    assert ("injects.2.text" in of_inject(text=text)) is is_real


def test_the_room_needs_the_time_of_each_phase_and_of_the_talk() -> None:
    # 30 min at the exercise's own 3x, 60 min at 6x, 5 min of talk.
    assert EXERCISE.room_s == pytest.approx(600.0 + 600.0 + 300.0)
    assert [EXERCISE.speed_at(t) for t in (0.0, 1799.0, 1800.0)] == [3.0, 3.0, 6.0]
    assert EXERCISE.points == 3.0


def test_earliest_times_follow_chains_whatever_their_order() -> None:
    last = Inject("last", "t", "t", after=After(inject="outage", delay_s=60.0))
    hand = Inject("hand", "t", "t")
    found = earliest_s((last, OUTAGE, PRESS, GAUGE, hand))
    assert found == {
        "last": 1560.0,
        "outage": 1500.0,
        "press": 1800.0,
        "gauge": 600.0,
        "hand": None,
    }
    assert hand.is_by_hand
    assert not last.is_by_hand
    decided = Inject("decided", "t", "t", after=After(decision="issue_alert", delay_s=30.0))
    waits = Inject("waits", "t", "t", conditions=PRESS.conditions)
    assert earliest_s((decided, waits)) == {"decided": 30.0, "waits": 0.0}


def test_cycles_of_cascades_are_told_once_and_end() -> None:
    def after(name: str, other: str) -> Inject:
        return Inject(name, "t", "t", after=After(inject=other))

    ring = (
        after("a", "c"),
        after("b", "a"),
        after("c", "b"),
        after("tail", "b"),
        after("self", "self"),
    )
    told = faults(injects=ring, expectations=())
    assert told["injects.0.after"].startswith(
        "these wait for each other and none ever fires: a after c after b after a"
    )
    assert "self after self" in told["injects.4.after"]
    assert not {"injects.1.after", "injects.2.after", "injects.3.after"} & set(told)
    assert set(earliest_s(ring).values()) == {None}


@pytest.mark.parametrize(
    ("changes", "path", "said"),
    [
        ({"audience": ("mayour",)}, "to.0", "did you mean mayor?"),
        ({"audience": ("mayor", "mayor")}, "to.1", "gets it already"),
        ({"identifier": "gauge"}, "id", "two injects"),
        ({"identifier": "l'été"}, "id", "is no identifier"),
        ({"identifier": "issue_alert"}, "id", "name of a decision"),
        ({"sender": "a\nb"}, "from", "one line"),
        ({"after": After(inject="gauge")}, "after", "leave one of at and after out"),
        ({"time_s": 5401.0, "until_s": None}, "at", "over at 90 min"),
        ({"time_s": -1.0}, "at", "0 or more"),
        ({"until_s": 1700.0}, "until", "ends before it begins"),
        ({"conditions": ()}, "until", "only conditions are waited for"),
        ({"text": " \n"}, "text", "empty message"),
        ({"text": "a\x07"}, "text", "control characters"),
        ({"title": "x" * 301}, "title", "at most 300"),
        ({"discussion_s": -1.0}, "discussion", "0 or more"),
        ({"conditions": (Condition("sites_down", Comparison.MORE, 0.5),)}, "when.0", "no fact 'sites_down'"),
        ({"conditions": (Condition("sites_out_share", Comparison.MORE, 50.0),)}, "when.0", "0 to 100 %"),
        ({"conditions": (Condition("alert_issued", Comparison.IS, 2.0),)}, "when.0", "yes or no"),
        ({"conditions": (Condition("alert_issued", Comparison.IS, 1.0, zone="V1"),)}, "when.0", "not known by zone"),
        ({"conditions": (Condition("channel_on", Comparison.IS, 1.0),)}, "when.0", "asked of a channel"),
        ({"conditions": (Condition("people_missed", Comparison.MORE, -1.0),)}, "when.0", "never below 0"),
        ({"conditions": (Condition("people_missed", Comparison.MORE, float("nan")),)}, "when.0", "no value"),
        ({"conditions": (Condition("over_reach", Comparison.MORE, 1.0, channel="tv"),)}, "when.0", "not of a channel"),
        ({"effects": (NetworkChange(1.5),)}, "effects.0", "0 to 1"),
        ({"attachments": (Attachment("map", "../secret.md"),)}, "attachments.0.file", "below its folder"),
        ({"attachments": (Attachment("map", "/etc/passwd"),)}, "attachments.0.file", "below its folder"),
    ],
)  # fmt: skip
def test_each_fault_of_an_inject_says_where_and_what_to_do(
    changes: dict[str, Any], path: str, said: str
) -> None:
    told = of_inject(**changes)
    assert said in told[f"injects.2.{path}"]


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (After(), "give one of them"),
        (After(inject="gauge", decision="issue_alert"), "give one of them"),
        (After(inject="gouge"), "no inject 'gouge'"),
        (After(decision="issue"), "no decision 'issue'"),
        (After(inject="gauge", team="mayor"), "whose decision counts"),
        (After(decision="issue_alert", team="king"), "no team 'king'"),
        (After(inject="gauge", delay_s=-1.0), "delay of 0 or more"),
        (After(inject="gauge", delay_s=5000.0), "over at 90 min"),
    ],
)  # fmt: skip
def test_each_fault_of_a_cascade(after: After, said: str) -> None:
    assert said in of_inject(time_s=None, after=after)["injects.2.after"]


@pytest.mark.parametrize(
    ("changes", "path", "said"),
    [
        ({"length_s": 0.0}, "length", "more than 0"),
        ({"speed": 121.0}, "speed", "1 to 120"),
        ({"identifier": "a b"}, "id", "no identifier"),
        ({"languages": ()}, "languages", "[en]"),
        ({"teams": ()}, "teams", "nobody plays"),
        ({"injects": ()}, "injects", "nothing happens"),
        ({"teams": (*EXERCISE.teams, Team("duty", "Again"))}, "teams.2.id", "two teams"),
        ({"roles": (Role("p", "P", RoleKind.PLAYER),)}, "roles.0.team", "belongs to a team"),
        ({"roles": (Role("p", "P", RoleKind.PLAYER, "duty"),)}, "roles", "nobody runs the clock"),
        ({"roles": (Role("f", "F", RoleKind.FACILITATOR, "king"),)}, "roles.0.team", "no team 'king'"),
        ({"phases": (Phase("a", 0.0, 500.0),)}, "phases.0.speed", "1 to 120"),
        ({"phases": (Phase("a", 5400.0),)}, "phases.0.start", "within the exercise"),
        ({"phases": (Phase("a", 60.0), Phase("b", 60.0))}, "phases.1.start", "later than"),
        ({"handouts": (Handout("h", "a.md", teams=("king",)),)}, "handouts.0.teams.0", "no team"),
        ({"handouts": (Handout("h", "c:\\a.md"),)}, "handouts.0.file", "below its folder"),
        ({"expectations": (Expectation("e", "t", "x"),)}, "expectations.0.objective", "no objective"),
        ({"expectations": (Expectation("e", "t", "decide", team="x"),)}, "expectations.0.team", "no team"),
        ({"expectations": (Expectation("e", "t", "decide", inject="x"),)}, "expectations.0.after", "no inject"),
        ({"expectations": (Expectation("e", "t", "decide", within_s=0.0),)}, "expectations.0.within", "longer than 0"),
        ({"expectations": (Expectation("e", "t", "decide", points=0.0),)}, "expectations.0.points", "more than 0"),
        ({"expectations": (Expectation("e", "t", "decide", decision="x"),)}, "expectations.0.decision", "no decision"),
    ],
)  # fmt: skip
def test_each_fault_of_the_rest(changes: dict[str, Any], path: str, said: str) -> None:
    assert said in faults(**changes)[path]


def test_advice_is_no_fault() -> None:
    told = faults(advice=True, objectives=(*EXERCISE.objectives, Objective("more", "More")))
    assert list(told) == ["objectives.1"]
    bare = (GAUGE, OUTAGE, Inject("bare", "t", "t", time_s=1.0))
    assert set(faults(advice=True, injects=bare)) == {"injects.2.expected", "injects.2.from"}
    assert faults(injects=bare) == {}


KNOWN = ScenarioKnown(
    frozenset({"V1", "V2"}),
    frozenset({"siren", "cell_broadcast"}),
    frozenset({"North"}),
    True,
    0.0,
    14400.0,
)


@pytest.mark.parametrize(
    ("changes", "path", "said"),
    [
        ({"scenario_start_s": 20_000.0}, "scenario_start", "outside its run from 0 min to 4 h"),
        ({"scenario_start_s": 10_000.0}, "length", "shorten it"),
        ({"injects": (GAUGE, replace(OUTAGE, effects=(NetworkChange(0.4, zone="V9"),)), PRESS)}, "injects.1.effects.0", "no zone 'V9'"),
        ({"injects": (GAUGE, replace(OUTAGE, effects=(Switch("tv", False),)), PRESS)}, "injects.1.effects.0", "no channel 'tv'"),
        (
            {"injects": (GAUGE, replace(OUTAGE, effects=(NetworkChange(0.4, operator="West"),)), PRESS)},
            "injects.1.effects.0", "no operator 'West'",
        ),
        (
            {"injects": (GAUGE, OUTAGE, replace(PRESS, conditions=(Condition("sites_out_share", Comparison.MORE, 0.5, "V9"),)))},
            "injects.2.when.0", "no zone 'V9'",
        ),
    ],
)  # fmt: skip
def test_what_the_scenario_does_not_have(changes: dict[str, Any], path: str, said: str) -> None:
    changed = replace(EXERCISE, **changes)
    assert check_exercise(changed) == ()
    assert said in messages(check_exercise(changed, KNOWN))[path]


def test_facts_of_sites_need_sites() -> None:
    condition = Condition("sites_out_share", Comparison.MORE, 0.5)
    changed = replace(EXERCISE, injects=(GAUGE, OUTAGE, replace(PRESS, conditions=(condition,))))
    assert check_exercise(changed, KNOWN) == ()
    without = replace(KNOWN, has_sites=False)
    assert "layers of coverage" in messages(check_exercise(changed, without))["injects.2.when.0"]


@pytest.mark.parametrize(
    ("comparison", "found", "holds"),
    [(">", 1.0, False), (">=", 1.0, True), ("<", 0.9, True), ("<=", 1.1, False), ("=", 1.0, True), ("!=", 1.0, False)],
)  # fmt: skip
def test_comparisons(comparison: str, found: float, holds: bool) -> None:
    assert Condition("people_missed", Comparison(comparison), 1.0).holds(found) is holds
    assert not Condition("people_missed", Comparison(comparison), 1.0).holds(float("nan"))


def test_each_fact_says_what_it_is() -> None:
    for name, fact in FACTS.items():
        assert fact.name == name
        assert len(fact.meaning) > 20 or fact.by_channel
    assert FACTS["sites_out_share"].needs_sites
    assert FACTS["channel_on"].by_channel
