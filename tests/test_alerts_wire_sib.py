"""SIB12 and SIB8 against golden vectors, pycrate's RRC, and Wireshark's reassembly."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

import pygsm7
import pytest
import tshark
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_golden import CONTENTS, golden
from wire_messages import TEXT, cb_data

from ew4all.alerts.wire.sib import SIB8, SIB12, WarningBlock
from ew4all.errors import DecodeError, MessageError

BLOCKS = [pytest.param(SIB12, id="SIB12"), pytest.param(SIB8, id="SIB8")]
KINDS = {"SIB12": "lte-rrc", "SIB8": "nr-rrc"}
WARNING = (0x0F, 4370, 0x4010)
FIFTEEN_PAGES = bytes([15]) + CONTENTS[1:84] * 15


@pytest.mark.parametrize(("block", "name"), [(SIB12, "lte_sib12"), (SIB8, "nr_sib8")])
def test_golden(block: WarningBlock, name: str) -> None:
    assert [part.hex() for part in block.segments(CONTENTS, *WARNING)] == [golden(name).hex()]
    joined = block.join([golden(name)])
    assert (joined.contents, joined.dcs) == (CONTENTS, 0x0F)
    assert (joined.message_identifier, joined.serial_number) == (4370, 0x4010)


@cache
def _peer(name: str) -> Any:
    if name == "SIB12":
        module = importlib.import_module("pycrate_asn1dir.RRCLTE")
        return module.EUTRA_RRC_Definitions.BCCH_DL_SCH_Message
    return importlib.import_module("pycrate_asn1dir.RRCNR").NR_RRC_Definitions.BCCH_DL_SCH_Message


def by_peer(
    block: WarningBlock, number: int, last: bool, text: bytes, dcs: int | None, area: bytes
) -> bytes:
    """A segment in pycrate's RRC; its fields are those of TS 36.331 and TS 38.331, 6.3.1."""
    lte = block is SIB12
    end = "-r9" if lte else ""
    value: dict[str, Any] = {
        f"messageIdentifier{end}": (4370, 16),
        f"serialNumber{end}": (0x4010, 16),
        f"warningMessageSegmentType{end}": "lastSegment" if last else "notLastSegment",
        f"warningMessageSegmentNumber{end}": number,
        f"warningMessageSegment{end}": text,
    }
    if dcs is not None:
        value[f"dataCodingScheme{end}"] = bytes([dcs])
    if area:
        value["warningAreaCoordinatesSegment" + ("-r15" if lte else "")] = area
    listed = [("sib12-v920" if lte else "sib8", value)]
    sort = "systemInformation-r8" if lte else "systemInformation"
    information = {"criticalExtensions": (sort, {"sib-TypeAndInfo": listed})}
    peer = _peer(block.name)
    peer.set_val({"message": ("c1", ("systemInformation", information))})
    return bytes(peer.to_uper())


@pytest.mark.parametrize("block", BLOCKS)
@settings(max_examples=30)
@given(contents=cb_data(), octets=st.integers(30, 400), seed=st.randoms())
def test_segments_like_pycrate(
    block: WarningBlock, contents: bytes, octets: int, seed: Any
) -> None:
    parts = block.segments(contents, *WARNING, octets)
    texts = _texts(block, parts)
    expected = [
        by_peer(block, k, k == len(texts) - 1, text, 0x0F if k == 0 else None, b"")
        for k, text in enumerate(texts)
    ]
    assert [part.hex() for part in parts] == [part.hex() for part in expected]
    assert b"".join(texts) == contents
    assert max(map(len, texts)) <= octets
    shuffled = [*parts, *parts[:2]]
    seed.shuffle(shuffled)
    assert block.join(shuffled).contents == contents


def _texts(block: WarningBlock, parts: tuple[bytes, ...]) -> list[bytes]:
    """The text in each message, read by pycrate."""
    peer, end = _peer(block.name), "-r9" if block is SIB12 else ""
    texts = []
    for part in parts:
        peer.from_uper(part)
        listed = peer.get_val()["message"][1][1]["criticalExtensions"][1]["sib-TypeAndInfo"]
        texts.append(listed[0][1][f"warningMessageSegment{end}"])
    return texts


@pytest.mark.parametrize("block", BLOCKS)
@settings(max_examples=30)
@given(contents=cb_data(), area=st.binary(min_size=1, max_size=1024))
def test_coordinates_are_cut_along(block: WarningBlock, contents: bytes, area: bytes) -> None:
    parts = block.segments(contents, *WARNING, area_coordinates=area)
    assert max(map(len, parts)) <= (217 if block is SIB12 else 372)
    joined = block.join(reversed(parts))
    assert (joined.contents, joined.area_coordinates) == (contents, area)


@pytest.mark.parametrize("block", BLOCKS)
def test_one_segment_with_coordinates_like_pycrate(block: WarningBlock) -> None:
    (part,) = block.segments(CONTENTS, *WARNING, area_coordinates=b"\x10\x08abcdef")
    assert part == by_peer(block, 0, True, CONTENTS, 0x0F, b"\x10\x08abcdef")


