"""Exercise files as YAML: every fault with line and column, and what scenarios and folders have to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ew4all.errors import ExerciseError, FaultyFileError, ReadError
from ew4all.exercises import exercise_from, file_of, load_exercise, shipped, yaml_of
from ew4all.exercises.condition_text import condition_of
from ew4all.exercises.effect_text import after_of, effect_of
from ew4all.exercises.span_text import clock_text
from ew4all.exercises.starting import STARTER, copy_exercise
from ew4all.scenario.yaml_text import read_marked
from ew4all.sim.exercise import STATUS, claims_to_be_real

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (STARTER / "exercise.yaml").read_text("utf-8")
LIBRARY = ("caribbean-cascade", "trainers-tabletop", "valley-night")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy_exercise(None, tmp_path / "mine")
    return tmp_path / "mine"


def findings(folder: Path, *changes: tuple[str, str]) -> list[str]:
    text = TEXT
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    (folder / "exercise.yaml").write_text(text, "utf-8")
    with pytest.raises(ExerciseError) as caught:
        load_exercise(folder)
    return [str(one) for one in caught.value.findings]


def line_of(part: str) -> int:
    return TEXT[: TEXT.index(part)].count("\n") + 1


def test_the_exercise_to_begin_with_is_sound(folder: Path) -> None:
    found = load_exercise(folder)
    assert found.advice == ()
    assert found.scenario().name.startswith("Flash flood")
    assert found.file("player-brief.md").is_file()
    assert found.text == TEXT


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    to: [duty]                       #", "    to: [dutty] #", "injects.0.to.0: there is no team 'dutty'; did you mean duty?"),
        ("at: 5 min ", "at: 5 ", "injects.0.at: 5 has no unit of time"),
        ("at: 5 min ", "att: 5 min", "there is no key 'att' here; did you mean at?"),
        ("after: gauge + 20 min", "after: gorge + 20 min", "injects.1.after: there is no inject 'gorge'"),
        ("after: gauge + 20 min", "after: gauge plus 20 min", "injects.1.after: 'gauge plus 20 min' does not say"),
        ("- network 40 % in V1 of North", "- network 400 % in V1 of North", "injects.1.effects.0: 'network 400 % in V1 of North' leaves more"),
        ("- network 40 % in V1 of North", "- network 40 % in V7 of North", "injects.1.effects.0: there is no zone 'V7'"),
        ("- network 40 % in V1 of North", "- network 40 % in V1 of West", "no operator 'West'"),
        ("- power off in V2", "- lights off in V2", "injects.1.effects.1: 'lights off in V2' is no effect; write"),
        ("when: alert_issued = no", "when: alert_isued = no", "there is no fact 'alert_isued'; did you mean alert_issued?"),
        ("when: alert_issued = no", "when: alert_issued", "'alert_issued' is no condition; write FACT"),
        ("when: alert_issued = no", "when: alert_issued = perhaps", "alert_issued is yes or no"),
        ("warned_in_time_share >= 75 %", "warned_in_time_share >= 75", "compare it with 0 to 100 %"),
        ("warned_in_time_share >= 75 %", "time_to_hazard_s in V1 < 5", "write a duration with its unit"),
        ("channel: media", "channel: pigeon", "injects.2.channel: 'pigeon' is not possible; write one of"),
        ("kind: player, team: mayors", "kind: king, team: mayors", "roles.2.kind: 'king' is not possible"),
        ("decision: issue_alert", "decision: dance", "expectations.0.decision: 'dance' is not possible"),
        ("length: 1 h 30 min", "length: 9 h", "the scenario is over 4 h after the start"),
        ("scenario: valley-flash-flood", "scenario: atlantis", "scenario: there is no scenario atlantis"),
        ("file: player-brief.md", "file: none.md", "there is no file none.md beside the exercise"),
        ("file: player-brief.md", "file: ../exercise.yaml", "is no file beside the exercise"),
        ("text: The mayor does not answer.", "text: status Actual", "nothing in an exercise may"),
        ("speed: 2 ", "speed: 200 ", "1 to 120"),
        ("id: my-exercise", "id: my exercise", "is no identifier"),
    ],
)  # fmt: skip
def test_each_fault_has_its_place_and_says_what_to_do(
    folder: Path, old: str, new: str, said: str
) -> None:
    told = findings(folder, (old, new))
    assert any(said in one for one in told), told
    line = line_of(old.strip())
    assert any(one.startswith(f"line {line}, column ") for one in told), (line, told)


def test_all_faults_are_told_at_once(folder: Path) -> None:
    told = findings(
        folder,
        ("to: [duty]", "to: [x]"),
        ("after: gauge + 20 min", "after: y"),
        ("when: alert_issued = no", "when: z = 1"),
    )
    assert len(told) == 3


def test_a_handout_that_does_not_say_what_it_is_is_told(folder: Path) -> None:
    (folder / "player-brief.md").write_text("# Flood!\nRun.", "utf-8")
    (one,) = load_exercise(folder).advice
    assert "player-brief.md does not begin with EXERCISE" in str(one)
    (folder / "player-brief.md").write_bytes(b"\xff\xff")
    assert len(load_exercise(folder).advice) == 1


def test_who_is_not_at_this_machine_names_no_file_of_it(folder: Path) -> None:
    found = exercise_from(TEXT, folder=None)
    assert found.scenario().name.startswith("Flash flood")
    with pytest.raises(ReadError, match="without a folder"):
        found.file("player-brief.md")
    scenario = folder / "mine.yaml"
    scenario.write_text("demo: grenada", "utf-8")
    sly = TEXT.replace("scenario: valley-flash-flood", f"scenario: {scenario}")
    line = line_of("scenario: valley-flash-flood")
    with pytest.raises(
        ExerciseError, match=rf"line {line}, .*there is no scenario .*; there are grenada-beryl, "
    ):
        exercise_from(sly, folder=None)
    with pytest.raises(ExerciseError, match="schema is missing"):
        exercise_from(sly, folder=folder)


def test_what_is_no_exercise(folder: Path) -> None:
    def refused(text: str, said: str) -> None:
        (folder / "exercise.yaml").write_text(text, "utf-8")
        with pytest.raises(ExerciseError, match=said):
            load_exercise(folder)

    refused("", "`ew4all exercise new` writes one to begin with")
    refused("- a", "begin with `schema: ew4all/exercise/1`")
    refused("a: [", "this is no YAML")
    refused("schema: ew4all/scenario/1", "is not possible")
    refused("a: &a [*a]", "grows without end")
    (folder / "exercise.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReadError, match="no text in UTF-8"):
        load_exercise(folder)
    with pytest.raises(
        ReadError, match="no exercise of that name comes with ew4all; there are caribbean-cascade"
    ):
        load_exercise("nothing")


def test_plain_values_and_mappings_in_the_place_of_texts(folder: Path) -> None:
    given = read_marked(TEXT, what="exercise").value
    given["injects"][1]["after"] = {"decision": "issue_alert", "team": "mayors", "delay": "20 min"}
    given["injects"][1]["effects"] = [
        {"network": {"share": 0.4, "zone": "V1", "operator": "North"}}, {"power": {"on": False}}, {"switch": {"channel": "siren", "on": False}},
    ]  # fmt: skip
    given["injects"][1]["attachments"] = ["Brief | player-brief.md"]
    found = exercise_from(given, folder=folder)
    assert "decision issue_alert by mayors + 20 min" in yaml_of(found.exercise)
    assert found.exercise.injects[1].attachments[0].title == "Brief"
    given["injects"][1]["effects"] = [
        {"power": {"on": False}, "switch": {"channel": "siren", "on": False}}
    ]
    with pytest.raises(FaultyFileError, match="an effect is one of network, power and switch"):
        exercise_from(given, folder=folder)


@pytest.mark.parametrize("text", ["", "gauge + ", "gauge + soon", "a b", "decision issue_alert by"])
def test_what_comes_after_nothing(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not say|no delay"):
        after_of(text)


def test_texts_as_people_write_them() -> None:
    assert condition_of("sites_out_share≥50%").value == 0.5
    assert condition_of("people_missed > 1,500").value == 1500.0
    assert condition_of('people_warned_share in "Saint Mark" < 0.5').zone == "Saint Mark"
    assert effect_of("Network 0 %").share == 0.0  # type: ignore[union-attr]
    assert after_of("issue_alert").decision == "issue_alert"
    for text in ("people_missed > 5 %", "people_missed > many"):
        with pytest.raises(ValueError, match=r"per cent|no number"):
            condition_of(text)
    assert [clock_text(t) for t in (0, 45, 5400, -60)] == [
        "T+0:00",
        "T+0:00:45",
        "T+1:30",
        "T-0:01",
    ]


@pytest.mark.parametrize("name", LIBRARY)
def test_the_library_is_complete(name: str) -> None:
    """Each has a guide, hand-outs for players, a score sheet, conditional injects, and is marked."""
    found = load_exercise(name)
    exercise = found.exercise
    assert exercise.identifier == name == found.folder.name
    assert found.advice == ()
    assert exercise.status is STATUS
    readers = {handout.reader for handout in exercise.handouts}
    assert {"facilitator", "everybody", "evaluator"} <= readers
    for handout in exercise.handouts:
        text = found.file(handout.file).read_text("utf-8")
        assert text.startswith("# EXERCISE: ")
        assert "**EXERCISE - not for operations.**" in text
        assert not claims_to_be_real(text)
    assert "EXERCISE - not for operations" in found.text.splitlines()[0]
    assert any(i.conditions for i in exercise.injects)
    assert any(i.after and i.after.decision for i in exercise.injects)
    assert any(i.is_by_hand for i in exercise.injects)
    assert any(i.effects for i in exercise.injects)
    assert any(not e.is_judged for e in exercise.expectations)
    assert {o.identifier for o in exercise.objectives} == {
        e.objective for e in exercise.expectations
    }
    assert all(
        i.shown_text.startswith("EXERCISE") and i.shown_text.endswith("EXERCISE")
        for i in exercise.injects
    )
    assert exercise.sources
    assert exercise.assumed


@pytest.mark.parametrize("name", LIBRARY)
def test_sheets_and_guides_agree_with_the_exercise(name: str) -> None:
    found = load_exercise(name)
    exercise = found.exercise
    sheet = found.file("score-sheet.md").read_text("utf-8")
    guide = found.file("facilitator-guide.md").read_text("utf-8")
    rows = {
        line.split("`")[1]: line.split("|")[4].strip()
        for line in sheet.splitlines()
        if line.startswith("| `")
    }
    assert rows == {e.identifier: f"{e.points:g}" for e in exercise.expectations}
    assert f"{exercise.points:g} points" in guide
    counted = {
        line.split("`")[1]
        for line in sheet.splitlines()
        if line.startswith("| `") and "counted" in line.split("|")[5]
    }
    assert counted == {e.identifier for e in exercise.expectations if not e.is_judged}
    assert {2: "Two ", 8: "Eight "}[len(counted)] in guide.partition("## Score")[2]
    named = {part for part in guide.split("`")[1::2] if " " not in part}
    known = {i.identifier for i in exercise.injects} | {e.identifier for e in exercise.expectations}
    known |= {o.identifier for o in exercise.objectives} | {h.file for h in exercise.handouts}
    assert named <= known


def test_the_library_has_what_was_promised() -> None:
    assert tuple(shipped()) == LIBRARY
    minutes = {name: load_exercise(name).exercise.room_s / 60.0 for name in LIBRARY}
    assert 35 <= minutes["trainers-tabletop"] <= 50  # an hour with opening and closing
    assert 140 <= minutes["caribbean-cascade"] <= 185  # half a day with them and a break
    assert 80 <= minutes["valley-night"] <= 95  # two hours with them
    cascade = load_exercise("caribbean-cascade").exercise
    chain = {i.hazard for i in cascade.injects}
    assert {"hurricane", "power", "network", "flood", "landslide", "port"} <= chain
    assert file_of(file_of("valley-night").parent) == file_of("valley-night")
