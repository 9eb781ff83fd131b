"""`ew4all alert check` and `alert diff` as a user calls them."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from cap_texts import GOOD, alert, area, info
from command_line import Ended, command_line
from made_gateway import signer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BAD = alert(info(area("<polygon>10,20 10,21 11,21 11,20</polygon>")))
AT = "2026-01-31T18:30:00+01:00"
KEYS = {"file", "alert_index", "cap_version", "xsd_valid", "valid", "signature", "findings"}


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.xml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.cap").write_text(BAD, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no alert", encoding="utf-8")
    return tmp_path


def checked(ended: Ended) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ended.out)
    return found


def test_json_has_the_form_that_other_tools_rely_on(
    run: Callable[..., Ended], folder: Path
) -> None:
    good, bad = str(folder / "good.xml"), str(folder / "bad.cap")
    ended = run("alert", "check", good, bad, "--json", "--at", AT)
    assert ended.code == 2
    assert ended.err == ""
    entries = checked(ended)
    assert entries[0] == {
        "file": good,
        "alert_index": 0,
        "cap_version": "1.2",
        "xsd_valid": True,
        "valid": True,
        "signature": "none",
        "findings": [],
    }
    assert set(entries[1]) == KEYS
    assert (entries[1]["xsd_valid"], entries[1]["valid"]) == (True, False)
    codes = {finding["code"]: finding for finding in entries[1]["findings"]}
    finding = codes["cap.polygon.open"]
    assert set(finding) == {"code", "severity", "path", "line", "message"}
    assert finding["severity"] == "error"
    assert finding["path"] == "/alert/info[1]/area[1]/polygon[1]"
    assert finding["line"] == 1
    assert "10.0,20.0" in finding["message"]
    assert "repeat the first pair" in finding["message"]


def test_valid_files_end_with_0(run: Callable[..., Ended], folder: Path) -> None:
    ended = run("alert", "check", str(folder / "good.xml"), "--at", AT)
    assert ended.code == 0
    assert "CAP 1.2, schema valid, signature none, valid" in " ".join(ended.out.split())
    assert "1 of 1 alerts valid" in ended.out


def test_a_table_says_what_is_wrong_where_and_what_to_do(
    run: Callable[..., Ended], folder: Path
) -> None:
    ended = run("alert", "check", str(folder / "bad.cap"), "--at", AT)
    assert ended.code == 2
    text = " ".join(ended.out.split())
    for words in ("NOT VALID", "error cap.polygon.open", "polygon[1]", "repeat the first pair"):
        assert words in text


def test_a_folder_stands_for_its_alerts(run: Callable[..., Ended], folder: Path) -> None:
    entries = checked(run("alert", "check", str(folder), "--json"))
    assert [entry["file"].rpartition("/")[2] for entry in entries] == ["bad.cap", "good.xml"]


def test_alerts_may_come_by_standard_input(
    run: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(f"<alerts>{GOOD}{BAD}</alerts>".encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    entries = checked(run("alert", "check", "-", "--json", "--at", AT))
    assert [(e["file"], e["alert_index"], e["valid"]) for e in entries] == [
        ("standard input", 0, True),
        ("standard input", 1, False),
    ]


def test_now_is_the_time_of_the_check(run: Callable[..., Ended], tmp_path: Path) -> None:
    path = tmp_path / "old.xml"
    path.write_text(GOOD.replace("2026", "2003"), encoding="utf-8")
    entries = checked(run("alert", "check", str(path), "--json"))
    assert [f["code"] for f in entries[0]["findings"]] == ["cap.expired"]
    assert entries[0]["valid"] is True


def test_the_attack_among_the_samples(run: Callable[..., Ended], shared_data: Path) -> None:
    path = str(shared_data / "cap-samples" / "google_xee.xml")
    ended = run("alert", "check", path, "--json")
    assert ended.code == 2
    (entry,) = checked(ended)
    assert [f["code"] for f in entry["findings"]] == ["xml.doctype"]
    assert (entry["cap_version"], entry["xsd_valid"], entry["valid"]) == (None, False, False)
    assert "root:" not in ended.out


def test_certificates_and_profiles_are_taken(
    run: Callable[..., Ended], folder: Path, tmp_path: Path
) -> None:
    pem = tmp_path / "agency.pem"
    pem.write_bytes(signer("Agency").certificate_pem)
    good = str(folder / "good.xml")
    ended = run(
        "alert", "check", good, "--trust", str(pem), "--trust", str(pem),
        "--profile", "wea-ipaws", "--json", "--at", AT,
    )  # fmt: skip
    codes = {finding["code"] for finding in checked(ended)[0]["findings"]}
    assert codes
    assert all(code.startswith("profile.wea-ipaws.") for code in codes)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["good.xml", "--at", "noon"], "at is a time such as"),
        (["good.xml", "--at", "2026-01-31T18:30:00"], "has no zone"),
        (["good.xml", "--trust", "nowhere.pem"], "--trust nowhere.pem cannot be read"),
        (["good.xml", "--trust", "good.xml"], "certificate"),
        (["good.xml", "--profile", "moon"], "there is no profile 'moon'"),
        (["good.xml", "--profile", "nowhere.toml"], "--profile nowhere.toml cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    run: Callable[..., Ended],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(folder)
    ended = run("alert", "check", *arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("Error: ")
    assert ended.err.count("\n") == 1
    assert words in ended.err


@pytest.mark.parametrize(
    ("lacking", "message"),
    [
        (
            "nowhere.xml",
            "nowhere.xml cannot be read (No such file or directory); check that it is the right file",
        ),
        ("empty", "empty is a folder without .xml and .cap files; check that it is the right file"),
    ],
)
def test_what_cannot_be_read_is_a_finding_beside_the_others(
    run: Callable[..., Ended],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    lacking: str,
    message: str,
) -> None:
    (folder / "empty").mkdir()
    monkeypatch.chdir(folder)
    ended = run("alert", "check", "good.xml", lacking, "bad.cap", "--json", "--at", AT)
    assert (ended.code, ended.err) == (2, "")
    entries = checked(ended)
    assert [entry["file"] for entry in entries] == ["good.xml", lacking, "bad.cap"]
    assert [entry["valid"] for entry in entries] == [True, False, False]
    (finding,) = entries[1]["findings"]
    assert (finding["code"], finding["severity"]) == ("file.unreadable", "error")
    assert finding["message"].startswith(message)
    assert (entries[1]["cap_version"], entries[1]["xsd_valid"]) == (None, None)
    assert entries[1]["signature"] == "unchecked"
    alone = run("alert", "check", lacking)
    assert (alone.code, alone.err) == (2, "")
    assert "file.unreadable" in alone.out
    assert "0 of 1 alerts valid" in alone.out


def test_diff_says_what_differs(run: Callable[..., Ended], tmp_path: Path) -> None:
    one, two = tmp_path / "a.xml", tmp_path / "b.xml"
    one.write_text(GOOD, encoding="utf-8")
    two.write_text(GOOD.replace("Severe", "Extreme").replace("><", ">\n<"), encoding="utf-8")
    ended = run("alert", "diff", str(one), str(two), "--json")
    assert ended.code == 0
    assert json.loads(ended.out) == {
        "schema": "ew4all/alert-diff/1",
        "a": str(one),
        "b": str(two),
        "differences": [
            {
                "path": "/alert/info[1]/severity",
                "change": "changed",
                "before": "Severe",
                "after": "Extreme",
            }
        ],
    }
    text = run("alert", "diff", str(one), str(two)).out
    assert "Severe" in text
    assert "Extreme" in text
    assert run("alert", "diff", str(one), str(one)).out == "The two alerts say the same.\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"<alerts>{GOOD}{GOOD}</alerts>", "holds 2 alerts; give a file with one"),
        ("<!DOCTYPE alert>" + GOOD, "declares a document type"),
        (alert(info(area(), event=None)), "line 1: event is missing in info"),
    ],
)
def test_diff_refuses_what_it_cannot_read_whole(
    run: Callable[..., Ended], tmp_path: Path, text: str, words: str
) -> None:
    one, two = tmp_path / "a.xml", tmp_path / "b.xml"
    one.write_text(GOOD, encoding="utf-8")
    two.write_text(text, encoding="utf-8")
    ended = run("alert", "diff", str(one), str(two))
    assert ended.code == 2
    assert words in ended.err


def test_diff_reads_standard_input_once(run: Callable[..., Ended]) -> None:
    assert "read once only" in run("alert", "diff", "-", "-").err


def test_long_lists_of_one_finding_are_cut_in_the_table(
    run: Callable[..., Ended], tmp_path: Path
) -> None:
    path = tmp_path / "a.xml"
    path.write_text(alert(info(area(), "<x/>" * 8)), encoding="utf-8")
    text = run("alert", "check", str(path)).out
    assert text.count("error cap.element.unknown") == 5
    assert "cap.element.unknown: 3 more" in text
