"""`ew4all alert`: faults that a reviewer found from outside, each one sentence and exit code 2."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from command_line import command_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ALERT = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>a</identifier>
<sender>s@example.org</sender><sent>9999-12-31T23:59:59-12:00</sent><status>Actual</status>
<msgType>Alert</msgType><scope>Public</scope><info><category>Met</category><event>Flood</event>
<urgency>Immediate</urgency><severity>Extreme</severity><certainty>Observed</certainty>
<area><areaDesc>x</areaDesc><circle>10,10 5</circle></area></info></alert>"""


@pytest.fixture
def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Return what runs a command that must end with code 2, and returns its sentence on one line."""
    run = command_line(monkeypatch, capsys)

    def sentence(*arguments: str) -> str:
        ended = run("alert", *arguments)
        assert ended.code == 2
        return " ".join(ended.err.split())

    return sentence


def test_an_alert_at_the_end_of_the_calendar(tmp_path: Path, refused: Callable[..., str]) -> None:
    (tmp_path / "a.xml").write_text(ALERT, encoding="utf-8")
    assert refused("encode", str(tmp_path / "a.xml"), "--profile", "wea")


def test_a_drill_at_the_end_of_the_calendar(tmp_path: Path, refused: Callable[..., str]) -> None:
    said = refused(
        "build", "--hazard", "flood", "--language", "en", "--place", "x", "--time", "1", "--status", "Test",
        "--sent", "9999-12-31T23:59:59+00:00", "--out", str(tmp_path / "o.xml"),
    )  # fmt: skip
    assert "beyond the calendar" in said


def test_a_folder_is_no_audit_log(tmp_path: Path, refused: Callable[..., str]) -> None:
    assert "is a folder" in refused("audit", str(tmp_path))


@pytest.fixture
def huge(tmp_path: Path) -> Path:
    path = tmp_path / "huge.xml"
    with path.open("wb") as file:
        file.truncate(3 << 30)
    return path


def test_a_huge_file_is_a_finding(
    huge: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = command_line(monkeypatch, capsys)("alert", "check", str(huge), "--json")
    assert ended.code == 2
    ((finding,),) = (entry["findings"] for entry in json.loads(ended.out))
    assert "more than 10,000,000 bytes" in finding["message"]


@pytest.mark.parametrize("command", ["encode", "verify", "diff"])
def test_a_huge_file_is_refused_without_being_read(
    huge: Path, refused: Callable[..., str], command: str
) -> None:
    more = {"encode": ["--profile", "wea"], "diff": [str(huge)]}.get(command, [])
    assert "more than 10,000,000 bytes" in refused(command, str(huge), *more)


@pytest.mark.parametrize("octets", [0, -5])
def test_a_segment_holds_something(
    tmp_path: Path, refused: Callable[..., str], octets: int
) -> None:
    params = tmp_path / "p.json"
    params.write_text(json.dumps({"segment_octets": octets}), encoding="utf-8")
    assert "segment_octets" in refused("encode", "--text", "Hello", "--params", str(params))


def test_an_identifier_without_a_display_takes_no_text(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    params = tmp_path / "p.json"
    params.write_text('{"message_identifier": 4400}', encoding="utf-8")
    said = refused("encode", "--text", "Hello", "--params", str(params))
    assert "no text for a display" in said
