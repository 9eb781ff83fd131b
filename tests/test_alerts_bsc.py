"""The stand-in BSC: its answers, and the pages that its cells put on air."""

from __future__ import annotations

from typing import Any

import pytest
from bsc import CELLS
from cbsp_scene import EXERCISE, SERIAL, TEXT, text
from hypothesis import given, settings
from hypothesis import strategies as st

from ew4all.alerts.broadcast_record import MessageReference
from ew4all.alerts.cbs import GSM_UNIT_S, GsmPage, PrimaryNotification, join_gsm_pages
from ew4all.alerts.wire.bsc import Bsc, OnAir
from ew4all.alerts.wire.cbsp import decode, encode, split
from ew4all.alerts.wire.cbsp_elements import ALL_CELLS, Cause, Cell, CellKind, Channel, Recovery
from ew4all.alerts.wire.cbsp_messages import (
    CbspMessage,
    ErrorIndication,
    KeepAlive,
    KeepAliveComplete,
    Kill,
    KillComplete,
    KillFailure,
    LoadQuery,
    LoadQueryFailure,
    MessageStatusQuery,
    MessageStatusQueryComplete,
    MessageStatusQueryFailure,
    Reset,
    ResetComplete,
    ResetFailure,
    WriteReplaceComplete,
    WriteReplaceFailure,
)
from ew4all.alerts.wire.cbsp_requests import messages_of
from ew4all.alerts.wire.request import WriteReplace
from ew4all.errors import MessageError

REFERENCE = MessageReference(EXERCISE, SERIAL)
ELSEWHERE = Cell(CellKind.CGI, "00101", 99, 1)


def put(bsc: Bsc, request: WriteReplace, now_s: float = 0.0, replaces: int | None = None) -> Any:
    """Send a request as octets, and return the last answer, which went through octets too."""
    answer = None
    for message in messages_of(request, replaces):
        answer = bsc.receive(decode(encode(message)), now_s)
        assert answer is not None
        assert decode(encode(answer)) == answer
    return answer


def pages(on_air: tuple[OnAir, ...], cell: Cell = CELLS[0]) -> list[tuple[float, GsmPage]]:
    return [
        (item.at_s, item.what)
        for item in on_air
        if item.cell == cell and isinstance(item.what, GsmPage)
    ]


def test_a_message_is_broadcast_page_by_page_as_often_as_it_was_asked_for() -> None:
    bsc = Bsc(CELLS)
    put(bsc, text(repetition_s=10, broadcasts=3))
    found = pages(bsc.advance(100.0))
    assert [page.index for _, page in found] == [1, 2] * 3
    assert join_gsm_pages([page for _, page in found[:2]]).text == TEXT
    # 10 s are 6 slots; it begins in the first slot after it was accepted.
    assert [round(at_s / GSM_UNIT_S) for at_s, _ in found] == [1, 2, 6, 7, 12, 13]
    assert bsc.holds(CELLS[0]) == frozenset()


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 4), st.floats(0, 50)), max_size=4),
    st.lists(st.floats(0.0, 40.0), min_size=1, max_size=6),
)
def test_a_slot_has_one_page_and_time_in_pieces_is_the_same_time(
    wanted: list[tuple[int, int, float]], pieces: list[float]
) -> None:
    whole, cut = Bsc(CELLS[:1]), Bsc(CELLS[:1])
    for number, (length, broadcasts, _) in enumerate(wanted):
        for bsc in (whole, cut):
            put(bsc, text(0x4000 + 16 * number, "x" * length, broadcasts=broadcasts))
    in_pieces: list[OnAir] = []
    now_s = 0.0
    for piece in pieces:
        now_s += piece
        in_pieces.extend(cut.advance(now_s))
    on_air = whole.advance(now_s)
    assert list(on_air) == in_pieces
    slots = [round(item.at_s / GSM_UNIT_S) for item in on_air]
    assert len(set(slots)) == len(slots)
    for item in on_air:
        assert item.at_s <= now_s


def test_urgent_messages_come_first_and_none_is_cut() -> None:
    bsc = Bsc(CELLS[:1])
    put(bsc, text(0x4010, message_identifier=919))  # normal
    first = pages(bsc.advance(2.0))
    put(bsc, text(0x4020), 2.0)  # high priority
    put(bsc, text(0x4030, message_identifier=920), 2.0)
    order = [page.message_identifier for _, page in (*first, *pages(bsc.advance(12.0)))]
    assert order == [919, 919, EXERCISE, EXERCISE, 920, 920]


def test_a_channel_that_is_full_takes_no_more() -> None:
    bsc = Bsc(CELLS[:1])
    put(bsc, text(0x4010, repetition_s=4))  # two pages of three slots
    refused = put(bsc, text(0x4020, repetition_s=4))
    assert isinstance(refused, WriteReplaceFailure)
    assert refused.failures[0].cause is Cause.BSC_CAPACITY_EXCEEDED
    # In the place of the first it fits.
    assert isinstance(put(bsc, text(0x4011, repetition_s=4), 0.0, 0x4010), WriteReplaceComplete)


