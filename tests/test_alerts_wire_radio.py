"""S1AP and NGAP against golden vectors, pycrate with the ASN.1 of 3GPP, and Wireshark."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import tshark
import wire_peer
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_golden import CONTENTS, SBCAP_REQUEST, TAI_REQUEST, golden
from wire_messages import TEXT, answers, failures, requests, restarts

from ew4all.alerts.wire import ngap, s1ap, sbcap
from ew4all.alerts.wire.answers import (
    Answer,
    BaseStation,
    Cell,
    CellReport,
    Failure,
    Indication,
    Procedure,
    TrackingArea,
)
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import DecodeError, MessageError


@pytest.mark.parametrize(("interface", "name"), [(s1ap, "s1ap"), (ngap, "ngap")])
def test_golden(interface: Any, name: str) -> None:
    pdu = golden(f"{name}_write_replace")
    assert interface.encode(TAI_REQUEST).hex() == pdu.hex()
    assert interface.decode(pdu) == TAI_REQUEST


def heard(message: Any) -> Any:
    """What a base station hears of a request: the closest list of areas, and no wish for an echo."""
    if isinstance(message, WriteReplace | Stop):
        tac = () if message.cells else message.tac
        return dataclasses.replace(message, send_indication=False, tac=tac)
    return message


@given(
    requests(nr=False) | answers(core_5g=False) | restarts(core_5g=False) | failures(core_5g=False)
)
def test_s1ap_like_pycrate(message: Any) -> None:
    pdu = s1ap.encode(message)
    assert pdu.hex() == wire_peer.s1ap(message).hex()
    assert s1ap.decode(pdu) == heard(message)


@given(requests(nr=True) | answers(core_5g=True) | restarts(core_5g=True) | failures(core_5g=True))
def test_ngap_like_pycrate(message: Any) -> None:
    pdu = ngap.encode(message)
    assert pdu.hex() == wire_peer.ngap(message).hex()
    assert ngap.decode(pdu) == heard(message)


@pytest.mark.slow
@pytest.mark.parametrize(("interface", "name"), [(s1ap, "s1ap"), (ngap, "ngap")])
def test_many_more_messages_like_pycrate(interface: Any, name: str) -> None:
    nr = name == "ngap"
    drawn = requests(nr=nr) | answers(core_5g=nr) | restarts(core_5g=nr) | failures(core_5g=nr)

    @settings(max_examples=1500)
    @given(drawn)
    def like_pycrate(message: Any) -> None:
        pdu = interface.encode(message)
        assert pdu.hex() == getattr(wire_peer, name)(message).hex()
        assert interface.decode(pdu) == heard(message)

    like_pycrate()


@pytest.mark.parametrize("seconds", [1, 255, 256, 4095, 4096, 65_535, 65_536, 131_071])
def test_repetition_periods_where_their_coding_changes(seconds: int) -> None:
    request = dataclasses.replace(TAI_REQUEST, repetition_s=seconds)
    for interface, peer in ((s1ap, wire_peer.s1ap), (ngap, wire_peer.ngap)):
        assert interface.encode(request).hex() == peer(request).hex()
        assert interface.decode(interface.encode(request)) == request


# 3000 cells need a length in fragments of 16384 octets, 65535 are the most of all standards.
@pytest.mark.parametrize("count", [2047, 2048, 3000, pytest.param(65_535, marks=pytest.mark.slow)])
def test_long_lists_are_fragmented(count: int) -> None:
    request = dataclasses.replace(TAI_REQUEST, tac=(), cells=tuple(range(count)))
    for interface, peer in ((s1ap, wire_peer.s1ap), (ngap, wire_peer.ngap)):
        pdu = interface.encode(request)
        assert pdu == peer(request)
        assert interface.decode(pdu) == request


@pytest.mark.parametrize(("interface", "name"), [(s1ap, "s1ap"), (ngap, "ngap")])
def test_wireshark_reads_the_text_and_finds_no_fault(interface: Any, name: str) -> None:
    nr = name == "ngap"
    report = CellReport(Cell("00101", 0x1234501, nr=nr), 12, TrackingArea("00101", 9))
    pdus = [
        golden(f"{name}_write_replace"),
        interface.encode(SBCAP_REQUEST),
        interface.encode(dataclasses.replace(TAI_REQUEST, repetition_s=5000, tac=())),
        interface.encode(WriteReplace(4352, 0x7000, 0, 1, None, None, 0x0180)),
        interface.encode(Stop(4370, 0x4010, tac=(1, 2), stop_all=True)),
        interface.encode(Answer(Procedure.STOP, 4370, 0x4010, cells=(report,))),
    ]
    assert not tshark.malformed(pdus, name)
    read = tshark.decode(pdus[0], name)
    assert f"Decoded Page 1: {TEXT[:93]}" in read
    assert f"Decoded Page 2: {TEXT[93:].rstrip()}" in read
    assert "RepetitionPeriod: 30" in read
    assert "numberOfBroadcasts: 12" in tshark.decode(pdus[-1], name)


@pytest.mark.parametrize("name", ["s1ap", "ngap"])
def test_wireshark_sees_what_is_broken(name: str) -> None:
    whole = golden(f"{name}_write_replace")
    assert tshark.malformed(whole[:-30], name)
    # Two pages are said, and one is there: as ASN.1 it is whole.
    one_page = bytes([2]) + CONTENTS[1:84]
    peer = getattr(wire_peer, name)
    request = dataclasses.replace(TAI_REQUEST, contents=b"\1" + one_page[1:])
    pdu = peer(request).replace(b"\1" + one_page[1:], one_page)
    assert tshark.malformed(pdu, name)
    with pytest.raises(DecodeError, match="not CB data"):
        (s1ap if name == "s1ap" else ngap).decode(pdu)


def test_an_area_of_another_size_does_not_fit() -> None:
    with pytest.raises(MessageError, match="16 bits of LTE"):
        s1ap.encode(dataclasses.replace(TAI_REQUEST, tac=(0x10000,)))
    with pytest.raises(MessageError, match="28 bits of LTE"):
        s1ap.encode(dataclasses.replace(TAI_REQUEST, cells=(1 << 28,)))
    assert ngap.encode(dataclasses.replace(TAI_REQUEST, tac=(0x10000,), cells=()))


@pytest.mark.parametrize("interface", [sbcap, s1ap, ngap])
def test_a_text_that_would_never_be_broadcast_is_refused(interface: Any) -> None:
    never = dataclasses.replace(TAI_REQUEST, repetition_s=0, broadcasts=0)
    with pytest.raises(MessageError, match="is never broadcast"):
        interface.encode(never)
    with pytest.raises(MessageError, match=r"10 broadcasts .* no valid schedule"):
        interface.encode(dataclasses.replace(never, broadcasts=10))
    once = dataclasses.replace(never, broadcasts=1)
    assert interface.decode(interface.encode(once)) == once
    notification = WriteReplace(4352, 0x7000, 0, 0, None, None, 0x0180)  # has no schedule
    assert interface.decode(interface.encode(notification)) == notification


def test_requests_with_lte_cells_on_5g_are_refused() -> None:
    identity = "002300021112005f00024010"
    areas = "007a400b 00 0000 00 00f110 12345010".replace(" ", "")  # E-UTRA cells, one of them
    body = bytes.fromhex("000003" + identity + areas)
    with pytest.raises(DecodeError, match="cells of LTE; a request on this interface"):
        ngap.decode(bytes([0, 32, 0, len(body)]) + body)


def test_what_the_interface_does_not_have() -> None:
    with pytest.raises(MessageError, match="S1AP has no write-replace indication"):
        s1ap.encode(Indication(Procedure.WRITE_REPLACE, 1, 1))
    with pytest.raises(MessageError, match="has no cause"):
        ngap.encode(Answer(Procedure.WRITE_REPLACE, 1, 1, cause=0))


def test_one_kind_of_list_in_an_answer() -> None:
    bare = CellReport(Cell("00101", 1))
    grouped = dataclasses.replace(bare, emergency_area=1)
    answer = Answer(Procedure.WRITE_REPLACE, 1, 1, cells=(bare, grouped))
    with pytest.raises(MessageError, match="listed in 2 ways"):
        s1ap.encode(answer)
    mixed = Failure(
        BaseStation("00101", 1, 24, nr=True), (Cell("00101", 1), Cell("00101", 1, nr=True))
    )
    with pytest.raises(MessageError, match="LTE and of 5G stand in one list"):
        ngap.encode(mixed)


def test_accepted_where_a_cell_took_it() -> None:
    report = CellReport(Cell("00101", 1))
    taken = s1ap.decode(s1ap.encode(Answer(Procedure.WRITE_REPLACE, 1, 1, cells=(report,))))
    nobody = s1ap.decode(s1ap.encode(Answer(Procedure.WRITE_REPLACE, 1, 1)))
    assert isinstance(taken, Answer)
    assert isinstance(nobody, Answer)
    assert (taken.accepted, nobody.accepted) == (True, False)


@given(st.binary(max_size=40))
def test_noise_is_refused(noise: bytes) -> None:
    for interface in (s1ap, ngap):
        with pytest.raises(DecodeError):
            interface.decode(noise)
