"""CBSP, octet for octet: golden vectors, Wireshark's reading, and whatever is broken."""

from __future__ import annotations

import pytest
import tshark
from cbsp_samples import HERE, ONE_OF_EACH, PAGE, THERE, messages
from hypothesis import given, settings
from hypothesis import strategies as st

from ew4all.alerts.wire.cbsp import MOST_OCTETS, decode, encode, split
from ew4all.alerts.wire.cbsp_elements import (
    ALL_CELLS,
    Cause,
    Cell,
    CellCount,
    CellKind,
    CountInfo,
    ElementError,
    Reader,
    period_code,
    period_of_code,
    period_s,
)
from ew4all.alerts.wire.cbsp_messages import (
    CBSP_MESSAGES,
    CbspMessage,
    CbsWriteReplace,
    EmergencyWriteReplace,
    KeepAlive,
    KeepAliveComplete,
    Kill,
    LoadQuery,
    MessageStatusQueryComplete,
    Reset,
    ResetComplete,
    WriteReplaceComplete,
)
from ew4all.errors import DecodeError, MessageError

# reference/standards.md 4.3; accepted by tshark when they were made.
GOLDEN: dict[str, tuple[CbspMessage, str]] = {
    "reset": (Reset(cells=(ALL_CELLS,)), "1000000404000106"),
    "reset complete": (ResetComplete(cells=(ALL_CELLS,)), "1100000404000106"),
    "earthquake, both flags": (
        EmergencyWriteReplace(
            message_identifier=4352,
            new_serial_number=0x7000,
            cells=(ALL_CELLS,),
            warning_type=0x0180,
        ),
        "010000440e1100037000040001060f0110018011" + "00" * 50 + "1700",
    ),
    "write-replace complete": (
        WriteReplaceComplete(message_identifier=4352, new_serial_number=0x7000, cells=(ALL_CELLS,)),
        "0200000a0e110003700004000106",
    ),
}


def names() -> list[str]:
    return [type(message).__name__ for message in ONE_OF_EACH]


def text_message(**changes: object) -> CbsWriteReplace:
    values: dict[str, object] = {
        "message_identifier": 4381,
        "new_serial_number": 0x4010,
        "cells": (ALL_CELLS,),
        "repetition_period": 30,
        "broadcasts": 10,
        "dcs": 0x0F,
        "pages": (PAGE,),
    }
    return CbsWriteReplace(**{**values, **changes})  # type: ignore[arg-type]


def decoded(octets: bytes) -> CbspMessage | Cause:
    """The message, or why it is none."""
    try:
        return decode(octets)
    except ElementError as error:
        return error.cause


@pytest.mark.parametrize(("message", "octets"), GOLDEN.values(), ids=list(GOLDEN))
def test_golden_vectors(message: CbspMessage, octets: str) -> None:
    assert encode(message).hex() == octets
    assert decode(bytes.fromhex(octets)) == message


def test_a_text_octet_by_octet() -> None:
    """By hand from TS 48.049 8.1.3.1 and 8.2; 30 units are 0x01 in front and 0xE behind (8.2.8)."""
    message = text_message(old_serial_number=0x400F, cells=(HERE,), broadcasts=1)
    assert encode(message).hex(" ") == " ".join(
        [
            "01 00 00 76",
            "0e 11 1d",
            "03 40 10",
            "02 40 0f",
            "04 00 08 00 00 f1 10 00 0c 01 59",
            "12 00",
            "05 00",
            "06 01 0e",
            "07 00 01",
            "13 01",
            "0c 0f",
            "01 52",
            PAGE[1:].hex(" "),
        ]
    )


def test_every_kind_of_message_is_among_the_samples() -> None:
    assert {type(message) for message in ONE_OF_EACH} == set(CBSP_MESSAGES)
    assert len(CBSP_MESSAGES) == 21


@given(messages)
def test_what_is_encoded_is_decoded(message: CbspMessage) -> None:
    assert decode(encode(message)) == message


