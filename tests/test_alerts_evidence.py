"""Answers and indications of packet networks in the record: what each one says, and no more."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ew4all.alerts.broadcast_record import BroadcastRecord, Event, MessageReference, Place, State
from ew4all.alerts.wire import sbcap
from ew4all.alerts.wire.answers import (
    Answer,
    BaseStation,
    Cell,
    CellReport,
    Failure,
    Indication,
    Procedure,
    Restart,
    TrackingArea,
)
from ew4all.alerts.wire.evidence import cell_name, evidence_of, evidence_of_cells

NOW = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
MESSAGE = MessageReference(4381, 0x4010)
HERE, THERE = Cell("00101", 0x1234501), Cell("310260", 0x1234502)
WRITE, STOP = Procedure.WRITE_REPLACE, Procedure.STOP
GOLDEN = Path(__file__).parent / "golden"


def facts(told: Answer | Indication) -> list[tuple[str, str, int | None]]:
    return [
        (entry.place.cell, str(entry.fact), entry.broadcasts)
        for entry in evidence_of(told, "mme-1", NOW)
    ]


def test_an_acceptance_of_the_core_network_names_no_cell_and_says_nothing_of_the_air() -> None:
    assert facts(Answer(WRITE, 4381, 0x4010, cause=0)) == [("", "accepted", None)]


def test_areas_that_the_core_network_does_not_know_are_refused() -> None:
    told = Answer(WRITE, 4381, 0x4010, cause=0, unknown_tracking_areas=(TrackingArea("00101", 7),))
    assert facts(told) == [("", "accepted", None), ("001-01 tracking area 7", "refused", None)]


@pytest.mark.parametrize(
    ("cause", "reason"),
    [(7, "MME_CAPACITY_EXCEEDED"), (99, "cause 99"), (None, "no cell took it")],
)
def test_a_refusal_says_why(cause: int | None, reason: str) -> None:
    (entry,) = evidence_of(Answer(WRITE, 4381, 0x4010, cause=cause), "mme-1", NOW)
    assert (entry.fact, entry.detail, entry.source) == (
        Event.REFUSED, reason, "write-replace response",
    )  # fmt: skip


def test_a_base_station_accepts_in_its_cells() -> None:
    told = Answer(WRITE, 4381, 0x4010, cells=(CellReport(HERE), CellReport(THERE)))
    assert facts(told) == [
        ("001-01-0x1234501", "accepted", None), ("310-260-0x1234502", "accepted", None),
    ]  # fmt: skip


def test_an_indication_is_scheduled_and_not_on_air() -> None:
    told = Indication(WRITE, 4381, 0x4010, cells=(CellReport(HERE),))
    assert facts(told) == [("001-01-0x1234501", "scheduled", None)]


def test_a_count_at_the_end_tells_that_it_was_on_air() -> None:
    told = Indication(STOP, 4381, 0x4010, cells=(CellReport(HERE, 3), CellReport(THERE, 0)))
    assert facts(told) == [
        ("001-01-0x1234501", "on air", 3),
        ("001-01-0x1234501", "stopped", 3),
        ("310-260-0x1234502", "stopped", 0),
    ]


def test_an_accepted_stop_has_stopped_nothing_yet() -> None:
    assert facts(Answer(STOP, 4381, 0x4010, cause=0)) == []


def test_cells_that_restart_lose_and_cells_that_fail_keep() -> None:
    record = BroadcastRecord()
    accepted = Answer(WRITE, 4381, 0x4010, cells=(CellReport(HERE), CellReport(THERE)))
    on_air = Indication(STOP, 4381, 0x4010, cells=(CellReport(THERE, 1),))
    for entry in (*evidence_of(accepted, "enb-1", NOW), evidence_of(on_air, "enb-1", NOW)[0]):
        record.add(entry)
    station = BaseStation("00101", 1, 20)
    told = (
        *evidence_of_cells(Restart(station, (HERE,), ()), [MESSAGE], "enb-1", NOW),
        *evidence_of_cells(Failure(station, (THERE,)), [MESSAGE], "enb-1", NOW),
    )
    for entry in told:
        record.add(entry)
    there = Place("enb-1", cell_name(THERE))
    assert record.now(MESSAGE, State.ACCEPTED) == {there}
    assert record.now(MESSAGE, State.ON_AIR) == frozenset()
    assert record.reached(MESSAGE, State.ON_AIR) == {there}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accepted", {"accepted"}),
        ("on_air", {"scheduled"}),
        ("stopped", {"on air", "stopped"}),
        ("not_identified", {"refused"}),
    ],
)
def test_golden_answers_of_sbc_ap(name: str, expected: set[str]) -> None:
    told = sbcap.decode(bytes.fromhex((GOLDEN / f"sbcap_{name}.hex").read_text()))
    assert isinstance(told, Answer | Indication)
    assert {fact for _, fact, _ in facts(told)} == expected
