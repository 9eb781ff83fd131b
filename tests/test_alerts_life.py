"""How often a message is broadcast in the life of its alert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ew4all.alerts.cbs import MAX_BROADCASTS
from ew4all.alerts.life import schedule
from ew4all.alerts.wire.request import MAX_REPETITION_S
from ew4all.errors import MessageError

START = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST = timedelta(seconds=MAX_REPETITION_S * (MAX_BROADCASTS - 1))


def test_an_hour_is_every_minute() -> None:
    assert schedule(START, START + timedelta(hours=1)) == (60, 61)


def test_a_long_life_has_a_longer_period() -> None:
    assert schedule(START, START + LONGEST) == (MAX_REPETITION_S, MAX_BROADCASTS)


def test_a_life_that_no_interface_can_ask_for_is_refused_with_both_ends() -> None:
    with pytest.raises(MessageError, match=r"from 2026-01-01.* until 2298-03-12T.*correct expires"):
        schedule(START, START + LONGEST + timedelta(seconds=1))
    with pytest.raises(MessageError, match="2,912,078 days"):
        schedule(START, datetime(9999, 1, 1, tzinfo=UTC))
