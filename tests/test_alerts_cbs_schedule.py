"""How often, how long, ETWS, and the geo-fencing trigger."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrate_mobile.TS23041_CBS import CBSWarningType

from ew4all.alerts.cbs import (
    GSM_UNIT_S,
    LIMITS,
    SHARE_AREAS,
    EtwsWarning,
    Interface,
    PrimaryNotification,
    WarningType,
    broadcasts,
    cb_data,
    decode_primary_notification,
    decode_trigger,
    last_broadcast_s,
    pages_of,
    repetition_units,
    trigger_page,
)
from ew4all.errors import DecodeError, MessageError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@given(st.floats(0.5, 1e5), st.floats(1.0, 3e9))
def test_broadcasts_last_until_the_alert_expires_and_are_never_0(
    period_s: float, life_s: float
) -> None:
    expires = NOON + timedelta(seconds=life_s)
    if math.ceil(life_s / period_s) + 2 > 65_535:
        return
    number = broadcasts(period_s, NOON, expires)
    assert number >= 2
    assert NOON + timedelta(seconds=last_broadcast_s(period_s, number)) >= expires
    assert NOON + timedelta(seconds=last_broadcast_s(period_s, number - 1)) <= expires


def test_an_hour_every_minute() -> None:
    east = timezone(timedelta(hours=2))
    expires = datetime(2026, 3, 1, 15, tzinfo=east)
    assert broadcasts(60, NOON, expires) == 61
    assert broadcasts(7200, NOON, expires) == 2
    assert last_broadcast_s(60, 61) == 3600
    assert last_broadcast_s(60, 0) == math.inf


@pytest.mark.parametrize(
    ("period_s", "expires", "says"),
    [
        (60, NOON, "not after"),
        (60, NOON - timedelta(hours=1), "not after"),
        (0, NOON + timedelta(hours=1), "not possible"),
        (math.nan, NOON + timedelta(hours=1), "not possible"),
        (60, datetime(2026, 3, 2), "no time zone"),  # noqa: DTZ001
        (1, NOON + timedelta(days=1), "period of 2 s or more"),
    ],
    ids=["no life", "expired", "no period", "not a number", "no zone", "too many"],
)
def test_lives_that_cannot_be_broadcast(period_s: float, expires: datetime, says: str) -> None:
    with pytest.raises(MessageError, match=says):
        broadcasts(period_s, NOON, expires)


def test_the_least_period_of_too_many_broadcasts_is_enough() -> None:
    assert broadcasts(2, NOON, NOON + timedelta(days=1)) <= 65_535


@pytest.mark.parametrize(
    ("interface", "period_s", "pages", "units"),
    [
        (Interface.CBSP, 30, 2, 16),
        (Interface.CBSP, 1, 15, 15),
        (Interface.CBSP, 10 * GSM_UNIT_S, 1, 10),
        (Interface.SABP, 0.2, 1, 1),
        (Interface.SBCAP, 4096, 1, 4096),
        (Interface.S1AP, 131_071, 1, 131_071),
        (Interface.NGAP, 29.5, 4, 30),
    ],
)
def test_periods_are_rounded_up(
    interface: Interface, period_s: float, pages: int, units: int
) -> None:
    assert repetition_units(interface, period_s, pages) == units
    assert units * LIMITS[interface].unit_s >= period_s - 1e-9


@pytest.mark.parametrize(
    ("interface", "period_s", "says"),
    [
        (Interface.CBSP, 7712, "7711 s"),
        (Interface.SABP, 4097, "4096 s"),
        (Interface.NGAP, 131_072, "131071 s"),
        (Interface.NGAP, 0, "not possible"),
        (Interface.NGAP, math.inf, "not possible"),
    ],
)
def test_periods_that_no_field_can_say(interface: Interface, period_s: float, says: str) -> None:
    with pytest.raises(MessageError, match=says):
        repetition_units(interface, period_s)


def test_one_page_of_gsm_takes_eight_multiframes() -> None:
    assert round(GSM_UNIT_S, 4) == 1.8831


@pytest.mark.parametrize("user_alert", [False, True], ids=["quiet", "alert"])
@pytest.mark.parametrize("popup", [False, True], ids=["no popup", "popup"])
@pytest.mark.parametrize("kind", list(WarningType), ids=lambda kind: kind.name)
def test_warning_types_as_pycrate_reads_them(
    kind: WarningType, *, popup: bool, user_alert: bool
) -> None:
    warning = EtwsWarning(kind, user_alert, popup)
    oracle = CBSWarningType()
    oracle.from_bytes(warning.value.to_bytes(2, "big"))
    assert [field.get_val() for field in oracle] == [kind, user_alert, popup, 0]
    assert EtwsWarning.from_value(warning.value) == warning


def test_an_earthquake_with_both_flags() -> None:
    assert EtwsWarning(WarningType.EARTHQUAKE).value == 0x0180
    assert WarningType.EARTHQUAKE.message_identifier == 4352
    assert WarningType.OTHER.message_identifier == 4356


def test_a_primary_notification_comes_back() -> None:
    primary = PrimaryNotification(0x7000, 4353, EtwsWarning(WarningType.TSUNAMI))
    assert primary.octets[:6].hex() == "700011010380"
    assert len(primary.octets) == 56
    assert decode_primary_notification(primary.octets) == primary


@pytest.mark.parametrize("octets", [b"", bytes(55), bytes(57), bytes(88)], ids=len)
def test_other_lengths_are_no_primary_notification(octets: bytes) -> None:
    with pytest.raises(DecodeError, match="56 octets"):
        decode_primary_notification(octets)


def test_etws_values_that_cannot_be() -> None:
    with pytest.raises(MessageError, match="0 to 127"):
        EtwsWarning(128)
    with pytest.raises(DecodeError, match="16 bits"):
        EtwsWarning.from_value(0x10000)
    with pytest.raises(MessageError, match="65535"):
        PrimaryNotification(0x10000, 4352, EtwsWarning(0))
    with pytest.raises(MessageError, match="50 octets"):
        PrimaryNotification(0, 4352, EtwsWarning(0), bytes(49))


references = st.lists(
    st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)), min_size=1, max_size=20
)


@given(references, st.integers(0, 15))
def test_a_trigger_comes_back(messages: list[tuple[int, int]], kind: int) -> None:
    page = trigger_page(messages, kind)
    octets = pages_of(cb_data([page]))[0].octets
    trigger = decode_trigger(octets)
    assert (trigger.kind, list(trigger.messages)) == (kind, messages)
    # Read as a phone reads it: 4 bits, 7 bits, 5 bits, then pairs of sixteen.
    bits = "".join(f"{octet:08b}" for octet in octets)
    assert (int(bits[:4], 2), int(bits[4:11], 2)) == (kind, page.useful)
    assert int(bits[16:32], 2) == messages[0][0]
    assert int(bits[32:48], 2) == messages[0][1]


def test_one_trigger_by_hand() -> None:
    page = trigger_page([(4371, 0x4010)])
    assert page.octets[: page.useful].hex() == "20c0" + "1113" + "4010"
    assert SHARE_AREAS == 2
    assert trigger_page([(4371, k) for k in range(20)]).useful == 82


@pytest.mark.parametrize(
    ("messages", "kind", "says"),
    [
        ([], 2, "1 to 20"),
        ([(4371, 0)] * 21, 2, "1 to 20"),
        ([(4371, 0)], 16, "0 to 15"),
        ([(0x10000, 0)], 2, "65535"),
        ([(4371, -1)], 2, "65535"),
    ],
    ids=["none", "too many", "type", "identifier", "serial"],
)
def test_triggers_that_cannot_be(messages: list[tuple[int, int]], kind: int, says: str) -> None:
    with pytest.raises(MessageError, match=says):
        trigger_page(messages, kind)


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (b"", "4 bits are needed"),
        (bytes.fromhex("20c0"), "16 bits are needed"),
        (bytes.fromhex("20a0") + bytes(80), "length of 5 octets"),
        (bytes.fromhex("2000"), "length of 0 octets"),
        (bytes.fromhex("2ac0") + bytes(120), "length of 86 octets"),
    ],
    ids=["nothing", "cut", "odd", "short", "21 alerts"],
)
def test_broken_triggers_are_refused(octets: bytes, says: str) -> None:
    with pytest.raises(DecodeError, match=says):
        decode_trigger(octets)
