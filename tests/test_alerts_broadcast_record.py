"""The record of a broadcast: five states, each with its own evidence, and entries that stay."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.alerts.broadcast_record import (
    BroadcastRecord,
    Entry,
    Event,
    MessageReference,
    Place,
    State,
)
from ew4all.errors import MessageError

START = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
MESSAGE = MessageReference(4381, 0x4010)
HERE, THERE, ALL = Place("bsc-1", "1"), Place("bsc-1", "2"), Place("bsc-1")
FACTS: list[State | Event] = [*State, *Event]


def entry(
    fact: State | Event,
    place: Place = HERE,
    seconds: float = 0.0,
    message: MessageReference = MESSAGE,
) -> Entry:
    return Entry(START + timedelta(seconds=seconds), message, place, fact, "a test")


def record(*entries: Entry) -> BroadcastRecord:
    made = BroadcastRecord()
    for one in entries:
        made.add(one)
    return made


@pytest.mark.parametrize("fact", State, ids=str)
def test_no_state_is_concluded_from_another(fact: State) -> None:
    made = record(entry(fact))
    for other in State:
        expected = {HERE} if other is fact else set()
        assert made.now(MESSAGE, other) == made.reached(MESSAGE, other) == expected
        assert (made.first(MESSAGE, HERE, other) is None) == (other is not fact)


@given(st.lists(st.tuples(st.sampled_from(FACTS), st.sampled_from([HERE, THERE])), max_size=12))
def test_a_state_holds_where_it_was_said_and_nothing_ended_it_since(
    said: list[tuple[State | Event, Place]],
) -> None:
    """Against a twin that looks at each place and state on its own."""
    ends = {
        State.ACCEPTED: {Event.REPLACED, Event.STOPPED, Event.LOST},
        State.SCHEDULED: {Event.REPLACED, Event.STOPPED, Event.LOST},
        State.ON_AIR: {Event.REPLACED, Event.STOPPED, Event.LOST, Event.FAILED},
        State.RECEIVED: set(),
        State.SHOWN: set(),
    }
    made = record(*(entry(fact, place, k) for k, (fact, place) in enumerate(said)))
    for state, place in itertools.product(State, (HERE, THERE)):
        told = [fact for fact, where in said if where == place]
        last = max((k for k, fact in enumerate(told) if fact is state), default=None)
        holds = last is not None and not ends[state] & set(told[last:])
        assert (place in made.now(MESSAGE, state)) == holds
        assert (place in made.reached(MESSAGE, state)) == (state in told)


def test_what_happens_to_all_cells_of_a_peer_happens_to_each() -> None:
    elsewhere = Place("bsc-2", "1")
    made = record(
        entry(State.ON_AIR, HERE),
        entry(State.ON_AIR, elsewhere),
        entry(State.ON_AIR, ALL),
        entry(Event.LOST, ALL, 1),
    )
    assert made.now(MESSAGE, State.ON_AIR) == {elsewhere}
    assert made.reached(MESSAGE, State.ON_AIR) == {HERE, elsewhere, ALL}


def test_messages_do_not_end_each_other() -> None:
    other = MessageReference(4381, 0x4020)
    made = record(entry(State.ACCEPTED), entry(Event.STOPPED, message=other))
    assert made.now(MESSAGE, State.ACCEPTED) == {HERE}
    assert made.messages() == (MESSAGE, other)


def test_a_table_tells_when_each_state_was_first_reached() -> None:
    made = record(
        entry(State.ACCEPTED),
        entry(Event.SENT, THERE, 1),
        entry(State.ON_AIR, HERE, 2),
        entry(State.ON_AIR, HERE, 3),
    )
    nothing = dict.fromkeys(State)
    assert made.table(MESSAGE) == {
        HERE: {**nothing, State.ACCEPTED: START, State.ON_AIR: START + timedelta(seconds=2)},
        THERE: nothing,
    }


def test_entries_are_data() -> None:
    made = record(
        Entry(START, MESSAGE, HERE, State.ON_AIR, "MESSAGE STATUS QUERY COMPLETE", 3, "as counted")
    )
    assert json.loads(json.dumps(made.as_json())) == [
        {
            "at": "2026-11-26T06:00:00+00:00",
            "message_identifier": 4381,
            "serial_number": 0x4010,
            "peer": "bsc-1",
            "cell": "1",
            "fact": "on air",
            "source": "MESSAGE STATUS QUERY COMPLETE",
            "broadcasts": 3,
            "detail": "as counted",
        }
    ]
    assert (len(made), made.last) == (1, START)
    assert str(MESSAGE) == "4381/0x4010"
    assert (str(HERE), str(ALL)) == ("bsc-1, 1", "bsc-1, all cells")


def test_what_is_asked_cannot_be_changed_from_outside() -> None:
    made = record(entry(State.ACCEPTED))
    entries = iter(made)
    made.add(entry(Event.STOPPED, seconds=1))
    assert len(list(entries)) == 1


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (START.replace(tzinfo=None), "no time zone"),
        (START - timedelta(seconds=1), "before the last"),
    ],
    ids=["no zone", "earlier"],
)
def test_a_time_that_would_disorder_the_record_is_refused(at: datetime, words: str) -> None:
    made = record(entry(State.ACCEPTED))
    with pytest.raises(MessageError, match=words):
        made.add(Entry(at, MESSAGE, HERE, State.ON_AIR, "a test"))
    assert len(made) == 1
