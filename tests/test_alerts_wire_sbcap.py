"""SBc-AP against vectors of an independent encoder, and against Wireshark."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import tshark
from hypothesis import given
from hypothesis import strategies as st
from wire_golden import SBCAP, SBCAP_REQUEST, golden
from wire_messages import (
    TEXT,
    core_answers,
    error_indications,
    failures,
    indications,
    requests,
    restarts,
)

from ew4all.alerts.wire import sbcap
from ew4all.alerts.wire.answers import Answer, Cell, CellReport, Indication, Procedure
from ew4all.alerts.wire.request import Stop
from ew4all.errors import DecodeError, MessageError

IDENTITY = ("000500021112", "000b00024010")


def by_hand(procedure: int, *elements: str) -> bytes:
    """A request put together without the encoder, of fewer than 128 octets."""
    body = b"\0" + len(elements).to_bytes(2, "big") + bytes.fromhex("".join(elements))
    return bytes([0, procedure, 0, len(body)]) + body


@pytest.mark.parametrize("name", SBCAP)
def test_golden(name: str) -> None:
    assert sbcap.encode(SBCAP[name]).hex() == golden(name).hex()
    assert sbcap.decode(golden(name)) == SBCAP[name]


MESSAGES = st.one_of(
    requests(nr=False),
    core_answers(),
    indications(),
    restarts(core_5g=False),
    failures(core_5g=False),
    error_indications(),
)


@given(MESSAGES)
def test_every_message_comes_back(message: Any) -> None:
    assert sbcap.decode(sbcap.encode(message)) == message


def test_wireshark_reads_the_text_and_finds_no_fault() -> None:
    pdus = [golden(name) for name in SBCAP]
    assert not tshark.malformed(pdus, "sbcap")
    read = tshark.decode(golden("sbcap_write_replace"), "sbcap")
    assert f"Decoded Page 1: {TEXT[:93]}" in read
    assert f"Decoded Page 2: {TEXT[93:].rstrip()}" in read
    assert "CMAS Presidential Level Alerts (4370)" in read
    assert "tAC: 2 (0x0002)" in read
    assert "Repetition-Period: 30" in read
    assert "Number-of-Broadcasts-Requested: 10" in read


def test_wireshark_reads_the_answers() -> None:
    read = tshark.decode(golden("sbcap_area_not_valid"), "sbcap")
    assert "Cause: tracking-area-not-valid (4)" in read
    assert "not-understood" in read
    assert "numberOfBroadcasts: 12" in tshark.decode(golden("sbcap_stopped"), "sbcap")


def test_wireshark_sees_what_is_broken() -> None:
    whole = golden("sbcap_write_replace")
    assert tshark.malformed(whole[:-30], "sbcap")
    assert tshark.malformed(whole[:60] + whole[90:], "sbcap")


def test_tracking_areas_choose_base_stations_and_bound_their_cells() -> None:
    request = dataclasses.replace(SBCAP_REQUEST, cells=())
    read = tshark.decode(sbcap.encode(request), "sbcap")
    assert read.count("tAC: 1 (0x0001)") == 2  # in the list of areas and in the warning area
    # A centre that leaves the warning area away means the same areas.
    bare = by_hand(1, *IDENTITY, "000e000e 0001 0000f1100001 0000f1100002")
    assert sbcap.decode(bare) == Stop(4370, 0x4010, tac=(1, 2))


def test_areas_that_contradict_each_other_are_refused() -> None:
    pdu = sbcap.encode(Stop(4370, 0x4010, tac=(1, 2)))
    at = pdu.rindex(bytes.fromhex("00f1100002"))
    with pytest.raises(DecodeError, match="not those by which base stations are chosen"):
        sbcap.decode(pdu[:at] + bytes.fromhex("00f1100003") + pdu[at + 5 :])
    at = pdu.rindex(bytes.fromhex("00f110"))
    with pytest.raises(DecodeError, match="not those by which base stations are chosen"):
        sbcap.decode(pdu[:at] + bytes.fromhex("62f210") + pdu[at + 3 :])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tac": (0x10000,)}, "tracking area code 65536 has more than the 16 bits of LTE"),
        ({"cells": (1 << 28,)}, "cell identity 268435456 has more than the 28 bits of LTE"),
    ],
)
def test_areas_of_5g_do_not_fit(change: dict[str, Any], message: str) -> None:
    with pytest.raises(MessageError, match=message):
        sbcap.encode(dataclasses.replace(SBCAP_REQUEST, **change))


def test_the_operators_identity_is_passed_over_and_a_narrower_destination_is_not() -> None:
    centre = "00134004 10414243"
    assert sbcap.decode(by_hand(1, *IDENTITY, centre)) == Stop(4370, 0x4010)
    station = "001c4007 0000f110012345"  # may be ignored, but then everybody is warned
    rest = ("000a0002001e", "00070002000a", "0012400200 00")
    with pytest.raises(DecodeError, match="narrows down where the message goes"):
        sbcap.decode(by_hand(0, *IDENTITY, *rest, station))


def test_elements_of_later_versions() -> None:
    may_be_ignored, must_be_known = "03e74001ff", "03e70001ff"
    assert sbcap.decode(by_hand(1, *IDENTITY, may_be_ignored)) == Stop(4370, 0x4010)
    with pytest.raises(DecodeError, match="element 999 must be understood"):
        sbcap.decode(by_hand(1, *IDENTITY, must_be_known))


def test_elements_missing_twice_or_out_of_order() -> None:
    identifier, serial = IDENTITY
    with pytest.raises(DecodeError, match=r"element 11 \(serial_number\) is missing"):
        sbcap.decode(by_hand(1, identifier))
    with pytest.raises(DecodeError, match=r"\(serial_number\) stands twice"):
        sbcap.decode(by_hand(1, identifier, serial, serial))
    with pytest.raises(DecodeError, match=r"\(message_identifier\) stands in the wrong place"):
        sbcap.decode(by_hand(1, serial, identifier))


def test_a_procedure_that_is_not_read() -> None:
    with pytest.raises(
        DecodeError, match=r"procedure 9 as initiating-message .* 0 \(write-replace"
    ):
        sbcap.decode(by_hand(9, *IDENTITY))


def test_a_stopped_cell_needs_its_count() -> None:
    report = CellReport(Cell("00101", 1))
    with pytest.raises(MessageError, match="number of broadcasts is not told"):
        sbcap.encode(Indication(Procedure.STOP, 1, 1, (report,)))


def test_an_answer_of_a_base_station_does_not_fit() -> None:
    report = CellReport(Cell("00101", 1))
    with pytest.raises(MessageError, match="has no cells"):
        sbcap.encode(Answer(Procedure.WRITE_REPLACE, 1, 1, 0, cells=(report,)))


def test_accepted_is_what_the_cause_says() -> None:
    accepted, refused = (
        sbcap.decode(golden(f"sbcap_{name}")) for name in ("accepted", "area_not_valid")
    )
    assert isinstance(accepted, Answer)
    assert isinstance(refused, Answer)
    assert (accepted.accepted, refused.accepted) == (True, False)
