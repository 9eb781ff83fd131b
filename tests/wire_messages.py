"""Requests and answers of all kinds, drawn by hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ew4all.alerts.wire.answers import (
    Answer,
    BaseStation,
    Cell,
    CellReport,
    Diagnostics,
    ElementFault,
    ErrorIndication,
    Failure,
    Indication,
    Procedure,
    Restart,
    TrackingArea,
)
from ew4all.alerts.wire.request import Stop, WriteReplace

__all__ = [
    "TEXT",
    "answers",
    "cb_data",
    "core_answers",
    "error_indications",
    "failures",
    "indications",
    "requests",
    "restarts",
    "stops",
    "write_replaces",
]

# "FLOOD WARNING: move to high ground now. Test only." twice, 2 pages in GSM-7 (standards.md 4.3).
TEXT = "FLOOD WARNING: move to high ground now. Test only. " * 2

_U16 = st.integers(0, 0xFFFF)
_CRITICALITY = st.sampled_from(["reject", "ignore", "notify"])
_PLMN = st.from_regex(r"[0-9]{5,6}", fullmatch=True)


@st.composite
def cb_data(draw: st.DrawFn) -> bytes:
    """CB data of 1 to 15 pages with any octets."""
    pages = draw(st.integers(1, 15))
    page = st.tuples(st.binary(min_size=82, max_size=82), st.integers(0, 82))
    drawn = draw(st.lists(page, min_size=pages, max_size=pages))
    return bytes([pages]) + b"".join(octets + bytes([useful]) for octets, useful in drawn)


def _unique(values: Any, most: int = 5) -> Any:
    return st.lists(values, min_size=1, max_size=most, unique=True).map(tuple)


@st.composite
def _areas(draw: st.DrawFn, *, nr: bool) -> dict[str, Any]:
    tac = _unique(st.integers(0, (1 << (24 if nr else 16)) - 1))
    cells = _unique(st.integers(0, (1 << (36 if nr else 28)) - 1))
    eai = _unique(st.integers(0, 0xFFFFFF))
    match draw(st.integers(0, 4)):
        case 0:
            return {}  # everywhere: such a request names no network
        case 1:
            return {"plmn": draw(_PLMN), "tac": draw(tac)}
        case 2:
            return {"plmn": draw(_PLMN), "cells": draw(cells)}
        case 3:
            return {"plmn": draw(_PLMN), "cells": draw(cells), "tac": draw(tac)}
        case _:
            return {"emergency_areas": draw(eai)}


@st.composite
def write_replaces(draw: st.DrawFn, *, nr: bool) -> WriteReplace:
    """Every field of a request, each present or not."""
    text = draw(st.booleans())
    warning_type = draw(st.none() | _U16 if text else _U16)
    repetition_s = draw(st.integers(0, 4095) | st.integers(4096, 131_071))
    return WriteReplace(
        draw(_U16),
        draw(_U16),
        repetition_s,
        # A text with a period of 0 is broadcast once; a notification of ETWS has no schedule.
        1 if text and repetition_s == 0 else draw(_U16),
        draw(st.integers(0, 255)) if text else None,
        draw(cb_data()) if text else None,
        warning_type,
        concurrent=draw(st.booleans()),
        send_indication=draw(st.booleans()),
        area_coordinates=draw(st.none() | st.binary(min_size=1, max_size=1024)),
        security_information=draw(st.none() | st.binary(min_size=50, max_size=50)),
        **draw(_areas(nr=nr)),
    )


@st.composite
def stops(draw: st.DrawFn, *, nr: bool) -> Stop:
    """Every field of a request to stop."""
    return Stop(
        draw(_U16),
        draw(_U16),
        send_indication=draw(st.booleans()),
        stop_all=draw(st.booleans()),
        **draw(_areas(nr=nr)),
    )


def requests(*, nr: bool) -> Any:
    """Requests of both kinds."""
    return write_replaces(nr=nr) | stops(nr=nr)


def _tracking_areas(*, nr: bool) -> Any:
    return st.builds(TrackingArea, _PLMN, st.integers(0, (1 << (24 if nr else 16)) - 1))


def _cells(*, nr: bool) -> Any:
    identity = st.integers(0, (1 << (36 if nr else 28)) - 1)
    return st.builds(Cell, _PLMN, identity, st.just(nr))


@st.composite
def _stations(draw: st.DrawFn, *, core_5g: bool, nr: bool) -> BaseStation:
    sizes = range(22, 33) if nr else (18, 20, 21) if core_5g else (18, 20, 21, 28)
    bits = draw(st.sampled_from(list(sizes)))
    return BaseStation(draw(_PLMN), draw(st.integers(0, (1 << bits) - 1)), bits, nr)


@st.composite
def _reports(draw: st.DrawFn, how: str, *, core_5g: bool, nr: bool, stopped: bool) -> Any:
    """Reports listed bare, by tracking area or by emergency area, grouped as a network does."""
    count = _U16 if stopped else st.none()
    cells = st.lists(st.tuples(_cells(nr=nr), count), min_size=1, max_size=3)
    if how == "cells":
        return tuple(CellReport(*cell) for cell in draw(cells))
    keyed = how == "tracking_area"
    area = _tracking_areas(nr=core_5g) if keyed else st.integers(0, 0xFFFFFF)
    groups = draw(
        st.lists(st.tuples(area, cells), min_size=1, max_size=3, unique_by=lambda g: g[0])
    )
    return tuple(CellReport(*cell, **{how: name}) for name, listed in groups for cell in listed)


_FAULTS = st.builds(
    ElementFault, _U16, _CRITICALITY, st.sampled_from(["not-understood", "missing"])
)


def _diagnostics(*more: str) -> Any:
    outcomes = ["initiating-message", "successful-outcome", "unsuccessful-outcome", *more]
    return st.none() | st.builds(
        Diagnostics,
        st.none() | st.integers(0, 255),
        st.none() | st.sampled_from(outcomes),
        st.none() | _CRITICALITY,
        st.lists(_FAULTS, max_size=3).map(tuple),
    )


_HOW = st.sampled_from(["cells", "tracking_area", "emergency_area"])


@st.composite
def answers(draw: st.DrawFn, *, core_5g: bool) -> Answer:
    """What a base station answers (S1AP, NGAP)."""
    procedure = draw(st.sampled_from(Procedure))
    nr = core_5g and draw(st.booleans())
    reports = _reports(draw(_HOW), core_5g=core_5g, nr=nr, stopped=procedure is Procedure.STOP)
    return Answer(
        procedure,
        draw(_U16),
        draw(_U16),
        cells=draw(st.just(()) | reports),
        diagnostics=draw(_diagnostics()),
    )


@st.composite
def core_answers(draw: st.DrawFn) -> Answer:
    """What a core network answers (SBc-AP)."""
    return Answer(
        draw(st.sampled_from(Procedure)),
        draw(_U16),
        draw(_U16),
        draw(st.integers(0, 255)),
        tuple(draw(st.lists(_tracking_areas(nr=False), max_size=3))),
        diagnostics=draw(_diagnostics("outcome")),
    )


@st.composite
def indications(draw: st.DrawFn) -> Indication:
    """Where a message is on air or was stopped (SBc-AP): all three lists may stand together."""
    procedure = draw(st.sampled_from(Procedure))
    stopped = procedure is Procedure.STOP
    reports: tuple[CellReport, ...] = ()
    for how in ("cells", "tracking_area", "emergency_area"):
        reports += draw(st.just(()) | _reports(how, core_5g=False, nr=False, stopped=stopped))
    stations = st.lists(_stations(core_5g=False, nr=False), max_size=3)
    without = tuple(draw(stations)) if stopped else ()
    return Indication(procedure, draw(_U16), draw(_U16), reports, without)


@st.composite
def restarts(draw: st.DrawFn, *, core_5g: bool) -> Restart:
    """Cells that started anew."""
    nr = core_5g and draw(st.booleans())
    return Restart(
        draw(_stations(core_5g=core_5g, nr=nr)),
        tuple(draw(st.lists(_cells(nr=nr), min_size=1, max_size=4))),
        tuple(draw(st.lists(_tracking_areas(nr=core_5g), min_size=1, max_size=4))),
        tuple(draw(st.lists(st.integers(0, 0xFFFFFF), max_size=3))),
    )


@st.composite
def failures(draw: st.DrawFn, *, core_5g: bool) -> Failure:
    """Cells that cannot broadcast."""
    nr = core_5g and draw(st.booleans())
    cells = draw(st.lists(_cells(nr=nr), min_size=1, max_size=4))
    return Failure(draw(_stations(core_5g=core_5g, nr=nr)), tuple(cells))


def error_indications() -> Any:
    """What a core network says of something that it cannot read (SBc-AP)."""
    return st.builds(ErrorIndication, st.none() | st.integers(0, 255), _diagnostics("outcome"))
