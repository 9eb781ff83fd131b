"""Durations, moments, YAML with places: what a scenario file is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.scenario.values import date_of, duration_s, zero_date, zero_hour
from ew4all.scenario.yaml_text import Mark, read_marked


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90 s", 90.0), ("15 min", 900.0), ("1 h 30 min", 5400.0), ("2d", 172_800.0), ("-30 min", -1800.0), ("0 ", 0.0),
        (0, 0.0), (0.0, 0.0), ("1.5 h", 5400.0), ("+2 hours", 7200.0), (".5 h", 1800.0),
    ],
)  # fmt: skip
def test_durations_carry_their_unit(text: object, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "5", "3 parsecs", "min", "1 h min", "h 1", 60, True, None, "1 h - 5 min", "nan s"]
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"duration|unit"):
        duration_s(text)


@given(st.integers(0, 9), st.integers(0, 59), st.integers(0, 59))
def test_parts_of_a_duration_add_up(hours: int, minutes: int, seconds: int) -> None:
    assert (
        duration_s(f"{hours} h {minutes} min {seconds} s") == 3600 * hours + 60 * minutes + seconds
    )


def test_a_date_says_its_offset() -> None:
    assert date_of("2024-07-01T08:00-04:00") == date_of("2024-07-01 12:00 +00:00")
    assert date_of("2024-07-01T12:00Z") == date_of("2024-07-01T08:00-04:00")
    with pytest.raises(ValueError, match="offset"):
        date_of("2024-07-01T08:00")
    with pytest.raises(ValueError, match="no date"):
        date_of("2024-13-01T08:00Z")


def test_zero_is_a_time_of_day_or_a_date() -> None:
    assert zero_hour("09:30") == 9.5
    assert zero_date("09:30") is None
    assert zero_hour("2024-07-01T08:15-04:00") == 8.25
    found = zero_date("2024-07-01T08:15-04:00")
    assert found is not None
    assert found.hour == 12


def test_keys_and_values_know_their_place() -> None:
    read = read_marked("a: 1\nb:\n  c: [x, 2.5, true]\n  d: 2024-07-01T08:00Z\n")
    assert read.value == {"a": 1, "b": {"c": ["x", 2.5, True], "d": "2024-07-01T08:00Z"}}
    assert read.place(("b", "c", 1)) == Mark(3, 10)
    assert read.place(("b", "d"), of_key=True) == Mark(4, 3)
    # What is not in the text is shown at the section that it belongs to.
    assert read.place(("b", "missing"), of_key=True) == Mark(2, 1)


def test_yaml_12_has_no_norwegians_and_no_sexagesimals() -> None:
    read = read_marked("country: no\nhour: 09:30\nhex: 0x10\nnothing:\nmany: 1_000\nend: .inf\n")
    assert read.value == {
        "country": "no", "hour": "09:30", "hex": 16, "nothing": None, "many": 1000, "end": float("inf")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: [1, 2\n", 3, "no YAML"),
        ("a: 1\n\tb: 2\n", 2, "no YAML"),
        ("", 1, "empty"),
        ("a: 1\na: 2\n", 2, "second time"),
        ("a: !!python/object:os.system x\n", 1, "tag"),
        ("a: !!binary aGk=\n", 1, "tag"),
        ("? [x, y]\n: 1\n", 1, "key is a word"),
        ("a: &a [*a]\n", 1, "alias"),
    ],
)
def test_bad_yaml_is_a_finding_with_its_line(text: str, line: int, said: str) -> None:
    findings = read_marked(text).findings
    assert findings, text
    assert any(said in str(finding) for finding in findings)
    assert findings[0].line == line


def test_aliases_are_read_but_cannot_explode() -> None:
    assert read_marked("a: &x [1, 2]\nb: *x\n").value == {"a": [1, 2], "b": [1, 2]}
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]\n" for k in range(1, 9))
    findings = read_marked(bomb).findings
    assert len(findings) == 1
    assert "aliases" in findings[0].message
