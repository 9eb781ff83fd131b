"""What answers mean, and which cells a restart touched: no socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.alerts.wire.cbsp_active import CellSet, answer_to, instead
from ew4all.alerts.wire.cbsp_elements import (
    ALL_CELLS,
    Cause,
    Cell,
    CellCount,
    CellFailure,
    CellKind,
)
from ew4all.alerts.wire.cbsp_messages import (
    CbsWriteReplace,
    Kill,
    KillComplete,
    KillFailure,
    WriteReplaceFailure,
)

# A small world, in which every name of a cell or area stands for a set of its cells.
WORLD = [(plmn, lac, ci) for plmn in ("00101", "00102") for lac in (1, 2) for ci in (1, 2)]
NAMES = [
    ALL_CELLS,
    *(Cell(CellKind.CGI, *place) for place in WORLD),
    *(Cell(CellKind.LAI, plmn, lac) for plmn in ("00101", "00102") for lac in (1, 2)),
    *(Cell(CellKind.LAC_CI, lac=lac, ci=ci) for lac in (1, 2) for ci in (1, 2)),
    *(Cell(CellKind.LAC, lac=lac) for lac in (1, 2)),
    *(Cell(CellKind.CI, ci=ci) for ci in (1, 2)),
]
HERE, THERE = NAMES[1], NAMES[2]


def places(name: Cell) -> set[tuple[str, int, int]]:
    """The cells of the world that a name stands for."""
    return {
        place
        for place in WORLD
        if all(
            mine is None or mine == theirs
            for mine, theirs in zip((name.plmn, name.lac, name.ci), place, strict=True)
        )
    }


@given(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
def test_no_cell_that_was_touched_is_missed_and_no_other_is_named_needlessly(
    mine: Cell, others: list[Cell]
) -> None:
    named = CellSet(others)
    touched = places(mine) & set().union(*map(places, others))
    parts = named.parts_of(mine)
    found = set().union(*map(places, parts))
    assert touched <= found <= places(mine)
    assert bool(parts) == bool(touched)
    if named.covers(mine):
        assert parts == (mine,)
        assert touched == places(mine)


def test_thousands_of_cells_take_no_time() -> None:
    many = [Cell(CellKind.CGI, "00101", 1, number) for number in range(9362)]
    named = CellSet(many)
    assert [named.parts_of(cell) for cell in many] == [(cell,) for cell in many]
    assert named.parts_of(Cell(CellKind.CGI, "00101", 2, 1)) == ()
    assert len(named.parts_of(ALL_CELLS)) == len(many)


def update(**changes: object) -> CbsWriteReplace:
    values: dict[str, object] = {
        "message_identifier": 4381,
        "new_serial_number": 0x4011,
        "old_serial_number": 0x4010,
        "cells": (HERE, THERE),
        "repetition_period": 16,
        "broadcasts": 10,
        "dcs": 15,
        "pages": (bytes(83),),
    }
    return CbsWriteReplace(**{**values, **changes})  # type: ignore[arg-type]


def refused(*failures: CellFailure, cells: tuple[Cell, ...] = ()) -> WriteReplaceFailure:
    return WriteReplaceFailure(
        message_identifier=4381, new_serial_number=0x4011, failures=failures, cells=cells
    )


@pytest.mark.parametrize(("attempts", "done"), [(1, False), (2, True)])
def test_what_was_done_before_counts_as_done_only_when_it_was_asked_before(
    attempts: int, done: bool
) -> None:
    known = CellFailure(HERE, Cause.MESSAGE_REFERENCE_ALREADY_USED)
    full = CellFailure(THERE, Cause.BSC_CAPACITY_EXCEEDED)
    answer = answer_to(update(), refused(known, full), attempts)
    assert answer.done == ((HERE,) if done else ())
    assert answer.failures == ((full,) if done else (known, full))
    kill = Kill(message_identifier=4381, old_serial_number=0x4010, cells=(HERE,))
    gone = KillFailure(
        message_identifier=4381,
        old_serial_number=0x4010,
        failures=(CellFailure(HERE, Cause.MESSAGE_REFERENCE_NOT_IDENTIFIED),),
    )
    assert answer_to(kill, gone, attempts).complete == done


def test_an_answer_without_cells_is_about_all_that_were_asked() -> None:
    kill = Kill(message_identifier=4381, old_serial_number=0x4010, cells=(HERE, THERE))
    told = KillComplete(message_identifier=4381, old_serial_number=0x4010)
    assert answer_to(kill, told, 1).done == (HERE, THERE)


def test_cells_without_the_old_message_are_asked_otherwise_and_the_rest_is_left() -> None:
    failures = (
        CellFailure(HERE, Cause.MESSAGE_REFERENCE_NOT_IDENTIFIED),
        CellFailure(THERE, Cause.BSC_CAPACITY_EXCEEDED),
    )
    first = answer_to(update(), refused(*failures), 1)
    assert instead(first, None) == (update(old_serial_number=None, cells=(HERE,)),)
    assert instead(first, 0x400F) == (update(old_serial_number=0x400F, cells=(HERE,)),)
    new = answer_to(update(old_serial_number=None), refused(*failures), 1)
    assert instead(new, None) == ()
    second = answer_to(update(cells=(HERE,)), refused(cells=(HERE,)), 1)
    mended = first.mended_by(second)
    assert (mended.done, mended.failures) == ((HERE,), failures[1:])


def test_cells_whose_broadcasts_are_counted_after_a_kill_have_stopped_it() -> None:
    """osmo-bsc 1.9 lists them nowhere else."""
    kill = Kill(message_identifier=4381, old_serial_number=0x4010, cells=(ALL_CELLS,))
    told = KillFailure(
        message_identifier=4381,
        old_serial_number=0x4010,
        failures=(CellFailure(THERE, Cause.MESSAGE_REFERENCE_NOT_IDENTIFIED),),
        completed=(CellCount(HERE, 3),),
    )
    assert answer_to(kill, told, 1).done == (HERE,)


def test_a_message_that_is_loaded_again_may_be_there_still() -> None:
    there = refused(CellFailure(HERE, Cause.MESSAGE_REFERENCE_ALREADY_USED))
    assert answer_to(update(), there, 1, repeated=True).done == (HERE,)