@settings(max_examples=50)
@given(st.lists(messages, max_size=4), st.binary(max_size=3))
def test_a_stream_is_cut_into_its_messages(parts: list[CbspMessage], rest: bytes) -> None:
    encoded = tuple(map(encode, parts))
    assert split(b"".join(encoded) + rest) == (encoded, rest)


@settings(max_examples=60)
@given(messages, st.data())
def test_a_message_that_is_cut_or_changed_is_refused_or_another(
    message: CbspMessage, data: st.DataObject
) -> None:
    octets = encode(message)
    end = data.draw(st.integers(0, len(octets) - 1))
    with pytest.raises(ElementError):
        decode(octets[:end])
    at = data.draw(st.integers(0, len(octets) - 1))
    changed = bytearray(octets)
    changed[at] ^= data.draw(st.integers(1, 255))
    other = decoded(bytes(changed))
    assert isinstance(other, Cause) or other != message or encode(other) == octets


@given(st.binary(max_size=60))
def test_octets_at_random_are_refused_with_a_reason(octets: bytes) -> None:
    message = decoded(octets)
    assert isinstance(message, Cause) or decode(encode(message)) == message


def test_tshark_reads_every_kind_of_message() -> None:
    pdus = [encode(message) for message in ONE_OF_EACH]
    rows = tshark.fields(pdus, "cbsp", "cbsp.msg_type", "cbsp.msg_len", "cbsp.ie.iei")
    assert len(rows) == len(pdus)
    for row, message, pdu in zip(rows, ONE_OF_EACH, pdus, strict=True):
        assert row["cbsp.msg_type"] == [str(int(message.TYPE))], message
        assert row["cbsp.msg_len"] == [str(len(pdu) - 4)]
        assert bool(row["cbsp.ie.iei"]) == (message != KeepAliveComplete())
    assert not tshark.malformed(pdus, "cbsp")


def test_tshark_reads_the_values_that_we_wrote() -> None:
    message = text_message(
        old_serial_number=0x400F,
        cells=(Cell(CellKind.CGI, "310260", 0x1234, 0xABCD), THERE),
        repetition_period=0x123,
        broadcasts=0x4567,
    )
    (row,) = tshark.fields(
        encode(message),
        "cbsp",
        "cbsp.message_id",
        "cbsp.new_serial_nr",
        "cbsp.old_serial_nr",
        "cbsp.rep_period",
        "cbsp.num_bcast_req",
        "cbsp.num_of_pages",
        "cbsp.dcs",
        "cbsp.lac",
        "cbsp.ci",
        "e212.mcc",
        "e212.mnc",
        "cbsp.user_info_len",
    )
    assert row == {
        "cbsp.message_id": ["0x111d"],
        "cbsp.new_serial_nr": ["0x4010"],
        "cbsp.old_serial_nr": ["0x400f"],
        "cbsp.rep_period": [str(0x123)],
        "cbsp.num_bcast_req": [str(0x4567)],
        "cbsp.num_of_pages": ["1"],
        "cbsp.dcs": ["0x0f"],
        "cbsp.lac": ["0x1234", "0x000c"],
        "cbsp.ci": ["0xabcd", "0x015a"],
        "e212.mcc": ["310", "1"],
        "e212.mnc": ["260", "1"],
        "cbsp.user_info_len": ["82"],
    }


def test_tshark_flags_a_message_that_is_cut() -> None:
    """The check above can fail."""
    assert tshark.malformed(encode(text_message())[:-40], "cbsp")


def test_tshark_reads_periods_as_we_do() -> None:
    """Up to 10 minutes: above, tshark counts steps of 60 s, libosmocore and we 30 s up to an hour."""
    codes = [0, 1, 10, 11, 20, 21, 38, 39, 86]
    octets = encode(GOLDEN["earthquake, both flags"][0])[:-1]
    rows = tshark.fields([octets + bytes([code]) for code in codes], "cbsp", "cbsp.warning_period")
    assert [row["cbsp.warning_period"] for row in rows] == [
        [str(period_of_code(code))] for code in codes
    ]


