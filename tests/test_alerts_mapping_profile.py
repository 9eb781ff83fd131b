"""Mapping profiles as files: what is shipped, what extends what, and what is refused."""

from __future__ import annotations

import pytest
from made_alerts import made_alert, made_info, named

from ew4all.alerts.mapping import map_alert
from ew4all.alerts.mapping_profile import profile, profile_names, read_profile
from ew4all.errors import MappingError

MINE = """
title = "Mine"
source = "the regulator's decision of today"
sure = "verified"
triples = [{ severity = "Severe", urgency = "Immediate", certainty = "Observed", identifier = 4375 }]
[text]
most_characters = 500
[[class]]
name = "level_1"
identifier = 4370
parameters = { Siren = ["yes"] }
sure = "verified"
source = "the decision"
[[class]]
name = "warning"
always = true
sure = "verified"
source = "the decision"
"""


def test_shipped_profiles_are_systems_then_countries() -> None:
    assert profile_names() == (
        "etws", "eu-alert", "wea", "ca", "de", "fr", "gb", "generic", "jp", "nl", "us",
    )  # fmt: skip
    for name in profile_names():
        rules = profile(name)
        assert rules.classes[-1].always, "the last class takes everything else"
        assert rules.source
        assert all(kind.source for kind in rules.classes)


def test_a_file_of_ones_own() -> None:
    rules = read_profile(MINE.encode(), "mine.toml")
    info = made_info(triple="Severe Immediate Observed")
    assert map_alert(made_alert(info), rules)[0].message_identifier == 4375
    assert map_alert(made_alert(), rules)[0].message_identifier is None
    flagged = made_info(parameters=named(siren="YES"))
    assert map_alert(made_alert(flagged), rules)[0].message_identifier == 4370


def test_a_file_may_extend_a_shipped_profile() -> None:
    text = """
extends = "de"
languages = ["da"]
drop = ["level_4"]
[[class]]
name = "dam"
identifier = 4370
events = ["dam break"]
sure = "verified"
source = "ours"
"""
    rules = read_profile(text.encode(), "own.toml")
    assert rules.classes[0].name == "dam"  # before those that take everything
    assert "level_4" not in [kind.name for kind in rules.classes]
    assert rules.languages == ("da",)
    assert rules.legacy_identifiers == (919,)
    dam = made_info(event="Dam break upstream", triple="Minor Past Unknown")
    assert map_alert(made_alert(dam), rules)[0].message_identifier == 4370


@pytest.mark.parametrize(
    ("change", "to", "said"),
    [
        ("", "[", "no TOML"),
        ("title =", "titel =", "did you mean title"),
        ('title = "Mine"', "", "'title' is missing"),
        ("identifier = 4370", "identifier = 70000", "0 to 65535"),
        ("identifier = 4370", "identifier = true", "whole number"),
        ("identifier = 4370", 'identifier = 4370\nstatuses = ["Test"]', "4355, 4380"),
        ("identifier = 4370", 'identifier = 4381\nstatuses = ["Draft"]', "can be broadcast"),
        ('name = "warning"', 'name = "warning"\nstatuses = ["Exercise"]', "not None"),
        ("identifier = 4370", 'identifier = 4370\ntriple = "some"', '"any" or "listed"'),
        ("identifier = 4370", "identifier = 4370\nalways = true", "either always"),
        ('parameters = { Siren = ["yes"] }', "", "either always"),
        ('{ Siren = ["yes"] }', '["Siren"]', "parameters is no table"),
        ('severity = "Severe"', 'severity = "Sever"', "none of Extreme, Severe"),
        ('name = "warning"', 'name = "level_1"', "two classes"),
        ('name = "level_1"', 'name = ["a"]', "is no text"),
        ("[text]\n", "legacy_identifiers = 3\n[text]\n", "3 is no list"),
        ("[text]\n", "class2 = 3\n[text]\n", "did you mean class"),
        ("[text]\nmost_characters = 500", "text = 5", "text is no table"),
        ('title = "Mine"', 'title = "Mine"\nextends = 5', "5 is no text"),
        ('sure = "verified"', 'sure = "maybe"', "none of verified, memory"),
        (", identifier = 4375", "", "and one has none"),
        ("most_characters = 500", "most_characters = 5000", "1 to 1395"),
        ("[text]\n", "wanted = ['age']\n[text]\n", "none of event"),
        ('title = "Mine"', 'title = "Mine"\ndrop = ["x"]', "extends another"),
        ('title = "Mine"', 'title = "Mine"\nextends = "wee"', "did you mean wea"),
        ('title = "Mine"', 'title = "Mine"\nextends = "wea"\ndrop = ["x"]', "no class of wea"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_with_the_place(change: str, to: str, said: str) -> None:
    text = MINE.replace(change, to, 1) if change else to
    with pytest.raises(MappingError, match=r"^mine\.toml") as raised:
        read_profile(text.encode(), "mine.toml")
    assert said in str(raised.value)


def test_repeated_triple_and_foreign_bytes() -> None:
    line = (
        '{ severity = "Severe", urgency = "Immediate", certainty = "Observed", identifier = 4375 }'
    )
    with pytest.raises(MappingError, match="repeats Severe"):
        read_profile(MINE.replace(line, f"{line}, {line}").encode(), "mine.toml")
    with pytest.raises(MappingError, match="no TOML"):
        read_profile(b"\xff\xfe", "mine.toml")


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(MappingError, match=r"did you mean eu-alert.*etws, eu-alert, wea, ca"):
        profile("eualert")