@pytest.mark.parametrize(
    ("block", "octets", "count"),
    [
        (SIB12, None, 7),  # 217 octets a message: "6 in theory, 7 in practice" (standards.md 2)
        (SIB12, 9999, 5),  # 277 octets are the most
        (SIB12, 100, 13),
        (SIB8, None, 4),
        (SIB8, 9999, 4),  # 372 octets are the most
        (SIB8, 20, 63),
    ],
)
def test_how_many_segments_1246_octets_take(
    block: WarningBlock, octets: int | None, count: int
) -> None:
    parts = block.segments(FIFTEEN_PAGES, *WARNING, octets)
    assert len(parts) == count
    most = 372 if block is SIB8 else 277 if octets else 217
    assert max(map(len, parts)) <= most


@pytest.mark.parametrize("block", BLOCKS)
def test_wireshark_puts_them_together(block: WarningBlock) -> None:
    text = "".join(chr(ord("a") + k % 26) for k in range(5 * 93))
    pages = [text[at : at + 93] for at in range(0, len(text), 93)]
    packed = [bytes.fromhex(pygsm7.encode_gsm7(page)) for page in pages]
    contents = bytes([5]) + b"".join(page.ljust(82, b"\0")[:82] + bytes([82]) for page in packed)
    parts = block.segments(contents, *WARNING, 139)
    assert len(parts) == 3
    assert not tshark.malformed(parts, KINDS[block.name])
    read = tshark.decode(parts, KINDS[block.name])
    for k, page in enumerate(pages, 1):
        assert f"Decoded Page {k}: {page}" in read
    assert tshark.malformed([parts[0][:-40]], KINDS[block.name])


@pytest.mark.parametrize("block", BLOCKS)
def test_wireshark_reads_the_golden_text(block: WarningBlock) -> None:
    read = tshark.decode(block.segments(CONTENTS, *WARNING), KINDS[block.name])
    assert f"Decoded Page 1: {TEXT[:93]}" in read
    assert f"Decoded Page 2: {TEXT[93:].rstrip()}" in read


@pytest.mark.parametrize("block", BLOCKS)
def test_what_cannot_be_joined(block: WarningBlock) -> None:
    parts = block.segments(FIFTEEN_PAGES, *WARNING, 100)
    other = block.segments(FIFTEEN_PAGES, 0x0F, 4371, 0x4010, 100)
    changed = block.segments(bytes([15]) + CONTENTS[84:167] * 15, *WARNING, 100)
    short = block.segments(FIFTEEN_PAGES[:84].replace(b"\x0f", b"\1", 1), *WARNING, 100)
    for messages, message in (
        ([], "no segments"),
        (parts[:-1], "the last segment is missing"),
        (parts[1:], r"\[0\] are missing; a device shows nothing"),
        (parts[:3] + parts[5:], r"\[3, 4\] are missing"),
        (
            (*parts[:5], other[5], *parts[6:]),
            "2 warnings are mixed: 4370 with serial number 0x4010",
        ),
        ((*parts, changed[2]), "two different segments bear the number 2"),
        ((*short, *parts[1:]), "segments follow behind the last"),
        ([by_peer(block, 0, True, CONTENTS, None, b"")], "the data coding scheme"),
        (
            [
                by_peer(block, 0, False, CONTENTS[:80], 0x0F, b""),
                by_peer(block, 1, True, CONTENTS[80:], 0x0F, b""),
            ],
            r"stands in the segments \[0, 1\]; it belongs into segment 0 alone",
        ),
        ([by_peer(block, 0, True, CONTENTS[:-1], 0x0F, b"")], "not CB data"),
        (
            [
                by_peer(block, 0, False, CONTENTS[:80], 0x0F, b""),
                by_peer(block, 1, True, CONTENTS[80:], None, b"area"),
            ],
            "hold coordinates, and some before them do not",
        ),
        ([b"\x40" + parts[0][1:]], r"message 1: this is .* \(at octet"),
        ([parts[0], parts[1][:-5]], r"message 2: .* is cut \(at octet"),
    ):
        with pytest.raises(DecodeError, match=message):
            block.join(messages)


@pytest.mark.parametrize("block", BLOCKS)
def test_what_cannot_be_cut(block: WarningBlock) -> None:
    with pytest.raises(MessageError, match="more than 64 segments"):
        block.segments(FIFTEEN_PAGES, *WARNING, 19)
    with pytest.raises(MessageError, match="more than 64 segments"):
        block.segments(CONTENTS, *WARNING, 15, area_coordinates=bytes(1000))
    with pytest.raises(MessageError, match="1 at least is needed"):
        block.segments(CONTENTS, *WARNING, 0)
    with pytest.raises(MessageError, match="not CB data"):
        block.segments(CONTENTS[:-1], *WARNING)
    with pytest.raises(MessageError, match="message identifier 65536"):
        block.segments(CONTENTS, 0x0F, 65_536, 0)


def test_a_block_of_the_other_radio_is_refused() -> None:
    with pytest.raises(DecodeError, match="SIB8 message 1"):
        SIB8.join([golden("lte_sib12")])
    with pytest.raises(DecodeError, match="SIB12 message 1"):
        SIB12.join([golden("nr_sib8")])
