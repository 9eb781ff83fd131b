"""Serial numbers: bits, order, and who gets which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.alerts.cbs import (
    GeographicalScope,
    SerialAllocator,
    SerialNumber,
    etws_code,
    newer,
)
from ew4all.errors import DecodeError, MessageError

PLMN = GeographicalScope.PLMN
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@given(st.integers(0, 0xFFFF))
def test_sixteen_bits_come_back(value: int) -> None:
    serial = SerialNumber.from_value(value)
    assert serial.value == value
    assert serial.scope == value >> 14


@pytest.mark.parametrize(
    ("value", "scope", "code", "update"),
    [(0x4010, 1, 1, 0), (0x7000, 1, 0x300, 0), (0xFFFF, 3, 1023, 15), (0x8235, 2, 0x23, 5)],
    ids=hex,
)
def test_parts(value: int, scope: int, code: int, update: int) -> None:
    serial = SerialNumber(GeographicalScope(scope), code, update)
    assert serial.value == value


def test_flags_of_etws_lie_in_the_message_code() -> None:
    code = etws_code(0, emergency_user_alert=True, popup=True)
    serial = SerialNumber(PLMN, code)
    assert serial.value == 0x7000  # the golden ETWS message of standards.md 4.3
    assert (serial.emergency_user_alert, serial.popup) == (True, True)
    assert etws_code(9, emergency_user_alert=False, popup=True) == 0x109
    with pytest.raises(MessageError, match="0 to 255"):
        etws_code(256, emergency_user_alert=False, popup=False)


@given(st.integers(0, 15), st.integers(0, 15))
def test_newer_is_half_the_circle(a: int, b: int) -> None:
    first, second = SerialNumber(PLMN, 7, a), SerialNumber(PLMN, 7, b)
    assert newer(first, second) == ((a - b) % 16 in range(1, 9))
    assert not newer(first, first)
    if (a - b) % 16 != 8:
        assert not (newer(first, second) and newer(second, first))


def test_another_message_is_never_newer() -> None:
    assert not newer(SerialNumber(PLMN, 8, 1), SerialNumber(PLMN, 7, 0))
    assert not newer(SerialNumber(GeographicalScope.CELL, 7, 1), SerialNumber(PLMN, 7, 0))


def test_the_update_number_turns() -> None:
    serial = SerialNumber(PLMN, 7, 15)
    assert serial.next_update() == SerialNumber(PLMN, 7, 0)
    assert newer(serial.next_update(), serial)


@pytest.mark.parametrize(("code", "update"), [(-1, 0), (1024, 0), (0, -1), (0, 16)])
def test_ranges(code: int, update: int) -> None:
    with pytest.raises(MessageError, match="is 0 to"):
        SerialNumber(PLMN, code, update)


@pytest.mark.parametrize("value", [-1, 0x10000])
def test_values_that_are_no_sixteen_bits(value: int) -> None:
    with pytest.raises(DecodeError, match="16 bits"):
        SerialNumber.from_value(value)


def test_warnings_get_different_codes_and_updates_keep_theirs() -> None:
    allocator = SerialAllocator()
    first = allocator.start(4371, PLMN, NOON)
    second = allocator.start(4371, PLMN, NOON + HOUR)
    assert (first.value, second.value) == (0x4000, 0x4010)
    update = allocator.update(4371, first, NOON + 2 * HOUR)
    assert update.value == 0x4001
    assert newer(update, first)


def test_each_identifier_and_scope_has_its_own_numbers() -> None:
    allocator = SerialAllocator()
    assert allocator.start(4371, PLMN, NOON).message_code == 0
    assert allocator.start(4384, PLMN, NOON).message_code == 0
    assert allocator.start(4371, GeographicalScope.CELL, NOON).message_code == 0
    assert allocator.start(4371, PLMN, NOON).message_code == 1


@given(
    st.lists(st.tuples(st.sampled_from([4371, 4384]), st.integers(0, 90)), min_size=1, max_size=60)
)
def test_no_number_comes_back_within_a_day(steps: list[tuple[int, int]]) -> None:
    """Naive twin: a list of all that was ever given out."""
    allocator = SerialAllocator()
    given_out: list[tuple[int, int, datetime]] = []
    now = NOON
    for identifier, minutes in steps:
        now += timedelta(minutes=minutes)
        serial = allocator.start(identifier, PLMN, now)
        for other, value, at in given_out:
            assert not (other == identifier and value == serial.value and now - at < 24 * HOUR)
        given_out.append((identifier, serial.value, now))


def test_a_full_day_of_codes_is_refused_and_the_oldest_comes_back_first() -> None:
    allocator = SerialAllocator()
    for k in range(1024):
        allocator.start(4371, PLMN, NOON + k * timedelta(minutes=1))
    with pytest.raises(MessageError, match="1024 message codes"):
        allocator.start(4371, PLMN, NOON + 23 * HOUR)
    assert allocator.start(4371, PLMN, NOON + 24 * HOUR).message_code == 0
    with pytest.raises(MessageError, match="1024 message codes"):
        allocator.start(4371, PLMN, NOON + 24 * HOUR)


def test_the_day_counts_from_the_last_broadcast() -> None:
    allocator = SerialAllocator()
    long = allocator.start(4371, PLMN, NOON, on_air_until=NOON + 100 * HOUR)
    for k in range(1023):
        allocator.start(4371, PLMN, NOON + k * timedelta(seconds=1))
    later = NOON + 30 * HOUR
    codes = {allocator.start(4371, PLMN, later).message_code for _ in range(1023)}
    assert long.message_code not in codes
    with pytest.raises(MessageError, match="take another warning for a repeat"):
        allocator.start(4371, PLMN, later)


def test_etws_codes_have_eight_bits_below_their_flags() -> None:
    allocator = SerialAllocator()
    flags = etws_code(0, emergency_user_alert=True, popup=False)
    serials = [allocator.start(4352, PLMN, NOON, flags=flags) for _ in range(256)]
    assert {serial.message_code & 0xFF for serial in serials} == set(range(256))
    assert all(serial.emergency_user_alert and not serial.popup for serial in serials)
    with pytest.raises(MessageError, match="256 message codes"):
        allocator.start(4352, PLMN, NOON, flags=flags)


def test_sixteen_updates_a_day_and_no_more() -> None:
    allocator = SerialAllocator()
    serial = allocator.start(4371, PLMN, NOON)
    for k in range(15):
        serial = allocator.update(4371, serial, NOON + k * HOUR)
    with pytest.raises(MessageError, match="16 times"):
        allocator.update(4371, serial, NOON + 15 * HOUR)
    assert allocator.update(4371, serial, NOON + 24 * HOUR).update_number == 0


def test_only_the_newest_version_of_a_known_warning_is_updated() -> None:
    allocator = SerialAllocator()
    with pytest.raises(MessageError, match="nothing to update"):
        allocator.update(4371, SerialNumber(PLMN, 3), NOON)
    serial = allocator.start(4371, PLMN, NOON)
    allocator.update(4371, serial, NOON)
    with pytest.raises(MessageError, match="not the newest version"):
        allocator.update(4371, serial, NOON)
    with pytest.raises(MessageError, match="nothing to update"):
        allocator.update(4372, serial, NOON)


def test_what_it_remembers_can_be_stored() -> None:
    before = SerialAllocator()
    before.record(4371, SerialNumber(PLMN, 5), NOON)
    serial = before.start(4371, PLMN, NOON)
    assert serial.message_code == 6
    after = SerialAllocator(before.uses)
    assert after.uses == before.uses
    assert after.start(4371, PLMN, NOON + HOUR).message_code == 7
    assert after.update(4371, serial, NOON + HOUR).value == serial.value + 1


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(MessageError, match="no time zone"):
        SerialAllocator().start(4371, PLMN, datetime(2026, 3, 1))  # noqa: DTZ001