def test_a_notification_is_paged_until_its_time_is_over() -> None:
    bsc = Bsc(CELLS[:1])
    put(bsc, WriteReplace(4355, 0x7000, 10, 1, None, None, 0x0780))
    found = bsc.advance(60.0)
    assert len(found) == 5
    notification = found[0].what
    assert isinstance(notification, PrimaryNotification)
    assert notification.warning.value == 0x0780
    assert bsc.holds(CELLS[0]) == frozenset()


def test_an_update_needs_the_message_that_it_replaces() -> None:
    bsc = Bsc(CELLS[:1])
    refused = put(bsc, text(0x4011), 0.0, 0x4010)
    assert refused.failures[0].cause is Cause.MESSAGE_REFERENCE_NOT_IDENTIFIED
    put(bsc, text(0x4010))
    bsc.advance(40.0)
    done = put(bsc, text(0x4011), 40.0, 0x4010)
    assert [count.broadcasts for count in done.completed] == [2]
    assert bsc.holds(CELLS[0]) == {MessageReference(EXERCISE, 0x4011)}


def ask(bsc: Bsc, message: CbspMessage) -> CbspMessage | None:
    return bsc.receive(decode(encode(message)), 0.0)


def test_cells_that_it_does_not_have_are_named() -> None:
    bsc = Bsc(CELLS)
    lai = Cell(CellKind.LAI, "00101", 99)
    answer = ask(bsc, Reset(cells=(CELLS[0], ELSEWHERE)))
    assert isinstance(answer, ResetFailure)
    assert [(item.cell, item.cause) for item in answer.failures] == [
        (ELSEWHERE, Cause.CELL_IDENTITY_NOT_VALID)
    ]
    assert answer.cells == (CELLS[0],)
    areas = ask(bsc, Reset(cells=(lai,)))
    assert isinstance(areas, ResetFailure)
    assert areas.failures[0].cause is Cause.LAI_OR_LAC_NOT_VALID


def test_an_area_is_its_cells_each_once() -> None:
    bsc = Bsc(CELLS)
    area = Cell(CellKind.LAC, lac=12)
    assert ask(bsc, Reset(cells=(area, area))) == ResetComplete(cells=CELLS[:2])


def test_it_answers_each_question() -> None:
    bsc = Bsc(CELLS[:1])
    status = MessageStatusQuery(
        message_identifier=EXERCISE, old_serial_number=SERIAL, cells=(ALL_CELLS,)
    )
    kill = Kill(
        message_identifier=EXERCISE, old_serial_number=SERIAL, cells=(ALL_CELLS,), channel=None
    )
    assert isinstance(ask(bsc, status), MessageStatusQueryFailure)
    put(bsc, text())
    assert isinstance(ask(bsc, status), MessageStatusQueryComplete)
    # Without a channel it is a notification that is killed, and there is none.
    assert isinstance(ask(bsc, kill), KillFailure)
    text_kill = Kill(
        message_identifier=EXERCISE,
        old_serial_number=SERIAL,
        cells=(ALL_CELLS,),
        channel=Channel.BASIC,
    )
    assert isinstance(ask(bsc, text_kill), KillComplete)
    assert ask(bsc, KeepAlive(period_s=10)) == KeepAliveComplete()
    assert ask(bsc, ErrorIndication(cause=Cause.UNSPECIFIED_ERROR)) is None
    assert ask(bsc, KeepAliveComplete()) == ErrorIndication(cause=Cause.UNRECOGNISED_MESSAGE)


def test_a_cell_that_fails_keeps_its_messages_and_broadcasts_nothing() -> None:
    bsc = Bsc(CELLS[:1])
    put(bsc, text())
    bsc.fail(CELLS[:1])
    assert bsc.advance(60.0) == ()
    assert bsc.holds(CELLS[0]) == {REFERENCE}
    assert isinstance(ask(bsc, LoadQuery(cells=(ALL_CELLS,))), LoadQueryFailure)
    told = bsc.restart(CELLS[:1], Recovery.DATA_AVAILABLE)
    assert len(split(b"".join(map(encode, told)))[0]) == 2  # for texts and for notifications
    assert pages(bsc.advance(70.0))
    bsc.restart(CELLS[:1], Recovery.DATA_LOST)
    assert bsc.holds(CELLS[0]) == frozenset()


@pytest.mark.parametrize("cells", [(), (ALL_CELLS,), (Cell(CellKind.CI, ci=1),)])
def test_its_cells_have_global_names(cells: tuple[Cell, ...]) -> None:
    with pytest.raises(MessageError, match="CGI"):
        Bsc(cells)
