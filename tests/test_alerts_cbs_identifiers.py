"""The table of message identifiers, against two other tables."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from pycrate_mobile.TS23041_CBS import CBS_MessageId_dict

from ew4all.alerts.cbs import (
    GEOFENCING_TRIGGER,
    IDENTIFIERS,
    PWS_RANGE,
    OptOut,
    additional_language,
    describe,
    is_cmas,
    is_etws,
)
from ew4all.errors import MessageError


def triple_in(words: str) -> tuple[str, ...] | None:
    found = re.search(r"Severity of (\w+), Urgency of (\w+),? and Certainty of (\w+)", words)
    return None if found is None else found.groups()


def check_table(table: dict[int, str]) -> None:
    ours = {value: row for value, row in IDENTIFIERS.items() if value in table}
    assert len(ours) >= 30
    for value, row in ours.items():
        words = table[value]
        second = "additional language" in words.lower()
        assert (row.twin_of is not None) == second, words
        if row.twin_of is None:
            assert row.triple == triple_in(words), words
        for word in ("earthquake", "tsunami", "Presidential", "Exercise", "Public Safety"):
            if word.lower() in words.lower() and row.system != "epws":
                assert word.lower() in row.name.lower(), words


def test_the_table_agrees_with_pycrate() -> None:
    check_table({k: v for k, v in CBS_MessageId_dict.items() if 4352 <= k <= 6400})


def test_the_table_agrees_with_wireshark_and_leaves_nothing_out() -> None:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed: `apt-get install tshark`")
    listed = subprocess.run(["tshark", "-G", "values"], capture_output=True, text=True, check=True)
    table = {
        int(number): words
        for kind, field, number, words in (
            line.split("\t")[:4] for line in listed.stdout.splitlines() if line.count("\t") >= 3
        )
        if kind == "V" and field == "lte-rrc.messageIdentifier" and int(number) >= 4352
    }
    assert sorted(table) == sorted(IDENTIFIERS)
    check_table(table)


@pytest.mark.parametrize("identifier", [*range(4370, 4383), 4396, 4398], ids=str)
def test_an_additional_language_has_its_own_identifier(identifier: int) -> None:
    twin = additional_language(identifier)
    assert twin == identifier + (13 if identifier <= 4382 else 1)
    row = IDENTIFIERS[twin]
    assert row.twin_of == identifier
    assert (row.eu_alert, row.triple) == (
        IDENTIFIERS[identifier].eu_alert,
        IDENTIFIERS[identifier].triple,
    )


@pytest.mark.parametrize(
    ("identifier", "says"),
    [
        (4383, "is one itself"),
        (4352, "has none"),
        (4400, "has none"),
        (6400, "has none"),
        (1, "none"),
    ],
    ids=str,
)
def test_no_twin_where_there_is_none(identifier: int, says: str) -> None:
    with pytest.raises(MessageError, match=says):
        additional_language(identifier)


def test_facts_that_are_often_wrong() -> None:
    assert f"{GEOFENCING_TRIGGER} {GEOFENCING_TRIGGER:#x}" == "4400 0x1130"
    assert not IDENTIFIERS[GEOFENCING_TRIGGER].displays
    assert IDENTIFIERS[4373].triple == ("Extreme", "Expected", "Observed")
    assert IDENTIFIERS[4373].eu_alert == "Level 3"
    assert "severe" in IDENTIFIERS[4373].title
    assert 6400 not in PWS_RANGE
    assert IDENTIFIERS[6400].eu_alert == "Info"


def test_levels_and_classes() -> None:
    level = {row.value: row.eu_alert for row in IDENTIFIERS.values() if row.twin_of is None}
    assert level[4370] == "Level 1"
    assert {level[v] for v in (4371, 4372)} == {"Level 2"}
    assert {level[v] for v in range(4373, 4379)} == {"Level 3"}
    assert level[4396] == "Level 4"
    assert [v for v, row in IDENTIFIERS.items() if row.opt_out is OptOut.NEVER] == [
        4352, 4353, 4354, 4356, 4370, 4383,
    ]  # fmt: skip
    assert all(row.source for row in IDENTIFIERS.values())


def test_drill_identifiers_are_shown_only_to_who_asked() -> None:
    for value in (4355, 4380, 4381, 4394, 4398, 4399):
        assert IDENTIFIERS[value].opt_out is OptOut.OPT_IN


def test_ranges_and_words() -> None:
    assert [v for v in IDENTIFIERS if is_etws(v)] == list(range(4352, 4360))
    assert [v for v in IDENTIFIERS if is_cmas(v)] == list(range(4370, 4400))
    assert describe(4381) == "Exercise"
    assert describe(5000) == "public warning, not assigned"
    assert describe(50) == "not a public warning"