@pytest.mark.parametrize(
    ("seconds", "code", "held_s"),
    [(0, 0, 0), (1, 1, 1), (10, 10, 10), (11, 11, 12), (30, 20, 30), (31, 21, 35), (120, 38, 120),
     (121, 39, 130), (600, 86, 600), (601, 87, 630), (3571, 186, 3600), (3600, 186, 3600)],
)  # fmt: skip
def test_a_period_is_rounded_up_to_what_can_be_said(seconds: int, code: int, held_s: int) -> None:
    assert (period_code(seconds), period_s(seconds)) == (code, held_s)


@pytest.mark.parametrize("seconds", [-1, 3601])
def test_a_period_that_cannot_be_said_is_refused(seconds: int) -> None:
    with pytest.raises(MessageError, match="1 to 3600 s"):
        period_code(seconds)


BROKEN = {
    "nothing": ("", "octet 0: a message type needs 1", Cause.PARAMETER_VALUE_INVALID),
    "unknown type": ("63000000", "99 is no message type", Cause.UNRECOGNISED_MESSAGE),
    "SET-DRX": ("0d000000", "SET_DRX is a message of CBSP", Cause.UNRECOGNISED_MESSAGE),
    "too long": ("10ffffff", "16777215 octets is refused", Cause.PARAMETER_VALUE_INVALID),
    "length too small": ("1000000304000106", "says that 3 octets", Cause.PARAMETER_VALUE_INVALID),
    "unknown element": ("1000000163", "octet 4: 99 is no", Cause.PARAMETER_VALUE_INVALID),
    "element of SET-DRX": ("100000021405", "SCHEDULE_PERIOD", Cause.PARAMETER_NOT_RECOGNISED),
    "element of another message": (
        "10000006040001061200", "octet 8: RESET has no CHANNEL", Cause.PARAMETER_NOT_RECOGNISED,
    ),
    "element twice": ("100000080400010604000106", "octet 8: CELL_LIST stands twice",
                      Cause.PARAMETER_VALUE_INVALID),
    "element missing": ("10000000", "RESET lacks its CELL_LIST", Cause.MISSING_MANDATORY_ELEMENT),
    "cell list cut": ("1000000404000506", "5 octets and 1 are left", Cause.PARAMETER_VALUE_INVALID),
    "kind of cell": ("1000000404000103", "octet 7: 3 is no kind", Cause.CELL_IDENTITY_NOT_VALID),
    "cells behind all": ("100000060400030611ff", "behind all cells", Cause.PARAMETER_VALUE_INVALID),
    "no cells": ("1000000404000102", "list of cells is empty", Cause.PARAMETER_VALUE_INVALID),
    "digit of a network": (
        "1000000904000604aaf110000c", "no digit", Cause.CELL_IDENTITY_NOT_VALID,
    ),
    "cause": ("150000020b10", "16 is no cause", Cause.PARAMETER_VALUE_INVALID),
    "period": ("1600000218bb", "187 is reserved", Cause.PARAMETER_VALUE_INVALID),
    "no period": ("160000021800", "1 to 120 s", Cause.PARAMETER_VALUE_INVALID),
}  # fmt: skip


@pytest.mark.parametrize(("octets", "words", "cause"), BROKEN.values(), ids=list(BROKEN))
def test_what_is_broken_is_named_with_its_place(octets: str, words: str, cause: Cause) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(bytes.fromhex(octets))
    assert isinstance(caught.value, ElementError)
    assert words in str(caught.value)
    assert caught.value.cause is cause


def test_pages_must_be_as_many_as_the_message_says() -> None:
    octets = encode(text_message()).replace(b"\x13\x01", b"\x13\x02", 1)
    with pytest.raises(ElementError, match="number_of_pages is 2, not 1"):
        decode(octets)


@pytest.mark.parametrize("spare", ["001e", "0000"])
def test_a_repetition_period_as_one_number_is_refused(spare: str) -> None:
    """libosmocore writes the 12 bits as a 16-bit number; that would be another period."""
    octets = encode(text_message()).replace(bytes.fromhex("06010e"), bytes.fromhex("06" + spare), 1)
    with pytest.raises(ElementError, match="is no repetition period"):
        decode(octets)


