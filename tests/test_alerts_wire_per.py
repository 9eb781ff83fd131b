"""Packed encoding rules, bit by bit, and what reading refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.alerts.wire.frame import EXTENSIONS
from ew4all.alerts.wire.per import Reader, Writer
from ew4all.alerts.wire.per_kinds import (
    Bits,
    BitsBetween,
    Choice,
    Enumerated,
    Field,
    Listed,
    Octets,
    Record,
    Refused,
    Whole,
    decoded,
    encoded,
)
from ew4all.errors import DecodeError, MessageError


# X.691 (2021) 11.5: a bit-field up to 255 values, an octet for 256, two octets up to 65536, then a
# length in front. The unaligned variant knows bit-fields only.
@pytest.mark.parametrize(
    ("kind", "value", "aligned", "unaligned"),
    [
        (Whole(5, 5), 5, "00", "00"),
        (Whole(0, 7), 5, "a0", "a0"),
        (Whole(0, 254), 254, "fe", "fe"),
        (Whole(0, 255), 254, "fe", "fe"),
        (Whole(1, 256), 256, "ff", "ff"),
        (Whole(0, 4095), 30, "001e", "01e0"),
        (Whole(0, 65_535), 258, "0102", "0102"),
        (Whole(0, 65_536), 255, "00ff", "007f80"),
        (Whole(4096, 131_071), 4096, "0000", "000000"),
        (Whole(4096, 131_071), 5000, "400388", "01c400"),
        (Whole(0, 131_071), 131_071, "8001ffff", "ffff80"),
        (Bits(8), 0x0F, "0f", "0f"),
        (Octets(2, 2), b"ab", "6162", "6162"),
        (Octets(1, 9600), b"a", "000061", "000184"),
        (Octets(0, None), b"abc", "03616263", "03616263"),
        (Enumerated(("a", "b", "c")), "c", "80", "80"),
        (Enumerated(("true",), extensible=True), "true", "00", "00"),
        (BitsBetween(22, 32), (3, 22), "0000000c", "000000c0"),
    ],
)
def test_one_value(kind: Any, value: Any, aligned: str, unaligned: str) -> None:
    for variant, octets in ((True, aligned), (False, unaligned)):
        made = encoded(kind, value, aligned=variant)
        assert made.hex() == octets
        back = decoded(kind, bytes.fromhex(octets), aligned=variant, name="x")
        assert back == value


def test_short_fields_are_not_aligned_and_long_ones_are() -> None:
    short = Record((Field("bit", Whole(0, 1)), Field("number", Bits(16))))
    long = Record((Field("bit", Whole(0, 1)), Field("number", Bits(17))))
    assert encoded(short, {"bit": 1, "number": 0xFFFF}, aligned=True).hex() == "ffff80"
    assert encoded(long, {"bit": 1, "number": 0x1FFFF}, aligned=True).hex() == "80ffff80"
    assert encoded(long, {"bit": 1, "number": 0x1FFFF}, aligned=False).hex() == "ffffc0"


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("size", [0, 127, 128, 16_383, 16_384, 16_385, 65_536, 65_537, 147_456])
def test_lengths_and_fragments(size: int, aligned: bool) -> None:
    data = bytes(k % 251 for k in range(size))
    kind = Record((Field("bit", Whole(0, 1)), Field("data", Octets(0, None))))
    made = encoded(kind, {"bit": 1, "data": data}, aligned=aligned)
    assert decoded(kind, made, aligned=aligned, name="x") == {"bit": 1, "data": data}
    pieces, rest = divmod(size, 16_384)
    lengths = -(-pieces // 4) + (1 if rest < 128 else 2)  # up to four pieces behind one octet
    assert len(made) == size + lengths + 1


GROWN = Record(
    (Field("a", Whole(0, 255)), Field("b", Whole(0, 255), optional=True)),
    extensible=True,
    additions=(Field("c", Whole(0, 255)), Field("d", Octets(0, None))),
)


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize(
    "value", [{"a": 1}, {"a": 1, "b": 2}, {"a": 1, "c": 3}, {"a": 1, "b": 2, "d": b"xy"}]
)
def test_additions_are_read_and_those_of_a_later_version_passed_over(
    value: dict[str, Any], aligned: bool
) -> None:
    made = encoded(GROWN, value, aligned=aligned)
    assert decoded(GROWN, made, aligned=aligned, name="x") == value
    older = Record(GROWN.fields, extensible=True)
    known = {name: value[name] for name in value if name in "ab"}
    assert decoded(older, made, aligned=aligned, name="x") == known


def test_alternatives_of_a_choice() -> None:
    grown = Choice(
        (Field("a", Whole(0, 255)), Field("b", Bits(4))),
        extensible=True,
        additions=(Field("c", Bits(18)),),
    )
    for value in (("a", 7), ("b", 15), ("c", 0x3FFFF)):
        made = encoded(grown, value, aligned=True)
        assert decoded(grown, made, aligned=True, name="x") == value
    older = Choice(grown.fields, extensible=True)
    made = encoded(grown, ("c", 1), aligned=True)
    with pytest.raises(DecodeError, match="later version"):
        decoded(older, made, aligned=True, name="x")


@pytest.mark.parametrize(
    ("kind", "octets", "message"),
    [
        (Whole(0, 65_535), "01", r"x: 16 bits are due and 8 are left: .* \(at octet 0\)"),
        (Whole(0, 4), "a0", "5 is outside 0 to 4"),
        (Whole(0, 131_071), "40001e", "too many octets"),
        (Octets(0, None), "800161", "written in two octets instead of one"),
        (Octets(0, None), "c0", "0 fragments"),
        (Octets(0, None), "05616263", "5 octets are due and 3 are left"),
        (Whole(0, 255), "0102", r"1 octets are left over \(at octet 1\)"),
        (Whole(0, 7), "a1", r"fill the last octet are not zero \(at octet 1\)"),
        (Octets(1, 9600), "25800061", "9601 is outside 1 to 9600"),
        (Listed(Whole(0, 255), 1, 256), "0201", "cut"),
        (Enumerated(("a",), extensible=True), "80", "later version"),
        (Record((Field("a", Bits(17)),)), "40", "cut"),
        (Record((Field("x", Whole(0, 1)), Field("a", Octets(3, 3)))), "40616263", "not zero"),
    ],
)
def test_what_reading_refuses(kind: Any, octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decoded(kind, bytes.fromhex(octets), aligned=True, name="x")


def test_what_writing_refuses() -> None:
    for kind, value in ((Whole(0, 7), 8), (Bits(3), 8), (Octets(1, 2), b""), (GROWN, {"b": 1})):
        with pytest.raises(MessageError):
            encoded(kind, value, aligned=True)


@given(st.lists(st.tuples(st.integers(0, 2**70 - 1), st.integers(1, 70))))
def test_bits_come_back(fields: list[tuple[int, int]]) -> None:
    to = Writer(aligned=False)
    for value, size in fields:
        to.bits(value & (1 << size) - 1, size)
    data = to.complete()
    total = sum(size for _, size in fields)
    assert len(data) == max(1, -(-total // 8))
    source = Reader(data, aligned=False, name="x")
    assert [source.bits(size) for _, size in fields] == [
        value & (1 << size) - 1 for value, size in fields
    ]
    source.end()


@pytest.mark.parametrize("kind", [Refused("no room for it"), EXTENSIONS.kind])
def test_what_may_not_be_sent_is_refused_before_anything_is_written(kind: Any) -> None:
    to = Writer(aligned=True)
    with pytest.raises(MessageError, match="cannot be sent"):
        kind.write(to, {"number": 7})
    to.bits(0xA5, 8)
    assert to.complete() == b"\xa5"
