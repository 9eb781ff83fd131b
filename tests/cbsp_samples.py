"""One message of CBSP of every kind, and hypothesis strategies for all of them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ew4all.alerts.wire.cbsp_elements import (
    ALL_CELLS,
    BroadcastType,
    Category,
    Cause,
    Cell,
    CellCount,
    CellFailure,
    CellKind,
    CellLoad,
    Channel,
    CountInfo,
    Recovery,
    period_of_code,
)
from ew4all.alerts.wire.cbsp_messages import (
    CBSP_MESSAGES,
    CbspMessage,
    CbsWriteReplace,
    EmergencyWriteReplace,
    ErrorIndication,
    Failure,
    KeepAlive,
    KeepAliveComplete,
    Kill,
    KillComplete,
    KillFailure,
    LoadQuery,
    LoadQueryComplete,
    LoadQueryFailure,
    MessageStatusQuery,
    MessageStatusQueryComplete,
    MessageStatusQueryFailure,
    Reset,
    ResetComplete,
    ResetFailure,
    Restart,
    WriteReplaceComplete,
    WriteReplaceFailure,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


HERE = Cell(CellKind.CGI, "00101", 12, 345)
THERE = Cell(CellKind.CGI, "00101", 12, 346)
PAGE = bytes([82]) + bytes(range(82))

ONE_OF_EACH: tuple[CbspMessage, ...] = (
    CbsWriteReplace(
        message_identifier=4381,
        new_serial_number=0x4011,
        old_serial_number=0x4010,
        cells=(HERE, THERE),
        repetition_period=30,
        broadcasts=10,
        dcs=0x0F,
        pages=(PAGE, PAGE),
    ),
    EmergencyWriteReplace(
        message_identifier=4355,
        new_serial_number=0x7000,
        cells=(ALL_CELLS,),
        warning_type=0x0780,
        warning_period_s=120,
    ),
    WriteReplaceComplete(
        message_identifier=4381,
        new_serial_number=0x4011,
        old_serial_number=0x4010,
        completed=(CellCount(HERE, 3), CellCount(THERE, 0, CountInfo.UNKNOWN)),
        cells=(HERE, THERE),
        channel=Channel.BASIC,
    ),
    WriteReplaceFailure(
        message_identifier=4381,
        new_serial_number=0x4011,
        failures=(
            CellFailure(THERE, Cause.CELL_BROADCAST_NOT_OPERATIONAL),
            CellFailure(Cell(CellKind.LAC, lac=13), Cause.LAI_OR_LAC_NOT_VALID),
        ),
        cells=(HERE,),
    ),
    Kill(
        message_identifier=4381,
        old_serial_number=0x4011,
        cells=(Cell(CellKind.LAI, "310260", 12),),
        channel=Channel.EXTENDED,
    ),
    KillComplete(
        message_identifier=4381, old_serial_number=0x4011, completed=(CellCount(HERE, 65535),)
    ),
    KillFailure(
        message_identifier=4381,
        old_serial_number=0x4011,
        failures=(CellFailure(HERE, Cause.MESSAGE_REFERENCE_NOT_IDENTIFIED),),
    ),
    LoadQuery(cells=(Cell(CellKind.CI, ci=345), Cell(CellKind.CI, ci=346))),
    LoadQueryComplete(loads=(CellLoad(HERE, 40, 60),)),
    LoadQueryFailure(failures=(CellFailure(HERE, Cause.UNSPECIFIED_ERROR),)),
    MessageStatusQuery(
        message_identifier=4381, old_serial_number=0x4011, cells=(Cell(CellKind.LAC, lac=12),)
    ),
    MessageStatusQueryComplete(
        message_identifier=4381, old_serial_number=0x4011, completed=(CellCount(HERE, 7),)
    ),
    MessageStatusQueryFailure(
        message_identifier=4381,
        old_serial_number=0x4011,
        failures=(CellFailure(HERE, Cause.CELL_IDENTITY_NOT_VALID),),
    ),
    Reset(cells=(ALL_CELLS,)),
    ResetComplete(cells=(ALL_CELLS,)),
    ResetFailure(failures=(CellFailure(ALL_CELLS, Cause.UNSPECIFIED_ERROR),), cells=(HERE,)),
    KeepAlive(period_s=30),
    KeepAliveComplete(),
    Restart(
        cells=(Cell(CellKind.LAC_CI, lac=12, ci=345),),
        broadcast_type=BroadcastType.CBS,
        recovery=Recovery.DATA_LOST,
    ),
    Failure(
        failures=(CellFailure(HERE, Cause.CELL_BROADCAST_NOT_OPERATIONAL),),
        broadcast_type=BroadcastType.EMERGENCY,
    ),
    ErrorIndication(cause=Cause.UNRECOGNISED_MESSAGE, message_identifier=4381),
)

_16_BITS = st.integers(0, 0xFFFF)
_PLMN = st.from_regex(r"[0-9]{5,6}", fullmatch=True)
_SECONDS = st.integers(0, 186).map(lambda code: period_of_code(code) or 0)


def _cells(kind: CellKind) -> SearchStrategy[Cell]:
    parts: dict[CellKind, tuple[SearchStrategy[Any], ...]] = {
        CellKind.CGI: (_PLMN, _16_BITS, _16_BITS),
        CellKind.LAC_CI: (st.none(), _16_BITS, _16_BITS),
        CellKind.CI: (st.none(), st.none(), _16_BITS),
        CellKind.LAI: (_PLMN, _16_BITS, st.none()),
        CellKind.LAC: (st.none(), _16_BITS, st.none()),
        CellKind.BSS: (st.none(), st.none(), st.none()),
    }
    return st.builds(Cell, st.just(kind), *parts[kind])


def _of_one_kind(item: Any) -> SearchStrategy[tuple[Any, ...]]:
    return st.sampled_from(CellKind).flatmap(
        lambda kind: st.lists(
            item(_cells(kind)), min_size=1, max_size=1 if kind is CellKind.BSS else 4
        ).map(tuple)
    )


_LISTS: dict[str, SearchStrategy[tuple[Any, ...]]] = {
    "cells": _of_one_kind(lambda cell: cell),
    "completed": _of_one_kind(
        lambda cell: st.builds(CellCount, cell, _16_BITS, st.sampled_from(CountInfo))
    ),
    "loads": _of_one_kind(
        lambda cell: st.builds(CellLoad, cell, st.integers(0, 100), st.integers(0, 100))
    ),
    "failures": st.lists(
        st.builds(
            CellFailure,
            st.sampled_from(CellKind).flatmap(_cells),
            st.sampled_from(Cause),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    "pages": st.lists(
        st.tuples(st.integers(0, 82), st.binary(min_size=82, max_size=82)).map(
            lambda page: bytes([page[0]]) + page[1]
        ),
        min_size=1,
        max_size=15,
    ).map(tuple),
}
_VALUES: dict[str, SearchStrategy[Any]] = {
    **_LISTS,
    "message_identifier": _16_BITS,
    "new_serial_number": _16_BITS,
    "old_serial_number": _16_BITS,
    "broadcasts": _16_BITS,
    "warning_type": _16_BITS,
    "repetition_period": st.integers(1, 4095),
    "dcs": st.integers(0, 255),
    "security": st.binary(min_size=50, max_size=50),
    "warning_period_s": _SECONDS,
    "period_s": _SECONDS.filter(lambda seconds: 1 <= seconds <= 120),
    "channel": st.sampled_from(Channel),
    "category": st.sampled_from(Category),
    "cause": st.sampled_from(Cause),
    "recovery": st.sampled_from(Recovery),
    "broadcast_type": st.sampled_from(BroadcastType),
}


def _messages(form: type[CbspMessage]) -> SearchStrategy[CbspMessage]:
    made = {}
    for field in dataclasses.fields(form):
        if field.init:
            values = _VALUES[field.name]
            absent = field.default is None or field.default == ()
            made[field.name] = st.just(field.default) | values if absent else values
    return st.builds(form, **made)


messages = st.sampled_from(CBSP_MESSAGES).flatmap(_messages)
"""Any message, with any values."""
