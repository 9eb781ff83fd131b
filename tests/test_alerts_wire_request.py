"""Requests: what no network could carry is refused when it is written down."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_golden import CONTENTS, SBCAP_REQUEST

from ew4all.alerts.wire.plmn import plmn_from_octets, plmn_octets
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import DecodeError, MessageError

BAD = {
    "an identifier of 17 bits": {"message_identifier": 0x10000},
    "a negative serial number": {"serial_number": -1},
    "a serial number that is true": {"serial_number": True},
    "a repetition period beyond the standards": {"repetition_s": 131_072},
    "too many broadcasts": {"broadcasts": 65_536},
    "a coding of nine bits": {"dcs": 256},
    "a text without a coding": {"dcs": None},
    "a coding without a text": {"contents": None},
    "neither text nor warning type": {"contents": None, "dcs": None},
    "a warning type of 17 bits": {"warning_type": 0x10000},
    "a network of four digits": {"plmn": "0010"},
    "a network with a letter": {"plmn": "0010a"},
    "digits of another script": {"plmn": "\N{DEVANAGARI DIGIT ONE}" * 5},
    "a tracking area of 25 bits": {"tac": (1 << 24,)},
    "a cell of 37 bits": {"cells": (1 << 36,)},
    "a cell twice": {"cells": (7, 8, 7)},
    "cells and emergency areas": {"emergency_areas": (1,)},
    "no coordinates at all": {"area_coordinates": b""},
    "1025 octets of coordinates": {"area_coordinates": bytes(1025)},
    "49 octets of security information": {"security_information": bytes(49)},
    "no pages": {"contents": b""},
    "page count 0": {"contents": b"\0"},
    "one page said, two there": {"contents": b"\1" + CONTENTS[1:]},
    "two pages said, one there": {"contents": CONTENTS[:84]},
    "16 pages": {"contents": bytes([16]) + bytes(16 * 83)},
    "83 useful octets of 82": {"contents": CONTENTS[:-1] + b"\x53"},
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_what_cannot_be_sent_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        dataclasses.replace(SBCAP_REQUEST, **change)


def test_the_message_says_what_to_do() -> None:
    with pytest.raises(MessageError, match="first octet says 1 pages; 1 to 15 are possible"):
        dataclasses.replace(SBCAP_REQUEST, contents=b"\1" + CONTENTS[1:])
    with pytest.raises(MessageError, match="tracking area code 5 is given more than once"):
        Stop(1, 1, tac=(5, 6, 5))


def test_an_etws_primary_needs_no_text() -> None:
    request = WriteReplace(4352, 0x7000, 0, 1, None, None, warning_type=0x0180)
    assert request.warning_type == 0x0180


@given(st.from_regex(r"[0-9]{5,6}", fullmatch=True))
def test_a_network_comes_back(plmn: str) -> None:
    assert plmn_from_octets(plmn_octets(plmn)) == plmn


def test_networks_as_24_008_writes_them() -> None:
    assert plmn_octets("00101").hex() == "00f110"
    assert plmn_octets("310260").hex() == "130062"


@pytest.mark.parametrize("octets", ["00f1", "0af110", "00e110", "fff110"])
def test_octets_that_are_no_network(octets: str) -> None:
    with pytest.raises(DecodeError):
        plmn_from_octets(bytes.fromhex(octets))