def test_a_repetition_period_as_one_number_is_written_where_it_is_asked_for() -> None:
    """For osmo-bsc, which reads the standard's form of 30 units as 270."""
    octets = encode(text_message(), repetition_as_number=True)
    assert bytes.fromhex("06001e") in octets
    assert encode(text_message()) == octets.replace(
        bytes.fromhex("06001e"), bytes.fromhex("06010e"), 1
    )


def test_a_count_that_osmo_bsc_leaves_out_is_unknown() -> None:
    """Asked for all its cells at once, osmo-bsc 1.9 answers with a list without entries."""
    told = decode(bytes.fromhex("0b00000c0e111d024050080001061200"))
    assert isinstance(told, MessageStatusQueryComplete)
    assert told.completed == (CellCount(ALL_CELLS, 0, CountInfo.UNKNOWN),)


def test_the_notification_must_say_that_it_is_one() -> None:
    octets = bytes.fromhex(GOLDEN["earthquake, both flags"][1]).replace(b"\x0f\x01", b"\x0f\x00", 1)
    with pytest.raises(ElementError, match="emergency_indicator is 0, not 1"):
        decode(octets)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"repetition_period": 0}, "1 to 4095"),
        ({"repetition_period": 4096}, "1 to 4095"),
        ({"broadcasts": 65536}, "0 to 65535"),
        ({"dcs": 256}, "0 to 255"),
        ({"cells": ()}, "empty list"),
        ({"cells": (HERE, Cell(CellKind.CI, ci=1))}, "in one way, not as CGI, CI"),
        ({"cells": (ALL_CELLS, ALL_CELLS)}, "one entry"),
        ({"cells": tuple(Cell(CellKind.CGI, "00101", 1, n) for n in range(9363))}, "do not fit"),
    ],
    ids=["no period", "period", "broadcasts", "dcs", "no cells", "kinds", "all twice", "too many"],
)
def test_what_does_not_fit_is_not_encoded(changes: dict[str, object], words: str) -> None:
    with pytest.raises(MessageError, match=words):
        encode(text_message(**changes))


def test_the_longest_list_fits() -> None:
    cells = tuple(Cell(CellKind.CGI, "00101", 1, number) for number in range(9362))
    octets = encode(LoadQuery(cells=cells))
    assert len(octets) < MOST_OCTETS
    assert decode(octets) == LoadQuery(cells=cells)


@pytest.mark.parametrize("pages", [(), (PAGE,) * 16, (PAGE[:-1],), (b"\x53" + PAGE[1:],)])
def test_what_is_no_page_is_refused(pages: tuple[bytes, ...]) -> None:
    with pytest.raises(MessageError, match="page"):
        text_message(pages=pages)


@pytest.mark.parametrize("seconds", [0, 121])
def test_a_keep_alive_period_has_limits(seconds: int) -> None:
    with pytest.raises(MessageError, match="1 to 120 s"):
        KeepAlive(period_s=seconds)


@pytest.mark.parametrize(
    "parts",
    [(CellKind.CGI, None, 1, 1), (CellKind.CI, "00101", None, 1), (CellKind.LAC, None, 65536),
     (CellKind.BSS, None, 1), (CellKind.LAI, "0010x", 1)],
    ids=["no network", "network too many", "17 bits", "area of all", "no digits"],
)  # fmt: skip
def test_a_cell_has_the_parts_of_its_kind(parts: tuple[object, ...]) -> None:
    with pytest.raises(MessageError):
        Cell(*parts)  # type: ignore[arg-type]


def test_a_reader_never_goes_past_its_part() -> None:
    inside = Reader(b"abcdef", 1).part(2, "a part")
    assert inside.take(2, "both") == b"bc"
    with pytest.raises(ElementError, match="octet 3: one more needs 1 octets and 0 are left"):
        inside.take(1, "one more")


def test_a_kill_without_a_channel_is_for_a_notification() -> None:
    kill = Kill(message_identifier=4352, old_serial_number=0x7000, cells=(ALL_CELLS,))
    assert decode(encode(kill)) == kill
    assert b"\x12" not in encode(kill)[4:]
