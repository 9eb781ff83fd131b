"""Octets that were cut, changed or made up: refused with a reason and a place, never anything else."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_golden import SBCAP, golden

from ew4all.alerts.wire import ngap, s1ap, sbcap
from ew4all.alerts.wire.sib import SIB8, SIB12
from ew4all.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    Decode = Callable[[bytes], Any]


def _join(block: Any) -> Decode:
    return lambda data: block.join([data])


VECTORS: dict[str, Decode] = {
    **dict.fromkeys(SBCAP, sbcap.decode),
    "s1ap_write_replace": s1ap.decode,
    "ngap_write_replace": ngap.decode,
    "lte_sib12": _join(SIB12),
    "nr_sib8": _join(SIB8),
}
DECODERS = {"sbcap": sbcap.decode, "s1ap": s1ap.decode, "ngap": ngap.decode}


@pytest.mark.parametrize("name", VECTORS)
def test_every_cut_is_seen(name: str) -> None:
    whole = golden(name)
    for size in range(len(whole)):
        with pytest.raises(DecodeError, match=r"\(at octet \d+(, bit \d)?\)"):
            VECTORS[name](whole[:size])


@pytest.mark.parametrize("name", VECTORS)
def test_what_follows_is_seen(name: str) -> None:
    with pytest.raises(DecodeError, match=r"left over|not zero"):
        VECTORS[name](golden(name) + b"\1")
    with pytest.raises(DecodeError, match="1 octets are left over"):
        VECTORS[name](golden(name) + b"\0")


def _read_or_refused(decode: Decode, data: bytes) -> Any:
    """What is read, or None; the reason begins with the interface's name."""
    try:
        return decode(data)
    except DecodeError as error:
        reason = str(error)
    assert re.search(r"^[\w-]+.*: .{10}", reason), reason
    return None


@pytest.mark.parametrize("name", VECTORS)
def test_every_changed_bit_is_read_otherwise_or_refused(name: str) -> None:
    decode, whole = VECTORS[name], golden(name)
    held = decode(whole)
    bits = range(8 * len(whole)) if len(whole) < 100 else range(0, 8 * len(whole), 3)
    same = []
    for k in bits:
        changed = bytearray(whole)
        changed[k // 8] ^= 0x80 >> k % 8
        if _read_or_refused(decode, bytes(changed)) == held:
            same.append(k % 8)
    # What a receiver does with an unknown element says nothing once it is known: the two bits of
    # the criticality, which begin an octet, in each of up to 13 elements and once in the frame.
    # Behind a long repetition period, the short one says nothing either.
    assert set(same) <= ({0, 1} if name != "sbcap_hours_between_and_coordinates" else set(range(8)))
    assert len(same) <= (0 if name in ("lte_sib12", "nr_sib8") else 28)


@given(st.binary(max_size=300))
def test_noise(noise: bytes) -> None:
    for decode in DECODERS.values():
        _read_or_refused(decode, noise)
    for block in (SIB12, SIB8):
        _read_or_refused(_join(block), noise)


@pytest.mark.slow
def test_much_noise_takes_no_time() -> None:
    draw = random.Random(4)
    for k in range(20_000):
        name = draw.choice(list(VECTORS))
        data = bytearray(golden(name))
        for _ in range(draw.randint(1, 8)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        begin = time.perf_counter()
        _read_or_refused(VECTORS[name], bytes(data))
        assert time.perf_counter() - begin < 1.0, (k, name, data.hex())
