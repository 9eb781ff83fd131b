"""Requests as messages of CBSP and back: areas, periods, pages."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import tshark
from cbsp_samples import HERE
from hypothesis import given
from hypothesis import strategies as st

from ew4all.alerts.cbs import GSM_UNIT_S, cb_data, decode_cb_data, encode_text
from ew4all.alerts.wire.cbsp import decode, encode, encode_all
from ew4all.alerts.wire.cbsp_elements import ALL_CELLS, BroadcastType, Category, Cell, CellKind
from ew4all.alerts.wire.cbsp_messages import (
    CbsWriteReplace,
    EmergencyWriteReplace,
    KeepAlive,
    Kill,
    Reset,
)
from ew4all.alerts.wire.cbsp_requests import address, messages_of, request_of
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import MessageError

# The text of the golden vectors (reference/standards.md 4.3): 101 characters on two pages.
FLOOD = " ".join(["FLOOD WARNING: move to high ground now. Test only."] * 2)
TEXTS = {
    "two pages": FLOOD,
    "one page": "EXERCISE",
    "extension table": "[EXERCISE] {~} 5 \N{EURO SIGN} " * 8,
    "arabic": "\u062a\u0645\u0631\u064a\u0646: \u0627\u0631\u062a\u0641\u0627\u0639 " * 5,
    "chinese": "\u6f14\u4e60\uff1a\u8bf7\u7acb\u5373\u524d\u5f80\u9ad8\u5904\u3002" * 9,
}


def request(text: str = FLOOD, **changes: Any) -> WriteReplace:
    encoded = encode_text(text)
    values: dict[str, Any] = {
        "message_identifier": 4381,
        "serial_number": 0x4010,
        "repetition_s": 30,
        "broadcasts": 10,
        "dcs": encoded.dcs,
        "contents": cb_data(encoded.pages),
    }
    return WriteReplace(**{**values, **changes})


def text_of(message: object) -> CbsWriteReplace:
    assert isinstance(message, CbsWriteReplace)
    return message


def test_tshark_reads_the_text_of_each_page() -> None:
    octets = [encode(request(text)) for text in TEXTS.values()]
    rows = tshark.fields(octets, "cbsp", "cbsp.cb_page_content", "cbsp.user_info_len")
    for row, text in zip(rows, TEXTS.values(), strict=True):
        # tshark shows the filling, escaped.
        assert "".join(row["cbsp.cb_page_content"]).replace("\\r", "") == text
        useful = [str(page.useful) for page in encode_text(text).pages]
        assert row["cbsp.user_info_len"] == useful
    assert not tshark.malformed(octets, "cbsp")


def test_a_text_comes_back_with_its_pages() -> None:
    message = text_of(decode(encode(request())))
    back = request_of(message)
    assert isinstance(back, WriteReplace)
    assert back.contents == request().contents
    assert decode_cb_data(back.contents or b"", back.dcs or 0).text == FLOOD
    assert message.category is Category.HIGH_PRIORITY
    assert message.repetition_period == 16  # 30.1 s: never more often than asked for


def test_a_message_that_is_no_public_warning_has_no_priority() -> None:
    (message,) = messages_of(request(message_identifier=919))
    assert text_of(message).category is Category.NORMAL


@pytest.mark.parametrize(
    ("repetition_s", "units"), [(0, 2), (1, 2), (3, 2), (4, 3), (30, 16), (7711, 4095)]
)
def test_a_period_is_rounded_up_and_leaves_room_for_the_pages(
    repetition_s: int, units: int
) -> None:
    (message,) = messages_of(request(repetition_s=repetition_s))
    assert text_of(message).repetition_period == units


def test_a_period_beyond_what_gsm_can_say_is_refused() -> None:
    with pytest.raises(MessageError, match="7711 s"):
        encode(request(repetition_s=7712))


PLACES = {
    "everywhere": ({}, (ALL_CELLS,)),
    "areas": ({"tac": (12, 13)}, tuple(Cell(CellKind.LAI, "00101", lac) for lac in (12, 13))),
    "cells of one area": ({"tac": (12,), "cells": (345,)}, (HERE,)),
    "cells alone": ({"cells": (1, 2)}, (Cell(CellKind.CI, ci=1), Cell(CellKind.CI, ci=2))),
    "cells beside areas": ({"tac": (1, 2), "cells": (7,)}, (Cell(CellKind.CI, ci=7),)),
}


@pytest.mark.parametrize(("changes", "cells"), PLACES.values(), ids=list(PLACES))
def test_a_place_is_named_as_gsm_does(changes: dict[str, Any], cells: tuple[Cell, ...]) -> None:
    (message,) = messages_of(request(**changes))
    assert text_of(message).cells == cells
    assert address(request(**changes)).wider is None
    (kill,) = messages_of(Stop(4381, 0x4010, **changes))
    assert isinstance(kill, Kill)
    assert kill.cells == cells


def test_cells_of_lte_become_their_areas_and_that_is_said() -> None:
    found = address(request(tac=(1, 2), cells=(0x1234501,)))
    assert found.cells == tuple(Cell(CellKind.LAI, "00101", lac) for lac in (1, 2))
    assert found.wider is not None
    assert "whole location areas" in found.wider


@pytest.mark.parametrize(
    "changes",
    [{"cells": (0x1234501,)}, {"tac": (0x10000,)}, {"emergency_areas": (1,)}],
    ids=["cell", "area", "emergency area"],
)
def test_what_gsm_does_not_know_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MessageError, match="CBSP"):
        encode(request(**changes))


def test_a_notification_with_a_text_is_two_messages() -> None:
    both = request(message_identifier=4355, serial_number=0x7000, warning_type=0x0780)
    first, second = map(decode, encode_all(both))
    assert isinstance(first, EmergencyWriteReplace)
    assert (first.warning_type, first.warning_period_s) == (0x0780, 300)
    assert text_of(second).new_serial_number == first.new_serial_number == 0x7000
    # One message alone is the one with the text, which tshark can read.
    assert encode(both) == encode(second)
    (row,) = tshark.fields(encode(both), "cbsp", "cbsp.cb_page_content")
    assert "".join(row["cbsp.cb_page_content"]).startswith(FLOOD)
    alone = replace(both, dcs=None, contents=None)
    assert (encode(alone),) == encode_all(alone) == (encode(first),)


@pytest.mark.parametrize(
    ("repetition_s", "broadcasts", "lasts_s"),
    [(30, 0, 0), (0, 1, 1), (10, 1, 10), (30, 10, 300), (3600, 100, 3600)],
)
def test_a_notification_lasts_as_long_as_its_broadcasts_and_an_hour_at_most(
    repetition_s: int, broadcasts: int, lasts_s: int
) -> None:
    notification = WriteReplace(4355, 0x7000, repetition_s, broadcasts, None, None, 0x0780)
    (message,) = messages_of(notification)
    assert isinstance(message, EmergencyWriteReplace)
    assert message.warning_period_s == lasts_s
    back = request_of(message)
    assert messages_of(back) == (message,)


def test_a_stop_kills_what_is_on_air() -> None:
    forms = {BroadcastType.CBS, BroadcastType.EMERGENCY}
    kills = messages_of(Stop(4355, 0x7000), forms=forms)
    assert [kill.channel for kill in kills if isinstance(kill, Kill)] == [0, None]
    assert messages_of(Stop(4355, 0x7000)) == kills
    assert decode(encode(Stop(4355, 0x7000))) == kills[0]
    assert messages_of(Stop(4381, 0, stop_all=True, tac=(12,))) == (
        Reset(cells=(Cell(CellKind.LAI, "00101", 12),)),
    )


_IDENTITY = st.integers(0, 0xFFFF)
_PLACE = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"tac": st.lists(_IDENTITY, min_size=1, max_size=3, unique=True)}),
    st.fixed_dictionaries({"cells": st.lists(_IDENTITY, min_size=1, max_size=3, unique=True)}),
    st.fixed_dictionaries(
        {
            "tac": st.lists(_IDENTITY, min_size=1, max_size=1),
            "cells": st.lists(_IDENTITY, min_size=1, max_size=3, unique=True),
            "plmn": st.from_regex(r"[0-9]{5,6}", fullmatch=True),
        }
    ),
).map(lambda place: {k: tuple(v) if isinstance(v, list) else v for k, v in place.items()})


@given(_PLACE, _IDENTITY, _IDENTITY, st.integers(0, 7711), st.integers(0, 0xFFFF))
def test_a_request_comes_back_as_it_was_but_for_the_rounding_of_its_period(
    place: dict[str, Any], identifier: int, serial: int, repetition_s: int, broadcasts: int
) -> None:
    asked = request(
        message_identifier=identifier,
        serial_number=serial,
        repetition_s=repetition_s,
        broadcasts=broadcasts,
        **place,
    )
    back = request_of(decode(encode(asked)))
    assert isinstance(back, WriteReplace)
    assert encode(back) == encode(asked)
    assert repetition_s - 1 <= back.repetition_s < max(repetition_s, 4) + GSM_UNIT_S
    for name in ("message_identifier", "serial_number", "broadcasts", "dcs", "contents", "tac"):
        assert getattr(back, name) == getattr(asked, name)
    stop = Stop(identifier, serial, **place)
    assert request_of(decode(encode(stop))) == stop


@given(st.integers(1, 4095))
def test_a_period_in_whole_seconds_becomes_the_same_units_again(units: int) -> None:
    assert math.ceil(math.floor(units * GSM_UNIT_S) / GSM_UNIT_S - 1e-9) == units


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(MessageError, match="KEEP_ALIVE asks for no broadcast"):
        request_of(KeepAlive(period_s=10))


@pytest.mark.parametrize(
    "cells",
    [
        (Cell(CellKind.LAI, "00101", 1), Cell(CellKind.LAI, "00102", 1)),
        (Cell(CellKind.CGI, "00101", 1, 1), Cell(CellKind.CGI, "00101", 2, 2)),
    ],
    ids=["networks", "areas"],
)
def test_cells_that_a_request_cannot_name_are_refused(cells: tuple[Cell, ...]) -> None:
    with pytest.raises(MessageError, match="one network"):
        request_of(Reset(cells=cells))
