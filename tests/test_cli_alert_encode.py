"""`ew4all alert encode`, `build` and `mapping` as a user calls them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from command_line import command_line
from made_alerts import following, made_alert, made_info

from ew4all.alerts.cap import Area, MsgType, NamedValue
from ew4all.alerts.cap_write import write
from ew4all.alerts.cap_xml import read_alerts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Ended

SENTENCE = "FLOOD WARNING: move to high ground now. Test only."


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


@pytest.fixture
def thread(tmp_path: Path) -> Path:
    alert = made_alert(made_info("en-US"), made_info("es-US"))
    update = following(alert, made_info("en-US", "Severe Expected Likely"))
    cancel = following(update, msg_type=MsgType.CANCEL)
    for name, one in (("alert", alert), ("update", update), ("cancel", cancel)):
        (tmp_path / f"{name}.xml").write_bytes(write(one))
    return tmp_path


def document(ended: Ended) -> dict[str, Any]:
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    assert found["purpose"] == "analysis"
    return found


def test_text_with_parameters(run: Callable[..., Ended], tmp_path: Path, repository: Path) -> None:
    params = tmp_path / "params.json"
    params.write_text(
        '{"message_identifier": 4370, "serial_number": 16400, "repetition_s": 30, "broadcasts": 10,'
        ' "plmn": "00101", "tac": [1], "cells": [], "concurrent": true, "send_indication": true}'
    )
    text = f"{SENTENCE} {SENTENCE}"
    found = document(
        run(
            "alert", "encode", "--text", text, "--profile", "wea", "--params", str(params), "--json"
        )
    )
    (message,) = found["messages"]
    golden = (repository / "tests" / "golden" / "ngap_write_replace.hex").read_text().strip()
    assert message["pdus"]["ngap"] == golden
    assert (message["dcs"], message["text"], message["action"]) == (0x0F, text, "write-replace")
    assert message["phone"]["shown"]


def test_alert_and_its_thread(run: Callable[..., Ended], thread: Path) -> None:
    def encode(name: str, *previous: str) -> list[tuple[Any, ...]]:
        options = [word for p in previous for word in ("--previous", str(thread / f"{p}.xml"))]
        file = str(thread / f"{name}.xml")
        found = document(run("alert", "encode", file, "--profile", "wea", *options, "--json"))
        return [
            (m["action"], m["message_identifier"], m["serial_number"], m["language"])
            for m in found["messages"]
        ]

    assert encode("alert") == [
        ("write-replace", 4371, 0x4000, "en-US"), ("write-replace", 4384, 0x4000, "es-US"),
    ]  # fmt: skip
    assert encode("update", "alert") == [
        ("stop", 4371, 0x4000, "en-US"), ("write-replace", 4378, 0x4000, "en-US"),
        ("stop", 4384, 0x4000, "es-US"),
    ]  # fmt: skip
    assert encode("cancel", "alert", "update") == [("stop", 4378, 0x4000, "en-US")]
    assert encode("cancel") == [("stop", None, None, None)]


def test_an_update_of_another_alert_is_refused(run: Callable[..., Ended], thread: Path) -> None:
    file, other = str(thread / "cancel.xml"), str(thread / "alert.xml")
    ended = run("alert", "encode", file, "--profile", "wea", "--previous", other)
    assert ended.code == 2
    assert "none of the alerts given by --previous" in ended.err


def test_another_sender_replaces_nothing(run: Callable[..., Ended], thread: Path) -> None:
    stranger = (thread / "update.xml").read_bytes().replace(b"<sender>met@", b"<sender>not@")
    (thread / "update.xml").write_bytes(stranger)
    ended = run(
        "alert", "encode", str(thread / "update.xml"), "--profile", "wea",
        "--previous", str(thread / "alert.xml"),
    )  # fmt: skip
    assert ended.code == 2
    assert "none of its own sender's" in ended.err


def test_terminal_says_why_and_what_a_phone_shows(run: Callable[..., Ended], thread: Path) -> None:
    ended = run("alert", "encode", str(thread / "alert.xml"), "--profile", "us")
    assert ended.code == 0
    for words in (
        "Analysis, nothing is sent",
        "write-replace 4371",
        "why:",
        "phone: shown",
        "ngap",
    ):
        assert words in ended.out


def test_one_of_a_thing_has_no_plural(run: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"broadcasts": 1}', encoding="utf-8")
    said = run("alert", "encode", "--text", "Test", "--params", str(tmp_path / "p.json")).out
    words = " ".join(said.split())
    assert "1 page, data coding scheme" in words
    assert "every 60 s, 1 time" in words
    assert "sib12 1 segment" in words
    assert "1 pages" not in words
    assert "1 times" not in words
    assert "1 segments" not in words


def test_a_hint_names_the_commands_that_have_its_option(
    run: Callable[..., Ended], thread: Path
) -> None:
    # The area of this alert is words alone; `encode` itself has no --area.
    ended = run("alert", "encode", str(thread / "alert.xml"), "--profile", "wea", "--geofence")
    assert ended.code == 2
    assert "`ew4all reach` and `target` also take the area itself: --area" in ended.err


def test_profile_of_ones_own(run: Callable[..., Ended], thread: Path) -> None:
    mine = thread / "mine.toml"
    mine.write_text('extends = "de"\ntitle = "Mine"\nsource = "ours"\nsure = "memory"\n')
    file = str(thread / "alert.xml")
    found = document(run("alert", "encode", file, "--profile", str(mine), "--json"))
    assert found["messages"][0]["message_identifier"] == 4372


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["encode"], "either a FILE or --text"),
        (["encode", "a.xml", "--text", "b"], "either a FILE or --text"),
        (["encode", "missing.xml", "--profile", "wea"], "cannot be read"),
        (["encode", "{alert}"], "needs a --profile"),
        (["encode", "{alert}", "--profile", "weaa"], "did you mean wea"),
        (["encode", "{alert}", "--profile", "no.toml"], "cannot be read"),
        (["encode", "{alert}", "--profile", "wea", "--language", "en"], "--language is for --text"),
        (["encode", "--text", "a", "--language", "en_GB"], "--language wants a language tag"),
        (["encode", "--text", "a", "--language", "english"], "--language wants a language tag"),
        (["encode", "--text", "a", "--language", ""], "--language wants a language tag"),
        (["encode", "--text", "a", "--previous", "{alert}"], "--previous is for a FILE;"),
        (["encode", "--text", "a", "--params", "no.json"], "cannot be read"),
        (["encode", "--text", "", "--profile", "wea"], "no text"),
        (["encode", "--text", "x" * 1396, "--profile", "wea"], "Shorten it"),
        (["encode", "{broken}", "--profile", "wea"], "alert check"),
        (["encode", "--text", "a", "--geofence"], "--geofence is for a FILE"),
        (["encode", "{alert}", "--profile", "wea", "--geocodes", "x"], "give both"),
        (["encode", "{alert}", "--profile", "wea", "--geofence"], "in words alone"),
        (["mapping", "--csv", "--triples"], "exclude each other"),
        (["mapping", "xx"], "no mapping profile"),
        (["mapping", "no.toml"], "cannot be read"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else value[:10],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    run: Callable[..., Ended], thread: Path, arguments: list[str], said: str
) -> None:
    (thread / "broken.xml").write_bytes((thread / "alert.xml").read_bytes().replace(b"Met", b"Wet"))
    places = {"alert": str(thread / "alert.xml"), "broken": str(thread / "broken.xml")}
    ended = run("alert", *(word.format(**places) for word in arguments))
    assert ended.code == 2
    assert said in ended.err
    assert ended.err.startswith("Error: ")
    assert ended.err.count("\n") == 1


def test_mapping_prints_tables(run: Callable[..., Ended]) -> None:
    classes = run("alert", "mapping", "wea")
    assert classes.out.startswith("| profile | class |")
    assert "| wea | national | parameter WEAHandling National" in classes.out
    triples = run("alert", "mapping", "--triples", "wea", "de")
    assert len(triples.out.splitlines()) == 127
    assert (
        "| Extreme | Immediate | Observed | **4371** (Level 2) | **4372** (Level 2) |"
        in triples.out
    )
    rows = [*csv.DictReader(io.StringIO(run("alert", "mapping", "--csv", "etws").out))]
    assert len(rows) == 5 * 125


def build(run: Callable[..., Ended], out: Path, *more: str, status: str = "Exercise") -> Ended:
    return run(
        "alert", "build", "--hazard", "flood", "--language", "en", "--language", "fr",
        "--place", "Green Bay", "--place", "fr=Baie Verte", "--time", "18:00",
        "--source", "Met Office", "--status", status, "--sent", "2026-07-01T12:00:00+02:00",
        "--out", str(out), *more,
    )  # fmt: skip


class TestBuild:
    def test_a_drill_is_written_and_measured(
        self, run: Callable[..., Ended], tmp_path: Path
    ) -> None:
        area = tmp_path / "area.wkt"
        area.write_text(shapely.Point(8, 50).buffer(0.2, quad_segs=100).wkt)
        out = tmp_path / "drill.xml"
        ended = build(run, out, "--area", str(area), "--json")
        assert ended.code == 0, ended.err
        found = json.loads(ended.out)
        (reading,) = read_alerts(out.read_bytes(), "drill")
        assert reading.valid
        assert reading.alert is not None
        assert (reading.alert.status, found["status"]) == ("Exercise", "Exercise")
        assert reading.alert.identifier == found["identifier"]
        assert reading.alert.infos[1].areas[0].description == "Baie Verte"
        assert (
            len(reading.alert.infos[0].areas[0].polygons[0].points)
            == found["area"]["vertices"]
            <= 100
        )
        english, french = found["languages"]
        assert english["short"]["fits_90"]
        assert english["message"]["text"].startswith("EXERCISE, not real.")
        assert french["message"]["pages"] == 3
        assert [m["message_identifier"] for m in found["messages"]] == [4381, 4394]

    def test_terminal_shows_what_is_left_of_each_limit(
        self, run: Callable[..., Ended], tmp_path: Path
    ) -> None:
        ended = build(run, tmp_path / "a.xml", "--action", "en=Go up", "--action", "fr=Montez")
        assert ended.code == 0, ended.err
        for words in (
            "left of 90",
            "left of 360",
            "of",
            "1395",
            "message 4381",
            "read by no native",
        ):
            assert words in ended.out
        assert "Written to" in ended.err

    def test_an_area_may_be_that_of_an_alert_that_names_geocodes(
        self, run: Callable[..., Ended], tmp_path: Path
    ) -> None:
        code = NamedValue("SAME", "012345")
        other = made_alert(made_info(areas=(Area(description="County", geocodes=(code,)),)))
        (tmp_path / "other.xml").write_bytes(write(other))
        table = tmp_path / "codes.csv"
        table.write_text('name,value,geometry\nSAME,012345,"POLYGON((8 50, 9 50, 9 51, 8 50))"\n')
        area = ("--area", str(tmp_path / "other.xml"))
        assert build(run, tmp_path / "a.xml", *area).code == 2
        ended = build(run, tmp_path / "a.xml", *area, "--geocodes", str(table), "--json")
        assert ended.code == 0, ended.err
        assert json.loads(ended.out)["area"]["vertices"] == 4

    @pytest.mark.parametrize("status", ["Actual", "System", "actual", ""])
    def test_no_other_status_can_be_asked_for(
        self, run: Callable[..., Ended], tmp_path: Path, status: str
    ) -> None:
        ended = build(run, tmp_path / "a.xml", status=status)
        assert ended.code == 2
        assert not (tmp_path / "a.xml").exists()

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            (["--place", "de=Bucht"], "none of --language"),
            (["--place", "fr=Baie"], "twice for fr"),
            (["--place", "Bay"], "say which language"),
            (["--hours", "0"], "between 0 and 168"),
            (["--area", "no.geojson"], "no.geojson"),
            (["--language", "fr-!!!"], "--language wants a language tag"),
            (["--language", "de-CH"], "has no words in 'de-CH'; it has ar, en, es, fr, ru, zh"),
            (["--template", "no.toml"], "cannot be read"),
            (["--sender", "a b"], "would not be valid"),
            (["--action", "{x}"], "braces"),
        ],
        ids=lambda value: value[1] if isinstance(value, list) else "",
    )
    def test_bad_input(
        self, run: Callable[..., Ended], tmp_path: Path, more: list[str], said: str
    ) -> None:
        ended = build(run, tmp_path / "a.xml", *more)
        assert ended.code == 2
        assert said in ended.err
        assert not (tmp_path / "a.xml").exists()
